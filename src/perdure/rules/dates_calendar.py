"""Calendar arithmetic for time phrases: stretches of a calendar as half-open pairs of naive local datetimes.

Weeks begin on Monday (ISO 8601). Seasons are the meteorological ones of the northern hemisphere: spring March to May, summer
June to August, autumn September to November, winter December to the end of February (winter 2025 begins in December 2025).
Everything raises `ValueError` or `OverflowError` beyond the years 1 to 9999; the caller drops such a phrase.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, timedelta
from typing import Literal

Grain = Literal["minute", "hour", "part", "day", "weekend", "fortnight", "week", "month", "quarter", "season", "year", "decade", "century"]
Stretch = tuple[datetime, datetime]

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MONTHS_IN: dict[Grain, int] = {"month": 1, "quarter": 3, "year": 12, "decade": 120, "century": 1200}
TIME_IN: dict[Grain, timedelta] = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "part": timedelta(hours=6),
    "day": DAY,
    "weekend": WEEK,
    "week": WEEK,
    "fortnight": 2 * WEEK,
}


def midnight(at: datetime) -> datetime:
    """The beginning of `at`'s day."""
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def add_months(at: datetime, months: int) -> datetime:
    """`at` moved by whole months; the day is cut to the month's length (31 January + 1 month = 28 or 29 February)."""
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    if not 1 <= year <= 9999:
        raise OverflowError(year)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def add(at: datetime, grain: Grain, count: int) -> datetime:
    """`at` moved by `count` units of `grain`, calendar-aware for months and longer."""
    if grain in MONTHS_IN:
        return add_months(at, MONTHS_IN[grain] * count)
    if grain == "season":
        return add_months(at, 3 * count)
    return at + TIME_IN[grain] * count


def month(year: int, number: int) -> Stretch:
    """The month `number` (1 to 12) of `year`."""
    start = datetime(year, number, 1)  # noqa: DTZ001  naive local time, as everywhere in this file
    return start, add_months(start, 1)


def year(number: int) -> Stretch:
    """The year `number`."""
    start = datetime(number, 1, 1)  # noqa: DTZ001
    return start, add_months(start, 12)


def quarter(of_year: int, number: int) -> Stretch:
    """Quarter `number` (1 to 4) of `of_year`."""
    start = datetime(of_year, 3 * number - 2, 1)  # noqa: DTZ001
    return start, add_months(start, 3)


def season(of_year: int, number: int) -> Stretch:
    """Season `number` (0 spring, 1 summer, 2 autumn, 3 winter) that begins in `of_year`."""
    start = datetime(of_year, 3 + 3 * number, 1)  # noqa: DTZ001
    return start, add_months(start, 3)


def decade(first: int) -> Stretch:
    """The ten years from `first`."""
    start = datetime(first, 1, 1)  # noqa: DTZ001
    return start, add_months(start, 120)


def day(of_year: int, of_month: int, number: int) -> Stretch:
    """One day."""
    start = datetime(of_year, of_month, number)  # noqa: DTZ001
    return start, start + DAY


def around(at: datetime, grain: Grain) -> Stretch:
    """The unit of `grain` that `at` lies in; for a weekend the one that ends `at`'s week."""
    today = midnight(at)
    monday = today - DAY * today.weekday()
    match grain:
        case "minute":
            start = at.replace(second=0, microsecond=0)
            return start, start + TIME_IN["minute"]
        case "hour" | "part":
            start = at.replace(minute=0, second=0, microsecond=0)
            return start, start + TIME_IN["hour"]
        case "day":
            return today, today + DAY
        case "week":
            return monday, monday + WEEK
        case "fortnight":
            return monday, monday + 2 * WEEK
        case "weekend":
            return monday + 5 * DAY, monday + WEEK
        case "month":
            return month(at.year, at.month)
        case "quarter":
            return quarter(at.year, (at.month + 2) // 3)
        case "season":
            index = (at.month - 3) % 12 // 3
            return season(at.year - 1 if at.month < 3 else at.year, index)
        case "year":
            return year(at.year)
        case "decade":
            return decade(at.year - at.year % 10)
        case "century":
            start = datetime(at.year - at.year % 100 or 1, 1, 1)  # noqa: DTZ001
            return start, add_months(start, 1200)


def shifted(at: datetime, grain: Grain, count: int) -> Stretch:
    """The unit of `grain` that lies `count` units from the one `at` is in (-1: the last one, 1: the next one)."""
    # Months are counted from the first of the month, or 31 March minus one month would be cut to 28 February and still be right,
    # while weeks are counted from `at` itself: both land in the unit that is meant.
    return around(add(at, grain, count), grain)


def nearest(at: datetime, stretches: list[Stretch], tense: int) -> Stretch:
    """The stretch meant by a name that recurs: `tense` -1 the latest begun by `at`, 1 the first that has not ended."""
    if tense > 0:
        return next((s for s in stretches if s[1] > at), stretches[-1])
    return next((s for s in reversed(stretches) if s[0] <= at), stretches[0])


def easter(of_year: int) -> datetime:
    """Easter Sunday, by the Gregorian computus as published anonymously in Nature, 20 April 1876 (Meeus, Jones, Butcher)."""
    a, b, c = of_year % 19, of_year // 100, of_year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return datetime(of_year, f // 31, f % 31 + 1)  # noqa: DTZ001


def holiday(name: str, of_year: int) -> Stretch:
    """The stretch of a holiday of `dates_lexicon` in `of_year`: "MM-DD", "MM-DD/days", "easter+N" or "MM-weekday#nth"."""
    if name.startswith("easter"):
        start = easter(of_year) + DAY * int(name[6:] or 0)
        return start, start + DAY
    if "#" in name:
        of_month, weekday, nth = int(name[:2]), int(name[3]), int(name[5])
        first = datetime(of_year, of_month, 1)  # noqa: DTZ001
        start = first + DAY * ((weekday - first.weekday()) % 7 + 7 * (nth - 1))
        return start, start + DAY
    date, _, days = name.partition("/")
    start = datetime(of_year, int(date[:2]), int(date[3:]))  # noqa: DTZ001
    return start, start + DAY * int(days or 1)
