"""The ChatGPT data export: `conversations.json`, a list of conversations, each a tree of messages.

A tree has a branch for every edited question and regenerated answer. The conversation as the user last saw it is the path from
`current_node` up its parents; the other branches are not part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast

from perdure.doors.cli.parts import ROLES, Line, Skip, when_of
from perdure.errors import InputError
from perdure.model.message import Message

_BEGINNING = datetime.min.replace(tzinfo=UTC)


def read(elements: Iterator[tuple[str, object]], session: str | None) -> Iterator[Line | Skip]:
    """The messages of the conversations, oldest conversation first (the export has the newest first), and what was left out.

    Args:
        elements: (where, conversation) pairs.
        session: the session of all messages. Default: each conversation's id.
    """
    conversations: list[tuple[datetime, list[Line | Skip]]] = []
    for where, value in elements:
        started, lines = _conversation(value, where, session)
        conversations.append((started, lines))
    conversations.sort(key=lambda pair: pair[0])
    for _started, lines in conversations:
        yield from lines


def _conversation(value: object, where: str, session: str | None) -> tuple[datetime, list[Line | Skip]]:
    if not isinstance(value, dict) or not isinstance(cast("dict[str, Any]", value).get("mapping"), dict):
        return _BEGINNING, [Skip(where, 'not a ChatGPT conversation: it has no "mapping"', bad=True)]
    parts = cast("dict[str, Any]", value)
    title = parts.get("title") if isinstance(parts.get("title"), str) else None
    try:
        started = when_of(parts)
    except InputError as e:
        return _BEGINNING, [Skip(where, str(e), bad=True)]
    named = session or _id(parts, title)
    lines: list[Line | Skip] = []
    said_at = started
    for node_id, node in _path(parts):
        line = _message(node_id, node, f"{where}, node {node_id}", session=named, title=title, said_at=said_at)
        if isinstance(line, Line):
            said_at = line.message.timestamp or said_at
        if line is not None:
            lines.append(line)
    return started or said_at or _BEGINNING, lines


def _id(parts: dict[str, Any], title: str | None) -> str:
    for key in ("conversation_id", "id"):
        if isinstance(parts.get(key), str) and parts[key].strip():
            return parts[key]
    key = f"{title}\n{parts.get('create_time')}"
    return f"chatgpt-{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:16]}"


def _path(parts: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The nodes from the root to `current_node`; without one, to the newest leaf."""
    mapping = {key: cast("dict[str, Any]", node) for key, node in parts["mapping"].items() if isinstance(node, dict)}
    current = parts.get("current_node")
    if current not in mapping:
        leaves = [key for key, node in mapping.items() if not node.get("children")]
        current = max(leaves, key=lambda key: _created(mapping[key]), default=None)
    path: list[tuple[str, dict[str, Any]]] = []
    visited: set[str] = set()
    while isinstance(current, str) and current in mapping and current not in visited:  # a damaged tree may loop
        visited.add(current)
        path.append((current, mapping[current]))
        current = mapping[current].get("parent")
    return path[::-1]


def _created(node: dict[str, Any]) -> float:
    message = node.get("message")
    created = cast("dict[str, Any]", message).get("create_time") if isinstance(message, dict) else None
    return float(created) if isinstance(created, int | float) else 0.0


def _message(
    node_id: str, node: dict[str, Any], where: str, *, session: str, title: str | None, said_at: datetime | None
) -> Line | Skip | None:
    """One node's message; None for a node that never held one (the root)."""
    raw = node.get("message")
    if raw is None:
        return None
    if not isinstance(raw, dict):
        return Skip(where, f'"message" is {type(raw).__name__}, not an object', bad=True)
    message = cast("dict[str, Any]", raw)
    author, metadata, content = (_mapping(message, key) for key in ("author", "metadata", "content"))
    role = author.get("role")
    if not isinstance(role, str) or role not in ROLES:
        return Skip(where, f'"author.role" is {role!r}', bad=True)
    if metadata.get("is_visually_hidden_from_conversation"):
        return Skip(where, "hidden from the conversation")
    if message.get("recipient") not in (None, "all"):
        return Skip(where, f"a call of the tool {message['recipient']!r}")
    pieces = content.get("parts")
    text = "\n".join(p for p in cast("list[object]", pieces) if isinstance(p, str) and p) if isinstance(pieces, list) else ""
    if not text.strip():
        return Skip(where, f"no text in it ({content.get('content_type', 'no content')})")
    try:
        said = when_of(message) or said_at
    except InputError as e:
        return Skip(where, str(e), bad=True)
    own_id = message.get("id")
    name = author.get("name")
    return Line(
        Message(
            content=text,
            role=ROLES[role],
            name=name if isinstance(name, str) and name else None,
            id=own_id if isinstance(own_id, str) and own_id else node_id,
            timestamp=said,
            metadata={"title": title} if title else {},
        ),
        session,
        where,
    )


def _mapping(parts: dict[str, Any], key: str) -> dict[str, Any]:
    value = parts.get(key)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
