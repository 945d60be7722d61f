"""Reading conversations from files: formats, ids, dates, order, and what happens to what cannot be read."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from perdure.doors.cli.formats import Line, Progress, Skip, read
from perdure.doors.cli.pieces import array_items
from perdure.errors import ImportFormatError

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def lines(path: Path, **options) -> list[Line]:
    return [item for item in read(path, **options) if isinstance(item, Line)]


def skips(path: Path, **options) -> list[Skip]:
    return [item for item in read(path, **options) if isinstance(item, Skip)]


def jsonl(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def node(name, parent, children, *, role="user", text="", created=None, **message):
    body = {
        "id": name,
        "author": {"role": role},
        "create_time": created,
        "content": {"content_type": "text", "parts": [text]},
        "recipient": "all",
        "metadata": {},
    } | message
    return {"id": name, "parent": parent, "children": children, "message": body if text or message else None}


def conversation(name="c1", created=1_700_000_000.5, title="A chat", current="n3", mapping=None):
    mapping = mapping or {
        "root": node("root", None, ["n1"]),
        "n1": node("n1", "root", ["n2", "n2b"], text="first", created=created),
        "n2": node("n2", "n1", [], role="assistant", text="thrown away", created=created + 1),
        "n2b": node("n2b", "n1", ["n3"], role="assistant", text="kept", created=created + 2),
        "n3": node("n3", "n2b", [], text="last", created=created + 3),
    }
    return {
        "id": name,
        "conversation_id": name,
        "title": title,
        "create_time": created,
        "current_node": current,
        "mapping": mapping,
    }


def test_jsonl_keeps_role_name_id_time_metadata_and_session(tmp_path):
    said = {
        "role": "user",
        "content": "Hello",
        "name": "Ada",
        "id": "m1",
        "timestamp": "2026-03-01T12:00:00+05:30",
        "metadata": {"topic": "greeting"},
        "session_id": "s1",
    }
    (line,) = lines(write(tmp_path / "chat.jsonl", jsonl(said)))
    assert line.session_id == "s1"
    assert line.message.timestamp == datetime(2026, 3, 1, 6, 30, tzinfo=UTC)
    assert (line.message.content, line.message.role, line.message.name, line.message.id) == ("Hello", "user", "Ada", "m1")
    assert line.message.metadata == {"topic": "greeting"}


def test_a_conversation_a_line_has_its_session_and_its_date(tmp_path):
    talk = {
        "session_id": "s9",
        "timestamp": 1_700_000_000,
        "messages": [{"role": "human", "content": "Hi"}, {"role": "ai", "content": "Hello", "timestamp": 1_700_000_060_000}],
    }
    first, second = lines(write(tmp_path / "chat.jsonl", jsonl(talk)))
    assert [first.session_id, second.session_id] == ["s9", "s9"]
    assert [first.message.role, second.message.role] == ["user", "assistant"]
    assert first.message.timestamp == datetime.fromtimestamp(1_700_000_000, UTC)
    assert second.message.timestamp == datetime.fromtimestamp(1_700_000_060, UTC)  # milliseconds


@pytest.mark.parametrize("wrapped", [False, True])
def test_openai_lists_with_parts_and_tool_calls(tmp_path, wrapped):
    messages = [
        {"role": "developer", "content": "Be brief."},
        {
            "role": "user",
            "content": [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "x"}}],
        },
        {"role": "assistant", "content": None, "tool_calls": [{"id": "t1"}]},
        {"role": "tool", "content": "42", "tool_call_id": "t1"},
    ]
    path = write(tmp_path / "thread.json", json.dumps({"model": "m", "messages": messages} if wrapped else messages, indent=2))
    found = lines(path)
    assert [(line.message.role, line.message.content) for line in found] == [
        ("system", "Be brief."),
        ("user", "What is this?"),
        ("tool", "42"),
    ]
    assert {line.session_id for line in found} == {"thread"}
    (skip,) = skips(path)
    assert skip.reason == "no text in it"
    assert not skip.bad


def test_chatgpt_follows_the_branch_that_was_kept(tmp_path):
    path = write(tmp_path / "conversations.json", json.dumps([conversation()]))
    found = lines(path)
    assert [(line.message.role, line.message.content) for line in found] == [
        ("user", "first"),
        ("assistant", "kept"),
        ("user", "last"),
    ]
    assert {line.session_id for line in found} == {"c1"}
    assert found[0].message.id == "n1"
    assert found[0].message.timestamp == datetime.fromtimestamp(1_700_000_000.5, UTC)
    assert found[0].message.metadata == {"title": "A chat"}


def test_chatgpt_conversations_come_oldest_first(tmp_path):
    talks = [conversation(name=f"c{n}", created=1_700_000_000 + n) for n in (3, 1, 2)]
    found = lines(write(tmp_path / "conversations.json", json.dumps(talks)))
    assert [line.session_id for line in found[::3]] == ["c1", "c2", "c3"]


def test_chatgpt_leaves_out_what_was_hidden_called_or_without_text(tmp_path):
    mapping = {
        "a": node("a", None, ["b"], role="system", text="", metadata={"is_visually_hidden_from_conversation": True}),
        "b": node("b", "a", ["c"], content={"content_type": "multimodal_text", "parts": [{"asset_pointer": "x"}, "look at this"]}),
        "c": node("c", "b", ["d"], role="assistant", text="print(1)", recipient="python"),
        "d": node("d", "c", ["e"], role="tool", content={"content_type": "execution_output", "text": "1"}),
        "e": node("e", "d", [], role="assistant", text="It is a cat.", created=1_700_000_100),
    }
    path = write(tmp_path / "conversations.json", json.dumps([conversation(current="e", mapping=mapping)]))
    assert [line.message.content for line in lines(path)] == ["look at this", "It is a cat."]
    reasons = [skip.reason for skip in skips(path)]
    assert len(reasons) == 3
    assert not any(skip.bad for skip in skips(path))
    assert "'python'" in reasons[1]


def test_chatgpt_without_current_node_takes_the_newest_leaf_and_survives_a_loop(tmp_path):
    talk = conversation(current=None)
    assert [line.message.content for line in lines(write(tmp_path / "a.json", json.dumps([talk])))] == ["first", "kept", "last"]
    talk["mapping"]["n1"]["parent"] = "n3"
    talk["current_node"] = "n3"
    assert [line.message.content for line in lines(write(tmp_path / "b.json", json.dumps([talk])))] == ["first", "kept", "last"]


def test_chatgpt_inside_the_zip_it_comes_in(tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("user.json", "{}")
        archive.writestr("conversations.json", json.dumps([conversation()]))
    assert [line.message.content for line in lines(path)] == ["first", "kept", "last"]


def test_a_zip_without_an_export_says_so(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"x")
    with pytest.raises(ImportFormatError, match=r"no conversations.json inside"):
        lines(path)


def test_ids_are_the_same_when_a_file_is_read_again_and_when_it_has_grown(tmp_path):
    said = [{"role": "user", "content": "ok"}, {"role": "assistant", "content": "fine"}, {"role": "user", "content": "ok"}]
    before = [line.message.id for line in lines(write(tmp_path / "chat.jsonl", jsonl(*said)))]
    after = [line.message.id for line in lines(write(tmp_path / "chat.jsonl", jsonl(*said, {"role": "user", "content": "more"})))]
    assert len(set(before)) == 3  # two people may say "ok" twice
    assert after[:3] == before


def test_session_given_wins_over_the_file(tmp_path):
    path = write(tmp_path / "chat.jsonl", jsonl({"role": "user", "content": "x", "session_id": "theirs"}))
    assert lines(path, session="mine")[0].session_id == "mine"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"role": "user", "content": ', "not JSON"),
        (b'"just a string"', "expected a JSON object, not str"),
        (b'{"content": "x"}', '"role" is missing'),
        (b'{"role": "wizard", "content": "x"}', "'wizard'"),
        (b'{"role": "user"}', '"content" is missing'),
        (b'{"role": "user", "content": 3}', '"content" is int'),
        (b'{"role": "user", "content": "x", "timestamp": "yesterday"}', "yesterday"),
        (b'{"role": "user", "content": "x", "metadata": [1]}', '"metadata" is list'),
        (b'{"role": "user", "content": "x", "id": {}}', '"id" is dict'),
        (b'{"role": "user", "content": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_read(tmp_path, bad, reason):
    good = b'{"role": "user", "content": "good"}'
    path = write(tmp_path / "chat.jsonl", good + b"\n\n" + bad + b"\n" + good)
    (skip,) = skips(path)
    assert skip.bad
    assert skip.where == "chat.jsonl, line 3"
    assert reason in skip.reason
    assert [line.where for line in lines(path)] == ["chat.jsonl, line 1", "chat.jsonl, line 4"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with nothing"),
        ("Dear diary", "begins with 'Dear diary'"),
        ('[{"role": "user", "content": "a"}, {"role": "user", ', r"chat.json, line 1: item 2 is not JSON"),
        ('[{"role": "user", "content": "a"}\n {"role"', r"line 2: expected a comma"),
        ('[{"role": "user", "content": "a"}', "ends in the middle"),
        ('[{"role": "user", "content": "a"},', "ends in the middle"),
        ('[{"role": "user", "content": "a"}] x', "after the end"),
        ('{\n"messages": [', "is not JSON"),
    ],
)
def test_a_file_that_is_no_conversation_says_where(tmp_path, text, message):
    with pytest.raises(ImportFormatError, match=message):
        lines(write(tmp_path / "chat.json", text))


def test_a_folder_and_a_missing_file_are_refused(tmp_path):
    with pytest.raises(ImportFormatError, match="is a folder"):
        lines(tmp_path)
    with pytest.raises(ImportFormatError, match="cannot be read"):
        lines(tmp_path / "none.jsonl")


def test_a_byte_order_mark_is_no_obstacle(tmp_path):
    text = jsonl({"role": "user", "content": "héllo"}).encode("utf-8-sig")
    assert lines(write(tmp_path / "a.jsonl", text))[0].message.content == "héllo"
    text = json.dumps([{"role": "user", "content": "hi"}]).encode("utf-8-sig")
    assert lines(write(tmp_path / "b.json", text))[0].message.content == "hi"


def test_arrays_are_read_in_pieces_of_any_size(tmp_path, monkeypatch):
    """Elements longer and shorter than the window, multi-byte characters on its edge, brackets and commas inside strings."""
    values = [{"n": n, "text": 'é],[{ "\n' * (n * n)} for n in range(12)]
    path = write(tmp_path / "a.json", json.dumps(values, ensure_ascii=False, indent=1))
    for size in (1, 7, 64, 10_000):
        monkeypatch.setattr("perdure.doors.cli.pieces.CHUNK", size)
        progress = Progress(total=path.stat().st_size)
        with path.open("rb") as stream:
            read_back = list(array_items(stream, "a.json", progress))
        assert [value for _, value in read_back] == values
        assert progress.fraction == 1.0
    starts = [number for number, text in enumerate(path.read_text().splitlines(), 1) if text == " {"]
    assert [where for where, _ in read_back] == [f"a.json, item {n}, line {line}" for n, line in enumerate(starts, 1)]


def test_the_example_files_are_what_their_readme_says():
    found = lines(EXAMPLES / "conversations.json")
    assert len(found) == 66
    assert len({line.session_id for line in found}) == 5
    times = [line.message.timestamp for line in found]
    assert times == sorted(times)
    household = lines(EXAMPLES / "household.jsonl")
    assert len(household) == len({line.message.id for line in household}) == 66
    assert {line.message.name for line in household if line.message.role == "user"} == {"Tomasz"}
