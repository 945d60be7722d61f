"""Rows of the ledger as plain lists: what `export` writes. `sqlite_restore` reads them back.

Document and version numbers belong to one file, so an export carries them only as references, and loading numbers anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TABLES: dict[str, tuple[str, ...]] = {
    "owners": ("tenant", "kind", "key"),
    "parts": ("part", "key"),
    "episodes": ("id", "agent_id", "session_id", "recorded_at"),
    "messages": (
        "doc", "id", "episode", "agent_id", "session_id", "role", "name", "content", "said_at", "recorded_at", "metadata", "dated",
        "private", "digest", "words", "asks",
    ),
    "memories": (
        "num", "id", "version", "doc", "agent_id", "session_id", "text", "digest", "kind", "term", "status", "confidence", "importance",
        "subject", "valid_from", "valid_to", "recorded_at", "retired_at", "expires_at", "said_at", "superseded_by", "metadata", "sources",
        "claims", "words", "drawn",
    ),
    "changes": ("id", "type", "memory", "before", "after", "reason", "actor", "at", "cause", "undoes", "job"),
    "jobs": (
        "id", "episode", "state", "attempts", "error", "next_at", "created_at", "finished_at", "calls", "input_tokens", "output_tokens",
        "dropped",
    ),
    "conflicts": ("id", "memory", "other", "reason", "opened_at", "settled_at"),
}  # fmt: skip


def dump(connection: Any, owner: int) -> Iterator[tuple[str, list[Any]]]:
    """(table, row) of everything an owner has, in an order in which it can be read back."""
    for table, columns in TABLES.items():
        key = "num" if table == "owners" else "owner"
        order = {"memories": "num", "changes": "num", "messages": "doc"}.get(table, "1")
        for row in connection.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = ? ORDER BY {order}", (owner,)):
            yield table, [v.hex() if isinstance(v, bytes) else v for v in row]
