"""`Value`: what every result has in common, `.to_dict()`; and the one notation of time.

Instants are aware `datetime`s in UTC everywhere in Python and integer microseconds since 1970 in the stores.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from perdure.errors import InputError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Value:
    """Base of every frozen dataclass in `perdure.model`."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """This value as plain dicts, lists, strings, numbers; datetimes as ISO 8601."""
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]


def plain(value: Any) -> Any:
    """`value` with dataclasses, tuples, mappings and datetimes turned into what `json.dumps` accepts."""
    if isinstance(value, Value):
        return value.to_dict()
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, tuple | list | frozenset | set):
        return [plain(v) for v in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, BaseException):
        return f"{type(value).__name__}: {value}"
    return value


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC with a trailing Z, microseconds only when there are some."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970-01-01T00:00Z; exact, also before 1970."""
    return (instant - EPOCH) // MICROSECOND


def from_micros(micros: int) -> datetime:
    """The inverse of `to_micros`."""
    return EPOCH + timedelta(microseconds=micros)


def instant(value: datetime | str | float | None, *, argument: str) -> datetime | None:
    """An aware UTC datetime from a datetime, an ISO 8601 string or epoch seconds; naive means UTC.

    Raises:
        InputError: the value is none of these; it names `argument`.
    """
    if value is None:
        return None
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        elif isinstance(value, int | float) and not isinstance(value, bool):
            value = datetime.fromtimestamp(value, tz=UTC)
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except (ValueError, OverflowError, OSError) as e:
        raise InputError(f"{argument}={value!r} is not a time: {e}. Use ISO 8601, e.g. 2026-03-01T12:00:00Z.", argument=argument) from e
    raise InputError(f"{argument} must be a datetime, an ISO 8601 string or epoch seconds, not {type(value).__name__}.", argument=argument)


_SIGN = r"(?<=[0-9])[.,:/-](?=[0-9])|(?<![0-9a-z])[-+](?=[0-9])|(?<=[0-9a-z])[+#]|(?<=[0-9])%"
_KEPT = re.compile(rf"{_SIGN}|[^\W_]|[^\x00-\x7f]")


def statement_key(text: str) -> str:
    """A statement folded for comparison: case, spacing and punctuation go, signs that carry meaning stay (1.5, -5, C++, 20%)."""
    return "".join(_KEPT.findall(text.casefold())) or text
