"""Rows 2 and 19: one statement is one memory however often it arrives, and junk is none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from perdure import Memory


def test_02_six_concurrent_identical_adds_give_one_memory_with_six_sources(memory: Memory) -> None:
    start = Barrier(6)

    def add(_: int) -> None:
        start.wait()
        memory.add("I am allergic to penicillin.", user_id="ada")

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(add, range(6)))

    (kept,) = memory.list(user_id="ada")
    assert "penicillin" in kept.text
    assert len({s.message_id for s in kept.sources}) == 6


def test_02_case_full_stop_and_spacing_variants_are_one_memory(memory: Memory) -> None:
    for said in ("I love hiking.", "I love hiking", "i love HIKING!", "  I  love   hiking. "):
        memory.add(said, user_id="ada")

    (kept,) = memory.list(user_id="ada")
    assert len(kept.sources) == 4
    hits = [h for h in memory.search("hiking", user_id="ada") if h.memory]
    assert len(hits) == 1


def test_02_a_redelivered_message_is_not_stored_again(memory: Memory) -> None:
    message = {"role": "user", "content": "I play the oboe.", "id": "chat-17", "timestamp": "2026-02-01T10:00:00Z"}
    first = memory.add([message], user_id="ada")
    again = memory.add([message], user_id="ada")

    assert not first.duplicate
    assert again.duplicate
    assert again.changes == ()
    assert memory.stats().messages == 1
    (kept,) = memory.list(user_id="ada")
    assert len(kept.sources) == 1


def test_02_the_same_words_of_another_user_are_another_memory(memory: Memory) -> None:
    memory.add("I love hiking.", user_id="ada")
    memory.add("I love hiking.", user_id="bob")

    (of_ada,) = memory.list(user_id="ada")
    (of_bob,) = memory.list(user_id="bob")
    assert of_ada.id != of_bob.id


def test_19_system_prompts_are_never_extracted(memory: Memory) -> None:
    for _ in range(3):
        memory.add(
            [
                {"role": "system", "content": "You are Max. The user lives in Rome. The user loves opera. Always be brief."},
                {"role": "user", "content": "I work as a tram driver."},
            ],
            user_id="ada",
        )

    assert [m.text for m in memory.list(user_id="ada")] == ["I work as a tram driver."]
    assert memory.fact("lives_in", user_id="ada") is None
    assert memory.fact("likes", user_id="ada") is None


def test_19_recalled_memories_are_not_stored_again(memory: Memory) -> None:
    memory.add("I am allergic to latex. My sister Hanna lives in Tromsø.", user_id="ada")
    before = {m.id: len(m.sources) for m in memory.list(user_id="ada")}

    for question in ("What am I allergic to?", "Where does Hanna live?"):
        recalled = memory.context(question, user_id="ada", session_id="s2").text
        memory.add(
            [
                {"role": "system", "content": f"Use these memories:\n{recalled}"},
                {"role": "user", "content": question},
                {"role": "assistant", "content": recalled},
            ],
            user_id="ada",
            session_id="s2",
        )
        memory.add(f"{recalled}\n\n{question}", user_id="ada", session_id="s2")  # pasted in front of the question

    assert {m.id: len(m.sources) for m in memory.list(user_id="ada")} == before


def test_19_small_talk_is_not_a_memory(memory: Memory) -> None:
    for said in (
        "Hello!",
        "Thanks, that helps.",
        "lol",
        "Could you repeat that?",
        "Good night",
        "👍",
        "What's the weather like?",
    ):
        memory.add(said, user_id="ada")

    assert memory.list(user_id="ada") == []
