"""Dates in languages the lexicon does not know, by `dateparser` when it is installed (extra `dates`), imported on first need.

It is asked only about a day, one unknown word and a year ("4 мая 2024", "12 stycznia 2023"), never to search in free text, and
its answer is taken only if it left the day and the year as they are.
"""

from __future__ import annotations

import warnings
from datetime import datetime
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4096)
def month_of(day: int, word: str, year: int) -> int | None:
    """The month `word` names in "`day` `word` `year`", or None when it is none or `dateparser` is not installed."""
    try:
        import dateparser
    except ImportError:
        return None
    settings: Any = {"STRICT_PARSING": True, "DATE_ORDER": "DMY"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found: datetime | None = dateparser.parse(f"{day} {word} {year}", settings=settings)
    except Exception:  # noqa: BLE001  a foreign parser must not break ours
        return None
    return found.month if found is not None and (found.day, found.year) == (day, year) else None
