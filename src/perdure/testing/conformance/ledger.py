"""The suite of the `Ledger` port. Its rules stand in four files: transactions and owners here, then rows, work and views."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from perdure.errors import ClosedError
from perdure.model.base import to_micros
from perdure.model.scope import Scope
from perdure.ports import Ledger
from perdure.testing.conformance.build import ADA, NOW, capture, keep, owner_of, statement
from perdure.testing.conformance.ledger_rows import RowRules
from perdure.testing.conformance.ledger_work import WorkRules
from perdure.testing.conformance.views import ViewRules

OpenLedger = Callable[[], Ledger]
BOB = Scope(user_id="bob")
LATER = NOW + timedelta(hours=1)
AT = to_micros(NOW)


class RefusedError(Exception):
    """Raised inside a transaction."""


class LedgerSuite(RowRules, WorkRules, ViewRules):
    """Subclass it and give the fixture `open_ledger`: a callable that opens one and the same store, empty at first, each time."""

    @pytest.fixture
    def open_ledger(self) -> OpenLedger:
        """Opens the store under test."""
        raise NotImplementedError("give LedgerSuite a fixture open_ledger")

    @pytest.fixture
    def ledger(self, open_ledger: OpenLedger) -> Ledger:
        """The store, opened once."""
        return open_ledger()

    # ------------------------------------------------------------------ transactions
    def test_a_transaction_that_fails_leaves_nothing(self, ledger: Ledger) -> None:
        """An exception undoes every row, also those that were read back inside."""
        written: list[tuple[int, str]] = []

        def fails() -> None:
            with ledger.transaction() as tx:
                (message,) = capture(tx, ADA, "I live in Delhi.")
                record = keep(tx, statement(), drawn_from=[(message, 100)])
                tx.soil("vector", [message.doc], owner_of(tx, ADA), 1)
                assert tx.current(record.id) == record
                written.append((message.doc, record.id))
                raise RefusedError

        with pytest.raises(RefusedError):
            fails()
        ((doc, uid),) = written
        with ledger.snapshot() as snapshot:
            assert snapshot.all_owners() == []
            assert snapshot.messages([doc]) == {}
            assert snapshot.current(uid) is None
            assert not snapshot.has_work()

    def test_the_ledger_goes_on_after_a_failure(self, ledger: Ledger) -> None:
        """A failed transaction does not stand in the way of the next."""

        def fails() -> None:
            with ledger.transaction() as tx:
                capture(tx, ADA, "lost")
                raise RefusedError

        with pytest.raises(RefusedError):
            fails()
        with ledger.transaction() as tx:
            (kept,) = capture(tx, ADA, "kept")
        with ledger.snapshot() as snapshot:
            assert [m.message.content for m in snapshot.messages([kept.doc]).values()] == ["kept"]
            assert snapshot.counts(None)["messages"] == 1

    def test_a_snapshot_does_not_move(self, ledger: Ledger, open_ledger: OpenLedger) -> None:
        """What is committed elsewhere after a snapshot was taken is not in it, and is in the next."""
        other = open_ledger()
        if other is ledger:
            pytest.skip("this store lives in one object: there is no elsewhere")
        with ledger.transaction() as tx:
            capture(tx, ADA, "first")
        with ledger.snapshot() as snapshot:
            assert snapshot.counts(None)["messages"] == 1
            with other.transaction() as tx:
                capture(tx, ADA, "second")
            assert snapshot.counts(None)["messages"] == 1
        with ledger.snapshot() as snapshot:
            assert snapshot.counts(None)["messages"] == 2
        other.close()

    def test_what_was_committed_is_there_for_others(self, ledger: Ledger, open_ledger: OpenLedger) -> None:
        """Another opening of the same store reads it."""
        with ledger.transaction() as tx:
            (message,) = capture(tx, ADA, "I live in Delhi.")
        with open_ledger().snapshot() as snapshot:
            assert snapshot.messages([message.doc]) == {message.doc: message}

    def test_writers_queue(self, ledger: Ledger) -> None:
        """Threads that write at once all get through, and no document number is given twice."""
        docs: list[int] = []

        def write(n: int) -> None:
            for i in range(8):
                with ledger.transaction() as tx:
                    docs.extend(m.doc for m in capture(tx, Scope(user_id=f"user-{n % 2}"), f"message {i} of {n}"))

        threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        with ledger.snapshot() as snapshot:
            assert len(docs) == len(set(docs)) == 32
            assert set(snapshot.messages(docs)) == set(docs)

    def test_a_closed_ledger_says_so(self, ledger: Ledger) -> None:
        """After `close`, which may be called twice, reads and writes raise ClosedError."""
        ledger.close()
        ledger.close()
        with pytest.raises(ClosedError), ledger.snapshot():
            pass
        with pytest.raises(ClosedError), ledger.transaction():
            pass

    # ------------------------------------------------------------------ owners and numbers
    def test_numbers_only_grow(self, ledger: Ledger) -> None:
        """Documents, versions and revisions are numbered upwards, also after an erasure; only memories raise an owner's version."""
        with ledger.transaction() as tx:
            owner = tx.ensure_owner(ADA)
            assert tx.ensure_owner(ADA) == owner
            first, second = tx.revise(owner), tx.revise(owner, memories=True)
            assert first < second
            assert tx.version(owner) == 1
            message = capture(tx, ADA, "one", "two")[-1]
            record = keep(tx, statement())
            moved = keep(tx, replace(record, version=2, recorded_at=LATER))
            numbers = tx.number(record), tx.number(moved)
            assert numbers[0] is not None
            assert numbers[1] is not None
            assert numbers[0] < numbers[1]
            tx.erase_messages([message.doc])
            tx.erase_memories([record.id])
            assert tx.take_docs(3) > record.doc > message.doc

    def test_a_read_finds_every_owner_it_could_see(self, ledger: Ledger) -> None:
        """An agent's read reaches the users it spoke with, a user's read never another user, and tenants are worlds apart."""
        shop = Scope(user_id="ada", agent_id="shop", session_id="s1")
        elsewhere = Scope(user_id="ada", agent_id="shop", tenant="other")
        with ledger.transaction() as tx:
            for scope in (shop, BOB, elsewhere):
                capture(tx, scope, "hello")
            ada, bob = owner_of(tx, ADA), owner_of(tx, BOB)
            assert len({ada, bob, owner_of(tx, elsewhere)}) == 3
            assert tx.owners(ADA) == [(ada, "user")]
            assert tx.owners(Scope(agent_id="shop")) == [(ada, "user")]
            assert tx.owners(Scope(session_id="s1")) == [(ada, "user")]
            assert tx.owners(Scope(user_id="nobody")) == []
            assert tx.owner(Scope(user_id="nobody")) is None
