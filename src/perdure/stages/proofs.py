"""Proofs: what citations stand for, sentence by sentence, and which words of theirs say what a claim says. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from perdure.model.graph import SELF
from perdure.model.memory import MemoryRecord
from perdure.model.search import Citation
from perdure.rules import claiming as data
from perdure.rules.statement import Day, Statement, Word, fingers, read, sentences

Standing = Literal["live", "superseded", "retracted", "deleted", "gone"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a citation stands for, as far as it matters here.

    `quotes`: the words it was drawn from. `said_by`, `role`: who said it. `said_at`: when. `valid_from`..`valid_to`: when it was true;
    `expires_at`: from when it is of no use. `standing`: "superseded" when later words took its place, "retracted" and "deleted" when it
    holds for no time, "gone" when there is no such source any more. `subject`: whom it is about; `names`: what else those are called.
    `message`: it is a message, not a memory.
    """

    number: int
    text: str
    quotes: tuple[str, ...] = ()
    said_by: str = "user"
    role: str = "user"
    said_at: datetime | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    expires_at: datetime | None = None
    standing: Standing = "live"
    subject: str = SELF
    names: tuple[str, ...] = ()
    message: bool = False


def proof_of(citation: Citation, record: MemoryRecord | None, *, standing: Standing = "live") -> Proof:
    """A citation as a proof: `record` is the memory it names, None for a message, `standing` that of a message."""
    first = citation.sources[0] if citation.sources else None
    quotes = tuple(dict.fromkeys(s.quote for s in citation.sources if s.quote and s.quote != citation.text))
    said = {"said_by": first.said_by, "role": first.role, "said_at": first.said_at} if first is not None else {}
    if record is None:
        return Proof(citation.number, citation.text, quotes, standing=standing, message=True, **said)  # type: ignore[arg-type]
    names = tuple(n for e in record.entities for n in (e.name, *e.aliases) if n != SELF)
    return Proof(
        citation.number, citation.text, quotes, valid_from=record.valid_from, valid_to=record.valid_to, expires_at=record.expires_at,
        standing=record.status, subject=record.subject, names=names, **said,  # type: ignore[arg-type]
    )  # fmt: skip


@dataclass(slots=True)
class Evidence:
    """One sentence of a source."""

    proof: Proof
    said: Statement
    days: list[Day] = field(default_factory=list[Day])


def holding(proofs: Sequence[Proof], claim: Statement, at: datetime) -> tuple[list[Proof], str]:
    """Those that hold at a time, and why the first of the others does not. Of what is past, what was so may still be told."""
    held: list[Proof] = []
    why = ""
    past = bool(claim.keys & data.PAST) or any(word in claim.text for word in data.PAST_CHINESE)
    for p in proofs:
        if p.standing in ("retracted", "deleted", "gone"):
            why = why or f"[{p.number}] is not known any more"
        elif p.valid_from is not None and p.said_at is not None and p.valid_from > at and p.said_at > at:
            why = why or f"[{p.number}] was not yet so"
        elif past:
            held.append(p)
        elif p.valid_to is not None and p.valid_to <= at:
            why = why or f"[{p.number}] held until {p.valid_to:%Y-%m-%d}"
        elif p.standing == "superseded" and p.valid_to is None:
            why = why or f"[{p.number}] has been superseded"
        elif p.expires_at is not None and p.expires_at <= at:
            why = why or f"[{p.number}] expired on {p.expires_at:%Y-%m-%d}"
        else:
            held.append(p)
    return held, why


def evidence_of(proofs: Sequence[Proof], claim: Statement) -> list[Evidence]:
    """The sentences of the sources, without commands, unless the claim itself reports that something was asked."""
    reports = bool(data.REPORTS.search(data.fold(claim.text)))
    found: list[Evidence] = []
    for p in proofs:
        for text in dict.fromkeys((p.text, *p.quotes)):
            commanded = False
            for sentence in (s.strip() for s in sentences(text)):
                commanded = commanded or bool(data.COMMAND.search(data.fold(sentence)))
                if sentence and (reports or not commanded):
                    said = read(sentence)
                    relative = fingers(sentence, p.said_at)
                    days = [*said.days, *relative]
                    if p.valid_from is not None and not (relative and p.valid_from == p.said_at):
                        days.append((p.valid_from.year, p.valid_from.month, p.valid_from.day))
                    found.append(Evidence(p, said, days))
    return found


def best_word(word: Word, words: Sequence[Word], *, chinese: bool) -> tuple[float, Word | None]:
    """How well the best of a source's words says a word of the claim: 1 the same, less for a word that means the same."""
    best: tuple[float, Word | None] = (0.0, None)
    rows = _rows(word)
    for other in words:
        if word.key == other.key or (not chinese and word.terms & other.terms) or (not chinese and inflected(word, other)):
            return 1.0, other
        if best[0] < 0.9 and (rows & _rows(other) or same_kind(word, other) or _compound(word.key, other.key)):
            best = (0.9, other)
    return best


def _rows(word: Word) -> frozenset[int]:
    """The rows of words that mean the same in which a word stands."""
    return frozenset(row for form in (word.key, *word.terms) for row in data.SYNONYMS.get(form, ()))


def _compound(a: str, b: str) -> bool:
    """Whether one word is made with the other: Chemie, Chemiestudentin."""
    short, long = sorted((a, b), key=len)
    return len(short) >= 5 and len(long) - len(short) > 2 and (long.startswith(short) or long.endswith(short))


def same_kind(word: Word, other: Word) -> bool:
    """Whether two words name the same day, relative, colour, season or month."""
    mine, theirs = data.KINDS.get(word.key), data.KINDS.get(other.key)
    return mine is not None and mine == theirs


def inflected(word: Word, other: Word) -> bool:
    """Whether two words share so long a beginning that they are forms of one; names have to be the same."""
    a, b = word.key, other.key
    if word.capital and not word.first and other.capital and not other.first and (len(a) != len(b)) is False:
        return False
    short = min(len(a), len(b))
    if short < 4:
        return short == 3 and max(len(a), len(b)) <= 5 and a[:3] == b[:3] and a.isalpha()
    same = 0
    while same < short and a[same] == b[same]:
        same += 1
    return same >= max(4 if short > 4 else 3, math.ceil(0.62 * short)) and abs(len(a) - len(b)) <= 5


def means_same(word: Word, text: str, sources: str) -> bool:
    """Chinese: whether the claim has the character in a word whose synonym the sources have."""
    return any(any(word.text in w and w in text for w in group) and any(w in sources for w in group) for group in data.SYNONYMS_CHINESE)


def swapped(
    claim: Statement, lacking: list[Word], evidence: list[Evidence], aligned: dict[int, Word | None], *, capital: bool = False
) -> int:
    """How many words of the claim stand where a source has another one: "chose the refund" where it says "chose the replacement"."""
    said = {by.start for by in aligned.values() if by is not None}
    count = 0
    for w in lacking:
        left, right = neighbours(w, claim)
        for e in evidence:
            content = [o for o in e.said.content if o.start not in said and (o.capital or not capital)]
            if any(alike(left, a) + alike(right, b) >= (2 if claim.chinese else 1) for a, b in (neighbours(o, e.said) for o in content)):
                count += 1
                break
    return count


def neighbours(word: Word, statement: Statement) -> tuple[str, str]:
    """The words left and right of a word; "" at the ends."""
    place = next(i for i, w in enumerate(statement.words) if w.start == word.start)
    left = statement.words[place - 1].key if place else ""
    return left, statement.words[place + 1].key if place + 1 < len(statement.words) else ""


def alike(a: str, b: str) -> int:
    """1 when two words are the same, both the user, or forms of one; else 0."""
    return int(
        bool(a) and (a == b or (a in data.ME and b in data.ME) or (len(a) > 3 and a[: max(4, len(a) - 2)] == b[: max(4, len(a) - 2)]))
    )
