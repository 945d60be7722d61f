"""add, remember, extract, search, ask, context, facts, graph, explain, why-not as commands."""

import json

ADA = ("--user", "ada")


def test_what_is_added_is_found_with_its_source(cli, as_json):
    added = cli("add", "I live in Bangalore.", *ADA, "--at", "2026-03-02T11:00:00Z").stdout
    assert "Captured 1 message" in added
    assert "lives_in = Bangalore" in added
    (first, *_) = as_json("search", "where does she live", *ADA)
    assert first["text"] == "I live in Bangalore."
    assert first["sources"][0]["said_at"] == "2026-03-02T11:00:00Z"
    shown = cli("search", "where does she live", *ADA).stdout
    assert "“I live in Bangalore.”" in shown
    assert "2026-03-02 11:00" in shown


def test_add_keeps_role_name_metadata_and_reads_standard_input(cli, as_json):
    cli(
        "add",
        "-",
        *ADA,
        "--role",
        "assistant",
        "--name",
        "Hal",
        "--metadata",
        '{"topic": "doors"}',
        input="The pod bay doors are shut.\n",
    )
    (hit, *_) = as_json("search", "pod bay doors", *ADA, "--where", '{"metadata.topic": "doors"}')
    assert hit["message"]["role"] == "assistant"
    assert hit["message"]["name"] == "Hal"
    assert as_json("search", "pod bay doors", *ADA, "--where", '{"metadata.topic": "windows"}') == []


def test_the_same_delivery_twice_is_stored_once(cli, as_json):
    assert as_json("add", "I own a cello.", *ADA, "--id", "m1")["duplicate"] is False
    assert as_json("add", "I own a cello.", *ADA, "--id", "m1")["duplicate"] is True
    assert "Already there" in cli("add", "I own a cello.", *ADA, "--id", "m1").stdout
    assert as_json("stats")["messages"] == 1


def test_add_without_inference_keeps_the_message_alone(as_json):
    assert as_json("add", "I live in Bangalore.", *ADA, "--no-infer")["changes"] == []
    assert as_json("facts", *ADA) == []
    assert as_json("search", "Bangalore", *ADA)[0]["memory"] is None


def test_secrets_are_reported(cli):
    shown = cli("add", "My key is sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL.", *ADA).stdout
    assert "Redacted: api_key" in shown
    assert "abcdefghijklmnop" not in cli("search", "key", *ADA).stdout


def test_remember_keeps_a_statement_as_it_is(as_json):
    (change,) = as_json("remember", "Ada is vegetarian.", *ADA, "--kind", "preference")["changes"]
    assert change["type"] == "add"
    assert change["after"]["text"] == "Ada is vegetarian."
    assert change["after"]["kind"] == "preference"


def test_extract_prints_the_contract_and_stores_nothing(cli, as_json, ledger):
    contract = json.loads(cli("extract", "I bought a Dell XPS 15.", "--user", "ada").stdout)
    assert set(contract) == {"entities", "relations", "memory_type", "memories"}
    assert contract["memories"][0]["quote"] in "I bought a Dell XPS 15."
    assert {"type": "User", "id": "ada"} in contract["entities"]
    if ledger.exists():
        assert as_json("stats")["messages"] == 0


def test_explain_draws_a_bar_a_signal(cli, as_json):
    cli("add", "I am allergic to peanuts.", *ADA)
    shown = cli("search", "what is she allergic to", *ADA, "--explain").stdout
    (hit, *_) = as_json("search", "what is she allergic to", *ADA)
    assert hit["why"]
    for signal in hit["why"]:
        line = next(line for line in shown.splitlines() if line.strip().startswith(signal["channel"]))
        assert f"{signal['contribution']:+.3f}" in line
        assert ("█" in line) == (signal["contribution"] != 0)


def test_ask_cites_and_traces(cli, as_json):
    cli("add", "My laptop is a Dell XPS 15.", *ADA)
    answer = as_json("ask", "Which laptop do I have?", *ADA)
    assert "Dell XPS 15" in answer["text"]
    assert answer["citations"][0]["sources"][0]["quote"]
    shown = cli("ask", "Which laptop do I have?", *ADA, "--trace").stdout
    assert "no LLM wrote this" in shown
    assert "[1]" in shown
    assert "Trace" in shown


def test_context_stays_in_its_budget(as_json):
    for n in range(12):
        as_json("add", f"My friend number {n} is called Friend{n} and lives in town {n}.", *ADA)
    context = as_json("context", "who are my friends", *ADA, "--budget", "120")
    assert 0 < context["tokens"] <= context["budget"] == 120


def test_facts_of_the_user_and_of_others_now_and_then(cli, as_json):
    cli("add", "I live in Delhi.", *ADA, "--at", "2026-01-20")
    cli("add", "I moved from Delhi to Bangalore last month.", *ADA, "--at", "2026-03-02")
    cli("add", "My daughter Emma is allergic to peanuts.", *ADA)
    assert as_json("facts", "lives_in", *ADA)["value"] == "Bangalore"
    assert as_json("facts", "lives_in", *ADA, "--as-of", "2026-01-25")["value"] == "Delhi"
    assert {"allergy": "peanuts"}.items() <= {f["attribute"]: f["value"] for f in as_json("facts", *ADA, "--of", "Emma")}.items()
    assert "No blood_type is known" in cli("facts", "blood_type", *ADA, code=3).stderr


def test_graph_shows_relations_with_their_proofs(cli, as_json):
    cli("add", "My daughter Emma is allergic to peanuts.", *ADA)
    graph = as_json("graph", *ADA)
    assert any(r["object"] == "Emma" for r in graph["relations"])
    assert "Emma" in cli("graph", *ADA).stdout
    assert "My daughter Emma is allergic to peanuts." in cli("graph", *ADA).stdout


def test_explain_names_stores_sources_and_history(cli, as_json):
    (change, *_) = as_json("add", "I am allergic to peanuts.", *ADA, "--id", "m1")["changes"]
    explanation = as_json("explain", change["memory_id"])
    assert explanation["sources"][0]["message_id"] == "m1"
    shown = cli("explain", change["memory_id"]).stdout
    assert all(store in shown for store in explanation["stores"])
    assert "m1" in shown


def test_why_not_says_what_is_missing(cli, as_json):
    (change, *_) = as_json("add", "I am allergic to peanuts.", *ADA)["changes"]
    assert as_json("why-not", "allergies", change["memory_id"], *ADA)["stage"] == "found"
    assert as_json("why-not", "allergies", change["memory_id"], "--user", "bob")["stage"] in ("scope", "missing")
    assert as_json("why-not", "allergies", "no-such-id", *ADA)["stage"] == "missing"


def test_why_not_asks_as_the_search_did_and_draws_the_distance(cli, as_json):
    for animal in ("bees", "goats", "hens"):
        cli("remember", f"Ada keeps {animal} in the garden.", *ADA)
    hits = as_json("search", "does she keep bees", *ADA)
    last = hits[-1]["memory"]["id"]
    question = ("why-not", "does she keep bees", last, *ADA)
    assert as_json(*question)["stage"] == "found"
    dropped = as_json(*question, "--limit", 1)
    assert (dropped["stage"], dropped["rank"]) == ("limit", 3)
    assert dropped["needed"] == hits[0]["score"]
    assert as_json(*question, "--kind", "preference")["stage"] == "filter"
    assert as_json(*question, "--where", '{"metadata.topic": "cars"}')["stage"] == "filter"
    assert as_json(*question, "--as-of", "2001-01-01")["stage"] == "validity"
    assert as_json(*question, "--known-at", "2001-01-01")["stage"] == "status"
    lines = {line.split()[0]: line for line in cli(*question, "--limit", 1).stdout.splitlines() if line.startswith("  ")}
    assert f"{dropped['needed']:.3f}" in lines["needed"]
    assert f"{dropped['score']:.3f}" in lines["had"]
    assert 0 < lines["had"].count("█") < lines["needed"].count("█")


def test_explain_shows_all_sources_the_sum_and_what_was_taken_off(cli, as_json):
    for day in ("01", "02", "03", "04", "05"):
        cli("add", "I am allergic to peanuts.", *ADA, "--at", f"2026-02-{day}")
    cli("add", "I live in Oslo and I like tea.", *ADA, "--at", "2025-02-01")
    cli("add", "I moved to Lima.", *ADA, "--at", "2026-02-20")
    question = ("search", "what am I allergic to in Oslo", *ADA)
    found = as_json(*question)
    shown = cli(*question, "--explain").stdout
    allergy = next(hit for hit in found if "peanuts" in hit["text"])
    assert len(allergy["sources"]) == 5
    assert all(source["message_id"] in shown for hit in found for source in hit["sources"])
    assert [line.split()[1] for line in shown.splitlines() if line.strip().startswith("score")] == [f"{h['score']:.3f}" for h in found]
    assert any(signal["contribution"] < 0 for hit in found for signal in hit["why"])


def test_users_do_not_see_each_other(cli, as_json):
    cli("add", "I live in Bangalore.", *ADA)
    assert as_json("search", "Bangalore", "--user", "bob") == []
    assert "Nothing found" in cli("search", "Bangalore", "--user", "bob").stdout


def test_the_user_may_come_from_the_environment(cli, as_json, monkeypatch):
    monkeypatch.setenv("PERDURE_USER", "ada")
    cli("add", "I live in Bangalore.")
    assert as_json("search", "Bangalore")[0]["text"] == "I live in Bangalore."


def test_stored_control_characters_do_not_reach_the_terminal(cli):
    cli("add", "Look: \x1b]0;owned\x07 and \u202eevil", *ADA)
    shown = cli("search", "owned", *ADA).stdout
    assert "owned" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\u202e" not in shown
