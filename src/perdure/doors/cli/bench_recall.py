"""How much is found: recall on the user's own conversations, beside plain BM25 and the embedder alone over the same messages.

What is ranked is messages. A hit of ours stands for the messages it comes from, in rank order and without repeats, so a memory
made of three messages takes three places and is no cheaper than three messages found one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from perdure.doors.cli.bench_questions import UPDATE, Question
from perdure.doors.cli.formats import Format, Line, read
from perdure.model.base import Value

if TYPE_CHECKING:
    from perdure import Memory
    from perdure.model.memory import MemoryRecord
    from perdure.model.search import Hit

USER: Final = "bench"
BUDGETS: Final = (250, 500, 1000, 2000)
NAMES: Final = ("perdure", "BM25", "dense")
EMBEDDED_AT_ONCE: Final = 64
UPDATE_DEPTH: Final = 50
"""Hits among which the newest statement and those it replaces are looked for."""


@dataclass(frozen=True, slots=True)
class CategoryScore(Value):
    """The means over the questions of one category; see `Ranked`."""

    questions: int
    recall: dict[str, float]
    mrr: float
    in_budget: dict[str, float]


@dataclass(frozen=True, slots=True)
class Ranked(Value):
    """How one way of ranking did, as means over the questions that have evidence.

    `recall` by k and `in_budget` by tokens (keys are numbers as text) are shares of the evidence, 0 to 1; `mrr` looks as deep as the
    largest k. `categories`: the same by the questions' category, when they have any. Of questions about what has changed,
    `newest_first` is the share with the newest statement above those it replaces, `only_stale` that with one of these among the first k
    and not the newest. `auroc`: how well the best score tells questions with evidence from those without.
    """

    name: str
    recall: dict[str, float]
    mrr: float
    in_budget: dict[str, float]
    categories: dict[str, CategoryScore]
    newest_first: float | None = None
    only_stale: float | None = None
    auroc: float | None = None


@dataclass(frozen=True, slots=True)
class Miss(Value):
    """A question none of whose evidence was among the first hits."""

    question: str
    evidence: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class RecallReport(Value):
    """What `bench recall` measured. `made_by`: the questions come from a "file" or from "rules"; `asked_at` was "now" for all of them.

    `unanswerable` of the questions have no evidence, and `updates` are about what has changed. `left_out` memories got no self-made
    question. `waiting` adds failed to extract. `rankings` are ours, then the baselines.
    """

    files: tuple[str, ...]
    messages: int
    memories: int
    waiting: int
    asked_at: datetime
    made_by: Literal["file", "rules"]
    questions: int
    unanswerable: int
    updates: int
    left_out: int
    rankings: tuple[Ranked, ...]
    misses: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class Corpus(Value):
    """The messages of the files, one place each: their ids, and their texts with the speaker's name where there is one."""

    ids: tuple[str, ...]
    texts: tuple[str, ...]
    asked_at: datetime


def corpus_of(files: Iterable[Path], form: Format) -> Corpus:
    """What the files hold. `asked_at` is an hour after the last message, so that figures do not change from day to day.

    Raises:
        ImportFormatError: a file cannot be read.
    """
    messages = [item.message for path in files for item in read(path, form=form) if isinstance(item, Line)]
    texts = dict.fromkeys((m.id, f"{m.name}: {m.content}" if m.name else m.content) for m in messages)
    newest = max((m.timestamp for m in messages if m.timestamp), default=None)
    at = newest + timedelta(hours=1) if newest is not None else datetime.now(UTC)
    return Corpus(tuple(i for i, _ in texts), tuple(text for _, text in texts), at)


def memories_of(memory: Memory) -> list[MemoryRecord]:
    """All live memories, in the order they were learnt."""
    found: list[MemoryRecord] = []
    while page := memory.list(user_id=USER, limit=1000, after=found[-1].id if found else None):
        found += page
    return found


class Baselines:
    """BM25 and the embedder alone, over a corpus."""

    def __init__(self, corpus: Corpus, embed: Callable[[Sequence[str]], list[list[float]]], update: Callable[[float, int], None]) -> None:
        from perdure.stages.measure import BM25, Dense, cost

        self._corpus, self._embed = corpus, embed
        vectors: list[list[float]] = []
        for start in range(0, len(corpus.texts), EMBEDDED_AT_ONCE):
            vectors += embed(corpus.texts[start : start + EMBEDDED_AT_ONCE])
            update(len(vectors) / len(corpus.texts), len(vectors))
        self._costs = [cost(text) for text in corpus.texts]
        self._bm25, self._dense = BM25(corpus.texts), Dense(vectors)

    def places(self, question: str) -> dict[str, tuple[list[int], float]]:
        """By baseline, places in the corpus, best first, and the best one's score."""
        vector = self._embed([question])[0]
        return {
            "BM25": (self._bm25.rank(question), self._bm25.best(question)),
            "dense": (self._dense.rank(vector), self._dense.best(vector)),
        }

    def ids(self, places: Iterable[int]) -> list[str]:
        """The messages at `places`, without repeats."""
        return list(dict.fromkeys(self._corpus.ids[place] for place in places))

    def within(self, places: Sequence[int], budget: int) -> list[str]:
        """The messages that fit a budget when they are written out as they were said."""
        from perdure.stages.measure import packed

        return self.ids(packed(places, self._costs, budget))


@dataclass(slots=True)
class Means:
    """Sums of scores, question by question."""

    ks: Sequence[int]
    recall: dict[int, list[float]] = field(default_factory=lambda: defaultdict[int, list[float]](list))
    budget: dict[int, list[float]] = field(default_factory=lambda: defaultdict[int, list[float]](list))
    mrr: list[float] = field(default_factory=list[float])

    def count(self, question: Question, ranking: Sequence[str], inside: Mapping[int, Sequence[str]]) -> None:
        """Adds the scores of a ranking, and of what was put `inside` each budget."""
        from perdure.stages.measure import recall, reciprocal_rank

        sure = question.any_will_do
        for k in self.ks:
            self.recall[k].append(recall(ranking, question.evidence, k, any_will_do=sure))
        for budget, ids in inside.items():
            self.budget[budget].append(recall(ids, question.evidence, len(ids), any_will_do=sure))
        self.mrr.append(reciprocal_rank(ranking[: max(self.ks)], question.evidence))

    def result(self) -> CategoryScore:
        """The means so far."""
        at = {str(k): _mean(self.recall[k]) for k in self.ks}
        return CategoryScore(len(self.mrr), at, _mean(self.mrr), {str(b): _mean(scores) for b, scores in self.budget.items()})


class Tally:
    """The scores of one way of ranking: over all questions and by category, of what has changed, of what nobody said."""

    def __init__(self, name: str, ks: Sequence[int]) -> None:
        self._name, self._ks = name, ks
        self._all = Means(ks)
        self._categories: dict[str, Means] = {}
        self._newest: list[float] = []
        self._stale: list[float] = []
        self._known: list[float] = []
        self._unknown: list[float] = []

    def count(self, question: Question, ranking: Sequence[str], best: float, inside: Mapping[int, Sequence[str]]) -> None:
        """Adds the scores of a ranking, the best hit's score, and what was put `inside` each budget."""
        from perdure.stages.measure import newest_first, only_stale

        if not question.evidence:
            self._unknown.append(best)
            return
        self._known.append(best)
        self._all.count(question, ranking, inside)
        if question.category:
            self._categories.setdefault(question.category, Means(self._ks)).count(question, ranking, inside)
        if question.category == UPDATE:
            self._newest.append(float(newest_first(ranking, question.evidence)))
            self._stale.append(float(only_stale(ranking, question.evidence, max(self._ks))))

    def result(self) -> Ranked:
        """The means so far."""
        from perdure.stages.measure import auroc

        means, area = self._all.result(), auroc(self._known, self._unknown)
        return Ranked(
            self._name, means.recall, means.mrr, means.in_budget,
            categories={name: of.result() for name, of in sorted(self._categories.items())},
            newest_first=_mean(self._newest) if self._newest else None,
            only_stale=_mean(self._stale) if self._stale else None,
            auroc=None if area is None else round(area, 4),
        )  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)


def scored(
    memory: Memory,
    questions: Sequence[Question],
    corpus: Corpus,
    baselines: Baselines,
    ks: Sequence[int],
    update: Callable[[float, int], None],
) -> tuple[tuple[Ranked, ...], tuple[Miss, ...]]:
    """Ours and the baselines on `questions`, and what we missed.

    Args:
        memory: holds the corpus, for user `USER`.
        questions: at least one.
        corpus: the messages.
        baselines: over them.
        ks: how many places count, rising.
        update: gets the fraction done and the number of questions asked.
    """
    said = dict(zip(corpus.ids, corpus.texts, strict=True))
    tallies = {name: Tally(name, ks) for name in NAMES}
    misses: list[Miss] = []
    for number, question in enumerate(questions, 1):
        hits = memory.search(question.text, user_id=USER, limit=max(ks[-1], UPDATE_DEPTH) if question.category == UPDATE else ks[-1])
        ours = _messages_of(hits)
        inside = {b: _in_context(memory, question.text, b) for b in BUDGETS} if question.evidence else {}
        tallies["perdure"].count(question, ours, hits[0].score if hits else 0.0, inside)
        for name, (places, best) in baselines.places(question.text).items():
            inside = {b: baselines.within(places, b) for b in BUDGETS} if question.evidence else {}
            tallies[name].count(question, baselines.ids(places), best, inside)
        if question.evidence and not set(ours[: ks[-1]]) & set(question.evidence):
            misses.append(Miss(question.text, question.evidence, said.get(question.evidence[0], "")))
        update(number / len(questions), number)
    return tuple(tally.result() for tally in tallies.values()), tuple(misses)


def _messages_of(hits: Iterable[Hit]) -> list[str]:
    return list(dict.fromkeys(source.message_id for hit in hits for source in hit.sources))


def _in_context(memory: Memory, question: str, budget: int) -> list[str]:
    """The messages that what is written into a context comes from."""
    page = memory.context(question, user_id=USER, budget=budget)
    cited = (source.message_id for citation in page.citations for source in citation.sources)
    return list(dict.fromkeys([*_messages_of(page.hits), *cited]))
