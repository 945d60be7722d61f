"""A predicate as tense, negation and core: "I've never really liked" becomes perfect, negated, "liked".

All positions are offsets into the text, so that every value can be cut out of the message itself.
"""

from __future__ import annotations

from dataclasses import dataclass
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


_MODALS = frozenset("would could might may should must 'd d wouldn't couldn't wouldnt couldnt shouldn't ought".split())


_STATE_PARTICIPLES = frozenset(
    "called named born married divorced engaged retired based diagnosed separated widowed employed located interested".split()
)


_FUTURE = frozenset("will 'll ll won't wont gonna shall".split())


_PAST_NEG = frozenset("didn't didnt wasn't wasnt weren't werent hadn't hadnt couldn't couldnt".split())


def parse_predicate(text: str, start: int, end: int) -> Predicate | None:
    """Tense, negation and core of the predicate that starts at `start`; None when nothing is left."""
    tense: Tense = "present"
    negated = ended = be = can = False
    set_tense = False
    adverbs: set[str] = set()
    tokens = [
        (m.group().lower(), m.start(), m.end())
        for m in rx(r"'(?:m|re|s|ve|ll|d)\b|[^\W_](?:[\w'&/+.-]*[\w])?|[$€£₹]\s?\d").finditer(text, start, min(end, start + 200))
    ]
    tokens = [t for token in tokens for t in _split_contraction(token)]
    i = 0
    while i < len(tokens):
        word, a, _ = tokens[i]
        following = tokens[i + 1][0] if i + 1 < len(tokens) else ""
        pair = f"{word} {following}"
        if a > start and text[start:a].strip() and any(c in text[tokens[i - 1][2] if i else start : a] for c in ";:()"):
            if i:
                return None
        if pair in ("no longer", "not anymore"):
            ended, i = True, i + 2
        elif pair in ("used to", "use to") and not be:
            ended, i = True, i + 2
            if i < len(tokens) and tokens[i][0] == "be":
                be, i = True, i + 1
        elif (
            pair in ("going to", "about to", "have to", "got to", "need to", "set to")
            and i + 2 < len(tokens)
            and tokens[i + 2][0] in _base_verbs()
        ):
            if word in ("have", "need", "got"):
                return Predicate("have_to", a, a, end, "present", negated, ended, be, can, frozenset(adverbs))
            tense, set_tense, i, be = "future", True, i + 2, False
        elif word in _NEGATIONS:
            negated, i = not negated if word == "not" and negated else True, i + 1
            if word in _PAST_NEG:
                tense, set_tense = "past", True
            if word in _BE:
                be = True
                tense = "past" if _BE[word] == "past" else tense
            if word in ("can't", "cant", "cannot"):
                can = True
            if word in ("won't", "wont"):
                tense, set_tense = "future", True
            if word in _HAVE and i < len(tokens):
                tense = "perfect"
            if word in ("wouldn't", "wouldnt", "couldn't", "couldnt", "shouldn't"):
                tense, set_tense = "modal", True
        elif word == "can" and following:
            can, i = True, i + 1
        elif word in ("do", "does", "did") and (following in _base_verbs() or following == "not"):
            tense, i = ("past" if word == "did" else tense), i + 1
        elif word in _FUTURE:
            tense, set_tense, i = "future", True, i + 1
        elif word in _MODALS and following and not be:
            tense, set_tense, i = "modal", True, i + 1
        elif word in _HAVE and _participle_follows(tokens, i + 1) and not (word == "'s" and following in _STATE_PARTICIPLES):
            tense, i = ("perfect" if _HAVE[word] == "perfect" else "past_perfect"), i + 1
            set_tense = True
        elif word in _BE and not (word == "being" and not be):
            be = True
            if not set_tense:
                tense = "past" if _BE[word] == "past" else "perfect" if word == "been" else "present"
            i += 1
        elif pair in _TWO_WORDS:
            i += 2
        elif (
            word in _ADVERBS
            and following
            and not (word in ("all", "only", "once", "even", "so", "then", "since", "long", "both") and following in ("the", "of", "my"))
        ):
            adverbs.add(word)
            i += 1
        else:
            break
    if i >= len(tokens):
        return None
    head, a, head_end = tokens[i]
    head = {"'ve": "have", "ve": "have"}.get(head, head)
    form = verb_forms().get(head)
    if not set_tense:
        if be and form == "ing":
            tense = "progressive" if tense == "present" else tense
        elif not be and (form in ("past", "participle") or (form is None and head.endswith("ed") and len(head) > 4)):
            tense = "past"
    return Predicate(head, a, head_end, end, tense, negated, ended, be, can, frozenset(adverbs))


def _split_contraction(token: tuple[str, int, int]) -> list[tuple[str, int, int]]:
    """Reads "he's" never reaches here whole, but "I'm" after an adverb, and "who's", do."""
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


def _participle_follows(tokens: list[tuple[str, int, int]], i: int) -> bool:
    while i < len(tokens) and (tokens[i][0] in _ADVERBS or tokens[i][0] in _NEGATIONS or tokens[i][0] in ("been",)):
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
