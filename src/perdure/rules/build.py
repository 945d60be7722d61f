"""One sentence to one `Candidate`: readings become slots, relations and entities; validity, kind and term are settled."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from perdure.model.candidate import Candidate
from perdure.model.graph import SELF, Entity, Relation, Slot
from perdure.model.memory import Kind, Term
from perdure.rules.dates import DatePhrase, find
from perdure.rules.discourse import Discourse, LastSlot, Person
from perdure.rules.engine import Reading, noun_rule, read, value_readings
from perdure.rules.faults import find_fault, find_solution, find_warranty
from perdure.rules.gate import Verdict, explicit_prefix
from perdure.rules.grammar import Clause, Subject, clauses, kin_pattern
from perdure.rules.kept import worth_keeping
from perdure.rules.languages import read_foreign
from perdure.rules.lazy import rx
from perdure.rules.lexicon import KIN, KIN_PLURALS, NOT_NAMES, PETS
from perdure.rules.patterns.base import NounRule
from perdure.rules.patterns.plans import PROCEDURE
from perdure.rules.slots import ATTRIBUTES
from perdure.rules.values import cut, is_device, is_vehicle

_KIN_ATTRIBUTES = frozenset(k.attribute for k in KIN.values())
_OF_PERSONS = frozenset(
    "name lives_in from employer job_title studies school age birthday marital_status spouse partner child parent sibling relative friend pet diet allergy condition medication likes dislikes language hobby "
    "plan nationality religion skill membership travel goal car routine appointment device phone email height weight avoids".split()
)
_TIMELESS = frozenset("birthday warranty age from anniversary plan appointment name phone email routine".split())


@dataclass(slots=True)
class Builder:
    """Collects what one sentence of a message says. `speaker` is the entity of "I"."""

    content: str
    text: str
    index: int
    anchor: datetime
    discourse: Discourse
    speaker: str = SELF
    slots: list[Slot] = field(default_factory=list[Slot])
    ended: list[Slot] = field(default_factory=list[Slot])
    relations: list[Relation] = field(default_factory=list[Relation])
    entities: dict[str, Entity] = field(default_factory=dict[str, Entity])
    people: list[Person] = field(default_factory=list[Person])
    kinds: list[Kind] = field(default_factory=list[Kind])
    subjects: list[str] = field(default_factory=list[str])
    events: bool = False

    def value(self, start: int, end: int) -> str:
        """The message's own letters."""
        return self.content[start:end]

    def entity(self, name: str, type_: str = "Thing", aliases: tuple[str, ...] = ()) -> str:
        """Records an entity; a more telling type or further aliases are kept."""
        name = " ".join(name.split())
        old = self.entities.get(name)
        if old is not None:
            type_ = old.type if type_ == "Thing" else type_
            aliases = tuple(dict.fromkeys((*old.aliases, *aliases)))
        self.entities[name] = Entity(name, "User" if name == SELF else type_, aliases)
        return name

    def relate(self, subject: str, relation: str, object_: str) -> None:
        """Records an edge once."""
        edge = Relation(subject, relation, object_)
        if subject != object_ and edge not in self.relations:
            self.relations.append(edge)

    def slot(self, entity: str, attribute: str, value: str, *, ended: bool = False) -> None:
        """Records a slot once; what is stated to hold is not also ended."""
        slot = Slot(entity, attribute, value)
        (self.ended if ended else self.slots).append(slot) if slot not in self.slots and slot not in self.ended else None


def read_sentence(b: Builder, start: int, end: int, verdict: Verdict) -> Candidate | None:
    """The candidate of `text[start:end]`, or None when it states nothing worth keeping."""
    body = start
    if verdict.explicit:
        body += explicit_prefix(b.text[start:end])
    _mentions(b, start, end)
    parsed = list(clauses(b.text, body, end, frozenset(b.discourse.known)))
    hedged = any(c.hedged for c in parsed)
    _faults(b, body, end)
    for clause in parsed:
        _clause(b, clause)
    if not b.slots and not b.ended:
        for reading in read_foreign(b.text, body, end):
            _foreign(b, reading)
    if verdict.correction and not b.slots:
        _correct(b, body, end)
    b.discourse.mention(b.people)
    return _candidate(b, start, end, verdict, parsed, hedged=hedged)


def _candidate(b: Builder, start: int, end: int, verdict: Verdict, parsed: list[Clause], *, hedged: bool) -> Candidate | None:
    text = b.content[start:end].strip()
    procedure = rx(PROCEDURE).search(b.text, start, end) is not None
    firm = bool(b.slots or b.ended or b.relations)
    if verdict.chat and not (b.slots or b.ended):
        return None
    if not firm and not procedure and not verdict.explicit and not verdict.correction and not worth_keeping(b.text, start, end, parsed, b.discourse, short=verdict.short):
        return None
    if verdict.correction and not firm and not verdict.explicit and len(text.split()) < 2:
        return None
    phrases = find(text, b.anchor)
    valid_from, valid_to, expires = _validity(b, phrases, verdict)
    kind = _kind(b, parsed, procedure=procedure)
    subject = b.subjects[0] if b.subjects else b.speaker
    for name in (b.speaker, subject):
        if firm:
            b.entity(name, "User" if name == SELF else "Person")
    confidence = 0.9 if b.slots or b.ended else 0.65
    if verdict.explicit:
        confidence = max(confidence, 0.9)
    if hedged:
        confidence = min(confidence, 0.5)
    importance = 0.8 if verdict.explicit else 0.6 if b.slots or b.ended else 0.4
    term: Term = "short_term" if verdict.short and not verdict.explicit or verdict.private else "long_term"
    return Candidate(
        text=text, quote=text, message=b.index, kind=kind, term=term, subject=subject, valid_from=valid_from, valid_to=valid_to, expires_at=expires,
        confidence=confidence, importance=importance, entities=tuple(b.entities.values()), relations=tuple(b.relations), slots=tuple(b.slots),
        ended=tuple(s for s in b.ended if not any(s.entity == t.entity and s.attribute == t.attribute and s.value_key == t.value_key for t in b.slots)),
        explicit=verdict.explicit, correction=verdict.correction,
    )


def _kind(b: Builder, parsed: list[Clause], *, procedure: bool) -> Kind:
    if procedure:
        return "procedural"
    for kind in ("preference", "procedural", "episodic"):
        if kind in b.kinds:
            return kind
    if b.slots or b.ended:
        return "fact"
    tenses = [c.predicate.tense for c in parsed if c.predicate is not None and c.subject.who in ("self", "we", "kin", "name")]
    return "episodic" if tenses and tenses[0] in ("past", "past_perfect", "perfect") else "fact"


def _validity(b: Builder, phrases: tuple[DatePhrase, ...], verdict: Verdict) -> tuple[datetime | None, datetime | None, datetime | None]:
    """valid_from, valid_to, expires_at: a start in the past, an end that is announced, an expiry for what is plainly passing."""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    timeless = bool(b.slots) and all(s.attribute in _TIMELESS for s in b.slots)
    for phrase in phrases:
        if phrase.relation in ("until",) and phrase.end > b.anchor and not any(s.attribute == "warranty" for s in b.slots):
            valid_to = phrase.end
        elif phrase.relation in ("since", "at", "after") and valid_from is None and not timeless and phrase.start <= b.anchor:
            valid_from = phrase.start
    expires = valid_to
    if valid_to is None and verdict.short:
        today = rx(r"\b(?:today|tonight)\b").search(" ".join(p.text for p in phrases)) if phrases else None
        if today:
            expires = max(p.end for p in phrases)
            expires = expires if expires > b.anchor else b.anchor + timedelta(hours=24)
    if valid_from is not None and valid_to is not None and valid_from >= valid_to:
        valid_from = None
    return valid_from, valid_to, expires


def _clause(b: Builder, clause: Clause) -> None:
    """One clause's readings, filed under whom they are about."""
    subject = clause.subject
    readings = read(b.text, clause)
    if subject.who == "thing" and not clause.inherited:
        _noun(b, subject, readings)
        return
    if subject.who == "pronoun" and subject.name in ("it", "this", "that", "there"):
        _it(b, clause)
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
        entity = b.discourse.pronoun(subject.name)
        return entity or None
    return None


def _owner(b: Builder, subject: Subject) -> str | None:
    if subject.owner_who == "pronoun":
        return b.discourse.pronoun(subject.owner) or None
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
    """ "My sister Priya": slot, edge, alias; from now on "my sister" is Priya."""
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
    b.people.append(Person(name, kin.gender))
    b.discourse.last = LastSlot(owner, kin.attribute, name, "name", kin=word)
    return name


def _mentions(b: Builder, start: int, end: int) -> None:
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
        if "," in b.text[m.end("kin" + suffix) if not suffix else z : a if not suffix else z] and m.group("after") not in (",", ".", ")", "") and not suffix:
            continue  # "my sister, Tom and I": a list, not her name
        ex = bool(m.group("ex" + suffix)) and m.group("ex" + suffix).strip(" -").lower() in ("ex", "former")
        if b.text[m.start() : m.end()].lower().startswith(("my ex-", "our ex-", "my ex ", "my former ")):
            ex = True
        if word in KIN_PLURALS:
            word = KIN_PLURALS[word]
        if rx(r"\b(?:broke up with|divorced|split (?:up )?with|separated from|lost|no longer|used to)\s+$").search(b.text, max(start, m.start() - 25), m.start()):
            ex = True
        if ex:
            b.entity(name, "Person")
            b.people.append(Person(name, KIN[word].gender))
            b.discourse.know(name)
            continue
        _name_kin(b, b.speaker, word, a, z)


def _noun(b: Builder, subject: Subject, readings: list[Reading]) -> None:
    """ "My wife's name is Lena", "my laptop is a ThinkPad", "Priya's birthday is …"."""
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
            _own(b, owner, value, noun=match.group("x").lower(), ended=reading.ended, current="current" in subject.noun or "new" in subject.noun, named=True)
            continue
        if reading.attribute == "warranty":
            continue
        _file(b, owner, subject, reading)
        if rule is not None and not reading.ended:
            b.discourse.last = LastSlot(owner, reading.attribute, value, rule.cutter, rule=rule)
    if rule is not None and not any(not r.ended for r in readings) and rule.slot not in ("plan", "thing"):
        b.discourse.last = LastSlot(owner, rule.slot if "{x}" not in rule.slot else "", "", rule.cutter, rule=rule, kin=subject.kin if rule.slot == "name" and subject.owner_who == "kin" else "")
        if match is not None and "{x}" in rule.slot:
            b.discourse.last = LastSlot(owner, rule.slot.replace("{x}", "_".join(match.group("x").lower().split())), "", rule.cutter, rule=rule)
    if owner != b.speaker:
        b.subjects.append(owner)


def _it(b: Builder, clause: Clause) -> None:
    """ "It's Rob", after "my name isn't Bob": the last noun spoken of has this value."""
    p, last = clause.predicate, b.discourse.last
    if p is None or last is None or not p.be or p.tense in ("future", "modal") or last.attribute not in (*_KIN_ATTRIBUTES, "name", "birthday", "phone", "email", "address", "age") and not last.attribute.startswith("favorite_"):
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
            entity = b.speaker
        _name_kin(b, entity, word, reading.start, reading.end, ended=reading.ended)
        return
    known = entity == b.speaker or entity in b.entities or entity.casefold() in b.discourse.known
    if subject.who == "name" and reading.attribute not in _OF_PERSONS and not (known and reading.attribute in ("owns", "purchase", "issue", "event")):
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
        b.people.append(Person(value))
        b.discourse.know(value)


def _edge(b: Builder, entity: str, attribute: str, value: str) -> None:
    row = ATTRIBUTES.get(attribute)
    if row is None or not row.relation:
        return
    b.entity(entity, "User" if entity == SELF else "Pet" if entity.casefold() in PETS else "Person")
    b.relate(entity, row.relation, b.entity(value, row.type))


def _own(b: Builder, owner: str, value: str, *, noun: str = "", ended: bool = False, attribute: str = "", current: bool = False, named: bool = False) -> None:
    """Something owned: its slots by what it is (device, car, thing), the edge, and the class as an alias ("my laptop")."""
    car, device = is_vehicle(value) or is_vehicle(noun), is_device(value) or is_device(noun) or attribute in ("device", "current_device")
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
    b.relate(owner, "owns", b.entity(value, "Vehicle" if car else "Device" if device else "Thing", (f"my {alias}", alias) if alias else ()))


def _faults(b: Builder, start: int, end: int) -> None:
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
    if solution is not None and fault is None or solution is not None and fault is not None and solution[0] > fault.issue[1]:
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


def _foreign(b: Builder, reading: Reading) -> None:
    value = b.value(reading.start, reading.end)
    b.kinds.append(reading.kind)
    if reading.kin:
        _name_kin(b, b.speaker, reading.kin, reading.start, reading.end, ended=reading.ended)
        return
    b.slot(b.speaker, reading.attribute, value, ended=reading.ended)
    if not reading.ended:
        _edge(b, b.speaker, reading.attribute, value)


def _correct(b: Builder, start: int, end: int) -> None:
    """ "Sorry, I meant Lisbon": the last slot's value is replaced when the new one is of its kind."""
    last = b.discourse.last
    m = rx(r"\b(?:i (?:actually |really )?meant(?: to (?:say|write|type))?|it'?s|correction:?|make that|i mean|should (?:be|have been|say))\s+(?P<new>[^,;.!?]{2,60})(?:,? not (?P<old>[^,;.!?]{2,40}))?").search(b.text, start, end)
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
