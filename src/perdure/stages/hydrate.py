"""Hydrate: numbers become memories and messages, read from the ledger.

The one place that enforces what a read may see, whatever an index said: scope, status, both times, expiry, kinds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from perdure.model.memory import MemoryRecord, Source
from perdure.model.message import CapturedMessage
from perdure.model.scope import sees
from perdure.model.search import Hit, Signal, View
from perdure.stages.fuse import WEIGHTS
from perdure.stages.rank import Ranked

#: Stands in a message where the words of a deleted memory were.
DELETED = "[deleted]"


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
    if (view.kinds and record.kind not in view.kinds) or not view.memories:
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


def hydrate(snapshot: Any, ranked: Sequence[Ranked], view: View, *, degraded: Mapping[str, str]) -> list[Hit]:
    """The hits of a ranking, in order; what the view may not see is left out."""
    nums: dict[int, int] = {}
    docs: list[int] = []
    for r in ranked:
        doc, row = _place(r)
        if r.pool.part.selection.columns.is_memory[r.pool.positions[r.index]]:
            nums[doc] = r.pool.part.selection.columns.version(row)
        else:
            docs.append(doc)
    records, messages = snapshot.versions(nums.values()), snapshot.messages(docs)
    ranks = _ranks([r.pool for r in ranked])
    lost = tuple(f"{channel}: {why}" for channel, why in degraded.items())
    struck = {doc for r in ranked if r.pool.part.selection.struck[r.pool.positions[r.index]] for doc, _ in [_place(r)]}
    messages |= {doc: without_deleted(snapshot, messages[doc]) for doc in struck if doc in messages}
    hits: list[Hit] = []
    for r in ranked:
        doc, _ = _place(r)
        why = _why(r, ranks[id(r.pool)])
        if doc in nums:
            record = records.get(nums[doc])
            if record is not None and not visible_memory(record, view):
                hits.append(Hit(record.text, round(r.score, 6), record, None, record.sources, why, lost))
        else:
            message = messages.get(doc)
            if message is not None and not visible_message(message, view):
                hits.append(Hit(message.message.content, round(r.score, 6), None, message.message, (whole(message),), why, lost))
    return hits


def without_deleted(snapshot: Any, message: CapturedMessage) -> CapturedMessage:
    """A message without the words that deleted memories quote from it."""
    content = message.message.content
    for record in snapshot.by_message(message.doc):
        if record.status == "deleted":
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


def _place(r: Ranked) -> tuple[int, int]:
    position = int(r.pool.positions[r.index])
    selection = r.pool.part.selection
    return int(selection.columns.docs[position]), int(selection.row_of[position])


def _ranks(pools: Sequence[Any]) -> dict[int, dict[str, Any]]:
    """Per pool and channel, the rank of every candidate (1 is best)."""
    found: dict[int, dict[str, Any]] = {}
    for pool in pools:
        if id(pool) not in found:
            found[id(pool)] = {}
            for name, raw in pool.raw.items():
                order = np.argsort(-raw, kind="stable")
                places = np.empty(len(order), dtype=np.int64)
                places[order] = np.arange(1, len(order) + 1)
                found[id(pool)][name] = places
    return found


def _why(r: Ranked, ranks: Mapping[str, Any]) -> tuple[Signal, ...]:
    pool, i = r.pool, r.index
    doc = int(pool.part.selection.columns.docs[pool.positions[i]])
    signals: list[Signal] = []
    for name, values in pool.channels.items():
        if values[i] > 0:
            detail = pool.part.found[name].details.get(doc, "") if name in pool.part.found else "said next to it"
            raw = round(float(pool.raw[name][i]), 4)
            signals.append(Signal(name, int(ranks[name][i]), raw, WEIGHTS[name], round(float(values[i]), 4), detail))
    gained = r.score - float(pool.score[i]) - sum(v for _, v, _ in r.boosts)
    if abs(gained) > 1e-4:
        signals.append(Signal("folded", 0, 0.0, 1.0, round(gained, 4), "the better score of what it was folded with, or the cap at 1"))
    signals += [Signal(name, 0, 0.0, 1.0, round(value, 4), detail) for name, value, detail in r.boosts if abs(value) >= 5e-5]
    return tuple(sorted(signals, key=lambda s: -abs(s.contribution)))
