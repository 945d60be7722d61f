"""Rows of the ledger as plain lists, and back: what `export` writes and `load` reads.

Document and version numbers belong to one file, so an export carries them only as references, and loading numbers anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

TABLES: dict[str, tuple[str, ...]] = {
    "owners": ("tenant", "kind", "key"),
    "parts": ("part", "key"),
    "episodes": ("id", "agent_id", "session_id", "recorded_at"),
    "messages": (
        "doc", "id", "episode", "agent_id", "session_id", "role", "name", "content", "said_at", "recorded_at", "metadata", "dated",
        "private", "digest", "words",
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


def restore(tx: Any, rows: Iterable[Any]) -> dict[str, int]:
    """Writes rows of `dump`; what is there already stays. Returns how many rows of each table were new."""
    counts = dict.fromkeys(TABLES, 0)
    owner, revision, tenant = 0, 0, ""
    docs: dict[int, int] = {}
    nums: dict[int, int] = {}
    for table, values in rows:
        row = dict(zip(TABLES[table], values, strict=True))
        if "digest" in row:
            row["digest"] = bytes.fromhex(row["digest"])
        if table == "owners":
            tx.connection.execute("INSERT OR IGNORE INTO owners (tenant, kind, key) VALUES (?, ?, ?)", values)
            (owner,) = tx.connection.execute("SELECT num FROM owners WHERE tenant = ? AND kind = ? AND key = ?", values).fetchone()
            revision, tenant = tx.revise(owner, memories=True), row["tenant"]
            docs, nums = {}, {}
            continue
        row["owner"] = owner
        if table == "parts":
            row["tenant"] = tenant
        if table in ("messages", "memories"):
            row["revision"] = revision
            if row["doc"] not in docs:
                docs[row["doc"]] = _known_doc(tx, table, row) or tx.take_docs(1)
            row["doc"] = docs[row["doc"]]
        number = row.pop("num", None)
        if table == "memories":
            row["drawn"] = " ".join(f"{docs[int(d)]}:{p}" for d, p in (pair.split(":") for pair in row["drawn"].split()) if int(d) in docs)
            row["sources"] = json.dumps([[docs.get(s[0], 0), *s[1:]] for s in json.loads(row["sources"])], ensure_ascii=False)
        if table == "changes":
            row["before"], row["after"] = nums.get(row["before"]), nums.get(row["after"])
        if table == "jobs":
            row |= {"worker": "", "state": "pending" if row["state"] == "running" else row["state"]}
        added = tx.connection.execute(
            f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values())
        ).rowcount
        counts[table] += added
        if table == "memories":
            (nums[number],) = tx.connection.execute(
                "SELECT num FROM memories WHERE id = ? AND version = ?", (row["id"], row["version"])
            ).fetchone()
            tx.connection.executemany(
                "INSERT OR IGNORE INTO evidence VALUES (?, ?)", [(int(p.split(":")[0]), row["id"]) for p in row["drawn"].split()]
            )
        if table in ("messages", "memories") and added:
            tx.soil("vector", [row["doc"]], owner, revision)
    return counts


def _known_doc(tx: Any, table: str, row: dict[str, Any]) -> int | None:
    """The document number of a row that is here already."""
    if table == "messages":
        found = tx.connection.execute("SELECT doc FROM messages WHERE episode = ? AND id = ?", (row["episode"], row["id"])).fetchone()
    else:
        found = tx.connection.execute("SELECT doc FROM memories WHERE id = ? AND version = ?", (row["id"], row["version"])).fetchone()
    return found[0] if found else None
