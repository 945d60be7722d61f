"""Ranking: folding, staleness, recency; and when a newer statement is lifted over an older one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import NOW, columns, days, part, quick, record

from perdure.model.search import Hit, Plan, Signal
from perdure.stages.fuse import fuse
from perdure.stages.rank import HEAD, PASSED, STALE, prefer_newer, rank


def shown(cols, channels, plan=None, limit=20):
    """(document, score) of the ranking, best first."""
    ranked = rank([fuse(part(cols, **channels), plan or Plan("q"))], plan or Plan("q"), now=NOW, limit=limit)
    return [(int(cols.docs[r.pool.positions[r.index]]), r.score) for r in ranked]


# --- folding: messages are documents 1 to 4, memories 5 to 7
edges = st.dictionaries(
    st.integers(5, 7), st.dictionaries(st.integers(1, 4), st.sampled_from([10, 60, 100]), min_size=1, max_size=3), max_size=3
)
channel = st.dictionaries(st.integers(1, 7), st.floats(0, 1, width=32), max_size=7)


def drawn(links):
    memories = [{"doc": d, "drawn": " ".join(f"{m}:{p}" for m, p in sorted(links.get(d, {}).items()))} for d in (5, 6, 7)]
    return columns([{"doc": d, "session": f"s{d}"} for d in (1, 2, 3, 4)], memories)


@given(edges, channel, channel)
@quick
def test_a_memory_and_a_message_it_came_from_are_one_hit(links, vector, text):
    docs = [d for d, _ in shown(drawn(links), {"vector": vector, "text": text})]
    assert len(docs) == len(set(docs))
    for memory in set(docs) & set(links):
        assert not set(links[memory]) & set(docs)


@given(edges, channel, channel)
@quick
def test_what_is_found_by_either_is_worth_the_better_of_both(links, vector, text):
    cols = drawn(links)
    apart = dict(shown(drawn({}), {"vector": vector, "text": text}))
    for doc, score in shown(cols, {"vector": vector, "text": text}):
        assert score >= apart.get(doc, 0.0) - 1e-6


def test_a_memory_that_says_all_of_its_message_stands_in_its_place_with_the_better_score():
    ((doc, score), *rest) = shown(drawn({5: {1: 100}}), {"vector": {1: 0.9, 5: 0.3}, "text": {1: 0.9}})
    assert doc == 5
    assert score > 0.8
    assert rest == []


def test_a_memory_that_says_a_part_of_its_message_is_folded_into_it():
    docs = [d for d, _ in shown(drawn({5: {1: 20}}), {"vector": {1: 0.9, 5: 0.3}, "text": {1: 0.9}})]
    assert docs == [1]


# --- what holds no more
def test_a_message_whose_statement_was_superseded_is_lowered():
    gone = {"doc": 3, "drawn": "1:100", "status": "superseded", "to": days(-1), "at": days(-9)}
    cols = columns([{"doc": 1, "session": "s1"}, {"doc": 2, "session": "s2"}], [gone])
    score = dict(shown(cols, {"vector": {1: 0.8, 2: 0.8}, "text": {1: 0.5, 2: 0.5}}))
    assert score[1] < score[2]
    assert score[1] == pytest.approx(STALE * score[2], abs=0.02)


def test_a_memory_whose_value_for_what_is_asked_has_ended_is_lowered():
    cols = columns(memories=[{"doc": 1}, {"doc": 2}])
    score = dict(shown(cols, {"vector": {1: 0.8, 2: 0.8}, "ended": {1: 1.0}}))
    assert score[1] < score[2]


def test_doubt_about_a_memory_lowers_it():
    cols = columns(memories=[{"doc": 1, "weight": 0.3}, {"doc": 2}])
    assert [d for d, _ in shown(cols, {"vector": {1: 0.8, 2: 0.8}})] == [2, 1]


# --- time
AGES = columns(memories=[{"doc": 1, "at": days(-700)}, {"doc": 2, "at": days(-300)}, {"doc": 3, "at": days(-1)}])
SAME = {"vector": {1: 0.7, 2: 0.7, 3: 0.7}}


@pytest.mark.parametrize(("order", "expected"), [("", [3, 2, 1]), ("latest", [3, 2, 1]), ("earliest", [1, 2, 3])])
def test_equally_good_hits_stand_in_the_order_of_time_that_was_asked(order, expected):
    assert [d for d, _ in shown(AGES, SAME, Plan("q", order=order))] == expected


def test_freshness_alone_does_not_outweigh_meaning():
    assert shown(AGES, {"vector": {1: 0.8, 3: 0.7}})[0][0] == 1


def test_events_age_faster_than_facts():
    old = columns(memories=[{"doc": 1, "kind": "episodic", "at": days(-200)}, {"doc": 2, "kind": "fact", "at": days(-200)}])
    assert [d for d, _ in shown(old, {"vector": {1: 0.7, 2: 0.7}})] == [2, 1]


@given(channel, st.integers(1, 5))
@quick
def test_a_shorter_list_is_the_head_of_a_longer_one(vector, limit):
    cols = drawn({})
    assert shown(cols, {"vector": vector}, limit=limit) == shown(cols, {"vector": vector})[:limit]


# --- newer on the same matter
def hit(text, score, day, by="user", doc=1, near=0.0):
    r = record(text, at=days(day), role=by, doc=doc)
    why = (Signal("tokens", 1, near, 1 / 3, near / 3),) if near else ()
    return Hit(text, score, r, None, r.sources, why)


def at_cosine(c):
    return {1: np.array([1.0, 0.0], dtype=np.float32), 2: np.array([c, (1 - c * c) ** 0.5], dtype=np.float32)}


#: newer text | its score | when said | by whom | cosine | lifted?
LIFTED = {
    "it says that something changed": ("I switched to tea.", 0.5, -1, "user", 0.80, True),
    "it only sounds alike": ("I drink tea at work.", 0.5, -1, "user", 0.80, False),
    "it says nearly the same": ("I drink tea.", 0.5, -1, "user", 0.97, True),
    "it is older": ("I switched to tea.", 0.5, -20, "user", 0.97, False),
    "somebody else says it": ("I switched to tea.", 0.5, -1, "assistant", 0.97, False),
    "it hardly matches the question": ("I switched to tea.", 0.2, -1, "user", 0.97, False),
    "it is about something else": ("I switched jobs.", 0.5, -1, "user", 0.40, False),
}
ANYTHING = Plan("Tell me what I drink?")


@pytest.mark.parametrize("case", LIFTED)
def test_a_newer_statement_is_lifted_over_an_older_one_about_the_same_matter(case):
    text, score, day, by, cosine, lifted = LIFTED[case]
    hits = prefer_newer([hit("I drink coffee.", 0.7, -10), hit(text, score, day, by, doc=2)], at_cosine(cosine), ANYTHING)
    assert (hits[0].text == text) is lifted
    if lifted:
        assert hits[0].score > hits[1].score
        assert any(s.channel == "newer" for s in hits[0].why)
    else:
        assert [h.score for h in hits] == [0.7, score]


OTHERS_VALUE = Plan("Where does Bob live?", current=True)
OWN_VALUE = Plan("Where do I live?", current=True, present=True)

#: plan | is there an assistant? | newer text | its score, the older one's being 0.7 | its tokens' nearness, 0.6 | cosine | lifted?
VALUES = {
    "one's own, alike": (OWN_VALUE, False, "I live in Graz.", 0.40, 0.4, 0.55, True),
    "one's own, and changed": (OWN_VALUE, False, "I moved to Graz.", 0.40, 0.4, 0.35, True),
    "one's own, not alike": (OWN_VALUE, False, "I live in Graz.", 0.40, 0.4, 0.45, False),
    "one's own, token by token far from the question": (OWN_VALUE, False, "I live in Graz.", 0.40, 0.2, 0.90, False),
    "somebody's among people": (OTHERS_VALUE, False, "Bob moved to Graz.", 0.40, 0.4, 0.55, False),
    "somebody's among people, very much alike": (OTHERS_VALUE, False, "Bob lives in Graz.", 0.65, 0.5, 0.75, True),
    "somebody's told to an assistant": (OTHERS_VALUE, True, "Bob moved to Graz.", 0.40, 0.4, 0.35, True),
    "any other question, alike": (ANYTHING, True, "I live in Graz.", 0.40, 0.4, 0.90, False),
}


@pytest.mark.parametrize("case", VALUES)
def test_how_alike_they_must_be_depends_on_the_question(case):
    plan, assisted, text, score, near, cosine, lifted = VALUES[case]
    given_ = [hit("I live in Brno.", 0.7, -10, near=0.6), hit(text, score, -1, doc=2, near=near)]
    assert (prefer_newer(given_, at_cosine(cosine), plan, assisted=assisted)[0].text == text) is lifted


def test_asked_for_a_number_nothing_without_one_passes():
    def first(newer):
        plan = Plan("How many hives do I have?", current=True, present=True)
        return prefer_newer([hit("I have 4 hives.", 0.7, -10), hit(newer, 0.6, -1, doc=2)], at_cosine(0.9), plan)[0].text

    assert first("I have more hives now.") == "I have 4 hives."
    assert first("I have six hives now.") == "I have six hives now."


@pytest.mark.parametrize(("question", "first"), [("I drink coffee at home", "coffee"), ("Do I drink coffee at home?", "tea")])
def test_a_message_whose_words_are_repeated_is_passed_by_nothing(question, first):
    older = hit("I drink coffee at home.", 0.7, -10)
    older = replace(older, why=(Signal("text", 1, 5.0, 1 / 3, 0.9 / 3),))
    hits = prefer_newer([older, hit("I switched to tea at home.", 0.5, -1, doc=2)], at_cosine(0.97), Plan(question))
    assert first in hits[0].text


def test_a_value_passes_the_first_hits_only():
    """What stands further down was not found for the value that is asked for."""
    given_ = [hit(f"I live in place {n}.", 0.9 - n / 100, -n - 1, doc=n) for n in range(PASSED)]  # older and older
    given_ += [hit("I live in Brno.", 0.7, -30, doc=8), hit("I moved to Graz.", 0.6, -20, doc=9)]
    apart = dict(zip((*range(PASSED), 8, 9), np.eye(PASSED + 2, dtype=np.float32), strict=True)) | {9: np.eye(PASSED + 2)[PASSED]}
    assert [h.text for h in prefer_newer(given_, apart, OWN_VALUE)] == [h.text for h in given_]
    assert prefer_newer(given_, apart, ANYTHING)[PASSED].text == "I moved to Graz."


plans = st.builds(Plan, st.sampled_from(["Where do I live?", "How many?", "tea at home now"]), current=st.booleans(), present=st.booleans())


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(-30, 0), st.floats(0, 1)), max_size=HEAD + 4), plans, st.booleans())
@quick
def test_lifting_loses_nothing_keeps_order_and_bounds(given_, plan, assisted):
    given_ = sorted(given_, key=lambda g: -g[0])
    hits = [hit("I switched to tea.", score, day, doc=n) for n, (score, day, _) in enumerate(given_)]
    vectors = {n: at_cosine(c)[2] for n, (_, _, c) in enumerate(given_)}
    out = prefer_newer(hits, vectors, plan, assisted=assisted)
    assert sorted(h.memory.doc for h in out) == list(range(len(hits)))
    assert all(0 <= h.score <= 1 for h in out)
    assert [h.score for h in out[:HEAD]] == sorted((h.score for h in out[:HEAD]), reverse=True)
    assert out[HEAD:] == hits[HEAD:]
