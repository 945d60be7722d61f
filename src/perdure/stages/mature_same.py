"""What says the same, what was said again and again, and what was never of use. Pure: records in, proposals out.

Two memories of one owner are made one when rules are certain, by the bounds consolidation merges by; between these and mere likeness a
model may be asked. Numbers, negations and names must agree whoever says that two are the same: doubt leaves both.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.model.base import statement_key
from perdure.model.graph import entity_key
from perdure.model.maturing import Proposal
from perdure.model.memory import SUMMARY, MemoryRecord, Source
from perdure.rules.words import terms
from perdure.stages.consolidate import GREY, SAME, SAME_SLOTS, SHORT_TERM, same_numbers, same_words
from perdure.stages.rank import HALF_LIFE
from perdure.stages.symptoms import Claims, Likeness, claims_of, likely_pairs, said_at, same_place

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Pairs a model is asked about in one run, the likest first.
ASKED = 200
#: Rows of vectors held against all others at a time: 10,000 memories take some 40 steps.
BLOCK = 256
#: Memories of one owner that are held against each other by meaning, the newest; what grows with the square must end somewhere.
COMPARED = 20_000
#: A statement said again this much later was said twice, and not only twice in one breath.
APART = timedelta(hours=6)
#: Importance is halved for each half-life without use, and is no lower than this: what is never used is found last, not lost.
LOWEST = 0.1
#: `HALF_LIFE` in `rank` stands in this order.
HALF_LIFE_OF = dict(zip(("message", "fact", "preference", "episodic", "procedural", SUMMARY), HALF_LIFE.tolist(), strict=True))
#: Words that turn a statement round; two statements with different ones never say the same.
_NEGATIONS = frozenset(
    "no not never none nothing neither nor without cannot nicht kein keine keinen keiner keinem nie niemals ohne ne pas jamais sans aucun "
    "aucune nunca jamás sin ningún ninguna non mai senza nem não nunca sem не нет никогда без hardly barely stopped quit former formerly "
    "ehemals früher anciennement".split()
)
_FIGURES = re.compile(r"\d+")
_NOT = re.compile(r"n['’]t\b|不|没|無|ない|ません")


# ---------------------------------------------------------------------- merging
def groups(records: Sequence[MemoryRecord], likeness: Likeness, verdicts: Mapping[frozenset[str], str] | None = None) -> list[Proposal]:
    """Proposals to merge, one a group of memories that say the same; kept is the one that says most, else the best proven.

    Args:
        records: live ones, of one owner.
        likeness: the cosine of two of them; asked only where words or slots make a pair likely.
        verdicts: pairs of ids that a model found to say the same, with its name.
    """
    by_id = {r.id: r for r in records if r.kind != SUMMARY}
    leader = {i: i for i in by_id}

    def top(memory_id: str) -> str:
        while leader[memory_id] != memory_id:
            leader[memory_id] = memory_id = leader[leader[memory_id]]
        return memory_id

    told: dict[str, str] = {}
    read = {i: reading(r) for i, r in by_id.items()}
    held = {i: r.claims for i, r in read.items()}  # by leader: who says nothing in its slots must not join two that differ

    def joined(one: MemoryRecord, other: MemoryRecord) -> bool:
        first, second = top(one.id), top(other.id)
        if first == second or (held[first] and held[second] and held[first] != held[second]):
            return False
        if not mergeable(by_id[first], by_id[second], read[first], read[second]):
            return False
        leader[second] = first
        held[first] = held[first] or held[second]
        return True

    for one, other, sure in likely_pairs(list(by_id.values()), {i: r.claims for i, r in read.items()}):
        mine, theirs = read[one.id], read[other.id]
        if mine.key == theirs.key and top(one.id) != top(other.id) and (sure or _certain(one, other, mine, theirs, likeness)):
            joined(one, other)
    for pair, model in (verdicts or {}).items():
        one, other = (by_id.get(i) for i in sorted(pair))
        if one is not None and other is not None and askable(one, other, read[one.id], read[other.id]) and joined(one, other):
            told[one.id] = told[other.id] = model
    found: dict[str, list[MemoryRecord]] = defaultdict(list)
    for r in by_id.values():
        found[top(r.id)].append(r)
    fullest = {i: (-len(read[i].words), -len(r.sources), r.recorded_at, r.doc) for i, r in by_id.items()}
    many = [sorted(g, key=lambda r: fullest[r.id]) for g in found.values() if len(g) > 1]
    return [_merge(g, next((told[r.id] for r in g if r.id in told), "rules")) for g in sorted(many, key=lambda g: g[0].doc)]


@dataclass(frozen=True, slots=True)
class Reading:
    """What is compared of a memory, worked out once: what must be equal, and what may only add to the other's."""

    key: tuple[object, ...]
    claims: Claims
    words: frozenset[str]
    names: frozenset[str]
    entities: frozenset[str]


def reading(record: MemoryRecord) -> Reading:
    """A memory as it is compared: place, kind, subject, numbers and negations in one; slots, words, names and entities."""
    s, text = record.scope, record.text
    bare = re.findall(r"[^\W\d_]+", text)
    denied = tuple(sorted([*(w for w in map(str.casefold, bare) if w in _NEGATIONS), *("not" for _ in _NOT.findall(text.casefold()))]))
    place = (s.user_id, s.agent_id, record.term, s.session_id if record.term == "short_term" else None)
    own_kind, figures, words = str(record.metadata.get("kind")), frozenset(_FIGURES.findall(text)), frozenset(terms(text))
    return Reading(
        key=(*place, record.kind, own_kind, entity_key(record.subject), figures, denied),
        claims=claims_of(record),
        words=words,
        names=words & {t for w in bare if w[:1].isupper() for t in terms(w)},
        entities=frozenset(entity_key(e.name) for e in record.entities),
    )


def mergeable(one: MemoryRecord, other: MemoryRecord, mine: Reading, theirs: Reading) -> bool:
    """Whether two memories could be one at all: of one place, kind and subject, with numbers, negations and slots that do not differ."""
    if mine.key != theirs.key or (mine.claims and theirs.claims and mine.claims != theirs.claims):
        return False
    return same_place(one, other) and same_numbers(one.text, other.text)


def askable(one: MemoryRecord, other: MemoryRecord, mine: Reading, theirs: Reading) -> bool:
    """Whether a model's word that two say the same would be believed: what can be checked must agree.

    Every word written large, which may be a name, stands in the other statement as well; so do entities, where both have some.
    """
    if not mine.names <= theirs.words or not theirs.names <= mine.words:
        return False
    if mine.entities and theirs.entities and mine.entities != theirs.entities:
        return False
    return mergeable(one, other, mine, theirs)


def _certain(one: MemoryRecord, other: MemoryRecord, mine: Reading, theirs: Reading, likeness: Likeness) -> bool:
    if not mine.names <= theirs.words or not theirs.names <= mine.words:
        return False
    if mine.claims and mine.claims == theirs.claims:
        return likeness(one, other) >= SAME_SLOTS
    more = mine.words <= theirs.words or theirs.words <= mine.words
    # A word in another's place ("old friends", "young friends") says something else.
    return more and same_words(one.text, other.text) and likeness(one, other) >= SAME


def near_pairs(records: Sequence[MemoryRecord], vectors: Mapping[int, Floats]) -> list[tuple[MemoryRecord, MemoryRecord, float]]:
    """Pairs in the grey band between likeness and sameness that a model may be asked about, the likest first, at most `ASKED`.

    Args:
        records: live ones, of one owner.
        vectors: of unit length, by document number; a memory without one is left out.
    """
    held = [r for r in records if r.doc in vectors and r.kind != SUMMARY][-COMPARED:]
    if len(held) < 2:
        return []
    read = [reading(r) for r in held]
    codes: dict[tuple[object, ...], int] = {}
    code = np.array([codes.setdefault(r.key, len(codes)) for r in read])
    matrix = np.stack([vectors[r.doc] for r in held])
    found: list[tuple[MemoryRecord, MemoryRecord, float]] = []
    for start in range(0, len(held), BLOCK):
        part = code[start : start + BLOCK]
        cosines = matrix[start : start + BLOCK] @ matrix[start:].T
        rows, columns = np.nonzero((cosines >= GREY) & (part[:, None] == code[start:]))
        for i, j in zip(rows.tolist(), columns.tolist(), strict=True):
            a, b = start + i, start + j
            if i < j and askable(held[a], held[b], read[a], read[b]):
                found.append((held[a], held[b], float(cosines[i, j])))
    found.sort(key=lambda p: (-p[2], p[0].id, p[1].id))
    return found[:ASKED]


def _merge(group: Sequence[MemoryRecord], by: str) -> Proposal:
    """The first of the group gains what the others have; they are superseded by it, as if they had never stood beside it."""
    kept, *spare = group
    after = replace(
        kept, sources=_sources(group), confidence=max(r.confidence for r in group), importance=max(r.importance for r in group),
        entities=tuple({e.key: e for r in reversed(group) for e in r.entities}.values()),
        valid_from=kept.valid_from if kept.kind == "episodic" else min(r.valid_from for r in group),
        expires_at=None if any(r.expires_at is None for r in group) else max(r.expires_at for r in group if r.expires_at is not None),
    )  # fmt: skip
    with_slots = next((r for r in group if r.slots), kept)
    if not kept.slots:
        after = replace(after, slots=with_slots.slots)
    relations = {(entity_key(x.subject), x.relation, entity_key(x.object)): x for r in reversed(group) for x in r.relations}
    after = replace(after, relations=tuple(relations.values()))
    gone = tuple(
        replace(
            r, status="superseded", superseded_by=kept.id, valid_to=r.valid_from,
            slots=tuple(replace(s, valid_to=s.valid_to or s.valid_from or r.valid_from) for s in r.slots),
            relations=tuple(replace(x, valid_to=x.valid_to or x.valid_from or r.valid_from) for x in r.relations),
        )
        for r in spare
    )  # fmt: skip
    reason = f"{len(group)} memories say the same" if by == "rules" else f"{len(group)} memories say the same, says {by}"
    return Proposal("merge", reason, tuple(group), (after, *gone), by)


def _sources(group: Iterable[MemoryRecord]) -> tuple[Source, ...]:
    return tuple({(s.doc or s.message_id, s.start, s.end): s for r in reversed(list(group)) for s in reversed(r.sources)}.values())[::-1]


# ---------------------------------------------------------------------- promoting
def promotions(records: Sequence[MemoryRecord], *, private: Collection[int], fixed: Collection[str], now: datetime) -> list[Proposal]:
    """Short-term memories that were said in two sessions, or twice and `APART`: what comes again will matter again.

    Args:
        records: short-term ones whose status is live, of one owner, also those that have expired meanwhile.
        private: documents of messages said to be for their own session alone; what rests on one is never promoted.
        fixed: ids of memories whose end was said ("until Friday"), and is no mere forgetting.
        now: the clock's instant.
    """
    again: dict[Any, list[MemoryRecord]] = defaultdict(list)
    for r in records:
        if r.term == "short_term" and r.id not in fixed and not any(s.doc in private for s in r.sources):
            again[r.scope.user_id, r.scope.agent_id, r.kind, entity_key(r.subject), statement_key(r.text)].append(r)
    found: list[Proposal] = []
    for same in again.values():
        group = sorted(same, key=lambda r: (r.expires_at is not None and r.expires_at <= now, r.recorded_at, r.doc))
        said = sorted(s.said_at for r in group for s in r.sources)
        sessions = {r.scope.session_id for r in group}
        if len(sessions) < 2 and (len(said) < 2 or said[-1] - said[0] < APART):
            continue
        merged = _merge(group, "rules")
        lasting = replace(merged.after[0], term="long_term", expires_at=None)
        times = f"in {len(sessions)} sessions" if len(sessions) > 1 else f"{len(said)} times"
        found.append(Proposal("promote", f"said {times}", merged.before, (lasting, *merged.after[1:])))
    return sorted(found, key=lambda p: p.before[0].doc)


def forgotten_by_itself(first: MemoryRecord) -> bool:
    """Whether a short-term memory, in its first version, was only to be forgotten by and by: no end was said."""
    return first.expires_at is not None and any(s.said_at + SHORT_TERM == first.expires_at for s in first.sources)


# ---------------------------------------------------------------------- lowering
def lowerings(records: Sequence[MemoryRecord], used: Collection[str], now: datetime) -> list[Proposal]:
    """Long-term memories that are older than the half-life of their kind and went into no context: their importance is halved.

    Age counts from when something was last said or written of a memory, so the next halving comes a half-life later.

    Args:
        records: live ones.
        used: ids of those that went into a context or an answer within the half-life, or ever.
        now: the clock's instant.
    """
    found: list[Proposal] = []
    for r in records:
        if r.term != "long_term" or r.id in used or r.importance <= LOWEST or r.kind == SUMMARY:
            continue
        life = HALF_LIFE_OF[r.kind]
        age = (now - max(said_at(r), r.recorded_at)) / timedelta(days=1)
        if age >= life:
            after = replace(r, importance=max(LOWEST, round(r.importance / 2, 4)))
            found.append(Proposal("lower", f"not used in {int(age)} days", (r,), (after,)))
    return found
