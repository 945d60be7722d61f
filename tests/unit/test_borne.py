"""A model's statement must have to do with what was said."""

from __future__ import annotations

import pytest

from perdure import Memory
from perdure.testing import EchoLLM, FrozenClock


def told(said, text, *, before=()):
    """What is kept, and what dropped, when a model makes `text` of what was said."""
    reply = {"memories": [{"message": 0, "quote": said, "text": text}]}
    with Memory(":memory:", llm=EchoLLM([reply]), clock=FrozenClock("2026-03-01T12:00:00Z"), worker=False) as memory:
        for message in before:
            memory.add(message, user_id="ada", session_id="s", infer=False)
        result = memory.add(said, user_id="ada", session_id="s")
        return [m.text for m in memory.list(user_id="ada")], result.job.dropped


@pytest.mark.parametrize("said", ["I live in Delhi.", "Hallo, ich bin Jana und wohne in Kassel.", "我上个月搬到成都了。", "Vivo aquí."])
def test_what_a_model_copies_from_its_instructions_is_not_kept(said):
    kept, dropped = told(said, "user has a cat.")
    assert kept == []
    assert "has nothing to do with what was said" in dropped[0]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("I don't eat meat.", "user is vegetarian."),
        ("We tied the knot!", "user got married."),
        ("Ich esse kein Fleisch.", "user ist Vegetarier."),
        ("I have two brothers.", "user has two brothers."),
    ],
)
def test_other_words_for_what_was_said_are_kept(said, text):
    assert told(said, text) == ([text], ())


def test_a_short_answer_takes_its_words_from_what_it_answers():
    asked = {"role": "assistant", "content": "Do you still live in Pune?"}
    kept, dropped = told("Yes, I do.", "user lives in Pune.", before=[asked])
    assert (kept, dropped) == (["user lives in Pune."], ())
