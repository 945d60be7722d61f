"""Forgetting leaves no byte of what was said, counts what it took, and touches nobody else."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stage_parts import answer, bytes_on_disk, said

from perdure import Memory
from perdure.errors import InputError, NotFoundError, ScopeError
from perdure.testing import EchoLLM


def unusual(rng):
    """A word that stands nowhere else: not in the schema, not in another user's words."""
    return "".join(rng.choice("bcdfghjklmnpqrstvwxz") + rng.choice("aeiou") for _ in range(5))


def left_of(path, words):
    """Those of `words` that still stand on the disk, as they were or folded."""
    data = bytes_on_disk(path)
    return [w for w in words if w.encode() in data or w.casefold().encode() in data or w.capitalize().encode() in data]


@pytest.fixture
def open_memory(path, clock):
    """Opens the test's file, without a background thread that could hold a reader."""

    def opened(**more):
        return Memory(path, clock=clock, worker=False, **({"embedder": "hashing"} | more))

    return opened


@pytest.mark.parametrize("seed", range(3))
def test_a_user_leaves_no_byte_after_updates_deletes_moves_and_undo(open_memory, path, clock, seed):
    rng = random.Random(seed)
    words = [unusual(rng).capitalize() for _ in range(10)]
    brother, city, town, text, note, meta, session, agent, name, user = words
    with open_memory() as m:
        m.add(f"My brother {brother} lives in {city}.", user_id=user, session_id=session, agent_id=agent, metadata={"about": meta})
        clock.advance(days=1)
        m.add({"role": "user", "content": f"My brother {brother} moved to {town}.", "name": name}, user_id=user)
        kept = m.remember(f"Likes {text}.", user_id=user).memories[0]
        m.undo(m.update(kept.id, text=f"Hates {note}.")[0].id)
        m.delete(kept.id)
        m.add("My brother Emil lives in Ostrava.", user_id="bob")
        m.forget(user_id=user)
        assert left_of(path, words) == []
        assert m.fact("lives_in", of="Emil", user_id="bob").value == "Ostrava"
        assert m.verify().ok
    assert left_of(path, words) == []
    assert left_of(path, ["Ostrava"]) == ["Ostrava"]


@pytest.mark.parametrize("seed", range(3))
def test_a_forgotten_memory_leaves_no_byte_of_any_version(open_memory, path, clock, seed):
    words = [unusual(random.Random(seed + 10 * n)) for n in range(3)]
    with open_memory() as m:
        m.add("I live in Maribor.", user_id="ada")
        kept = m.add(f"I am allergic to {words[0]}.", user_id="ada").memories[0]
        first = m.update(kept.id, text=f"I am allergic to {words[1]}.", metadata={"note": words[2]})
        m.undo(first[0].id)
        clock.advance(days=1)
        m.forget(id=kept.id)
        assert left_of(path, words) == []
        assert [r.text for r in m.list(user_id="ada")] == ["I live in Maribor."]
        assert m.facts(user_id="ada")[0].value == "Maribor"
        with pytest.raises(NotFoundError):
            m.history(kept.id)
        assert m.verify().ok


def test_a_forgotten_memory_takes_its_words_out_of_the_message_and_leaves_the_rest(open_memory, path):
    with open_memory() as m:
        text = "Is there a tram along the river on Sundays, and would it stop at the old bridge? My brother Xaviquon lives in Zelkuvara."
        (kept,) = m.add(text, user_id="ada").memories
        m.forget(id=kept.id)
        assert left_of(path, ["Xaviquon", "Zelkuvara"]) == []
        assert "tram along the river" in m.search("river", user_id="ada")[0].text


def test_a_forgotten_session_takes_its_messages_and_leaves_what_was_said_elsewhere_too(open_memory, path, clock):
    with open_memory() as m:
        m.add("I live in Quexovia. My brother is called Zornimir.", user_id="ada", session_id="gone")
        m.add("Just for this chat: call me Plinkota.", user_id="ada", session_id="gone")
        clock.advance(days=1)
        m.add("I live in Quexovia.", user_id="ada", session_id="stays")
        m.forget(user_id="ada", session_id="gone")
        assert left_of(path, ["Zornimir", "Plinkota"]) == []
        (kept,) = m.list(user_id="ada")
        assert kept.text == "I live in Quexovia."
        assert len(kept.sources) == 1
        assert m.search("Quexovia", user_id="ada")
        assert m.verify().ok


def test_what_a_session_erased_cannot_be_undone_into_something_else(open_memory, clock):
    with open_memory() as m:
        m.add("I live in Quexovia.", user_id="ada", session_id="gone")
        clock.advance(days=1)
        m.add("I live in Quexovia.", user_id="ada", session_id="stays")
        m.forget(user_id="ada", session_id="gone")
        (kept,) = m.list(user_id="ada")
        with pytest.raises((InputError, NotFoundError)):
            m.undo(m.history(kept.id)[-1].id)
        assert m.list(user_id="ada") == [kept]


def test_what_a_model_answered_and_what_was_dropped_of_it_goes_too(open_memory, path):
    invented = said("I live in Wuxplora.", quote="I live in Wuxplora")
    llm = EchoLLM(lambda r: answer(said("I live in Krandobex."), invented))
    with open_memory(llm=llm) as m:
        (kept,) = m.add("I live in Krandobex.", user_id="ada").memories
        m.forget(id=kept.id)
        assert left_of(path, ["Krandobex"]) == []
        m.forget(user_id="ada")
        assert left_of(path, ["Krandobex", "Wuxplora"]) == []


def test_the_receipt_counts_what_there_was(open_memory):
    with open_memory() as m:
        m.add(["I live in Maribor.", "I work at Krka."], user_id="ada")
        m.add("I live in Ostrava.", user_id="bob")
        before, bobs = m.stats(user_id="ada"), m.stats(user_id="bob")
        receipt = m.forget(user_id="ada")
        assert (receipt.stores["messages"], receipt.stores["memories"]) == (before.messages, before.memories)
        assert receipt.stores["history"] == before.changes
        assert receipt.stores["vector"] == before.messages + before.memories
        assert receipt.stores["slots"] >= 2
        assert receipt.total == sum(receipt.stores.values()) - receipt.stores.get("free pages", 0)
        after = m.stats(user_id="ada")
        assert (after.messages, after.memories, after.changes) == (0, 0, 0)
        assert m.stats(user_id="bob") == bobs.__class__(**{**_fields(bobs), "bytes": m.stats().bytes})


def _fields(stats):
    return {name: getattr(stats, name) for name in stats.__dataclass_fields__}


def test_forgetting_nobody_takes_nothing(open_memory):
    with open_memory() as m:
        m.add([f"It rains in town number {n}. " * 40 for n in range(60)], user_id="ada", infer=False)
        m.forget(user_id="ada")  # leaves free pages behind
        assert m.forget(user_id="nobody").total == 0


@pytest.mark.parametrize("scope", [{}, {"user_id": "*"}, {"user_id": ""}, {"user_id": " "}, {"session_id": "*"}])
def test_there_is_no_forgetting_without_a_name(open_memory, scope):
    with open_memory() as m:
        m.add("I live in Maribor.", user_id="ada")
        with pytest.raises(ScopeError):
            m.forget(**scope)
        assert len(m.list(user_id="ada")) == 1


def test_a_memory_of_somebody_else_is_not_there_to_be_forgotten(open_memory):
    with open_memory() as m:
        m.add("I live in Maribor.", user_id="ada")
        (kept,) = m.list(user_id="ada")
        with pytest.raises(NotFoundError):
            m.forget(id=kept.id, user_id="bob")
        assert m.get(kept.id) == kept


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["s1", "s2"]), st.integers(0, 5)), min_size=1, max_size=6), st.booleans())
@settings(max_examples=12, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
def test_whoever_is_forgotten_the_others_answer_as_before(spoken, by_session):
    with Memory(":memory:", embedder="hashing", worker=False) as m:
        for user, session, n in spoken:
            m.add(f"I am allergic to thing{n}.", user_id=user, session_id=session)
        before = [(h.text, h.id) for h in m.search("allergic", user_id="b")], m.list(user_id="b"), m.facts(user_id="b")
        m.forget(user_id="a", **({"session_id": "s1"} if by_session else {}))
        assert ([(h.text, h.id) for h in m.search("allergic", user_id="b")], m.list(user_id="b"), m.facts(user_id="b")) == before
        if not by_session:
            assert m.search("allergic", user_id="a") == []
        assert m.verify().ok
