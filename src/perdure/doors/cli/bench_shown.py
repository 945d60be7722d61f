"""The report of `bench recall` for people: tables, a chart, and what was missed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from perdure.doors.cli import show
from perdure.doors.cli.bench_recall import BUDGETS, NAMES, Ranked, RecallReport

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MISSES_SHOWN: Final = 5
FEW: Final = 50
STYLES: dict[str, str] = dict(zip(NAMES, ("green", "blue", "magenta"), strict=True))
PLOT_HEIGHT, PLOT_STEP = 10, 14


def show_recall(out: Console, report: RecallReport) -> None:
    """The report for people: the table, the chart, and what was missed."""
    stored = f"{show.many(report.messages, 'message')}, {show.many(report.memories, 'memory', 'memories')}"
    out.print(f"{stored}, {show.many(report.questions, 'question')} asked as of {show.when(report.asked_at)}.")
    if report.waiting:
        out.print(f"{show.many(report.waiting, 'add')} could not be extracted: what they say counts as messages only.", style="yellow")
    if report.made_by == "rules":
        out.print(
            f"The questions are memories, reworded by rule ({show.many(report.left_out, 'memory', 'memories')} could not be): "
            "easier than what people ask. For real ones give --questions.",
            style="dim",
        )
    if report.questions < FEW:
        out.print(f"With fewer than {FEW} questions, small differences mean nothing.", style="yellow")
    out.print()
    ks = list(report.rankings[0].recall)
    rows = [(r.name, *(f"{r.recall[k]:.3f}" for k in ks), f"{r.mrr:.3f}") for r in report.rankings]
    show.table(out, ("", *(f"recall@{k}" for k in ks), "MRR"), rows)
    _categories(out, report.rankings, ks[-1])
    _changes(out, report, ks[-1])
    _unanswerable(out, report)
    out.print()
    _chart(out, report.rankings)
    out.print()
    _plot(out, report.rankings)
    if report.misses:
        out.print()
        out.print(f"Not among the first {ks[-1]}: {show.many(len(report.misses), 'question')}", style="bold")
        for miss in report.misses[:MISSES_SHOWN]:
            out.print(f"  {show.short(miss.question, 100)}", soft_wrap=True)
            out.print(f"    {miss.evidence[0]}: {show.short(miss.said, 100)}", style="dim", soft_wrap=True)
        if len(report.misses) > MISSES_SHOWN:
            out.print(f"  … and {len(report.misses) - MISSES_SHOWN:,} more; --json lists all.", style="dim")


def _categories(out: Console, rankings: Sequence[Ranked], k: str) -> None:
    """Recall and MRR by category, a line each, the ways of ranking side by side."""
    if not rankings[0].categories:
        return
    rows = [
        (name, f"{of.questions:,}", *(f"{r.categories[name].recall[k]:.3f} / {r.categories[name].mrr:.3f}" for r in rankings))
        for name, of in rankings[0].categories.items()
    ]
    out.print()
    show.table(out, ("category", "questions", *(r.name for r in rankings)), rows, title=f"recall@{k} / MRR by category")


def _changes(out: Console, report: RecallReport, k: str) -> None:
    """Whether what holds now stands above what it replaced."""
    if not report.updates:
        return
    rows = [(r.name, f"{r.newest_first:.3f}", f"{r.only_stale:.3f}") for r in report.rankings]
    out.print()
    title = f"What has changed ({show.many(report.updates, 'question')})"
    show.table(out, ("", "newest above the stale", f"only stale in the first {k}"), rows, title=title)


def _unanswerable(out: Console, report: RecallReport) -> None:
    """Whether the score tells what was said from what was not."""
    if not report.unanswerable:
        return
    rows = [(r.name, f"{r.auroc:.3f}") for r in report.rankings if r.auroc is not None]
    out.print()
    title = f"Does the best score tell the {show.many(report.unanswerable, 'question')} without evidence from the rest?"
    show.table(out, ("", "AUROC (0.5 is chance)"), rows, title=title)


def _plot(out: Console, rankings: Sequence[Ranked]) -> None:
    """Recall against the token budget, as lines of points; where marks would meet, they stand side by side."""
    from rich.text import Text

    marks: dict[str, str] = dict(zip(NAMES, "●○×", strict=True))
    width = PLOT_STEP * (len(BUDGETS) - 1) + len(rankings)
    grid: list[list[tuple[str, str]]] = [[(" ", "")] * width for _ in range(PLOT_HEIGHT + 1)]
    for ranked in reversed(rankings):
        shares = [ranked.in_budget[str(budget)] for budget in BUDGETS]
        for x in range(0, PLOT_STEP * (len(BUDGETS) - 1), 2):
            step, part = divmod(x, PLOT_STEP)
            share = shares[step] + (shares[step + 1] - shares[step]) * part / PLOT_STEP
            grid[PLOT_HEIGHT - round(share * PLOT_HEIGHT)][x] = ("·", STYLES[ranked.name])
    for ranked in rankings:
        for step, budget in enumerate(BUDGETS):
            row = grid[PLOT_HEIGHT - round(ranked.in_budget[str(budget)] * PLOT_HEIGHT)]
            x = next(x for x in range(step * PLOT_STEP, width) if row[x][0] in " ·")
            row[x] = (marks[ranked.name], STYLES[ranked.name])
    out.print("Recall against the token budget  " + "  ".join(f"{marks[r.name]} {r.name}" for r in rankings), style="bold")
    for n, row in enumerate(grid):
        label = f"{1 - n / PLOT_HEIGHT:4.1f} ┤" if n % 2 == 0 else "     │"
        out.print(Text.assemble(label, *row))
    ticks = "".join(f"{budget:<{PLOT_STEP}}" for budget in BUDGETS)
    out.print("     └" + "─" * width)
    out.print("      " + ticks.rstrip() + " tokens")


def _chart(out: Console, rankings: Sequence[Ranked]) -> None:
    from rich.text import Text

    def cell(ranked: Ranked, budget: int) -> Text:
        share = ranked.in_budget[str(budget)]
        return Text.assemble(show.bar(share, style=STYLES[ranked.name], width=14), f" {share:.2f}")

    rows = [(str(budget), *(cell(ranked, budget) for ranked in rankings)) for budget in BUDGETS]
    title = "Evidence inside a context of so many tokens (the baselines fill it with whole messages)"
    show.table(out, ("tokens", *(ranked.name for ranked in rankings)), rows, title=title)
