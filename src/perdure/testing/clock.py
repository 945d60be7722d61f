"""A clock that stands still until it is told to move."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from perdure.errors import InputError
from perdure.model.base import instant, iso


class FrozenClock:
    """A `Clock` for tests and for importing old conversations: ``Memory("me.db", clock=FrozenClock("2026-03-01T12:00:00Z"))``.

    Args:
        start: the first instant, as a datetime or an ISO 8601 string; naive means UTC.

    Raises:
        InputError: `start` is not a time.
    """

    def __init__(self, start: datetime | str) -> None:
        self._lock = threading.Lock()
        self._now = _checked(start, "start")

    def __call__(self) -> datetime:
        """The instant it stands at."""
        return self._now

    def __repr__(self) -> str:
        return f"FrozenClock({iso(self._now)!r})"

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
        """Moves on by all of these together (negative moves back) and gives the new instant."""
        with self._lock:
            self._now += timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
            return self._now

    def set(self, now: datetime | str) -> datetime:
        """Moves to `now` and gives it back.

        Raises:
            InputError: `now` is not a time.
        """
        moved = _checked(now, "now")
        with self._lock:
            self._now = moved
        return moved


def _checked(value: datetime | str, argument: str) -> datetime:
    found = instant(value, argument=argument)
    if found is None:
        raise InputError(f"{argument} must be a datetime or an ISO 8601 string, not None.", argument=argument)
    return found
