"""What people see: tables, bars and dates. Stored text is data here too: control characters are shown, never sent."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from perdure.model.change import Change
    from perdure.model.memory import MemoryRecord, Source
    from perdure.model.search import Citation, Hit

# C0 but newline and tab, DEL, C1, and the characters that turn the direction of what follows.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
STYLES = {
    "add": "green",
    "update": "yellow",
    "merge": "cyan",
    "supersede": "magenta",
    "retract": "red",
    "expire": "dim",
    "erase": "bold red",
}
CHANNEL_STYLES = {"vector": "blue", "text": "green", "graph": "magenta", "slots": "yellow", "time": "cyan"}
BAR_WIDTH = 24


def clean(text: str) -> str:
    """`text` with control characters written out (an escape sequence in a stored message must not drive a terminal)."""
    return _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}" if ord(m[0]) < 256 else f"\\u{ord(m[0]):04x}", text)


def short(text: str, length: int = 200) -> str:
    """`text` cleaned, on one line, cut with an ellipsis."""
    line = " ".join(clean(text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def many(number: int, one: str, more: str = "") -> str:
    """The number with its noun: 1 memory, 2 memories."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def when(instant: datetime | None) -> str:
    """Date and minute in UTC; empty for None."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if instant is not None else ""


def day(instant: datetime | None) -> str:
    """The date in UTC; empty for None."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d") if instant is not None else ""


def table(console: Console, headers: Sequence[str], rows: Iterable[Sequence[str | Text]], *, title: str = "") -> None:
    """A table with cells of stored text; long cells fold, none is cut."""
    if title:
        console.print(clean(title), style="bold")
    shown = Table(*headers, header_style="bold", box=None, pad_edge=False, show_header=any(headers))
    for column in shown.columns:
        column.overflow = "fold"
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row))
    console.print(shown)


def pairs(console: Console, values: Mapping[str, object], *, title: str = "") -> None:
    """Names and values, one a line."""
    table(console, ("", ""), [(Text(name, style="dim"), str(value)) for name, value in values.items()], title=title)


def bar(share: float, *, style: str = "", width: int = BAR_WIDTH) -> Text:
    """A bar for `share` in 0..1; at least one cell when it is above 0."""
    cells = round(max(0.0, min(1.0, share)) * width)
    return Text("█" * max(cells, 1 if share > 0 else 0) + "·" * (width - max(cells, 1 if share > 0 else 0)), style=style)


def source_line(source: Source) -> str:
    """Who said it, when, in which message, and the words."""
    return f"{source.said_by}, {when(source.said_at)}, {source.message_id}: “{short(source.quote, 160)}”"


def standing(record: MemoryRecord) -> str:
    """Since when, until when, and whether the memory still lives."""
    until = f" until {day(record.valid_to)}" if record.valid_to else ""
    status = "" if record.status == "live" else f", {record.status}"
    return f"since {day(record.valid_from)}{until}{status}"


def memories(console: Console, records: Iterable[MemoryRecord], *, title: str = "") -> None:
    """Memories as a table."""
    rows = [(r.id, r.kind, r.text, standing(r)) for r in records]
    table(console, ("id", "kind", "memory", "when"), rows, title=title)


def changes(console: Console, made: Iterable[Change], *, title: str = "") -> None:
    """Changes as a table, in the order given."""
    rows = [(when(c.at), Text(c.type, style=STYLES.get(c.type, "")), change_text(c), c.reason, c.actor, c.id) for c in made]
    table(console, ("at", "change", "memory", "why", "by", "id"), rows, title=title)


def change_text(change: Change) -> str:
    """The text after the change; the text before too when it was another."""
    before, after = change.before, change.after
    if after is None:
        return before.text if before is not None else ""
    if before is not None and before.text != after.text:
        return f"{before.text} → {after.text}"
    return after.text


def hits(console: Console, found: Sequence[Hit], *, explain: bool) -> None:
    """Search results; with `explain` each followed by what its score is made of, a bar a signal, and all its sources."""
    if not found:
        console.print("Nothing found.", style="dim")
        return
    for number, hit in enumerate(found, 1):
        kind = hit.memory.kind if hit.memory is not None else "message"
        head = Text.assemble((f"{number:>2}  ", "bold"), (f"{hit.score:.3f}  ", "cyan"), clean(hit.text))
        console.print(head)
        console.print(Text(f"    {kind} {hit.id}" + (f", {standing(hit.memory)}" if hit.memory else ""), style="dim"))
        for source in hit.sources if explain else hit.sources[:3]:
            console.print(Text(f"    {source_line(source)}", style="dim"))
        if explain:
            signals(console, hit)
    degraded = sorted({name for hit in found for name in hit.degraded})
    if degraded:
        console.print(clean(f"Not asked, because they failed: {', '.join(degraded)}."), style="yellow")


def signals(console: Console, hit: Hit) -> None:
    """What a hit's score is made of: one line a signal with a bar as long as its share, red for what was taken off; then the sum.

    Whatever signals the hit carries are drawn, by name. Rank, raw score (on the channel's own scale) and weight are those of a channel;
    boosts and decays have none.
    """
    most = max((abs(s.contribution) for s in hit.why), default=0.0) or 1.0
    grid = Table("", "", "added", "rank", "raw", "weight", "", box=None, pad_edge=False, padding=(0, 1), header_style="dim")
    for column, justify in zip(grid.columns, ("left", "left", "right", "right", "right", "right", "left"), strict=True):
        column.no_wrap, column.justify = True, justify
    grid.columns[-1].no_wrap, grid.columns[-1].overflow = False, "fold"
    width = BAR_WIDTH if console.width >= 100 else BAR_WIDTH // 3
    for signal in hit.why:
        style = CHANNEL_STYLES.get(signal.channel, "white") if signal.contribution >= 0 else "red"
        weighed = bool(signal.rank or signal.raw)
        grid.add_row(
            Text(f"      {clean(signal.channel)}", style=style),
            bar(abs(signal.contribution) / most, style=style, width=width),
            f"{signal.contribution:+.3f}",
            Text(f"#{signal.rank}" if signal.rank else "", style="dim"),
            Text(f"{signal.raw:.3f}" if weighed else "", style="dim"),
            Text(f"{signal.weight:.2f}" if weighed else "", style="dim"),
            Text(clean(signal.detail)),
        )
    grid.add_row(Text("      score", style="bold"), "", Text(f"{hit.score:.3f}", style="bold"))
    console.print(grid)


def citations(console: Console, cited: Iterable[Citation]) -> None:
    """The numbers of a text and what they stand for."""
    for citation in cited:
        console.print(Text.assemble((f"[{citation.number}] ", "bold"), clean(citation.text)))
        for source in citation.sources:
            console.print(Text(f"    {source_line(source)}", style="dim"))


@contextmanager
def progress_bar(console: Console, label: str, *, unit: str, shown: bool) -> Generator[Callable[[float, int], None]]:
    """A bar with rate, on a terminal, from the second second on; elsewhere nothing."""
    if not shown or not console.is_terminal:

        def silent(_fraction: float, _count: int) -> None:
            return

        yield silent
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[count]} " + unit + ", {task.fields[rate]:.0f}/s"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task(label, total=1.0, count=0, rate=0.0)

    def update(fraction: float, count: int) -> None:
        spent = time.monotonic() - started
        bar.update(task, completed=fraction, count=count, rate=count / spent if spent else 0.0)
        if spent > 1 and not bar.live.is_started:
            bar.start()

    try:
        yield update
    finally:
        if bar.live.is_started:
            bar.stop()
