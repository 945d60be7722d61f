"""Fuse: one ranking from the channels' rankings. Pure numpy over one owner's part at a time.

Meaning and words are summed on absolute scales (a cosine, and the share of the best possible BM25), not ranks: a rank says who is
first, a score also says by how much, and an absolute one is comparable across questions. The other channels add evidence on top of it
and never stand alone: a graph that floods the list with neighbours costs more than it finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perdure.stages.retrieve import Part

if TYPE_CHECKING:
    from perdure.ports import Floats, Ints

#: Shares of the final score. Set on two conversations of LoCoMo (recall@10 of .69 against .64 for BM25 alone); more for slots,
#: graph or a bonus for the person asked about cost up to 8 points there, on questions that name the wrong person.
WEIGHTS = {"vector": 0.45, "text": 0.55, "slots": 0.20, "graph": 0.05, "time": 0.10}
#: The vector channel's scale: a cosine of 0 is worth nothing, 1 all. Narrower scales (0.1–0.8, 0.2–0.7) lost up to .04 MRR on LoCoMo.
COSINE = (0.0, 1.0)
#: A match of this share of the best possible BM25 is as good as it gets: no text repeats every word for ever.
BM25_FULL = 0.70


@dataclass(frozen=True, slots=True)
class Pool:
    """One owner's candidates.

    `positions` into the owner's columns; `channels` holds for each channel an array as long with what it contributes to the
    score, `raw` the same with raw scores; `score` is the sum.
    """

    part: Part
    positions: Ints
    channels: dict[str, Floats]
    raw: dict[str, Floats]
    score: Floats


def fuse(part: Part) -> Pool:
    """The candidates of a part with one score each."""
    columns = part.selection.columns
    docs = np.unique(np.concatenate([f.docs for f in part.found.values()] or [np.zeros(0, dtype=np.int64)]))
    positions = columns.positions(docs)
    raw: dict[str, Floats] = {}
    channels: dict[str, Floats] = {}
    for name, found in part.found.items():
        values = np.zeros(len(docs), dtype=np.float32)
        if found.every is not None:
            inside = positions < len(found.every)
            values[inside] = np.maximum(found.every[positions[inside]], 0.0)
        elif len(found.docs):
            values[np.searchsorted(docs, found.docs)] = found.scores
        raw[name] = values
        channels[name] = WEIGHTS[name] * _scaled(name, values, found.ceiling)
    score = np.zeros(len(docs), dtype=np.float32)
    for contribution in channels.values():
        score += contribution
    return Pool(part, positions, channels, raw, score)


def _scaled(name: str, values: Floats, ceiling: float) -> Floats:
    if name == "vector":
        low, high = COSINE
        return np.clip((values - low) / (high - low), 0.0, 1.0).astype(np.float32)
    if name == "text":
        return np.minimum(values / (ceiling * BM25_FULL), 1.0).astype(np.float32)
    return np.minimum(values, 1.0).astype(np.float32)
