"""Time phrases: `find` reads "last week", "since 2021", "by the end of Q3", "vor zwei Wochen", 上周 and says what they mean.

The rules: words in `dates_lexicon` (data), calendar arithmetic in `dates_calendar`, the reader in `dates_grammar`, Chinese in
`dates_chinese`. This file joins prepositions and ranges to the periods read and turns them into UTC.

Readings chosen where usage is split: "next Friday" is the first Friday after today; "04/05/2024" is April 5 (month first, unless
the first number is over 12), "4.5.2024" is 4 May; weeks begin on Monday; "two weeks ago" is the calendar week two weeks back, at
the grain of its unit; seasons are those of the northern hemisphere; names without a year ("in March", "on Monday") are the
latest one that has begun, or the next one where the sentence speaks of the future; "a few" and "several" are 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Literal, cast

from perdure.rules import dates_calendar as cal
from perdure.rules.dates_calendar import DAY, Grain, Stretch
from perdure.rules.dates_chinese import find_chinese
from perdure.rules.dates_grammar import Found, Reader
from perdure.rules.dates_lexicon import ANY, CORE_WORDS, EN, LEXICON, fold

Relation = Literal["at", "since", "until", "by", "before", "after", "every"]


@dataclass(frozen=True, slots=True)
class DatePhrase:
    """A time phrase and the stretch of time it means.

    `start` and `end` are UTC, the end excluded, always start < end. `text` is `span` of the text it was found in, prepositions
    included. What `relation` says about the stretch:

    - "at": it is the period named.
    - "since": from the period's beginning to the anchor. "after": from the period's end to the anchor. When that lies in the
      future the stretch closes with the period, or as long after it.
    - "until" and "by": to the period's end, from the anchor or, if earlier, the period's beginning. "before": to its beginning.
    - "every": the first occurrence that has not ended at the anchor.
    """

    start: datetime
    end: datetime
    text: str
    span: tuple[int, int]
    relation: Relation = "at"


CHUNK = 16_000
"""Characters read at a time, cut at white space: keeps memory flat on very long texts."""
REACH = 7
"""How many tokens a phrase may begin before the word that makes it one ("by the end of the third quarter")."""
RELATIONS: tuple[Relation, ...] = ("since", "until", "by", "before", "after")
PREPOSITIONS = ("at", "forDate")
WORD = re.compile(r"[ऀ-ॿ]+|[^\W\d_]+")
DIGITS = re.compile(
    r"(?<![0-9])[0-9]{4}(?![0-9])|[0-9][/.-][0-9]{1,2}[/.-][0-9]|[0-9]0'?s\b|[0-9] ?(?:[ap]\.? ?m\b|st\b|nd\b|rd\b|th\b|"
    r"uhr\b|h\b|o'clock)"
    r"|[0-9]:[0-5][0-9]|\bq[1-4]\b|\bnoon\b|\bmidnight\b",
    re.IGNORECASE,
)
CHINESE = re.compile("[\u4e00-\u9fff]")
PERFECT = frozenset({"have", "has", "ve", "been", "having", "s"})


def find(text: str, anchor: datetime) -> tuple[DatePhrase, ...]:
    """The time phrases of `text`, in order and without overlap, resolved against `anchor`.

    Args:
        text: any text; never raises on it, and takes time linear in its length.
        anchor: the aware instant the text was said at; days begin and end in its own time zone. A naive one is taken as UTC.

    Returns:
        Phrases; those that fall outside the years 1 to 9999 are left out.
    """
    zone: tzinfo = anchor.tzinfo or UTC
    local = anchor.replace(tzinfo=None)
    found: list[DatePhrase] = []
    for offset, chunk in _chunks(text):
        if CHINESE.search(chunk):
            found += _placed(find_chinese(chunk, local), chunk, offset, zone)
        if DIGITS.search(chunk) or _has_word(chunk):
            reader = Reader(chunk, local, zone)
            found += _placed(_phrases(reader), chunk, offset, zone)
    found.sort(key=lambda p: (p.span[0], -p.span[1]))
    kept: list[DatePhrase] = []
    for phrase in found:
        if not kept or phrase.span[0] >= kept[-1].span[1]:
            kept.append(phrase)
    return tuple(kept)


def _chunks(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    while len(text) - start > CHUNK:
        cut = max(text.rfind("\n", start, start + CHUNK), text.rfind(" ", start + CHUNK // 2, start + CHUNK))
        cut = start + CHUNK if cut <= start else cut + 1
        yield start, text[start:cut]
        start = cut
    yield start, text[start:]


def _has_word(text: str) -> bool:
    if text.isascii():
        return not CORE_WORDS.isdisjoint(WORD.findall(text.lower()))
    return any(fold(w) in CORE_WORDS for w in WORD.findall(text))


def _placed(phrases: Iterator[tuple[Stretch, int, int, Relation]], chunk: str, offset: int, zone: tzinfo) -> Iterator[DatePhrase]:
    """The phrases in UTC and at their place in the whole text."""
    for (start, end), first, last, relation in phrases:
        try:
            utc = start.replace(tzinfo=zone).astimezone(UTC), end.replace(tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError):
            continue
        if utc[0] < utc[1]:
            yield DatePhrase(*utc, chunk[first:last], (offset + first, offset + last), relation)


def _phrases(r: Reader) -> Iterator[tuple[Stretch, int, int, Relation]]:
    hot = [i for i, w in enumerate(r.words) if w in CORE_WORDS or w[0].isdecimal() or w in {"q", "noon", "midday", "midnight"}]
    i = 0
    for core in hot:
        i = max(i, core - REACH)
        while i <= core:
            word = r.words[i]
            if word in LEXICON or word[0].isdecimal() or word in {"'", "q", "noon", "midday", "midnight"}:
                try:
                    read = _phrase(r, i)
                except (ValueError, OverflowError, IndexError, StopIteration):
                    read = None  # no such day, or outside the calendar
                if read is not None and read[0][0] < read[0][1]:
                    stretch, next_, relation = read
                    yield stretch, r.starts[i], r.ends[next_ - 1], relation
                    i = next_
                    continue
            i += 1


Read = tuple[Stretch, int, Relation]


def _phrase(r: Reader, i: int) -> Read | None:
    return _every(r, i) or _range(r, i) or _bare(r, i) or _related(r, i) or _lasting(r, i) or _prepositional(r, i) or _hour(r, i)


def _finish(r: Reader, i: int, found: Found, relation: Relation = "at", default: int = -1) -> Read:
    """Tense settled, a relation behind the period (Hindi) read, the relation applied."""
    next_ = found.next
    for kind, behind in (("since_post", "since"), ("until_post", "until"), ("at_post", "at")):
        hit = r.at(next_, kind, found.langs)
        if hit is not None and relation == "at":
            relation, next_ = cast("Relation", behind), hit[2]
            break
    if found.choices is not None:
        tense = -1 if relation == "since" else r.tense(i, next_, default)
        found = found.settle(r.anchor, tense)
    if found.relation:
        relation = cast("Relation", found.relation)
        return (found.start, found.end), next_, relation
    return _bounded(r.anchor, (found.start, found.end), relation), next_, relation


def _bounded(anchor: datetime, s: Stretch, relation: Relation) -> Stretch:
    start, end = s
    match relation:
        case "since":
            return start, anchor if anchor > start else end
        case "after":
            return end, anchor if anchor > end else end + (end - start)
        case "until" | "by":
            return min(anchor, start), end
        case "before":
            return min(anchor, start - (end - start)), start
        case _:
            return s


def _bare(r: Reader, i: int) -> Read | None:
    found = r.period(i)
    return None if found is None else _finish(r, i, found)


def _related(r: Reader, i: int) -> Read | None:
    for relation in RELATIONS:
        hit = r.at(i, relation, ANY)
        if hit is None:
            continue
        j = hit[2]
        if relation == "since":
            far = r.distance(r.skip(j, "art", hit[1]), hit[1])
            if far is not None and far[1] not in ("minute", "weekend") and r.at(far[3], "ago_post", far[2]) is None:
                return _back(r, far)
        found = r.period(j, hit[1], strong=True)
        if found is None and (clock := r.clock(j)) is not None and (clock[3] or r.word(j + 1) == ":"):
            return _at_hour(r, clock, relation)
        if found is not None:
            return _finish(r, i, found, relation, 1 if relation in ("by", "until") else -1)
    if r.word(i) in {"from", "dal", "ab", "de", "von"}:
        found = r.period(i + 1, strong=True)
        onward = None if found is None else r.at(found.next, "onward", found.langs)
        if found is not None and (onward is not None or (r.word(i) == "from" and found.start > r.anchor)):
            found = replace(found, next=onward[2] if onward is not None else found.next)
            return _finish(r, i, found.settle(r.anchor, r.tense(i, found.next)), "since")
    return None


def _back(r: Reader, far: tuple[int, Grain, int, int]) -> Read:
    """From `far` before the anchor up to it."""
    start = cal.add(r.anchor, far[1], -far[0])
    return (start if far[1] in ("minute", "hour") else cal.midnight(start), r.anchor), far[3], "since"


def _lasting(r: Reader, i: int) -> Read | None:
    """Reads "for the past three years"; "for three years" too, in the perfect ("I have lived here …") or with "now"."""
    if r.word(i) != "for":
        return None
    found = r.period(i + 1, EN)
    if found is not None and found.end == r.anchor:
        return (found.start, found.end), found.next, "since"
    far = r.distance(i + 1, EN)
    if far is None or far[1] in ("minute", "hour"):
        return None
    low = i
    while low > max(0, i - 12) and r.word(low - 1) not in {".", "!", "?", ";"}:
        low -= 1
    if r.word(far[3]) in {"now", "already"}:
        return (_back(r, far)[0], far[3] + 1, "since")
    return (
        _back(r, far)
        if any(w in PERFECT and not (w == "s" and r.word(k) == "let") for k, w in enumerate(r.words[low:i], low - 1))
        else None
    )


def _prepositional(r: Reader, i: int) -> Read | None:
    for kind in PREPOSITIONS:
        hit = r.at(i, kind, ANY)
        if hit is None:
            continue
        found = r.period(hit[2], hit[1], strong=len(r.words[i]) > 1)  # "a 2019 Honda" is not Italian
        if found is not None and found.grain == "season" and found.weak and r.words[i] in {"about", "around", "at"}:
            continue  # "we talked about summer"
        if found is not None:
            return _finish(r, i, found, "at", 1 if kind == "forDate" else -1)
    return None


def _hour(r: Reader, i: int) -> Read | None:
    """Reads "at 6pm", "6:30 pm tomorrow", "um 18 Uhr", "at noon on Friday"."""
    j = i + 1 if r.word(i) in {"at", "um", "around", "by", "alle", "las"} else i
    clock = r.clock(j)
    if clock is None or not (clock[3] or j > i) or (r.word(j) in {"noon", "midday", "midnight"} and j == i):
        return None
    before = r.word(j - 1) if r.joined(j) else ""
    return None if before and before in ".,:/-$€£#" else _at_hour(r, clock, "at", first=i)


def _at_hour(r: Reader, clock: tuple[int, int, int, bool], relation: Relation, *, first: int = 0) -> Read | None:
    hour, minute, j, _ = clock
    k = j + 1 if r.word(j) in {"on", "of", ","} else j
    found = r.period(k, strong=k > j)
    if found is not None and found.grain == "day":
        found = found.settle(r.anchor, r.tense(first or j, found.next))
        start, next_ = found.start, found.next
    else:
        start, next_ = r.today, j
    start = start.replace(hour=hour, minute=minute)
    return _bounded(r.anchor, (start, start + cal.TIME_IN["hour"]), relation), next_, relation


# ── repetition ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _every(r: Reader, i: int) -> Read | None:
    freq = r.at(i, "freq", ANY)
    if freq is not None:
        return cal.around(r.anchor, cast("Grain", freq[0])), freq[2], "every"
    at = r.at(i, "at", EN)
    j = at[2] if at is not None else i
    plural = r.at(j, "wdplural", ANY)
    if plural is not None and r.word(plural[2]) != "ago":
        return _occurrence(r, int(plural[0]), plural[2], plural[1])
    if r.word(j) == "weekends" and r.word(j + 1) not in {"ago", "back", "from", "later"} and r.at(j - 1, "num", EN) is None:
        return cal.around(r.anchor, "weekend"), j + 1, "every"
    hit = r.at(i, "every", ANY)
    if hit is None:
        return None
    langs = hit[1]
    number = r.number(hit[2], langs)
    j = number[2] if number is not None else hit[2]
    weekday = r.at(j, "wd", langs) or r.at(j, "wdplural", langs)
    if weekday is not None:
        return _occurrence(r, int(weekday[0]), weekday[2], weekday[1])
    unit = r.at(j, "unit", langs)
    if unit is not None:
        start, end = cal.around(r.anchor, cast("Grain", unit[0]))
        found = r.refined(Found(start, end, unit[2], unit[1], cast("Grain", unit[0])))
        return (found.start, found.end), found.next, "every"
    part = r.at(j, "part", langs)
    if part is not None:
        hours = [int(h) for h in str(part[0]).split("-")]
        start = r.today + hours[0] * cal.TIME_IN["hour"]
        return (start, start + (hours[1] - hours[0]) * cal.TIME_IN["hour"]), part[2], "every"
    found = r.period(j, langs, strong=True)
    if found is None or found.choices is None:
        return None
    found = found.settle(r.anchor, 1)
    return (found.start, found.end), found.next, "every"


def _occurrence(r: Reader, weekday: int, next_: int, langs: int) -> Read:
    start = r.today + DAY * ((weekday - r.today.weekday()) % 7)
    found = r.refined(Found(start, start + DAY, next_, langs, "day"))
    return (found.start, found.end), found.next, "every"


# ── ranges ────────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _range(r: Reader, i: int) -> Read | None:
    """Reads "from May to July 2024", "between 2019 and 2021", "2019-2021", "May 3-5", "3-5 May 2024"."""
    opening = r.at(i, "from", ANY)
    j, langs, kind = (opening[2], opening[1], int(opening[0])) if opening is not None else (i, ANY, 0)
    if not kind and not (r.word(i).isdecimal() or any(r.at(i, k, ANY) for k in ("mon", "monabbr", "wd", "season"))):
        return None
    days = _days_of_month(r, j, langs)
    if days is not None:
        return days
    first = r.period(j, langs, strong=True)
    if first is None:
        return None
    k = first.next
    dash = r.word(k) in {"-", "–", "—"}
    to = r.at(k, "to", first.langs)
    if not dash and (to is None or (kind == 2) != (to[0] == 2)):
        return None
    k = k + 1 if dash or to is None else to[2]
    langs = first.langs if dash or to is None else to[1]
    if kind and r.word(k) in {"now", "present", "date"}:
        first = first.settle(r.anchor, -1)
        return (first.start, r.anchor), k + 1, "since"
    day = r.word(k)
    if first.grain == "day" and day.isdecimal() and len(day) <= 2 and not r.at(k + 1, "mon", langs) and not r.at(k + 1, "unit", langs):
        return _to_day(r, i, first, int(day), k + 1)
    second = r.period(k, langs, strong=True)
    if second is None or (not kind and second.grain != first.grain):
        return None
    one, two = _pair(r, i, first, second)
    return ((one[0], two[1]), second.next, "at") if one[0] < two[1] else None


def _pair(r: Reader, i: int, first: Found, second: Found) -> tuple[Stretch, Stretch]:
    """Both ends of a range; an end without its year takes it from the other."""
    if second.choices is not None and first.choices is None:
        two = _moved(second, first.start, after=True)
        return (first.start, first.end), two
    later = second.settle(r.anchor, r.tense(i, second.next))
    two = later.start, later.end
    one = (first.start, first.end) if first.choices is None else _moved(first, two[0], after=False)
    return one, two


def _moved(found: Found, to: datetime, *, after: bool) -> Stretch:
    """The recurring stretch nearest to `to`, not before it (`after`) or not after it."""
    start, end = (found.choices or [(found.start, found.end)])[0]
    if found.choices is not None and len(found.choices) == 2:  # a weekday: comes round weekly
        days = (to - start).days
        weeks = -(-days // 7) if after else days // 7
        return start + 7 * DAY * weeks, end + 7 * DAY * weeks
    years = to.year - start.year
    for n in (years - 1, years, years + 1) if after else (years + 1, years, years - 1):
        moved = cal.add_months(start, 12 * n), cal.add_months(end, 12 * n)
        if (moved[0] >= to) if after else (moved[0] <= to):
            return moved
    return start, end


def _to_day(r: Reader, i: int, first: Found, day: int, next_: int) -> Read | None:
    if r.joined(next_) and r.word(next_) in {"st", "nd", "rd", "th"}:
        next_ += 1
    year = r.year_tail(next_, first.langs)
    if year is not None:
        first = first.settle(r.anchor, -1)
        start, next_ = first.start.replace(year=year[0]), year[1]
    else:
        start = first.settle(r.anchor, r.tense(i, next_)).start
    end = start.replace(day=day) + DAY
    return ((start, end), next_, "at") if end > start + DAY else None


def _days_of_month(r: Reader, i: int, langs: int) -> Read | None:
    """Reads "3-5 May 2024", "3 to 5 May"."""
    first = r.word(i)
    k = i + 1 if r.word(i + 1) != "." else i + 2
    if not (first.isdecimal() and len(first) <= 2) or not (r.word(k) in {"-", "–"} or r.at(k, "to", langs)):
        return None
    last = r.period(k + 1, langs, strong=True) if r.word(k + 1).isdecimal() and len(r.word(k + 1)) <= 2 else None
    if last is None or last.grain != "day":
        return None
    last = last.settle(r.anchor, r.tense(i, last.next))
    start = last.start.replace(day=int(first))
    return ((start, last.end), last.next, "at") if start < last.start else None


__all__ = ["DatePhrase", "Relation", "find"]
