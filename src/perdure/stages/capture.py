"""Capture: messages become durable before anything is understood.

Normalise what the caller gave, redact secrets, drop what was delivered before, and write episode, messages, word index and job in
one transaction. Vectors come later: until then the messages stand in the dirty set and are found by their words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, cast

from perdure.errors import InputError
from perdure.model.base import instant, to_micros
from perdure.model.change import Job
from perdure.model.message import ROLES, CapturedMessage, Episode, Message
from perdure.model.scope import Scope, checked_id
from perdure.rules.manner import asks
from perdure.rules.secrets import redact
from perdure.stages.stores import Stores, message_terms

Given = str | Message | Mapping[str, Any]
MESSAGE_KEYS = frozenset({"role", "content", "id", "name", "timestamp", "metadata"})
#: Keys of chat-completion messages that carry no words of the conversation; accepted and left out.
IGNORED_KEYS = frozenset({"tool_calls", "tool_call_id", "function_call", "refusal", "audio", "annotations"})
#: Characters of one message that are kept; longer ones are refused rather than cut.
MAX_CONTENT = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Captured:
    """What one capture wrote."""

    episode_id: str
    owner: int
    messages: tuple[CapturedMessage, ...]
    repeated: tuple[CapturedMessage, ...]
    job: Job | None
    redacted: tuple[str, ...]
    warnings: tuple[str, ...]


def normalise(
    given: Given | Sequence[Given], *, timestamp: datetime | str | float | None = None, metadata: Mapping[str, Any] | None = None
) -> tuple[list[Message], list[str]]:
    """Messages as they will be captured, and warnings about what was left out or mended.

    Args:
        given: a string, a message as dict or `Message`, or a list of these. `content` may be a list of parts as chat APIs have
            them; only text is kept.
        timestamp: for messages that have none of their own.
        metadata: for every message; a message's own keys win.

    Raises:
        InputError: something is not a message; it says which and why.
    """
    many: Sequence[Given] = [given] if isinstance(given, str | Mapping | Message) else given
    if not isinstance(many, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InputError(f"messages must be a string, a message or a list of these, not {type(many).__name__}.", argument="messages")
    default = instant(timestamp, argument="timestamp")
    shared = checked_metadata(metadata, "metadata")
    messages: list[Message] = []
    warnings: list[str] = []
    for n, item in enumerate(many):
        message = _message(item, n)
        content = mended(message.content)
        if content != message.content:
            warnings.append(f"messages[{n}]: broken Unicode was replaced.")
        if not content.strip():
            warnings.append(f"messages[{n}]: empty, nothing to capture.")
            continue
        messages.append(replace(message, content=content, timestamp=message.timestamp or default, metadata=shared | dict(message.metadata)))
    return messages, warnings


def _message(item: Given, n: int) -> Message:
    where = f"messages[{n}]"
    if isinstance(item, str):
        return Message(content=_content(item, where))
    if isinstance(item, Message):
        fields: Mapping[str, Any] = {
            "role": item.role, "content": item.content, "name": item.name, "id": item.id or None, "timestamp": item.timestamp,
            "metadata": item.metadata,
        }  # fmt: skip
    elif isinstance(item, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]
        fields = item
    else:
        raise InputError(f"{where} must be a string, a dict or a Message, not {type(item).__name__}.", argument=where)
    unknown = set(fields) - MESSAGE_KEYS - IGNORED_KEYS
    if unknown:
        raise InputError(f"{where} has unknown keys {sorted(map(str, unknown))}; known are {sorted(MESSAGE_KEYS)}.", argument=where)
    if "content" not in fields:
        raise InputError(f"{where} has no content.", argument=where)
    role = fields.get("role", "user")
    role = (
        {"developer": "system", "function": "tool", "human": "user", "ai": "assistant"}.get(role, role) if isinstance(role, str) else role
    )
    if role not in ROLES:
        raise InputError(f"{where}.role must be one of {', '.join(ROLES)}, not {role!r}.", argument=f"{where}.role")
    name, uid = fields.get("name"), fields.get("id")
    if isinstance(name, str):
        name = mended(name)
    if name is not None and (not isinstance(name, str) or len(name) > 256):
        raise InputError(f"{where}.name must be a string of at most 256 characters.", argument=f"{where}.name")
    return Message(
        content=_content(fields["content"], where), role=role, name=(name or "").strip() or None,
        id=checked_id(uid, f"{where}.id") if uid is not None else "",
        timestamp=instant(fields.get("timestamp"), argument=f"{where}.timestamp"),
        metadata=checked_metadata(fields.get("metadata"), f"{where}.metadata"),
    )  # fmt: skip


def _content(value: object, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        parts = cast("Sequence[object]", value)
        texts = [p if isinstance(p, str) else cast("Mapping[str, Any]", p).get("text") if isinstance(p, Mapping) else None for p in parts]
        value = "\n".join(t for t in texts if isinstance(t, str))
    if not isinstance(value, str):
        raise InputError(f"{where}.content must be a string or a list of parts, not {type(value).__name__}.", argument=f"{where}.content")
    if len(value) > MAX_CONTENT:
        raise InputError(f"{where}.content has {len(value)} characters; at most {MAX_CONTENT} are kept.", argument=f"{where}.content")
    return value


def mended(text: str) -> str:
    """The text with broken Unicode (lone surrogates), which no store can hold, replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    return text


def checked_metadata(value: object, where: str) -> dict[str, Any]:
    """Metadata as it will be stored.

    Raises:
        InputError: it is no dict, or holds what is not JSON.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError(f"{where} must be a dict, not {type(value).__name__}.", argument=where)
    try:
        return json.loads(mended(json.dumps(dict(cast("Mapping[str, Any]", value)), allow_nan=False, ensure_ascii=False)))
    except (TypeError, ValueError) as e:
        raise InputError(f"{where} must be JSON: {e}.", argument=where) from e


def message_digest(message: Message) -> bytes:
    """What makes two deliveries of a message the same: role, name and content."""
    parts = "\x1f".join((message.role, message.name or "", message.content))
    return hashlib.blake2b(parts.encode(), digest_size=16).digest()


def capture(
    stores: Stores, scope: Scope, messages: Sequence[Message], *, infer: bool, claim: bool, warnings: Sequence[str] = ()
) -> Captured:
    """Makes messages durable: one transaction, after which nothing about them can be lost.

    Args:
        stores: where to.
        scope: whose they are.
        messages: as `normalise` gave them.
        infer: whether a job to extract from them is made.
        claim: whether this process takes the job at once.
        warnings: to hand on.

    Raises:
        LedgerError: nothing was stored.
    """
    return capture_many(stores, [(scope, messages, warnings)], infer=infer, claim=claim)[0]


def capture_many(
    stores: Stores, episodes: Sequence[tuple[Scope, Sequence[Message], Sequence[str]]], *, infer: bool, claim: bool
) -> list[Captured]:
    """Makes several episodes (scope, messages, warnings) durable in one transaction; the rest as in `capture`.

    Raises:
        LedgerError: nothing was stored.
    """
    now = stores.clock()
    cleaned = [_Clean.of(scope, messages, warnings, now) for scope, messages, warnings in episodes]
    if not any(c.messages for c in cleaned):
        return [Captured("", 0, (), (), None, (), c.warnings) for c in cleaned]
    with stores.ledger.transaction() as tx:
        return [
            _store(stores, tx, c, now=now, infer=infer, claim=claim) if c.messages else Captured("", 0, (), (), None, (), c.warnings)
            for c in cleaned
        ]


class _Fresh(NamedTuple):
    """A message as it will be stored, whether the caller dated it, what makes it the same as another, and its index terms."""

    message: Message
    dated: bool
    digest: bytes
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Clean:
    """One episode, its secrets replaced, ready to be stored."""

    scope: Scope
    messages: tuple[_Fresh, ...]
    redacted: tuple[str, ...]
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, scope: Scope, messages: Sequence[Message], warnings: Sequence[str], now: datetime) -> _Clean:
        redacted: set[str] = set()
        made: list[_Fresh] = []
        for given in messages:
            content, kinds = redact(given.content)
            redacted.update(kinds)
            m = replace(given, content=content, timestamp=given.timestamp or now)
            made.append(_Fresh(m, given.timestamp is not None, message_digest(m), message_terms(m.name, m.content)))
        return cls(scope, tuple(made), tuple(sorted(redacted)), tuple(warnings))


def _store(stores: Stores, tx: Any, clean: _Clean, *, now: datetime, infer: bool, claim: bool) -> Captured:
    """Writes one episode: what was delivered before is left out."""
    scope, owner = clean.scope, tx.ensure_owner(clean.scope)
    fresh: list[_Fresh] = []
    repeated: list[CapturedMessage] = []
    ids: set[tuple[str, bytes]] = set()
    for f in clean.messages:
        stored = tx.redelivered(owner, f.message, f.digest, dated=f.dated, session_id=scope.session_id, agent_id=scope.agent_id)
        if stored is not None:
            repeated.append(stored)
        elif not f.message.id or (f.message.id, f.digest) not in ids:
            ids.add((f.message.id, f.digest))
            fresh.append(f)
    if not fresh:
        before = repeated[0].episode_id if repeated else ""
        return Captured(before, owner, (), tuple(repeated), None, clean.redacted, clean.warnings)
    episode = Episode(id=stores.ids(), scope=scope, messages=(), recorded_at=now)
    revision = tx.revise(owner)
    first = tx.take_docs(len(fresh))
    captured = [
        CapturedMessage(
            message=f.message if f.message.id else replace(f.message, id=stores.ids()), doc=first + n, episode_id=episode.id, scope=scope,
            recorded_at=now,
        )
        for n, f in enumerate(fresh)
    ]  # fmt: skip
    tx.put_episode(episode, owner)
    tx.put_messages(
        captured, owner, revision, words=[sum(f.counts.values()) for f in fresh], asks=[asks(f.message.content) for f in fresh],
        dated=[f.dated for f in fresh], digests=[f.digest for f in fresh],
    )  # fmt: skip
    stores.text.put(tx, owner, revision, {c.doc: f.counts for c, f in zip(captured, fresh, strict=True)})
    tx.soil(stores.vector.name, [c.doc for c in captured], owner, revision)
    job = None
    if infer:
        job = Job(id=stores.ids(), episode_id=episode.id, state="running" if claim else "pending", attempts=int(claim))
        tx.put_job(job, owner, worker=stores.worker if claim else "", created_at=to_micros(now))
    return Captured(episode.id, owner, tuple(captured), tuple(repeated), job, clean.redacted, clean.warnings)
