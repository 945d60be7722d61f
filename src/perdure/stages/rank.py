"""Rank: recency, validity, trust; then folding, so that a memory and the messages it came from are one hit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from perdure.model.base import to_micros
from perdure.model.search import Hit, Plan, Signal
from perdure.rules.updates import changes_something
from perdure.rules.words import terms
from perdure.stages.fuse import COVERS, WEIGHTS, Pool

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
#: Who repeats a message's words wants that message, whatever has become of it: `QUOTED` is the share of the text channel's weight that
#: a message of usual length reaches when it holds each of at least `QUOTED_WORDS` words of the question once.
QUOTED, QUOTED_WORDS = 0.54, 3
#: Hits among which a newer one is lifted over an older one about the same matter, and the share of its score it must be worth.
HEAD, LIFTED = 20, 0.40
#: Cosines from which two statements are about the same matter: when the newer says that something changed, and otherwise. Lower values
#: (.60, .65) cost up to .15 recall@10 on two conversations of LoCoMo, where people say similar things that are all true, and did not
#: help on four of BEAM.
SAME_MATTER, SAME_STATEMENT = 0.75, 0.95


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
    ranked.sort(key=lambda r: -r.score)  # stable: each pool comes in its own order
    return ranked[:limit]


def prefer_newer(hits: list[Hit], vectors: Mapping[int, Floats], question: str = "") -> list[Hit]:
    """Lifts, among the first `HEAD` hits, a newer statement right above an older one about the same matter.

    What was said later often updates what was said before, and no score of likeness can tell the two apart. Two statements are about
    the same matter when they are nearly the same, or alike and the newer one says that something has changed.

    Args:
        hits: best first.
        vectors: by document number, unit length; a hit without one stays where it is.
        question: a hit that it quotes is passed by nothing.
    """
    head = [(h, vectors[doc_of(h)], said_at(h), changes_something(h.text)) for h in hits[:HEAD] if doc_of(h) in vectors]
    lifted: dict[int, float] = {}
    quoting = may_quote(question)
    for older, mine, before, _ in head:
        if quoting and any(s.channel == "text" and s.contribution >= QUOTED * s.weight for s in older.why):
            continue
        for newer, theirs, after, changed in head:
            if after <= before or not LIFTED * older.score <= newer.score < older.score:
                continue
            if newer.sources[0].said_by == older.sources[0].said_by and float(mine @ theirs) >= (
                SAME_MATTER if changed else SAME_STATEMENT
            ):
                lifted[id(newer)] = max(lifted.get(id(newer), 0.0), older.score + 1e-4 - newer.score)
    if not lifted:
        return hits
    top = [
        replace(
            h,
            score=min(1.0, h.score + gain),
            why=(*h.why, Signal("newer", 0, 0.0, 1.0, round(gain, 4), "says later what an older hit says")),
        )
        if (gain := lifted.get(id(h)))
        else h
        for h in hits[:HEAD]
    ]
    return sorted(top, key=lambda h: (-h.score, -said_at(h))) + hits[HEAD:]


def may_quote(question: str) -> bool:
    """Whether a query may be words of a message, rather than a question about what holds."""
    return "?" not in question and len(set(terms(question))) >= QUOTED_WORDS


def doc_of(hit: Hit) -> int:
    """The number under which the indexes know a hit's text."""
    return hit.memory.doc if hit.memory is not None else hit.sources[0].doc


def said_at(hit: Hit) -> float:
    """When a hit was said last; seconds."""
    return max(s.said_at.timestamp() for s in hit.sources)


def _ranked(pool: Pool, plan: Plan, now: int, limit: int) -> list[Ranked]:
    selection = pool.part.selection
    score, boosts = _boosted(pool, plan, now)
    best = _shared(pool, score)
    place = {int(p): i for i, p in enumerate(pool.positions)}
    family, speaks_for = _families(pool)
    is_memory = selection.columns.is_memory
    order = np.lexsort((pool.positions, ~is_memory[pool.positions], -best))  # of equals a statement stands before its message
    taken: set[int] = set()
    ranked: list[Ranked] = []
    for i in order.tolist():
        position = int(pool.positions[i])
        if position in taken:
            continue
        related = family.get(position, [])
        shown = i
        if not is_memory[position]:
            shown = next((place[m] for m in speaks_for.get(position, ()) if m in place and m not in taken), i)
        taken.add(position)
        taken.update(related)
        if shown != i:  # a memory stands here for its message, and so for its other messages too
            taken.add(int(pool.positions[shown]))
            taken.update(family.get(int(pool.positions[shown]), []))
        told = tuple((name, float(values[shown]), detail) for name, values, detail in boosts if values[shown])
        ranked.append(Ranked(pool, shown, float(min(1.0, best[i])), told, tuple(related)))
        if len(ranked) == limit:
            break
    return ranked


def _families(pool: Pool) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    """By position: a memory's messages and a message's memories; and the memories that speak for all of a message."""
    selection = pool.part.selection
    family: dict[int, list[int]] = {}
    speaks_for: dict[int, list[int]] = {}
    inside = np.zeros(len(selection.mask), dtype=bool)
    inside[pool.positions] = True
    near = inside[selection.edge_message] | inside[selection.edge_memory]  # of all edges of the scope, those of the candidates
    edges = (selection.edge_message[near], selection.edge_memory[near], selection.edge_share[near])
    for message, memory, share in zip(*(e.tolist() for e in edges), strict=True):
        family.setdefault(memory, []).append(message)
        family.setdefault(message, []).append(memory)
        if share >= COVERS:
            speaks_for.setdefault(message, []).append(memory)
    return family, speaks_for


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
    quoted = np.zeros(len(score), dtype=bool)
    if "text" in pool.channels and may_quote(plan.question):
        quoted = pool.channels["text"] >= QUOTED * WEIGHTS["text"]
    stale = np.where(selection.stale[pool.positions] & ~quoted, (STALE - 1.0) * score, 0.0).astype(np.float32)
    boosts.append(("superseded", stale, "what it states no longer holds"))
    over = _ended(pool) * (STALE - 1.0) * score
    boosts.append(("ended", over.astype(np.float32), "the value asked for holds no more"))
    trust = (score * 0.1 * (columns.weight[rows] - 1.0)).astype(np.float32)
    boosts.append(("confidence", trust, "how sure the extraction was"))
    return np.maximum(score + fresh + stale + over + trust, 0.0), boosts


def _ended(pool: Pool) -> Floats:
    """1 for memories whose value for what is asked has ended, and for the messages these speak for."""
    found = pool.part.found.get("ended")
    selection = pool.part.selection
    everywhere = np.zeros(len(selection.mask), dtype=np.float32)
    if found is not None and len(found.docs):
        everywhere[selection.columns.positions(found.docs)] = 1.0
        whole = (selection.edge_share >= COVERS) & (everywhere[selection.edge_memory] > 0)
        np.maximum.at(everywhere, selection.edge_message[whole], everywhere[selection.edge_memory[whole]])
    return everywhere[pool.positions]


def _relative(said: Ints) -> Floats:
    """When something was said, from 0 (first of the candidates) to 1 (last)."""
    if not len(said):
        return said.astype(np.float32)
    span = max(int(said.max() - said.min()), 1)
    return ((said - said.min()) / span).astype(np.float32)


def _shared(pool: Pool, score: Floats) -> Floats:
    """A message is worth the best of itself and its memories: evidence found by either leads to both."""
    selection = pool.part.selection
    if not len(selection.edge_message) or not len(pool.positions):
        return score
    everywhere = np.zeros(len(selection.mask), dtype=np.float32)
    everywhere[pool.positions] = score
    worth = everywhere[selection.edge_memory]
    some = worth > 0
    gained = everywhere.copy()
    np.maximum.at(gained, selection.edge_message[some], worth[some])
    return gained[pool.positions]
