"""A sentence as clauses, a clause as subject and predicate, a predicate as tense, negation and core.

This is no parser: it knows the few shapes in which people tell facts, and gives up on the others.
All positions are offsets into the same masked text, so that every value can be cut out of the message itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from perdure.rules.lazy import rx
from perdure.rules.lexicon import KIN, KIN_ADJECTIVES, KIN_PLURALS, NOT_NAMES
from perdure.rules.patterns import verb_forms

MAX_SENTENCE = 600
"""Characters of one sentence that are analysed."""
MAX_CLAUSES = 12

Tense = Literal["present", "past", "perfect", "past_perfect", "progressive", "future", "modal"]
Who = Literal["self", "we", "kin", "name", "pronoun", "thing", "none"]

NAME = r"(?-i:[A-ZÀ-ÖØ-Þ][\w-]*[\w](?: (?:(?:van|von|de|da|di|del|la|bin|al|der) )*[A-ZÀ-ÖØ-Þ][\w-]*[\w])*)"


@dataclass(frozen=True, slots=True)
class Subject:
    """Who or what a clause is about.

    `who` says what sort; `name` the person's name or the pronoun; `kin` the word for the relative; `noun` the noun phrase of
    "my <noun>"; `owner` whose it is: "" the speaker, else a pronoun, a name or a word for kin. `span` is where it stands.
    """

    who: Who
    name: str = ""
    kin: str = ""
    noun: str = ""
    owner: str = ""
    owner_who: Who = "self"
    span: tuple[int, int] = (0, 0)
    noun_span: tuple[int, int] = (0, 0)
    name_span: tuple[int, int] = (0, 0)
    ex: bool = False


@dataclass(frozen=True, slots=True)
class Predicate:
    """What is said of it. `head` is the first word after auxiliaries and adverbs, at `start`; `end` is the clause's end."""

    head: str
    start: int
    end: int
    tense: Tense
    negated: bool = False
    ended: bool = False
    be: bool = False
    can: bool = False
    adverbs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause. `subject` is inherited from the clause before when it has none of its own. `hedged`: "I think", "maybe"."""

    subject: Subject
    predicate: Predicate | None
    start: int
    end: int
    hedged: bool = False
    inherited: bool = False


_SUBJECT_START = (
    r"(?:i(?:'|\s|(?:m|ve|ll|d)\s)|(?:we|he|she|they|it|nobody|none)\b(?:'|\s)|(?:my|our|his|her|their)\s|there\s(?:is|are|was)|"
    rf"{NAME}\s(?:is|was|has|lives|works|loves|likes|hates|moved|got|started|studies|turned|prefers|doesn't|speaks|can't|just|used|will|had|bought|goes|plays|eats|takes)\b)"
)
_BOUNDARY = (
    rf"(?:\s*[,;:]\s*|\s+[-–—]+\s+|—)(?:(?:and|but|so|because|while|although|though|since|plus|then|yet|now|also|which is why)\s+)*(?={_SUBJECT_START})"
    rf"|\s+(?:and|but|so|because|cause|cuz|while|although|though|plus|yet|whereas)\s+(?:(?:also|now|then|currently|that|so|recently|yesterday|last \w+)\s+)*(?={_SUBJECT_START})"
    r"|(?<!that)(?<!where)(?<!what)(?<!when)(?<!if)(?<!than)(?<!because)(?<!think)(?<!guess)(?<!how)(?<!know)(?<!which)(?<!who)(?<!as)\s+(?=(?:i'?m|i am|i live|i work|i have|i've|my name)\s)"
    r"|,?\s+(?:who|which)(?='s|\s+(?:is|was|has|lives|works|loves|likes|hates|moved|just|also|recently|turned|studies|now|used)\b)"
)
_CONJUNCT_LEAD = r",?\s+(?:and|but|or)\s+(?:(?:also|then|now|currently|still|recently|just|he|she|mostly|mainly|usually|never)\s+)*|\s*[,;]\s+"
_AFTER_VERB = (
    r"(?:\s+(?:in|at|for|as|on|with|to|from|up|out|about|into|a|an|the|my|our|his|her|not|no|some|two|three|four|allergic|very|really|to be|like|being|married|\d+|taking|over|near|by|off)\b|\s+(?-i:[A-Z])|'t\b|\s+\w+ing\b|\s+\w+ly\b)"
)
_LEAD = (
    r"(?:(?:and|but|so|hey|hi|hello|ok|okay|yes|yeah|yep|no|nope|well|oh|ah|um|hmm|wow|lol|haha|btw|by the way|also|plus|then|anyway|look|listen|honestly|frankly|actually|correction|oops|wait|sorry|thanks|"
    r"thank you|fyi|just so you know|for the record|to be honest|tbh|for your information|as i said|as i mentioned|as you know|unfortunately|luckily|fortunately|sadly|finally|basically|"
    r"in fact|of course|obviously|apparently|great news|good news|bad news|big news|guess what|update|edit|note|ps|p\.s\.|fun fact|quick update|one more thing|another thing|because|since|although|though|"
    r"while|however|currently|nowadays|these days|at the moment|right now|now|today|recently|lately|yesterday|tonight|tomorrow|this (?:morning|afternoon|evening|week|weekend|month|year|summer|spring|winter|fall|autumn)|"
    r"last (?:night|week|weekend|month|year|summer|winter|spring|fall|autumn|\w+day|january|february|march|april|may|june|july|august|september|october|november|december)|next (?:week|month|year|summer|\w+day)|"
    r"(?:a|two|three|four|five|six|\d+|several|a few|a couple of) (?:days?|weeks?|months?|years?|hours?) ago|(?:in|since|until|on|by|around|during|from) (?:early |late |mid[- ]?|the )*(?:\d{4}|\w+day|january|february|march|april|may|june|july|august|september|october|november|december|"
    r"summer|winter|spring|autumn|fall|\d+s)(?: \d{1,4}(?:st|nd|rd|th)?)?(?:,? \d{4})?|in general|generally|originally|the thing is|turns out(?: that)?|it turns out(?: that)?|as of (?:today|now|\w+day|last week|\w+ \d+)|"
    r"(?:please |just |always |kindly )*(?:remember|note|keep in mind|bear in mind|don'?t forget|do not forget|never forget|make a note|take note|know|save|for (?:future )?reference)(?: (?:that|this|the fact that))?|"
    r"after (?:all|that|\w+ing [^,]{2,30})|as a [^,]{2,30}|for (?:work|fun|now|(?:about |over |almost |the (?:last|past) )?\w+ (?:years?|months?))|the truth is|all my life)\b[\s,:.!;-]*)+"
)
_HEDGE = r"(?:(?:i|i'm) (?:think|guess|believe|suppose|reckon|feel like|assume|figure|suspect|am pretty sure|pretty sure|am fairly sure|fairly sure)(?: that)?|maybe|perhaps|possibly|probably|i'm not sure but|apparently)[\s,]+"
_ADVERBS = frozenset(
    "just recently currently now also still always really actually finally already mostly mainly usually often sometimes both officially basically originally honestly absolutely truly definitely "
    "very so quite super totally completely pretty rather even only normally generally typically primarily occasionally rarely constantly frequently personally apparently obviously permanently temporarily "
    "happily proudly probably kinda sorta all newly legally technically fully simply literally regularly seriously particularly especially merely almost ever once since then too somewhat extremely "
    "genuinely fairly deeply secretly initially previously formerly soon once again suddenly eventually randomly sadly unfortunately luckily fortunately obviously long exclusively tend".split()
)
_TWO_WORDS = frozenset(("kind of", "sort of", "pretty much", "more or", "a bit", "a little", "a lot", "these days", "right now", "at least", "so far", "as well", "most definitely", "for sure", "of course"))
_NEGATIONS = frozenset(
    "not never don't dont doesn't doesnt didn't didnt isn't isnt aren't arent ain't aint wasn't wasnt weren't werent haven't havent hasn't hasnt hadn't hadnt can't cant cannot won't wont wouldn't wouldnt couldn't couldnt hardly n't barely neither shouldn't".split()
)
_BE = {"am": "present", "is": "present", "are": "present", "'m": "present", "'re": "present", "'s": "present", "isn't": "present", "isnt": "present", "aren't": "present", "arent": "present", "ain't": "present", "aint": "present",
       "was": "past", "were": "past", "wasn't": "past", "wasnt": "past", "weren't": "past", "werent": "past", "been": "perfect", "be": "be", "being": "progressive", "m": "present", "re": "present"}
_HAVE = {"have": "perfect", "has": "perfect", "'ve": "perfect", "ve": "perfect", "had": "past_perfect", "haven't": "perfect", "havent": "perfect", "hasn't": "perfect", "hasnt": "perfect", "hadn't": "past_perfect", "'s": "perfect", "'d": "past_perfect"}
_MODALS = frozenset("would could might may should must 'd d wouldn't couldn't wouldnt couldnt shouldn't ought".split())
_FUTURE = frozenset("will 'll ll won't wont gonna shall".split())
_PAST_NEG = frozenset("didn't didnt wasn't wasnt weren't werent hadn't hadnt couldn't couldnt".split())


@cache
def _kin_words() -> str:
    """Kin and pets as one alternation, longest first, with what may stand between ("golden retriever" ends in a kin word)."""
    return "|".join(sorted((w for w in [*KIN, *KIN_PLURALS]), key=len, reverse=True))


@cache
def kin_pattern() -> str:
    """ "my older sister", with groups `ex`, `kin` and, after it, `name`."""
    return rf"(?P<ex>ex[- ]|former |late )?{KIN_ADJECTIVES}(?P<kin>{_kin_words()})(?![\w])(?:-to-be)?"


@cache
def _conjunct_verbs() -> str:
    return "|".join(sorted({f for f, t in verb_forms().items() if t != "ing"} | {"am", "is", "are", "was", "were", "don't", "doesn't", "can't", "never", "have", "has", "had", "used"}, key=len, reverse=True))


@cache
def _boundaries() -> str:
    return rf"{_BOUNDARY}|(?P<conjunct>{_CONJUNCT_LEAD})(?=(?:{_conjunct_verbs()})\b{_AFTER_VERB})"


def clauses(text: str, start: int, end: int, known: frozenset[str]) -> Iterator[Clause]:
    """The clauses of the sentence at `text[start:end]`; `known` are folded names that also count in lower case."""
    end = min(end, start + MAX_SENTENCE)
    last: Subject | None = None
    for i, (a, b) in enumerate(_pieces(text, start, end)):
        if i >= MAX_CLAUSES:
            return
        hedged = False
        at = _skip(text, a, b, _LEAD)
        hedge = rx(_HEDGE).match(text, at, b)
        if hedge:
            hedged, at = True, hedge.end()
        subject = find_subject(text, at, b, known)
        if subject is None:
            at = _after_comma(text, at, b)
            subject = find_subject(text, at, b, known) if at >= 0 else None
        inherited = subject is None
        if subject is None:
            at = a
            subject = last or Subject("none", span=(a, a))
        predicate = parse_predicate(text, subject.span[1] if not inherited else at, b)
        yield Clause(subject, predicate, a, b, hedged, inherited)
        if subject.who != "none" and not (subject.who == "pronoun" and subject.name in ("it", "this", "that")):
            last = subject


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for m in rx(_boundaries()).finditer(text, start, end):
        if m.start() <= at or (m.group().strip() == "," and rx(rf"(?:{KIN_ADJECTIVES})(?:{_kin_words()})$").search(text, at, m.start()) and False):
            continue
        yield at, m.start()
        at = m.end()
    if at < end:
        yield at, end


def _skip(text: str, start: int, end: int, pattern: str) -> int:
    m = rx(pattern).match(text, start, end)
    return m.end() if m else start


def _after_comma(text: str, start: int, end: int) -> int:
    """Where the main clause may begin after "When I was in Rome, " or "At work, "; -1 if there is no such lead."""
    m = rx(r"(?:in|on|at|for|after|before|during|since|when|while|as|until|with|by|every|one|back|from|once|over|around)\s[^,;]{1,60},\s+").match(text, start, end)
    if m:
        return m.end()
    m = rx(r"(?:in|on|at|after|before|during|since|every|one|back|over|around|this|last|next|two|three|four|a few|\d+)\s(?:[\w'-]+\s){1,5}?(?=(?:i|we|my)\b)").match(text, start, end)
    return m.end() if m else -1


def find_subject(text: str, start: int, end: int, known: frozenset[str]) -> Subject | None:
    """The subject a clause begins with, or None."""
    while start < end and text[start].isspace():
        start += 1
    m = rx(r"(?:i(?=['\s])|i(?=(?:m|ve|ll)\s))").match(text, start, end)
    if m:
        both = rx(rf"i and (?:my|our) |i\b$").match(text, start, end)
        return Subject("self", span=(start, m.end())) if not both or both.group() == "i" else None
    m = rx(r"(?:we|my family|my family and i|us)(?=['\s])").match(text, start, end)
    if m:
        return Subject("we", span=(start, m.end()))
    m = rx(rf"(?:me and )?(?:my|our) (?:[\w'-]+ )?(?:{_kin_words()})(?: {NAME})? and (?:i|me)(?='|\s)").match(text, start, end)
    if m:
        return Subject("we", span=(start, m.end()))
    m = rx(rf"(?P<det>my|our|his|her|their|{NAME}'s)\s+").match(text, start, end)
    if m:
        return _possessive(text, start, end, m.group("det"), m.end())
    m = rx(r"(?P<p>he|she|they|it|this|that|there)(?=['\s])").match(text, start, end)
    if m:
        return Subject("pronoun", name=m.group("p").lower(), span=m.span())
    m = rx(r"(?:the|this|that)\s+(?P<np>[\w -]{2,40}?)(?=\s+(?:is|was|has|keeps?|kept|won't|doesn't|broke|died|stopped|started|fixed|solved|resolved|did|helped|crashes|overheats|finally|really|just|also|update|expires?)\b)").match(text, start, end)
    if m:
        return Subject("thing", noun=m.group("np"), owner="the", span=m.span(), noun_span=m.span("np"))
    m = rx(NAME).match(text, start, end)
    if m:
        first = m.group().split()[0]
        if first.casefold() not in NOT_NAMES and text[m.end() : m.end() + 1] in (" ", "'", ",", "") and first != "I":
            return Subject("name", name=m.group(), span=m.span(), name_span=m.span())
        return None
    m = rx(r"[^\W\d_][\w-]*").match(text, start, end)
    if m and m.group().casefold() in known and m.group().casefold() not in NOT_NAMES:
        return Subject("name", name=m.group(), span=m.span(), name_span=m.span())
    return None


def _possessive(text: str, start: int, end: int, det: str, at: int) -> Subject | None:
    """ "my sister Priya", "my wife's name", "our dog", "my laptop", "Priya's birthday"."""
    low = det.lower()
    owner, owner_who = ("", "self") if low in ("my", "our") else (low, "pronoun") if low in ("his", "her", "their") else (det[:-2], "name")
    m = rx(kin_pattern()).match(text, at, end)
    if m and not rx(r"\s+(?:food|bowl|house|car|bed|toy|room|teacher|school|sitter|walker|park|name tag|hair|litter|phone|laptop|bike)\b").match(text, m.end(), end):
        kin, ex = m.group("kin").lower(), bool(m.group("ex") and m.group("ex").lower().startswith(("ex", "former")))
        ex = ex or text[at : m.end()].lower().startswith(("ex-", "ex ", "former "))
        at = m.end()
        of = rx(rf"(?: from [\w ]{{2,20}}?)?,? (?:named |called )?(?P<name>{NAME})(?:,|(?=['\s.!]|$))").match(text, at, end)
        name = ""
        span = (0, 0)
        if of and of.group("name").split()[0].casefold() not in NOT_NAMES and not rx(rf"\s*(?:,\s*|\s)(?:{NAME})?,? and {NAME}").match(text, of.end(), end):
            name, span, at = of.group("name"), of.span("name"), of.end()
        noun = rx(r"'s?\s+(?P<noun>[\w' -]{2,40}?)(?=\s*(?:'s|is|was|are|were|has|had|turned|means|:|=|keeps?|won't|doesn't|broke|expires)\b)").match(text, at, end)
        if noun:
            return Subject("thing", noun=noun.group("noun"), owner=kin if not name else name, owner_who="kin" if not name else "name", kin=kin, name=name,
                           span=(start, noun.end()), noun_span=noun.span("noun"), name_span=span, ex=ex)
        return Subject("kin", name=name, kin=kin, owner=owner, owner_who=owner_who, span=(start, at), name_span=span, ex=ex)  # type: ignore[arg-type]
    m = rx(
        r"(?P<np>[\w'&/+.-]+(?: [\w'&/+.-]+){0,7}?)(?:\s*[:=]\s*|(?='s\s)|\s+(?=(?:is|isn't|are|aren't|was|were|wasn't|'s|has|have|had|hasn't|will|used to|won't|wont|can't|doesn't|doesnt|don't|didn't|keeps?|kept|started|starts|stopped|"
        r"broke|died|overheats?|crashe[sd]|crash|freezes|froze|leaks?|flickers?|lags?|expires?|ends|runs|ran|just|always|finally|also|recently|got|turned|lives|works|cost|costs|goes|begins|takes|makes|came|comes|needs?|failed|fails|"
        r"disconnects?|drops?|shuts?|squeaks?|rattles?|stutters?|hurts?|changed|should be|must be|constantly|randomly|suddenly|now|actually|really|means)\b))"
    ).match(text, at, end)
    if m is None:
        return None
    return Subject("thing", noun=m.group("np"), owner=owner, owner_who=owner_who, span=(start, m.end()), noun_span=m.span("np"))  # type: ignore[arg-type]


def parse_predicate(text: str, start: int, end: int) -> Predicate | None:
    """Tense, negation and core of the predicate that starts at `start`; None when nothing is left."""
    tense: Tense = "present"
    negated = ended = be = can = False
    set_tense = False
    adverbs: set[str] = set()
    tokens = [(m.group().lower(), m.start(), m.end()) for m in rx(r"'(?:m|re|s|ve|ll|d)\b|[^\W_](?:[\w'&/+.-]*[\w])?|[$€£₹]\s?\d").finditer(text, start, min(end, start + 200))]
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
        elif pair in ("going to", "about to", "have to", "got to", "need to", "set to") and i + 2 < len(tokens) and tokens[i + 2][0] in _base_verbs():
            if word in ("have", "need", "got"):
                return Predicate("have_to", a, end, "present", negated, ended, be, can, frozenset(adverbs))
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
        elif word in _MODALS and following:
            tense, set_tense, i = "modal", True, i + 1
        elif word in _HAVE and _participle_follows(tokens, i + 1):
            tense, i = ("perfect" if _HAVE[word] == "perfect" else "past_perfect"), i + 1
            set_tense = True
        elif word in _BE and not (word == "being" and not be):
            be = True
            if not set_tense:
                tense = "past" if _BE[word] == "past" else "present"
            i += 1
        elif pair in _TWO_WORDS:
            i += 2
        elif word in _ADVERBS and following and not (word in ("all", "only", "once", "even", "so", "then", "since", "long", "both") and following in ("the", "of", "my")):
            adverbs.add(word)
            i += 1
        else:
            break
    if i >= len(tokens):
        return None
    head, a, _ = tokens[i]
    form = verb_forms().get(head)
    if not set_tense:
        if be and form == "ing":
            tense = "progressive" if tense == "present" else tense
        elif not be and form in ("past", "participle"):
            tense = "past"
    return Predicate(head, a, end, tense, negated, ended, be, can, frozenset(adverbs))


def _split_contraction(token: tuple[str, int, int]) -> list[tuple[str, int, int]]:
    """ "he's" never reaches here whole, but "I'm" after an adverb, and "who's", do."""
    word, a, b = token
    for tail in ("'ve", "'re", "'ll", "'m", "'d"):
        if word.endswith(tail) and len(word) > len(tail):
            return [(word[: -len(tail)], a, b - len(tail)), (tail, b - len(tail), b)]
    return [token]


@cache
def _base_verbs() -> frozenset[str]:
    return frozenset(f for f, t in verb_forms().items() if t == "present") | frozenset("be do have go see say think know try help ask meet call talk feel wait watch enjoy spend stay".split())


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
    return verb_forms().get(word) in ("participle", "past") or (word.endswith("ed") and len(word) > 4 and word not in ("naked", "blurred", "tired", "red-haired", "hundred", "mixed", "limited", "dyed"))
