"""Models and what else a program brings along: clock, ids, embedder, language model, extractor, reranker."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.message import Message

if TYPE_CHECKING:
    from perdure.ports.arrays import Floats


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
class QuestionTokens:
    """A question as late interaction needs it.

    `vector`: as `Embedder.embed` gives it. `tokens`: float32 of shape (n, dimensions), rows of unit length, one for each token of the
    question. `spans`: the characters (start, end) that each token stands for.
    """

    vector: Floats
    tokens: Floats
    spans: tuple[tuple[int, int], ...]


@runtime_checkable
class EmbedsTokens(Protocol):
    """An embedder that also gives the states of single tokens, from the same run of the model."""

    def embed_passages(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        """What `embed` gives, and for each text an array of shape (tokens, dimensions), rows of unit length.

        Tokens that carry no meaning of their own (function words, punctuation) are left out.
        """
        ...

    def embed_question(self, text: str) -> QuestionTokens: ...


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
    """The model's text (JSON when a schema was asked for) and what it cost, in tokens.

    `input_tokens` is the whole prompt; `cached_tokens` is the part of it that the provider had in its cache and charges less for.
    """

    text: str
    model: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


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

    def stream(self, request: LLMRequest) -> Generator[str, None, LLMReply]:
        """Yields the text in pieces; returns the whole reply with its token counts: ``reply = yield from llm.stream(request)``.

        Closing the generator half-way ends the call and its connection.

        Raises:
            LLMTimeoutError, LLMUnavailableError: as `LLM.complete`, also half-way.
        """
        ...


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
