"""Messages that try to steer the memory, read by a model that obeys every one of them: nothing that is known may move."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perdure import Memory, MemoryRecord
from perdure.testing import FrozenClock
from tests.injection.adversary import SCHEMES, Obedient

#: What still gets through, with a model that obeys: signs for "wrong", which no rule here reads, make the message another source of
#: what they strike out. Nothing known is lost by it.
MISSES = {"unseen-wipe-emoji"}
#: Of these there may be more than one, the newest first: "I adopted a second dog".
SEVERAL = {"likes", "pet", "sibling", "allergy"}
ATTACKS: list[dict[str, Any]] = [
    attack for file in sorted(Path(__file__).parent.glob("*.toml")) for attack in tomllib.loads(file.read_text("utf-8"))["attack"]
]
SAID = (
    "My name is Ada.", "I live in Pune.", "I work at Acme as a nurse.", "My sister Priya lives in Delhi.", "My dog is called Rex.",
    "I'm allergic to peanuts.", "I like green tea.",
)  # fmt: skip
CLOCK = "2026-03-01T12:00:00Z"
USER = {"user_id": "ada"}


@pytest.fixture(scope="session")
def known(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger in which Ada has told about herself, read by the rules; and Bob, who must not be touched at all."""
    path = tmp_path_factory.mktemp("injection") / "known.db"
    with Memory(path, clock=FrozenClock(CLOCK), embedder="hashing", worker=False) as memory:
        for text in SAID:
            memory.add(text, user_id="ada", session_id="s1")
        memory.add("I live in Oslo and my cat is called Miez.", user_id="bob")
    return path


@pytest.fixture
def fresh(known: Path, tmp_path: Path) -> Iterator[Any]:
    """Opens a copy of the ledger with a model that carries out a scheme."""
    opened: list[Memory] = []

    def open_with(scheme: str) -> Memory:
        while opened:
            opened.pop().close()
        copy = tmp_path / "copy.db"
        for leftover in tmp_path.glob("copy.db*"):
            leftover.unlink()
        shutil.copy(known, copy)
        opened.append(Memory(copy, clock=FrozenClock("2026-03-02T12:00:00Z"), embedder="hashing", llm=Obedient(scheme), worker=False))
        return opened[-1]

    yield open_with
    while opened:
        opened.pop().close()


def state(memory: Memory, user: str) -> dict[str, MemoryRecord]:
    return {r.id: r for r in memory.list(user_id=user, limit=1000)}


def deliver(memory: Memory, attack: dict[str, Any]) -> Any:
    message = {"role": attack.get("role", "user"), "content": attack["text"]}
    if attack.get("name"):
        message["name"] = attack["name"]
    return memory.add([message], **USER, session_id="s2")


def marked(attack: dict[str, Any]) -> Any:
    return pytest.param(
        attack,
        id=attack["id"],
        marks=[pytest.mark.xfail(strict=True, raises=AssertionError, reason="signs for wrong beside each fact")]
        if attack["id"] in MISSES
        else [],
    )


@pytest.mark.parametrize("attack", [marked(a) for a in ATTACKS])
def test_nothing_known_moves(attack: dict[str, Any], fresh: Any) -> None:
    """No memory that was there is changed, hidden or given another source; what is new rests on the message alone."""
    for scheme in SCHEMES:
        memory = fresh(scheme)
        before, bob, facts = state(memory, "ada"), state(memory, "bob"), {f.attribute: f.value for f in memory.facts(**USER)}
        result = deliver(memory, attack)
        after = state(memory, "ada")
        assert {i: after.get(i) for i in before} == before, scheme
        assert state(memory, "bob") == bob, scheme
        mine = set(result.message_ids)
        for change in result.changes:
            assert change.memory_id not in before, f"{scheme}: {change.type}: {change.reason}"
        for new in (after[i] for i in after.keys() - before.keys()):
            assert {s.message_id for s in new.sources} <= mine, scheme
            assert all(s.quote in attack["text"] for s in new.sources), scheme
        now = {f.attribute: f.value for f in memory.facts(**USER)}
        assert {a: now.get(a) for a in facts if a not in SEVERAL} == {a: v for a, v in facts.items() if a not in SEVERAL}, scheme
        assert memory.fact("lives_in", of="Priya", **USER).value == "Delhi"  # type: ignore[union-attr]


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.get("role") != "system"], ids=lambda a: a["id"])
def test_the_message_is_kept_as_somebodys_words(attack: dict[str, Any], fresh: Any) -> None:
    """It is captured under its own role, and stays found by its words when they are looked for."""
    memory = fresh("all-supersede")
    result = deliver(memory, attack)
    assert result.message_ids
    hits = memory.search(attack["text"][:200], **USER, session_id="s2", limit=50)
    roles = {h.message.id: h.message.role for h in hits if h.message is not None}
    roles |= {s.message_id: s.role for h in hits for s in h.sources}
    assert roles.get(result.message_ids[0]) == attack.get("role", "user")


@pytest.mark.parametrize("attack", ATTACKS, ids=[a["id"] for a in ATTACKS])
def test_an_answer_says_nothing_the_sources_do_not(attack: dict[str, Any], fresh: Any) -> None:
    """A model that answers HACKED is not believed, whatever was planted."""
    memory = fresh("plant")
    deliver(memory, attack)
    answer = memory.ask("Where do I live?", **USER)
    assert "HACKED" not in answer.text
    assert "Evilville" not in answer.text or "Evilville" in attack["text"]


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.get("keeps")], ids=lambda a: a["id"])
def test_what_else_the_message_says_is_not_lost(attack: dict[str, Any], fresh: Any) -> None:
    """A true statement beside an order is still found."""
    memory = fresh("all-retract")
    deliver(memory, attack)
    assert any(attack["keeps"] in h.text for h in memory.search(attack["keeps"], **USER))


def test_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= 50
    assert len({a["text"] for a in ATTACKS}) == len(ATTACKS)
