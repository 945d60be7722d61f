"""What callers hand in, checked: one typed error that names the argument."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from perdure.errors import InputError
from perdure.model.base import instant
from perdure.model.scope import Scope
from perdure.stages.capture import mended

Time = datetime | str | float
Wait = Literal["captured", "committed", "indexed"]
MAX_LIMIT = 1000


def any_scope(user_id: str | None, agent_id: str | None, session_id: str | None) -> Scope | None:
    """The scope that was named; None when none was.

    Raises:
        ScopeError: a part is not allowed.
    """
    return None if user_id is None and agent_id is None and session_id is None else Scope(user_id, agent_id, session_id)


def one_of(argument: str, value: object, allowed: Sequence[str]) -> None:
    """Refuses a value that is not allowed.

    Raises:
        InputError: it is not one; the message names the argument.
    """
    if value not in allowed:
        raise InputError(f"{argument} must be one of {', '.join(allowed)}, not {value!r}.", argument=argument)


def text_of(value: object, argument: str) -> str:
    """A string, mended where its Unicode is broken.

    Raises:
        InputError: it is not one; the message names the argument.
    """
    if not isinstance(value, str):
        raise InputError(f"{argument} must be a string, not {type(value).__name__}.", argument=argument)
    return mended(value)


def limit_of(limit: object) -> int:
    """How many results were asked for.

    Raises:
        InputError: it is not one; the message names the argument.
    """
    return within("limit", limit, 1, MAX_LIMIT)


def within(argument: str, value: object, low: int, high: int) -> int:
    """A whole number within bounds.

    Raises:
        InputError: it is not one; the message names the argument.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InputError(f"{argument} must be a whole number from {low} to {high}, not {value!r}.", argument=argument)
    return value


def instant_of(value: Time, argument: str) -> datetime:
    """An instant that must be given.

    Raises:
        InputError: it is not one; the message names the argument.
    """
    moment = instant(value, argument=argument)
    if moment is None:
        raise InputError(f"{argument} is missing.", argument=argument)
    return moment
