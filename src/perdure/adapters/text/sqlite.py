"""The embedded text index: postings in the ledger's file, ranked by BM25 with the statistics of one owner.

Why not FTS5: its `bm25()` walks every row of the store that holds a query word to count them, so cost follows the store and one
user's ranking depends on what others wrote; and before SQLite 3.42 deleted words stay in its segments, which `forget` must not
allow. A table clustered by (owner, term) reads exactly the postings that are asked, and a deleted row is overwritten.

A word that stands in 25,000 documents costs 5 ms to read (as one concatenated string: row by row it was 30 ms) and 0.2 ms to score.
What was read is therefore kept beside the owner's `Columns`, as positions, and follows them: a document's words are written in the
transaction that numbers it or in one that starts a new epoch, so only documents above the last one seen can be missing.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from perdure.ports import Columns, Found, Selection

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perdure.ports import Ints

#: Okapi BM25 with Lucene's non-negative idf; k1 and b are the usual defaults (Robertson & Zaragoza 2009, section 3.2).
K1, B = 1.5, 0.75


@dataclass(frozen=True, slots=True)
class _Postings:
    """Where a term stands: positions in the owner's columns and counts, as known at a revision; `last` is the highest document."""

    revision: int
    last: int
    positions: NDArray[np.int32]
    counts: NDArray[np.int32]


class SqliteText:
    """Term postings in the ledger's file. Terms come analysed; see `perdure.rules.words`."""

    name = "text"

    def __init__(self) -> None:
        self._held: WeakKeyDictionary[Columns, dict[str, _Postings]] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def shares_ledger(self) -> bool:
        """Its rows change in the ledger's transactions."""
        return True

    def put(self, tx: Any, owner: int, revision: int, terms: Mapping[int, Mapping[str, int]]) -> None:  # noqa: ARG002
        """Stores documents: number to terms with their counts."""
        rows = [(owner, term, doc, count) for doc, counts in terms.items() for term, count in counts.items()]
        tx.connection.executemany("INSERT OR REPLACE INTO postings VALUES (?, ?, ?, ?)", rows)

    def remove(self, tx: Any, owner: int, terms: Mapping[int, Mapping[str, int]]) -> int:
        """Removes documents, given with the terms they were stored with. Returns how many postings went."""
        rows = [(owner, term, doc) for doc, counts in terms.items() for term in counts]
        return tx.connection.executemany("DELETE FROM postings WHERE owner = ? AND term = ? AND doc = ?", rows).rowcount

    def remove_owner(self, tx: Any, owner: int) -> int:
        """Removes all postings of an owner."""
        return tx.connection.execute("DELETE FROM postings WHERE owner = ?", (owner,)).rowcount

    def docs(self, snapshot: Any, owner: int) -> dict[int, dict[str, int]]:
        """Every document of the owner with its terms and their counts."""
        found: dict[int, dict[str, int]] = {}
        for term, doc, count in snapshot.connection.execute("SELECT term, doc, count FROM postings WHERE owner = ?", (owner,)):
            found.setdefault(doc, {})[term] = count
        return found

    def search(self, snapshot: Any, terms: Mapping[str, float], selection: Selection, limit: int) -> Found:
        """The `limit` documents of the selection with the highest BM25 for weighted query terms.

        `ceiling` is the score of an imaginary document that holds every term often and nothing else.
        """
        scores, ceiling, rarity = self._scores(snapshot, terms, selection)
        scores[~selection.mask] = 0.0
        hits = np.flatnonzero(scores > 0)
        if len(hits) > limit:
            hits = hits[np.argpartition(-scores[hits], limit - 1)[:limit]]
        hits = hits[np.lexsort((hits, -scores[hits]))]
        return Found(selection.columns.docs[hits], scores[hits].astype(np.float32), ceiling, every=scores.astype(np.float32), rarity=rarity)

    def _scores(self, snapshot: Any, terms: Mapping[str, float], selection: Selection) -> tuple[Any, float, dict[str, float]]:
        columns = selection.columns
        n = len(selection.mask)  # the arrays may have grown since the selection
        words = columns.words[:n]
        scores = np.zeros(n, dtype=np.float64)
        ceiling = 0.0
        rarity: dict[str, float] = {}
        if not n:
            return scores, 1.0, rarity
        mean = max(float(words.mean()), 1e-9)
        # Of this snapshot: the columns may already have been filled from a later one.
        (revision,) = snapshot.connection.execute("SELECT revision FROM owners WHERE num = ?", (columns.owner,)).fetchone()
        for term, weight in terms.items():
            found = self._postings(snapshot, columns, term, revision)
            pos, count = found.positions, found.counts
            if len(pos) and pos.max() >= n:
                pos, count = pos[pos < n], count[pos < n]
            rarity[term] = math.log(1 + (n - len(pos) + 0.5) / (len(pos) + 0.5))
            idf = rarity[term] * weight
            ceiling += idf * (K1 + 1)
            if len(pos):
                norm = K1 * (1 - B + B * words[pos] / mean)
                scores[pos] += idf * count * (K1 + 1) / (count + norm)
        return scores, max(ceiling, 1e-9), rarity

    def _postings(self, snapshot: Any, columns: Columns, term: str, revision: int) -> _Postings:
        """The postings of a term, brought up to a revision of the owner."""
        with self._lock:
            held = self._held.setdefault(columns, {})
            known = held.get(term)
        if known is not None and known.revision >= revision:
            return known
        docs, counts = _read(snapshot, columns.owner, term, known.last if known is not None else -1)
        positions = columns.positions(docs)
        there = positions >= 0
        positions, counts = positions[there].astype(np.int32), counts[there]
        last = int(docs[there].max()) if len(positions) else -1
        if known is not None:
            positions, counts = np.concatenate([known.positions, positions]), np.concatenate([known.counts, counts])
            last = max(last, known.last)
        made = _Postings(revision, last, positions, counts)
        with self._lock:
            if held.get(term) is known:  # else another thread was faster
                held[term] = made
        return made


def _read(snapshot: Any, owner: int, term: str, after: int) -> tuple[Ints, NDArray[np.int32]]:
    """Documents above `after` that hold a term, and how often."""
    docs, counts = snapshot.connection.execute(
        "SELECT group_concat(doc), group_concat(count) FROM postings WHERE owner = ? AND term = ? AND doc > ?", (owner, term, after)
    ).fetchone()
    if docs is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int32)
    return np.fromstring(docs, dtype=np.int64, sep=","), np.fromstring(counts, dtype=np.int32, sep=",")
