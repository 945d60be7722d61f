"""Compare: what tells whether two statements are one, may stand side by side, or may end each other. Pure.

What `consolidate` decides with, and whoever else has to know whether two memories say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from perdure.model.graph import Slot, entity_key
from perdure.model.memory import OWN_KIND, MemoryRecord, Term
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.rules.words import terms

#: How far two dates of one statement may lie apart and still be the same event.
SAME_EVENT = timedelta(hours=36)
#: Whose word counts more when two cannot both be right.
TRUST = {"user": 2, "tool": 1, "system": 1, "assistant": 0}
_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:[.,:/]\d+)*%?|\w[+#]+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|n't|without|neither|nor|cannot|can't|don't|doesn't|didn't|isn't|aren't|won't)\b|n't\b", re.IGNORECASE
)


def compatible(record: MemoryRecord, other: MemoryRecord) -> bool:
    """Whether two statements are of one kind, about one subject, for the same readers, and of one event if they tell of any."""
    if (
        record.scope.agent_id != other.scope.agent_id
        or record.kind != other.kind
        or record.metadata.get(OWN_KIND) != other.metadata.get(OWN_KIND)
        or entity_key(record.subject) != entity_key(other.subject)
    ):
        return False
    short = "short_term" in (record.term, other.term)
    if short and record.scope.session_id != other.scope.session_id and record.term == other.term:
        return False
    return record.kind != "episodic" or abs(record.valid_from - other.valid_from) <= SAME_EVENT


def covers(other: MemoryRecord, record: MemoryRecord) -> bool:
    """Whether every slot of `record` is an open slot of `other` with the same value."""
    held = {(entity_key(s.entity), s.attribute, s.value_key) for s in other.slots if s.valid_to is None}
    return all((entity_key(s.entity), s.attribute, s.value_key) in held for s in record.slots)


def same_numbers(a: str, b: str) -> bool:
    """Whether two sentences name the same numbers: dates, amounts, times."""
    return numbers(a) == numbers(b)


def same_words(a: str, b: str) -> bool:
    """Whether two sentences agree in numbers, negation, names and most of their words."""
    if not same_numbers(a, b) or negated(a) != negated(b):
        return False
    names_a, names_b = ({w for w in re.findall(r"\w+", t)[1:] if w[:1].isupper() and w != "I"} for t in (a, b))
    if names_a ^ names_b:
        return False
    words_a, words_b = set(terms(a)), set(terms(b))
    return len(words_a & words_b) >= 0.6 * len(words_a | words_b)


def negated(text: str) -> bool:
    """Whether a sentence denies something."""
    return _NEGATION.search(text) is not None


def numbers(text: str) -> set[str]:
    """The numbers a sentence names: dates, amounts, times."""
    return set(_NUMBER.findall(text))


def open_slots(holder: MemoryRecord, slot: Slot) -> list[Slot]:
    """The open slots of a memory with the entity and attribute of another."""
    return [
        s for s in holder.slots
        if s.valid_to is None and s.attribute == slot.attribute and entity_key(s.entity) == entity_key(slot.entity)
    ]  # fmt: skip


def like(told: str) -> Callable[[str], bool]:
    """Accepts folded values that are one with `told` (`names_fully`)."""
    return lambda held: names_fully(held, told)


def names_fully(held: str, told: str) -> bool:
    """Equal, or one folded value names the other more fully ("the macbook" / "macbook pro"), word by word."""
    a, b = set(held.split()), set(told.split())
    return held == told or bool(a and b and (a <= b or b <= a))


def may_end(record: MemoryRecord, holder: MemoryRecord) -> bool:
    """Whether one memory may put an end to another: not one agent's to another's, nor what is for a session alone to what lasts."""
    return may_change(record.scope, record.term, holder)


def may_change(scope: Scope, term: Term, holder: MemoryRecord) -> bool:
    """Whether what is said in a scope, and kept for a term, may change a memory: see `may_end`."""
    mine, theirs = scope.agent_id, holder.scope.agent_id
    if term == "short_term" and (holder.term == "long_term" or holder.scope.session_id != scope.session_id):
        return False
    return mine == theirs or theirs is None


def outranked(message: CapturedMessage, holder: MemoryRecord) -> bool:
    """Whether the holder rests on the word of somebody more to be trusted than this message's speaker."""
    return TRUST.get(message.message.role, 0) < trust_in(holder)


def trust_in(record: MemoryRecord) -> int:
    """How far the best of a memory's sources is to be trusted: see `TRUST`."""
    return max((TRUST.get(s.role, 0) for s in record.sources), default=2)


def last_said(record: MemoryRecord) -> datetime:
    """When the newest source of a memory was said."""
    return max((s.said_at for s in record.sources), default=record.valid_from)


def shared(record: MemoryRecord, holder: MemoryRecord, ended: Sequence[Slot] = ()) -> list[Slot]:
    """The open slots of `holder` of which `record`, by what it states or ends, states the entity and attribute too."""
    mine = {(entity_key(s.entity), s.attribute) for s in (*record.slots, *ended)}
    return [s for s in holder.slots if s.valid_to is None and (entity_key(s.entity), s.attribute) in mine]


def told(slot: Slot) -> str:
    """A slot in words, for reasons."""
    return f"({slot.entity}, {slot.attribute}) = {slot.value}"
