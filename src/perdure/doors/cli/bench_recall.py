"""How much is found: recall on the user's own conversations, beside plain BM25 and the embedder alone over the same messages.

What is ranked is messages. A hit of ours stands for the messages it comes from, in rank order and without repeats, so a memory
made of three messages takes three places and is no cheaper than three messages found one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from perdure.doors.cli.bench_questions import Question
from perdure.doors.cli.formats import Format, Line, read
from perdure.model.base import Value

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from perdure import Memory
    from perdure.model.memory import MemoryRecord
    from perdure.model.search import Hit

USER: Final = "bench"
BUDGETS: Final = (250, 500, 1000, 2000)
NAMES: Final = ("perdure", "BM25", "dense")
EMBEDDED_AT_ONCE: Final = 64
MISSES_SHOWN: Final = 5
FEW: Final = 50


@dataclass(frozen=True, slots=True)
class Ranked(Value):
    """How one way of ranking did, as means over the questions.

    `recall` by k and `in_budget` by tokens (keys are numbers as text) are shares of the evidence, 0 to 1; `mrr` looks as deep as the
    largest k.
    """

    name: str
    recall: dict[str, float]
    mrr: float
    in_budget: dict[str, float]


@dataclass(frozen=True, slots=True)
class Miss(Value):
    """A question none of whose evidence was among the first hits."""

    question: str
    evidence: tuple[str, ...]
    said: str


@dataclass(frozen=True, slots=True)
class RecallReport(Value):
    """What `bench recall` measured. `made_by`: the questions come from a "file" or from "rules"; `asked_at` was "now" for all of them.

    `left_out` memories got no self-made question. `waiting` adds failed to extract. `rankings` are ours, then the baselines.
    """

    files: tuple[str, ...]
    messages: int
    memories: int
    waiting: int
    asked_at: datetime
    made_by: Literal["file", "rules"]
    questions: int
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

    def places(self, question: str) -> dict[str, list[int]]:
        """Places in the corpus by baseline, best first."""
        return {"BM25": self._bm25.rank(question), "dense": self._dense.rank(self._embed([question])[0])}

    def ids(self, places: Iterable[int]) -> list[str]:
        """The messages at `places`, without repeats."""
        return list(dict.fromkeys(self._corpus.ids[place] for place in places))

    def within(self, places: Sequence[int], budget: int) -> list[str]:
        """The messages that fit a budget when they are written out as they were said."""
        from perdure.stages.measure import packed

        return self.ids(packed(places, self._costs, budget))


class Tally:
    """The scores of one way of ranking, question by question."""

    def __init__(self, name: str, ks: Sequence[int]) -> None:
        self._name = name
        self._recall: dict[int, list[float]] = {k: [] for k in ks}
        self._budget: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
        self._mrr: list[float] = []

    def count(self, question: Question, ranking: Sequence[str], within: Callable[[int], Sequence[str]]) -> None:
        """Adds the scores of a ranking, and of what `within` puts into a budget."""
        from perdure.stages.measure import recall, reciprocal_rank

        sure = question.any_will_do
        for k, scores in self._recall.items():
            scores.append(recall(ranking, question.evidence, k, any_will_do=sure))
        for budget, scores in self._budget.items():
            inside = within(budget)
            scores.append(recall(inside, question.evidence, len(inside), any_will_do=sure))
        self._mrr.append(reciprocal_rank(ranking[: max(self._recall)], question.evidence))

    def result(self) -> Ranked:
        """The means so far."""

        def means(scores: dict[int, list[float]]) -> dict[str, float]:
            return {str(key): _mean(values) for key, values in scores.items()}

        return Ranked(self._name, means(self._recall), _mean(self._mrr), means(self._budget))


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
        ours = _messages_of(memory.search(question.text, user_id=USER, limit=ks[-1]))
        tallies["perdure"].count(question, ours, lambda budget: _in_context(memory, question.text, budget))  # noqa: B023
        for name, places in baselines.places(question.text).items():
            ids = baselines.ids(places)
            tallies[name].count(question, ids, lambda budget: baselines.within(places, budget))  # noqa: B023
        if not set(ours[: ks[-1]]) & set(question.evidence):
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


def show_recall(out: Console, report: RecallReport) -> None:
    """The report for people: the table, the chart, and what was missed."""
    from perdure.doors.cli import show

    stored = f"{show.many(report.messages, 'message')}, {show.many(report.memories, 'memory', 'memories')}"
    out.print(f"{stored}, {show.many(report.questions, 'question')} asked as of {show.when(report.asked_at)}.")
    if report.waiting:
        out.print(f"{show.many(report.waiting, 'add')} could not be extracted: what they say counts as messages only.", style="yellow")
    if report.made_by == "rules":
        out.print(
            f"The questions are memories, reworded by rule ({show.many(report.left_out, 'memory', 'memories')} could not be): "
            "easier than what people ask. For real ones give --questions.",
            style="dim",
        )
    if report.questions < FEW:
        out.print(f"With fewer than {FEW} questions, small differences mean nothing.", style="yellow")
    out.print()
    ks = list(report.rankings[0].recall)
    rows = [(r.name, *(f"{r.recall[k]:.3f}" for k in ks), f"{r.mrr:.3f}") for r in report.rankings]
    show.table(out, ("", *(f"recall@{k}" for k in ks), "MRR"), rows)
    out.print()
    _chart(out, report.rankings)
    if report.misses:
        out.print()
        out.print(f"Not among the first {ks[-1]}: {show.many(len(report.misses), 'question')}", style="bold")
        for miss in report.misses[:MISSES_SHOWN]:
            out.print(f"  {show.short(miss.question, 100)}", soft_wrap=True)
            out.print(f"    {miss.evidence[0]}: {show.short(miss.said, 100)}", style="dim", soft_wrap=True)
        if len(report.misses) > MISSES_SHOWN:
            out.print(f"  … and {len(report.misses) - MISSES_SHOWN:,} more; --json lists all.", style="dim")


def _chart(out: Console, rankings: Sequence[Ranked]) -> None:
    from rich.text import Text

    from perdure.doors.cli import show

    styles: dict[str, str] = dict(zip(NAMES, ("green", "blue", "magenta"), strict=True))

    def cell(ranked: Ranked, budget: int) -> Text:
        share = ranked.in_budget[str(budget)]
        return Text.assemble(show.bar(share, style=styles[ranked.name], width=14), f" {share:.2f}")

    rows = [(str(budget), *(cell(ranked, budget) for ranked in rankings)) for budget in BUDGETS]
    title = "Evidence inside a context of so many tokens (the baselines fill it with whole messages)"
    show.table(out, ("tokens", *(ranked.name for ranked in rankings)), rows, title=title)
