"""Rank: recency, validity, trust; then folding, so that a memory and the messages it came from are one hit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from perdure.model.base import to_micros
from perdure.model.search import Plan
from perdure.stages.fuse import Pool

if TYPE_CHECKING:
    from perdure.ports import Floats, Ints

DAY = 86_400_000_000
#: Days after which what was never said again counts half as fresh, by code of kind (message, fact, preference, episodic,
#: procedural). Facts and habits age slowly, events fast; orders of magnitude, not tuned.
HALF_LIFE = np.array([30.0, 365.0, 180.0, 30.0, 365.0])
#: What freshness adds at most; more when the question asks for the latest.
FRESH, FRESH_ASKED = 0.02, 0.15
#: What remains of a message's score when everything it states has been superseded.
STALE = 0.6
#: A statement stands before the message it was drawn from when their scores are equal.
STATEMENT = 0.004


@dataclass(frozen=True, slots=True)
class Ranked:
    """One place in the ranking: a position of a pool, what was folded into it, its score, and boosts in words."""

    pool: Pool
    index: int
    score: float
    boosts: tuple[tuple[str, float, str], ...] = ()
    folded: tuple[int, ...] = field(default=())


def rank(pools: list[Pool], plan: Plan, *, now: datetime, limit: int) -> list[Ranked]:
    """The best `limit` of all pools together, best first; ties by document number, so that equal stores answer equally."""
    ranked: list[Ranked] = []
    for pool in pools:
        ranked += _ranked(pool, plan, to_micros(now), limit)
    ranked.sort(key=lambda r: (-r.score, int(r.pool.positions[r.index])))
    return ranked[:limit]


def _ranked(pool: Pool, plan: Plan, now: int, limit: int) -> list[Ranked]:
    selection = pool.part.selection
    columns = selection.columns
    score, boosts = _boosted(pool, plan, now)
    best, order_key = _shared(pool, score)
    order = np.lexsort((pool.positions, -order_key))
    place = {int(p): i for i, p in enumerate(pool.positions)}
    messages_of: dict[int, list[int]] = {}
    memories_of: dict[int, list[int]] = {}
    for message, memory in zip(selection.edge_message.tolist(), selection.edge_memory.tolist(), strict=True):
        if message in place or memory in place:
            messages_of.setdefault(memory, []).append(message)
            memories_of.setdefault(message, []).append(memory)
    taken: set[int] = set()
    ranked: list[Ranked] = []
    is_memory = columns.is_memory
    for i in order.tolist():
        position = int(pool.positions[i])
        if position in taken:
            continue
        related = messages_of.get(position, []) if is_memory[position] else memories_of.get(position, [])
        taken.add(position)
        taken.update(related)
        ranked.append(Ranked(pool, i, float(min(1.0, best[i])), tuple((n, float(v[i]), d) for n, v, d in boosts if v[i]), tuple(related)))
        if len(ranked) == limit:
            break
    return ranked


def _boosted(pool: Pool, plan: Plan, now: int) -> tuple[Floats, list[tuple[str, Floats, str]]]:
    """Scores after recency, staleness and confidence, and what each of these added."""
    selection, columns = pool.part.selection, pool.part.selection.columns
    score = pool.score.copy()
    rows = np.maximum(selection.row_of[pool.positions], 0)
    boosts: list[tuple[str, Floats, str]] = []
    age = np.maximum(now - columns.said_at[pool.positions], 0) / DAY
    kinds = columns.row_kind[rows]
    fresh = (0.5 ** (age / HALF_LIFE[kinds])).astype(np.float32)
    if plan.order == "latest":
        relative = _relative(columns.said_at[pool.positions])
        fresh = (FRESH_ASKED * relative * np.minimum(1.0, score * 2)).astype(np.float32)
    elif plan.order == "earliest":
        relative = 1.0 - _relative(columns.said_at[pool.positions])
        fresh = (FRESH_ASKED * relative * np.minimum(1.0, score * 2)).astype(np.float32)
    else:
        fresh = FRESH * fresh
    boosts.append(("recency", fresh, f"asked for the {plan.order}" if plan.order else "decays with the half-life of its kind"))
    stale = np.where(selection.stale[pool.positions], (STALE - 1.0) * score, 0.0).astype(np.float32)
    boosts.append(("superseded", stale, "what it states no longer holds"))
    trust = (score * 0.1 * (columns.weight[rows] - 1.0)).astype(np.float32)
    boosts.append(("confidence", trust, "how sure the extraction was"))
    return np.maximum(score + fresh + stale + trust, 0.0), boosts


def _relative(said: Ints) -> Floats:
    """When something was said, from 0 (first of the candidates) to 1 (last)."""
    if not len(said):
        return said.astype(np.float32)
    span = max(int(said.max() - said.min()), 1)
    return ((said - said.min()) / span).astype(np.float32)


def _shared(pool: Pool, score: Floats) -> tuple[Floats, Floats]:
    """A message is worth the best of itself and its memories: evidence found by either leads to both."""
    selection = pool.part.selection
    best = score.copy()
    if len(selection.edge_message) and len(pool.positions):
        everywhere = np.zeros(len(selection.mask), dtype=np.float32)
        everywhere[pool.positions] = score
        gained = everywhere.copy()
        np.maximum.at(gained, selection.edge_message, everywhere[selection.edge_memory])
        best = gained[pool.positions]
    return best, best + np.where(selection.columns.is_memory[pool.positions] & (score >= best), STATEMENT, 0.0)
