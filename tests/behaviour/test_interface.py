"""The interface as it is documented: every verb, the shapes it takes and the shapes it gives back."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

import perdure
from perdure import Memory
from perdure.errors import ClosedError, FilterError, InputError, NotFoundError, PerdureError, ScopeError

MOVED = "I moved from Delhi to Bangalore last month."


def test_add_takes_a_string_a_dict_a_message_and_a_list_of_these(plain_memory: Memory) -> None:
    from perdure.model.message import Message

    plain_memory.add("I play chess.", user_id="ada")
    plain_memory.add({"role": "user", "content": "I play go."}, user_id="ada")
    plain_memory.add(Message("I play bridge."), user_id="ada")
    result = plain_memory.add(["I play darts.", {"role": "user", "content": "I play poker."}, Message("I play rummy.")], user_id="ada")

    assert len(result.message_ids) == 3
    assert plain_memory.stats().messages == 6
    assert {h.text.split()[-1] for h in plain_memory.search("I play", user_id="ada")} == {
        "chess.",
        "go.",
        "bridge.",
        "darts.",
        "poker.",
        "rummy.",
    }


def test_add_gives_the_episode_and_its_changes(plain_memory: Memory) -> None:
    result = plain_memory.add("I live in Delhi.", user_id="ada", session_id="s1", metadata={"channel": "web"})

    assert result.episode_id
    assert [c.type for c in result.changes] == ["add"]
    assert result.changes[0].after.text == "I live in Delhi."
    json.dumps(result.to_dict())


@pytest.mark.parametrize("wait", ["captured", "committed", "indexed"])
def test_what_was_added_is_found_at_once_whatever_was_waited_for(plain_memory: Memory, wait: str) -> None:
    plain_memory.add("My badge number is ZX-8812.", user_id="ada", wait=wait)

    assert plain_memory.search("ZX-8812", user_id="ada")[0].text == "My badge number is ZX-8812."


def test_a_hit_says_what_who_when_and_why(memory: Memory) -> None:
    memory.add({"role": "user", "content": MOVED, "id": "msg-7", "timestamp": "2026-02-20T09:00:00Z", "name": "Ada"}, user_id="ada")

    hit = memory.search("Where does Ada live?", user_id="ada", limit=10, filters=None, kinds=None, as_of=None, known_at=None)[0]
    assert hit.text == MOVED
    assert 0 < hit.score <= 1
    assert hit.memory.kind in ("fact", "episodic")
    (source,) = hit.sources
    assert source.message_id == "msg-7"
    assert source.quote in MOVED
    assert MOVED[source.start : source.end] == source.quote
    assert source.said_by == "Ada"
    assert source.said_at == datetime(2026, 2, 20, 9, tzinfo=UTC)
    assert {s.channel for s in hit.why} & {"vector", "text", "slots"}


def test_a_statement_and_the_message_it_came_from_are_one_hit(memory: Memory) -> None:
    memory.add("I live in Bergen.", user_id="ada")

    assert [h.text for h in memory.search("Bergen", user_id="ada")] == ["I live in Bergen."]


def test_a_hit_that_a_live_memory_states_carries_that_memory(memory: Memory) -> None:
    for said in ("My piano lesson is on Mondays.", "My brother Tom works at Equinor.", "I prefer tea to coffee."):
        memory.add(said, user_id="ada")
    texts = {m.text for m in memory.list(user_id="ada")}
    assert len(texts) == 3

    for question in ("When is my piano lesson?", "Where does Tom work?", "Tea or coffee?"):
        for hit in memory.search(question, user_id="ada"):
            assert hit.memory is not None, f"{question}: {hit.text!r} came back as a bare message"
            assert hit.message is None


def test_remember_keeps_a_statement_as_it_is(plain_memory: Memory) -> None:
    plain_memory.add({"role": "user", "content": "No meat for me.", "id": "msg-7"}, user_id="ada", infer=False)
    plain_memory.remember("Ada is vegetarian.", user_id="ada", kind="preference", sources=["msg-7"])

    (kept,) = plain_memory.list(user_id="ada")
    assert (kept.text, kept.kind, kept.sources[0].message_id) == ("Ada is vegetarian.", "preference", "msg-7")
    with pytest.raises(PerdureError):
        plain_memory.remember("Ada is tall.", user_id="ada", sources=["no such message"])
    with pytest.raises(InputError):
        plain_memory.remember("Ada is tall.", user_id="ada", kind="gossip")


def test_get_update_delete_history_undo(plain_memory: Memory) -> None:
    (kept,) = plain_memory.remember("Ada plays chess.", user_id="ada").memories
    assert plain_memory.get(kept.id).text == "Ada plays chess."

    plain_memory.update(kept.id, text="Ada plays go.", metadata={"level": "dan"})
    assert plain_memory.get(kept.id).text == "Ada plays go."
    assert plain_memory.get(kept.id).metadata["level"] == "dan"
    assert plain_memory.search("go", user_id="ada")[0].text == "Ada plays go."
    assert not any("chess" in h.text for h in plain_memory.search("chess", user_id="ada"))

    changes = plain_memory.delete(kept.id)
    assert plain_memory.list(user_id="ada") == []
    with pytest.raises(NotFoundError):
        plain_memory.get(kept.id)
    plain_memory.undo(changes[0].id)
    assert plain_memory.get(kept.id).text == "Ada plays go."

    steps = [(c.type, c.before and c.before.text, c.after and c.after.text) for c in plain_memory.history(kept.id)]
    assert steps[:2] == [("add", None, "Ada plays chess."), ("update", "Ada plays chess.", "Ada plays go.")]
    assert len(steps) == 4


def test_what_does_not_exist_is_an_error_not_an_empty_answer(plain_memory: Memory) -> None:
    for verb in (
        lambda: plain_memory.get("no such id"),
        lambda: plain_memory.update("no such id", text="x"),
        lambda: plain_memory.delete("no such id"),
        lambda: plain_memory.history("no such id"),
        lambda: plain_memory.undo("no such id"),
        lambda: plain_memory.explain("no such id"),
        lambda: plain_memory.forget(id="no such id"),
    ):
        with pytest.raises(NotFoundError):
            verb()


def test_list_pages_through_everything_once(plain_memory: Memory) -> None:
    for n in range(25):
        plain_memory.remember(f"Ada owns stamp {n}.", user_id="ada")

    pages, after = [], None
    while page := plain_memory.list(user_id="ada", limit=10, after=after):
        pages.append(page)
        after = page[-1].id
    assert [len(p) for p in pages] == [10, 10, 5]
    assert len({m.id for p in pages for m in p}) == 25


def test_kinds_narrow_a_search(plain_memory: Memory) -> None:
    plain_memory.remember("Ada likes chess openings.", user_id="ada", kind="preference")
    plain_memory.remember("Ada won the chess open.", user_id="ada", kind="episodic")

    assert [h.text for h in plain_memory.search("chess", user_id="ada", kinds=["preference"])] == ["Ada likes chess openings."]
    assert [h.text for h in plain_memory.search("chess", user_id="ada", kinds=["episodic"])] == ["Ada won the chess open."]


def test_diff_tells_what_came_and_went(plain_memory: Memory, clock) -> None:
    (chess,) = plain_memory.remember("Ada plays chess.", user_id="ada").memories
    clock.advance(seconds=3600)
    since = clock()
    clock.advance(seconds=3600)
    plain_memory.remember("Ada plays go.", user_id="ada")
    plain_memory.delete(chess.id)
    clock.advance(seconds=3600)

    diff = plain_memory.diff(user_id="ada", since=since, until=clock())
    assert [m.text for m in diff.added] == ["Ada plays go."]
    assert [m.text for m in diff.removed] == ["Ada plays chess."]
    assert plain_memory.diff(user_id="bob", since=since, until=clock()).changes == ()


def test_graph_gives_entities_relations_and_their_proofs(memory: Memory) -> None:
    memory.add("My brother Tom works at Equinor.", user_id="ada")

    graph = memory.graph(user_id="ada", around="Tom", hops=2)
    assert {"Tom", "Equinor"} <= {e.name for e in graph.entities}
    for relation in graph.relations:
        assert graph.proofs[relation.memory_id] == "My brother Tom works at Equinor."
    assert memory.graph(user_id="ada", around="Nobody", hops=2).relations == ()


def test_context_keeps_its_budget_and_numbers_its_citations(memory: Memory) -> None:
    for n in range(60):
        memory.add(f"I grow tomato variety number {n} in the greenhouse.", user_id="ada")

    for budget in (60, 200, 800):
        context = memory.context("Which tomatoes do I grow?", user_id="ada", budget=budget)
        assert context.tokens <= budget
        assert len(context.text.split()) <= budget  # a word is at least a token
    assert context.citations
    for citation in context.citations:
        assert f"[{citation.number}]" in context.text
        assert citation.sources
    assert [c.number for c in context.citations] == list(range(1, len(context.citations) + 1))
    assert len({h.text for h in context.hits}) == len(context.hits)


def test_ask_answers_in_the_speaker_s_words_with_its_source(memory: Memory) -> None:
    memory.add({"role": "user", "content": "My bike is a red Koga.", "id": "m1"}, user_id="ada")

    answer = memory.ask("What bike do I have?", user_id="ada")
    assert answer.kind == "statement"
    assert "Koga" in answer.text
    assert answer.citations[0].sources[0].message_id == "m1"
    assert answer.trace


def test_explain_says_where_a_memory_lives(memory: Memory) -> None:
    (kept,) = memory.add("My brother Tom works at Equinor.", user_id="ada").memories

    told = memory.explain(kept.id)
    assert told.memory.id == kept.id
    assert {"vector", "text", "graph"} <= set(told.stores)
    assert told.sources


def test_why_not_names_the_stage(plain_memory: Memory) -> None:
    (old,) = plain_memory.remember("Ada plays chess.", user_id="ada", metadata={"topic": "game"}).memories
    plain_memory.delete(old.id)
    (other,) = plain_memory.remember("Bob plays chess.", user_id="bob").memories
    (found,) = plain_memory.remember("Ada plays go.", user_id="ada").memories

    assert plain_memory.why_not("go", found.id, user_id="ada").stage == "found"
    assert plain_memory.why_not("chess", old.id, user_id="ada").stage == "status"
    assert plain_memory.why_not("chess", other.id, user_id="ada").stage in ("scope", "missing")


def test_a_store_can_be_carried_to_another_file(plain_memory: Memory, tmp_path) -> None:
    plain_memory.add("My brother Tom works at Equinor.", user_id="ada")
    plain_memory.add("I live in Delhi.", user_id="ada", timestamp="2025-01-01T00:00:00Z")
    plain_memory.add("I moved to Pune.", user_id="ada", timestamp="2026-01-01T00:00:00Z")
    plain_memory.add("I live in Bergen.", user_id="bob")
    plain_memory.export(tmp_path / "all.jsonl")
    plain_memory.export(tmp_path / "ada.jsonl", user_id="ada")

    with Memory(tmp_path / "copy.db", embedder="hashing") as copy:
        copy.load(tmp_path / "all.jsonl")
        for user in ("ada", "bob"):
            assert {m.text for m in copy.list(user_id=user)} == {m.text for m in plain_memory.list(user_id=user)}
        assert copy.fact("lives_in", user_id="ada").value == "Pune"
        assert copy.fact("lives_in", user_id="ada", as_of="2025-06-01T00:00:00Z").value == "Delhi"
        assert copy.search("Equinor", user_id="ada")[0].text == "My brother Tom works at Equinor."
        assert copy.verify().ok
        copy.load(tmp_path / "all.jsonl")  # a second time changes nothing
        assert len(copy.list(user_id="bob")) == 1
    assert "Bergen" not in (tmp_path / "ada.jsonl").read_text(encoding="utf-8")


def test_stats_verify_reindex(plain_memory: Memory) -> None:
    plain_memory.add("My brother Tom works at Equinor.", user_id="ada")

    stats = plain_memory.stats()
    assert (stats.messages, stats.memories, stats.owners) == (1, 1, 1)
    before = [h.text for h in plain_memory.search("Equinor", user_id="ada")]
    for projection in ("vector", "text", "graph", "slots"):
        plain_memory.reindex(projection)
    assert plain_memory.verify().ok
    assert [h.text for h in plain_memory.search("Equinor", user_id="ada")] == before
    with pytest.raises(PerdureError):
        plain_memory.reindex("no such projection")


def test_results_are_frozen_and_turn_into_json(memory: Memory) -> None:
    memory.add("My brother Tom works at Equinor.", user_id="ada")
    results = [
        *memory.search("Equinor", user_id="ada"),
        *memory.list(user_id="ada"),
        *memory.facts(user_id="ada", of="Tom"),
        memory.graph(user_id="ada", around="Tom"),
        memory.context("Equinor", user_id="ada"),
        memory.ask("Where does Tom work?", user_id="ada"),
        memory.stats(),
        memory.verify(),
    ]
    for result in results:
        assert dataclasses.is_dataclass(result)
        json.dumps(result.to_dict())
        with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
            result.text = "x"


def test_wrong_arguments_are_named(plain_memory: Memory) -> None:
    wrong = {
        "limit": lambda: plain_memory.search("x", user_id="ada", limit=0),
        "filters": lambda: plain_memory.search("x", user_id="ada", filters={"nonsense": 1}),
        "kinds": lambda: plain_memory.search("x", user_id="ada", kinds=["gossip"]),
        "as_of": lambda: plain_memory.search("x", user_id="ada", as_of="the other day"),
        "wait": lambda: plain_memory.add("x", user_id="ada", wait="forever"),
        "budget": lambda: plain_memory.context("x", user_id="ada", budget=-5),
        "hops": lambda: plain_memory.graph(around="x", user_id="ada", hops=-1),
    }
    for argument, verb in wrong.items():
        with pytest.raises(InputError) as caught:
            verb()
        assert caught.value.argument == argument, f"{argument}: {caught.value}"
        assert argument in str(caught.value)
    assert issubclass(FilterError, InputError)
    assert issubclass(ScopeError, InputError)


def test_a_closed_memory_says_so(path) -> None:
    memory = Memory(path, embedder="hashing")
    memory.close()
    memory.close()  # closing twice is no error
    with pytest.raises(ClosedError):
        memory.search("x", user_id="ada")
    with pytest.raises(ClosedError):
        memory.add("I live in Bergen.", user_id="ada")


def test_any_callable_is_a_clock(path) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    ticks = iter(range(1_000_000))
    with Memory(path, embedder="hashing", clock=lambda: start + timedelta(seconds=next(ticks))) as memory:
        memory.add("I live in Bergen.", user_id="ada")
        (kept,) = memory.list(user_id="ada")
    assert start <= kept.recorded_at < start + timedelta(hours=1)


def test_what_is_written_is_there_after_reopening(path) -> None:
    with Memory(path, embedder="hashing") as memory:
        memory.add(MOVED, user_id="ada")
    with Memory(path, embedder="hashing") as memory:
        assert memory.fact("lives_in", user_id="ada").value == "Bangalore"
        assert memory.search("Bangalore", user_id="ada")[0].text == MOVED


def test_every_public_name_can_be_imported() -> None:
    assert {"Memory", "AsyncMemory", "PerdureError"} <= set(perdure.__all__)
    for name in perdure.__all__:
        assert getattr(perdure, name) is not None
