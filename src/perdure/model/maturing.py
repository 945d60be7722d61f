"""Maturing: what `consolidate` proposes and has done, and the summaries it writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from perdure.model.base import Value
from perdure.model.change import Conflict
from perdure.model.memory import MemoryRecord
from perdure.model.search import Citation

Action = Literal["merge", "promote", "lower", "summarise", "retire", "close", "settle"]
ACTIONS: tuple[Action, ...] = ("merge", "promote", "lower", "summarise", "retire", "close", "settle")
SummaryKind = Literal["session", "topic", "profile"]
SUMMARIES: tuple[SummaryKind, ...] = ("session", "topic", "profile")


@dataclass(frozen=True, slots=True)
class Proposal(Value):
    """One thing to do, done whole or not at all.

    `action`: "merge" (memories that say the same become the first of them), "promote" (short-term to long-term), "lower" (the importance
    of what was never used), "summarise" (a summary is written or brought up to date), "retire" (a summary of what is no more is hidden),
    "close" (a conflict that settled itself), "settle" (what a model says of a conflict: `keep` holds; a person decides).

    `before` and `after` are the versions before and after, in the same order; a summary that is new has nothing before it. `by` is
    "rules" or the name of the model. `applied`: it was committed, under the ids in `changes`; `skipped` says why it was not.
    """

    action: Action
    reason: str
    before: tuple[MemoryRecord, ...] = ()
    after: tuple[MemoryRecord, ...] = ()
    by: str = "rules"
    conflict_id: str = ""
    keep: str = ""
    applied: bool = False
    skipped: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConsolidationReport(Value):
    """What `consolidate` found and did.

    `looked_at` counts "owners", "memories" and "messages". `conflicts` are those that stay open. `dropped` is what a model returned and
    no check let through, each with its reason; `warnings` what could not be done now. Tokens are those of this run.
    """

    at: datetime
    dry_run: bool
    proposals: tuple[Proposal, ...]
    conflicts: tuple[Conflict, ...]
    looked_at: dict[str, int]
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def of(self, action: Action) -> tuple[Proposal, ...]:
        """The proposals of one kind."""
        return tuple(p for p in self.proposals if p.action == action)


@dataclass(frozen=True, slots=True)
class Summary(Value):
    """What a session, a topic or everything known of a user comes to, with what proves it.

    `text` cites `citations` by number. `about` is the session's id, the topic's name, or the user's id. `by` wrote it: "rules" or a model's
    name. What no longer holds, or was deleted since it was written, is left out.
    """

    id: str
    kind: SummaryKind
    about: str
    text: str
    citations: tuple[Citation, ...]
    by: str
    at: datetime
    memory: MemoryRecord
