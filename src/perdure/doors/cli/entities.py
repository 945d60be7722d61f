"""entities, merge: who is who, and making two entities one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, verb

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.change import Change
    from perdure.model.graph import KnownEntity
    from perdure.model.memory import MemoryRecord


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "entities")(entities)
    verb(app, "merge")(merge)


def entities(
    desk: Desk,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    type_: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only of this type, e.g. Person.")] = None,
    limit: options.Limit = 100,
) -> None:
    """Show the people, things and places that memories speak of, and what else they are called."""
    found = desk.memory.entities(**options.scope(user, agent, session), type=type_, limit=limit)
    desk.show(found, lambda out: show_entities(out, found))


def show_entities(out: Console, found: list[KnownEntity]) -> None:
    """Entities as a table."""
    from perdure.doors.cli import show

    if not found:
        out.print("Nobody and nothing known.", style="dim")
        return
    rows = [(e.name, e.type, ", ".join(e.aliases), str(e.memories), show.day(e.first_seen), show.day(e.last_seen)) for e in found]
    show.table(out, ("name", "type", "also called", "memories", "first", "last"), rows)


def merge(
    desk: Desk,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The entity given up, by any of its names.", show_default=False)],
    into: Annotated[str, typer.Argument(metavar="INTO", help='The one that stays; "user" for the user.', show_default=False)],
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would change.")] = False,
) -> None:
    """Make two entities one: what is known of NAME is known of INTO.

    The texts of memories stay; `undo` of the first change takes all of them back.
    """
    made = desk.memory.merge_entities(name, into, **options.scope(user, agent, session), dry_run=dry_run)
    desk.show(made, lambda out: show_merge(out, made, dry_run=dry_run))


def show_merge(out: Console, made: list[Change], *, dry_run: bool) -> None:
    """The memories that change, each with what it claimed and claims now."""
    from perdure.doors.cli import show

    for change in made:
        if change.before is None or change.after is None:
            continue
        out.print(show.short(change.after.text), style="bold")
        was, now = _claims(change.before), _claims(change.after)
        for line in [x for x in was if x not in now]:
            out.print(f"  - {show.short(line)}", style="red")
        for line in [x for x in now if x not in was]:
            out.print(f"  + {show.short(line)}", style="green")
    told = f"{show.many(len(made), 'memory', 'memories')} {'would change' if dry_run else 'changed'}."
    out.print(told if dry_run or not made else f"{told} To take it back: perdure undo {made[0].id}", style="dim", soft_wrap=True)


def _claims(record: MemoryRecord) -> list[str]:
    lines = [f"{e.name} ({e.type})" + (f", also {', '.join(e.aliases)}" if e.aliases else "") for e in record.entities]
    lines += [f"({s.entity}, {s.attribute}) = {s.value}" for s in record.slots]
    return lines + [f"{r.subject} -{r.relation}-> {r.object}" for r in record.relations]
