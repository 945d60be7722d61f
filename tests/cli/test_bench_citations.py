"""bench citations: the checker's figures, on sets of one's own and on ours."""

import json
from pathlib import Path

import pytest

OURS = Path(__file__).parents[2] / "bench" / "citations"
SCENE = {
    "asked_at": "2026-03-02",
    "language": "en",
    "memories": [{"text": "I live in Delhi.", "said_at": "2026-01-01"}, {"text": "I have two cats.", "said_at": "2026-01-02"}],
    "answers": [
        {"text": "You live in Delhi [1].", "supported": True, "category": "verbatim"},
        {"text": "You have three cats [2].", "supported": False, "category": "number"},
        {"text": "You have two cats [1].", "supported": False, "category": "other source"},
        {"text": "You have two dogs [2].", "supported": True, "category": "wrong on purpose"},
    ],
}


@pytest.fixture
def scenes(tmp_path):
    path = tmp_path / "scenes.jsonl"
    path.write_text(json.dumps(SCENE) + "\n\n", encoding="utf-8")
    return path


def test_it_counts_what_was_judged_rightly_and_lists_the_rest(as_json, scenes):
    report = as_json("bench", "citations", scenes, "--embedder", "hashing")
    assert (report["sentences"], report["supported"], report["accuracy"]) == (4, 2, 0.75)
    assert (report["precision"], report["recall"]) == (1.0, 0.5)
    assert report["categories"]["number"] == {"sentences": 1, "accuracy": 1.0}
    (wrong,) = report["wrong"]
    assert wrong["text"] == "You have two dogs."
    assert wrong["reason"]


def test_people_see_the_figures_and_what_was_misjudged(cli, scenes):
    shown = cli("bench", "citations", scenes, "--embedder", "hashing").stdout
    assert "4 sentences, 2 of them supported" in shown
    assert "dropped though supported" in shown


@pytest.mark.parametrize("half", ["dev", "test"])
def test_the_checker_is_as_good_on_our_sets_as_it_is_said_to_be(as_json, half):
    report = as_json("bench", "citations", OURS / f"{half}.jsonl", "--embedder", "hashing")
    assert report["accuracy"] >= 0.93
    assert report["precision"] >= 0.93
    assert {"de", "en", "es", "fr", "zh"} <= set(report["languages"])


@pytest.mark.parametrize(("line", "named"), [
    ("{", "line 1"),
    ("[]", "line 1"),
    ('{"asked_at": "2026-03-02", "memories": []}', "answers"),
    ('{"asked_at": "soon", "memories": [], "answers": []}', "asked_at"),
    ('{"asked_at": "2026-03-02", "memories": [], "answers": [{"text": "x"}]}', "supported"),
    ('{"asked_at": "2026-03-02", "memories": [{"text": "x", "said_at": "2026-01-01", "standing": "odd"}], "answers": []}', "standing"),
    ("", "no answer"),
])  # fmt: skip
def test_a_line_that_cannot_be_used_is_named(cli, tmp_path, line, named):
    path = tmp_path / "broken.jsonl"
    path.write_text(line, encoding="utf-8")
    assert named in cli("bench", "citations", path, code=4).stderr
