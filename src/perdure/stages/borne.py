"""Borne out: what a model writes must have to do with what was said, by a word at least or by its meaning.

A small model copies its instructions' example, a confused one something else it has read. Quote, figures and names may all be in order
then; the statement still is nobody's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from perdure.model.graph import SELF
from perdure.model.message import Message
from perdure.rules.words import terms
from perdure.stages.commit import Batch

#: Cosine (MiniLM, both texts dated) of a statement and its message below which the two, without a word in common, are strangers. Of 331
#: statements of a strong model (bench/extraction) none is, of 34 of a very small one 24 are, all of them wrong; paraphrases that take
#: knowledge ("I don't eat meat": "user is vegetarian", in five languages) have .67 and more.
FAR: Final = 0.60


def weed(batch: Batch, recent: Sequence[Message]) -> None:
    """Takes the statements that are nobody's out of a batch whose vectors are computed; why is told in `Extraction.dropped`.

    Args:
        batch: of a model's extraction.
        recent: messages before these, which a short answer may take its words from.
    """
    before = {w for m in recent for w in terms(m.content)}
    words = [set(terms(m.message.content)) for m in batch.messages]
    kept: list[int] = []
    dropped: list[str] = []
    for i, c in enumerate(batch.extraction.candidates):
        said = before.union(*words[: c.message + 1])
        own = set(terms(c.text)) - {SELF}
        near = float(batch.vectors[i].vectors[0] @ batch.message_vectors[batch.messages[c.message].doc].vectors[0])
        if own & said or not own or near >= FAR:
            kept.append(i)
        else:
            dropped.append(f"candidate {i}: has nothing to do with what was said: {c.text[:80]!r}")
    if dropped:
        candidates = tuple(batch.extraction.candidates[i] for i in kept)
        batch.extraction = replace(batch.extraction, candidates=candidates, dropped=(*batch.extraction.dropped, *dropped))
        batch.vectors, batch.ids = [batch.vectors[i] for i in kept], [batch.ids[i] for i in kept]
