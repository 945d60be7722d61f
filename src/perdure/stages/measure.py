"""Measure: how well a ranking finds the evidence, and two plain rankings to hold ours against.

Pure: texts, vectors and ids come in, rankings and shares between 0 and 1 go out. The two baselines are what one would write in an
afternoon, done properly: BM25 over our own index terms, and the cosine of the embedder's vectors. What cannot beat both is not worth
its code.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from perdure.rules.words import terms
from perdure.stages.respond import tokens

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and Beyond", give 1.2 to 2 and 0.5 to 0.8 as good
#: ranges; these two are what most papers compare with. Not tuned on anything of ours.
K1, B = 1.5, 0.75


class BM25:
    """Okapi BM25 over `terms`, with the idf that is never negative: ln(1 + (N - n + 0.5) / (n + 0.5)).

    Args:
        texts: the documents; a document is known by its place here.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._postings: dict[str, list[tuple[int, int]]] = {}
        self._lengths: list[int] = []
        for place, text in enumerate(texts):
            counts = Counter(terms(text))
            self._lengths.append(counts.total())
            for term, count in counts.items():
                self._postings.setdefault(term, []).append((place, count))
        self._mean = sum(self._lengths) / len(texts) if texts else 0.0

    def rank(self, question: str) -> list[int]:
        """The places of the documents that share a term with `question`, best first; of equals the earlier one."""
        scores = self._scores(question)
        return sorted(scores, key=lambda place: (-scores[place], place))

    def best(self, question: str) -> float:
        """The highest score; 0 when no document shares a term with `question`."""
        return max(self._scores(question).values(), default=0.0)

    def _scores(self, question: str) -> dict[int, float]:
        scores: dict[int, float] = {}
        for term, wanted in Counter(terms(question)).items():
            holders = self._postings.get(term, [])
            idf = math.log(1 + (len(self._lengths) - len(holders) + 0.5) / (len(holders) + 0.5))
            for place, count in holders:
                norm = K1 * (1 - B + B * self._lengths[place] / self._mean)
                scores[place] = scores.get(place, 0.0) + wanted * idf * count * (K1 + 1) / (count + norm)
        return scores


class Dense:
    """Nearest by cosine, exactly.

    Args:
        vectors: shape (documents, dimensions), rows of unit length; a document is known by its row.
    """

    def __init__(self, vectors: Sequence[Sequence[float]] | Floats) -> None:
        self._matrix = np.asarray(vectors, dtype=np.float32)

    def rank(self, question: Sequence[float] | Floats) -> list[int]:
        """All rows, nearest first; of equals the earlier one. `question`: shape (dimensions,), of unit length."""
        if not len(self._matrix):
            return []
        scores = self._matrix @ np.asarray(question, dtype=np.float32)
        return [int(row) for row in np.argsort(-scores, kind="stable")]

    def best(self, question: Sequence[float] | Floats) -> float:
        """The highest cosine; 0 when there is no document."""
        return float((self._matrix @ np.asarray(question, dtype=np.float32)).max()) if len(self._matrix) else 0.0


def recall(ranking: Sequence[str], evidence: Collection[str], k: int, *, any_will_do: bool = False) -> float:
    """The share of `evidence` among the first `k` of `ranking`.

    Args:
        ranking: ids, best first.
        evidence: the ids that should be there; at least one.
        k: how many places count.
        any_will_do: each piece says it all, so one of them is enough for 1.
    """
    found = len(set(ranking[:k]) & set(evidence))
    return float(found > 0) if any_will_do else found / len(set(evidence))


def reciprocal_rank(ranking: Sequence[str], evidence: Collection[str]) -> float:
    """1 / place of the first piece of `evidence` in `ranking`; 0 when there is none. Its mean over questions is the MRR."""
    wanted = set(evidence)
    return next((1 / place for place, one in enumerate(ranking, 1) if one in wanted), 0.0)


def newest_first(ranking: Sequence[str], evidence: Sequence[str]) -> bool:
    """Whether the last piece of `evidence`, the newest statement, stands above all the others, which it replaces."""
    place = {one: n for n, one in reversed(list(enumerate(ranking)))}
    *old, new = evidence
    return new in place and all(place[new] < place.get(one, len(ranking)) for one in old)


def only_stale(ranking: Sequence[str], evidence: Sequence[str], k: int) -> bool:
    """Whether among the first `k` there is something that the last piece of `evidence` replaces, but not that piece itself."""
    head = set(ranking[:k])
    *old, new = evidence
    return new not in head and bool(head & set(old))


def auroc(yes: Sequence[float], no: Sequence[float]) -> float | None:
    """How often one of `yes` scores above one of `no`, ties counting half: the area under the ROC curve. None when either is empty."""
    if not yes or not no:
        return None
    ordered = np.sort(np.asarray(no, dtype=np.float64))
    mine = np.asarray(yes, dtype=np.float64)
    below, upto = np.searchsorted(ordered, mine, side="left"), np.searchsorted(ordered, mine, side="right")
    return float((below + upto).sum() / (2 * len(mine) * len(ordered)))


def cost(text: str) -> int:
    """Tokens of a text on a line of its own in a prompt, estimated as `context` does it."""
    return tokens(f"- {text}")


def packed(ranking: Sequence[int], costs: Sequence[int], budget: int) -> list[int]:
    """The head of `ranking` that fits `budget` tokens; what does not fit is passed over, as `context` does it.

    Args:
        ranking: places, best first.
        costs: tokens by place, see `cost`.
        budget: tokens.
    """
    chosen: list[int] = []
    left = budget
    for place in ranking:
        if costs[place] <= left:
            chosen.append(place)
            left -= costs[place]
    return chosen
