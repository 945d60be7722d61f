"""Looking inside: why a memory is not among the hits, what changed, what the stores hold."""

from __future__ import annotations

import pytest


@pytest.fixture
def store(plain_memory, clock):
    """One memory for each reason not to be a hit; a dict of their ids beside the memory."""
    ids = {}

    def keep(name, text, **more):
        ids[name] = plain_memory.remember(text, **({"user_id": "ada"} | more)).memories[0].id

    keep("found", "Ada keeps bees.")
    keep("bob's", "Bob keeps bees.", user_id="bob")
    keep("deleted", "Ada keeps goats.")
    plain_memory.delete(ids["deleted"])
    keep("expired", "Ada keeps a visitor.", expires_at=clock.advance(seconds=60))
    keep("short", "Ada keeps quiet.", session_id="s1", term="short_term")
    plain_memory.add("I live in Delhi.", user_id="ada")
    ids["ended"] = plain_memory.fact("lives_in", user_id="ada").memory.id
    clock.advance(hours=20)
    plain_memory.add("I moved to Bangalore.", user_id="ada")
    return plain_memory, ids


#: memory | more settings | the stage that is named | a word of the reason
STAGES = {
    "found": ("found", {}, "found", "hit 1"),
    "another user's": ("bob's", {}, "scope", "scope"),
    "deleted": ("deleted", {}, "status", "deleted"),
    "expired": ("expired", {}, "expiry", "expired"),
    "another session's": ("short", {"session_id": "s2"}, "scope", "scope"),
    "its own session": ("short", {"session_id": "s1"}, "found", "hit"),
    "over": ("ended", {}, "validity", "valid from"),
    "not yet true": ("found", {"as_of": "2020-01-01"}, "validity", "valid from"),
    "not yet known": ("found", {"known_at": "2020-01-01"}, "status", "not known"),
    "another kind": ("found", {"kinds": ["preference"]}, "filter", "kind"),
    "the filter": ("found", {"filters": {"metadata.topic": "cars"}}, "filter", "filter"),
    "no such memory": (None, {}, "missing", "no such"),
}


@pytest.mark.parametrize("case", STAGES)
def test_why_not_names_the_stage_that_kept_a_memory_out(store, case):
    m, ids = store
    name, more, stage, word = STAGES[case]
    query = "Ada keeps bees" if name != "short" else "Ada keeps quiet"
    answer = m.why_not(query, ids[name] if name else "nosuch", **({"user_id": "ada"} | more))
    assert answer.stage == stage
    assert word in answer.reason


def test_why_not_says_by_how_much_a_memory_missed_the_list(store):
    m, _ = store
    hits = m.search("Ada keeps bees", user_id="ada", limit=10)
    second = next(h for h in hits[1:] if h.memory)
    answer = m.why_not("Ada keeps bees", second.memory.id, user_id="ada", limit=1)
    assert (answer.stage, answer.needed) == ("limit", hits[0].score)
    assert answer.rank == hits.index(second) + 1
    assert answer.score < answer.needed


def test_why_not_agrees_with_search(store):
    m, ids = store
    for limit in (1, 3, 50):
        hits = {h.memory.id for h in m.search("Ada keeps bees", user_id="ada", limit=limit) if h.memory}
        for memory_id in ids.values():
            answer = m.why_not("Ada keeps bees", memory_id, user_id="ada", limit=limit)
            assert (answer.stage == "found") == (memory_id in hits)


def test_why_not_does_not_tell_one_user_who_another_is(store):
    m, ids = store
    assert "ada" not in m.why_not("bees", ids["found"], user_id="mallory").reason


# --- history, diff, statistics
def test_a_diff_tells_what_came_changed_and_went(plain_memory, clock):
    bees = plain_memory.remember("Ada keeps bees.", user_id="ada").memories[0]
    goats = plain_memory.remember("Ada keeps goats.", user_id="ada").memories[0]
    start = clock()
    clock.advance(days=1)
    plain_memory.update(bees.id, text="Ada keeps many bees.")
    plain_memory.delete(goats.id)
    llamas = plain_memory.remember("Ada keeps llamas.", user_id="ada").memories[0]
    plain_memory.remember("Bob keeps llamas.", user_id="bob")
    diff = plain_memory.diff(user_id="ada", since=start)
    assert [r.id for r in diff.added] == [llamas.id]
    assert [(a.text, b.text) for a, b in diff.changed] == [("Ada keeps bees.", "Ada keeps many bees.")]
    assert [r.id for r in diff.removed] == [goats.id]
    assert len(diff.changes) == 3
    later = plain_memory.diff(user_id="ada", since=clock())
    assert (later.added, later.changed, later.removed, later.changes) == ((), (), (), ())


def test_a_history_is_told_from_its_beginning(plain_memory, clock):
    (kept,) = plain_memory.add("I live in Delhi.", user_id="ada").memories
    clock.advance(days=1)
    plain_memory.add("I live in Delhi.", user_id="ada")
    plain_memory.delete(kept.id)
    history = plain_memory.history(kept.id)
    assert [c.type for c in history] == ["add", "merge", "retract"]
    assert history[0].before is None
    assert [(c.before.version, c.after.version) for c in history[1:]] == [(1, 2), (2, 3)]
    told = plain_memory.explain(kept.id)
    assert len(told.history) == 3
    assert set(told.stores) == {"ledger"}


def test_statistics_are_those_of_whom_they_are_asked_for(plain_memory):
    plain_memory.add(["I live in Delhi.", "Nice to meet you."], user_id="ada")
    plain_memory.add("I live in Oslo.", user_id="bob")
    ada, everyone, nobody = plain_memory.stats(user_id="ada"), plain_memory.stats(), plain_memory.stats(user_id="nobody")
    assert (ada.messages, ada.memories) == (2, 1)
    assert (everyone.messages, everyone.memories, everyone.owners) == (3, 2, 2)
    assert (nobody.messages, nobody.memories, nobody.changes) == (0, 0, 0)
    assert set(everyone.lag.values()) <= {0}


@pytest.mark.parametrize("projection", ["vector", "text", "graph", "slots"])
def test_a_projection_that_was_lost_is_drift_and_a_reindex_mends_it(plain_memory, projection):
    plain_memory.add(["I live in Delhi.", "My brother Tomislav lives in Ljubljana."], user_id="ada")
    before = [(h.text, h.score) for h in plain_memory.search("Where does Tomislav live?", user_id="ada")]
    stores = plain_memory._stores
    with stores.ledger.transaction() as tx:
        owner = tx.owner(plain_memory.list(user_id="ada")[0].scope)
        getattr(stores, projection).remove_owner(tx, owner)
        tx.revise(owner, erased=True)
    found = plain_memory.verify()
    assert not found.ok
    assert all(d.startswith(projection) for d in found.drift)
    assert plain_memory.reindex(projection)[projection] > 0
    assert plain_memory.verify().ok
    assert [(h.text, h.score) for h in plain_memory.search("Where does Tomislav live?", user_id="ada")] == before


# --- why a memory is not a hit, where the ranking decides
TRIP = (
    "My flight to Lisbon was terrible. I love olives. The hotel had no lift and the breakfast was cold and the staff unfriendly and "
    "it rained."
)


def test_a_memory_that_its_message_stands_for_was_folded(memory):
    (_, olives) = memory.add(TRIP, user_id="ada").memories
    question = "hotel without lift, cold breakfast, unfriendly staff, rain"
    (hit,) = memory.search(question, user_id="ada")
    assert hit.memory is None
    answer = memory.why_not(question, olives.id, user_id="ada")
    assert (answer.stage, answer.rank, answer.needed) == ("fuse", 1, hit.score)
    assert 0 < answer.score < answer.needed
    assert "its message" in answer.reason
    assert memory.why_not("olives", olives.id, user_id="ada").stage == "found"


def test_a_memory_may_be_folded_into_another_of_the_same_message(memory):
    text = "I moved to Porto with my whole family and both of our dogs in the spring of last year. I love olives."
    move, olives = memory.add(text, user_id="ada").memories
    question = "moved to Porto with family and dogs in spring, love olives"
    (hit,) = memory.search(question, user_id="ada")
    assert hit.memory.id == move.id
    answer = memory.why_not(question, olives.id, user_id="ada")
    assert (answer.stage, answer.rank) == ("fuse", 1)
    assert move.id in answer.reason


@pytest.fixture
def crowded(plain_memory):
    """Three hundred books, and one pair of skates that has nothing to do with them."""
    skates = plain_memory.remember("Zoe sharpened skates.", user_id="ada").memories[0]
    plain_memory.add([f"The book number {n} on the shelf is bound in red leather." for n in range(300)], user_id="ada", infer=False)
    return plain_memory, skates


def test_a_memory_no_channel_put_forward_was_not_retrieved_and_the_distance_is_said(crowded):
    m, skates = crowded
    question = "Which book on the shelf is bound in red leather?"
    answer = m.why_not(question, skates.id, user_id="ada")
    assert answer.stage == "retrieve"
    assert "vector" in answer.reason.casefold()
    assert answer.rank is None
    assert answer.score < answer.needed
    assert m.why_not("Who sharpened skates?", skates.id, user_id="ada").stage == "found"


def test_a_question_without_words_puts_nothing_forward(plain_memory):
    kept = plain_memory.remember("Ada keeps bees.", user_id="ada").memories[0]
    answer = plain_memory.why_not("   ", kept.id, user_id="ada")
    assert (answer.stage, answer.score, answer.needed) == ("retrieve", None, None)


def test_a_list_too_short_drops_at_the_limit_by_the_scores_that_search_gives(memory):
    kept = [
        memory.remember(f"Ada keeps {animal} in the garden.", user_id="ada").memories[0] for animal in ("bees", "goats", "hens", "ducks")
    ]
    question = "Does Ada keep bees?"
    hits = memory.search(question, user_id="ada", limit=4)
    assert len(hits) == 4
    for limit in (1, 2, 3):
        for rank, hit in enumerate(hits, 1):
            answer = memory.why_not(question, hit.memory.id, user_id="ada", limit=limit)
            assert (answer.stage, answer.rank, answer.score) == ("found" if rank <= limit else "limit", rank, hit.score)
            assert answer.needed == (None if rank <= limit else hits[limit - 1].score)
    assert {h.memory.id for h in hits} == {k.id for k in kept}


def test_what_failed_is_named_where_it_may_be_the_reason(path, clock):
    from perdure import Memory
    from perdure.errors import ModelError

    class Fading:
        """An embedder whose server goes away."""

        name, dimensions, gone = "fading", 4, False

        def embed(self, texts):
            import numpy as np

            if self.gone:
                raise ModelError("the server has gone")
            return np.full((len(texts), 4), 0.5, dtype=np.float32)

    embedder = Fading()
    with Memory(path, clock=clock, embedder=embedder, worker=False) as m:
        kept = m.remember("Ada keeps bees.", user_id="ada").memories[0]
        clock.advance(days=1)
        m.remember("Zoe owns hives of honey makers.", user_id="ada")
        assert m.why_not("honey makers", kept.id, user_id="ada").stage == "found"
        embedder.gone = True
        answer = m.why_not("honey makers", kept.id, user_id="ada")
        assert answer.stage == "retrieve"
        assert "the server has gone" in answer.reason


def test_every_stage_that_can_be_named_is_tested_here():
    from typing import get_args, get_type_hints

    from perdure.model.search import WhyNot

    named = set(get_args(get_type_hints(WhyNot)["stage"]))
    assert named == {stage for _, _, stage, _ in STAGES.values()} | {"limit", "fuse", "retrieve"}
