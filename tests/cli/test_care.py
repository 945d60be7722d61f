"""stats, verify, reindex, jobs, doctor as commands."""

import re
import sqlite3

import pytest

from perdure import Memory

ADA = ("--user", "ada")


def test_stats_counts(cli, as_json):
    cli("add", "I live in Bangalore.", *ADA)
    assert as_json("stats")["messages"] == 1
    assert as_json("stats")["memories"] == 1
    assert "memories" in cli("stats").stdout


def test_stats_say_what_model_calls_cost(cli, as_json, ledger, tmp_path):
    from perdure.ports import LLMReply
    from perdure.testing import EchoLLM

    nothing = '{"memories": [], "entities": [], "relations": [], "private": []}'
    config = tmp_path / "perdure.toml"
    config.write_text('[perdure.prices."openai:gpt-5-mini"]\ninput = 1.0\ncached = 0.1\noutput = 2.0\n')
    with Memory(ledger, embedder="hashing", worker=False) as m:
        m.add("I live in Oslo.", user_id="eve")
    assert "No model was asked." in cli("stats", "--cost").stdout
    for user, model in (("ada", "openai:gpt-5-mini"), ("bob", "acme:x")):
        llm = EchoLLM(lambda r: LLMReply(nothing, "m", 1000, 100, 400), name=model)
        with Memory(ledger, embedder="hashing", worker=False, llm=llm) as m:
            m.add("I live in Bangalore.", user_id=user)

    rows = {r["key"]: r for r in as_json("stats", "--cost", "--by", "user", "--config", config)}
    assert rows["ada"]["usd"] == pytest.approx(0.00084)
    assert (rows["bob"]["usd"], rows["bob"]["unpriced"], rows["bob"]["input_tokens"]) == (None, ["acme:x"], 1000)
    shown = cli("stats", "--cost", "--by", "user", "--config", config).stdout
    assert re.search(r"ada +1 +1,000 +400 +100 +0\.00084 *\n", shown)
    assert re.search(r"bob +1 +1,000 +400 +100 +no price *\n", shown)
    assert re.search(r"total +2 +2,000 +800 +200 +0\.00084 and what has no price", shown)
    assert "acme:x" in shown
    assert [r["key"] for r in as_json("stats", "--cost", "--user", "bob", "--by", "model")] == ["acme:x"]
    assert "week" in cli("stats", "--cost", "--by", "week", code=4).stderr


def test_verify_sees_drift_and_reindex_mends_it(cli, as_json, ledger):
    cli("add", "I live in Bangalore.", *ADA)
    assert as_json("verify")["ok"] is True
    assert "agree with the ledger" in cli("verify").stdout
    with sqlite3.connect(ledger) as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%vector%'")]
        for table in tables:
            db.execute(f"DELETE FROM {table}")
    db.close()
    assert as_json("verify", code=1)["drift"]
    assert "perdure reindex" in cli("verify", code=1).stdout
    assert "perdure reindex" in cli("doctor", code=1).stdout
    cli("reindex", "vector")
    assert as_json("verify")["ok"] is True


def test_reindex_refuses_an_unknown_index(cli):
    cli("add", "I live in Bangalore.", *ADA)
    assert "vectors" in cli("reindex", "vectors", code=4).stderr


def test_jobs_are_listed(cli, as_json):
    cli("add", "I live in Bangalore.", *ADA)
    assert [job["state"] for job in as_json("jobs", *ADA)] == ["done"]
    assert "done" in cli("jobs", *ADA).stdout


def test_work_waiting_is_done_by_jobs_run(cli, as_json):
    cli("add", "I live in Bangalore.", *ADA, "--wait", "captured")
    assert as_json("facts", *ADA) == []
    assert "Ran 1 job" in cli("jobs", *ADA, "--run").stderr
    assert as_json("facts", "lives_in", *ADA)["value"] == "Bangalore"


def test_doctor_finds_nothing_wrong_and_says_so(cli, as_json):
    cli("add", "I live in Bangalore.", *ADA)
    for whose in (ADA, ()):
        diagnosis = as_json("doctor", *whose)
        assert (diagnosis["ok"], diagnosis["complete"]) == (True, True)
        assert {finding["level"] for finding in diagnosis["findings"]} == {"ok"}
    shown = cli("doctor", *ADA).stdout
    assert "No duplicates among 1 memory" in shown
    assert "Looked at 1 message and 1 memory of 1 owner." in shown


def test_doctor_reports_what_waits(cli, as_json):
    cli("add", "I live in Bangalore.", *ADA, "--wait", "captured")
    found = {finding["check"]: finding for finding in as_json("doctor", *ADA)["findings"]}
    assert "1 extraction waiting" in found["jobs"]["what"]
    assert (found["lag"]["count"], found["lag"]["examples"][0]["what"]) == (1, "vector: 1")
    cli(*found["lag"]["examples"][0]["do"].split()[1:])
    assert {finding["level"] for finding in as_json("doctor", *ADA)["findings"]} == {"ok"}


def test_doctor_says_when_it_did_not_see_everything(cli):
    for user in ("ada", "bob", "cyd", "dan"):
        cli("remember", "Tea at five.", "--user", user)
    shown = cli("doctor", "--limit", 4).stdout
    assert "of 2 owners" in shown
    assert "not everything: there are 4 owners" in shown


def sick(ledger, trouble):
    """Gives Ada's ledger one trouble."""
    with Memory(ledger, worker=False) as m:
        m.add(["I live in Delhi.", "My brother Tomislav lives in Ljubljana."], user_id="ada", timestamp="2026-01-20")
        if trouble == "duplicates":
            m.remember("Ada is vegetarian.", user_id="ada", kind="preference")
            m.remember("ada is vegetarian", user_id="ada")
        elif trouble == "a stale fact":
            m.add("I moved to Lisbon.", user_id="ada", infer=False)
        elif trouble == "what is over":
            m.remember("Ada is visiting Rome.", user_id="ada", expires_at="2026-02-01")
        elif trouble == "what expired":
            m.remember("Be brief.", user_id="ada", session_id="s1", term="short_term", expires_at="2026-02-01")
    with sqlite3.connect(ledger) as db:
        if trouble in ("vectors", "postings", "slots", "edges"):
            db.execute(f"DELETE FROM {trouble}")
        elif trouble == "ghosts":
            db.execute("UPDATE slots SET memory = 'ghost'")
            db.execute("UPDATE edges SET memory = 'ghost' WHERE object = 'ljubljana'")
        elif trouble == "a lost message":
            db.execute("DELETE FROM messages WHERE content = 'I live in Delhi.'")
    db.close()


WRONG = {
    "duplicates": False, "a stale fact": True, "what is over": False, "what expired": False, "vectors": True, "postings": True,
    "slots": True, "edges": True, "ghosts": True, "a lost message": True,
}  # fmt: skip


@pytest.mark.parametrize("trouble", WRONG)
def test_what_doctor_prints_mends_what_it_found(cli, as_json, ledger, trouble):
    """The commands it prints, run as they stand, leave nothing to complain of."""
    sick(ledger, trouble)
    code = int(WRONG[trouble])
    found = [f for f in as_json("doctor", *ADA, code=code)["findings"] if f["level"] != "ok"]
    assert found
    commands = {e["do"] for f in found for e in f["examples"] if e["do"]}
    commands |= {c for f in found for c in re.findall("`(perdure [a-z -]+)`", f["do"])}  # those that name no ID to fill in
    shown = cli("doctor", *ADA, code=code).stdout
    assert all(command in shown for command in commands)
    for command in sorted(commands - {"perdure jobs"}):
        name, *arguments = command.split()
        assert name == "perdure"
        cli(*arguments, *(["--yes"] if arguments[0] == "forget" else []))
    assert {f["level"] for f in as_json("doctor", *ADA)["findings"]} == {"ok"}
    assert as_json("verify")["ok"]


def test_deleted_memories_come_back(cli, as_json):
    (change,) = as_json("remember", "Ada is vegetarian.", *ADA)["changes"]
    (deleted,) = as_json("delete", change["memory_id"])
    assert as_json("search", "vegetarian", *ADA) == []
    cli("undo", deleted["id"])
    assert as_json("search", "vegetarian", *ADA)[0]["memory"]["id"] == change["memory_id"]
    assert "nosuch" in cli("delete", "nosuch", code=3).stderr
