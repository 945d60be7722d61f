"""The embedded graph index: entities mentioned and relations stated, as two tables in the ledger's file.

A hop is one indexed look-up a node, unrolled in Python: a recursive query walks the whole component before it can stop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perdure.model.base import to_micros
from perdure.model.graph import entity_key
from perdure.model.memory import MemoryRecord

#: Edges followed from one node in one hop; a node with more is a hub, and its edges say little.
FAN_OUT = 64
#: Mentions looked at under one key to tell which entities go by it, the newest first.
NAMESAKES = 48


Mention = tuple[str, str, str, int, int]


class SqliteGraph:
    """Mentions and edges in the ledger's file; every row names the memory that proves it."""

    name = "graph"

    def shares_ledger(self) -> bool:
        """Its rows change in the ledger's transactions."""
        return True

    def put(self, tx: Any, owner: int, record: MemoryRecord) -> None:
        """Stores entities and relations of a memory's current version in place of those of the version before."""
        self.remove(tx, [record.id])
        tx.connection.executemany("INSERT INTO mentions VALUES (?, ?, ?, ?, ?, ?, ?)", _mentions(owner, record))
        tx.connection.executemany("INSERT INTO edges VALUES (?, ?, ?, ?, ?, ?, ?, ?)", _edges(owner, record))

    def remove(self, tx: Any, memory_ids: Sequence[str]) -> int:
        """Removes what memories contributed. Returns how many rows went."""
        return sum(
            tx.connection.execute(f"DELETE FROM {table} WHERE memory = ?", (m,)).rowcount
            for m in memory_ids
            for table in ("mentions", "edges")
        )

    def remove_owner(self, tx: Any, owner: int) -> int:
        """Removes all of an owner."""
        return sum(tx.connection.execute(f"DELETE FROM {table} WHERE owner = ?", (owner,)).rowcount for table in ("mentions", "edges"))

    def entities(self, snapshot: Any, owner: int, keys: Sequence[str]) -> dict[str, tuple[str, str, list[str]]]:
        """Key to (name, type, other names) for entities that are known."""
        found: dict[str, tuple[str, str, list[str]]] = {}
        for key in keys:
            rows = snapshot.connection.execute(
                "SELECT name, type, alias FROM mentions WHERE owner = ? AND entity = ? "
                "GROUP BY name, type, alias ORDER BY alias, max(doc) DESC",
                (owner, key),
            ).fetchall()
            if rows:
                typed = next((t for _, t, _ in rows if t != "Thing"), rows[0][1])
                found[key] = (rows[0][0], typed, sorted({n for n, _, alias in rows if alias}))
        return found

    def mentions(self, snapshot: Any, owner: int, key: str) -> list[int]:
        """Documents of memories that mention an entity, newest first."""
        return [
            d for (d,) in snapshot.connection.execute(
                "SELECT DISTINCT doc FROM mentions WHERE owner = ? AND entity = ? ORDER BY doc DESC LIMIT ?", (owner, key, FAN_OUT)
            )
        ]  # fmt: skip

    def edges(self, snapshot: Any, owner: int, key: str) -> list[tuple[str, str, str, int, str, int, int | None]]:
        """(subject, relation, object, document, memory, valid_from, valid_to) of edges at an entity, either way, newest first."""
        columns = "subject, relation, object, doc, memory, valid_from, valid_to"
        newest = f"SELECT * FROM (SELECT {columns} FROM edges WHERE owner = ? AND {{}} = ? ORDER BY doc DESC LIMIT {FAN_OUT})"
        return snapshot.connection.execute(  # each way cut before they are joined: a hub is never read whole
            f"{newest.format('subject')} UNION {newest.format('object')} ORDER BY doc DESC LIMIT {FAN_OUT}", (owner, key, owner, key)
        ).fetchall()

    def called(self, snapshot: Any, owner: int, keys: Sequence[str]) -> list[Mention]:
        """(key, name, type, whether an alias, document) of entities that go by these keys, the newest mentions of each key first."""
        sql = (
            f"SELECT entity, name, type, alias, doc FROM (SELECT * FROM mentions WHERE owner = ? AND entity = ? ORDER BY doc DESC "
            f"LIMIT {NAMESAKES})"
        )
        return [row for key in keys for row in snapshot.connection.execute(sql, (owner, key))]

    def beginning(self, snapshot: Any, owner: int, word: str) -> list[Mention]:
        """As `called`, of entities with a key that begins with a word and goes on, in order of their keys."""
        sql = f"SELECT entity, name, type, alias, doc FROM mentions WHERE owner = ? AND entity >= ? AND entity < ? LIMIT {NAMESAKES}"
        return snapshot.connection.execute(sql, (owner, f"{word} ", f"{word}!")).fetchall()

    def claiming(self, snapshot: Any, owner: int, key: str) -> list[str]:
        """Ids of all memories that mention an entity by this key or state a relation of it, oldest first."""
        return [
            memory for (memory,) in snapshot.connection.execute(
                "SELECT memory FROM (SELECT memory, doc FROM mentions WHERE owner = ?1 AND entity = ?2 UNION "
                "SELECT memory, doc FROM edges WHERE owner = ?1 AND subject = ?2 UNION "
                "SELECT memory, doc FROM edges WHERE owner = ?1 AND object = ?2) GROUP BY memory ORDER BY min(doc)", (owner, key),
            )
        ]  # fmt: skip

    def joined(self, snapshot: Any, owner: int, one: str, other: str) -> bool:
        """Whether a relation joins two entities, either way."""
        sql = "SELECT 1 FROM edges WHERE owner = ?1 AND ((subject = ?2 AND object = ?3) OR (subject = ?3 AND object = ?2)) LIMIT 1"
        return snapshot.connection.execute(sql, (owner, one, other)).fetchone() is not None

    def every(self, snapshot: Any, owner: int) -> list[Mention]:
        """As `called`, for all entities of the owner."""
        return snapshot.connection.execute("SELECT entity, name, type, alias, doc FROM mentions WHERE owner = ?", (owner,)).fetchall()

    def rows(self, snapshot: Any, owner: int) -> set[tuple[Any, ...]]:
        """Every row of the owner, for comparison with the ledger."""
        return {
            (table, *row)
            for table in ("mentions", "edges")
            for row in snapshot.connection.execute(f"SELECT * FROM {table} WHERE owner = ?", (owner,)).fetchall()
        }

    def expected(self, owner: int, records: Sequence[MemoryRecord]) -> set[tuple[Any, ...]]:
        """The rows that current versions call for."""
        return {("mentions", *row) for r in records for row in _mentions(owner, r)} | {
            ("edges", *row) for r in records for row in _edges(owner, r)
        }


def _mentions(owner: int, record: MemoryRecord) -> list[tuple[Any, ...]]:
    if record.status in ("retracted", "deleted"):
        return []
    rows: dict[tuple[str, str], tuple[Any, ...]] = {}
    for e in record.entities:
        for name in (e.name, *e.aliases):
            key = entity_key(name)
            if key:
                rows.setdefault((key, e.name), (owner, key, record.id, record.doc, e.name, e.type, int(key != e.key)))
    return list(rows.values())


def _edges(owner: int, record: MemoryRecord) -> list[tuple[Any, ...]]:
    if record.status in ("retracted", "deleted"):
        return []
    rows = {
        (entity_key(r.subject), r.relation, entity_key(r.object)): (
            owner, entity_key(r.subject), r.relation, entity_key(r.object), record.id, record.doc,
            to_micros(r.valid_from or record.valid_from), _end(r.valid_to or record.valid_to),
        )
        for r in record.relations
    }  # fmt: skip
    return list(rows.values())


def _end(value: Any) -> int | None:
    return None if value is None else to_micros(value)
