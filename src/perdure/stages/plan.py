"""plan: what a question asks for, read off its words alone: names, slots, a stretch of time, an order, the kind of answer.

Pure: no I/O, no model. The data are in `rules.questions` (trigger words to attributes) and `rules.dates` (time phrases); this
file finds whom the question is about and pairs that entity with the attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from perdure.model.graph import SELF
from perdure.model.search import Plan, TimeWindow
from perdure.rules import asking, dates
from perdure.rules import questions as data
from perdure.rules.dates_lexicon import words
from perdure.rules.subjects import CJK_RUN, Subjects, Word, words_of

MAX_LENGTH = 2_000
"""Characters read: a question is at its beginning or, in a pasted text, at its end."""

_LONG_AGO = datetime(1, 1, 2, tzinfo=UTC)


def plan(question: str, *, now: datetime, names: Mapping[str, str]) -> Plan:
    """What `question` asks for.

    Args:
        question: a question in any of the languages of `rules.questions`, or search words. Never raises on any text.
        now: the aware instant that "last week" counts from.
        names: folded names and aliases known to the owner (`entity_key`) to entity names; the user's own name to `SELF`.

    Returns:
        The plan. `entities` are names first, in order, then `SELF` for "I", "my" and when nobody else is meant. `attributes`
        are pairs, best first. `window` spans at least one instant.
    """
    text = question if len(question) <= MAX_LENGTH else question[: MAX_LENGTH // 2] + " " + question[-MAX_LENGTH // 2 :]
    words = words_of(text)
    folded = " ".join(w.bare for w in words)
    chinese = "".join(CJK_RUN.findall(text))
    phrase, window = _window(text, now)
    found = Subjects(words, text, chinese, names)
    attributes = _attributes(words, folded, chinese)
    current, order = window is None and asking.wants_value(text), _order(folded + chinese, phrase)
    return Plan(
        question=question,
        entities=found.entities(),
        attributes=_pairs(found, attributes, folded),
        window=window,
        order="" if order == "earliest" and current else order,  # "When is my first exam?": one of several, not the past
        wants=_wants(folded, chinese),
        core=asking.core(text),
        speaker=asking.whose(text),
        instructions=asking.heeds_instructions(text),
        current=current,
        present=asking.says_whose(text),
    )


# ── what it asks for ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table, compiled. `rank` is its place there."""

    rank: int
    attributes: tuple[str, ...]
    when: re.Pattern[str] | None
    unless: re.Pattern[str] | None


def _index(rows: Iterable[data.Asks]) -> dict[str, tuple[_Row, ...]]:
    index: dict[str, list[_Row]] = {}
    for rank, row in enumerate(rows):
        when = re.compile(row.when) if row.when else None
        unless = re.compile(row.unless) if row.unless else None
        for word in dict.fromkeys(row.words.split()):
            index.setdefault(word, []).append(_Row(rank, tuple(row.attributes.split()), when, unless))
    return {word: tuple(found) for word, found in index.items()}


_ROWS = _index(data.ASKS)
_CHINESE_ROWS = tuple((re.compile(pattern), tuple(attributes.split())) for pattern, attributes in data.ASKS_CHINESE)
_FAVORITE = re.compile(r"\b(?:favou?rite|lieblings|all-time favou?rite) ?((?:kind|type|sort) of )?([\w-]+(?: [\w-]+)?)")
_FAVORITE_ROMANCE = re.compile(r"\b(?:el |la |il |o |a |le )?([\w-]+) (?:favorit[oa]|preferid[oa]|preferit[oa]|preferee?|favorie?)\b")
_THINGS = {
    "colour": "color",
    "farbe": "color",
    "couleur": "color",
    "colore": "color",
    "cor": "color",
    "essen": "food",
    "comida": "food",
    "plat": "food",
    "cibo": "food",
    "film": "movie",
    "pelicula": "movie",
    "filme": "movie",
    "buch": "book",
    "libro": "book",
    "livre": "book",
    "livro": "book",
    "musik": "music",
    "musica": "music",
    "musique": "music",
    "movies": "movie",
    "books": "book",
    "foods": "food",
    "colors": "color",
    "colours": "color",
}
_STOP_AFTER = words("is was are were did do does has have had of to in at on now again and or for when ever")


def _attributes(words: list[Word], folded: str, chinese: str) -> list[str]:
    """The attributes asked for, without those of relatives, best first."""
    rows: dict[int, tuple[str, ...]] = {}
    for word in words:
        for row in _ROWS.get(word.bare, ()):
            if row.rank in rows or (row.when and not row.when.search(folded)) or (row.unless and row.unless.search(folded)):
                continue
            rows[row.rank] = tuple(a.replace("{word}", _singular(word.bare)) for a in row.attributes)
    found = _favorites(folded)
    ranked = [rows[rank] for rank in sorted(rows)]
    found += [attributes[0] for attributes in ranked]
    found += [a for attributes in ranked for a in attributes[1:]]
    if chinese:
        if "最喜欢" in chinese or "最爱" in chinese:
            found += [f"favorite_{thing}" for word, thing in data.FAVORITES_CHINESE.items() if word in chinese]
        hits = [attributes for pattern, attributes in _CHINESE_ROWS if pattern.search(chinese)]
        found += [a[0] for a in hits] + [a for attributes in hits for a in attributes[1:]]
    return list(dict.fromkeys(found))


def _favorites(folded: str) -> list[str]:
    found: list[str] = []
    for match in _FAVORITE.finditer(folded):
        first, _, second = match[2].partition(" ")
        if first in _STOP_AFTER:
            continue
        if second and second not in _STOP_AFTER:
            found.append(f"favorite_{first}_{_singular(second)}")
        thing = _THINGS.get(first, _singular(first))
        found += [f"favorite_{thing}", *(["favorite_colour"] if thing == "color" else [])]
    for match in _FAVORITE_ROMANCE.finditer(folded):
        if match[1] in _THINGS or match[1] == "color":
            thing = _THINGS.get(match[1], match[1])
            found += [f"favorite_{thing}", *(["favorite_colour"] if thing == "color" else [])]
    return found


def _singular(word: str) -> str:
    if word in _THINGS:
        return _THINGS[word]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 and word != "series" else word


_NAMES_KIN = re.compile(
    r"\bnames?\b|\bcalled\b|\bwho\b|\bheiss|\bllama|\bappelle|\bchiama|\bchama\b|\bnombre|\bnom\b|\bnome\b|नाम|^do (?:i|"
    r"we)\b|^have\b|\bhave\b|\bhow many\b"
)


def _pairs(found: Subjects, attributes: list[str], folded: str) -> tuple[tuple[str, str], ...]:
    """Every subject with every attribute; a relative's own slot first when the question asks who that is."""
    subjects = found.subjects()
    own = [a for a in attributes if not (found.kin and a == "name")]
    pairs = [(subject, attribute) for attribute in own for subject in subjects[:1]]
    pairs += [(subject, attribute) for subject in subjects[1:] for attribute in own]
    named = [(subject, "name") for subject in subjects if found.kin and "name" in attributes and subject != SELF]
    kin_first = found.kin and (not own or _NAMES_KIN.search(folded))
    pairs = [*reversed(found.kin), *named, *pairs] if kin_first else [*pairs, *found.kin, *named]
    return tuple(dict.fromkeys(pairs))


# ── when, in what order, what kind of answer ──────────────────────────────────────────────────────────────────────────────


def _window(text: str, now: datetime) -> tuple[str, TimeWindow | None]:
    """The first stretch of time the question names; open sides reach to the beginning of time, or to now."""
    moment = now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
    for phrase in dates.find(text, now):
        start, end = phrase.start, phrase.end
        if phrase.relation == "every":
            continue
        if phrase.relation in ("before", "until") or (phrase.relation == "by" and end <= moment):
            start = _LONG_AGO
        elif phrase.relation == "after":
            end = max(end, moment)
        return phrase.text, TimeWindow(start, end, phrase.text)
    return "", None


_LATEST = re.compile(data.LATEST)
_EARLIEST = re.compile(data.EARLIEST)
_NOT_ORDER = re.compile(data.NOT_ORDER)


def _order(folded: str, phrase: str) -> Literal["", "latest", "earliest"]:
    rest = folded
    if phrase:
        rest = rest.replace(" ".join(w.bare for w in words_of(phrase)), " ")
    rest = _NOT_ORDER.sub(" ", rest)
    latest, earliest = _LATEST.search(rest), _EARLIEST.search(rest)
    if earliest is not None and (latest is None or earliest.start() < latest.start()):
        return "earliest"
    return "latest" if latest is not None else ""


_WANTS: tuple[tuple[re.Pattern[str], data.Wants], ...] = tuple((re.compile(form.pattern), form.wants) for form in data.WANTS)
_WANTS_CHINESE: tuple[tuple[re.Pattern[str], data.Wants], ...] = tuple(
    (re.compile(form.pattern), form.wants) for form in data.WANTS_CHINESE
)


def _wants(folded: str, chinese: str) -> data.Wants:
    for pattern, wants in _WANTS:
        if pattern.search(folded):
            return wants
    for pattern, wants in _WANTS_CHINESE if chinese else ():
        if pattern.search(chinese):
            return wants
    return ""
