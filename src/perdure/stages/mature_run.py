"""One run of maturing: whose memory, and what has come of it so far."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from perdure.errors import PerdureError
from perdure.model.base import to_micros
from perdure.model.change import Conflict
from perdure.model.maturing import Proposal
from perdure.model.memory import MemoryRecord
from perdure.model.scope import Scope
from perdure.stages.mature_commit import apply
from perdure.stages.stores import Stores

if TYPE_CHECKING:
    from perdure.ports import Floats


@dataclass(slots=True)
class Run:
    """One run and what it has come to."""

    stores: Stores
    scope: Scope | None
    dry_run: bool
    now: datetime
    proposals: list[Proposal] = field(default_factory=list[Proposal])
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    dropped: list[str] = field(default_factory=list[str])
    warnings: list[str] = field(default_factory=list[str])
    memories: int = 0
    messages: int = 0

    def do(self, owner: int, proposals: Sequence[Proposal]) -> dict[str, MemoryRecord]:
        """Commits proposals, or only takes them down. Returns what they make of the memories, by id."""
        made = list(proposals) if self.dry_run else apply(self.stores, owner, proposals)
        self.proposals += made
        return {r.id: r for p in made if p.applied or self.dry_run for r in p.after}

    def note(self, owner: int, said: dict[str, object], model: str) -> None:
        """Keeps, by key, what a model was paid to find out and no memory says; `said` again reads it."""
        with self.stores.ledger.transaction() as tx:
            for key, value in said.items():
                tx.put_call(owner, key, json.dumps({"text": json.dumps(value), "model": model}), to_micros(self.now))

    def warn(self, text: str) -> None:
        """Takes down what could not be done, once."""
        if text not in self.warnings:
            self.warnings.append(text)

    def carried(self, carried: Scope) -> bool:
        """Whether something carries every part of the scope that is asked for."""
        wanted = self.scope
        if wanted is None:
            return True
        parts = ((wanted.user_id, carried.user_id), (wanted.agent_id, carried.agent_id), (wanted.session_id, carried.session_id))
        return all(part is None or part == own for part, own in parts)


def noted(snapshot: Any, owner: int, key: str) -> Any:
    """What `Run.note` kept under a key; None when nothing is."""
    text = snapshot.call(owner, key)
    return json.loads(json.loads(text)["text"]) if text else None


def vectors_of(run: Run, snapshot: Any, docs: Sequence[int]) -> dict[int, Floats]:
    """The vectors there are, by document."""
    try:
        return run.stores.vector.vectors(snapshot, docs)
    except PerdureError as e:
        run.warn(f"vectors could not be read, so what is alike was not seen: {e}")
        return {}
