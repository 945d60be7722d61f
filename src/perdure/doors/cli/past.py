"""history, delete, undo, rollback, diff, conflicts: what changed, and changing it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, verb

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.change import Change, Conflict, Diff


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "history")(history)
    verb(app, "delete")(delete)
    verb(app, "undo")(undo)
    verb(app, "rollback")(rollback)
    verb(app, "diff")(diff)
    verb(app, "conflicts")(conflicts)


def show_changes(out: Console, made: list[Change]) -> None:
    """Changes as a table, or a word that there are none."""
    from perdure.doors.cli import show

    if made:
        show.changes(out, made)
    else:
        out.print("No changes.", style="dim")


def history(desk: Desk, memory_id: Annotated[str, typer.Argument(metavar="MEMORY", help="A memory's id.")]) -> None:
    """Show every change of a memory, oldest first."""
    made = desk.memory.history(memory_id)
    desk.show(made, lambda out: show_changes(out, made))


def delete(
    desk: Desk, memory_ids: Annotated[list[str], typer.Argument(metavar="MEMORY...", help="Memories' ids.", show_default=False)]
) -> None:
    """Hide memories everywhere; `undo` brings them back.

    The words a memory quotes are hidden in its messages too. To erase for good, use forget.
    """
    made = [change for memory_id in memory_ids for change in desk.memory.delete(memory_id)]
    desk.show(made, lambda out: show_changes(out, made))


def undo(desk: Desk, change_id: Annotated[str, typer.Argument(metavar="CHANGE", help="A change's id (see history).")]) -> None:
    """Take one change back."""
    made = desk.memory.undo(change_id)
    desk.show(made, lambda out: show_changes(out, made))


def rollback(
    desk: Desk,
    *,
    to: Annotated[str, typer.Option("--to", metavar="TIME", help="The instant to go back to (ISO 8601).", show_default=False)],
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
) -> None:
    """Bring memories back to what they were at an instant.

    Every change it makes can itself be undone.
    """
    made = desk.memory.rollback(to=to, **options.scope(user, agent, session))
    desk.show(made, lambda out: show_changes(out, made))


def diff(
    desk: Desk,
    *,
    since: Annotated[str, typer.Option("--since", metavar="TIME", help="From this instant (ISO 8601).", show_default=False)],
    until: options.Until = None,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
) -> None:
    """Show what came, changed and went between two instants."""
    scope = options.scope(user, agent, session)
    found = desk.memory.diff(since=since, until=until, **scope)
    desk.show(found, lambda out: show_diff(out, found))


def show_diff(out: Console, found: Diff) -> None:
    """Added, changed and removed memories, marked + ~ -."""
    from perdure.doors.cli import show

    out.print(f"{show.when(found.since)} to {show.when(found.until)}, {len(found.changes)} changes", style="dim")
    for record in found.added:
        out.print(f"+ {show.clean(record.text)}", style="green")
    for before, after in found.changed:
        out.print(f"~ {show.clean(before.text)} → {show.clean(after.text)} ({show.standing(after)})", style="yellow")
    for record in found.removed:
        out.print(f"- {show.clean(record.text)}", style="red")


def conflicts(
    desk: Desk,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    settle: Annotated[str | None, typer.Option("--settle", metavar="CONFLICT", help="Settle this one; with --keep.")] = None,
    keep: Annotated[str | None, typer.Option("--keep", metavar="MEMORY", help="The memory that holds.")] = None,
) -> None:
    """Show memories that cannot both hold, and settle them.

    This is the inbox of what no rule could decide, of one user, agent or session, or of all.
    """
    if settle is not None:
        if keep is None:
            raise typer.BadParameter("--settle needs --keep MEMORY, the memory that holds.")
        made = desk.memory.settle(settle, keep=keep)
        desk.show(made, lambda out: show_changes(out, made))
        return
    found = desk.memory.conflicts(user_id=user, agent_id=agent, session_id=session)
    desk.show(found, lambda out: show_conflicts(out, desk, found))


def show_conflicts(out: Console, desk: Desk, found: list[Conflict]) -> None:
    """Both sides of each conflict."""
    from perdure.doors.cli import show

    if not found:
        out.print("No open conflicts.", style="dim")
    for conflict in found:
        out.print(f"{conflict.id}  {show.clean(conflict.reason)}", style="bold")
        for side in (conflict.memory_id, conflict.other_id):
            out.print(f"  {side}  {show.clean(desk.memory.get(side).text)}")
