"""The index terms of a text: what the text channel stores and what a question is looked up by.

Both sides go through `terms`, so a term only has to be the same on both, not pretty. English gets stop words and a light
stemmer (plural, -ed, -ing, -ly, -ion, final -e, and a table of the irregular forms of everyday speech); every other script
is kept as it is. Scripts written without spaces (Han, kana, Hangul, Thai, Lao, Khmer, Burmese) give overlapping
bigrams, and Han single characters too (Nie, Gao, Zhang & Zhou 2000, "On the use of words and n-grams for Chinese
information retrieval": the two together retrieve best). Codes such as ``XK-4471-QQ`` or ``v2.3`` are kept whole and in parts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise
from typing import Final

MAX_TEXT: Final = 500_000
"""Characters of a text that are looked at; what follows is not indexed by words."""
MAX_WORD: Final = 64
"""A longer run of letters is cut into pieces of this length."""

# Negations (no, not, never, nor, none, without) carry the statement and are not here; nor are "may" and "will", which are
# also a month and a name.
_STOP: Final = """
a about above am an and any are as at be because been being both but by can could did do does doing down each for from
further had has have having he her here hers herself him himself his how i if in into is it its itself just let me mine
more most my myself of off on once or other our ours ourselves out over own please same shall she should so some such
than that the their theirs them themselves then there these they this those through to too under until up us very was we
were what when where which while who whom whose why would yes you your yours yourself yourselves oh ok okay hey hi hello
"""
STOP_WORDS: Final = frozenset(_STOP.split())

_IRREGULAR: Final = {
    form: base
    for base, forms in {
        "age": "aged aging ageing ages", "allergy": "allergic allergen", "become": "became",
        "begin": "began begun",
        "bite": "bit bitten", "blow": "blew blown", "break": "broke broken", "bring": "brought", "build": "built",
        "buy": "bought", "catch": "caught", "child": "children", "choose": "chose chosen", "come": "came", "die": "died dying",
        "do": "done", "draw": "drew drawn", "drink": "drank drunk", "drive": "drove driven", "eat": "ate eaten eating",
        "fall": "fell fallen", "feel": "felt", "fight": "fought", "find": "found", "fly": "flew flown", "foot": "feet",
        "forget": "forgot forgotten", "freeze": "froze frozen", "get": "got gotten getting", "give": "gave given giving",
        "go": "went gone going goes", "grow": "grew grown", "half": "halves", "hear": "heard", "hide": "hid hidden",
        "hold": "held", "ice": "iced", "keep": "kept", "knife": "knives", "know": "knew known", "lead": "led",
        "leave": "left", "lend": "lent", "lie": "lied lying", "lose": "lost", "make": "made", "man": "men",
        "marry": "married marries marriage", "mean": "meant", "meet": "met", "mouse": "mice", "pay": "paid", "person": "people",
        "ride": "rode ridden", "ring": "rang rung", "run": "ran", "say": "said", "see": "saw seen seeing", "sell": "sold",
        "send": "sent", "shoot": "shot", "show": "shown", "sing": "sang sung", "sit": "sat", "sleep": "slept",
        "speak": "spoke spoken", "spend": "spent", "stand": "stood", "steal": "stole stolen", "swim": "swam swum",
        "take": "took taken", "teach": "taught", "tell": "told", "think": "thought", "throw": "threw thrown", "tie": "tied tying",
        "tooth": "teeth", "try": "tries tried", "understand": "understood", "use": "used using uses", "wake": "woke woken",
        "wear": "wore worn", "wife": "wives", "win": "won", "woman": "women", "write": "wrote written writing",
    }.items()
    for form in forms.split()
}  # fmt: skip
# Words that only look inflected.
_LOOKALIKES: Final = """
always anything august bring business ceiling christmas darling during evening everything family gas glasses hundred
indeed instagram italy kindred king lens morning naked news nothing paris perhaps pudding ring sacred sibling series sing
something species speed spring string swing texas thing tokyo wales wedding wing
"""
_WHOLE: Final = frozenset(_LOOKALIKES.split())

# Combining marks that are part of a word (Python's \w leaves them out), most of them vowel signs.
_MARKS: Final = "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u0980-\u0983\u09bc-\u09cd\u09d7\u0a00-\u0a03\u0a3c-\u0a4d\u0a70\u0a71\u0a81-\u0a83\u0abc-\u0acd\u0b01-\u0b03\u0b3c-\u0b57\u0b82\u0bbe-\u0bcd\u0c00-\u0c04\u0c3e-\u0c56\u0c81-\u0c83\u0cbc-\u0cd6\u0d00-\u0d03\u0d3b-\u0d4d\u0d57\u0d81-\u0d83\u0dca-\u0ddf\u0f71-\u0f84\u20d0-\u20f0"
_UNSPACED: Final = "\u0e00-\u0e3a\u0e40-\u0e4e\u0e80-\u0ece\u1000-\u1049\u1050-\u109f\u1780-\u17d3\u1100-\u11ff\u3005-\u3007\u3040-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"

# A number with thousands separators, or letters and digits joined by single marks into a code, name, address, contraction.
# At most 12 parts, so that no input makes one endless word.
_ASCII: Final = re.compile(rf"\d{{1,3}}(?:,\d{{3}})+(?!\d)|[^\W_]{{1,{MAX_WORD}}}(?:[-.'_@][^\W_]{{1,{MAX_WORD}}}){{0,11}}")
_LETTER: Final = rf"(?:[^\W_{_UNSPACED}]|[{_MARKS}])"
_ANY: Final = re.compile(
    rf"([{_UNSPACED}]+)|\d{{1,3}}(?:,\d{{3}})+(?!\d)|[^\W_{_UNSPACED}]{_LETTER}{{0,{MAX_WORD - 1}}}"
    rf"(?:[-.'_@]{_LETTER}{{1,{MAX_WORD}}}){{0,11}}"
)
_PART: Final = re.compile(r"[-.'_@]")
_MEASURE: Final = re.compile(r"(\d+)([a-z]{1,4})")
_ORDINALS: Final = frozenset({"st", "nd", "rd", "th", "s"})
_DROPPED: Final = {0xAD: None, 0x200B: None, 0x200C: None, 0x200D: None, 0xFEFF: None, 0x640: None} | dict.fromkeys((0x2019, 0x2BC), "'")
_HYPHENS: Final = dict.fromkeys((0x2010, 0x2011), "-")
_TRANSLATE: Final = _DROPPED | _HYPHENS
_LIGATURES: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})


def terms(text: str) -> list[str]:
    """The index terms of `text`, in order, repetitions kept.

    Looks at the first `MAX_TEXT` characters. Never fails: a lone surrogate or control character is no word. A text that holds
    nothing but stop words keeps them, so that only a text without any word gives an empty list.
    """
    words = _words(text)
    found = [term for forms in map(_forms, words) for term in forms if term]
    return found or [term for forms in map(_kept, words) for term in forms if term]


def _words(text: str) -> list[str]:
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
    if text.isascii():
        return _ASCII.findall(text.lower())
    # NFKC can make one character into eighteen: cut again.
    folded = unicodedata.normalize("NFKC", text.translate(_TRANSLATE)).casefold()[:MAX_TEXT]
    words: list[str] = []
    for match in _ANY.finditer(folded):
        run = match[1]
        if run is None:
            words.append(match[0])
        elif len(run) == 1:
            words.append(run)
        else:
            for first, second in pairwise(run):
                if _is_han(first):
                    words.append(first)
                words.append(first + second)
            if _is_han(run[-1]):
                words.append(run[-1])
    return words


def _is_han(char: str) -> bool:
    return "\u3400" <= char <= "\u9fff" or "\uf900" <= char <= "\ufaff" or char >= "\U00020000"


@lru_cache(maxsize=65_536)
def _forms(word: str) -> tuple[str, ...]:
    """The terms of one word as `_words` gives it; none for a stop word."""
    if word in STOP_WORDS:
        return ()
    if word.isalpha():
        return (stem(word),) if word.isascii() else _accented(word)
    if "," in word:
        return (word.replace(",", ""),)
    if "'" in word:
        return _apostrophe(word)
    parts = _PART.split(word)
    if len(parts) == 1:
        measure = _MEASURE.fullmatch(word)
        if measure is None:
            return (word,) if word.isascii() else _accented(word)
        number, unit = measure.groups()
        return (word, number) if unit in _ORDINALS else (word, number, unit)
    joined = (stem("".join(parts)),) if "-" in word and all(p.isalpha() for p in parts) else ()
    return (word, *joined, *(term for part in parts for term in _forms(part)))


@lru_cache(maxsize=1024)
def _kept(word: str) -> tuple[str, ...]:
    return _forms(word) or (word,)


def _apostrophe(word: str) -> tuple[str, ...]:
    """``don't`` → not, ``Ada's`` → ada, ``l'hôtel`` → hôtel, hotel, ``O'Brien`` → obrien, brien."""
    head, _, tail = word.rpartition("'")
    if tail == "t" and head.endswith("n"):
        return (*_forms({"ca": "can", "wo": "would", "sha": "shall"}.get(head[:-1], head[:-1])), "not")
    if tail in ("s", "m", "re", "ve", "ll", "d"):
        return _forms(head)
    parts = [part for part in word.split("'") if len(part) > 1]
    whole = word.replace("'", "")
    own = (whole,) if whole.isalpha() and len(parts) > 0 and whole not in STOP_WORDS else ()
    return (*own, *(term for part in parts for term in _forms(part)))


def _accented(word: str) -> tuple[str, ...]:
    """The word, and without its accents where that leaves plain Latin letters: people leave them out."""
    plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c)).translate(_LIGATURES)
    composed = unicodedata.normalize("NFC", word)
    return (composed, stem(plain)) if plain.isascii() and plain != composed else (composed,)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """The stem of one lower-case English word; a word of three letters or fewer is its own stem.

    Lighter than Porter (1980) on purpose: it undoes inflection and little derivation, for in short chat messages a wrong
    conflation costs more than a missed one. With BM25 over the turns of five LoCoMo conversations (759 questions, recall@10 / MRR):
    no stemming 59.3 / .463, cutting -ing -ed -ly -es -s -e 62.8 / .492, Snowball English 64.1 / .497, this 64.2 / .508.
    """
    if (base := _IRREGULAR.get(word)) is not None:
        word = base
    if len(word) <= 3 or not word.isascii() or word in _WHOLE:
        return word
    word = _undo_verb(_undo_plural(word))
    if len(word) > 5 and word not in _WHOLE:
        if word.endswith("ily"):
            word = word[:-3] + "y"
        elif word.endswith("ly"):
            word = word[:-2]
        elif word.endswith(("tion", "sion")) and len(word) > 7:
            word = word[:-3]
    if len(word) > 3 and word[-1] == "e" and word[-2] != "e":
        word = word[:-1]
    return word[:-1] if len(word) > 5 and word.endswith("ll") else word


def _undo_plural(word: str) -> str:
    if word[-1] != "s" or word[-2] in "sui":
        return word
    if word.endswith("ies"):
        return word[:-3] + "y" if len(word) > 4 else word[:-1]
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes", "zzes", "oes")) else word[:-1]


def _undo_verb(word: str) -> str:
    if word in _WHOLE:
        return word
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("eed"):
        return word[:-1] if len(word) > 5 else word
    for ending in ("ing", "ed"):
        if word.endswith(ending):
            rest = word[: -len(ending)]
            if len(rest) < 3 or not any(c in "aeiouy" for c in rest):
                return word
            doubled = len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "aeiouls"
            return rest[:-1] if doubled else rest
    return word
