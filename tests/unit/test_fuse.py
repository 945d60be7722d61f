"""One ranking from several channels: shares add up, more evidence never lowers; who says it and how counts; neighbours speak for one
another inside a session only."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import NOW, columns, days, part, quick

from perdure.model.search import Plan
from perdure.stages.fuse import BRIEF, CLOSER, SAID, WEIGHTS, closer, fuse
from perdure.stages.rank import rank

PLAN = Plan("q")
CHANNELS = (*SAID, "graph", "slots", "time")
cosines = st.dictionaries(st.integers(1, 8), st.floats(-1, 1, width=32), max_size=8)
scores = st.dictionaries(st.integers(1, 8), st.floats(0, 1.5, width=32), max_size=8)
found = st.fixed_dictionaries({}, optional=dict.fromkeys(CHANNELS, scores) | {"vector": cosines})
plans = st.builds(Plan, st.just("q"), speaker=st.sampled_from(["", "user", "assistant"]), instructions=st.booleans())
EIGHT = columns([{"doc": d, "session": "s1" if d < 5 else "s2"} for d in range(1, 9)])
#: A chat with an assistant of every manner: questions, standing instructions, brief replies.
CHAT = columns(
    [
        {"doc": d, "session": "s1", "role": ("user", "assistant")[d % 2], "asks": asks, "words": words}
        for d, (asks, words) in enumerate(itertools.product((-1, 0, 50, 100), (0, 8)), 1)
    ]
)


def score_of(pool, doc):
    """What fusion gives a document; 0 when no channel put it forward."""
    place = np.flatnonzero(pool.part.selection.columns.docs[pool.positions] == doc)
    return float(pool.score[place[0]]) if len(place) else 0.0


def share(pool, channel, doc):
    """What a channel contributes to a document's score; 0 without the channel."""
    place = np.flatnonzero(pool.part.selection.columns.docs[pool.positions] == doc)
    return float(pool.channels[channel][place[0]]) if len(place) and channel in pool.channels else 0.0


# --- one scale
@given(found, plans, st.sampled_from([EIGHT, CHAT]))
@quick
def test_scores_are_never_negative_and_come_in_order(channels, plan, cols):
    pool = fuse(part(cols, **channels), plan)
    assert (pool.score >= 0).all()
    ranked = rank([pool], plan, now=NOW, limit=20)
    assert [r.score for r in ranked] == sorted((r.score for r in ranked), reverse=True)


@given(found, plans, st.sampled_from([EIGHT, CHAT]))
@quick
def test_a_score_is_the_sum_of_what_the_channels_contribute(channels, plan, cols):
    pool = fuse(part(cols, **channels), plan)
    assert pool.score == pytest.approx(sum(pool.channels.values()), abs=1e-5)
    assert set(pool.channels) == set(pool.raw) == set(pool.weights)


@given(found, plans, st.sampled_from([EIGHT, CHAT]), st.sampled_from(CHANNELS), st.integers(1, 8), st.floats(0, 1, width=32))
@quick
def test_more_evidence_in_any_channel_never_lowers_a_score(channels, plan, cols, channel, doc, more):
    channels = {channel: {}} | channels  # a channel that was not asked at all leaves its share to the others
    before = fuse(part(cols, **channels), plan)
    given_ = dict(channels[channel])
    given_[doc] = max(given_.get(doc, 0.0), 0.0) + more
    after = fuse(part(cols, **(channels | {channel: given_})), plan)
    for other in range(1, 9):
        assert score_of(after, other) >= score_of(before, other) - 1e-6


def test_the_score_of_a_document_does_not_depend_on_what_else_there_is():
    alone = fuse(part(EIGHT, vector={1: 0.5}, text={1: 0.3}), PLAN)
    crowded = fuse(part(EIGHT, vector={1: 0.5, 7: 0.9, 8: 0.9}, text={1: 0.3, 7: 0.9}), PLAN)
    assert score_of(alone, 1) == pytest.approx(score_of(crowded, 1))


@pytest.mark.parametrize("asked", [c for n in (1, 2, 3) for c in itertools.combinations(SAID, n)], ids="+".join)
def test_a_perfect_match_in_what_was_asked_is_worth_1_whatever_could_not_be_asked(asked):
    pool = fuse(part(EIGHT, **{channel: {1: 1.0} for channel in asked}), PLAN)
    assert score_of(pool, 1) == pytest.approx(1.0)
    assert sum(pool.weights[channel] for channel in asked) == pytest.approx(1.0)


def test_a_channel_that_found_nothing_was_asked_and_keeps_its_share():
    assert score_of(fuse(part(EIGHT, text={1: 1.0}, vector={}, tokens={}), PLAN), 1) == pytest.approx(WEIGHTS["text"])


@pytest.mark.parametrize("channel", ["slots", "graph", "time"])
def test_other_evidence_is_added_on_top(channel):
    pool = fuse(part(EIGHT, vector={1: 0.5}, **{channel: {1: 1.0}}), PLAN)
    assert score_of(pool, 1) == pytest.approx(0.5 + WEIGHTS[channel])


# --- who says it and how
def test_a_mere_question_is_worth_less_than_the_same_words_that_state():
    cols = columns([{"doc": d, "session": f"s{d}", "asks": asks} for d, asks in ((1, 0), (2, 50), (3, 100))])
    pool = fuse(part(cols, vector=dict.fromkeys((1, 2, 3), 0.8)), PLAN)
    assert [share(pool, "question", d) for d in (1, 2, 3)] == pytest.approx([0.0, WEIGHTS["question"] / 2, WEIGHTS["question"]])
    assert score_of(pool, 1) > score_of(pool, 2) > score_of(pool, 3)


def test_a_brief_message_is_worth_less_the_briefer_it_is():
    cols = columns([{"doc": d, "session": f"s{d}", "words": words} for d, words in ((1, 0), (2, BRIEF // 2), (3, BRIEF), (4, 99))])
    pool = fuse(part(cols, vector=dict.fromkeys((1, 2, 3, 4), 0.8)), PLAN)
    assert [share(pool, "brevity", d) for d in (1, 2, 3, 4)] == pytest.approx([WEIGHTS["brevity"], WEIGHTS["brevity"] / 2, 0, 0])


def test_what_takes_off_never_brings_a_score_below_0():
    cols = columns([{"doc": 1, "asks": 100, "words": 0}])
    pool = fuse(part(cols, vector={1: 0.03}), PLAN)
    assert score_of(pool, 1) == 0.0
    assert share(pool, "vector", 1) == pytest.approx(0.03)
    assert share(pool, "question", 1) + share(pool, "brevity", 1) == pytest.approx(-0.03)  # no more than there was


ASSISTED = [{"doc": 1, "role": "user", "session": "a"}, {"doc": 2, "role": "assistant", "session": "b"}]


@pytest.mark.parametrize(("speaker", "gaining"), [("user", {1, 3}), ("assistant", {2}), ("", set())])
def test_whose_words_are_wanted_counts_where_there_is_an_assistant(speaker, gaining):
    cols = columns(ASSISTED, [{"doc": 3, "drawn": "1:100"}])
    pool = fuse(part(cols, vector={1: 0.5, 2: 0.5, 3: 0.5}), Plan("q", speaker=speaker))
    assert pool.assisted
    assert {d for d in (1, 2, 3) if share(pool, "speaker", d) > 0} == gaining


def test_among_people_nobody_is_preferred():
    cols = columns([{"doc": 1, "session": "a"}, {"doc": 2, "session": "b", "asks": -1}])
    pool = fuse(part(cols, vector={1: 0.5, 2: 0.5}), Plan("q", speaker="user", instructions=True))
    assert not pool.assisted
    assert {"speaker", "instruction"}.isdisjoint(pool.channels)


@pytest.mark.parametrize(("asked", "by", "asks", "gains"), [
    (True, "user", -1, True), (False, "user", -1, False), (True, "user", 0, False), (True, "assistant", -1, False),
])  # fmt: skip
def test_a_standing_instruction_of_the_user_counts_when_a_reply_is_asked_for(asked, by, asks, gains):
    cols = columns([*ASSISTED, {"doc": 3, "role": by, "asks": asks, "session": "c"}])
    pool = fuse(part(cols, vector={1: 0.5, 2: 0.5, 3: 0.5}), Plan("q", instructions=asked))
    assert (share(pool, "instruction", 3) > 0) is gains
    assert share(pool, "instruction", 1) == share(pool, "instruction", 2) == 0


# --- neighbours
def gains(messages):
    """Which documents gain from the one message (doc 2) that matches."""
    cols = columns(messages)
    pool = fuse(part(cols, text={2: 1.0}), PLAN)
    return {int(cols.docs[p]) for p, gain in zip(pool.positions, pool.channels["neighbours"], strict=True) if gain > 0}


def test_a_message_gains_from_the_one_next_to_it_in_its_session():
    assert gains([{"doc": d, "session": "s1"} for d in (1, 2, 3, 4)]) == {1, 3}


def test_a_message_of_another_session_gains_nothing():
    assert gains([{"doc": 1, "session": "s1"}, {"doc": 2, "session": "s2"}, {"doc": 3, "session": "s3"}]) == set()


def test_without_sessions_a_pause_parts_conversations():
    assert gains([{"doc": 1, "at": days(-1)}, {"doc": 2}, {"doc": 3}]) == {3}


def test_a_memory_has_the_neighbours_of_its_message():
    cols = columns([{"doc": d, "session": "s1"} for d in (1, 2, 3)], [{"doc": 4, "drawn": "1:20"}, {"doc": 5, "drawn": "3:20"}])
    pool = fuse(part(cols, text={2: 1.0, 4: 0.0, 5: 0.0}), PLAN)
    assert share(pool, "neighbours", 1) == share(pool, "neighbours", 4) == share(pool, "neighbours", 5) > 0


def test_a_memory_is_nobodys_neighbour():
    cols = columns([{"doc": 1, "session": "s1"}, {"doc": 2, "session": "s1"}], [{"doc": 3}])
    pool = fuse(part(cols, text={2: 1.0, 3: 1.0}), PLAN)
    assert pool.channels["neighbours"][list(cols.docs[pool.positions]).index(3)] == 0


def test_a_question_of_many_rare_words_gives_more_to_neighbours():
    def gain(rarity):
        found_ = part(EIGHT, text={2: 1.0})
        text = replace(found_.found["text"], rarity=rarity)
        return share(fuse(replace(found_, found={"text": text}), PLAN), "neighbours", 1)

    assert 0 < gain({"like": 1.0}) < gain({"kayak": 5.0, "like": 1.0}) < gain({"kayak": 8.0, "fjord": 8.0})


# --- a closer look
def test_a_memory_and_its_message_are_as_near_as_the_nearer_of_them():
    cols = columns([{"doc": 1, "session": "a"}, {"doc": 2, "session": "b"}], [{"doc": 3, "drawn": "1:20"}, {"doc": 4, "drawn": "2:20"}])
    pool = fuse(part(cols, tokens={1: 0.8, 4: 0.6}), PLAN)
    assert [share(pool, "tokens", d) for d in (1, 2, 3, 4)] == pytest.approx([0.8, 0.6, 0.8, 0.6])


def test_the_documents_that_look_best_get_a_closer_look_the_best_first():
    cols = columns([{"doc": d, "session": f"s{d}"} for d in range(1, CLOSER + 51)])
    docs = closer(part(cols, vector={d: d / 1000 for d in range(1, CLOSER + 51)}), PLAN).tolist()
    assert docs == list(range(CLOSER + 50, 50, -1))


def test_a_message_gets_a_closer_look_for_its_memorys_sake_and_what_is_hidden_gets_none():
    cols = columns([{"doc": 1, "session": "a"}, {"doc": 2, "session": "b"}], [{"doc": 3, "drawn": "2:20"}, {"doc": 4, "status": "deleted"}])
    assert closer(part(cols, vector={1: 0.5, 3: 0.9, 4: 1.0}), PLAN).tolist() == [2, 3, 1]


# --- what may be seen
def test_what_the_selection_does_not_show_is_no_candidate_whatever_an_index_found():
    cols = columns([{"doc": 1}], [{"doc": 2, "status": "deleted"}, {"doc": 3, "to": days(-1), "status": "superseded"}])
    pool = fuse(part(cols, vector={1: 0.2, 2: 1.0, 3: 1.0}, slots={2: 1.0}), PLAN)
    assert cols.docs[pool.positions].tolist() == [1]
