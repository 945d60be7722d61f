"""add, remember, extract: what goes in."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, exit_code, json_object, text_of, verb

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.change import AddResult
    from perdure.model.memory import Kind


class RoleName(StrEnum):
    """Who speaks."""

    user = "user"
    assistant = "assistant"
    tool = "tool"
    system = "system"


class Wait(StrEnum):
    """How far an add must have come before the command ends."""

    captured = "captured"
    committed = "committed"
    indexed = "indexed"


Words = Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="What was said; - reads standard input.", show_default=False)]
Role = Annotated[RoleName, typer.Option("--role", metavar="ROLE", help="user, assistant, tool or system.")]
Name = Annotated[str | None, typer.Option("--name", metavar="NAME", help="The speaker's name.")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="When it was said (ISO 8601). Default: now.")]


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "add", creates=True)(add)
    verb(app, "remember", creates=True)(remember)
    verb(app, "extract")(extract)


def _message(content: str, **parts: Any) -> dict[str, Any]:
    return {"content": content} | {key: value for key, value in parts.items() if value is not None}


def add(
    desk: Desk,
    text: Words = None,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    role: Role = RoleName.user,
    name: Name = None,
    at: At = None,
    id: Annotated[str | None, typer.Option("--id", metavar="ID", help="Your own id; the same one again adds nothing.")] = None,  # noqa: A002
    metadata: options.Metadata = None,
    no_infer: Annotated[bool, typer.Option("--no-infer", help="Keep and index the message; extract nothing.")] = False,
    wait: Annotated[Wait, typer.Option("--wait", metavar="HOW", help="captured, committed or indexed.")] = Wait.committed,
) -> None:
    """Keep a message, and what it says that is worth keeping."""
    scope = options.scope(user, agent, session)
    said = _message(
        text_of(text, what="what was said"),
        role=role.value,
        name=name,
        timestamp=at,
        id=id,
        metadata=json_object(metadata, "--metadata"),
    )
    with desk.busy("Keeping…"):
        result = desk.memory.add([said], infer=not no_infer, wait=wait.value, **scope)
    desk.show(result, lambda out: show_added(out, result))
    job = result.job
    if job is not None and job.error is not None:
        desk.remark(f"Extraction failed: {job.error} The message is kept; `perdure jobs --run` tries again.")
        raise typer.Exit(exit_code(job.error))


def show_added(out: Console, result: AddResult) -> None:
    """What one add did."""
    from perdure.doors.cli import show

    if result.duplicate:
        out.print("Already there: nothing was written.", style="dim")
        return
    count = len(result.message_ids)
    out.print(f"Captured {show.many(count, 'message')} ({', '.join(result.message_ids[:3])}{'…' if count > 3 else ''}).")
    if result.redacted:
        out.print(f"Redacted: {', '.join(result.redacted)}.", style="yellow")
    if result.changes:
        show.changes(out, result.changes)
        slots = [s for c in result.changes if c.after is not None for s in c.after.slots if s.valid_to is None]
        for slot in dict.fromkeys((s.entity, s.attribute, s.value) for s in slots):
            out.print(show.clean(f"  {slot[0]} · {slot[1]} = {slot[2]}"), style="yellow")
    elif result.job is None or result.job.error is None:
        out.print("Nothing in it to remember.", style="dim")
    for warning in result.warnings:
        out.print(show.clean(warning), style="yellow")


def remember(
    desk: Desk,
    text: Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="The statement; - reads standard input.")] = None,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    kind: Annotated[str, typer.Option("--kind", "-k", metavar="KIND", help="fact, preference, episodic or procedural.")] = "fact",
    source: Annotated[list[str] | None, typer.Option("--source", metavar="MESSAGE", help="A message that proves it; repeatable.")] = None,
    metadata: options.Metadata = None,
) -> None:
    """Keep a statement as it is, without extraction."""
    from perdure.doors.cli import show

    scope: dict[str, Any] = options.scope(user, agent, session)
    if source:
        scope["sources"] = source
    if (extra := json_object(metadata, "--metadata")) is not None:
        scope["metadata"] = extra
    result = desk.memory.remember(text_of(text, what="the statement"), kind=cast("Kind", kind), **scope)
    desk.show(result, lambda out: show.changes(out, result.changes) if result.changes else show_added(out, result))


def extract(
    desk: Desk,
    text: Words = None,
    *,
    user: options.User = None,
    role: Role = RoleName.user,
    name: Name = None,
    at: At = None,
) -> None:
    """Print what would be kept of a message; store nothing."""
    from perdure.doors.cli.desk import print_json

    said = _message(text_of(text, what="what was said"), role=role.value, name=name, timestamp=at)
    desk.file = ":memory:"
    with desk.busy("Reading…"):
        found = desk.memory.extract([said], user_id=user or "User")
    print_json(found.to_contract(user=user or "User"))
