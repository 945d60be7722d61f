"""A worker killed with SIGKILL while it extracts through a model behind HTTP: every job is done in the end, no kept reply is paid twice.

What cannot be promised, and is counted: a reply that the server has sent and the worker had not yet written down when it was killed is
asked for again. At most one call is under way at a time, so that each kill can cost one.
"""

import json
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from perdure import Memory
from perdure.testing import FrozenClock

HERE = Path(__file__).parent
KILLS = 8
EPISODES = 80
USERS = ("ada", "bob", "eve")


@dataclass
class Model:
    port: int
    log: Path

    def answered(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    where, log = tmp_path / "port", tmp_path / "answered.jsonl"
    with subprocess.Popen([sys.executable, HERE / "llm_server.py", str(where), str(log), "0.02"]) as server:
        deadline = time.monotonic() + 30
        while not where.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield Model(int(where.read_text()), log)
        server.terminate()


def capture_all(path: Path) -> None:
    """Episodes of three users in several sessions, none of which are understood yet."""
    with Memory(path, embedder="hashing", worker=False, clock=FrozenClock("2026-03-02T12:00:00Z")) as memory:
        memory.add_many(
            [
                {"messages": f"I own a boat called Number {n}.", "user_id": USERS[n % 3], "session_id": f"s{n // 9}"}
                for n in range(EPISODES)
            ],
            wait="captured",
        )  # fmt: skip


def worker(path: Path, model: Model, *more: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, HERE / "extracting_worker.py", str(path), str(model.port), *more], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "begun\n"
    return process


def finish(path: Path, model: Model) -> None:
    process = worker(path, model)
    assert process.communicate(timeout=120)[0] == "done\n"
    assert process.returncode == 0


def known(path: Path) -> dict[str, list[str]]:
    with Memory(path, embedder="hashing", worker=False) as memory:
        assert memory.verify().ok
        assert {j.state for j in memory.jobs()} == {"done"}
        assert len(memory.jobs()) == EPISODES
        return {user: sorted(r.text for r in memory.list(user_id=user, limit=1000)) for user in USERS}


def stored_replies(path: Path) -> set[str]:
    """What jobs the replies kept in the file at this moment were for."""
    with Memory(path, embedder="hashing", worker=False) as memory, memory._stores.ledger.snapshot() as snapshot:
        begun = snapshot.connection.execute("SELECT reply FROM calls WHERE key LIKE 'begun:%'").fetchall()
        jobs = [job for (reply,) in begun for job in json.loads(reply)["jobs"]]
        texts = [m.message.content for j in jobs for m in snapshot.episode_messages(snapshot.jobs(job_id=j)[0].episode_id)]
    return set(texts)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_killed_worker_loses_nothing_and_pays_for_nothing_it_had_kept(tmp_path: Path, model: Model, seed: int) -> None:
    plain = tmp_path / "uninterrupted.db"
    capture_all(plain)
    finish(plain, model)
    uninterrupted = known(plain)
    calls_needed = len([a for a in model.answered() if a["kind"] == "extract"])
    model.log.unlink()

    path, chance = tmp_path / "killed.db", random.Random(seed)
    capture_all(path)
    kills = 0
    kept: list[tuple[set[str], int]] = []  # texts of kept replies, and how much was answered, at each kill
    for _ in range(KILLS):
        process = worker(path, model)
        time.sleep(chance.uniform(0, 0.15))
        process.kill()
        process.wait()
        kills += 1
        time.sleep(0.1)  # what the server was answering goes out, to nobody
        kept.append((stored_replies(path), len(model.answered())))
    finish(path, model)

    assert known(path) == uninterrupted
    answered = model.answered()
    for texts, then in kept:
        again = [a for a in answered[then:] if a["kind"] == "extract" and texts.intersection(a["about"])]
        assert not again, f"kept when the worker was killed, and asked for again: {again}"
    times = Counter(text for a in answered if a["kind"] == "extract" for text in a["about"])
    extractions = len([a for a in answered if a["kind"] == "extract"])
    assert set(times) == {f"I own a boat called Number {n}." for n in range(EPISODES)}
    assert extractions - calls_needed <= kills, "a kill costs at most the call that was under way"
    assert calls_needed < EPISODES, "several episodes a call"
    with Memory(path, embedder="hashing", worker=False) as memory:
        counted = sum(c.calls for c in memory.costs())
    assert len(answered) - kills <= counted <= len(answered), "every reply that was kept is counted, once"


@pytest.mark.slow
def test_killed_with_replies_kept_and_not_yet_used(tmp_path: Path, model: Model) -> None:
    """The worker dies between the reply and the commit every time: what was paid for is used by the next."""
    path = tmp_path / "killed.db"
    capture_all(path)
    script = (HERE / "extracting_worker.py").read_text().replace(
        'if __name__ == "__main__":',
        "import os, signal\nfrom perdure import worker\nworker.embed = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n\n"
        'if __name__ == "__main__":',
    )  # fmt: skip
    before = 0
    for n in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", script, str(path), str(model.port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        process.communicate(timeout=60)
        assert process.returncode == -9
        answered = [a for a in model.answered() if a["kind"] == "extract"]
        assert len(answered) == 1, f"the reply kept at the first kill is asked for again after kill {n}"
        before = len(answered)
    finish(path, model)
    times = Counter(text for a in model.answered() if a["kind"] == "extract" for text in a["about"])
    assert before == 1
    assert set(times.values()) == {1}
    known(path)


@pytest.mark.slow
def test_a_budget_that_runs_out_in_the_middle_and_a_kill_lose_nothing(tmp_path: Path, model: Model) -> None:
    path = tmp_path / "budget.db"
    capture_all(path)
    process = worker(path, model, '{"tokens_per_day": 500}')
    assert process.communicate(timeout=60)[0] == "done\n"
    with Memory(path, embedder="hashing", worker=False) as memory:
        waiting = memory.stats().waiting_for_budget
        assert 0 < waiting < EPISODES
        spent = sum(c.input_tokens + c.output_tokens for c in memory.costs())
        assert 500 <= spent <= 500 + 110, "at most the call that was under way beyond the limit"
    answered = len(model.answered())
    process = worker(path, model, '{"tokens_per_day": 500}')
    time.sleep(0.05)
    process.kill()
    process.wait()
    assert len(model.answered()) == answered, "nothing is asked while the budget is spent"
    finish(path, model)
    known(path)
    times = Counter(text for a in model.answered() if a["kind"] == "extract" for text in a["about"])
    assert set(times.values()) == {1}


# ---------------------------------------------------------------------- consolidation
def lived_in(path: Path) -> None:
    """Three users with memories to merge and sessions to sum up, as rules understood them."""
    things = ("piano", "kayak", "violin", "drone", "tent", "sofa")
    with Memory(path, embedder="hashing", worker=False, clock=FrozenClock("2026-03-02T12:00:00Z")) as memory:
        memory.add_many(
            [
                {"messages": text, "user_id": user, "session_id": f"s{n // 3}"}
                for user in USERS
                for n, thing in enumerate(things)
                for text in (f"I bought a {thing} in Porto.", f"My sister Mara also bought a {thing}.", f"I bought a {thing} in Porto!")
            ]
        )


def tidy_state(path: Path) -> dict[str, list[tuple[str, str]]]:
    with Memory(path, embedder="hashing", worker=False) as memory:
        assert memory.verify().ok
        return {
            user: sorted((r.kind, r.text) for kinds in (None, ["summary"]) for r in memory.list(user_id=user, kinds=kinds, limit=1000))
            for user in USERS
        }


@pytest.mark.slow
def test_a_worker_killed_while_it_consolidates_leaves_what_one_run_would_have(tmp_path: Path, model: Model) -> None:
    fresh = tmp_path / "fresh.db"
    lived_in(fresh)
    before = tidy_state(fresh)
    plain, path = tmp_path / "uninterrupted.db", tmp_path / "killed.db"
    shutil.copy(fresh, plain)
    shutil.copy(fresh, path)
    assert worker(plain, model, "tidy").communicate(timeout=120)[0] == "done\n"
    needed = len(model.answered())
    assert tidy_state(plain) != before, "there was something to tidy"
    assert {a["kind"] for a in model.answered()} >= {"summary"}
    model.log.unlink()

    chance = random.Random(0)
    for _ in range(KILLS):
        process = worker(path, model, "tidy")
        time.sleep(chance.uniform(0, 0.25))
        process.kill()
        process.wait()
        time.sleep(0.1)
        tidy_state(path)  # sound after every kill
    assert worker(path, model, "tidy").communicate(timeout=120)[0] == "done\n"
    assert tidy_state(path) == tidy_state(plain)
    assert len(model.answered()) - needed <= KILLS, "a kill costs at most the call that was under way"
