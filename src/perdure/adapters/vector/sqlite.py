"""The embedded vector index: exact search over float16 blobs in the ledger's file, one float32 matrix an owner in memory.

Exact search of one user's 50,000 × 384 vectors is one matrix product of a few milliseconds; an approximate index would add a
native dependency and lose recall to save less than the query's embedding costs.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.errors import ConfigError
from perdure.ports import Columns, Found, Selection

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Vectors kept in memory between searches, all owners together; at 384 dimensions 300 MB. Owners beyond it are read again.
CACHED_VECTORS = 200_000


class _Matrix:
    """One owner's vectors: rows in order of arrival, with the position each belongs to."""

    def __init__(self, dimensions: int, epoch: int) -> None:
        self.epoch, self.revision, self.n = epoch, -1, 0
        self.chunked = False  # some document has several vectors: its best one counts
        self.lock = threading.Lock()
        self.rows = np.zeros((0, dimensions), dtype=np.float32)
        self.positions = np.zeros(0, dtype=np.int64)

    def reserve(self, room: int) -> None:
        """Makes room for so many rows in all; readers keep the arrays they have."""
        rows = np.zeros((room, self.rows.shape[1]), dtype=np.float32)
        rows[: self.n] = self.rows[: self.n]
        where = np.zeros(room, dtype=np.int64)
        where[: self.n] = self.positions[: self.n]
        self.rows, self.positions = rows, where

    def append(self, vectors: Floats, positions: Any) -> None:
        end = self.n + len(vectors)
        if end > len(self.rows):
            self.reserve(max(end, len(self.rows) * 5 // 4))
        self.rows[self.n : end] = vectors
        self.positions[self.n : end] = positions
        self.n = end


class SqliteVectors:
    """Vectors of one embedder in the ledger's file.

    Args:
        space: the embedder's name; another embedder is another space beside this one.
        dimensions: of its vectors.
    """

    name = "vector"

    def __init__(self, space: str, dimensions: int) -> None:
        self.space, self.dimensions = space, dimensions
        self._num: int | None = None
        self._held: OrderedDict[int, _Matrix] = OrderedDict()
        self._lock = threading.Lock()

    def shares_ledger(self) -> bool:
        """Its rows change in the ledger's transactions."""
        return True

    # ------------------------------------------------------------------ writing
    def put(self, tx: Any, owner: int, revision: int, vectors: Mapping[int, Floats]) -> None:
        """Stores vectors: document number to an array of shape (chunks, dimensions), replacing what was there."""
        space = self._space(tx)
        if self._drop(tx, space, list(vectors)):
            tx.revise(owner, erased=True)  # matrices hold the old rows: they must start again
        tx.connection.executemany(
            "INSERT INTO vectors VALUES (?, ?, ?, ?, ?, ?)",
            [
                (space, owner, revision, doc, chunk, row.astype(np.float16).tobytes())
                for doc, rows in vectors.items()
                for chunk, row in enumerate(np.atleast_2d(rows))
            ],
        )

    def remove(self, tx: Any, docs: Sequence[int]) -> int:
        """Removes the vectors of documents. Returns how many went."""
        return self._drop(tx, self._space(tx), docs)

    def remove_owner(self, tx: Any, owner: int) -> int:
        """Removes all vectors of an owner, in every space."""
        return tx.connection.execute("DELETE FROM vectors WHERE owner = ?", (owner,)).rowcount

    def _drop(self, tx: Any, space: int, docs: Sequence[int]) -> int:
        return sum(tx.connection.execute("DELETE FROM vectors WHERE doc = ? AND space = ?", (doc, space)).rowcount for doc in docs)

    # ------------------------------------------------------------------ reading
    def docs(self, snapshot: Any, owner: int) -> set[int]:
        """Documents of the owner that have a vector."""
        return {
            d for (d,) in snapshot.connection.execute(
                "SELECT DISTINCT doc FROM vectors WHERE space = ? AND owner = ?", (self._space(snapshot), owner)
            )
        }  # fmt: skip

    def vectors(self, snapshot: Any, docs: Sequence[int]) -> dict[int, Floats]:
        """The first chunk's vector of each document that has one."""
        space = self._space(snapshot)
        found: dict[int, Floats] = {}
        for doc in docs:
            row = snapshot.connection.execute(
                "SELECT vector FROM vectors WHERE doc = ? AND space = ? ORDER BY chunk LIMIT 1", (doc, space)
            ).fetchone()
            if row:
                found[doc] = np.frombuffer(row[0], dtype=np.float16).astype(np.float32)
        return found

    def search(self, snapshot: Any, query: Floats, selection: Selection, limit: int) -> Found:
        """The `limit` documents of the selection nearest to `query` (unit length), with their cosines."""
        scores = self._scores(snapshot, query, selection)
        scores[~selection.mask] = -2.0
        k = min(limit, int(selection.mask.sum()))
        if k <= 0:
            return Found(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
        top = np.argpartition(-scores, k - 1)[:k] if k < len(scores) else np.arange(len(scores))
        top = top[np.lexsort((top, -scores[top]))]
        top = top[scores[top] > -1.5][:k]
        return Found(selection.columns.docs[top], scores[top].astype(np.float32), every=scores)

    def _scores(self, snapshot: Any, query: Floats, selection: Selection) -> Floats:
        """Per position the best cosine of its chunks; -2 where there is no vector."""
        if query.shape != (self.dimensions,):
            raise ConfigError(
                f"The query has {query.shape} dimensions, the index {self.dimensions}. Is the embedder the one it was built with?",
                setting="embedder",
            )
        matrix = self._matrix(snapshot, selection.columns)
        with matrix.lock:
            rows, where = matrix.rows[: matrix.n], matrix.positions[: matrix.n]
        scores = np.full(len(selection.mask), -2.0, dtype=np.float32)
        if len(rows):
            known = where < len(scores)
            got = rows @ query
            if matrix.chunked:
                np.maximum.at(scores, where[known], got[known])
            else:
                scores[where[known]] = got[known]
        return scores

    def _matrix(self, snapshot: Any, columns: Columns) -> _Matrix:
        with self._lock:
            matrix = self._held.get(columns.owner)
            if matrix is not None and matrix.epoch > columns.epoch:
                matrix = _Matrix(self.dimensions, columns.epoch)  # a snapshot from before an erasure: for this read alone
            elif matrix is None or matrix.epoch != columns.epoch:
                matrix = self._held[columns.owner] = _Matrix(self.dimensions, columns.epoch)
                while len(self._held) > 1 and sum(m.n for m in self._held.values()) > CACHED_VECTORS:
                    self._held.popitem(last=False)
            else:
                self._held.move_to_end(columns.owner)
        if matrix.revision < columns.revision:
            with matrix.lock:
                self._fill(snapshot, matrix, columns)
        return matrix

    def _fill(self, snapshot: Any, matrix: _Matrix, columns: Columns) -> None:
        """Reads vectors that are newer than the matrix, in batches so that the blobs never stand beside the whole matrix."""
        revision = snapshot.connection.execute("SELECT revision FROM owners WHERE num = ?", (columns.owner,)).fetchone()[0]
        if matrix.n == 0:  # the first time, as large as it has to be: growing step by step would hold it twice
            sql = "SELECT count(*) FROM vectors WHERE space = ? AND owner = ?"
            matrix.reserve(snapshot.connection.execute(sql, (self._space(snapshot), columns.owner)).fetchone()[0])
        cursor = snapshot.connection.execute(
            "SELECT doc, chunk, vector FROM vectors WHERE space = ? AND owner = ? AND revision > ?",
            (self._space(snapshot), columns.owner, matrix.revision),
        )
        while rows := cursor.fetchmany(1024):
            docs, chunks, blobs = zip(*rows, strict=True)
            matrix.chunked = matrix.chunked or any(chunks)
            vectors = np.frombuffer(b"".join(blobs), dtype=np.float16).reshape(len(blobs), self.dimensions).astype(np.float32)
            positions = columns.positions(docs)
            known = positions >= 0
            matrix.append(vectors[known], positions[known])
        matrix.revision = max(matrix.revision, revision)

    def _space(self, snapshot: Any) -> int:
        if self._num is None:
            row = snapshot.connection.execute("SELECT num FROM spaces WHERE name = ?", (self.space,)).fetchone()
            if row is None:
                return -1
            self._num = row[0]
        assert self._num is not None  # noqa: S101
        return self._num

    def prepare(self, tx: Any) -> bool:
        """Makes the space when it is new; True when it was, and every document is therefore yet to be embedded."""
        row = tx.connection.execute("SELECT num, dimensions FROM spaces WHERE name = ?", (self.space,)).fetchone()
        if row is None:
            tx.connection.execute("INSERT INTO spaces (name, dimensions) VALUES (?, ?)", (self.space, self.dimensions))
            return True
        if row[1] != self.dimensions:
            raise ConfigError(
                f"The embedder {self.space!r} now has {self.dimensions} dimensions, the stored vectors {row[1]}. Give it another name.",
                setting="embedder",
            )
        return False
