"""The embedded ledger: one SQLite file, which is also the home of the embedded projections."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Generator
from contextlib import contextmanager

from perdure.adapters.ledger.columns import Columns
from perdure.adapters.ledger.sqlite_names import Names
from perdure.adapters.ledger.sqlite_reads import SqliteSnapshot
from perdure.adapters.ledger.sqlite_writes import SqliteTransaction
from perdure.adapters.sqlite_file import SqliteFile, migrations

#: Documents whose arrays are kept in memory between searches, over all owners together (250 to 350 bytes each,
#: with what the text index keeps beside them).
CACHED_DOCS = 500_000
#: Owners whose names are kept.
CACHED_NAMES = 1024


class ColumnsCache:
    """The arrays of the owners asked last, within a budget of documents."""

    def __init__(self, budget: int = CACHED_DOCS) -> None:
        self._budget = budget
        self._held: OrderedDict[int, Columns] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, owner: int, kind: str, epoch: int) -> Columns:
        """The owner's arrays of an epoch, possibly empty or behind."""
        with self._lock:
            columns = self._held.get(owner)
            if columns is not None and columns.epoch > epoch:
                return Columns(owner, kind, epoch)  # a snapshot from before an erasure: for this read alone
            if columns is None or columns.epoch != epoch:
                columns = self._held[owner] = Columns(owner, kind, epoch)
                while len(self._held) > 1 and sum(len(c) for c in self._held.values()) > self._budget:
                    self._held.popitem(last=False)
            else:
                self._held.move_to_end(owner)
            return columns


class SqliteLedger:
    """The ledger in one file; see `perdure.ports.Ledger`.

    Args:
        path: the file, or ":memory:".

    Raises:
        LedgerError: one of its kinds.
    """

    name = "sqlite"

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.file = SqliteFile(path)
        self.columns = ColumnsCache()
        self.names: dict[int, Names] = {}  # by owner

    @property
    def location(self) -> str:
        """The path of the file."""
        return self.file.path

    @contextmanager
    def snapshot(self) -> Generator[SqliteSnapshot]:
        """One consistent view for reading."""
        with self.file.reading() as connection:
            yield SqliteSnapshot(self, connection)

    @contextmanager
    def transaction(self) -> Generator[SqliteTransaction]:
        """One write transaction: all of it or, after an exception, none of it."""
        with self.file.writing() as connection:
            yield SqliteTransaction(self, connection)

    def keep_names(self, owner: int, names: Names) -> None:
        """Keeps an owner's names for the reads that follow, until its memories change."""
        self.names.pop(owner, None)
        while len(self.names) >= CACHED_NAMES:
            self.names.pop(next(iter(self.names)), None)
        self.names[owner] = names

    def scrub(self) -> tuple[int, bool]:
        """Empties the write-ahead log after an erasure.

        Returns:
            How many free pages the file has, all of them overwritten; and False when a reader elsewhere kept the log from being emptied.
        """
        scrubbed = self.file.checkpoint()
        with self.file.reading() as connection:
            return connection.execute("PRAGMA freelist_count").fetchone()[0], scrubbed

    def size(self) -> int:
        """Bytes on disk."""
        return self.file.size()

    def schema(self) -> int:
        """The schema version of the file."""
        return len(migrations())

    def close(self) -> None:
        """Closes the file."""
        self.file.close()
