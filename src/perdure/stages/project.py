"""Project: dirty rows become index entries. Order and repetition do not matter: the current state is read and written whole."""

from __future__ import annotations

from typing import Any

from perdure.stages.stores import Stores, embed_all, said, stated

#: Documents embedded and written in one go.
BATCH = 256


def project(stores: Stores, *, owner: int | None = None, limit: int | None = None) -> int:
    """Embeds what has no vector yet and writes it. Returns how many documents were projected.

    A document is taken out of the dirty set only by the revision that was read, so a write that comes between is not lost.

    Raises:
        ModelError, LedgerError: nothing of the current batch was taken out of the dirty set.
    """
    total = 0
    while limit is None or total < limit:
        with stores.ledger.snapshot() as snapshot:
            rows = snapshot.dirty(stores.vector.name, owner=owner, limit=BATCH if limit is None else min(BATCH, limit - total))
            texts = texts_of(snapshot, [doc for _, doc, _ in rows])
        if not rows:
            break
        docs = [doc for _, doc, _ in rows if doc in texts]
        vectors = dict(zip(docs, embed_all(stores.embedder, [texts[d] for d in docs]), strict=True))
        with stores.ledger.transaction() as tx:
            for number in sorted({o for o, _, _ in rows}):
                mine = {doc: vectors[doc] for o, doc, _ in rows if o == number and doc in vectors}
                alive = texts_of(tx, list(mine))  # what was erased meanwhile must not come back
                stores.vector.put(tx, number, tx.revise(number), {d: v for d, v in mine.items() if d in alive})
            tx.clean(stores.vector.name, [(doc, revision) for _, doc, revision in rows])
        total += len(rows)
    return total


def texts_of(snapshot: Any, docs: list[int]) -> dict[int, str]:
    """What each document is embedded as; erased ones are missing."""
    texts = {doc: said(m) for doc, m in snapshot.messages(docs).items()}
    rest = [d for d in docs if d not in texts]
    return texts | {doc: stated(record) for doc, record in snapshot.texts(rest).items()}
