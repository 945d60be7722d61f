"""Retrieve: asks every channel for candidates. A channel that fails is left out, and the hits say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.errors import PerdureError
from perdure.filters import Filter
from perdure.model.base import to_micros
from perdure.model.graph import SELF
from perdure.model.search import Plan, View
from perdure.ports import Found, Selection
from perdure.rules.words import terms
from perdure.stages.stores import Stores

if TYPE_CHECKING:
    from perdure.ports import Floats, Ints

#: Candidates asked of the vector and the text channel each; of the top 50 fused, 85–90 % hold the evidence (two public sets).
DEPTH = 100
#: Worth of a node's proofs after each hop from an entity that was named.
HOP = (1.0, 0.6, 0.3)
#: Nodes from which a hop goes on, those worth most: past these a hub's neighbours are worth next to nothing, and each is a look-up.
EXPANDED = 16


@dataclass(frozen=True, slots=True)
class Closeness:
    """How near documents come to the question's tokens, without weights; arrays run parallel to `docs`, which ascend.

    Over the question's tokens that count (`tokens` of them): `mean`, `spread` (standard deviation), mean of the `lowest` third and
    `least` of the cosines with each one's nearest token in the text.
    """

    docs: Ints
    mean: Floats
    spread: Floats
    lowest: Floats
    least: Floats
    tokens: int


@dataclass(frozen=True, slots=True)
class Part:
    """One owner's share of a search: what may be seen of it, and what each channel found."""

    selection: Selection
    found: Mapping[str, Found]
    close: Closeness | None = None


@dataclass(frozen=True, slots=True)
class Retrieved:
    """All parts, and the channels that could not be asked with the reason."""

    parts: tuple[Part, ...]
    degraded: dict[str, str] = field(default_factory=dict[str, str])


def select(snapshot: Any, view: View, tree: Filter | None) -> list[Selection]:
    """What the view and the filter let through, one selection an owner. Everything is filtered before any cut."""
    selections: list[Selection] = []
    for owner, kind in snapshot.owners(view.scope):
        selection = snapshot.columns(owner, kind).select(view)
        if tree is not None:
            docs = np.fromiter(snapshot.filtered(owner, tree), dtype=np.int64)
            allowed = np.zeros(len(selection.mask), dtype=bool)
            pos = selection.columns.positions(docs)
            allowed[pos[(pos >= 0) & (pos < len(allowed))]] = True
            selection = selection.narrowed(allowed)
        if selection.mask.any():
            selections.append(selection)
    return selections


def retrieve(stores: Stores, snapshot: Any, plan: Plan, query: Any, selections: Sequence[Selection], view: View) -> Retrieved:
    """What each channel finds for a plan.

    Args:
        stores: where to look.
        snapshot: of the ledger.
        plan: of the question.
        query: its embedding, unit length; None when the embedder could not be asked.
        selections: from `select`.
        view: for the channels that know of time.
    """
    weights = dict.fromkeys(terms(plan.core), 1.0)
    at = to_micros(view.as_of or view.now)
    degraded: dict[str, str] = {}
    parts: list[Part] = []
    for selection in selections:
        ask: dict[str, Callable[[], Found]] = {
            "text": lambda s=selection: stores.text.search(snapshot, weights, s, DEPTH),
            "graph": lambda s=selection: by_graph(stores, snapshot, plan, s),
            "slots": lambda s=selection: by_slots(stores, snapshot, plan, s, at),
            "ended": lambda s=selection: by_ended(stores, snapshot, plan, s, at),
            "time": lambda s=selection: by_time(plan, s),
        }
        if query is not None:
            ask["vector"] = lambda s=selection: stores.vector.search(snapshot, query, s, DEPTH)
        found: dict[str, Found] = {}
        for channel, look in ask.items():
            try:
                found[channel] = look()
            except PerdureError as e:
                degraded[channel] = str(e)
        parts.append(Part(selection, found))
    return Retrieved(tuple(parts), degraded)


def by_slots(stores: Stores, snapshot: Any, plan: Plan, selection: Selection, at: int) -> Found:
    """Memories that hold a value for an attribute the question asks for; the likelier the attribute, the higher."""
    scores: dict[int, float] = {}
    details: dict[int, str] = {}
    for n, (entity, attribute) in enumerate(plan.attributes):
        held = stores.slots.look_up(snapshot, selection.columns.owner, entity, attribute, at=at)
        for _, doc, value in held:
            if doc not in scores:  # forty things that are liked say less, each, than the one place that is lived in
                scores[doc] = 1.0 / ((1 + n) * len(held) ** 0.5)
                details[doc] = f"({entity}, {attribute}) → {value}"
    return visible(scores, selection, details)


def by_ended(stores: Stores, snapshot: Any, plan: Plan, selection: Selection, at: int) -> Found:
    """Memories, still visible for what else they say, whose value for the attribute asked for holds no more."""
    scores: dict[int, float] = {}
    for entity, attribute in plan.attributes[:2]:
        owner = selection.columns.owner
        holding = {doc for _, doc, _ in stores.slots.look_up(snapshot, owner, entity, attribute, at=at)}
        every = {doc for _, doc, _ in stores.slots.look_up(snapshot, owner, entity, attribute)}
        scores |= dict.fromkeys(every - holding, 1.0)
    return visible(scores, selection, {})


def by_graph(stores: Stores, snapshot: Any, plan: Plan, selection: Selection, *, hops: int = 2) -> Found:
    """Memories that mention an entity of the question or prove a relation within `hops` of it.

    A hub's edges count for less: each node's worth is shared out over the square root of its number of edges.
    """
    owner = selection.columns.owner
    scores: dict[int, float] = {}
    details: dict[int, str] = {}
    named = [e for e in plan.entities if e != SELF] or [SELF]
    names: Mapping[str, str] = snapshot.names(owner)
    for entity in named:
        frontier: dict[str, tuple[float, str]] = {entity.casefold(): (1.0, entity)}
        seen = set(frontier)
        for hop in range(hops):
            following: dict[str, tuple[float, str]] = {}
            for key, (worth, path) in sorted(frontier.items(), key=lambda node: -node[1][0])[:EXPANDED]:
                edges = stores.graph.edges(snapshot, owner, key)
                mentions: list[int] = stores.graph.mentions(snapshot, owner, key) if hop == 0 and entity != SELF else []
                damped = worth / max(1.0, len(edges) + len(mentions)) ** 0.5
                score = HOP[hop] * damped
                for doc in mentions:
                    if HOP[0] * damped > scores.get(doc, 0.0):
                        scores[doc], details[doc] = HOP[0] * damped, entity
                for subject, relation, obj, doc, *_ in edges:
                    other = obj if subject == key else subject
                    new = other not in seen and (other != SELF or entity == SELF)
                    if not new and score <= scores.get(doc, 0.0):
                        continue
                    shown = names.get(other, other)
                    step = f"{path} -{relation}-> {shown}" if subject == key else f"{path} <-{relation}- {shown}"
                    if score > scores.get(doc, 0.0):
                        scores[doc], details[doc] = score, step
                    if new:
                        seen.add(other)
                        following[other] = (damped * HOP[hop + 1], step)
            frontier = following
    return visible(scores, selection, details)


def by_time(plan: Plan, selection: Selection) -> Found:
    """What was said, or was true from, within the time the question asks about."""
    if plan.window is None:
        return visible({}, selection, {})
    start, end = to_micros(plan.window.start), to_micros(plan.window.end)
    said = selection.columns.said_at[: len(selection.mask)]
    rows = np.maximum(selection.row_of, 0)
    began = selection.columns.row_times("from")[rows] if len(rows) else said
    inside = selection.mask & (((said >= start) & (said < end)) | ((began >= start) & (began < end)))
    pos = np.flatnonzero(inside)
    if len(pos) > DEPTH:
        pos = pos[np.argsort(-said[pos], kind="stable")[:DEPTH]]
    docs = selection.columns.docs[pos]
    return Found(docs, np.ones(len(docs), dtype=np.float32), details=dict.fromkeys(docs.tolist(), plan.window.phrase))


def visible(scores: Mapping[int, float], selection: Selection, details: Mapping[int, str]) -> Found:
    """Scores by document as a `Found` of those the selection may see, best first."""
    if not scores:
        return Found(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
    docs = np.fromiter(scores.keys(), dtype=np.int64, count=len(scores))
    values = np.fromiter(scores.values(), dtype=np.float32, count=len(scores))
    pos = selection.columns.positions(docs)
    ok = (pos >= 0) & (pos < len(selection.mask))
    ok[ok] = selection.mask[pos[ok]]
    docs, values = docs[ok], values[ok]
    order = np.lexsort((docs, -values))
    return Found(docs[order], values[order], details={d: details[d] for d in docs[order].tolist() if d in details})
