"""forget: erasing, for good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, verb

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.change import Receipt


def register(app: typer.Typer) -> None:
    """Adds this file's command."""
    verb(app, "forget")(forget)


def forget(
    desk: Desk,
    *,
    id: Annotated[str | None, typer.Option("--id", metavar="MEMORY", help="One memory and the messages it came from.")] = None,  # noqa: A002
    user: options.ErasedUser = None,
    agent: options.Agent = None,
    session: options.Session = None,
    yes: options.Yes = False,
) -> None:
    """Erase a memory, a session, an agent or a user for good.

    It goes from every store, the history, the messages and the file's free pages, and cannot be undone. Without --yes it
    asks; where nobody can answer it refuses.
    """
    target = {"id": id} if id is not None else options.scope(user, agent, session)
    if id is not None and (user or agent or session):
        raise typer.BadParameter("give --id, or a scope, not both.")
    named = ", ".join(f"{key.removesuffix('_id')} {value!r}" for key, value in target.items())
    what = f"memory {id!r}" if id is not None else f"everything of {named}"
    if not yes:
        if not sys.stdin.isatty():
            raise typer.BadParameter(f"this would erase {what}, and there is no terminal to ask on: add --yes.")
        if not typer.confirm(f"Erase {what}? This cannot be undone.", err=True):
            desk.remark("Nothing was erased.")
            raise typer.Exit(1)
    with desk.busy("Erasing…"):
        receipt = desk.memory.forget(**target)
    desk.show(receipt, lambda out: show_receipt(out, receipt))


def show_receipt(out: Console, receipt: Receipt) -> None:
    """What each store erased."""
    from rich.text import Text

    from perdure.doors.cli import show

    rows = [(store, Text(str(rows), justify="right")) for store, rows in receipt.stores.items()]
    show.table(out, ("store", "rows erased"), rows, title=f"Forgot {show.clean(receipt.what)} at {show.when(receipt.at)}")
    out.print(f"{receipt.total} rows in all.")
