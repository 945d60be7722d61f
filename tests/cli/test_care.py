"""stats, verify, reindex, jobs, doctor as commands."""

import sqlite3

ADA = ("--user", "ada")


def test_stats_counts(cli, as_json):
    cli("add", "I live in Bangalore.", *ADA)
    assert as_json("stats")["messages"] == 1
    assert as_json("stats")["memories"] == 1
    assert "memories" in cli("stats").stdout


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
    diagnosis = as_json("doctor", *ADA)
    assert diagnosis["ok"] is True
    assert {finding["level"] for finding in diagnosis["findings"]} == {"ok"}
    assert "No duplicates among 1 memory" in cli("doctor", *ADA).stdout
    assert "--user" in cli("doctor").stdout  # duplicates are looked for in one scope


def test_doctor_reports_what_waits(cli, as_json):
    cli("add", "I live in Bangalore.", *ADA, "--wait", "captured")
    assert any("1 extraction waiting" in finding["what"] for finding in as_json("doctor", *ADA)["findings"])
