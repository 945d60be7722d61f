"""Inspect: statistics, verification against the ledger, rebuilding, `diff` and `why_not`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from perdure.filters import Filter
from perdure.model.base import to_micros
from perdure.model.change import Diff
from perdure.model.report import Stats, Verification
from perdure.model.scope import Scope
from perdure.model.search import View, WhyNot
from perdure.stages.edit import within
from perdure.stages.hydrate import visible_memory
from perdure.stages.project import project
from perdure.stages.search import search
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


def verify(stores: Stores) -> Verification:
    """Every projection held against the ledger; what waits in the dirty set is lag, not drift."""
    drift: list[str] = []
    checked: dict[str, int] = dict.fromkeys(("messages", "memories", "vector", "text", "graph", "slots", "history"), 0)
    with stores.ledger.snapshot() as snapshot:
        drift += snapshot.damage()
        for owner, _ in snapshot.all_owners():
            records = snapshot.current_versions(owner)
            texts, messages = snapshot.expected_texts(owner)
            checked["messages"] += len(messages)
            checked["memories"] += len(records)
            terms = {m.doc: message_terms(m.message.name, m.message.content) for m in messages} | {d: counted(t) for d, t in texts.items()}
            held = stores.text.docs(snapshot, owner)
            _compare(drift, "text", owner, {d: t for d, t in terms.items() if t}, held)
            checked["text"] += len(held)
            waiting = {doc for (doc,) in snapshot.dirty_docs(stores.vector.name, owner)}
            vectors = stores.vector.docs(snapshot, owner)
            _compare(drift, "vector", owner, dict.fromkeys(set(terms) - waiting), dict.fromkeys(vectors - waiting))
            checked["vector"] += len(vectors)
            for index in (stores.slots, stores.graph):
                have = index.rows(snapshot, owner)
                want = index.expected(owner, records)
                drift += [f"{index.name}: owner {owner}: missing {row}" for row in sorted(want - have, key=repr)]
                drift += [f"{index.name}: owner {owner}: unexpected {row}" for row in sorted(have - want, key=repr)]
                checked[index.name] += len(have)
            for record in records:
                if not record.sources:
                    drift.append(f"ledger: memory {record.id} has no source")
                if not snapshot.has_history(record.id):
                    drift.append(f"ledger: memory {record.id} has no history")
                checked["history"] += 1
    return Verification(not drift, checked, tuple(drift))


def _compare(drift: list[str], name: str, owner: int, want: dict[int, Any], have: dict[int, Any]) -> None:
    drift += [f"{name}: owner {owner}: document {d} is missing" for d in sorted(want.keys() - have.keys())]
    drift += [f"{name}: owner {owner}: document {d} is not in the ledger" for d in sorted(have.keys() - want.keys())]
    drift += [f"{name}: owner {owner}: document {d} differs" for d in sorted(want.keys() & have.keys()) if want[d] != have[d]]


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


def why_not(stores: Stores, question: str, memory_id: str, view: View, *, limit: int, tree: Filter | None) -> WhyNot:
    """The stage that keeps a memory out of a query's first `limit` hits."""
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
    found = search(stores, question, view, limit=1000, tree=tree)
    ids = [(h.memory.id if h.memory else "") for h in found.hits]
    folded = next(
        (
            n
            for n, h in enumerate(found.hits)
            if h.memory is None and h.message and any(s.message_id == h.message.id for s in record.sources)
        ),
        None,
    )
    if memory_id in ids:
        rank = ids.index(memory_id) + 1
        score = found.hits[rank - 1].score
        if rank <= limit:
            return WhyNot(memory_id, "found", f"It is hit {rank}.", rank, score)
        needed = found.hits[limit - 1].score
        return WhyNot(
            memory_id,
            "limit",
            f"It is at place {rank}; the last of {limit} hits scores {needed:.3f}, it scores {score:.3f}.",
            rank,
            score,
            needed,
        )
    if folded is not None:
        return WhyNot(
            memory_id, "fuse", f"It was folded into its message, which is hit {folded + 1}.", folded + 1, found.hits[folded].score
        )
    return WhyNot(
        memory_id, "retrieve", "No channel put it forward: neither its meaning, its words, its relations, its slots nor its time."
    )


_REASONS = {
    "scope": "It belongs to another scope.",
    "status": "It is {r.status}, or was not known at that time.",
    "validity": "It is valid from {r.valid_from} to {r.valid_to}, and {at} is outside.",
    "expiry": "It expired at {r.expires_at}.",
    "filter": "Its kind is {r.kind}, and other kinds were asked for.",
}
