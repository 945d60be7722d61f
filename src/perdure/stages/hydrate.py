"""Hydrate: numbers become memories and messages, read from the ledger.

The one place that enforces what a read may see, whatever an index said: scope, status, both times, expiry, kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.model.memory import SUMMARY, MemoryRecord, Source
from perdure.model.message import CapturedMessage
from perdure.model.scope import sees
from perdure.model.search import Hit, Signal, View
from perdure.stages.fuse import Pool
from perdure.stages.rank import Ranked

if TYPE_CHECKING:
    from perdure.ports import Bools

#: Stands in a message where the words of a deleted memory were.
DELETED = "[deleted]"
#: What the signals say that no index gave.
TOLD = {
    "neighbours": "said next to it",
    "speaker": "said by the one who is asked about",
    "instruction": "a standing instruction",
    "question": "only asks",
    "brevity": "too brief to answer",
}


def visible_memory(record: MemoryRecord, view: View) -> str:
    """Why a view may not see this version of a memory; "" when it may."""
    at = view.as_of or view.now
    if not sees(view.scope, record.scope, session_only=record.term == "short_term"):
        return "scope"
    if view.known_at is None:
        if record.retired_at is not None:
            return "status"
    elif not (record.recorded_at <= view.known_at and (record.retired_at is None or view.known_at < record.retired_at)):
        return "status"
    if record.status in ("retracted", "deleted"):
        return "status"
    if record.expires_at is not None and record.expires_at <= at:
        return "expiry"
    if record.valid_to is not None and record.valid_to <= at:
        return "validity"
    if view.as_of is not None and record.valid_from > at:
        return "validity"
    if view.as_of is None and record.status == "superseded" and record.valid_to is None:
        return "status"
    if (view.kinds and record.kind not in view.kinds) or not view.memories or (record.kind == SUMMARY and not view.kinds):
        return "filter"
    return ""


def visible_message(message: CapturedMessage, view: View) -> str:
    """Why a view may not see a message; "" when it may."""
    if not sees(view.scope, message.scope, session_only=message.private):
        return "scope"
    if view.known_at is not None and message.recorded_at > view.known_at:
        return "status"
    if view.as_of is not None and message.said_at > view.as_of:
        return "validity"
    if view.kinds or not view.messages:
        return "filter"
    return ""


def hydrate(snapshot: Any, ranked: Sequence[Ranked], view: View, *, scale: float = 1.0, degraded: Mapping[str, str]) -> list[Hit]:
    """The hits of a ranking, in order; what the view may not see is left out. Scores and contributions are multiplied by `scale`."""
    nums: dict[int, int] = {}
    docs: list[int] = []
    struck: list[int] = []
    shown: dict[int, tuple[Pool, list[int]]] = {}
    places: list[int] = []
    for r in ranked:
        selection, position = r.pool.part.selection, int(r.pool.positions[r.index])
        doc = int(selection.columns.docs[position])
        places.append(doc)
        if selection.columns.row_kind[selection.row_of[position]]:
            nums[doc] = selection.columns.version(int(selection.row_of[position]))
        else:
            docs.append(doc)
        if selection.struck[position]:
            struck.append(doc)
        shown.setdefault(id(r.pool), (r.pool, []))[1].append(r.index)
    records, messages = snapshot.versions(nums.values()), snapshot.messages(docs)
    told = {key: _told(*of_pool) for key, of_pool in shown.items()}
    lost = tuple(f"{channel}: {why}" for channel, why in degraded.items())
    messages |= {doc: without_deleted(snapshot, messages[doc]) for doc in struck if doc in messages}
    hits: list[Hit] = []
    for r, doc in zip(ranked, places, strict=True):
        why, score = _why(r, doc, told[id(r.pool)], scale), round(min(1.0, r.score * scale), 6)
        if doc in nums:
            record = records.get(nums[doc])
            if record is not None and not visible_memory(record, view):
                hits.append(Hit(record.text, score, record, None, record.sources, why, lost))
        else:
            message = messages.get(doc)
            if message is not None and not visible_message(message, view):
                hits.append(Hit(message.message.content, score, None, message.message, (whole(message),), why, lost))
    return hits


def without_deleted(snapshot: Any, message: CapturedMessage) -> CapturedMessage:
    """A message without the words that deleted memories quote from it."""
    content = message.message.content
    for record in snapshot.by_message(message.doc):
        if record.status == "deleted" and record.kind != SUMMARY:
            for s in record.sources:
                if s.doc == message.doc and s.quote:
                    content = content.replace(s.quote, DELETED)
    return replace(message, message=replace(message.message, content=content))


def whole(message: CapturedMessage) -> Source:
    """A message as a source of itself."""
    m = message.message
    return Source(
        message_id=m.id, quote=m.content, said_by=m.speaker, said_at=message.said_at, role=m.role, start=0, end=len(m.content),
        extractor="", doc=message.doc,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Told:
    """What the channels of a pool say of those of its candidates that are shown; rows by their index in the pool.

    Columns run parallel to `names`: what each channel contributed, its raw score, and its rank among all candidates (1 is best).
    """

    names: list[str]
    contributed: dict[int, list[float]]
    raw: dict[int, list[float]]
    rank: dict[int, list[int]]


def _told(pool: Pool, indexes: Sequence[int]) -> _Told:
    names, at = list(pool.channels), np.array(indexes, dtype=np.int64)
    raw = np.stack([pool.raw[name] for name in names])
    shown = raw[:, at]
    every, here = raw[:, None, :], shown[:, :, None]
    earlier: Bools = np.arange(len(pool.positions)) < at[:, None]
    ranks = 1 + np.count_nonzero(every > here, axis=2) + np.count_nonzero((every == here) & earlier, axis=2)
    contributed = np.stack([pool.channels[name][at] for name in names])
    rows = (dict(zip(indexes, values.T.tolist(), strict=True)) for values in (contributed, shown, ranks))
    return _Told(names, *rows)


def _why(r: Ranked, doc: int, told: _Told, scale: float) -> tuple[Signal, ...]:
    pool, i = r.pool, r.index
    signals: list[Signal] = []
    for name, value, raw, rank in zip(told.names, told.contributed[i], told.raw[i], told.rank[i], strict=True):
        if value:
            detail = pool.part.found[name].details.get(doc, "") if name in pool.part.found else TOLD[name]
            weight = round(pool.weights[name] * scale, 4)
            signals.append(Signal(name, rank, round(raw, 4), weight, round(value * scale, 4), detail))
    gained = (r.score - float(pool.score[i]) - sum(v for _, v, _ in r.boosts)) * scale
    if abs(gained) > 1e-4:
        signals.append(Signal("folded", 0, 0.0, 1.0, round(gained, 4), "the better score of what it was folded with"))
    scaled = ((name, value * scale, detail) for name, value, detail in r.boosts)
    signals += [Signal(name, 0, 0.0, 1.0, round(value, 4), detail) for name, value, detail in scaled if abs(value) >= 5e-5]
    return tuple(sorted(signals, key=lambda s: -abs(s.contribution)))
