"""Rows 4, 5 and 6: threads, processes and a writer killed half-way, on one file."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from perdure import Memory
from perdure.model.memory import MemoryRecord

WRITER = """
import itertools, sys
from perdure import Memory
memory = Memory(sys.argv[1], embedder="hashing")
print("ready", flush=True)
for n in itertools.count():
    memory.add(f"My brother Tom{n} lives in Oslo{n}.", user_id="ada")
    print(n, flush=True)
"""

VISITOR = """
import sys
from perdure import Memory
with Memory(sys.argv[1], embedder="hashing") as memory:
    print(*sorted(m.text for m in memory.list(user_id="ada")), sep="|", flush=True)
    memory.add("I play the oboe.", user_id="ada")
"""


def whole_list(memory: Memory) -> list[MemoryRecord]:
    kept: list[MemoryRecord] = []
    while page := memory.list(user_id="ada", limit=500, after=kept[-1].id if kept else None):
        kept += page
    return kept


def test_04_writer_and_reader_threads_together_lose_nothing(plain_memory: Memory) -> None:
    names = [f"Tom{n}" for n in range(24)]

    def write(batch: list[str]) -> None:
        for name in batch:
            plain_memory.add(f"My brother {name} works at Firm{name}.", user_id="ada")

    def read(_: int) -> None:
        for _ in range(30):
            plain_memory.search("Where does Tom3 work?", user_id="ada")
            plain_memory.graph(around="user", user_id="ada")

    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(write, names[i::4]) for i in range(4)] + [pool.submit(read, i) for i in range(2)]
        for job in jobs:
            job.result()  # raises what the thread raised

    kept = plain_memory.list(user_id="ada", limit=100)
    assert len(kept) == 24
    assert all(m.sources and plain_memory.history(m.id) for m in kept)
    for name in names:
        assert plain_memory.fact("employer", of=name, user_id="ada").value == f"Firm{name}"
        reached = plain_memory.graph(around=name, hops=1, user_id="ada").relations
        assert any(f"Firm{name}" in (r.subject, r.object) for r in reached)
    assert plain_memory.verify().ok


def test_05_a_second_process_reads_and_writes_the_same_file(path: Path) -> None:
    with Memory(path, embedder="hashing") as mine:
        mine.add("I live in Bergen.", user_id="ada")

        visit = subprocess.run([sys.executable, "-c", VISITOR, str(path)], check=False, capture_output=True, text=True, timeout=120)

        assert visit.returncode == 0, visit.stderr
        assert visit.stdout.strip() == "I live in Bergen."
        assert sorted(m.text for m in mine.list(user_id="ada")) == ["I live in Bergen.", "I play the oboe."]
        assert mine.search("oboe", user_id="ada")[0].text == "I play the oboe."
        mine.add("I work at Equinor.", user_id="ada")
        assert mine.verify().ok


@pytest.mark.parametrize("seed", range(4))
def test_06_a_killed_writer_leaves_whole_adds_or_none(path: Path, seed: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).uniform(0.05, 0.6))  # the point of the crash, not a deadline
    writer.send_signal(signal.SIGKILL)
    acknowledged = [int(line) for line in writer.stdout.read().splitlines() if line.strip()]
    writer.wait()

    with Memory(path, embedder="hashing", worker=False) as memory:
        memory.work()  # what was captured and not yet understood
        kept = {m.text: m for m in whole_list(memory)}
        for n in acknowledged:
            assert f"My brother Tom{n} lives in Oslo{n}." in kept
        assert len(kept) - len(acknowledged) in (0, 1)  # the one under way when it was killed
        for text, m in kept.items():
            number = text.split("Tom")[1].split()[0]
            assert [c.type for c in memory.history(m.id)] == ["add"]
            assert m.sources[0].quote in text
            assert memory.fact("lives_in", of=f"Tom{number}", user_id="ada").value == f"Oslo{number}"
        verification = memory.verify()
        assert verification.ok, verification.drift
