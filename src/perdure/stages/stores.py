"""Stores: what the stages are handed. Everything that comes from outside, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.model.memory import MemoryRecord
from perdure.model.message import ROLES, CapturedMessage
from perdure.ports import (
    LLM,
    Clock,
    Embedder,
    EmbedsTokens,
    Extractor,
    GraphIndex,
    Ids,
    KeepsTokens,
    Reranker,
    SlotIndex,
    TextIndex,
    VectorIndex,
)
from perdure.rules.words import terms

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Words in one embedded piece of a long text. MiniLM reads 256 word pieces, about 190 English words; measured as a length, not tuned.
PIECE_WORDS = 180
#: Pieces embedded of one text; what is beyond is found by words alone.
MAX_PIECES = 8


@dataclass(frozen=True, slots=True)
class Stores:
    """The ledger, the indexes and the models that one `Memory` works with.

    `ledger` is a `perdure.ports.Ledger`; it is typed `Any` because stages rely on what the transaction at hand has just shown to exist.
    """

    ledger: Any
    vector: VectorIndex
    text: TextIndex
    graph: GraphIndex
    slots: SlotIndex
    embedder: Embedder
    extractor: Extractor
    clock: Clock
    ids: Ids
    llm: LLM | None = None
    reranker: Reranker | None = None
    worker: str = ""


def said(message: CapturedMessage) -> str:
    """What a message is embedded as: its date, and its speaker's name if there is one, stand before the words."""
    return dated(message.said_at, message.message.name, message.message.content)


def stated(record: MemoryRecord) -> str:
    """What a memory is embedded as; see `said`."""
    by = record.sources[0].said_by if record.sources else ""
    return dated(record.valid_from, None if by in ROLES else by, record.text)


def dated(at: datetime, name: str | None, text: str) -> str:
    """A text with what questions name and it does not say itself: its date, and who said it. A bare role says nothing."""
    return f"{name} ({at:%-d %B %Y}): {text}" if name else f"{at:%-d %B %Y}: {text}"


def pieces(text: str) -> list[str]:
    """`text` in pieces an embedder can read whole; each later piece starts where the one before ended."""
    if len(text) < PIECE_WORDS * 4:
        return [text]
    words = text[: PIECE_WORDS * MAX_PIECES * 16].split()
    if len(words) <= PIECE_WORDS:
        return [text[: PIECE_WORDS * 16]]
    return [" ".join(words[i : i + PIECE_WORDS]) for i in range(0, min(len(words), PIECE_WORDS * MAX_PIECES), PIECE_WORDS)]


@dataclass(frozen=True, slots=True)
class Embedded:
    """A text as the vector index takes it.

    `vectors`: float32 of shape (pieces, dimensions). `codes`: its first piece's tokens, as `perdure.ports.KeepsTokens` has them; empty
    when the embedder gives none.
    """

    vectors: Floats
    codes: bytes = b""


def embed_all(embedder: Embedder, texts: Sequence[str]) -> list[Embedded]:
    """Every text with its vectors and its tokens' codes; equal texts are embedded once."""
    split = [pieces(t) for t in texts]
    flat = list(dict.fromkeys(p for parts in split for p in parts))
    if not flat:
        return []
    if isinstance(embedder, EmbedsTokens):
        vectors, tokens = embedder.embed_passages(flat)
        codes = [np.packbits(states > 0, axis=1).tobytes() for states in tokens]
    else:
        vectors, codes = embedder.embed(flat), [b""] * len(flat)
    where = {p: i for i, p in enumerate(flat)}
    return [Embedded(vectors[[where[p] for p in parts]], codes[where[parts[0]]]) for parts in split]


def put_vectors(index: VectorIndex, tx: Any, owner: int, revision: int, embedded: Mapping[int, Embedded]) -> None:
    """Hands documents' vectors to the index, and their tokens' codes to one that keeps such."""
    index.put(tx, owner, revision, {doc: e.vectors for doc, e in embedded.items()})
    codes = {doc: e.codes for doc, e in embedded.items() if e.codes}
    if codes and isinstance(index, KeepsTokens):
        index.put_tokens(tx, owner, codes)


def counted(text: str) -> dict[str, int]:
    """Index terms of a text with their counts."""
    counts: dict[str, int] = {}
    for term in terms(text):
        counts[term] = counts.get(term, 0) + 1
    return counts


def message_terms(name: str | None, content: str) -> dict[str, int]:
    """Index terms of a message: what was said, and by whom when there is a name."""
    return counted(f"{name}: {content}" if name else content)
