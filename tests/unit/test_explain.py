"""Why a hit is there: what a score is made of adds up to it, for every hit of every kind of question, on the whole pipeline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perdure import Memory
from perdure.errors import ModelError
from perdure.testing import FrozenClock

HOUSEHOLD = Path(__file__).parents[2] / "examples" / "data" / "household.jsonl"
#: Each contribution is rounded to four places, and what is below half of the last is left out.
ROUNDING = 1e-3

QUESTIONS = [
    "What is Olek allergic to?",
    "Where do we live now?",
    "What did I buy last?",
    "What was the first thing that broke in the car?",
    "Who works with Tomasz?",
    "When do we have to see the doctor again?",
    "What happened in February?",
    "How is Olek related to the garden?",
    "Skoda Octavia grinding noise",
    "Is there anything about the moons of Jupiter?",
    "dust mites",
    "what changed in my job",
]


@pytest.fixture(scope="module")
def household(tmp_path_factory):
    """The example household, imported with its own dates by the default embedder and the rules; read a day after its last message."""
    lines = [json.loads(line) for line in HOUSEHOLD.read_text("utf-8").splitlines()]
    messages = [m | {"session_id": line.get("session_id")} for line in lines for m in line.get("messages", [line])]
    with Memory(tmp_path_factory.mktemp("explain") / "me.db", clock=FrozenClock("2026-03-06T12:00:00Z"), worker=False) as m:
        for one in messages:
            session = one.pop("session_id")
            m.add(one, user_id="tomasz", session_id=session)
        m.add(["I live in Gdansk.", "Actually I moved to Sopot last week."], user_id="tomasz", timestamp="2026-03-05T20:00:00Z")
        yield m


def adds_up(hit):
    return sum(s.contribution for s in hit.why) == pytest.approx(hit.score, abs=ROUNDING)


@pytest.mark.parametrize("question", QUESTIONS)
def test_contributions_add_up_to_the_score(household, question):
    for limit in (3, 50):
        found = household.search(question, user_id="tomasz", limit=limit)
        assert found
        assert [h.text for h in found if not adds_up(h)] == []
        assert all(0 <= h.score <= 1 for h in found)


@pytest.mark.parametrize("more", [{"as_of": "2026-02-10"}, {"known_at": "2026-03-06"}, {"kinds": ["fact"]}, {"session_id": "car"}])
def test_they_add_up_in_every_view(household, more):
    for question in QUESTIONS[:6]:
        assert [h.text for h in household.search(question, user_id="tomasz", **more) if not adds_up(h)] == []


def test_the_questions_above_bring_up_every_sort_of_signal(household):
    """Else the sums above would say less than they seem to."""
    channels = {s.channel for q in QUESTIONS for h in household.search(q, user_id="tomasz", limit=50) for s in h.why}
    assert {"vector", "text", "slots", "graph", "time"} <= channels
    assert len(channels) >= 8  # and boosts and decays


def test_every_signal_can_be_read(household):
    for question in QUESTIONS:
        for hit in household.search(question, user_id="tomasz"):
            names = [s.channel for s in hit.why]
            assert len(names) == len(set(names)), "one signal a channel"
            assert names
            for s in hit.why:
                assert s.contribution != 0 or s.raw != 0
                assert s.rank >= 0
                if not s.rank:
                    assert s.detail, f"{s.channel} is no channel and does not say what it is"


def test_a_channel_ranks_from_one_and_the_better_raw_score_ranks_higher(household):
    for question in QUESTIONS:
        by_channel = {}
        for hit in household.search(question, user_id="tomasz", limit=50):
            for s in hit.why:
                if s.rank:
                    by_channel.setdefault(s.channel, []).append((s.rank, -s.raw))
        assert by_channel
        for ranks in by_channel.values():
            assert [raw for _, raw in sorted(ranks)] == sorted(raw for _, raw in ranks)


def test_a_fact_that_was_found_by_its_slot_names_the_slot(household):
    hit = household.search("Where do we live now?", user_id="tomasz")[0]
    slot = next(s for s in hit.why if s.channel == "slots")
    assert "lives_in" in slot.detail
    assert "sopot" in slot.detail.casefold()


def test_a_neighbour_in_the_graph_shows_the_path(memory):
    memory.add(["My brother Tomislav works at Siemens.", "Siemens is based in Munich."], user_id="ada")
    hit = next(h for h in memory.search("Tell me about Tomislav.", user_id="ada") if "Tomislav" in h.text)
    graph = next(s for s in hit.why if s.channel == "graph")
    assert "Tomislav" in graph.detail


def test_a_memory_folded_with_messages_has_all_of_them_as_sources(memory, clock):
    memory.add("I am allergic to peanuts.", user_id="ada")
    clock.advance(days=1)
    memory.add("I am allergic to peanuts.", user_id="ada")
    hit = memory.search("What am I allergic to?", user_id="ada")[0]
    assert hit.memory is not None
    assert len(hit.sources) == 2
    assert len([h for h in memory.search("What am I allergic to?", user_id="ada") if "peanuts" in h.text]) == 1


# --- what other parts add
class LongFirst:
    """A reranker that likes long texts."""

    name = "long-first"

    def score(self, question, texts):
        return [min(1.0, len(t) / 100) for t in texts]


class Broken:
    """An embedder whose server has gone."""

    name, dimensions = "broken", 8

    def embed(self, texts):
        raise ModelError("the server has gone")


def test_a_reranker_is_one_more_signal_and_the_sum_holds(path):
    with Memory(path, reranker=LongFirst(), embedder="hashing", worker=False) as m:
        m.add(["I like tea.", "I like coffee with oat milk and a little cinnamon in the morning."], user_id="ada")
        found = m.search("What do I like?", user_id="ada")
        assert len(found) == 2
        for hit in found:
            assert any(s.channel == "reranker" and s.detail == "long-first" for s in hit.why)
            assert adds_up(hit)


def test_a_channel_that_could_not_be_asked_is_named_and_the_sum_holds(path):
    with Memory(path, embedder=Broken(), worker=False) as m:
        m.add("I like tea.", user_id="ada", infer=False)
        (hit,) = m.search("tea", user_id="ada")
        assert any("the server has gone" in d for d in hit.degraded)
        assert "vector" not in {s.channel for s in hit.why}
        assert adds_up(hit)
