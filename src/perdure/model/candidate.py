"""Candidate and Extraction: what an extractor proposes. Nothing is stored until it is validated and consolidated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from perdure.model.base import Value, iso
from perdure.model.graph import SELF, Entity, Relation, Slot
from perdure.model.memory import Kind, Term
from perdure.model.message import Message


@dataclass(frozen=True, slots=True)
class Candidate(Value):
    """One statement proposed for keeping.

    `message` is the index in the episode of the message that proves it and `quote` the exact words there; an empty quote cites
    the message as a whole, and `also` further messages as a whole.
    `valid_from=None` means "from when it was said". `slots` are stated to hold; `ended` are stated to hold no more (value ""
    ends whatever value is open). `merges`, `updates`, `replaces` and `retracts` are small integers naming shown memories: those it
    says again, says better, that were true and are no more, that never were true; a number stands in one of them only.
    `according_to`: the name of whoever is said to have said it, "" for the speaker's own word. `explicit`: the speaker asked to
    remember it. `correction`: the speaker says the earlier statement was wrong. A kind of an application's own stands in
    `metadata` (see `perdure.model.memory.OWN_KIND`).
    `may_touch=False`: it is only added, and merges with, changes or ends nothing that is known.
    """

    text: str
    quote: str
    message: int
    kind: Kind = "fact"
    term: Term = "long_term"
    subject: str = SELF
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    expires_at: datetime | None = None
    confidence: float = 0.8
    importance: float = 0.5
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    slots: tuple[Slot, ...] = ()
    ended: tuple[Slot, ...] = ()
    merges: tuple[int, ...] = ()
    updates: tuple[int, ...] = ()
    replaces: tuple[int, ...] = ()
    retracts: tuple[int, ...] = ()
    according_to: str = ""
    explicit: bool = False
    correction: bool = False
    also: tuple[int, ...] = ()
    may_touch: bool = True
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Extraction(Value):
    """What an extractor returned for one episode.

    `private` are the indexes of messages whose content is for this session alone ("just for this chat").
    `dropped` are proposals that failed validation, each with its reason. Token counts are 0 when no model was called.
    `single_valued` are attributes of the application's own that hold one value at a time.
    """

    candidates: tuple[Candidate, ...] = ()
    private: tuple[int, ...] = ()
    dropped: tuple[str, ...] = ()
    extractor: str = "rules"
    model: str = ""
    prompt: str = ""
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    warnings: tuple[str, ...] = field(default=())
    single_valued: frozenset[str] = frozenset()

    def to_contract(self, *, user: str = "User") -> dict[str, Any]:
        """The JSON contract of extraction: entities, relations, memory_type, memories. `user` stands for the speaker."""

        def named(name: str) -> str:
            return user if name == SELF else name

        entities: dict[str, dict[str, Any]] = {}
        relations: list[dict[str, Any]] = []
        memories: list[dict[str, Any]] = []
        for c in self.candidates:
            for e in c.entities:
                entities.setdefault(e.key, {"type": e.type, "id": named(e.name)} | ({"aliases": list(e.aliases)} if e.aliases else {}))
            for r in c.relations:
                edge = {"from": named(r.subject), "to": named(r.object), "relation": r.relation}
                relations += [edge] if edge not in relations else []
            slots = [{"entity": named(s.entity), "attribute": s.attribute, "value": s.value} for s in c.slots]
            ended = [{"entity": named(s.entity), "attribute": s.attribute, "value": s.value} for s in c.ended]
            memories.append(
                {
                    "text": c.text,
                    "kind": c.kind,
                    "term": c.term,
                    "quote": c.quote,
                    "message": c.message,
                    "valid_from": iso(c.valid_from) if c.valid_from else None,
                    "valid_to": iso(c.valid_to) if c.valid_to else None,
                    "expires_at": iso(c.expires_at) if c.expires_at else None,
                    "confidence": c.confidence,
                    "importance": c.importance,
                    "according_to": c.according_to,
                    "slot": slots[0] if slots else None,
                    "slots": slots,
                    "ended": ended,
                    "replaces": list(c.replaces),
                }
            )
        long = any(c.term == "long_term" for c in self.candidates)
        return {
            "entities": list(entities.values()),
            "relations": relations,
            "memory_type": ("long_term" if long else "short_term") if self.candidates else None,
            "memories": memories,
        }


@dataclass(frozen=True, slots=True)
class ExtractionContext(Value):
    """What an extractor may know besides the messages.

    `now` is the clock's instant. `recent` are the session's messages before these, oldest first (for pronouns and for what
    "yes" answers). `known_names` maps a folded name or alias to an entity's name. `shown` are existing memories near the
    messages; their index here is the small integer a model sees. `shown_slots` are the open slots of each of them, `shown_since`
    since when each is true; both may be shorter.
    """

    now: datetime
    user: str = "User"
    recent: tuple[Message, ...] = ()
    known_names: Mapping[str, str] = field(default_factory=dict[str, str])
    shown: tuple[str, ...] = ()
    shown_slots: tuple[tuple[Slot, ...], ...] = ()
    shown_since: tuple[datetime, ...] = ()
