"""What an add costs: prompt tokens, calls and time, at an empty store and at 1,000 and 10,000 memories: ``make bench-cost``.

The model is a stub that writes down the prompts it is asked and answers at once with one memory, the user's sentence; it writes the section
"cost of an add" of the page of results. Tokens are WordPiece tokens of all turns and the schema, the messages' own left out, counted as
`peers_sides.py` counts them for both libraries; tokenizers of chat models count fewer. The memories are made-up statements (`texts.py`),
many of which differ in a word or two: more of them are near others than in life, so that the second question (is it the same?) comes up
more often.
"""

import argparse
import json
import re
import statistics
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from page import RESULTS, machine, write_section
from peers_sides import DIALOGUE, SMALL_TALK, _tokens, turns
from peers_vectors import THANKS
from texts import statements

from perdure import Memory
from perdure.adapters.embed.minilm import MiniLM
from perdure.ports import LLMReply, LLMRequest

MEM0 = "8,500–8,900 in 1 call"
"""Of mem0ai 2.2.1 for the same two messages into an empty store, counted by `bench/peers.py`."""
MESSAGE = re.compile(r'<message n="(\d+)"[^>]*>(.*?)</message>', re.DOTALL)
SIZES = (0, 1_000, 10_000)


class Timed(MiniLM):
    """The built-in embedder, its time and its texts counted."""

    seconds, cpu, texts = 0.0, 0.0, 0

    def embed(self, texts: Any) -> Any:
        return self._timed(super().embed, texts)

    def embed_passages(self, texts: Any) -> Any:
        return self._timed(super().embed_passages, texts)

    def _timed(self, run: Callable[[Any], Any], texts: Any) -> Any:
        began, cpu = time.perf_counter(), time.process_time()
        found = run(texts)
        self.seconds, self.cpu = self.seconds + time.perf_counter() - began, self.cpu + time.process_time() - cpu
        self.texts += len(texts)
        return found


class Stub:
    """A model that finds each user's message worth keeping, word for word, and nothing the same as anything."""

    name = "stub"

    def __init__(self) -> None:
        self.requests: list[LLMRequest] = []

    def complete(self, request: LLMRequest) -> LLMReply:
        self.requests.append(request)
        if request.schema_name != "extraction":
            return LLMReply('{"same_as": null}')
        found = [(int(n), text) for n, text in MESSAGE.findall(request.turns[-1].content) if text != THANKS]
        memories = [{"text": t, "quote": t, "message": n, "kind": "fact", "term": "long_term", "confidence": 0.9} for n, t in found]
        return LLMReply(json.dumps({"memories": memories, "entities": [], "relations": [], "private": []}))


class Asked(NamedTuple):
    """What adds took, each: prompt tokens and calls of the extraction and of the question whether something is the same; milliseconds."""

    tokens: float
    calls: float
    same_tokens: float
    same_calls: float
    own: float
    cpu: float
    embedding: float
    texts: float

    def __str__(self) -> str:
        more = f"; {self.same_calls:.2f} more of {self.same_tokens / self.same_calls:,.0f} tokens" if self.same_calls else ""
        return f"{self.tokens:,.0f} in {self.calls:g} {'call' if self.calls == 1 else 'calls'}{more}"


def adds(memory: Memory, stub: Stub, embedder: Timed, dialogues: list[tuple[str, str]], user: str) -> Asked:
    """Adds of two messages."""
    own, cpu, embedding, texts = list[float](), list[float](), list[float](), 0
    stub.requests.clear()
    for dialogue in dialogues:
        before = embedder.seconds, embedder.cpu, embedder.texts
        began, busy = time.perf_counter(), time.process_time()
        memory.add(turns(*dialogue), user_id=user)
        whole, worked = time.perf_counter() - began, time.process_time() - busy
        embedding.append(1000 * (embedder.seconds - before[0]))
        own.append(1000 * whole - embedding[-1])
        cpu.append(1000 * (worked - embedder.cpu + before[1]))
        texts += embedder.texts - before[2]
    n = len(dialogues)
    said = _tokens([t for d in dialogues for t in d])
    extractions = [r for r in stub.requests if r.schema_name == "extraction"]
    same = [r for r in stub.requests if r.schema_name != "extraction"]
    middle = (statistics.median(v) for v in (own, cpu, embedding))
    return Asked(
        max(0, prompt_tokens(extractions) - said) / n, len(extractions) / n, prompt_tokens(same) / n, len(same) / n, *middle, texts / n
    )


def prompt_tokens(requests: list[LLMRequest]) -> int:
    """Of all turns and schemas."""
    return _tokens(["\n".join([*(t.content for t in r.turns), *([json.dumps(r.schema)] if r.schema else [])]) for r in requests])


def fixed_tokens(request: LLMRequest) -> int:
    """Of what is the same in every extraction: instructions and schema, which a provider's cache can hold."""
    return _tokens([t.content for t in request.turns if t.role == "system"] + [json.dumps(request.schema)])


def fill(memory: Memory, texts: Any, upto: int, user: str) -> None:
    """Adds statements until there are so many memories, with the rule extractor."""
    while (there := memory.stats(user_id=user).memories) < upto:
        memory.add_many(list(islice(texts, min(500, max(10, upto - there)))), user_id=user)


def bulk(folder: Path, embedder: Timed, rows: int) -> tuple[float, float]:
    """Rows a second by the rule extractor, embedding taken off: one by one, and many at once."""
    texts = list(islice(statements(23), rows))
    found: list[float] = []
    for name, run in (
        ("one", lambda m: [m.add(t, user_id="u") for t in texts]),
        ("many", lambda m: m.add_many(texts, user_id="u")),
    ):
        with Memory(folder / f"bulk_{name}.db", embedder=embedder, worker=False) as memory:
            began, before = time.perf_counter(), embedder.seconds
            run(memory)
            found.append(rows / (time.perf_counter() - began - embedder.seconds + before))
    return found[0], found[1]


def together(folder: Path, embedder: Timed, turns_of: int) -> tuple[int, float]:
    """Calls and prompt tokens a turn when so many turns wait for one worker."""
    stub = Stub()
    with Memory(folder / "together.db", embedder=embedder, llm=stub, worker=False) as memory:
        memory.add_many([turns(t, THANKS) for t in islice(statements(31), turns_of)], user_id="u")
    made = [r for r in stub.requests if r.schema_name == "extraction"]
    said = _tokens([*islice(statements(31), turns_of), *[THANKS] * turns_of])
    return len(made), (prompt_tokens(made) - said) / turns_of


def measure(folder: Path, sizes: list[int], count: int) -> list[str]:
    embedder, stub, path, user = Timed(), Stub(), folder / "cost.db", "ada"
    new = [(t, THANKS) for t in islice(statements(11), 2 * count * len(sizes))]
    head = (
        "memories stored", "prompt of an add: mem0ai 2.2.1", "perdure", "of a dialogue about moving house", "of small talk",
        "add, own time p50 (of the CPU)", "embedding of its texts p50",
    )  # fmt: skip
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    pool, fixed, texts = iter(new), 0, statements(1)
    for size in sizes:
        with Memory(path, embedder=embedder, worker=False) as memory:
            fill(memory, texts, size, user)
            held = memory.stats(user_id=user).memories
        whose = user if held else "nobody"
        with Memory(path, embedder=embedder, llm=stub, worker=False) as memory:
            adds(memory, stub, embedder, [next(pool) for _ in range(5)], whose if held else "warm")
            some = [next(pool) for _ in range(count)]
            asked = adds(memory, stub, embedder, some, whose) if held else _empty(memory, stub, embedder, some)
            fixed = fixed_tokens(next(r for r in stub.requests if r.schema_name == "extraction"))
            moved = adds(memory, stub, embedder, [DIALOGUE], whose if held else "new1")
            talk = adds(memory, stub, embedder, [SMALL_TALK], whose if held else "new2")
        lines.append(
            f"| {held:,} | {'' if held else MEM0} | {asked} "
            f"| {moved.tokens:,.0f} in {moved.calls:g} | {talk.tokens:,.0f} in {talk.calls:g} | "
            f"{asked.own:.1f} ms ({asked.cpu:.1f}) | {asked.embedding:.1f} ms for {asked.texts:.1f} texts |"
        )
        print(lines[-1], flush=True)
    return [
        *lines,
        "",
        f"- {fixed:,} of the tokens of an extraction are instructions and schema, the same in every call: what a provider's cache holds",
    ]


def _empty(memory: Memory, stub: Stub, embedder: Timed, dialogues: list[tuple[str, str]]) -> Asked:
    """The same, every add of another user who has no memories yet."""
    each = [adds(memory, stub, embedder, [d], f"empty{n}") for n, d in enumerate(dialogues)]
    mean = (statistics.fmean(getattr(a, f) for a in each) for f in ("tokens", "calls", "same_tokens", "same_calls"))
    middle = (statistics.median(getattr(a, f) for a in each) for f in ("own", "cpu", "embedding"))
    return Asked(*mean, *middle, statistics.fmean(a.texts for a in each))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="memories stored")
    parser.add_argument("--adds", type=int, default=40, help="adds measured at each size")
    parser.add_argument("--rows", type=int, default=1_000, help="messages of the bulk import")
    parser.add_argument("--page", type=Path, default=RESULTS, help="where the section is written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        lines = measure(Path(folder), sorted(options.sizes), options.adds)
        embedder = Timed()
        one, many = bulk(Path(folder), embedder, options.rows)
        calls, each = together(Path(folder), embedder, 24)
    lines += [
        f"- 24 turns of two messages at once (`add_many`): {calls} calls, {each:,.0f} prompt tokens a turn",
        f"- by rules, n {options.rows:,}, embedding left out: {one:,.0f} messages a second one by one, {many:,.0f} at once",
        *machine(),
    ]
    section = [
        "## Cost of an add", "", "Written by `bench/cost.py` (`make bench-cost`), which says how tokens are counted. Prompt tokens",
        "without the messages' own, mean of the adds; the model answers at once: times are perdure's own and the embedder's.", "", *lines,
    ]  # fmt: skip
    write_section("cost of an add", section, options.page)
    print("\n".join(section))


if __name__ == "__main__":
    main()
