"""Who is meant: the speaker, a relative, a name, a pronoun; and what a sentence tells about who is who."""

from __future__ import annotations

from perdure.model.graph import SELF
from perdure.rules.builder import Builder
from perdure.rules.discourse import LastSlot, Person
from perdure.rules.engine import strict
from perdure.rules.grammar import NAME, Subject, kin_pattern, lower_name
from perdure.rules.lazy import rx
from perdure.rules.lexicon import KIN, KIN_PLURALS, NOT_NAMES, SPECIES
from perdure.rules.values import cut, names


def who(b: Builder, subject: Subject) -> str | None:
    """The entity a subject stands for; None when that is not settled."""
    if subject.who in ("self", "we"):
        return b.speaker
    if subject.who == "kin":
        owner = owner_of(b, subject)
        if owner is None:
            return None
        return kin_of(b, subject, owner)
    if subject.who == "name":
        entity = b.discourse.named(subject.name)
        b.people.append(Person(entity))
        return entity
    if subject.who == "pronoun":
        return _pronoun(b, subject.name, subject.span[0]) or None
    return None


def _pronoun(b: Builder, word: str, at: int) -> str:
    """Who "she" is: somebody named earlier in this sentence, else in the sentences before."""
    earlier = [p for p in b.people if p.at < at]
    return b.discourse.pronoun(word, earlier or None)


def owner_of(b: Builder, subject: Subject) -> str | None:
    """Whose relative or thing it is; None when "her" is not settled."""
    if subject.owner_who == "pronoun":
        return _pronoun(b, subject.owner, subject.span[0]) or None
    if subject.owner_who == "kin" and subject.owner:
        return kin_of(b, Subject("kin", kin=subject.owner), b.speaker)
    if subject.owner_who == "name" and subject.owner:
        return b.discourse.named(subject.owner)
    return b.speaker


def kin_of(b: Builder, subject: Subject, owner: str) -> str | None:
    """The entity of "my sister (Priya)", with the edge that says so."""
    if subject.kin in KIN_PLURALS:
        entity = b.entity(f"my {subject.kin}" if owner == SELF else f"{owner}'s {subject.kin}", "Group")
        return entity
    kin = KIN[subject.kin]
    if subject.name:
        entity = b.discourse.named(subject.name)
        if owner != b.speaker and not subject.ex:
            name_kin(b, owner, subject.kin, *subject.name_span)
        return entity
    entity = b.discourse.kin_entity(owner, subject.kin)
    if subject.ex:
        return f"my ex-{subject.kin}" if owner == SELF else None
    aliases = (f"my {subject.kin}", subject.kin) if owner == SELF else (f"{owner}'s {subject.kin}",)
    b.entity(entity, kin.type, tuple(a for a in aliases if a != entity))
    b.discourse.kin.setdefault((owner, kin.relation), entity)
    b.relate(owner, kin.relation, entity)
    b.people.append(Person(entity, kin.gender))
    return entity


def name_kin(b: Builder, owner: str, word: str, start: int, end: int, *, ended: bool = False) -> str:
    """Reads "My sister Priya": slot, edge, alias; from now on "my sister" is Priya."""
    kin = KIN[word]
    name = b.value(start, end)
    if ended:
        b.slot(owner, kin.attribute, name, ended=True)
        return name
    alias = (f"my {word}", word) if owner == SELF else (f"{owner}'s {word}",)
    if word in SPECIES and owner == SELF:
        alias += (f"my {SPECIES[word]}", SPECIES[word])
    unnamed = b.discourse.kin.get((owner, kin.relation), "")
    if unnamed.startswith("my ") and owner == SELF and unnamed not in alias:
        alias += (unnamed,)  # who was "my mom" so far is called Carol, "my mother's name"
    b.entity(name, kin.type, alias)
    b.entity(owner, "User" if owner == SELF else "Person")
    b.slot(owner, kin.attribute, name)
    b.relate(owner, kin.relation, name)
    if rx(_NEWLY.format(word=word)).search(b.text, *b.bounds):
        _supersede(b, owner, word, name)
    b.discourse.name_kin(owner, word, name)
    b.people.append(Person(name, kin.gender, start))
    b.discourse.last = LastSlot(owner, kin.attribute, name, "name", kin=word)
    return name


_NEWLY = (
    r"\b(?:my|our) (?:brand )?new {word}\b|\b(?:my|our) {word} is now\b|\b(?:my|our) {word} is [^.,;!]{{2,40}}? now\b|"
    r"\bis (?:now (?:my|our) (?:new )?{word}|(?:my|our) (?:new )?{word} now)\b|\bnow,? [^.,;!]{{2,40}} is (?:my|our) (?:new )?{word}\b"
)
"""Somebody is now what another was before: "my new boss is Tom", "Tom is my boss now"."""


def _supersede(b: Builder, owner: str, word: str, name: str) -> None:
    """The one before is one no more; of doctors there are several, so only the one known by the same word gives way."""
    attribute = KIN[word].attribute
    if attribute in ("boss", "partner"):
        b.slot(owner, attribute, "", ended=True)
    elif attribute in ("doctor", "contact"):
        old = b.discourse.kin_entity(owner, word)
        if old != name and not old.startswith("my ") and not old.endswith(f"'s {word}"):
            b.slot(owner, attribute, old, ended=True)


def mentions(b: Builder, start: int, end: int) -> None:
    """Every "my sister Priya", "Sarah, my manager" in a sentence, wherever it stands."""
    if rx(r"\b(?:i|we)(?:'ve| have| also have| adopted| rescued)\b(?! (?:no|never)\b)").search(b.text, start, end):
        for m in rx(rf"\b(?:an?|one|another)\s+{kin_pattern()},?\s+(?:named|called)\s+(?P<name>(?-i:[A-ZÀ-Þ][\w-]+))").finditer(
            b.text, start, end
        ):
            name_kin(b, b.speaker, KIN_PLURALS.get(m.group("kin").lower(), m.group("kin").lower()), *m.span("name"))
    if not rx(r"\b(?:my|our)\b").search(b.text, start, end):
        return
    pattern = rx(
        rf"\b(?:my|our)\s+{kin_pattern()}(?:\s|,\s|:\s|\s\()(?:named |called )?(?P<name>(?-i:[A-ZÀ-Þ][\w-]+(?: [A-ZÀ-Þ][\w-]+)?))(?=(?P<after>[\s,.;:!?)']|$)(?P<more>\s*(?:and|&)\s+(?-i:[A-ZÀ-Þ][\w-]+))?)"
        rf"|(?P<name2>(?-i:[A-ZÀ-Þ][\w-]+(?: [A-ZÀ-Þ][\w-]+)?))(?:,| \(|, who is|, who's)\s*(?:my|our)\s+{kin_pattern().replace('(?P<ex>', '(?P<ex2>').replace('(?P<kin>', '(?P<kin2>')}(?=[\s,.)]|$)"
    )
    for m in rx(
        rf"\b(?:my|our) (?:(?:two|three|four|five|both|\d|little|older|younger|big|small|grown) )*(?P<kin>{'|'.join(KIN_PLURALS)}),? (?:(?:are )?(?:named|called) )?(?P<names>{NAME}(?:, {NAME})*,? (?:and|&) {NAME})(?=[\s,.!?)]|$)"
    ).finditer(b.text, start, end):
        for a, z in names(b.text, *m.span("names")):
            name_kin(b, b.speaker, KIN_PLURALS[m.group("kin").lower()], a, z)
    for m in rx(rf"\b(?:my|our)\s+{kin_pattern()}").finditer(b.text, start, end):
        plain = lower_name(b.text, m.end(), end)
        if plain and m.group("kin").lower() in KIN:
            name_kin(b, b.speaker, m.group("kin").lower(), *plain)
    for m in pattern.finditer(b.text, start, end):
        suffix = "" if m.group("name") else "2"
        name, word = m.group("name" + suffix), m.group("kin" + suffix).lower()
        if any(part.casefold() in NOT_NAMES for part in name.split()[:1]):
            continue
        a, z = m.span("name" + suffix)
        if (
            "," in b.text[m.end("kin" + suffix) if not suffix else z : a if not suffix else z]
            and m.group("after") not in (",", ".", ")", "")
            and not suffix
        ):
            continue  # "my sister, Tom and I": a list, not her name
        ex = bool(m.group("ex" + suffix)) and m.group("ex" + suffix).strip(" -").lower() in ("ex", "former")
        if b.text[m.start() : m.end()].lower().startswith(("my ex-", "our ex-", "my ex ", "my former ")):
            ex = True
        if word in KIN_PLURALS:
            word = KIN_PLURALS[word]
        if rx(r"\b(?:broke up with|divorced|split (?:up )?with|separated from|lost|no longer|used to)\s+$").search(
            b.text, max(start, m.start() - 25), m.start()
        ):
            ex = True
        if ex:
            b.entity(name, "Person")
            b.people.append(Person(name, KIN[word].gender))
            b.discourse.know(name)
            continue
        name_kin(b, b.speaker, word, a, z)


def call_me(b: Builder, start: int, end: int) -> None:
    """Reads "Call me Mo", "everyone calls me Al"."""
    m = rx(
        r"\b(?:(?:call|calls) me|(?:prefer|like|want) to be called) (?P<name>(?-i:[A-Z][\w'-]+(?: [A-Z][\w'-]+)?))(?=\W|$)(?! (?:back|when|if|at|on|tomorrow|later))"
    ).search(b.text, start, end)
    if (
        m
        and m.group("name").casefold() not in NOT_NAMES
        and not rx(r"\b(?:don'?t|never|not)\s+(?:ever )?$").search(b.text, start, m.start())
    ):
        b.slot(b.speaker, "name", m.group("name"))


def prescribed(b: Builder, start: int, end: int) -> None:
    """Reads "The doctor put me on 50 mg of sertraline"."""
    m = rx(r"\b(?:put me on|prescribed(?: me)?|started me on|switched me to|has me on|got me on) (?P<drug>.+)").search(b.text, start, end)
    if m is None or rx(r"\b(?:not|never|might|may|could|would|wants? to|if)\b|n't").search(b.text, start, m.start()):
        return
    for a, z in cut("dose", b.text, *m.span("drug")):
        b.slot(b.speaker, "medication", b.value(a, z))
        b.relate(b.speaker, "takes", b.entity(b.value(a, z), "Medication"))


def reach_me(b: Builder, start: int, end: int) -> None:
    """Reads "You can reach me at jo@example.com", "email me at …": how the speaker is reached."""
    m = rx(
        r"\b(?:reach|contact|e-?mail|write(?: to)?|message|text|call|ring|phone|get (?:hold of|in touch with)|ping|find) me (?:at|on|under|via|by (?:e-?mail|phone) (?:at|on)|through)(?: my \w+ ?\w*)? (?P<to>\S.{4,60})|(?<!to )\buse (?:the |my |this )?(?:new|other|correct|right)(?: one| e-?mail(?: address)?| address| (?:phone )?number)?(?: instead| now| from now on)?[:,]? (?P<to3>\+?\d.{4,30}|[\w.+-]+@.{4,40})|\bmy (?:new |current |other |work |private )*(?:e-?mail(?: address)?|(?:phone |mobile )?number|mobile|phone)\b[^@\d.!?]{0,20}?(?P<to2>\+?\d.{4,30}|[\w.+-]+@.{4,40})"
    ).search(b.text, start, end)
    if m is None or rx(r"\b(?:don'?t|never|not|can'?t|cannot|no longer)\b[^.]{0,30}$").search(b.text, start, m.start() + 1):
        return
    if m.group("to3") and rx(r"\b(?:his|her|their|client|customer|boss|for (?!me\b))").search(b.text, start, end):
        return
    for attribute in ("email", "phone"):
        for a, z in strict(b.text, attribute, *m.span(next(g for g in ("to", "to2", "to3") if m.group(g)))):
            b.slot(b.speaker, attribute, b.value(a, z))
            return


def bystanders(b: Builder, start: int, end: int) -> None:
    """Other capitalised words may be people: they make a later "she" ambiguous, never a fact."""
    if not b.people:
        met = rx(
            r"\b(?:with|met|meet|saw|visited|called|married|dating|know) (?P<name>(?-i:[A-Z][a-zà-ÿ]{2,}))(?=[\s,.!]|$)(?! (?:Inc|Ltd|University|College))"
        ).search(b.text, start, end)
        if (
            met is None
            or met.group("name").casefold() in NOT_NAMES
            or any(met.group("name") in s.value for s in b.slots if s.attribute == "employer")
        ):
            return
        b.people.append(Person(met.group("name"), at=met.start("name")))
    values = " ".join(s.value for s in (*b.slots, *b.ended)) + " " + " ".join(p.entity for p in b.people)
    for m in rx(r"(?<=[a-z,&] )[A-Z][a-zà-ÿ]{2,}(?=[\s,.!']|$)", 0).finditer(b.text, start, end):
        word = m.group()
        if (
            word not in values
            and word.casefold() not in NOT_NAMES
            and not rx(r"(?:in|at|to|from|on|of|for|the) $").search(b.text, max(start, m.start() - 6), m.start())
        ):
            b.people.append(Person(word, at=m.start()))
