"""The part of the ledger's suite about what a read may see: scope, both times, status, filters, and arrays that follow the rows.

Differential: generated rows are read through `Columns.select` and `filtered`, and must agree with the pure functions that say what
is meant (`perdure.model.scope.sees`, `perdure.stages.hydrate`, `perdure.filters.matches`).
"""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from perdure.filters import OPERATORS, matches, parse
from perdure.model.base import iso
from perdure.model.memory import KINDS, SUMMARY, TERMS, MemoryRecord
from perdure.model.message import CapturedMessage, Message
from perdure.model.scope import Scope, sees
from perdure.model.search import View
from perdure.ports import Ledger
from perdure.stages.hydrate import visible_memory, visible_message
from perdure.testing.conformance.build import (
    ADA,
    NOW,
    capture,
    fresh,
    keep,
    owner_of,
    searching,
    select,
    selected,
    statement,
    visible,
)

_part = st.sampled_from([None, "a", "b"])
SCOPES = st.tuples(_part, _part, _part).filter(any)
#: Instants close enough to each other that they often coincide.
HOURS = st.integers(-3, 3).map(lambda h: NOW + timedelta(hours=h))

_WORDS = st.sampled_from(["", "a", "A", "ab", "é", "Delhi", "%", "_", "10", "true", "null", "日本"])
_SCALARS = st.none() | st.booleans() | st.integers(-2, 11) | st.sampled_from([0.0, 0.5, 1.0, 10.0]) | _WORDS
_VALUES = _SCALARS | st.lists(_SCALARS, max_size=3) | st.dictionaries(st.sampled_from(["b", "c"]), _SCALARS, max_size=2)
METADATA = st.dictionaries(st.sampled_from(["a", "b", "top ic"]), _VALUES, max_size=3)
_TEXT_FIELDS = st.sampled_from(["kind", "term", "role", "name", "agent_id", "session_id", "text"])
_FIELDS = st.sampled_from(["metadata.a", "metadata.b", "metadata.a.b", "metadata.top ic", "metadata.x"])


def _conditions(fields: st.SearchStrategy[str], values: st.SearchStrategy[Any], operators: tuple[str, ...]) -> st.SearchStrategy[Any]:
    def condition(field: str) -> st.SearchStrategy[Any]:
        one = st.sampled_from(operators).flatmap(
            lambda o: (st.lists(values, max_size=3) if o in ("in", "nin") else values).map(lambda v: {field: {o: v}})
        )
        return one | values.map(lambda v: {field: v})

    return fields.flatmap(condition)


#: Times are given in the one notation of `perdure.model.base.iso`, so that the reference can compare them as strings.
_TIMES = tuple(o for o in OPERATORS if o != "contains")
_ONE = (
    _conditions(_FIELDS, _SCALARS, OPERATORS)
    | _conditions(_TEXT_FIELDS, _WORDS | st.sampled_from([*KINDS, *TERMS, "user"]) | st.none() | st.integers(0, 2), OPERATORS)
    | _conditions(st.sampled_from(["confidence", "importance"]), st.sampled_from([0, 0.5, 1, "0.5", True, None]), OPERATORS)
    | _conditions(st.sampled_from(["said_at", "valid_from"]), HOURS.map(iso), _TIMES)
)
FILTERS = st.recursive(
    _ONE,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: {"and": parts})
        | st.lists(inner, max_size=3).map(lambda parts: {"or": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=4,
)


class ViewRules:
    """What a read may see; a part of `LedgerSuite`."""

    @searching
    @given(carried=st.lists(st.tuples(SCOPES, st.booleans(), st.booleans()), max_size=6), readers=st.lists(SCOPES, min_size=1, max_size=6))
    def test_a_read_sees_what_its_scope_sees(self, ledger: Ledger, carried: list[tuple[Any, bool, bool]], readers: list[Any]) -> None:
        """Neither more nor less than `perdure.model.scope.sees` says, for messages and memories, whoever owns them."""
        tenant = fresh("tenant")
        stored: dict[int, tuple[Scope, bool]] = {}
        with ledger.transaction() as tx:
            for parts, bound, is_memory in carried:
                scope = Scope(*parts, tenant=tenant)
                if is_memory:
                    doc = keep(tx, statement(scope=scope, term="short_term" if bound else "long_term")).doc
                else:
                    doc = capture(tx, scope, "said", private=bound)[0].doc
                stored[doc] = scope, bound
        with ledger.snapshot() as snapshot:
            for parts in readers:
                reader = Scope(*parts, tenant=tenant)
                expected = {doc for doc, (scope, bound) in stored.items() if sees(reader, scope, session_only=bound)}
                assert visible(snapshot, View(scope=reader, now=NOW)) == expected
            assert visible(snapshot, View(scope=Scope("a", "a", "a", tenant=fresh("tenant")), now=NOW)) == set()

    @searching
    @given(data=st.data())
    def test_both_times_and_status_are_kept_to(self, ledger: Ledger, data: st.DataObject) -> None:
        """`as_of`, `known_at`, expiry, status and kind let through exactly what `perdure.stages.hydrate` does, in the right version."""
        scope = Scope(user_id=fresh("user"))
        messages: list[CapturedMessage] = []
        with ledger.transaction() as tx:
            for _ in range(data.draw(st.integers(1, 2))):
                said = Message("said", timestamp=data.draw(HOURS))
                messages += capture(tx, scope, said, at=data.draw(HOURS))
            for _ in range(data.draw(st.integers(1, 3))):
                self._history(data, scope, lambda r: keep(tx, r))
            versions = [v for m in tx.current_versions(owner_of(tx, scope)) for v in tx.all_versions(m.id)] if messages else []
        with ledger.snapshot() as snapshot:
            for _ in range(4):
                view = View(
                    scope=scope, now=data.draw(HOURS), as_of=data.draw(st.none() | HOURS), known_at=data.draw(st.none() | HOURS),
                    kinds=tuple(data.draw(st.lists(st.sampled_from(KINDS), max_size=2))),
                )  # fmt: skip
                owner = owner_of(snapshot, scope)
                selection = snapshot.columns(owner, "user").select(view)
                seen = {(v.doc, v.version, v.id) for v in versions if not visible_memory(v, view)}
                heard = {m.doc for m in messages if not visible_message(m, view)}
                assert selected(selection) == {doc for doc, _, _ in seen} | heard
                columns = selection.columns
                rows = {int(d): int(r) for d, r in zip(columns.docs, selection.row_of, strict=True) if r >= 0 and int(d) not in heard}
                records = snapshot.versions(columns.version(r) for r in rows.values())
                assert {(r.doc, r.version, r.id) for r in records.values()} == seen

    @staticmethod
    def _history(data: st.DataObject, scope: Scope, keep_it: Callable[[MemoryRecord], MemoryRecord]) -> None:
        """One memory in up to three versions, recorded one after the other, with a new text now and then."""
        recorded = NOW - timedelta(hours=data.draw(st.integers(0, 3)))
        record = statement(scope=scope, kind=data.draw(st.sampled_from(KINDS)), recorded_at=recorded)
        for version in range(1, data.draw(st.integers(1, 3)) + 1):
            record = keep_it(
                replace(
                    record, version=version, doc=data.draw(st.sampled_from([0, record.doc])), recorded_at=recorded,
                    valid_from=data.draw(HOURS), valid_to=data.draw(st.none() | HOURS), expires_at=data.draw(st.none() | HOURS),
                    status=data.draw(st.sampled_from(["live", "live", "superseded", "retracted", "deleted"])),
                )
            )  # fmt: skip
            recorded += timedelta(hours=data.draw(st.integers(0, 2)))

    @searching
    @given(
        rows=st.lists(st.tuples(METADATA, _WORDS, st.sampled_from(KINDS), st.sampled_from([0.0, 0.5, 1.0]), HOURS), min_size=1, max_size=5),
        filters=st.lists(FILTERS, min_size=1, max_size=4),
    )
    def test_filters_mean_what_the_reference_says(
        self, ledger: Ledger, rows: list[tuple[dict[str, Any], str, Any, float, datetime]], filters: list[dict[str, Any]]
    ) -> None:
        """`perdure.filters.matches` on the fields of each message and each memory's current version."""
        scope = Scope(user_id=fresh("user"), session_id="10")
        fields: dict[int, Mapping[str, object]] = {}
        with ledger.transaction() as tx:
            for metadata, text, kind, number, at in rows:
                common = {"session_id": "10", "text": text, "said_at": iso(at), "metadata": metadata}
                (said,) = capture(tx, scope, Message(text, name=text or None, timestamp=at, metadata=metadata))
                fields[said.doc] = common | {"role": "user", "name": text or None}
                old = keep(tx, statement(text, scope, kind="fact", recorded_at=NOW - timedelta(hours=9), metadata={"a": "old"}))
                new = keep(
                    tx, replace(old, version=2, doc=0, kind=kind, metadata=metadata, confidence=number, importance=number,
                    valid_from=at, recorded_at=NOW, sources=tuple(replace(s, said_at=at) for s in old.sources)),
                )  # fmt: skip
                own = {"kind": kind, "term": "long_term", "confidence": number, "importance": number, "valid_from": iso(at)}
                fields[new.doc] = common | own
        with ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, scope)
            for raw in filters:
                tree = parse(raw)
                assert tree is not None
                expected = {doc for doc, have in fields.items() if matches(tree, functools.partial(_field, have))}
                assert snapshot.filtered(owner, tree) == expected, raw

    def test_a_deleted_memory_hides_the_message_it_speaks_for(self, ledger: Ledger) -> None:
        """When its quotes cover the message and nothing else drawn from it is visible; a superseded one only makes it stale."""
        with ledger.transaction() as tx:
            deleted, shared, brief, moved = capture(tx, ADA, "I drink.", "I live in Delhi and drink.", "a long story", "I live in Delhi.")
            for message, share in ((deleted, 100), (shared, 100), (brief, 5)):
                keep(tx, statement("Ada drinks.", status="deleted"), drawn_from=[(message, share)])
            other = keep(tx, statement("Ada lives in Delhi."), drawn_from=[(shared, 40)])
            past = keep(tx, statement(status="superseded", valid_to=NOW), drawn_from=[(moved, 100)])
        with ledger.snapshot() as snapshot:
            selection = select(snapshot)
            assert selected(selection) == {shared.doc, brief.doc, moved.doc, other.doc}
            columns = selection.columns
            assert {int(d) for d in columns.docs[selection.stale]} & selected(selection) == {moved.doc}
            edges = zip(selection.edge_message.tolist(), selection.edge_memory.tolist(), strict=True)
            assert {(int(columns.docs[m]), int(columns.docs[s])) for m, s in edges} == {(shared.doc, other.doc)}
            before = select(snapshot, as_of=NOW - timedelta(seconds=1))
            assert past.doc not in selected(before)
            narrowed = selection.narrowed(columns.docs == shared.doc)
            assert selected(narrowed) == {shared.doc}
            assert int((narrowed.row_of >= 0).sum()) == 1

    def test_arrays_follow_the_rows(self, ledger: Ledger) -> None:
        """Whatever was read before: later writes, retirements, privacy and erasures are all in the next snapshot's arrays."""
        with ledger.transaction() as tx:
            (said,) = capture(tx, replace(ADA, session_id="s1"), "I live in Delhi.")
            record = keep(tx, statement())
        with ledger.snapshot() as snapshot:
            assert selected(select(snapshot)) == {said.doc, record.doc}
        with ledger.transaction() as tx:
            owner = owner_of(tx, ADA)
            moved = keep(tx, replace(record, version=2, text="Ada lives in Goa.", doc=0, recorded_at=NOW))
            tx.make_private([said.doc], tx.revise(owner))
        with ledger.snapshot() as snapshot:
            assert selected(select(snapshot)) == {moved.doc}
            assert visible(snapshot, View(scope=replace(ADA, session_id="s1"), now=NOW)) == {said.doc, moved.doc}
        with ledger.transaction() as tx:
            tx.erase_memories([record.id])
            tx.revise(owner, erased=True)
        with ledger.snapshot() as snapshot:
            columns = select(snapshot).columns
            assert columns.docs.tolist() == [said.doc]
            assert columns.positions([said.doc, moved.doc]).tolist() == [0, -1]
            assert len(columns) == 1

    def test_a_summary_is_seen_by_who_asks_for_it(self, ledger: Ledger) -> None:
        """It repeats what others say: it stands for no message, hides none, and is in no read that does not name its kind."""
        with ledger.transaction() as tx:
            (said,) = capture(tx, ADA, Message("I live in Delhi.", timestamp=NOW))
            fact = keep(tx, statement(), drawn_from=[(said, 100)])
            summary = keep(tx, statement("Ada: Delhi.", kind=SUMMARY), drawn_from=[(said, 100)])
        with ledger.snapshot() as snapshot:
            plain, asked = select(snapshot), select(snapshot, kinds=(SUMMARY,))
            assert selected(plain) == {said.doc, fact.doc}
            assert selected(asked) == {summary.doc}
            columns = plain.columns
            assert columns.docs[plain.edge_memory].tolist() == [fact.doc]

    def test_columns_say_what_ranking_needs(self, ledger: Ledger) -> None:
        """Per position: when it was said, its number of words, whether it is a memory; per row: confidence, kind, times."""
        with ledger.transaction() as tx:
            (said,) = capture(tx, ADA, Message("I live in Delhi.", timestamp=NOW - timedelta(days=1)), words=4)
            record = keep(tx, statement(kind="preference", confidence=0.5, valid_to=NOW + timedelta(days=1)), words=7)
        with ledger.snapshot() as snapshot:
            selection = select(snapshot)
            columns = selection.columns
            assert columns.docs.tolist() == sorted([said.doc, record.doc])
            position = columns.positions([said.doc, record.doc])
            assert columns.words[position].tolist() == [4, 7]
            assert columns.is_memory[position].tolist() == [False, True]
            rows = selection.row_of[position]
            assert columns.weight[rows].tolist() == [1.0, 0.5]
            assert columns.row_kind[rows].tolist() == [0, 1 + KINDS.index("preference")]
            day = 86_400_000_000
            assert (columns.said_at[position[1]] - columns.said_at[position[0]]) == day
            assert columns.row_times("to")[rows[1]] - columns.row_times("from")[rows[1]] == day
            assert columns.row_times("retired")[rows].tolist() == [2**63 - 1] * 2


def _field(have: Mapping[str, object], name: str) -> object:
    """A field of a message or memory by its filter name; None when it is missing."""
    if not name.startswith("metadata."):
        return have.get(name)
    value: object = have["metadata"]
    for key in name.split(".")[1:]:
        value = cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None
    return value
