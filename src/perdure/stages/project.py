"""Project: dirty rows become index entries. Order and repetition do not matter: the current state is read and written whole."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from perdure.model.memory import MemoryRecord
from perdure.stages.stores import Embedded, Stores, counted, embed_all, message_terms, put_vectors, said, stated

#: Documents embedded and written in one go: with the local embedder a few seconds of work.
BATCH = 1024


def project(stores: Stores, *, owner: int | None = None, limit: int | None = None) -> int:
    """Embeds what has no vector yet and writes it. Returns how many documents were projected.

    A document is taken out of the dirty set only by the revision that was read, so a write that comes between is not lost.

    Raises:
        ModelError, LedgerError: nothing of the current batch was taken out of the dirty set.
    """
    total = 0
    while limit is None or total < limit:
        room = BATCH if limit is None else min(BATCH, limit - total)
        with stores.ledger.snapshot() as snapshot:
            rows = snapshot.dirty(stores.vector.name, owner=owner, limit=room)
            texts = texts_of(snapshot, [doc for _, doc, _ in rows])
        if not rows:
            break
        docs = [doc for _, doc, _ in rows if doc in texts]
        vectors = dict(zip(docs, embed_all(stores.embedder, [texts[d] for d in docs]), strict=True))
        with stores.ledger.transaction() as tx:
            # What was erased meanwhile is dirty no more, and must not come back; what was rewritten has another revision.
            waiting = set(tx.dirty(stores.vector.name, owner=owner, limit=room))
            by_owner: dict[int, dict[int, Embedded]] = {}
            for row in rows:
                if row in waiting and row[1] in vectors:
                    by_owner.setdefault(row[0], {})[row[1]] = vectors[row[1]]
            for number, mine in by_owner.items():
                put_vectors(stores.vector, tx, number, tx.revise(number), mine)
            tx.clean(stores.vector.name, [(doc, revision) for o, doc, revision in rows if (o, doc, revision) in waiting])
        total += len(rows)
    return total


def texts_of(snapshot: Any, docs: list[int]) -> dict[int, str]:
    """What each document is embedded as; erased ones are missing."""
    texts = {doc: said(m) for doc, m in snapshot.messages(docs).items()}
    rest = [d for d in docs if d not in texts]
    return texts | {doc: stated(record) for doc, record in snapshot.texts(rest).items()}


def rebuild(stores: Stores, tx: Any, owner: int, names: Collection[str]) -> int:
    """Builds projections other than the vectors anew from the ledger, a batch of documents at a time. Returns how many documents.

    Args:
        stores: where to.
        tx: the transaction.
        owner: whose.
        names: of the projections: text, slots, graph.
    """
    records = [index for index in (stores.slots, stores.graph) if index.name in names]
    revision = tx.revise(owner, erased=True)
    docs = tx.all_docs(owner)
    if "text" in names:
        stores.text.remove_owner(tx, owner)
    for index in records:
        index.remove_owner(tx, owner)
    for start in range(0, len(docs), BATCH):
        part = docs[start : start + BATCH]
        messages = tx.messages(part)
        texts: Mapping[int, MemoryRecord] = tx.texts([d for d in part if d not in messages])
        if "text" in names:
            said_ = {d: message_terms(m.message.name, m.message.content) for d, m in messages.items()}
            stores.text.put(tx, owner, revision, said_ | {d: counted(r.text) for d, r in texts.items()})
        for doc, first in texts.items() if records else ():
            record = first if first.retired_at is None else tx.current(first.id)
            if record is not None and record.doc == doc:  # else a later text speaks for it
                for index in records:
                    if index.shares_ledger():
                        index.put(tx, owner, record)
                    else:
                        tx.soil(index.name, [doc], owner, revision)
    return len(docs)
