"""Measures speed and size and writes the section "perdure alone": ``make bench``, or ``python bench/run.py --help``.

Every part runs in a process of its own, one after the other. Embedding is left out of every figure but its own: the scale
parts use `vectors.RandomVectors` and subtract the time spent in it. Figures are medians (p50) unless the row says otherwise.
"""

import argparse
import json
import math
import os
import shlex
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

from page import RESULTS, machine, write_section
from texts import questions, statements
from vectors import RandomVectors

PEER = "The mem0ai figures were taken earlier, on the same kind of machine with stub models; `bench/peers.py` measures them again."


class Row(NamedTuple):
    """One line of the table. The target, if there is one, is `at_most` or `at_least`; `mem0` is that library's figure, see `PEER`."""

    what: str
    measured: float
    unit: str
    detail: str = ""
    at_most: float | None = None
    at_least: float | None = None
    mem0: str = ""

    def markdown(self) -> str:
        target, verdict = "", ""
        if self.at_most is not None:
            ratio = self.measured / self.at_most
            target, verdict = f"≤ {self.at_most:g} {self.unit}", f"{'met' if ratio <= 1 else 'missed'}, {ratio:.2f}×"
        elif self.at_least is not None:
            ratio = self.measured / self.at_least
            target, verdict = f"≥ {self.at_least:,g} {self.unit}", f"{'met' if ratio >= 1 else 'missed'}, {ratio:.2f}×"
        return f"| {self.what} | {self.mem0} | {self.measured:,.4g} {self.unit} | {self.detail} | {target} | {verdict} |"


class Times:
    """How long calls took, in milliseconds, without the time spent embedding: by the clock on the wall, and of the processor alone."""

    def __init__(self, embedder: RandomVectors) -> None:
        self._embedder = embedder
        self.wall: list[float] = []
        self.cpu: list[float] = []

    def take(self, verb: Callable[[], object]) -> None:
        e = self._embedder
        wall, cpu = time.perf_counter() - e.seconds, time.process_time() - e.cpu_seconds
        verb()
        self.wall.append(1000 * (time.perf_counter() - e.seconds - wall))
        self.cpu.append(1000 * (time.process_time() - e.cpu_seconds - cpu))

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    def __str__(self) -> str:
        return f"{spread(self.wall)}; CPU {statistics.median(self.cpu):.3g}"


def spread(values: list[float]) -> str:
    p95 = sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]
    return f"p95 {p95:.3g}, max {max(values):.3g}, n {len(values)}"


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
        detail = f"over a bare interpreter of {statistics.median(bare):.3g} s; fastest {min(taken[code]) - min(bare):.3g} s; n {runs}"
        yield Row(f"`{code}`", over, "s", detail, at_most=0.06, mem0="1.9 s" if "Memory" in code else "")


def part_prompt() -> Iterator[Row]:
    from tokenizers import Tokenizer

    import perdure
    from perdure import Memory
    from perdure.ports import LLMReply, LLMRequest

    tokenizer = Tokenizer.from_file(str(Path(perdure.__file__).parent / "data" / "minilm-tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    def tokens(text: str) -> int:
        return len(tokenizer.encode(text, add_special_tokens=False).ids)

    class Counting:
        name = "bench"
        calls = 0
        tokens = 0

        def complete(self, request: LLMRequest) -> LLMReply:
            self.calls += 1
            self.tokens += sum(tokens(turn.content) for turn in request.turns)
            self.tokens += tokens(json.dumps(request.schema)) if request.schema else 0
            return LLMReply('{"memories": []}')

    def cost(*contents: str) -> Counting:
        llm = Counting()
        roles = ("user", "assistant")
        with Memory(":memory:", llm=llm, embedder="hashing") as memory:
            memory.add([{"role": role, "content": text} for role, text in zip(roles, contents, strict=True)], user_id="ada")
        return llm

    personal = ("I moved from Delhi to Bangalore last month and now work at Initech.", "Congratulations! How do you like Bangalore so far?")
    asked = cost(*personal)
    own = asked.tokens - sum(map(tokens, personal))
    detail = f"in {asked.calls} call; WordPiece tokens of prompt and schema without the messages; other tokenizers count fewer for JSON"
    yield Row("prompt of an add of two messages", own, "tokens", detail, at_most=2000, mem0="8,500–8,900 in 1 call")
    small_talk = cost("Hi, what is the capital of France?", "The capital of France is Paris.")
    yield Row("LLM calls when nothing personal was said", small_talk.calls, "calls", "target: 0", mem0="1 call")


def part_embed(count: int) -> Iterator[Row]:

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
    from perdure import Memory

    embedder = RandomVectors()
    users = [f"user{i}" for i in range(owners)]
    size = (memories, owners)
    of = f"{memories:,} memories of one user" if owners == 1 else f"{memories:,} memories of {owners} users"
    with Memory(folder / f"{memories}-{owners}.db", embedder=embedder) as memory:
        remembering = Times(embedder)
        for i, text in enumerate(islice(statements(memories), memories)):
            remembering.take(lambda: memory.remember(text, user_id=users[i % owners]))  # noqa: B023  (called at once)
        before = memory.stats().memories
        yield Row(f"remember, until there are {of}", remembering.median, "ms", f"{remembering}; {before:,} live")

        opening = Times(embedder)  # a user's first search also loads what the next ones find in memory
        for user in users:
            opening.take(lambda: memory.search("Where do I live?", user_id=user))  # noqa: B023
        searching = Times(embedder)
        for i, question in enumerate(islice(questions(5), queries)):
            searching.take(lambda: memory.search(question, user_id=users[i % owners]))  # noqa: B023
        at_most = {(1000, 1): 2, (10_000, 1): 6, (50_000, 1): 20, (10_000, 100): 2}.get(size)
        mem0 = {(1000, 1): "24 ms", (10_000, 1): "183 ms", (50_000, 1): "582 ms", (10_000, 100): "183 ms"}.get(size, "")
        yield Row(f"search, {of}", searching.median, "ms", f"{searching}; a user's first {opening.median:.3g}", at_most=at_most, mem0=mem0)

        adding = Times(embedder)
        for i, text in enumerate(islice(statements(11), queries)):
            two = [{"role": "user", "content": text}, {"role": "assistant", "content": "Thanks for telling me, I will keep it in mind."}]
            adding.take(lambda: memory.add(two, user_id=users[i % owners]))  # noqa: B023
        detail = f"{adding}; rule extractor included, {memory.stats().memories - before} memories from {queries} adds"
        at_most, mem0 = (5, "312 ms") if size == (10_000, 1) else (None, "")
        yield Row(f"add two messages, {of}", adding.median, "ms", detail, at_most=at_most, mem0=mem0)
        if owners == 1:
            yield Row(f"file, {of}", memory.stats().bytes / 1e6, "MB")


def part_rss(folder: Path, memories: int) -> Iterator[Row]:
    """A fresh process opens that store and searches it."""
    from perdure import Memory

    embedder = RandomVectors()
    before = rss()
    with Memory(folder / f"{memories}-1.db", embedder=embedder) as memory:
        for question in islice(questions(3), 50):
            memory.search(question, user_id="user0")
        judged = memories == 50_000
        detail = f"of which {before:.3g} GB before opening (interpreter, numpy, the bench's own vectors); no embedding model"
        yield Row(
            f"RSS after 50 searches, {memories:,} × 384",
            rss(),
            "GB",
            detail,
            at_most=0.2 if judged else None,
            mem0="1.34 GB" if judged else "",
        )


def part_bulk(folder: Path, rows: int) -> Iterator[Row]:
    from perdure import Memory

    embedder = RandomVectors()
    texts = list(islice(statements(3), rows))
    with Memory(folder / "bulk.db", embedder=embedder) as memory:
        importing = Times(embedder)
        for start in range(0, rows, 1000):
            batch = [{"role": "user", "content": text} for text in texts[start : start + 1000]]
            importing.take(lambda: memory.add(batch, user_id="ada", infer=False))  # noqa: B023
        assert memory.stats().messages == rows
    detail = f"{rows:,} rows, 1,000 an add, searchable on return; of the CPU alone {1000 * rows / sum(importing.cpu):,.0f}"
    yield Row("bulk import of verbatim messages", 1000 * rows / sum(importing.wall), "rows/s", detail, at_least=5000, mem0="57 rows/s")


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


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sizes", default="1000,10000,50000", help="memories of one user")
    asked.add_argument("--shared", default="10000x100", help="memories × users of the many-users store; empty for none")
    asked.add_argument("--queries", type=int, default=200, help="searches and adds a store")
    asked.add_argument("--bulk", type=int, default=20_000, help="rows of the bulk import")
    asked.add_argument("--runs", type=int, default=15, help="interpreter starts for the import time")
    asked.add_argument("--embeddings", type=int, default=1024, help="texts for the embedder's rate")
    asked.add_argument("--out", type=Path, default=RESULTS, help="the page whose section is written")
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
    lines = [
        "## perdure alone",
        "",
        "Written by `bench/run.py`. Medians; embedding time is left out except where a row names it.",
        PEER,
        "",
        "| what | mem0ai 2.2.1 | perdure | spread and conditions | target | |",
        "|---|---|---|---|---|---|",
        *(row.markdown() for row in rows),
        "",
        f"- date: {began:%Y-%m-%d %H:%M} UTC, {(datetime.now(UTC) - began).seconds} s in all",
        f"- command: `{shlex.join(['python', 'bench/run.py', *sys.argv[1:]])}`",
        f"- load average before and after: {load[0]:.2f}, {os.getloadavg()[0]:.2f} (work of others makes figures worse)",
        *machine(),
    ]
    write_section("run", lines, options.out)
    print(f"wrote {options.out}", file=sys.stderr)
    if any(math.isnan(row.measured) for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
