"""A predicate as tense, negation and core: "I've never really liked" becomes perfect, negated, "liked".

All positions are offsets into the text, so that every value can be cut out of the message itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from perdure.rules.lazy import rx
from perdure.rules.patterns import verb_forms

Tense = Literal["present", "past", "perfect", "past_perfect", "progressive", "future", "modal"]


@dataclass(frozen=True, slots=True)
class Predicate:
    """What is said of it. `head` is the first word after auxiliaries and adverbs, at `start`; `end` is the clause's end."""

    head: str
    start: int
    head_end: int
    end: int
    tense: Tense
    negated: bool = False
    ended: bool = False
    be: bool = False
    can: bool = False
    adverbs: frozenset[str] = frozenset()


_ADVERBS = frozenset(
    "just recently currently now also still always really actually finally already mostly mainly usually often sometimes both officially basically originally honestly absolutely truly definitely "
    "very so quite super totally completely pretty rather even only normally generally typically primarily occasionally rarely constantly frequently personally apparently obviously permanently temporarily "
    "happily proudly probably kinda sorta all newly legally technically fully simply literally regularly seriously particularly especially merely almost ever once since then too somewhat extremely "
    "genuinely fairly deeply secretly initially previously formerly soon once again suddenly eventually randomly sadly unfortunately luckily fortunately obviously long exclusively tend".split()
)


_TWO_WORDS = frozenset(
    (
        "kind of",
        "sort of",
        "pretty much",
        "more or",
        "a bit",
        "a little",
        "a lot",
        "these days",
        "right now",
        "at least",
        "so far",
        "as well",
        "most definitely",
        "for sure",
        "of course",
    )
)


_NEGATIONS = frozenset(
    "not never don't dont doesn't doesnt didn't didnt isn't isnt aren't arent ain't aint wasn't wasnt weren't werent haven't havent hasn't hasnt hadn't hadnt can't cant cannot won't wont wouldn't wouldnt couldn't couldnt hardly n't barely neither shouldn't".split()
)


_BE = {
    "am": "present",
    "is": "present",
    "are": "present",
    "'m": "present",
    "'re": "present",
    "'s": "present",
    "isn't": "present",
    "isnt": "present",
    "aren't": "present",
    "arent": "present",
    "ain't": "present",
    "aint": "present",
    "was": "past",
    "were": "past",
    "wasn't": "past",
    "wasnt": "past",
    "weren't": "past",
    "werent": "past",
    "been": "perfect",
    "be": "be",
    "being": "progressive",
    "m": "present",
    "re": "present",
}


_HAVE = {
    "have": "perfect",
    "has": "perfect",
    "'ve": "perfect",
    "ve": "perfect",
    "had": "past_perfect",
    "haven't": "perfect",
    "havent": "perfect",
    "hasn't": "perfect",
    "hasnt": "perfect",
    "hadn't": "past_perfect",
    "'s": "perfect",
    "'d": "past_perfect",
}


_MODALS = frozenset("would could might may should must 'd d wouldn't wouldnt shouldn't shouldnt ought".split())


_STATE_PARTICIPLES = frozenset(
    "called named born married divorced engaged retired based diagnosed separated widowed employed located interested".split()
)


_FUTURE = frozenset("will 'll ll won't wont gonna shall".split())


_PAST_NEG = frozenset("didn't didnt wasn't wasnt weren't werent hadn't hadnt couldn't couldnt".split())


Token = tuple[str, int, int]


def parse_predicate(text: str, start: int, end: int) -> Predicate | None:
    """Tense, negation and core of the predicate that starts at `start`; None when nothing is left."""
    reader = _Reader(_tokens(text, start, min(end, start + 200)))
    while reader.at < len(reader.tokens):
        a = reader.tokens[reader.at][1]
        if reader.at and any(c in ";:()" for c in text[reader.tokens[reader.at - 1][2] : a]):
            return None
        if not reader.step():
            break
    if reader.at >= len(reader.tokens):
        return None
    word, a, head_end = reader.tokens[reader.at]
    if reader.obliged:
        return Predicate("have_to", a, a, end, "present", reader.negated, reader.ended, reader.be, reader.can, frozenset(reader.adverbs))
    head = "have" if word in ("'ve", "ve") else word
    return Predicate(
        head, a, head_end, end, reader.final_tense(head), reader.negated, reader.ended, reader.be, reader.can, frozenset(reader.adverbs)
    )


@dataclass(slots=True)
class _Reader:
    """Takes auxiliaries, adverbs and negations off, word by word. `fixed`: the tense is settled, the head cannot change it."""

    tokens: list[Token]
    at: int = 0
    tense: Tense = "present"
    fixed: bool = False
    negated: bool = False
    ended: bool = False
    be: bool = False
    can: bool = False
    obliged: bool = False
    adverbs: set[str] = field(default_factory=set[str])

    def step(self) -> bool:
        """Takes one word or pair; False when the head is reached."""
        word = self.tokens[self.at][0]
        following = self.tokens[self.at + 1][0] if self.at + 1 < len(self.tokens) else ""
        return self._pair(word, following) or self._negation(word) or self._auxiliary(word, following) or self._adverb(word, following)

    def _pair(self, word: str, following: str) -> bool:
        pair = f"{word} {following}"
        if pair in ("no longer", "not anymore"):
            self.ended, self.at = True, self.at + 2
        elif pair in ("used to", "use to") and not self.be:
            self.ended, self.at = True, self.at + 2
            if self.at < len(self.tokens) and self.tokens[self.at][0] == "be":
                self.be, self.at = True, self.at + 1
        elif pair in _BEFORE_A_VERB and self.at + 2 < len(self.tokens) and self.tokens[self.at + 2][0] in _base_verbs():
            if word in ("have", "need", "got"):
                self.obliged = True
                return False
            self._settle("modal" if self.tense == "past" and word == "going" else "future")  # "I was going to": it came to nothing
            self.at, self.be = self.at + 2, False
        else:
            return False
        return True

    def _negation(self, word: str) -> bool:
        if word not in _NEGATIONS:
            return False
        self.negated = not (word == "not" and self.negated)
        self.at += 1
        self.be = self.be or word in _BE
        self.can = self.can or word in ("can't", "cant", "cannot")
        if word in _PAST_NEG:
            self._settle("past")
        elif word in _MODALS:
            self._settle("modal")
        elif word in _FUTURE:
            self._settle("future")
        elif word in _HAVE and self.at < len(self.tokens):
            self.tense = "perfect"
        return True

    def _auxiliary(self, word: str, following: str) -> bool:
        if word == "can" and following:
            self.can = True
        elif word in ("do", "does", "did") and (following in _base_verbs() or following == "not"):
            self.tense = "past" if word == "did" else self.tense
        elif word in _FUTURE:
            self._settle("future")
            self.adverbs.add("will")
        elif word in _MODALS and following and not self.be:
            self._settle("modal")
        elif word in _HAVE and _participle_follows(self.tokens, self.at + 1) and not (word == "'s" and following in _STATE_PARTICIPLES):
            self._settle("past_perfect" if _HAVE[word] == "past_perfect" else "perfect")
        elif word in _BE and (word != "being" or self.be):
            self.be = True
            if not self.fixed:
                self.tense = "past" if _BE[word] == "past" else "perfect" if word == "been" else "present"
        else:
            return False
        self.at += 1
        return True

    def _adverb(self, word: str, following: str) -> bool:
        if f"{word} {following}" in _TWO_WORDS:
            self.at += 2
        elif word in _ADVERBS and following and not (word in _ALSO_DETERMINERS and following in ("the", "of", "my")):
            self.adverbs.add(word)
            self.at += 1
        else:
            return False
        return True

    def _settle(self, tense: Tense) -> None:
        self.tense, self.fixed = tense, True

    def final_tense(self, head: str) -> Tense:
        """The tense once the head is known: "living" is progressive, "moved" past."""
        form = verb_forms().get(head)
        if self.fixed:
            return self.tense
        if self.be:
            return "progressive" if form == "ing" and self.tense == "present" else self.tense
        if form in ("past", "participle") or (form is None and head.endswith("ed") and len(head) > 4):
            return "past"
        return self.tense


_BEFORE_A_VERB = frozenset(("going to", "about to", "have to", "got to", "need to", "set to"))
_ALSO_DETERMINERS = frozenset("all only once even so then since long both".split())


def _tokens(text: str, start: int, end: int) -> list[Token]:
    pattern = rx(r"'(?:m|re|s|ve|ll|d)\b|[^\W_](?:[\w'&/+.-]*[\w])?|[$€£₹]\s?\d")
    return [t for m in pattern.finditer(text, start, end) for t in _split_contraction((m.group().lower(), m.start(), m.end()))]


def _split_contraction(token: Token) -> list[Token]:
    """A word with "'m" or "'ve" at its end is two tokens."""
    word, a, b = token
    for tail in ("'ve", "'re", "'ll", "'m", "'d"):
        if word.endswith(tail) and len(word) > len(tail):
            return [(word[: -len(tail)], a, b - len(tail)), (tail, b - len(tail), b)]
    return [token]


@cache
def _base_verbs() -> frozenset[str]:
    return frozenset(f for f, t in verb_forms().items() if t == "present") | frozenset(
        "be do have go see say think know try help ask meet call talk feel wait watch enjoy spend stay".split()
    )


def _participle_follows(tokens: list[Token], i: int) -> bool:
    while i < len(tokens) and (tokens[i][0] in _ADVERBS or tokens[i][0] in _NEGATIONS or tokens[i][0] == "been"):
        if tokens[i][0] == "been":
            return True
        i += 1
    if i >= len(tokens):
        return False
    word = tokens[i][0]
    if word == "got" and i + 1 < len(tokens) and tokens[i + 1][0] in ("a", "an", "two", "three", "one", "some", "no", "my", "four", "five"):
        return False
    return verb_forms().get(word) in ("participle", "past") or (
        word.endswith("ed")
        and len(word) > 4
        and word not in ("naked", "blurred", "tired", "red-haired", "hundred", "mixed", "limited", "dyed")
    )
