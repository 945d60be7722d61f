"""Rank: recency, validity, trust; then folding, so that a memory and the messages it came from are one hit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from perdure.model.base import to_micros
from perdure.model.search import Hit, Plan, Signal
from perdure.rules.asking import has_number, wants_number
from perdure.rules.updates import changes_something
from perdure.rules.words import terms
from perdure.stages.fuse import COVERS, Pool

if TYPE_CHECKING:
    from perdure.ports import Floats, Ints

DAY = 86_400_000_000
#: Days after which what was never said again counts half as fresh, by code of kind (message, fact, preference, episodic,
#: procedural, summary). Facts and habits age slowly, events fast; orders of magnitude, not tuned.
HALF_LIFE = np.array([30.0, 365.0, 180.0, 30.0, 365.0, 365.0])
#: What freshness adds at most; more when the question asks for the latest.
FRESH, FRESH_ASKED = 0.02, 0.08
#: The share of its score that a memory loses in which there is no confidence at all; .10 cost .006 MRR on LoCoMo.
TRUST = 0.05
#: What remains of a message's score when everything it states has been superseded.
STALE = 0.6
#: Who repeats a message's words wants that message, whatever has become of it: `QUOTED` is the share of the text channel's weight that
#: a message of usual length reaches when it holds each of at least `QUOTED_WORDS` words of the question once.
QUOTED, QUOTED_WORDS = 0.54, 3
#: Hits among which a newer one is lifted over an older one about the same matter, and how many of the first may be passed.
HEAD, PASSED = 8, 2


@dataclass(frozen=True, slots=True)
class Newer:
    """When a newer hit is about the same matter as an older one.

    It must be worth `share` of the older one's score, come as near to the question token by token as `tokens` of it, and be alike: by a
    cosine of `changed` when it says that something has changed, of `same` otherwise.
    """

    share: float
    changed: float
    same: float
    tokens: float


#: For a question after one value that holds now, asked by whom it concerns or in a chat with an assistant, where things are told to be
#: kept. Set on ten chats of BEAM and three others: of their 18 and 31 updates .94 and .74 then stand above what they replace (.39 and
#: .52 without), on three that it was not set on .68 of 25 (.36).
OWN_VALUE = Newer(0.45, 0.30, 0.50, 0.45)
#: For such a question about others. People say many alike things that are all true: with the values above MRR on LoCoMo falls by .05.
VALUE = Newer(0.85, 0.50, 0.70, 0.80)
#: For every other question without a word of the past in it. Lower cosines (.60, .65) cost up to .15 recall@10 on LoCoMo.
ANY = Newer(0.40, 0.75, 0.95, 0.0)


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


def prefer_newer(hits: list[Hit], vectors: Mapping[int, Floats], plan: Plan, *, assisted: bool = False) -> list[Hit]:
    """Lifts, among the first `HEAD` hits, a newer statement right above an older one about the same matter.

    What was said later often updates what was said before, and no score of likeness can tell the two apart.

    Args:
        hits: best first.
        vectors: by document number, unit length; a hit without one stays where it is.
        plan: of the question. A hit that it quotes is passed by nothing; asked for a number, nothing without one passes.
        assisted: whether an assistant takes part in the conversation.
    """
    own = plan.current and (assisted or plan.present)
    when = OWN_VALUE if own else VALUE if plan.current else ANY
    counted = plan.current and wants_number(plan.question)
    head = [_Held(h, vectors[doc_of(h)], said_at(h), _nearness(h)) for h in hits[:HEAD] if doc_of(h) in vectors]
    lifted: dict[int, float] = {}
    quoting = may_quote(plan.question)
    for older in head[:PASSED] if plan.current else head:
        if quoting and any(s.channel == "text" and s.contribution >= QUOTED * s.weight for s in older.hit.why):
            continue
        for newer in head:
            if newer.said <= older.said or not when.share * older.hit.score <= newer.hit.score < older.hit.score:
                continue
            if newer.hit.sources[0].said_by != older.hit.sources[0].said_by or newer.near < when.tokens * older.near:
                continue
            if counted and not has_number(newer.hit.text):
                continue
            if float(older.vector @ newer.vector) >= (when.changed if changes_something(newer.hit.text) else when.same):
                lifted[id(newer.hit)] = max(lifted.get(id(newer.hit), 0.0), older.hit.score + 1e-4 - newer.hit.score)
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


@dataclass(frozen=True, slots=True)
class _Held:
    """A hit with its vector, when it was said (seconds) and how near its tokens come."""

    hit: Hit
    vector: Floats
    said: float
    near: float


def _nearness(hit: Hit) -> float:
    return next((s.raw for s in hit.why if s.channel == "tokens"), 0.0)


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
    positions = pool.positions.tolist()
    place = {p: i for i, p in enumerate(positions)}
    families = _Families(pool)
    is_memory = selection.columns.is_memory[pool.positions]
    order = np.lexsort((pool.positions, ~is_memory, -best))  # of equals a statement stands before its message
    taken: set[int] = set()
    ranked: list[Ranked] = []
    for i in order.tolist():
        position = positions[i]
        if position in taken:
            continue
        related = families.memories(position) or families.messages(position)
        shown = i
        if not is_memory[i]:
            speaking = families.memories(position, share=COVERS)
            shown = next((place[m] for m in speaking if m in place and m not in taken), i)
        taken.add(position)
        taken.update(related)
        if shown != i:  # a memory stands here for its message, and so for its other messages too
            taken.add(positions[shown])
            taken.update(families.messages(positions[shown]))
        told = tuple((name, float(values[shown]), detail) for name, values, detail in boosts if values[shown])
        ranked.append(Ranked(pool, shown, float(best[i]), told, tuple(related)))
        if len(ranked) == limit:
            break
    return ranked


class _Families:
    """Which memories were drawn from which messages, as far as candidates are concerned; looked up, for few are ever asked about."""

    def __init__(self, pool: Pool) -> None:
        message, memory, share = pool.edges
        by_message, by_memory = np.argsort(message, kind="stable"), np.argsort(memory, kind="stable")
        self._of_message: tuple[list[int], list[int], list[int]] = (
            message[by_message].tolist(), memory[by_message].tolist(), share[by_message].tolist(),
        )  # fmt: skip
        self._of_memory: tuple[list[int], list[int]] = memory[by_memory].tolist(), message[by_memory].tolist()

    def memories(self, message: int, *, share: int = 0) -> list[int]:
        """Positions of the memories that quote at least this percentage of a message."""
        keys, memories, shares = self._of_message
        start, end = bisect_left(keys, message), bisect_right(keys, message)
        return [memories[i] for i in range(start, end) if shares[i] >= share]

    def messages(self, memory: int) -> list[int]:
        """Positions of the messages a memory was drawn from."""
        keys, messages = self._of_memory
        return messages[bisect_left(keys, memory) : bisect_right(keys, memory)]


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
        quoted = pool.channels["text"] >= QUOTED * pool.weights["text"]
    stale = np.where(selection.stale[pool.positions] & ~quoted, (STALE - 1.0) * score, 0.0).astype(np.float32)
    boosts.append(("superseded", stale, "what it states no longer holds"))
    over = _ended(pool) * (STALE - 1.0) * score
    boosts.append(("ended", over.astype(np.float32), "the value asked for holds no more"))
    trust = (TRUST * score * (columns.weight[rows] - 1.0)).astype(np.float32)
    boosts.append(("confidence", trust, "how sure the extraction was, and how much it matters"))
    return np.maximum(score + fresh + stale + over + trust, 0.0), boosts


def _ended(pool: Pool) -> Floats:
    """1 for memories whose value for what is asked has ended, and for the messages these speak for."""
    found = pool.part.found.get("ended")
    selection = pool.part.selection
    everywhere = np.zeros(len(selection.mask), dtype=np.float32)
    if found is not None and len(found.docs):
        everywhere[selection.columns.positions(found.docs)] = 1.0
        message, memory, share = pool.edges
        whole = (share >= COVERS) & (everywhere[memory] > 0)
        np.maximum.at(everywhere, message[whole], everywhere[memory[whole]])
    return everywhere[pool.positions]


def _relative(said: Ints) -> Floats:
    """When something was said, from 0 (first of the candidates) to 1 (last)."""
    if not len(said):
        return said.astype(np.float32)
    span = max(int(said.max() - said.min()), 1)
    return ((said - said.min()) / span).astype(np.float32)


def _shared(pool: Pool, score: Floats) -> Floats:
    """A message is worth the best of itself and its memories: evidence found by either leads to both."""
    message, memory, _ = pool.edges
    if not len(message):
        return score
    everywhere = np.zeros(len(pool.part.selection.mask), dtype=np.float32)
    everywhere[pool.positions] = score
    np.maximum.at(everywhere, message, everywhere[memory])
    return everywhere[pool.positions]
