"""The embedded text index: postings in the ledger's file, ranked by BM25 with the statistics of one owner.

Why not FTS5: its `bm25()` walks every row of the store that holds a query word to count them, so cost follows the store and one
user's ranking depends on what others wrote; and before SQLite 3.42 deleted words stay in its segments, which `forget` must not
allow. A table clustered by (owner, term) reads exactly the postings that are asked, and a deleted row is overwritten.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from perdure.ports import Found, Selection

#: Okapi BM25 with Lucene's non-negative idf; k1 and b are the usual defaults (Robertson & Zaragoza 2009, section 3.2).
K1, B = 1.5, 0.75


class SqliteText:
    """Term postings in the ledger's file. Terms come analysed; see `perdure.rules.words`."""

    name = "text"

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
        scores, ceiling = self._scores(snapshot, terms, selection)
        scores[~selection.mask] = 0.0
        hits = np.flatnonzero(scores > 0)
        if len(hits) > limit:
            hits = hits[np.argpartition(-scores[hits], limit - 1)[:limit]]
        hits = hits[np.lexsort((hits, -scores[hits]))]
        return Found(selection.columns.docs[hits], scores[hits].astype(np.float32), ceiling, every=scores.astype(np.float32))

    def _scores(self, snapshot: Any, terms: Mapping[str, float], selection: Selection) -> tuple[Any, float]:
        columns = selection.columns
        n = len(selection.mask)  # the arrays may have grown since the selection
        words = columns.words[:n]
        scores = np.zeros(n, dtype=np.float64)
        ceiling = 0.0
        if not n:
            return scores, 1.0
        norm = K1 * (1 - B + B * words / max(float(words.mean()), 1e-9))
        for term, weight in terms.items():
            rows = snapshot.connection.execute(
                "SELECT doc, count FROM postings WHERE owner = ? AND term = ?", (columns.owner, term)
            ).fetchall()
            idf = math.log(1 + (n - len(rows) + 0.5) / (len(rows) + 0.5)) * weight
            ceiling += idf * (K1 + 1)
            if rows:
                found = np.array(rows, dtype=np.int64)
                pos = columns.positions(found[:, 0])
                known = (pos >= 0) & (pos < n)
                pos, count = pos[known], found[known, 1]
                scores[pos] += idf * count * (K1 + 1) / (count + norm[pos])
        return scores, max(ceiling, 1e-9)
