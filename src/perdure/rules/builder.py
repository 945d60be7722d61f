"""`Builder`: collects the slots, relations and entities of one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from perdure.model.graph import SELF, Entity, Relation, Slot
from perdure.model.memory import Kind
from perdure.rules.dates import DatePhrase, find
from perdure.rules.discourse import Discourse, Person
from perdure.rules.lazy import rx

_TIMED = frozenset(
    "lives_in from employer school job_title travel appointment plan purchase event membership goal hobby studies issue solution".split()
)
"""Attributes whose value is no time itself, so that a time at its end dates the statement."""


@dataclass(slots=True)
class Builder:
    """Collects what one sentence of a message says. `speaker` is the entity of "I"."""

    content: str
    text: str
    index: int
    anchor: datetime
    discourse: Discourse
    speaker: str = SELF
    slots: list[Slot] = field(default_factory=list[Slot])
    ended: list[Slot] = field(default_factory=list[Slot])
    relations: list[Relation] = field(default_factory=list[Relation])
    entities: dict[str, Entity] = field(default_factory=dict[str, Entity])
    people: list[Person] = field(default_factory=list[Person])
    kinds: list[Kind] = field(default_factory=list[Kind])
    subjects: list[str] = field(default_factory=list[str])
    jobs_left: bool = False
    bounds: tuple[int, int] = (0, 0)
    dates: tuple[DatePhrase, ...] | None = None

    def phrases(self) -> tuple[DatePhrase, ...]:
        """The time phrases of the sentence, found once; their spans are relative to where it starts."""
        if self.dates is None:
            self.dates = find(self.content[self.bounds[0] : self.bounds[1]], self.anchor)
        return self.dates

    def lasting(self, attribute: str, start: int, end: int) -> str:
        """A value without the time it ends in: "Lyon" of "Lyon over the weekend", where the attribute is no time itself."""
        if attribute in _TIMED and end - start > 4:
            for phrase in sorted(self.phrases(), key=lambda p: -p.span[1]):
                a, z = (self.bounds[0] + at for at in phrase.span)
                if start < a < end and abs(z - end) <= 1:
                    end = self._before(start, a)
            clock = rx(r"[\s,]+(?:at|from|around|by) \d{1,2}(?:[:.h]\d\d)?(?: ?[ap]\.?m\.?)?$").search(self.text, start, end)
            end = clock.start() if clock else end
            for phrase in sorted(self.phrases(), key=lambda p: -p.span[1]) if clock else ():
                a, z = (self.bounds[0] + at for at in phrase.span)
                if start < a < end and abs(z - end) <= 1:
                    end = self._before(start, a)
        return self.content[start:end]

    def _before(self, start: int, at: int) -> int:
        """Where the words before a time phrase end, without what leads to it ("on", "over the")."""
        m = rx(
            r"[\s,(]*(?:\b(?:on|at|in|for|from|by|this|the|around|about|over|during|starting|coming|until|till|before|since|next|early|late|of)\s*)*$"
        ).search(self.text, start, at)
        return m.start() if m and m.start() > start else at

    def unname(self, placeholder: str) -> None:
        """The relative has a name or is gone: nothing is said of "my sister" any more."""
        self.entities.pop(placeholder, None)
        self.relations = [r for r in self.relations if placeholder not in (r.object, r.subject)]
        self.people = [p for p in self.people if p.entity != placeholder]

    def drop(self, attribute: str, value: str) -> None:
        """Unsays a slot of the speaker that this same sentence seemed to state, and its edge."""
        self.slots = [s for s in self.slots if (s.entity, s.attribute, s.value) != (self.speaker, attribute, value)]
        self.relations = [r for r in self.relations if r.object != value or r.subject != self.speaker]

    def value(self, start: int, end: int) -> str:
        """The message's own letters."""
        return self.content[start:end]

    def entity(self, name: str, type_: str = "Thing", aliases: tuple[str, ...] = ()) -> str:
        """Records an entity; a more telling type or further aliases are kept."""
        name = " ".join(name.split())
        old = self.entities.get(name)
        if old is not None:
            type_ = old.type if type_ == "Thing" else type_
            aliases = tuple(dict.fromkeys((*old.aliases, *aliases)))
        self.entities[name] = Entity(name, "User" if name == SELF else type_, aliases)
        return name

    def relate(self, subject: str, relation: str, object_: str) -> None:
        """Records an edge once."""
        edge = Relation(subject, relation, object_)
        if subject != object_ and edge not in self.relations:
            self.relations.append(edge)

    def slot(self, entity: str, attribute: str, value: str, *, ended: bool = False) -> None:
        """Records a slot once; what is stated to hold is not also ended."""
        slot = Slot(entity, attribute, value)
        (self.ended if ended else self.slots).append(slot) if slot not in self.slots and slot not in self.ended else None
