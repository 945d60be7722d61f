"""One sentence to one `Candidate`: it is read, and validity, kind and term are settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from perdure.model.candidate import Candidate
from perdure.model.graph import SELF, Slot
from perdure.model.memory import Kind, Term
from perdure.model.message import Message
from perdure.rules.answers import read_answer
from perdure.rules.builder import Builder
from perdure.rules.dates import DatePhrase
from perdure.rules.endings import called_off, lost, no_longer_true, no_more_liked, parted, single_again, take_back
from perdure.rules.engine import MOVED
from perdure.rules.filing import correct, file_clause, file_faults, file_foreign, first_day, now_at, now_in
from perdure.rules.gate import Verdict, explicit_prefix
from perdure.rules.grammar import Clause, clauses
from perdure.rules.kept import worth_keeping
from perdure.rules.languages import read_foreign
from perdure.rules.lazy import rx
from perdure.rules.lexicon import MONTHS, WEEKDAYS
from perdure.rules.patterns.plans import PROCEDURE
from perdure.rules.persons import bystanders, call_me, mentions, prescribed, reach_me
from perdure.rules.relatives import read_relatives

_UNTIL = r"\b(?:until|til|till|through|bis|hasta|jusqu|fino|até)|到|तक"
"""Words that end a stretch of time; "expires in June" dates an event instead."""
_NEW_JOB = r"\b(?:(?:changed|switched|new|left my|quit my|between) (?:jobs?|companies|company|employers?|workplace)|used to work|old job|started a new)\b"
"""Beside one of these "I'm at Wolt now" is about work, not about where one stands."""
_DATED = frozenset(("plan", "appointment", "travel", "event"))
"""What happens on a day: the day to come is its validity, so that a question about that day finds it."""
_OF_KIN = frozenset("child sibling spouse partner parent relative friend colleague boss neighbor pet".split())
"""All that the English patterns may find by chance in a sentence of another language."""
_TIMELESS = frozenset("birthday warranty age from anniversary plan appointment goal name phone email routine".split())


def read_sentence(b: Builder, start: int, end: int, verdict: Verdict) -> Candidate | None:
    """The candidate of `text[start:end]`, or None when it states nothing worth keeping."""
    parsed = understand(b, start, end, verdict)
    return _candidate(b, start, end, verdict, parsed, hedged=any(c.hedged for c in parsed))


def understand(b: Builder, start: int, end: int, verdict: Verdict) -> list[Clause]:
    """Files what `text[start:end]` states in `b`, and lets the discourse learn from it; returns its clauses."""
    body = start + verdict.denied
    b.bounds = (start, end)
    if verdict.explicit:
        body += explicit_prefix(b.text[start:end])
    mentions(b, start, end)
    told: list[tuple[int, int]] = []
    parsed = list(clauses(b.text, body, end, b.discourse.known))
    file_faults(b, body, end)
    for clause in parsed:
        file_clause(b, clause, verdict)
    if all(s.attribute in _OF_KIN for s in b.slots) and not b.ended:
        guessed = len(b.people)
        told = read_relatives(b, body, end)
        if told:
            del b.people[:guessed]  # who reads German as English takes "Meine Tochter" for a name
        if told or not b.slots:
            for reading in read_foreign(b.text, body, end):
                if not any(x <= reading.start < y for x, y in told):
                    file_foreign(b, reading)
    if verdict.correction and not b.slots:
        correct(b, body, end)
    now_in(b, body, end)
    if any(s.attribute == "employer" for s in b.ended) or rx(_NEW_JOB).search(b.text, body, end):
        now_at(b, body, end)
    first_day(b, body, end)
    if not b.slots and not b.ended:
        call_me(b, body, end)
        prescribed(b, body, end)
        reach_me(b, body, end)
    if verdict.denied:
        take_back(b)
    else:
        parted(b, body, end)
        lost(b, body, end)
        called_off(b, body, end)
        single_again(b)
        no_more_liked(b, body, end)
        if verdict.chat and not b.slots:
            no_longer_true(b, body, end)
    if not told:
        bystanders(b, start, end)
    b.discourse.mention(b.people)
    return parsed


def read_reply(b: Builder, start: int, end: int, verdict: Verdict, question: Message) -> Candidate | None:
    """The candidate of a sentence that is a bare answer to the assistant's question; None when it is not."""
    if not read_answer(b, question, start, end):
        return None
    return _candidate(b, start, end, replace(verdict, chat=False), [], hedged=False)


def _candidate(b: Builder, start: int, end: int, verdict: Verdict, parsed: list[Clause], *, hedged: bool) -> Candidate | None:
    text = b.content[start:end].strip()
    procedure = rx(PROCEDURE).search(b.text, start, end) is not None
    firm = bool(b.slots or b.ended or b.relations)
    if verdict.chat and not (b.slots or b.ended):
        return None
    told = (verdict.private or (verdict.short and rx(r"\bremind me (?:to|about|that)\b").search(text) is not None)) and len(
        text.split()
    ) > 4
    if (
        not firm
        and not procedure
        and not told
        and not verdict.standing
        and not (verdict.explicit and b.speaker == SELF)
        and not verdict.correction
        and not worth_keeping(b.text, start, end, parsed, b.discourse, short=verdict.short)
    ):
        return None
    if verdict.correction and not firm and not verdict.explicit and len(text.split()) < 2:
        return None
    phrases = b.phrases()
    tenses = {c.predicate.tense for c in parsed if c.predicate is not None}
    upcoming = bool(tenses) and (
        tenses.isdisjoint(("past", "past_perfect", "perfect"))
        or any(c.predicate.head in MOVED for c in parsed if c.predicate is not None and c.subject.who == "thing")
    )
    valid_from, valid_to, expires = _validity(b, phrases, verdict, upcoming=upcoming)
    kind: Kind = "preference" if verdict.standing and not firm and not procedure else _kind(b, parsed, procedure=procedure)
    dated = valid_from is not None and valid_from > b.anchor and bool(b.slots) and all(s.attribute in _DATED for s in b.slots)
    if dated:
        kind = "episodic"
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
    term: Term = "short_term" if (verdict.short and not verdict.explicit) or verdict.private else "long_term"
    return Candidate(
        text=text,
        quote=text,
        message=b.index,
        kind=kind,
        term=term,
        subject=subject,
        valid_from=valid_from,
        valid_to=valid_to,
        expires_at=expires,
        confidence=confidence,
        importance=importance,
        entities=tuple(b.entities.values()),
        relations=tuple(b.relations),
        slots=tuple(b.slots),
        ended=(*_over(b), *(_moved(b, parsed) if dated else ())),
        explicit=verdict.explicit,
        correction=verdict.correction,
    )


def _over(b: Builder) -> tuple[Slot, ...]:
    """What ends and is not stated in the same sentence."""
    return tuple(
        s for s in b.ended if not any(s.entity == t.entity and s.attribute == t.attribute and s.value_key == t.value_key for t in b.slots)
    )


def _moved(b: Builder, parsed: list[Clause]) -> tuple[Slot, ...]:
    """An earlier date of the same occasion: "my exam is on Friday" leaves no other day for it, "I have an exam on Friday" may."""
    nouns = [c.subject.noun.casefold() for c in parsed if c.subject.who == "thing"]
    return tuple(
        replace(s, valid_from=None)
        for s in b.slots
        if s.attribute in ("plan", "appointment") and any(s.value.casefold() in noun for noun in nouns)
    )


def _next_time(phrase: DatePhrase) -> DatePhrase:
    """A day without a year or week, when it is said of what is to come: "I have a scan on 22 March" means the next one."""
    if rx(r"\d{4}|\b(?:last|ago|yesterday|today|this|past)\b").search(phrase.text):
        return phrase
    by = 7 if rx(rf"\b{WEEKDAYS}\b").search(phrase.text) else 365 if rx(rf"\b{MONTHS}(?![a-z])").search(phrase.text) else 0
    start, end = phrase.start + timedelta(days=by), phrase.end + timedelta(days=by)
    if by == 365 and start.day != phrase.start.day:
        start, end = start + timedelta(days=1), end + timedelta(days=1)
    return replace(phrase, start=start, end=end)


def _to_the_day(phrase: DatePhrase, anchor: datetime) -> datetime:
    """When a day to come begins; "in two weeks" is the same day two weeks on, where the phrase spans that whole week."""
    weeks = (phrase.start - anchor) // timedelta(weeks=1) + 1
    same = (anchor + timedelta(weeks=weeks)).replace(hour=0, minute=0, second=0, microsecond=0)
    by_weeks = rx(r"\bin \S+ weeks?\b|\bfortnight\b").search(phrase.text) is not None
    return same if by_weeks and phrase.start <= same < phrase.end else phrase.start


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


def _validity(
    b: Builder, phrases: tuple[DatePhrase, ...], verdict: Verdict, *, upcoming: bool
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """valid_from, valid_to, expires_at: a start in the past, an end that is announced, an expiry for what is plainly passing."""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    timeless = bool(b.slots) and all(s.attribute in _TIMELESS for s in b.slots)
    planned = upcoming and any(s.attribute in ("plan", "appointment") for s in b.slots)
    ahead = bool(b.slots) and not b.ended and all(s.attribute in _DATED for s in b.slots)
    for said in phrases:
        phrase = _next_time(said) if ahead and upcoming and said.relation == "at" and said.end <= b.anchor else said
        if (
            phrase.relation == "until"
            and phrase.end > b.anchor
            and rx(_UNTIL).search(phrase.text)
            and not any(s.attribute == "warranty" for s in b.slots)
        ):
            valid_to = phrase.end
        elif (
            phrase.relation in ("since", "at", "after") and valid_from is None and not timeless and not planned and phrase.start <= b.anchor
        ) or (phrase.relation == "at" and valid_from is None and ahead and phrase.start > b.anchor):
            valid_from = _to_the_day(phrase, b.anchor) if phrase.start > b.anchor else phrase.start
    expires = valid_to
    if valid_to is None and verdict.short:
        today = rx(r"\b(?:today|tonight)\b").search(" ".join(p.text for p in phrases)) if phrases else None
        if today:
            expires = max(p.end for p in phrases)
            expires = expires if expires > b.anchor else b.anchor + timedelta(hours=24)
    if valid_from is not None and valid_from > b.anchor:  # known from today on, though it is yet to come
        b.slots = [replace(s, valid_from=b.anchor) for s in b.slots]
        b.relations = [replace(r, valid_from=b.anchor) for r in b.relations]
    if valid_from is not None and valid_to is not None and valid_from >= valid_to:
        valid_from = None
    return valid_from, valid_to, expires
