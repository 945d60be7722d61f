"""The worker: claims extraction jobs, runs them, acknowledges them. `run_once` is public; `Worker` runs it in a thread.

A job is claimed by name, so that two processes never run it at once; a worker that died loses its claim as soon as somebody looks.
Jobs of one scope that wait one after the other are run as one, with one call of the model and one commit. Replies of a model are kept
before they are used, and what a job was begun with is kept with them: a job that is run again pays for none of them twice.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from perdure.errors import BudgetError, LLMOutputError, ModelError, PerdureError
from perdure.model.base import to_micros
from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.change import Change, Job
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.stages.borne import weed
from perdure.stages.commit import Batch, Judge, commit, done, embed
from perdure.stages.extract import LLMExtractor
from perdure.stages.project import project
from perdure.stages.shown import shown
from perdure.stages.spending import BEGUN, PaidCalls, Purse, next_day
from perdure.stages.stores import Embedded, Stores, embed_all, said

#: A job is given up after so many attempts; it stays visible as failed and can be retried by hand.
ATTEMPTS = 8
#: Seconds before the second attempt; doubled each time, with up to half as much again at random, at most an hour.
BACKOFF = 2.0
#: Microseconds after which the claim of a worker on another machine is taken to be lost.
LEASE = 15 * 60 * 1_000_000
#: Messages before an episode that an extractor is shown, for pronouns and for what "yes" answers.
RECENT = 6
#: Messages, and characters of them, that are extracted from in one go when several jobs wait: about 2,000 tokens, a twentieth of what
#: even small models read, so that nothing is overlooked for length. Not tuned. One job that is larger is run alone.
TOGETHER, TOGETHER_CHARACTERS = 24, 8_000


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


# ---------------------------------------------------------------------- what is run
@dataclass(frozen=True, slots=True)
class Minds:
    """What jobs are run with: an extractor, a judge for the grey band, and the log of what was paid for, if a model is used."""

    extractor: Any
    judge: Judge | None = None
    paid: PaidCalls | None = None


MindsFor = Callable[[int, Sequence[Job]], Minds]
"""Gives what jobs of an owner (its number) are run with."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Jobs this worker has claimed, of one scope and in order, with the messages of each; they are run as one."""

    jobs: tuple[Job, ...]
    owner: int
    messages: tuple[tuple[CapturedMessage, ...], ...]
    begun: dict[str, Any] | None = None

    @property
    def scope(self) -> Scope:
        """Whose."""
        return self.messages[0][0].scope

    def singly(self) -> list[Taken]:
        """Each job by itself."""
        return [Taken((j,), self.owner, (m,)) for j, m in zip(self.jobs, self.messages, strict=True)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: its changes, or why it was given back."""

    job: str
    changes: tuple[Change, ...] = ()
    error: PerdureError | None = None
    warnings: tuple[str, ...] = ()


def run_jobs(stores: Stores, taken: Taken, minds_for: MindsFor) -> list[Outcome]:
    """Runs jobs this worker has claimed: extract, embed, consolidate, commit, once for all. On failure all go back to wait.

    When a model makes no sense of several together, each is run by itself. Only what is no `Exception` (Ctrl-C) is raised, after the
    jobs were given back.
    """
    minds = minds_for(taken.owner, taken.jobs)
    try:
        return _run(stores, taken, minds)
    except LLMOutputError as e:
        if minds.paid is not None:
            minds.paid.discard()
        if len(taken.jobs) == 1:
            return give_back(stores, taken.jobs, e)
    except PerdureError as e:
        return give_back(stores, taken.jobs, e)
    except Exception as e:  # noqa: BLE001  (somebody else's extractor or model object: whatever it raises is a failure of the model)
        return give_back(stores, taken.jobs, ModelError(f"{type(e).__name__}: {e}"))
    except BaseException:  # Ctrl-C: the jobs are free for the next who looks
        give_back(stores, taken.jobs, ModelError("interrupted"))
        raise
    parts = taken.singly()
    outcomes: list[Outcome] = []
    try:
        for part in parts:
            outcomes += run_jobs(stores, part, minds_for)
    except BaseException:
        give_back(stores, [p.jobs[0] for p in parts[len(outcomes) + 1 :]], ModelError("interrupted"))
        raise
    return outcomes


def _run(stores: Stores, taken: Taken, minds: Minds) -> list[Outcome]:
    messages = [m for part in taken.messages for m in part]
    vectors, memories, context = _context(stores, taken, messages, wants_shown=isinstance(minds.extractor, LLMExtractor))
    if minds.paid is not None:
        minds.paid.begin({"jobs": [j.id for j in taken.jobs], "shown": [m.id for m in memories]})
    extraction: Extraction = minds.extractor.extract([m.message for m in messages], context)
    with stores.ledger.snapshot() as snapshot:
        if snapshot.owner_key(taken.owner) is None:
            return [Outcome(job.id) for job in taken.jobs]  # forgotten while the model answered
    jobs = [job.id for job, part in zip(taken.jobs, taken.messages, strict=True) for _ in part]
    batch = Batch(
        taken.scope, taken.owner, messages, extraction, actor=extraction.extractor, job=taken.jobs[0].id, jobs=jobs,
        message_vectors=vectors, shown=[m.id for m in memories],
    )  # fmt: skip
    embed(stores, batch)
    if isinstance(minds.extractor, LLMExtractor):
        weed(batch, context.recent)

    def finish(tx: Any) -> bool:
        held = {job for job, worker, _ in tx.running() if worker == stores.worker}
        if not held.issuperset(jobs):
            return False
        first, *others = taken.jobs
        tx.finish(done(first, batch.extraction, batch.notes), worker=stores.worker, at=to_micros(stores.clock()))
        for job in others:  # what the call took is told once, with the first
            tx.finish(replace(job, state="done", error=None, next_at=None), worker=stores.worker, at=to_micros(stores.clock()))
        if minds.paid is not None:
            minds.paid.done(tx)
        return True

    changes = commit(stores, batch, finish=finish, judge=minds.judge) or []
    by_job: dict[str, list[Change]] = {}
    for change, job in zip(changes, batch.written_for, strict=False):
        by_job.setdefault(job, []).append(change)
    told = {taken.jobs[0].id: extraction.warnings}
    return [Outcome(job.id, tuple(by_job.get(job.id, ())), warnings=told.get(job.id, ())) for job in taken.jobs]


def give_back(stores: Stores, jobs: Iterable[Job], error: PerdureError) -> list[Outcome]:
    """Returns jobs to the queue with their error, to be tried again later; after `ATTEMPTS` a job rests as failed.

    A budget that is spent is no failure: the jobs wait for the next day, and the attempt does not count.
    """
    now, chance = stores.clock(), 1 + random.random() / 2  # noqa: S311  (jitter, the same for jobs that were run as one)
    counted = not isinstance(error, BudgetError)
    outcomes: list[Outcome] = []
    with stores.ledger.transaction() as tx:
        for job in jobs:
            wait = min(3600.0, BACKOFF * 2 ** max(0, job.attempts - 1)) * chance
            tx.release(
                job.id, worker=stores.worker, next_at=to_micros(now) + int(wait * 1e6) if counted else to_micros(next_day(now)),
                error=f"{type(error).__name__}: {error}", failed=counted and job.attempts >= ATTEMPTS, counted=counted,
            )  # fmt: skip
            outcomes.append(Outcome(job.id, error=error))
    return outcomes


def _context(
    stores: Stores, taken: Taken, messages: Sequence[CapturedMessage], *, wants_shown: bool
) -> tuple[dict[int, Embedded], list[MemoryRecord], ExtractionContext]:
    """The messages' vectors, if they are needed so early; the memories shown; and what the extractor may know."""
    now = stores.clock()
    vectors: dict[int, Embedded] = {}
    if wants_shown:  # only a model can make use of them
        vectors = {m.doc: e for m, e in zip(messages, embed_all(stores.embedder, [said(m) for m in messages]), strict=True)}
    memories: list[MemoryRecord] = []
    with stores.ledger.snapshot() as snapshot:
        recent = snapshot.recent(taken.owner, taken.scope, limit=RECENT, before=messages[0].doc)
        names = snapshot.names(taken.owner)
        if wants_shown and taken.begun is not None:  # the reply that was paid for speaks of these
            memories = [r for r in map(snapshot.current, taken.begun["shown"]) if r is not None]
        elif wants_shown:
            memories = shown(stores, snapshot, taken.scope, taken.owner, messages, vectors, now=now)
    context = ExtractionContext(
        now=now, user=taken.scope.user_id or "User", recent=tuple(m.message for m in recent), known_names=names,
        shown=tuple(m.text for m in memories), shown_slots=tuple(tuple(s for s in m.slots if s.valid_to is None) for m in memories),
        shown_since=tuple(m.valid_from for m in memories),
    )  # fmt: skip
    return vectors, memories, context


# ---------------------------------------------------------------------- what is claimed
def run_once(stores: Stores, minds_for: MindsFor, *, force: bool = False, purse: Purse | None = None) -> int:
    """Runs every job that is due and projects what is dirty. Returns how many jobs were run.

    Args:
        stores: of the memory.
        minds_for: gives what jobs are run with.
        force: also jobs whose time has not come, and those that were given up.
        purse: what may be spent; jobs that waited for it are due again as soon as there is room.
    """
    now = to_micros(stores.clock())
    _free(stores, now, force=force, purse=purse or Purse())
    ran = 0
    due_by = 2**62 if force else now
    with stores.ledger.snapshot() as snapshot:
        lines = in_line(snapshot.due(due_by))
    for line in lines:
        while line:
            taken, line = _take(stores, line, force=force)  # noqa: PLW2901  (who is left in it)
            if taken is not None:
                ran += len(taken.jobs)
                run_jobs(stores, taken, minds_for)  # what failed went back to wait, and says why
    project(stores)
    return ran


def _free(stores: Stores, now: int, *, force: bool, purse: Purse) -> None:
    """Makes due what dead workers held, what a budget held up that has room again, and with `force` what was given up."""
    with stores.ledger.transaction() as tx:
        for job_id, worker, since in tx.running():
            if worker != stores.worker and is_gone(worker, since, now):
                tx.release(job_id, worker=worker, next_at=now, error="LLMUnavailableError: the worker that ran it died")
        room: dict[int, bool] = {}
        for job_id, owner in tx.waiting_for_budget():
            if owner not in room:
                room[owner] = purse.spent(tx, owner, stores.clock()) is None
            if room[owner]:
                tx.hurry(job_id, now=now)
        for job in tx.jobs() if force else ():
            if job.state == "failed":
                tx.retry_failed(job.id, now=now)


def in_line(due: Sequence[tuple[str, int, str | None, str | None]]) -> list[list[str]]:
    """Jobs that are due (job, owner, agent, session), in the order they came, as lines that may be run as one.

    In a line are jobs of one scope between which the owner has none of another; lines are in the order of their first job.
    """
    lines: list[list[str]] = []
    last: dict[int, tuple[tuple[str | None, str | None], list[str]]] = {}
    for job, owner, *scope in due:
        agent, session = scope
        key, line = last.get(owner, ((None, None), []))
        if line and key == (agent, session):
            line.append(job)
        else:
            lines.append([job])
            last[owner] = ((agent, session), lines[-1])
    return lines


def _take(stores: Stores, waiting: Sequence[str], *, force: bool) -> tuple[Taken | None, list[str]]:
    """Claims, in one transaction, the first jobs of a line that are small enough to be run as one. Returns also who is left in line.

    A job for which replies were paid before it was given back is taken together with those it was begun with, and one whose replies made
    no sense is taken by itself.
    """
    now = 2**62 if force else to_micros(stores.clock())
    with stores.ledger.transaction() as tx:
        first = _claim(tx, stores, waiting[0], now)
        if first is None:
            return None, list(waiting[1:])
        jobs, messages = [first[0]], [first[1]]
        owner = tx.owner(first[1][0].scope)
        begun = _begun(tx, owner, waiting[0])
        for job_id in waiting[1:] if begun is None else begun["jobs"][1:]:
            if begun is None and not _joins(tx, owner, job_id, jobs, messages):
                break
            more = _claim(tx, stores, job_id, now)
            if more is None:
                begun = None
                break
            jobs.append(more[0])
            messages.append(more[1])
        if begun is not None and begun["jobs"] != [j.id for j in jobs]:
            begun = None
    taken = {j.id for j in jobs}
    return Taken(tuple(jobs), owner, tuple(messages), begun), [j for j in waiting if j not in taken]


def _claim(tx: Any, stores: Stores, job_id: str, now: int) -> tuple[Job, tuple[CapturedMessage, ...]] | None:
    """A job with its attempt counted, and its messages; None when somebody else has it, or nothing is left to extract from."""
    if not tx.claim(job_id, worker=stores.worker, now=now):
        return None
    job: Job = tx.jobs(job_id=job_id)[0]
    messages = tuple(tx.episode_messages(job.episode_id))
    if not messages:
        tx.finish(replace(job, state="skipped", error=None), worker=stores.worker, at=to_micros(stores.clock()))
        return None
    return job, messages


def _begun(tx: Any, owner: int, job_id: str) -> dict[str, Any] | None:
    text = tx.call(owner, BEGUN + job_id)
    return json.loads(text) if text else None


def _joins(tx: Any, owner: int, job_id: str, jobs: Sequence[Job], messages: Sequence[Sequence[CapturedMessage]]) -> bool:
    """Whether a job can be run as one with those before it."""
    found: list[Job] = tx.jobs(job_id=job_id)
    if not found or isinstance(found[0].error, LLMOutputError) or isinstance(jobs[0].error, LLMOutputError):
        return False
    return _begun(tx, owner, job_id) is None and fits(messages, tx.episode_messages(found[0].episode_id))


def fits(messages: Sequence[Sequence[CapturedMessage]], more: Sequence[CapturedMessage]) -> bool:
    """Whether `more` is small enough to be extracted from together with what is there."""
    together = [*(m for part in messages for m in part), *more]
    return len(together) <= TOGETHER and sum(len(m.message.content) for m in together) <= TOGETHER_CHARACTERS


def lots(jobs: Sequence[tuple[Job, int, tuple[CapturedMessage, ...]]]) -> list[Taken]:
    """Jobs that this worker claimed when their messages were captured (job, owner, messages), in lots that are run as one."""
    found = [(job.id, owner, messages[0].scope.agent_id, messages[0].scope.session_id) for job, owner, messages in jobs]
    by_id = {job.id: (job, owner, messages) for job, owner, messages in jobs}
    taken: list[Taken] = []
    for line in in_line(found):
        lot: list[tuple[Job, int, tuple[CapturedMessage, ...]]] = []
        for job_id in line:
            if lot and not fits([m for _, _, m in lot], by_id[job_id][2]):
                taken.append(_lot(lot))
                lot = []
            lot.append(by_id[job_id])
        taken.append(_lot(lot))
    return taken


def _lot(jobs: Sequence[tuple[Job, int, tuple[CapturedMessage, ...]]]) -> Taken:
    return Taken(tuple(j for j, _, _ in jobs), jobs[0][1], tuple(m for _, _, m in jobs))


class Worker:
    """A daemon thread that runs `run_once` when woken or when a job falls due, and `rest` when there was nothing to do."""

    def __init__(self, run: Callable[[], int], *, idle: float = 1.0, rest: Callable[[], None] | None = None) -> None:
        self._run, self._idle, self._rest = run, idle, rest
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
                ran = self._run()
                if not ran and self._rest is not None and not self._stop:
                    self._rest()
                self.error = None
            except PerdureError as e:
                self.error = e  # shown by `stats`; the rows stay where they are
                time.sleep(min(1.0, self._idle))
            self._wake.wait(self._idle)
