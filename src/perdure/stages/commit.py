"""Commit: what was decided becomes one transaction of the ledger, with its history, sources and projections.

Consolidation reads a snapshot; the transaction checks that the scope's version is still the one it read and otherwise
consolidates again, the last time inside the transaction itself, where nothing can come between. No model is called in there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from perdure.model.base import statement_key
from perdure.model.candidate import Extraction
from perdure.model.change import Change, Conflict, Job
from perdure.model.graph import entity_key
from perdure.model.memory import MemoryRecord, Term
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.model.search import View
from perdure.rules.words import terms
from perdure.stages.compare import may_change
from perdure.stages.consolidate import GREY, Clash, Decisions, Write, consolidate
from perdure.stages.directory import Names
from perdure.stages.proposals import believed
from perdure.stages.rename import merges
from perdure.stages.resolve import resolve
from perdure.stages.stores import Embedded, Stores, counted, dated, embed_all, put_vectors, said, stated

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Snapshots tried before consolidation runs inside the transaction.
TRIES = 3
#: Neighbours looked at for each candidate.
NEAR = 6

Judge = Callable[[str, Sequence[str]], int | None]


@dataclass(slots=True)
class Batch:
    """One episode's proposals on their way into the ledger."""

    scope: Scope
    owner: int
    messages: Sequence[CapturedMessage]
    extraction: Extraction
    actor: str
    job: str = ""
    jobs: Sequence[str] = ()  # one a message, when several are committed as one; empty: `job` for all
    vectors: list[Embedded] = field(default_factory=list[Embedded])  # one a candidate
    message_vectors: Mapping[int, Embedded] = field(default_factory=dict[int, Embedded])
    ids: list[str] = field(default_factory=list[str])
    shown: Sequence[str] = ()
    notes: Sequence[str] = ()  # what was proposed and not believed, once decided
    written_for: list[str] = field(default_factory=list[str])  # one a change: its job
    found: dict[int, tuple[int, Any]] = field(default_factory=dict[int, tuple[int, Any]])  # by candidate: scope version, neighbours
    verdicts: dict[int, str] = field(default_factory=dict[int, str])  # candidate to the id of the memory that says the same


class Overlay:
    """What is known: the snapshot's memories with the writes decided so far applied on top (see `consolidate.Known`)."""

    def __init__(self, stores: Stores, snapshot: Any, batch: Batch) -> None:
        self._stores, self._snapshot, self._batch = stores, snapshot, batch
        self._now: dict[str, MemoryRecord] = {}  # memories written in this batch, as they stand
        self._vector: dict[str, Floats] = {}
        self._selection: Any = None

    def apply(self, writes: Sequence[Write], vector: Floats) -> None:
        """Takes writes into account for the candidates that follow."""
        for w in writes:
            self._now[w.after.id] = w.after
            if w.type == "add" or (w.after.doc == 0 and w.before is not None and w.before.doc):
                self._vector[w.after.id] = vector

    def same_text(self, text: str) -> Sequence[MemoryRecord]:
        """Live memories that say the same but for case, spacing and punctuation."""
        folded = statement_key(text)
        stored = self._current(self._snapshot.by_digest(self._batch.owner, text))
        return [r for r in (*stored, *(r for r in self._live() if r.doc == 0)) if statement_key(r.text) == folded]

    def holders(self, entity: str, attribute: str, matching: Callable[[str], bool] | None = None) -> Sequence[MemoryRecord]:
        """Live memories with an open slot of this entity and attribute, and with a folded value that `matching` accepts."""
        key = entity_key(entity)

        def holds(r: MemoryRecord) -> bool:
            open_ = (s for s in r.slots if s.attribute == attribute and s.valid_to is None and entity_key(s.entity) == key)
            return any(matching is None or matching(s.value_key) for s in open_)

        stored = self._current(self._snapshot.open_slots(self._batch.owner, key, attribute, matching=matching))
        held = {r.id for r in stored}  # what was written since may be stored under the name that it had
        return [*(r for r in stored if holds(r)), *(r for r in self._live() if r.id not in held and holds(r))]

    def names(self) -> Names:
        """What the owner's entities are called."""
        batch = self._batch
        return Names(self._stores, self._snapshot, batch.owner, batch.scope, holders=self.holders, written=self._now)

    def near(self, candidate: int) -> Sequence[tuple[MemoryRecord, float]]:
        """Live memories nearest in meaning, with their cosines, best first."""
        query = self._query(candidate)
        if self._selection is None:
            view = View(scope=self._batch.scope, now=self._stores.clock(), messages=False)
            kind = self._snapshot.owner_kind(self._batch.owner)
            self._selection = self._snapshot.columns(self._batch.owner, kind).select(view)
        selection = self._selection
        found = self._found(candidate, query, selection)
        pairs = {d: float(s) for d, s in zip(found.docs.tolist(), found.scores.tolist(), strict=True) if s >= GREY}
        rows: list[Any] = selection.row_of[selection.columns.positions(list(pairs))].tolist() if pairs else []
        records = self._snapshot.versions(int(selection.columns.version(r)) for r in rows if r >= 0)
        out = [(r, pairs[r.doc]) for r in self._current(list(records.values())) if r.doc in pairs]
        out += [(self._now[i], c) for i, v in self._vector.items() if self._now[i].status == "live" and (c := float(v @ query)) >= GREY]
        return sorted(out, key=lambda p: (-p[1], p[0].id))

    def _found(self, candidate: int, query: Floats, selection: Any) -> Any:
        """What the vector index finds; asked once for as long as no memory is written."""
        version = self._snapshot.version(self._batch.owner)
        held = self._batch.found.get(candidate)
        if held is None or held[0] != version:
            held = self._batch.found[candidate] = (version, self._stores.vector.search(self._snapshot, query, selection, NEAR))
        return held[1]

    def likeness(self, candidate: int, record: MemoryRecord) -> float:
        """The cosine of a candidate and a memory."""
        own = self._vector.get(record.id)
        if own is None:
            own = self._stores.vector.vectors(self._snapshot, [record.doc]).get(record.doc)
        return 0.0 if own is None else float(own @ self._query(candidate))

    def likeness_said(self, message: CapturedMessage, record: MemoryRecord) -> float:
        """The cosine of what was said in a message and a memory."""
        said = self._batch.message_vectors.get(message.doc)
        held = self._vector.get(record.id)
        if held is None:
            held = self._stores.vector.vectors(self._snapshot, [record.doc]).get(record.doc)
        return float(held @ said.vectors[0]) if said is not None and held is not None else 0.0

    def shown(self, number: int) -> MemoryRecord | None:
        """The live memory that a model was shown under this integer."""
        if not 0 <= number < len(self._batch.shown):
            return None
        record = self._now.get(self._batch.shown[number]) or self._snapshot.current(self._batch.shown[number])
        return record if record is not None and record.status == "live" else None

    def _query(self, candidate: int) -> Floats:
        return self._batch.vectors[candidate].vectors[0]

    def _live(self) -> list[MemoryRecord]:
        return [r for r in self._now.values() if r.status == "live"]

    def _current(self, records: Sequence[MemoryRecord]) -> list[MemoryRecord]:
        now = self._stores.clock()
        held = [self._now.get(r.id, r) for r in records]
        return [r for r in held if r.status == "live" and (r.expires_at is None or r.expires_at > now)]


def embed(stores: Stores, batch: Batch) -> None:
    """Computes every vector the batch needs and does not have, in one call of the embedder, before any transaction."""
    by_index = batch.messages
    texts: list[str] = [said(m) for m in by_index]
    for c in batch.extraction.candidates:
        m = by_index[c.message]
        texts.append(dated(c.valid_from or m.said_at, m.message.name, c.text))
    held = {text: batch.message_vectors[m.doc] for text, m in zip(texts, by_index, strict=False) if m.doc in batch.message_vectors}
    fresh = [text for text in dict.fromkeys(texts) if text not in held]
    held |= dict(zip(fresh, embed_all(stores.embedder, fresh), strict=True))
    arrays = [held[text] for text in texts]
    batch.message_vectors = {m.doc: arrays[i] for i, m in enumerate(by_index)}
    batch.vectors = arrays[len(by_index) :]
    batch.ids = [stores.ids() for _ in batch.extraction.candidates]


def commit(stores: Stores, batch: Batch, *, finish: Callable[[Any], bool] | None = None, judge: Judge | None = None) -> list[Change] | None:
    """Consolidates and writes the batch.

    Args:
        stores: where to.
        batch: with its vectors computed (`embed`).
        finish: called in the transaction to acknowledge the job; when it returns False somebody else has done the work and
            nothing is written.
        judge: asked, outside any transaction, whether a statement says the same as one of its near neighbours.

    Returns:
        The changes, in order; None when `finish` said no.

    Raises:
        LedgerError: nothing was written.
    """
    for attempt in range(TRIES):
        last = attempt == TRIES - 1
        decided: list[Decisions] | None = None
        version = -1
        if not last:
            if judge is not None:
                _ask(stores, batch, judge)
            with stores.ledger.snapshot() as snapshot:
                version = snapshot.version(batch.owner)
                decided = decide(stores, snapshot, batch)
        with stores.ledger.transaction() as tx:
            if decided is None:
                decided = decide(stores, tx, batch)
            elif tx.version(batch.owner) != version:
                continue
            if finish is not None and not finish(tx):
                return None
            return _write_batch(stores, tx, batch, decided)
    return None


def decide(stores: Stores, snapshot: Any, batch: Batch) -> list[Decisions]:
    """Resolves the names of every candidate, and consolidates it, against the snapshot and against those before it."""
    overlay, decisions = Overlay(stores, snapshot, batch), list[Decisions]()
    now, names = stores.clock(), overlay.names()
    candidates, notes = believed(batch.extraction.candidates, batch.messages)
    for n, candidate in enumerate(candidates):
        message = batch.messages[candidate.message].message
        found = resolve(candidate, names, message.content, trusted=message.role == "user" and candidate.may_touch)
        candidate = found.candidate  # noqa: PLW2901
        merged: list[Write] = []
        for same in found.same:

            def may(holder: MemoryRecord, term: Term = candidate.term) -> bool:
                return may_change(batch.scope, term, holder)

            merged += merges(same, candidate, names, now=now, may=may, own=batch.extraction.single_valued)
            overlay.apply(merged, batch.vectors[n].vectors[0])
        made = consolidate(
            n, candidate, batch.messages, batch.extraction, overlay, now=now, new_id=batch.ids[n],
            same_as=batch.verdicts.get(n, ""), scope=batch.scope,
        )  # fmt: skip
        overlay.apply(made.writes, batch.vectors[n].vectors[0])
        if merged:
            new = made.writes[:1] if made.writes and made.writes[0].type == "add" else []
            merged = [replace(w, by=new[0].after.id) for w in merged] if new else merged
            made.writes = [*new, *merged, *made.writes[len(new) :]]
        decisions.append(made)
    batch.notes = [*notes, *(note for d in decisions for note in d.notes)]
    return decisions


def _ask(stores: Stores, batch: Batch, judge: Judge) -> None:
    """Asks the judge about candidates whose nearest neighbours are in the grey band; once per candidate, whatever the retries.

    No snapshot is held meanwhile: a model may take its time.
    """
    with stores.ledger.snapshot() as snapshot:
        overlay = Overlay(stores, snapshot, batch)
        doubts = [
            (n, candidate.text, near) for n, candidate in enumerate(batch.extraction.candidates)
            if n not in batch.verdicts and not candidate.slots and not candidate.ended and (near := overlay.near(n))
        ]  # fmt: skip
    for n, text, near in doubts:
        verdict = judge(text, [r.text for r, _ in near])
        batch.verdicts[n] = near[verdict][0].id if verdict is not None and 0 <= verdict < len(near) else ""


def _write_batch(stores: Stores, tx: Any, batch: Batch, decided: Sequence[Decisions]) -> list[Change]:
    writes = [w for d in decided for w in d.writes]
    clashes = [c for d in decided for c in d.clashes]
    revision = tx.revise(batch.owner, memories=bool(writes))
    if batch.extraction.private:
        tx.make_private([batch.messages[i].doc for i in batch.extraction.private], revision)
    if batch.message_vectors and stores.vector.shares_ledger():
        put_vectors(stores.vector, tx, batch.owner, revision, batch.message_vectors)
        tx.clean(stores.vector.name, [(doc, revision) for doc in batch.message_vectors])
    vectors = {w.after.id: batch.vectors[n] for n, d in enumerate(decided) for w in d.writes if w.after.doc == 0}
    if batch.jobs:
        batch.written_for = [batch.jobs[c.message] for c, d in zip(batch.extraction.candidates, decided, strict=True) for _ in d.writes]
    else:
        batch.written_for = [batch.job] * len(writes)
    return write(
        stores, tx, batch.owner, revision, writes, vectors=vectors, actor=batch.actor, job=batch.job, jobs=batch.written_for,
        clashes=clashes,
    )  # fmt: skip


def write(
    stores: Stores, tx: Any, owner: int, revision: int, writes: Sequence[Write], *, vectors: Mapping[str, Embedded], actor: str,
    job: str = "", jobs: Sequence[str] = (), clashes: Sequence[Clash] = (), undoes: Mapping[int, str] | None = None, together: bool = False,
) -> list[Change]:  # fmt: skip
    """Writes versions, changes and projections in a transaction; the only way a memory changes.

    `vectors`: memory id to its text as the vector index takes it, for texts that are new; what is missing is left to the dirty set.
    `jobs`: one a write, in place of `job` for all. `undoes`: index of a write to the id of the change it takes back. `together`: the
    writes stand or fall as one, the first for all.
    """
    now = stores.clock()
    docs: dict[str, int] = {}
    changes: list[Change] = []
    added: dict[str, str] = {}
    groups: dict[str, str] = {}
    for n, w in enumerate(writes):
        after = w.after
        fresh = after.doc == 0 and after.id not in docs
        if after.doc == 0:
            docs.setdefault(after.id, tx.take_docs(1) if fresh else 0)
            after = replace(after, doc=docs[after.id])
        after = replace(
            after, slots=tuple(replace(x, memory_id=after.id) for x in after.slots),
            relations=tuple(replace(x, memory_id=after.id) for x in after.relations),
        )  # fmt: skip
        before = w.before if w.before is None or w.before.doc else replace(w.before, doc=docs.get(w.before.id, 0))
        counts = counted(after.text)
        tx.put_version(after, owner, revision, words=sum(counts.values()), shares=_shares(tx, after))
        _project(stores, tx, owner, revision, after, counts=counts if fresh else None, vector=vectors.get(after.id) if fresh else None)
        change = Change(
            id=stores.ids(), type=w.type, memory_id=after.id, before=before, after=after, reason=w.reason, actor=actor, at=now,
            cause=changes[0].id if together and changes else groups.get(w.group) or added.get(w.by, ""), undoes=(undoes or {}).get(n, ""),
        )  # fmt: skip
        if w.type == "add":
            added[after.id] = change.id
        if w.group:
            groups.setdefault(w.group, change.id)
        tx.put_change(change, owner, before=tx.number(before), after=tx.number(after), job=jobs[n] if jobs else job)
        changes.append(change)
    for clash in clashes:
        tx.put_conflict(
            Conflict(id=stores.ids(), memory_id=clash.memory_id, other_id=clash.other_id, reason=clash.reason, opened_at=now),
            owner,
        )
    return changes


def _project(
    stores: Stores, tx: Any, owner: int, revision: int, record: MemoryRecord, *, counts: Mapping[str, int] | None, vector: Embedded | None
) -> None:
    """Tells every index that shares the ledger about a version; the others find it in the dirty set."""
    for index in (stores.slots, stores.graph):
        if index.shares_ledger():
            index.put(tx, owner, record)
        else:
            tx.soil(index.name, [record.doc], owner, revision)
    if counts is None:
        return
    stores.text.put(tx, owner, revision, {record.doc: counts})
    if vector is not None and stores.vector.shares_ledger():
        put_vectors(stores.vector, tx, owner, revision, {record.doc: vector})
    else:
        tx.soil(stores.vector.name, [record.doc], owner, revision)


def _shares(tx: Any, record: MemoryRecord) -> dict[int, int]:
    """How much of each message, in percent, the memory says: what its quotes cover, as far as its text says what they say.

    A message is folded into a memory that says it. One whose text shares under half of its quote's words says something of its own, and
    then the message must be found for itself.
    """
    stated = set(terms(record.text))
    lengths = {doc: len(m.message.content.strip()) for doc, m in tx.messages({s.doc for s in record.sources if s.doc}).items()}
    shares: dict[int, int] = {}
    for s in record.sources:
        if s.doc in lengths:
            quoted = set(terms(s.quote))
            said = min(1.0, 2 * len(quoted & stated) / len(quoted)) if quoted else 1.0
            shares[s.doc] = min(100, shares.get(s.doc, 0) + int(said * 100 * (s.end - s.start)) // max(1, lengths[s.doc]))
    return shares


def done(job: Job, extraction: Extraction, notes: Sequence[str] = ()) -> Job:
    """The job as it stands when its extraction is committed; `notes`: what consolidation did not believe."""
    return replace(
        job, state="done", error=None, next_at=None, calls=extraction.calls, input_tokens=extraction.input_tokens,
        output_tokens=extraction.output_tokens, dropped=(*extraction.dropped, *notes),
    )  # fmt: skip


def vector_of(stores: Stores, record: MemoryRecord) -> Embedded:
    """A memory's text as the vector index takes it, computed now."""
    return embed_all(stores.embedder, [stated(record)])[0]
