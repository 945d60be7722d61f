"""Reading an export back into the ledger: rows of `sqlite_dump.dump`, numbered anew, one look at each.

Numbers and times are checked before a row is written, for SQLite would take any text for them; what a memory quotes and claims is
read by whoever rebuilds the projections, and here only for versions that they leave out. Document numbers are given out here and
reserved once at the end, and tables without numbers are written in batches: a million rows take minutes, not an hour.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from perdure.adapters.ledger.rows import to_memory
from perdure.adapters.ledger.sqlite_dump import TABLES
from perdure.model.base import from_micros
from perdure.model.memory import ALL_KINDS, STATUSES, TERMS
from perdure.model.message import ROLES

#: Indexes by ids in no order, of tables that restoring only writes to. A store that holds nothing yet gets them at the end, sorted
#: (a second each for a million rows); filled row by row they are most of the work, for every row lands on another page.
DEFERRED = ("changes_by_memory", "evidence_by_memory")
#: Rows written in one call.
BATCH = 1000
#: Columns that are written besides those of an export.
EXTRA = {
    "parts": ("tenant", "owner"), "episodes": ("owner",), "messages": ("owner", "revision"), "memories": ("owner", "revision"),
    "changes": ("owner",), "jobs": ("owner", "worker"), "conflicts": ("owner",),
}  # fmt: skip


#: Columns that hold whole numbers; of those in `OPEN` also nothing.
WHOLE = {
    "episodes": ("recorded_at",), "messages": ("doc", "said_at", "recorded_at", "dated", "private", "words", "asks"),
    "memories": ("num", "version", "doc", "valid_from", "valid_to", "recorded_at", "retired_at", "expires_at", "said_at", "words"),
    "changes": ("before", "after", "at"), "jobs": ("attempts", "next_at", "created_at", "finished_at"),
    "conflicts": ("opened_at", "settled_at"),
}  # fmt: skip
OPEN = frozenset({"valid_to", "retired_at", "expires_at", "before", "after", "next_at", "finished_at", "settled_at"})


def _insert(table: str) -> tuple[tuple[str, ...], str]:
    columns = tuple(c for c in (*TABLES[table], *EXTRA[table]) if c != "num")
    return columns, f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


INSERTS = {table: _insert(table) for table in EXTRA}


def restore(tx: Any, rows: Iterable[Any]) -> dict[str, int]:
    """Writes rows of `dump`; what is there already stays. Returns how many rows of each table were new.

    Raises:
        KeyError, TypeError, ValueError, IndexError: a row is none of ours; the transaction must be given up.
    """
    deferred = _without_indexes(tx.connection)
    restoring = _Restoring(tx)
    for table, values in rows:
        restoring.take(table, dict(zip(TABLES[table], values, strict=True)))
    restoring.finish()
    for statement in deferred:
        tx.connection.execute(statement)
    return restoring.counts


def _without_indexes(connection: Any) -> list[str]:
    """Drops the deferred indexes of an empty store, in its transaction. Returns the statements that make them again."""
    if connection.execute("SELECT 1 FROM memories LIMIT 1").fetchone() is not None:
        return []
    made = [connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0] for name in DEFERRED]
    for name in DEFERRED:
        connection.execute(f"DROP INDEX {name}")
    return made


class _Restoring:
    """Where a restore stands: whose rows are being read, and what their numbers have become."""

    def __init__(self, tx: Any) -> None:
        self.counts = dict.fromkeys(TABLES, 0)
        self._tx, self._execute = tx, tx.connection.execute
        self._owner, self._revision = 0, 0
        self._named: tuple[Any, ...] = ()  # tenant, kind and key of the owner
        self._next = self._first = int(tx.take_docs(0))
        self._docs: dict[int, int] = {}  # of the export's numbers to ours
        self._nums: dict[int, int] = {}
        self._new_episodes: set[str] = set()
        self._dirty: list[int] = []
        self._evidence: list[tuple[int, str]] = []
        self._waiting: dict[str, list[list[Any]]] = {table: [] for table in ("parts", "changes", "jobs", "conflicts")}

    def take(self, table: str, row: dict[str, Any]) -> None:
        """One row."""
        if "digest" in row:
            row["digest"] = bytes.fromhex(row["digest"])
        for column in WHOLE.get(table, ()):
            if not isinstance(row[column], int) and not (row[column] is None and column in OPEN):
                raise TypeError(f"{table}.{column} is {row[column]!r}, not a whole number")
        match table:
            case "owners":
                self._start(row)
            case "episodes":
                if self._write(table, row):
                    self._new_episodes.add(row["id"])
            case "messages":
                self._message(row)
            case "memories":
                self._memory(row)
            case _:
                self._later(table, row)

    def finish(self) -> None:
        """Writes what waits."""
        self._flush()
        self._tx.take_docs(self._next - self._first)

    def _start(self, row: dict[str, Any]) -> None:
        self._flush()
        self._named = (row["tenant"], row["kind"], row["key"])
        self.counts["owners"] += self._execute("INSERT OR IGNORE INTO owners (tenant, kind, key) VALUES (?, ?, ?)", self._named).rowcount
        (self._owner,) = self._execute("SELECT num FROM owners WHERE tenant = ? AND kind = ? AND key = ?", self._named).fetchone()
        self._revision = self._tx.revise(self._owner, memories=True)
        self._docs, self._nums, self._new_episodes = {}, {}, set()

    def _message(self, row: dict[str, Any]) -> None:
        if row["role"] not in ROLES:
            raise ValueError(f"message {row['id']}: role {row['role']!r} is unknown")
        original = row["doc"]
        doc = self._docs.get(original)
        if doc is None and row["episode"] not in self._new_episodes:
            found = self._execute("SELECT doc FROM messages WHERE episode = ? AND id = ?", (row["episode"], row["id"])).fetchone()
            doc = found[0] if found else None
        self._docs[original] = row["doc"] = self._next if doc is None else doc
        if self._write("messages", row):
            self._numbered(row["doc"])

    def _memory(self, row: dict[str, Any]) -> None:
        number, original = row.pop("num"), row["doc"]
        docs = self._docs
        row["doc"] = docs.get(original, self._next)
        row["drawn"] = " ".join(f"{docs[int(d)]}:{int(p)}" for d, p in (x.split(":") for x in row["drawn"].split()) if int(d) in docs)
        row["sources"] = json.dumps([[docs.get(s[0], 0), *s[1:]] for s in json.loads(row["sources"])], ensure_ascii=False)
        if row["kind"] not in ALL_KINDS or row["term"] not in TERMS or row["status"] not in STATUSES:
            raise ValueError(f"memory {row['id']}: kind, term or status is unknown")
        from_micros(row["said_at"])
        row["confidence"] = float(row["confidence"])
        if original in docs:  # not the first version with its text
            to_memory(
                (number, row["id"], row["version"], row["doc"], row["agent_id"], row["session_id"], row["text"], row["kind"], row["term"],
                 row["status"], row["confidence"], row["importance"], row["subject"], row["valid_from"], row["valid_to"],
                 row["recorded_at"], row["retired_at"], row["expires_at"], row["superseded_by"], row["metadata"], row["sources"],
                 row["claims"], *self._named)
            )  # fmt: skip
        cursor = self._write("memories", row)
        if cursor:
            docs[original] = row["doc"]
            self._nums[number] = cursor.lastrowid
            self._numbered(row["doc"])
        else:
            self._nums[number], docs[original] = self._execute(
                "SELECT num, doc FROM memories WHERE id = ? AND version = ?", (row["id"], row["version"])
            ).fetchone()
        self._evidence += [(int(pair.split(":")[0]), row["id"]) for pair in row["drawn"].split()]

    def _later(self, table: str, row: dict[str, Any]) -> None:
        if table == "changes":
            from_micros(row["at"])
            row["before"], row["after"] = self._nums.get(row["before"]), self._nums.get(row["after"])
        elif table == "jobs":
            row |= {"worker": "", "state": "pending" if row["state"] == "running" else row["state"]}
        elif table == "parts":
            row["tenant"] = self._named[0]
        waiting = self._waiting[table]
        waiting.append(self._values(table, row))
        if len(waiting) >= BATCH:
            self._flush()

    def _numbered(self, doc: int) -> None:
        self._next = max(self._next, doc + 1)
        self._dirty.append(doc)
        if len(self._dirty) >= BATCH:
            self._flush()

    def _write(self, table: str, row: dict[str, Any]) -> Any:
        """Writes a row at once. Returns the cursor; None when it was there already."""
        cursor = self._execute(INSERTS[table][1], self._values(table, row))
        self.counts[table] += cursor.rowcount
        return cursor if cursor.rowcount else None

    def _values(self, table: str, row: dict[str, Any]) -> list[Any]:
        row["owner"], row["revision"] = self._owner, self._revision
        return [row[column] for column in INSERTS[table][0]]

    def _flush(self) -> None:
        many = self._tx.connection.executemany
        for table, waiting in self._waiting.items():
            if waiting:
                self.counts[table] += many(INSERTS[table][1], waiting).rowcount
                waiting.clear()
        if self._evidence:
            many("INSERT OR IGNORE INTO evidence VALUES (?, ?)", self._evidence)
            self._evidence = []
        if self._dirty:
            self._tx.soil("vector", self._dirty, self._owner, self._revision)
            self._dirty = []
