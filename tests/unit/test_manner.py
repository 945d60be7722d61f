"""How a text speaks: the share of it that only asks, and standing instructions. Never raises on any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import quick

from perdure.rules.manner import READ, STANDING, asks

statements = st.sampled_from(["The kayak lies in the shed.", "I live in Graz.", "Greta paints boats!", "It rained"])
questions = st.sampled_from(["Where is the kayak?", "What did Greta paint?!?", "Really?"])


@given(st.text(max_size=300) | st.lists(statements | questions, max_size=8).map(" ".join))
@quick
def test_any_text_has_a_share_or_is_an_instruction(text):
    assert asks(text) == STANDING or 0 <= asks(text) <= 100
    assert STANDING < 0  # no share


@given(st.lists(statements, min_size=1, max_size=5).map(". ".join))
@quick
def test_what_only_states_asks_nothing(text):
    assert asks(text) == 0


@given(st.lists(questions, min_size=1, max_size=5).map(" ".join))
@quick
def test_what_only_asks_asks_with_every_word(text):
    assert asks(text) == 100


@pytest.mark.parametrize(("text", "share"), [
    ("What did you paint?", 100),
    ("Nice! What did you paint?", 80),
    ("I live in Graz. Where is that?", 43),
    ("Is there a bus?\nIt is late.", 57),
    ("I'm moving to Oslo, can you help me?", 0),  # it tells something of who asks
    ("Do you like my new car?", 0),
    ("What about us?", 0),
    ("", 0), ("   ", 0), ("...", 0), ("🙂", 0),
    ("Wo ist das?", 100),
    ("阿达住在格拉茨。", 0),
])  # fmt: skip
def test_how_much_of_it_only_asks(text, share):
    assert asks(text) == share


@pytest.mark.parametrize("text", [
    "Always answer in metric units.",
    "Never mention my ex.",
    "Please, never use emojis.",
    "ok, and please always cite your sources",
    "From now on, call me Bo.",
    "Make sure that every recipe is vegan.",
    "Whenever I ask for code, use Python.",
    "Don't ever quote prices without tax.",
    "  Always begin with a summary.\n\nThanks!",
])  # fmt: skip
def test_a_standing_instruction(text):
    assert asks(text) == STANDING


@pytest.mark.parametrize("text", [
    "I always eat at noon.",
    "She never called.",
    "We will make sure of it.",
    "Alwaysland is a place.",
    "Never mind.",
    "never mind, I found it",
])  # fmt: skip
def test_what_only_sounds_like_an_instruction(text):
    assert asks(text) == 0


def test_of_a_long_text_the_beginning_is_read():
    assert asks("It rained. " * READ + "Is it? " * READ) == 0
    assert asks("Is it? " * (READ * 10)) == 100
