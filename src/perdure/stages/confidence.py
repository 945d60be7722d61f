"""Confidence: how likely it is that the first hit answers, so that a score means the same for every question.

The product of two logistic regressions. The first asks whether anything here is about the question at all: fitted on the questions of
LoCoMo, BEAM and six other chats against the same questions asked of somebody else's chat (AUROC .98, .92 and .90 to .96).
The second asks, of what is about it, whether it answers: fitted on BEAM's and the six chats' own unanswerable questions. These name the
right people and things, and what gives them away is that some words of the question are met exactly and others not at all, and that
one hit stands alone. That is a weak sign: AUROC .77 on BEAM, .67 when BEAM is left out of the fit, .66 and .56 on the others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from perdure.stages.rank import Ranked

if TYPE_CHECKING:
    from perdure.ports import Found

#: Intercept and weights of the first regression: the highest mean nearness of tokens and the highest cosine among what was looked at,
#: and the share of the question's words, weighted by rarity, that the owner never used. Without tokens the other.
ABOUT, ABOUT_TOKENS, ABOUT_COSINE, ABOUT_UNSEEN = -7.56, 8.51, 10.03, -1.25
PLAIN, PLAIN_COSINE, PLAIN_UNSEEN = -5.67, 14.09, -2.31
#: Of the second: how unevenly the first hit meets the question's tokens, the tenth hit's share of its score, and the same share of
#: unused words; and the medians that stand for the first two where there is none.
ANSWERS, ANSWERS_SPREAD, ANSWERS_TENTH, ANSWERS_UNSEEN = 1.27, -13.18, 2.11, -0.90
USUAL_SPREAD, USUAL_TENTH = 0.17, 0.66
#: Places of a ranking that are looked at.
TENTH = 10


def confidence(ranked: list[Ranked]) -> float:
    """Between 0, nothing known, and 1, for the first of the hits."""
    if not ranked:
        return 0.0
    first = ranked[0]
    part = first.pool.part
    cosine = float(first.pool.raw["vector"].max(initial=0.0)) if "vector" in first.pool.raw else 0.0
    unseen = _unseen(part.found["text"], len(part.selection.mask)) if "text" in part.found else 0.0
    tenth = ranked[TENTH - 1].score / max(first.score, 1e-9) if len(ranked) >= TENTH else USUAL_TENTH
    spread = USUAL_SPREAD
    if part.close is not None and part.close.tokens:
        about = ABOUT + ABOUT_TOKENS * float(part.close.mean.max()) + ABOUT_COSINE * cosine + ABOUT_UNSEEN * unseen
        family = part.selection.columns.docs[[int(first.pool.positions[first.index]), *first.folded]]
        mine = np.flatnonzero(np.isin(part.close.docs, family))
        if len(mine):
            spread = float(part.close.spread[mine[np.argmax(part.close.mean[mine])]])
    else:
        about = PLAIN + PLAIN_COSINE * cosine + PLAIN_UNSEEN * unseen
    return _logistic(about) * _logistic(ANSWERS + ANSWERS_SPREAD * spread + ANSWERS_TENTH * tenth + ANSWERS_UNSEEN * unseen)


def _unseen(text: Found, documents: int) -> float:
    """The share of the question's terms, weighted by rarity, that no document has."""
    rarest = math.log(1 + (documents + 0.5) / 0.5)
    every = sum(text.rarity.values())
    return sum(r for r in text.rarity.values() if r >= rarest - 1e-6) / every if every else 0.0


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
