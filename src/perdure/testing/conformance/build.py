"""What the suites write into a ledger: small, valid rows through the port's own methods."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, settings

from perdure.model.memory import MemoryRecord, Source
from perdure.model.message import CapturedMessage, Episode, Message
from perdure.model.scope import Scope
from perdure.model.search import View
from perdure.ports import Selection, Snapshot, Transaction

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ADA = Scope(user_id="ada")

#: Suites are inherited, and a store outlives the examples: every example therefore writes into a tenant of its own (`tenant`).
searching = settings(
    max_examples=50, deadline=None, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors, HealthCheck.too_slow],
)  # fmt: skip

_numbers = itertools.count(1)


def fresh(prefix: str) -> str:
    """An id that no other call in this process gave."""
    return f"{prefix}-{next(_numbers)}"


def message_digest(message: Message) -> bytes:
    """A digest as `put_messages` and `redelivered` take it: equal for equal role, name and content."""
    return hashlib.sha256(repr((message.role, message.name, message.content)).encode("utf-8", "surrogatepass")).digest()[:16]


def capture(
    tx: Transaction, scope: Scope, *said: str | Message, private: bool = False, dated: bool = True, at: datetime = NOW, words: int = 3
) -> list[CapturedMessage]:
    """Writes messages as one episode, and returns them as the ledger must give them back."""
    owner = tx.ensure_owner(scope)
    revision = tx.revise(owner)
    first = tx.take_docs(len(said))
    episode = Episode(fresh("episode"), scope, (), at)
    given = [m if isinstance(m, Message) else Message(m) for m in said]
    messages = [
        CapturedMessage(replace(m, id=m.id or fresh("message"), timestamp=m.timestamp or at), first + n, episode.id, scope, at, private)
        for n, m in enumerate(given)
    ]
    tx.put_episode(episode, owner)
    tx.put_messages(
        messages, owner, revision, words=[words] * len(messages), asks=[0] * len(messages), dated=[dated] * len(messages),
        digests=[message_digest(m.message) for m in messages],
    )  # fmt: skip
    return messages


def statement(text: str = "Ada lives in Delhi.", scope: Scope = ADA, **fields: Any) -> MemoryRecord:
    """A memory that is not stored yet; `fields` as in `MemoryRecord`."""
    source = Source("message-0", text, "user", fields.get("valid_from", NOW))
    made: dict[str, Any] = {"kind": "fact", "term": "long_term", "sources": (source,), "valid_from": NOW, "recorded_at": NOW}
    return MemoryRecord(id=fields.pop("id", None) or fresh("memory"), text=text, scope=scope, **(made | fields))


def keep(tx: Transaction, record: MemoryRecord, *, drawn_from: Sequence[tuple[CapturedMessage, int]] = (), words: int = 3) -> MemoryRecord:
    """Writes a version; a document number is taken when it has none. `drawn_from`: messages and the percentage quoted."""
    owner = tx.ensure_owner(record.scope)
    if drawn_from:
        cited = tuple(
            Source(m.message.id, m.message.content, m.message.speaker, m.said_at, m.message.role, 0, len(m.message.content), doc=m.doc)
            for m, _ in drawn_from
        )
        record = replace(record, sources=cited)
    record = replace(record, doc=record.doc or tx.take_docs(1))
    shares = {m.doc: share for m, share in drawn_from}
    tx.put_version(record, owner, tx.revise(owner, memories=True), words=words, shares=shares)
    return record


def owner_of(snapshot: Snapshot, scope: Scope) -> int:
    """The number of an owner that has been written to."""
    owner = snapshot.owner(scope)
    assert owner is not None  # noqa: S101
    return owner


def select(snapshot: Snapshot, scope: Scope = ADA, **view: Any) -> Selection:
    """What a read in `scope` may see of the scope's own owner; `view` as in `View`."""
    owner = owner_of(snapshot, scope)
    return snapshot.columns(owner, snapshot.owner_kind(owner)).select(View(scope=scope, now=view.pop("now", NOW), **view))


def selected(selection: Selection) -> set[int]:
    """Documents of a selection."""
    return set(selection.columns.docs[: len(selection.mask)][selection.mask].tolist())


def visible(snapshot: Snapshot, view: View) -> set[int]:
    """Documents that a view may see, over all owners it reaches."""
    docs: set[int] = set()
    for owner, kind in snapshot.owners(view.scope):
        docs |= selected(snapshot.columns(owner, kind).select(view))
    return docs
