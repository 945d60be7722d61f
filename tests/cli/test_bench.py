"""bench speed and bench recall, on the example conversations. No time is asserted, only what the figures are made of."""

import json
import tempfile
from pathlib import Path

import pytest

from perdure import Memory
from perdure.doors.cli.bench_questions import paraphrase
from perdure.errors import InputError
from perdure.stages.measure import BM25, Dense, auroc, newest_first, only_stale, packed, recall, reciprocal_rank

ROOT = Path(__file__).parents[2]
HOUSEHOLD = ROOT / "examples" / "data" / "household.jsonl"
EXPORT = ROOT / "examples" / "data" / "conversations.json"
KINDS = Path(__file__).parent / "data" / "household_kinds.jsonl"
QUESTIONS = Path(__file__).parent / "data" / "household_questions.jsonl"
NAMES = ["perdure", "BM25", "dense"]


@pytest.fixture
def asked(tmp_path):
    """A questions file with these (question, evidence…) in it."""

    def write(*questions):
        path = tmp_path / "questions.jsonl"
        path.write_text("\n".join(json.dumps({"question": text, "evidence": evidence}) for text, *evidence in questions), "utf-8")
        return path

    return write


def by_name(report):
    return {ranking["name"]: ranking for ranking in report["rankings"]}


# --- recall


def test_words_that_stand_in_one_message_find_it_first(as_json, asked):
    questions = asked(("backlog with 412 tickets", "work-05"), ("Skoda Octavia grinding noise", "car-01"))
    found = by_name(as_json("bench", "recall", HOUSEHOLD, "--questions", questions))
    for name in ("perdure", "BM25"):
        assert found[name]["recall"] == {"1": 1.0, "5": 1.0, "10": 1.0}
        assert found[name]["mrr"] == 1.0
        assert found[name]["in_budget"]["250"] == 1.0


def test_figures_on_given_questions(as_json):
    report = as_json("bench", "recall", HOUSEHOLD, "--questions", QUESTIONS, "--k", "10,1,3")
    assert (report["messages"], report["questions"], report["made_by"], report["left_out"]) == (66, 10, "file", 0)
    assert report["asked_at"].startswith("2026-03-05")  # the day of the last message, not today
    assert [ranking["name"] for ranking in report["rankings"]] == NAMES
    for ranking in report["rankings"]:
        assert list(ranking["recall"]) == ["1", "3", "10"]
        assert list(ranking["in_budget"]) == ["250", "500", "1000", "2000"]
        shares = [*ranking["recall"].values(), ranking["mrr"], *ranking["in_budget"].values()]
        assert all(0 < share <= 1 for share in shares)
        assert ranking["recall"]["1"] <= ranking["recall"]["3"] <= ranking["recall"]["10"]
        assert ranking["recall"]["1"] < ranking["recall"]["10"]  # four questions need more than one message
        assert ranking["in_budget"]["250"] <= ranking["in_budget"]["2000"]
    assert by_name(report)["perdure"]["recall"]["10"] >= 0.8


def test_the_same_files_give_the_same_figures(as_json):
    command = ("bench", "recall", HOUSEHOLD, "--questions", QUESTIONS)
    assert as_json(*command) == as_json(*command)


def test_self_made_questions_ask_for_the_memories(as_json):
    report = as_json("bench", "recall", EXPORT)
    assert report["made_by"] == "rules"
    assert report["questions"] + report["left_out"] == report["memories"] > 10
    assert by_name(report)["perdure"]["recall"]["10"] >= 0.9  # nearly every memory is found from its paraphrase
    assert as_json("bench", "recall", EXPORT, "--limit", 4)["questions"] == 4


def test_what_was_missed_is_named(as_json, cli, asked):
    questions = asked(("What does the gas cost?", "garden-14"))
    report = as_json("bench", "recall", HOUSEHOLD, "--questions", questions, "--k", "1")
    assert [(miss["question"], miss["evidence"]) for miss in report["misses"]] == [("What does the gas cost?", ["garden-14"])]
    shown = cli("bench", "recall", HOUSEHOLD, "--questions", questions, "--k", "1").stdout
    assert "Not among the first 1: 1 question" in shown
    assert "Repeat them after six weeks" in shown


def test_people_see_a_table_a_chart_and_how_much_to_trust_it(cli):
    shown = cli("bench", "recall", HOUSEHOLD).stdout
    assert "recall@1" in shown
    assert "MRR" in shown
    chart = shown[shown.index("Evidence inside a context") :].partition("\n")[2]
    assert [line.split()[0] for line in chart.splitlines()[1:5]] == ["250", "500", "1000", "2000"]
    assert "██████" in chart
    assert "easier than what people ask" in shown
    assert "fewer than 50 questions" in shown
    assert "easier" not in cli("bench", "recall", HOUSEHOLD, "--questions", QUESTIONS).stdout


def test_questions_of_many_kinds_are_scored_each_as_it_should_be(as_json):
    report = as_json("bench", "recall", HOUSEHOLD, "--questions", KINDS)
    assert (report["questions"], report["unanswerable"], report["updates"]) == (8, 2, 2)
    for ranking in report["rankings"]:
        categories = ranking["categories"]
        assert {name: of["questions"] for name, of in categories.items()} == {"several": 2, "single": 2, "update": 2}
        for k, share in ranking["recall"].items():  # the whole is the mean of the parts, and what has no answer is no part of it
            assert share == pytest.approx(sum(of["recall"][k] for of in categories.values()) / 3, abs=1e-3)
        assert ranking["mrr"] == pytest.approx(sum(of["mrr"] for of in categories.values()) / 3, abs=1e-3)
        assert categories["single"]["in_budget"]["2000"] == 1
        assert 0 <= ranking["only_stale"] <= 1
        assert 0 <= ranking["newest_first"] <= 1
    ours = by_name(report)["perdure"]
    assert ours["categories"]["single"]["recall"]["1"] == 1
    assert ours["auroc"] > 0.5
    assert not any(miss["evidence"] == [] for miss in report["misses"])


def test_what_changed_is_judged_by_the_order_the_file_gives(as_json, tmp_path):
    """The same two messages, named in either order: where one is found above the other, the figures turn round."""
    told = []
    for n, evidence in enumerate((["work-09", "work-11"], ["work-11", "work-09"])):
        file = tmp_path / f"{n}.jsonl"
        question = {"question": "Every standup takes 40 minutes", "evidence": evidence, "category": "update"}
        file.write_text(json.dumps(question), "utf-8")
        told.append(by_name(as_json("bench", "recall", HOUSEHOLD, "--questions", file, "--k", "1"))["BM25"])
    assert [(one["newest_first"], one["only_stale"]) for one in told] == [(0.0, 1.0), (1.0, 0.0)]


def test_people_see_the_kinds_and_a_plot(cli):
    shown = cli("bench", "recall", HOUSEHOLD, "--questions", KINDS).stdout
    for part in ("by category", "several", "newest above the stale", "AUROC", "2 questions without evidence", "against the token budget"):
        assert part in shown
    plot = shown[shown.index("Recall against the token budget") :].splitlines()[1:]
    top, bottom = next(n for n, line in enumerate(plot) if "1.0 ┤" in line), next(n for n, line in enumerate(plot) if "0.0 ┤" in line)
    assert bottom - top == 10
    assert all(mark in "".join(plot[top : bottom + 1]) for mark in "●○×")
    assert plot[bottom + 2].split() == ["250", "500", "1000", "2000", "tokens"]


def test_questions_nobody_can_answer_alone_are_refused(cli, asked):
    assert "nothing to find" in cli("bench", "recall", HOUSEHOLD, "--questions", asked(("Who flew to Japan?",)), code=4).stderr
    both = asked(("Who flew to Japan?",), ("Who left a backlog?", "work-05"))
    assert "--limit" in cli("bench", "recall", HOUSEHOLD, "--questions", both, "--limit", 1, code=4).stderr


def test_several_files_are_one_user(as_json):
    report = as_json("bench", "recall", HOUSEHOLD, EXPORT, "--questions", QUESTIONS, "--k", "10")
    assert report["messages"] == 132
    assert len(report["files"]) == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{not json", "not JSON"),
        ("[]", "expected a JSON object"),
        ('{"evidence": ["work-05"]}', '"question" must be a text'),
        ('{"question": "Who?"}', "must be a list"),
        ('{"question": "Who?", "evidence": ["work-05"], "category": "update"}', "two at least"),
        ('{"question": "Who?", "evidence": ["work-05"], "category": ["a"]}', '"category" must be a text'),
        ('{"question": "Who?", "evidence": "work-05"}', "must be a list"),
        ('{"question": "Who?", "evidence": ["work-99"]}', "there is no message 'work-99'"),
    ],
)
def test_a_bad_question_is_refused_with_its_line(cli, tmp_path, line, says):
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"question": "Who left?", "evidence": ["work-05"]}\n' + line + "\n", "utf-8")
    error = cli("bench", "recall", HOUSEHOLD, "--questions", questions, code=4).stderr
    assert "questions.jsonl, line 2" in error
    assert says in error


def test_bad_files_and_options_end_with_their_exit_codes(cli, tmp_path):
    empty, prose, bad = tmp_path / "empty.jsonl", tmp_path / "prose.txt", tmp_path / "bad.jsonl"
    empty.write_text("", "utf-8")
    prose.write_text("Dear diary", "utf-8")
    bad.write_text('{"role": "user", "content": "I live in Bangalore."}\n{"role": "user"}\n', "utf-8")
    assert "nothing to find" in cli("bench", "recall", empty, code=4).stderr
    assert "prose.txt" in cli("bench", "recall", prose, code=4).stderr
    assert "--skip-bad" in cli("bench", "recall", bad, code=4).stderr
    assert "holds no question" in cli("bench", "recall", HOUSEHOLD, "--questions", empty, code=4).stderr
    cli("bench", "recall", tmp_path / "missing.jsonl", code=2)
    for k in ("0", "1,x", "", "101"):
        cli("bench", "recall", HOUSEHOLD, "--k", k, code=2)


def test_an_id_that_two_messages_share_is_no_evidence(cli, tmp_path, asked):
    for name, city in (("one.jsonl", "Delhi"), ("two.jsonl", "Porto")):
        (tmp_path / name).write_text(f'{{"id": "1", "role": "user", "content": "I live in {city}."}}\n', "utf-8")
    files = (tmp_path / "one.jsonl", tmp_path / "two.jsonl")
    assert "2 messages" in cli("bench", "recall", *files, "--questions", asked(("Where do I live?", "1")), code=4).stderr


def test_bad_lines_can_be_left_out(as_json, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"role": "user"}\n{"role": "user", "content": "I moved from Delhi to Bangalore last month."}\n', "utf-8")
    report = as_json("bench", "recall", bad, "--skip-bad", "--k", "1")
    assert report["messages"] == 1
    assert by_name(report)["perdure"]["recall"] == {"1": 1.0}


def test_nothing_to_ask_for_says_what_to_do(cli, tmp_path):
    file = tmp_path / "talk.jsonl"
    file.write_text('{"role": "user", "content": "What is the capital of France?"}\n', "utf-8")
    assert "--questions" in cli("bench", "recall", file, code=4).stderr


# --- self-made questions


def test_a_paraphrase_takes_the_answer_out_and_asks_for_it():
    question = paraphrase("I moved from Delhi to Bangalore with my wife last month.", [("lives_in", "Bangalore")])
    assert question == "Where did I relocate Delhi spouse previous month?"


def test_a_paraphrase_keeps_the_answer_when_nothing_else_would_be_left():
    assert paraphrase("I live in Bangalore.", [("lives_in", "Bangalore")]) == "Did I reside Bangalore?"


@pytest.mark.parametrize("text", ["Ich wohne in Berlin.", "我住在北京", "", "?!", "Olek has had a cough."])
def test_what_cannot_be_reworded_is_no_question(text):
    assert paraphrase(text) is None


def test_a_paraphrase_keeps_a_negation():
    assert "not" in paraphrase("I don't buy meat.").split()


# --- scoring


def test_recall_and_reciprocal_rank():
    ranking = ["a", "b", "c", "d"]
    assert recall(ranking, ["b", "d"], 1) == 0
    assert recall(ranking, ["b", "d"], 2) == 0.5
    assert recall(ranking, ["b", "d"], 4) == 1
    assert recall(ranking, ["b", "x"], 2, any_will_do=True) == 1
    assert reciprocal_rank(ranking, ["d", "b"]) == 0.5
    assert reciprocal_rank(ranking, ["x"]) == 0


def test_the_newest_statement_must_stand_above_all_that_it_replaces():
    assert newest_first(["x", "new", "old"], ["old", "new"])
    assert newest_first(["new"], ["older", "old", "new"])
    assert not newest_first(["old", "new", "older"], ["older", "old", "new"])
    assert not newest_first(["x", "old"], ["old", "new"])
    assert not newest_first([], ["old", "new"])
    assert only_stale(["old", "x", "new"], ["old", "new"], 2)
    assert not only_stale(["old", "x", "new"], ["old", "new"], 3)
    assert not only_stale(["x", "y"], ["old", "new"], 2)


def test_the_area_under_the_curve_counts_pairs_in_the_right_order():
    assert auroc([0.9, 0.8], [0.1, 0.2]) == 1
    assert auroc([0.1, 0.2], [0.9, 0.8]) == 0
    assert auroc([0.5, 0.5], [0.5]) == 0.5
    assert auroc([0.9, 0.3], [0.5]) == 0.5
    assert auroc([1, 2, 3], [2]) == 0.5
    assert auroc([], [0.5]) is None


def test_the_best_score_belongs_to_the_first_place():
    texts = ["a cat", "a dog", "a cat and a dog"]
    assert BM25(texts).best("a cat or a dog") > BM25(texts).best("a cat") > BM25(texts).best("zebra") == 0
    assert Dense([[0.0, 1.0], [0.6, 0.8]]).best([1.0, 0.0]) == pytest.approx(0.6)
    assert Dense([]).best([1.0]) == 0


def test_bm25_prefers_rare_words_and_short_texts():
    texts = ["a cat, a bird and a river", "a dog", "a cat", "a cat", "a cat and a dog", "nothing of the kind"]
    assert BM25(texts).rank("cats") == [2, 3, 4, 0]
    assert BM25(texts).rank("a cat or a dog") == [4, 1, 2, 3, 0]  # both words, then the rarer one
    assert BM25(["tea", "tea and tea and rice and beans"]).rank("tea") == [0, 1]  # in every text, and still found
    assert BM25(texts).rank("zebra") == []
    assert BM25([]).rank("cat") == []


def test_dense_ranks_by_cosine_and_keeps_the_order_of_equals():
    assert Dense([[0.0, 1.0], [1.0, 0.0], [0.6, 0.8], [1.0, 0.0]]).rank([1.0, 0.0]) == [1, 3, 2, 0]
    assert Dense([]).rank([1.0]) == []


def test_a_budget_is_filled_from_the_top_and_never_overrun():
    assert packed([2, 0, 1], [30, 50, 60], 100) == [2, 0]
    assert packed([1, 2, 0], [30, 50, 60], 90) == [1, 0]  # what does not fit is passed over
    assert packed([0], [30], 29) == []


def test_embed_gives_unit_vectors_near_for_near_meanings():
    with Memory(":memory:", worker=False) as memory:
        car, vehicle, soup = memory.embed(["My car broke down.", "The vehicle does not start.", "She cooked lentil soup."])
        with pytest.raises(InputError, match="sequence of strings"):
            memory.embed("one text")
        with pytest.raises(InputError):
            memory.embed([1])

    def dot(a, b):
        return sum(x * y for x, y in zip(a, b, strict=True))

    assert dot(car, car) == pytest.approx(1, abs=1e-3)
    assert dot(car, vehicle) > dot(car, soup) + 0.2


# --- speed


def test_speed_measures_what_it_says(as_json):
    report = as_json("bench", "speed", "--memories", 30, "--queries", 4)
    assert report["messages"] >= report["memories"] >= 30
    for part in ("add", "search", "search_alone", "query_embedding"):
        times = report[part]
        assert times["count"] == 4
        assert 0 <= times["p50"] <= times["p95"] <= times["worst"]
    assert report["captured_per_second"] > report["understood_per_second"] > 0
    assert report["file_bytes"] > 10_000
    assert report["resident_bytes"] is None or report["resident_bytes"] > 10_000_000


def test_speed_for_people(cli):
    shown = cli("bench", "speed", "--memories", 20, "--queries", 2, "--embedder", "hashing").stdout
    for part in ("p50", "p95", "captured", "without it", "memory in use", "hashing"):
        assert part in shown


def test_speed_pays_for_no_llm(cli):
    assert "PERDURE_LLM" in cli("bench", "speed", "--llm", "echo", code=4).stderr


def test_the_ledger_is_not_touched_and_nothing_is_left_behind(cli, ledger, tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    cli("bench", "speed", "--memories", 10, "--queries", 1, "--embedder", "hashing")
    cli("bench", "recall", HOUSEHOLD, "--questions", QUESTIONS, "--embedder", "hashing")
    assert not ledger.exists()
    assert list(scratch.iterdir()) == []
