"""Measures perdure beside mem0ai and writes the section "Beside mem0ai": ``make bench-peers``, or ``python bench/peers.py --help``.

Both sides get the same texts, the same vectors and a stub in the place of the language model, and take turns in blocks of a few
calls, each in a process of its own (`peers_sides.py`). It needs an environment with both installed, which the make target sets up.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from page import RESULTS, machine, write_section

HERE = Path(__file__).parent
BLOCK = 10
"""Calls a side makes before it is the other's turn."""
SIDES = ("mem0", "perdure")
NOTES = """
- embedder: perdure's MiniLM for both. Vectors were made beforehand and looked up in a dictionary while measuring, and the time of the
  look-up is taken off, so that no figure has a model in it (texts the dictionary lacked: mem0ai {mem0}, perdure {perdure}).
- language model: a stub that answers at once with one memory, the user's sentence, in the form each library asks for. The
  sentences are made from few patterns, so that many are alike: where perdure asks the model whether two are the same (more than one
  call an add), the stub says no.
- mem0ai as `pip install mem0ai` gives it: Qdrant in local mode on disk, history in SQLite, telemetry off. Its entity boosts (spaCy) and
  BM25 (fastembed) need more packages and downloads; without them its searches and adds do less, not more. Qdrant itself advises a
  server instead of local mode above 20,000 vectors.
- stores were filled by bulk means on both sides: mem0ai through its vector store's `insert`, perdure by `add` (a hundred messages a
  call) to many small users, then `export` and `load` under the users measured. perdure keeps the message beside every memory, so it
  holds and searches twice as many documents as a row says.
"""


class Row(NamedTuple):
    """One line of the table. The target is perdure's: `at_most` or, where `more_is_better`, at least."""

    what: str
    mem0: float
    perdure: float
    unit: str
    detail: str = ""
    target: float | None = None
    more_is_better: bool = False

    def markdown(self) -> str:
        better, worse = (self.perdure, self.mem0) if self.more_is_better else (self.mem0, self.perdure)
        ratio = f"{better / worse:,.3g}×" if worse else ""
        target = verdict = ""
        if self.target is not None:
            met = self.perdure >= self.target if self.more_is_better else self.perdure <= self.target
            target, verdict = f"{'≥' if self.more_is_better else '≤'} {self.target:,g} {self.unit}", "met" if met else "missed"
        figures = f"{self.mem0:,.4g} {self.unit} | {self.perdure:,.4g} {self.unit} | {ratio} | {target} | {verdict}"
        return f"| {self.what} | {figures} | {self.detail} |"


class Process:
    """One side's process. `send` lets it work, `answer` waits for what it has to say."""

    def __init__(self, name: str, folder: Path, vectors: Path) -> None:
        environment = os.environ | {"MEM0_TELEMETRY": "False", "MEM0_DIR": str(folder / "mem0-home"), "HF_HUB_OFFLINE": "1"}
        command = [sys.executable, str(HERE / "peers_sides.py"), name, str(folder / name), str(vectors)]
        self.name = name
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def send(self, verb: str, **arguments: Any) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"verb": verb, **arguments}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            sys.exit(f"the process of {self.name} ended early; its error is above")
        return json.loads(line)

    def ask(self, verb: str, **arguments: Any) -> dict[str, Any]:
        self.send(verb, **arguments)
        return self.answer()

    def end(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(60)


class Pair:
    """Both sides."""

    def __init__(self, folder: Path, vectors: Path) -> None:
        self.sides = [Process(name, folder, vectors) for name in SIDES]

    def both(self, verb: str, **arguments: Any) -> dict[str, dict[str, Any]]:
        """At the same time: for what is not measured."""
        for side in self.sides:
            side.send(verb, **arguments)
        return {side.name: side.answer() for side in self.sides}

    def each(self, verb: str, **arguments: Any) -> dict[str, dict[str, Any]]:
        """One after the other."""
        return {side.name: side.ask(verb, **arguments) for side in self.sides}

    def turns(self, verb: str, total: int, **arguments: Any) -> dict[str, list[dict[str, Any]]]:
        """`total` calls in blocks, the sides taking turns and the one that begins changing every time."""
        answers: dict[str, list[dict[str, Any]]] = {name: [] for name in SIDES}
        for n, first in enumerate(range(0, total, BLOCK)):
            for side in self.sides[:: 1 if n % 2 else -1]:
                answers[side.name].append(side.ask(verb, first=first, count=min(BLOCK, total - first), **arguments))
        return answers

    def end(self) -> None:
        for side in self.sides:
            side.end()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def noted(row: Row) -> Row:
    say(f"  {row.what}: mem0 {row.mem0:,.4g}, perdure {row.perdure:,.4g} {row.unit}  ({row.detail})")
    return row


def times(what: str, answers: dict[str, list[dict[str, Any]]], detail: str, target: float | None = None) -> Row:
    wall, cpu = ({side: sorted(ms for answer in answers[side] for ms in answer[key]) for side in SIDES} for key in ("ms", "cpu"))
    p50, p95 = ({side: values[int(share * len(values))] for side, values in wall.items()} for share in (0.5, 0.95))
    spread = f"p95 {p95['mem0']:,.3g} and {p95['perdure']:,.3g}, n {len(wall['mem0'])} each"
    busy = " and ".join(f"{statistics.median(cpu[side]):,.3g}" for side in SIDES)
    return noted(Row(what, p50["mem0"], p50["perdure"], "ms", f"{spread}; of the CPU {busy}; {detail}", target))


# --- the rows -------------------------------------------------------------------------------------------------------------------


def import_time(runs: int) -> Row:
    codes = {"bare": "pass", "mem0": "from mem0 import Memory", "perdure": "from perdure import Memory"}
    taken: dict[str, list[float]] = {name: [] for name in codes}
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"MEM0_TELEMETRY": "False", "MEM0_DIR": home}
        for run in range(runs + 1):
            for name, code in codes.items():
                began = time.perf_counter()
                subprocess.run([sys.executable, "-c", code], check=True, env=environment)
                if run:  # the first warms the file cache and writes the .pyc files
                    taken[name].append(time.perf_counter() - began)
    bare, mem0, perdure = (statistics.median(taken[name]) for name in codes)
    detail = f"`from … import Memory`, over a bare interpreter of {bare:.3g} s; n {runs} each"
    return noted(Row("import", mem0 - bare, perdure - bare, "s", detail, 0.06))


def prompts(pair: Pair) -> list[Row]:
    found = pair.each("prompt")
    calls, tokens = (
        {talk: [found[side][talk][key] for side in SIDES] for talk in ("dialogue", "small_talk")} for key in ("calls", "tokens")
    )
    detail = "in {} and {} calls; without the messages; WordPiece tokens for both".format(*calls["dialogue"])
    quiet = "{:,} and {:,} tokens".format(*tokens["small_talk"])
    return [
        noted(Row("prompt of an add of two messages, empty store", *tokens["dialogue"], "tokens", detail, 2000)),
        noted(Row("LLM calls when nothing personal was said", *calls["small_talk"], "calls", quiet, 0)),
    ]


def store(pair: Pair, name: str, sizes: list[int], owners: int, options: argparse.Namespace) -> list[Row]:
    """One store that grows from size to size; searched at each, and added to at 10,000 memories of one user (or the nearest size)."""
    rows: list[Row] = []
    pair.both("open", store=name)
    held = 0
    adds_at = min(sizes, key=lambda size: abs(size - 10_000)) if owners == 1 else None
    for size in sizes:
        say(f"filling to {size:,} memories, {owners} users ...")
        filled = pair.both("fill", first=held, last=size, owners=owners)
        held = size
        pair.both("search", first=900, count=owners, owners=owners)  # a user's first search loads what the next ones find in memory
        of = f"{size:,} memories of one user" if owners == 1 else f"{size:,} memories over {owners} users"
        found = pair.turns("search", options.queries, owners=owners)
        hits = " and ".join(f"{sum(a['hits'] for a in found[side]) / options.queries:.3g}" for side in SIDES)
        counts = " and ".join(f"{filled[side]['memories']:,}" for side in SIDES)
        target = {(1000, 1): 2, (10_000, 1): 6, (50_000, 1): 20, (10_000, 100): 2}.get((size, owners))
        rows.append(times(f"search, {of}", found, f"{counts} held, {hits} hits a search", target))
        if size == adds_at:
            told = pair.turns("add", options.adds, owners=owners)
            calls, tokens = ({s: sum(a[key] for a in told[s]) / options.adds for s in SIDES} for key in ("calls", "tokens"))
            detail = f"one memory learnt each; {calls['mem0']:.3g} and {calls['perdure']:.3g} LLM calls an add"
            rows.append(times(f"add two messages, {of}", told, detail, 5 if size == 10_000 else None))
            whole = "of all its calls, messages and all; existing memories are shown to the model"
            rows.append(noted(Row(f"prompts of such an add, {of}", tokens["mem0"], tokens["perdure"], "tokens", whole)))
    pair.both("close")
    return rows


def bulk(pair: Pair, rows: int) -> Row:
    pair.both("open", store="bulk")
    wall, cpu = dict.fromkeys(SIDES, 0.0), dict.fromkeys(SIDES, 0.0)
    step = max(1, rows // 4)
    for n, first in enumerate(range(0, rows, step)):
        for side in pair.sides[:: 1 if n % 2 else -1]:
            answer = side.ask("bulk", first=first, count=step, rows=rows)
            wall[side.name] += answer["ms"][0] / 1000
            cpu[side.name] += answer["cpu"][0] / 1000
    pair.both("close")
    mem0, perdure = (rows / wall[name] for name in SIDES)
    alone = " and ".join(f"{rows / cpu[name]:,.0f}" for name in SIDES)
    detail = f"{rows:,} rows, {step:,} an add, `infer=False`; of the CPU alone {alone}: mem0 commits row by row, so that the disk decides"
    return noted(Row("bulk import of verbatim messages", mem0, perdure, "rows/s", detail, 5000, more_is_better=True))


def memory(folder: Path, vectors: Path, size: int) -> tuple[Row, Row]:
    """Fresh processes open the largest store and search it."""
    pair = Pair(folder, vectors)
    pair.both("learn", rows=0)
    before = pair.each("memory")
    opening = dict.fromkeys(SIDES, 0.0)
    for side in pair.sides:
        began = time.perf_counter()
        side.ask("open", store="one")
        opening[side.name] = time.perf_counter() - began
    pair.each("search", first=0, count=50, owners=1)
    after = pair.each("memory")
    pair.end()
    mem0, perdure = (after[name]["gb"] for name in SIDES)
    empty = " and ".join(f"{before[name]['gb']:.3g}" for name in SIDES)
    detail = f"after 50 searches; of which {empty} GB before the store was opened; no embedding model in the process"
    held = Row(f"RSS, {size:,} × 384", mem0, perdure, "GB", detail, 0.2 if size == 50_000 else None)
    opened = Row(f"open the store of {size:,} memories", opening["mem0"], opening["perdure"], "s", "import included")
    return noted(held), noted(opened)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sizes", default="1000,10000,50000", help="memories of one user, in hundreds")
    asked.add_argument("--shared", default="10000x100", help="memories × users of the many-users store; empty for none")
    asked.add_argument("--queries", type=int, default=50, help="searches a size and side")
    asked.add_argument("--adds", type=int, default=30, help="adds a side")
    asked.add_argument("--bulk", type=int, default=2000, help="rows of the bulk import")
    asked.add_argument("--runs", type=int, default=9, help="interpreter starts for the import time")
    asked.add_argument("--vectors", type=Path, default=HERE.parent / "build" / "peers", help="where vectors are kept between runs")
    asked.add_argument("--out", type=Path, default=RESULTS, help="the page whose section is written")
    options = asked.parse_args()
    sizes = sorted(int(size) for size in options.sizes.split(",") if size)
    shared, owners = map(int, options.shared.split("x")) if options.shared else (0, 1)
    if any(size % 100 for size in [*sizes, shared]) or not sizes:
        asked.error("sizes must be multiples of 100")

    began, load = datetime.now(UTC), os.getloadavg()
    rows = [import_time(options.runs)]
    with tempfile.TemporaryDirectory(prefix="perdure-peers-") as name:
        folder = Path(name)
        pair = Pair(folder, options.vectors)
        pair.each("learn", rows=options.bulk)
        rows += prompts(pair)
        say("preparing ...")
        pair.sides[0].ask("prepare", most=max(*sizes, shared))  # the vectors are made by one side only
        pair.sides[1].ask("prepare", most=max(*sizes, shared))
        rows += store(pair, "one", sizes, 1, options)
        if shared:
            rows += store(pair, "many", [shared], owners, options)
        rows.append(bulk(pair, options.bulk))
        unknown = {side: said["unknown"] for side, said in pair.each("memory").items()}
        pair.end()
        rows += memory(folder, options.vectors, sizes[-1])
    notes = NOTES.format(**unknown).strip().splitlines()
    lines = [
        "## Beside mem0ai",
        "",
        "Written by `bench/peers.py`. Figures are medians; the ratio says how many times less perdure takes (or how many times more it",
        "does). Both sides ran in the same minutes, in blocks of ten calls each, every side in a process of its own.",
        "",
        "| what | mem0ai | perdure | ratio | target for perdure | | spread (mem0ai and perdure) and conditions |",
        "|---|---|---|---|---|---|---|",
        *(row.markdown() for row in rows),
        "",
        *notes,
        f"- date: {began:%Y-%m-%d %H:%M} UTC, {(datetime.now(UTC) - began).seconds} s in all",
        f"- command: `{shlex.join(['make', 'bench-peers', *([f'ARGS={shlex.join(sys.argv[1:])}'] if sys.argv[1:] else [])])}`",
        f"- load average before and after: {load[0]:.2f}, {os.getloadavg()[0]:.2f} (work of others makes figures worse)",
        *machine(("mem0ai", "qdrant-client", "perdure", "numpy", "onnxruntime", "tokenizers")),
    ]
    write_section("peers", lines, options.out)
    say(f"wrote {options.out}")


if __name__ == "__main__":
    main()
