"""Dates as they are written: "4 May 2024", "05/04/2024", "2024-05", "Q3", "the 90s", a year, a day of the month."""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from perdure.rules import dates_calendar as cal
from perdure.rules.dates_calendar import DAY, Grain, Stretch
from perdure.rules.dates_fallback import month_of
from perdure.rules.dates_lexicon import ANY, EN, LEXICON, words
from perdure.rules.dates_tokens import CURRENCY, Tokens

ISO = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|"
    r"3[01])(?:[T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?(?![0-9])"
)
# "2000 words" is a count, "2021" alone is a year: what may follow a year that no preposition or month announces.
AFTER_YEAR = words(
    "and or but was were is i we when where after before because so then which who that with to until "
    "till through the he she "
    "they it my our model as for at on by from"
)
VERSIONS = words("v version release build firmware update bios driver ios android python node ip")
COUNTED = words(
    "words dollars euros pounds bucks people km kilometers kilometres miles meters metres steps calories "
    "kcal characters tokens "
    "files rows items users points percent kg grams ml usd eur lines pages times"
)


@dataclass(slots=True)
class Found:
    """A period read: where it ends in the tokens, in which languages, and how it stands in time.

    `choices` are the stretches a recurring name may mean (the Mays of three years) until `settle` picks one; `strict` weekdays
    never mean today. `relation` is set when the words themselves give one ("within two weeks").
    """

    start: datetime
    end: datetime
    next: int
    langs: int
    grain: Grain
    choices: list[Stretch] | None = None
    relation: str = ""
    weak: bool = False

    def to(self, stretch: Stretch, next_: int | None = None, grain: Grain | None = None) -> Found:
        """The same, standing at `stretch`."""
        return replace(
            self,
            start=stretch[0],
            end=stretch[1],
            choices=None,
            next=self.next if next_ is None else next_,
            grain=grain or self.grain,
        )

    def settle(self, anchor: datetime, tense: int) -> Found:
        """The one of `choices` that the tense (-1 past, 1 future) points to."""
        return self if self.choices is None else self.to(cal.nearest(anchor, self.choices, tense))


class DateReader(Tokens):
    """Reads written dates. Methods as in `Reader`: token index and languages in, what was read or None out."""

    def _recurring(self, choices: list[Stretch], grain: Grain, next_: int, langs: int, *, weak: bool = False) -> Found:
        return Found(*choices[0], next_, langs, grain, choices, weak=weak)

    def _years(self, make: Callable[[int], Stretch]) -> list[Stretch]:
        y = self.anchor.year
        return [make(n) for n in range(max(1, y - 2), min(9998, y + 2) + 1)]

    def year_tail(self, i: int, langs: int) -> tuple[int, int] | None:
        """The year behind a month, season or holiday (", 2024", "of last year", "'24") and the next index."""
        j = i + 1 if self.word(i) in {",", "."} and not (self.word(i) == "." and not self.joined(i)) else i
        for k in (self.skip(j, "art", langs, 1), j):
            word = self.word(k)
            if word.isdecimal() and len(word) == 4 and self._is_year(k):
                return int(word), k + 1
            if self.word(k) == "'" and self.joined(k + 1) and len(self.word(k + 1)) == 2 and self.word(k + 1).isdecimal():
                short = int(self.word(k + 1))
                return (2000 if short <= self.anchor.year % 100 + 10 else 1900) + short, k + 2
            year = self._this_year(k, langs)
            if year is not None:
                return year
        return None

    def _this_year(self, i: int, langs: int) -> tuple[int, int] | None:
        """Reads "last year", "año pasado": the year and the next index."""
        rel = self.at(i, "rel", langs)
        unit = self.at(i if rel is None else rel[2], "unit", langs)
        if rel is None and unit is not None:
            rel = self.at(unit[2], "rel_post", unit[1])
        if rel is None or unit is None or unit[0] != "year":
            return None
        return cal.shifted(self.anchor, "year", int(rel[0]))[0].year, max(rel[2], unit[2])

    def _is_year(self, i: int) -> bool:
        """Whether the four digits at `i` can be a year: 1000 to 2999, part of no larger number, amount or code."""
        if not "1000" <= self.words[i] <= "2999":
            return False
        if self.joined(i) and self.word(i - 1) not in {"(", '"', "'", "[", "-", "–", "—", "“", "‘"}:
            return False
        if self.joined(i) and self.word(i - 1) == "-" and self.word(i - 2).isdecimal() and len(self.word(i - 2)) != 4:
            return False  # the end of a telephone number
        if self.joined(i + 1):
            after = self.word(i + 1)
            if after in CURRENCY or after.isalnum() or after == "%":
                return False
            if after in ".,:/-" and self.joined(i + 2) and self.word(i + 2)[:1].isalnum():
                return after == "-" and len(self.word(i + 2)) == 4
        return True

    def date(self, i: int, langs: int, strong: bool) -> Found | None:
        """The date written at token `i`; `strong` when a preposition of time stands before it."""
        word = self.word(i)
        if word.isdecimal() and word.isascii():
            return (
                self._numeric(i, langs)
                or self._day_month(i, langs)
                or self._foreign(i)
                or self._year(i, langs, strong)
                or self._short_decade(i)
            )
        if word == "q" or (word[:1] == "q" and word[1:].isdecimal()):
            return self._quarter(i)
        if word in {"'", "’"} and self.joined(i + 1):
            return self._short_decade(i + 1)
        said = self.at(i, "yearword", langs)
        if said is not None and self.word(said[2]).isdecimal():
            return self._year(said[2], said[1], strong=True)
        decade = self.at(i, "word90", langs)
        if decade is not None and (strong or self.word(i - 1) == "the"):
            return Found(*cal.decade(1900 + int(decade[0])), decade[2], decade[1], "decade")
        return self._month_day(i, langs)

    def _month_day(self, i: int, langs: int) -> Found | None:
        """Reads "May 4", "May 4th, 2024", "May the 4th", "März 2024" is left to the names."""
        month = self.at(i, "mon", langs) or self.at(i, "monabbr", langs)
        if month is None:
            return None
        j = month[2] + 1 if self.word(month[2]) == "." and self.joined(month[2]) else month[2]
        j = self.skip(j, "art", month[1] & EN, 1)
        day = self.word(j)
        if not (day.isdecimal() and len(day) <= 2 and 1 <= int(day) <= 31) or self.joined(j):
            return None
        k = j + 1
        if self.joined(k) and self.word(k) in {"st", "nd", "rd", "th"}:
            k += 1
        elif self.joined(k) and (self.word(k).isalnum() or (self.word(k) in ".:%/" and self.joined(k + 1) and self.word(k + 1).isalnum())):
            return None
        if self.words[i] in {"may", "march"} and not self.capital(i) and (self.at(k, "unit", EN) or self.word(k) in COUNTED):
            return None
        return self._dated(int(month[0]), int(day), k, month[1])

    def _dated(self, month: int, day: int, i: int, langs: int) -> Found | None:
        year = self.year_tail(i, langs)
        if year is not None:
            return Found(*cal.day(year[0], month, day), year[1], langs, "day")
        years = range(max(1, self.anchor.year - 8), min(9998, self.anchor.year + 8) + 1)
        choices = [cal.day(y, month, day) for y in years if month != 2 or day < 29 or isleap(y)]
        return self._recurring(choices, "day", i, langs) if choices else None

    def _day_month(self, i: int, langs: int) -> Found | None:
        """Reads "4 May 2024", "4th of May", "4. Mai", "4 de mayo de 2024"."""
        word = self.word(i)
        if len(word) > 2 or not 1 <= int(word) <= 31 or self._inside(i):
            return None
        j = i + 1
        if self.joined(j) and self.word(j) in {"st", "nd", "rd", "th", ".", "er", "º", "°", "o"}:
            j += 1
        j = self.skip(j, "art", langs, 1)
        month = self.at(j, "mon", langs) or self.at(j, "monabbr", langs)
        if month is None or (self.words[j] in {"may", "march", "mar", "sun", "set"} and not self.capital(j) and self.word(j - 1) != "of"):
            return None
        return self._dated(int(month[0]), int(word), month[2], month[1])

    def _foreign(self, i: int) -> Found | None:
        """Reads "4 мая 2024": a day, a word the lexicon does not know, a year."""
        word = self.word(i)
        j = i + 1 if self.word(i + 1) != "." else i + 2
        name = self.word(j)
        if len(word) > 2 or not 1 <= int(word) <= 31 or len(name) < 3 or not name.isalpha() or name in LEXICON or self._inside(i):
            return None
        year = self.word(j + 1)
        if not (len(year) == 4 and year.isdecimal() and year.isascii() and self._is_year(j + 1)) or self.lookups >= 8:
            return None
        self.lookups += 1
        month = month_of(int(word), name, int(year))
        return None if month is None else Found(*cal.day(int(year), month, int(word)), j + 2, ANY, "day")

    def _inside(self, i: int) -> bool:
        """Whether the digits at `i` are the tail of something longer; "3-5 May" is not."""
        before = self.word(i - 1) if self.joined(i) else ""
        if before in {"-", "–"}:
            return not (self.word(i - 2).isdecimal() and len(self.word(i - 2)) <= 2)
        return bool(before) and (before in ".,:/" or before in CURRENCY)

    def _numeric(self, i: int, langs: int) -> Found | None:
        """ISO 8601, "2024/05/04", "05/04/2024" (month first, unless it is over 12), "4.5.2024" (day first), "2024-05"."""
        if self.joined(i) and (self.word(i - 1) in "-./:,+" or self.word(i - 1).isalnum() or self.word(i - 1) in CURRENCY):
            return None
        iso = ISO.match(self.text, self.starts[i])
        if iso is not None:
            return self._iso(iso, i)
        sign = self.word(i + 1)
        if sign not in {"/", "-", "."} or not all(self.joined(i + k) for k in (1, 2)):
            return None
        first, second = self.word(i), self.word(i + 2)
        if not second.isdecimal() or not second.isascii():
            return None
        whole = self.word(i + 3) == sign and self.joined(i + 3) and self.joined(i + 4) and self.word(i + 4).isdecimal()
        tail = self.joined(i + 5) and (self.word(i + 5).isalnum() or (self.word(i + 5) in "-/." and self.joined(i + 6)))
        if whole and not tail and self.word(i + 4).isascii():
            third = self.word(i + 4)
            if sign == "." and (self.word(i - 1) in VERSIONS or (len(first) == 4 and not len(second) == len(third) == 2)):
                return None
            if len(first) == 4 and len(second) <= 2 and len(third) <= 2:
                return Found(*cal.day(int(first), int(second), int(third)), i + 5, langs, "day")
            if len(third) == 4 and len(first) <= 2 and len(second) <= 2:
                day_first = sign == "." or int(first) > 12
                day, month = (int(first), int(second)) if day_first else (int(second), int(first))
                return Found(*cal.day(int(third), month, day), i + 5, langs, "day")
            return None
        month_of_year = sign in "-/" and "1900" <= first <= "2099" and len(first) == 4 and len(second) == 2 and 1 <= int(second) <= 12
        if month_of_year and not (self.joined(i + 3) and (self.word(i + 3).isalnum() or self.word(i + 3) in "-/")):
            return Found(*cal.month(int(first), int(second)), i + 3, langs, "month")
        return None

    def _iso(self, match: re.Match[str], i: int) -> Found:
        at = datetime.fromisoformat(match.group())
        j = i
        while j < self.count and self.starts[j] < match.end():
            j += 1
        if len(match.group()) == 10:
            return Found(at, at + DAY, j, ANY, "day")
        if at.tzinfo is not None:
            at = at.astimezone(self.zone).replace(tzinfo=None)
        return Found(at, at + timedelta(hours=1), j, ANY, "hour")

    def _year(self, i: int, langs: int, strong: bool) -> Found | None:
        word = self.word(i)
        if len(word) != 4 or not self._is_year(i):
            return None
        number = int(word)
        if self.joined(i + 1) and self.word(i + 1) == "s":
            return None
        after = self.word(i + 1)
        if after in COUNTED or not 1900 <= number <= 2099 or after in CURRENCY:
            return None
        if not strong and not self._lone_year(i):
            return None
        return Found(*cal.year(number), i + 1, langs, "year")

    def _lone_year(self, i: int) -> bool:
        before, after = self.word(i - 1), self.word(i + 1)
        if before.isdecimal():
            return False
        if before in {"year", "of", "back", "ano", "jahr", "annee", "anno"}:
            return True
        if before.isalnum() and before in {
            "a",
            "an",
            "my",
            "the",
            "our",
            "her",
            "his",
            "model",
            "version",
            "room",
            "code",
            "pin",
            "number",
            "no",
            "page",
            "order",
            "bus",
            "route",
            "flight",
            "line",
            "id",
            "port",
            "section",
        }:
            return False
        return not after.isalnum() or after in AFTER_YEAR

    def _short_decade(self, i: int) -> Found | None:
        """Reads "90s", "'90s", "1990s"."""
        word = self.word(i)
        if len(word) not in (2, 4) or not word.endswith("0") or not word.isascii() or not word.isdecimal():
            return None
        j = i + 2 if self.word(i + 1) == "'" and self.joined(i + 1) else i + 1
        if not (self.word(j) == "s" and self.joined(j)):
            return None
        announced = self.word(i - 1) in {"the", "'", "’", "early", "mid", "late", "-"}
        if len(word) == 4:
            return Found(*cal.decade(int(word)), j + 1, EN, "decade") if "1800" <= word <= "2090" else None
        if not announced or int(word) == 0:
            return None
        century = 2000 if int(word) <= 10 else 1900
        return Found(*cal.decade(century + int(word)), j + 1, EN, "decade")

    def _quarter(self, i: int) -> Found | None:
        word, j = (self.word(i)[1:], i + 1) if self.word(i) != "q" else (self.word(i + 1) if self.joined(i + 1) else "", i + 2)
        if word not in {"1", "2", "3", "4"}:
            return None
        number = int(word)
        year = self.year_tail(j, ANY)
        if year is not None:
            return Found(*cal.quarter(year[0], number), year[1], ANY, "quarter")
        return self._recurring(self._years(lambda y: cal.quarter(y, number)), "quarter", j, ANY)

    def _day_of_month(self, i: int) -> Found | None:
        """Reads "(on) the 15th", when nothing it could count follows."""
        after = self.word(i + 2)
        if after.isalnum() and after not in AFTER_YEAR and not self.at(i + 2, "since", EN):
            return None
        day, choices = int(self.word(i)), list[Stretch]()
        for n in range(-2, 4):
            month = cal.add_months(self.today.replace(day=1), n)
            if day <= (cal.add_months(month, 1) - month).days:
                choices.append((month + DAY * (day - 1), month + DAY * day))
        return self._recurring(choices, "day", i + 2, EN) if day and choices else None
