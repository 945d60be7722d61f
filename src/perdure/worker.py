"""The worker: claims an extraction job, runs it, acknowledges it. `run_once` is public; `Worker` runs it in a thread.

A job is claimed by name, so that two processes never run it at once; a worker that died loses its claim as soon as somebody looks.
Replies of a model are kept before they are used: a job that is run again pays for none of them twice.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from perdure.errors import LLMOutputError, ModelError, PerdureError
from perdure.model.base import to_micros
from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.change import Change, Job
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.model.search import View
from perdure.ports import LLMReply
from perdure.stages.commit import Batch, Judge, commit, done, embed
from perdure.stages.extract import LLMExtractor
from perdure.stages.project import project
from perdure.stages.search import search
from perdure.stages.stores import Stores

#: A job is given up after so many attempts; it stays visible as failed and can be retried by hand.
ATTEMPTS = 8
#: Seconds before the second attempt; doubled each time, with up to half as much again at random, at most an hour.
BACKOFF = 2.0
#: Microseconds after which the claim of a worker on another machine is taken to be lost.
LEASE = 15 * 60 * 1_000_000
#: Messages before an episode that an extractor is shown, for pronouns and for what "yes" answers.
RECENT = 6
#: Existing memories that a model is shown.
SHOWN = 10


def worker_name() -> str:
    """A name for this process: host, process id and when it started, so that a reused id is not taken for it."""
    return f"{os.uname().nodename}:{os.getpid()}:{_started(os.getpid())}"


def _started(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as f:  # noqa: PTH123  (a kernel file, read at once)
            return f.read().rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""


def is_gone(worker: str, since: int, now: int) -> bool:
    """Whether the worker that holds a claim since `since` (microseconds) can be taken to be dead."""
    host, _, rest = worker.partition(":")
    pid, _, started = rest.partition(":")
    if host != os.uname().nodename:
        return now - since > LEASE
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return True
    except PermissionError:
        return False
    return bool(started) and _started(int(pid)) != started


class PaidCalls:
    """The ledger's log of model replies for one owner (see `perdure.stages.extract.CallLog`)."""

    def __init__(self, stores: Stores, owner: int) -> None:
        self._stores, self._owner = stores, owner
        self._used: list[str] = []

    def get(self, key: str) -> LLMReply | None:
        """The reply that was paid for, if it was."""
        self._used.append(key)
        with self._stores.ledger.snapshot() as snapshot:
            text = snapshot.call(self._owner, key)
        return LLMReply(**json.loads(text)) if text else None

    def put(self, key: str, reply: LLMReply) -> None:
        """Keeps a reply before anything is done with it."""
        with self._stores.ledger.transaction() as tx:
            tx.put_call(self._owner, key, json.dumps(asdict(reply)), to_micros(self._stores.clock()))

    def discard(self) -> None:
        """Drops the replies used so far: they proved to be of no use, and asking again is the only way on."""
        with self._stores.ledger.transaction() as tx:
            tx.drop_calls(self._owner, self._used)
        self._used.clear()


@dataclass(frozen=True, slots=True)
class Minds:
    """What a job is run with: an extractor, a judge for the grey band, and the log of what was paid for, if a model is used."""

    extractor: Any
    judge: Judge | None = None
    paid: PaidCalls | None = None


def run_job(stores: Stores, job: Job, owner: int, messages: Sequence[CapturedMessage], minds: Minds) -> list[Change]:
    """Runs a job this worker has claimed: extract, embed, consolidate, commit. On failure the job goes back to wait.

    Raises:
        PerdureError: the job was given back; the messages are safe.
    """
    try:
        scope = messages[0].scope
        shown, context = _context(stores, scope, owner, messages, wants_shown=isinstance(minds.extractor, LLMExtractor))
        extraction: Extraction = minds.extractor.extract([m.message for m in messages], context)
        batch = Batch(scope, owner, messages, extraction, actor=extraction.extractor, job=job.id, shown=shown)
        embed(stores, batch)

        def finish(tx: Any) -> bool:
            return tx.finish(done(job, extraction), worker=stores.worker, at=to_micros(stores.clock()))

        return commit(stores, batch, finish=finish, judge=minds.judge) or []
    except PerdureError as e:
        if isinstance(e, LLMOutputError) and minds.paid is not None:
            minds.paid.discard()
        give_back(stores, job, e)
        raise
    except Exception as e:  # somebody else's extractor or model object: whatever it raises is a failure of the model
        error = ModelError(f"{type(e).__name__}: {e}")
        give_back(stores, job, error)
        raise error from e
    except BaseException:  # Ctrl-C: the job is free for the next who looks
        give_back(stores, job, ModelError("interrupted"))
        raise


def give_back(stores: Stores, job: Job, error: PerdureError) -> None:
    """Returns a job to the queue with its error, to be tried again later; after `ATTEMPTS` it rests as failed."""
    failed = job.attempts >= ATTEMPTS
    wait = min(3600.0, BACKOFF * 2 ** max(0, job.attempts - 1)) * (1 + random.random() / 2)  # noqa: S311  (jitter)
    with stores.ledger.transaction() as tx:
        tx.release(
            job.id,
            worker=stores.worker,
            next_at=to_micros(stores.clock()) + int(wait * 1e6),
            error=f"{type(error).__name__}: {error}",
            failed=failed,
        )


def _context(
    stores: Stores, scope: Scope, owner: int, messages: Sequence[CapturedMessage], *, wants_shown: bool
) -> tuple[list[str], ExtractionContext]:
    now = stores.clock()
    with stores.ledger.snapshot() as snapshot:
        recent = snapshot.recent(owner, scope, limit=RECENT, before=messages[0].doc)
        names = snapshot.names(owner)
    shown: list[Any] = []
    if wants_shown:  # only a model can make use of them
        said = " ".join(m.message.content for m in messages)[:1000]
        hits = search(stores, said, View(scope=scope, now=now, messages=False), limit=SHOWN).hits
        shown = [h.memory for h in hits if h.memory is not None]
    context = ExtractionContext(
        now=now, user=scope.user_id or "User", recent=tuple(m.message for m in recent), known_names=names,
        shown=tuple(m.text for m in shown),
    )  # fmt: skip
    return [m.id for m in shown], context


def run_once(stores: Stores, minds_for: Callable[[int], Minds], *, force: bool = False) -> int:
    """Runs every job that is due and projects what is dirty. Returns how many jobs were run.

    Args:
        stores: of the memory.
        minds_for: gives what an owner's jobs are run with.
        force: also jobs whose time has not come, and those that were given up.
    """
    now = to_micros(stores.clock())
    with stores.ledger.transaction() as tx:
        for job_id, worker, since in tx.running():
            if worker != stores.worker and is_gone(worker, since, now):
                tx.release(job_id, worker=worker, next_at=now, error="LLMUnavailableError: the worker that ran it died")
        for job in tx.jobs() if force else ():
            if job.state == "failed":
                tx.retry_failed(job.id, now=now)
    ran = 0
    with stores.ledger.snapshot() as snapshot:
        due = snapshot.jobs(due=2**62 if force else now)
    for job in due:
        with stores.ledger.transaction() as tx:
            at = to_micros(stores.clock())
            if not tx.claim(job.id, worker=stores.worker, now=2**62 if force else at):
                continue
            job = tx.jobs(job_id=job.id)[0]  # noqa: PLW2901  (with the attempt counted)
            messages = tx.episode_messages(job.episode_id)
            owner = tx.owner(messages[0].scope) if messages else None
        ran += 1
        if owner is None:
            continue
        try:
            run_job(stores, job, owner, messages, minds_for(owner))
        except PerdureError:
            continue  # it went back to wait, and says why
    project(stores)
    return ran


class Worker:
    """A daemon thread that runs `run_once` when woken or when a job falls due."""

    def __init__(self, run: Callable[[], int], *, idle: float = 1.0) -> None:
        self._run, self._idle = run, idle
        self._wake = threading.Event()
        self._stop = False
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self.error: BaseException | None = None

    def wake(self) -> None:
        """Starts the thread if need be, and has it look for work at once."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._stop = False
                self._thread = threading.Thread(target=self._loop, name="perdure-worker", daemon=True)
                self._thread.start()
        self._wake.set()

    def stop(self, *, timeout: float = 30.0) -> None:
        """Lets the thread finish what it is at, and ends it."""
        self._stop = True
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout)

    def _loop(self) -> None:
        while not self._stop:
            self._wake.clear()
            try:
                self._run()
                self.error = None
            except PerdureError as e:
                self.error = e  # shown by `stats`; the rows stay where they are
                time.sleep(min(1.0, self._idle))
            self._wake.wait(self._idle)
