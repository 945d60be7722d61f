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


def test_what_is_loaded_can_be_searched_at_once_and_all_of_it_is_there(filled, other, tmp_path):
    filled.export(tmp_path / "all.jsonl")
    other.load(tmp_path / "all.jsonl")
    assert other.stats().lag == {}
    for question in ("Delhi", "Where do I live now?"):
        assert [(h.text, h.score) for h in other.search(question, user_id="ada")] == [
            (h.text, h.score) for h in filled.search(question, user_id="ada")
        ]
    assert other.verify().ok


def test_who_is_not_in_the_file_is_left_alone(filled, other, tmp_path):
    """Nothing of theirs is written again: loading costs what is loaded, however much else the store holds."""
    other.add("I live in Graz.", user_id="carl")
    ledger = other._stores.ledger

    def of_carl():
        with ledger.snapshot() as snapshot:
            return snapshot.connection.execute("SELECT * FROM owners WHERE key = 'carl'").fetchall()

    before = of_carl()
    filled.export(tmp_path / "all.jsonl")
    other.load(tmp_path / "all.jsonl")
    assert of_carl() == before
    assert other.search("Graz", user_id="carl")[0].text == "I live in Graz."


def test_numbers_go_on_after_a_load(filled, other, tmp_path):
    filled.export(tmp_path / "all.jsonl")
    other.load(tmp_path / "all.jsonl")
    added = other.remember("Ada keeps ducks.", user_id="ada").memories[0]
    with other._stores.ledger.snapshot() as snapshot:
        docs = [d for owner, _ in snapshot.all_owners() for d in snapshot.all_docs(owner)]
        assert len(docs) == len(set(docs))
        assert snapshot.current(added.id).doc == max(docs)
    assert other.search("ducks", user_id="ada")[0].text == "Ada keeps ducks."


def test_a_load_that_dies_half_way_leaves_neither_rows_nor_words(filled, other, tmp_path, monkeypatch):
    """The words are written with the rows: no crash in between leaves messages that cannot be found."""
    filled.export(tmp_path / "all.jsonl")

    def dies(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(other._stores.graph, "put", dies)
    with pytest.raises(KeyboardInterrupt):
        other.load(tmp_path / "all.jsonl")
    monkeypatch.undo()
    assert other.stats().messages == 0
    assert other.verify().ok
    other.load(tmp_path / "all.jsonl")
    assert other.verify().ok
    assert other.search("Delhi", user_id="ada")


@pytest.mark.parametrize(
    ("table", "place", "wrong"),
    [
        ("messages", 5, "king"), ("messages", 8, "soon"), ("messages", 8, None), ("messages", 14, "x"), ("memories", 14, "soon"),
        ("memories", 8, "rumour"), ("memories", 22, "[[1]]"), ("memories", 23, "{"), ("changes", 7, None), ("jobs", 6, "x"),
        ("episodes", 3, 1.5),
    ],
)  # fmt: skip
def test_a_value_that_could_not_be_read_again_is_refused(filled, other, tmp_path, table, place, wrong):
    file = tmp_path / "all.jsonl"
    filled.export(file)
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    next(r for r in reversed(rows[1:]) if r[0] == table)[1][place] = wrong
    file.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    with pytest.raises(ImportFormatError, match="Nothing was stored"):
        other.load(file)
    assert other.stats().messages == 0


def test_a_load_leaves_the_schema_as_it_was_whether_it_succeeds_or_not(filled, other, tmp_path):
    def schema():
        with other._stores.ledger.snapshot() as snapshot:
            return snapshot.connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()

    before = schema()
    file = tmp_path / "all.jsonl"
    filled.export(file)
    whole = file.read_text("utf-8")
    file.write_text(whole[:-5], "utf-8")
    with pytest.raises(ImportFormatError):
        other.load(file)
    assert schema() == before
    file.write_text(whole, "utf-8")
    for _ in range(2):  # into an empty store, and into one that holds it all
        other.load(file)
        assert schema() == before
    assert [c.type for c in other.history(other.list(user_id="bob")[0].id)] == ["add"]


def test_the_room_a_load_takes_is_given_back(filled, other, tmp_path):
    filled.export(tmp_path / "all.jsonl")
    writer = other._stores.ledger.file._writer
    before = writer.execute("PRAGMA cache_size").fetchone()
    other.load(tmp_path / "all.jsonl")
    assert writer.execute("PRAGMA cache_size").fetchone() == before
