"""Readings filed under whom they are about: they become slots, edges and entities, and the discourse learns from them."""

from __future__ import annotations

import re
from dataclasses import replace

from perdure.model.graph import SELF
from perdure.rules.builder import Builder
from perdure.rules.discourse import LastSlot, Person
from perdure.rules.engine import Reading, noun_rule, noun_rules_of, read, value_readings
from perdure.rules.faults import Fault, find_fault, find_solution, find_solved, find_warranty
from perdure.rules.gate import Verdict
from perdure.rules.grammar import Clause, Subject
from perdure.rules.lazy import rx
from perdure.rules.lexicon import KIN, KIN_PLURALS, PETS
from perdure.rules.patterns.base import NounRule
from perdure.rules.persons import kin_of, name_kin, owner_of, who
from perdure.rules.slots import ATTRIBUTES, canonical
from perdure.rules.values import cut, is_device, is_gadget, is_vehicle

_KIN_ATTRIBUTES = frozenset(k.attribute for k in KIN.values())


_OF_STRANGERS = frozenset(
    "lives_in from employer job_title school age birthday marital_status spouse partner child sibling pet diet allergy condition language nationality religion likes dislikes".split()
)
"""What is believed of a name never heard before: only what one says of people."""


_OF_PERSONS = frozenset(
    "name lives_in from employer job_title studies school age birthday marital_status spouse partner child parent sibling relative friend pet diet allergy condition medication likes dislikes language hobby "
    "plan nationality religion skill membership travel goal car routine appointment device phone email height weight avoids".split()
)


def file_clause(b: Builder, clause: Clause, verdict: Verdict) -> None:
    """One clause's readings, filed under whom they are about."""
    subject = clause.subject
    readings = read(b.text, clause)
    if subject.who == "thing" and not clause.inherited:
        _noun(b, clause, readings)
        return
    if subject.who == "pronoun" and subject.name in ("it", "this", "that", "there"):
        _it(b, clause, verdict)
        return
    entity = who(b, subject)
    if subject.who == "kin" and not subject.name and not clause.predicate:
        return
    for reading in readings:
        _file(b, entity, subject, reading)
    if entity and (readings or subject.who == "kin" or (subject.who == "name" and entity.casefold() in b.discourse.known)):
        b.subjects.append(entity)


def now_at(b: Builder, start: int, end: int) -> None:
    """Reads "I don't work at Nokia any more, I'm at Ericsson now": only beside a job that ended does "at" mean a job."""
    if any(s.attribute == "employer" for s in b.slots):
        return
    _now_employed(b, rx(r"\b(?:i'?m|i am|we'?re) (?:now )?(?:at|with) (?P<org>.+)").search(b.text, start, end))


def first_day(b: Builder, start: int, end: int) -> None:
    """Reads "First day at Bosch today!", "I'm now with Bosch": a job begun, where the name alone cannot be a person's."""
    if any(s.attribute in ("employer", "school") for s in b.slots):
        return
    begun = rx(
        r"(?:^|[,!.:] |\b(?:my|our|was|had a|it's|is) )(?:very )?(?:first|1st) (?:day|week|shift) (?:(?:at|on) (?:work|the job) )?at (?!(?:camp|disney)|[\w' ]*(?:school|college|university|uni|kindergarten|gym)\b)(?P<org>.+)"
    ).search(b.text, start, end)
    if begun and not rx(r"\b(?:tomorrow|next|will|on \w+day|soon|coming|nervous|until|before)\b").search(b.text, start, end):
        _now_employed(b, begun)
        return
    now = rx(r"\b(?:i'?m|i am) (?:(?:now|currently) with (?P<org>.+)|with (?P<org2>[^,.;!]{2,40}?) now\b)").search(b.text, start, end)
    if now and (
        b.speaker in b.discourse.employers
        or rx(r"\b(?:gmbh|ag|inc|ltd|llc|corp|group|bank|consulting|labs?|(?-i:[A-Z]{2,})|bosch|siemens|google|microsoft|apple|amazon|meta|ibm|oracle|sap|bmw|tesla|airbus|deloitte|accenture|kpmg|pwc|ey|bayer|netflix|spotify|philips|nokia|ericsson|intel|nvidia|volvo|ikea|shopify|stripe)\b").search(b.text, *now.span())
    ):  # fmt: skip
        _now_employed(b, now, "org" if now.group("org") else "org2")


def _now_employed(b: Builder, m: re.Match[str] | None, group: str = "org") -> None:
    for a, z in cut("proper_org", b.text, *m.span(group)) if m else []:
        if b.value(a, z).casefold() in b.discourse.known:
            continue
        b.slot(b.speaker, "employer", b.value(a, z))
        _edge(b, b.speaker, "employer", b.value(a, z))


def now_in(b: Builder, start: int, end: int) -> None:
    """Reads "We moved again, we're in Tallinn now": only beside a move does "in" mean a home."""
    if any(s.attribute == "lives_in" for s in b.slots) or not rx(r"\b(?:i|we|i've|we've)\b.{0,20}\b(?:moved|relocated)\b").search(
        b.text, start, end
    ):
        return
    m = rx(r"\b(?:i'?m|i am|we'?re|we are) (?:now |currently |living )*in (?P<place>.+)").search(b.text, start, end)
    for a, z in cut("proper_place", b.text, *m.span("place")) if m else []:
        b.slot(b.speaker, "lives_in", b.lasting("lives_in", a, z))
        _edge(b, b.speaker, "lives_in", b.lasting("lives_in", a, z))


def _noun(b: Builder, clause: Clause, readings: list[Reading]) -> None:
    """Reads "My wife's name is Lena", "my laptop is a ThinkPad", "Priya's birthday is …"."""
    subject = clause.subject
    if subject.owner_who == "kin":
        owner = kin_of(b, subject, b.speaker) if subject.kin in KIN else None
    elif subject.owner_who == "name" and subject.owner:
        owner = b.discourse.named(subject.owner)
    elif subject.owner == "the":
        owner = b.speaker
    else:
        owner = owner_of(b, subject)
    if owner is None:
        return
    rule, match = noun_rule(subject.noun)
    if rule is not None and readings and rule.slot != readings[0].attribute:
        for other, found in noun_rules_of(subject.noun):
            if other.slot == readings[0].attribute:
                rule, match = other, found
    noun = subject.noun.casefold()
    if rule is None and noun in KIN and clause.predicate is not None and clause.predicate.be and not clause.predicate.negated:
        p = clause.predicate
        called = rx(r"(?:called|named)\s+").match(b.text, p.start, p.end)
        for a, z in (
            cut("proper_name", b.text, called.end() if called else p.start, p.end)[:1] if called or b.text[p.start].isupper() else []
        ):
            name_kin(b, owner, noun, a, z)
            b.subjects.append(owner)
        return
    for reading in readings:
        value = b.value(reading.start, reading.end)
        if reading.attribute == "name" and subject.owner_who == "kin" and subject.kin in KIN:
            if not reading.ended:
                if owner.startswith(("my ", b.speaker)):
                    b.unname(owner)
                name_kin(b, b.speaker, subject.kin, reading.start, reading.end)
            elif value:
                b.slot(b.speaker, KIN[KIN_PLURALS.get(subject.kin, subject.kin)].attribute, value, ended=True)
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
                owner, canonical(rule.slot.replace("{x}", "_".join(match.group("x").lower().split()))), "", rule.cutter, rule=rule
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
            name_kin(b, last.entity, last.kin, a, z)
        else:
            b.slot(last.entity, last.attribute, b.value(a, z), ended=ended)
        if not ended and last.value and last.value.casefold() != b.value(a, z).casefold() and last.kin:
            b.slot(last.entity, last.attribute, last.value, ended=True)


def _file(b: Builder, entity: str | None, subject: Subject, reading: Reading) -> None:
    """A reading becomes slots and edges of `entity`."""
    value = b.lasting(reading.attribute, reading.start, reading.end)
    if reading.attribute == "kin_of":
        if subject.who == "name" and not reading.ended:
            name_kin(b, b.speaker, KIN_PLURALS.get(reading.kin, reading.kin), *subject.name_span)
        return
    if entity is None:
        return
    if reading.kin:
        word = KIN_PLURALS.get(reading.kin, reading.kin)
        if subject.who == "kin" and entity != b.speaker and not subject.name:  # "my wife is Lena"
            b.unname(entity)
            owner = owner_of(b, subject)
            if owner is None:
                return
            entity = owner
        name_kin(b, entity, word, reading.start, reading.end, ended=reading.ended)
        return
    if reading.attribute == "lives_in" and reading.ended:
        b.jobs_left = b.discourse.employers.get(entity, "").casefold() == value.casefold() != ""
    if reading.attribute == "lives_in" and b.jobs_left:  # "moved from Acme to Globex", Acme being where they work
        reading = replace(reading, attribute="employer")
    if reading.attribute == "employer" and not reading.ended:
        b.discourse.employers[entity] = value
    known = entity == b.speaker or entity in b.entities or entity.casefold() in b.discourse.known
    if subject.who == "name" and not known and reading.attribute not in _OF_STRANGERS:
        return
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
        is_gadget(value) or is_gadget(noun) or attribute == "current_device" or (attribute == "device" and not is_device(value)),
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


def _trouble(b: Builder, fault: Fault) -> None:
    """The speaker's device has this trouble; what "it" and "the problem" mean from now on."""
    noun = b.value(*fault.device) if fault.device else ""
    device = b.discourse.device_entity(noun) if noun else b.discourse.device
    if not device:
        return
    issue = b.lasting("issue", *fault.issue)
    b.entity(b.speaker, "User" if b.speaker == SELF else "Person")
    b.entity(device, "Device")
    b.entity(issue, "Issue")
    b.slot(b.speaker, "issue", issue)
    b.relate(b.speaker, "owns", device)
    b.relate(device, "has_issue", issue)
    b.discourse.device, b.discourse.issue, b.discourse.issue_device = device, issue, device


def file_faults(b: Builder, start: int, end: int) -> None:
    """Troubles, what solved them, warranties."""
    solved = find_solved(b.text, start, end)
    fault = find_fault(b.text, start, end) if solved is None else None
    if fault is not None:
        _trouble(b, fault)
    solution = find_solution(b.text, start, end, open_issue=bool(b.discourse.issue))
    if solution is not None and (fault is None or solution[0] > fault.issue[1]):
        if solved is not None:
            _trouble(b, solved)
        value = b.lasting("solution", *solution)
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
    """A reading in another language becomes slots and edges of the speaker."""
    value = b.value(reading.start, reading.end)
    b.kinds.append(reading.kind)
    if reading.kin:
        name_kin(b, b.speaker, reading.kin, reading.start, reading.end, ended=reading.ended)
        return
    b.slot(b.speaker, reading.attribute, value, ended=reading.ended)
    if not reading.ended:
        _edge(b, b.speaker, reading.attribute, value)


def file_of(b: Builder, entity: str, reading: Reading) -> None:
    """A reading in another language becomes a slot and an edge of somebody else."""
    value = b.value(reading.start, reading.end)
    b.kinds.append(reading.kind)
    b.slot(entity, reading.attribute, value, ended=reading.ended)
    b.subjects.append(entity)
    b.people.append(Person(entity))
    if not reading.ended:
        _edge(b, entity, reading.attribute, value)


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
