"""Past: the slots and the graph as they were known at an instant, read from the ledger's versions.

The key-value and graph indexes hold what is known now. For `known_at` this stands in for both: it answers the same questions from the
versions that were current then, and costs a pass over the owner's memories.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from perdure.model.base import to_micros
from perdure.model.graph import entity_key
from perdure.model.memory import MemoryRecord

Edge = tuple[str, str, str, int, str, int, int | None]


class Past:
    """What the indexes held at `known_at`; the reading half of `SlotIndex` and `GraphIndex`."""

    name = "past"

    def __init__(self, known_at: datetime) -> None:
        self._at = to_micros(known_at)
        self._held: dict[int, list[MemoryRecord]] = {}

    def _records(self, snapshot: Any, owner: int) -> list[MemoryRecord]:
        if owner not in self._held:
            records = snapshot.known_versions(owner, self._at)
            self._held[owner] = [r for r in records if r.status not in ("retracted", "deleted")]
        return self._held[owner]

    def look_up(
        self, snapshot: Any, owner: int, entity: str, attribute: str | None = None, *, at: int | None = None
    ) -> list[tuple[str, int, str]]:
        """As `SlotIndex.look_up`."""
        key = entity_key(entity)
        found: list[tuple[int, int, str, str]] = []
        for r in self._records(snapshot, owner):
            for s in r.slots:
                start, end = to_micros(s.valid_from or r.valid_from), s.valid_to or r.valid_to
                holds = at is None or (start <= at and (end is None or to_micros(end) > at))
                if entity_key(s.entity) == key and attribute in (None, s.attribute) and holds:
                    found.append((start, r.doc, s.attribute, s.value_key))
        return [(a, doc, value) for _, doc, a, value in sorted(found, reverse=True)]

    def short_term(self, snapshot: Any, owner: int, session_id: str | None, *, at: int) -> list[int]:
        """As `SlotIndex.short_term`."""
        return [
            r.doc
            for r in reversed(self._records(snapshot, owner))
            if r.term == "short_term" and r.scope.session_id == session_id and (r.expires_at is None or to_micros(r.expires_at) > at)
        ]

    def mentions(self, snapshot: Any, owner: int, key: str) -> list[int]:
        """As `GraphIndex.mentions`."""
        return [
            r.doc
            for r in reversed(self._records(snapshot, owner))
            if any(key in (entity_key(n) for n in (e.name, *e.aliases)) for e in r.entities)
        ]

    def edges(self, snapshot: Any, owner: int, key: str) -> list[Edge]:
        """As `GraphIndex.edges`."""
        found: list[Edge] = []
        for r in reversed(self._records(snapshot, owner)):
            for x in r.relations:
                subject, obj, end = entity_key(x.subject), entity_key(x.object), x.valid_to or r.valid_to
                if key in (subject, obj):
                    start = to_micros(x.valid_from or r.valid_from)
                    found.append((subject, x.relation, obj, r.doc, r.id, start, None if end is None else to_micros(end)))
        return found

    def entities(self, snapshot: Any, owner: int, keys: list[str]) -> dict[str, tuple[str, str, list[str]]]:
        """As `GraphIndex.entities`."""
        found: dict[str, tuple[str, str, list[str]]] = {}
        for r in self._records(snapshot, owner):
            for e in r.entities:
                for key in {entity_key(n) for n in (e.name, *e.aliases)} & set(keys):
                    found[key] = (e.name, e.type, sorted(e.aliases))
        return found
