"""A sentence as clauses, and a clause as subject and predicate.

This is no parser: it knows the few shapes in which people tell facts, and gives up on the others.
All positions are offsets into the same masked text, so that every value can be cut out of the message itself.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from perdure.rules.lazy import rx
from perdure.rules.lexicon import CAR_NOUNS, DEVICE_NOUNS, HOME_NOUNS, JOBS, KIN, KIN_ADJECTIVES, KIN_PLURALS, NOT_NAMES
from perdure.rules.patterns import verb_forms
from perdure.rules.predicate import Predicate, parse_predicate

MAX_SENTENCE = 600
"""Characters of one sentence that are analysed."""


MAX_CLAUSES = 12


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
    rf"(?:\s*[,;:]\s*|\s+[-–—]+\s+|—)(?:(?:and|but|so|because|while|although|though|since|plus|then|yet|now|also|before that|after that|previously|which is why|(?:as of|since|in|on|this|after) (?:\w+ ){{0,1}}\w+)\s+)*(?={_SUBJECT_START})"
    rf"|\s+(?:and|but|so|because|cause|cuz|while|although|though|plus|yet|whereas)\s+(?:(?:also|now|then|currently|that|so|recently|yesterday|last \w+|(?:as of|since|in|on|this|after) (?:\w+ ){{0,1}}\w+)\s+)*(?={_SUBJECT_START})"
    r"|(?<!that)(?<!where)(?<!what)(?<!when)(?<!if)(?<!than)(?<!because)(?<!think)(?<!guess)(?<!how)(?<!know)(?<!which)(?<!who)(?<!as)\s+(?=(?:i'?m|i am|i live|i work|i have|i've|my name)\s)"
    r"|(?P<relative>,?\s+(?:who|which))(?='s|\s+(?:is|was|has|lives|works|loves|likes|hates|moved|just|also|recently|turned|studies|now|used)\b)"
)


_CONJUNCT_LEAD = (
    r",?\s+(?:and|but|or)\s+(?:(?:also|then|now|currently|still|recently|just|he|she|mostly|mainly|usually|never)\s+)*|\s*[,;]\s+"
)


_AFTER_VERB = r"(?:\s+(?:in|at|for|as|on|with|to|from|up|out|about|into|a|an|the|my|our|his|her|not|no|some|two|three|four|allergic|very|really|to be|like|being|married|\d+|taking|over|near|by|off|diabetes|asthma|arthritis)\b|\s+(?-i:[A-Z])|'t\b|\s+\w+ing\b|\s+\w+ly\b)"


_LEAD = (
    r"(?:(?:i (?:also |just |almost |totally |completely )*(?:forgot|forget|meant|wanted|should) to (?:mention|say|tell you|add|note)(?: this| it)?(?: that|:|,| -)?(?= (?:i|i'm|i've|my|we|we're|our)\b)|"
    r"in case (?:you(?:'re| are| were)? (?:\w+ )?(?:wonder(?:ing|ed)?|curious|interested|ask(?:ing)?)|it(?:'s| is) relevant)|so yeah|and|but|so|hey|hi|hello|ok|okay|yes|yeah|yep|no|nope|well|oh|ah|um|hmm|wow|lol|haha|btw|by the way|also|plus|then|anyway|look|listen|honestly|frankly|actually|correction|oops|wait|sorry|thanks|"
    r"thank you|fyi|just so you know|for the record|to be honest|tbh|for your information|as i said|as i mentioned|as you know|unfortunately|luckily|fortunately|sadly|finally|basically|"
    r"in fact|of course|obviously|apparently|don'?t laugh|don'?t judge(?: me)?|believe it or not|you won'?t believe (?:it|this)|get this|funny story|random|long story short|heads[- ]up|small update|great news|good news|bad news|big news|guess what|update|edit|note|ps|p\.s\.|fun fact|quick update|one more thing|another thing|because|since|although|though|"
    r"while|however|currently|nowadays|these days|at the moment|right now|now|today|recently|lately|yesterday|tonight|tomorrow|this (?:morning|afternoon|evening|week|weekend|month|year|summer|spring|winter|fall|autumn)|"
    r"last (?:night|week|weekend|month|year|summer|winter|spring|fall|autumn|\w+day|january|february|march|april|may|june|july|august|september|october|november|december)|next (?:week|month|year|summer|\w+day)|"
    r"(?:a|two|three|four|five|six|\d+|several|a few|a couple of) (?:days?|weeks?|months?|years?|hours?) ago|(?:in|since|until|on|by|around|during|from) (?:early |late |mid[- ]?|the )*(?:\d{4}|\w+day|january|february|march|april|may|june|july|august|september|october|november|december|"
    r"summer|winter|spring|autumn|fall|\d+s)(?: \d{1,4}(?:st|nd|rd|th)?)?(?:,? \d{4})?|in general|generally|originally|the thing is|turns out(?: that)?|it turns out(?: that)?|as of (?:today|now|\w+day|last week|\w+ \d+)|"
    r"(?:please |just |always |kindly )*(?:remember|note|keep in mind|bear in mind|don'?t forget|do not forget|never forget|make a note|take note|know|save|for (?:future )?reference)(?: (?:that|this|the fact that))?|"
    r"i (?:was|have been|'ve been) told (?:by (?:my|the|a) \w+ )?(?:that )?(?=(?:i|my|we)\b)|i (?:just |recently |also )*(?:found out|learne?d|learnt|discovered|realised|realized)(?: that)?(?= (?:i|my|we)\b)|i (?:already |just )?(?:told you|mentioned)(?: before| already| once)?(?: that)?(?= (?:i|i'm|my|we)\b)|i'?d say(?: that)?|i would say(?: that)?|both(?= (?:my|our)\b)|all(?: of)?(?= (?:my|our)\b)|after (?:all|that|\w+ing [^,]{2,30})|(?:just |only )?(?:for|in|during) this (?:chat|session|conversation)(?: only)?|off the record|(?:just )?between (?:us|you and me)|today only|(?:let'?s )?assume(?: that)?|as a [^,]{2,30}|for (?:work|fun|now|(?:about |over |almost |the (?:last|past) )?\w+ (?:years?|months?))|the truth is|before that|after that|previously|all my life)\b[\s,:.!;-]*)+"
)


_HEDGE = r"(?:(?:i|i'm) (?:think|guess|believe|suppose|reckon|feel like|assume|figure|suspect|am pretty sure|pretty sure|am fairly sure|fairly sure)(?: that)?|maybe|perhaps|possibly|probably|i'm not sure but|apparently)[\s,]+"


@cache
def _kin_words() -> str:
    """Kin and pets as one alternation, longest first, with what may stand between ("golden retriever" ends in a kin word)."""
    return "|".join(sorted((w for w in [*KIN, *KIN_PLURALS]), key=len, reverse=True))


@cache
def kin_pattern() -> str:
    """Reads "my older sister", with groups `ex`, `kin` and, after it, `name`."""
    return rf"(?P<ex>ex[- ]|former |late )?{KIN_ADJECTIVES}(?P<kin>{_kin_words()})(?![\w])(?:-to-be)?"


@cache
def _conjunct_verbs() -> str:
    return "|".join(
        sorted(
            {f for f, t in verb_forms().items() if t != "ing"}
            | {"am", "is", "are", "was", "were", "don't", "doesn't", "can't", "never", "have", "has", "had", "used"},
            key=len,
            reverse=True,
        )
    )


@cache
def _third_persons() -> str:
    """The verb forms that follow "my flight" or "my rent": third person and past."""
    forms_ = {f for f, t in verb_forms().items() if (t == "present" and f.endswith("s")) or t == "past"} | set(
        "leaves departs arrives renews opens closes lands boards consists includes covers pays sits stands happens went increased decreased".split()
    )
    return "|".join(sorted(forms_ - {"has", "is", "was", "plans", "works out"}, key=len, reverse=True))


@cache
def _boundaries() -> str:
    return rf"{_BOUNDARY}|(?P<conjunct>{_CONJUNCT_LEAD})(?=(?:{_conjunct_verbs()})\b{_AFTER_VERB}|(?:has|is|was|am|lives|works|loves|likes|hates|speaks|studies|prefers|owns|drives|takes|take)\s\w)"


def clauses(text: str, start: int, end: int, known: Container[str]) -> Iterator[Clause]:
    """The clauses of the sentence at `text[start:end]`; `known` are folded names that also count in lower case."""
    end = min(end, start + MAX_SENTENCE)
    last: Subject | None = None
    before: tuple[int, int, bool] = (start, start, False)
    told: Predicate | None = None
    for i, (a, b) in enumerate(_pieces(text, start, end)):
        if before[2] and rx(r"(?:who|which)$").search(text, before[1], a):
            last = _antecedent(text, *before[:2], known) or last
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
        if subject is None and last is None and i == 0:
            implied = _implied(text, _skip(text, a, b, _LEAD), b)
            if implied is not None:
                last = Subject("self", span=(implied.start, implied.start))
                yield Clause(last, implied, a, b, hedged)
                told, before = implied, (a, b, True)
                continue
        inherited = subject is None
        if subject is None:
            at = a
            subject = last or Subject("none", span=(a, a))
        predicate = parse_predicate(text, subject.span[1] if not inherited else at, b)
        if inherited and predicate is not None and told is not None:
            predicate = _carried(predicate, told, text[before[1] : a])
        yield Clause(subject, predicate, a, b, hedged, inherited)
        told = predicate or told
        before = (a, b, predicate is not None)
        if subject.who != "none" and not (subject.who == "pronoun" and subject.name in ("it", "this", "that")):
            last = subject


def _carried(p: Predicate, before: Predicate, link: str) -> Predicate:
    """What a verb without a subject takes over: the future in "I'll plan it and use …", the negation in "don't eat meat or drink"."""
    if before.tense in ("future", "modal") and p.tense == "present" and verb_forms().get(p.head) == "present":
        p = replace(p, tense=before.tense)
    if before.negated and "or" in link.split():
        p = replace(p, negated=True, can=before.can)
    return p


def _antecedent(text: str, start: int, end: int, known: Container[str]) -> Subject | None:
    """Whom a "who" after a full clause is about: the person that clause ends in ("I live with my brother Sam, who …")."""
    if rx(r"(?:'m|am|'s|is|'re|are) an? [\w -]{2,30}$").search(text, start, end):
        return None  # "I'm a vegetarian who loves …" is still about me
    m = rx(rf"(?:\b(?:my|our)\s+{kin_pattern()}(?:,? {NAME})?|{NAME})$").search(text, max(start, end - 80), end)
    subject = find_subject(text + " ", m.start(), end + 1, known) if m else None
    return subject or Subject("none", span=(end, end))


def _implied(text: str, start: int, end: int) -> Predicate | None:
    """The predicate of a sentence that leaves "I" or "I'm" out: "Just moved to Leeds", "Allergic to penicillin"."""
    p = parse_predicate(text, start, end)
    if p is None or (p.be and p.tense != "perfect"):
        return None
    if p.be:
        return p if p.head in ("working", "living", "studying", "dating") else None
    finite = rx(r"\b(?:is|are|was|were|has|have|can|could|would|will|makes?|sounds?|looks?|seems?|feels?|should|needs?)\b").search(
        text, p.head_end, end
    )
    form = verb_forms().get(p.head, "")
    if (
        form in ("past", "participle")
        and not p.negated
        and p.head not in _NOT_IMPLIED
        and (text[start:end].lower().startswith("been") or not finite)
    ):
        return replace(p, tense="past" if p.tense == "present" else p.tense)
    if p.head in _IMPLIED_STATES and not finite and len(text[start:end].split()) <= 12:
        return replace(p, be=True, tense="progressive" if form == "ing" else p.tense if p.tense == "past" else "present")
    if p.can and p.negated and p.head in ("stand", "eat", "bear", "drink"):
        return p
    return None


_NOT_IMPLIED = frozenset(
    "read put let cut set based left made given used said told thought called found felt seen heard kept come run hurt become split".split()
)


_IMPLIED_STATES = frozenset(
    "living working studying based allergic vegetarian vegan married divorced engaged pregnant diabetic lactose retired originally born raised celiac dating".split()
)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for m in rx(_boundaries()).finditer(text, start, end):
        if m.start() <= at or text[at : m.start()].strip().lower() in ("me", "i"):
            continue
        conjunct = m.group("conjunct")
        if conjunct and (
            (conjunct.strip() in (",", ";") and text[m.end() : m.end() + 5].lower() == "like ")
            or rx(r"\b(?:live|work|study|lives|works|studies|living|working)$").search(text, at, m.start())
        ):
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
    m = rx(
        r"(?:in|on|at|for|after|before|during|since|when|while|as|until|with|by|every|one|back|from|once|over|around)\s[^,;]{1,60},\s+"
    ).match(text, start, end)
    if m:
        return m.end()
    m = rx(
        r"(?:in|on|at|after|before|during|since|every|one|back|over|around|this|last|next|two|three|four|a few|when|while|\d+)\s(?:[\w'-]+\s){1,7}?(?=(?:i|we|my)\b)"
    ).match(text, start, end)
    return m.end() if m else -1


def find_subject(text: str, start: int, end: int, known: Container[str]) -> Subject | None:
    """The subject a clause begins with, or None."""
    while start < end and text[start].isspace():
        start += 1
    m = rx(rf"(?:me|i) and (?:my|our) (?:[\w'-]+ )?(?:{_kin_words()})(?: {NAME})?(?='|\s)").match(text, start, end)
    if m:
        return Subject("we", span=(start, m.end()))
    m = rx(r"(?:i(?=['\s])|i(?=(?:m|ve|ll)\s))").match(text, start, end)
    if m:
        both = rx(r"i and (?:my|our) |i\b$").match(text, start, end)
        return Subject("self", span=(start, m.end())) if not both or both.group() == "i" else None
    m = rx(r"(?:we|my family|my family and i|us)(?=['\s])").match(text, start, end)
    if m:
        return Subject("we", span=(start, m.end()))
    m = rx(rf"(?:me and )?(?:my|our) (?:[\w'-]+ )?(?:{_kin_words()})(?: {NAME})? and (?:i|me)(?='|\s)").match(text, start, end)
    if m:
        return Subject("we", span=(start, m.end()))
    m = rx(rf"(?P<det>my|our|his|her|their|{NAME}'s)\s+").match(text, start, end)
    if m and not (m.group("det").endswith("'s") and m.group("det")[:-2].casefold() in NOT_NAMES):
        owned = _possessive(text, start, end, m.group("det"), m.end())
        if owned is not None or not m.group("det").endswith("'s"):
            return owned
    m = rx(r"(?P<p>he|she|they|it|this|that|there)(?=['\s])").match(text, start, end)
    if m:
        return Subject("pronoun", name=m.group("p").lower(), span=m.span())
    m = rx(
        r"(?:the|this|that)\s+(?P<np>[\w -]{2,40}?)(?=\s+(?:is|was|has|keeps?|kept|won't|doesn't|broke|died|stopped|started|fixed|solved|resolved|did|helped|crashes|overheats|finally|really|just|also|update|expires?)\b)"
    ).match(text, start, end)
    if m:
        return Subject("thing", noun=m.group("np"), owner="the", span=m.span(), noun_span=m.span("np"))
    m = rx(NAME).match(text, start, end)
    if m:
        first = m.group().split()[0]
        if (
            first.casefold() not in NOT_NAMES
            and (first.casefold() in known or first.casefold() not in verb_forms())
            and text[m.end() : m.end() + 1] in (" ", "'", ",", "")
            and first != "I"
        ):
            return Subject("name", name=m.group(), span=m.span(), name_span=m.span())
        return None
    m = rx(r"[^\W\d_][\w-]*").match(text, start, end)
    if m and m.group().casefold() in known and m.group().casefold() not in NOT_NAMES:
        return Subject("name", name=m.group(), span=m.span(), name_span=m.span())
    return None


_LOWER_NAME = r"\s+(?:called |named )?(?P<name>[a-zà-ÿ]{2,15})(?=(?:'s)? (?:lives?|works?|moved|loves|hates|likes|studies|studied|got|plays|started|bought|adopted|turned|is (?:an?|the|from|in|at|\d|moving|getting|married|allergic|vegetarian|vegan|\w+ing)|has (?:an?|two|three|moved|been)|was|just|also|and i)\b)"


def lower_name(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The name after "my brother" where somebody writes all in lower case; None unless a verb of people follows it."""
    if text[max(0, start - 200) : end] != text[max(0, start - 200) : end].lower():
        return None
    m = rx(_LOWER_NAME).match(text, start, end)
    if m is None:
        return None
    word = m.group("name")
    if (
        word in NOT_NAMES
        or word in verb_forms()
        or word in _NO_LOWER_NAMES
        or word in KIN
        or word in KIN_PLURALS
        or word in JOBS
        or word in DEVICE_NOUNS
        or word in HOME_NOUNS
        or word in CAR_NOUNS
        or word.endswith(("ly", "ing", "ed", "s'"))
    ):
        return None
    return m.span("name")


_NO_LOWER_NAMES = frozenset(
    "team group family house room place birthday wedding school job boss company class flat apartment side mate's partner's who which that whom and or with for of in at on from who's whose "
    "name age health leg arm back head tooth teeth eye ears knee hip heart surgery operation appointment exam visit party funeral death divorce marriage brand new total absolute account number "
    "collar leash toy bed crate cage litter fur tail paw walker sitter groomer vet stuff business shop store studio band project order plan idea grave dorm office garden kitchen".split()
)


def _possessive(text: str, start: int, end: int, det: str, at: int) -> Subject | None:
    """Reads "my sister Priya", "my wife's name", "our dog", "my laptop", "Priya's birthday"."""
    low = det.lower()
    owner, owner_who = ("", "self") if low in ("my", "our") else (low, "pronoun") if low in ("his", "her", "their") else (det[:-2], "name")
    m = rx(kin_pattern()).match(text, at, end)
    if m and not rx(
        r"\s+(?:food|bowl|house|car|bed|toy|room|teacher|school|sitter|walker|park|name tag|hair|litter|phone|laptop|bike)\b"
    ).match(text, m.end(), end):
        chain = (
            rx(r"'s?\s+").match(text, m.end(), end) if owner_who == "self" and m.group("kin").lower() in KIN and not m.group("ex") else None
        )
        further = rx(kin_pattern()).match(text, chain.end(), end) if chain else None
        if (
            further
            and rx(
                r"(?:,? (?-i:[A-ZÀ-Þ])|\s+(?:is|was|has|lives|works|moved|loves|likes|hates|studies|plays|got|just|also)\b|'s an?\b)"
            ).match(text, further.end(), end)
            and not rx(r"\s+(?:is|was)\s+(?:called|named|(?-i:[A-ZÀ-Þ]))").match(text, further.end(), end)
        ):
            owner, owner_who, m = m.group("kin").lower(), "kin", further
        kin, ex = m.group("kin").lower(), bool(m.group("ex") and m.group("ex").lower().startswith(("ex", "former")))
        ex = ex or text[at : m.end()].lower().startswith(("ex-", "ex ", "former "))
        at = m.end()
        of = rx(rf"(?: from [\w ]{{2,20}}?)?,? (?:named |called )?(?P<name>(?:(?:Mr|Mrs|Ms|Dr|Prof)\.? )?{NAME})(?:,|(?=['\s.!]|$))").match(
            text, at, end
        )
        name = ""
        span = (0, 0)
        plain = lower_name(text, at, end) if of is None else None
        if plain:
            name, span, at = text[plain[0] : plain[1]], plain, plain[1]
        if (
            of
            and of.group("name").split()[0].casefold() not in NOT_NAMES
            and not rx(rf"\s*(?:,\s*|\s)(?:{NAME})?,? and {NAME}").match(text, of.end(), end)
        ):
            name, span, at = of.group("name"), of.span("name"), of.end()
        noun = rx(
            r"'s?\s+(?!called\b|named\b|an?\b|the\b|not\b|from\b|in\b|been\b|very\b|also\b|\w+ing\b|allergic|moved|got|just|\d)(?P<noun>[\w' -]{2,40}?)(?=\s*(?:'s|is|was|are|were|has|had|turned|means|:|=|keeps?|won't|doesn't|broke|expires)\b)"
        ).match(text, at, end)
        if noun:
            return Subject(
                "thing",
                noun=noun.group("noun"),
                owner=name or kin,
                owner_who="name" if name else "kin",
                kin=kin,
                name=name,
                span=(start, noun.end()),
                noun_span=noun.span("noun"),
                name_span=span,
                ex=ex,
            )
        return Subject("kin", name=name, kin=kin, owner=owner, owner_who=owner_who, span=(start, at), name_span=span, ex=ex)  # type: ignore[arg-type]
    m = rx(
        r"(?P<np>[\w'&/+.-]+(?: [\w'&/+.-]+){0,7}?)(?:\s*[:=]\s*|(?='s\s)|\s+(?=(?:is|isn't|are|aren't|was|were|wasn't|'s|has|have|had|hasn't|will|used to|won't|wont|can't|doesn't|doesnt|don't|didn't|keeps?|kept|started|starts|stopped|"
        r"broke|died|overheats?|crashe[sd]|crash|freezes|froze|leaks?|flickers?|lags?|expires?|ends|runs|ran|just|always|finally|also|recently|got|turned|lives|works|cost|costs|goes|begins|takes|makes|came|comes|needs?|failed|fails|"
        r"disconnects?|drops?|shuts?|squeaks?|rattles?|stutters?|hurts?|changed|should be|must be|constantly|randomly|suddenly|now|actually|really|means|"
        rf"{_third_persons()})\b))"
    ).match(text, at, end)
    if m is None:
        return None
    return Subject("thing", noun=m.group("np"), owner=owner, owner_who=owner_who, span=(start, m.end()), noun_span=m.span("np"))  # type: ignore[arg-type]
