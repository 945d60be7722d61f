"""Rows 12, 13 and 16: what is filtered, before what is cut; and what words alone can find."""

from __future__ import annotations

from perdure import Memory


def test_12_filters_come_before_the_cut(plain_memory: Memory) -> None:
    for n in range(200):
        plain_memory.remember(f"Ada visited lighthouse number {n}.", user_id="ada", metadata={"coast": "west" if n % 20 == 0 else "east"})

    hits = plain_memory.search("lighthouse", user_id="ada", limit=10, filters={"metadata.coast": "west"})
    assert len(hits) == 10
    assert {h.memory.metadata["coast"] for h in hits} == {"west"}
    assert len(plain_memory.list(user_id="ada", limit=10, filters={"metadata.coast": "west"})) == 10


def test_12_what_has_expired_takes_no_place(plain_memory: Memory, clock) -> None:
    for n in range(190):
        plain_memory.add(f"Just for this chat, lighthouse number {n} is closed.", user_id="ada", session_id="s1")
    clock.advance(seconds=3 * 24 * 3600)
    for n in range(10):
        plain_memory.remember(f"Lighthouse number {500 + n} is open.", user_id="ada")

    hits = plain_memory.search("lighthouse number", user_id="ada", session_id="s1", limit=10, kinds=["fact"])
    assert len(hits) == 10
    assert all("is open" in h.text for h in hits)
    assert len(plain_memory.list(user_id="ada", session_id="s1", limit=50)) == 10


def test_13_two_conditions_on_one_key_both_hold(plain_memory: Memory) -> None:
    for year in range(2020, 2030):
        plain_memory.remember(f"Ada paid the invoice of {year}.", user_id="ada", metadata={"year": year, "tags": ["paid", str(year)]})

    def years(filters: dict) -> set[int]:
        return {h.memory.metadata["year"] for h in plain_memory.search("invoice", user_id="ada", limit=50, filters=filters)}

    assert years({"metadata.year": {"gte": 2023, "lt": 2026}}) == {2023, 2024, 2025}
    assert years({"and": [{"metadata.year": {"gte": 2023}}, {"metadata.year": {"lt": 2026}}]}) == {2023, 2024, 2025}
    assert years({"and": [{"metadata.tags": {"contains": "paid"}}, {"metadata.tags": {"contains": "2027"}}]}) == {2027}
    assert years({"and": [{"metadata.year": 2023}, {"metadata.year": 2024}]}) == set()
    assert years({"not": {"metadata.year": {"gte": 2021}}}) == {2020}


def test_16_an_exact_code_is_found_among_many_alike(memory: Memory) -> None:
    for n in range(120):
        memory.add(f"Please check the delivery status of my parcel number {n}.", user_id="ada", infer=False)
    memory.add("The thing in the shed says XK-4471-QQ on its side.", user_id="ada", infer=False)

    assert "XK-4471-QQ" in memory.search("XK-4471-QQ", user_id="ada", limit=3)[0].text
    hits = memory.search("delivery status of parcel XK-4471-QQ", user_id="ada", limit=10)
    assert any("XK-4471-QQ" in h.text for h in hits)


def test_16_a_rare_word_without_meaning_is_found(memory: Memory) -> None:
    for n in range(60):
        memory.remember(f"Ada's cat sleeps on cushion {n}.", user_id="ada")
    memory.remember("Ada's other cat answers to Qwfpgj.", user_id="ada")

    (first, *_) = memory.search("qwfpgj", user_id="ada")
    assert "Qwfpgj" in first.text
    assert any(s.channel == "text" for s in first.why)
