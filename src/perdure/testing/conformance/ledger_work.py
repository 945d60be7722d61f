"""The part of the ledger's suite about jobs, paid replies, the dirty set, erasure and export."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from perdure.errors import LLMTimeoutError
from perdure.model.base import to_micros
from perdure.model.change import Change, Job
from perdure.model.graph import Slot
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage, Message
from perdure.model.scope import Scope
from perdure.model.spending import Usage
from perdure.ports import Ledger, Transaction
from perdure.testing.conformance.build import ADA, NOW, capture, fresh, keep, message_digest, owner_of, select, statement

BOB = Scope(user_id="bob")
LATER = NOW + timedelta(hours=1)
AT = to_micros(NOW)


class WorkRules:
    """Work, erasure and export; a part of `LedgerSuite`."""

    # ------------------------------------------------------------------ work
    def test_a_job_is_claimed_once(self, ledger: Ledger, open_ledger: Callable[[], Ledger]) -> None:
        """Not before it is due, by one worker alone, and only that worker can finish it."""
        job, owner = _job(ledger)
        with ledger.transaction() as tx:
            assert not tx.claim(job.id, worker="early", now=AT - 1)
            assert tx.claim(job.id, worker="one", now=AT)
        with open_ledger().transaction() as tx:
            assert not tx.claim(job.id, worker="two", now=AT)
            assert tx.running() == [(job.id, "one", AT)]
            done = replace(job, state="done", calls=1, input_tokens=10, output_tokens=3, dropped=("no quote",))
            assert not tx.finish(done, worker="two", at=AT)
            assert tx.jobs(job_id=job.id)[0].state == "running"
            assert tx.finish(done, worker="one", at=AT)
            assert not tx.finish(done, worker="one", at=AT)
            (kept,) = tx.jobs(owner=owner)
            assert kept == replace(done, attempts=1)
            assert tx.running() == []
            assert not tx.claim(job.id, worker="two", now=AT)

    def test_workers_that_race_for_a_job(self, ledger: Ledger) -> None:
        """One of them gets it."""
        job, _ = _job(ledger)
        won: list[str] = []

        def race(worker: str) -> None:
            with ledger.transaction() as tx:
                if tx.claim(job.id, worker=worker, now=AT):
                    won.append(worker)

        threads = [threading.Thread(target=race, args=(f"worker-{n}",)) for n in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        assert len(won) == 1

    def test_a_job_given_back_waits_with_its_error(self, ledger: Ledger) -> None:
        """Only its holder gives it back; it is due again when it said, with the typed error of the last attempt."""
        job, owner = _job(ledger)
        with ledger.transaction() as tx:
            assert tx.claim(job.id, worker="one", now=AT)
            tx.release(job.id, worker="two", next_at=AT, error="ModelError: not mine")
            assert tx.running()
            tx.release(job.id, worker="one", next_at=AT + 5, error="LLMTimeoutError: too slow")
            assert tx.jobs(due=AT) == []
            (waiting,) = tx.jobs(owner=owner, due=AT + 5)
            assert (waiting.state, waiting.attempts) == ("pending", 1)
            assert isinstance(waiting.error, LLMTimeoutError)
            assert str(waiting.error) == "too slow"
            assert tx.has_work()
            assert tx.claim(job.id, worker="two", now=AT + 5)
            tx.release(job.id, worker="two", next_at=AT, error="LLMTimeoutError: again", failed=True)
            assert tx.jobs(episode=job.episode_id)[0].state == "failed"
            assert tx.jobs(due=AT + 9) == []

    def test_a_paid_reply_is_kept_by_owner(self, ledger: Ledger) -> None:
        """Until it is dropped; another owner does not see it."""
        with ledger.transaction() as tx:
            ada, bob = tx.ensure_owner(ADA), tx.ensure_owner(BOB)
            tx.put_call(ada, "k", "reply é", AT)
            tx.put_call(ada, "k2", "other", AT)
        with ledger.transaction() as tx:
            assert (tx.call(ada, "k"), tx.call(bob, "k"), tx.call(ada, "none")) == ("reply é", None, None)
            tx.drop_calls(ada, ["k"])
            assert (tx.call(ada, "k"), tx.call(ada, "k2")) == (None, "other")
            assert tx.erase_calls(ada) == 1
            assert tx.call(ada, "k2") is None

    def test_what_was_spent_is_added_up(self, ledger: Ledger) -> None:
        """By day, owner, job, purpose and model; an owner's or a job's leave no trace of whose they were, and stay in the sum."""
        job, ada = _job(ledger)
        with ledger.transaction() as tx:
            bob = tx.ensure_owner(BOB)
            for owner, day, of, usage in (
                (ada, 7, job.id, Usage("m1", "extract", 1, 100, 40, 10)),
                (ada, 7, job.id, Usage("m1", "extract", 1, 50, 0, 5)),
                (ada, 8, "", Usage("m2", "answer", 1, 7, 0, 1)),
                (bob, 8, "", Usage("m1", "judge", 1, 30, 0, 3)),
                (0, 8, "", Usage("m1", "extract", 1, 1, 0, 1)),
            ):
                tx.spend(owner, usage, day=day, job=of)
        with ledger.snapshot() as snapshot:
            assert snapshot.spending("day", purposes=["extract", "judge"]) == [
                (7, Usage("m1", "extract", 2, 150, 40, 15)),
                (8, Usage("m1", "extract", 2, 31, 0, 4)),
            ]
            assert [(k, u.calls) for k, u in snapshot.spending("user", since=8, until=8)] == [(0, 1), (ada, 1), (bob, 1)]
            assert [(k, u.input_tokens) for k, u in snapshot.spending("job", owner=ada)] == [("", 7), (job.id, 150)]
            assert [(k, u.calls) for k, u in snapshot.spending("purpose", owner=ada, until=7)] == [("extract", 2)]
            assert snapshot.owner_key(bob) == ("user", "bob")
            before = _sum(snapshot.spending("model"))
        with ledger.transaction() as tx:
            tx.erase_messages([m.doc for m in tx.episode_messages(job.episode_id)])
            assert [(k, u.input_tokens) for k, u in tx.spending("job", owner=ada)] == [("", 150), ("", 7)]
            tx.erase_owner(ada)
            tx.erase_owner(bob)
            assert tx.owner_key(bob) is None
            assert {k for k, _ in tx.spending("user")} == {0}
            assert _sum(tx.spending("model")) == before == (5, 188, 40, 20)
            assert tx.damage() == []

    def test_a_job_that_waits_for_money_has_made_no_attempt(self, ledger: Ledger) -> None:
        """It is listed with its owner, comes due when somebody says so, and no attempt is counted; jobs come due in their order."""
        job, owner = _job(ledger)
        later, _ = _job(ledger, "And I like tea.")
        with ledger.transaction() as tx:
            assert tx.due(AT) == [(job.id, owner, None, None), (later.id, owner, None, None)]
            assert tx.claim(job.id, worker="one", now=AT)
            tx.release(job.id, worker="one", next_at=AT + 5, error="BudgetError: spent", counted=False)
            assert tx.waiting_for_budget() == [(job.id, owner)]
            assert tx.counts(owner)["waiting_for_budget"] == 1
            assert tx.jobs(job_id=job.id)[0].attempts == 0
            assert [j for j, *_ in tx.due(AT)] == [later.id]
            tx.hurry(job.id, now=AT)
            assert [j for j, *_ in tx.due(AT)] == [job.id, later.id]
            assert tx.claim(job.id, worker="one", now=AT)
            tx.release(job.id, worker="one", next_at=AT, error="ModelError: no", failed=True)
            assert tx.waiting_for_budget() == []
            assert tx.retry_failed(job.id, now=AT)
            assert not tx.retry_failed(job.id, now=AT)
            assert (tx.jobs(job_id=job.id)[0].attempts, tx.job_count(owner)) == (0, 2)

    def test_a_dirty_document_is_cleaned_by_its_own_revision(self, ledger: Ledger) -> None:
        """Whoever read an older revision does not take it out: something newer arrived meanwhile."""
        with ledger.transaction() as tx:
            first, second = (m.doc for m in capture(tx, ADA, "one", "two"))
            owner = owner_of(tx, ADA)
            tx.soil("vector", [first, second], owner, 1)
            tx.soil("graph", [first], owner, 1)
            tx.soil("vector", [first], owner, 2)
            tx.clean("vector", [(first, 1), (second, 1)])
            assert tx.dirty("vector") == [(owner, first, 2)]
            assert tx.dirty("graph", owner=owner) == [(owner, first, 1)]
            tx.clean("vector", [(first, 2)])
            assert tx.dirty("vector") == []
            assert tx.has_work()
            tx.clean("graph", [(first, 3)])
            assert not tx.has_work()

    def test_dirty_documents_come_in_order_and_amount(self, ledger: Ledger) -> None:
        """In order of their number, at most `limit`, of one owner when one is named."""
        with ledger.transaction() as tx:
            mine = [m.doc for m in capture(tx, ADA, "one", "two", "three")]
            (theirs,) = (m.doc for m in capture(tx, BOB, "four"))
            ada, bob = owner_of(tx, ADA), owner_of(tx, BOB)
            tx.soil("vector", [theirs], bob, 1)
            tx.soil("vector", reversed(mine), ada, 1)
            assert [doc for _, doc, _ in tx.dirty("vector")] == [*mine, theirs]
            assert tx.dirty("vector", limit=2) == [(ada, doc, 1) for doc in mine[:2]]
            assert tx.dirty("vector", owner=bob) == [(bob, theirs, 1)]
            assert {doc for (doc,) in tx.dirty_docs("vector", ada)} == set(mine)

    # ------------------------------------------------------------------ erasure, export
    def test_uses_add_up_by_day_and_go_with_their_memory(self, ledger: Ledger) -> None:
        """How often and on which day last; of memories that are there, by owner."""
        with ledger.transaction() as tx:
            one, other = keep(tx, statement()), keep(tx, statement("Bob sails.", BOB))
            owner = owner_of(tx, ADA)
            tx.put_uses({(one.id, 20_000): 2, (one.id, 20_003): 1, (other.id, 20_001): 1, ("gone", 20_001): 4})
            tx.put_uses({(one.id, 20_000): 1})
        with ledger.snapshot() as snapshot:
            assert snapshot.uses(owner) == {one.id: (4, 20_003)}
        with ledger.transaction() as tx:
            tx.erase_memories([one.id])
            assert tx.uses(owner) == {}
            assert tx.uses(owner_of(tx, BOB)) == {other.id: (1, 20_001)}

    def test_an_erased_owner_is_gone_and_no_other(self, ledger: Ledger) -> None:
        """Messages, memories, changes, jobs, replies and the owner itself; the ledger is sound afterwards."""
        with ledger.transaction() as tx:
            _life(tx, ADA)
            _, record = _life(tx, BOB)
            bob = owner_of(tx, BOB)
            before = [(t, r) for t, r in tx.dump(bob)]
            erased = tx.erase_owner(owner_of(tx, ADA))
            assert erased["messages"] == 2
            assert erased["memories"] == 2
        with ledger.snapshot() as snapshot:
            assert snapshot.owner(ADA) is None
            assert snapshot.owners(Scope(agent_id="shop")) == [(bob, "user")]
            assert list(snapshot.dump(bob)) == before
            assert snapshot.current(record.id) is not None
            assert snapshot.damage() == []

    def test_erased_messages_take_empty_episodes_along(self, ledger: Ledger) -> None:
        """An episode and its job go with the last message; a rewritten message keeps its place with its new words."""
        job, owner = _job(ledger, "one", "two")
        with ledger.transaction() as tx:
            one, two = tx.episode_messages(job.episode_id)
            assert tx.erase_messages([one.doc]) == 1
            assert tx.jobs(owner=owner)
            struck = replace(two.message, content="[forgotten]")
            tx.rewrite_message(two.doc, struck.content, message_digest(struck), 1, tx.revise(owner, erased=True))
            assert tx.messages([one.doc, two.doc]) == {two.doc: replace(two, message=struck)}
            assert int(select(tx).columns.words[0]) == 1
            assert tx.erase_messages([two.doc]) == 1
            assert tx.jobs(owner=owner) == []
            assert tx.all_docs(owner) == []
            assert tx.damage() == []

    def test_earlier_versions_can_be_erased_alone(self, ledger: Ledger) -> None:
        """The current one stays; what led to it from the erased ones is gone."""
        with ledger.transaction() as tx:
            _, record = _life(tx, ADA)
            tx.erase_versions_before(record.id, record.version)
            assert tx.all_versions(record.id) == [record]
            assert tx.changes(memory_id=record.id) == []

    def test_an_export_is_read_back_whole(self, ledger: Ledger) -> None:
        """Through JSON, into a store that has lost it all; and once more, which adds nothing."""
        with ledger.transaction() as tx:
            capture(tx, BOB, "so that numbers differ")
            messages, record = _life(tx, ADA)
            owner = owner_of(tx, ADA)
            versions, changes = tx.all_versions(record.id), tx.changes(memory_id=record.id)
            rows = json.loads(json.dumps(list(tx.dump(owner))))
            tx.erase_owner(owner)
        with ledger.transaction() as tx:
            counts = tx.restore(rows)
            assert (counts["messages"], counts["memories"], counts["changes"]) == (2, 2, 2)
            assert not any(tx.restore(rows).values())
        with ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            assert [_unnumbered(m) for m in snapshot.episode_messages(messages[0].episode_id)] == [_unnumbered(m) for m in messages]
            assert [_bare(v) for v in snapshot.all_versions(record.id)] == [_bare(v) for v in versions]
            again = snapshot.changes(memory_id=record.id)
            assert [(c.id, c.type, c.reason, c.at, c.after and _bare(c.after)) for c in again] == [
                (c.id, c.type, c.reason, c.at, c.after and _bare(c.after)) for c in changes
            ]
            restored = snapshot.current(record.id)
            assert restored is not None
            cited = snapshot.messages([s.doc for s in restored.sources])
            assert {m.message.id for m in cited.values()} == {s.message_id for s in restored.sources}
            assert snapshot.by_message(restored.sources[0].doc) == [restored]
            assert snapshot.damage() == []

    def test_counts_are_of_the_whole_or_of_one_owner(self, ledger: Ledger) -> None:
        """Live memories, messages, changes; an owner that does not exist has none."""
        with ledger.transaction() as tx:
            _life(tx, ADA)
            _life(tx, BOB)
            whole, mine, nobody = tx.counts(None), tx.counts(owner_of(tx, ADA)), tx.counts(-1)
        assert (whole["messages"], whole["superseded"], whole["changes"], whole["owners"]) == (4, 2, 4, 2)
        assert (mine["messages"], mine["superseded"], mine["changes"]) == (2, 1, 2)
        assert (nobody["messages"], nobody["memories"]) == (0, 0)


def _job(ledger: Ledger, *said: str) -> tuple[Job, int]:
    """A pending job, due at `NOW`, and its owner."""
    with ledger.transaction() as tx:
        messages = capture(tx, ADA, *(said or ("I live in Delhi.",)))
        job = Job(fresh("job"), messages[0].episode_id, "pending")
        tx.put_job(job, owner_of(tx, ADA), worker="", created_at=AT)
        return job, owner_of(tx, ADA)


def _life(tx: Transaction, scope: Scope) -> tuple[list[CapturedMessage], MemoryRecord]:
    """Two messages, a memory in two versions with its changes, a job and a reply; the last version is superseded."""
    scope = replace(scope, agent_id="shop", session_id="s1")
    messages = capture(tx, scope, Message("I live in Delhi.", name="Ada", metadata={"topic": "home"}), "And I like tea.")
    owner = owner_of(tx, scope)
    job = Job(fresh("job"), messages[0].episode_id, "pending")
    tx.put_job(job, owner, worker="", created_at=AT)
    uid = fresh("memory")
    slots = (Slot("user", "lives_in", "Delhi", NOW, None, uid),)
    old = keep(tx, statement("I live in Delhi.", scope, id=uid, slots=slots), drawn_from=[(messages[0], 100)])
    new = keep(tx, replace(old, version=2, status="superseded", recorded_at=LATER), drawn_from=[(m, 50) for m in messages])
    before, after = tx.number(old), tx.number(new)
    tx.put_change(Change(fresh("c"), "add", uid, None, old, "said so", "rules", NOW), owner, before=None, after=before, job=job.id)
    tx.put_change(Change(fresh("c"), "supersede", uid, old, new, "moved", "rules", LATER), owner, before=before, after=after)
    tx.put_call(owner, "k", "reply", AT)
    return messages, new


def _sum(rows: list[tuple[object, Usage]]) -> tuple[int, int, int, int]:
    usages = [u for _, u in rows]
    return (
        sum(u.calls for u in usages),
        sum(u.input_tokens for u in usages),
        sum(u.cached_tokens for u in usages),
        sum(u.output_tokens for u in usages),
    )


def _unnumbered(message: CapturedMessage) -> CapturedMessage:
    return replace(message, doc=0)


def _bare(record: MemoryRecord) -> MemoryRecord:
    """A version without the numbers that belong to one store."""
    return replace(record, doc=0, sources=tuple(replace(s, doc=0) for s in record.sources))
