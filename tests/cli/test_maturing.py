"""perdure consolidate, profile, summaries: the diff people see, what a dry run leaves alone, and JSON for programs."""

import json

import pytest

from perdure import Memory
from perdure.testing import FrozenClock

USER = ("--user", "ada")
LIFE = [
    "I live in Delhi.", "My sister Priya is a nurse in Leeds.", "I am allergic to peanuts.", "I prefer short answers.",
    "I love hiking in the mountains.", "I work at Siemens as an engineer.", "Priya plays the violin.", "My dog is called Rex.",
]  # fmt: skip
CELLO = "Ada has been learning the cello with Mrs. Novak since last summer."
CELLO_AGAIN = "Ada has been learning to play the cello with Mrs. Novak since last summer."


@pytest.fixture
def filled(ledger):
    """A ledger with a session that is over, and a statement that is kept twice."""
    with Memory(ledger, clock=FrozenClock("2026-03-02T12:00:00Z"), worker=False) as memory:
        for text in LIFE:
            memory.add(text, user_id="ada", session_id="s1")
        memory.remember(CELLO, user_id="ada")
        spare = memory.remember("Ada keeps bees.", user_id="ada").memories[0].id
        memory.update(spare, text=CELLO_AGAIN)
    return ledger


def test_a_dry_run_prints_the_diff_and_changes_nothing(filled, cli, as_json):
    before = as_json("stats")["changes"]
    shown = cli("consolidate", *USER, "--dry-run").stdout
    assert f"- {CELLO_AGAIN} (1 source)\n- {CELLO} (1 source)\n+ {CELLO_AGAIN} (2 sources)" in shown
    assert "merge: 2 memories say the same" in shown
    assert "+ Lives in Delhi." in shown
    assert "a dry run, nothing was changed" in shown
    assert as_json("stats")["changes"] == before


def test_consolidate_does_what_the_dry_run_said_and_then_nothing(filled, cli, as_json):
    dry, done = as_json("consolidate", *USER, "--dry-run"), as_json("consolidate", *USER)
    assert [p["action"] for p in dry["proposals"]] == [p["action"] for p in done["proposals"]]
    assert not any(p["applied"] for p in dry["proposals"])
    assert all(p["applied"] and p["changes"] for p in done["proposals"])
    assert "Nothing to do." in cli("consolidate", *USER).stdout


def test_a_merge_can_be_undone_from_the_shell(filled, cli, as_json):
    (merge,) = [p for p in as_json("consolidate", *USER)["proposals"] if p["action"] == "merge"]
    cli("undo", merge["changes"][0])
    assert CELLO in {h["text"] for h in as_json("search", "cello", *USER)}


def test_the_profile_and_the_summaries_are_shown_with_their_sources(filled, cli, as_json):
    assert "`perdure consolidate` writes it" in cli("profile", *USER).stdout
    assert as_json("profile", *USER) is None
    cli("consolidate", *USER)
    profile = cli("profile", *USER).stdout
    assert "Lives in Delhi. [1]" in profile
    assert "[1] I live in Delhi." in profile
    assert as_json("profile", *USER)["kind"] == "profile"
    (session,) = as_json("summaries", *USER, "--kind", "session")
    assert (session["about"], session["by"]) == ("s1", "rules")
    assert "session s1" in cli("summaries", *USER, "--about", "s1").stdout
    assert "There are no summaries." in cli("summaries", "--user", "bob").stdout


def test_wrong_usage_is_said(filled, cli):
    assert "kind" in cli("summaries", *USER, "--kind", "weekly", code=4).stderr
    assert "--user" in cli("profile", code=2).stderr
    assert json.loads(cli("summaries", *USER, "--kind", "weekly", "--json", code=4).stderr)["error"]["argument"] == "kind"
    cli("consolidate", "--file", filled.parent / "none.db", code=5)


def test_everybody_is_consolidated_when_nobody_is_named(filled, as_json):
    with Memory(filled, clock=FrozenClock("2026-03-02T12:00:00Z"), worker=False) as memory:
        memory.remember("Bob keeps bees.", user_id="bob")
    assert as_json("consolidate", "--dry-run")["looked_at"]["owners"] == 2
