"""stats, verify, reindex, jobs, doctor: how the ledger is, and what to do about it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from perdure.doors.cli import options
from perdure.doors.cli.desk import Desk, verb
from perdure.model.base import Value

if TYPE_CHECKING:
    from rich.console import Console

    from perdure import Memory
    from perdure.model.change import Job
    from perdure.model.memory import MemoryRecord
    from perdure.model.report import Stats, Verification

DRIFT_SHOWN = 20
PAGE = 500


def register(app: typer.Typer) -> None:
    """Adds this file's commands."""
    verb(app, "stats")(stats)
    verb(app, "verify")(verify)
    verb(app, "reindex")(reindex)
    verb(app, "jobs")(jobs)
    verb(app, "doctor")(doctor)


def stats(desk: Desk) -> None:
    """Show counts, job states, how far indexes lag, and size."""
    counted = desk.memory.stats()
    desk.show(counted, lambda out: show_stats(out, counted))


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


@dataclass(frozen=True, slots=True)
class Finding(Value):
    """One thing the doctor saw, and what to do about it. `level` is "ok", "note" or "wrong"."""

    level: str
    what: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis(Value):
    """All findings; `ok` when nothing is wrong."""

    ok: bool
    findings: tuple[Finding, ...]


def doctor(
    desk: Desk,
    *,
    user: options.User = None,
    agent: options.Agent = None,
    session: options.Session = None,
) -> None:
    """Look the ledger over and say what to do.

    Indexes are held against the ledger, jobs, lag and conflicts are counted.

    Duplicates are looked for in the memory of one user, agent or session, when one is named.
    """
    memory = desk.memory
    with desk.busy("Looking…"):
        findings = _store_findings(memory.stats(), memory.verify())
    if user or agent or session:
        findings += _duplicate_findings(memory, options.scope(user, agent, session))
    else:
        findings.append(Finding("note", "Duplicates were not looked for.", "Name whose memory to look through: --user ID."))
    diagnosis = Diagnosis(ok=all(f.level != "wrong" for f in findings), findings=tuple(findings))
    desk.show(diagnosis, lambda out: show_diagnosis(out, diagnosis))
    if not diagnosis.ok:
        raise typer.Exit(1)


def _store_findings(counted: Stats, found: Verification) -> list[Finding]:
    from perdure.doors.cli.show import many

    findings = [
        Finding("ok", f"{many(counted.messages, 'message')}, {many(counted.memories, 'memory', 'memories')}, {counted.bytes:,} bytes.")
    ]
    if found.ok:
        findings.append(Finding("ok", "The indexes agree with the ledger."))
    else:
        findings.append(
            Finding(
                "wrong",
                f"{many(len(found.drift), 'index row')} not as in the ledger.",
                "Run `perdure reindex`, then `perdure verify`.",
            )
        )
    behind = {name: rows for name, rows in counted.lag.items() if rows}
    if behind:
        named = ", ".join(f"{name} {rows:,}" for name, rows in behind.items())
        findings.append(Finding("note", f"Rows not yet indexed: {named}.", "Run `perdure jobs --run`, or leave a worker running."))
    else:
        findings.append(Finding("ok", "No index lags."))
    waiting, failed = counted.jobs.get("pending", 0) + counted.jobs.get("running", 0), counted.jobs.get("failed", 0)
    if waiting:
        findings.append(
            Finding("note", f"{many(waiting, 'extraction')} waiting.", "`perdure jobs` says why; `perdure jobs --run` runs them.")
        )
    if failed:
        findings.append(Finding("wrong", f"{many(failed, 'extraction')} failed for good.", "`perdure jobs` says why."))
    if counted.conflicts:
        findings.append(Finding("note", f"{many(counted.conflicts, 'open conflict')}.", "`perdure conflicts` shows and settles them."))
    return findings


def _duplicate_findings(memory: Memory, scope: dict[str, Any]) -> list[Finding]:
    """Live memories of one scope whose texts are the same but for case, spaces and end marks."""
    groups: dict[str, list[MemoryRecord]] = defaultdict(list)
    after: str | None = None
    while True:
        page = memory.list(limit=PAGE, after=after, **scope)
        for record in page:
            groups[" ".join(record.text.casefold().split()).rstrip(".!")].append(record)
        if len(page) < PAGE:
            break
        after = page[-1].id
    from perdure.doors.cli.show import many

    twice = [group for group in groups.values() if len(group) > 1]
    if not twice:
        return [Finding("ok", f"No duplicates among {many(sum(map(len, groups.values())), 'memory', 'memories')}.")]
    shown = "; ".join(f"{g[0].text!r} ({', '.join(r.id for r in g)})" for g in twice[:5])
    return [
        Finding(
            "note",
            f"{many(len(twice), 'statement')} kept more than once: {shown}.",
            "Forget the spare ones: `perdure forget --id ID`.",
        )
    ]


def show_diagnosis(out: Console, diagnosis: Diagnosis) -> None:
    """Each finding with its mark, and what to do."""
    from perdure.doors.cli import show

    marks = {"ok": ("✓", "green"), "note": ("!", "yellow"), "wrong": ("✗", "red")}
    for finding in diagnosis.findings:
        mark, style = marks[finding.level]
        out.print(f"{mark} {show.clean(finding.what)}", style=style)
        if finding.do:
            out.print(f"  {finding.do}", style="dim")
