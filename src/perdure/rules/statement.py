"""One sentence, read for comparison with another: its words, clause by clause, what is negated or hedged, its numbers, units and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from perdure.rules import claiming as data
from perdure.rules.dates import find
from perdure.rules.words import terms

#: A day as it was named: year, month, day; 0 for what was not said.
Day = tuple[int, int, int]

_WORD: Final = re.compile(r"[$€£¥%]|[^\W_]+(?:[-.:/@'’,][^\W_]+)*")
_HAN: Final = re.compile("[\u3400-\u9fff]")
_NUMBER: Final = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?")
_MONTH: Final = "|".join(sorted((m for m in data.MONTHS if len(m) > 2), key=len, reverse=True))
_DATES: Final = (
    re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"),
    re.compile(r"(?:(?P<y>\d{4})年)?(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})[日号])?"),
    re.compile(
        rf"(?<![\w.])(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th|er|re)?(?: of| de)? (?P<name>{_MONTH})\b\.?(?:,? (?:de |del )?(?P<y>\d{{4}}))?"
    ),
    re.compile(rf"\b(?P<name>{_MONTH})\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,? (?P<y>\d{{4}}))?"),
    re.compile(rf"\b(?P<name>{_MONTH})\.?,? (?:of |de |del )?(?P<y>\d{{4}})\b"),
    re.compile(r"(?P<y>\d{4})年"),
    re.compile(r"(?<![\d.,:/-])(?P<y>(?:19|20)\d\d)(?![\d:]|[.,-]\d)"),
)
_MONTH_ALONE: Final = re.compile(rf"\b(?:in|im|en|since|seit|by|until|of|depuis|desde|early|late|der|el)? ?(?P<name>{_MONTH})\b")
_TIME: Final = re.compile(r"\b(\d{1,2})(?::(\d\d))?\s*(am|pm|a\.m\.|p\.m\.)(?!\w)")
_BREAK: Final = re.compile(r"[.!?;,:—–](?=\s|$)|[。，；！？：、]|\n")
_JOINS: Final = frozenset("and but und aber sondern y e pero sino et mais who which while whereas although".split())
_JOINS_CHINESE: Final = re.compile(r"但是?|而且?|不过")
_RATHER: Final = re.compile(r"\b(?:rather than|instead of|anstatt|statt|en vez de|en lugar de|plutot que|au lieu de|but not)\b|而不是")
_PREFERS: Final = re.compile(r"\b(?:prefer\w*|better|rather|bevorzug\w*|lieber|prefier\w*|mieux|plutot)\b")
_THAN: Final = frozenset("to over than als que".split())
_HEDGED_MODE: Final = re.compile(
    r"\b(?:may|ob) (?:be|have|go|move|get|buy|\w+e)\b|\bshould i\b|(?:\bwould|'d) (?:like|love|prefer|rather)\b|\bsuis en train de reflechir\b"
)
_NUMBERS: Final = r"\[\d{1,3}(?:\s?[,;]\s?\d{1,3}){0,20}\]"
_CITED: Final = re.compile(rf"\s*{_NUMBERS}")
_END: Final = re.compile(
    rf"[.!?]+[\"”’)*_]*(?:\s*{_NUMBERS})*\s++(?!\[\d)"
    r"|(?<=\])\s+(?=[^\[\sa-zà-ÿ])"  # "… in Delhi [2] She works": the number ended the sentence
    rf"|[。！？]+[”」]?(?:\s*{_NUMBERS})*\s*+(?!\[)|\n++"
)
_MADE: Final = re.compile(r"[^\W_]*\d[^\W_]*(?:[-._/][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Word:
    """A word: as written, folded, the clause it stands in, its index terms; `capital` when written so, `first` in its sentence."""

    text: str
    key: str
    clause: int
    terms: frozenset[str]
    capital: bool = False
    first: bool = False
    start: int = 0


@dataclass(slots=True)
class Clause:
    """What holds of a stretch of a sentence as a whole."""

    negated: bool = False
    instead: bool = False  # what was not chosen: "rather than …", "to coffee"
    weak: frozenset[str] = frozenset()  # words that say no in themselves
    hedged: bool = False


@dataclass(slots=True)
class Statement:
    """A sentence read.

    `words` are all its words, `content` those that say something; `numbers` values with their unit ("" when there is none), `codes` such
    as E-52; `days` the dates named, `months` those without a day. `chinese`: it is written in Chinese, and its words are characters.
    """

    text: str
    words: list[Word] = field(default_factory=list[Word])
    content: list[Word] = field(default_factory=list[Word])
    clauses: list[Clause] = field(default_factory=list[Clause])
    numbers: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    codes: list[str] = field(default_factory=list[str])
    days: list[Day] = field(default_factory=list[Day])
    chinese: bool = False
    german: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """Every folded word."""
        return frozenset(w.key for w in self.words)


def read(text: str) -> Statement:
    """Reads one sentence or a few; never fails."""
    found = Statement(text, chinese=len(_HAN.findall(text)) * 3 > sum(c.isalnum() for c in text))
    folded = data.fold(text)
    rest = _take_dates(folded, found)
    _take_numbers(rest, found)
    _take_words(text, found)
    found.german = len(found.keys & data.GERMAN) >= max(1, len(found.words) // 8) and not found.chinese
    return found


def sentences(text: str) -> list[str]:
    """The sentences of a text, each with the marks that end it and the citation numbers that follow."""
    parts: list[str] = []
    start = 0
    for m in _END.finditer(text):
        if m[0][:1] == "." and data.ABBREVIATION.search(text[max(0, m.start() - 12) : m.start() + 1]):
            continue
        parts.append(text[start : m.end()])
        start = m.end()
    parts.append(text[start:])
    return [p for p in parts if p.strip()]


def cited(sentence: str) -> tuple[str, list[int]]:
    """A sentence without its citation numbers, and these, each once: "[2][5]" or "[2, 5]"."""
    numbers: list[int] = []
    while (without := _CITED.sub("", sentence)) != sentence:  # what is left may look like one again: "[[1]2]"
        numbers += [int(n) for found in _CITED.findall(sentence) for n in re.findall(r"\d+", found)]
        sentence = without
    return sentence.strip(), list(dict.fromkeys(numbers))


def fingers(text: str, said_at: datetime | None) -> list[Day]:
    """The days that a text's relative phrases ("yesterday", "letzten Sonntag") mean when said at `said_at`, each as far as it says."""
    if said_at is None:
        return []
    days: list[Day] = []
    for phrase in find(text, said_at):
        length = phrase.end - phrase.start
        first = phrase.start
        if length <= timedelta(days=1, hours=1):
            days.append((first.year, first.month, first.day))
        elif length <= timedelta(days=32):
            days.append((first.year, first.month, 0))
        elif length <= timedelta(days=367) and first.month == 1:
            days.append((first.year, 0, 0))
    return days


def _take_dates(folded: str, found: Statement) -> str:
    """Adds the dates named; returns the text without them."""
    for pattern in _DATES:
        for m in pattern.finditer(folded):
            parts = m.groupdict()
            month = data.MONTHS.get(parts.get("name") or "") or int(parts.get("m") or 0)
            day = (int(parts.get("y") or 0), month, int(parts.get("d") or 0))
            if month <= 12 and day[2] <= 31:
                found.days.append(day)
        folded = pattern.sub(lambda m: " " * len(m[0]) if len(m[0]) else "", folded)
    for m in _MONTH_ALONE.finditer(folded):
        if m["name"] not in ("may", "mar", "mars", "march", "sept", "dec", "jan") or (
            m[0] != m["name"] and m[0][:2] in ("in", "im", "en", "si")
        ):
            found.days.append((0, data.MONTHS[m["name"]], 0))
    return folded


def _take_numbers(folded: str, found: Statement) -> None:
    def timed(m: re.Match[str]) -> str:
        hour = int(m[1]) % 12 + (12 if m[3].startswith("p") else 0)
        found.numbers.append((hour + int(m[2] or 0) / 100, "clock"))
        return " "

    folded = _TIME.sub(timed, folded)
    for m in re.finditer(r"(?<![\d:])(\d{1,2}):(\d\d)(?!\d)", folded):
        found.numbers.append((int(m[1]) + int(m[2]) / 100, "clock"))
    folded = re.sub(r"(?<![\d:])\d{1,2}:\d\d(?!\d)", " ", folded)
    if found.chinese:
        folded = _HAN.sub(" ", data.CHINESE_NUMBER.sub(lambda m: f" {_chinese_value(m[1])} ", folded))
    words = list(_WORD.finditer(folded))
    for i, m in enumerate(words):
        before, after = (words[i - 1][0] if i else ""), (words[i + 1][0] if i + 1 < len(words) else "")
        word = m[0]
        if _MADE.fullmatch(word) and re.search(r"[^\W\d_]|-", word):
            measure = re.fullmatch(r"(\d+(?:[.,]\d+)?)([^\W\d_]+)", word)
            if measure is None:
                found.codes.append(word)
                continue
            ordinal = measure[2] in ("st", "nd", "rd", "th", "er", "eme", "e")
            unit = data.UNITS.get(measure[2], data.UNITS.get(measure[2][:2], data.UNITS.get(measure[2][:1], "")))
            if not ordinal and not unit and not found.chinese:
                found.codes.append(word)
                continue
            found.numbers.append((_value(measure[1]), "" if ordinal else unit))
        elif (number := _NUMBER.fullmatch(word)) is not None:
            found.numbers.append((_value(number[0]), data.UNITS.get(before if before in "$€£¥" and before else after, "")))
        elif word in data.NUMBER_WORDS:
            found.numbers.append((float(data.NUMBER_WORDS[word]), data.UNITS.get(after, "")))
        elif any(c.isdigit() for c in word):
            found.codes.append(word)


def _value(digits: str) -> float:
    """1,450 and 1.450 are 1450, 4.50 and 4,5 are 4.5."""
    plain = re.sub(r"[.,' ](?=\d{3}(?:\D|$))", "", digits).replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return float(re.sub(r"\D", "", digits))


def _chinese_value(numeral: str) -> int:
    """三千二百 is 3200, 十五 is 15."""
    total = digit = 0
    for c in numeral:
        if c in data.CHINESE_TENS:
            total += (digit or 1) * data.CHINESE_TENS[c]
            digit = 0
        else:
            digit = data.CHINESE_DIGITS[c]
    return total + digit


def _take_words(text: str, found: Statement) -> None:
    """Words and clauses."""
    ends = [(m.start(), m.end(), False) for m in _BREAK.finditer(text) if not _abbreviates(text, m)]
    plain = _same_length(text)
    for m in _RATHER.finditer(plain):
        after = re.compile(r"\W*\w[\w.-]*").match(plain, m.end())
        ends += [(m.start(), m.end(), True), *([(after.end(), after.end(), False)] if after is not None else [])]
    if found.chinese:
        ends += [(m.start(), m.end(), False) for m in _JOINS_CHINESE.finditer(text)]
    ends.sort()
    prefers = bool(_PREFERS.search(plain))
    number, place = 0, 0
    found.clauses.append(Clause())
    begins = True
    for m in _pieces(text):
        while place < len(ends) and ends[place][0] <= m.start():
            number += 1
            found.clauses.append(Clause(instead=ends[place][2]))
            begins = begins or text[ends[place][0] : ends[place][0] + 1] in (*".!?\n。！？",)
            place += 1
        key = data.fold(m[0])
        if key in _JOINS or (prefers and key in _THAN):
            number += 1
            found.clauses.append(Clause(instead=key in _THAN))
            continue
        clause = found.clauses[number]
        if key in data.NEGATORS or key.endswith("n't") or m[0] in data.NEGATORS_CHINESE or key == "n'":
            clause.negated = True
            continue
        if key in data.WEAK_NEGATORS or key in data.CEASED:
            clause.weak |= {next(iter(terms(key)), key)}
        clause.hedged = clause.hedged or key in data.HEDGES
        han = bool(_HAN.match(m[0]))
        word = Word(m[0], key, number, frozenset(terms(m[0])), m[0][:1].isupper(), begins, m.start())
        begins = False
        found.words.append(word)
        if han:
            if m[0] not in data.STOP_CHINESE:
                found.content.append(word)
        elif _says(key) and not (key in data.MONTHS and found.days):
            found.content.append(word)
    for i, clause in enumerate(found.clauses):
        words = "".join(w.text for w in found.words if w.clause == i) if found.chinese else ""
        clause.hedged = clause.hedged or any(h in words for h in data.HEDGES_CHINESE)
        clause.weak |= {h for h in data.WEAK_CHINESE if h in words}
    if _HEDGED_MODE.search(plain):
        found.clauses[0].hedged = True


def _abbreviates(text: str, end: re.Match[str]) -> bool:
    return end[0] == "." and bool(data.ABBREVIATION.search(text[max(0, end.start() - 12) : end.end()]))


def _says(key: str) -> bool:
    """Whether a word says something: it is no function word and no number, which are compared apart."""
    return not (
        key in data.STOP
        or key in data.NUMBER_WORDS
        or key in data.UNITS
        or any(c.isdigit() for c in key)
        or (len(key) == 1 and key.isascii())
    )


def _pieces(text: str) -> list[re.Match[str]]:
    """Words; of a run of Chinese each character, negators whole; a French elision in two."""
    return list(re.finditer(rf"{'|'.join(data.NEGATORS_CHINESE)}|{_HAN.pattern}|[a-zA-Z]{{1,2}}['’](?=[^\W_])|[^\W_\u3400-\u9fff]+(?:[-.@][^\W_\u3400-\u9fff]+)*(?:['’](?:t|s|re|ve|ll|d|m)\b)?", text))  # fmt: skip


def _same_length(text: str) -> str:
    """Folded character by character, so that places stay what they are."""
    return "".join(data.fold(c)[:1] or " " for c in text)
