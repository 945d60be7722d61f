"""Objections: what speaks against a claim however much it shares with its sources, in words. Pure.

Numbers, units, dates, codes and names that no source has; another person; opposites; a negation on one side alone; a wish told as a fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from perdure.model.graph import SELF, entity_key
from perdure.rules import claiming as data
from perdure.rules.statement import Clause, Day, Statement, Word
from perdure.stages.proofs import Evidence, inflected, same_kind, swapped

#: Advice may be told from an assistant's message: it is the assistant's own.
_ADVICE = re.compile(r"\b(?:should|could|can|might|try|solltest|kannst|konntest|puedes|podrias|deberias|peux|pourrais|devrais)\b|可以|应该")


def against(claim: Statement, spoken: str, evidence: list[Evidence], aligned: dict[int, Word | None], at: datetime) -> str:
    """Why a claim cannot be borne out by these, whatever they share; "" when nothing speaks against it."""
    return (
        _wrong_name(claim, evidence, aligned)
        or _wrong_number(claim, evidence, at)
        or _wrong_day(claim, evidence)
        or _wrong_person(claim, spoken, evidence)
        or _opposite(claim, evidence)
        or _turned_round(claim, evidence, aligned)
        or _more_than_said(claim, evidence, aligned)
    )


def _wrong_name(claim: Statement, evidence: list[Evidence], aligned: dict[int, Word | None]) -> str:
    """A name that no source has; in German, where every noun has a capital, one that stands where a source has another."""
    lacking = [w for w in claim.content if aligned[w.start] is None]
    if claim.chinese:
        text = "".join(e.said.text for e in evidence)
        name = next((n for n in data.CHINESE_NAME.findall(claim.text) if n not in text), "")
        if name:
            return f"{name} is not in what is cited"
        return f"{lacking[0].text} is not in what is cited" if swapped(claim, lacking, evidence, aligned) else ""
    for w in lacking:
        if not w.capital or w.key in data.KINDS:
            continue
        if not w.first and not claim.german:
            return f"{w.text} is not in what is cited"
        others = [e for e in evidence if swapped(claim, [w], [e], aligned, capital=True)]
        if others and len(others) == len(evidence):
            return f"{w.text} is not in what is cited"
    return ""


def _wrong_number(claim: Statement, evidence: list[Evidence], at: datetime) -> str:
    said = [n for e in evidence for n in e.said.numbers]
    values = {v for v, _ in said}
    bare = {float(part) for e in evidence for day in e.said.days for part in (day[0], day[2]) if part}  # a year or a day may be meant
    text = " ".join(data.fold(e.said.text) for e in evidence)
    for code in claim.codes:
        if code not in text:
            return f"{code} is not in what is cited"
    for value, unit in claim.numbers:
        units = {u for v, u in said if v == value}
        if value in values or (not unit and value in bare) or (unit == "clock" and _clock(value, said)):
            if unit and units and not units & {unit, ""} and not (unit == "clock" or "clock" in units):
                return f"{value:g} {unit} is not in what is cited"
            continue
        if unit in data.SPANS and _follows(value, unit, evidence, at):
            continue
        if value == 1 and not unit:
            continue
        return f"{value:g} is not in what is cited"
    return ""


def _clock(value: float, said: list[tuple[float, str]]) -> bool:
    """Whether a time of day is named otherwise: 6 pm, 18:00, 6 in the evening."""
    return any(abs(v - value) < 1e-6 or abs(v + 12 - value) < 1e-6 or abs(v - 12 - value) < 1e-6 for v, u in said if u in ("clock", ""))


def _follows(value: float, unit: str, evidence: list[Evidence], at: datetime) -> bool:
    """Whether a span of time follows from a date: "for three years" from "since March 2023"."""
    if any(u == unit for e in evidence for _, u in e.said.numbers):
        return False
    for e in evidence:
        for year, month, day in e.days:
            if year:
                days = (at - datetime(year, month or 1, day or 1, tzinfo=UTC)).days
                if abs(abs(days) / data.SPANS[unit] - value) < (1.0 if unit == "year" else 0.6):
                    return True
    return False


def _wrong_day(claim: Statement, evidence: list[Evidence]) -> str:
    every = [d for e in evidence for d in e.days]
    spans = [(v, e) for e in evidence for v, u in e.said.numbers if u == "year" and e.proof.said_at is not None]
    numbers = {v for e in evidence for v, _ in e.said.numbers}
    for day in claim.days:
        if any(agrees(day, other) for other in every):
            continue
        if day[0] and not day[1] and (day[0] in numbers or any(e.proof.said_at and e.proof.said_at.year - v == day[0] for v, e in spans)):
            continue
        return f"{'-'.join(f'{part:02}' for part in day if part)} is not a date of what is cited"
    return ""


def agrees(claimed: Day, known: Day) -> bool:
    """Whether each part of a date that is claimed is known; a year may be missing where a day is named."""
    return all(not c or c == k or (i == 0 and not k and known[1]) for i, (c, k) in enumerate(zip(claimed, known, strict=True)))


def _wrong_person(claim: Statement, spoken: str, evidence: list[Evidence]) -> str:
    folded = data.fold(spoken.strip())
    to_user = bool(data.ADDRESSED.search(spoken.strip())) or bool(data.ADDRESSED_SPANISH.search(folded))
    if to_user:
        if all(e.proof.message and e.proof.role == "assistant" for e in evidence) and not _ADVICE.search(folded):
            return f"[{evidence[0].proof.number}] is the assistant's own word"
        others = [_another(e, claim) for e in evidence]
        if evidence and all(others):
            return f"[{evidence[0].proof.number}] says it of {others[0]}"
    kin = {m for w in claim.words if (m := data.KINDS.get(w.key)) is not None and m[0] == data.KIN}
    told = {m for e in evidence for w in e.said.words if (m := data.KINDS.get(w.key)) is not None and m[0] == data.KIN}
    if kin and told and not kin & told:
        return f"[{evidence[0].proof.number}] says it of somebody else"
    for e in evidence:
        if who := _exchanged(claim, e):
            return f"[{e.proof.number}] says it the other way round: {who}"
    return ""


def _another(e: Evidence, claim: Statement) -> str:
    """Whom a source is about, if that is somebody else than the user and the claim does not name them."""
    keys = claim.keys
    if entity_key(e.proof.subject) != SELF and e.proof.subject:
        return "" if {data.fold(t) for t in e.proof.subject.split()} & keys else e.proof.subject
    if e.said.chinese:
        lead = e.said.text.lstrip()[:6]
        kin = next((k for k in data.KIN_CHINESE if k in lead), "")
        return kin if kin and lead[:1] in data.ME_CHINESE and kin not in claim.text else ""
    words = e.said.words[:4]
    if len(words) > 1 and (words[0].key in data.POSSESSIVE or words[0].key == "the"):
        start = 2 if words[0].key == "the" and words[1].key in ("user's", "users") else 1
        owned = [w for w in words[start : start + 2] if (m := data.KINDS.get(w.key)) is not None and m[0] == data.KIN]
        if not owned and len(words) > start + 1 and words[start + 1].capital and not e.said.german and words[start].key not in claim.keys:
            return "" if words[start + 1].key in claim.keys else words[start + 1].text  # "my roommate Theo"
        if owned and not any(inflected(owned[0], w) or owned[0].key == w.key or same_kind(owned[0], w) for w in claim.words):
            return owned[0].text
    return ""


def _persons(said: Statement, known: frozenset[str]) -> list[str]:
    """Who is named, in order, once each; the user is "me". Whose something is does not count. In German only those who are `known`."""
    order: list[str] = []
    for w in said.words:
        named = w.key in known or (w.capital and not said.german and w.key not in data.STOP | data.POSSESSIVE)
        who = "me" if w.key in data.ME else w.key if named else ""
        if who and who not in order:
            order.append(who)
    return order


def _exchanged(claim: Statement, e: Evidence) -> str:
    """Two who do the same to one another the other way round; "" when that is not so."""
    known = frozenset(data.fold(t) for name in (e.proof.subject, *e.proof.names) for t in name.split() if name != SELF)
    parts = [Statement(e.said.text, [w for w in e.said.words if w.clause == n], german=e.said.german) for n in range(len(e.said.clauses))]
    orders = [order for part in parts if len(order := _persons(part, known)) > 1]
    theirs = orders[0] if orders else []
    for clause in range(len(claim.clauses)):
        part = Statement(
            claim.text,
            [w for w in claim.words if w.clause == clause],
            [w for w in claim.content if w.clause == clause],
            german=claim.german,
        )
        both = [p for p in _persons(part, known) if p in theirs]
        if len(both) < 2 or [p for p in theirs if p in both] == both or not {"me", *known} & set(both[:2]):
            continue
        first, second = both[:2]
        passive = [_done_by(s, both) for s in (part, e.said)]
        if passive[0] != passive[1]:
            continue
        verbs = [w for w in part.content if w.key not in both and not w.capital and not data.UNITS.get(w.key)]
        between = [w for w in verbs if any(w.terms & o.terms or inflected(w, o) for o in e.said.content if o.key not in both)]
        if between:
            return f"{second}, {first}"
    return ""


def _done_by(said: Statement, persons: list[str]) -> bool:
    """Whether "by", "from" stand right before one of the persons."""
    keys = [w.key for w in said.words]
    return any(keys[i] in data.DONE_BY and (keys[i + 1] in persons or keys[i + 1] in data.ME) for i in range(len(keys) - 1))


def _opposite(claim: Statement, evidence: list[Evidence]) -> str:
    theirs = {w.key: w for e in evidence for w in e.said.words}
    if found := _opposite_of_the_same(claim, evidence):
        return found
    if claim.chinese:
        text = "".join(e.said.text for e in evidence)
        for a, b in data.OPPOSITES_CHINESE:
            for one, other in ((a, b), (b, a)):
                if one in claim.text and one not in text and other in text and other not in claim.text:
                    return f"what is cited says {other}, not {one}"
        return ""
    for w in claim.words:
        if w.key in theirs or any(w.terms & o.terms for o in theirs.values()):
            continue
        for other in theirs.values():
            if (w.key, other.key) in data.OPPOSITES and other.key not in claim.keys and _same_side(w, claim, other, evidence):
                return f"what is cited says {other.text}, not {w.text}"
        kind = data.KINDS.get(w.key)
        if kind is not None and kind[0] not in (data.KIN, data.MONTHS_ROW):
            same_row = [k for o in theirs.values() if (k := data.KINDS.get(o.key)) is not None and k[0] == kind[0]]
            if same_row and kind not in same_row:
                return f"what is cited says another one than {w.text}"
    return ""


def _opposite_of_the_same(claim: Statement, evidence: list[Evidence]) -> str:
    """Where a source has both sides ("loves coriander but hates mushrooms"): the other one is in the clause that says the rest."""
    for w in claim.words:
        others = {b for a, b in data.OPPOSITES if a == w.key or a in w.terms}
        rest = [o for o in claim.content if o.clause == w.clause and o.start != w.start]
        if not others or not rest:
            continue
        met: list[tuple[int, bool, str]] = []
        for e in evidence:
            for number in range(len(e.said.clauses)):
                words = [o for o in e.said.words if o.clause == number]
                shared = sum(any(o.key == r.key or o.terms & r.terms for o in words) for r in rest)
                against = next((o.text for o in words if o.key in others or o.terms & others), "")
                same = any(o.key == w.key or o.terms & w.terms for o in words)
                alike = e.said.clauses[number].negated == claim.clauses[w.clause].negated
                met.append((shared, bool(against) and not same and alike, against))
        best = max(shared for shared, _, _ in met)
        if best and all(wrong for shared, wrong, _ in met if shared == best):
            return f"what is cited says {next(a for s, _, a in met if s == best)}, not {w.text}"
    return ""


def _same_side(w: Word, claim: Statement, other: Word, evidence: list[Evidence]) -> bool:
    """Whether the two words are meant alike: neither is under a "not" that the other lacks."""
    source = next(e.said for e in evidence if any(o is other for o in e.said.words))
    return claim.clauses[w.clause].negated == source.clauses[other.clause].negated


def _turned_round(claim: Statement, evidence: list[Evidence], aligned: dict[int, Word | None]) -> str:
    """A negation in one and not in the other, told by the clauses in which the shared words stand."""
    chosen = next((w for w in claim.content if _unchosen(w, claim, evidence)), None)
    if chosen is not None:
        return f"what is cited says it the other way round of {chosen.text}"
    terms = frozenset(t for w in claim.words for t in (w.key, *w.terms))
    for number, clause in enumerate(claim.clauses):
        shared = [aligned.get(w.start) for w in claim.content if w.clause == number]
        places = [_places(by, evidence) for by in shared if by is not None]
        places = [p for p in places if p]
        if not places:
            continue
        if not clause.negated and not any(c.negated for p in places for c in p) and _ceased(claim, clause, places):
            return "what is cited says it ended"
        turned = sum(all(c.negated != clause.negated for c in p) for p in places) / len(places)
        if turned < 0.6 and not (clause.negated != any(c.negated for p in places for c in p) and turned >= 0.5):
            continue
        weak = frozenset(word for p in places for c in p for word in c.weak)
        if clause.negated and weak - terms and not (clause.weak & weak):
            continue
        if not clause.negated and clause.weak - weak:
            continue
        return "what is cited says it is so" if clause.negated else "what is cited says it is not so"
    return ""


def _ceased(claim: Statement, clause: Clause, places: list[list[_Said]]) -> bool:
    """Whether all that is shared stands where a source says that something ended, and the claim does not."""
    if clause.weak & (data.CEASED | frozenset(data.CEASED_CHINESE)) or claim.keys & data.CEASED:
        return False
    ended = sum(all(c.weak & data.CEASED or c.weak & frozenset(data.CEASED_CHINESE) for c in p) for p in places)
    return ended == len(places)


def _unchosen(w: Word, claim: Statement, evidence: list[Evidence]) -> bool:
    """Whether a word is what was chosen in one and what was not in the other."""
    mine = claim.clauses[w.clause].instead
    places = [e.said.clauses[o.clause].instead for e in evidence for o in e.said.words if o.key == w.key]
    return bool(places) and all(p != mine for p in places) and (not mine or any(c.instead for e in evidence for c in e.said.clauses))


def _places(word: Word, evidence: list[Evidence]) -> list[_Said]:
    """The clauses of the sources in which a word stands."""
    found: list[_Said] = []
    for e in evidence:
        for w in e.said.words:
            if w.key == word.key or (not e.said.chinese and (w.terms & word.terms)):
                c = e.said.clauses[w.clause]
                found.append(_Said(c.negated, c.weak, c.hedged))
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """How a clause of a source speaks."""

    negated: bool
    weak: frozenset[str]
    hedged: bool


def _more_than_said(claim: Statement, evidence: list[Evidence], aligned: dict[int, Word | None]) -> str:
    """A wish, plan or chance told as a fact; or "always" where it was not said."""
    absolute = next((w for w in claim.words if w.key in data.ABSOLUTES), None)
    theirs = frozenset(w.key for e in evidence for w in e.said.words)
    if absolute is not None and not theirs & data.ABSOLUTES and not theirs & {"never", "nie", "nunca", "jamais"}:
        daily = {"every", "jede", "jeden", "jeder", "todos", "todas", "tous", "toutes"}
        if absolute.key not in daily or not theirs & {"daily", "taglich", "weekly", "each", "diario", "quotidien", "mornings", "evenings"}:
            return f"“{absolute.text}” is not in what is cited"
    if any(c.hedged for c in claim.clauses):
        return ""
    folded = data.fold(claim.text.strip())
    if data.DONE.search(folded) and not data.TO_COME.search(folded) and all(data.TO_COME.search(data.fold(e.said.text)) for e in evidence):
        return "what is cited is still to come"
    places = [p for w in claim.content if (by := aligned.get(w.start)) is not None and (p := _places(by, evidence))]
    hedged = sum(all(c.hedged for c in p) for p in places)
    if places and hedged >= 0.6 * len(places):
        return "what is cited speaks of a wish, a plan or a chance"
    return ""
