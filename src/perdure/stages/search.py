"""Search: plan, retrieve, fuse, rank and hydrate, one after the other; and what else reads through a view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from perdure.errors import InputError, ModelError, PerdureError
from perdure.filters import Filter
from perdure.model.base import MICROSECOND, to_micros
from perdure.model.graph import SELF, Entity, Graph, Relation, entity_key
from perdure.model.memory import MemoryRecord
from perdure.model.search import Answer, Fact, Hit, Plan, Signal, TraceStep, View
from perdure.ports import EmbedsTokens, QuestionTokens
from perdure.rules.asking import core
from perdure.rules.kinds import with_synonyms
from perdure.rules.slots import canonical, single_valued
from perdure.rules.updates import asks_now
from perdure.stages.capture import mended
from perdure.stages.compare import trust_in
from perdure.stages.confidence import TENTH, confidence
from perdure.stages.fuse import Pool, closer, fuse
from perdure.stages.hydrate import hydrate, visible_memory
from perdure.stages.late import look_closer
from perdure.stages.plan import plan as make_plan
from perdure.stages.rank import HEAD, Ranked, doc_of, prefer_newer, rank
from perdure.stages.retrieve import Retrieved, retrieve, select
from perdure.stages.stores import Stores

#: A first hit that is worth less is worth nothing: to be told how little, its score need not be drawn up to the confidence.
LEAST = 0.05
#: Characters of a question that are read; the rest of a pasted page adds time, not meaning.
MAX_QUESTION = 2000
#: Edges of a path in an answer's trace, and edges from which one is looked for.
MAX_PATH, MAX_EDGES = 5, 24
#: Hits a reranker looks at.
RERANKED = 30
#: The reranker's share of a score.
RERANKER = 0.5


@dataclass(frozen=True, slots=True)
class Searched:
    """A search with everything that led to its hits, for `explain`, `why_not` and `ask`.

    `scale` turns a score of `ranked` into that of a hit.
    """

    plan: Plan
    retrieved: Retrieved
    pools: list[Pool]
    ranked: list[Ranked]
    hits: list[Hit]
    scale: float = 1.0


def search(stores: Stores, question: str, view: View, *, limit: int, tree: Filter | None = None) -> Searched:
    """The hits of a question, best first, and the steps that led there.

    Raises:
        LedgerError: the ledger could not be read. Any other store that fails only degrades the hits, which say so.
    """
    text = mended(question[:MAX_QUESTION])
    asked = core(text)
    lost: dict[str, str] = {}
    tokens: QuestionTokens | None = None
    query: Any = None
    if text.strip():
        try:
            if isinstance(stores.embedder, EmbedsTokens):
                tokens = stores.embedder.embed_question(asked)
                query = tokens.vector
            else:
                query = stores.embedder.embed([asked])[0]
        except PerdureError as e:
            lost["vector"] = str(e)
    with stores.ledger.snapshot() as snapshot:
        selections = select(snapshot, view, tree)
        names: dict[str, str] = {}
        for s in selections:
            names |= with_synonyms(snapshot.names(s.columns.owner))
        plan = make_plan(text, now=view.as_of or view.now, names=names)
        if not selections or not text.strip():
            return Searched(plan, Retrieved((), lost), [], [], [])
        retrieved = retrieve(stores, snapshot, plan, query, selections, view)
        parts = list(retrieved.parts)
        if tokens is not None:
            try:
                parts = [look_closer(stores, snapshot, part, closer(part, plan), tokens, asked) for part in parts]
            except PerdureError as e:
                lost["tokens"] = str(e)
        pools = [fuse(part, plan) for part in parts]
        depth = max(limit, HEAD)
        ranked = rank(pools, plan, now=view.as_of or view.now, limit=max(depth, TENTH))  # a score must not hang on the limit
        scale = confidence(ranked) / max(ranked[0].score, LEAST) if ranked else 1.0
        hits = hydrate(snapshot, ranked[:depth], view, scale=scale, degraded=retrieved.degraded | lost)
        if len(hits) > 1 and plan.order != "earliest" and asks_now(text):
            try:
                vectors = stores.vector.vectors(snapshot, [doc_of(h) for h in hits[:HEAD]])
                hits = prefer_newer(hits, vectors, plan, assisted=any(p.assisted for p in pools))
            except PerdureError as e:
                hits = [replace(h, degraded=(*h.degraded, f"vector: {e}")) for h in hits]
        ranked, hits = ranked[:limit], hits[:limit]
    if stores.reranker is not None and hits:
        hits = _reranked(stores, text, hits)
    return Searched(plan, retrieved, pools, ranked, hits, scale)


def _reranked(stores: Stores, question: str, hits: list[Hit]) -> list[Hit]:
    """The head of the list in the order of its score mixed with the reranker's; unchanged when the reranker fails."""
    head, tail = hits[:RERANKED], hits[RERANKED:]
    assert stores.reranker is not None  # noqa: S101  (asked by the caller)
    try:
        scores = [float(x) for x in stores.reranker.score(question, [h.text for h in head])]
        if len(scores) != len(head) or any(math.isnan(x) for x in scores):
            raise ModelError(f"{stores.reranker.name} gave {len(scores)} scores for {len(head)} texts, or some that are no numbers")  # noqa: TRY301
    except Exception as e:  # noqa: BLE001  (somebody else's object: whatever it raises, the ranking stands without it)
        return [replace(h, degraded=(*h.degraded, f"reranker: {e}")) for h in hits]
    scores, name = [min(1.0, max(0.0, s)) for s in scores], stores.reranker.name
    mixed = [
        replace(
            h, score=h.score + RERANKER * (s - h.score), why=(*h.why, Signal("reranker", 0, s, RERANKER, RERANKER * (s - h.score), name))
        )
        for h, s in zip(head, scores, strict=True)
    ]
    return sorted(mixed, key=lambda h: -h.score) + tail


def facts(stores: Stores, snapshot: Any, view: View, *, of: str = SELF, attribute: str | None = None) -> list[Fact]:
    """What the key-value view holds of an entity, one `Fact` per attribute, attributes in alphabetical order.

    Values stand newest first; where only one can hold, the word of the user stands before that of a tool or an assistant.
    """
    at = to_micros(view.as_of or view.now)
    wanted = canonical(attribute) if attribute is not None else None
    found: dict[str, dict[str, tuple[MemoryRecord, Any]]] = {}
    for owner, kind in snapshot.owners(view.scope):
        name = with_synonyms(snapshot.names(owner)).get(entity_key(of), of)
        for record in _holders(stores, snapshot, owner, kind, view, name, wanted, at):
            for slot in record.slots:
                ended = slot.valid_to is not None and to_micros(slot.valid_to) <= at
                begun = to_micros(slot.valid_from or record.valid_from) <= at
                if entity_key(slot.entity) == entity_key(name) and begun and not ended and wanted in (None, slot.attribute):
                    found.setdefault(slot.attribute, {}).setdefault(slot.value_key, (record, slot))
    for name in filter(single_valued, found):
        found[name] = dict(sorted(found[name].items(), key=lambda held: -trust_in(held[1][0])))
    return [
        Fact(
            entity=of, attribute=a, value=next(iter(values.values()))[1].value, values=tuple(s.value for _, s in values.values()),
            memory=next(iter(values.values()))[0], slot=next(iter(values.values()))[1],
        )
        for a, values in sorted(found.items())
    ]  # fmt: skip


#: Attributes of the user that belong into any prompt, the most useful first.
PROFILE = (
    "name", "lives_in", "job_title", "employer", "diet", "allergy", "condition", "spouse", "partner", "child", "pet", "age", "birthday",
    "language", "timezone",
)  # fmt: skip


def wanted_facts(stores: Stores, snapshot: Any, view: View, plan: Plan) -> list[Fact]:
    """What the key-value view holds for the attributes a question asks for, the likeliest first."""
    found: list[Fact] = []
    if plan.window is not None and plan.window.end <= (view.as_of or view.now):  # "Where did I live in January?"
        view = replace(view, as_of=plan.window.end - MICROSECOND)
    for entity, attribute in plan.attributes:
        found += facts(stores, snapshot, view, of=entity, attribute=attribute)
    return found


def session_notes(stores: Stores, snapshot: Any, view: View) -> list[Hit]:
    """The short-term memories of the view's session, newest first: they belong into its prompts, asked for or not."""
    found: list[Hit] = []
    at = to_micros(view.as_of or view.now)
    for owner, kind in snapshot.owners(view.scope) if view.scope.session_id is not None else ():
        columns = snapshot.columns(owner, kind)
        selection = columns.select(view)
        docs = stores.slots.short_term(snapshot, owner, view.scope.session_id, at=at)
        rows = [int(selection.row_of[p]) for p in columns.positions(docs) if p >= 0 and selection.mask[p]] if docs else []
        why = (Signal("slots", 1, 1.0, 1.0, 1.0, "kept for this session"),)
        records = [r for r in snapshot.versions(columns.version(r) for r in rows).values() if not visible_memory(r, view)]
        found += [Hit(r.text, 1.0, r, None, r.sources, why) for r in records]
    return found


def profile(stores: Stores, snapshot: Any, view: View, plan: Plan) -> list[Fact]:
    """Facts for a context: what is asked for, then of the people named, then who the user is. No fact twice."""
    mine = {f.attribute: f for f in facts(stores, snapshot, view)}
    found = wanted_facts(stores, snapshot, view, plan)
    for entity in plan.entities:
        found += [] if entity == SELF else facts(stores, snapshot, view, of=entity)
    found += [mine[a] for a in PROFILE if a in mine]
    return list({(entity_key(f.entity), f.attribute): f for f in reversed(found)}.values())[::-1]


def _holders(
    stores: Stores, snapshot: Any, owner: int, kind: str, view: View, name: str, attribute: str | None, at: int
) -> list[MemoryRecord]:
    """Memories that may hold a slot of an entity, newest statement first."""
    docs = dict.fromkeys(doc for _, doc, _ in stores.slots.look_up(snapshot, owner, name, attribute, at=at))
    columns = snapshot.columns(owner, kind)
    selection = columns.select(view)
    positions = [int(p) for p in columns.positions(list(docs)) if 0 <= p < len(selection.mask) and selection.mask[p]] if docs else []
    found = snapshot.versions(columns.version(int(selection.row_of[p])) for p in positions)
    records = [r for r in found.values() if not visible_memory(r, view)]
    return sorted(records, key=lambda r: (max((s.said_at for s in r.sources), default=r.valid_from), r.doc), reverse=True)


def neighbourhood(stores: Stores, snapshot: Any, view: View, *, around: str, hops: int) -> Graph:
    """Entities and relations within `hops` of an entity, as the view may see them, with the memories that prove them."""
    at = to_micros(view.as_of or view.now)
    entities: dict[str, Entity] = {}
    relations: dict[tuple[str, str, str, str], Relation] = {}
    proofs: dict[str, str] = {}
    for owner, kind in snapshot.owners(view.scope):
        names = with_synonyms(snapshot.names(owner))
        columns = snapshot.columns(owner, kind)
        selection = columns.select(view)
        start = entity_key(names.get(entity_key(around), around))
        frontier, seen = [start], {start}
        for _ in range(hops):
            following: list[str] = []
            for key in frontier:
                for subject, relation, obj, doc, memory, valid_from, valid_to in stores.graph.edges(snapshot, owner, key):
                    position = int(columns.positions([doc])[0])
                    if position < 0 or not selection.mask[position] or valid_from > at or (valid_to is not None and valid_to <= at):
                        continue
                    record = snapshot.versions([columns.version(int(selection.row_of[position]))]).popitem()[1]
                    if visible_memory(record, view):
                        continue
                    proofs[memory] = record.text
                    stated = next(
                        (
                            r
                            for r in record.relations
                            if (entity_key(r.subject), r.relation, entity_key(r.object)) == (subject, relation, obj)
                        ),
                        Relation(subject, relation, obj, memory_id=memory),
                    )
                    relations[subject, relation, obj, memory] = stated
                    for other in (subject, obj):
                        if other not in seen:
                            seen.add(other)
                            following.append(other)
            frontier = following
        known = stores.graph.entities(snapshot, owner, sorted(seen))
        touched = {k for s, _, o, _ in relations for k in (s, o)} | ({start} & set(known))
        for key in touched:
            name, kind_of, aliases = known.get(key, (key, "User" if key == SELF else "Thing", []))
            entities[key] = Entity(name, kind_of, tuple(aliases))
    return Graph(around, tuple(entities[k] for k in sorted(entities)), tuple(relations.values()), proofs)


def connection(stores: Stores, snapshot: Any, view: View, answer: Answer) -> TraceStep | None:
    """The longest path through the graph, from the user if there is one, over the relations that the cited memories prove."""
    at = to_micros(view.as_of or view.now)
    edges: dict[tuple[str, str, str], tuple[str, str, str]] = {}  # keys to what is shown
    cited = [r for r in (snapshot.current(c.memory_id) for c in answer.citations if c.memory_id) if r is not None]
    for r in (r for record in cited for r in record.relations):
        edges[entity_key(r.subject), r.relation, entity_key(r.object)] = (r.subject, r.relation, r.object)
    shown = {k: name for (s, _, o), (subject, _, obj) in edges.items() for k, name in ((s, subject), (o, obj))}
    for owner, _ in snapshot.owners(view.scope) if edges else ():
        for key in list(shown):
            for subject, relation, obj, _, _, start, end in stores.graph.edges(snapshot, owner, key):
                if subject == SELF and obj == key and start <= at and (end is None or end > at):
                    edges.setdefault((subject, relation, obj), (SELF, relation, shown[key]))
    best: list[tuple[str, str, str]] = []

    def walk(path: list[tuple[str, str, str]]) -> None:
        nonlocal best
        best = max(best, path, key=lambda p: (len(p), p[0][0] == SELF) if p else (0, False))
        here = path[-1][2]
        for edge in edges:
            if edge[0] == here and len(path) < MAX_PATH and all(edge[2] not in (e[0], e[2]) for e in path):
                walk([*path, edge])

    for edge in list(edges)[:MAX_EDGES]:
        walk([edge])
    if not best:
        return None
    told = edges[best[0]][0] + "".join(f" -{edges[e][1]}-> {edges[e][2]}" for e in best)
    return TraceStep("graph", told)


def listed(snapshot: Any, view: View, *, tree: Filter | None, limit: int, after: str | None) -> Sequence[MemoryRecord]:
    """Live memories in the order they were learnt, at most `limit`, those after the memory with id `after`."""
    found: list[MemoryRecord] = []
    for selection in select(snapshot, view, tree):
        rows = [int(selection.row_of[p]) for p in selection.mask.nonzero()[0] if selection.columns.is_memory[p]]
        found += snapshot.versions(selection.columns.version(r) for r in rows).values()
    found = sorted((r for r in found if not visible_memory(r, view)), key=lambda r: (r.doc, r.id))
    if after is not None:
        last = snapshot.current(after)
        if last is None:
            raise InputError(f"after={after[:80]!r} names no memory. Give the id of the last memory of the page before.", argument="after")
        found = [r for r in found if (r.doc, r.id) > (last.doc, last.id)]  # it may have gone from the list since
    return found[:limit]
