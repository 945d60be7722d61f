"""Readings filed under whom they are about: they become slots, edges and entities, and the discourse learns from them."""

from __future__ import annotations

from dataclasses import replace

from perdure.model.graph import SELF
from perdure.rules.builder import Builder
from perdure.rules.discourse import LastSlot, Person
from perdure.rules.engine import Reading, noun_rule, read, value_readings
from perdure.rules.faults import find_fault, find_solution, find_warranty
from perdure.rules.gate import Verdict
from perdure.rules.grammar import Clause, Subject, kin_pattern
from perdure.rules.lazy import rx
from perdure.rules.lexicon import KIN, KIN_PLURALS, NOT_NAMES, PETS
from perdure.rules.patterns.base import NounRule
from perdure.rules.slots import ATTRIBUTES
from perdure.rules.values import cut, is_device, is_vehicle

_KIN_ATTRIBUTES = frozenset(k.attribute for k in KIN.values())


_OF_PERSONS = frozenset(
    "name lives_in from employer job_title studies school age birthday marital_status spouse partner child parent sibling relative friend pet diet allergy condition medication likes dislikes language hobby "
    "plan nationality religion skill membership travel goal car routine appointment device phone email height weight avoids".split()
)


def file_clause(b: Builder, clause: Clause, verdict: Verdict) -> None:
    """One clause's readings, filed under whom they are about."""
    subject = clause.subject
    readings = read(b.text, clause)
    if subject.who == "thing" and not clause.inherited:
        _noun(b, subject, readings)
        return
    if subject.who == "pronoun" and subject.name in ("it", "this", "that", "there"):
        _it(b, clause, verdict)
        return
    entity = _who(b, subject)
    if subject.who == "kin" and not subject.name and not clause.predicate:
        return
    for reading in readings:
        _file(b, entity, subject, reading)
    if entity and (readings or subject.who in ("kin", "name")):
        b.subjects.append(entity)


def _who(b: Builder, subject: Subject) -> str | None:
    """The entity a subject stands for; None when that is not settled."""
    if subject.who in ("self", "we"):
        return b.speaker
    if subject.who == "kin":
        owner = _owner(b, subject)
        if owner is None:
            return None
        return _kin(b, subject, owner)
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


def _owner(b: Builder, subject: Subject) -> str | None:
    if subject.owner_who == "pronoun":
        return _pronoun(b, subject.owner, subject.span[0]) or None
    if subject.owner_who == "name" and subject.owner:
        return b.discourse.named(subject.owner)
    return b.speaker


def _kin(b: Builder, subject: Subject, owner: str) -> str | None:
    """The entity of "my sister (Priya)", with the edge that says so."""
    if subject.kin in KIN_PLURALS:
        entity = b.entity(f"my {subject.kin}" if owner == SELF else f"{owner}'s {subject.kin}", "Group")
        return entity
    kin = KIN[subject.kin]
    if subject.name:
        return b.discourse.named(subject.name)
    entity = b.discourse.kin_entity(owner, subject.kin)
    if subject.ex:
        return f"my ex-{subject.kin}" if owner == SELF else None
    aliases = (f"my {subject.kin}", subject.kin) if owner == SELF else (f"{owner}'s {subject.kin}",)
    b.entity(entity, kin.type, tuple(a for a in aliases if a != entity))
    b.relate(owner, kin.relation, entity)
    b.people.append(Person(entity, kin.gender))
    return entity


def _name_kin(b: Builder, owner: str, word: str, start: int, end: int, *, ended: bool = False) -> str:
    """Reads "My sister Priya": slot, edge, alias; from now on "my sister" is Priya."""
    kin = KIN[word]
    name = b.value(start, end)
    if ended:
        b.slot(owner, kin.attribute, name, ended=True)
        return name
    alias = (f"my {word}", word) if owner == SELF else (f"{owner}'s {word}",)
    b.entity(name, kin.type, alias)
    b.entity(owner, "User" if owner == SELF else "Person")
    b.slot(owner, kin.attribute, name)
    b.relate(owner, kin.relation, name)
    b.discourse.name_kin(owner, word, name)
    b.people.append(Person(name, kin.gender, start))
    b.discourse.last = LastSlot(owner, kin.attribute, name, "name", kin=word)
    return name


def mentions(b: Builder, start: int, end: int) -> None:
    """Every "my sister Priya", "Sarah, my manager" in a sentence, wherever it stands."""
    if not rx(r"\b(?:my|our)\b").search(b.text, start, end):
        return
    pattern = rx(
        rf"\b(?:my|our)\s+{kin_pattern()}(?:\s|,\s|:\s|\s\()(?:named |called )?(?P<name>(?-i:[A-ZÀ-Þ][\w-]+(?: [A-ZÀ-Þ][\w-]+)?))(?=(?P<after>[\s,.;:!?)']|$)(?P<more>\s*(?:and|&)\s+(?-i:[A-ZÀ-Þ][\w-]+))?)"
        rf"|(?P<name2>(?-i:[A-ZÀ-Þ][\w-]+(?: [A-ZÀ-Þ][\w-]+)?))(?:,| \(|, who is|, who's)\s*(?:my|our)\s+{kin_pattern().replace('(?P<ex>', '(?P<ex2>').replace('(?P<kin>', '(?P<kin2>')}(?=[\s,.)]|$)"
    )
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
        _name_kin(b, b.speaker, word, a, z)


def call_me(b: Builder, start: int, end: int) -> None:
    """Reads "Call me Mo", "everyone calls me Al"."""
    m = rx(r"\b(?:call|calls) me (?P<name>(?-i:[A-Z][\w'-]+(?: [A-Z][\w'-]+)?))(?=\W|$)(?! (?:back|when|if|at|on|tomorrow|later))").search(
        b.text, start, end
    )
    if (
        m
        and m.group("name").casefold() not in NOT_NAMES
        and not rx(r"\b(?:don'?t|never|not)\s+(?:ever )?$").search(b.text, start, m.start())
    ):
        b.slot(b.speaker, "name", m.group("name"))


def now_at(b: Builder, start: int, end: int) -> None:
    """Reads "I don't work at Nokia any more, I'm at Ericsson now": only beside a job that ended does "at" mean a job."""
    if any(s.attribute == "employer" for s in b.slots):
        return
    m = rx(r"\b(?:i'?m|i am|we'?re) (?:now )?(?:at|with) (?P<org>.+)").search(b.text, start, end)
    for a, z in cut("proper_org", b.text, *m.span("org")) if m else []:
        b.slot(b.speaker, "employer", b.value(a, z))
        _edge(b, b.speaker, "employer", b.value(a, z))


def bystanders(b: Builder, start: int, end: int) -> None:
    """Other capitalised words may be people: they make a later "she" ambiguous, never a fact."""
    if not b.people:
        return
    values = " ".join(s.value for s in (*b.slots, *b.ended)) + " " + " ".join(p.entity for p in b.people)
    for m in rx(r"(?<=[a-z,&] )[A-Z][a-zà-ÿ]{2,}(?=[\s,.!']|$)", 0).finditer(b.text, start, end):
        word = m.group()
        if (
            word not in values
            and word.casefold() not in NOT_NAMES
            and not rx(r"(?:in|at|to|from|on|of|for|the) $").search(b.text, max(start, m.start() - 6), m.start())
        ):
            b.people.append(Person(word, at=m.start()))


def _noun(b: Builder, subject: Subject, readings: list[Reading]) -> None:
    """Reads "My wife's name is Lena", "my laptop is a ThinkPad", "Priya's birthday is …"."""
    if subject.owner_who == "kin":
        owner = _kin(b, subject, b.speaker) if subject.kin in KIN else None
    elif subject.owner_who == "name" and subject.owner:
        owner = b.discourse.named(subject.owner)
    elif subject.owner == "the":
        owner = b.speaker
    else:
        owner = _owner(b, subject)
    if owner is None:
        return
    rule, match = noun_rule(subject.noun)
    for reading in readings:
        value = b.value(reading.start, reading.end)
        if reading.attribute == "name" and subject.owner_who == "kin" and subject.kin in KIN:
            if not reading.ended:
                for key in [k for k, e in b.entities.items() if e.name == owner and owner.startswith(("my ", b.speaker))]:
                    del b.entities[key]
                b.relations = [r for r in b.relations if r.object != owner]
                _name_kin(b, b.speaker, subject.kin, reading.start, reading.end)
            continue
        if reading.attribute == "thing" and match is not None:
            _own(
                b,
                owner,
                value,
                noun=match.group("x").lower(),
                ended=reading.ended,
                current="current" in subject.noun or "new" in subject.noun,
                named=True,
            )
            continue
        if reading.attribute == "warranty":
            continue
        _file(b, owner, subject, reading)
        if rule is not None and not reading.ended:
            b.discourse.last = LastSlot(owner, reading.attribute, value, rule.cutter, rule=rule)
    if rule is not None and not any(not r.ended for r in readings) and rule.slot not in ("plan", "thing"):
        b.discourse.last = LastSlot(
            owner,
            rule.slot if "{x}" not in rule.slot else "",
            "",
            rule.cutter,
            rule=rule,
            kin=subject.kin if rule.slot == "name" and subject.owner_who == "kin" else "",
        )
        if match is not None and "{x}" in rule.slot:
            b.discourse.last = LastSlot(
                owner, rule.slot.replace("{x}", "_".join(match.group("x").lower().split())), "", rule.cutter, rule=rule
            )
    if owner != b.speaker:
        b.subjects.append(owner)


def _it(b: Builder, clause: Clause, verdict: Verdict) -> None:
    """Reads "It's Rob", after "my name isn't Bob": the last noun spoken of has this value."""
    p, last = clause.predicate, b.discourse.last
    lead = b.text[max(0, clause.start - 6) : clause.subject.span[0]].lower()
    if last is not None and last.value and not verdict.correction and "now" not in lead and "no," not in lead:
        return  # "it" is whatever was spoken of; only a name or a favourite just denied or corrected is surely meant
    if (
        p is None
        or last is None
        or not p.be
        or p.tense in ("future", "modal")
        or (
            last.attribute not in (*_KIN_ATTRIBUTES, "name", "birthday", "phone", "email", "address", "age")
            and not last.attribute.startswith("favorite_")
        )
    ):
        return
    if last.kin:
        spans = [(a, z, p.negated or p.tense == "past") for a, z in cut("proper_name", b.text, p.start, p.end)]
        m = rx(r",?\s*not\s+(?=\w)").search(b.text, p.start, p.end)
        if m and spans:
            spans += [(a, z, True) for a, z in cut("proper_name", b.text, m.end(), p.end)]
    else:
        spans = [(r.start, r.end, r.ended) for r in value_readings(b.text, NounRule("", last.attribute, last.cutter), None, p)]
    for a, z, ended in spans:
        if last.kin and not ended:
            _name_kin(b, last.entity, last.kin, a, z)
        else:
            b.slot(last.entity, last.attribute, b.value(a, z), ended=ended)
        if not ended and last.value and last.value.casefold() != b.value(a, z).casefold() and last.kin:
            b.slot(last.entity, last.attribute, last.value, ended=True)


def _file(b: Builder, entity: str | None, subject: Subject, reading: Reading) -> None:
    """A reading becomes slots and edges of `entity`."""
    value = b.value(reading.start, reading.end)
    if reading.attribute == "kin_of":
        if subject.who == "name" and not reading.ended:
            _name_kin(b, b.speaker, KIN_PLURALS.get(reading.kin, reading.kin), *subject.name_span)
        return
    if entity is None:
        return
    if reading.kin:
        word = KIN_PLURALS.get(reading.kin, reading.kin)
        if subject.who == "kin" and entity != b.speaker and not subject.name:  # "my wife is Lena"
            b.entities.pop(entity, None)
            b.relations = [r for r in b.relations if r.object != entity]
            b.people = [p for p in b.people if p.entity != entity]
            entity = b.speaker
        _name_kin(b, entity, word, reading.start, reading.end, ended=reading.ended)
        return
    if reading.attribute == "lives_in" and reading.ended:
        b.jobs_left = b.discourse.employers.get(entity, "").casefold() == value.casefold() != ""
    if reading.attribute == "lives_in" and b.jobs_left:  # "moved from Acme to Globex", Acme being where they work
        reading = replace(reading, attribute="employer")
    if reading.attribute == "employer" and not reading.ended:
        b.discourse.employers[entity] = value
    known = entity == b.speaker or entity in b.entities or entity.casefold() in b.discourse.known
    if (
        subject.who == "name"
        and reading.attribute not in _OF_PERSONS
        and not (known and reading.attribute in ("owns", "purchase", "issue", "event"))
    ):
        return
    b.kinds.append(reading.kind)
    if reading.attribute in ("owns", "purchase", "device", "current_device", "car"):
        _own(b, entity, value, ended=reading.ended, attribute=reading.attribute)
        return
    b.slot(entity, reading.attribute, value, ended=reading.ended)
    if not reading.ended:
        _edge(b, entity, reading.attribute, value)
        b.discourse.last = LastSlot(entity, reading.attribute, value, "things")
    if reading.attribute in ("spouse", "partner", "friend", "boss") and not reading.ended:
        b.people.append(Person(value, at=reading.start))
        b.discourse.know(value)


def _edge(b: Builder, entity: str, attribute: str, value: str) -> None:
    row = ATTRIBUTES.get(attribute)
    if row is None or not row.relation:
        return
    b.entity(entity, "User" if entity == SELF else "Pet" if entity.casefold() in PETS else "Person")
    b.relate(entity, row.relation, b.entity(value, row.type))


def _own(
    b: Builder,
    owner: str,
    value: str,
    *,
    noun: str = "",
    ended: bool = False,
    attribute: str = "",
    current: bool = False,
    named: bool = False,
) -> None:
    """Something owned: its slots by what it is (device, car, thing), the edge, and the class as an alias ("my laptop")."""
    car, device = (
        is_vehicle(value) or is_vehicle(noun),
        is_device(value) or is_device(noun) or attribute in ("device", "current_device"),
    )
    names: list[str] = []
    if attribute == "purchase" and not ended:
        names.append("purchase")
    names += ["car"] if car else ["device"] if device else []
    if attribute != "device" or ended or not names:
        names.append("owns")
    if attribute == "current_device" or (current and device and not car):
        names += ["current_device"]
    elif ended and device and not car:
        names.append("current_device")
    if named and not ended and "owns" not in names:
        names.append("owns")
    for each in dict.fromkeys(names):
        b.slot(owner, each, value, ended=ended)
    if ended:
        return
    kind = b.discourse.own(value, noun) if car or device else ""
    alias = (noun or kind) if (noun or kind) and (noun or kind) != value.casefold() else ""
    b.entity(owner, "User" if owner == SELF else "Person")
    b.relate(
        owner,
        "owns",
        b.entity(value, "Vehicle" if car else "Device" if device else "Thing", (f"my {alias}", alias) if alias else ()),
    )


def file_faults(b: Builder, start: int, end: int) -> None:
    """Troubles, what solved them, warranties."""
    fault = find_fault(b.text, start, end)
    if fault is not None:
        noun = b.value(*fault.device) if fault.device else ""
        device = b.discourse.device_entity(noun) if noun else b.discourse.device
        if device:
            issue = b.value(*fault.issue)
            b.entity(b.speaker, "User" if b.speaker == SELF else "Person")
            b.entity(device, "Device")
            b.entity(issue, "Issue")
            b.slot(b.speaker, "issue", issue)
            b.relate(b.speaker, "owns", device)
            b.relate(device, "has_issue", issue)
            b.discourse.device, b.discourse.issue, b.discourse.issue_device = device, issue, device
    solution = find_solution(b.text, start, end, open_issue=bool(b.discourse.issue))
    if (solution is not None and fault is None) or (solution is not None and fault is not None and solution[0] > fault.issue[1]):
        value = b.value(*solution)
        b.slot(b.speaker, "solution", value)
        b.entity(value, "Solution")
        if b.discourse.issue:
            b.entity(b.discourse.issue, "Issue")
            b.relate(b.discourse.issue, "solved_by", value)
            if b.discourse.issue_device:
                b.entity(b.discourse.issue_device, "Device")
                b.relate(b.discourse.issue_device, "has_issue", b.discourse.issue)
    warranty = find_warranty(b.text, start, end)
    if warranty is not None:
        noun = b.value(*warranty.device) if warranty.device else ""
        device = b.discourse.device_entity(noun) if noun else b.discourse.device
        if device:
            b.entity(device, "Device")
            b.slot(device, "warranty", b.value(*warranty.until))
            b.relate(b.speaker, "owns", device)
        b.slot(b.speaker, "warranty", b.value(*warranty.until))


def file_foreign(b: Builder, reading: Reading) -> None:
    value = b.value(reading.start, reading.end)
    b.kinds.append(reading.kind)
    if reading.kin:
        _name_kin(b, b.speaker, reading.kin, reading.start, reading.end, ended=reading.ended)
        return
    b.slot(b.speaker, reading.attribute, value, ended=reading.ended)
    if not reading.ended:
        _edge(b, b.speaker, reading.attribute, value)


def correct(b: Builder, start: int, end: int) -> None:
    """Reads "Sorry, I meant Lisbon": the last slot's value is replaced when the new one is of its kind."""
    last = b.discourse.last
    m = rx(
        r"\b(?:i (?:actually |really )?meant(?: to (?:say|write|type))?|it'?s|correction:?|make that|i mean|should (?:be|have been|say))\s+(?P<new>[^,;.!?]{2,60})(?:,? not (?P<old>[^,;.!?]{2,40}))?"
    ).search(b.text, start, end)
    if last is None or m is None or not last.value:
        return
    old = m.group("old")
    if old and old.strip().casefold() not in last.value.casefold():
        return
    cutter = last.cutter if last.cutter != "things" else "thing"
    spans = cut(cutter, b.text, *m.span("new"))
    if not spans or b.value(*spans[0])[0].isupper() != last.value[0].isupper():
        return
    b.slot(last.entity, last.attribute, b.value(*spans[0]))
    b.slot(last.entity, last.attribute, last.value, ended=True)
    _edge(b, last.entity, last.attribute, b.value(*spans[0]))
