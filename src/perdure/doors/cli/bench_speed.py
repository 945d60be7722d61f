"""How fast and how small: the times of the verbs on a temporary file of made-up conversation."""

from __future__ import annotations

import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from perdure.doors.cli import bench_texts
from perdure.model.base import Value

if TYPE_CHECKING:
    from rich.console import Console

    from perdure import Memory

USER: Final = "bench"
BATCH: Final = 100
REPLY: Final = "Thanks for telling me, I will keep it in mind."
#: Messages read for each memory wanted, before it is accepted that an extractor keeps fewer.
PATIENCE: Final = 4


@dataclass(frozen=True, slots=True)
class Times(Value):
    """How long `count` calls took, in milliseconds."""

    p50: float
    p95: float
    worst: float
    count: int

    @staticmethod
    def of(seconds: list[float]) -> Times:
        """The times of calls that took `seconds`; at least one."""
        ordered = sorted(1000 * max(0.0, s) for s in seconds)
        p95 = ordered[math.ceil(0.95 * len(ordered)) - 1]
        return Times(round(statistics.median(ordered), 3), round(p95, 3), round(ordered[-1], 3), len(ordered))


@dataclass(frozen=True, slots=True)
class SpeedReport(Value):
    """What `bench speed` measured.

    `captured_per_second` messages were made durable and found by their words; `understood_per_second` messages were extracted from,
    consolidated and indexed, embedding included. `add` is of two messages, embedding included; `search` has the question's embedding
    in it, `search_alone` has not. `resident_bytes` is what the whole process holds (`resident` says "now", or "peak" where the system
    tells no more), with interpreter and embedding model; None where the system does not tell.
    """

    memories: int
    messages: int
    captured_per_second: float
    understood_per_second: float
    embedder_load_seconds: float
    add: Times
    query_embedding: Times
    search: Times
    search_alone: Times
    file_bytes: int
    resident_bytes: int | None
    resident: str
    backends: dict[str, str]
    cpus: int


def measured(memory: Memory, *, memories: int, queries: int, update: Callable[[float, int], None]) -> SpeedReport:
    """The report on an empty memory.

    Args:
        memory: is filled.
        memories: so many it holds when adds and searches are timed (fewer only if the extractor keeps too little).
        queries: so many adds and searches are timed.
        update: gets the fraction done and the number of messages so far.
    """
    loading = _seconds(lambda: memory.embed(["The first text loads the model."]))
    capturing = understanding = 0.0
    said, kept = 0, 0
    texts = bench_texts.messages(1)
    while kept < memories and said < PATIENCE * memories + BATCH:
        batch = list(islice(texts, min(BATCH, max(memories - kept, 10))))
        capturing += _seconds(lambda: memory.add(batch, user_id=USER, wait="captured"))  # noqa: B023  (called at once)
        understanding += _seconds(memory.work)
        said += len(batch)
        kept = memory.stats(user_id=USER).memories
        update(0.8 * min(1.0, kept / memories), said)
    adding: list[float] = []
    for text in islice(bench_texts.messages(2), queries):
        pair = [{"role": "user", "content": text}, {"role": "assistant", "content": REPLY}]
        adding.append(_seconds(lambda: memory.add(pair, user_id=USER)))  # noqa: B023
    update(0.9, said + 2 * queries)
    embedding, whole, alone = _searches(memory, queries)
    stats = memory.stats()
    held, how = resident()
    return SpeedReport(
        memories=kept,
        messages=said,
        captured_per_second=round(said / capturing, 1),
        understood_per_second=round(said / understanding, 1),
        embedder_load_seconds=round(loading, 3),
        add=Times.of(adding),
        query_embedding=Times.of(embedding),
        search=Times.of(whole),
        search_alone=Times.of(alone),
        file_bytes=stats.bytes,
        resident_bytes=held,
        resident=how,
        backends=stats.backends,
        cpus=os.cpu_count() or 1,
    )


def _searches(memory: Memory, queries: int) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each query's embedding, of the search with it, and of the search without.

    The embedding is timed before the search, and once more after it: an embedder that keeps its last vectors hands them out again,
    and the second time is what the search itself still paid.
    """
    memory.search("Where do I live?", user_id=USER)  # a user's first search also reads what the next ones find in memory
    embedding: list[float] = []
    whole: list[float] = []
    alone: list[float] = []
    for question in islice(bench_texts.questions(3), queries):
        first = _seconds(lambda: memory.embed([question]))  # noqa: B023
        search = _seconds(lambda: memory.search(question, user_id=USER))  # noqa: B023
        again = _seconds(lambda: memory.embed([question]))  # noqa: B023
        embedding.append(first)
        alone.append(search - again)
        whole.append(first + search - again)
    return embedding, whole, alone


def _seconds(verb: Callable[[], object]) -> float:
    began = time.perf_counter()
    verb()
    return time.perf_counter() - began


def resident() -> tuple[int | None, str]:
    """Bytes of memory this process holds, and whether that is "now" or the "peak"; None where the system does not tell."""
    pages = Path("/proc/self/statm")
    if pages.exists():
        return int(pages.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE"), "now"
    if sys.platform != "win32":
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, kilobytes elsewhere
        return peak if sys.platform == "darwin" else 1024 * peak, "peak"
    return None, ""


def show_speed(out: Console, report: SpeedReport) -> None:
    """The report for people."""
    from perdure.doors.cli import show

    def row(name: str, times: Times, note: str = "") -> tuple[str, str, str, str, str]:
        return name, f"{times.p50:.2f} ms", f"{times.p95:.2f} ms", f"{times.worst:.2f} ms", note

    held = f"{show.many(report.memories, 'memory', 'memories')} from {show.many(report.messages, 'message')}"
    rows = [
        row("add", report.add, "two messages, understood and embedded"),
        row("search", report.search, "the query's embedding included"),
        row("  its embedding", report.query_embedding),
        row("  without it", report.search_alone),
    ]
    show.table(out, (f"{report.add.count} times each", "p50", "p95", "worst", ""), rows, title=f"One user, {held}")
    how = {"now": "the whole process, now", "peak": "the whole process, at its peak"}.get(report.resident, "")
    numbers = {
        "captured": f"{report.captured_per_second:,.0f} messages/s, durable and found by their words",
        "understood": f"{report.understood_per_second:,.0f} messages/s, extracted, consolidated, embedded, indexed",
        "file": f"{report.file_bytes / 1e6:.1f} MB",
        "memory in use": f"{report.resident_bytes / 1e6:.0f} MB ({how})" if report.resident_bytes else "not told by this system",
        "embedder": f"{report.backends['vector']}, loaded in {report.embedder_load_seconds:.2f} s",
        "machine": f"{show.many(report.cpus, 'CPU')}; what else runs on it makes figures worse",
    }
    show.pairs(out, numbers)
