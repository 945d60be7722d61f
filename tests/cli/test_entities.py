"""entities and merge as commands."""

ADA = ("--user", "ada")


def friends(cli):
    cli("add", "My friend Elizabeth is a pilot.", *ADA)
    cli("add", "Liz moved to Rome.", *ADA)
    cli("add", "Teo is a cook.", *ADA)


def test_entities_are_listed_with_what_else_they_are_called(cli, as_json):
    friends(cli)
    first, second = as_json("entities", "--type", "Person", *ADA)
    assert (first["name"], first["memories"], "Liz" in first["aliases"], second["name"]) == ("Elizabeth", 2, True, "Teo")
    assert "Liz" in cli("entities", *ADA).stdout
    assert "Nobody and nothing known." in cli("entities", "--user", "bob").stdout


def test_a_merge_is_shown_first_then_made_then_taken_back(cli, as_json):
    friends(cli)
    shown = cli("merge", "Teo", "Liz", "--dry-run", *ADA).stdout
    assert "- (Teo, job_title) = cook" in shown
    assert "+ (Elizabeth, job_title) = cook" in shown
    assert [e["name"] for e in as_json("entities", "--type", "Person", *ADA)] == ["Elizabeth", "Teo"]
    (made,) = as_json("merge", "Teo", "Liz", *ADA)
    assert (made["type"], made["reason"]) == ("merge", "Teo is Elizabeth")
    assert [e["name"] for e in as_json("entities", "--type", "Person", *ADA)] == ["Elizabeth"]
    cli("undo", made["id"])
    assert as_json("facts", "job_title", "--of", "Teo", *ADA)["value"] == "cook"


def test_what_cannot_be_merged_says_why(cli):
    friends(cli)
    assert "Nobody" in cli("merge", "Nobody", "Liz", *ADA, code=3).stderr
    assert "one entity already" in cli("merge", "Liz", "Elizabeth", *ADA, code=4).stderr
    assert "--user" in cli("merge", "Teo", "Liz", code=2).stderr
