"""Uses in the SQLite ledger: on which days a memory went into a context or an answer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping


def uses(connection: sqlite3.Connection, owner: int) -> dict[str, tuple[int, int]]:
    """How often each memory of an owner was used, and on which day last; those never used are left out."""
    rows = connection.execute("SELECT memory, sum(n), max(day) FROM uses WHERE owner = ? GROUP BY memory", (owner,))
    return {memory: (n, day) for memory, n, day in rows}


def put_uses(connection: sqlite3.Connection, counts: Mapping[tuple[str, int], int]) -> None:
    """Adds to the uses of (memory, day); memories that are not there any more are passed over."""
    connection.executemany(
        "INSERT INTO uses SELECT owner, id, ?, ? FROM memories WHERE id = ? AND retired_at IS NULL "
        "ON CONFLICT (memory, day) DO UPDATE SET n = n + excluded.n",
        [(day, n, memory) for (memory, day), n in counts.items()],
    )


def forget_uses(connection: sqlite3.Connection, memories: Iterable[str]) -> None:
    """Removes the uses of memories."""
    connection.executemany("DELETE FROM uses WHERE memory = ?", [(m,) for m in memories])


def forget_owner_uses(connection: sqlite3.Connection, owner: int) -> None:
    """Removes the uses of an owner's memories."""
    connection.execute("DELETE FROM uses WHERE owner = ?", (owner,))
