"""Reading end to end: what fails degrades and says so; both times on every verb; `AsyncMemory` under load."""

from __future__ import annotations

import asyncio

import pytest

from perdure import AsyncMemory, Memory
from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.adapters.graph.sqlite import SqliteGraph
from perdure.adapters.kv.sqlite import SqliteSlots
from perdure.adapters.vector.sqlite import SqliteVectors
from perdure.errors import BackendError, InputError, ModelError


# --- what fails
def broken(cls, *verbs):
    """An index of which some reads fail, as a server's would that is down."""

    def fail(self, *args, **kwargs):
        raise BackendError(f"{self.name} is unreachable", backend=self.name)

    return type(f"Broken{cls.__name__}", (cls,), dict.fromkeys(verbs, fail))


E = HashingEmbedder()
BROKEN = {
    "vector": ("vector", lambda: broken(SqliteVectors, "search")(E.name, E.dimensions)),
    "all of vector": ("vector", lambda: broken(SqliteVectors, "search", "vectors", "docs")(E.name, E.dimensions)),
    "graph": ("graph", broken(SqliteGraph, "edges", "mentions")),
    "kv": ("slots", broken(SqliteSlots, "look_up", "short_term")),
}


@pytest.fixture
def filled(path, clock):
    with Memory(path, clock=clock, embedder=E, worker=False) as m:
        m.add(["I live in Maribor.", "My brother Tomislav lives in Ljubljana."], user_id="ada")
    return path


@pytest.mark.parametrize("case", BROKEN)
def test_a_channel_that_fails_degrades_the_hits_and_says_so(filled, clock, case):
    channel, index = BROKEN[case]
    setting = "kv" if channel == "slots" else channel
    with Memory(filled, clock=clock, embedder=E, worker=False, **{setting: index()}) as m:
        hits = m.search("Where does my brother Tomislav live?", user_id="ada")
        assert hits[0].text == "My brother Tomislav lives in Ljubljana."
        assert all(any(d.startswith(channel) and "unreachable" in d for d in h.degraded) for h in hits)
        assert channel not in {s.channel for h in hits for s in h.why}


class DownEmbedder(HashingEmbedder):
    """The hashing embedder, out of order when told so."""

    down = False

    def embed(self, texts):
        if self.down:
            raise ModelError("the embedding server is unreachable")
        return super().embed(texts)


def test_an_embedder_that_fails_degrades_and_what_is_added_meanwhile_is_found_by_words(path, clock):
    e = DownEmbedder()
    with Memory(path, clock=clock, embedder=e, worker=False) as m:
        e.down = True
        result = m.add("I live in Maribor.", user_id="ada")
        assert result.job.state == "pending"
        (hit,) = m.search("Maribor", user_id="ada")
        assert hit.degraded[0].startswith("vector")
        e.down = False
        clock.advance(hours=1)
        m.work()
        assert m.fact("lives_in", user_id="ada").value == "Maribor"
        assert m.search("Maribor", user_id="ada")[0].degraded == ()
        assert m.verify().ok


class Reranker:
    """Does what it is told to."""

    name = "told"

    def __init__(self, scores):
        self.scores = scores

    def score(self, question, texts):
        if isinstance(self.scores, Exception):
            raise self.scores
        return self.scores(texts)


def reranked(path, clock, scores):
    with Memory(path, clock=clock, embedder=E, reranker=Reranker(scores), worker=False) as m:
        return m.search("Where do I live?", user_id="ada")


FAILS = {
    "an error of ours": ModelError("out of memory"),
    "too few scores": lambda texts: [0.5],
    "scores that are no numbers": lambda texts: [float("nan")] * len(texts),
    "an error of its own": RuntimeError("CUDA"),
}


@pytest.mark.parametrize("case", FAILS)
def test_a_reranker_that_fails_is_skipped_and_the_hits_say_so(filled, clock, case):
    with Memory(filled, clock=clock, embedder=E, worker=False) as m:
        plain = m.search("Where do I live?", user_id="ada")
    hits = reranked(filled, clock, FAILS[case])
    assert [h.text for h in hits] == [h.text for h in plain]
    assert all(any("reranker" in d for d in h.degraded) for h in hits)


def test_a_reranker_turns_the_order_and_is_named_as_a_reason(filled, clock):
    hits = reranked(filled, clock, lambda texts: [float("Tomislav" in t) for t in texts])
    assert "Tomislav" in hits[0].text
    assert any(s.channel == "reranker" for s in hits[0].why)


def test_scores_stay_within_0_and_1_whatever_a_reranker_says(filled, clock):
    assert all(0 <= h.score <= 1 for h in reranked(filled, clock, lambda texts: [12.0 - 20 * n for n in range(len(texts))]))


# --- two times
@pytest.fixture
def moved(path, clock):
    """Delhi from 1 January, told on the 5th; Bangalore from 1 February, told on the 10th; all deleted on the 20th."""
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        clock.set("2026-01-05T12:00:00Z")
        m.remember("Filler that matters to nobody.", user_id="ada")
        m.add("I live in Delhi.", user_id="ada", session_id="s1", timestamp="2026-01-01T00:00:00Z")
        clock.set("2026-02-10T12:00:00Z")
        m.add("I moved to Bangalore.", user_id="ada", session_id="s1", timestamp="2026-02-01T00:00:00Z")
        clock.set("2026-02-20T12:00:00Z")
        m.delete(m.fact("lives_in", user_id="ada").memory.id)
        yield m


def told(m, verb, **times):
    """All that a verb tells of where ada lives."""
    scope = {"user_id": "ada"} | times
    match verb:
        case "fact":
            found = m.fact("lives_in", **scope)
            return found.value if found else ""
        case "facts":
            return " ".join(v for f in m.facts(**scope) for v in f.values)
        case "graph":
            return " ".join(r.object for r in m.graph(**scope).relations)
        case "list":
            return " ".join(r.text for r in m.list(**scope))
        case "search":
            return " ".join(h.text for h in m.search("Where do I live?", **scope))
        case "context":
            return m.context("Where do I live?", session_id="s1", **scope).text
        case "ask":
            return m.ask("Where do I live?", **scope).text


VERBS = ("fact", "facts", "graph", "list", "search", "context", "ask")


@pytest.mark.parametrize("verb", VERBS)
def test_as_of_asks_what_was_true_then(moved, verb):
    moved.rollback(user_id="ada", to="2026-02-15T00:00:00Z")
    assert "Delhi" in told(moved, verb, as_of="2026-01-15T00:00:00Z")
    assert "Bangalore" not in told(moved, verb, as_of="2026-01-15T00:00:00Z")
    assert "Bangalore" in told(moved, verb, as_of="2026-02-15T00:00:00Z")
    assert "Delhi" not in told(moved, verb, as_of="2025-12-15T00:00:00Z")


@pytest.mark.parametrize("verb", VERBS)
def test_known_at_asks_what_was_known_then(moved, verb):
    assert "Delhi" not in told(moved, verb, known_at="2026-01-03T00:00:00Z")
    assert "Delhi" in told(moved, verb, known_at="2026-01-20T00:00:00Z")
    assert "Bangalore" not in told(moved, verb, known_at="2026-02-05T00:00:00Z")
    assert "Bangalore" in told(moved, verb, known_at="2026-02-15T00:00:00Z")


# --- the edges of an ordinary search
def test_a_search_that_finds_nothing_is_an_empty_list(plain_memory):
    assert plain_memory.search("anything", user_id="nobody") == []


@pytest.mark.parametrize("query", ["", "   ", "the of a", "!!!", "\x00", "🙂"])
def test_a_query_without_words_is_answered(plain_memory, query):
    plain_memory.remember("Ada keeps bees.", user_id="ada")
    assert isinstance(plain_memory.search(query, user_id="ada"), list)


@pytest.mark.parametrize("limit", [0, -1, 1001, 2.5, "10", True])
def test_a_limit_that_is_none_is_refused_by_name(plain_memory, limit):
    with pytest.raises(InputError, match="limit"):
        plain_memory.search("bees", user_id="ada", limit=limit)


def test_the_past_comes_first_when_it_is_asked_for(plain_memory, clock):
    plain_memory.add("I live in Delhi.", user_id="ada")
    clock.advance(days=10)
    plain_memory.add("I moved to Bangalore.", user_id="ada")
    assert "Bangalore" in plain_memory.ask("Where do I live?", user_id="ada").text
    assert plain_memory.search("Where do I live?", user_id="ada")[0].text == "I moved to Bangalore."


def test_a_statement_that_was_repeated_is_one_hit(plain_memory, clock):
    for n in range(4):
        plain_memory.add("I live in Maribor.", user_id="ada", session_id=f"s{n}")
        plain_memory.add("Is there a bus to the market near me?", user_id="ada", session_id=f"s{n}")
        clock.advance(days=1)
    for question in ("I live in Maribor.", "Maribor", "Where do I live?"):
        assert [h.text for h in plain_memory.search(question, user_id="ada", limit=50)].count("I live in Maribor.") == 1


# --- async
def test_many_at_once_on_one_async_memory(path, clock):
    async def run():
        async with AsyncMemory(path, clock=clock, embedder="hashing") as m:
            places = ["Maribor", "Ostrava", "Graz", "Brno"]
            await asyncio.gather(*(m.add(f"I live in {p}.", user_id=f"u{n}") for n, p in enumerate(places)))
            await asyncio.gather(*(m.add("I keep bees.", user_id="ada") for _ in range(6)))
            answers = await asyncio.gather(*(m.fact("lives_in", user_id=f"u{n}") for n in range(4)))
            assert [a.value for a in answers] == places
            found, listed = await asyncio.gather(m.search("bees", user_id="ada"), m.list(user_id="ada"))
            assert len(listed) == 1
            assert found[0].text == "I keep bees."
            assert (await m.verify()).ok

    asyncio.run(run())


def test_an_async_error_is_the_same_error(path):
    async def run():
        async with AsyncMemory(path, embedder="hashing", extractor="rules", llm=None) as m:
            with pytest.raises(InputError, match="limit"):
                await m.search("bees", user_id="ada", limit=0)

    asyncio.run(run())
