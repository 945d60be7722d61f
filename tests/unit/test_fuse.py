"""One ranking from several channels: absolute, bounded, monotone; neighbours speak for one another inside a session only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import NOW, columns, days, part, quick

from perdure.model.search import Plan
from perdure.stages.fuse import WEIGHTS, fuse
from perdure.stages.rank import rank

CHANNELS = ("vector", "text", "graph", "slots", "time")
cosines = st.dictionaries(st.integers(1, 8), st.floats(-1, 1, width=32), max_size=8)
scores = st.dictionaries(st.integers(1, 8), st.floats(0, 1.5, width=32), max_size=8)
found = st.fixed_dictionaries({}, optional=dict.fromkeys(CHANNELS, scores) | {"vector": cosines})
EIGHT = columns([{"doc": d, "session": "s1" if d < 5 else "s2"} for d in range(1, 9)])


def score_of(pool, doc):
    """What fusion gives a document; 0 when no channel put it forward."""
    place = np.flatnonzero(EIGHT.docs[pool.positions] == doc)
    return float(pool.score[place[0]]) if len(place) else 0.0


@given(found)
@quick
def test_final_scores_stay_within_0_and_1(channels):
    ranked = rank([fuse(part(EIGHT, **channels))], Plan("q"), now=NOW, limit=20)
    assert all(0.0 <= r.score <= 1.0 for r in ranked)
    assert [r.score for r in ranked] == sorted((r.score for r in ranked), reverse=True)


@given(found, st.sampled_from(CHANNELS), st.integers(1, 8), st.floats(0, 1, width=32))
@quick
def test_more_evidence_in_any_channel_never_lowers_a_score(channels, channel, doc, more):
    before = fuse(part(EIGHT, **channels))
    given_ = dict(channels.get(channel, {}))
    given_[doc] = max(given_.get(doc, 0.0), 0.0) + more
    after = fuse(part(EIGHT, **(channels | {channel: given_})))
    assert score_of(after, doc) >= score_of(before, doc) - 1e-6


def test_the_score_of_a_document_does_not_depend_on_what_else_there_is():
    alone = fuse(part(EIGHT, vector={1: 0.5}, text={1: 0.3}))
    crowded = fuse(part(EIGHT, vector={1: 0.5, 7: 0.9, 8: 0.9}, text={1: 0.3, 7: 0.9}))
    assert score_of(alone, 1) == pytest.approx(score_of(crowded, 1))


def test_a_perfect_match_in_meaning_and_words_is_worth_1():
    assert score_of(fuse(part(EIGHT, vector={1: 1.0}, text={1: 1.0})), 1) == pytest.approx(1.0)


def test_a_missing_channel_costs_its_share_and_no_more():
    assert score_of(fuse(part(EIGHT, text={1: 1.0})), 1) == pytest.approx(WEIGHTS["text"])


def gains(messages):
    """Which documents gain from the one message (doc 2) that matches."""
    cols = columns(messages)
    pool = fuse(part(cols, text={2: 1.0}))
    return {int(cols.docs[p]) for p, gain in zip(pool.positions, pool.channels["neighbours"], strict=True) if gain > 0}


def test_a_message_gains_from_the_one_next_to_it_in_its_session():
    assert gains([{"doc": d, "session": "s1"} for d in (1, 2, 3, 4)]) == {1, 3}


def test_a_message_of_another_session_gains_nothing():
    assert gains([{"doc": 1, "session": "s1"}, {"doc": 2, "session": "s2"}, {"doc": 3, "session": "s3"}]) == set()


def test_without_sessions_a_pause_parts_conversations():
    assert gains([{"doc": 1, "at": days(-1)}, {"doc": 2}, {"doc": 3}]) == {3}


def test_a_memory_is_nobodys_neighbour():
    cols = columns([{"doc": 1, "session": "s1"}, {"doc": 2, "session": "s1"}], [{"doc": 3}])
    pool = fuse(part(cols, text={2: 1.0, 3: 1.0}))
    assert pool.channels["neighbours"][list(cols.docs[pool.positions]).index(3)] == 0


def test_what_the_selection_does_not_show_is_no_candidate_whatever_an_index_found():
    cols = columns([{"doc": 1}], [{"doc": 2, "status": "deleted"}, {"doc": 3, "to": days(-1), "status": "superseded"}])
    pool = fuse(part(cols, vector={1: 0.2, 2: 1.0, 3: 1.0}, slots={2: 1.0}))
    assert cols.docs[pool.positions].tolist() == [1]
