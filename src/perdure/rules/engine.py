"""A clause against the pattern tables: what it states (`Reading`s), before it is settled who is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from perdure.model.memory import Kind
from perdure.rules.grammar import Clause, Subject, kin_pattern
from perdure.rules.lazy import rx
from perdure.rules.lexicon import JOBS, KIN, KIN_PLURALS, LANGUAGES, MONTHS, NATIONALITIES, NOT_NAMES, NUMBERS, RELIGIONS, WEEKDAYS
from perdure.rules.patterns import noun_rules, rules_by_head, verb_forms
from perdure.rules.patterns.base import NounRule, Rule
from perdure.rules.patterns.plans import ROUTINE
from perdure.rules.predicate import Predicate
from perdure.rules.slots import canonical
from perdure.rules.spans import DEICTIC, trim, whole
from perdure.rules.values import DEFAULT, cut, is_device, is_vehicle, names, proper_name

Polarity = Literal["hold", "end", "oppose", "plan", "none"]


@dataclass(frozen=True, slots=True)
class Reading:
    """One statement: `attribute` of the clause's subject has the value at `start:end`, or has it no more (`ended`).

    `kin` names the relative when the attribute is one. `event`: it happened, at the clause's time, rather than holds.
    """

    attribute: str
    start: int
    end: int
    ended: bool = False
    kind: Kind = "fact"
    kin: str = ""
    event: bool = False


def read(text: str, clause: Clause) -> list[Reading]:
    """The readings of one clause, by noun ("my name is"), by kin ("my wife is Lena") or by verb."""
    p = clause.predicate
    if p is None or p.head == "have_to":
        return []
    subject = clause.subject
    if subject.who == "thing" and not clause.inherited:
        return read_noun(text, subject, p)
    if subject.who in ("kin", "name", "pronoun") and p.be and not p.negated:
        found = _read_kin(text, subject, p)
        if found:
            return found
    if p.be and (
        p.head[0].isdigit()
        or subject.who == "self"
        or p.head.startswith(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"))
    ):
        found = _measure_or_name(text, subject, p)
        if found:
            return found + _apposition(text, found[-1].end, p.end)
    if subject.who == "name" and not _agrees(p):
        return []
    for rule in rules_by_head().get(p.head, ()):
        found = _apply(text, rule, p)
        if found is not None:
            return found
    return _plan_or_routine(text, clause, p)


def _agrees(p: Predicate) -> bool:
    """Whether the predicate can be one person's: "Sounds like fun" has no third person, so "Sounds" is no name."""
    return p.tense != "present" or p.be or p.can or p.negated or p.ended or verb_forms().get(p.head) != "present" or p.head.endswith("s")


def read_noun(text: str, subject: Subject, p: Predicate) -> list[Reading]:
    """Reads "My <noun> is <value>"."""
    if p.tense in ("modal", "future"):
        return []
    between = text[subject.noun_span[1] : p.start]
    for rule, match in noun_rules_of(subject.noun):
        goes = p.head in _HAPPENS and rule.cutter == "occasion" and not p.negated
        if not (p.be or goes or ":" in between or "=" in between or p.head in ("changed", "turned")):
            continue
        readings = value_readings(text, rule, match, p, subject.noun_span)
        if readings:
            return readings
    return []


MOVED = frozenset("moved rescheduled postponed pushed brought shifted delayed changed".split())
"""What is done to an occasion that still takes place, at another time."""
_HAPPENS = frozenset("leaves departs arrives starts begins boards lands ends goes takes got moved".split())


def noun_rule(noun: str) -> tuple[NounRule | None, re.Match[str] | None]:
    """The rule whose noun phrase this is."""
    return next(iter(noun_rules_of(noun)), (None, None))


@lru_cache(maxsize=512)
def noun_rules_of(noun: str) -> tuple[tuple[NounRule, re.Match[str]], ...]:
    """Every rule whose noun phrase this is, in the tables' order: "phone" is a number to call and a thing to own."""
    noun = noun.strip()
    found = ((rule, rx(rf"(?:own |new |current )*(?:{rule.noun})").fullmatch(noun)) for rule in noun_rules())
    return tuple((rule, m) for rule, m in found if m is not None)


def value_readings(
    text: str, rule: NounRule, match: re.Match[str] | None, p: Predicate, noun_span: tuple[int, int] = (0, 0)
) -> list[Reading]:
    """The readings of "is <value>" under a noun rule; what is told of an occasion is the noun itself ("my exam is on Friday")."""
    attribute = rule.slot
    if "{x}" in attribute and match is not None:
        attribute = canonical(attribute.replace("{x}", re.sub(r"\W+", "_", match.group("x").lower()).strip("_")))
    start = p.start
    skip = rx(r"(?:spelled|spelt|called|to|now)\s+").match(text, start, p.end)
    start = skip.end() if skip else start
    if attribute == "phone" and text[start - 1 : start] == "+":
        start -= 1
    if attribute in ("email", "phone", "blood_type", "timezone"):
        spans = strict(text, attribute, start, p.end)
    else:
        spans = cut(rule.cutter, text, start, p.end)
    ended = p.negated or p.ended or p.tense in ("past", "past_perfect")
    if attribute in ("birthday", "from", "anniversary"):
        ended = p.negated
    if rule.cutter == "occasion" and spans and noun_span[1]:
        if rx(rf"\b(?:{WEEKDAYS}s|every|each|daily|weekly|monthly|usually|always|(?:week|month|year)ly)\b").search(text, p.start, p.end):
            return []  # it recurs: no day of it is the day
        lead = rx(r"(?:next|upcoming|new|own)\s+").match(text, *noun_span)
        spans = [(lead.end() if lead else noun_span[0], noun_span[1])]
        ended = ended and p.head not in MOVED
    return [Reading(attribute, a, b, ended, rule.kind) for a, b in spans] + (
        [] if ended else _corrected(text, attribute, spans, p, rule.cutter, rule.kind)
    )


_STRICT = {
    "email": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    "phone": r"\+?\(?\d[\d\s().-]{4,20}\d",
    "blood_type": r"(?:AB|A|B|O|0)\s?(?:\+|-|positive\b|negative\b|pos\b|neg\b|rh\s?(?:positive|negative|\+|-))",
    "timezone": r"(?:UTC|GMT)\s?[+-]?\s?\d{0,2}(?::\d\d)?|[ECMP][SD]?T\b|CES?T\b|IST\b|BST\b|JST\b|AE[SD]T\b|(?:US )?(?:Pacific|Eastern|Central|Mountain|Atlantic)(?: (?:standard|daylight))?(?= time| time ?zone|\b)|[A-Z]\w+/[A-Z]\w+",
}


def strict(text: str, attribute: str, start: int, end: int) -> list[tuple[int, int]]:
    """A value that has a form of its own: e-mail address, phone number, blood type, time zone."""
    m = rx(_STRICT[attribute]).search(text, start, min(end + 1, start + 80) if attribute == "blood_type" else min(end, start + 80))
    return trim(text, m.start(), m.end()) if m and attribute != "blood_type" else [m.span()] if m else []


def _read_kin(text: str, subject: Subject, p: Predicate) -> list[Reading]:
    """Reads "My wife is (called) Lena", "Tom is my boss"."""
    if subject.who == "kin" and not subject.name:
        at = p.start
        m = rx(r"(?:called|named)\s+").match(text, at, p.end)
        spans = names(text, m.end(), p.end) if m else _names_only(text, at, p.end)
        if spans and (m or not rx(rf"(?:{NATIONALITIES}|{RELIGIONS})\b").match(text, spans[0][0], p.end)):
            return [Reading(KIN[KIN_PLURALS.get(subject.kin, subject.kin)].attribute, a, b, kin=subject.kin) for a, b in spans]
    if p.head in ("my", "our") and subject.who in ("name", "pronoun"):
        m = rx(rf"(?:my|our)\s+{kin_pattern()}(?=\W|$)(?!'s)").match(text, p.start, p.end)
        if m:
            return [
                Reading(
                    "kin_of",
                    m.start(),
                    m.end(),
                    ended=p.tense == "past" or p.ended or bool(m.group("ex")),
                    kin=m.group("kin").lower(),
                )
            ]
    return []


def _measure_or_name(text: str, subject: Subject, p: Predicate) -> list[Reading]:
    """Reads "I'm 34", "she's 178 cm tall", "I'm Ada"."""
    if p.tense in ("modal", "future") or p.negated:
        return []
    ended = p.ended or p.tense in ("past", "past_perfect")
    m = rx(
        r"(?P<v>\d[\d.,]*\s?(?:cm|m|meters?|metres?|feet|foot|ft|')\s?(?:\d{1,2}(?:\s?(?:inch(?:es)?|in|cm|\"|''))?)?)(?: tall)?(?=\W|$)"
    ).match(text, p.start, p.end)
    if m:
        return [] if ended else [Reading("height", a, b) for a, b in [m.span("v")]]
    m = rx(
        r"(?P<v>(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|eighteen|nineteen)(?: years? old)?(?=\s*(?:[,.!;]|$)| (?:and|but)\b)"
    ).match(text, p.start, p.end)
    if m:
        return [] if ended else [Reading("age", *m.span("v"))]
    m = rx(
        r"(?P<v>\d{1,3})(?:[- ]?(?:years?|yrs?)[- ]?(?:old|of age)|\s?y/?o\b|\s*(?=[,.;!)]|$)| (?=(?:and|but|now|so|btw|today|this|next|already|as of|lol|female|male|f|m)\b))"
    ).match(text, p.start, p.end)
    if m and int(m.group("v")) <= 120:
        return [] if ended else [Reading("age", *m.span("v"))]
    if subject.who != "self" or ended:
        return []
    lower = text[: subject.span[0]].rstrip(" ,!.").casefold().endswith(("hi", "hey", "hello"))
    m = rx(
        r"(?P<v>(?-i:[A-ZÀ-Þ][\w'-]+(?: [A-ZÀ-Þ][\w'-]+){0,2})|[a-z]{2,})(?=\s*(?:[,.!;(]|$)|\s+(?:and|from|by the way|btw|your|the|a|but|-|–)\b)"
    ).match(text, p.start, p.end)
    if m is None or not (text[p.start].isupper() or lower) or p.adverbs:
        return []
    first = m.group("v").split()[0].casefold()
    if (
        first in NOT_NAMES
        or first in JOBS
        or first in rules_by_head()
        or first in verb_forms()
        or rx(rf"(?:{NATIONALITIES}|{RELIGIONS})\b").match(first)
        or first.endswith(("ed", "ing"))
    ):
        return []
    return [Reading("name", *m.span("v"))]


def _names_only(text: str, start: int, end: int) -> list[tuple[int, int]]:
    m = rx(r"(?:(?-i:[A-ZÀ-Þ])[\w'.-]*(?:,? (?:and )?|, )?)+(?:[,.!;]|$| and\b)").match(text, start, end)
    return (
        [s for s in names(text, start, end) if text[s[0]].isupper()]
        if m
        else proper_name(text, start, min(end, start + 40))[:1]
        if text[start : start + 1].isupper() and _alone(text, start, end)
        else []
    )


def _alone(text: str, start: int, end: int) -> bool:
    return len(text[start:end].split()) <= 3


def _polarity(rule: Rule, p: Predicate, text: str) -> Polarity:
    if p.tense == "modal":
        return "none"
    if rule.event:
        if p.negated or p.ended:
            return "none"
        if p.tense in ("future", "progressive") or (p.tense == "present" and not p.be and rx(_SOON).search(text, p.start, p.end)):
            return "plan"
        return "hold" if p.be or p.tense in ("past", "perfect", "past_perfect") else "none"
    if p.tense == "future":
        return "none"
    if p.tense in ("past", "past_perfect"):
        return "none" if p.negated else "end"
    if p.ended:
        return "end"
    if p.negated:
        if p.tense == "perfect":
            return "none"
        if rx(r"\b(?:any ?more|any longer)\b").search(text, p.start, p.end):
            return "end"
        return "end" if rule.deny == "end" else "oppose" if rule.deny == "opposite" else "none"
    if p.tense == "perfect" and verb_forms().get(p.head) in ("participle", "past") and not p.be:
        return (
            "hold"
            if rx(r"\b(?:since|for|all my life|my (?:whole|entire) life|always)\b").search(text, p.start, p.end) or "always" in p.adverbs
            else "none"
        )
    return "hold"


def _apply(text: str, rule: Rule, p: Predicate) -> list[Reading] | None:
    """The rule's readings; None when it does not match, so that the next may try."""
    if (rule.needs == "be" and not p.be) or (rule.needs == "verb" and p.be):
        return None
    form = verb_forms().get(p.head)
    literal = f"={p.head}" in rule.heads.split()
    if p.be and not literal and form != "ing":
        return None
    m = rx(rule.rest).match(text, p.head_end, p.end)
    if m is None:
        return None
    polarity = _polarity(rule, p, text)
    out: list[Reading] = []
    for group, value in m.groupdict().items():
        if value is not None:
            out += _group(text, group, m, rule, p, polarity)
    if {r.attribute for r in out} == {"device", "current_device"}:
        out = _not_of_devices(text, out)
    if polarity == "plan" and out:
        return _plan(text, p, kind=rule.kind)
    return out or None


def _not_of_devices(text: str, out: list[Reading]) -> list[Reading]:
    """Reads "I switched from Vodafone to Telekom": two names neither of which is known as a device are things used, no devices."""
    if any(is_device(text[r.start : r.end]) or is_vehicle(text[r.start : r.end]) or rx(r"\d").search(text, r.start, r.end) for r in out):
        return out
    return [replace(r, attribute="uses") for r in out]


def _group(text: str, group: str, m: re.Match[str], rule: Rule, p: Predicate, polarity: Polarity) -> list[Reading]:
    special = _SPECIAL.get(group)
    if special is not None:
        return special(text, m, p, polarity)
    if polarity == "none":
        return []
    name, _, cutter = group.partition("__")
    name = name.removesuffix("_2").removesuffix("_3")
    ending = name.startswith("end_")
    attribute = name.removeprefix("end_")
    if attribute.endswith("_word"):
        attribute, spans = attribute.removesuffix("_word"), [(p.start, p.head_end)]
    elif attribute.endswith("_head"):
        attribute, spans = attribute.removesuffix("_head"), [(p.start, m.end())]
    else:
        spans = cut(cutter or DEFAULT[attribute], text, *m.span(group))
    if attribute == "language":
        spans = [found.span() for found in rx(rf"\b(?:{LANGUAGES})\b").finditer(text, *m.span(group))] if spans else []
    if attribute == "marital_status" and not spans:
        return []
    if attribute in ("plan", "goal") and not rx(_SOON).search(text, p.start, p.end):
        spans = [(a, b) for a, b in spans if not rx(DEICTIC).search(text, a, b) and "->" not in text[a:b]]
    if polarity == "plan":
        return [Reading(attribute, a, b) for a, b in spans]
    if polarity in ("end", "oppose"):
        if ending or (attribute in _PASSING and p.tense in ("past", "past_perfect") and not p.ended):
            return []
        out = [Reading(attribute, a, b, ended=True, kind=rule.kind) for a, b in spans]
        if polarity == "oppose" and attribute == "likes":
            out += [Reading("dislikes", a, b, kind=rule.kind) for a, b in spans]
        if p.negated:
            out += _corrected(text, attribute, spans, p, cutter or DEFAULT.get(attribute, "thing"), rule.kind, "but")
        return out
    out = [Reading(attribute, a, b, ended=ending, kind=rule.kind, event=rule.event) for a, b in spans]
    if not ending:
        out += _corrected(text, attribute, spans, p, cutter or DEFAULT.get(attribute, "thing"), rule.kind)
    return out


def _apposition(text: str, start: int, end: int) -> list[Reading]:
    """What follows a name or an age: "I'm Ingrid, a marine biologist living in Bergen"."""
    out: list[Reading] = []
    m = rx(r",?\s*(?:and )?(?:an?|the)\s+(?P<job>.+)").match(text, start, end)
    if m:
        stop = rx(r"\s+(?:living|based|residing|working|from)\b").search(text, m.start("job"), end)
        out += [Reading("job_title", a, b) for a, b in cut("job", text, m.start("job"), stop.start() if stop else end)]
    m = rx(r"\b(?:living|based|residing) in (?P<place>.+)").search(text, start, end)
    if m:
        out += [Reading("lives_in", a, b) for a, b in cut("place", text, *m.span("place"))]
    return out


_PASSING = frozenset("likes dislikes plan appointment goal routine travel budget".split())
"""Attributes a past tense alone does not end: who loved a film has not stopped loving films."""


def _corrected(
    text: str, attribute: str, spans: list[tuple[int, int]], p: Predicate, cutter: str, kind: Kind, word: str = "not"
) -> list[Reading]:
    """Reads "almonds, not walnuts" ends walnuts; "not walnuts but almonds" states almonds."""
    if not spans:
        return []
    m = rx(rf"\s*,?\s*(?:and )?{word}\s+(?=\w)").match(text, spans[-1][1], p.end)
    if m is None or rx(r"(?:not (?:only|just|so|really|because|that|very|at|in|for|a fan|too|sure))\b").match(
        text, m.start() + len(m.group()) - len(m.group().lstrip(" ,")), p.end
    ):
        return []
    return [
        Reading(attribute, a, b, ended=word == "not", kind=kind)
        for a, b in cut(cutter if cutter in ("name", "names", "place", "date") else "things", text, m.end(), p.end)[:1]
    ]


def _names_of_kin(text: str, m: re.Match[str], p: Predicate, polarity: Polarity) -> list[Reading]:
    word = m.group("kin").lower().split()[-1]
    kin = KIN_PLURALS.get(word, word)
    if kin == "pig" or (kin not in KIN and p.head.startswith(("adopt", "rescue"))):
        kin = "pet"
    if kin not in KIN or polarity in ("none", "plan") or (polarity == "end" and p.negated):
        return []
    return [
        Reading(KIN[kin].attribute, a, b, ended=polarity == "end", kin=kin)
        for a, b in names(text, *m.span("names"))
        if text[a].isupper() or KIN[kin].type == "Pet" or "named" in m.group()
    ]


def _nothing(_text: str, _m: re.Match[str], _p: Predicate, _polarity: Polarity) -> list[Reading]:
    return []


def _eats(text: str, m: re.Match[str], p: Predicate, _polarity: Polarity) -> list[Reading]:
    """Reads "I don't eat pork", "I can't eat gluten": what is avoided; eating something says little."""
    if not (p.negated or p.ended) or p.tense not in ("present", "progressive") or p.head not in ("eat", "eats", "drink", "drinks"):
        return []
    start, end = m.span("eats")
    second = rx(r".* or (?:eat|drink) ").match(text, start, end)
    if second:
        both = cut("things", text, start, second.end() - 9) + cut("things", text, second.end(), end)
        return [Reading("avoids", a, b, kind="preference") for a, b in both]
    return [
        Reading("avoids", a, b, kind="preference")
        for a, b in cut("things", text, *m.span("eats"))
        if not rx(r"(?:much|a lot|enough|well|too|before|after|at|there|here|out|until)\b").match(text, a, b)
    ]


def _cannot_stand(text: str, m: re.Match[str], p: Predicate, _polarity: Polarity) -> list[Reading]:
    if not (p.can and p.negated):
        return []
    return [Reading("dislikes", a, b, kind="preference") for a, b in cut("things", text, *m.span("can_dislike"))]


def _can(text: str, m: re.Match[str], p: Predicate, _polarity: Polarity) -> list[Reading]:
    """Reads "I can play the violin", "I can't swim"."""
    if not p.can or p.be or p.tense == "modal":
        return []
    spans = cut("phrase", text, p.start, p.end)
    if p.head == "play":
        spans = cut("things", text, m.start(), p.end) or spans
    return [Reading("skill", a, b, ended=p.negated) for a, b in spans if b - a < 60]


def _plan_or_goal(text: str, m: re.Match[str], p: Predicate, polarity: Polarity) -> list[Reading]:
    if polarity != "hold":
        return []
    attribute = "goal" if p.head.startswith("hop") else "plan"
    return [Reading(attribute, a, b) for a, b in cut("phrase", text, *m.span("plan_or_goal")) if not rx(DEICTIC).match(text, a, b)]


_SPECIAL = {
    "names": _names_of_kin,
    "kin": _nothing,
    "eats": _eats,
    "can_dislike": _cannot_stand,
    "over": _nothing,
    "skill_can": _can,
    "plan_or_goal": _plan_or_goal,
}


_TRIPS = frozenset(
    "moving flying going traveling travelling leaving visiting starting getting buying having marrying relocating driving taking graduating retiring hosting running joining returning attending meeting spending seeing".split()
)


def _plan_or_routine(text: str, clause: Clause, p: Predicate) -> list[Reading]:
    """A plan ("will", "going to", "flying to Rome tomorrow") or a routine ("every morning"), when no rule said more."""
    if p.negated or p.ended or p.tense == "modal" or p.can:
        return []
    if p.tense == "future" or (p.tense == "progressive" and p.head in _TRIPS):
        return _plan(text, p)
    if (
        p.tense == "present"
        and (not p.be)
        and p.head not in _NO_ROUTINE
        and clause.subject.who in ("self", "we", "kin", "name", "pronoun")
        and verb_forms().get(p.head) == "present"
    ):
        habit = {"always", "usually", "typically", "normally", "generally", "regularly"} & p.adverbs
        leading = rx(ROUTINE).search(text, clause.start, clause.subject.span[0]) if not clause.inherited else None
        if habit or leading or rx(ROUTINE).search(text, p.start, p.end):
            start = leading.start() if leading else p.start
            return [
                Reading("routine", a, b, kind="procedural") for a, b in (trim(text, start, p.end) if leading else whole(text, start, p.end))
            ]
    return []


_NO_ROUTINE = frozenset(
    "feel feels think thinks say says know knows want wants wish hope remember love loves like likes enjoy enjoys mean means believe see sees need needs look looks hate hates find finds appreciate".split()
)
_SOON = (
    rf"\b(?:tomorrow|tonight|next (?!time)|upcoming|in (?:\d{{4}}|{NUMBERS} (?:days?|weeks?|months?|years?))|this (?:week|weekend|month|year|summer|winter|spring|fall|autumn|coming|{WEEKDAYS})|(?:on|by|before) (?:{WEEKDAYS}|the \d|{MONTHS})|"
    rf"in {MONTHS}(?![a-z])|after (?:graduation|college|the wedding)|soon|later this)\b"
)
_MOMENTARY = frozenset(
    "try let see check be do take need have look think give keep tell ask use say know miss love like remember never admit send add make work get share hear enjoy show feel find continue focus consider definitely stick help "
    "want put stay hang call talk wait bring go rest appreciate support believe become end happen leave update pass reach come figure understand save drop".split()
)
_DEPARTURES = frozenset("moving flying relocating travelling traveling visiting graduating retiring marrying emigrating".split())


def _plan(text: str, p: Predicate, kind: Kind = "fact") -> list[Reading]:
    """The plan's own words; a will of the moment ("I'll try that") is none."""
    dated = rx(_SOON).search(text, p.start, p.end) is not None
    if p.tense == "future" and ((p.be and verb_forms().get(p.head) != "ing") or ("will" in p.adverbs and not dated)):
        return []
    if not dated and (p.head in _MOMENTARY or (p.tense == "progressive" and p.head not in _DEPARTURES)):
        return []
    return [
        Reading("plan", a, b, kind="fact" if kind != "preference" else kind)
        for a, b in cut("phrase", text, p.start, p.end)
        if len(text[a:b].split()) > 1 and (dated or not rx(DEICTIC).search(text, a, b))
    ]
