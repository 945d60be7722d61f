"""import, export, load as commands: counts, dates, resumption, bad lines."""

import json
import zipfile
from pathlib import Path

import pytest

from perdure.doors.cli.importer import Importer
from perdure.errors import ImportFormatError

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
ADA = ("--user", "ada")


def jsonl(path, *values):
    path.write_text("".join(json.dumps(v) + "\n" if not isinstance(v, str) else v + "\n" for v in values))
    return path


def said(n, session="s1", **more):
    return {"role": "user", "content": f"Note number {n}.", "id": f"m{n}", "session_id": session} | more


def test_a_chatgpt_export_comes_in_with_its_dates_and_sessions(cli, as_json):
    report = as_json("import", EXAMPLES / "conversations.json", "--user", "maike")
    assert (report["read"], report["stored"], report["already_there"], report["sessions"]) == (66, 66, 0, 5)
    assert all(not skip["bad"] for skip in report["skipped"])
    hits = as_json("search", "gel for the cat instead of tablets", "--user", "maike", "--limit", "3")
    assert any("gel" in hit["text"] for hit in hits)
    assert hits[0]["sources"][0]["said_at"].startswith("2026-01")


def test_the_same_file_again_stores_nothing(cli, as_json):
    as_json("import", EXAMPLES / "household.jsonl", "--user", "tomasz", "--no-infer")
    again = as_json("import", EXAMPLES / "household.jsonl", "--user", "tomasz", "--no-infer")
    assert (again["read"], again["stored"], again["already_there"]) == (66, 0, 66)
    assert as_json("stats")["messages"] == 66
    assert "already there   66" in cli("import", EXAMPLES / "household.jsonl", "--user", "tomasz").stdout


def test_messages_without_ids_are_not_stored_twice_either(as_json, tmp_path):
    path = tmp_path / "chat.json"
    path.write_text(
        json.dumps([{"role": "user", "content": "ok"}, {"role": "assistant", "content": "fine"}, {"role": "user", "content": "ok"}])
    )
    assert as_json("import", path, *ADA)["stored"] == 3
    assert as_json("import", path, *ADA)["stored"] == 0


def test_an_interrupted_import_goes_on_where_it_stopped(as_json, tmp_path, ledger):
    """Stopped after two batches in the middle of a session; the second run stores the rest and nothing twice."""
    from perdure import Memory

    path = jsonl(tmp_path / "chat.jsonl", *(said(n, session=f"s{n // 40}") for n in range(100)))
    with Memory(str(ledger), worker=False) as memory:
        importer = Importer(memory, {"user_id": "ada"}, infer=False)

        def stop(_fraction, count):
            if count > 32:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            importer.run([path], stop)
        done = importer.report([path], 0.0).stored
    assert 0 < done < 100
    report = as_json("import", path, *ADA, "--no-infer")
    assert (report["read"], report["stored"], report["already_there"]) == (100, 100 - done, done)
    assert as_json("stats")["messages"] == 100


def test_a_grown_file_stores_what_is_new(as_json, tmp_path):
    path = jsonl(tmp_path / "chat.jsonl", *(said(n) for n in range(20)))
    as_json("import", path, *ADA, "--no-infer")
    jsonl(path, *(said(n) for n in range(25)))
    report = as_json("import", path, *ADA, "--no-infer")
    assert (report["stored"], report["already_there"]) == (5, 20)


def test_a_bad_line_ends_the_import_with_its_number_after_storing_what_came_before(cli, as_json, tmp_path):
    path = jsonl(tmp_path / "chat.jsonl", said(1), said(2), '{"role": "user", "content": ', said(4))
    result = cli("import", path, *ADA, code=4)
    assert "chat.jsonl, line 3" in result.stderr
    assert "--skip-bad" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert as_json("stats")["messages"] == 2


def test_bad_lines_can_be_left_out_and_are_reported(cli, as_json, tmp_path):
    path = jsonl(tmp_path / "chat.jsonl", said(1), "nonsense", said(3), {"role": "user"})
    report = as_json("import", path, *ADA, "--skip-bad")
    assert report["stored"] == 2
    assert [skip["where"] for skip in report["skipped"]] == ["chat.jsonl, line 2", "chat.jsonl, line 4"]
    assert "chat.jsonl, line 2: not JSON" in cli("import", path, *ADA, "--skip-bad").stdout


def test_limit_session_and_format(cli, as_json, tmp_path):
    path = jsonl(tmp_path / "chat.txt", *(said(n) for n in range(10)))
    report = as_json("import", path, *ADA, "--limit", "4", "--session", "mine", "--format", "jsonl", "--no-infer")
    assert (report["read"], report["stored"], report["sessions"]) == (4, 4, 1)
    assert as_json("search", "note number", *ADA, "--where", '{"session_id": "mine"}')
    assert "not JSON" in cli("import", path, *ADA, "--format", "openai", code=4).stderr


def test_several_files_and_a_zip(as_json, tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(EXAMPLES / "conversations.json", "conversations.json")
    report = as_json("import", path, EXAMPLES / "household.jsonl", *ADA, "--no-infer")
    assert (report["read"], report["stored"], report["sessions"]) == (132, 132, 10)


def test_an_id_that_cannot_be_one_is_named_with_its_line(cli, tmp_path):
    path = jsonl(tmp_path / "chat.jsonl", said(1), said(2, id="*"))
    assert "line 2" in cli("import", path, *ADA, code=4).stderr


def test_a_file_that_does_not_exist_is_a_usage_error(cli):
    assert "none.jsonl" in cli("import", "none.jsonl", *ADA, code=2).stderr


def test_export_and_load_carry_a_memory_over(cli, as_json, tmp_path):
    cli("add", "I live in Bangalore.", *ADA, "--at", "2026-03-02")
    cli("add", "I live in Oslo.", "--user", "bob")
    written = as_json("export", tmp_path / "ada.jsonl", *ADA)
    assert written["messages"] == 1
    other = tmp_path / "other.db"
    read = as_json("--file", other, "load", tmp_path / "ada.jsonl")
    assert read["messages"] == 1
    assert as_json("--file", other, "facts", "lives_in", *ADA)["value"] == "Bangalore"
    assert as_json("--file", other, "search", "Oslo", "--user", "bob") == []


def test_a_model_that_is_down_does_not_stop_an_import(tmp_path, ledger):
    from perdure import Memory
    from perdure.errors import LLMUnavailableError

    class Down:
        name = "down"
        calls = 0

        def extract(self, messages, context):
            self.calls += 1
            raise LLMUnavailableError("no route to the model")

    path = jsonl(tmp_path / "chat.jsonl", *(said(n, content=f"My friend {n} lives in town {n}.") for n in range(160)))
    down = Down()
    with Memory(str(ledger), extractor=down, worker=False) as memory:
        importer = Importer(memory, {"user_id": "ada"})
        importer.run([path], lambda _fraction, _count: None)
        assert importer.report([path], 0.0).stored == 160
        assert importer.waiting == 10
        assert down.calls == 3  # then it captures only
        assert memory.stats().jobs["pending"] == 10


def test_an_import_of_something_else_is_refused(tmp_path, ledger):
    from perdure import Memory

    (tmp_path / "diary.txt").write_text("Dear diary")
    with (
        Memory(str(ledger), worker=False) as memory,
        pytest.raises(ImportFormatError, match=r"diary.txt begins with 'Dear diary'"),
    ):
        Importer(memory, {"user_id": "ada"}).run([tmp_path / "diary.txt"], lambda _fraction, _count: None)
