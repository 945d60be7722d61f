"""Regular expressions compiled at first use, so that importing the pattern tables costs nothing."""

from __future__ import annotations

import re
from functools import cache


@cache
def rx(pattern: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """The compiled pattern, case-insensitive unless told otherwise; compiled once."""
    return re.compile(pattern, flags)


def any_of(*patterns: str) -> str:
    """One alternation of several patterns."""
    return "|".join(f"(?:{p})" for p in patterns)
