"""An owner's arrays select what the ledger's own rules select, one row at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import NOW, days, quick, record

from perdure.adapters.ledger.columns import Columns
from perdure.model.base import to_micros
from perdure.model.scope import Scope
from perdure.model.search import View
from perdure.stages.hydrate import visible_memory

parts = st.sampled_from([None, "x", "y"])
times = st.integers(-3, 3).map(days)
maybe = st.one_of(st.none(), times)


@st.composite
def versions(draw):
    """A memory of ada's with any times, status, kind, agent and session."""
    start = draw(times)
    return replace(
        record("I keep bees."), scope=Scope("ada", draw(parts), draw(parts)), term=draw(st.sampled_from(["long_term", "short_term"])),
        kind=draw(st.sampled_from(["fact", "preference"])), status=draw(st.sampled_from(["live", "superseded", "retracted", "deleted"])),
        valid_from=start, valid_to=draw(maybe), recorded_at=draw(times), retired_at=draw(maybe), expires_at=draw(maybe),
    )  # fmt: skip


views = st.builds(
    View, scope=st.builds(Scope, st.just("ada"), parts, parts), now=st.just(NOW), as_of=maybe, known_at=maybe,
    kinds=st.sampled_from([(), ("fact",), ("preference", "fact")]), messages=st.booleans(),
)  # fmt: skip


def row(num, doc, r, drawn=""):
    micros = [None if t is None else to_micros(t) for t in (r.valid_from, r.valid_to, r.recorded_at, r.retired_at, r.expires_at)]
    scope, private = r.scope, r.term == "short_term"
    return (num, doc, micros[0], *micros, r.status, r.kind, scope.agent_id, scope.session_id, private, "user", 3, drawn, r.confidence)


def shown(cols, view):
    return cols.docs[: len(cols)][cols.select(view).mask].tolist()


@given(st.lists(versions(), max_size=6), views)
@quick
def test_a_selection_is_what_hydrate_would_let_through(records, view):
    cols = Columns(1, "user", 0)
    cols.fill([], [row(n, n, r) for n, r in enumerate(records, 1)])
    assert shown(cols, view) == [n for n, r in enumerate(records, 1) if not visible_memory(r, view)]


@given(st.lists(versions(), max_size=8), views, st.integers(0, 8))
@quick
def test_it_does_not_matter_in_how_many_steps_rows_arrive(records, view, cut):
    rows = [row(n, n, r) for n, r in enumerate(records, 1)]
    whole, stepwise = Columns(1, "user", 0), Columns(1, "user", 0)
    whole.fill([], rows)
    stepwise.fill([], rows[:cut])
    stepwise.fill([], rows[cut:])
    assert shown(whole, view) == shown(stepwise, view)
    assert whole.said_at.tolist() == stepwise.said_at.tolist()


VIEW = View(scope=Scope("ada"), now=NOW)
LIVE = record("I keep bees.", at=days(-2))


def with_message(*memories):
    """One message (document 1) and memories drawn from it: (record, percentage)."""
    cols = Columns(1, "user", 0)
    said = to_micros(days(-2))
    cols.fill(
        [(1, said, said, None, None, False, "user", 5, "user", 0)], [row(n, n + 1, r, f"1:{p}") for n, (r, p) in enumerate(memories, 1)]
    )
    return cols, cols.select(VIEW)


def test_a_version_that_is_retired_gives_way_to_the_next_of_the_same_text():
    cols = Columns(1, "user", 0)
    cols.fill([], [row(1, 1, LIVE)])
    cols.fill([], [row(1, 1, replace(LIVE, retired_at=days(-1))), row(2, 1, replace(LIVE, confidence=0.4, recorded_at=days(-1)))])
    selection = cols.select(VIEW)
    assert cols.version(int(selection.row_of[0])) == 2
    before = cols.select(replace(VIEW, known_at=days(-1.5)))
    assert cols.version(int(before.row_of[0])) == 1


def test_deleting_what_is_all_a_message_said_hides_the_message():
    cols, selection = with_message((replace(LIVE, status="deleted"), 90))
    assert not selection.mask.any()
    assert len(cols) == 2


def test_deleting_a_part_of_a_message_marks_it_struck():
    _, selection = with_message((replace(LIVE, status="deleted"), 30))
    assert selection.mask.tolist() == [True, False]
    assert selection.struck.tolist() == [True, False]


def test_a_message_is_stale_when_all_it_states_was_superseded():
    gone = replace(LIVE, status="superseded", valid_to=days(-1))
    assert with_message((gone, 90))[1].stale.tolist() == [True, False]
    assert with_message((gone, 90), (LIVE, 90))[1].stale.tolist() == [False, False, False]
    assert with_message((gone, 20))[1].stale.tolist() == [False, False]


def test_extraction_may_find_a_message_private_later():
    said = to_micros(days(-1))
    cols = Columns(1, "user", 0)
    cols.fill([(1, said, said, None, "s1", False, "user", 5, "user", 0)], [])
    assert shown(cols, VIEW) == [1]
    cols.fill([(1, said, said, None, "s1", True, "user", 5, "user", 0)], [])
    assert shown(cols, VIEW) == []
    assert shown(cols, replace(VIEW, scope=Scope("ada", session_id="s1"))) == [1]


@given(st.sets(st.integers(0, 60)), st.lists(st.integers(-5, 70)))
@quick
def test_positions_lead_back_to_documents(docs, wanted):
    cols = Columns(1, "user", 0)
    cols.fill([], [row(n, d, LIVE) for n, d in enumerate(sorted(docs), 1)])
    for doc, position in zip(wanted, cols.positions(np.array(wanted, dtype=np.int64)).tolist(), strict=True):
        assert (position >= 0) == (doc in docs)
        if position >= 0:
            assert cols.docs[position] == doc


def test_narrowing_only_takes_away():
    _, selection = with_message((LIVE, 30))
    less = selection.narrowed(np.array([False, True]))
    assert less.mask.tolist() == [False, True]
    assert less.row_of[0] == -1


def test_a_selection_that_is_kept_ends_with_the_first_thing_that_ends(plain_memory, clock):
    def found():
        return {h.text for h in plain_memory.search("What is known?", user_id="ada", kinds=["fact"])}

    plain_memory.remember("The code is known for an hour.", user_id="ada", expires_at=NOW + timedelta(hours=1))
    plain_memory.remember("The town is known.", user_id="ada")
    assert found() == found() == {"The code is known for an hour.", "The town is known."}
    clock.advance(seconds=3599)
    assert len(found()) == 2
    clock.advance(seconds=1)
    assert found() == found() == {"The town is known."}
    clock.set(NOW)
    assert len(found()) == 2
    kept = plain_memory.remember("The road is known.", user_id="ada").memories[0]
    assert "The road is known." in found()
    plain_memory.delete(kept.id)
    assert "The road is known." not in found()


@given(st.lists(versions(), max_size=6), st.lists(views, min_size=1, max_size=4), st.integers(0, 3))
@quick
def test_selections_that_were_kept_are_those_made_anew(records, asked, again):
    cols = Columns(1, "user", 0)
    cols.fill([], [row(n, n, r) for n, r in enumerate(records, 1)])
    for view in asked * (again + 1):
        assert shown(cols, view) == [n for n, r in enumerate(records, 1) if not visible_memory(r, view)]
