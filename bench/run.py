"""Measures speed and size and writes the table: ``make bench``, or ``python bench/run.py --help``.

Every part runs in a process of its own, one after the other. Embedding is left out of every figure but its own: the scale
parts use `vectors.RandomVectors` and subtract the time spent in it. Figures are medians (p50) unless the row says otherwise.
"""

import argparse
import importlib.metadata
import json
import math
import os
import platform
import shlex
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"


class Row(NamedTuple):
    """One line of the table. The target, if there is one, is `at_most` or `at_least`."""

    what: str
    measured: float
    unit: str
    detail: str = ""
    at_most: float | None = None
    at_least: float | None = None

    def markdown(self) -> str:
        target, verdict = "", ""
        if self.at_most is not None:
            ratio = self.measured / self.at_most
            target, verdict = f"≤ {self.at_most:g} {self.unit}", f"{'met' if ratio <= 1 else 'missed'}, {ratio:.2f}×"
        elif self.at_least is not None:
            ratio = self.measured / self.at_least
            target, verdict = f"≥ {self.at_least:,g} {self.unit}", f"{'met' if ratio >= 1 else 'missed'}, {ratio:.2f}×"
        return f"| {self.what} | {self.measured:,.4g} {self.unit} | {self.detail} | {target} | {verdict} |"


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


def timed(embedder: object, verb: Callable[[], object]) -> float:
    """Milliseconds that `verb` took, without those spent embedding."""
    embedding, began = embedder.seconds, time.perf_counter()
    verb()
    return 1000 * (time.perf_counter() - began - (embedder.seconds - embedding))


def spread(values: list[float]) -> str:
    return f"p95 {p95(values):.3g}, max {max(values):.3g}, n {len(values)}"


# --- the parts; each returns rows -----------------------------------------------------------------------------------------------


def part_import(runs: int) -> Iterator[Row]:
    def seconds(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    codes = ("pass", "import perdure", "from perdure import Memory")
    for code in codes:
        seconds(code)  # warms the file cache and writes the .pyc files
    taken: dict[str, list[float]] = {code: [] for code in codes}
    for _ in range(runs):  # interleaved, so that a busy moment hits all alike
        for code in codes:
            taken[code].append(seconds(code))
    bare = taken["pass"]
    for code in codes[1:]:
        over = statistics.median(taken[code]) - statistics.median(bare)
        detail = (
            f"over a bare interpreter of {statistics.median(bare):.3g} s; fastest {min(taken[code]) - min(bare):.3g} s; n {runs}"
        )
        yield Row(f"`{code}`", over, "s", detail, at_most=0.06)


def part_prompt() -> Iterator[Row]:
    from tokenizers import Tokenizer

    import perdure
    from perdure import Memory
    from perdure.ports import LLMReply, LLMRequest

    tokenizer = Tokenizer.from_file(str(Path(perdure.__file__).parent / "data" / "minilm-tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    class Counting:
        name = "bench"
        calls = 0
        tokens = 0

        def complete(self, request: LLMRequest) -> LLMReply:
            self.calls += 1
            self.tokens += sum(len(tokenizer.encode(turn.content, add_special_tokens=False).ids) for turn in request.turns)
            self.tokens += (
                len(tokenizer.encode(json.dumps(request.schema), add_special_tokens=False).ids) if request.schema else 0
            )
            return LLMReply('{"memories": []}')

    def cost(*messages: dict[str, str]) -> Counting:
        llm = Counting()
        with Memory(":memory:", llm=llm, embedder="hashing") as memory:
            memory.add(list(messages), user_id="ada")
        return llm

    personal = cost(
        {"role": "user", "content": "I moved from Delhi to Bangalore last month and I now work at Initech."},
        {"role": "assistant", "content": "Congratulations! How do you like Bangalore so far?"},
    )
    small_talk = cost(
        {"role": "user", "content": "Hi, what is the capital of France?"},
        {"role": "assistant", "content": "The capital of France is Paris."},
    )
    detail = f"in {personal.calls} call; WordPiece tokens of the prompt and its schema, the two messages included"
    yield Row("prompt of an add of two messages", personal.tokens, "tokens", detail, at_most=2000)
    yield Row("calls when nothing personal was said", small_talk.calls, "calls", at_most=None)


def part_embed(count: int) -> Iterator[Row]:
    from texts import statements

    from perdure.adapters.embed.minilm import MiniLM

    began = time.perf_counter()
    embedder = MiniLM()
    embedder.embed(["warm"])
    yield Row("load the local embedder", time.perf_counter() - began, "s", "with the first embedding")
    texts = list(islice(statements(1), count))
    single: list[float] = []
    for text in texts[:200]:
        began = time.perf_counter()
        embedder.embed([text])
        single.append(1000 * (time.perf_counter() - began))
    yield Row("embed one sentence", statistics.median(single), "ms", spread(single))
    began = time.perf_counter()
    for start in range(0, count, 64):
        embedder.embed(texts[start : start + 64])
    yield Row("embed in batches of 64", count / (time.perf_counter() - began), "texts/s", f"n {count}")
    yield Row("RSS with the embedder loaded", rss(), "GB")


def part_scale(folder: Path, memories: int, owners: int, queries: int) -> Iterator[Row]:
    """A store of `memories` over `owners` users: what remembering, searching and adding cost in it."""
    from texts import questions, statements
    from vectors import RandomVectors

    from perdure import Memory

    embedder = RandomVectors()
    users = [f"user{i}" for i in range(owners)]
    of = f"{memories:,} memories of one user" if owners == 1 else f"{memories:,} memories of {owners} users"
    with Memory(folder / f"{memories}-{owners}.db", embedder=embedder) as memory:
        remembered = [
            timed(embedder, lambda: memory.remember(text, user_id=users[i % owners]))  # noqa: B023  (called at once)
            for i, text in enumerate(islice(statements(memories), memories))
        ]
        stats = memory.stats()
        yield Row(f"remember, until there are {of}", statistics.median(remembered), "ms", spread(remembered))

        def search(i: int, question: str) -> float:
            return timed(embedder, lambda: memory.search(question, user_id=users[i % owners]))

        cold = search(0, "Where do I live?")
        taken = [search(i, question) for i, question in enumerate(islice(questions(5), queries))]
        targets = {(1000, 1): 2, (10_000, 1): 6, (50_000, 1): 20, (10_000, 100): 2}
        detail = f"{spread(taken)}; first {cold:.3g}; {stats.memories:,} live"
        yield Row(f"search, {of}", statistics.median(taken), "ms", detail, at_most=targets.get((memories, owners)))

        added: list[float] = []
        for i, text in enumerate(islice(statements(11), queries)):
            two = [
                {"role": "user", "content": text},
                {"role": "assistant", "content": "Thanks for telling me, I will keep it in mind."},
            ]
            added.append(timed(embedder, lambda: memory.add(two, user_id=users[i % owners])))  # noqa: B023
        kept = memory.stats().memories - stats.memories
        detail = f"{spread(added)}; rule extractor included, {kept} memories from {queries} adds"
        target = 5 if (memories, owners) == (10_000, 1) else None
        yield Row(f"add two messages, {of}", statistics.median(added), "ms", detail, at_most=target)
        if owners == 1:
            yield Row(f"file, {of}", memory.stats().bytes / 1e6, "MB")


def part_rss(folder: Path, memories: int) -> Iterator[Row]:
    """A fresh process opens that store and searches it."""
    from texts import questions
    from vectors import RandomVectors

    from perdure import Memory

    embedder = RandomVectors()
    before = rss()
    with Memory(folder / f"{memories}-1.db", embedder=embedder) as memory:
        for question in islice(questions(3), 50):
            memory.search(question, user_id="user0")
        target = 0.2 if memories == 50_000 else None
        detail = f"of which {before:.3g} GB before opening (interpreter, numpy, the bench's own vectors); no embedding model"
        yield Row(f"RSS after 50 searches, {memories:,} × 384", rss(), "GB", detail, at_most=target)


def part_bulk(folder: Path, rows: int) -> Iterator[Row]:
    from texts import statements
    from vectors import RandomVectors

    from perdure import Memory

    embedder = RandomVectors()
    texts = list(islice(statements(3), rows))
    with Memory(folder / "bulk.db", embedder=embedder) as memory:
        taken = 0.0
        for start in range(0, rows, 1000):
            batch = [{"role": "user", "content": text} for text in texts[start : start + 1000]]
            taken += timed(embedder, lambda: memory.add(batch, user_id="ada", infer=False)) / 1000  # noqa: B023
        assert memory.stats().messages == rows
    yield Row(
        "bulk import of verbatim messages",
        rows / taken,
        "rows/s",
        f"{rows:,} rows, 1,000 an add, searchable on return",
        at_least=5000,
    )


def rss() -> float:
    """Gigabytes of memory this process holds now."""
    import psutil

    return psutil.Process().memory_info().rss / 1e9


# --- running them and writing the page ------------------------------------------------------------------------------------------


def in_own_process(part: str, **arguments: object) -> list[Row]:
    print(f"{part} {' '.join(f'{k}={v}' for k, v in arguments.items() if k != 'folder')} ...", file=sys.stderr, flush=True)
    order = json.dumps({"part": part, "arguments": {k: str(v) if isinstance(v, Path) else v for k, v in arguments.items()}})
    done = subprocess.run([sys.executable, __file__, "--part", order], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        print(f"  failed with exit code {done.returncode}", file=sys.stderr)
        return [Row(f"{part} {arguments}", float("nan"), "", "this part failed; see the terminal")]
    rows = [Row(**row) for row in json.loads(done.stdout)]
    for row in rows:
        print(f"  {row.what}: {row.measured:,.4g} {row.unit}  ({row.detail})", file=sys.stderr, flush=True)
    return rows


def run_part(order: str) -> None:
    asked = json.loads(order)
    arguments = asked["arguments"]
    if "folder" in arguments:
        arguments["folder"] = Path(arguments["folder"])
    print(json.dumps([row._asdict() for row in globals()[f"part_{asked['part']}"](**arguments)]))


def machine() -> list[str]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0] if names else cpu
    packages = [f"{name} {importlib.metadata.version(name)}" for name in ("perdure", "numpy", "onnxruntime", "tokenizers")]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    versions = ", ".join([python, f"SQLite {sqlite3.sqlite_version}", *packages])
    return [
        f"- machine: {os.cpu_count()} × {cpu}, {platform.system()} {platform.release()}",
        f"- versions: {versions}",
        f"- OMP_NUM_THREADS: {os.environ.get('OMP_NUM_THREADS', 'not set')}",
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sizes", default="1000,10000,50000", help="memories of one user")
    asked.add_argument("--shared", default="10000x100", help="memories × users of the many-users store; empty for none")
    asked.add_argument("--queries", type=int, default=200, help="searches and adds a store")
    asked.add_argument("--bulk", type=int, default=20_000, help="rows of the bulk import")
    asked.add_argument("--runs", type=int, default=15, help="interpreter starts for the import time")
    asked.add_argument("--embeddings", type=int, default=1024, help="texts for the embedder's rate")
    asked.add_argument("--out", type=Path, default=RESULTS, help="the page to write")
    asked.add_argument("--part", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.part:
        run_part(options.part)
        return

    began, load = datetime.now(UTC), os.getloadavg()
    sizes = [int(size) for size in options.sizes.split(",") if size]
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="perdure-bench-") as name:
        folder = Path(name)
        rows += in_own_process("import", runs=options.runs)
        rows += in_own_process("prompt")
        rows += in_own_process("embed", count=options.embeddings)
        for size in sizes:
            rows += in_own_process("scale", folder=folder, memories=size, owners=1, queries=options.queries)
        if options.shared:
            memories, owners = map(int, options.shared.split("x"))
            rows += in_own_process("scale", folder=folder, memories=memories, owners=owners, queries=options.queries)
        if sizes:
            rows += in_own_process("rss", folder=folder, memories=max(sizes))
        rows += in_own_process("bulk", folder=folder, rows=options.bulk)
    page = [
        "# How fast, how small",
        "",
        "Written by `bench/run.py`; do not edit. Medians; embedding time is left out except where a row names it.",
        "",
        "| what | measured | spread and conditions | target | |",
        "|---|---|---|---|---|",
        *(row.markdown() for row in rows),
        "",
        f"- date: {began:%Y-%m-%d %H:%M} UTC, {(datetime.now(UTC) - began).seconds} s in all",
        f"- command: `{shlex.join(['python', 'bench/run.py', *sys.argv[1:]])}`",
        f"- load average before and after: {load[0]:.2f}, {os.getloadavg()[0]:.2f} (work of others makes figures worse)",
        *machine(),
        "",
    ]
    options.out.write_text("\n".join(page), encoding="utf-8")
    print(f"wrote {options.out}", file=sys.stderr)
    if any(math.isnan(row.measured) for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
