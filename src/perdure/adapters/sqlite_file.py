"""One SQLite file: opening it, its connections and transactions, its migrations, and its failures as typed errors.

Readers never wait: WAL mode, one connection a thread, each read in one snapshot. Writers queue: one connection behind a
lock in this process, `BEGIN IMMEDIATE` and a busy timeout against other processes. Every commit is flushed to the disk
(`synchronous=FULL`; 0.7 ms instead of 0.03 ms where measured), so an acknowledged write also outlives a power cut.
Deleted content is overwritten (`secure_delete`). A forked child opens connections of its own.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from perdure.errors import (
    BusyError,
    ClosedError,
    CorruptLedgerError,
    DiskFullError,
    LedgerError,
    NewerSchemaError,
    NotALedgerError,
    ReadOnlyError,
)

APPLICATION_ID = 0x70726472  # "prdr", in the file's header: this SQLite file is ours
BUSY_SECONDS = 60.0
MEMORY = ":memory:"
#: Kilobytes of pages a connection keeps, and while very much is written in one transaction: ids are random, so their indexes are written
#: to all over, and a page that has no room is written to the log and read back each time (a million memories: 8 times on average).
CACHE, BULK_CACHE = 8_000, 256_000
#: Bytes of the write-ahead log that stay on the disk for reuse; after a large import it would keep that import's size.
LOG_LIMIT = 64_000_000


class SqliteFile:
    """A ledger file and the connections to it.

    Args:
        path: the file, created with its folder when missing; ":memory:" keeps everything in this object.

    Raises:
        LedgerError: one of its kinds says what is wrong with the file and what to do.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self.in_memory = self.path == MEMORY
        self._lock = threading.RLock()
        self._local = threading.local()
        self._readers: weakref.WeakSet[_Reader] = weakref.WeakSet()
        self._pid = os.getpid()
        self._closed = False
        self._bulk = False
        self._writer: sqlite3.Connection | None = None
        if not self.in_memory:
            self.path = str(Path(self.path).expanduser())
            self._check_path()
        with self.translated():
            self._writer = self._connect()
            self._prepare(self._writer)

    # ------------------------------------------------------------------ transactions
    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """A connection inside one consistent snapshot. Nested calls in a thread share the outermost snapshot."""
        self._alive()
        if self.in_memory:
            with self._lock, self.translated():
                assert self._writer is not None  # noqa: S101  (in memory there is one connection, opened in __init__)
                yield self._writer
            return
        reader = self._reader()
        with self.translated():
            if reader.depth == 0:
                reader.connection.execute("BEGIN")
            reader.depth += 1
            try:
                yield reader.connection
            finally:
                reader.depth -= 1
                if reader.depth == 0 and reader.connection.in_transaction:
                    reader.connection.execute("COMMIT")

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """A connection inside a write transaction: committed at the end, rolled back by an exception. Not nestable."""
        self._alive()
        with self._lock, self.translated():
            if self._writer is None:
                self._writer = self._connect()
            connection = self._writer
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                if self._bulk:
                    self._bulk = False
                    connection.execute(f"PRAGMA cache_size=-{CACHE}")
                    connection.execute("PRAGMA shrink_memory")

    def expect_bulk(self) -> None:
        """Inside `writing()`: gives the transaction room for very many rows."""
        assert self._writer is not None  # noqa: S101  (writing() opened it)
        self._bulk = True
        self._writer.execute(f"PRAGMA cache_size=-{BULK_CACHE}")

    def checkpoint(self, *, patience: float = 5.0) -> bool:
        """Moves the write-ahead log into the file and empties it. False when readers kept it from finishing."""
        if self.in_memory:
            return True
        deadline = time.monotonic() + patience
        with self._lock, self.translated():
            assert self._writer is not None  # noqa: S101  (writing() came before)
            while True:
                busy = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                if not busy:
                    return True
                if time.monotonic() > deadline:
                    return False
                time.sleep(0.01)

    def close(self) -> None:
        """Closes every connection; further use raises ClosedError. Closing twice is fine."""
        with self._lock:
            self._closed = True
            if os.getpid() != self._pid:
                return
            for reader in list(self._readers):
                reader.connection.close()
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    @contextmanager
    def translated(self) -> Generator[None]:
        """Turns what sqlite3 raises inside into the typed errors of `perdure.errors`."""
        try:
            yield
        except sqlite3.Error as e:
            raise self._typed(e) from e

    def size(self) -> int:
        """Bytes on disk, write-ahead log included; 0 in memory."""
        if self.in_memory:
            return 0
        return sum(Path(self.path + end).stat().st_size for end in ("", "-wal") if Path(self.path + end).exists())

    # ------------------------------------------------------------------ inside
    def _alive(self) -> None:
        if self._closed:
            raise ClosedError(f"The memory in {self.path} was closed. Open a new Memory.")
        if os.getpid() != self._pid:  # a connection must not cross a fork
            self._pid = os.getpid()
            self._lock = threading.RLock()
            self._local = threading.local()
            self._readers = weakref.WeakSet()
            if not self.in_memory:
                self._writer = None

    def _reader(self) -> _Reader:
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            with self.translated():
                reader = _Reader(self._connect())
            self._local.reader = reader
            with self._lock:
                self._readers.add(reader)
        return reader

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=512)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute(f"PRAGMA cache_size=-{CACHE}")
        connection.execute(f"PRAGMA journal_size_limit={LOG_LIMIT}")
        return connection

    def _check_path(self) -> None:
        file = Path(self.path)
        if "\0" in self.path:
            raise NotALedgerError("location holds a NUL character. Give the path of a file.")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as e:
            raise ReadOnlyError(f"The folder {file.parent} cannot be created: {e.strerror}. Choose another path.") from e
        try:
            file.stat()
        except FileNotFoundError:
            pass
        except OSError as e:
            raise NotALedgerError(f"{str(file)[:200]} cannot be a file: {e.strerror}. Choose another path.") from e
        if file.is_dir():
            raise NotALedgerError(f"{file} is a folder. Give the path of a file.")
        exists = file.exists()
        if exists and not os.access(file, os.R_OK | os.W_OK):
            raise ReadOnlyError(f"{file} cannot be written. Give it write permission or copy it elsewhere.")
        if not os.access(file.parent, os.W_OK | os.X_OK):
            raise ReadOnlyError(
                f"The folder {file.parent} cannot be written; the ledger keeps its log beside the file. Choose another path."
            )
        if exists and file.stat().st_size > 0:
            with file.open("rb") as f:
                if f.read(16) != b"SQLite format 3\x00":
                    raise NotALedgerError(f"{file} is not a perdure ledger. Choose another path; the file was left as it is.")

    def _prepare(self, connection: sqlite3.Connection) -> None:
        # In this order: tables and application_id are committed together, perhaps between these two lines by another process.
        empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        application = connection.execute("PRAGMA application_id").fetchone()[0]
        if not empty and application != APPLICATION_ID:
            raise NotALedgerError(
                f"{self.path} is an SQLite database, but not a perdure ledger. Choose another path; it was left as it is."
            )
        steps = migrations()
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(steps):
            raise NewerSchemaError(
                f"{self.path} has schema {version}; this perdure knows up to {len(steps)}. Install a newer perdure; "
                "the file was left as it is."
            )
        if not self.in_memory:
            _to_wal(connection)
        while version < len(steps):
            connection.execute("BEGIN IMMEDIATE")  # one step, one transaction; another process may have been faster
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version < len(steps):
                for statement in statements(steps[version]):
                    connection.execute(statement)
                version += 1
                connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version={version}")
            connection.execute("COMMIT")

    def _typed(self, e: sqlite3.Error) -> LedgerError:
        code = (getattr(e, "sqlite_errorcode", None) or 0) & 0xFF
        text = str(e)
        match code:
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
                return BusyError(f"{self.path} was held by another process for {BUSY_SECONDS:g} s. Try again.")
            case sqlite3.SQLITE_FULL:
                return DiskFullError(f"No space left for {self.path}; the write was rolled back. Free some space and try again.")
            case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN:
                return ReadOnlyError(
                    f"{self.path} cannot be opened for writing ({text}). Check the permissions of the file and its folder."
                )
            case sqlite3.SQLITE_CORRUPT:
                return CorruptLedgerError(
                    f"{self.path} is damaged ({text}). Restore a backup, or save what is readable with `perdure export`."
                )
            case sqlite3.SQLITE_NOTADB:
                return NotALedgerError(f"{self.path} is not a perdure ledger. Choose another path; the file was left as it is.")
            case sqlite3.SQLITE_IOERR:
                return DiskFullError(
                    f"{self.path} could not be written ({text}); the write was rolled back. Is the disk full or a size limit reached?"
                )
            case _:
                if isinstance(e, sqlite3.ProgrammingError) and "closed" in text:
                    return LedgerError(f"{self.path} was closed while it was in use.")
                return LedgerError(f"{self.path}: {text}")


class _Reader:
    """A thread's connection and how many `reading()` it is inside."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.depth = 0


def _to_wal(connection: sqlite3.Connection) -> None:
    """Switches a file to its write-ahead log. SQLite does not wait here when another process does the same at the same moment."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as e:
            if (e.sqlite_errorcode & 0xFF) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def migrations() -> list[str]:
    """The numbered steps of the schema, oldest first; step n leads to `user_version` n."""
    folder = resources.files("perdure.adapters.ledger").joinpath("sqlite")
    names = sorted(f.name for f in folder.iterdir() if f.name.endswith(".sql"))
    return [folder.joinpath(name).read_text("utf-8") for name in names]


def statements(script: str) -> Iterator[str]:
    """The single statements of an SQL script."""
    part = ""
    for line in script.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""
