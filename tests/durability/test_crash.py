"""A writer killed with SIGKILL at random points, 200 times: no acknowledged add is lost, no memory is half there."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from perdure import Memory

ROUNDS = 200
ROUNDS_PER_FILE = 20
LONGEST = 0.25  # seconds a writer lives at most; opening a new file takes a good tenth of it


@pytest.fixture(scope="module")
def server() -> Iterator[subprocess.Popen[str]]:
    script = Path(__file__).with_name("crash_server.py")
    with subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def a_day_later() -> datetime:
    """By then every job that a dead writer had claimed is due again."""
    return datetime.now(UTC) + timedelta(days=1)


def assert_acknowledged_is_there(memory: Memory, acknowledged: list[dict]) -> None:
    for ack in acknowledged:
        hits = memory.search(ack["content"], user_id="ada", limit=5)
        found = {source.message_id for hit in hits for source in hit.sources} | {hit.id for hit in hits}
        assert ack["id"] in found, f"acknowledged and lost: {ack['content']}"
        for memory_id, change_id in ack["changes"]:
            assert change_id in {change.id for change in memory.history(memory_id)}


def assert_nothing_is_half_there(memory: Memory) -> None:
    for record in memory.list(user_id="ada", limit=1000):
        assert record.sources, f"without a source: {record}"
        history = memory.history(record.id)
        assert history, f"without history: {record}"
        assert history[-1].after == record
    drift = memory.verify().drift
    assert not drift, "\n".join(drift)


@pytest.mark.slow
@pytest.mark.parametrize("file", range(ROUNDS // ROUNDS_PER_FILE))
def test_killed_writers_lose_nothing_they_acknowledged(server: subprocess.Popen[str], tmp_path: Path, file: int) -> None:
    path = tmp_path / "killed.db"
    chance = random.Random(file)
    acknowledged: list[dict] = []
    for round_ in range(ROUNDS_PER_FILE):
        order = {"path": str(path), "round": round_, "delay": chance.uniform(0, LONGEST)}
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        new = json.loads(server.stdout.readline())
        acknowledged += new
        with Memory(path, embedder="hashing", worker=False) as memory:
            assert_acknowledged_is_there(memory, new)
            assert_nothing_is_half_there(memory)
    assert acknowledged, "no writer lived long enough to acknowledge anything: the test shows nothing"

    with Memory(path, embedder="hashing", worker=False, clock=a_day_later) as memory:
        while memory.work():
            pass
        assert {job.state for job in memory.jobs(user_id="ada")} <= {"done", "skipped"}
        assert_acknowledged_is_there(memory, acknowledged)
        assert_nothing_is_half_there(memory)
        again = [{"role": "user", "id": ack["id"], "content": ack["content"]} for ack in acknowledged]
        assert memory.add(again, user_id="ada").duplicate
