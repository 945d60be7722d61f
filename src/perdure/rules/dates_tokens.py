"""The tokens of a piece of text, and what can be read off them without a calendar: words, counts, hours, tense."""

from __future__ import annotations

import re
from datetime import datetime, tzinfo

from perdure.rules import dates_calendar as cal
from perdure.rules.dates_lexicon import LEXICON, TOKEN, fold, words

CURRENCY = frozenset("$€£¥₹#@_&=%~^*")
FUTURE = words(
    "will ll shall going gonna plan plans planning planned upcoming appointment scheduled schedule remind "
    "reminder due deadline "
    "booked booking reserved expect expecting hope hoping is are leaves leave arrives arrive starts start begins opens ends "
    "returns need must should let flight visiting flying werde wird werden wirst voy va vamos iré vais vado andrò vou irei होगा "
    "aller interview meeting exam"
)
PAST = words(
    "was were did had went bought got met moved started came saw left took made ate said told been felt found "
    "broke fell began "
    "lost won gave sold sent paid wrote read ran quit spent hatte war waren fui fue compré era avais était ero fu foi था थे थी"
)
IRREGULAR_ED = words("need bed red feed seed speed wed shed med fed ted booked planned scheduled reserved indeed")


class Tokens:
    """The tokens of one piece of text, folded, with their places; and the anchor."""

    def __init__(self, text: str, anchor: datetime, zone: tzinfo) -> None:
        """`anchor` is naive local time of `zone`."""
        self.text = text
        self.zone = zone
        self.lookups = 0
        self.anchor = anchor
        self.today = cal.midnight(anchor)
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        for m in TOKEN.finditer(text):
            self.words.append(fold(m.group()))
            self.starts.append(m.start())
            self.ends.append(m.end())
        self.count = len(self.words)

    def word(self, i: int) -> str:
        """The folded token, "" outside the text."""
        return self.words[i] if 0 <= i < self.count else ""

    def at(self, i: int, kind: str, langs: int) -> tuple[int | str, int, int] | None:
        """Value, languages and next index of the longest sense of `kind` that stands at `i`."""
        if not 0 <= i < self.count:
            return None
        for sense, value, mask, rest in LEXICON.get(self.words[i], ()):
            if sense == kind and mask & langs and all(self.word(i + 1 + k) == w for k, w in enumerate(rest)):
                return value, mask & langs, i + 1 + len(rest)
        return None

    def skip(self, i: int, kind: str, langs: int, most: int = 2) -> int:
        """`i` past at most `most` words of `kind`."""
        for _ in range(most):
            hit = self.at(i, kind, langs)
            if hit is None:
                break
            i = hit[2]
        return i

    def joined(self, i: int) -> bool:
        """Whether token `i` touches the one before it."""
        return 0 < i < self.count and self.starts[i] == self.ends[i - 1]

    def capital(self, i: int) -> bool:
        """Whether token `i` is written with a capital."""
        return self.text[self.starts[i]].isupper()

    def number(self, i: int, langs: int) -> tuple[int, int, int] | None:
        """A count: digits (at most 4, not part of a larger number) or a number word, "about" before it allowed."""
        vague = self.at(i, "vague", langs)
        if vague is not None:
            i, langs = vague[2], vague[1]
        word = self.word(i)
        if word.isdecimal() and word.isascii():
            before = self.word(i - 1) if self.joined(i) else ""
            ok = len(word) <= 4 and int(word) > 0 and not (before and (before in ".,:" or before in CURRENCY))
            return (int(word), langs, i + 1) if ok else None
        hit = self.at(i, "num", langs)
        return (int(hit[0]), hit[1], hit[2]) if hit else None

    def tense(self, first: int, last: int, default: int = -1) -> int:
        """1 when the nearest telling word of the sentence speaks of the future, -1 when of the past, else `default`."""
        for distance in range(1, 13):
            for i in (first - distance, last + distance - 1):
                if (i < first and not self._open(i, first)) or (i >= last and not self._open(last, i + 1)):
                    continue
                mark = self._mark(i)
                if mark:
                    return mark
        return default

    def _open(self, low: int, high: int) -> bool:
        return low >= 0 and high <= self.count and not any(w in ".!?;" for w in self.words[low:high])

    def _mark(self, i: int) -> int:
        word = self.word(i)
        if word in FUTURE:
            # "is going" is future, "this is" before a past participle is not our business: the nearest word decides.
            return 1
        if word == "have" and self.word(i - 2) in {"do", "what"} and self.word(i - 1) in {"i", "we"}:
            return 1
        if word in PAST or (len(word) > 3 and word.endswith("ed") and word not in IRREGULAR_ED):
            return -1
        if word.endswith("ing") and self.word(i - 1) in {"am", "m", "re"}:
            return 1
        return 0

    def clock(self, i: int) -> tuple[int, int, int, bool] | None:
        """Hour, minute, next index, and whether the words leave no doubt ("6pm", "18 Uhr", "noon")."""
        word = self.word(i)
        if word in {"noon", "midday"}:
            return 12, 0, i + 1, True
        if word == "midnight":
            return 0, 0, i + 1, True
        if not word.isdecimal() or not word.isascii() or len(word) > 2 or int(word) > 24:
            return None
        hour, minute, j = int(word), 0, i + 1
        timed = self.word(j) == ":" and self.joined(j) and self.joined(j + 1) and re.fullmatch("[0-5][0-9]", self.word(j + 1))
        if timed:
            minute, j = int(self.word(j + 1)), j + 2
        after = self.word(j)
        if after in {"am", "pm"}:
            j += 1
        elif after in {"a", "p"} and self.word(j + 1) == "." and self.word(j + 2) == "m":
            after, j = after + "m", j + 3 + (self.word(j + 3) == "." and self.joined(j + 3))
        elif after == "o" and self.word(j + 1) == "'" and self.word(j + 2) == "clock":
            after, j = "clock", j + 3
        elif after == "uhr" or (after == "h" and self.joined(j)):
            after, j = "uhr", j + 1
            if self.joined(j) and re.fullmatch("[0-5][0-9]", self.word(j)):
                minute, j = int(self.word(j)), j + 1
        elif not timed or (self.joined(j) and (after == ":" or after.isalnum())):
            return None
        else:
            after = ""
        if after in {"am", "pm"}:
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + (12 if after == "pm" else 0)
        return hour % 24, minute, j, bool(after)
