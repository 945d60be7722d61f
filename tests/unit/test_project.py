"""Projecting what is dirty: whatever happens while the model is at it."""

from __future__ import annotations

import pytest

from perdure import Memory
from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.stages import project as module


class Interrupted(HashingEmbedder):
    """Does something, once, in the middle of embedding."""

    meanwhile = None

    def embed(self, texts):
        todo, self.meanwhile = self.meanwhile, None
        if todo is not None:
            todo()
        return super().embed(texts)


@pytest.fixture
def embedder():
    return Interrupted()


@pytest.fixture
def waiting(path, clock, embedder):
    """Three messages of ada's and one of bob's that have no vectors yet."""
    with Memory(path, clock=clock, embedder=embedder, worker=False) as m:
        for user, text in (("ada", "I keep bees."), ("ada", "I keep goats."), ("ada", "I keep ducks."), ("bob", "I keep quiet.")):
            m.add(text, user_id=user, infer=False, wait="captured")
        yield m


def vectors(memory, user):
    with memory._stores.ledger.snapshot() as snapshot:
        owner = next(
            o
            for o, _ in snapshot.all_owners()
            if snapshot.connection.execute("SELECT key FROM owners WHERE num = ?", (o,)).fetchone()[0] == user
        )
        return memory._stores.vector.docs(snapshot, owner), set(snapshot.all_docs(owner))


def test_everything_is_projected_a_batch_at_a_time(waiting, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 2)
    assert module.project(waiting._stores) == 4
    for user in ("ada", "bob"):
        have, want = vectors(waiting, user)
        assert have == want
    assert waiting.stats().lag == {}


def test_only_an_owners_own_backlog_is_worked_off(waiting):
    with waiting._stores.ledger.snapshot() as snapshot:
        owner = snapshot.connection.execute("SELECT num FROM owners WHERE key = 'bob'").fetchone()[0]
    assert module.project(waiting._stores, owner=owner) == 1
    assert waiting.stats().lag == {"vector": 3}
    assert vectors(waiting, "ada")[0] == set()


def test_what_was_erased_while_it_was_embedded_does_not_come_back(waiting, embedder):
    embedder.meanwhile = lambda: waiting.forget(user_id="bob")
    module.project(waiting._stores)
    assert waiting.stats().lag == {}
    assert waiting.verify().ok
    assert waiting.search("quiet", user_id="bob") == []
    have, want = vectors(waiting, "ada")
    assert have == want


def test_what_came_while_others_were_embedded_is_projected_too(waiting, embedder):
    embedder.meanwhile = lambda: waiting.add("I keep cows.", user_id="ada", infer=False, wait="captured")
    module.project(waiting._stores)
    have, want = vectors(waiting, "ada")
    assert have == want
    assert len(have) == 4
    assert waiting.stats().lag == {}


def test_another_worker_that_was_faster_does_no_harm(waiting, embedder):
    embedder.meanwhile = lambda: module.project(waiting._stores)
    module.project(waiting._stores)
    assert waiting.stats().lag == {}
    assert waiting.verify().ok
