"""Stats, Verification, Diagnosis: how the stores are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from perdure.model.base import Value


@dataclass(frozen=True, slots=True)
class Stats(Value):
    """Counts over the whole store or one scope. `lag` is the number of rows not yet in each projection; `jobs` counts by state.

    `waiting_for_budget`: pending jobs that wait because the day's budget for extraction is spent.
    """

    messages: int
    memories: int
    superseded: int
    entities: int
    relations: int
    slots: int
    owners: int
    changes: int
    conflicts: int
    jobs: dict[str, int]
    lag: dict[str, int]
    bytes: int
    schema: int
    backends: dict[str, str]
    waiting_for_budget: int = 0


@dataclass(frozen=True, slots=True)
class Verification(Value):
    """The projections held against the ledger. `drift` names each difference; `ok` when there is none."""

    ok: bool
    checked: dict[str, int]
    drift: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transfer(Value):
    """What `export` wrote or `load` read."""

    path: str
    episodes: int
    messages: int
    memories: int
    changes: int


Check = Literal["indexes", "lag", "jobs", "conflicts", "orphans", "duplicates", "stale"]
CHECKS: tuple[Check, ...] = ("indexes", "lag", "jobs", "conflicts", "orphans", "duplicates", "stale")


@dataclass(frozen=True, slots=True)
class Example(Value):
    """One case of a finding: what it is in words, the ids concerned, and the command that mends this one ("" for the finding's own)."""

    what: str
    ids: tuple[str, ...] = ()
    do: str = ""


@dataclass(frozen=True, slots=True)
class Finding(Value):
    """What one check of `doctor` saw.

    `level`: "ok", "note" (worth a look, nothing read is untrue) or "wrong" (a read may mislead, or something will not mend itself).
    `count` cases, of which `examples` shows some; `do` says what to do about them.
    """

    check: Check
    level: Literal["ok", "note", "wrong"]
    what: str
    count: int = 0
    examples: tuple[Example, ...] = ()
    do: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis(Value):
    """All findings of `doctor`; `ok` when none is wrong.

    `looked_at` counts "messages" and "memories", the "owners" they are of (of "all_owners"), and of the "undrawn" messages, from which
    no memory was drawn, those that were "read" for what they say against a memory. `complete`: no memory was left out for time's sake.
    """

    ok: bool
    findings: tuple[Finding, ...]
    looked_at: dict[str, int]
    complete: bool
