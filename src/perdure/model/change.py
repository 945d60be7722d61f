"""Change, Job and the results of writing verbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from perdure.errors import PerdureError
from perdure.model.base import Value
from perdure.model.memory import MemoryRecord

ChangeType = Literal["add", "update", "merge", "supersede", "retract", "expire", "erase"]
JobState = Literal["pending", "running", "done", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class Change(Value):
    """One reversible write to one memory. `before` is None for an add; `cause` is the change that brought this one about."""

    id: str
    type: ChangeType
    memory_id: str
    before: MemoryRecord | None
    after: MemoryRecord | None
    reason: str
    actor: str
    at: datetime
    cause: str = ""
    undoes: str = ""


@dataclass(frozen=True, slots=True)
class Job(Value):
    """The extraction of one episode. `error` is the typed error of the last attempt; `dropped` says what failed validation."""

    id: str
    episode_id: str
    state: JobState
    attempts: int = 0
    error: PerdureError | None = None
    next_at: datetime | None = None
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AddResult(Value):
    """What one `add` did.

    `duplicate`: everything had been delivered before and nothing was written. `redacted` names the kinds of secrets that were
    replaced. When extraction failed the messages are captured all the same: `job.state` is "pending" and `job.error` says why.
    """

    episode_id: str
    message_ids: tuple[str, ...]
    changes: tuple[Change, ...]
    job: Job | None
    duplicate: bool = False
    redacted: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def memories(self) -> tuple[MemoryRecord, ...]:
        """The memories as they stand after this add's changes."""
        return tuple(c.after for c in self.changes if c.after is not None)


@dataclass(frozen=True, slots=True)
class Conflict(Value):
    """Two memories that cannot both hold and that no rule could settle; waiting in the inbox."""

    id: str
    memory_id: str
    other_id: str
    reason: str
    opened_at: datetime
    settled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Diff(Value):
    """What changed between two instants: memories that came, changed (before and after) and went, and every change."""

    since: datetime
    until: datetime
    added: tuple[MemoryRecord, ...]
    changed: tuple[tuple[MemoryRecord, MemoryRecord], ...]
    removed: tuple[MemoryRecord, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Receipt(Value):
    """Proof of a `forget`: how many rows each store erased. `stores` has one entry a store, zero included."""

    at: datetime
    what: str
    stores: dict[str, int]

    @property
    def total(self) -> int:
        """Rows erased in all stores together; pages and logs are no rows."""
        return sum(n for store, n in self.stores.items() if store not in ("free pages", "log still read elsewhere"))
