"""Fuse: one ranking from the channels' rankings. Pure numpy over one owner's part at a time.

Meaning and words are summed on absolute scales (a cosine, and the share of the best possible BM25), not ranks: a rank says who is
first, a score also says by how much, and an absolute one is comparable across questions. A message gains a little from the messages
next to it, for an answer rarely repeats the words of its question. The other channels add evidence on top and never stand alone: a
graph that floods the list with neighbours costs more than it finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perdure.ports import Found, Selection
from perdure.stages.retrieve import DEPTH, Part

if TYPE_CHECKING:
    from perdure.ports import Floats, Ints

#: Shares of the final score. Set on two conversations of LoCoMo; a bonus for the person asked about, tried as well, cost up to 8
#: points of recall@10 there, on questions that name the wrong person.
WEIGHTS = {"vector": 0.45, "text": 0.55, "neighbours": 0.25, "slots": 0.30, "graph": 0.05, "time": 0.10}
#: The vector channel's scale: a cosine of 0 is worth nothing, 1 all. Narrower scales (0.1–0.8, 0.2–0.7) lost up to .04 MRR on LoCoMo.
COSINE = (0.0, 1.0)
#: A match of this share of the best possible BM25 is as good as it gets: no text repeats every word for ever.
BM25_FULL = 0.70
#: Microseconds between messages without a session after which they are taken for two conversations: an hour.
PAUSE = 3_600_000_000
#: A memory whose quotes cover this percentage of a message speaks for it: it is shown in the message's place.
COVERS = 60


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
    selection = part.selection
    columns, n = selection.columns, len(selection.mask)
    raw = {name: _everywhere(found, selection) for name, found in part.found.items() if name in WEIGHTS}
    worth = {name: (WEIGHTS[name] * _scaled(name, values, part.found[name].ceiling)).astype(np.float32) for name, values in raw.items()}
    said = sum((worth[name] for name in ("vector", "text") if name in worth), start=np.zeros(n, dtype=np.float32))
    raw["neighbours"] = _neighbours(said, selection)
    worth["neighbours"] = WEIGHTS["neighbours"] * raw["neighbours"]
    whole = np.where(selection.mask, said + worth["neighbours"], -1.0)
    found_docs = [f.docs for name, f in part.found.items() if name in WEIGHTS]
    head = np.argpartition(-whole, DEPTH)[:DEPTH] if n > DEPTH else np.arange(n)
    positions = np.unique(np.concatenate([columns.positions(d) for d in found_docs] + [head[whole[head] > 0]]))
    positions = positions[(positions >= 0) & (positions < n)]
    positions = positions[selection.mask[positions]]  # whatever an index said
    candidate = np.zeros(n, dtype=bool)
    candidate[positions] = True
    speaking = selection.edge_memory[(selection.edge_share >= COVERS) & candidate[selection.edge_message]]
    positions = np.union1d(positions, speaking[selection.mask[speaking]])  # shown in its place, if its message is found
    channels = {name: values[positions] for name, values in worth.items()}
    score = np.zeros(len(positions), dtype=np.float32)
    for contribution in channels.values():
        score += contribution
    return Pool(part, positions, channels, {name: values[positions] for name, values in raw.items()}, score)


def _everywhere(found: Found, selection: Selection) -> Floats:
    """A channel's raw score for every position; 0 where it said nothing."""
    if found.every is not None:
        return np.where(selection.mask, np.maximum(found.every, 0.0), 0.0).astype(np.float32)
    values = np.zeros(len(selection.mask), dtype=np.float32)
    pos = selection.columns.positions(found.docs)
    known = (pos >= 0) & (pos < len(values))
    values[pos[known]] = found.scores[known]
    return values


def _scaled(name: str, values: Floats, ceiling: float) -> Floats:
    if name == "vector":
        low, high = COSINE
        return np.clip((values - low) / (high - low), 0.0, 1.0)
    if name == "text":
        return np.minimum(values / (ceiling * BM25_FULL), 1.0)
    return np.minimum(values, 1.0)


def _neighbours(score: Floats, selection: Selection) -> Floats:
    """For each message the mean score of those just before and after it in its session; without a session, if no pause lies between."""
    columns = selection.columns
    gained = np.zeros(len(score), dtype=np.float32)
    messages = np.flatnonzero(~columns.is_memory[: len(score)])
    if len(messages) > 1:
        session, own = columns.session[messages], score[messages]
        near = (session[1:] > 0) | (np.abs(np.diff(columns.said_at[messages])) <= PAUSE)
        adjacent = (session[1:] == session[:-1]) & near
        side = np.zeros(len(messages), dtype=np.float32)
        side[1:] += np.where(adjacent, own[:-1], 0.0)
        side[:-1] += np.where(adjacent, own[1:], 0.0)
        gained[messages] = side / 2
    return gained
