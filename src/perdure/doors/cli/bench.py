"""bench speed, recall, extraction: figures of one's own, on this machine and on one's own conversations. Your ledger is not touched."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perdure.doors.cli.bench_citations import citations
from perdure.doors.cli.bench_extraction import extraction
from perdure.doors.cli.desk import Desk, verb
from perdure.doors.cli.transfer import FormatName
from perdure.errors import InputError

if TYPE_CHECKING:
    from perdure import Memory
    from perdure.doors.cli.bench_questions import Question
    from perdure.doors.cli.bench_recall import Corpus
    from perdure.model.memory import MemoryRecord

DEEPEST = 100


def register(app: typer.Typer) -> None:
    """Adds this file's group of commands."""
    group = typer.Typer(help="Measure speed, extraction, or recall on your own conversations.", no_args_is_help=True, rich_markup_mode=None)
    verb(group, "speed")(speed)
    verb(group, "recall")(recall)
    verb(group, "extraction")(extraction)
    verb(group, "citations")(citations)
    app.add_typer(group, name="bench")


@contextmanager
def _temporary(desk: Desk, *, clock: Callable[[], datetime] | None = None) -> Generator[Memory]:
    """A memory in a file that is thrown away, with the models that the settings name and every store in that file."""
    from perdure import Memory

    with (
        tempfile.TemporaryDirectory(prefix="perdure-bench-", ignore_cleanup_errors=True) as folder,
        Memory(
            str(Path(folder) / "bench.db"),
            llm=desk.llm,
            embedder=desk.embedder,
            config=desk.config,
            vector="sqlite",
            graph="sqlite",
            kv="sqlite",
            clock=clock,
            worker=False,
        ) as memory,
    ):
        yield memory


def speed(
    desk: Desk,
    *,
    memories: Annotated[int, typer.Option("--memories", "-m", metavar="N", min=10, max=1_000_000, help="Memories to fill it with.")] = 1000,
    queries: Annotated[int, typer.Option("--queries", "-q", metavar="N", min=1, max=100_000, help="Adds and searches to time.")] = 50,
) -> None:
    """Time add and search on made-up conversation.

    In a temporary file and for one user, with the embedder of your settings and without an LLM.
    """
    from perdure.config import configure
    from perdure.doors.cli.bench_speed import measured, show_speed

    if configure(desk.config, llm=desk.llm).llm is not None:
        raise InputError(
            "bench speed would pay for a call to the LLM with every add. Leave --llm out (and PERDURE_LLM, and llm in the TOML file).",
            argument="llm",
        )
    with _temporary(desk) as memory, desk.progress("Measuring") as update:
        report = measured(memory, memories=memories, queries=queries, update=update)
    desk.show(report, lambda out: show_speed(out, report))


def recall(
    desk: Desk,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", exists=True, readable=True, help="Conversations, as `import` reads them.", show_default=False),
    ],
    *,
    questions: Annotated[
        Path | None,
        typer.Option(
            "--questions", "-q", metavar="JSONL", exists=True, dir_okay=False, help="Questions with the ids of the messages that answer."
        ),
    ] = None,
    k: Annotated[str, typer.Option("--k", "-k", metavar="LIST", help="How many places count.")] = "1,5,10",
    form: Annotated[FormatName, typer.Option("--format", metavar="NAME", help="auto, jsonl, openai or chatgpt.")] = FormatName.auto,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out what cannot be read.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="Ask at most this many, evenly spread.")] = None,
) -> None:
    """Score search and context on your own conversations.

    The files are read into a temporary file, as one user. Questions come from a JSONL file, one a line, {"question": …,
    "evidence": ["message id", …], "category": …}, or are made from the memories themselves, which is easier. Beside it stand plain BM25 and
    the embedder alone over the same messages. With an LLM in your settings, it extracts, and costs what an import costs.
    """
    from perdure.doors.cli.bench_questions import UPDATE
    from perdure.doors.cli.bench_recall import Baselines, RecallReport, corpus_of, memories_of, scored
    from perdure.doors.cli.bench_shown import show_recall
    from perdure.doors.cli.importer import Importer

    ks = _places(k)
    corpus = corpus_of(files, form.value)
    with _temporary(desk, clock=lambda: corpus.asked_at) as memory:
        given = _given(questions, corpus)
        importer = Importer(memory, {"user_id": "bench"}, form=form.value, skip_bad=skip_bad)
        with desk.progress("Importing") as update:
            importer.run(files, update)
        learnt = memories_of(memory)
        asked = given if given is not None else _made(learnt)
        left_out = len(learnt) - len(asked) if given is None else 0
        asked = asked if limit is None or limit >= len(asked) else [asked[i * len(asked) // limit] for i in range(limit)]
        if not any(question.evidence for question in asked):
            raise InputError("None of the questions that --limit leaves has evidence. Give a larger --limit.", argument="limit")
        with desk.progress("Embedding") as update:
            baselines = Baselines(corpus, memory.embed, update)
        with desk.progress("Asking", unit="questions") as update:
            rankings, misses = scored(memory, asked, corpus, baselines, ks, update)
    report = RecallReport(
        files=tuple(str(path) for path in files),
        messages=len(corpus.ids),
        memories=len(learnt),
        waiting=importer.waiting,
        asked_at=corpus.asked_at,
        made_by="rules" if given is None else "file",
        questions=len(asked),
        unanswerable=sum(not question.evidence for question in asked),
        updates=sum(question.category == UPDATE for question in asked),
        left_out=left_out,
        rankings=rankings,
        misses=misses,
    )
    desk.show(report, lambda out: show_recall(out, report))


def _places(text: str) -> list[int]:
    """The numbers of --k, rising.

    Raises:
        typer.BadParameter: they are none.
    """
    try:
        ks = sorted({int(part) for part in text.split(",")})
    except ValueError:
        ks = []
    if not ks or ks[0] < 1 or ks[-1] > DEEPEST:
        raise typer.BadParameter(f"--k takes numbers from 1 to {DEEPEST} with commas between, such as 1,5,10; not {text!r}.")
    return ks


def _given(path: Path | None, corpus: Corpus) -> list[Question] | None:
    """The questions of the file, before any work is done; None without a file.

    Raises:
        InputError: there is no message to ask for, or a question cannot be used.
    """
    from perdure.doors.cli.bench_questions import read_questions

    if not corpus.ids:
        raise InputError("There is no message in these files, so there is nothing to find.", argument="file")
    return None if path is None else read_questions(path, Counter(corpus.ids))


def _made(learnt: list[MemoryRecord]) -> list[Question]:
    """Self-made questions.

    Raises:
        InputError: nothing was learnt that the rules can ask for.
    """
    from perdure.doors.cli.bench_questions import made_from

    made = made_from(learnt)
    if not made:
        raise InputError(
            "Nothing was extracted from these files that a question can be made of (the rules for that are English). "
            "Give --questions FILE.jsonl.",
            argument="questions",
        )
    return made
