"""Late: a closer look at the head of the list, token by token.

ColBERT's late interaction (Khattab and Zaharia 2020) over the embedder's own token states: each token of the question is worth its
nearest token of the text. Tokens count by how rare their word is among what the owner said, so that a name in every message says
little. Of a text only the signs of each state's components are kept, one bit each, 48 bytes a token at 384 dimensions: they come out
of the run that made its vector, and cost .001 recall@10 against the full states (five conversations of LoCoMo). The signal itself
gained .03 recall@10 and MRR there, .02 recall@10 on long assistant chats (BEAM), .01 and .03 MRR on two times three chats of other kinds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.ports import Found, KeepsTokens, QuestionTokens
from perdure.rules.words import terms
from perdure.stages.retrieve import Closeness, Part
from perdure.stages.stores import Stores

if TYPE_CHECKING:
    from perdure.ports import Floats, Ints

#: Products of numbers in one step of the comparison. OpenBLAS starts threads for more, which beside those of the embedder that has just
#: run take ten times as long as the work itself; and what is widened to float32 at a time stays in the processor's cache.
STEP = 2**18

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def look_closer(stores: Stores, snapshot: Any, part: Part, docs: Ints, question: QuestionTokens, text: str) -> Part:
    """The part with a channel "tokens": how near the documents come to the question, word by word.

    Args:
        stores: of which the vector index is asked, if it keeps tokens.
        snapshot: of the ledger.
        part: what the other channels found.
        docs: which documents to look at.
        question: its tokens.
        text: what they are tokens of.

    Raises:
        PerdureError: the index failed.
    """
    if not isinstance(stores.vector, KeepsTokens) or not len(docs):
        return part
    weights = _weights(question, text, part.found["text"].rarity if "text" in part.found else {})
    codes = {doc: code for doc, code in stores.vector.tokens(snapshot, docs.tolist()).items() if code}
    if not codes or not weights.any():
        return part
    known = np.array(sorted(codes), dtype=np.int64)
    asked = question.tokens[weights > 0]
    nearest = _nearest(asked, [codes[d] for d in known.tolist()])
    scores = np.maximum(weights[weights > 0] @ nearest / weights.sum(), 0.0).astype(np.float32)
    lowest = np.sort(nearest, axis=0)[: max(1, len(asked) // 3)].mean(axis=0)
    order = np.lexsort((known, -scores))
    found = Found(known[order], scores[order])
    close = Closeness(known, nearest.mean(axis=0), nearest.std(axis=0), lowest, nearest.min(axis=0), len(asked))
    return replace(part, found={**part.found, "tokens": found}, close=close)


def _weights(question: QuestionTokens, text: str, rarity: Mapping[str, float]) -> Floats:
    """For each token of the question how rare the word is that it belongs to; 0 for words that are no terms."""
    rarity = rarity or dict.fromkeys(terms(text), 1.0)  # of a word alone `terms` would give even "is"
    words = [(m.start(), m.end(), max((rarity.get(t, 0.0) for t in terms(m.group())), default=0.0)) for m in _WORD.finditer(text)]
    weights = np.zeros(len(question.spans), dtype=np.float32)
    place = 0
    for n, (start, _) in enumerate(question.spans):
        while place < len(words) and words[place][1] <= start:
            place += 1
        if place < len(words) and words[place][0] <= start:
            weights[n] = words[place][2]
    return weights


def _nearest(asked: Floats, codes: list[bytes]) -> Floats:
    """The cosine of each question token (rows) with the nearest token of each text (columns), the texts' states taken as signs."""
    width = -(-asked.shape[1] // 8)  # bytes
    packed = np.frombuffer(b"".join(codes), dtype=np.uint8).reshape(-1, width)
    doubled = asked * np.float32(2.0 / asked.shape[1] ** 0.5)  # a sign is twice its bit less one
    near = np.empty((len(asked), len(packed)), dtype=np.float32)
    rows = max(1, STEP // asked.size)
    wide = np.empty((min(rows, len(packed)), asked.shape[1]), dtype=np.float32)
    for start in range(0, len(packed), rows):
        bits = np.unpackbits(packed[start : start + rows], axis=1, count=asked.shape[1])
        part = wide[: len(bits)]
        np.copyto(part, bits)
        near[:, start : start + rows] = doubled @ part.T
    starts = np.cumsum([0, *(len(code) // width for code in codes[:-1])])
    return np.maximum.reduceat(near, starts, axis=1) - doubled.sum(axis=1, keepdims=True) / 2
