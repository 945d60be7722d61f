"""consolidate, profile, summaries: a memory tidied and summed up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, verb

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.maturing import ConsolidationReport, Proposal, Summary
    from perdure.model.memory import MemoryRecord

STYLES = {
    "merge": "cyan", "promote": "green", "lower": "yellow", "summarise": "blue", "retire": "red", "close": "dim", "settle": "magenta",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "consolidate")(consolidate)
    verb(app, "profile")(profile)
    verb(app, "summaries")(summaries)


def consolidate(
    desk: Desk,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    rules: Annotated[bool, typer.Option("--rules", help="Leave the LLM out, if there is one.")] = False,
) -> None:
    """Merge what is said twice, sum up, and let fade what is never used.

    Of one user, agent or session, or of all. Near-duplicates become one; what was said again for a session becomes long-term; sessions,
    topics and the user are summed up, with sources; conflicts that settled themselves are closed. Every change can be undone (undo).
    """
    with desk.busy("Consolidating…"):
        report = desk.memory.consolidate(user_id=user, agent_id=agent, session_id=session, dry_run=dry_run, use_llm=not rules)
    desk.show(report, lambda out: show_report(out, report))


def show_report(out: Console, report: ConsolidationReport) -> None:
    """Each proposal as a diff, then what it took and what is left to a person."""
    from perdure.doors.cli import show

    for proposal in report.proposals:
        show_proposal(out, proposal)
    if not report.proposals:
        out.print("Nothing to do.", style="dim")
    applied = sum(p.applied for p in report.proposals)
    seen = f"{show.many(report.looked_at['memories'], 'memory', 'memories')} of {show.many(report.looked_at['owners'], 'owner')}"
    done = "a dry run, nothing was changed" if report.dry_run else f"{applied} of {show.many(len(report.proposals), 'proposal')} applied"
    out.print(f"Looked at {seen}; {done}.", style="dim")
    if report.calls:
        out.print(f"{show.many(report.calls, 'model call')}, {report.input_tokens:,} + {report.output_tokens:,} tokens.", style="dim")
    for warning in report.warnings:
        out.print(show.clean(warning), style="yellow")
    for reason in report.dropped:
        out.print(f"Not believed: {show.short(reason)}", style="dim")
    if report.conflicts:
        out.print(f"{show.many(len(report.conflicts), 'conflict')} open: `perdure conflicts` shows and settles them.", style="yellow")


def show_proposal(out: Console, proposal: Proposal) -> None:
    """What it is and why; then what goes and what comes, marked - and +."""
    from perdure.doors.cli import show

    out.print(f"{proposal.action}: {show.clean(proposal.reason)}", style=STYLES[proposal.action])
    after = {r.id: r for r in proposal.after}
    for record in proposal.before:
        left = after.get(record.id)
        if left is None or _shown(left) != _shown(record):
            for line in _shown(record):
                out.print(f"- {show.clean(line)}", style="red", soft_wrap=True)
    before = {r.id: r for r in proposal.before}
    for record in proposal.after:
        was = before.get(record.id)
        if record.status == "live" and (was is None or _shown(was) != _shown(record)):
            for line in _shown(record):
                out.print(f"+ {show.clean(line)}", style="green", soft_wrap=True)
    if proposal.skipped:
        out.print(f"  {show.clean(proposal.skipped)}", style="yellow", soft_wrap=True)


def _shown(record: MemoryRecord) -> list[str]:
    """What of a memory a diff shows: its lines, and what maturing changes."""
    if record.status != "live":
        return []
    told = [f"{len(record.sources)} {'source' if len(record.sources) == 1 else 'sources'}"]
    told += ["short-term"] if record.term == "short_term" else []
    told += [f"importance {record.importance:g}"] if record.importance != 0.5 else []
    first, *rest = record.text.split("\n")
    return [f"{first} ({', '.join(told)})" if record.kind != "summary" else first, *rest]


def profile(desk: Desk, *, user: options.User = None, agent: options.Agent = None) -> None:
    """Show who the user is, with sources.

    As `perdure consolidate` last wrote it; what no longer holds is left out.
    """
    if user is None:
        raise typer.BadParameter("say whose profile: --user ID (or set PERDURE_USER).")
    found = desk.memory.profile(user_id=user, agent_id=agent)
    desk.show(found, lambda out: _one(out, found))


def _one(out: Console, found: Summary | None) -> None:
    if found is None:
        out.print("There is no profile yet. `perdure consolidate` writes it.", style="dim")
    else:
        show_summary(out, found)


def summaries(
    desk: Desk,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
    kind: Annotated[str | None, typer.Option("--kind", "-k", metavar="KIND", help="session, topic or profile.")] = None,
    about: Annotated[str | None, typer.Option("--about", metavar="NAME", help="A session's id, or a topic's name.")] = None,
) -> None:
    """Show what sessions and topics come to, with sources.

    As `perdure consolidate` last wrote it; what no longer holds is left out.
    """
    found = desk.memory.summaries(**options.scope(user, agent, session), kind=kind, about=about)  # type: ignore[arg-type]

    def human(out: Console) -> None:
        for summary in found:
            show_summary(out, summary)
        if not found:
            out.print("There are no summaries. `perdure consolidate` writes them.", style="dim")

    desk.show(found, human)


def show_summary(out: Console, summary: Summary) -> None:
    """The lines with their numbers, then what the numbers stand for."""
    from perdure.doors.cli import show

    by = "" if summary.by == "rules" else f", by {summary.by}"
    out.print(f"{summary.kind} {show.clean(summary.about)} ({show.when(summary.at)}{show.clean(by)})", style="bold")
    for line in summary.text.split("\n"):
        out.print(show.clean(line), soft_wrap=True)
    show.citations(out, summary.citations)
