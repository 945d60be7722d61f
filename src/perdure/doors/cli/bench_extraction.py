"""bench extraction: what is kept of conversations, beside what a careful listener would note. Your ledger is not touched."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perdure.doors.cli.desk import Desk
from perdure.errors import InputError

if TYPE_CHECKING:
    from perdure.doors.cli.bench_extraction_set import Conversation


class Split(StrEnum):
    """Which half: the one to work with, or the one to judge by."""

    dev = "dev"
    test = "test"


def extraction(
    desk: Desk,
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE", exists=True, dir_okay=False, readable=True,
            help="Conversations with what should be kept of them (TOML); default: bench/extraction/*.toml.", show_default=False,
        ),
    ] = None,
    *,
    language: Annotated[
        list[str] | None, typer.Option("--language", metavar="CODE", help="Only these languages: en, de, es, fr, zh. Repeatable.")
    ] = None,
    split: Annotated[Split | None, typer.Option("--split", help="Only this half.")] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="At most so many, evenly spread.")] = None,
    faults: Annotated[bool, typer.Option("--faults", help="List each thing that was not as expected.")] = False,
    record: Annotated[
        Path | None,
        typer.Option("--record", metavar="JSONL", dir_okay=False, help="Keep the model's replies here and ask only what is not in it yet."),
    ] = None,
    prompts: Annotated[
        Path | None,
        typer.Option("--prompts", metavar="DIR", file_okay=False, help="With --record: ask nobody; write the requests still missing here."),
    ] = None,
    replies: Annotated[
        Path | None,
        typer.Option(
            "--import", metavar="JSONL", exists=True, dir_okay=False, help="With --record: first take in replies, {key, text} a line."
        ),
    ] = None,
) -> None:  # fmt: skip
    """Score the extraction of memories, slots and relations.

    Plays conversations into fresh memories with the model of your settings (--llm), or with the rules when there is none, and scores
    what was kept, by language, half and domain. --llm recorded:FILE replays recorded replies, at no cost. Replies can also come from
    elsewhere, in rounds: --prompts writes what is to be asked, --import takes the answers in.
    """
    if (prompts is not None or replies is not None) and record is None:
        raise InputError("--prompts and --import need --record FILE.jsonl, where replies are kept.", argument="record")
    if record is not None and not record.parent.is_dir():
        raise InputError(f"There is no folder {record.parent}. Make it, or give --record another place.", argument="record")
    chosen = _chosen(files, language, split, limit)
    if prompts is not None or replies is not None:
        _round(desk, chosen, record or Path(), prompts, replies)
        return
    _score(desk, chosen, [str(path) for path in files or ()], record, faults=faults)


def _chosen(files: list[Path] | None, language: list[str] | None, split: Split | None, limit: int | None) -> list[Conversation]:
    """The conversations to play.

    Raises:
        InputError: there are none. ImportFormatError: a file cannot be used.
    """
    from perdure.doors.cli.bench_extraction_set import own_files, read_set

    paths = files or own_files()
    if not paths:
        raise InputError("There is no bench/extraction here. Give a FILE, or run this where perdure's source is.", argument="file")
    found = [one for one in read_set(paths) if (not language or one.language in language) and (split is None or one.split == split.value)]
    if not found:
        raise InputError("No conversation is of this language and half. Leave --language or --split out.", argument="language")
    return found if limit is None or limit >= len(found) else [found[i * len(found) // limit] for i in range(limit)]


def _score(desk: Desk, chosen: list[Conversation], files: list[str], record: Path | None, *, faults: bool) -> None:
    from perdure.config import backend, configure
    from perdure.doors.cli.bench_extraction_play import Meter, measured, opener
    from perdure.doors.cli.bench_extraction_record import recorded
    from perdure.doors.cli.bench_extraction_shown import show_extraction

    settings = configure(desk.config, llm=desk.llm, embedder=desk.embedder)
    model = backend("llm", settings.llm) if settings.llm is not None else None
    if record is not None:
        if model is None:
            raise InputError("--record keeps the replies of a model: name one with --llm, or give --prompts DIR.", argument="llm")
        model = recorded(record, model)
    meter = Meter(model) if model is not None else None
    open_memory = opener(llm=meter, embedder=settings.embedder, config=desk.config)
    with desk.progress("Playing", unit="conversations") as update:
        report = measured(chosen, open_memory, meter=meter, files=files, update=update)
    desk.show(report, lambda out: show_extraction(out, report, faults=faults))


def _round(desk: Desk, chosen: list[Conversation], record: Path, prompts: Path | None, replies: Path | None) -> None:
    from perdure.config import configure
    from perdure.doors.cli.bench_extraction_record import Round, dump_missing, show_round, take_in

    imported = take_in(replies, record, model="imported") if replies is not None else 0
    if prompts is None:
        done = {"imported": imported, "record": str(record)}
        desk.show(done, lambda out: out.print(f"{imported:,} new in {record.name}."))
        return
    settings = configure(desk.config, embedder=desk.embedder)
    with desk.progress("Playing", unit="conversations") as update:
        result: Round = dump_missing(
            chosen, record, prompts, embedder=settings.embedder, config=desk.config, imported=imported, update=update
        )
    desk.show(result, lambda out: show_round(out, result))
