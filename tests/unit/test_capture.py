"""What `add` takes, what it refuses, and that what it took is durable, redacted and not stored twice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import bytes_on_disk, quick

from perdure import Memory
from perdure.errors import InputError
from perdure.model.message import Message
from perdure.stages.capture import mended, normalise

#: what is given | (role, content) of what is captured
TAKEN = {
    "a string": ("hello", [("user", "hello")]),
    "a dict": ({"role": "assistant", "content": "hello"}, [("assistant", "hello")]),
    "a Message": (Message("hello", role="tool"), [("tool", "hello")]),
    "a list of each": (["a", {"content": "b"}, Message("c")], [("user", "a"), ("user", "b"), ("user", "c")]),
    "a tuple": (("a", "b"), [("user", "a"), ("user", "b")]),
    "other names of roles": ([{"role": "human", "content": "a"}, {"role": "ai", "content": "b"}], [("user", "a"), ("assistant", "b")]),
    "parts": ({"content": [{"type": "text", "text": "a"}, {"type": "image_url"}, "b"]}, [("user", "a\nb")]),
    "a tool call without words": ({"role": "assistant", "content": None, "tool_calls": []}, []),
    "blank ones": (["", " \n", "a"], [("user", "a")]),
    "nothing": ([], []),
}


@pytest.mark.parametrize("case", TAKEN)
def test_what_add_takes(case):
    given_, expected = TAKEN[case]
    assert [(m.role, m.content) for m in normalise(given_)[0]] == expected


#: what is given | the argument that the error names
REFUSED = {
    "a number": (5, "messages"),
    "nothing at all": (None, "messages"),
    "a number in a list": (["a", 5], "messages[1]"),
    "a set": ({"a"}, "messages"),
    "no content": ({"role": "user"}, "messages[0]"),
    "an unknown key": ({"content": "a", "contnt": "b"}, "messages[0]"),
    "an unknown role": ({"content": "a", "role": "boss"}, "messages[0].role"),
    "a role that is no string": ({"content": "a", "role": ["user"]}, "messages[0].role"),
    "content of the wrong type": ({"content": 5}, "messages[0].content"),
    "a time that is none": ({"content": "a", "timestamp": "yesterday"}, "messages[0].timestamp"),
    "a wildcard id": ({"content": "a", "id": "*"}, "messages[0].id"),
    "an empty id": ({"content": "a", "id": ""}, "messages[0].id"),
    "metadata that is no dict": ({"content": "a", "metadata": [1]}, "messages[0].metadata"),
    "metadata that is no JSON": ({"content": "a", "metadata": {"x": object()}}, "messages[0].metadata"),
    "metadata with NaN": ({"content": "a", "metadata": {"x": float("nan")}}, "messages[0].metadata"),
    "a name that is no string": ({"content": "a", "name": 5}, "messages[0].name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_add_refuses_by_name_storing_nothing(plain_memory, case):
    given_, argument = REFUSED[case]
    with pytest.raises(InputError) as e:
        plain_memory.add(given_, user_id="ada")
    assert e.value.argument == argument
    assert plain_memory.stats().messages == 0


def test_own_metadata_and_time_win_over_those_for_all():
    given_ = [{"content": "a", "metadata": {"x": 1}, "timestamp": "2026-01-01"}, "b"]
    one, two = normalise(given_, metadata={"x": 0, "y": 0}, timestamp="2026-02-02")[0]
    assert (one.metadata, one.timestamp.month) == ({"x": 1, "y": 0}, 1)
    assert (two.metadata, two.timestamp.month) == ({"x": 0, "y": 0}, 2)


@given(st.text(st.characters(codec=None), max_size=60))
@quick
def test_any_text_can_be_mended_and_only_what_is_broken_is(text):
    fixed = mended(text)
    fixed.encode()
    if not any("\ud800" <= c <= "\udfff" for c in text):
        assert fixed == text


@given(st.lists(st.text(min_size=1, max_size=40).filter(str.strip), min_size=1, max_size=4))
@quick
def test_what_was_said_is_kept_word_for_word_in_its_order(texts):
    with Memory(":memory:", embedder="hashing", worker=False) as m:
        result = m.add(texts, user_id="ada", session_id="s1", infer=False)
        with m._stores.ledger.snapshot() as snapshot:
            stored = snapshot.episode_messages(result.episode_id)
        assert [s.message.content for s in stored] == texts
        assert [s.message.id for s in stored] == list(result.message_ids)


# --- twice
ONCE = {"role": "user", "content": "I keep bees.", "id": "m1"}


def test_a_redelivered_message_is_not_stored_again(plain_memory, clock):
    first = plain_memory.add(ONCE, user_id="ada")
    clock.advance(days=1)
    again = plain_memory.add(ONCE, user_id="ada")
    assert (again.duplicate, again.message_ids, again.changes) == (True, first.message_ids, ())
    assert plain_memory.stats().messages == 1


#: a second delivery | is it the same message?
SECOND = {
    "the same id and words": ({}, {}, True),
    "other words under the id": ({"content": "I keep goats."}, {}, False),
    "another id": ({"id": "m2"}, {}, False),
    "another role": ({"role": "assistant"}, {}, False),
    "another user's": ({}, {"user_id": "bob"}, False),
    "another agent's": ({}, {"agent_id": "a1"}, False),
}


@pytest.mark.parametrize("case", SECOND)
def test_what_makes_two_deliveries_the_same(plain_memory, case):
    change, scope, same = SECOND[case]
    plain_memory.add(ONCE, user_id="ada", infer=False)
    again = plain_memory.add(ONCE | change, **({"user_id": "ada"} | scope), infer=False)
    assert again.duplicate is same
    assert plain_memory.stats().messages == (1 if same else 2)


def test_without_an_id_the_same_words_at_the_same_given_time_are_the_same(plain_memory):
    said = {"content": "yes", "timestamp": "2026-01-01T10:00:00Z"}
    plain_memory.add(said, user_id="ada", infer=False)
    assert plain_memory.add(said, user_id="ada", infer=False).duplicate
    assert not plain_memory.add(said | {"timestamp": "2026-01-01T10:00:01Z"}, user_id="ada", infer=False).duplicate
    assert not plain_memory.add("yes", user_id="ada", infer=False).duplicate
    assert not plain_memory.add("yes", user_id="ada", infer=False).duplicate  # said twice, as people do


def test_of_a_list_only_what_is_new_is_stored(plain_memory):
    plain_memory.add(ONCE, user_id="ada", infer=False)
    result = plain_memory.add([ONCE, {"content": "And goats.", "id": "m2"}], user_id="ada", infer=False)
    assert not result.duplicate
    assert set(result.message_ids) == {"m1", "m2"}
    assert plain_memory.stats().messages == 2


# --- secrets
CARD, KEY = "4111 1111 1111 1111", "sk-proj-" + "a1B2c3D4e5F6g7H8i9J0" * 2


VERBS = {
    "add": lambda m, text: m.add(text, user_id="ada"),
    "remember": lambda m, text: m.remember(text, user_id="ada"),
    "remember with sources": lambda m, text: m.remember(text, user_id="ada", sources=["m1"]),
    "update": lambda m, text: m.update(m.list(user_id="ada")[0].id, text=text),
}


@pytest.mark.parametrize("secret", [CARD, KEY])
@pytest.mark.parametrize("verb", VERBS)
def test_a_secret_is_never_written_by_any_verb(path, clock, verb, secret):
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        m.add({"content": "I live in Maribor.", "id": "m1"}, user_id="ada")
        VERBS[verb](m, f"I live in Maribor and the code is {secret}.")
        assert secret not in " ".join(h.text for h in m.search("the code", user_id="ada"))
        assert secret.encode() not in bytes_on_disk(path)
