"""The ledger: what is read from it in a snapshot, and what is written in a transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

from perdure.filters import Filter
from perdure.model.change import Change, Conflict, Job
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage, Episode, Message
from perdure.model.scope import Scope
from perdure.model.spending import By, Purpose, Usage
from perdure.ports.arrays import Columns

if TYPE_CHECKING:
    Matching = Callable[[str], bool] | None


# ---------------------------------------------------------------------- reading the ledger
class ReadsOwners(Protocol):
    """Owners: the user, else the agent, else the session of a scope (`Scope.owner`). Stores number and are partitioned by them.

    `owner` is the one that writes in a scope go to, None when it has none yet; `owners` all that hold anything the scope could see,
    with their kinds; `owner_key` gives an owner's kind and id, None when there is no such owner. `version` counts an owner's commits
    of memories and guards consolidation; 0 when there is no such owner. `columns` hold everything up to this snapshot. `filtered`:
    documents for which a filter holds as `perdure.filters.matches` means it, for memories in the current version. `names`: folded
    names and aliases to entities' names (SELF for the user).
    """

    def owners(self, scope: Scope) -> list[tuple[int, str]]: ...
    def owner(self, scope: Scope) -> int | None: ...
    def owner_of(self, memory_id: str) -> int | None: ...
    def owner_kind(self, owner: int) -> str: ...
    def owner_key(self, owner: int) -> tuple[str, str] | None: ...
    def all_owners(self) -> list[tuple[int, str]]: ...
    def version(self, owner: int) -> int: ...
    def columns(self, owner: int, kind: str) -> Columns: ...
    def filtered(self, owner: int, tree: Filter) -> set[int]: ...
    def names(self, owner: int) -> Mapping[str, str]: ...


class ReadsMessages(Protocol):
    """Messages as they were captured; `message_called` gives the newest with an id, `carried_messages` those with every part given.

    `recent`: the last messages of `scope.session_id` (or of no session) that `scope` may see, oldest first; `before` a document number,
    said at or before `until` (microseconds).
    """

    def messages(self, docs: Iterable[int]) -> dict[int, CapturedMessage]: ...
    def message_called(self, owner: int, message_id: str) -> CapturedMessage | None: ...
    def redelivered(
        self, owner: int, message: Message, digest: bytes, *, dated: bool, session_id: str | None, agent_id: str | None
    ) -> CapturedMessage | None:
        """The stored message that `message` repeats: same role, name and content under the same id, or at the same given time.

        `dated`: the caller gave the time; two messages that only came at the same instant are two messages.
        """
        ...

    def recent(
        self, owner: int, scope: Scope, *, limit: int, before: int | None = None, until: int | None = None
    ) -> list[CapturedMessage]: ...
    def episode_messages(self, episode: str) -> list[CapturedMessage]: ...
    def carried_messages(self, owner: int, *, agent_id: str | None, session_id: str | None) -> list[CapturedMessage]: ...


class ReadsMemories(Protocol):
    """Memory versions, oldest first. The *current* version of a memory is the one that is not retired, whatever its status.

    `versions`: by the number that `put_version` gave. `texts`: the first version with each document's text. `known_versions`: what was
    known at an instant, at most one version a memory. `by_digest`: current live ones that say the same but for case, spacing and
    punctuation. `by_message`: current ones that were ever drawn from a message. `open_slots`: current live ones with a slot of this
    entity key and attribute that has not ended. `touched_memories`: current ones that carry every part given, or were drawn from
    messages that do. `has_history`: a change led to the current version. `changes` satisfy every condition given; after `since`, at or
    before `until` (microseconds). `conflicts`: the inbox, with `settled` those that are closed too.
    """

    def versions(self, nums: Iterable[int]) -> dict[int, MemoryRecord]: ...
    def texts(self, docs: Iterable[int]) -> dict[int, MemoryRecord]: ...
    def current(self, memory_id: str) -> MemoryRecord | None: ...
    def all_versions(self, memory_id: str) -> list[MemoryRecord]: ...
    def current_versions(self, owner: int) -> list[MemoryRecord]: ...
    def known_versions(self, owner: int, known_at: int) -> list[MemoryRecord]: ...
    def by_digest(self, owner: int, text: str) -> list[MemoryRecord]: ...
    def by_message(self, doc: int) -> list[MemoryRecord]: ...
    def open_slots(self, owner: int, entity: str, attribute: str, *, matching: Matching = None) -> list[MemoryRecord]: ...
    def touched_memories(self, owner: int, *, agent_id: str | None, session_id: str | None) -> list[MemoryRecord]: ...
    def has_history(self, memory_id: str) -> bool: ...
    def changes(
        self, *, memory_id: str | None = None, owner: int | None = None, since: int | None = None, until: int | None = None,
        job: str | None = None, cause: str | None = None, change_id: str | None = None, undoes: str | None = None,
    ) -> list[Change]: ...  # fmt: skip
    def conflicts(self, *, owner: int | None = None, conflict_id: str | None = None, settled: bool = False) -> list[Conflict]: ...


class ReadsWork(Protocol):
    """What is yet to be done: jobs, and documents that projections have not been told about; what was paid for, and what it took.

    `jobs` satisfy every condition given, oldest first; `due`: pending at this time (microseconds) or before. `dirty` gives (owner,
    document, revision) in order of document. `has_work`: a job waits or is held, or a document is dirty. `due` gives
    (job, owner, agent, session) of jobs that are pending at this time or before, in the order they came. `job_count`: of an owner, in
    whatever state. `waiting_for_budget` gives (job, owner) of pending jobs whose last error is a `BudgetError`, oldest first.
    """

    def jobs(
        self, *, owner: int | None = None, episode: str | None = None, job_id: str | None = None, due: int | None = None
    ) -> list[Job]: ...
    def due(self, at: int) -> list[tuple[str, int, str | None, str | None]]: ...
    def job_count(self, owner: int) -> int: ...
    def waiting_for_budget(self) -> list[tuple[str, int]]: ...
    def call(self, owner: int, key: str) -> str | None: ...
    def spending(
        self, by: By, *, owner: int | None = None, since: int | None = None, until: int | None = None, purposes: Sequence[Purpose] = ()
    ) -> list[tuple[Any, Usage]]:
        """What model calls took: (key, usage) for each key and model, in order of both.

        Args:
            by: what the key is: the day (counted from 1970-01-01 UTC), the owner's number, the job's id, the model, the purpose.
            owner: one alone; 0 is nobody.
            since, until: days, both included.
            purposes: these alone; all when none is named. `Usage.purpose` means something only when one is.
        """
        ...

    def dirty(self, projection: str, *, owner: int | None = None, limit: int = 256) -> list[tuple[int, int, int]]: ...
    def dirty_docs(self, projection: str, owner: int) -> list[tuple[int]]: ...
    def has_work(self) -> bool: ...


class ReadsWhole(Protocol):
    """The whole: for export, rebuilding, verification and statistics.

    `dump`: (table, row) of everything of an owner, in JSON's types and in an order that `WritesWork.restore` can read.
    `expected_texts`: what the text index must hold, texts of memories by document and messages. `damage`: what the store's own
    check finds, and rows that point nowhere. `counts`: the numbers of `perdure.model.report.Stats`.
    """

    def dump(self, owner: int) -> Iterator[tuple[str, list[Any]]]: ...
    def all_docs(self, owner: int) -> list[int]: ...
    def expected_texts(self, owner: int) -> tuple[dict[int, str], list[CapturedMessage]]: ...
    def damage(self) -> list[str]: ...
    def counts(self, owner: int | None) -> dict[str, Any]: ...


class ReadsUses(Protocol):
    """What was of use: for each memory of an owner that went into a context or an answer how often, and on which day last.

    Days are counted from 1970-01-01 UTC. Memories that were never used are left out.
    """

    def uses(self, owner: int) -> dict[str, tuple[int, int]]: ...


class Snapshot(ReadsOwners, ReadsMessages, ReadsMemories, ReadsWork, ReadsUses, ReadsWhole, Protocol):
    """One consistent view of the ledger: what is committed after it was taken is not in it.

    Any method raises `LedgerError` when the store fails.
    """


# ---------------------------------------------------------------------- writing the ledger
class WritesOwners(Protocol):
    """Owners and numbers. `ensure_owner` makes one when missing, and notes the agent and session that appear under it.

    `revise` gives the revision of this transaction's rows, above every earlier one; `memories`: a commit, which raises `version`;
    `erased`: rows went or were replaced, so caches start again. `take_docs` reserves `n` document numbers and returns the first; a
    number is never given twice.
    """

    def ensure_owner(self, scope: Scope) -> int: ...
    def revise(self, owner: int, *, memories: bool = False, erased: bool = False) -> int: ...
    def take_docs(self, n: int) -> int: ...


class WritesMessages(Protocol):
    """Capture: an episode, then its messages; `make_private` keeps messages to their own session.

    `words` (index terms), `asks` (`Columns.asks`), `dated` (the caller gave the time) and `digests` run parallel to `messages`.
    """

    def put_episode(self, episode: Episode, owner: int) -> None: ...
    def put_messages(
        self, messages: Sequence[CapturedMessage], owner: int, revision: int, *, words: Sequence[int], asks: Sequence[int],
        dated: Sequence[bool], digests: Sequence[bytes],
    ) -> None: ...  # fmt: skip
    def make_private(self, docs: Iterable[int], revision: int) -> None: ...


class WritesMemories(Protocol):
    """Versions, changes, conflicts. Nothing that was written is edited, but for `retired_at` and `settled_at`.

    `before` and `after` of a change are version numbers.
    """

    def put_version(self, record: MemoryRecord, owner: int, revision: int, *, words: int, shares: Mapping[int, int]) -> int:
        """A new version, retiring the one before at `record.recorded_at`. Returns its number, above every earlier one.

        `shares`: message document to how much of it the memory's quotes cover, in percent.
        """
        ...

    def number(self, record: MemoryRecord | None) -> int | None:
        """The number of a stored version; None for None, or when it is not stored."""
        ...

    def put_change(self, change: Change, owner: int, *, before: int | None, after: int | None, job: str = "") -> None: ...
    def put_conflict(self, conflict: Conflict, owner: int) -> None: ...
    def settle(self, conflict_id: str, at: int) -> None: ...


class WritesWork(Protocol):
    """Jobs, paid replies, the dirty set. Instants are microseconds. A job that is put as running is claimed by `worker`.

    `claim` takes a pending job that is due and counts the attempt; False when it is not, or another worker was faster. `release` gives
    it back, to be tried at `next_at`, or for good when `failed`; `error` is "Type: message", and an attempt that is not `counted` was
    none. `hurry` makes a pending job due, `retry_failed` a failed one, with its attempts forgotten; False when it had not failed.
    `finish` marks it done or skipped; False, and nothing is written, when this worker no longer holds it. `spend` adds to what model
    calls took on a day, for an owner (0: nobody) and a job ("" for none). `running` gives (job, worker, since) of jobs that a worker holds.
    `soil` marks documents that a projection has yet to be told about; `clean` takes (document, revision) rows out again, unless
    something newer arrived.
    """

    def put_job(self, job: Job, owner: int, *, worker: str, created_at: int) -> None: ...
    def claim(self, job_id: str, *, worker: str, now: int) -> bool: ...
    def running(self) -> list[tuple[str, str, int]]: ...
    def release(self, job_id: str, *, worker: str, next_at: int, error: str, failed: bool = False, counted: bool = True) -> None: ...
    def hurry(self, job_id: str, *, now: int) -> None: ...
    def retry_failed(self, job_id: str, *, now: int) -> bool: ...
    def finish(self, job: Job, *, worker: str, at: int) -> bool: ...
    def put_call(self, owner: int, key: str, reply: str, at: int) -> None: ...
    def drop_calls(self, owner: int, keys: Sequence[str]) -> None: ...
    def spend(self, owner: int, usage: Usage, *, day: int, job: str = "") -> None: ...
    def soil(self, projection: str, docs: Iterable[int], owner: int, revision: int) -> None: ...
    def clean(self, projection: str, rows: Iterable[tuple[int, int]]) -> None: ...
    def restore(self, rows: Iterable[Any]) -> dict[str, int]:
        """Writes rows of `dump`, numbered anew; what is there already stays. Returns new rows per table.

        Raises:
            KeyError, TypeError, ValueError, IndexError: a row is none of ours; the transaction must be given up.
        """
        ...


class WritesUses(Protocol):
    """`put_uses` adds to the uses of (memory id, day); a memory that is not there any more is passed over. They go with their memory."""

    def put_uses(self, counts: Mapping[tuple[str, int], int]) -> None: ...


class Erases(Protocol):
    """Erasure from the ledger's own tables: content does not survive in free space once `Ledger.scrub` returned True.

    The projections are told by whoever erases. Numbers returned count rows, of an owner's per table. With messages go the episodes
    and jobs that have none left; with memories their versions, changes and conflicts. Paid replies may quote what was erased. What was
    spent stays spent: on a job that went, for its owner; on an owner that went, for nobody (0).
    """

    def erase_messages(self, docs: Sequence[int]) -> int: ...
    def rewrite_message(self, doc: int, content: str, digest: bytes, words: int, revision: int) -> None: ...
    def erase_memories(self, ids: Sequence[str]) -> int: ...
    def erase_versions_before(self, memory_id: str, version: int) -> None: ...
    def erase_owner(self, owner: int) -> dict[str, int]: ...
    def erase_calls(self, owner: int) -> int: ...


class Transaction(Snapshot, WritesOwners, WritesMessages, WritesMemories, WritesWork, WritesUses, Erases, Protocol):
    """One write transaction; reads in it see its own writes. It commits when its context ends, and an exception undoes all of it."""


class Ledger(Protocol):
    """The truth: messages, memory versions, changes, jobs. `location` says where, without a password.

    `size` is in bytes, 0 in memory; `schema` the number of the schema this version writes. `scrub` makes erased content
    unreadable on the disk: the free pages, and False when a reader elsewhere kept it from finishing.
    """

    @property
    def name(self) -> str: ...
    @property
    def location(self) -> str: ...
    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """Never waits for a writer; ClosedError after `close`."""
        ...

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Writers queue; not nestable.

        Raises:
            BusyError: another process wrote for too long. DiskFullError, ReadOnlyError, CorruptLedgerError: nothing was written.
        """
        ...

    def scrub(self) -> tuple[int, bool]: ...
    def size(self) -> int: ...
    def schema(self) -> int: ...
    def close(self) -> None:
        """Further use raises ClosedError. Closing twice is fine."""
        ...
