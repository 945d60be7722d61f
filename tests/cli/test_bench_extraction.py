"""bench extraction: the set itself, the figures of the rules, and replies recorded from outside in rounds."""

import json
from collections import Counter

import pytest

from perdure.doors.cli.bench_extraction_set import own_files, read_set

SET = """
language = "en"
[[conversation]]
id = "move"
domain = "moving"
split = "dev"
user = "Ines"
[[conversation.add]]
at = "2026-01-12T18:30:00Z"
session = "s1"
messages = ["user: I live in Lisbon.", "assistant: Nice.", "user: How is the weather?"]
[[conversation.add]]
at = "2026-03-09T20:05:00Z"
session = "s2"
messages = ["user: I moved to Porto last month."]
[conversation.expect]
memories = [
  { id = "lisbon", said = "I live in Lisbon", says = ["Lisbon"], kind = "fact" },
  { id = "porto", said = "I moved to Porto", says = ["Porto"], kind = "fact|episodic", date = "2026-02" },
]
slots = [["user", "lives_in", "Porto"]]
not_open = [["user", "lives_in", "Lisbon"]]
relations = [["user", "lives_in", "Porto"]]
superseded = [["lisbon", "porto"]]
nothing = [["question", "How is the weather"]]

[[conversation]]
id = "chatter"
domain = "small talk"
split = "test"
user = "Pat"
[[conversation.add]]
at = "2026-02-05T22:00:00Z"
session = "s1"
messages = ["user: Why is the sky dark at night?", "assistant: That is Olbers' paradox.", "user: thx"]
[conversation.expect]
nothing = [["question", "Why is the sky"], ["general knowledge", "Olbers"], ["small talk", "thx"]]
"""


@pytest.fixture
def own_set(tmp_path):
    path = tmp_path / "set.toml"
    path.write_text(SET, encoding="utf-8")
    return path


def memory(message, quote, text, **more):
    """One memory of a reply; what is left out is empty."""
    empty = {
        "kind": "fact", "term": "long_term", "valid_from": None, "valid_to": None, "expires_at": None, "confidence": 0.9,
        "importance": 0.5, "according_to": "", "slots": [], "ended": [], "known": [], "replaces": [], "explicit": False,
        "correction": False,
    }  # fmt: skip
    return empty | {"message": message, "quote": quote, "text": text} | more


def reply(*memories):
    return {"memories": list(memories), "entities": [], "relations": [], "private": []}


def lives_in(place):
    return [{"entity": "user", "attribute": "lives_in", "value": place}]


# --- the set


def test_the_set_is_as_large_and_as_mixed_as_it_claims():
    conversations = read_set(own_files())
    languages = Counter(c.language for c in conversations)
    assert languages["en"] >= 16
    assert all(languages[code] >= 7 for code in ("de", "es", "fr", "zh"))
    assert len(conversations) >= 44
    splits = Counter(c.split for c in conversations)
    assert splits["dev"] == splits["test"]
    for c in conversations:
        assert 1 <= len(c.adds) <= 4, c.id
        assert 4 <= sum(len(one.messages) for one in c.adds) <= 14, c.id
        assert c.expected.memories or c.expected.nothing, c.id


@pytest.mark.parametrize(
    ("piece", "instead", "complaint"),
    [
        ("user: I live in Lisbon.", "I live in Lisbon.", "must begin with its role"),
        ('said = "I live in Lisbon"', 'said = "I live in Rome"', "stands in 0 messages"),
        ('"How is the weather"', '"I live in Lisbon"', "nothing may be kept"),
        ('["lisbon", "porto"]', '["lisbon", "rome"]', "superseded names no memory: rome"),
        ('split = "dev"', 'split = "train"', "not one of dev, test"),
        ('kind = "fact" }', 'kind = "rumour" }', "rumour"),
        ('id = "chatter"', 'id = "move"', "used twice: move"),
        ('domain = "moving"', "", "'domain' is missing"),
        ('slots = [["user", "lives_in", "Porto"]]', 'slot = [["user", "lives_in", "Porto"]]', "unknown keys: slot"),
        ("[[conversation]]", "[conversation", "not TOML"),
    ],
)
def test_a_set_that_is_wrong_is_refused_with_the_reason(cli, own_set, piece, instead, complaint):
    text = own_set.read_text("utf-8")
    assert piece in text
    own_set.write_text(text.replace(piece, instead, 1), "utf-8")
    assert complaint in cli("bench", "extraction", own_set, code=4).stderr


# --- the rules


def test_figures_of_the_rules(as_json, own_set):
    report = as_json("bench", "extraction", own_set)
    assert (report["extractor"], report["messages"], report["adds"], report["failed"], report["calls"]) == ("rules", 7, 3, 0, 0)
    assert report["total"]["counts"]["conversations"] == 2
    assert report["total"]["shares"]["memory_precision"] == report["total"]["shares"]["memory_recall"] == 1.0
    assert report["total"]["shares"]["supersession_recall"] == report["total"]["shares"]["slot_recall"] == 1.0
    assert report["faults"] == []
    assert set(report["by_split"]) == {"dev", "test"}
    assert set(report["by_domain"]) == {"moving", "small talk"}


def test_language_split_and_limit_choose(as_json, cli, own_set):
    assert as_json("bench", "extraction", own_set, "--split", "test")["total"]["counts"]["expected"] == 0
    assert as_json("bench", "extraction", own_set, "--limit", 1)["total"]["counts"]["conversations"] == 1
    assert as_json("bench", "extraction", "--language", "zh", "--limit", 2)["by_language"].keys() == {"zh"}
    assert "language" in cli("bench", "extraction", own_set, "--language", "tlh", code=4).stderr


def test_people_get_tables_and_the_faults_on_demand(cli, own_set):
    text = own_set.read_text("utf-8")
    own_set.write_text(text.replace('["user", "lives_in", "Porto"]', '["user", "pet", "Rex"]'), "utf-8")
    shown = cli("bench", "extraction", own_set).stdout
    assert "2 conversations, 7 messages in 3 adds" in shown
    assert "slot missed 1" in shown
    assert "user / pet / Rex" not in shown
    assert "move  slot missed: user / pet / Rex" in cli("bench", "extraction", own_set, "--faults").stdout


def test_the_ledger_of_the_user_is_not_touched(cli, own_set, ledger):
    cli("bench", "extraction", own_set)
    assert not ledger.exists()


# --- replies from outside


def answered(folder, answers):
    """The requests of a round, and replies to them: `answers` by add."""
    asked = [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]
    return asked, "\n".join(json.dumps({"key": one["key"], "text": answers[one["add"]]}) for one in asked)


def test_replies_are_recorded_in_rounds_and_replayed(as_json, own_set, tmp_path):
    folder, record, replies = tmp_path / "requests", tmp_path / "replies.jsonl", tmp_path / "answers.jsonl"
    lisbon = reply(memory(0, "I live in Lisbon", "Ines lives in Lisbon.", slots=lives_in("Lisbon")))
    porto = reply(
        memory(0, "I moved to Porto last month", "Ines moved to Porto in 2026-02.", valid_from="2026-02", slots=lives_in("Porto"))
    )
    answers = {1: lisbon, 2: porto}

    first = as_json("bench", "extraction", own_set, "--record", record, "--prompts", folder)
    assert (first["conversations"], first["complete"], first["written"]) == (2, 1, 1)  # chatter needs no call
    asked, lines = answered(folder, answers)
    assert [(one["conversation"], one["add"]) for one in asked] == [("move", 1)]
    assert "Lisbon" in asked[0]["user"]
    assert "memories" in asked[0]["schema"]["properties"]
    assert asked[0]["system"]
    again = as_json("bench", "extraction", own_set, "--record", record, "--prompts", folder)
    assert again["written"] == 1
    assert answered(folder, answers)[0] == asked  # the same keys in another run

    replies.write_text(lines, "utf-8")
    second = as_json("bench", "extraction", own_set, "--record", record, "--prompts", folder, "--import", replies)
    assert (second["imported"], second["complete"], second["written"]) == (1, 1, 1)
    asked, lines = answered(folder, answers)
    assert [(one["conversation"], one["add"]) for one in asked] == [("move", 2)]
    assert "Ines lives in Lisbon." in asked[0]["user"]  # what the first reply made is shown to the second

    replies.write_text(lines, "utf-8")
    assert as_json("bench", "extraction", own_set, "--record", record, "--import", replies)["imported"] == 1
    assert as_json("bench", "extraction", own_set, "--record", record, "--import", replies)["imported"] == 0
    last = as_json("bench", "extraction", own_set, "--record", record, "--prompts", folder)
    assert (last["complete"], last["written"], last["failed"]) == (2, 0, 0)
    assert list(folder.glob("*.json")) == []

    report = as_json("bench", "extraction", own_set, "--llm", f"recorded:{record}")
    assert (report["extractor"], report["calls"], report["estimated"], report["failed"]) == ("recorded", 2, 2, 0)
    assert report["input_tokens"] > 0
    assert report["total"]["shares"]["memory_f1"] == report["total"]["shares"]["slot_recall"] == 1.0
    assert report["total"]["shares"]["supersession_recall"] == 1.0


WALKS = """
language = "en"
[[conversation]]
id = "walks"
domain = "pets"
split = "dev"
user = "Ines"
[[conversation.add]]
at = "2026-01-12T18:30:00Z"
session = "s1"
messages = ["user: I walk my dog every morning at the river."]
[[conversation.add]]
at = "2026-01-13T18:30:00Z"
session = "s2"
messages = ["user: Every morning I walk the dog along the river."]
[[conversation.add]]
at = "2026-01-14T18:30:00Z"
session = "s3"
messages = ["user: I have moved to Porto."]
[conversation.expect]
memories = [{ id = "walk", said = ["I walk my dog", "I walk the dog"], says = ["dog", "river"] }]
"""


def test_a_judge_that_is_asked_is_part_of_the_rounds(as_json, tmp_path):
    own_set, folder, record, replies = (tmp_path / name for name in ("set.toml", "requests", "replies.jsonl", "answers.jsonl"))
    own_set.write_text(WALKS, "utf-8")
    first = "I walk my dog every morning at the river"
    second = "Every morning I walk the dog along the river"
    answers = {
        1: reply(memory(0, first, "Ines walks her dog every morning at the river.")),
        2: reply(memory(0, second, "Every morning Ines walks the dog along the river.")),
        3: reply(memory(0, "I have moved to Porto", "Ines has moved to Porto.", slots=lives_in("Porto"))),
    }
    rounds = []
    for _ in range(6):
        as_json("bench", "extraction", own_set, "--record", record, "--prompts", folder)
        asked, lines = answered(folder, answers)
        if not asked:
            break
        rounds.append([(one["add"], one["schema_name"]) for one in asked])
        if asked[0]["schema_name"] == "same":
            assert "Ines walks her dog every morning" in asked[0]["user"]
            lines = json.dumps({"key": asked[0]["key"], "text": '{"same_as": 0}'})
        replies.write_text(lines, "utf-8")
        as_json("bench", "extraction", own_set, "--record", record, "--import", replies)
    assert rounds == [[(1, "extraction")], [(2, "extraction")], [(2, "same")], [(3, "extraction")]]
    report = as_json("bench", "extraction", own_set, "--llm", f"recorded:{record}")
    assert (report["calls"], report["failed"], report["total"]["counts"]["kept"]) == (4, 0, 2)  # the two walks are one memory


def test_a_reply_that_is_missing_is_said_and_counts_as_missed(as_json, cli, own_set, tmp_path):
    record = tmp_path / "replies.jsonl"
    record.touch()
    report = as_json("bench", "extraction", own_set, "--llm", f"recorded:{record}")
    assert (report["failed"], report["calls"]) == (2, 0)
    assert "holds no reply" in report["error"]
    assert report["total"]["shares"]["memory_recall"] == 0.0
    assert "2 adds could not be extracted" in cli("bench", "extraction", own_set, "--llm", f"recorded:{record}").stdout


def test_record_keeps_what_a_model_says(as_json, cli, own_set, tmp_path):
    record, copy = tmp_path / "replies.jsonl", tmp_path / "copy.jsonl"
    folder, lines = tmp_path / "requests", []
    as_json("bench", "extraction", own_set, "--record", record, "--prompts", folder)
    asked, lines = answered(folder, {1: reply()})
    (tmp_path / "answers.jsonl").write_text(lines, "utf-8")
    as_json("bench", "extraction", own_set, "--record", record, "--import", tmp_path / "answers.jsonl")
    as_json("bench", "extraction", own_set, "--llm", f"recorded:{record}", "--record", copy)
    assert [json.loads(line)["key"] for line in copy.read_text("utf-8").splitlines()] == [asked[0]["key"]]


@pytest.mark.parametrize("line", ['{"text": "{}"}', '{"key": "abc", "text": "{}"}', "not json", "[1, 2]"])
def test_a_line_that_is_no_reply_is_refused_and_nothing_is_written(cli, own_set, tmp_path, line):
    replies, record = tmp_path / "answers.jsonl", tmp_path / "replies.jsonl"
    replies.write_text(json.dumps({"key": "0" * 64, "text": "{}"}) + "\n" + line, "utf-8")
    assert "line 2" in cli("bench", "extraction", own_set, "--record", record, "--import", replies, code=4).stderr
    assert not record.exists()


def test_a_record_that_is_something_else_is_refused_and_left_alone(cli, own_set, tmp_path):
    replies, record = tmp_path / "answers.jsonl", tmp_path / "replies.jsonl"
    replies.write_text(json.dumps({"key": "0" * 64, "text": "{}"}), "utf-8")
    record.write_text("dear diary", "utf-8")
    assert "line 1" in cli("bench", "extraction", own_set, "--record", record, "--import", replies, code=1).stderr
    assert record.read_text("utf-8") == "dear diary"
    assert "no folder" in cli("bench", "extraction", own_set, "--record", tmp_path / "no" / "r.jsonl", "--llm", "echo", code=4).stderr


def test_prompts_need_a_record_and_a_record_needs_a_model(cli, own_set, tmp_path):
    assert "--record" in cli("bench", "extraction", own_set, "--prompts", tmp_path / "requests", code=4).stderr
    assert "--llm" in cli("bench", "extraction", own_set, "--record", tmp_path / "r.jsonl", code=4).stderr
