"""Decisions: what a candidate leads to, and what is asked of what is known to decide it. Pure data, and the Protocol of the asking."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from perdure.model.change import ChangeType
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage


@dataclass(frozen=True, slots=True)
class Write:
    """One change to make. `before` is the version it was decided on; `by` the id of the memory that brought it about.

    Writes of one `group` stand or fall with its first.
    """

    type: ChangeType
    before: MemoryRecord | None
    after: MemoryRecord
    reason: str
    by: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """Two memories that cannot both hold; for the inbox."""

    memory_id: str
    other_id: str
    reason: str


class Known(Protocol):
    """What is known already, with the writes decided so far applied."""

    def same_text(self, text: str) -> Sequence[MemoryRecord]:
        """Live memories that say the same but for case, spacing and punctuation."""
        ...

    def holders(self, entity: str, attribute: str, matching: Callable[[str], bool] | None = None) -> Sequence[MemoryRecord]:
        """Live memories with an open slot of this entity and attribute (and a folded value that `matching` accepts), oldest first."""
        ...

    def near(self, candidate: int) -> Sequence[tuple[MemoryRecord, float]]:
        """Live memories nearest in meaning to a candidate, with their cosines, best first."""
        ...

    def shown(self, number: int) -> MemoryRecord | None:
        """The live memory that a model was shown under an integer."""
        ...

    def likeness(self, candidate: int, record: MemoryRecord) -> float:
        """The cosine of a candidate and a memory."""
        ...

    def likeness_said(self, message: CapturedMessage, record: MemoryRecord) -> float:
        """The cosine of what was said in a message and a memory, whatever a model made of the message."""
        ...


@dataclass(slots=True)
class Decisions:
    """What one candidate leads to. `notes`: what it proposed and was not believed, each with its reason."""

    writes: list[Write] = field(default_factory=list[Write])
    clashes: list[Clash] = field(default_factory=list[Clash])
    notes: list[str] = field(default_factory=list[str])
