"""Reading the SQLite ledger: one snapshot, many questions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perdure import errors
from perdure.adapters.ledger.columns import Columns
from perdure.adapters.ledger.filters_sql import compile_filter
from perdure.adapters.ledger.rows import MEMORY_COLUMNS, MESSAGE_COLUMNS, digest, to_memory, to_message
from perdure.adapters.ledger.sqlite_dump import dump
from perdure.adapters.ledger.sqlite_names import read as read_names
from perdure.adapters.ledger.sqlite_spending import spending
from perdure.adapters.ledger.sqlite_uses import uses
from perdure.errors import PerdureError
from perdure.filters import Filter
from perdure.model.base import from_micros
from perdure.model.change import Change, Conflict, Job
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage, Message
from perdure.model.scope import Scope
from perdure.model.spending import By, Purpose, Usage

if TYPE_CHECKING:
    from perdure.adapters.ledger.sqlite import SqliteLedger

ERRORS: dict[str, type[PerdureError]] = {name: getattr(errors, name) for name in errors.__all__}
MANY = 500  # bound parameters in one statement
#: As the partial index `jobs_by_state` has it: word for word, or SQLite does not see that it may be used and reads every job.
OPEN_JOBS = "state NOT IN ('done', 'skipped')"


class SqliteSnapshot:
    """One consistent view of the ledger; made by `SqliteLedger.snapshot` and `.transaction`."""

    def __init__(self, ledger: SqliteLedger, connection: sqlite3.Connection) -> None:
        self.ledger = ledger
        self.connection = connection
        self._execute = connection.execute
        self._changes_before = connection.total_changes

    # ------------------------------------------------------------------ owners
    def owners(self, scope: Scope) -> list[tuple[int, str]]:
        """Numbers and kinds of the owners that hold anything `scope` could see."""
        wanted = [
            (kind, key)
            for kind, key in (("user", scope.user_id), ("agent", scope.agent_id), ("session", scope.session_id))
            if key is not None
        ]
        found: dict[int, str] = {}
        for kind, key in wanted:
            row = self._execute(
                "SELECT num, kind FROM owners WHERE tenant = ? AND kind = ? AND key = ?", (scope.tenant, kind, key)
            ).fetchone()
            if row:
                found[row[0]] = row[1]
        # A read that names only an agent or a session looks into every owner it appears under; one that names a user also into what
        # an agent keeps of its own from that session, but never into another user.
        for part, key in wanted if scope.user_id is None else [w for w in wanted if w[0] == "session"]:
            sql = "SELECT o.num, o.kind FROM parts p JOIN owners o ON o.num = p.owner WHERE p.tenant = ? AND p.part = ? AND p.key = ?"
            rows: list[tuple[int, str]] = self._execute(sql, (scope.tenant, part, key)).fetchall()
            found |= {num: kind for num, kind in rows if scope.user_id is None or kind != "user"}
        return list(found.items())

    def owner(self, scope: Scope) -> int | None:
        """The number of the owner that writes in `scope` go to; None when it has none yet."""
        row = self._execute("SELECT num FROM owners WHERE tenant = ? AND kind = ? AND key = ?", (scope.tenant, *scope.owner)).fetchone()
        return row[0] if row else None

    def owner_of(self, memory_id: str) -> int | None:
        """The owner of a memory; None when there is no such memory."""
        row = self._execute("SELECT owner FROM memories WHERE id = ? LIMIT 1", (memory_id,)).fetchone()
        return row[0] if row else None

    def owner_kind(self, owner: int) -> str:
        """user, agent or session."""
        return self._execute("SELECT kind FROM owners WHERE num = ?", (owner,)).fetchone()[0]

    def all_owners(self) -> list[tuple[int, str]]:
        """Every owner's number and kind."""
        return self._execute("SELECT num, kind FROM owners ORDER BY num").fetchall()

    def version(self, owner: int) -> int:
        """How many commits of memories the owner has had; guards consolidation."""
        row = self._execute("SELECT version FROM owners WHERE num = ?", (owner,)).fetchone()
        return row[0] if row else 0

    def columns(self, owner: int, kind: str) -> Columns:
        """The owner's arrays, brought up to this snapshot."""
        row = self._execute("SELECT revision, epoch FROM owners WHERE num = ?", (owner,)).fetchone()
        if row is None:
            return Columns(owner, kind, 0)
        revision, epoch = row
        if self.connection.total_changes != self._changes_before:  # what a transaction wrote may yet be rolled back: kept nowhere
            columns = Columns(owner, kind, epoch)
        else:
            columns = self.ledger.columns.get(owner, kind, epoch)
        if columns.revision < revision:
            self._fill(columns, revision)
        return columns

    def _fill(self, columns: Columns, revision: int) -> None:
        with columns.lock:
            since = columns.revision
            if revision > since:
                columns.fill(
                    self._execute(
                        "SELECT doc, said_at, recorded_at, agent_id, session_id, private, coalesce(name, role), words, "
                        "role, asks "                        "FROM messages WHERE owner = ? AND revision > ?", (columns.owner, since),
                    ),
                    self._execute(
                        "SELECT num, doc, said_at, valid_from, valid_to, recorded_at, retired_at, expires_at, status, kind, agent_id, "
                        "session_id, term = 'short_term', subject, words, drawn, confidence * min(1.0, 0.6 + importance) "
                        "FROM memories WHERE owner = ? AND revision > ?", (columns.owner, since),
                    ),
                )  # fmt: skip
                columns.revision = revision

    def filtered(self, owner: int, tree: Filter) -> set[int]:
        """Documents of the owner for which the filter holds (for memories: in the current version)."""
        docs: set[int] = set()
        for table, extra in (("messages", ""), ("memories", " AND retired_at IS NULL")):
            sql, values = compile_filter(tree, table)
            docs.update(d for (d,) in self._execute(f"SELECT doc FROM {table} WHERE owner = ?{extra} AND {sql}", (owner, *values)))
        return docs

    def names(self, owner: int) -> Mapping[str, str]:
        """Folded names and aliases of the owner's entities, each with the entity's name (SELF for the user)."""
        cached = self.ledger.names.get(owner)
        names = read_names(self.connection, owner, cached)
        if names is None:
            return {}
        if names is not cached and self.connection.total_changes == self._changes_before:  # what a transaction wrote may be rolled back
            self.ledger.keep_names(owner, names)
        return names.all

    # ------------------------------------------------------------------ messages
    def messages(self, docs: Iterable[int]) -> dict[int, CapturedMessage]:
        """Messages by document number."""
        return {m.doc: m for m in map(to_message, self._by_number("messages", MESSAGE_COLUMNS, "doc", docs))}

    def message_called(self, owner: int, message_id: str) -> CapturedMessage | None:
        """The newest message with this id."""
        row = self._execute(
            f"SELECT {MESSAGE_COLUMNS} FROM messages m JOIN owners o ON o.num = m.owner WHERE m.owner = ? AND m.id = ? ORDER BY m.doc DESC",
            (owner, message_id),
        ).fetchone()
        return to_message(row) if row else None

    def redelivered(
        self, owner: int, message: Message, digest: bytes, *, dated: bool, session_id: str | None, agent_id: str | None
    ) -> CapturedMessage | None:
        """The stored message that `message` repeats: same content under the same id, or at the same given time."""
        if not message.id and not dated:
            return None  # said now, and for the first time
        rows = self._execute(
            f"SELECT {MESSAGE_COLUMNS}, m.dated FROM messages m JOIN owners o ON o.num = m.owner "
            "WHERE m.owner = ? AND m.digest = ? AND +m.session_id IS ? AND +m.agent_id IS ?",  # +: the digest's index, not the session's
            (owner, digest, session_id, agent_id),
        ).fetchall()  # fmt: skip
        for *row, was_dated in rows:
            stored = to_message(row)
            same = stored.message
            if (same.content, same.role, same.name) != (message.content, message.role, message.name):
                continue
            if message.id and same.id == message.id:
                return stored
            if not message.id and dated and was_dated and message.timestamp == same.timestamp:
                return stored
        return None

    def recent(self, owner: int, scope: Scope, *, limit: int, before: int | None = None, until: int | None = None) -> list[CapturedMessage]:
        """The session's last messages (of `scope.session_id`, or without a session), oldest first.

        Only messages `scope` may see; `before` a document number; said at or before `until` (microseconds).
        """
        sql = (
            f"SELECT {MESSAGE_COLUMNS} FROM messages m JOIN owners o ON o.num = m.owner WHERE m.owner = ? AND m.session_id IS ?"
            + ("" if scope.agent_id is None else " AND (m.agent_id IS NULL OR m.agent_id = ?)")
            + ("" if before is None else " AND m.doc < ?")
            + ("" if until is None else " AND m.said_at <= ?")
            + " ORDER BY m.said_at DESC, m.doc DESC LIMIT ?"
        )
        values = [owner, scope.session_id, *(v for v in (scope.agent_id, before, until) if v is not None), limit]
        return [to_message(r) for r in reversed(self._execute(sql, values).fetchall())]

    def episode_messages(self, episode: str) -> list[CapturedMessage]:
        """The messages of an episode in order."""
        sql = f"SELECT {MESSAGE_COLUMNS} FROM messages m JOIN owners o ON o.num = m.owner WHERE m.episode = ? ORDER BY m.doc"
        return [to_message(r) for r in self._execute(sql, (episode,)).fetchall()]

    def carried_messages(self, owner: int, *, agent_id: str | None, session_id: str | None) -> list[CapturedMessage]:
        """The owner's messages that carry every part given."""
        sql, values = _carried(agent_id, session_id)
        rows = self._execute(
            f"SELECT {MESSAGE_COLUMNS} FROM messages m JOIN owners o ON o.num = m.owner WHERE m.owner = ?{sql} ORDER BY m.doc",
            (owner, *values),
        )
        return [to_message(r) for r in rows.fetchall()]

    def touched_memories(self, owner: int, *, agent_id: str | None, session_id: str | None) -> list[MemoryRecord]:
        """Current memories of the owner that carry every part given, or were drawn from messages that do."""
        sql, values = _carried(agent_id, session_id)
        return self._memories(
            f"m.owner = ? AND m.retired_at IS NULL AND ((1{sql}) OR m.id IN (SELECT e.memory FROM evidence e JOIN messages m "
            f"ON m.doc = e.message WHERE m.owner = ?{sql})) ORDER BY m.num",
            (owner, *values, owner, *values),
        )

    # ------------------------------------------------------------------ memories
    def versions(self, nums: Iterable[int]) -> dict[int, MemoryRecord]:
        """Memory versions by their number."""
        return {row[0]: to_memory(row) for row in self._by_number("memories", MEMORY_COLUMNS, "num", nums)}

    def texts(self, docs: Iterable[int]) -> dict[int, MemoryRecord]:
        """For documents that are memories' texts, the first version with that text."""
        found: dict[int, MemoryRecord] = {}
        for row in self._by_number("memories", MEMORY_COLUMNS, "doc", docs):
            record = to_memory(row)
            if record.doc not in found or record.version < found[record.doc].version:
                found[record.doc] = record
        return found

    def current(self, memory_id: str) -> MemoryRecord | None:
        """The version that is not retired."""
        found = self._memories("m.id = ? AND m.retired_at IS NULL", (memory_id,))
        return found[0] if found else None

    def all_versions(self, memory_id: str) -> list[MemoryRecord]:
        """Every version, oldest first."""
        return self._memories("m.id = ? ORDER BY m.version", (memory_id,))

    def by_digest(self, owner: int, text: str) -> list[MemoryRecord]:
        """Current live memories that say the same but for case, spacing and punctuation."""
        return self._memories(
            "m.owner = ? AND m.digest = ? AND m.retired_at IS NULL AND m.status = 'live' ORDER BY m.num", (owner, digest(text))
        )

    def by_message(self, doc: int) -> list[MemoryRecord]:
        """Current memories drawn from a message, whatever their status."""
        return self._memories("m.retired_at IS NULL AND m.id IN (SELECT memory FROM evidence WHERE message = ?) ORDER BY m.num", (doc,))

    def open_slots(self, owner: int, entity: str, attribute: str, *, matching: Callable[[str], bool] | None = None) -> list[MemoryRecord]:
        """Current memories with a slot of this entity and attribute that has not ended, oldest first.

        `matching`: only those whose folded value it accepts; the rest is not even read.
        """
        rows = self._execute(
            "SELECT doc, memory, value_key FROM slots WHERE owner = ? AND entity = ? AND attribute = ? AND valid_to IS NULL ORDER BY doc",
            (owner, entity, attribute),
        ).fetchall()
        ids = dict.fromkeys(memory for _, memory, value in rows if matching is None or matching(value))
        found = [self.current(i) for i in ids]
        return [r for r in found if r is not None and r.status == "live"]

    def known_versions(self, owner: int, known_at: int) -> list[MemoryRecord]:
        """Every memory version of the owner that was what we knew at `known_at`, oldest first."""
        return self._memories(
            "m.owner = ? AND m.recorded_at <= ? AND (m.retired_at IS NULL OR m.retired_at > ?) ORDER BY m.num",
            (owner, known_at, known_at),
        )

    def current_versions(self, owner: int) -> list[MemoryRecord]:
        """Every current version of the owner, oldest first."""
        return self._memories("m.owner = ? AND m.retired_at IS NULL ORDER BY m.num", (owner,))

    def _memories(self, where: str, values: tuple[Any, ...]) -> list[MemoryRecord]:
        sql = f"SELECT {MEMORY_COLUMNS} FROM memories m JOIN owners o ON o.num = m.owner WHERE {where}"
        return [to_memory(r) for r in self._execute(sql, values).fetchall()]

    def _by_number(self, table: str, columns: str, key: str, numbers: Iterable[int]) -> list[Any]:
        wanted, rows = list(numbers), list[Any]()
        for start in range(0, len(wanted), MANY):
            part = wanted[start : start + MANY]
            marks = ",".join("?" * len(part))
            rows += self._execute(
                f"SELECT {columns} FROM {table} m JOIN owners o ON o.num = m.owner WHERE m.{key} IN ({marks})", part
            ).fetchall()
        return rows

    # ------------------------------------------------------------------ changes, jobs, conflicts
    def changes(
        self, *, memory_id: str | None = None, owner: int | None = None, since: int | None = None, until: int | None = None,
        job: str | None = None, cause: str | None = None, change_id: str | None = None, undoes: str | None = None,
    ) -> list[Change]:  # fmt: skip
        """Changes that satisfy every condition given, oldest first."""
        conditions = {
            "memory = ?": memory_id, "owner = ?": owner, "at > ?": since, "at <= ?": until, "job = ?": job, "cause = ?": cause,
            "id = ?": change_id, "undoes = ?": undoes,
        }  # fmt: skip
        # The indexes of `cause` and `undoes` leave out the empty ones, and are used by a query that says so.
        given = {
            f"{sql} AND {sql.split()[0]} <> ''" if value and sql in ("cause = ?", "undoes = ?") else sql: value
            for sql, value in conditions.items() if value is not None
        }  # fmt: skip
        rows = self._execute(
            "SELECT id, type, memory, before, after, reason, actor, at, cause, undoes FROM changes "
            f"WHERE {' AND '.join(given) or 'TRUE'} ORDER BY num", tuple(given.values()),
        ).fetchall()  # fmt: skip
        records = self.versions({n for r in rows for n in (r[3], r[4]) if n is not None})
        return [
            Change(
                id=uid, type=kind, memory_id=memory, before=records.get(before), after=records.get(after), reason=reason, actor=actor,
                at=from_micros(at), cause=why, undoes=undone,
            )
            for uid, kind, memory, before, after, reason, actor, at, why, undone in rows
        ]  # fmt: skip

    def jobs(self, *, owner: int | None = None, episode: str | None = None, job_id: str | None = None, due: int | None = None) -> list[Job]:
        """Jobs that satisfy every condition given, oldest first; `due`: pending at this time (microseconds) or before."""
        conditions: dict[str, Any] = {"owner = ?": owner, "episode = ?": episode, "id = ?": job_id, "next_at <= ?": due}
        given = {sql: value for sql, value in conditions.items() if value is not None}
        if due is not None:
            given |= {f"{OPEN_JOBS} AND state = ?": "pending"}
        rows = self._execute(
            "SELECT id, episode, state, attempts, error, next_at, calls, input_tokens, output_tokens, dropped FROM jobs "
            f"WHERE {' AND '.join(given) or 'TRUE'} "
            "ORDER BY created_at, (SELECT min(doc) FROM messages m WHERE m.episode = jobs.episode)", tuple(given.values()),
        ).fetchall()  # fmt: skip
        return [
            Job(
                id=uid, episode_id=episode_id, state=state, attempts=attempts, error=_error(error),
                next_at=None if next_at is None or state != "pending" else from_micros(next_at),
                calls=calls, input_tokens=asked, output_tokens=answered, dropped=tuple(json.loads(dropped)),
            )
            for uid, episode_id, state, attempts, error, next_at, calls, asked, answered, dropped in rows
        ]  # fmt: skip

    def conflicts(self, *, owner: int | None = None, conflict_id: str | None = None, settled: bool = False) -> list[Conflict]:
        """The inbox: open conflicts, or settled ones too."""
        conditions: dict[str, Any] = {"owner = ?": owner, "id = ?": conflict_id}
        given = {sql: value for sql, value in conditions.items() if value is not None}
        where = [*given, *([] if settled else ["settled_at IS NULL"])]
        rows = self._execute(
            "SELECT id, memory, other, reason, opened_at, settled_at FROM conflicts "
            f"WHERE {' AND '.join(where) or 'TRUE'} ORDER BY opened_at, id",
            tuple(given.values()),
        ).fetchall()
        return [
            Conflict(uid, memory, other, reason, from_micros(opened), None if done is None else from_micros(done))
            for uid, memory, other, reason, opened, done in rows
        ]

    def dirty(self, projection: str, *, owner: int | None = None, limit: int = 256) -> list[tuple[int, int, int]]:
        """(owner, doc, revision) of documents the projection has yet to be told about."""
        # The planner would walk the primary key, past what waits of everybody else.
        mine = "" if owner is None else "INDEXED BY dirty_by_owner"
        return self._execute(
            f"SELECT owner, doc, revision FROM dirty {mine} WHERE projection = ? {'AND owner = ?' if mine else ''} ORDER BY doc LIMIT ?",
            (projection, *(() if owner is None else (owner,)), limit),
        ).fetchall()

    def dirty_docs(self, projection: str, owner: int) -> list[tuple[int]]:
        """Documents of the owner the projection has yet to be told about."""
        return self._execute("SELECT doc FROM dirty WHERE projection = ? AND owner = ?", (projection, owner)).fetchall()

    def call(self, owner: int, key: str) -> str | None:
        """A reply that was paid for before."""
        row = self._execute("SELECT reply FROM calls WHERE owner = ? AND key = ?", (owner, key)).fetchone()
        return row[0] if row else None

    def uses(self, owner: int) -> dict[str, tuple[int, int]]:
        """How often each memory of the owner was used, and on which day last."""
        return uses(self.connection, owner)

    def spending(
        self, by: By, *, owner: int | None = None, since: int | None = None, until: int | None = None, purposes: Sequence[Purpose] = ()
    ) -> list[tuple[Any, Usage]]:
        """What model calls took: (key, usage) for each key and model."""
        return spending(self.connection, by, owner=owner, since=since, until=until, purposes=purposes)

    def owner_key(self, owner: int) -> tuple[str, str] | None:
        """Kind and id of an owner; None when there is no such owner."""
        return self._execute("SELECT kind, key FROM owners WHERE num = ?", (owner,)).fetchone()

    def due(self, at: int) -> list[tuple[str, int, str | None, str | None]]:
        """(job, owner, agent, session) of pending jobs that are due at an instant (microseconds), in the order they came."""
        return self._execute(
            "SELECT j.id, j.owner, e.agent_id, e.session_id FROM jobs j JOIN episodes e ON e.id = j.episode "
            f"WHERE {OPEN_JOBS} AND state = 'pending' AND next_at <= ? "
            "ORDER BY (SELECT min(doc) FROM messages m WHERE m.episode = j.episode)",
            (at,),
        ).fetchall()

    def job_count(self, owner: int) -> int:
        """How many jobs an owner has."""
        return self._execute("SELECT count(*) FROM jobs WHERE owner = ?", (owner,)).fetchone()[0]

    def waiting_for_budget(self) -> list[tuple[str, int]]:
        """(job, owner) of pending jobs that a spent budget holds up, oldest first."""
        return self._execute(
            f"SELECT id, owner FROM jobs WHERE {OPEN_JOBS} AND state = 'pending' AND error LIKE 'BudgetError: %' ORDER BY created_at, id"
        ).fetchall()

    # ------------------------------------------------------------------ the whole
    def dump(self, owner: int) -> Iterator[tuple[str, list[Any]]]:
        """Everything of an owner as plain rows."""
        return dump(self.connection, owner)

    def has_work(self) -> bool:
        """Whether a job waits, a worker's claim may be stale, or a document is dirty."""
        return bool(
            self._execute(
                f"SELECT EXISTS (SELECT 1 FROM jobs WHERE {OPEN_JOBS} AND state <> 'failed') OR EXISTS (SELECT 1 FROM dirty)"
            ).fetchone()[0]
        )

    def all_docs(self, owner: int) -> list[int]:
        """Every document of the owner: messages and the texts of memories."""
        return [
            d for (d,) in self._execute(
                "SELECT doc FROM messages WHERE owner = ? UNION SELECT doc FROM memories WHERE owner = ? ORDER BY doc", (owner, owner)
            )
        ]  # fmt: skip

    def expected_texts(self, owner: int) -> tuple[dict[int, str], list[CapturedMessage]]:
        """What the text index of the owner must hold: texts of memories by document, and the messages."""
        texts = dict(self._execute("SELECT doc, text FROM memories WHERE owner = ?", (owner,)).fetchall())
        rows = self._execute(f"SELECT {MESSAGE_COLUMNS} FROM messages m JOIN owners o ON o.num = m.owner WHERE m.owner = ?", (owner,))
        return texts, [to_message(r) for r in rows.fetchall()]

    def has_history(self, memory_id: str) -> bool:
        """Whether the memory has a change that led to its current version."""
        sql = (  # both by the memory: nothing finds a change by the version it led to
            "SELECT 1 FROM memories m JOIN changes c ON c.memory = m.id AND c.after = m.num WHERE m.id = ? AND m.retired_at IS NULL LIMIT 1"
        )
        return self._execute(sql, (memory_id,)).fetchone() is not None

    def damage(self) -> list[str]:
        """What SQLite's own check finds, and rows that point nowhere."""
        found = [f"file: {text}" for (text,) in self._execute("PRAGMA quick_check(20)").fetchall() if text != "ok"]
        orphans = {
            "ledger: message without episode": "SELECT id FROM messages WHERE episode NOT IN (SELECT id FROM episodes)",
            "ledger: evidence without message": "SELECT memory FROM evidence WHERE message NOT IN (SELECT doc FROM messages)",
            "ledger: evidence without memory": "SELECT memory FROM evidence WHERE memory NOT IN (SELECT id FROM memories)",
            "ledger: change without memory": "SELECT id FROM changes WHERE memory NOT IN (SELECT id FROM memories)",
            "ledger: two current versions": "SELECT id FROM memories WHERE retired_at IS NULL GROUP BY id HAVING count(*) > 1",
            "ledger: no current version": "SELECT id FROM memories GROUP BY id HAVING sum(retired_at IS NULL) = 0",
            "ledger: job without episode": "SELECT id FROM jobs WHERE episode NOT IN (SELECT id FROM episodes)",
            "ledger: change without its job": "SELECT id FROM changes WHERE job <> '' AND job NOT IN (SELECT id FROM jobs)",
            "vector: vector of no owner": "SELECT doc FROM vectors WHERE owner NOT IN (SELECT num FROM owners)",
            "ledger: spending of no owner": "SELECT day FROM spending WHERE owner NOT IN (SELECT 0 UNION SELECT num FROM owners)",
            "text: posting of no owner": "SELECT DISTINCT owner FROM postings WHERE owner NOT IN (SELECT num FROM owners)",
        }
        for what, sql in orphans.items():
            found += [f"{what}: {key}" for (key,) in self._execute(sql + " LIMIT 20").fetchall()]
        return found

    def counts(self, owner: int | None) -> dict[str, Any]:
        """The numbers of `Stats`, over the store or one owner."""
        mine, values = ("", ()) if owner is None else (" AND owner = ?", (owner,))

        def count(sql: str) -> int:
            return self._execute(sql + mine, values).fetchone()[0]

        def grouped(column: str, table: str) -> dict[str, int]:
            return dict(self._execute(f"SELECT {column}, count(*) FROM {table} WHERE 1{mine} GROUP BY {column}", values).fetchall())

        return {
            "messages": count("SELECT count(*) FROM messages WHERE 1"),
            "memories": count("SELECT count(*) FROM memories WHERE retired_at IS NULL AND status = 'live' AND kind <> 'summary'"),
            "superseded": count("SELECT count(*) FROM memories WHERE retired_at IS NULL AND status = 'superseded'"),
            "entities": count("SELECT count(DISTINCT owner || char(31) || name) FROM mentions WHERE 1"),
            "relations": count("SELECT count(*) FROM edges WHERE 1"),
            "slots": count("SELECT count(*) FROM slots WHERE 1"),
            "owners": 1 if owner is not None else self._execute("SELECT count(*) FROM owners").fetchone()[0],
            "changes": count("SELECT count(*) FROM changes WHERE 1"),
            "conflicts": count("SELECT count(*) FROM conflicts WHERE settled_at IS NULL"),
            "jobs": grouped("state", "jobs"),
            "waiting_for_budget": count(
                f"SELECT count(*) FROM jobs WHERE {OPEN_JOBS} AND state = 'pending' AND error LIKE 'BudgetError: %'"
            ),
            "lag": grouped("projection", "dirty"),
        }


def _carried(agent_id: str | None, session_id: str | None) -> tuple[str, list[str]]:
    given = {"agent_id": agent_id, "session_id": session_id}
    parts = {name: value for name, value in given.items() if value is not None}
    return "".join(f" AND m.{name} = ?" for name in parts), list(parts.values())


def _error(text: str | None) -> PerdureError | None:
    if not text:
        return None
    name, _, message = text.partition(": ")
    return ERRORS.get(name, PerdureError)(message)
