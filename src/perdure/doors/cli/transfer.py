"""import, export, load: conversations and whole memories from and to files."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, verb

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.doors.cli.importer import ImportReport
    from perdure.model.report import Transfer

REASONS_SHOWN = 10


class FormatName(StrEnum):
    """A file's format."""

    auto = "auto"
    jsonl = "jsonl"
    openai = "openai"
    chatgpt = "chatgpt"


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "import", creates=True)(import_)
    verb(app, "export")(export)
    verb(app, "load", creates=True)(load)


def import_(
    desk: Desk,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", exists=True, readable=True, help="What to read.", show_default=False)],
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: Annotated[
        str | None, typer.Option("--session", metavar="ID", help="One session for all. Default: the file's own, else its name.")
    ] = None,
    form: Annotated[FormatName, typer.Option("--format", metavar="NAME", help="auto, jsonl, openai or chatgpt.")] = FormatName.auto,
    no_infer: Annotated[bool, typer.Option("--no-infer", help="Keep and index the messages; extract nothing.")] = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="Read at most this many messages.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out what cannot be read, and report it.")] = False,
) -> None:
    """Read conversations from files, each with its own dates.

    Reads JSONL, OpenAI-style message lists and the ChatGPT export. JSONL has one message a line (role, content, and
    optionally id, name, timestamp, metadata, session_id) or one conversation a line ({"session_id": …, "messages": […]}).
    The ChatGPT export is conversations.json or the .zip it comes in. Stopped half-way, run it again: nothing is stored twice.
    """
    from perdure.doors.cli.importer import Importer

    scope = options.scope(user, agent, session)
    scope.pop("session_id", None)
    importer = Importer(desk.memory, scope, form=form.value, infer=not no_infer, skip_bad=skip_bad, limit=limit, session=session)
    started = time.monotonic()
    try:
        with desk.progress("Importing") as update:
            importer.run(files, update)
    except KeyboardInterrupt:
        desk.remark(f"Stopped after {importer.read} messages. Run the same command again to go on from there.")
        raise
    report = importer.report(files, time.monotonic() - started)
    desk.show(report, lambda out: show_import(out, report))


def show_import(out: Console, report: ImportReport) -> None:
    """The counts, and why things were left out."""
    from perdure.doors.cli import show

    rate = f", {report.read / report.seconds:,.0f} messages/s" if report.seconds > 0 else ""
    numbers = {
        "read": f"{report.read:,} messages in {report.sessions:,} sessions",
        "stored": f"{report.stored:,}",
        "already there": f"{report.already_there:,}",
        "memory changes": f"{report.changes:,}",
        "skipped": f"{len(report.skipped):,}",
        "time": f"{report.seconds:.1f} s{rate}",
    }
    if report.waiting:
        numbers["waiting"] = f"{report.waiting:,} adds wait for their extraction; `perdure jobs --run` tries again"
    show.pairs(out, numbers)
    for skip in report.skipped[:REASONS_SHOWN]:
        out.print(f"  {show.clean(skip.where)}: {show.clean(skip.reason)}", style="yellow" if skip.bad else "dim")
    if len(report.skipped) > REASONS_SHOWN:
        out.print(f"  … and {len(report.skipped) - REASONS_SHOWN:,} more; --json lists all.", style="dim")


def export(
    desk: Desk,
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write to.", show_default=False)],
    *,
    user: Annotated[str | None, typer.Option("--user", "-u", metavar="ID", help="Of this user alone. Default: everything.")] = None,
) -> None:
    """Write everything, or one user, to a file for `load`."""
    with desk.busy("Writing…"):
        done = desk.memory.export(path, user_id=user)
    desk.show(done, lambda out: show_transfer(out, done, "Wrote"))


def load(
    desk: Desk,
    path: Annotated[Path, typer.Argument(metavar="FILE", exists=True, help="A file written by `export`.", show_default=False)],
) -> None:
    """Read what `export` wrote."""
    with desk.busy("Reading…"):
        done = desk.memory.load(path)
    desk.show(done, lambda out: show_transfer(out, done, "Read"))


def show_transfer(out: Console, done: Transfer, what: str) -> None:
    """How much went over."""
    from perdure.doors.cli import show

    out.print(
        f"{what} {show.clean(done.path)}: {done.episodes} episodes, {done.messages} messages, "
        f"{done.memories} memories, {done.changes} changes.",
        soft_wrap=True,
    )
