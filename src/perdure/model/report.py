"""Stats, Verification: how the stores are."""

from __future__ import annotations

from dataclasses import dataclass

from perdure.model.base import Value


@dataclass(frozen=True, slots=True)
class Stats(Value):
    """Counts over the whole store or one scope. `lag` is the number of rows not yet in each projection; `jobs` counts by state."""

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
