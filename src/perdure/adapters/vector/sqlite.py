"""The embedded vector index: blobs in the ledger's file, and in memory one `Matrix` an owner that follows the owner's `Columns`."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.adapters.vector.matrix import Matrix, from_steps, to_steps
from perdure.errors import ConfigError
from perdure.ports import Columns, Found, Selection

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Vectors kept in memory between searches, all owners together; at 384 dimensions 200 MB. Owners beyond it are read again.
CACHED_VECTORS = 250_000
#: Blobs read at a time, and documents asked for in one statement.
READ, MANY = 4096, 500


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
        self._held: OrderedDict[int, Matrix] = OrderedDict()
        self._count = 0  # vectors in them
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
        pieces = [np.atleast_2d(rows) for rows in vectors.values()]
        if pieces:
            places = [(doc, chunk) for doc, rows in zip(vectors, pieces, strict=True) for chunk in range(len(rows))]
            steps = to_steps(np.concatenate(pieces))
            tx.connection.executemany(
                "INSERT INTO vectors VALUES (?, ?, ?, ?, ?, ?)",
                [(space, owner, revision, *place, row.tobytes()) for place, row in zip(places, steps, strict=True)],
            )

    def put_tokens(self, tx: Any, owner: int, codes: Mapping[int, bytes]) -> None:
        """Stores the codes of documents' tokens, replacing what was there; see `perdure.ports.KeepsTokens`."""
        space = self._space(tx)
        rows = [(space, doc, owner, code) for doc, code in codes.items()]
        tx.connection.executemany("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?, ?)", rows)

    def remove(self, tx: Any, docs: Sequence[int]) -> int:
        """Removes the vectors of documents, in every space: what an embedder left that is used no more tells as much about a text.

        Returns how many went.
        """
        return sum(self._drop(tx, space, docs) for space in self._spaces(tx))

    def remove_owner(self, tx: Any, owner: int) -> int:
        """Removes all vectors of an owner, in every space."""
        tx.connection.execute("DELETE FROM tokens WHERE owner = ?", (owner,))
        # The key begins with the space: an owner alone would be looked for in all of the table.
        sql = "DELETE FROM vectors WHERE space = ? AND owner = ?"
        return sum(tx.connection.execute(sql, (space, owner)).rowcount for space in self._spaces(tx))

    def _spaces(self, tx: Any) -> list[int]:
        return [space for (space,) in tx.connection.execute("SELECT num FROM spaces")]

    def _drop(self, tx: Any, space: int, docs: Sequence[int]) -> int:
        rows = [(doc, space) for doc in docs]
        tx.connection.executemany("DELETE FROM tokens WHERE doc = ? AND space = ?", rows)
        return tx.connection.executemany("DELETE FROM vectors WHERE doc = ? AND space = ?", rows).rowcount if rows else 0

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
        space, found = self._space(snapshot), dict[int, "Floats"]()
        for start in range(0, len(docs), MANY):
            part = docs[start : start + MANY]
            # "+": SQLite is to look the documents up one by one, not to walk the whole space
            sql = f"SELECT doc, vector FROM vectors WHERE doc IN ({','.join('?' * len(part))}) AND +space = ? AND chunk = 0"
            rows = snapshot.connection.execute(sql, (*part, space))
            found |= {doc: from_steps(np.frombuffer(vector, dtype=np.int16)) for doc, vector in rows}
        return found

    def tokens(self, snapshot: Any, docs: Sequence[int]) -> dict[int, bytes]:
        """The codes of the documents that have any."""
        space = self._space(snapshot)
        marks = ", ".join("?" * len(docs))
        return dict(snapshot.connection.execute(f"SELECT doc, codes FROM tokens WHERE space = ? AND doc IN ({marks})", (space, *docs)))

    def search(self, snapshot: Any, query: Floats, selection: Selection, limit: int) -> Found:
        """The `limit` documents of the selection nearest to `query` (unit length), with their cosines.

        Of a large owner `Found.every` holds the nearest twentieth alone; see `Matrix`.
        """
        if query.shape != (self.dimensions,):
            raise ConfigError(
                f"The query has {query.shape} dimensions, the index {self.dimensions}. Is the embedder the one it was built with?",
                setting="embedder",
            )
        scores = self._matrix(snapshot, selection.columns).scores(query, selection.mask)
        top = np.flatnonzero(scores > -1.5)
        if len(top) > limit:  # all that are as near as the last, so that which of equals are given does not hang on chance
            top = top[scores[top] >= np.partition(scores[top], -limit)[-limit]]
        top = top[np.lexsort((top, -scores[top]))][:limit]
        return Found(selection.columns.docs[top], scores[top], every=scores)

    def _matrix(self, snapshot: Any, columns: Columns) -> Matrix:
        with self._lock:
            matrix = self._held.get(columns.owner)
            if matrix is not None and matrix.epoch > columns.epoch:
                matrix = Matrix(self.dimensions, columns.epoch)  # a snapshot from before an erasure: for this read alone
            elif matrix is None or matrix.epoch != columns.epoch:
                self._count -= matrix.n if matrix is not None else 0
                matrix = self._held[columns.owner] = Matrix(self.dimensions, columns.epoch)
                while len(self._held) > 1 and self._count > CACHED_VECTORS:
                    self._count -= self._held.popitem(last=False)[1].n
            else:
                self._held.move_to_end(columns.owner)
        if matrix.revision < columns.revision:
            with matrix.lock:
                before = matrix.n
                self._fill(snapshot, matrix, columns)
            with self._lock:
                if self._held.get(columns.owner) is matrix:
                    self._count += matrix.n - before
        return matrix

    def _fill(self, snapshot: Any, matrix: Matrix, columns: Columns) -> None:
        """Reads vectors that are newer than the matrix, in batches so that the blobs never stand beside the whole matrix."""
        (revision,) = snapshot.connection.execute("SELECT revision FROM owners WHERE num = ?", (columns.owner,)).fetchone()
        if matrix.n == 0:  # the first time, as large as it has to be and some more: memory that is not written to is not taken
            matrix.reserve(len(columns) * 5 // 4)
        cursor = snapshot.connection.execute(
            "SELECT doc, chunk, vector FROM vectors WHERE space = ? AND owner = ? AND revision > ?",
            (self._space(snapshot), columns.owner, matrix.revision),
        )
        while rows := cursor.fetchmany(READ):
            docs, chunks, blobs = zip(*rows, strict=True)
            matrix.chunked = matrix.chunked or any(chunks)
            steps = np.frombuffer(b"".join(blobs), dtype=np.int16).reshape(len(blobs), self.dimensions)
            positions = columns.positions(docs)
            known = positions >= 0
            matrix.append(steps[known], positions[known])
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
        """Makes the space when it is new. True when it was, or when another one was in use since: then nobody told this one of changes."""
        row = tx.connection.execute("SELECT num, dimensions FROM spaces WHERE name = ?", (self.space,)).fetchone()
        new = row is None
        if row is None:
            made = tx.connection.execute("INSERT INTO spaces (name, dimensions) VALUES (?, ?)", (self.space, self.dimensions))
            row = (made.lastrowid, self.dimensions)
        elif row[1] != self.dimensions:
            raise ConfigError(
                f"The embedder {self.space!r} now has {self.dimensions} dimensions, the stored vectors {row[1]}. Give it another name.",
                setting="embedder",
            )
        used = tx.connection.execute("SELECT value FROM counters WHERE name = 'space'").fetchone()
        if used == (row[0],):
            return False
        tx.connection.execute("INSERT OR REPLACE INTO counters VALUES ('space', ?)", (row[0],))
        return new or used is not None
