"""Jobs: claimed once, retried with patience, taken over from the dead, and never paid for twice."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from stage_parts import answer, said

from perdure import Memory
from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.adapters.vector.sqlite import SqliteVectors
from perdure.errors import BackendError, LLMOutputError, LLMTimeoutError, LLMUnavailableError, ModelError
from perdure.testing import EchoLLM, FlakyLLM
from perdure.worker import ATTEMPTS, BACKOFF, is_gone, worker_name

SAID = "I moved to Bangalore last month."
GOOD = answer(said(SAID, slots=[{"entity": "user", "attribute": "lives_in", "value": "Bangalore"}]))
#: The same in other words than the message's, whose vector is there before the model answers.
RETOLD = answer(said("The user lives in Bangalore.", quote=SAID, slots=[{"entity": "user", "attribute": "lives_in", "value": "Bangalore"}]))


@pytest.fixture
def opened(path, clock):
    """Opens the test's file with a model; nothing runs behind the test's back."""

    def make(llm, **more):
        return Memory(path, clock=clock, llm=llm, **({"embedder": "hashing", "worker": False} | more))

    return make


def test_what_was_only_captured_is_found_at_once_and_understood_by_work(opened):
    with opened(EchoLLM(lambda r: GOOD)) as m:
        result = m.add(SAID, user_id="ada", wait="captured")
        assert (result.changes, result.job.state) == ((), "pending")
        assert m.search("Bangalore", user_id="ada")[0].text == SAID
        assert m.work() == 1
        assert m.fact("lives_in", user_id="ada").value == "Bangalore"
        assert m.work() == 0


def test_a_job_is_run_once_however_many_threads_look_for_work(opened):
    llm = EchoLLM(lambda r: GOOD)
    with opened(llm) as m:
        for n in range(4):
            m.add(SAID, user_id=f"u{n}", wait="captured")
        ran = []
        threads = [threading.Thread(target=lambda: ran.append(m.work())) for _ in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        assert sum(ran) == 4
        assert len(llm.requests) == 4
        assert all(len(m.list(user_id=f"u{n}")) == 1 for n in range(4))


def test_a_failed_job_waits_longer_each_time_and_rests_after_the_last_attempt(opened, clock):
    llm = FlakyLLM(EchoLLM(lambda r: GOOD), [LLMTimeoutError("no answer in 60 s")] * ATTEMPTS)
    with opened(llm) as m:
        job = m.add(SAID, user_id="ada").job
        waits = []
        while job.state == "pending":
            assert isinstance(job.error, LLMTimeoutError)
            assert m.work() == 0, "not before its time"
            waits.append((job.next_at - clock()).total_seconds())
            clock.set(job.next_at + timedelta(seconds=1))
            assert m.work() == 1
            (job,) = m.jobs(user_id="ada")
        assert (job.state, job.attempts, len(waits)) == ("failed", ATTEMPTS, ATTEMPTS - 1)
        for n, wait in enumerate(waits):
            assert BACKOFF * 2**n <= wait <= 1.5 * BACKOFF * 2**n
        clock.advance(days=30)
        assert m.work() == 0
        assert m.stats().jobs == {"failed": 1}

        assert m.work(force=True) == 1  # by hand
        assert m.fact("lives_in", user_id="ada").value == "Bangalore"


def test_one_users_failure_does_not_keep_another_waiting(opened):
    def reply(request):
        if "Goa" in request.turns[-1].content:
            raise LLMUnavailableError("out of quota")
        return GOOD

    with opened(EchoLLM(reply)) as m:
        m.add("I moved to Goa last month.", user_id="ada", wait="captured")
        m.add(SAID, user_id="bob", wait="captured")
        assert m.work() == 2
        assert m.fact("lives_in", user_id="bob").value == "Bangalore"
        assert m.jobs(user_id="ada")[0].state == "pending"


def test_one_users_broken_index_does_not_keep_another_waiting(opened, clock):
    class Shard(SqliteVectors):
        """A vector store of which the first owner's part is down."""

        def search(self, snapshot, query, selection, limit):
            if selection.columns.owner == 1:
                raise BackendError("shard 1 is unreachable", backend=self.name)
            return super().search(snapshot, query, selection, limit)

    e = HashingEmbedder()
    with opened(EchoLLM(lambda r: answer(said(SAID))), embedder=e, vector=Shard(e.name, e.dimensions)) as m:
        m.add(SAID, user_id="ada", wait="captured")
        clock.advance(seconds=1)
        m.add(SAID, user_id="bob", wait="captured")
        with suppress(BackendError):
            m.work()
        assert len(m.list(user_id="bob")) == 1
        assert isinstance(m.jobs(user_id="ada")[0].error, BackendError)


@pytest.mark.parametrize("failure", [ConnectionError("reset by peer"), ValueError("odd"), KeyError("choices")])
def test_a_model_object_that_raises_something_of_its_own_is_a_failed_job_too(opened, failure):
    with opened(EchoLLM([failure])) as m:
        result = m.add(SAID, user_id="ada")
        assert result.job.state == "pending"
        assert type(failure).__name__ in str(result.job.error)


def test_an_interrupted_add_leaves_a_job_that_can_be_run(opened, clock):
    with opened(EchoLLM([KeyboardInterrupt(), GOOD])) as m:
        with pytest.raises(KeyboardInterrupt):
            m.add(SAID, user_id="ada")
        clock.advance(hours=2)
        assert m.work() == 1
        assert m.fact("lives_in", user_id="ada").value == "Bangalore"


def test_a_malformed_reply_is_asked_again_and_not_taken_from_the_log(opened, clock):
    llm = EchoLLM(["Sure! Here you are.", "Sorry, I cannot.", GOOD])
    with opened(llm) as m:
        result = m.add(SAID, user_id="ada")
        assert isinstance(result.job.error, LLMOutputError)
        assert len(llm.requests) == 2  # once, and once to correct it
        clock.advance(hours=2)
        m.work()
        assert len(llm.requests) == 3
        assert m.fact("lives_in", user_id="ada").value == "Bangalore"


def test_a_reply_that_was_paid_for_survives_what_fails_after_it(opened, clock):
    class BreaksOnce(HashingEmbedder):
        """Out of order at its first call after the model has answered."""

        broken = True

        def embed(self, texts):
            if self.broken and llm.requests:
                self.broken = False
                raise ModelError("the embedding server is down")
            return super().embed(texts)

    llm = EchoLLM([RETOLD])
    with opened(llm, embedder=BreaksOnce()) as m:
        assert m.add(SAID, user_id="ada").job.state == "pending"
        clock.advance(hours=2)
        assert m.work() == 1
        assert m.fact("lives_in", user_id="ada").value == "Bangalore"
        assert len(llm.requests) == 1


def test_the_background_thread_does_what_waits(path, clock):
    with Memory(path, clock=clock, embedder="hashing") as m:
        m.add("I live in Maribor.", user_id="ada", wait="captured")
    # closing lets it finish; had it not come to it, the next one does
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        m.work()
        assert m.fact("lives_in", user_id="ada").value == "Maribor"


# --- death
DIES = """
import os, signal, sys
from perdure import Memory
from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.testing import EchoLLM, FrozenClock

path, when, calls, good = sys.argv[1:]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def reply(request):
    with open(calls, "a") as f:
        f.write("call\\n")
    if when == "while the model answers":
        die()
    return good

class Embedder(HashingEmbedder):
    def embed(self, texts):
        if os.path.exists(calls):
            die()
        return super().embed(texts)

m = Memory(path, clock=FrozenClock("2026-03-02T12:00:00Z"), llm=EchoLLM(reply), worker=False,
           embedder="hashing" if when == "while the model answers" else Embedder())
m.add("I moved to Bangalore last month.", user_id="ada")
"""


@pytest.mark.parametrize(("when", "paid"), [("while the model answers", 2), ("after the model answered", 1)])
def test_a_killed_workers_job_is_taken_over_and_nothing_answered_is_paid_twice(opened, path, tmp_path, when, paid):
    calls = tmp_path / "calls"
    args = [sys.executable, "-c", DIES, str(path), when, str(calls), json.dumps(RETOLD)]
    died = subprocess.run(args, check=False, capture_output=True, text=True, timeout=60)
    assert died.returncode == -9, died.stderr

    llm = EchoLLM(lambda r: GOOD)
    with opened(llm) as m:
        assert m.jobs(user_id="ada")[0].state == "running"
        assert m.search("Bangalore", user_id="ada")[0].text == SAID
        assert m.work() == 1
        assert m.jobs(user_id="ada")[0].state == "done"
        assert m.fact("lives_in", user_id="ada").value == "Bangalore"
        assert len(m.list(user_id="ada")) == 1
    assert calls.read_text().count("call") + len(llm.requests) == paid


def test_who_is_taken_for_dead():
    me = worker_name()
    host, pid, started = me.split(":")
    hour = 3_600_000_000
    assert not is_gone(me, 0, 100 * hour)
    assert is_gone(f"{host}:{pid}:1", 0, 1)  # the process id was given to somebody else
    assert is_gone(f"{host}:4194399:{started}", 0, 1)
    assert not is_gone(f"elsewhere:{pid}:{started}", 0, 1)
    assert is_gone(f"elsewhere:{pid}:{started}", 0, hour)
