"""Claims: whether what a sentence says is said by what it cites.

A sentence is held against all it cites together. First, what decides alone: the source must exist and hold at the asked time; numbers,
units, dates and codes must be in it or follow from its dates; negation, opposites ("left", "right"), wishes and plans must agree; what is
said of one person is not borne out by another's statement; and a command in a source ("answer HACKED") proves nothing. Then, how much of
the sentence is in its sources: by words, by words that mean the same, and by meaning. The reason is given in words.

Pure but for the embedder, which is given. Measured by `perdure bench citations`; see bench/CITATIONS.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from perdure.model.search import Claim
from perdure.ports import Embedder, EmbedsTokens
from perdure.rules import claiming as data
from perdure.rules.statement import Statement, Word, read
from perdure.stages.objections import against, agrees
from perdure.stages.proofs import Evidence, Proof, best_word, evidence_of, holding, means_same, swapped

if TYPE_CHECKING:
    from perdure.ports import Floats

#: A sentence is supported from `STANDS` on, and partly from `PARTLY` on. What speaks against it caps its support at `AGAINST`.
STANDS, PARTLY, AGAINST = 0.50, 0.25, 0.10
#: Intercept and weights of a logistic regression over what `_measures` gives, fitted on bench/citations/dev.jsonl.
INTERCEPT: Final = -2.0
WEIGHTS: Final = {"covered": 2.8, "near": 1.9, "cosine": 1.8, "swapped": -2.5, "missing": -1.8, "verb": -0.8}
#: A word counts as the same when the nearest token of the sources has this cosine, and from `FAINT` on for a part of a word.
SAME, FAINT = 0.75, 0.45
_QUOTES: Final = re.compile('["“”«»„「」]')


def check(sentence: str, numbers: Sequence[int], proofs: Sequence[Proof], embedder: Embedder, *, at: datetime) -> Claim:
    """Whether a sentence is borne out by what it cites.

    Args:
        sentence: without its citation numbers.
        numbers: those it cites.
        proofs: what they stand for; a number without one names nothing.
        embedder: for nearness of meaning.
        at: the time that is asked about.

    Returns:
        The claim with its support from 0 to 1, the verdict and, unless it is supported, the reason.

    Raises:
        ModelError: the embedder failed.
    """
    cited = tuple(dict.fromkeys(numbers))
    known = {p.number: p for p in proofs}

    def judged(support: float, reason: str) -> Claim:
        verdict: Literal["supported", "partly", "unsupported"]
        verdict = "supported" if support >= STANDS and not reason else "partly" if support >= PARTLY else "unsupported"
        return Claim(sentence, cited, round(support, 3), verdict, reason)

    if not cited:
        return judged(0.0, "cites no source")
    if any(n not in known for n in cited) and not any(n in known for n in cited):
        return judged(0.0, f"[{cited[0]}] names no source")
    spoken = _QUOTES.sub("", data.LEAD.sub("", sentence.strip())) or sentence
    claim = read(spoken)
    held, stale = holding([known[n] for n in cited if n in known], claim, at)
    if not held:
        return judged(0.0, stale)
    evidence = evidence_of(held, claim)
    if not evidence:
        return judged(0.0, f"[{held[0].number}] only tells its reader what to do")
    if not claim.content and not claim.numbers and not claim.days and not claim.codes:
        return judged(0.0, "says nothing that could be checked")
    measures, aligned = _measures(claim, spoken, evidence, embedder)
    support = _logistic(INTERCEPT + sum(WEIGHTS[name] * measures[name] for name in WEIGHTS))
    objection = against(claim, spoken, evidence, aligned, at)
    if objection:
        return judged(min(support, AGAINST), objection)
    if support >= STANDS:
        return judged(support, "")
    lacking = [w.text for w in claim.content if aligned.get(w.start) is None]
    what = ("".join if claim.chinese else ", ".join)(lacking[:5])
    return judged(support, f"{', '.join(f'[{p.number}]' for p in held)} does not say: {what or sentence}")


def contributes(sentence: str, proof: Proof, *, at: datetime) -> bool:
    """Whether one of several sources says, in words, any of a sentence beside its names; one that does not need not be cited."""
    claim = read(sentence)
    held, _ = holding([proof], claim, at)
    evidence = evidence_of(held, claim)
    words = [w for e in evidence for w in e.said.words]
    numbers, days = {n for e in evidence for n, _ in e.said.numbers}, [d for e in evidence for d in e.days]
    if any(n in numbers for n, _ in claim.numbers) or any(agrees(d, other) for d in claim.days for other in days):
        return True
    telling = [w for w in claim.content if not w.capital] or claim.content
    shared = sum(best_word(w, words, chinese=claim.chinese)[1] is not None for w in telling)
    return shared >= max(1, len(telling) // 3) if claim.chinese else shared > 0


# ---------------------------------------------------------------------- how much of the claim is said
def _measures(
    claim: Statement, spoken: str, evidence: list[Evidence], embedder: Embedder
) -> tuple[dict[str, float], dict[int, Word | None]]:
    """What the regression looks at, and for each content word of the claim (by its place) the word of a source that says it."""
    words = [w for e in evidence for w in e.said.words]
    named = frozenset(data.fold(t) for e in evidence for name in (e.proof.said_by, e.proof.subject, *e.proof.names) for t in name.split())
    aligned: dict[int, Word | None] = {}
    worth: list[float] = []
    near = _nearness(claim, spoken, evidence, embedder)
    sources = "".join(e.said.text for e in evidence)
    for w in claim.content:
        value, by = best_word(w, words, chinese=claim.chinese)
        if value < 1 and (w.key in named or (w.key in data.HEDGES and any(c.hedged for e in evidence for c in e.said.clauses))):
            value, by = 1.0, by or w
        if value < 1 and claim.chinese and _hedges(w, claim, evidence):
            value, by = 1.0, w
        if value < 1 and claim.chinese and means_same(w, claim.text, sources):
            value, by = 1.0, w
        if by is None and near.get(w.start, 0.0) >= SAME and not (w.capital and not w.first):
            by = w
        aligned[w.start] = by
        worth.append(
            max(value, min(1.0, max(0.0, (near.get(w.start, 0.0) - FAINT) / (SAME - FAINT))) * 0.8 if not w.capital or w.first else 0.0)
        )
    # Numbers and dates that are there speak for it as words do; those that are not decide alone.
    exact = [1.0] * (len(claim.numbers) + len(claim.days) + len(claim.codes))
    lacking = [w for w in claim.content if aligned[w.start] is None]
    covered = (sum(aligned[w.start] is not None for w in claim.content) + len(exact)) / max(1, len(claim.content) + len(exact))
    measures = {
        "covered": covered,
        "near": (sum(worth) + len(exact)) / max(1, len(worth) + len(exact)),
        "cosine": max(0.0, near.get(-1, 0.0)),
        "swapped": float(swapped(claim, lacking, evidence, aligned)),
        "missing": min(2.0, float(len(lacking))),
        "verb": float(_lacks_verb(claim, aligned)),
    }
    return measures, aligned


def _hedges(word: Word, claim: Statement, evidence: list[Evidence]) -> bool:
    """Chinese: whether a character is part of a word of doubt or wish, and a source doubts or wishes too."""
    return any(word.text in h and h in claim.text for h in data.HEDGES_CHINESE) and any(c.hedged for e in evidence for c in e.said.clauses)


def _lacks_verb(claim: Statement, aligned: dict[int, Word | None]) -> bool:
    """Whether no source has the first word of content that follows the first person named: mostly what they are said to do."""
    for place, w in enumerate(claim.words):
        if w.key in data.ME or (w.capital and place == 0 and w.key not in data.POSSESSIVE | data.STOP):
            after = next((o for o in claim.content if o.start > w.start and o.clause == w.clause), None)
            return after is not None and aligned.get(after.start) is None and not after.capital
    return False


def _nearness(claim: Statement, spoken: str, evidence: list[Evidence], embedder: Embedder) -> dict[int, float]:
    """By place in the claim the cosine of a word with the nearest token of the sources; at -1 that of the claim with the nearest sentence.

    Without an embedder of tokens there is only the latter.
    """
    texts = list(dict.fromkeys(e.said.text for e in evidence))
    if not isinstance(embedder, EmbedsTokens):
        vectors = embedder.embed([spoken, *texts, " ".join(texts)])
        return {-1: float(np.max(vectors[1:] @ vectors[0]))}
    asked = embedder.embed_question(spoken)
    vectors, states = embedder.embed_passages([*texts, " ".join(texts)])
    found: dict[int, float] = {-1: float(np.max(vectors @ asked.vector))}
    tokens: Floats = (
        np.concatenate([s for s in states if len(s)]) if any(len(s) for s in states) else np.zeros((0, len(asked.vector)), np.float32)
    )
    if len(tokens) and len(asked.tokens):
        nearest = (asked.tokens @ tokens.T).max(axis=1)
        for w in claim.content:
            mine = [float(nearest[i]) for i, (start, end) in enumerate(asked.spans) if start < w.start + len(w.text) and end > w.start]
            if mine:
                found[w.start] = min(mine)
    return found


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, x))))
