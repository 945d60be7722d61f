"""Rename: one entity's claims led to another name, in a candidate or in memories that are known. Pure.

A text and its quotes stay as they were said; entities, slots, relations and subject lead to the name that stays, and the other becomes
an alias. What is known is only rewritten in whole: every memory that claims something of the one, in one group that is undone together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from perdure.model.candidate import Candidate
from perdure.model.graph import SELF, Entity, Relation, Slot, entity_key
from perdure.model.memory import MemoryRecord
from perdure.rules.names import other_forms
from perdure.rules.slots import ATTRIBUTES, canonical, single_valued
from perdure.stages.decisions import Write

PERSON, THING = "Person", "Thing"
#: Other names kept of one entity in one memory.
MAX_ALIASES = 12
#: Memories that are rewritten on the strength of names alone.
MAX_GUESSED = 500


@dataclass(frozen=True, slots=True)
class Known:
    """An entity found under a key. `alias`: the key is not its own name's."""

    name: str
    type: str = THING
    alias: bool = False


class Directory(Protocol):
    """What is known of an owner's entities, with the writes decided so far applied."""

    def called(self, keys: Sequence[str]) -> Mapping[str, Sequence[Known]]:
        """The entities under each key (`entity_key`), by their own names or as an alias, newest first; no entry for none."""
        ...

    def beginning(self, word: str) -> Sequence[Known]:
        """The entities with a name or alias that begins with a folded word and goes on."""
        ...

    def values(self, entity: str, attribute: str) -> Sequence[tuple[str, str]]:
        """The open values of a slot, each with the text of the memory that states it."""
        ...

    def joined(self, one: str, other: str) -> bool:
        """Whether a relation joins two entities: then they are two."""
        ...

    def mentioning(self, name: str) -> Sequence[MemoryRecord]:
        """Every current memory that claims something of an entity, but for those retracted or deleted."""
        ...

    def parted(self, record: MemoryRecord, reason: str) -> bool:
        """Whether a change of a memory for this reason was taken back."""
        ...


@dataclass(frozen=True, slots=True)
class Same:
    """Two names are one entity's. `stated`: that was said, and not only read off the names."""

    name: str
    into: str
    type: str
    stated: bool = False

    @property
    def reason(self) -> str:
        """Why a memory is rewritten."""
        return f"{self.name} is {self.into}"


# ---------------------------------------------------------------------- two names known so far are one
def merges(
    same: Same, candidate: Candidate, directory: Directory, *, now: datetime, may: Callable[[MemoryRecord], bool], own: frozenset[str]
) -> list[Write]:
    """The memories that claim something of `same.name`, claiming it of `same.into`; all in one group, undone together.

    Empty when it was only read off the names and what is known of the two does not go together, when there are too many for a guess, or
    when somebody took the same merge back before.

    Args:
        same: which two.
        candidate: what showed it, its names led.
        directory: of the owner's entities.
        now: the clock's instant.
        may: whether a memory may be changed by this speaker.
        own: an application's single-valued attributes.
    """
    records = [r for r in directory.mentioning(same.name) if may(r)]
    if not records or any(directory.parted(r, same.reason) for r in records):
        return []
    if not same.stated and (len(records) > MAX_GUESSED or _at_odds(same, records, candidate, directory, own)):
        return []
    return rename_all(records, same, now)


def rename_all(records: Iterable[MemoryRecord], same: Same, now: datetime) -> list[Write]:
    """One write for each memory that changes when `same.name` is led to `same.into`."""
    writes: list[Write] = []
    for r in records:
        after = renamed(r, same.name, same.into, same.type)
        if after != r:
            writes.append(Write("merge", r, replace(after, version=r.version + 1, recorded_at=now), same.reason, group=same.reason))
    return writes


def _at_odds(same: Same, records: Sequence[MemoryRecord], candidate: Candidate, directory: Directory, own: frozenset[str]) -> bool:
    """Whether the two hold different values where there can be but one: then they may well be two."""
    key, into = entity_key(same.name), entity_key(same.into)
    for r in records:
        for s in r.slots:
            if s.valid_to is not None or r.status != "live" or entity_key(s.entity) != key:
                continue
            if not single_valued(s.attribute) and s.attribute not in own:
                continue
            values = {entity_key(v) for v, _ in directory.values(same.into, s.attribute)}
            values |= {x.value_key for x in candidate.slots if entity_key(x.entity) == into and canonical(x.attribute) == s.attribute}
            if values - {s.value_key}:
                return True
    return False


# ---------------------------------------------------------------------- leading names
def led(candidate: Candidate, leads: Mapping[str, Known | str], types: Mapping[str, str]) -> Candidate:
    """A candidate whose names lead where `leads` (by key) says; further forms of its names are kept as aliases."""
    names = {key: lead.name if isinstance(lead, Known) else lead for key, lead in leads.items()}
    if not names:
        return replace(candidate, entities=_entities(candidate.entities, names, types))
    return replace(
        candidate, entities=_entities(candidate.entities, names, types), slots=_slots(candidate.slots, names),
        ended=_slots(candidate.ended, names), relations=_relations(candidate.relations, names),
        subject=names.get(entity_key(candidate.subject), candidate.subject),
    )  # fmt: skip


def renamed(record: MemoryRecord, name: str, into: str, type_: str) -> MemoryRecord:
    """A memory's claims with one entity's name led to another's; its text, quotes and times stay."""
    names = {entity_key(name): into}
    return replace(
        record, entities=_entities(record.entities, names, {entity_key(into): type_}), slots=_slots(record.slots, names),
        relations=_relations(record.relations, names), subject=names.get(entity_key(record.subject), record.subject),
    )  # fmt: skip


def _entities(entities: Sequence[Entity], names: Mapping[str, str], types: Mapping[str, str]) -> tuple[Entity, ...]:
    made: dict[str, Entity] = {}
    for e in entities:
        name = names.get(e.key, e.name)
        key = entity_key(name)
        old = made.get(key)
        type_ = (
            "User" if name == SELF else next((t for t in (types.get(key, THING), e.type, old.type if old else THING) if t != THING), THING)
        )
        further = () if name == SELF else other_forms(name, person=type_ == PERSON)
        shortened = e.key in names and " " in e.name and entity_key(name) == entity_key(e.name.split()[0])
        aliases = (
            () if shortened else (*(old.aliases if old else ()), *((e.name,) if e.name not in (name, SELF) else ()), *e.aliases, *further)
        )
        made[key] = Entity(name, type_, _unlike(aliases, key))
    return tuple(made.values())


def _unlike(aliases: Iterable[str], key: str) -> tuple[str, ...]:
    """Aliases that lead somewhere new: one for each key but the entity's own."""
    kept = {k: a for a in reversed(list(aliases)) if (k := entity_key(a)) not in ("", key, SELF)}
    return tuple(list(kept.values())[::-1][:MAX_ALIASES])


def _slots(slots: Sequence[Slot], names: Mapping[str, str]) -> tuple[Slot, ...]:
    made: list[Slot] = []
    for s in slots:
        known = ATTRIBUTES.get(canonical(s.attribute))
        value = names.get(s.value_key, s.value) if known is not None and known.relation else s.value
        slot = replace(s, entity=names.get(entity_key(s.entity), s.entity), value=value)
        turned_on_itself = value != s.value and entity_key(slot.entity) == slot.value_key
        if slot not in made and not turned_on_itself:
            made.append(slot)
    return tuple(made)


def _relations(relations: Sequence[Relation], names: Mapping[str, str]) -> tuple[Relation, ...]:
    made: list[Relation] = []
    for r in relations:
        edge = replace(r, subject=names.get(entity_key(r.subject), r.subject), object=names.get(entity_key(r.object), r.object))
        if edge not in made and entity_key(edge.subject) != entity_key(edge.object):
            made.append(edge)
    return tuple(made)
