"""The report of `bench extraction` for people: tables by language, split and domain, and what was not as expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from perdure.doors.cli import show
from perdure.doors.cli.bench_extraction_play import ExtractionReport, Figures

if TYPE_CHECKING:
    from rich.console import Console

HEADERS: Final = (
    "", "chats", "kept", "memory P", "memory R", "slot P", "slot R", "relation P", "relation R", "superseded", "lost", "noise",
)  # fmt: skip


def show_extraction(out: Console, report: ExtractionReport, *, faults: bool) -> None:
    """The report for people; with `faults` each thing that was not as expected, conversation by conversation."""
    total = report.total.counts
    out.print(
        f"{report.extractor}: {show.many(total.conversations, 'conversation')}, {show.many(report.messages, 'message')} in "
        f"{show.many(report.adds, 'add')}; {show.many(total.kept, 'memory', 'memories')} kept, {total.expected:,} expected."
    )
    if report.failed:
        out.print(f"{show.many(report.failed, 'add')} could not be extracted. The first: {show.short(report.error)}", style="yellow")
    out.print()
    _table(out, {"all": report.total} | report.by_split | report.by_language)
    out.print()
    _table(out, report.by_domain, title="By domain")
    out.print()
    shares = report.total.shares
    out.print(
        f"Of the memories found: kind right {_share(shares['kind'])}, term right {_share(shares['term'])}, date right "
        f"{_share(shares['date'])} (of {total.dated}). Repeated: {total.repeated}. Open slots that must not be: {total.slots_stale}. "
        f"Unjudged: {show.many(total.slots_unjudged, 'slot')}, {show.many(total.relations_unjudged, 'relation')}."
    )
    if report.calls:
        guessed = f" ({show.many(report.estimated, 'call')} without counts, estimated)" if report.estimated else ""
        out.print(
            f"{show.many(report.calls, 'call')}, {report.input_tokens:,} tokens in, {report.output_tokens:,} out{guessed}; "
            f"{report.input_tokens / max(1, report.adds):,.0f} in an add."
        )
    out.print(f"{report.seconds:,.1f} s, of which {report.model_seconds:,.1f} s in the model.", style="dim")
    _faults(out, report, shown=faults)


def _table(out: Console, figures: Mapping[str, Figures], *, title: str = "") -> None:
    show.table(out, HEADERS, [(name, *row(of)) for name, of in figures.items()], title=title)


def row(of: Figures) -> tuple[str, ...]:
    """The cells of `HEADERS` after the name."""
    counts, shares = of.counts, of.shares
    named = ("memory_precision", "memory_recall", "slot_precision", "slot_recall", "relation_precision", "relation_recall")
    superseded = f"{counts.superseded}/{counts.supersessions}"
    return (
        f"{counts.conversations}", f"{counts.kept}", *(_share(shares[name]) for name in named), superseded, f"{counts.lost}",
        f"{counts.noise}",
    )  # fmt: skip


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.3f}"


def _faults(out: Console, report: ExtractionReport, *, shown: bool) -> None:
    kinds = Counter(fault.kind for fault in report.faults)
    if kinds:
        out.print()
        out.print("Not as expected: " + ", ".join(f"{kind} {number}" for kind, number in kinds.most_common()), style="bold")
    if not shown:
        if kinds:
            out.print("--faults lists them.", style="dim")
        return
    for fault in report.faults:
        out.print(f"  {fault.conversation}  {fault.kind}: {show.short(fault.what, 160)}", soft_wrap=True)
