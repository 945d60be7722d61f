"""What was spent, in the SQLite ledger: rows that are added up as calls are paid, and keep no name when somebody is forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perdure.model.spending import By, Purpose, Usage

_ADD = (
    "ON CONFLICT (owner, day, job, purpose, model) DO UPDATE SET calls = calls + excluded.calls, "
    "input_tokens = input_tokens + excluded.input_tokens, cached_tokens = cached_tokens + excluded.cached_tokens, "
    "output_tokens = output_tokens + excluded.output_tokens"
)
_SUMS = "sum(calls), sum(input_tokens), sum(cached_tokens), sum(output_tokens)"
_KEYS: dict[By, str] = {"day": "day", "user": "owner", "job": "job", "model": "model", "purpose": "purpose"}


def spend(connection: Any, owner: int, usage: Usage, *, day: int, job: str) -> None:
    """Adds what calls took to the row of their day, owner, job, purpose and model."""
    connection.execute(
        f"INSERT INTO spending VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) {_ADD}",
        (day, owner, job, usage.purpose, usage.model, usage.calls, usage.input_tokens, usage.cached_tokens, usage.output_tokens),
    )


def spending(
    connection: Any, by: By, *, owner: int | None, since: int | None, until: int | None, purposes: Sequence[Purpose]
) -> list[tuple[Any, Usage]]:
    """(key, usage) for each key and model; see `perdure.ports.ReadsWork.spending`."""
    given: dict[str, Any] = {"owner = ?": owner, "day >= ?": since, "day <= ?": until}
    conditions = {sql: value for sql, value in given.items() if value is not None}
    where = [*conditions, *([f"purpose IN ({', '.join('?' * len(purposes))})"] if purposes else [])]
    key = _KEYS[by]
    rows = connection.execute(
        f"SELECT {key}, model, min(purpose), {_SUMS} FROM spending WHERE {' AND '.join(where) or 'TRUE'} "
        f"GROUP BY {key}, model ORDER BY {key}, model", (*conditions.values(), *purposes),
    ).fetchall()  # fmt: skip
    return [(found, Usage(model, purpose, *numbers)) for found, model, purpose, *numbers in rows]


def forget_owner(connection: Any, owner: int) -> None:
    """Adds an owner's rows to nobody's: days, purposes and models stay, whose they were and for which jobs does not."""
    connection.execute(
        f"INSERT INTO spending SELECT day, 0, '', purpose, model, {_SUMS} FROM spending WHERE owner = ? "
        f"GROUP BY day, purpose, model {_ADD}", (owner,),
    )  # fmt: skip
    connection.execute("DELETE FROM spending WHERE owner = ?", (owner,))


def forget_job(connection: Any, job: str) -> None:
    """Adds a job's rows to those of its owner that belong to no job."""
    connection.execute(
        f"INSERT INTO spending SELECT day, owner, '', purpose, model, {_SUMS} FROM spending WHERE job = ? AND job <> '' "
        f"GROUP BY day, owner, purpose, model {_ADD}", (job,),
    )  # fmt: skip
    connection.execute("DELETE FROM spending WHERE job = ? AND job <> ''", (job,))
