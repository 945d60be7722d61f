"""Eight threads and four processes use one file at once: no error, nothing lost, nothing twice."""

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from busy_worker import ROUNDS, SHARED, statement, work
from open_together import PROCESSES as PROCESSES_AT_ONCE

from perdure import Memory

THREADS = [f"thread{i}" for i in range(8)]
PROCESSES = [f"process{i}" for i in range(4)]


@pytest.mark.slow
def test_threads_and_processes_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    script = Path(__file__).with_name("busy_worker.py")
    with Memory(path, embedder="hashing") as memory:
        others = [
            subprocess.Popen([sys.executable, script, path, name], stderr=subprocess.PIPE, text=True, env=os.environ) for name in PROCESSES
        ]
        with ThreadPoolExecutor(len(THREADS)) as pool:
            for done in [pool.submit(work, memory, name) for name in THREADS]:
                done.result()
        for process in others:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors

    with Memory(path, embedder="hashing") as memory:
        for name in THREADS + PROCESSES:
            texts = Counter(record.text for record in memory.list(user_id=name, limit=1000))
            assert texts == Counter(statement(name, number) for number in range(ROUNDS))
            assert memory.stats(user_id=name).messages == ROUNDS
            assert memory.stats(user_id=f"{name}-gone").messages == 0
            assert memory.list(user_id=f"{name}-gone") == []
        shared = {record.text: record for record in memory.list(user_id="shared", limit=1000)}
        assert sorted(shared) == sorted(SHARED)
        workers = len(THREADS) + len(PROCESSES)
        assert {len(record.sources) for record in shared.values()} == {workers * ROUNDS // len(SHARED)}
        assert memory.stats(user_id="shared").messages == workers * ROUNDS
        assert memory.verify().drift == ()


def test_concurrent_identical_adds_give_one_memory(tmp_path: Path) -> None:
    with Memory(tmp_path / "same.db", embedder="hashing") as memory, ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(memory.add, "I am allergic to peanuts.", user_id="ada") for _ in range(6)]:
            done.result()
        (record,) = memory.list(user_id="ada")
        assert len(record.sources) == 6
        assert memory.verify().ok


def test_a_second_process_reads_what_the_first_has_just_written(tmp_path: Path) -> None:
    path = tmp_path / "two.db"
    read = (
        "import sys; from perdure import Memory\n"
        "with Memory(sys.argv[1], embedder='hashing') as m:\n"
        "    print(m.search('Where do I live?', user_id='ada')[0].text); m.remember('Ada is vegetarian.', user_id='ada')"
    )
    with Memory(path, embedder="hashing") as memory:
        memory.add("I live in Bangalore.", user_id="ada")
        other = subprocess.run([sys.executable, "-c", read, path], capture_output=True, text=True, check=True, timeout=60)
        assert "Bangalore" in other.stdout
        assert "Ada is vegetarian." in [record.text for record in memory.list(user_id="ada")]


@pytest.mark.slow
def test_processes_that_create_a_file_at_the_same_instant_all_succeed(tmp_path: Path) -> None:
    files = 30
    script = Path(__file__).with_name("open_together.py")
    done = subprocess.run([sys.executable, script, tmp_path, str(files)], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    for number in range(files):
        with Memory(tmp_path / f"{number}.db", embedder="hashing", worker=False) as memory:
            assert memory.stats().messages == PROCESSES_AT_ONCE
            assert memory.verify().ok
