"""The names an owner's entities go by, read from the mentions once and then kept up with what changes.

An add reads them, and 10,000 memories have names that take 6 ms to read; what an add changes takes as much as it has names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from perdure.model.graph import SELF, entity_key

#: Versions of memories changed since names were read, beyond which they are read anew.
FEW = 256
# Of several names under one key the newest, and an alias only if there is no other: the row that attains the maximum.
_NEWEST = "SELECT entity, name, max(doc - (alias << 48)) FROM mentions WHERE owner = ? {} GROUP BY entity"


@dataclass(frozen=True, slots=True)
class Names:
    """An owner's names as they stood at a version, epoch and revision.

    `mentioned` are those the memories mention, `all` also those the user goes by.
    """

    version: int
    epoch: int
    revision: int
    mentioned: Mapping[str, str]
    all: Mapping[str, str]


def read(connection: Any, owner: int, before: Names | None) -> Names | None:
    """The names as they stand now; `before`, as they stood, is brought up to it where that is less to do. None for no such owner."""
    row = connection.execute("SELECT version, epoch, revision, kind, key FROM owners WHERE num = ?", (owner,)).fetchone()
    if row is None:
        return None
    version, epoch, revision, kind, key = row
    if before is not None and (before.version, before.epoch) == (version, epoch):
        return before
    behind = before is not None and before.epoch == epoch and before.version < version
    mentioned = _followed(connection, owner, before) if before is not None and behind else None
    if mentioned is None:
        mentioned = {entity: name for entity, name, _ in connection.execute(_NEWEST.format(""), (owner,))}
    names = dict(mentioned)
    own = connection.execute(
        "SELECT value_key FROM slots WHERE owner = ? AND entity = ? AND attribute = 'name' AND valid_to IS NULL", (owner, SELF)
    )
    for (name,) in own.fetchall():
        for part in (name, name.split(" ")[0]):
            names[part] = SELF
    if kind == "user":
        names.setdefault(key.casefold(), SELF)
    return Names(version, epoch, revision, mentioned, names)


def _followed(connection: Any, owner: int, before: Names) -> dict[str, str] | None:
    """What was mentioned before, and has changed since; None when that is too much to follow."""
    rows = connection.execute(
        "SELECT claims FROM memories WHERE owner = ? AND revision > ? LIMIT ?", (owner, before.revision, FEW + 1)
    ).fetchall()
    if len(rows) > FEW:
        return None
    mentioned = dict(before.mentioned)
    keys = {entity_key(n) for (claims,) in rows for name, _, aliases in json.loads(claims).get("e", ()) for n in (name, *aliases)}
    for key in keys:
        mentioned.pop(key, None)
        mentioned |= {entity: name for entity, name, _ in connection.execute(_NEWEST.format("AND entity = ?"), (owner, key))}
    return mentioned
