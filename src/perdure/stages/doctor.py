"""Doctor: what is said twice, out of date, cut off or behind in the stores, and the command that mends it.

What can be seen in the memories themselves is in `symptoms`; this reads what those pure checks need, holds the indexes against the
ledger, and puts the findings together. It looks at whole owners until `limit` messages and memories have been looked at, and says when
that was not everything, so that its cost has a bound however large the store is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from perdure.errors import PerdureError
from perdure.model.candidate import ExtractionContext
from perdure.model.change import Conflict
from perdure.model.memory import SUMMARY, MemoryRecord
from perdure.model.message import CapturedMessage
from perdure.model.report import Check, Diagnosis, Example, Finding
from perdure.model.scope import Scope
from perdure.rules.extractor import RuleExtractor
from perdure.stages.inspect import Drift, drift_of
from perdure.stages.stores import Stores
from perdure.stages.symptoms import Likeness, duplicates, holds, outdated, said_at, stale, unmentioned

#: Messages from which nothing was drawn, the newest of each owner, that rules read for what they say against the memories. A message
#: takes them 1 to 3 ms: they are three seconds of a run at most.
READ = 1000
#: What a `Columns.row_times` holds for "not yet".
NEVER = 2**63 - 1
#: Cases of a finding that are shown.
SHOWN = 5


# ---------------------------------------------------------------------- what was seen, owner by owner
@dataclass(slots=True)
class Seen:
    """The cases of each kind so far, as examples."""

    messages: int = 0
    memories: int = 0
    owners: int = 0
    drift: list[Drift] = field(default_factory=list[Drift])
    unread: int = 0  # owners too large for their indexes to be held against the ledger
    cut: int = 0  # memories of these that were not looked at
    cases: dict[str, list[Example]] = field(default_factory=lambda: defaultdict[str, list[Example]](list))
    undrawn: int = 0  # messages from which nothing was drawn
    read: int = 0  # of these, those that were read
    failed: str = ""


def doctor(stores: Stores, scope: Scope | None, *, limit: int) -> Diagnosis:
    """What is wrong with one scope's memory, or with the whole store.

    Args:
        stores: to look at.
        scope: memories that carry every part of it; None for all. Indexes, lag and jobs are those of its owner.
        limit: messages and memories looked at, at most; spread over the owners when there are more.
    """
    now = stores.clock()
    seen = Seen()
    with stores.ledger.snapshot() as snapshot:
        owners: list[tuple[int, str]] = snapshot.all_owners() if scope is None else snapshot.owners(scope)
        counts = [snapshot.counts(None)] if scope is None else [snapshot.counts(owner) for owner, _ in owners]
        everything = sum(c["messages"] + c["memories"] for c in counts)
        damage: list[str] = snapshot.damage() if scope is None and everything <= limit else []
        for owner, kind in _spread(owners):
            left = limit - seen.messages - seen.memories
            if left <= 0:
                break
            size = snapshot.counts(owner) if scope is None else counts[[o for o, _ in owners].index(owner)]
            whole = size["messages"] + size["memories"] + size["superseded"] <= left
            records = _read(stores, snapshot, owner, kind, size, left if not whole else None, seen)
            mine = [r for r in records if _carries(r.scope, scope)]
            _look(stores, snapshot, mine, snapshot.conflicts(owner=owner), now, seen)
            said = _undrawn(snapshot, owner, kind, {s.doc for r in records for s in r.sources} if whole else None, scope, seen)
            _compare(mine, said, now, seen)
            seen.owners += 1
        asked: list[int | None] = [None] if scope is None else [owner for owner, _ in owners]
        jobs = _jobs(snapshot, counts, asked, small=everything <= limit)
        conflicts = [c for owner in asked for c in snapshot.conflicts(owner=owner)]
        findings = [
            *_index_findings(seen, damage),
            *_lag(counts),
            *jobs,
            _finding(
                "conflicts", [Example(c.reason, (c.memory_id, c.other_id), f"perdure conflicts --settle {c.id} --keep {c.memory_id}")
                for c in conflicts], "note", "open conflict", "`perdure conflicts` shows and settles them.", "No open conflict.",
            ),
            *_memory_findings(seen),
        ]  # fmt: skip
    if scope is not None and not owners:
        findings = [
            Finding("orphans", "note", "Nothing is kept of this scope.", 0, (), "Check the ids; `perdure stats` counts what there is.")
        ]
    complete = seen.owners == len(owners) and not seen.unread and not seen.cut
    looked_at = {
        "messages": seen.messages, "memories": seen.memories, "owners": seen.owners, "all_owners": len(owners),
        "undrawn": seen.undrawn, "read": seen.read,
    }  # fmt: skip
    return Diagnosis(all(f.level != "wrong" for f in findings), tuple(findings), looked_at, complete)


def _spread(owners: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    """The owners in an order that is the same each time and has nothing to do with their age: where it breaks off, it was a sample."""
    return sorted(owners, key=lambda o: (o[0] * 2654435761) % 2**32)  # Knuth's multiplicative hash


def _carries(carried: Scope, scope: Scope | None) -> bool:
    if scope is None:
        return True
    parts = ((scope.user_id, carried.user_id), (scope.agent_id, carried.agent_id), (scope.session_id, carried.session_id))
    return all(wanted is None or wanted == own for wanted, own in parts)


def _read(
    stores: Stores, snapshot: Any, owner: int, kind: str, size: Mapping[str, Any], newest: int | None, seen: Seen
) -> list[MemoryRecord]:
    """An owner's current memories, with its indexes held against them; of one that is too large the `newest` memories alone."""
    if newest is None:
        records: list[MemoryRecord] = snapshot.current_versions(owner)
        seen.drift += drift_of(stores, snapshot, owner, records)
        seen.messages += size["messages"]
    else:
        columns = snapshot.columns(owner, kind)
        current = (columns.row_kind > 0) & (columns.row_times("retired") == NEVER)
        rows: list[int] = current.nonzero()[0].tolist()
        records = list(snapshot.versions(columns.version(row) for row in rows[-newest:]).values())
        seen.unread += 1
        seen.cut += max(0, len(rows) - newest)
    seen.memories += len(records)
    return records


def _look(stores: Stores, snapshot: Any, records: Sequence[MemoryRecord], disputes: Sequence[Conflict], now: datetime, seen: Seen) -> None:
    """Runs the pure checks on one owner's memories and takes down what they find."""
    cases = seen.cases
    for group in duplicates([r for r in records if holds(r, now) and r.kind != SUMMARY], _likeness(stores, snapshot, seen)):
        spare = " ".join(r.id for r in group[1:])
        cases["duplicates"].append(Example(f"{group[0].text} ({len(group)} times)", tuple(r.id for r in group), f"perdure delete {spare}"))
    old = stale(records, now, disputed={frozenset((c.memory_id, c.other_id)) for c in disputes})
    for pairs in old.several:
        slot = pairs[0][1]
        told = ", ".join(f"{s.value} ({said_at(r):%Y-%m-%d})" for r, s in pairs)
        older = " ".join(dict.fromkeys(r.id for r, _ in pairs[1:]))
        cases["several"].append(
            Example(f"({slot.entity}, {slot.attribute}): {told}", tuple(dict.fromkeys(r.id for r, _ in pairs)), f"perdure delete {older}")
        )
    cases["ended"] += [Example(r.text, (r.id,), f"perdure delete {r.id}") for r in old.ended]
    cases["over"] += [Example(r.text, (r.id,), f"perdure delete {r.id}") for r in old.over]
    cases["unused"] += [Example(r.text, (r.id,), f"perdure forget --id {r.id}") for r in old.unused]
    there = snapshot.messages({s.doc for r in records for s in r.sources})
    for r in records:
        gone = [s.message_id for s in r.sources if s.doc not in there]
        if gone or not r.sources:
            why = f"its message {gone[0]} is not there" if gone else "it has no source"
            cases["sources"].append(Example(f"{r.text}: {why}", (r.id,), f"perdure forget --id {r.id}"))
    cases["entities"] += [Example(f"{name}: {r.text}", (r.id,), f"perdure explain {r.id}") for r, name in unmentioned(records)]


def _undrawn(snapshot: Any, owner: int, kind: str, drawn: set[int] | None, scope: Scope | None, seen: Seen) -> list[CapturedMessage]:
    """The newest messages of users from which nothing was drawn, as many as may yet be read.

    `drawn`: documents of the messages from which something was; None when that is not known, and each has to be asked about.
    """
    columns = snapshot.columns(owner, kind)
    docs: list[int] = [d for d in columns.docs[~columns.is_memory].tolist() if drawn is None or d not in drawn]
    newest = docs[max(0, len(docs) - READ + seen.read) :]
    if drawn is None:
        docs = newest = [d for d in newest if not snapshot.by_message(d)]
    seen.undrawn += len(docs)
    seen.read += len(newest)
    waiting = {job.episode_id for job in snapshot.jobs(owner=owner, due=NEVER)}  # what these say is on its way
    return [
        m for m in snapshot.messages(newest).values()
        if m.message.role == "user" and m.episode_id not in waiting and _carries(m.scope, scope)
    ]  # fmt: skip


def _compare(records: Sequence[MemoryRecord], messages: Sequence[CapturedMessage], now: datetime, seen: Seen) -> None:
    """What messages from which nothing was drawn say against the memories; rules read them, no model is called."""
    rules = RuleExtractor()
    said = [(m, rules.extract([m.message], ExtractionContext(now=m.said_at))) for m in messages]
    for record, slot, m in outdated(records, said, now):
        told = f"({slot.entity}, {slot.attribute}) = {slot.value}; on {m.said_at:%Y-%m-%d} was said: {m.message.content}"
        seen.cases["outdated"].append(Example(told, (record.id, m.message.id), f"perdure delete {record.id}"))


def _likeness(stores: Stores, snapshot: Any, seen: Seen) -> Likeness:
    """The cosine of two memories by their stored vectors; 0 when one has none, or the index cannot be asked (and `seen` says so)."""
    vectors: dict[int, Any] = {}

    def likeness(one: MemoryRecord, other: MemoryRecord) -> float:
        missing = [r.doc for r in (one, other) if r.doc not in vectors]
        if missing:
            try:
                found = stores.vector.vectors(snapshot, missing)
            except PerdureError as e:
                seen.failed = str(e)
                found = {}
            vectors.update({doc: found.get(doc) for doc in missing})
        a, b = vectors[one.doc], vectors[other.doc]
        return 0.0 if a is None or b is None else float(a @ b)

    return likeness


# ---------------------------------------------------------------------- findings
def _finding(check: Check, cases: Sequence[Example], level: Any, noun: str, do: str, fine: str, *, more: str = "") -> Finding:
    """A finding of some cases, or that there are none."""
    if not cases:
        return Finding(check, "ok", fine)
    return Finding(check, level, f"{len(cases):,} {noun if len(cases) == 1 else more or noun + 's'}.", len(cases), tuple(cases[:SHOWN]), do)


def _index_findings(seen: Seen, damage: Sequence[str]) -> list[Finding]:
    """What the indexes lack, and what they hold that the ledger does not."""
    lacking = [d for d in seen.drift if d.kind != "orphan"]
    names = list(dict.fromkeys(d.projection for d in lacking))
    do = "Run " + ", ".join(f"`perdure reindex {name}`" for name in names) + ", then `perdure verify`."
    found = [
        _finding("indexes", [Example(str(d)) for d in lacking], "wrong", "index row is not as in the ledger", do,
                 "The indexes agree with the ledger.", more="index rows are not as in the ledger")
    ]  # fmt: skip
    if damage:
        found.append(
            Finding("indexes", "wrong", f"The file is damaged in {len(damage):,} places.", len(damage),
                    tuple(Example(d) for d in damage[:SHOWN]),
                    "`perdure export` what can be read, and `perdure load` it into a new file.")
        )  # fmt: skip
    if seen.unread:
        found.append(
            Finding(
                "indexes", "note", "Too many rows to hold the indexes against the ledger here.", seen.unread, (), "`perdure verify` does."
            )
        )
    spare = [d for d in seen.drift if d.kind == "orphan"]
    names = list(dict.fromkeys(d.projection for d in spare))
    cases = [Example(str(d), (), f"perdure reindex {d.projection}") for d in spare]
    do = "Run " + ", ".join(f"`perdure reindex {name}`" for name in names) + "."
    found.append(
        _finding("orphans", cases, "wrong", "index row without a row in the ledger", do, "No index row without a row in the ledger.",
                 more="index rows without a row in the ledger")
    )  # fmt: skip
    return found


def _lag(counts: Sequence[Mapping[str, Any]]) -> list[Finding]:
    behind: dict[str, int] = defaultdict(int)
    for c in counts:
        for name, rows in c["lag"].items():
            behind[name] += rows
    total = sum(behind.values())
    if not total:
        return [Finding("lag", "ok", "No index lags.")]
    cases = tuple(Example(f"{name}: {rows:,}", (), "perdure jobs --run") for name, rows in sorted(behind.items()) if rows)
    return [
        Finding(
            "lag", "note", f"{total:,} documents not yet indexed.", total, cases, "Run `perdure jobs --run`, or leave a worker running."
        )
    ]


def _jobs(snapshot: Any, counts: Sequence[Mapping[str, Any]], owners: Sequence[int | None], *, small: bool) -> list[Finding]:
    """Extractions that wait and that were given up; examples with their errors where reading the jobs is cheap."""
    by_state = {state: sum(c["jobs"].get(state, 0) for c in counts) for state in ("pending", "running", "failed")}
    waiting, failed = by_state["pending"] + by_state["running"], by_state["failed"]
    if not waiting and not failed:
        return [Finding("jobs", "ok", "No extraction waits or has failed.")]
    jobs = [j for o in owners for j in snapshot.jobs(owner=o)] if small else []

    def told(*states: str) -> tuple[Example, ...]:
        mine = [j for j in jobs if j.state in states]
        return tuple(Example(f"{type(j.error).__name__}: {j.error}" if j.error else j.state, (j.id,)) for j in mine[:SHOWN])

    found: list[Finding] = []
    if waiting:
        noun = "extraction" if waiting == 1 else "extractions"
        do = "`perdure jobs` says why; `perdure jobs --run` runs them."
        found.append(Finding("jobs", "note", f"{waiting:,} {noun} waiting.", waiting, told("pending", "running"), do))
    if held := sum(c["waiting_for_budget"] for c in counts):
        do = "They go on with the next day (UTC), or when the budget is raised; `perdure stats --cost` says what was spent."
        found.append(Finding("jobs", "note", f"{held:,} of these because the day's budget for extraction is spent.", held, (), do))
    if failed:
        noun = "extraction" if failed == 1 else "extractions"
        do = "`perdure jobs` says why; when that is mended, `perdure jobs --run` tries again."
        found.append(Finding("jobs", "wrong", f"{failed:,} {noun} failed for good.", failed, told("failed"), do))
    return found


def _memory_findings(seen: Seen) -> list[Finding]:
    """What the pure checks found in the memories."""
    cases = seen.cases
    found = [
        _finding("orphans", cases["sources"], "wrong", "memory without the message that proves it",
                 "Nothing proves it any more: `perdure forget --id ID` erases it.",
                 "Every memory has the messages that prove it.", more="memories without a message that proves them"),
        _finding("orphans", cases["entities"], "note", "name in the graph that no memory mentions as an entity",
                 "`perdure explain ID` shows the memory that states the relation; `perdure delete ID` takes it back.",
                 "Every name in the graph is mentioned.", more="names in the graph that no memory mentions as an entity"),
        _finding("duplicates", cases["duplicates"], "note", "statement kept more than once",
                 "`perdure consolidate` merges those of one kind; `perdure delete ID…` hides spare ones; "
                 "`perdure undo CHANGE` takes it back.",
                 f"No duplicates among {seen.memories:,} {'memory' if seen.memories == 1 else 'memories'}.",
                 more="statements kept more than once"),
        _finding("stale", cases["several"], "wrong", "attribute with one value has several",
                 'Say what holds (`perdure add "…"` supersedes the rest), or `perdure delete ID…` the older ones.',
                 "No attribute with one value has several.", more="attributes with one value have several"),
    ]  # fmt: skip
    for name, level, noun, more, do in _OUTDATED:
        if cases[name]:
            found.append(_finding("stale", cases[name], level, noun, do, "", more=more))
    if not any(f.check == "stale" and f.level != "ok" for f in found):
        found[-1] = Finding("stale", "ok", "No fact is out of date.")
    if seen.failed:
        found.append(Finding("duplicates", "note", f"Vectors could not be read, so near-duplicates were not seen: {seen.failed}", 1, (),
                             "Mend that, and run this again."))  # fmt: skip
    return found


_OUTDATED = (
    (
        "outdated", "wrong", "memory that a later message contradicts, from which nothing was drawn",
        "memories that later messages contradict, from which nothing was drawn",
        'Say what holds (`perdure add "…"` supersedes the rest), or `perdure delete ID` what is over.',
    ),
    (
        "ended", "wrong", "memory is read as true though every value in it has ended",
        "memories are read as true though every value in them has ended", "`perdure delete ID` hides one.",
    ),
    (
        "over", "note", "memory kept as live whose time is over", "memories kept as live whose time is over",
        "Reads leave them out by themselves; `perdure delete ID` takes one away.",
    ),
    (
        "unused", "note", "short-term memory that expired more than a week ago", "short-term memories that expired more than a week ago",
        "Reads leave them out by themselves; `perdure forget --id ID`, or `--session ID` for all of a session, erases them.",
    ),
)  # fmt: skip
