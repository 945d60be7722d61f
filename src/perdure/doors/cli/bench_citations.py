"""bench citations: how well the citation checker tells sentences that their sources bear out from those they do not.

A line of a file is a JSON object: ``asked_at``, ``memories`` (each with ``text`` and ``said_at``, and where they differ ``quote``,
``said_by``, ``role``, ``valid_from``, ``valid_to``, ``standing``, ``about``) and ``answers``, each with its ``text``, in which [1] names
the first memory, whether it is ``supported``, and a ``category``. ``language`` and ``domain`` say what it is about.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import typer

from perdure.doors.cli.bench_questions import lines_of
from perdure.doors.cli.desk import Desk
from perdure.errors import ImportFormatError, InputError
from perdure.model.base import Value, instant

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console

    from perdure.model.search import Claim
    from perdure.ports import Embedder
    from perdure.stages.proofs import Proof

WRONG_SHOWN: Final = 10
_CITED: Final = re.compile(r"\s*\[(\d{1,3})\]")


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence, what it cites, what there is to cite, and whether that bears it out."""

    text: str
    numbers: tuple[int, ...]
    proofs: tuple[Proof, ...]
    asked_at: datetime
    supported: bool
    category: str
    language: str


@dataclass(frozen=True, slots=True)
class Rate(Value):
    """How many sentences, and the share of them that was judged rightly."""

    sentences: int
    accuracy: float


@dataclass(frozen=True, slots=True)
class Misjudged(Value):
    """A sentence that was judged wrongly: whether it is supported, and what the checker said."""

    text: str
    supported: bool
    support: float
    category: str
    reason: str


@dataclass(frozen=True, slots=True)
class CitationsReport(Value):
    """What `bench citations` measured.

    `precision`: of the sentences let through, the share that is supported; `recall`: of the supported ones, the share let through;
    `auroc`: how well the support alone tells the two apart. None where there is nothing to divide by.
    """

    files: tuple[str, ...]
    embedder: str
    sentences: int
    supported: int
    accuracy: float
    precision: float | None
    recall: float | None
    auroc: float | None
    categories: dict[str, Rate]
    languages: dict[str, Rate]
    wrong: tuple[Misjudged, ...]


def citations(
    desk: Desk,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", exists=True, readable=True, dir_okay=False, help="Sentences with their sources.", show_default=False
        ),
    ],
) -> None:
    """Score the citation checker on answers that are known to be supported or not.

    A line of a JSONL file holds memories, and answers that cite them, each marked as supported or not. No LLM is asked.
    """
    from perdure.config import backend, configure

    items = [item for path in files for item in read_items(path)]
    embedder: Embedder = backend("embedder", configure(desk.config, embedder=desk.embedder).embedder or "minilm")
    with desk.progress("Checking", unit="sentences") as update:
        report = scored(items, embedder, [str(path) for path in files], update)
    desk.show(report, lambda out: show_citations(out, report))


def read_items(path: Path) -> list[Item]:
    """The sentences of a file.

    Raises:
        ImportFormatError: the file or a line of it cannot be used; the message names the line.
    """
    lines = lines_of(path, argument="file")
    items: list[Item] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                items += _items(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError) as e:
                what = f"{e.args[0]!r} is missing" if isinstance(e, KeyError) else str(e)
                raise ImportFormatError(f"{path.name}, line {number}: {what}.", argument="file") from e
    if not items:
        raise ImportFormatError(f"{path.name} holds no answer to check.", argument="file")
    return items


def _items(scene: Any) -> Iterator[Item]:
    parts = cast("Mapping[str, Any]", scene)
    proofs = tuple(_proof(n, memory) for n, memory in enumerate(parts["memories"], 1))
    asked_at = _time(parts["asked_at"], "asked_at")
    for answer in cast("Sequence[Mapping[str, Any]]", parts["answers"]):
        text, supported = answer["text"], answer["supported"]
        if not isinstance(text, str) or not isinstance(supported, bool):
            raise TypeError('an answer has a "text" and says with true or false whether it is "supported"')
        numbers = tuple(int(n) for n in _CITED.findall(text))
        yield Item(
            _CITED.sub("", text).strip(), numbers, proofs, asked_at, supported, str(answer.get("category", "")),
            str(parts.get("language", "")),
        )  # fmt: skip


def _proof(number: int, memory: Mapping[str, Any]) -> Proof:
    from perdure.stages.proofs import Proof

    said_at = _time(memory["said_at"], "said_at")
    standing = memory.get("standing", "live")
    if standing not in ("live", "superseded", "retracted", "deleted", "gone"):
        raise ValueError(f'"standing" is {standing!r}')
    return Proof(
        number, str(memory["text"]), (str(memory["quote"]),) if memory.get("quote") else (), said_by=str(memory.get("said_by", "user")),
        role=str(memory.get("role", "user")), said_at=said_at,
        valid_from=_time(memory["valid_from"], "valid_from") if memory.get("valid_from") else said_at,
        valid_to=_time(memory["valid_to"], "valid_to") if memory.get("valid_to") else None,
        standing=standing, subject=str(memory.get("about", "user")),
    )  # fmt: skip


def _time(value: Any, name: str) -> datetime:
    found = instant(value, argument=name)
    if found is None:
        raise ValueError(f"{name} is missing")
    return found


def scored(items: Sequence[Item], embedder: Embedder, files: Sequence[str], update: Callable[[float, int], None]) -> CitationsReport:
    """Every sentence checked, and the verdicts held against what is known of them."""
    from perdure.stages.claims import check
    from perdure.stages.measure import auroc

    judged: list[tuple[Item, Claim]] = []
    for n, item in enumerate(items, 1):
        judged.append((item, check(item.text, item.numbers, item.proofs, embedder, at=item.asked_at)))
        update(n / len(items), n)
    through = [item.supported for item, claim in judged if claim.verdict == "supported"]
    borne_out = [claim.verdict == "supported" for item, claim in judged if item.supported]
    support = {side: [claim.support for item, claim in judged if item.supported is side] for side in (True, False)}
    right = [(item, (claim.verdict == "supported") == item.supported) for item, claim in judged]
    return CitationsReport(
        files=tuple(files),
        embedder=embedder.name,
        sentences=len(items),
        supported=len(borne_out),
        accuracy=_share(ok for _, ok in right) or 0.0,
        precision=_share(through),
        recall=_share(borne_out),
        auroc=auroc(support[True], support[False]) if support[True] and support[False] else None,
        categories=_rates((item.category, ok) for item, ok in right),
        languages=_rates((item.language, ok) for item, ok in right),
        wrong=tuple(
            Misjudged(item.text, item.supported, claim.support, item.category, claim.reason)
            for item, claim in judged
            if (claim.verdict == "supported") != item.supported
        ),
    )


def _share(yes: Iterable[bool]) -> float | None:
    every = list(yes)
    return round(sum(every) / len(every), 4) if every else None


def _rates(judged: Iterable[tuple[str, bool]]) -> dict[str, Rate]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for name, ok in judged:
        if name:
            groups[name].append(ok)
    return {name: Rate(len(oks), _share(oks) or 0.0) for name, oks in sorted(groups.items())}


def show_citations(out: Console, report: CitationsReport) -> None:
    """The report for people: the figures, by category and language, and what was misjudged."""
    from perdure.doors.cli import show

    out.print(f"{show.many(report.sentences, 'sentence')}, {report.supported:,} of them supported; embedder {report.embedder}.")
    figures = {"accuracy": report.accuracy, "precision": report.precision, "recall": report.recall, "AUROC": report.auroc}
    show.table(out, tuple(figures), [tuple("–" if value is None else f"{value:.3f}" for value in figures.values())])
    for title, rates in (("category", report.categories), ("language", report.languages)):
        if rates:
            out.print()
            show.table(
                out, (title, "sentences", "accuracy"), [(name, f"{r.sentences:,}", f"{r.accuracy:.3f}") for name, r in rates.items()]
            )
    if report.wrong:
        out.print()
        out.print(f"Misjudged: {show.many(len(report.wrong), 'sentence')}", style="bold")
        for miss in report.wrong[:WRONG_SHOWN]:
            what = "dropped though supported" if miss.supported else "let through though not supported"
            out.print(f"  {show.short(miss.text, 110)}", soft_wrap=True)
            out.print(
                show.clean(f"    {what} ({miss.support:.2f}{'; ' + miss.reason if miss.reason else ''})"), style="dim", soft_wrap=True
            )
        if len(report.wrong) > WRONG_SHOWN:
            out.print(f"  … and {len(report.wrong) - WRONG_SHOWN:,} more; --json lists all.", style="dim")
