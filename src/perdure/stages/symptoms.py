"""Symptoms: what an owner's memories say twice, what of it is out of date, and what is cut off. Pure: records in, groups out.

`doctor` turns what is found here into findings, each with the command that mends it.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from perdure.model.base import statement_key
from perdure.model.candidate import Extraction
from perdure.model.graph import SELF, Slot, entity_key
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage
from perdure.rules.slots import canonical, single_valued
from perdure.rules.words import terms
from perdure.stages.consolidate import SAME, SAME_EVENT, SAME_SLOTS, same_numbers, same_words

#: Share of words that `same_words` asks two statements to have in common.
SHARED = 0.6
#: Memories one memory is held against as a likely twin; beyond it a phrase is so common that it tells nothing.
MOST_TWINS = 50
#: A short-term memory that expired this long ago is only taking up room.
UNUSED = timedelta(days=7)

Likeness = Callable[[MemoryRecord, MemoryRecord], float]
Claims = frozenset[tuple[str, str, str]]


# ---------------------------------------------------------------------- said twice
def holds(record: MemoryRecord, now: datetime) -> bool:
    """Whether a current version is read as true now."""
    over = (record.expires_at is not None and record.expires_at <= now) or (record.valid_to is not None and record.valid_to <= now)
    return record.status == "live" and not over


def duplicates(records: Sequence[MemoryRecord], likeness: Likeness) -> list[list[MemoryRecord]]:
    """Groups of memories that say the same, the one to keep first: the best proven, else the oldest.

    Two memories are one when their texts differ in case, spacing and punctuation alone; when they agree in every slot and in numbers and
    are alike (cosine from `SAME_SLOTS`); or when they have most words in common and are nearly the same (from `SAME`): the bounds by
    which consolidation merges. Who shares most words shares one of the rarest, so only such pairs are compared: prefix filtering, after
    Chaudhuri et al. 2006, "A Primitive Operator for Similarity Joins in Data Cleaning".

    Args:
        records: live ones, of one owner.
        likeness: the cosine of two of them; asked only where words or slots make a pair likely.
    """
    leader = {r.id: r.id for r in records}

    def top(memory_id: str) -> str:
        while leader[memory_id] != memory_id:
            leader[memory_id] = memory_id = leader[leader[memory_id]]
        return memory_id

    claims = {r.id: claims_of(r) for r in records}
    for one, other, sure in likely_pairs(records, claims):
        if top(one.id) == top(other.id) or not same_place(one, other):
            continue
        if sure or _same(one, other, claims[one.id], claims[other.id], likeness):
            leader[top(other.id)] = top(one.id)
    groups: dict[str, list[MemoryRecord]] = defaultdict(list)
    for r in records:
        groups[top(r.id)].append(r)
    found = [sorted(g, key=lambda r: (r.term, -len(r.sources), r.recorded_at, r.doc)) for g in groups.values() if len(g) > 1]
    return sorted(found, key=lambda g: (-len(g), g[0].doc))


def same_place(one: MemoryRecord, other: MemoryRecord) -> bool:
    """Whether two memories are read in the same places and, if they are events, may be the same event."""
    a, b = one.scope, other.scope
    if (a.user_id, a.agent_id, one.term) != (b.user_id, b.agent_id, other.term):
        return False
    if one.term == "short_term" and a.session_id != b.session_id:
        return False
    return "episodic" not in (one.kind, other.kind) or abs(one.valid_from - other.valid_from) <= SAME_EVENT


def _same(one: MemoryRecord, other: MemoryRecord, mine: Claims, theirs: Claims, likeness: Likeness) -> bool:
    if (mine and theirs and mine != theirs) or (one.subject != other.subject and entity_key(one.subject) != entity_key(other.subject)):
        return False
    if mine and theirs:
        return same_numbers(one.text, other.text) and likeness(one, other) >= SAME_SLOTS
    return same_words(one.text, other.text) and likeness(one, other) >= SAME


def claims_of(record: MemoryRecord) -> Claims:
    """What a memory's open slots say."""
    return frozenset((entity_key(s.entity), s.attribute, s.value_key) for s in record.slots if s.valid_to is None)


def likely_pairs(records: Sequence[MemoryRecord], claims: Mapping[str, Claims]) -> Iterable[tuple[MemoryRecord, MemoryRecord, bool]]:
    """Pairs that may be one; True beside those whose text is the same."""
    by_text = [(r, statement_key(r.text)) for r in records]
    by_claim = [(r, claims[r.id]) for r in records if claims[r.id]]
    for keyed, sure in ((by_text, True), (by_claim, False)):
        groups: dict[Any, list[MemoryRecord]] = defaultdict(list)
        for r, key in keyed:
            yield from ((other, r, sure) for other in groups[key][-MOST_TWINS:])
            groups[key].append(r)
    words = [frozenset(terms(r.text)) for r in records]
    common = Counter(word for own in words for word in own)
    holders: dict[str, list[int]] = defaultdict(list)
    for n, own in enumerate(words):
        rarest = sorted(own, key=lambda w: (common[w], w))[: len(own) - math.ceil(SHARED * len(own)) + 1]
        tried: set[int] = set()
        for word in rarest:
            if len(tried) < MOST_TWINS:
                tried.update(holders[word][len(tried) - MOST_TWINS :])
            holders[word].append(n)
        for m in tried:
            if len(own & words[m]) >= SHARED * len(own | words[m]):
                yield records[m], records[n], False


# ---------------------------------------------------------------------- out of date
@dataclass(frozen=True, slots=True)
class Stale:
    """What is out of date among an owner's memories.

    `several`: for a single-valued attribute the memories that hold different values, newest first, with the slot of each. `ended`: live
    memories whose every value has ended though they themselves have not. `over`: live memories whose time is over. `unused`: short-term
    memories that expired long ago, or never will.
    """

    several: tuple[tuple[tuple[MemoryRecord, Slot], ...], ...]
    ended: tuple[MemoryRecord, ...]
    over: tuple[MemoryRecord, ...]
    unused: tuple[MemoryRecord, ...]


def stale(records: Sequence[MemoryRecord], now: datetime, *, disputed: Collection[frozenset[str]] = ()) -> Stale:
    """What is out of date among the current memories of one owner; `disputed` pairs of ids wait in the inbox and are no news."""
    held: dict[tuple[Any, ...], list[tuple[MemoryRecord, Slot]]] = defaultdict(list)
    ended: list[MemoryRecord] = []
    for r in (r for r in records if holds(r, now)):
        open_ = [s for s in r.slots if s.valid_to is None or s.valid_to > now]
        if r.slots and not open_:
            ended.append(r)
        session = r.scope.session_id if r.term == "short_term" else None
        for s in open_:
            if single_valued(s.attribute) and (s.valid_from or r.valid_from) <= now:
                held[r.scope.user_id, r.scope.agent_id, session, entity_key(s.entity), s.attribute].append((r, s))
    several: list[tuple[tuple[MemoryRecord, Slot], ...]] = []
    for pairs in held.values():
        newest = sorted(pairs, key=lambda p: (said_at(p[0]), p[0].doc), reverse=True)
        differing = [newest[0]]
        for r, s in newest[1:]:
            if all(not _same_value(s.value_key, b.value_key) and frozenset((r.id, a.id)) not in disputed for a, b in differing):
                differing.append((r, s))
        if len(differing) > 1:
            several.append(tuple(differing))
    live = [r for r in records if r.status == "live"]
    over = [r for r in live if r.term == "long_term" and not holds(r, now)]
    unused = [r for r in live if r.term == "short_term" and (r.expires_at or said_at(r)) <= now - UNUSED]
    return Stale(tuple(several), tuple(ended), tuple(over), tuple(unused))


def said_at(record: MemoryRecord) -> datetime:
    """When a memory was said last."""
    return max((s.said_at for s in record.sources), default=record.valid_from)


def _same_value(one: str, other: str) -> bool:
    """Equal, or one names the other more fully: "bangalore" and "bangalore india"."""
    a, b = ({w.strip(",.;") for w in v.split()} for v in (one, other))
    return a <= b or b <= a


def outdated(
    records: Sequence[MemoryRecord], said: Sequence[tuple[CapturedMessage, Extraction]], now: datetime
) -> list[tuple[MemoryRecord, Slot, CapturedMessage]]:
    """Memories whose value for an attribute a later message replaces or ends, though nothing was drawn from that message.

    Args:
        records: current ones, of one owner.
        said: messages from which nothing was drawn, each with what rules read in it.
        now: the clock's instant.
    """
    held: dict[tuple[str, str], list[tuple[MemoryRecord, Slot]]] = defaultdict(list)
    for r in (r for r in records if holds(r, now)):
        for s in r.slots:
            if s.valid_to is None:
                held[entity_key(s.entity), s.attribute].append((r, s))
    found: dict[str, tuple[MemoryRecord, Slot, CapturedMessage]] = {}
    for message, extraction in said:
        for c in extraction.candidates:
            told = [(s, False) for s in c.slots if s.valid_to is None and single_valued(s.attribute)] + [(s, True) for s in c.ended]
            for slot, over in told:
                for r, s in held[entity_key(slot.entity), canonical(slot.attribute)]:
                    hit = _same_value(s.value_key, slot.value_key) if over else not _same_value(s.value_key, slot.value_key)
                    if message.said_at > said_at(r) and r.scope.agent_id in (None, message.scope.agent_id) and hit:
                        found[r.id] = (r, s, message)
    return list(found.values())


# ---------------------------------------------------------------------- cut off
def unmentioned(records: Sequence[MemoryRecord]) -> list[tuple[MemoryRecord, str]]:
    """Names at the ends of relations that no current memory mentions as an entity, each with a memory that states the relation."""
    known = {entity_key(name) for r in records if r.status in ("live", "superseded") for e in r.entities for name in (e.name, *e.aliases)}
    found: dict[str, tuple[MemoryRecord, str]] = {}
    for r in (r for r in records if r.status in ("live", "superseded")):
        for name in (name for relation in r.relations for name in (relation.subject, relation.object)):
            key = entity_key(name)
            if key != SELF and key not in known:
                found.setdefault(key, (r, name))
    return list(found.values())
