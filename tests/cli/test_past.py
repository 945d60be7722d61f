"""history, undo, rollback, diff, conflicts, forget as commands."""

ADA = ("--user", "ada")


def moved(cli, as_json):
    (first, *_) = as_json("add", "I live in Delhi.", *ADA, "--at", "2026-01-20")["changes"]
    second = as_json("add", "I moved to Bangalore.", *ADA, "--at", "2026-03-02")["changes"]
    return first, second


def test_history_shows_the_end_of_what_was_superseded(cli, as_json):
    first, _ = moved(cli, as_json)
    assert [c["type"] for c in as_json("history", first["memory_id"])] == ["add", "supersede"]
    shown = cli("history", first["memory_id"]).stdout
    assert "supersede" in shown
    assert "I live in Delhi." in shown


def test_undo_brings_back_what_was(cli, as_json):
    first, _ = moved(cli, as_json)
    end = as_json("history", first["memory_id"])[-1]
    as_json("undo", end["id"])
    assert "Delhi" in as_json("facts", "lives_in", *ADA)["values"]
    assert as_json("history", first["memory_id"])[-1]["undoes"] == end["id"]


def test_rollback_goes_back_to_an_instant(cli, as_json):
    first = as_json("add", "I live in Delhi.", *ADA)["changes"][0]
    as_json("add", "I am allergic to peanuts.", *ADA)
    as_json("rollback", "--to", first["at"], *ADA)
    assert [f["value"] for f in as_json("facts", *ADA) if f["attribute"] == "allergy"] == []
    assert as_json("facts", "lives_in", *ADA)["value"] == "Delhi"


def test_diff_marks_what_came_and_went(cli, as_json):
    moved(cli, as_json)
    shown = cli("diff", "--since", "2020-01-01", *ADA).stdout
    assert "+ I moved to Bangalore." in shown
    assert len(as_json("diff", "--since", "2020-01-01", *ADA)["changes"]) >= 3


def test_conflicts_inbox_is_empty_when_nothing_is_open(cli, as_json):
    moved(cli, as_json)
    assert as_json("conflicts", *ADA) == []
    assert "No open conflicts." in cli("conflicts", *ADA).stdout
    assert "--keep" in cli("conflicts", *ADA, "--settle", "x", code=2).stderr


def test_forget_needs_a_yes_where_nobody_can_be_asked(cli, as_json):
    cli("add", "I live in Delhi.", *ADA)
    refused = cli("forget", *ADA, code=2)
    assert "--yes" in refused.stderr
    assert as_json("stats")["messages"] == 1


def test_forget_does_not_take_the_user_from_the_environment(cli, as_json, monkeypatch):
    cli("add", "I live in Delhi.", *ADA)
    monkeypatch.setenv("PERDURE_USER", "ada")
    cli("forget", "--yes", code=2)
    assert as_json("stats")["messages"] == 1


def test_forget_a_user_prints_a_receipt_and_leaves_nothing(cli, as_json, ledger):
    cli("add", "I live in Zanzibar.", *ADA)
    cli("add", "I live in Oslo.", "--user", "bob")
    shown = cli("forget", *ADA, "--yes").stdout
    assert "rows in all" in shown
    assert as_json("search", "Zanzibar", *ADA) == []
    assert as_json("facts", "lives_in", "--user", "bob")["value"] == "Oslo"
    for file in ledger.parent.iterdir():
        assert b"Zanzibar" not in file.read_bytes()


def test_forget_one_memory_by_id(cli, as_json):
    (change, *_) = as_json("add", "I live in Zanzibar.", *ADA)["changes"]
    receipt = as_json("forget", "--id", change["memory_id"], "--yes")
    assert sum(receipt["stores"].values()) > 0
    assert as_json("search", "Zanzibar", *ADA) == []
    assert "not both" in cli("forget", "--id", "x", *ADA, "--yes", code=2).stderr
