"""Usage, Price, Budget, Cost: what model calls take in tokens and in money, and how much of it a day may cost.

Money is in US dollars, prices are per million tokens; a day is a day of UTC.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, cast

from perdure.errors import ConfigError
from perdure.model.base import Value

Purpose = Literal["extract", "judge", "consolidate", "answer", "chat"]
PURPOSES: tuple[Purpose, ...] = ("extract", "judge", "consolidate", "answer", "chat")
#: What a budget counts and stops. Whoever asks a question wants its answer now; captured messages can wait.
BUDGETED: tuple[Purpose, ...] = ("extract", "judge", "consolidate")
By = Literal["day", "user", "job", "model", "purpose"]
BYS: tuple[By, ...] = ("day", "user", "job", "model", "purpose")
#: Providers that run on a machine of the user's own; their models cost nothing unless a price is given.
LOCAL = frozenset({"llama_cpp", "ollama", "vllm", "lmstudio", "echo", "recorded"})
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Usage(Value):
    """What calls of one model for one purpose took. `cached_tokens` are the part of `input_tokens` the provider had in its cache."""

    model: str
    purpose: str
    calls: int = 1
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Price(Value):
    """US dollars per million tokens; `cached` is what input from the provider's cache costs, by default as much as other input."""

    input: float
    output: float
    cached: float | None = None

    def of(self, usage: Usage) -> float:
        """What this usage costs, in US dollars."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        read = (usage.input_tokens - cached) * self.input + cached * (self.input if self.cached is None else self.cached)
        return (read + usage.output_tokens * self.output) / MILLION


FREE = Price(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Prices(Value):
    """Prices by the model's name, provider and all ("openai:gpt-5-mini")."""

    by_model: Mapping[str, Price]

    def of(self, model: str) -> Price | None:
        """The price of a model; nothing for models on a machine of one's own, and None when nobody said."""
        given = self.by_model.get(model)
        return FREE if given is None and model.partition(":")[0] in LOCAL else given


@dataclass(frozen=True, slots=True)
class Budget(Value):
    """What extraction may cost a day, of everybody and of each owner; None is no limit, 0 is nothing at all.

    Tokens are those read and written together. A call's cost is known when it is over, so that a limit is passed by at most the calls
    under way when it was reached.
    """

    usd_per_day: float | None = None
    tokens_per_day: float | None = None
    usd_per_user_day: float | None = None
    tokens_per_user_day: float | None = None

    @property
    def in_usd(self) -> bool:
        """Whether a limit is in money, so that prices are needed."""
        return self.usd_per_day is not None or self.usd_per_user_day is not None


@dataclass(frozen=True, slots=True)
class Cost(Value):
    """A row of `memory.costs`: what a day, a user, a job, a model or a purpose has cost.

    `key`: the day as 2026-03-01, the user's id (of an agent or session without a user "agent_id=…" or "session_id=…", of whoever was
    forgotten or is not known ""), the job's id, the model's name, the purpose. `usd` is None when none of its models has a price;
    `unpriced` names those that have none, which `usd` leaves out.
    """

    key: str
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    usd: float | None
    unpriced: tuple[str, ...] = ()


def total(rows: Sequence[Cost]) -> Cost:
    """Rows in one, under the key "total"."""
    priced = [c.usd for c in rows if c.usd is not None]
    return Cost(
        "total", sum(c.calls for c in rows), sum(c.input_tokens for c in rows), sum(c.cached_tokens for c in rows),
        sum(c.output_tokens for c in rows), sum(priced) if priced else None, tuple(sorted({m for c in rows for m in c.unpriced})),
    )  # fmt: skip


def prices_of(given: object) -> Prices:
    """Prices as they are configured: {"openai:gpt-5-mini": {"input": 0.25, "cached": 0.025, "output": 2.0}}, or that as JSON.

    Raises:
        ConfigError: something is not a price; it says what.
    """
    if isinstance(given, Prices):
        return given
    return Prices({name: _price(name, price) for name, price in _table(given, "prices").items()})


def budget_of(given: object) -> Budget | None:
    """A budget as it is configured: a `Budget`, a dict with its fields, or that as JSON; None when there is none.

    Raises:
        ConfigError: an unknown limit, none, or one that is not a number of at least 0.
    """
    if given is None:
        return None
    known = [f.name for f in fields(Budget)]
    table = {n: getattr(given, n) for n in known} if isinstance(given, Budget) else _table(given, "budget")
    for name, value in table.items():
        if name not in known:
            raise ConfigError(f"budget: unknown limit {name!r}; known are {', '.join(known)}.", setting="budget")
        if value is not None:
            _amount(value, f"budget.{name}", "budget")
    if all(value is None for value in table.values()):
        raise ConfigError(f"budget names no limit. Give one of {', '.join(known)}, or leave budget out.", setting="budget")
    return Budget(**table)


def _price(name: str, given: object) -> Price:
    if isinstance(given, Price):
        given = {f.name: getattr(given, f.name) for f in fields(Price)}
    if not isinstance(given, Mapping):
        raise ConfigError(
            f'prices[{name!r}] must be a table such as {{"input": 0.25, "cached": 0.025, "output": 2.0}}, in US dollars per million '
            f"tokens, not {type(given).__name__}.", setting="prices",
        )  # fmt: skip
    table = cast("Mapping[str, Any]", given)
    unknown, missing = set(table) - {"input", "cached", "output"}, {"input", "output"} - set(table)
    if unknown or missing:
        wrong = f"unknown {sorted(map(str, unknown))}" if unknown else f"missing {sorted(missing)}"
        raise ConfigError(f"prices[{name!r}]: {wrong}; a price has input, output and, if it differs, cached.", setting="prices")
    for part, value in table.items():
        if not (part == "cached" and value is None):
            _amount(value, f"prices[{name!r}].{part}", "prices")
    return Price(**table)


def _table(given: object, setting: str) -> Mapping[str, Any]:
    if given is None:
        return {}
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError as e:
            raise ConfigError(f"{setting} is not JSON: {e}. Give a table.", setting=setting) from e
    table = cast("Mapping[object, Any]", given)
    if not isinstance(given, Mapping) or not all(isinstance(k, str) for k in table):
        raise ConfigError(f"{setting} must be a table (a dict with names), not {type(table).__name__}.", setting=setting)
    return cast("Mapping[str, Any]", table)


def _amount(value: object, what: str, setting: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ConfigError(f"{what} must be a number of at least 0, not {value!r}.", setting=setting)
