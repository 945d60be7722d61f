"""A ledger as lines, and back: nothing is lost, nothing comes twice, a broken file stores nothing."""

from __future__ import annotations

import json

import pytest

from perdure import Memory
from perdure.errors import ImportFormatError, InputError


@pytest.fixture
def filled(plain_memory, clock):
    m = plain_memory
    m.add("I live in Delhi.", user_id="ada", session_id="s1", metadata={"topic": "home"})
    clock.advance(days=10)
    m.add("I moved to Bangalore.", user_id="ada")
    kept = m.remember("Ada keeps bees.", user_id="ada", kind="preference").memories[0]
    m.update(kept.id, text="Ada keeps 🐝 蜂.")
    m.delete(m.remember("Ada keeps goats.", user_id="ada").memories[0].id)
    m.remember("Be brief.", user_id="ada", session_id="s1", term="short_term")
    m.add("I live in Oslo.", user_id="bob")
    return m


@pytest.fixture
def other(tmp_path, clock):
    with Memory(tmp_path / "other.db", clock=clock, embedder="hashing", worker=False) as m:
        yield m


def everything(m, user):
    """What can be seen of a user."""
    listed = m.list(user_id=user, session_id="s1")
    return {
        "list": [(r.id, r.text, r.kind, r.term, r.metadata, len(r.sources)) for r in listed],
        "history": [[(c.type, c.reason, c.at) for c in m.history(r.id)] for r in listed],
        "facts": [(f.attribute, f.values) for f in m.facts(user_id=user)],
        "then": [(f.attribute, f.values) for f in m.facts(user_id=user, as_of="2026-03-05")],
        "known": [r.text for r in m.list(user_id=user, known_at="2026-03-05")],
        "hits": [(h.text, h.score) for h in m.search("Where do I live and what do I keep?", user_id=user, session_id="s1")],
    }


def test_what_is_exported_and_loaded_answers_the_same(filled, other, tmp_path):
    file = tmp_path / "all.jsonl"
    wrote = filled.export(file)
    read = other.load(file)
    assert (read.episodes, read.messages, read.memories, read.changes) == (wrote.episodes, wrote.messages, wrote.memories, wrote.changes)
    for user in ("ada", "bob"):
        assert everything(other, user) == everything(filled, user)
    assert other.verify().ok


def test_loading_twice_changes_nothing(filled, other, tmp_path):
    filled.export(tmp_path / "all.jsonl")
    other.load(tmp_path / "all.jsonl")
    before = everything(other, "ada"), other.stats().messages
    assert other.load(tmp_path / "all.jsonl").messages == 0
    assert (everything(other, "ada"), other.stats().messages) == before
    assert other.verify().ok


def test_one_users_export_holds_nothing_of_another(filled, other, tmp_path):
    file = tmp_path / "ada.jsonl"
    filled.export(file, user_id="ada")
    assert "Oslo" not in file.read_text("utf-8")
    assert "bob" not in file.read_text("utf-8")
    other.add("I live in Graz.", user_id="bob")
    other.load(file)
    assert other.fact("lives_in", user_id="ada").value == "Bangalore"
    assert other.fact("lives_in", user_id="bob").value == "Graz"


def test_what_was_loaded_lives_on(filled, other, tmp_path, clock):
    filled.export(tmp_path / "all.jsonl")
    other.load(tmp_path / "all.jsonl")
    clock.advance(days=1)
    changes = other.add("I moved to Pune.", user_id="ada").changes
    assert other.fact("lives_in", user_id="ada").values == ("Pune",)
    other.undo(changes[0].id)
    assert other.fact("lives_in", user_id="ada").values == ("Bangalore",)
    assert other.forget(user_id="ada").total > 0
    assert other.verify().ok


HEAD = json.dumps({"format": "perdure-export", "version": 1, "schema": 1})
BROKEN = {
    "empty": "",
    "not JSON": "hello\n",
    "another format": '{"format": "chatgpt"}\n',
    "a newer version": '{"format": "perdure-export", "version": 99, "schema": 1}\n',
    "no version": '{"format": "perdure-export"}\n',
    "a line cut short": HEAD + '\n["messages", {"id"\n',
    "an unknown table": HEAD + '\n["nosuch", {"id": 1}]\n',
    "a row that is none": HEAD + '\n["messages", {"id": 1}]\n',
    "a number": HEAD + "\n5\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_stores_nothing(other, tmp_path, case):
    file = tmp_path / "broken.jsonl"
    file.write_text(BROKEN[case], "utf-8")
    other.add("I live in Graz.", user_id="bob")
    before = other.stats()
    with pytest.raises(ImportFormatError) as e:
        other.load(file)
    assert str(file) in str(e.value)
    assert other.stats() == before


def test_a_good_beginning_does_not_save_a_broken_end(filled, other, tmp_path):
    file = tmp_path / "all.jsonl"
    filled.export(file)
    lines = file.read_text("utf-8").splitlines()
    file.write_text("\n".join([*lines[:-1], lines[-1][:-5]]), "utf-8")
    with pytest.raises(ImportFormatError, match="Nothing was stored"):
        other.load(file)
    assert other.stats().messages == 0


def test_where_it_cannot_be_written_is_said_and_the_ledger_is_safe(filled, path, tmp_path):
    for wrong in (tmp_path / "nosuch" / "x.jsonl", tmp_path, path):
        with pytest.raises(InputError, match="path"):
            filled.export(wrong)
    assert filled.fact("lives_in", user_id="ada").value == "Bangalore"
    assert not list(tmp_path.glob("*.part"))


def test_a_missing_file_is_said(other, tmp_path):
    with pytest.raises(ImportFormatError, match="nosuch"):
        other.load(tmp_path / "nosuch.jsonl")
