"""Distances from the anchor: "two weeks", "the past three years", "last Friday", "three summers ago"."""

from __future__ import annotations

from collections.abc import Callable

from perdure.rules import dates_calendar as cal
from perdure.rules.dates_calendar import DAY, Grain, Stretch
from perdure.rules.dates_lexicon import EN, words
from perdure.rules.dates_written import DateReader, Found

PLURALS = words(
    "days weeks months years tage tagen wochen monate monaten jahre jahren dias semanas meses anos jours "
    "semaines mois ans annees "
    "giorni settimane mesi anni"
)


class DistanceReader(DateReader):
    """Reads distances and rolling spans. Methods as in `Reader`: token index and languages in, what was read or None out."""

    def distance(self, i: int, langs: int) -> tuple[int, Grain, int, int] | None:
        """Reads "two weeks", "half a year", "a year and a half": count, grain, languages, next index."""
        half = self.at(i, "half", langs)
        if half is not None:
            unit = self.at(half[2], "unit", half[1])
            halves: dict[str, tuple[int, Grain]] = {
                "year": (6, "month"),
                "hour": (30, "minute"),
                "day": (12, "hour"),
                "decade": (5, "year"),
            }
            return (*halves[str(unit[0])], unit[1], unit[2]) if unit is not None and str(unit[0]) in halves else None
        number = self.number(i, langs)
        if number is None:
            return None
        count, langs, j = number
        unit = self.at(j, "unit", langs)
        if unit is None:
            return None
        grain: Grain = unit[0]  # type: ignore[assignment]
        j, langs = unit[2], unit[1]
        if [self.word(j + k) for k in range(3)] == ["and", "a", "half"] and langs & EN:
            j += 3
            if grain == "year":
                return count * 12 + 6, "month", langs, j
        return count, grain, langs, j

    def _names_ago(self, i: int, langs: int) -> Found | None:
        """Reads "two Fridays ago", "three summers ago"."""
        number = self.number(i, langs & EN)
        if number is None or self.word(number[2] + 1) != "ago":
            return None
        count, mask, j = number
        weekday = self.at(j, "wdplural", mask) or self.at(j, "wd", mask)
        if weekday is not None:
            start, end = self._weekday(int(weekday[0]), -1)
            return Found(start - 7 * DAY * (count - 1), end - 7 * DAY * (count - 1), j + 2, mask, "day")
        season = self.at(j, "seasonplural", mask) or self.at(j, "season", mask)
        if season is None:
            return None
        start, end = self._pick(-1, lambda y: cal.season(y, int(season[0])))
        return Found(cal.add_months(start, 12 - 12 * count), cal.add_months(end, 12 - 12 * count), j + 2, mask, "season")

    def _rolling(self, i: int, langs: int) -> Found | None:
        """Reads "the past three years", "die letzten drei Wochen", "next few days"; "past week" needs no number."""
        hit = self.at(i, "roll", langs)
        if hit is None:
            number = self.number(i, langs)  # "los dos últimos años", "the two last weeks"
            if number is None:
                return None
            hit = self.at(number[2], "roll", number[1])
            unit = None if hit is None else self.at(hit[2], "unit", hit[1])
            return None if hit is None or unit is None else self._span(int(hit[0]), number[0], unit)
        far = self.distance(hit[2], hit[1])
        if far is not None:
            return self._span(int(hit[0]), far[0], (far[1], far[2], far[3]))
        unit = self.at(hit[2], "unit", hit[1])
        if unit is not None and (self.word(hit[2]) in PLURALS or self.word(i) == "past"):
            return self._span(int(hit[0]), 3 if self.word(hit[2]) in PLURALS else 1, unit)
        return None

    def _rolling_unit(self, i: int, langs: int) -> Found | None:
        """Reads "(over) the last year", with the article: the year up to now, not the calendar's last one."""
        if not langs & EN or self.word(i) not in {"last", "past", "next"} or self.word(i + 2) == "of":
            return None
        unit = self.at(i + 1, "unit", EN)
        if unit is None or unit[0] == "weekend":
            return None
        return self._span(1 if self.word(i) == "next" else -1, 1, unit)

    def _span(self, sign: int, count: int, unit: tuple[int | str, int, int]) -> Found:
        grain: Grain = unit[0]  # type: ignore[assignment]
        far = cal.add(self.anchor, grain, sign * count)
        if grain not in ("minute", "hour"):
            far = cal.midnight(far)
        if sign < 0:
            return Found(far, self.anchor, unit[2], unit[1], grain)
        return Found(self.anchor, far + DAY, unit[2], unit[1], grain)

    def _weekday(self, weekday: int, rel: int) -> Stretch:
        ahead = (weekday - self.today.weekday()) % 7
        if rel == 0:
            start = self.today + DAY * (weekday - self.today.weekday())
        else:
            start = self.today + DAY * ((ahead or 7) if rel > 0 else (ahead - 7))
        return start, start + DAY

    def _pick(self, rel: int, make: Callable[[int], Stretch]) -> Stretch:
        """Last: the latest that has ended. Next: the first that has not begun. This: the one now, else the nearest."""
        all_ = self._years(make)
        if rel < 0:
            return [s for s in all_ if s[1] <= self.anchor][-1]
        if rel > 0:
            return next(s for s in all_ if s[0] > self.anchor)
        return min(all_, key=lambda s: (not s[0] <= self.anchor < s[1], s[0].year != self.anchor.year, abs(s[0] - self.anchor)))
