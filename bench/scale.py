"""One file with very many memories: ``make bench-scale``, or ``python bench/scale.py --help``.

Each store is made the way a user would move one: an export is written, and `Memory.load` reads it. Then a fresh process opens the
file and searches. Time spent embedding is left out of every figure: `WordVectors` costs next to nothing, and what it costs is
subtracted. The last table holds the vector index's two ways of searching, exact and in two steps, against each other.
"""

import argparse
import json
import os
import random
import re
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from page import RESULTS, machine, write_section
from run import Times, rss, spread
from texts import questions, statements

#: Statements in one message, and messages in one session.
STATED, SESSION = 4, 5
START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1e6)
LIVES = re.compile(r"My colleague (\w+ \w+) lives in (\w+) and studies (\w+)")
WORD = re.compile(r"\w+")


class WordVectors:
    """Unit vectors that are near each other when texts share words: the sum of a fixed random vector for each, the rarer the longer.

    Sentences of one form about the same things make clusters, as those of a real embedder do.
    """

    name = "bench-words-384"
    dimensions = 384

    def __init__(self) -> None:
        self._pool = np.random.default_rng(11).standard_normal((8192, self.dimensions), dtype=np.float32)
        self._pool *= np.random.default_rng(12).uniform(0.5, 1.5, (8192, 1)).astype(np.float32)
        self.seconds = self.cpu_seconds = 0.0

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        began, cpu_began = time.perf_counter(), time.process_time()
        words = [[zlib.crc32(w.encode()) % 8192 for w in WORD.findall(t.lower())] or [0] for t in texts]
        starts = np.cumsum([0, *map(len, words[:-1])])
        vectors = np.add.reduceat(self._pool[np.concatenate(words)], starts, axis=0) if words else self._pool[:0]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.seconds += time.perf_counter() - began
        self.cpu_seconds += time.process_time() - cpu_began
        return vectors


# --- an export of made-up memories ----------------------------------------------------------------------------------------------


def coined(chance: random.Random) -> str:
    """A word nobody knows; few of them come often, most of them hardly ever, as in language (Zipf)."""
    n = int(chance.paretovariate(0.6))
    return "".join(random.Random(n % 10**6).choices(("ka", "lo", "mi", "ren", "tas", "vo", "du", "sel", "fy", "gor"), k=3)).title()


def told(seed: int) -> Iterator[str]:
    """What one user says: the sentences of `texts`, every other one with a word from a long tail."""
    chance = random.Random(seed)
    for text in statements(seed):
        yield f"{text[:-1]}, near {coined(chance)}." if chance.random() < 0.5 else text


def write_export(path: Path, owners: int, each: int) -> None:
    """An export with `each` memories of every owner, each memory a quarter of a message."""
    from perdure.adapters.ledger.rows import digest
    from perdure.adapters.ledger.sqlite_dump import TABLES
    from perdure.model.message import Message
    from perdure.stages.capture import message_digest
    from perdure.stages.stores import counted, message_terms

    with path.open("w", encoding="utf-8") as f:

        def put(table: str, **row: object) -> None:
            f.write(json.dumps([table, [row.get(column) for column in TABLES[table]]]) + "\n")

        f.write(json.dumps({"format": "perdure-export", "version": 1, "schema": 1}) + "\n")
        doc, chance = 0, random.Random(1)
        for owner in range(owners):
            put("owners", tenant="", kind="user", key=f"user{owner}")
            memories: list[dict[str, object]] = []
            lines = list(islice(told(owner), each))
            for n, start in enumerate(range(0, each, STATED)):
                at, uid, part = START + owner + n * 3_600_000_000, f"m{owner}-{n}", lines[start : start + STATED]
                session, content, doc = f"s{owner}-{n // SESSION}", " ".join(part), doc + 1
                if n % SESSION == 0:
                    put("parts", part="session", key=session)
                put("episodes", id=f"e{owner}-{n}", session_id=session, recorded_at=at)
                memories += [
                    {"message": doc, "uid": uid, "at": at, "text": text, "start": content.index(text), "whole": len(content)}
                    for text in part
                ]
                put(
                    "messages", doc=doc, id=uid, episode=f"e{owner}-{n}", session_id=session, role="user", content=content, said_at=at,
                    recorded_at=at, metadata="{}", dated=1, private=0, digest=message_digest(Message(content)).hex(), asks=0,
                    words=sum(message_terms(None, content).values()),
                )  # fmt: skip
            for n, m in enumerate(memories):
                text, doc, num = str(m["text"]), doc + 1, owner * each + n + 1
                source = [m["message"], m["uid"], text, "user", m["at"], "user", m["start"], int(m["start"]) + len(text), "rules", "", ""]
                m |= {"id": uuid.UUID(int=chance.getrandbits(128)).hex, "num": num}
                put(
                    "memories", num=num, id=m["id"], version=1, doc=doc, text=text, digest=digest(text).hex(),
                    kind="fact", term="long_term", status="live", confidence=0.9, importance=0.5, subject="user", valid_from=m["at"],
                    recorded_at=m["at"], said_at=m["at"], superseded_by="", metadata="{}", sources=json.dumps([source]),
                    claims=claims(text), words=sum(counted(text).values()), drawn=f"{m['message']}:{100 * len(text) // int(m['whole'])}",
                )  # fmt: skip
            for m in memories:
                put(
                    "changes", id=f"c{m['id']}", type="add", memory=m["id"], after=m["num"], reason="said", actor="rules", at=m["at"],
                    cause="", undoes="", job=f"j{m['uid']}",
                )  # fmt: skip
            for uid, at in {str(m["uid"]): m["at"] for m in memories}.items():
                put(
                    "jobs", id=f"j{uid}", episode=f"e{uid[1:]}", state="done", attempts=1, created_at=at, finished_at=at, calls=0,
                    input_tokens=0, output_tokens=0, dropped="[]",
                )  # fmt: skip


def claims(text: str) -> str:
    """What such a sentence says about entities, as the ledger keeps it."""
    said = LIVES.search(text)
    if said is None:
        return "{}"
    who, city, field = said.groups()
    return json.dumps(
        {
            "e": [[who, "Person", []], [city, "Place", []]],
            "r": [["user", "colleague", who, None, None], [who, "lives_in", city, None, None]],
            "s": [["user", "colleague", who, None, None], [who, "lives_in", city, None, None], [who, "studies", field, None, None]],
        }
    )


# --- the parts, each in a process of its own; they return figures by name --------------------------------------------------------


def part_load(folder: Path, owners: int, each: int) -> dict[str, str]:
    """Writes an export and loads it."""
    from perdure import Memory

    export, embedder = folder / "export.jsonl", WordVectors()
    write_export(export, owners, each)
    with Memory(folder / "scale.db", embedder=embedder) as memory:
        loading = Times(embedder)
        loading.take(lambda: memory.load(export))
        stats = memory.stats()
    memories, seconds, cpu = owners * each, loading.wall[0] / 1000, loading.cpu[0] / 1000
    assert (stats.memories, stats.lag) == (memories, {}), stats
    export.unlink()
    size = (folder / "scale.db").stat().st_size  # closed: the log is in it
    return {
        "load, memories with messages": f"{memories / seconds:,.0f} a second ({seconds:,.0f} s); of the CPU alone {memories / cpu:,.0f}",
        "RSS at most while loading": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB",
        "file": f"{size / 1e6:,.0f} MB, {size / memories:,.0f} bytes a memory",
    }


def part_search(folder: Path, owners: int, queries: int) -> dict[str, str]:
    """A fresh process opens the store, reads a few scopes for the first time, then again, then writes to them."""
    file, embedder = folder / "scale.db", WordVectors()
    with file.open("rb") as f:
        os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)  # out of the system's cache: from the disk
    from perdure import Memory

    Memory(":memory:", embedder=embedder).close()  # imports are not part of opening
    before, opening, disk, first, warm, adding = rss(), *(Times(embedder) for _ in range(5))
    chosen = random.Random(3).sample(range(owners), min(owners, queries // 2))
    users = [f"user{n}" for n in chosen]
    asked = list(islice(questions(5), queries))
    opening.take(lambda: Memory(file, embedder=embedder, worker=False).close())
    with Memory(file, embedder=embedder, worker=False) as memory:
        for n, user in enumerate(users):
            (first if n else disk).take(lambda: memory.search(asked[0], user_id=user))  # noqa: B023
        for n, question in enumerate(asked):
            warm.take(lambda: memory.search(question, user_id=users[n % len(users)]))  # noqa: B023
        held = rss()
        for n, text in enumerate(islice(told(-1), queries // 2)):
            adding.take(lambda: memory.add(text, user_id=users[n % len(users)]))  # noqa: B023
    return {
        "open": f"{opening.median:.3g} ms",
        "the very first search, from the disk": f"{disk.median:,.3g} ms",
        "first search in a scope": f"{first.median:.3g} ms; {spread(first.wall)}" if first.wall else "–",
        "search": f"**{warm.median:.3g} ms**; {warm}",
        "add one message": f"{adding.median:.3g} ms; {adding}",
        "RSS after the searches": f"{held:.2f} GB, {before:.2f} before opening; scopes read: {len(users)}",
    }


def part_ladder(sizes: list[int], queries: int) -> list[str]:
    """Lines of the table of exact search and search in two steps."""
    from perdure.adapters.vector import matrix as module

    embedder, lines = WordVectors(), list[str]()
    asked = embedder.embed(list(islice(questions(7), queries)))
    matrix, mask = module.Matrix(embedder.dimensions, 0), np.zeros(0, dtype=bool)
    matrix.reserve(max(sizes))
    talk = told(3)
    for size in sorted(sizes):
        while matrix.n < size:
            texts = list(islice(talk, min(10_000, size - matrix.n)))
            matrix.append(module.to_steps(embedder.embed(texts)), np.arange(matrix.n, matrix.n + len(texts)))
        mask, found, taken = np.ones(size, dtype=bool), {}, {}
        for way, large in (("exact", size + 1), ("two steps", 0)):
            module.LARGE = large
            times, tops = [], []
            for query in asked:
                began = time.perf_counter()
                scores = matrix.scores(query, mask)
                times.append(1000 * (time.perf_counter() - began))
                tops.append(np.sort(scores)[:-101:-1])
            found[way], taken[way] = tops, statistics.median(times)
        recall = [
            statistics.mean(float(np.mean(b[:k] >= a[:k][-1])) for a, b in zip(found["exact"], found["two steps"], strict=True))
            for k in (10, 100)
        ]
        lines.append(f"| {size:,} | {taken['exact']:.2f} ms | {taken['two steps']:.2f} ms | {recall[0]:.3f} | {recall[1]:.3f} |")
    return lines


# --- running them and writing the section ---------------------------------------------------------------------------------------


def in_own_process(part: str, **arguments: object) -> Any:
    print(f"{part} {' '.join(f'{k}={v}' for k, v in arguments.items() if k != 'folder')} ...", file=sys.stderr, flush=True)
    order = json.dumps({"part": part, "arguments": {k: str(v) if isinstance(v, Path) else v for k, v in arguments.items()}})
    done = subprocess.run([sys.executable, __file__, "--part", order], stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    for line in found.items() if isinstance(found, dict) else found:
        print(f"  {line if isinstance(line, str) else ': '.join(line)}", file=sys.stderr, flush=True)
    return found


def section(columns: dict[str, dict[str, str]], ladder: list[str], notes: list[str]) -> list[str]:
    what = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    return [
        "## At scale",
        "",
        "Written by `bench/scale.py`. Every store is one file. A user says messages of four statements, each of which is a memory, so",
        "there are a quarter as many messages beside the memories. Times are medians without embedding, by the clock and (CPU) of the",
        "processor alone.",
        "",
        f"| | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
        *(f"| {name} | {' | '.join(figures.get(name, '') for figures in columns.values())} |" for name in what),
        "",
        "The vector index alone: every row exactly, or in two steps (signs first, then the nearest exactly), which it takes from",
        "20,000 rows on; the share of the true nearest 10 and 100 that two steps find, equal scores counting as found.",
        "",
        "| vectors of one user | exact | two steps | recall@10 | recall@100 |",
        "|---|---|---|---|---|",
        *ladder,
        "",
        *notes,
    ]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--stores", default="100x100,1x10000,1x50000,1x200000,10000x100", help="users × memories of each, comma-separated")
    asked.add_argument("--ladder", default="10000,20000,50000,100000,200000", help="sizes at which the two ways of searching are compared")
    asked.add_argument("--queries", type=int, default=200, help="searches in a store")
    asked.add_argument("--folder", type=Path, help="where the files are made; default: the system's temporary folder")
    asked.add_argument("--out", type=Path, default=RESULTS, help="the page whose section is replaced")
    asked.add_argument("--part", help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.part:
        order = json.loads(options.part)
        arguments = order["arguments"]
        if "folder" in arguments:
            arguments["folder"] = Path(arguments["folder"])
        print(json.dumps(globals()[f"part_{order['part']}"](**arguments)))
        return

    began, load, columns = datetime.now(UTC), os.getloadavg(), dict[str, dict[str, str]]()
    for store in filter(None, options.stores.split(",")):
        owners, each = map(int, store.split("x"))
        with tempfile.TemporaryDirectory(prefix="perdure-scale-", dir=options.folder) as name:
            figures = in_own_process("load", folder=Path(name), owners=owners, each=each)
            figures |= in_own_process("search", folder=Path(name), owners=owners, queries=options.queries)
        columns[f"{owners * each:,} memories of {f'{owners:,} users' if owners > 1 else 'one user'}"] = figures
    sizes = [int(size) for size in options.ladder.split(",") if size]
    ladder = in_own_process("ladder", sizes=sizes, queries=100) if sizes else []
    notes = [
        f"- date: {began:%Y-%m-%d %H:%M} UTC, {(datetime.now(UTC) - began).seconds} s in all",
        f"- command: `{shlex.join(['python', 'bench/scale.py', *sys.argv[1:]])}`",
        f"- load average before and after: {load[0]:.2f}, {os.getloadavg()[0]:.2f} (work of others makes figures worse)",
        *machine(),
    ]
    write_section("scale", section(columns, ladder, notes), options.out)
    print(f"wrote {options.out}", file=sys.stderr)


if __name__ == "__main__":
    main()
