"""Scopes as an attack surface: generated ids, every verb that reads, and a plain model of who may see what."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perdure import Memory
from perdure.errors import FilterError, NotFoundError, ScopeError
from perdure.model.base import plain
from perdure.testing import FrozenClock

START = "2026-03-02T12:00:00Z"
SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
QUERIES = ("Where do I live?", "brother Tom works at Firm", "Town", "everything")


class Who(NamedTuple):
    """A scope as a reader or a writer names it."""

    user: str | None = None
    agent: str | None = None
    session: str | None = None

    def ids(self) -> dict[str, str]:
        named = {"user_id": self.user, "agent_id": self.agent, "session_id": self.session}
        return {k: v for k, v in named.items() if v is not None}


def may_see(reader: Who, owner: Who, *, short: bool) -> bool:
    """Section "Memory, short and long", in words: parts both name are equal; one is shared; short-term stays in its session."""
    for mine, theirs in ((reader.user, owner.user), (reader.agent, owner.agent)):
        if mine is not None and theirs is not None and mine != theirs:
            return False
    if short and owner.session is not None and reader.session != owner.session:
        return False
    if owner.user is None and owner.agent is None and reader.session != owner.session:
        return False
    return any(mine is not None and mine == theirs for mine, theirs in zip(reader, owner, strict=True))


def open_memory() -> Memory:
    return Memory(":memory:", embedder="hashing", clock=FrozenClock(START), worker=False)


def everything_read(memory: Memory, who: Who) -> str:
    """All that the verbs which read give to `who`, as one text."""
    ids = who.ids()
    seen: list[object] = []
    for query in QUERIES:
        seen += [
            memory.search(query, limit=100, **ids),
            memory.search(query, limit=100, as_of="2026-03-02T11:59:59Z", **ids),
            memory.context(query, budget=4000, **ids),
        ]
    seen += [
        memory.list(limit=1000, **ids),
        memory.fact("lives_in", **ids),
        memory.fact("employer", of="Tom", **ids),
        memory.facts(**ids),
        memory.facts(of="Tom", **ids),
        memory.graph(around="user", hops=3, **ids),
        memory.graph(around="Tom", hops=3, **ids),
        memory.ask("Where does Tom work?", **ids),
        memory.diff(since="2020-01-01T00:00:00Z", until="2030-01-01T00:00:00Z", **ids),
        memory.jobs(**ids) if "user_id" in ids else (),
        memory.conflicts(**ids) if "user_id" in ids else (),
    ]
    return json.dumps([plain(s) for s in seen], ensure_ascii=False)


def exported(memory: Memory, user: str) -> str:
    with tempfile.TemporaryDirectory(prefix="perdure-") as folder:
        file = Path(folder) / "out.jsonl"
        memory.export(file, user_id=user)
        return file.read_text(encoding="utf-8")


def tell(memory: Memory, who: Who, number: int, *, short: bool = False) -> None:
    """Adds what only `who` may read: every word that could leak carries `number`."""
    lead = "Just for this chat: " if short else ""
    memory.add(f"{lead}I live in Town{number}q. My brother Tom works at Firm{number}q.", metadata={"n": f"mark{number}q"}, **who.ids())


def numbers(text: str) -> set[int]:
    return {int(n) for n in re.findall(r"(?:town|firm|mark)(\d+)q", text.casefold())}


# ---------------------------------------------------------------------- ids

NASTY = [
    *("ada", "Ada", "ADA", "ad", "adam", "a", "ada ", " ada", "ada:1", "ada/1", "ada|1", "-ada", "../ada", "a" * 256),
    *(
        "ada\u200b",
        "\u0430da",
        "\uff41\uff44\uff41",
        "ad\u00e1",
        "ada\u0301",
        "\u00df",
        "ss",
        "\u0130",
        "i\u0307",
        "\ufb01",
        "fi",
    ),
    *("\U0001f642", "\U0001f642\ufe0f", "%", "_", "a%", "a_a", "ada*", "**", "ada\\", "'", "''", "' OR '1'='1", '"ada"'),
    *('"; DROP TABLE memories; --', "ada' UNION SELECT * FROM messages --", "ada OR bob", "NEAR(ada)", "$ne", '{"$gt": ""}'),
    *("null", "None", "undefined", "true", "0", "00", "1", "1.0", "1e0", "user", "user:ada", "user_id"),
]
REFUSED = ["*", "", " ", "\t", "\u3000", "ada\x00", "\x00", "a\nda", "ada\x1b", "\x7f", "\ud800", "a" * 257]

readable = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=40).filter(lambda s: s.strip() and s != "*")
an_id = st.sampled_from(NASTY) | readable


@st.composite
def two_ids(draw) -> tuple[str, str]:
    """Two different ids, often nearly the same."""
    one = draw(an_id)
    other = draw(
        an_id
        | st.sampled_from([one + "x", one[:-1], one.upper(), one.lower(), one.casefold(), one + " ", " " + one, one + ":b", one + "%"])
    )
    if other == one or not other.strip() or other == "*" or len(other) > 256:
        other = "someone else" if one != "someone else" else "another"
    return one, other


@SETTINGS
@given(two_ids())
def test_no_verb_gives_one_user_what_another_said(ids: tuple[str, str]) -> None:
    ada, bob = (Who(user=i) for i in ids)
    with open_memory() as memory:
        tell(memory, ada, 1)
        tell(memory, bob, 2)

        assert numbers(everything_read(memory, ada)) == {1}
        assert numbers(everything_read(memory, bob)) == {2}
        assert numbers(exported(memory, ids[0])) == {1}
        assert numbers(exported(memory, ids[1])) == {2}


@SETTINGS
@given(two_ids())
def test_forgetting_one_user_leaves_the_other_whole(ids: tuple[str, str]) -> None:
    ada, bob = (Who(user=i) for i in ids)
    with open_memory() as memory:
        tell(memory, ada, 1)
        tell(memory, bob, 2)
        before = everything_read(memory, bob)

        memory.forget(user_id=ids[0])

        assert numbers(everything_read(memory, ada)) == set()
        assert numbers(everything_read(memory, bob)) == numbers(before) == {2}
        assert memory.verify().ok


@SETTINGS
@given(two_ids(), st.sampled_from(["user", "agent", "session"]))
def test_an_id_of_one_part_is_not_an_id_of_another(ids: tuple[str, str], part: str) -> None:
    owner = Who(**{part: ids[0]})
    with open_memory() as memory:
        tell(memory, owner, 1)
        for other in {"user", "agent", "session"} - {part}:
            assert numbers(everything_read(memory, Who(**{other: ids[0]}))) == set()


parts = st.sampled_from([None, "a", "b", "a:b", "b:c", "c", "A", "a%"])
scopes = st.builds(Who, parts, parts, parts).filter(any)


@SETTINGS
@given(st.lists(st.tuples(scopes, st.booleans()), min_size=2, max_size=5), st.lists(scopes, min_size=1, max_size=3))
def test_whatever_was_said_where_a_reader_sees_only_what_it_may(said: list[tuple[Who, bool]], readers: list[Who]) -> None:
    with open_memory() as memory:
        for number, (owner, short) in enumerate(said, 1):
            tell(memory, owner, number, short=short and owner.session is not None)

        for reader in [*readers, *(owner for owner, _ in said)]:
            allowed = {
                number
                for number, (owner, short) in enumerate(said, 1)
                if may_see(reader, owner, short=(short and owner.session is not None))
            }
            leaked = numbers(everything_read(memory, reader)) - allowed
            assert not leaked, f"{reader} sees {[said[n - 1] for n in leaked]}"


# ---------------------------------------------------------------------- filters, foreign ids, refused ids


@pytest.mark.parametrize(
    "filters",
    [
        {"or": [{"metadata.n": "mark2q"}, {"not": {"metadata.n": "mark2q"}}]},
        {"not": {"metadata.n": "no such"}},
        {"metadata.n": {"in": ["mark1q", "mark2q"]}},
        {"metadata.n": {"contains": "q"}},
        {"metadata.n": "mark2q' OR '1'='1"},
        {"or": [{"session_id": "s2"}, {"agent_id": "g2"}]},
        {"not": {"session_id": "s1"}},
        {"and": []},
        {"metadata.n') OR 1=1 --": "x"},
        {'metadata.n" OR 1=1 --': {"ne": "x"}},
    ],
    ids=str,
)
def test_a_filter_cannot_widen_a_scope(filters: dict) -> None:
    with open_memory() as memory:
        tell(memory, Who("ada", "g1", "s1"), 1)
        tell(memory, Who("bob", "g2", "s2"), 2)
        tell(memory, Who("ada", "g2", "s2"), 3, short=True)
        tell(memory, Who("ada", "g3", "s1"), 4)

        reader = Who("ada", "g1", "s1").ids()
        for query in QUERIES:
            for verb in (
                lambda q: memory.search(q, limit=100, filters=filters, **reader),
                lambda _: memory.list(filters=filters, **reader),
            ):
                try:
                    found = verb(query)
                except FilterError:  # refused is as good
                    continue
                assert numbers(json.dumps(plain(found))) <= {1}


def test_a_filter_on_scope_fields_narrows() -> None:
    with open_memory() as memory:
        tell(memory, Who("ada", "g1"), 1)
        tell(memory, Who("ada", "g2"), 2)

        hits = memory.search("Town", user_id="ada", limit=100, filters={"agent_id": "g2"})
        assert numbers(json.dumps(plain(hits))) == {2}
        assert memory.search("Town", user_id="bob", limit=100, filters={"agent_id": "g2"}) == []


def test_why_not_tells_a_stranger_nothing() -> None:
    with open_memory() as memory:
        tell(memory, Who("ada"), 1)
        (first, *_) = memory.list(user_id="ada")
        try:
            told = json.dumps(plain(memory.why_not("Where do I live?", first.id, user_id="bob")))
        except NotFoundError as e:
            told = str(e)
        assert not numbers(told)


def test_another_session_never_sees_short_term_words() -> None:
    with open_memory() as memory:
        tell(memory, Who("ada", session="s1"), 1, short=True)
        tell(memory, Who("ada", session="s2"), 2)

        assert numbers(everything_read(memory, Who("ada", session="s2"))) == {2}
        assert numbers(everything_read(memory, Who("ada"))) == {2}
        assert 1 in numbers(everything_read(memory, Who("ada", session="s1")))
        assert numbers(everything_read(memory, Who("bob", session="s1"))) == set()


@pytest.mark.parametrize("refused", REFUSED, ids=ascii)
@pytest.mark.parametrize("part", ["user_id", "agent_id", "session_id"])
def test_refused_ids_are_refused_by_writes_and_reads_alike(part: str, refused: str) -> None:
    with open_memory() as memory:
        tell(memory, Who("ada"), 1)
        scope = {"user_id": "ada"} | {part: refused}
        for verb in (
            lambda: memory.add("I live in Oslo.", **scope),
            lambda: memory.remember("Ada lives in Oslo.", **scope),
            lambda: memory.search("Town", **scope),
            lambda: memory.list(**scope),
            lambda: memory.facts(**scope),
            lambda: memory.forget(**scope),
            lambda: memory.context("Town", **scope),
        ):
            with pytest.raises(ScopeError) as caught:
                verb()
            assert caught.value.argument == part
        assert numbers(everything_read(memory, Who("ada"))) == {1}
        assert memory.stats().owners == 1
