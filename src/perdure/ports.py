"""What perdure needs from outside: every Protocol, nothing else.

Backends are structural: any object with these methods will do. Optional abilities are small Protocols of their own
(`SupportsStreaming`, …), asked for with `isinstance`. Each port has a conformance suite in `perdure.testing`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from perdure.filters import Filter
from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.change import Change
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage, Message
from perdure.model.scope import Scope
from perdure.model.search import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Ints = NDArray[np.int64]
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
    """Replies that have been paid for, by an opaque key; it outlives the process, so that a retried job does not pay again."""

    def get(self, key: str) -> LLMReply | None:
        """The reply kept under `key`, or None."""
        ...

    def put(self, key: str, reply: LLMReply) -> None:
        """Keeps `reply`; a second `put` of a key may replace the first."""
        ...


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


# ---------------------------------------------------------------------- stores
class Columns(Protocol):
    """One owner's documents as arrays in ascending order of document number; a *position* is an index into them."""

    @property
    def owner(self) -> int: ...
    @property
    def docs(self) -> Ints: ...
    @property
    def said_at(self) -> Ints: ...
    @property
    def words(self) -> Ints: ...
    @property
    def session(self) -> Ints: ...
    @property
    def speaker(self) -> Ints: ...
    @property
    def is_memory(self) -> Bools: ...
    @property
    def weight(self) -> Floats: ...
    @property
    def revision(self) -> int: ...
    @property
    def epoch(self) -> int: ...
    def __len__(self) -> int: ...
    def row_times(self, name: str) -> Ints: ...
    def version(self, row: int) -> int: ...
    def positions(self, docs: Any) -> Ints: ...
    def known_code(self, text: str | None) -> int: ...
    def select(self, view: View) -> Selection: ...


class Selection(Protocol):
    """What a view may see of one owner: see `perdure.adapters.ledger.columns.Selection`, which both ledgers use."""

    @property
    def columns(self) -> Columns: ...
    @property
    def mask(self) -> Bools: ...
    @property
    def row_of(self) -> Ints: ...
    @property
    def stale(self) -> Bools: ...
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


class Snapshot(Protocol):
    """One consistent view of the ledger, for reading."""

    def owners(self, scope: Scope) -> list[tuple[int, str]]:
        """Numbers and kinds of the owners that hold anything `scope` could see."""
        ...

    def owner(self, scope: Scope) -> int | None:
        """The number of the owner that writes in `scope` go to; None when it has none yet."""
        ...

    def version(self, owner: int) -> int:
        """How many commits of memories the owner has had; guards consolidation."""
        ...

    def columns(self, owner: int, kind: str) -> Columns: ...
    def filtered(self, owner: int, tree: Filter) -> set[int]: ...
    def names(self, owner: int) -> Mapping[str, str]: ...
    def messages(self, docs: Iterable[int]) -> dict[int, CapturedMessage]: ...
    def message_called(self, owner: int, message_id: str) -> CapturedMessage | None: ...
    def redelivered(
        self, owner: int, message: Message, digest: bytes, *, dated: bool, session_id: str | None
    ) -> CapturedMessage | None: ...
    def recent(self, owner: int, scope: Scope, *, limit: int, before: int | None = None) -> list[CapturedMessage]: ...
    def versions(self, nums: Iterable[int]) -> dict[int, MemoryRecord]: ...
    def current(self, memory_id: str) -> MemoryRecord | None: ...
    def all_versions(self, memory_id: str) -> list[MemoryRecord]: ...
    def by_digest(self, owner: int, text: str) -> list[MemoryRecord]: ...
    def by_message(self, doc: int) -> list[MemoryRecord]: ...
    def open_slots(self, owner: int, entity: str, attribute: str) -> list[MemoryRecord]: ...
    def changes(self, *, memory_id: str | None = None, owner: int | None = None, since: int | None = None, job: str | None = None,
                cause: str | None = None, id: str | None = None) -> list[Change]: ...  # noqa: A002  # fmt: skip


class SharesLedger(Protocol):
    """An index whose rows live in the ledger's own file and change in its transactions."""

    def shares_ledger(self) -> bool: ...
