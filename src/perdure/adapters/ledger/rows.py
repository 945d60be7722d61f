"""Rows to values and back: how the ledger writes what `perdure.model` describes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, cast

from perdure.model.base import from_micros, statement_key, to_micros
from perdure.model.graph import Entity, Relation, Slot
from perdure.model.memory import Kind, MemoryRecord, Source, Status, Term
from perdure.model.message import CapturedMessage, Message, Role
from perdure.model.scope import OwnerKind, Scope

MESSAGE_COLUMNS = (
    "m.doc, m.id, m.episode, m.agent_id, m.session_id, m.role, m.name, m.content, m.said_at, m.recorded_at, m.metadata, m.private, "
    "o.tenant, o.kind, o.key"
)
MEMORY_COLUMNS = (
    "m.num, m.id, m.version, m.doc, m.agent_id, m.session_id, m.text, m.kind, m.term, m.status, m.confidence, m.importance, m.subject, "
    "m.valid_from, m.valid_to, m.recorded_at, m.retired_at, m.expires_at, m.superseded_by, m.metadata, m.sources, m.claims, "
    "o.tenant, o.kind, o.key"
)


@lru_cache(maxsize=4096)
def scope_of(tenant: str, kind: OwnerKind, key: str, agent: str | None, session: str | None) -> Scope:
    """The scope something carries, from its owner and its own parts."""
    return Scope(user_id=key if kind == "user" else None, agent_id=agent, session_id=session, tenant=tenant)


def to_message(row: Sequence[Any]) -> CapturedMessage:
    """A row of `MESSAGE_COLUMNS`."""
    (doc, uid, episode, agent, session, role, name, content, said_at, recorded_at, metadata, private, tenant, kind, key) = row
    message = Message(
        content=content, role=cast("Role", role), name=name, id=uid, timestamp=from_micros(said_at), metadata=_loads(metadata)
    )
    return CapturedMessage(
        message=message, doc=doc, episode_id=episode, scope=scope_of(tenant, kind, key, agent, session),
        recorded_at=from_micros(recorded_at), private=bool(private),
    )  # fmt: skip


def to_memory(row: Sequence[Any]) -> MemoryRecord:
    """A row of `MEMORY_COLUMNS`."""
    (_, uid, version, doc, agent, session, text, kind, term, status, confidence, importance, subject, valid_from, valid_to, recorded_at,
     retired_at, expires_at, superseded_by, metadata, sources, claims, tenant, owner_kind, key) = row  # fmt: skip
    held = _loads(claims)
    return MemoryRecord(
        id=uid, version=version, doc=doc, text=text, scope=scope_of(tenant, owner_kind, key, agent, session),
        kind=cast("Kind", kind), term=cast("Term", term), status=cast("Status", status), confidence=confidence, importance=importance,
        subject=subject, valid_from=from_micros(valid_from), valid_to=_instant(valid_to), recorded_at=from_micros(recorded_at),
        retired_at=_instant(retired_at), expires_at=_instant(expires_at), superseded_by=superseded_by, metadata=_loads(metadata),
        sources=tuple(_to_source(s) for s in json.loads(sources)),
        entities=tuple(Entity(n, t, tuple(a)) for n, t, a in held.get("e", ())),
        relations=tuple(Relation(s, r, o, _instant(f), _instant(t), uid) for s, r, o, f, t in held.get("r", ())),
        slots=tuple(Slot(e, a, v, _instant(f), _instant(t), uid) for e, a, v, f, t in held.get("s", ())),
    )  # fmt: skip


def memory_values(record: MemoryRecord, *, owner: int, words: int, revision: int, shares: Mapping[int, int]) -> tuple[Any, ...]:
    """The values of a new row in `memories`, in the order of `INSERT_MEMORY`."""
    return (
        record.id, record.version, record.doc, owner, record.scope.agent_id, record.scope.session_id, record.text, digest(record.text),
        record.kind, record.term, record.status, record.confidence, record.importance, record.subject, to_micros(record.valid_from),
        _micros(record.valid_to), to_micros(record.recorded_at), _micros(record.retired_at), _micros(record.expires_at),
        max((to_micros(s.said_at) for s in record.sources), default=to_micros(record.valid_from)), record.superseded_by,
        json.dumps(dict(record.metadata), ensure_ascii=False), sources_json(record.sources), claims_json(record), words, revision,
        " ".join(f"{doc}:{share}" for doc, share in shares.items()),
    )  # fmt: skip


INSERT_MEMORY = (
    "INSERT INTO memories (id, version, doc, owner, agent_id, session_id, text, digest, kind, term, status, confidence, importance, "
    "subject, valid_from, valid_to, recorded_at, retired_at, expires_at, said_at, superseded_by, metadata, sources, claims, words, "
    "revision, drawn) "
    f"VALUES ({', '.join('?' * 27)})"
)


def sources_json(sources: Sequence[Source]) -> str:
    """Sources as the ledger keeps them."""
    return json.dumps(
        [
            [
                s.doc,
                s.message_id,
                s.quote,
                s.said_by,
                to_micros(s.said_at),
                s.role,
                s.start,
                s.end,
                s.extractor,
                s.model,
                s.prompt,
            ]
            for s in sources
        ],
        ensure_ascii=False,
    )


def _to_source(item: list[Any]) -> Source:
    doc, message_id, quote, said_by, said_at, role, start, end, extractor, model, prompt = item
    return Source(message_id, quote, said_by, from_micros(said_at), role, start, end, extractor, model, prompt, doc)


def claims_json(record: MemoryRecord) -> str:
    """What a memory claims, as the ledger keeps it."""
    held: dict[str, Any] = {}
    if record.entities:
        held["e"] = [[e.name, e.type, list(e.aliases)] for e in record.entities]
    if record.relations:
        held["r"] = [[r.subject, r.relation, r.object, _micros(r.valid_from), _micros(r.valid_to)] for r in record.relations]
    if record.slots:
        held["s"] = [[s.entity, s.attribute, s.value, _micros(s.valid_from), _micros(s.valid_to)] for s in record.slots]
    return json.dumps(held, ensure_ascii=False)


def digest(text: str) -> bytes:
    """A hash of a statement's `statement_key`."""
    return hashlib.blake2b(statement_key(text).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _loads(text: str) -> dict[str, Any]:
    return {} if text == "{}" else json.loads(text)


def _instant(micros: int | None) -> Any:
    return None if micros is None else from_micros(micros)


def _micros(value: Any) -> int | None:
    return None if value is None else to_micros(value)
