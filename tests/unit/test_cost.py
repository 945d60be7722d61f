"""Cost follows the scope that is asked: no verb about one scope makes SQLite walk a whole table, however large the store."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest

from perdure import Memory
from perdure.adapters import sqlite_file

#: What is small however much is stored: open jobs, what waits to be projected, values of one row.
SMALL = ("spaces", "counters", "sqlite_master", "CONSTANT ROW", "VIRTUAL TABLE", "subquery", "jobs_by_state", "SCAN dirty")


@pytest.fixture
def asked(monkeypatch):
    """Every statement that any connection ran."""
    statements: set[str] = set()

    class Traced(sqlite3.Connection):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.set_trace_callback(statements.add)

    real = sqlite3.connect
    monkeypatch.setattr(sqlite_file.sqlite3, "connect", lambda *a, **k: real(*a, **k, factory=Traced))
    return statements


def verbs(memory, tmp_path):
    """What an application does for one user."""
    ada = {"user_id": "ada"}
    memory.add("I live in Delhi. My daughter Emma started school.", **ada, session_id="s1")
    memory.add("Just for this chat: call me Captain.", **ada, session_id="s1")
    memory.add("I moved to Bangalore last week.", **ada, agent_id="guide")
    memory.add("Only kept.", **ada, infer=False, wait="captured")
    memory.work()
    kept = memory.remember("Ada keeps bees.", **ada, metadata={"topic": "home"}).memories[0]
    memory.update(kept.id, text="Ada keeps many bees.")
    change = memory.delete(kept.id)[0]
    memory.undo(change.id)
    memory.search("Where does Emma go to school?", **ada, filters={"metadata.topic": {"ne": "x"}})
    memory.search("Where did I live in January?", **ada, as_of="2026-02-01", known_at="2027-01-01")
    memory.search("anything", session_id="s1")
    memory.context("Plan the week", **ada, session_id="s1")
    memory.ask("Where do I live?", **ada)
    memory.list(**ada)
    memory.facts(**ada)
    memory.graph(**ada)
    memory.history(kept.id)
    memory.explain(kept.id)
    memory.why_not("bees", kept.id, **ada)
    memory.diff(**ada, since="2026-01-01")
    memory.jobs(**ada)
    memory.conflicts(**ada)
    memory.export(tmp_path / "ada.jsonl", **ada)
    memory.end_session(**ada, session_id="s1")
    memory.rollback(**ada, to="2026-01-01")
    memory.forget(id=kept.id)
    memory.forget(**ada, session_id="s1")
    memory.forget(**ada)
    memory.load(tmp_path / "ada.jsonl")


def test_no_verb_walks_a_whole_table(path, clock, asked, tmp_path):
    with Memory(path, clock=clock, embedder="hashing", worker=False) as memory:
        memory.add("I live in Oslo.", user_id="bob")
        asked.clear()
        verbs(memory, tmp_path)
    walked: dict[str, str] = {}
    plain = sqlite3.connect(path)
    for statement in asked:
        if statement.lstrip().upper().startswith(("SELECT", "DELETE", "UPDATE", "WITH")):
            with contextlib.suppress(sqlite3.OperationalError):  # what the trace shows of a statement is not always one again
                for *_, step in plain.execute("EXPLAIN QUERY PLAN " + statement):
                    if step.startswith("SCAN") and not any(name in step for name in SMALL) and "FROM memories LIMIT 1" not in statement:
                        walked[step] = statement
    plain.close()
    assert len(asked) > 200
    assert walked == {}, "\n".join(f"{k}: {v[:150]}" for k, v in walked.items())
