"""What perdure needs from outside: every Protocol, nothing else.

Backends are structural: any object with these methods will do. Optional abilities are small Protocols of their own
(`SupportsStreaming`, …), asked for with `isinstance`. Each port has a conformance suite in `perdure.testing`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from perdure.filters import Filter
from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.change import Change, Conflict, Job
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage, Episode, Message
from perdure.model.scope import Scope
from perdure.model.search import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Matching = Callable[[str], bool] | None
    Ints = NDArray[np.int64]
    SmallInts = NDArray[np.int32]
    TinyInts = NDArray[np.int8]
    Bools = NDArray[np.bool_]


class Clock(Protocol):
    """Now, as an aware datetime."""

    def __call__(self) -> datetime: ...


class Ids(Protocol):
    """A fresh opaque id."""

    def __call__(self) -> str: ...


class Embedder(Protocol):
    """Texts to vectors. `name` identifies model and version: another name is another vector projection."""

    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Floats:
        """Float32 array of shape (len(texts), dimensions), rows of unit length; any text is accepted, also the empty one.

        Raises:
            ModelError: the model or its server failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class LLMRequest:
    """A prompt. `schema`: the JSON Schema the answer must satisfy, or None for prose. `timeout` in seconds."""

    turns: tuple[Turn, ...]
    schema: dict[str, Any] | None = None
    schema_name: str = "answer"
    max_tokens: int = 2048
    temperature: float = 0.0
    timeout: float = 60.0

    @property
    def key(self) -> str:
        """The same for two requests that ask the same (how long to wait apart), in every process: a sha256 in hexadecimal."""
        asked = [[[turn.role, turn.content] for turn in self.turns], self.schema, self.max_tokens, self.temperature]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LLMReply:
    """The model's text (JSON when a schema was asked for) and what it cost."""

    text: str
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0


class LLM(Protocol):
    """One narrow seam: a prompt in, a reply out. `name` identifies provider and model."""

    @property
    def name(self) -> str: ...
    def complete(self, request: LLMRequest) -> LLMReply:
        """The model's reply.

        Raises:
            LLMTimeoutError, LLMUnavailableError: no reply.
        """
        ...


@runtime_checkable
class SupportsStreaming(Protocol):
    """An LLM that can hand out its reply as it is written."""

    def stream(self, request: LLMRequest) -> Iterator[str]: ...


class CallLog(Protocol):
    """Replies that have been paid for, by an opaque key; it outlives the process, so that a retried job does not pay again.

    A second `put` of a key may replace the first.
    """

    def get(self, key: str) -> LLMReply | None: ...
    def put(self, key: str, reply: LLMReply) -> None: ...


class Extractor(Protocol):
    """Messages to proposals."""

    @property
    def name(self) -> str: ...
    def extract(self, messages: Sequence[Message], context: ExtractionContext) -> Extraction:
        """Proposals of what to keep; each candidate's `message` indexes `messages`.

        Raises:
            ModelError: the model behind it failed; nothing was decided.
        """
        ...


class Reranker(Protocol):
    """A second look at the head of a ranking. `name` identifies the model."""

    @property
    def name(self) -> str: ...
    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """One relevance in 0..1 per text, in order."""
        ...


# ---------------------------------------------------------------------- what a read may see, as arrays
class Columns(Protocol):
    """One owner's documents as arrays in ascending order of document number; a *position* is an index into them.

    A document is a message or a memory's text. A *row* is a message or one version of a memory; a document has one row for
    each version that kept its text. Instants are microseconds since 1970 UTC. `words` counts index terms, repeats included.
    `revision` and `epoch` say how far the arrays follow the ledger: an erasure raises the epoch, and caches start again.
    `positions` gives -1 for unknown documents. `session` and `speaker` are small codes of this owner's, 0 for none.

    Per row: `weight` is the confidence in it, 0..1; `row_kind` 0 for a message, else 1 + the place in `perdure.model.memory.KINDS`;
    `row_times` of from, to, recorded, retired or expires, the largest int64 for never; `version` the number of the memory version
    behind it, for `Snapshot.versions`. `select`: what a view may see, by scope (`perdure.model.scope.sees`), times, status and kinds.
    """

    @property
    def owner(self) -> int: ...
    @property
    def revision(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    def __len__(self) -> int: ...
    @property
    def docs(self) -> Ints: ...
    @property
    def said_at(self) -> Ints: ...
    @property
    def words(self) -> SmallInts: ...
    @property
    def session(self) -> SmallInts: ...
    @property
    def speaker(self) -> SmallInts: ...
    @property
    def is_memory(self) -> Bools: ...
    @property
    def weight(self) -> Floats: ...
    @property
    def row_kind(self) -> TinyInts: ...
    def row_times(self, name: str) -> Ints: ...
    def version(self, row: int) -> int: ...
    def positions(self, docs: Any) -> Ints: ...
    def select(self, view: View) -> Selection: ...


class Selection(Protocol):
    """What a view may see of one owner; arrays over the owner's positions unless said otherwise.

    `mask`: what it may see. `row_of`: the row it sees of each document, or -1. `stale`: messages whose every statement has been
    superseded; `struck`: those a part of which was deleted. `edge_message`, `edge_memory`, `edge_share` run parallel: a message's
    position, that of a memory drawn from it, and the percentage of it quoted. `narrowed` lets through only what `allowed` does as well.
    """

    @property
    def columns(self) -> Columns: ...
    @property
    def mask(self) -> Bools: ...
    @property
    def row_of(self) -> Ints: ...
    @property
    def stale(self) -> Bools: ...
    @property
    def struck(self) -> Bools: ...
    @property
    def edge_message(self) -> Ints: ...
    @property
    def edge_memory(self) -> Ints: ...
    @property
    def edge_share(self) -> Ints: ...
    def narrowed(self, allowed: Bools) -> Selection: ...


@dataclass(frozen=True, slots=True)
class Found:
    """What one channel found in one owner: documents and raw scores, best first.

    `ceiling`: the score a perfect match would have had, for channels whose scale depends on the question (text).
    `details`: in words, per document, where there is something to say (a slot, a path). `every`: the raw score of each
    position of the owner's columns, from stores that compute them all anyway; fusion then knows both scores of what only
    one channel put forward.
    """

    docs: Ints
    scores: Floats
    ceiling: float = 1.0
    details: Mapping[int, str] = field(default_factory=dict[int, str])
    every: Floats | None = None


# ---------------------------------------------------------------------- reading the ledger
class ReadsOwners(Protocol):
    """Owners: the user, else the agent, else the session of a scope (`Scope.owner`). Stores number and are partitioned by them.

    `owner` is the one that writes in a scope go to, None when it has none yet; `owners` all that hold anything the scope could see,
    with their kinds. `version` counts an owner's commits of memories and guards consolidation; 0 when there is no such owner.
    `columns` hold everything up to this snapshot. `filtered`: documents for which a filter holds as `perdure.filters.matches` means
    it, for memories in the current version. `names`: folded names and aliases to entities' names (SELF for the user).
    """

    def owners(self, scope: Scope) -> list[tuple[int, str]]: ...
    def owner(self, scope: Scope) -> int | None: ...
    def owner_of(self, memory_id: str) -> int | None: ...
    def owner_kind(self, owner: int) -> str: ...
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
    """What is yet to be done: jobs, and documents that projections have not been told about; and replies that were paid for.

    `jobs` satisfy every condition given, oldest first; `due`: pending at this time (microseconds) or before. `dirty` gives (owner,
    document, revision) in order of document. `has_work`: a job waits or is held, or a document is dirty.
    """

    def jobs(
        self, *, owner: int | None = None, episode: str | None = None, job_id: str | None = None, due: int | None = None
    ) -> list[Job]: ...
    def call(self, owner: int, key: str) -> str | None: ...
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


class Snapshot(ReadsOwners, ReadsMessages, ReadsMemories, ReadsWork, ReadsWhole, Protocol):
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

    `words` (index terms), `dated` (the caller gave the time) and `digests` run parallel to `messages`.
    """

    def put_episode(self, episode: Episode, owner: int) -> None: ...
    def put_messages(
        self, messages: Sequence[CapturedMessage], owner: int, revision: int, *, words: Sequence[int], dated: Sequence[bool],
        digests: Sequence[bytes],
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
    it back, to be tried at `next_at`, or for good when `failed`; `error` is "Type: message". `finish` marks it done or skipped; False,
    and nothing is written, when this worker no longer holds it. `running` gives (job, worker, since) of jobs that a worker holds.
    `soil` marks documents that a projection has yet to be told about; `clean` takes (document, revision) rows out again, unless
    something newer arrived.
    """

    def put_job(self, job: Job, owner: int, *, worker: str, created_at: int) -> None: ...
    def claim(self, job_id: str, *, worker: str, now: int) -> bool: ...
    def running(self) -> list[tuple[str, str, int]]: ...
    def release(self, job_id: str, *, worker: str, next_at: int, error: str, failed: bool = False) -> None: ...
    def finish(self, job: Job, *, worker: str, at: int) -> bool: ...
    def put_call(self, owner: int, key: str, reply: str, at: int) -> None: ...
    def drop_calls(self, owner: int, keys: Sequence[str]) -> None: ...
    def soil(self, projection: str, docs: Iterable[int], owner: int, revision: int) -> None: ...
    def clean(self, projection: str, rows: Iterable[tuple[int, int]]) -> None: ...
    def restore(self, rows: Iterable[Any]) -> dict[str, int]:
        """Writes rows of `dump`, numbered anew; what is there already stays. Returns new rows per table.

        Raises:
            KeyError, TypeError, ValueError, IndexError: a row is none of ours; the transaction must be given up.
        """
        ...


class Erases(Protocol):
    """Erasure from the ledger's own tables: content does not survive in free space once `Ledger.scrub` returned True.

    The projections are told by whoever erases. Numbers returned count rows, of an owner's per table. With messages go the episodes
    and jobs that have none left; with memories their versions, changes and conflicts. Paid replies may quote what was erased.
    """

    def erase_messages(self, docs: Sequence[int]) -> int: ...
    def rewrite_message(self, doc: int, content: str, digest: bytes, words: int, revision: int) -> None: ...
    def erase_memories(self, ids: Sequence[str]) -> int: ...
    def erase_versions_before(self, memory_id: str, version: int) -> None: ...
    def erase_owner(self, owner: int) -> dict[str, int]: ...
    def erase_calls(self, owner: int) -> int: ...


class Transaction(Snapshot, WritesOwners, WritesMessages, WritesMemories, WritesWork, Erases, Protocol):
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


# ---------------------------------------------------------------------- projections
class SharesLedger(Protocol):
    """Whether an index's rows live in the ledger's own store and change in its transactions.

    Where they do, the index reaches its tables through the transaction's own driver connection (`snapshot.connection`, which
    the ledger of the same store provides and no stage touches). Where they do not, a commit leaves the documents in the dirty
    set under the index's `name`, and `put` is called later.
    """

    def shares_ledger(self) -> bool: ...


class Index(SharesLedger, Protocol):
    """What every projection has. It holds ids and scores of one owner at a time and can be dropped and rebuilt.

    What removes returns how many rows went.
    """

    @property
    def name(self) -> str: ...
    def remove_owner(self, tx: Transaction, owner: int) -> int: ...


class VectorIndex(Index, Protocol):
    """Nearest neighbours by cosine. Vectors are float32 of unit length and `dimensions` long; a document may have several chunks.

    `put` takes an array of shape (chunks, dimensions) for each document and replaces what was there; `vectors` gives each
    document's first chunk. Searches forget what was removed with the next `revise(erased=True)`.
    """

    def prepare(self, tx: Transaction) -> bool:
        """Makes room for the embedder's vectors on first use; True when every document is yet to be embedded.

        Raises:
            ConfigError: the embedder of this name had another number of dimensions.
        """
        ...

    def put(self, tx: Transaction, owner: int, revision: int, vectors: Mapping[int, Floats]) -> None: ...
    def remove(self, tx: Transaction, docs: Sequence[int]) -> int: ...
    def docs(self, snapshot: Snapshot, owner: int) -> set[int]: ...
    def vectors(self, snapshot: Snapshot, docs: Sequence[int]) -> dict[int, Floats]: ...
    def search(self, snapshot: Snapshot, query: Floats, selection: Selection, limit: int) -> Found:
        """The `limit` documents of the selection nearest to `query` (shape (dimensions,), unit length), with their cosines.

        A document counts by its nearest chunk. Equal cosines stand in order of document number.

        Raises:
            ConfigError: `query` has another number of dimensions.
        """
        ...


class TextIndex(Index, Protocol):
    """Words, ranked by BM25 with the statistics of one owner. Terms come analysed (`perdure.rules.words.terms`), with counts.

    A document is removed with the terms it was stored with.
    """

    def put(self, tx: Transaction, owner: int, revision: int, terms: Mapping[int, Mapping[str, int]]) -> None: ...
    def remove(self, tx: Transaction, owner: int, terms: Mapping[int, Mapping[str, int]]) -> int: ...
    def docs(self, snapshot: Snapshot, owner: int) -> dict[int, dict[str, int]]: ...
    def search(self, snapshot: Snapshot, terms: Mapping[str, float], selection: Selection, limit: int) -> Found:
        """The `limit` documents of the selection with the highest BM25 above 0 for weighted query terms.

        `Found.ceiling` is the score of an imaginary document that holds every term often and nothing else: no score exceeds it.
        Equal scores stand in order of document number.
        """
        ...


class RecordIndex(Index, Protocol):
    """A projection of what memories claim. Keys of entities are `perdure.model.graph.entity_key`s; instants are microseconds.

    `rows` (what is there) and `expected` (what current versions call for) are compared by `verify`. `put` stores what a memory's
    current version claims in place of the version before; nothing when it is retracted or deleted.
    """

    def put(self, tx: Transaction, owner: int, record: MemoryRecord) -> None: ...
    def remove(self, tx: Transaction, memory_ids: Sequence[str]) -> int: ...
    def rows(self, snapshot: Snapshot, owner: int) -> set[tuple[Any, ...]]: ...
    def expected(self, owner: int, records: Sequence[MemoryRecord]) -> set[tuple[Any, ...]]: ...


#: (subject key, relation, object key, document, memory, valid_from, valid_to), the instants in microseconds.
Edge = tuple[str, str, str, int, str, int, int | None]


class GraphIndex(RecordIndex, Protocol):
    """Entities mentioned and relations stated, each with the memory that proves it.

    `entities`: key, also an alias's, to (name, type, other names). `mentions`: documents of memories that mention an entity, and
    `edges` at it, either way; newest first, a hub's may be cut.
    """

    def entities(self, snapshot: Snapshot, owner: int, keys: Sequence[str]) -> dict[str, tuple[str, str, list[str]]]: ...
    def mentions(self, snapshot: Snapshot, owner: int, key: str) -> list[int]: ...
    def edges(self, snapshot: Snapshot, owner: int, key: str) -> list[Edge]: ...


class SlotIndex(RecordIndex, Protocol):
    """(entity, attribute) to the documents that state a value, with the stretch of time it holds in.

    `short_term`: documents of a session's short-term memories that have not expired at an instant, newest first.
    """

    def look_up(
        self, snapshot: Snapshot, owner: int, entity: str, attribute: str | None = None, *, at: int | None = None
    ) -> list[tuple[str, int, str]]:
        """(attribute, document, value key) of the slots of an entity, newest first.

        `entity` is a name or a key; `attribute` None for all; `at`: only those that hold at this instant (microseconds).
        """
        ...

    def short_term(self, snapshot: Snapshot, owner: int, session_id: str | None, *, at: int) -> list[int]: ...
