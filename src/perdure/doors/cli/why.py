"""explain, why-not: reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, json_object, verb
from perdure.doors.cli.read import given

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.search import Explanation, WhyNot

MemoryId = Annotated[str, typer.Argument(metavar="MEMORY", help="A memory's id.", show_default=False)]


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "explain")(explain)
    verb(app, "why-not")(why_not)


def explain(desk: Desk, memory_id: MemoryId) -> None:
    """Show where a memory lives, comes from, and how it changed."""
    explanation = desk.memory.explain(memory_id)
    desk.show(explanation, lambda out: show_explanation(out, explanation))


def show_explanation(out: Console, explanation: Explanation) -> None:
    """A memory, its stores, its sources, its history."""
    from perdure.doors.cli import show

    record = explanation.memory
    out.print(show.clean(record.text), style="bold")
    out.print(f"{record.id}: {record.kind}, {record.term}, {show.standing(record)}, confidence {record.confidence:.2f}", style="dim")
    show.pairs(out, explanation.stores, title="Stores")
    out.print("Sources", style="bold")
    for source in explanation.sources:
        by = " ".join(filter(None, (source.extractor, source.model)))
        out.print(f"  {show.source_line(source)} (by {show.clean(by)})")
    out.print("History", style="bold")
    for line in explanation.history:
        out.print(f"  {show.clean(line)}")


def why_not(
    desk: Desk,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="The query that did not find it.", show_default=False)],
    memory_id: MemoryId,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    limit: options.Limit = 10,
    kind: options.Kind = None,
    where: options.Where = None,
    as_of: options.AsOf = None,
    known_at: options.KnownAt = None,
) -> None:
    """Say why a query does not find a memory, and by how much.

    Scope, limit, kinds, filter and times are those of the search that did not find it.
    """
    scope = options.scope(user, agent, session)
    narrowed = given(filters=json_object(where, "--where"), kinds=kind or None, as_of=as_of, known_at=known_at)
    reason = desk.memory.why_not(query, memory_id, limit=limit, **scope, **narrowed)
    desk.show(reason, lambda out: show_why_not(out, reason))


def show_why_not(out: Console, reason: WhyNot) -> None:
    """The stage that dropped it, and the distance: what it scored over what was needed, to one scale."""
    from rich.text import Text

    from perdure.doors.cli import show

    out.print(show.clean(f"{reason.stage}: {reason.reason}"))
    if reason.rank is not None and reason.stage in ("found", "limit"):
        out.print(f"It came at rank {reason.rank}.", style="dim")
    if reason.score is not None and reason.needed is not None:
        most = max(reason.score, reason.needed) or 1.0
        for label, value, style in (("needed", reason.needed, "green"), ("had", reason.score, "red")):
            out.print(Text.assemble(f"  {label:<7}", show.bar(value / most, style=style), f" {value:.3f}"))
        out.print(f"Its score was {reason.score:.3f}; {reason.needed:.3f} was needed.", style="dim")
