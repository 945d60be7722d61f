"""Proposals become changes: each whole or not at all, and only while everything it was made from is as it was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from perdure.model.base import to_micros
from perdure.model.change import ChangeType
from perdure.model.maturing import Proposal
from perdure.model.memory import MemoryRecord
from perdure.stages.commit import write
from perdure.stages.consolidate import Write
from perdure.stages.stores import Stores

#: Proposals committed in one transaction: a process that dies loses at most these, and does them again the next time.
TOGETHER = 32
ACTOR = "consolidate"


def apply(stores: Stores, owner: int, proposals: Sequence[Proposal]) -> list[Proposal]:
    """The proposals as they went: applied with the ids of their changes, or skipped with the reason.

    Raises:
        LedgerError: what was not yet committed is not written.
    """
    done: list[Proposal] = []
    for start in range(0, len(proposals), TOGETHER):
        with stores.ledger.transaction() as tx:
            revision = 0
            made: list[Proposal] = []
            for p in proposals[start : start + TOGETHER]:
                why = _moved(tx, p)
                if why:
                    made.append(replace(p, skipped=why))
                elif p.action == "close":
                    tx.settle(p.conflict_id, to_micros(stores.clock()))
                    made.append(replace(p, applied=True))
                else:
                    revision = revision or tx.revise(owner, memories=True)
                    made.append(_write(stores, tx, owner, revision, p))
        done += made
    return done


def _moved(tx: Any, proposal: Proposal) -> str:
    """Why a proposal no longer fits what is there; "" when it does."""
    if proposal.action == "close":
        return "" if tx.conflicts(conflict_id=proposal.conflict_id) else "it was settled meanwhile"
    for read in proposal.before:
        now = tx.current(read.id)
        if now is None or now.version != read.version:
            return "it was changed meanwhile"
    known = {r.id for r in proposal.before}
    if any(tx.current(r.id) is not None for r in proposal.after if r.id not in known):
        return "it was written meanwhile"
    return ""


def _write(stores: Stores, tx: Any, owner: int, revision: int, proposal: Proposal) -> Proposal:
    now = stores.clock()
    before = {r.id: r for r in proposal.before}
    kept = proposal.after[0].id
    writes: list[Write] = []
    for after in proposal.after:
        was = before.get(after.id)
        record = replace(after, version=was.version + 1 if was else 1, recorded_at=now, retired_at=None)
        by = "" if after.id == kept else kept
        writes.append(Write(_type(proposal, was, record), was, record, proposal.reason, by=by))
    changes = write(stores, tx, owner, revision, writes, vectors={}, actor=ACTOR, together=True)
    return replace(proposal, after=tuple(w.after for w in writes), applied=True, changes=tuple(c.id for c in changes))


def _type(proposal: Proposal, was: MemoryRecord | None, after: MemoryRecord) -> ChangeType:
    if was is None:
        return "add"
    if after.status == "superseded":
        return "supersede"
    if after.status == "retracted":
        return "retract"
    return "merge" if proposal.action == "merge" else "update"
