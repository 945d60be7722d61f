"""What a person changes, and taking it back."""

from __future__ import annotations

import pytest
from stage_parts import answer, said

from perdure import Memory
from perdure.errors import InputError, NotFoundError
from perdure.testing import EchoLLM


@pytest.fixture
def moved(plain_memory, clock):
    """Delhi, then Bangalore; the changes of the move."""
    plain_memory.add("I live in Delhi.", user_id="ada")
    clock.advance(days=10)
    result = plain_memory.add("I moved to Bangalore.", user_id="ada")
    return plain_memory, result.changes


def lives_in(m):
    found = m.fact("lives_in", user_id="ada")
    return found.values if found else ()


# --- remember
def test_a_statement_is_kept_as_it_is_with_the_message_that_proves_it(plain_memory):
    plain_memory.add({"content": "We talked about bees.", "id": "m1"}, user_id="ada", infer=False)
    (kept,) = plain_memory.remember("Ada keeps bees.", user_id="ada", kind="preference", sources=["m1"]).memories
    assert (kept.text, kept.kind, kept.sources[0].message_id) == ("Ada keeps bees.", "preference", "m1")
    assert kept.sources[0].quote == "We talked about bees."


@pytest.mark.parametrize("scope", [{"user_id": "bob"}, {"user_id": "ada", "agent_id": "B"}])
def test_a_message_of_somebody_else_proves_nothing(plain_memory, scope):
    plain_memory.add({"content": "The word is plinth.", "id": "m1"}, user_id="ada", agent_id="A", infer=False)
    with pytest.raises(NotFoundError):
        plain_memory.remember("It is plinth.", sources=["m1"], **scope)


def test_a_memory_belongs_to_whom_it_was_remembered_for_wherever_its_source_was_said(plain_memory):
    plain_memory.add({"content": "We talked about bees.", "id": "m1"}, user_id="ada", session_id="s1", infer=False)
    plain_memory.remember("Be brief.", user_id="ada", session_id="s2", term="short_term", sources=["m1"])
    assert [r.text for r in plain_memory.list(user_id="ada", session_id="s2")] == ["Be brief."]
    assert plain_memory.list(user_id="ada", session_id="s1") == []


def test_what_is_short_term_expires_and_is_promoted_when_asked_for(plain_memory, clock):
    plain_memory.remember("Be brief.", user_id="ada", session_id="s1", term="short_term")
    assert plain_memory.list(user_id="ada", session_id="s2") == []
    plain_memory.remember("Be brief.", user_id="ada", session_id="s1")
    clock.advance(days=30)
    assert [r.text for r in plain_memory.list(user_id="ada")] == ["Be brief."]


@pytest.mark.parametrize("wrong", [{"kind": "rumour"}, {"term": "forever"}, {"expires_at": "soon"}, {"sources": ["*"]}, {"text": " "}])
def test_a_wrong_argument_is_named(plain_memory, wrong):
    with pytest.raises(InputError) as e:
        plain_memory.remember(**({"text": "Ada keeps bees.", "user_id": "ada"} | wrong))
    assert e.value.argument in wrong


# --- update and delete
def test_a_new_text_is_found_and_the_old_one_is_not(plain_memory, clock):
    (kept,) = plain_memory.remember("Ada keeps bees.", user_id="ada").memories
    clock.advance(days=1)
    plain_memory.update(kept.id, text="Ada keeps llamas.", metadata={"topic": "animals"})
    assert plain_memory.search("llamas", user_id="ada", filters={"metadata.topic": "animals"})[0].text == "Ada keeps llamas."
    assert plain_memory.list(user_id="ada", known_at=clock.advance(days=-0.5))[0].text == "Ada keeps bees."
    assert plain_memory.verify().ok


def test_a_new_text_gives_up_the_slots_it_no_longer_says(plain_memory):
    (kept,) = plain_memory.add("I live in Delhi.", user_id="ada").memories
    plain_memory.update(kept.id, text="I moved about a lot.")
    assert lives_in(plain_memory) == ()
    assert plain_memory.graph(user_id="ada").relations == ()


BY_ID = {
    "get": lambda m, id_, **scope: m.get(id_, **scope),
    "update": lambda m, id_, **scope: m.update(id_, text="x", **scope),
    "delete": lambda m, id_, **scope: m.delete(id_, **scope),
    "history": lambda m, id_, **scope: m.history(id_, **scope),
    "explain": lambda m, id_, **scope: m.explain(id_, **scope),
    "forget": lambda m, id_, **scope: m.forget(id=id_, **scope),
}


@pytest.mark.parametrize("verb", BY_ID)
def test_what_is_not_there_or_somebody_elses_is_not_found(plain_memory, verb):
    (kept,) = plain_memory.remember("Ada keeps bees.", user_id="ada").memories
    with pytest.raises(NotFoundError):
        BY_ID[verb](plain_memory, "nosuch")
    with pytest.raises(NotFoundError):
        BY_ID[verb](plain_memory, kept.id, user_id="bob")
    assert plain_memory.get(kept.id).text == "Ada keeps bees."


@pytest.mark.parametrize("nothing", [{}, {"text": " "}, {"text": 5}, {"metadata": [1]}])
def test_an_update_of_nothing_is_refused(plain_memory, nothing):
    (kept,) = plain_memory.remember("Ada keeps bees.", user_id="ada").memories
    with pytest.raises(InputError):
        plain_memory.update(kept.id, **nothing)


# --- undo
def test_undoing_a_move_brings_back_what_it_ended(moved):
    m, changes = moved
    m.undo(changes[0].id)
    assert lives_in(m) == ("Delhi",)
    assert m.verify().ok


def test_undoing_the_end_of_the_old_takes_back_the_new_too(moved):
    m, changes = moved
    m.undo(changes[1].id)
    assert lives_in(m) == ("Delhi",)


def test_undoing_an_undo_leaves_one_place_to_live_in(moved):
    m, changes = moved
    undone = m.undo(changes[0].id)
    m.undo(next(c.id for c in undone if c.memory_id == changes[0].memory_id))
    assert lives_in(m) == ("Bangalore",)


def test_undoing_a_partial_end_takes_back_what_ended_it(plain_memory, clock):
    plain_memory.add("I live in Delhi and work at Acme.", user_id="ada")
    clock.advance(days=1)
    changes = plain_memory.add("I moved to Bangalore.", user_id="ada").changes
    ended = [c for c in changes if c.type in ("update", "supersede")]
    plain_memory.undo(ended[0].id)
    assert lives_in(plain_memory) == ("Delhi",)


def test_nothing_is_undone_twice_and_nothing_under_a_later_change(moved, clock):
    m, changes = moved
    clock.advance(days=1)
    later = m.add("I moved to Pune.", user_id="ada").changes
    with pytest.raises(InputError, match="later"):
        m.undo(changes[0].id)
    m.undo(later[0].id)
    with pytest.raises(InputError, match="already"):
        m.undo(later[0].id)
    m.undo(changes[0].id)
    assert lives_in(m) == ("Delhi",)


def test_a_deleted_memory_comes_back(plain_memory):
    (kept,) = plain_memory.add("I live in Delhi.", user_id="ada").memories
    (change,) = plain_memory.delete(kept.id)
    assert plain_memory.search("Delhi", user_id="ada") == []
    plain_memory.undo(change.id)
    assert plain_memory.search("Delhi", user_id="ada")[0].memory.id == kept.id
    assert lives_in(plain_memory) == ("Delhi",)


# --- rollback, sessions, conflicts
def test_a_rollback_restores_an_instant_and_can_be_rolled_back(moved, clock):
    m, _ = moved
    after_move = clock()
    clock.advance(days=1)
    m.rollback(user_id="ada", to=after_move.replace(day=after_move.day - 5))
    assert lives_in(m) == ("Delhi",)
    clock.advance(days=1)
    m.rollback(user_id="ada", to=after_move)
    assert lives_in(m) == ("Bangalore",)
    assert m.verify().ok


def test_a_rollback_touches_nobody_else(moved, clock):
    m, _ = moved
    m.add("I live in Oslo.", user_id="bob")
    m.rollback(user_id="ada", to="2020-01-01")
    assert lives_in(m) == ()
    assert m.fact("lives_in", user_id="bob").value == "Oslo"


def test_a_session_that_ends_takes_its_short_term_memories_along(plain_memory):
    plain_memory.remember("Be brief.", user_id="ada", session_id="s1", term="short_term")
    plain_memory.remember("Be kind.", user_id="ada", session_id="s2", term="short_term")
    plain_memory.remember("Ada keeps bees.", user_id="ada", session_id="s1")
    (change,) = plain_memory.end_session(user_id="ada", session_id="s1")
    assert (change.type, change.after.text) == ("expire", "Be brief.")
    assert [r.text for r in plain_memory.list(user_id="ada", session_id="s1")] == ["Ada keeps bees."]
    assert "Be brief." not in plain_memory.context("bees", user_id="ada", session_id="s1").text.split("Recent")[0]
    assert [r.text for r in plain_memory.list(user_id="ada", session_id="s2")] == ["Be kind.", "Ada keeps bees."]
    assert plain_memory.end_session(user_id="ada", session_id="s1") == []


@pytest.fixture
def conflict(path, clock):
    """The user said Delhi, the assistant Goa."""
    told = {"I live in Delhi.": "Delhi", "You live in Goa.": "Goa"}

    def reply(request):
        text = next(t for t in told if f">{t}<" in request.turns[-1].content)
        return answer(said(text, slots=[{"entity": "user", "attribute": "lives_in", "value": told[text]}]))

    with Memory(path, clock=clock, embedder="hashing", llm=EchoLLM(reply), worker=False) as m:
        m.add("I live in Delhi.", user_id="ada")
        clock.advance(days=1)
        m.add({"role": "assistant", "content": "You live in Goa."}, user_id="ada")
        yield m


@pytest.mark.parametrize("kept", ["Delhi", "Goa"])
def test_a_conflict_waits_until_it_is_settled(conflict, kept):
    (open_one,) = conflict.conflicts(user_id="ada")
    pair = {conflict.get(i).slots[0].value: i for i in (open_one.memory_id, open_one.other_id)}
    conflict.settle(open_one.id, keep=pair[kept])
    assert conflict.conflicts(user_id="ada") == []
    assert lives_in(conflict) == (kept,)
    assert conflict.verify().ok
    with pytest.raises(NotFoundError):
        conflict.settle(open_one.id, keep=pair[kept])


def test_a_conflict_is_settled_by_one_of_the_two(conflict):
    (open_one,) = conflict.conflicts(user_id="ada")
    with pytest.raises(InputError, match="keep"):
        conflict.settle(open_one.id, keep="nosuch")
