"""One message object of a file, whoever wrote it, as a `Message`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from perdure.errors import InputError
from perdure.model.base import Value, instant
from perdure.model.message import Message, Role
from perdure.model.scope import MAX_ID, checked_id

# What other programs call the four roles.
ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
    "system": "system",
    "developer": "system",
}
TIME_KEYS = ("timestamp", "created_at", "create_time")
MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138: such a number counts milliseconds


@dataclass(frozen=True, slots=True)
class Line(Value):
    """A message read from a file, its session, and where it stands ("chat.jsonl, line 12")."""

    message: Message
    session_id: str | None
    where: str


@dataclass(frozen=True, slots=True)
class Skip(Value):
    """Something a file holds that is not imported. `bad`: it should have been a message and cannot be read as one."""

    where: str
    reason: str
    bad: bool = False


def message_of(parts: Mapping[str, Any], *, said_at: datetime | None = None) -> Message | None:
    """The message an object describes; None when there is no text in it (a tool call, an image).

    Args:
        parts: role, content, and optionally id, name, timestamp (or created_at, create_time) and metadata.
        said_at: when it was said, if it does not say so itself.

    Raises:
        InputError: it is not a message; says what is wrong.
    """
    role = parts.get("role")
    if not isinstance(role, str) or role.lower() not in ROLES:
        known = ", ".join(ROLES)
        raise InputError('"role" is missing' if role is None else f'"role" is {role!r}; known are {known}', argument="role")
    if "content" not in parts and "tool_calls" not in parts:
        raise InputError('"content" is missing', argument="content")
    content = text_of(parts.get("content"))
    metadata: object = parts.get("metadata") or dict[str, Any]()
    if not isinstance(metadata, Mapping):
        raise InputError(f'"metadata" is {type(metadata).__name__}, not an object', argument="metadata")
    name, own_id = parts.get("name"), parts.get("id")
    if not isinstance(name, str | None):
        raise InputError(f'"name" is {type(name).__name__}, not a string', argument="name")
    if isinstance(own_id, bool) or not isinstance(own_id, str | int | None):
        raise InputError(f'"id" is {type(own_id).__name__}, not a string', argument="id")
    if own_id is not None:
        checked_id(str(own_id), "id")
    if name and len(name) > MAX_ID:
        raise InputError(f'"name" has {len(name)} characters; at most {MAX_ID} are allowed', argument="name")
    said = when_of(parts) or said_at
    if not content.strip():
        return None
    return Message(
        content=content,
        role=ROLES[role.lower()],
        name=name or None,
        id="" if own_id is None else str(own_id),
        timestamp=said,
        metadata=dict(cast("Mapping[str, Any]", metadata)),
    )


def text_of(content: object) -> str:
    """The text of a content: a string, or a list of strings and text parts; other parts (images, files) have none.

    Raises:
        InputError: it is neither.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise InputError(f'"content" is {type(content).__name__}, not a string or a list of parts', argument="content")
    texts: list[str] = []
    for part in cast("list[object]", content):
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict):
            text = cast("dict[str, object]", part).get("text")
            if isinstance(text, str):
                texts.append(text)
        else:
            raise InputError(f'a part of "content" is {type(part).__name__}, not a string or an object', argument="content")
    return "\n".join(text for text in texts if text)


def when_of(parts: Mapping[str, Any]) -> datetime | None:
    """When it was said: ISO 8601, or seconds or milliseconds since 1970; None when it does not say.

    Raises:
        InputError: what it says is not a time.
    """
    for key in TIME_KEYS:
        value = parts.get(key)
        if value is None or value == "":
            continue
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= MILLISECONDS_FROM:
            value = value / 1000
        return instant(value, argument=key)
    return None
