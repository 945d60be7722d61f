"""Rows 1 and 18: a wildcard is refused by every verb, and so is every argument nobody knows."""

from __future__ import annotations

import pytest

from perdure import Memory
from perdure.errors import ScopeError

SCOPED = {
    "add": lambda m, **s: m.add("I live in Oslo.", **s),
    "remember": lambda m, **s: m.remember("Ada lives in Oslo.", **s),
    "search": lambda m, **s: m.search("Where?", **s),
    "list": lambda m, **s: m.list(**s),
    "fact": lambda m, **s: m.fact("lives_in", **s),
    "facts": lambda m, **s: m.facts(**s),
    "graph": lambda m, **s: m.graph(around="user", **s),
    "context": lambda m, **s: m.context("Where?", **s),
    "ask": lambda m, **s: m.ask("Where?", **s),
    "forget": lambda m, **s: m.forget(**s),
    "rollback": lambda m, **s: m.rollback(to="2026-01-01T00:00:00Z", **s),
    "diff": lambda m, **s: m.diff(since="2026-01-01T00:00:00Z", until="2026-02-01T00:00:00Z", **s),
}


@pytest.mark.parametrize("part", ["user_id", "agent_id", "session_id"])
@pytest.mark.parametrize("verb", SCOPED)
def test_01_a_wildcard_scope_is_refused(plain_memory: Memory, verb: str, part: str) -> None:
    plain_memory.remember("Ada plays chess.", user_id="ada")
    plain_memory.remember("Bob plays go.", user_id="bob")

    scope = {"user_id": "ada"} | {part: "*"}
    with pytest.raises(ScopeError, match=part):
        SCOPED[verb](plain_memory, **scope)

    assert [m.text for m in plain_memory.list(user_id="ada")] == ["Ada plays chess."]
    assert [m.text for m in plain_memory.list(user_id="bob")] == ["Bob plays go."]


@pytest.mark.parametrize("verb", SCOPED)
def test_01_no_scope_at_all_is_refused(plain_memory: Memory, verb: str) -> None:
    plain_memory.remember("Ada plays chess.", user_id="ada")

    with pytest.raises((ScopeError, TypeError)):
        SCOPED[verb](plain_memory)

    assert [m.text for m in plain_memory.list(user_id="ada")] == ["Ada plays chess."]


@pytest.mark.parametrize("wild", ["%", "_", "a%", "ad_", "'' OR 1=1 --", "ad*"])
def test_01_what_other_stores_take_for_wildcards_are_plain_ids(plain_memory: Memory, wild: str) -> None:
    plain_memory.remember("Ada plays chess.", user_id="ada")

    plain_memory.forget(user_id=wild)

    assert plain_memory.list(user_id=wild) == []
    assert plain_memory.search("chess", user_id=wild) == []
    assert [m.text for m in plain_memory.list(user_id="ada")] == ["Ada plays chess."]


@pytest.mark.parametrize("verb", SCOPED)
def test_18_an_unknown_argument_is_a_type_error(plain_memory: Memory, verb: str) -> None:
    with pytest.raises(TypeError, match="topk"):
        SCOPED[verb](plain_memory, user_id="ada", topk=3)
    assert plain_memory.list(user_id="ada") == []


def test_18_a_scope_is_never_positional(plain_memory: Memory) -> None:
    for call in (
        lambda: plain_memory.add("I live in Oslo.", "ada"),
        lambda: plain_memory.search("Oslo", "ada"),
        lambda: plain_memory.forget("ada"),
        lambda: plain_memory.list("ada"),
    ):
        with pytest.raises(TypeError):
            call()
    assert plain_memory.stats().messages == 0


def test_18_limit_is_a_known_argument_and_holds(plain_memory: Memory) -> None:
    for n in range(9):
        plain_memory.remember(f"Ada owns chess set number {n}.", user_id="ada")

    assert len(plain_memory.search("chess set", user_id="ada", limit=3)) == 3
    assert len(plain_memory.list(user_id="ada", limit=4)) == 4
