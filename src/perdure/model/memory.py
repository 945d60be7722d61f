"""MemoryRecord and Source: one statement worth keeping, and where it comes from.

`perdure.Memory` is the door with the verbs; what it keeps are `MemoryRecord`s. A record is one *version*: a write never
edits a version but retires it (`retired_at`) and records the next, so the past stays readable (`known_at`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from perdure.model.base import Value
from perdure.model.graph import SELF, Entity, Relation, Slot
from perdure.model.message import Role
from perdure.model.scope import Scope

Kind = Literal["fact", "preference", "episodic", "procedural", "summary"]
#: What a statement can be.
KINDS: tuple[Kind, ...] = ("fact", "preference", "episodic", "procedural")
#: What `consolidate` writes of statements and messages; no read shows it unless it asks for this kind.
SUMMARY: Kind = "summary"
ALL_KINDS: tuple[Kind, ...] = (*KINDS, SUMMARY)
OWN_KIND = "kind"
"""The key of `MemoryRecord.metadata` that holds the name of a kind of the application's own; `kind` is then the one it is based on."""
Term = Literal["short_term", "long_term"]
TERMS: tuple[Term, ...] = ("short_term", "long_term")
Status = Literal["live", "superseded", "retracted", "deleted"]
STATUSES: tuple[Status, ...] = ("live", "superseded", "retracted", "deleted")


@dataclass(frozen=True, slots=True)
class Source(Value):
    """Where a memory comes from: `quote` stands at characters `start`..`end` of the message's content.

    For a memory given with `remember` and no message, `message_id` names the message that captured the statement itself.
    """

    message_id: str
    quote: str
    said_by: str
    said_at: datetime
    role: Role = "user"
    start: int = 0
    end: int = 0
    extractor: str = "rules"
    model: str = ""
    prompt: str = ""
    doc: int = 0  # the ledger's number of the message


@dataclass(frozen=True, slots=True)
class MemoryRecord(Value):
    """One version of one memory.

    `valid_from`..`valid_to`: when it was true (half-open). `recorded_at`..`retired_at`: when this version was what we knew.
    `confidence` and `importance` are in 0..1. `slots` may hold slots that have ended (`valid_to` set) while the rest holds.
    """

    id: str
    text: str
    scope: Scope
    kind: Kind
    term: Term
    sources: tuple[Source, ...]
    valid_from: datetime
    recorded_at: datetime
    valid_to: datetime | None = None
    retired_at: datetime | None = None
    expires_at: datetime | None = None
    status: Status = "live"
    confidence: float = 1.0
    importance: float = 0.5
    subject: str = SELF
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    slots: tuple[Slot, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    superseded_by: str = ""
    version: int = 1
    doc: int = 0  # the number under which the indexes know this text; kept while the text stays the same
