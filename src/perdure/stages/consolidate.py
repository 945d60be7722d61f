"""Consolidate: what a candidate does to what is already known. Pure: it reads a `Known` and returns `Write`s.

Add, or merge into a memory that says the same; supersede what it replaces, slot by slot; open a conflict when no rule settles it.
Contradiction is judged within one entity and attribute, never against the whole store, and doubt never removes anything: what is
not clearly the same or clearly over is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from perdure.model.candidate import Candidate, Extraction
from perdure.model.change import ChangeType
from perdure.model.graph import Slot, entity_key
from perdure.model.memory import MemoryRecord, Source
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.rules.slots import OPPOSITES, canonical, single_valued
from perdure.rules.words import terms

#: Cosine (MiniLM) above which two statements without slots may be one, when their words agree as well. Set by hand on pairs such as
#: "The office moved to Hamburg." / "Our office has moved to Hamburg."; below, paraphrases and mere likeness cannot be told apart.
SAME = 0.92
#: The same for statements that agree in every slot: the slots carry the meaning, the rest need only be alike.
SAME_SLOTS = 0.70
#: From here up to `SAME` an LLM, when there is one, is asked.
GREY = 0.80
#: A short-term memory is forgotten after this long, if its session does not end before.
SHORT_TERM = timedelta(hours=24)
#: How far two dates of one statement may lie apart and still be the same event.
SAME_EVENT = timedelta(hours=36)
#: Characters quoted of a message that is cited as a whole.
QUOTED = 280
#: Whose word counts more when two cannot both be right.
TRUST = {"user": 2, "tool": 1, "system": 1, "assistant": 0}
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,:/]\d+)*%?|\w[+#]+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|n't|without|neither|nor|cannot|can't|don't|doesn't|didn't|isn't|aren't|won't)\b|n't\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Write:
    """One change to make. `before` is the version it was decided on; `by` the id of the memory that brought it about."""

    type: ChangeType
    before: MemoryRecord | None
    after: MemoryRecord
    reason: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two memories that cannot both hold; for the inbox."""

    memory_id: str
    other_id: str
    reason: str


class Known(Protocol):
    """What is known already, with the writes decided so far applied."""

    def same_text(self, text: str) -> Sequence[MemoryRecord]:
        """Live memories that say the same but for case, spacing and punctuation."""
        ...

    def holders(self, entity: str, attribute: str, matching: Callable[[str], bool] | None = None) -> Sequence[MemoryRecord]:
        """Live memories with an open slot of this entity and attribute (and a folded value that `matching` accepts), oldest first."""
        ...

    def near(self, candidate: int) -> Sequence[tuple[MemoryRecord, float]]:
        """Live memories nearest in meaning to a candidate, with their cosines, best first."""
        ...

    def shown(self, number: int) -> MemoryRecord | None:
        """The live memory that a model was shown under an integer."""
        ...

    def likeness(self, candidate: int, record: MemoryRecord) -> float:
        """The cosine of a candidate and a memory."""
        ...


@dataclass(slots=True)
class Decisions:
    """What one candidate leads to."""

    writes: list[Write] = field(default_factory=list[Write])
    clashes: list[Clash] = field(default_factory=list[Clash])


def consolidate(
    number: int, candidate: Candidate, messages: Sequence[CapturedMessage], extraction: Extraction, known: Known, *, now: datetime,
    new_id: str, same_as: str = "", scope: Scope | None = None,
) -> Decisions:  # fmt: skip
    """The writes that `candidate` leads to.

    Args:
        number: its place among the candidates; `known` uses it to find neighbours.
        candidate: what was proposed, validated.
        messages: the episode's, which the candidate indexes.
        extraction: who proposed it.
        known: what there is.
        now: the clock's instant: when we come to know it.
        new_id: the id of the memory, if it becomes one.
        same_as: id of the memory that a model found to say the same; "" for none, or when not asked.
        scope: whose it becomes, when that is not whose message it is.
    """
    message = messages[candidate.message]
    record = as_record(candidate, messages, extraction, now=now, new_id=new_id, scope=scope)
    out = Decisions()
    twin = _twin(number, record, candidate, known, same_as)
    if twin is not None:
        write = _merge(twin, record, candidate, now)
        if write is not None:
            out.writes.append(write)
        return out
    record, ended = _replace(number, record, candidate, message, known, out, now)
    out.writes.insert(0, Write("add", None, record, "new"))
    if ended:
        out.writes[1:1] = ended
    return out


def as_record(
    candidate: Candidate, messages: Sequence[CapturedMessage], extraction: Extraction, *, now: datetime, new_id: str,
    scope: Scope | None = None,
) -> MemoryRecord:  # fmt: skip
    """The memory a candidate would become; `scope`: whose, when that is not whose message it is."""
    message = messages[candidate.message]
    sources = [_source(message, candidate.quote, extraction), *(_source(messages[i], "", extraction) for i in candidate.also)]
    expires_at = candidate.expires_at
    if candidate.term == "short_term" and expires_at is None:
        expires_at = message.said_at + SHORT_TERM
    return MemoryRecord(
        id=new_id, text=candidate.text, scope=scope or message.scope, kind=candidate.kind, term=candidate.term, sources=tuple(sources),
        valid_from=candidate.valid_from or message.said_at, valid_to=candidate.valid_to, recorded_at=now, expires_at=expires_at,
        confidence=candidate.confidence, importance=candidate.importance, subject=candidate.subject, entities=candidate.entities,
        relations=candidate.relations, slots=tuple(replace(s, attribute=canonical(s.attribute)) for s in candidate.slots),
        metadata=candidate.metadata,
    )  # fmt: skip


def _source(message: CapturedMessage, quote: str, extraction: Extraction) -> Source:
    content = message.message.content
    start = max(content.find(quote), 0)
    return Source(
        message_id=message.message.id, quote=quote or content[:QUOTED], said_by=message.message.speaker, said_at=message.said_at,
        role=message.message.role, start=start, end=start + len(quote), extractor=extraction.extractor, model=extraction.model,
        prompt=extraction.prompt, doc=message.doc,
    )  # fmt: skip


# ---------------------------------------------------------------------- the same again
def _twin(number: int, record: MemoryRecord, candidate: Candidate, known: Known, same_as: str) -> MemoryRecord | None:
    """A live memory that says what `record` says."""
    if candidate.ended and not candidate.slots:
        return None  # it says that something is over: only its effect matters, and that is new each time
    for other in known.same_text(record.text):
        if _compatible(record, replace(other, subject=record.subject)):  # who "my dog" is may have been learnt since
            return other
    if record.slots:
        first = record.slots[0]
        for other in known.holders(first.entity, first.attribute, first.value_key.__eq__):
            alike = _compatible(record, other) and _covers(other, record) and same_numbers(record.text, other.text)
            if alike and known.likeness(number, other) >= SAME_SLOTS:
                return other
        return None
    near = known.near(number)
    for other, _ in near:
        if other.id == same_as and _compatible(record, other):
            return other
    for other, cosine in near:
        if cosine >= SAME and _compatible(record, other) and not other.slots and same_words(record.text, other.text):
            return other
    return None


def _compatible(record: MemoryRecord, other: MemoryRecord) -> bool:
    if (
        record.scope.agent_id != other.scope.agent_id
        or record.kind != other.kind
        or entity_key(record.subject) != entity_key(other.subject)
    ):
        return False
    short = "short_term" in (record.term, other.term)
    if short and record.scope.session_id != other.scope.session_id and record.term == other.term:
        return False
    return record.kind != "episodic" or abs(record.valid_from - other.valid_from) <= SAME_EVENT


def _covers(other: MemoryRecord, record: MemoryRecord) -> bool:
    """Whether every slot of `record` is an open slot of `other` with the same value."""
    held = {(entity_key(s.entity), s.attribute, s.value_key) for s in other.slots if s.valid_to is None}
    return all((entity_key(s.entity), s.attribute, s.value_key) in held for s in record.slots)


def same_numbers(a: str, b: str) -> bool:
    """Whether two sentences name the same numbers: dates, amounts, times."""
    return set(_NUMBER.findall(a)) == set(_NUMBER.findall(b))


def same_words(a: str, b: str) -> bool:
    """Whether two sentences agree in numbers, negation, names and most of their words."""
    if not same_numbers(a, b) or bool(_NEGATION.search(a)) != bool(_NEGATION.search(b)):
        return False
    names_a, names_b = ({w for w in re.findall(r"\w+", t)[1:] if w[:1].isupper() and w != "I"} for t in (a, b))
    if names_a ^ names_b:
        return False
    words_a, words_b = set(terms(a)), set(terms(b))
    return len(words_a & words_b) >= 0.6 * len(words_a | words_b)


def _merge(twin: MemoryRecord, record: MemoryRecord, candidate: Candidate, now: datetime) -> Write | None:
    held = {source.doc for source in twin.sources}
    new = tuple(source for source in record.sources if source.doc not in held)
    promoted = twin.term == "short_term" and (
        record.term == "long_term" or candidate.explicit or (bool(new) and candidate.expires_at is None)
    )
    if not new and not promoted:
        return None
    after = replace(
        twin, version=twin.version + 1, recorded_at=now, sources=(*twin.sources, *new),
        confidence=max(twin.confidence, record.confidence), importance=max(twin.importance, record.importance),
        entities=tuple({e.key: e for e in (*record.entities, *twin.entities)}.values()),
        valid_from=min(twin.valid_from, record.valid_from) if twin.kind != "episodic" else twin.valid_from,
    )  # fmt: skip
    if promoted:
        after = replace(after, term="long_term", expires_at=None)
        why = "asked to remember it" if candidate.explicit else "said again"
        return Write("update", twin, after, f"promoted to long-term: {why}")
    if twin.term == "short_term":
        after = replace(after, expires_at=max(filter(None, (twin.expires_at, record.expires_at)), default=None))
    return Write("merge", twin, after, f"said again by {record.sources[0].said_by}")


# ---------------------------------------------------------------------- what it replaces
def _replace(
    number: int, record: MemoryRecord, candidate: Candidate, message: CapturedMessage, known: Known, out: Decisions, now: datetime
) -> tuple[MemoryRecord, list[Write]]:
    """What `record` puts an end to; and `record` itself, closed where something newer is known already."""
    over: dict[str, tuple[MemoryRecord, list[Slot]]] = {}  # by memory: its slots that end
    slots = list(record.slots)
    for n, slot in enumerate(record.slots):
        if slot.valid_to is not None:
            continue
        if record.valid_to is not None and record.valid_to <= message.said_at:
            slots[n] = replace(slot, valid_to=record.valid_to)  # a stretch of the past: it leaves what holds now alone
            continue
        rivals = _rivals(slot, known, correction=candidate.correction)
        for holder, held in rivals:
            if not _may_end(record, holder):
                continue
            if _outranked(message, holder):
                out.clashes.append(Clash(record.id, holder.id, f"{message.message.role} says {_told(slot)}; the user said {_told(held)}"))
            elif message.said_at < _said_at(holder) and not candidate.correction:
                slots[n] = replace(slot, valid_to=max(holder.valid_from, record.valid_from))  # old news, told late
            else:
                _end_slots(over, holder, [held])
    for slot in candidate.ended:
        attribute = canonical(slot.attribute)
        wanted = replace(slot, attribute=attribute)
        matching = _like(slot.value_key) if slot.value else None
        for holder in known.holders(slot.entity, attribute, matching):
            ending = [s for s in _open(holder, wanted) if not slot.value or _same_words(s.value_key, slot.value_key)]
            if ending and _may_end(record, holder) and message.said_at >= _said_at(holder) and not _outranked(message, holder):
                _end_slots(over, holder, ending)
    if candidate.correction and not record.slots and not candidate.ended:
        for holder, _ in known.near(number)[:1]:  # the statement it corrects says nearly the same, but for what was wrong
            if holder.term == record.term and _replaceable(record, holder) and message.said_at >= _said_at(holder):
                over.setdefault(holder.id, (holder, [s for s in holder.slots if s.valid_to is None]))
    for shown in candidate.replaces:
        holder = known.shown(shown)
        if holder is not None and holder.id not in over and _replaceable(record, holder):
            over[holder.id] = (holder, [s for s in holder.slots if s.valid_to is None])
    writes: list[Write] = []
    start = record.valid_from
    for holder, ending in over.values():
        end = record.valid_from
        if holder.valid_from > message.said_at:  # what was yet to come is called off: it never begins
            end = start = message.said_at
        elif end <= holder.valid_from:  # "last month" may reach back before what it replaces was said
            end = start = max(message.said_at, holder.valid_from)
        writes.append(_end(holder, ending, end, record, now))
    if slots != list(record.slots):
        closed = all(s.valid_to is not None for s in slots)
        ends = [s.valid_to for s in slots if s.valid_to is not None]
        record = replace(record, slots=tuple(slots))
        if closed:
            record = replace(record, status="superseded", valid_to=max(ends))
    return replace(record, valid_from=start), writes


def _rivals(slot: Slot, known: Known, *, correction: bool) -> list[tuple[MemoryRecord, Slot]]:
    """Memories, each with the open slot of it, that cannot hold beside `slot`."""
    rivals: list[tuple[MemoryRecord, Slot]] = []
    if single_valued(slot.attribute):  # else values accumulate
        others = known.holders(slot.entity, slot.attribute, slot.value_key.__ne__)
        rivals = [(h, s) for h in others for s in _open(h, slot) if s.value_key != slot.value_key]
    elif correction:  # of the same thing something else was wrong: its date, its amount
        others = known.holders(slot.entity, slot.attribute, slot.value_key.__eq__)
        rivals = [(h, s) for h in others for s in _open(h, slot) if s.value_key == slot.value_key]
    against = OPPOSITES.get(slot.attribute)
    if against:
        turned = replace(slot, attribute=against)
        others = known.holders(slot.entity, against, _like(slot.value_key))
        rivals += [(h, s) for h in others for s in _open(h, turned) if _same_words(s.value_key, slot.value_key)]
    return rivals


def _open(holder: MemoryRecord, slot: Slot) -> list[Slot]:
    return [
        s for s in holder.slots
        if s.valid_to is None and s.attribute == slot.attribute and entity_key(s.entity) == entity_key(slot.entity)
    ]  # fmt: skip


def _like(told: str) -> Callable[[str], bool]:
    return lambda held: _same_words(held, told)


def _same_words(held: str, told: str) -> bool:
    """Equal, or one folded value names the other more fully ("the macbook" / "macbook pro"), word by word."""
    a, b = set(held.split()), set(told.split())
    return held == told or bool(a and b and (a <= b or b <= a))


def _end_slots(over: dict[str, tuple[MemoryRecord, list[Slot]]], holder: MemoryRecord, ending: Sequence[Slot]) -> None:
    slots = over.setdefault(holder.id, (holder, []))[1]
    slots += [s for s in ending if s not in slots]


def _may_end(record: MemoryRecord, holder: MemoryRecord) -> bool:
    """Whether one memory may put an end to another: not one agent's to another's, nor what is for a session alone to what lasts."""
    mine, theirs = record.scope.agent_id, holder.scope.agent_id
    if record.term == "short_term" and (holder.term == "long_term" or holder.scope.session_id != record.scope.session_id):
        return False
    return mine == theirs or theirs is None


def _outranked(message: CapturedMessage, holder: MemoryRecord) -> bool:
    """Whether the holder rests on the word of somebody more to be trusted than this message's speaker."""
    best = max((TRUST.get(s.role, 0) for s in holder.sources), default=2)
    return TRUST.get(message.message.role, 0) < best


def _replaceable(record: MemoryRecord, holder: MemoryRecord) -> bool:
    """Whether a model's word that `record` replaces `holder` is believed: only within one entity and attribute."""
    if entity_key(record.subject) != entity_key(holder.subject) or not _may_end(record, holder):
        return False
    mine = {(entity_key(s.entity), s.attribute) for s in record.slots}
    theirs = {(entity_key(s.entity), s.attribute) for s in holder.slots}
    return bool(mine & theirs) if mine or theirs else True


def _said_at(record: MemoryRecord) -> datetime:
    return max((s.said_at for s in record.sources), default=record.valid_from)


def _end(holder: MemoryRecord, ending: Sequence[Slot], end: datetime, by: MemoryRecord, now: datetime) -> Write:
    """`holder` with some slots over; superseded as a whole when none is left open."""
    slots = tuple(replace(s, valid_to=end) if s in ending else s for s in holder.slots)
    values = {s.value_key for s in ending}
    relations = tuple(
        replace(r, valid_to=end) if r.valid_to is None and (entity_key(r.object) in values or not holder.slots) else r
        for r in holder.relations
    )
    after = replace(holder, version=holder.version + 1, recorded_at=now, slots=slots, relations=relations)
    told = ", ".join(_told(s) for s in ending)
    if any(s.valid_to is None for s in slots):
        return Write("update", holder, after, f"no longer holds: {told}", by=by.id)
    relations = tuple(replace(r, valid_to=r.valid_to or end) for r in relations)
    after = replace(after, status="superseded", valid_to=end, superseded_by=by.id, relations=relations)
    return Write("supersede", holder, after, f"no longer holds: {told}" if told else "replaced by a newer statement", by=by.id)


def _told(slot: Slot) -> str:
    return f"({slot.entity}, {slot.attribute}) = {slot.value}"
