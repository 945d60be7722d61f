"""The one place that enforces what a read may see: as a table, and behind a vector index that lies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import ADA, NOW, captured, days, quick, record

from perdure import Memory
from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.adapters.vector.sqlite import SqliteVectors
from perdure.model.scope import Scope
from perdure.model.search import View
from perdure.ports import Found
from perdure.stages.hydrate import DELETED, visible_memory, visible_message

LIVE = record("I keep bees.", at=days(-10))
HERE, THERE = Scope("ada", session_id="s1"), Scope("ada", session_id="s2")
OLD = replace(LIVE, status="superseded", valid_to=days(-2))
SHORT = replace(LIVE, term="short_term", scope=HERE, expires_at=days(1))

#: the memory | the view's settings | why it is not seen, "" when it is
SEEN = {
    "what is live": (LIVE, {}, ""),
    "what was superseded": (OLD, {}, "validity"),
    "what was superseded, as of when it held": (OLD, {"as_of": days(-3)}, ""),
    "as of the very instant it ended": (OLD, {"as_of": days(-2)}, "validity"),
    "what was superseded without a date": (replace(LIVE, status="superseded"), {}, "status"),
    "what was not true yet": (LIVE, {"as_of": days(-11)}, "validity"),
    "what is true from next week, now": (replace(LIVE, valid_from=days(7)), {}, ""),
    "what was deleted": (replace(LIVE, status="deleted"), {}, "status"),
    "what was retracted": (replace(LIVE, status="retracted"), {}, "status"),
    "what has expired": (replace(LIVE, expires_at=days(-1)), {}, "expiry"),
    "what expires at this instant": (replace(LIVE, expires_at=NOW), {}, "expiry"),
    "what had not expired then": (replace(LIVE, expires_at=days(-1)), {"as_of": days(-2)}, ""),
    "a version that was replaced": (replace(LIVE, retired_at=days(-1)), {}, "status"),
    "a replaced version, when it was what we knew": (replace(LIVE, retired_at=days(-1)), {"known_at": days(-2)}, ""),
    "at the instant it was replaced": (replace(LIVE, retired_at=days(-1)), {"known_at": days(-1)}, "status"),
    "before we knew it": (LIVE, {"known_at": days(-11)}, "status"),
    "another user's": (LIVE, {"scope": Scope("bob")}, "scope"),
    "another agent's": (replace(LIVE, scope=Scope("ada", agent_id="a")), {"scope": Scope("ada", agent_id="b")}, "scope"),
    "no agent's, by an agent": (LIVE, {"scope": Scope("ada", agent_id="b")}, ""),
    "this session's short-term": (SHORT, {"scope": HERE}, ""),
    "another session's short-term": (SHORT, {"scope": THERE}, "scope"),
    "a session's short-term, without a session": (SHORT, {}, "scope"),
    "another session's long-term": (replace(LIVE, scope=HERE), {"scope": THERE}, ""),
    "another tenant's": (LIVE, {"scope": Scope("ada", tenant="t")}, "scope"),
    "another kind": (LIVE, {"kinds": ("preference",)}, "filter"),
    "the kind asked for": (LIVE, {"kinds": ("preference", "fact")}, ""),
    "a memory when messages are asked for": (LIVE, {"memories": False}, "filter"),
}


@pytest.mark.parametrize("case", SEEN)
def test_what_a_view_may_see_of_memories(case):
    memory, settings, why = SEEN[case]
    assert visible_memory(memory, View(**({"scope": ADA, "now": NOW} | settings))) == why


SAID = {
    "a message": ({}, {}, ""),
    "a later message": ({}, {"as_of": days(-1)}, "validity"),
    "a message not known yet": ({}, {"known_at": days(-1)}, "status"),
    "another user's": ({}, {"scope": Scope("bob")}, "scope"),
    "another session's": ({"scope": HERE}, {"scope": THERE}, ""),
    "another session's private one": ({"scope": HERE, "private": True}, {"scope": THERE}, "scope"),
    "a message when a kind is asked for": ({}, {"kinds": ("fact",)}, "filter"),
}


@pytest.mark.parametrize("case", SAID)
def test_what_a_view_may_see_of_messages(case):
    message, settings, why = SAID[case]
    assert visible_message(captured("hello", **message), View(**({"scope": ADA, "now": NOW} | settings))) == why


ids = st.sampled_from([None, "x", "y"])
scopes = st.tuples(ids, ids, ids).filter(any).map(lambda t: Scope(*t))


@given(scopes, scopes, st.sampled_from(["long_term", "short_term"]))
@quick
def test_nobody_sees_what_names_another_user_or_agent(reader, carried, term):
    seen = visible_memory(replace(LIVE, scope=carried, term=term), View(scope=reader, now=NOW)) == ""
    for mine, theirs in ((reader.user_id, carried.user_id), (reader.agent_id, carried.agent_id)):
        if mine is not None and theirs is not None and mine != theirs:
            assert not seen
    if term == "short_term" and carried.session_id is not None and reader.session_id != carried.session_id:
        assert not seen


# --- behind an index that lies
class LyingVectors(SqliteVectors):
    """Claims that every document of the ledger, whoever's it is, matches perfectly."""

    def search(self, snapshot, query, selection, limit):
        docs = np.array([d for owner, _ in snapshot.all_owners() for d in snapshot.all_docs(owner)], dtype=np.int64)
        return Found(docs, np.ones(len(docs), dtype=np.float32))


@pytest.fixture
def lied_to(path, clock):
    """A memory with all that a read may not see, behind an index that says it should."""
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        m.remember("Ada keeps bees.", user_id="ada", metadata={"topic": "bees"})
        m.remember("Bob keeps bees.", user_id="bob")
        m.delete(m.remember("Ada keeps goats.", user_id="ada").memories[0].id)
        m.remember("Ada has a visitor.", user_id="ada", expires_at=clock.advance(seconds=1))
        m.remember("Ada is in room nine.", user_id="ada", session_id="s9", term="short_term")
        m.remember("The agent alone knows.", user_id="ada", agent_id="a1")
        m.add("I live in Delhi.", user_id="ada")
        clock.advance(days=1)
        m.add("I moved to Bangalore.", user_id="ada")
    e = HashingEmbedder()
    with Memory(path, clock=clock, embedder=e, vector=LyingVectors(e.name, e.dimensions), worker=False) as m:
        yield m


def test_a_lying_index_cannot_show_what_a_read_may_not_see(lied_to):
    # a session that named itself wrote "room nine" as short-term: its captured message may be told, its memory may not
    hits = lied_to.search("bees goats visitor", user_id="ada", agent_id="a2", session_id="s1", limit=100)
    texts = [h.text for h in hits]
    assert "Ada keeps bees." in texts
    for hidden in ("Bob keeps bees.", "Ada keeps goats.", "The agent alone knows."):
        assert hidden not in texts
    memories = {h.memory.text for h in hits if h.memory}
    assert not memories & {"Ada has a visitor.", "Ada is in room nine.", "I live in Delhi."}


def test_a_lying_index_cannot_show_anything_twice_or_past_the_filter(lied_to):
    hits = lied_to.search("bees", user_id="ada", limit=100)
    assert len({h.id for h in hits}) == len(hits)
    filtered = lied_to.search("bees", user_id="ada", limit=100, filters={"metadata.topic": "bees"})
    assert {h.text for h in filtered} == {"Ada keeps bees."}


def test_the_words_of_a_deleted_memory_are_struck_from_its_message(plain_memory):
    said = "Is there a tram along the river on Sundays, and would it stop at the old bridge? My brother Tomislav lives in Ljubljana."
    (gone,) = plain_memory.add(said, user_id="ada", session_id="s1").memories
    plain_memory.delete(gone.id)
    (hit,) = plain_memory.search("tram along the river", user_id="ada")
    assert "tram along the river" in hit.text
    assert DELETED in hit.text
    for question in ("Tomislav", "Ljubljana", "tram along the river"):
        hits = plain_memory.search(question, user_id="ada", limit=50)
        told = [h.text for h in hits] + [s.quote for h in hits for s in h.sources] + [h.message.content for h in hits if h.message]
        told.append(plain_memory.context(question, user_id="ada", session_id="s1").text)
        told.append(plain_memory.ask(question, user_id="ada").text)
        assert not [t for t in told if "Tomislav" in t]
