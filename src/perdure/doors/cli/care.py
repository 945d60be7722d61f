"""stats, verify, reindex, jobs, doctor: how the ledger is, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, verb

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.change import Job
    from perdure.model.report import Diagnosis, Stats, Verification
    from perdure.model.spending import Cost

DRIFT_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "stats")(stats)
    verb(app, "verify")(verify)
    verb(app, "reindex")(reindex)
    verb(app, "jobs")(jobs)
    verb(app, "doctor")(doctor)


def stats(
    desk: Desk,
    *,
    cost: Annotated[bool, typer.Option("--cost", help="Show what model calls took instead, in tokens and in US dollars.")] = False,
    by: Annotated[str, typer.Option("--by", metavar="WHAT", help="With --cost: a row for each day, user, job, model or purpose.")] = "day",
    user: options.ErasedUser = None,
    since: options.Since = None,
    until: options.Until = None,
) -> None:
    """Show counts, job states, how far indexes lag, and size.

    With --cost: what was spent on model calls, at the prices in the configuration. --since and --until name days, both included; they go
    with --cost.
    """
    if cost:
        rows = desk.memory.costs(user_id=user, since=since, until=until, by=cast("Any", by))
        desk.show(rows, lambda out: show_costs(out, by, rows))
        return
    counted = desk.memory.stats(user_id=user)
    desk.show(counted, lambda out: show_stats(out, counted))


def show_costs(out: Console, by: str, rows: list[Cost]) -> None:
    """What was spent, one row a key, and in all."""
    from perdure.doors.cli import show
    from perdure.model.spending import total

    if not rows:
        out.print("No model was asked.", style="dim")
        return
    shown = rows if len(rows) == 1 else [*rows, total(rows)]
    lines = [
        (row.key or "nobody known", *(f"{n:,}" for n in (row.calls, row.input_tokens, row.cached_tokens, row.output_tokens)), _usd(row))
        for row in shown
    ]
    show.table(out, (by, "calls", "tokens read", "of these cached", "tokens written", "USD"), lines)
    if unpriced := sorted({model for row in rows for model in row.unpriced}):
        out.print(f"No price is configured for {show.clean(', '.join(unpriced))}: set prices to see what it costs.", style="yellow")


def _usd(row: Cost) -> str:
    if row.usd is None:
        return "no price"
    amount = f"{row.usd:,.2f}" if row.usd >= 1 or row.usd == 0 else f"{row.usd:.6f}".rstrip("0")
    return f"{amount} and what has no price" if row.unpriced else amount


def show_stats(out: Console, counted: Stats) -> None:
    """The counts, one a line."""
    from perdure.doors.cli import show

    shown: dict[str, object] = {}
    for name, value in counted.to_dict().items():
        many = cast("dict[str, object]", value) if isinstance(value, dict) else None
        shown[name] = f"{value:,}" if many is None else ", ".join(f"{k} {v}" for k, v in many.items()) or "none"
    show.pairs(out, shown)


def verify(desk: Desk) -> None:
    """Hold every index against the ledger; 1 if one differs."""
    with desk.busy("Comparing…"):
        found = desk.memory.verify()
    desk.show(found, lambda out: show_verification(out, found))
    if not found.ok:
        raise typer.Exit(1)


def show_verification(out: Console, found: Verification) -> None:
    """What was checked and each difference."""
    from perdure.doors.cli import show

    show.pairs(out, {name: f"{count:,} checked" for name, count in found.checked.items()})
    for line in found.drift[:DRIFT_SHOWN]:
        out.print(f"  {show.clean(line)}", style="red")
    if len(found.drift) > DRIFT_SHOWN:
        out.print(f"  … and {len(found.drift) - DRIFT_SHOWN:,} more; --json lists all.", style="red")
    if found.ok:
        out.print("The indexes agree with the ledger.", style="green")
    else:
        out.print(
            f"{show.many(len(found.drift), 'difference')}. `perdure reindex` builds the indexes anew from the ledger.",
            style="red",
        )


def reindex(
    desk: Desk,
    projection: Annotated[str | None, typer.Argument(metavar="PROJECTION", help="vector, text, graph or slots. Default: all.")] = None,
) -> None:
    """Drop an index and build it anew from the ledger."""
    with desk.busy("Building…"):
        done = desk.memory.reindex(cast("Any", projection or "all"))
    desk.show(done, lambda out: show_reindexed(out, done))


def show_reindexed(out: Console, done: dict[str, int]) -> None:
    """Which indexes were built, and how much is in each."""
    for name, rows in done.items():
        out.print(f"Built anew: {name}, {rows:,} documents.", style="green")


def jobs(
    desk: Desk,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    run: Annotated[bool, typer.Option("--run", help="Run the jobs that wait, first.")] = False,
) -> None:
    """Show extractions: which wait, which failed and why.

    Of one user, agent or session, or of all.
    """
    with desk.busy("Working…"):
        ran = desk.memory.work(force=True) if run else None
    found = desk.memory.jobs(user_id=user, agent_id=agent, session_id=session)
    if ran is not None:
        from perdure.doors.cli.show import many

        desk.remark(f"Ran {many(ran, 'job')}.")
    desk.show(found, lambda out: show_jobs(out, found))


def show_jobs(out: Console, found: list[Job]) -> None:
    """Jobs as a table."""
    from rich.text import Text

    from perdure.doors.cli import show

    if not found:
        out.print("No jobs.", style="dim")
        return
    styles = {"done": "green", "skipped": "dim", "failed": "red", "pending": "yellow", "running": "cyan"}
    rows = [
        (
            j.id,
            Text(j.state, style=styles.get(j.state, "")),
            str(j.attempts),
            f"{j.input_tokens}/{j.output_tokens}",
            show.when(j.next_at) if j.state == "pending" else "",
            (f"{type(j.error).__name__}: {j.error}" if j.error is not None else "") + (f" dropped {len(j.dropped)}" if j.dropped else ""),
        )
        for j in found
    ]
    show.table(out, ("job", "state", "tries", "tokens", "next", "trouble"), rows)


def doctor(
    desk: Desk,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    limit: Annotated[int, typer.Option("--limit", "-n", metavar="N", min=1, help="Messages and memories looked at, at most.")] = 50_000,
) -> None:
    """Look the memory over and say what to do.

    Duplicates, stale facts, orphans, index lag, failed extractions and conflicts, of one user, agent or session, or of all: each with
    a count, examples and the command that mends it. Exit code 1 when something is wrong; what is merely worth a look is a note.
    """
    with desk.busy("Looking…"):
        diagnosis = desk.memory.doctor(user_id=user, agent_id=agent, session_id=session, limit=limit)
    desk.show(diagnosis, lambda out: show_diagnosis(out, diagnosis))
    if not diagnosis.ok:
        raise typer.Exit(1)


def show_diagnosis(out: Console, diagnosis: Diagnosis) -> None:
    """Each finding with its mark, some of its cases, and what to do; then how much was looked at."""
    from perdure.doors.cli import show

    marks = {"ok": ("✓", "green"), "note": ("!", "yellow"), "wrong": ("✗", "red")}
    for finding in diagnosis.findings:
        mark, style = marks[finding.level]
        out.print(f"{mark} {show.clean(finding.what)}", style=style)
        for example in finding.examples:
            out.print(f"    {show.short(example.what)}", soft_wrap=True)
            if example.do:
                out.print(f"      {show.short(example.do, 400)}", style="cyan", soft_wrap=True)
        if finding.count > len(finding.examples) > 0:
            out.print(f"    … and {finding.count - len(finding.examples):,} more.", style="dim")
        if finding.do:
            out.print(f"  {finding.do}", style="dim")
    seen = diagnosis.looked_at
    counted = f"{show.many(seen['messages'], 'message')} and {show.many(seen['memories'], 'memory', 'memories')}"
    out.print(f"Looked at {counted} of {show.many(seen['owners'], 'owner')}.", style="dim")
    if seen["read"] < seen["undrawn"]:
        out.print(f"Of {seen['undrawn']:,} messages from which nothing was drawn the newest {seen['read']:,} were read.", style="dim")
    if not diagnosis.complete:
        out.print(f"That was not everything: there are {show.many(seen['all_owners'], 'owner')}. --limit N looks at more.", style="yellow")
