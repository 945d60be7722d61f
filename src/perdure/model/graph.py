"""Entity, Relation and Slot: what a memory claims, and what the graph and key-value views answer.

The user of a scope is the entity `SELF`; its display name is learnt ("My name is Ada") or the user_id.
Entities are told apart inside one owner by `entity_key(name)`; aliases lead to the same key.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from perdure.model.base import Value

SELF = "user"


@lru_cache(maxsize=8192)
def entity_key(name: str) -> str:
    """The name folded for comparison: Unicode NFKC, case-folded, single spaces, no leading article or edge punctuation."""
    folded = " ".join(unicodedata.normalize("NFKC", name).casefold().split()).strip(" .,;:!?\"'“”‘’()[]")
    for article in ("the ", "a ", "an ", "my ", "our "):
        if folded.startswith(article) and len(folded) > len(article):
            return folded[len(article) :]
    return folded


@dataclass(frozen=True, slots=True)
class Entity(Value):
    """A person, thing or place. `type` is a capitalised noun: User, Person, Place, Organization, Device, Issue and so on."""

    name: str
    type: str = "Thing"
    aliases: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What identifies it inside its owner."""
        return entity_key(self.name)


@dataclass(frozen=True, slots=True)
class KnownEntity(Value):
    """What is known of an entity as such: its other names, in how many memories it stands, and when these were said first and last."""

    name: str
    type: str
    aliases: tuple[str, ...]
    memories: int
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class Relation(Value):
    """A typed, dated edge from one entity to another. `memory_id` names the memory that proves it, once there is one."""

    subject: str
    relation: str
    object: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    memory_id: str = ""


@dataclass(frozen=True, slots=True)
class Slot(Value):
    """(entity, attribute) → value, e.g. (user, lives_in) → Bangalore. `memory_id` as in `Relation`."""

    entity: str
    attribute: str
    value: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    memory_id: str = ""

    @property
    def value_key(self) -> str:
        """The value folded for comparison."""
        return entity_key(self.value)


@dataclass(frozen=True, slots=True)
class Graph(Value):
    """A neighbourhood: the entities reached, the relations between them, and the text of the memories that prove these."""

    around: str
    entities: tuple[Entity, ...]
    relations: tuple[Relation, ...]
    proofs: dict[str, str]
