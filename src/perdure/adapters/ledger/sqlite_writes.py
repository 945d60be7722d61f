"""Writing the SQLite ledger: the statements of one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from perdure.adapters.ledger.rows import INSERT_MEMORY, memory_values
from perdure.adapters.ledger.sqlite_reads import MANY, OPEN_JOBS, SqliteSnapshot
from perdure.adapters.ledger.sqlite_restore import restore
from perdure.adapters.ledger.sqlite_spending import forget_job, forget_owner, spend
from perdure.adapters.ledger.sqlite_uses import forget_owner_uses, forget_uses, put_uses
from perdure.model.base import to_micros
from perdure.model.change import Change, Conflict, Job
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage, Episode
from perdure.model.scope import Scope
from perdure.model.spending import Usage


class SqliteTransaction(SqliteSnapshot):
    """One write transaction; reads in it see its own writes."""

    # ------------------------------------------------------------------ owners
    def ensure_owner(self, scope: Scope) -> int:
        """The owner's number, made when missing; notes the agent and session that appear under it."""
        self._execute("INSERT OR IGNORE INTO owners (tenant, kind, key) VALUES (?, ?, ?)", (scope.tenant, *scope.owner))
        owner = self.owner(scope)
        assert owner is not None  # noqa: S101  (inserted above)
        for part, key in (("agent", scope.agent_id), ("session", scope.session_id)):
            if key is not None:
                self._execute("INSERT OR IGNORE INTO parts VALUES (?, ?, ?, ?)", (scope.tenant, part, key, owner))
        return owner

    def revise(self, owner: int, *, memories: bool = False, erased: bool = False) -> int:
        """The revision of this transaction's rows of the owner; `memories`: a commit; `erased`: caches must start again."""
        return self._execute(
            "UPDATE owners SET revision = revision + 1, version = version + ?, epoch = epoch + ? WHERE num = ? RETURNING revision",
            (int(memories), int(erased), owner),
        ).fetchone()[0]

    def take_docs(self, n: int) -> int:
        """Reserves `n` document numbers and returns the first."""
        return self._execute("UPDATE counters SET value = value + ? WHERE name = 'doc' RETURNING value", (n,)).fetchone()[0] - n + 1

    # ------------------------------------------------------------------ capture
    def put_episode(self, episode: Episode, owner: int) -> None:
        """A new episode, without its messages."""
        self._execute(
            "INSERT INTO episodes VALUES (?, ?, ?, ?, ?)",
            (episode.id, owner, episode.scope.agent_id, episode.scope.session_id, to_micros(episode.recorded_at)),
        )

    def put_messages(
        self, messages: Sequence[CapturedMessage], owner: int, revision: int, *, words: Sequence[int], asks: Sequence[int],
        dated: Sequence[bool], digests: Sequence[bytes],
    ) -> None:  # fmt: skip
        """New messages; `words`, `asks`, `dated` and `digests` run parallel."""
        self.connection.executemany(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    m.doc, m.message.id, m.episode_id, owner, m.scope.agent_id, m.scope.session_id, m.message.role, m.message.name,
                    m.message.content, to_micros(m.said_at), to_micros(m.recorded_at),
                    json.dumps(dict(m.message.metadata), ensure_ascii=False), dated[i], m.private, digests[i], words[i], revision,
                    asks[i],
                )
                for i, m in enumerate(messages)
            ],
        )  # fmt: skip

    def make_private(self, docs: Iterable[int], revision: int) -> None:
        """Keeps these messages to their own session."""
        self.connection.executemany("UPDATE messages SET private = 1, revision = ? WHERE doc = ?", [(revision, d) for d in docs])

    # ------------------------------------------------------------------ memories
    def put_version(self, record: MemoryRecord, owner: int, revision: int, *, words: int, shares: Mapping[int, int]) -> int:
        """A new version of a memory, retiring the one before at its `recorded_at`. Returns the version's number."""
        self._execute(
            "UPDATE memories SET retired_at = ?, revision = ? WHERE id = ? AND retired_at IS NULL",
            (to_micros(record.recorded_at), revision, record.id),
        )
        cursor = self._execute(INSERT_MEMORY, memory_values(record, owner=owner, words=words, revision=revision, shares=shares))
        self.connection.executemany("INSERT OR IGNORE INTO evidence VALUES (?, ?)", [(doc, record.id) for doc in shares])
        assert cursor.lastrowid is not None  # noqa: S101  (an INSERT has one)
        return cursor.lastrowid

    def put_change(self, change: Change, owner: int, *, before: int | None, after: int | None, job: str = "") -> None:
        """A change; `before` and `after` are version numbers."""
        self._execute(
            "INSERT INTO changes (id, owner, type, memory, before, after, reason, actor, at, cause, undoes, job) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (change.id, owner, change.type, change.memory_id, before, after, change.reason, change.actor, to_micros(change.at),
             change.cause, change.undoes, job),
        )  # fmt: skip

    def number(self, record: MemoryRecord | None) -> int | None:
        """The number of a stored version."""
        if record is None:
            return None
        row = self._execute("SELECT num FROM memories WHERE id = ? AND version = ?", (record.id, record.version)).fetchone()
        return row[0] if row else None

    # ------------------------------------------------------------------ jobs
    def put_job(self, job: Job, owner: int, *, worker: str, created_at: int) -> None:
        """A new job, claimed by `worker` when its state is running."""
        self._execute(
            "INSERT INTO jobs (id, episode, owner, state, attempts, next_at, worker, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (job.id, job.episode_id, owner, job.state, job.attempts, created_at, worker, created_at),
        )

    def claim(self, job_id: str, *, worker: str, now: int) -> bool:
        """Takes a pending job that is due; False when another worker was faster."""
        return bool(
            self._execute(
                "UPDATE jobs SET state = 'running', worker = ?, attempts = attempts + 1, next_at = ? "
                "WHERE id = ? AND state = 'pending' AND next_at <= ?", (worker, now, job_id, now),
            ).rowcount
        )  # fmt: skip

    def running(self) -> list[tuple[str, str, int]]:
        """(job, worker, since) of jobs that a worker holds."""
        return self._execute(f"SELECT id, worker, next_at FROM jobs WHERE {OPEN_JOBS} AND state = 'running'").fetchall()

    def release(self, job_id: str, *, worker: str, next_at: int, error: str, failed: bool = False, counted: bool = True) -> None:
        """Gives a job back, to be tried again at `next_at`, or for good when `failed`; not `counted`: that was no attempt."""
        self._execute(
            "UPDATE jobs SET state = ?, worker = '', next_at = ?, error = ?, attempts = max(0, attempts - ?) "
            "WHERE id = ? AND state = 'running' AND worker = ?",
            ("failed" if failed else "pending", next_at, error, int(not counted), job_id, worker),
        )

    def hurry(self, job_id: str, *, now: int) -> None:
        """Makes a pending job due."""
        self._execute("UPDATE jobs SET next_at = ? WHERE id = ? AND state = 'pending'", (now, job_id))

    def finish(self, job: Job, *, worker: str, at: int) -> bool:
        """Marks a job done or skipped; False when this worker no longer holds it."""
        return bool(
            self._execute(
                "UPDATE jobs SET state = ?, worker = '', error = NULL, finished_at = ?, calls = ?, input_tokens = ?, output_tokens = ?, "
                "dropped = ? WHERE id = ? AND state = 'running' AND worker = ?",
                (job.state, at, job.calls, job.input_tokens, job.output_tokens, json.dumps(list(job.dropped)), job.id, worker),
            ).rowcount
        )

    def retry_failed(self, job_id: str, *, now: int) -> bool:
        """Makes a failed job due again."""
        return bool(
            self._execute(
                "UPDATE jobs SET state = 'pending', attempts = 0, next_at = ? WHERE id = ? AND state = 'failed'", (now, job_id)
            ).rowcount
        )

    # ------------------------------------------------------------------ paid calls, conflicts, dirty rows
    def put_call(self, owner: int, key: str, reply: str, at: int) -> None:
        """A reply that was paid for."""
        self._execute("INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?)", (key, owner, reply, at))

    def drop_calls(self, owner: int, keys: Sequence[str]) -> None:
        """Removes replies that turned out to be of no use."""
        self.connection.executemany("DELETE FROM calls WHERE owner = ? AND key = ?", [(owner, key) for key in keys])

    def spend(self, owner: int, usage: Usage, *, day: int, job: str = "") -> None:
        """Counts what was paid."""
        spend(self.connection, owner, usage, day=day, job=job)

    def put_uses(self, counts: Mapping[tuple[str, int], int]) -> None:
        """Adds to the uses of (memory, day)."""
        put_uses(self.connection, counts)

    def put_conflict(self, conflict: Conflict, owner: int) -> None:
        """A new entry of the inbox."""
        self._execute(
            "INSERT INTO conflicts VALUES (?, ?, ?, ?, ?, ?, NULL)",
            (conflict.id, owner, conflict.memory_id, conflict.other_id, conflict.reason, to_micros(conflict.opened_at)),
        )

    def settle(self, conflict_id: str, at: int) -> None:
        """Closes an entry of the inbox."""
        self._execute("UPDATE conflicts SET settled_at = ? WHERE id = ?", (at, conflict_id))

    def soil(self, projection: str, docs: Iterable[int], owner: int, revision: int) -> None:
        """Marks documents that a projection has yet to be told about."""
        self.connection.executemany(
            "INSERT INTO dirty VALUES (?, ?, ?, ?) ON CONFLICT (projection, doc) DO UPDATE SET revision = excluded.revision",
            [(projection, doc, owner, revision) for doc in docs],
        )

    def clean(self, projection: str, rows: Iterable[tuple[int, int]]) -> None:
        """Takes (doc, revision) rows out of the dirty set, unless something newer arrived."""
        self.connection.executemany(
            "DELETE FROM dirty WHERE projection = ? AND doc = ? AND revision <= ?",
            [(projection, doc, revision) for doc, revision in rows],
        )

    def restore(self, rows: Iterable[Any]) -> dict[str, int]:
        """Writes rows of `dump`; what is there already stays. Returns how many rows of each table were new."""
        self.ledger.file.expect_bulk()
        return restore(self, rows)

    # ------------------------------------------------------------------ erasure
    def erase_messages(self, docs: Sequence[int]) -> int:
        """Removes messages, and episodes and jobs that have none left. Returns how many messages went."""
        episodes = {e for (e,) in self._in("SELECT DISTINCT episode FROM messages WHERE doc IN ({})", docs)}
        gone = self._in("DELETE FROM messages WHERE doc IN ({}) RETURNING doc", docs)
        self._in("DELETE FROM evidence WHERE message IN ({})", docs)
        self._in("DELETE FROM dirty WHERE doc IN ({})", docs)
        empty = [e for e in episodes if not self._execute("SELECT 1 FROM messages WHERE episode = ? LIMIT 1", (e,)).fetchone()]
        self._in("DELETE FROM episodes WHERE id IN ({})", empty)
        for (job,) in self._in("DELETE FROM jobs WHERE episode IN ({}) RETURNING id", empty):
            forget_job(self.connection, str(job))
        return len(gone)

    def rewrite_message(self, doc: int, content: str, digest: bytes, words: int, revision: int) -> None:
        """Replaces a message's content after a part of it was erased."""
        self._execute(
            "UPDATE messages SET content = ?, digest = ?, words = ?, revision = ? WHERE doc = ?",
            (content, digest, words, revision, doc),
        )

    def erase_memories(self, ids: Sequence[str]) -> int:
        """Removes memories with all their versions, changes and conflicts. Returns how many versions went."""
        docs = [d for (d,) in self._in("SELECT DISTINCT doc FROM memories WHERE id IN ({})", ids)]
        gone = self._in("DELETE FROM memories WHERE id IN ({}) RETURNING num", ids)
        forget_uses(self.connection, ids)
        self._in("DELETE FROM changes WHERE memory IN ({})", ids)
        self._in("DELETE FROM evidence WHERE memory IN ({})", ids)
        self._in("DELETE FROM conflicts WHERE memory IN ({})", ids)
        self._in("DELETE FROM conflicts WHERE other IN ({})", ids)
        self._in("DELETE FROM dirty WHERE doc IN ({})", docs)
        return len(gone)

    def erase_versions_before(self, memory_id: str, version: int) -> None:
        """Removes the earlier versions of a memory and the changes that lead to them."""
        self._execute("DELETE FROM memories WHERE id = ? AND version < ?", (memory_id, version))
        self._execute("DELETE FROM changes WHERE memory = ? AND type <> 'erase'", (memory_id,))
        self._execute("UPDATE changes SET before = NULL WHERE memory = ?", (memory_id,))
        self._execute("DELETE FROM evidence WHERE memory = ? AND message NOT IN (SELECT doc FROM messages)", (memory_id,))

    def erase_owner(self, owner: int) -> dict[str, int]:
        """Removes everything of an owner from the ledger's tables. Returns rows per table."""
        counts: dict[str, int] = {}
        self._execute("DELETE FROM evidence WHERE message IN (SELECT doc FROM messages WHERE owner = ?)", (owner,))
        for table in ("messages", "memories", "changes", "episodes", "jobs", "calls", "conflicts", "dirty", "parts"):
            counts[table] = self._execute(f"DELETE FROM {table} WHERE owner = ?", (owner,)).rowcount
        forget_owner(self.connection, owner)
        forget_owner_uses(self.connection, owner)
        self._execute("DELETE FROM owners WHERE num = ?", (owner,))
        return counts

    def erase_calls(self, owner: int) -> int:
        """Removes the owner's paid replies: they may quote what was erased."""
        return self._execute("DELETE FROM calls WHERE owner = ?", (owner,)).rowcount

    def _in(self, sql: str, values: Sequence[object]) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        for start in range(0, len(values), MANY):
            part = values[start : start + MANY]
            rows += self._execute(sql.format(",".join("?" * len(part))), tuple(part)).fetchall()
        return rows
