"""Consolidate: what a candidate does to what is already known. Pure: it reads a `Known` and returns `Write`s.

Add, or merge into a memory that says the same; supersede what it replaces, slot by slot; open a conflict when no rule settles it.
Contradiction is judged within one entity and attribute, never against the whole store, and doubt never removes anything: what is
not clearly the same or clearly over is added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from perdure.model.candidate import Candidate, Extraction
from perdure.model.graph import Slot, entity_key
from perdure.model.memory import MemoryRecord, Source
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.rules.slots import OPPOSITES, canonical, single_valued
from perdure.stages.compare import (
    SAME_EVENT,
    compatible,
    covers,
    last_said,
    like,
    may_end,
    names_fully,
    open_slots,
    outranked,
    same_numbers,
    same_words,
    told,
)
from perdure.stages.decisions import Clash, Decisions, Known, Write
from perdure.stages.proposals import MOST, Proposed, heed, plain_rival, reword

__all__ = ["SAME_EVENT", "Clash", "Decisions", "Known", "Write", "consolidate", "same_numbers", "same_words"]

#: Cosine (MiniLM) above which two statements without slots may be one, when their words agree as well. Set by hand on pairs such as
#: "The office moved to Hamburg." / "Our office has moved to Hamburg."; below, paraphrases and mere likeness cannot be told apart.
SAME = 0.92
#: The same for statements that agree in every slot: the slots carry the meaning, the rest need only be alike.
SAME_SLOTS = 0.70
#: From here up to `SAME` an LLM, when there is one, is asked.
GREY = 0.80
#: A short-term memory is forgotten after this long, if its session does not end before.
SHORT_TERM = timedelta(hours=24)
#: What a model says to be over, without saying what was, must be about what the message speaks of. By hand on sixteen endings in four
#: languages ("I quit my job." / "I work at Acme as a nurse.": all .56 and more) beside 56 pairs of other matters (12 of them as much).
ENDS = 0.56
#: Characters quoted of a message that is cited as a whole.
QUOTED = 280


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
    proposed = heed(number, record, candidate, message, known, out.notes)
    if proposed.better is not None:
        out.writes.append(reword(proposed.better, record, now))
        return out
    twin = proposed.twin or _twin(number, record, candidate, known, same_as)
    if twin is not None and not candidate.may_touch:
        return out  # it is known; and to be said again by whoever this is makes it no surer
    if twin is not None:
        write = _merge(twin, record, candidate, now)
        if write is not None:
            out.writes.append(write)
        return out
    record, ended = _replace(number, record, candidate, message, extraction, known, out, proposed, now)
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
        if compatible(record, replace(other, subject=record.subject)):  # who "my dog" is may have been learnt since
            return other
    if record.slots:
        first = record.slots[0]
        for other in known.holders(first.entity, first.attribute, first.value_key.__eq__):
            alike = compatible(record, other) and covers(other, record) and same_numbers(record.text, other.text)
            if alike and known.likeness(number, other) >= SAME_SLOTS:
                return other
        return None
    near = known.near(number)
    for other, _ in near:
        if other.id == same_as and compatible(record, other):
            return other
    for other, cosine in near:
        if cosine >= SAME and compatible(record, other) and not other.slots and same_words(record.text, other.text):
            return other
    return None


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
    number: int, record: MemoryRecord, candidate: Candidate, message: CapturedMessage, extraction: Extraction, known: Known,
    out: Decisions, proposed: Proposed, now: datetime,
) -> tuple[MemoryRecord, list[Write]]:  # fmt: skip
    """What `record` puts an end to; and `record` itself, closed where something newer is known already."""
    over: dict[str, tuple[MemoryRecord, list[Slot]]] = {}  # by memory: its slots that end
    slots = list(record.slots)
    unsaid: list[Slot] = []
    for n, slot in enumerate(record.slots):
        if slot.valid_to is not None:
            continue
        if record.valid_to is not None and record.valid_to <= message.said_at:
            slots[n] = replace(slot, valid_to=record.valid_to)  # a stretch of the past: it leaves what holds now alone
            continue
        rivals = _rivals(slot, known, correction=candidate.correction, own=extraction.single_valued)
        for holder, held in rivals:
            if not may_end(record, holder):
                continue
            if not candidate.may_touch:
                unsaid += [slot] if slot not in unsaid else []
                out.clashes.append(Clash(record.id, holder.id, f"{told(slot)} is not borne out by what was said; known is {told(held)}"))
            elif outranked(message, holder):
                out.clashes.append(Clash(record.id, holder.id, f"{message.message.role} says {told(slot)}; the user said {told(held)}"))
            elif message.said_at < last_said(holder) and not candidate.correction:
                slots[n] = replace(slot, valid_to=max(holder.valid_from, record.valid_from))  # old news, told late
            else:
                _end_slots(over, holder, [held])
    for slot in candidate.ended if candidate.may_touch else ():
        ends = list(_ended(slot, record, message, known))
        if not slot.value and extraction.extractor.startswith("llm"):  # which one it is, and that it is any, is a model's word
            ends = [(holder, ending) for holder, ending in ends if known.likeness_said(message, holder) >= ENDS]
        if not slot.value and extraction.extractor.startswith("llm") and len(ends) > MOST:
            out.notes.append(f"ended: ({slot.entity}, {slot.attribute}) would end {len(ends)} memories at once")
            continue
        for holder, ending in ends:
            _end_slots(over, holder, ending)
    if candidate.correction and candidate.may_touch and not record.slots and not candidate.ended:
        for holder, _ in known.near(number)[:1]:  # the statement it corrects says nearly the same, but for what was wrong
            if holder.term == record.term and plain_rival(record, holder) and message.said_at >= last_said(holder):
                over.setdefault(holder.id, (holder, []))
    for holder, ending in proposed.replaced:
        over.setdefault(holder.id, (holder, ending))
    for holder, _ in proposed.retracted:
        over.pop(holder.id, None)
    out.clashes += [Clash(record.id, holder.id, reason) for holder, reason in proposed.disputed]
    writes: list[Write] = []
    start = record.valid_from
    for holder, ending in over.values():
        end = record.valid_from
        if holder.valid_from > message.said_at:  # what was yet to come is called off: it never begins
            end = start = message.said_at
        elif end <= holder.valid_from:  # "last month" may reach back before what it replaces was said
            end = start = max(message.said_at, holder.valid_from)
        writes.append(_end(holder, ending, end, record, now))
    writes += [_retract(holder, never, record, now) for holder, never in proposed.retracted]
    return replace(_closed(record, slots, unsaid), valid_from=start), writes


def _closed(record: MemoryRecord, slots: Sequence[Slot], unsaid: Sequence[Slot]) -> MemoryRecord:
    """`record` with its slots as they turned out: over where something newer is known, without those that are not borne out."""
    if unsaid:  # it stands as somebody's words, and fills no slot that is filled
        values = {s.value_key for s in unsaid}
        record = replace(record, relations=tuple(r for r in record.relations if entity_key(r.object) not in values))
        slots = [s for s in slots if s not in unsaid]
    changed = replace(record, slots=tuple(slots))
    if slots and changed.slots != record.slots and not unsaid and all(s.valid_to is not None for s in slots):
        return replace(changed, status="superseded", valid_to=max(s.valid_to for s in slots if s.valid_to is not None))
    return changed


def _ended(slot: Slot, record: MemoryRecord, message: CapturedMessage, known: Known) -> Iterator[tuple[MemoryRecord, list[Slot]]]:
    """The memories, each with the open slots of it, that end when `slot` is said to hold no more."""
    wanted = replace(slot, attribute=canonical(slot.attribute))
    for holder in known.holders(slot.entity, wanted.attribute, like(slot.value_key) if slot.value else None):
        ending = [s for s in open_slots(holder, wanted) if not slot.value or names_fully(s.value_key, slot.value_key)]
        if ending and may_end(record, holder) and message.said_at >= last_said(holder) and not outranked(message, holder):
            yield holder, ending


def _rivals(slot: Slot, known: Known, *, correction: bool, own: frozenset[str]) -> list[tuple[MemoryRecord, Slot]]:
    """Memories, each with the open slot of it, that cannot hold beside `slot`; `own`: an application's single-valued attributes."""
    rivals: list[tuple[MemoryRecord, Slot]] = []
    if single_valued(slot.attribute) or slot.attribute in own:  # else values accumulate
        others = known.holders(slot.entity, slot.attribute, slot.value_key.__ne__)
        rivals = [(h, s) for h in others for s in open_slots(h, slot) if s.value_key != slot.value_key]
    elif correction:  # of the same thing something else was wrong: its date, its amount
        others = known.holders(slot.entity, slot.attribute, slot.value_key.__eq__)
        rivals = [(h, s) for h in others for s in open_slots(h, slot) if s.value_key == slot.value_key]
    against = OPPOSITES.get(slot.attribute)
    if against:
        turned = replace(slot, attribute=against)
        others = known.holders(slot.entity, against, like(slot.value_key))
        rivals += [(h, s) for h in others for s in open_slots(h, turned) if names_fully(s.value_key, slot.value_key)]
    return rivals


def _end_slots(over: dict[str, tuple[MemoryRecord, list[Slot]]], holder: MemoryRecord, ending: Sequence[Slot]) -> None:
    slots = over.setdefault(holder.id, (holder, []))[1]
    slots += [s for s in ending if s not in slots]


def _retract(holder: MemoryRecord, never: Sequence[Slot], by: MemoryRecord, now: datetime) -> Write:
    """`holder` taken back: it never was true. Where it says more than that, only the slots in question are over from their beginning."""
    if any(s.valid_to is None and s not in never for s in holder.slots):
        ended = _end(holder, never, holder.valid_from, by, now)
        return replace(ended, reason=f"never held: {', '.join(told(s) for s in never)}")
    after = replace(holder, version=holder.version + 1, recorded_at=now, status="retracted", superseded_by=by.id)
    return Write("retract", holder, after, f"taken back by {by.sources[0].said_by}", by=by.id)


def _end(holder: MemoryRecord, ending: Sequence[Slot], end: datetime, by: MemoryRecord, now: datetime) -> Write:
    """`holder` with some slots over; superseded as a whole when none is left open."""
    slots = tuple(replace(s, valid_to=end) if s in ending else s for s in holder.slots)
    values = {s.value_key for s in ending}
    relations = tuple(
        replace(r, valid_to=end) if r.valid_to is None and (entity_key(r.object) in values or not holder.slots) else r
        for r in holder.relations
    )
    after = replace(holder, version=holder.version + 1, recorded_at=now, slots=slots, relations=relations)
    over = ", ".join(told(s) for s in ending)
    if any(s.valid_to is None for s in slots):
        return Write("update", holder, after, f"no longer holds: {over}", by=by.id)
    relations = tuple(replace(r, valid_to=r.valid_to or end) for r in relations)
    after = replace(after, status="superseded", valid_to=end, superseded_by=by.id, relations=relations)
    return Write("supersede", holder, after, f"no longer holds: {over}" if over else "replaced by a newer statement", by=by.id)
