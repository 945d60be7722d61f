"""Proposals: what a model says of the memories it was shown, and how much of that is believed. Pure.

A model may say that a candidate says the same as a shown memory, says it better, replaces it, or that it never was true. Believed is
only what stays within one entity and attribute and drops nothing; what is not is reported (`notes`) or waits in the inbox (`disputed`),
and the candidate is added beside what is known: doubt adds, it never removes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from perdure.model.candidate import Candidate
from perdure.model.graph import Relation, Slot, entity_key
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage
from perdure.rules.names import stands_in
from perdure.rules.slots import canonical, single_valued
from perdure.rules.steering import steers
from perdure.stages.compare import compatible, covers, last_said, may_end, negated, numbers, outranked, same_numbers, shared, told
from perdure.stages.decisions import Known, Write

#: Shown memories that one message may replace, retract or reword by a model's word: more is an attack, or a model that is confused.
MOST = 3
#: Cosine from which two statements without slots may be about one matter, so that one may take the other's place by a model's word.
ALIKE = 0.5
#: The same for statements that share an attribute of many values.
ALIKE_SLOTS = 0.7

Ended = tuple[MemoryRecord, list[Slot]]


@dataclass(slots=True)
class Proposed:
    """What is believed: the memory that says the same, the one to be reworded, those replaced and those taken back with their slots.

    `disputed`: memories that stay, each with the reason for the inbox.
    """

    twin: MemoryRecord | None = None
    better: MemoryRecord | None = None
    replaced: list[Ended] = field(default_factory=list[Ended])
    retracted: list[Ended] = field(default_factory=list[Ended])
    disputed: list[tuple[MemoryRecord, str]] = field(default_factory=list[tuple[MemoryRecord, str]])


def believed(candidates: Sequence[Candidate], messages: Sequence[CapturedMessage]) -> tuple[list[Candidate], list[str]]:
    """The candidates without what no message may bring about by a model's word alone; and what was taken away, with the reason.

    A message that would move more than `MOST` shown memories moves none. One that gives orders to the memory moves only what its own
    statements are about: without slots of its own a candidate moves nothing, and it ends nothing that it does not name.
    """
    touched: dict[int, set[int]] = {}
    for c in candidates:
        touched.setdefault(c.message, set()).update(c.updates, c.replaces, c.retracts)
    too_many = {m for m, numbers_ in touched.items() if len(numbers_) > MOST}
    orders = {m for m in touched if any(c.message == m and _moves(c) for c in candidates) and steers(messages[m].message.content)}
    notes = [f"message {m}: it would change {len(touched[m])} known memories at once; none of it is believed" for m in sorted(too_many)]
    kept: list[Candidate] = []
    for c in candidates:
        if c.message in too_many:
            c = replace(c, updates=(), replaces=(), retracts=())  # noqa: PLW2901
        if c.message in orders and _moves(c):
            stated = bool(c.slots) and all(stands_in(s.value, messages[c.message].message.content) for s in c.slots)
            ended = tuple(s for s in c.ended if s.value and stands_in(s.value, messages[c.message].message.content))
            if ended != c.ended or ((c.updates or c.replaces or c.retracts) and not stated):
                notes.append(f"message {c.message}: it gives orders to the memory, which change nothing that is known")
            c = replace(c, ended=ended, updates=(), **({} if stated else {"replaces": (), "retracts": ()}))  # noqa: PLW2901
        kept.append(c)
    return kept, notes


def _moves(c: Candidate) -> bool:
    return bool(c.updates or c.replaces or c.retracts or c.ended)


def heed(number: int, record: MemoryRecord, candidate: Candidate, message: CapturedMessage, known: Known, notes: list[str]) -> Proposed:
    """What of a candidate's proposals is believed; the rest goes into `notes`."""
    out = Proposed()
    for n in candidate.merges if candidate.may_touch else ():
        holder = known.shown(n)
        if holder is None or out.twin is not None:
            continue
        if says_the_same(record, holder):
            out.twin = holder
        else:
            notes.append(f"merges {n}: the memory shown says something else")
    for n in candidate.updates if candidate.may_touch else ():
        holder = known.shown(n)
        if holder is None or out.better is not None:
            continue
        why = not_better(record, holder, candidate, message)
        near = bool(shared(record, holder)) or known.likeness(number, holder) >= ALIKE
        if not why and near:
            out.better = holder
        else:
            notes.append(f"updates {n}: {why or 'it is about something else'}")
    for n in candidate.replaces if candidate.may_touch else ():
        holder = known.shown(n)
        if holder is None:
            continue
        ending = _in_question(number, record, candidate, message, holder, known)
        if ending is None or outranked(message, holder) or not may_end(record, holder):
            notes.append(f"replaces {n}: it is not about the same attribute, or not for this speaker to say")
        else:
            out.replaced.append((holder, ending))
    for n in candidate.retracts:
        holder = known.shown(n)
        if holder is None or not may_end(record, holder):
            continue
        never = _in_question(number, record, candidate, message, holder, known)
        if candidate.may_touch and never is not None and may_take_back(message, holder):
            out.retracted.append((holder, never))
        elif candidate.may_touch:
            by = message.message.speaker
            out.disputed.append((holder, f"{by} is taken to say that this never was true, without saying what is, or without the say"))
        else:
            notes.append(f"retracts {n}: this statement may touch nothing")
    return out


def says_the_same(record: MemoryRecord, holder: MemoryRecord) -> bool:
    """Whether a model's word that two statements are one is believed: same kind and subject, no slot, number or negation between them."""
    return (
        compatible(record, holder)
        and covers(holder, record)
        and same_numbers(record.text, holder.text)
        and negated(record.text) == negated(holder.text)
    )


def not_better(record: MemoryRecord, holder: MemoryRecord, candidate: Candidate, message: CapturedMessage) -> str:
    """Why `record` may not take the place of `holder`'s text and claims; "" when it may."""
    if candidate.ended or candidate.replaces or candidate.retracts:
        return "it ends something as well"
    if not compatible(record, holder) or record.term != holder.term or not may_end(record, holder):
        return "it is another kind of statement, or about somebody else"
    if outranked(message, holder) or message.said_at < last_said(holder):
        return "what is known rests on a better word"
    if negated(record.text) != negated(holder.text) or not numbers(holder.text) <= numbers(record.text):
        return "it denies what is known, or leaves out a number"
    for slot in holder.slots:
        if slot.valid_to is not None:
            continue
        same = [s for s in record.slots if (entity_key(s.entity), s.attribute) == (entity_key(slot.entity), slot.attribute)]
        if any(s.value_key == slot.value_key for s in same):
            continue
        if (same and single_valued(slot.attribute)) or not stands_in(slot.value, record.text):
            return f"it leaves out {told(slot)}"
    return ""


def reword(holder: MemoryRecord, record: MemoryRecord, now: datetime) -> Write:
    """`holder` with the text and claims of `record`, and the sources of both; the version before stays in its history."""
    held = {source.doc for source in holder.sources}
    stated = {(entity_key(s.entity), s.attribute, s.value_key) for s in record.slots}
    kept = tuple(s for s in holder.slots if (entity_key(s.entity), s.attribute, s.value_key) not in stated)
    edges = {_ends(r) for r in record.relations}
    after = replace(
        holder, version=holder.version + 1, recorded_at=now, text=record.text, doc=0 if record.text != holder.text else holder.doc,
        sources=(*holder.sources, *(s for s in record.sources if s.doc not in held)), slots=(*record.slots, *kept),
        relations=(*record.relations, *(r for r in holder.relations if _ends(r) not in edges)),
        entities=tuple({e.key: e for e in (*holder.entities, *record.entities)}.values()),
        confidence=max(holder.confidence, record.confidence), importance=max(holder.importance, record.importance),
        valid_from=min(holder.valid_from, record.valid_from) if holder.kind != "episodic" else holder.valid_from,
        metadata={**holder.metadata, **record.metadata},
    )  # fmt: skip
    return Write("update", holder, after, f"said better by {record.sources[0].said_by}")


def _ends(r: Relation) -> tuple[str, str, str]:
    return entity_key(r.subject), r.relation, entity_key(r.object)


def may_take_back(message: CapturedMessage, holder: MemoryRecord) -> bool:
    """Whether a speaker may say of a memory that it never was true: a user, of what no other user has said."""
    mine = message.message.speaker
    return message.message.role == "user" and all(s.said_by == mine for s in holder.sources if s.role == "user")


def plain_rival(record: MemoryRecord, holder: MemoryRecord) -> bool:
    """Whether two statements without slots are about one subject, and the one may end the other."""
    return not record.slots and not holder.slots and entity_key(record.subject) == entity_key(holder.subject) and may_end(record, holder)


def _in_question(
    number: int, record: MemoryRecord, candidate: Candidate, message: CapturedMessage, holder: MemoryRecord, known: Known
) -> list[Slot] | None:
    """The slots of `holder` that a candidate is about; empty when neither has any and both are about one matter; else None.

    Of an attribute that holds many values, one is only in question when it is named, corrected, or said in nearly the same words: who
    likes plums may like tea as well.
    """
    if entity_key(record.subject) != entity_key(holder.subject):
        return None
    ended = [replace(s, attribute=canonical(s.attribute)) for s in candidate.ended]
    if record.slots or ended or any(s.valid_to is None for s in holder.slots):
        near = candidate.correction or known.likeness(number, holder) >= ALIKE_SLOTS
        said = message.message.content
        return [s for s in shared(record, holder, ended) if near or single_valued(s.attribute) or stands_in(s.value, said)] or None
    return [] if known.likeness(number, holder) >= ALIKE else None
