"""`Builder`: collects the slots, relations and entities of one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from perdure.model.graph import SELF, Entity, Relation, Slot
from perdure.model.memory import Kind
from perdure.rules.discourse import Discourse, Person


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
