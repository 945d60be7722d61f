"""The embedded key-value index: (entity, attribute) to the memories that state a value, in the ledger's file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from perdure.model.base import to_micros
from perdure.model.graph import entity_key
from perdure.model.memory import MemoryRecord

#: The attribute under which a session's short-term memories are kept.
SHORT_TERM = "short_term"


def session_key(session_id: str | None) -> str:
    """The entity under which a session's short-term memories are kept; no name of a thing begins so."""
    return f"\x1fsession:{session_id or ''}"


class SqliteSlots:
    """Slots in the ledger's file. Values are in the ledger's memories; the index holds keys and document numbers."""

    name = "slots"

    def shares_ledger(self) -> bool:
        """Its rows change in the ledger's transactions."""
        return True

    def put(self, tx: Any, owner: int, record: MemoryRecord) -> None:
        """Stores the slots of a memory's current version in place of those of the version before."""
        self.remove(tx, [record.id])
        tx.connection.executemany("INSERT INTO slots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _rows(owner, record))

    def remove(self, tx: Any, memory_ids: Sequence[str]) -> int:
        """Removes the slots of memories. Returns how many went."""
        return sum(tx.connection.execute("DELETE FROM slots WHERE memory = ?", (m,)).rowcount for m in memory_ids)

    def remove_owner(self, tx: Any, owner: int) -> int:
        """Removes all slots of an owner."""
        return tx.connection.execute("DELETE FROM slots WHERE owner = ?", (owner,)).rowcount

    def look_up(
        self, snapshot: Any, owner: int, entity: str, attribute: str | None = None, *, at: int | None = None
    ) -> list[tuple[str, int, str]]:
        """(attribute, document, value key) of the slots of an entity that hold at an instant (microseconds), newest first."""
        more, values = "", [owner, entity_key(entity)]
        if attribute is not None:
            more, values = "AND attribute = ?", [*values, attribute]
        if at is not None:
            more, values = more + " AND valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)", [*values, at, at]
        return snapshot.connection.execute(
            f"SELECT attribute, doc, value_key FROM slots WHERE owner = ? AND entity = ? {more} ORDER BY valid_from DESC, doc DESC",
            values,
        ).fetchall()

    def short_term(self, snapshot: Any, owner: int, session_id: str | None, *, at: int) -> list[int]:
        """Documents of the session's short-term memories that have not expired at an instant (microseconds), newest first."""
        return [
            doc for (doc,) in snapshot.connection.execute(
                "SELECT doc FROM slots WHERE owner = ? AND entity = ? AND attribute = ? AND (expires_at IS NULL OR expires_at > ?) "
                "ORDER BY doc DESC", (owner, session_key(session_id), SHORT_TERM, at),
            )
        ]  # fmt: skip

    def rows(self, snapshot: Any, owner: int) -> set[tuple[Any, ...]]:
        """Every row of the owner, for comparison with the ledger."""
        return set(snapshot.connection.execute("SELECT * FROM slots WHERE owner = ?", (owner,)).fetchall())

    def expected(self, owner: int, records: Sequence[MemoryRecord]) -> set[tuple[Any, ...]]:
        """The rows that current versions call for."""
        return {row for record in records for row in _rows(owner, record)}


def _rows(owner: int, record: MemoryRecord) -> list[tuple[Any, ...]]:
    if record.status in ("retracted", "deleted"):
        return []
    short = [
        (
            owner, session_key(record.scope.session_id), SHORT_TERM, record.id, len(record.slots), record.id, record.doc,
            to_micros(record.valid_from), _end(record.valid_to), _end(record.expires_at),
        )
    ] if record.term == "short_term" else []  # fmt: skip
    return short + [
        (
            owner, entity_key(s.entity), s.attribute, record.id, n, s.value_key, record.doc, to_micros(s.valid_from or record.valid_from),
            _earlier(_end(s.valid_to), _end(record.valid_to)), _end(record.expires_at),
        )
        for n, s in enumerate(record.slots)
    ]  # fmt: skip


def _end(value: datetime | None) -> int | None:
    return None if value is None else to_micros(value)


def _earlier(a: int | None, b: int | None) -> int | None:
    if a is None or b is None:
        return b if a is None else a
    return min(a, b)
