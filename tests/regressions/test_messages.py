"""Rows 10, 11 and 17: every message is kept, whatever its length and script; what cannot be kept is refused at the door."""

from __future__ import annotations

import time

import pytest

from perdure import Memory
from perdure.errors import InputError


def test_10_every_message_of_a_long_add_is_kept(plain_memory: Memory) -> None:
    messages = [{"role": ("user", "assistant")[n % 2], "content": f"Turn {n}: the word of the day is zyx{n}q."} for n in range(40)]
    result = plain_memory.add(messages, user_id="ada", session_id="s1")

    assert len(result.message_ids) == 40
    assert plain_memory.stats().messages == 40
    for n in (0, 1, 17, 38, 39):
        assert f"zyx{n}q" in plain_memory.search(f"zyx{n}q", user_id="ada")[0].text


def test_10_facts_are_taken_from_the_first_and_the_last_of_many_messages(memory: Memory) -> None:
    said = ["I live in Oslo.", *(f"Thanks, number {n} is clear." for n in range(20)), "I work at Equinor."]
    memory.add([{"role": "user", "content": s} for s in said], user_id="ada")

    assert memory.fact("lives_in", user_id="ada").value == "Oslo"
    assert memory.fact("employer", user_id="ada").value == "Equinor"


BROKEN = ["I live in Os\ud800lo.", "\udfff", "half an emoji \ud83d here"]


@pytest.mark.parametrize("broken", BROKEN, ids=ascii)
def test_11_lone_surrogates_are_kept_or_refused_at_the_door(memory: Memory, broken: str) -> None:
    memory.add("I live in Bergen.", user_id="ada")
    try:
        result = memory.add(broken, user_id="ada")
    except InputError:
        assert memory.stats().messages == 1
    else:
        assert result.job is None or result.job.error is None
        assert memory.stats().messages == 2
    try:
        memory.search(broken, user_id="ada")
        memory.ask(broken, user_id="ada")
    except InputError:
        pass
    assert any(h.text == "I live in Bergen." for h in memory.search("Where do I live?", user_id="ada"))
    assert memory.verify().ok


def test_11_a_query_of_a_megabyte_is_answered_within_a_second(memory: Memory) -> None:
    for n in range(20):
        memory.add(f"I own bicycle number {n}.", user_id="ada")
    memory.search("bicycle", user_id="ada")  # the model is loaded by now
    for query in ("bicycle number 7 " * 60_000, "x" * 1_000_000, "自行车" * 350_000):
        began = time.perf_counter()
        hits = memory.search(query, user_id="ada")
        assert time.perf_counter() - began < 1.0
        assert isinstance(hits, list)


def test_11_a_message_of_a_megabyte_is_kept_whole(memory: Memory) -> None:
    filler = "The committee met again and nothing was decided. " * 20_000
    memory.add(f"I live in Vaasa. {filler} My cat is called Zampano.", user_id="ada", session_id="long")

    hits = memory.search("Zampano", user_id="ada")
    assert any("Zampano" in h.text for h in hits)
    assert memory.fact("lives_in", user_id="ada").value == "Vaasa"
    assert memory.context("Where do I live?", user_id="ada", session_id="long", budget=300).tokens <= 300


def test_11_nul_and_control_characters_do_not_cut_a_message(memory: Memory) -> None:
    memory.add("I keep bees\x00 and I keep ducks\x1b[31m.", user_id="ada")

    (hit, *_) = memory.search("ducks", user_id="ada")
    assert "bees" in hit.text
    assert "ducks" in hit.text


SCRIPTS = {
    "Chinese": ("我叔叔王建国在大连开了一家面馆。", "面馆"),
    "Japanese": ("祖母は長崎でカステラを焼いています。", "カステラ"),
    "Korean": ("제 동생은 부산에서 요리사로 일해요.", "부산에서"),
    "Thai": ("แมวของฉันชื่อมะลิ", "มะลิ"),
    "Hindi": ("मेरी दादी वाराणसी में रहती हैं।", "वाराणसी"),
    "Arabic": ("جدتي تسكن في مراكش.", "مراكش"),
    "Hebrew": ("הכלב שלי נקרא שוקו.", "שוקו"),
    "Russian": ("Моя тётя живёт в Суздале.", "Суздале"),
    "Greek": ("Ο αδερφός μου μένει στα Ιωάννινα.", "Ιωάννινα"),
    "Vietnamese": ("Chị tôi bán phở ở Huế.", "Huế"),
    "lower case": ("my mate dave fixes bikes in hull", "hull"),
}


@pytest.mark.parametrize("script", SCRIPTS)
def test_17_any_script_is_stored_and_found_by_its_words(plain_memory: Memory, script: str) -> None:
    for said, _ in SCRIPTS.values():
        plain_memory.add(said, user_id="ada")
    said, word = SCRIPTS[script]

    assert plain_memory.search(word, user_id="ada")[0].text == said
    assert plain_memory.search(word, user_id="bob") == []


def test_17_names_in_lower_case_are_found(memory: Memory) -> None:
    memory.add("my brother tom lives in oslo", user_id="ada")
    memory.add("the train was late again", user_id="ada")

    for word in ("tom", "Tom", "TOM", "oslo", "Oslo"):
        assert memory.search(word, user_id="ada")[0].text == "my brother tom lives in oslo"
