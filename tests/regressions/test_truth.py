"""Rows 3, 14 and 15: what is denied, dated or replaced."""

from __future__ import annotations

from datetime import UTC, datetime

from perdure import Memory


def test_03_a_denied_liking_is_superseded_and_stays_in_history(memory: Memory) -> None:
    first = memory.add("I like green tea.", user_id="ada", timestamp="2026-01-10T10:00:00Z")
    (liking,) = first.memories
    memory.add("I do not like green tea.", user_id="ada", timestamp="2026-02-10T10:00:00Z")

    (live,) = memory.list(user_id="ada")
    assert live.text == "I do not like green tea."
    assert [c.type for c in memory.history(liking.id)] == ["add", "supersede"]
    likes = memory.fact("likes", user_id="ada")
    assert likes is None or "green tea" not in likes.values
    assert "green tea" in memory.fact("likes", user_id="ada", as_of="2026-01-20T00:00:00Z").values
    assert memory.search("green tea", user_id="ada")[0].text == "I do not like green tea."


def test_14_yesterday_in_an_imported_chat_is_the_day_before_it_was_said(memory: Memory) -> None:
    result = memory.add([{"role": "user", "content": "Yesterday I adopted a cat.", "timestamp": "2019-08-20T21:00:00Z"}], user_id="ada")

    (kept,) = result.memories
    assert kept.valid_from.date().isoformat() == "2019-08-19"
    memory.add("Yesterday I adopted a dog.", user_id="ada")  # the clock stands at 2 March 2026
    (dog,) = [m for m in memory.list(user_id="ada") if "dog" in m.text]
    assert dog.valid_from.date().isoformat() == "2026-03-01"
    assert "cat" in memory.search("What did I adopt in August 2019?", user_id="ada")[0].text


def test_15_the_current_fact_comes_first_and_the_old_one_as_of_then(memory: Memory) -> None:
    memory.add("I live in Lisbon.", user_id="ada", timestamp="2025-01-01T10:00:00Z")
    memory.add("I live in Berlin.", user_id="ada", timestamp="2026-01-01T10:00:00Z")
    memory.add("Lisbon has the best custard tarts.", user_id="ada", timestamp="2026-01-02T10:00:00Z")
    then = datetime(2025, 6, 1, tzinfo=UTC)

    for question in ("Where do I live?", "Which city do I live in now?", "lives in"):
        assert memory.search(question, user_id="ada")[0].text == "I live in Berlin."
        assert memory.search(question, user_id="ada", as_of=then)[0].text == "I live in Lisbon."
    assert memory.fact("lives_in", user_id="ada").value == "Berlin"
    assert memory.fact("lives_in", user_id="ada", as_of=then).value == "Lisbon"
