"""Whom a question is about: known names and aliases, "I" and "my", relatives ("my sister"), capitalised words that are new."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from perdure.model.graph import SELF
from perdure.rules import questions as data
from perdure.rules.dates_lexicon import CORE_WORDS, words

MAX_NAME = 4
"""Words in the longest name looked up."""
MAX_OTHERS = 8
"""With "she" and no name in the question, at most this many known entities are tried."""
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
CJK_RUN = re.compile(f"[{_CJK}]+")
_WORD = re.compile(rf"[{_CJK}]+|(?:(?![{_CJK}])[\w\u0900-\u097f])(?:(?![{_CJK}])[\w\u0900-\u097f&+.'’-])*")
_POSSESSIVE = re.compile(r"['’]s?$")
_ELISION = re.compile(r"^(?:d|l|j|qu|m|n|s|all|dell|nell)['’](?=\w)")
_NEVER_NAMES = words(
    "what which who whom whose when where why how is are am was were do does did have has had can "
    "could will would should may might must shall "
    "the a an this that these those it he she they we i you me my your his her our their its and or but if then so of "
    "in on at to for from by with "
    "about tell show list give find remind plan please any all some no not yes ok hi hello hey thanks also just still "
    "ever never remember know "
    "search suggest recommend describe summarize write make help let get set buy new old best favorite favourite "
    "today tomorrow yesterday dr mr "
    "mrs ms wogegen wofur womit woran worauf woruber was wieso weshalb wo wer wie wann warum welche welcher welches "
    "wohin woher ich wir bin habe hat ist sind mein meine der die das ein eine im am was "
    "donde cuando quien que como cual cuanto cuantos por mi el la los las un una ou quand qui quel quelle quelles "
    "quels comment combien est ce je "
    "mon ma mes le les des dove quando chi come quale quanti mio mia il lo gli onde quem qual quanto quantos meu "
    "minha o os as i'm i've en para por em com avec pour chez di per con bei fur mit aus auf seit worin wohin kennst sabes sais sai"
)
_CONTRACTION = re.compile(
    r"^(i|what|who|where|when|how|that|it|there|he|she|they|we|you|isn|aren|don|doesn|didn|can|won|wasn|weren|haven|"
    r"hasn)['’](m|s|re|ve|ll|d|t)$"
)
_AMBIGUOUS_KIN = {
    "kind": words("mein ein dein euer unser"),
    "mann": words("mein dein ihr"),
    "son": words("my your his her our their s"),
    "pais": words("meus seus os"),
    "chat": words("mon ton son le un"),
    "chef": words("mein dein mon ton"),
    "capo": words("mio tuo il"),
}
_NOMINATIVE = words("i we i'm i've i'd i'll ich wir je j yo nosotros io noi eu nos")
_NAME_ACTS = words(
    "does did is was has can can't could will should doesn't isn't didn't get buy give for hat ist wohnt cook invite about bring make"
)
_PLACED = words("to in at from with on near nach in mit a en con avec con em com")
_GERMAN = words("wo wer wie wann warum welche welcher ich wir bin habe ist mein meine meiner der das und nicht hat heisst heisse wohnt")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the question: as written, folded like a name (`key`), folded like a trigger (`bare`); "Emma's" owns."""

    raw: str
    key: str
    bare: str
    owns: bool


@lru_cache(maxsize=4096)
def _bare(word: str) -> str:
    low = word.lower().replace("’", "'")
    if low.isascii() or "\u0900" <= low[0] <= "\u097f" or CJK_RUN.match(low):
        return low
    return "".join(c for c in unicodedata.normalize("NFKD", low) if not unicodedata.combining(c)).replace("ß", "ss").replace("œ", "oe")


def words_of(text: str) -> list[Word]:
    """The words of `text` in order; elided articles ("l'anno") stand alone, a possessive ending is taken off and noted."""
    words: list[Word] = []
    for written in _WORD.findall(text):
        raw = written
        core = raw.rstrip(".&+'’-")
        low = core.lower()
        contraction = _CONTRACTION.match(low)
        if contraction is None and (elided := _ELISION.match(low)) is not None:
            words.append(Word(core[: elided.end()], low[: elided.end()], low[: elided.end() - 1], owns=False))
            core, raw = core[elided.end() :], raw[elided.end() :]
        owner = None if contraction else _POSSESSIVE.search(raw)
        core = (core[: owner.start()] if owner is not None and owner.start() < len(core) else core) or raw
        words.append(Word(core, unicodedata.normalize("NFKC", core).casefold(), _bare(core), owns=owner is not None))
    return words


TRIGGERS = words(" ".join(row.words for row in data.ASKS))
"""Words that ask for something, and so are no names at the head of a question."""


class Subjects:
    """The entities a question names, and who owns the relative it speaks of."""

    def __init__(self, words: list[Word], text: str, chinese: str, names: Mapping[str, str]) -> None:
        self.named: list[str] = []
        self.self_said = bool(chinese and data.SELF_CHINESE.search(chinese))
        self.kin: list[tuple[str, str]] = []
        """(owner, attribute) of each relative or animal spoken of."""
        self.unnamed: list[str] = []
        """Reads "my sister" for a relative no name is known of."""
        self.possessed: set[int] = set()
        """Places of "my" in "my sister": they speak of the sister."""
        self.third = any(w.bare in data.THIRD_ENGLISH for w in words)
        taken = self._known(words, names)
        self._kin_words(words, names, taken)
        self._unknown(words, text, taken)
        if chinese:
            self._chinese(chinese, names)
        said = [i for i, w in enumerate(words) if w.bare in data.SELF_WORDS or w.bare.partition("'")[0] == "i"]
        self.self_subject = self.self_said or any(i not in self.possessed for i in said)
        self.self_said |= bool(said)
        self.self_first = self._acts(words)
        owner = SELF if self.self_said or not self.named else self.named[0]
        self.kin = [(owner if who == "?" else who, attribute) for who, attribute in self.kin]
        self.others: list[str] = []
        if self.third and not self.named and not self.kin and not self.unnamed and not self.self_said:
            self.others = list(dict.fromkeys(n for n in names.values() if n != SELF))[:MAX_OTHERS]

    def _known(self, words: list[Word], names: Mapping[str, str]) -> set[int]:
        taken: set[int] = set()
        i = 0
        while i < len(words):
            for length in range(min(MAX_NAME, len(words) - i), 0, -1):
                key = " ".join(w.key for w in words[i : i + length])
                name = names.get(key)
                if name is None or (length == 1 and not self._is_name(words, i)):
                    continue
                if name == SELF:
                    self.self_said = True
                elif name not in self.named:
                    self.named.append(name)
                if words[i].bare in data.MINE or (i and words[i - 1].bare in data.MINE and words[i].bare in data.KIN):
                    self.possessed.update((i - 1, i))
                taken.update(range(i, i + length))
                i += length - 1
                break
            i += 1
        return taken

    def _is_name(self, words: list[Word], i: int) -> bool:
        """A one-word alias that is also a common word or a relative's name needs more than to stand there."""
        word = words[i]
        if word.bare in data.KIN:
            return i == 0 or words[i - 1].bare in data.MINE or not (words[i - 1].owns or words[i - 1].bare in data.THIRD)
        return word.bare not in _NEVER_NAMES or (word.raw[:1].isupper() and i > 0 and word.bare not in data.SELF_WORDS)

    def _kin_words(self, words: list[Word], names: Mapping[str, str], taken: set[int]) -> None:
        for i, word in enumerate(words):
            attribute = data.KIN.get(word.bare)
            if attribute is None or not self._is_kin(words, i):
                continue
            owner = SELF
            back = next((k for k in range(i - 1, max(-1, i - 4), -1) if words[k].owns or words[k].bare in data.MINE), None)
            if back is not None and words[back].owns:
                owner = names.get(words[back].key, words[back].raw)
                if words[back].bare in data.KIN:  # "my wife's brother"
                    owner = self.named[-1] if self.named else f"my {words[back].bare}"
            elif back is None and any(w.bare in data.THIRD_ENGLISH for w in words[max(0, i - 2) : i]):
                owner = ""
            if owner == SELF and back is None:
                self.kin.append(("?", attribute))  # "how many kids does Emma have?": settled when all names are read
            elif owner and (owner, attribute) not in self.kin:
                self.kin.append((owner, attribute))
            plural = (word.bare.endswith("s") and not word.bare.endswith("ss")) or word.bare in {
                "children",
                "twins",
                "kinder",
                "eltern",
            }
            if i not in taken and owner == SELF and not plural and back is not None:
                self.unnamed.append(f"my {word.bare}")
                self.possessed.add(back)
            elif i not in taken and owner not in (SELF, "") and not owner.startswith("my ") and not plural:
                self.unnamed.append(f"{owner}'s {word.bare}")

    def _is_kin(self, words: list[Word], i: int) -> bool:
        """Words that are something else in another language need "my" of their own language before them."""
        mine = _AMBIGUOUS_KIN.get(words[i].bare)
        return mine is None or (i > 0 and words[i - 1].bare in mine)

    def _unknown(self, words: list[Word], text: str, taken: set[int]) -> None:
        """Capitalised words nobody has told us about; neighbours join ("Dell XPS"). German capitalises every noun."""
        german = sum(w.bare in _GERMAN for w in words)
        run: list[str] = []
        for i, word in enumerate([*words, None]):
            name = word is not None and i not in taken and self._capitalised(word, i, german=bool(german))
            if name and word is not None:
                run.append(word.raw)
            if (not name or (word is not None and word.owns)) and run:
                joined = " ".join(run)
                if joined not in self.named and text:
                    self.named.append(joined)
                run = []

    def _capitalised(self, word: Word, i: int, *, german: bool) -> bool:
        raw = word.raw
        if not raw[0].isupper() or len(raw) < 2 or word.bare in _NEVER_NAMES or word.bare in data.SELF_WORDS or word.bare in data.KIN:
            return False
        if _CONTRACTION.match(word.bare) or word.bare in CORE_WORDS or (i == 0 and word.bare in TRIGGERS):
            return False
        return not (german and (word.bare in TRIGGERS or word.bare.endswith(("ung", "heit", "keit", "tag", "farbe"))))

    def _chinese(self, chinese: str, names: Mapping[str, str]) -> None:
        for i in range(len(chinese)):
            for length in range(min(6, len(chinese) - i), 1, -1):
                name = names.get(chinese[i : i + length])
                if name == SELF:
                    self.self_said = True
                elif name is not None and name not in self.named:
                    self.named.append(name)
        for pattern, attribute in data.KIN_CHINESE:
            if re.search(pattern, chinese):
                self.kin.append((self.named[0] if self.named else SELF, attribute))

    def entities(self) -> tuple[str, ...]:
        """Names first, then relatives without one, then SELF where the question says so or means nobody else."""
        found = [*self.named, *(u for u in self.unnamed)]
        if self.self_said or (not found and not self.third):
            found.append(SELF)
        return tuple(dict.fromkeys(found))

    def subjects(self) -> list[str]:
        """Whose attributes are asked for, most likely first."""
        order = [*self.unnamed, *(n for n in self.named if not any(u.startswith(f"{n}'s ") for u in self.unnamed))]
        if not order:
            return [*self.others, SELF] if self.others else [SELF]
        if self.self_first:
            return [SELF, *order]
        return [*order, SELF] if self.self_subject else order

    def _acts(self, words: list[Word]) -> bool:
        """Whether "I" does what is asked about and the names only take part: "where did I live before Berlin?"."""
        if self.unnamed or self.possessed or any(w.owns for w in words):
            return False
        keys = {w.key for n in self.named for w in words_of(n)[:1]}
        before = {words[i - 1].bare for i, w in enumerate(words) if i and w.key in keys}
        if any(w.bare in _NOMINATIVE for w in words):
            return not before & _NAME_ACTS
        return self.self_subject and bool(before) and before <= _PLACED  # "my trip to Japan"
