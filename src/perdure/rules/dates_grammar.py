"""The grammar of time phrases: reads periods ("last week", "4 May 2024", "drei Tagen", "early 2023") off a list of tokens.

A recursive-descent reader. Every method takes the index of a token and the bit mask of languages still possible, and returns what
it read, or None, having looked at a bounded number of tokens: so a text is read in linear time. Times are naive and local to the
anchor. Calendar errors (year 0, 30 February) are ValueError or OverflowError and end the phrase, never the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from perdure.rules import dates_calendar as cal
from perdure.rules.dates_calendar import DAY, Grain, Stretch
from perdure.rules.dates_distances import DistanceReader
from perdure.rules.dates_lexicon import ANY, EN
from perdure.rules.dates_written import Found


class Reader(DistanceReader):
    """Reads every kind of period."""

    def period(self, i: int, langs: int = ANY, *, strong: bool = False) -> Found | None:
        """The period that begins at token `i`; `strong` when a preposition of time stands before it."""
        for read in (self._simple, self._counted, self.date, self._edge, self._ordinal, self._relative, self._named):
            found = read(i, langs, strong)
            if found is not None:
                return self.refined(found)
        week = self._week_of(i)
        if week is not None:
            return week
        article = self.at(i, "art", langs) if self.word(i) != "of" else None
        if article is not None and self.at(i + 1, "art", langs) is None:
            return self.period_after_article(article[2], article[1], strong=strong)
        return None

    def _week_of(self, i: int) -> Found | None:
        """Reads "the week of May 4"."""
        unit = self.at(i, "unit", EN)
        if unit is None or unit[0] not in ("week", "weekend", "month", "quarter") or self.word(i + 1) != "of":
            return None
        inner = self.period(i + 2, EN, strong=True)
        if inner is None or inner.grain not in ("day", "month"):
            return None
        inner = inner.settle(self.anchor, self.tense(i, inner.next))
        grain: Grain = unit[0]  # type: ignore[assignment]
        return inner.to(cal.around(inner.start, grain), grain=grain)

    def period_after_article(self, i: int, langs: int, *, strong: bool) -> Found | None:
        """The period behind an article: "the last two weeks", "the 90s", "the weekend", "la semana pasada"."""
        rolling = self._rolling_unit(i, langs)
        if rolling is not None:
            return rolling
        for read in (self._simple, self._counted, self.date, self._edge, self._ordinal, self._relative, self._named):
            found = read(i, langs, strong)
            if found is not None:
                return self.refined(found)
        week = self._week_of(i)
        if week is not None:
            return week
        unit = self.at(i, "unit", langs)
        if unit is not None and unit[0] == "weekend":
            return self._recurring([cal.shifted(self.anchor, "weekend", n) for n in (-1, 0, 1)], "weekend", unit[2], unit[1])
        word = self.word(i)
        if word.isdecimal() and self.joined(i + 1) and self.word(i + 1) in {"st", "nd", "rd", "th"} and strong:
            return self._day_of_month(i)
        return None

    def _simple(self, i: int, langs: int, _strong: bool = True) -> Found | None:
        part = self.at(i, "dpart", langs)
        day = self.at(i, "day", langs)
        if part is not None and (day is None or part[2] >= day[2]):
            offset, _, hours = str(part[0]).partition(":")
            return self._part(self.today + DAY * int(offset), hours, part[2], part[1])
        if day is not None:
            offset = int(day[0])
            if abs(offset) < 9:
                start = self.today + DAY * offset
                return Found(start, start + DAY, day[2], day[1], "day")
            reach = 1 if offset == 9 else 2  # Hindi has one word for yesterday and tomorrow
            days = [(self.today + DAY * n, self.today + DAY * (n + 1)) for n in (-reach, reach)]
            return self._recurring(days, "day", day[2], day[1])
        steps: tuple[tuple[str, Grain], ...] = (("weekrel", "week"), ("monthrel", "month"), ("yearrel", "year"))
        for kind, grain in steps:
            hit = self.at(i, kind, langs)
            if hit is not None:
                return Found(*cal.shifted(self.anchor, grain, int(hit[0])), hit[2], hit[1], grain)
        recent = self.at(i, "recent", langs)
        if recent is not None:
            return Found(self.today - DAY * int(recent[0]), self.today, recent[2], recent[1], "week")
        return None

    def _part(self, day: datetime, hours: str, next_: int, langs: int) -> Found:
        first, last = (int(h) for h in hours.split("-"))
        return Found(day + timedelta(hours=first), day + timedelta(hours=last), next_, langs, "part")

    def _counted(self, i: int, langs: int, strong: bool) -> Found | None:
        for kind, sign in (("ago_pre", -1), ("in_pre", 1), ("within", 0)):
            hit = self.at(i, kind, langs)
            far = None if hit is None else self.distance(hit[2], hit[1])
            if far is not None and far[0]:
                count, grain, mask, j = far
                if not sign:
                    end = cal.add(self.anchor, grain, count)
                    return Found(self.anchor, end, j, mask, grain, relation="by")
                if sign < 0 or not self.at(j, "ago_post", mask):
                    return Found(*cal.shifted(self.anchor, grain, sign * count), j, mask, grain)
        far = self.distance(i, langs)
        if far is None:
            return self._rolling(i, langs) or self._names_ago(i, langs)
        count, grain, mask, j = far
        for kind, sign in (("ago_post", -1), ("in_post", 1)):
            hit = self.at(j, kind, mask)
            if hit is not None and self.word(hit[2]) == "today":
                start = cal.midnight(cal.add(self.anchor, grain, sign * count))
                return Found(start, start + DAY, hit[2] + 1, hit[1], "day")
            if hit is not None:
                return Found(*cal.shifted(self.anchor, grain, sign * count), hit[2], hit[1], grain)
        since = self.at(j, "since_post", mask)
        if since is not None:
            return Found(cal.midnight(cal.add(self.anchor, grain, -count)), self.anchor, since[2], mask, grain, relation="since")
        if self.word(j) in {"from", "after", "before"} and grain in ("day", "week") and mask & EN:
            base = self._simple(j + 1, EN, strong) or self._relative(j + 1, EN, strong) or self._named(j + 1, EN, strong)
            if base is not None and base.grain == "day":
                base = base.settle(self.anchor, 1)
                move = (-count if self.word(j) == "before" else count) * cal.TIME_IN[grain]
                return base.to((base.start + move, base.end + move), grain="day")
        return None

    def _name(self, i: int, langs: int) -> tuple[Grain, Callable[[int], Stretch], int, int] | None:
        """A month, season or holiday: its grain, its stretch in a year, languages, next index."""
        for kind, grain in (("mon", "month"), ("monabbr", "month"), ("season", "season"), ("holiday", "day")):
            hit = self.at(i, kind, langs)
            if hit is None:
                continue
            value, mask, j = hit
            number, holiday = value if isinstance(value, int) else 0, str(value)
            if kind == "monabbr" and self.word(j) == ".":
                j += 1
            if kind == "holiday":
                return "day", partial(cal.holiday, holiday), mask, j
            if grain == "season":
                return "season", partial(cal.season, number=number), mask, j
            return "month", partial(cal.month, number=number), mask, j
        return None

    def _relative(self, i: int, langs: int, strong: bool) -> Found | None:
        """Reads "last week", "next Friday", "this summer", "la semana pasada", "earlier this month"."""
        so_far = self.at(i, "soFar", langs)
        if so_far is not None:
            found = self._relative(so_far[2], so_far[1], strong) or self._simple(so_far[2], so_far[1], strong)
            if found is None or not found.start <= self.anchor < found.end:
                return None
            return found.to((found.start, self.anchor) if int(so_far[0]) < 0 else (self.anchor, found.end))
        hit = self.at(i, "rel", langs)
        if hit is not None:
            found = self._related(hit[2], hit[1], int(hit[0]))
            if found is not None and not (self.word(hit[2]) in {"may", "march"} and not int(hit[0]) and not self.capital(hit[2])):
                return found
        for j in (i, self.skip(i, "art", langs, 1)):
            found = self._postfixed(j, langs)
            if found is not None:
                return found
        return None

    def _postfixed(self, i: int, langs: int) -> Found | None:
        for kind in ("unit", "wd", "mon", "season", "holiday"):
            noun = self.at(i, kind, langs)
            post = None if noun is None else self.at(noun[2], "rel_post", noun[1])
            if post is not None:
                found = self._related(i, post[1], int(post[0]))
                return None if found is None else replace(found, next=post[2])
        return None

    def _related(self, i: int, langs: int, rel: int) -> Found | None:
        unit = self.at(i, "unit", langs)
        if unit is not None:
            grain: Grain = unit[0]  # type: ignore[assignment]
            if grain in ("minute", "hour") or self.word(i) in {"night", "nights"}:
                return None
            period = cal.shifted(self.anchor, grain, rel)
            if grain == "week":  # "last week on Tuesday", "nächste Woche Montag"
                on = self.at(unit[2], "at", unit[1])
                weekday = self.at(on[2] if on is not None else unit[2], "wd", unit[1])
                if weekday is not None:
                    start = period[0] + DAY * int(weekday[0])
                    return Found(start, start + DAY, weekday[2], weekday[1], "day")
            return Found(*period, unit[2], unit[1], grain)
        weekday = self.at(i, "wd", langs) or self.at(i, "wdabbr", langs)
        if weekday is not None:
            return Found(*self._weekday(int(weekday[0]), rel), weekday[2], weekday[1], "day")
        part = self.at(i, "part", langs)
        if part is not None and rel <= 0:
            return self._part(self.today + DAY * rel, str(part[0]), part[2], part[1])
        name = self._name(i, langs)
        if name is None:
            return None
        grain, make, mask, j = name
        return Found(*self._pick(rel, make), j, mask, grain)

    def _named(self, i: int, langs: int, strong: bool) -> Found | None:
        """A weekday, month, season or holiday without "last" or "next", with or without its year."""
        weekday = self.at(i, "wd", langs) or (self.at(i, "wdabbr", langs) if strong and self.capital(i) else None)
        if weekday is not None:
            return self._weekday_named(weekday)
        name = self._name(i, langs)
        if name is None:
            return None
        grain, make, mask, j = name
        year = self.year_tail(j, mask)
        if year is not None:
            if grain == "season" or self.word(i) not in {"may", "march", "mar"} or strong or self.capital(i):
                return Found(*make(year[0]), year[1], mask, grain)
            return None
        ambiguous = self.word(i) in {"may", "march", "mar", "sun", "fall", "spring", "mars", "mai", "set", "dec", "sep"}
        if grain == "month" and (not strong or (self.at(i, "monabbr", mask) and not self.capital(i))):
            return None
        if grain == "season" and not strong:
            return None
        if (
            ambiguous
            and grain == "month"
            and not self.capital(i)
            and self.word(i - 1)
            not in {
                "in",
                "since",
                "until",
                "till",
                "by",
                "before",
                "after",
                "during",
                "through",
                "of",
                "early",
                "mid",
                "late",
                "en",
                "im",
                "depuis",
                "seit",
            }
        ):
            return None
        return self._recurring(self._years(make), grain, j, mask, weak=grain != "day")

    def _weekday_named(self, hit: tuple[int | str, int, int]) -> Found:
        weekday, mask, j = int(hit[0]), hit[1], hit[2]
        after = self.skip(j, "art", mask)
        comma = after + 1 if self.word(after) == "," else after
        date = self.date(comma, mask, True)
        if date is not None and date.grain == "day":
            return date
        rel = self.at(after, "rel", mask)
        unit = None if rel is None else self.at(rel[2], "unit", rel[1])
        if rel is not None and unit is not None and unit[0] == "week":
            start = cal.shifted(self.anchor, "week", int(rel[0]))[0] + DAY * weekday
            return Found(start, start + DAY, unit[2], unit[1], "day")
        return self._recurring([self._weekday(weekday, n) for n in (-1, 1)], "day", j, mask)

    def _edge(self, i: int, langs: int, _strong: bool = True) -> Found | None:
        """Reads "early 2023", "the end of the month", "mid-May", "Ende Mai": thirds of the period."""
        hit = self.at(i, "edge", langs)
        if hit is None:
            return None
        j = hit[2] + 1 if self.word(hit[2]) == "-" else hit[2]
        j = self.skip(j, "art", hit[1])
        unit = self.at(j, "unit", hit[1])
        found = self.date(j, hit[1], True) or self._relative(j, hit[1], True) or self._ordinal(j, hit[1], True)
        found = found or self._named(j, hit[1], True) or self._simple(j, hit[1], True)
        if found is None and unit is not None and unit[0] not in ("minute", "hour") and j > hit[2] - 1 and self._governs(hit, j):
            grain: Grain = unit[0]  # type: ignore[assignment]
            found = Found(*cal.around(self.anchor, grain), unit[2], unit[1], grain)
        if found is None or found.end - found.start < DAY:
            return None
        edge = str(hit[0])
        if found.choices is not None:
            return replace(found, choices=[self._third(s, edge) for s in found.choices])
        return found.to(self._third((found.start, found.end), edge))

    def _governs(self, hit: tuple[int | str, int, int], j: int) -> bool:
        return j > hit[2] or self.word(hit[2] - 1) in {"of", "de", "di"}

    def _third(self, s: Stretch, edge: str) -> Stretch:
        days = (s[1] - s[0]).days
        if days > 80:  # a quarter and longer: whole months
            months = round(days / 91.3)
            low, high = cal.add_months(s[0], months), cal.add_months(s[1], -months)
        else:
            low, high = s[0] + (s[1] - s[0]) / 3, s[1] - (s[1] - s[0]) / 3
            if days > 2:
                low, high = cal.midnight(low), cal.midnight(high)
        return {"early": (s[0], low), "mid": (low, high)}.get(edge, (high, s[1]))

    def _ordinal(self, i: int, langs: int, _strong: bool = True) -> Found | None:
        """Reads "the first week of May", "last day of 2023", "second half of 2024", "third quarter"."""
        hit = self.at(i, "ord", langs)
        if hit is None:
            return None
        which, mask, j = int(hit[0]), hit[1], hit[2]
        half = self.at(j, "half_of", mask)
        unit = self.at(j, "unit", mask)
        weekday = self.at(j, "wd", mask) if which else None
        what = half or unit or weekday
        if what is None:
            return None
        grain: Grain = "day" if unit is None else unit[0]  # type: ignore[assignment]
        k = what[2]
        if grain == "quarter" and 1 <= which <= 4:
            year = self.year_tail(k, mask)
            if year is not None:
                return Found(*cal.quarter(year[0], which), year[1], mask, "quarter")
            return self._recurring(self._years(lambda y: cal.quarter(y, which)), "quarter", k, mask)
        if self.at(k, "art", mask) is None and self.word(k) not in {"in", "im"}:
            return None
        m = self.skip(k + (self.word(k) in {"in", "im"}), "art", mask)
        whole = self.date(m, mask, True) or self._relative(m, mask, True) or self._named(m, mask, True)
        if whole is None and (this := self.at(m, "unit", mask)) is not None:
            outer: Grain = this[0]  # type: ignore[assignment]
            whole = Found(*cal.around(self.anchor, outer), this[2], this[1], outer)
        if whole is None:
            return None
        whole = whole.settle(self.anchor, -1) if half is not None else whole

        def part(s: Stretch) -> Stretch:
            if half is not None:
                days = (s[1] - s[0]).days
                middle = cal.add_months(s[0], round(days / 60.9)) if days > 80 else cal.midnight(s[0] + (s[1] - s[0]) / 2)
                return (s[0], middle) if which == 1 else (middle, s[1])
            if grain == "weekend":
                saturday = s[0] + DAY * ((5 - s[0].weekday()) % 7)
                last = s[1] - DAY * ((s[1].weekday() - 5) % 7 or 7)
                start = last if which < 0 else saturday + 7 * DAY * (which - 1)
                return start, start + 2 * DAY
            if weekday is not None:
                day = int(weekday[0])
                ahead = s[0] + DAY * ((day - s[0].weekday()) % 7 + 7 * (which - 1))
                start = s[1] - DAY * ((s[1].weekday() - day) % 7 or 7) if which < 0 else ahead
                return start, start + DAY
            if which < 0:
                return cal.add(s[1], grain, -1), s[1]
            return cal.add(s[0], grain, which - 1), cal.add(s[0], grain, which)

        if whole.choices is not None:
            return replace(whole, choices=[part(s) for s in whole.choices], grain=grain)
        return whole.to(part((whole.start, whole.end)), grain=grain)

    def refined(self, found: Found) -> Found:
        """A day with the part of the day or the hour that follows it."""
        j = found.next
        if found.grain == "part" and found.choices is None:  # "tonight at 8pm"
            clock = self.clock(j + (self.word(j) in {"at", "um", "alle", "around"}))
            if clock is None or not clock[3]:
                return found
            first = timedelta(hours=clock[0], minutes=clock[1])
            day = cal.midnight(found.start)
            return found.to((day + first, day + first + timedelta(hours=1)), clock[2], "hour")
        if found.grain != "day" or (found.choices is None and found.end - found.start != DAY):
            return found
        part = self.at(j, "part", found.langs)
        if part is None and self.word(j) in {"in", "at"}:
            part = self.at(self.skip(j + 1, "art", found.langs), "part", found.langs)
        if part is not None:
            first, last = (timedelta(hours=int(h)) for h in str(part[0]).split("-"))
            return self._hours(found, first, last, part[2], "part")
        k = j + (self.word(j) in {"at", "um", "a", "as", "alle", "around", ",", "by"})
        k = self.skip(k, "art", found.langs, 1) if self.word(j) == "a" else k
        clock = self.clock(k)
        if clock is None or (k == j and not clock[3]):
            return found
        first = timedelta(hours=clock[0], minutes=clock[1])
        return self._hours(found, first, first + timedelta(hours=1), clock[2], "hour")

    def _hours(self, found: Found, first: timedelta, last: timedelta, next_: int, grain: Grain) -> Found:
        if found.choices is not None:
            choices = [(s[0] + first, s[0] + last) for s in found.choices]
            return replace(found, choices=choices, next=next_, grain=grain)
        return found.to((found.start + first, found.start + last), next_, grain)


__all__ = ["Found", "Reader"]
