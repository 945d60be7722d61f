"""Inspect: statistics, verification against the ledger, rebuilding, `history`, `diff`, `explain` and `why_not`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from perdure.errors import NotFoundError
from perdure.filters import Filter
from perdure.model.base import to_micros
from perdure.model.change import Change, Conflict, Diff, Job
from perdure.model.memory import MemoryRecord
from perdure.model.report import Stats, Verification
from perdure.model.scope import Scope
from perdure.model.search import Explanation, Hit, View, WhyNot
from perdure.stages.edit import within
from perdure.stages.hydrate import visible_memory
from perdure.stages.project import project
from perdure.stages.route import route
from perdure.stages.search import Searched, search
from perdure.stages.stores import Stores, counted, message_terms


def prepare(stores: Stores) -> bool:
    """Makes the embedder's vector space on first use; True when there is something for a worker to do."""
    with stores.ledger.transaction() as tx:
        if stores.vector.prepare(tx):
            soil_all(tx, stores.vector.name)
        return tx.has_work()


def soil_all(tx: Any, projection: str) -> None:
    """Marks every document of every owner as yet to be projected."""
    for owner, _ in tx.all_owners():
        tx.soil(projection, tx.all_docs(owner), owner, tx.revise(owner))


def stats(stores: Stores, scope: Scope | None) -> Stats:
    """Counts over the store, or over one scope's owner."""
    with stores.ledger.snapshot() as snapshot:
        owner = None if scope is None else (snapshot.owner(scope) or -1)
        counts = snapshot.counts(owner)
        return Stats(
            **counts, bytes=stores.ledger.size(), schema=stores.ledger.schema(),
            backends={
                "ledger": f"{stores.ledger.name}: {stores.ledger.location}",
                "vector": f"{stores.embedder.name} ({stores.embedder.dimensions})",
                "extractor": stores.llm.name if stores.llm is not None else stores.extractor.name,
            },
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between a projection and what the ledger calls for: it lacks something, is alone in having it, or it differs."""

    projection: str
    kind: Literal["missing", "orphan", "differs"]
    what: str

    def __str__(self) -> str:
        return f"{self.projection}: {self.what}"


def verify(stores: Stores) -> Verification:
    """Every projection held against the ledger; what waits in the dirty set is lag, not drift."""
    drift: list[str] = []
    checked: dict[str, int] = dict.fromkeys(("messages", "memories", "vector", "text", "graph", "slots", "history"), 0)
    with stores.ledger.snapshot() as snapshot:
        drift += snapshot.damage()
        for owner, _ in snapshot.all_owners():
            records = snapshot.current_versions(owner)
            drift += [str(d) for d in drift_of(stores, snapshot, owner, records, checked)]
            drift += [f"ledger: memory {r.id} has no source" for r in records if not r.sources]
            drift += [f"ledger: memory {r.id} has no history" for r in records if not snapshot.has_history(r.id)]
            checked["history"] += len(records)
    return Verification(not drift, checked, tuple(drift))


def drift_of(
    stores: Stores, snapshot: Any, owner: int, records: Sequence[MemoryRecord], checked: dict[str, int] | None = None
) -> list[Drift]:
    """One owner's projections held against its messages and `records`, its current versions; `checked` counts rows by name."""
    drift: list[Drift] = []
    checked = {} if checked is None else checked

    def count(name: str, rows: int) -> None:
        checked[name] = checked.get(name, 0) + rows

    texts, messages = snapshot.expected_texts(owner)
    count("messages", len(messages))
    count("memories", len(records))
    terms = {m.doc: message_terms(m.message.name, m.message.content) for m in messages} | {d: counted(t) for d, t in texts.items()}
    held = stores.text.docs(snapshot, owner)
    drift += _compare("text", owner, {d: t for d, t in terms.items() if t}, held)
    count("text", len(held))
    waiting = {doc for (doc,) in snapshot.dirty_docs(stores.vector.name, owner)}
    vectors = stores.vector.docs(snapshot, owner)
    drift += _compare("vector", owner, dict.fromkeys(set(terms) - waiting), dict.fromkeys(vectors - waiting))
    count("vector", len(vectors))
    for index in (stores.slots, stores.graph):
        have = index.rows(snapshot, owner)
        want = index.expected(owner, records)
        drift += [Drift(index.name, "missing", f"owner {owner}: missing {row}") for row in sorted(want - have, key=repr)]
        drift += [Drift(index.name, "orphan", f"owner {owner}: unexpected {row}") for row in sorted(have - want, key=repr)]
        count(index.name, len(have))
    return drift


def _compare(name: str, owner: int, want: dict[int, Any], have: dict[int, Any]) -> list[Drift]:
    lacking, spare = sorted(want.keys() - have.keys()), sorted(have.keys() - want.keys())
    return [
        *(Drift(name, "missing", f"owner {owner}: document {d} is missing") for d in lacking),
        *(Drift(name, "orphan", f"owner {owner}: document {d} is not in the ledger") for d in spare),
        *(Drift(name, "differs", f"owner {owner}: document {d} differs") for d in sorted(want.keys() & have.keys()) if want[d] != have[d]),
    ]


def reindex(stores: Stores, projection: str) -> dict[str, int]:
    """Drops and rebuilds projections from the ledger; one owner a transaction, so that readers and writers go on meanwhile."""
    done: dict[str, int] = {}
    wanted = ("vector", "text", "graph", "slots") if projection == "all" else (projection,)
    with stores.ledger.snapshot() as snapshot:
        owners = snapshot.all_owners()
    for name in wanted:
        done[name] = 0
        for owner, _ in owners:
            with stores.ledger.transaction() as tx:
                revision = tx.revise(owner, erased=True)
                if name == "vector":
                    stores.vector.remove_owner(tx, owner)
                    docs = tx.all_docs(owner)
                    tx.soil(name, docs, owner, revision)
                    done[name] += len(docs)
                elif name == "text":
                    stores.text.remove_owner(tx, owner)
                    texts, messages = tx.expected_texts(owner)
                    terms = {m.doc: message_terms(m.message.name, m.message.content) for m in messages} | {
                        d: counted(t) for d, t in texts.items()
                    }
                    stores.text.put(tx, owner, revision, terms)
                    done[name] += len(terms)
                else:
                    index = stores.graph if name == "graph" else stores.slots
                    index.remove_owner(tx, owner)
                    for record in tx.current_versions(owner):
                        index.put(tx, owner, record)
                        done[name] += 1
    if "vector" in wanted:
        project(stores)
    return done


def diff(snapshot: Any, scope: Scope, *, since: datetime, until: datetime) -> Diff:
    """What a scope's memories were at two instants, and the changes between."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    changes: list[Any] = []
    for owner, _ in snapshot.owners(scope):
        for at, into in ((since, before), (until, after)):
            into |= {
                r.id: r
                for r in snapshot.known_versions(owner, to_micros(at))
                if r.status not in ("deleted", "retracted") and within(r, scope)
            }
        changes += [
            c for c in snapshot.changes(owner=owner, since=to_micros(since), until=to_micros(until))
            if (c.after or c.before) is None or within(c.after or c.before, scope)
        ]  # fmt: skip
    return Diff(
        since, until,
        added=tuple(r for i, r in after.items() if i not in before),
        changed=tuple((before[i], r) for i, r in after.items() if i in before and before[i].version != r.version),
        removed=tuple(r for i, r in before.items() if i not in after),
        changes=tuple(changes),
    )  # fmt: skip


def jobs(stores: Stores, scope: Scope | None) -> list[Job]:
    """The extraction jobs of a scope's owner, or all; oldest first."""
    return _of_owner(stores, scope, "jobs")


def conflicts(stores: Stores, scope: Scope | None) -> list[Conflict]:
    """The open conflicts of a scope's owner, or all; oldest first."""
    return _of_owner(stores, scope, "conflicts")


def _of_owner(stores: Stores, scope: Scope | None, what: str) -> list[Any]:
    with stores.ledger.snapshot() as snapshot:
        owner = None if scope is None else snapshot.owner(scope)
        return [] if scope is not None and owner is None else getattr(snapshot, what)(owner=owner)


def history(stores: Stores, scope: Scope | None, memory_id: str) -> list[Change]:
    """Every change of a memory, oldest first, also after it was deleted.

    Raises:
        NotFoundError: there is no such memory in the scope.
    """
    with stores.ledger.snapshot() as snapshot:
        record = snapshot.current(memory_id)
        if record is None or not within(record, scope):
            raise NotFoundError(f"There is no memory {memory_id[:80]!r} here. `list` shows the ids there are.")
        return snapshot.changes(memory_id=memory_id)


def explain(stores: Stores, scope: Scope | None, memory_id: str) -> Explanation:
    """Where a memory lives and why, where it comes from, what happened to it.

    Raises:
        NotFoundError: there is no such memory in the scope.
    """
    changes = history(stores, scope, memory_id)
    with stores.ledger.snapshot() as snapshot:
        record: MemoryRecord = snapshot.current(memory_id)
    told = tuple(f"{c.at:%Y-%m-%d %H:%M} {c.type}: {c.reason} (by {c.actor})" for c in changes)
    return Explanation(record, route(record), record.sources, told)


#: How deep the ranking is read for what did not make the list.
DEEP = 1000


def why_not(stores: Stores, question: str, memory_id: str, view: View, *, limit: int, tree: Filter | None) -> WhyNot:
    """The stage that keeps a memory out of a query's first `limit` hits, and by how much.

    Of "limit", `score` is the memory's and `needed` that of the last hit. Of "fuse", where another hit stands for it, `score` is what it
    scored itself, `rank` and `needed` are that hit's. Of "retrieve", both are raw scores of the channel that came nearest to putting it
    forward, on that channel's own scale.
    """
    with stores.ledger.snapshot() as snapshot:
        record = snapshot.current(memory_id)
        if record is None:
            return WhyNot(memory_id, "missing", "There is no such memory.")
        if view.known_at is not None:
            known = [v for v in snapshot.all_versions(memory_id) if not visible_memory(v, view) or v.recorded_at <= view.known_at]
            record = known[-1] if known else record
        reason = visible_memory(record, view)
        if reason:
            return WhyNot(memory_id, reason, _REASONS[reason].format(r=record, at=view.as_of or view.now))  # type: ignore[arg-type]
        if tree is not None:
            owner = snapshot.owner_of(memory_id)
            if record.doc not in snapshot.filtered(owner, tree):
                return WhyNot(memory_id, "filter", "The filter does not hold for it.")
    shown = search(stores, question, view, limit=limit, tree=tree).hits
    rank = _place_of(shown, memory_id)
    if rank is not None:
        return WhyNot(memory_id, "found", f"It is hit {rank}.", rank, shown[rank - 1].score)
    deep = search(stores, question, view, limit=max(limit, DEEP), tree=tree)
    return _dropped(record, shown, deep, limit)


def _place_of(hits: Sequence[Hit], memory_id: str) -> int | None:
    return next((n for n, h in enumerate(hits, 1) if h.memory is not None and h.memory.id == memory_id), None)


def _dropped(record: MemoryRecord, shown: Sequence[Hit], deep: Searched, limit: int) -> WhyNot:
    """Which stage dropped a memory that the view may see; `deep` is the same search with the list left long."""
    lost = sorted({name for h in deep.hits for name in h.degraded} | {f"{name}: {why}" for name, why in deep.retrieved.degraded.items()})
    remark = f" Not asked, because they failed: {'; '.join(lost)}." if lost else ""
    rank = _place_of(deep.hits, record.id)
    last = shown[-1].score if shown else None
    if rank is not None and last is not None:
        score = deep.hits[rank - 1].score
        told = f"It is at place {rank}; the last of {limit} hits scores {last:.3f}, it scores {score:.3f}."
        return WhyNot(record.id, "limit", told + remark, rank, score, last)
    own = _candidate(record, deep)
    sources = {s.doc for s in record.sources}
    stands = next((n for n, h in enumerate(deep.hits, 1) if sources & {s.doc for s in h.sources}), None)
    if own is not None and stands is not None:
        hit = deep.hits[stands - 1]
        by = "its message" if hit.memory is None else f"memory {hit.id}, drawn from the same message"
        told = f"It was folded into {by}, which is hit {stands} with {hit.score:.3f}; by itself it scores {own:.3f}."
        return WhyNot(record.id, "fuse", told + remark, stands, own, hit.score)
    if own is not None and last is not None:
        told = f"It is not among the first {len(deep.hits)}; the last of {limit} hits scores {last:.3f}, it scores {own:.3f}."
        return WhyNot(record.id, "limit", told + remark, None, own, last)
    return _not_retrieved(record, deep, remark)


def _candidate(record: MemoryRecord, deep: Searched) -> float | None:
    """What a memory scored as a candidate, on the scale of the hits; None when it was none."""
    for pool in deep.pools:
        position = int(pool.part.selection.columns.positions([record.doc])[0])
        places = (pool.positions == position).nonzero()[0]
        if position >= 0 and len(places):
            return round(float(pool.score[int(places[0])]) * deep.scale, 6)
    return None


def _not_retrieved(record: MemoryRecord, deep: Searched, remark: str) -> WhyNot:
    """Channel by channel, what the memory scored and what the last candidate did; the nearest miss stands in the numbers."""
    told: list[str] = []
    nearest: tuple[float, float] | None = None
    for part in deep.retrieved.parts:
        position = int(part.selection.columns.positions([record.doc])[0])
        for name, found in part.found.items() if position >= 0 else ():
            if found.every is None or not len(found.scores):
                continue
            had, needed = float(found.every[position]), float(found.scores[-1])
            told.append(f"{name} {had:.3f} where {needed:.3f} was needed" if had > -1 else f"{name}: not indexed yet")
            if had > -1 and (nearest is None or needed - had < nearest[1] - nearest[0]):
                nearest = had, needed
    why = "No channel put it forward: neither its meaning, its words, its relations, its slots nor its time."
    why += f" {', '.join(told).capitalize()}." if told else ""
    return WhyNot(record.id, "retrieve", why + remark, None, *(nearest or (None, None)))


_REASONS = {
    "scope": "It belongs to another scope.",
    "status": "It is {r.status}, or was not known at that time.",
    "validity": "It is valid from {r.valid_from} to {r.valid_to}, and {at} is outside.",
    "expiry": "It expired at {r.expires_at}.",
    "filter": "Its kind is {r.kind}, and other kinds were asked for.",
}
