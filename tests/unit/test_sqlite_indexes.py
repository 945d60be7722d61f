"""What the embedded indexes keep in memory or cut short, held to what is in the file."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perdure import Memory
from perdure.adapters import sqlite_file
from perdure.adapters.graph.sqlite import FAN_OUT
from perdure.adapters.ledger import sqlite as ledger_module
from perdure.adapters.ledger.sqlite import SqliteLedger
from perdure.adapters.ledger.sqlite_names import read as read_names
from perdure.adapters.text.sqlite import SqliteText
from perdure.adapters.vector import sqlite as vector_module
from perdure.model.graph import Entity, Relation
from perdure.model.scope import Scope
from perdure.testing.conformance.build import ADA, capture, keep, owner_of, select, statement

words = st.lists(st.sampled_from(["tea", "cup", "sun", "sea"]), min_size=1, max_size=6)


# ---------------------------------------------------------------------- words
def put(ledger, text, said):
    with ledger.transaction() as tx:
        (message,) = capture(tx, ADA, " ".join(said), words=len(said))
        owner = owner_of(tx, ADA)
        text.put(tx, owner, tx.revise(owner), {message.doc: Counter(said)})
    return message.doc


def look(ledger, text, query):
    with ledger.snapshot() as snapshot:
        found = text.search(snapshot, dict.fromkeys(query, 1.0), select(snapshot, ADA), 50)
        return list(zip(found.docs.tolist(), found.scores.tolist(), strict=True)), found.ceiling


@settings(max_examples=30, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(words, words), min_size=1, max_size=8))
def test_an_index_that_has_searched_before_answers_like_one_that_has_not(steps):
    ledger, warm = SqliteLedger(":memory:"), SqliteText()
    for said, query in steps:
        put(ledger, warm, said)
        assert look(ledger, warm, query) == look(ledger, SqliteText(), query)


def test_a_word_that_was_erased_is_not_remembered():
    ledger, text = SqliteLedger(":memory:"), SqliteText()
    first, second = put(ledger, text, ["tea", "cup"]), put(ledger, text, ["tea"])
    assert {d for d, _ in look(ledger, text, ["tea"])[0]} == {first, second}
    with ledger.transaction() as tx:
        owner = owner_of(tx, ADA)
        text.remove(tx, owner, {first: Counter(["tea", "cup"])})
        tx.erase_messages([first])
        tx.revise(owner, erased=True)
    assert [d for d, _ in look(ledger, text, ["tea"])[0]] == [second]


def test_an_older_snapshot_is_not_told_of_newer_words(path):
    ledger, text = SqliteLedger(path), SqliteText()
    first = put(ledger, text, ["tea"])
    with ledger.snapshot() as snapshot:
        before = select(snapshot, ADA)
        second = put(ledger, text, ["tea", "tea"])  # by the connection that writes
        assert text.search(snapshot, {"tea": 1.0}, before, 9).docs.tolist() == [first]
    assert {d for d, _ in look(ledger, text, ["tea"])[0]} == {first, second}
    ledger.close()


# ---------------------------------------------------------------------- the graph
def knows(memory, n):
    """So many memories that relate ada to somebody, each to somebody else."""
    stores = memory._stores
    with stores.ledger.transaction() as tx:
        owner = tx.ensure_owner(ADA)
        tx.revise(owner, memories=True)
        made = []
        for i in range(n):
            r = statement(
                f"I know P{i}.", relations=(Relation("user", "knows", f"P{i}"),), entities=(Entity("user", "User"), Entity(f"P{i}"))
            )
            made.append(keep(tx, r))
            stores.graph.put(tx, owner, made[-1])
    return owner, [r.doc for r in made]


def test_of_a_hub_the_newest_edges_are_read_whichever_way_they_point(plain_memory):
    owner, docs = knows(plain_memory, FAN_OUT + 20)
    graph = plain_memory._stores.graph
    with plain_memory._stores.ledger.snapshot() as snapshot:
        assert [e[3] for e in graph.edges(snapshot, owner, "user")] == docs[: -FAN_OUT - 1 : -1]
        assert [(e[0], e[2], e[3]) for e in graph.edges(snapshot, owner, "p3")] == [("user", "p3", docs[3])]
        assert graph.mentions(snapshot, owner, "user") == docs[: -FAN_OUT - 1 : -1]


def test_a_name_is_the_newest_one_and_an_alias_only_for_want_of_a_name(plain_memory):
    stores = plain_memory._stores
    for text, entity in (
        ("Bob came.", Entity("Bob", "Person")), ("Robert, called Bob, left.", Entity("Robert", "Person", ("Bob", "Bobby"))),
        ("BOB came again.", Entity("BOB", "Person")),
    ):  # fmt: skip
        with stores.ledger.transaction() as tx:
            owner = tx.ensure_owner(ADA)
            tx.revise(owner, memories=True)
            stores.graph.put(tx, owner, keep(tx, statement(text, entities=(entity,))))
    with stores.ledger.snapshot() as snapshot:
        names = snapshot.names(owner)
        assert (names["bob"], names["bobby"], names["robert"]) == ("BOB", "Robert", "Robert")
        assert stores.graph.entities(snapshot, owner, ["bob"]) == {"bob": ("BOB", "Person", ["Robert"])}


def test_names_follow_the_memories_and_what_was_rolled_back_leaves_none(plain_memory):
    memory, ledger = plain_memory, plain_memory._stores.ledger
    memory.add("My daughter Emma started school.", user_id="ada")
    with ledger.snapshot() as snapshot:
        owner = owner_of(snapshot, Scope(user_id="ada"))
        assert snapshot.names(owner)["emma"] == "Emma"

    def fails():
        with ledger.transaction() as tx:
            tx.revise(owner, memories=True)
            memory._stores.graph.put(tx, owner, keep(tx, statement("Zoe came.", entities=(Entity("Zoe", "Person"),))))
            assert tx.names(owner)["zoe"] == "Zoe"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    memory.add("My son Liam started school.", user_id="ada")
    with ledger.snapshot() as snapshot:
        assert {"emma", "liam"} <= set(snapshot.names(owner))
        assert "zoe" not in snapshot.names(owner)


def test_names_that_were_followed_are_those_read_anew(plain_memory):
    memory, ledger = plain_memory, plain_memory._stores.ledger

    def same():
        with ledger.snapshot() as snapshot:
            owner = owner_of(snapshot, ADA)
            anew = read_names(snapshot.connection, owner, None)
            assert snapshot.names(owner) == anew.all
            return snapshot.names(owner)

    memory.add("My daughter Emma started school.", user_id="ada")
    assert same()["emma"] == "Emma"
    change = memory.add("My son Liam lives in Goa.", user_id="ada").changes[0]
    assert same()["liam"] == "Liam"
    deleted = memory.delete(change.memory_id)[0]
    assert "liam" not in same()
    memory.undo(deleted.id)
    assert same()["liam"] == "Liam"
    memory.update(change.memory_id, text="My son Noah lives in Goa.")
    same()
    memory.add("My name is Ada Lovelace.", user_id="ada")
    assert same()["lovelace" if "lovelace" in same() else "ada lovelace"] == "user"
    memory.forget(id=change.memory_id)
    assert "liam" not in same()


# ---------------------------------------------------------------------- what is kept in memory has bounds
def test_many_users_are_searched_in_a_bounded_memory(monkeypatch, plain_memory):
    monkeypatch.setattr(vector_module, "CACHED_VECTORS", 20)
    monkeypatch.setattr(ledger_module, "CACHED_NAMES", 3)
    plain_memory._stores.ledger.columns._budget = 20
    users = [f"user{n}" for n in range(12)]
    for user in users:
        for n in range(4):
            plain_memory.remember(f"{user} keeps {n} bees.", user_id=user)
    for _ in range(2):
        for user in users:
            assert plain_memory.search("Who keeps 3 bees?", user_id=user)[0].text == f"{user} keeps 3 bees."
    vectors, ledger = plain_memory._stores.vector, plain_memory._stores.ledger
    assert sum(m.n for m in vectors._held.values()) == vectors._count <= 28
    assert len(ledger.names) <= 3
    assert sum(len(c) for c in ledger.columns._held.values()) <= 28


def test_the_log_of_a_large_write_does_not_stay_on_the_disk(monkeypatch, path):
    monkeypatch.setattr(sqlite_file, "LOG_LIMIT", 200_000)
    ledger = SqliteLedger(path)
    log = path.with_name(path.name + "-wal")
    with ledger.transaction() as tx:
        capture(tx, ADA, *(f"{n} " * 500 for n in range(2000)))
    assert log.stat().st_size > 2_000_000
    for n in range(2):
        with ledger.transaction() as tx:
            capture(tx, ADA, f"and {n}")
    assert log.stat().st_size <= 200_000
    ledger.close()


def test_one_user_waits_for_no_others_backlog(path, clock):
    with Memory(path, clock=clock, embedder="hashing", worker=False) as memory:
        for user in ("ada", "bob"):
            memory.add("I live in Delhi.", user_id=user, infer=False, wait="captured")
        with memory._stores.ledger.snapshot() as snapshot:
            bob = owner_of(snapshot, Scope(user_id="bob"))
            (mine,) = snapshot.dirty("vector", owner=bob)
            assert mine[0] == bob
            assert len(snapshot.dirty("vector")) == 2
            plan = snapshot.connection.execute(
                "EXPLAIN QUERY PLAN SELECT 1 FROM dirty INDEXED BY dirty_by_owner WHERE projection = 'vector' AND owner = 1 ORDER BY doc"
            ).fetchall()
            assert not any("TEMP B-TREE" in row[3] for row in plan)


def test_looking_for_work_does_not_read_the_jobs_that_are_done(plain_memory):
    ledger = plain_memory._stores.ledger
    asked = []
    for n in range(3):
        plain_memory.add(f"I like tea number {n}.", user_id="ada")
    with ledger.transaction() as tx:
        tx.connection.set_trace_callback(asked.append)
        tx.has_work()
        tx.running()
        tx.jobs(due=2**60)
        tx.connection.set_trace_callback(None)
        plans = [row[3] for sql in asked for row in tx.connection.execute("EXPLAIN QUERY PLAN " + sql) if "jobs" in row[3]]
    assert len(plans) == 3
    assert all("jobs_by_state" in plan for plan in plans)
