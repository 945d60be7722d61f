"""What a question asks beside its matter: talk about the talk, whose words, one value that holds now. Never raises on any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import quick

from perdure.rules.asking import core, has_number, heeds_instructions, says_whose, wants_number, wants_value, whose

texts = st.text(max_size=300)
#: Words of which questions about the talk are made, in any order: what the patterns have to cope with.
asides = st.lists(
    st.sampled_from(
        "can could you please list tell me remind of in our chats conversations order the which i brought up different aspects summary "
        "summarize a full so far what is my garden dog we discussed mention only five items ? , .".split()
    ),
    max_size=25,
).map(" ".join)


@given(texts | asides)
@quick
def test_no_text_is_too_much(text):
    assert whose(text) in ("", "user", "assistant")
    for asks in (heeds_instructions, wants_value, says_whose, wants_number, has_number):
        assert isinstance(asks(text), bool)


@given(texts | asides)
@quick
def test_the_core_of_a_text_is_never_empty_and_never_longer(text):
    bare = core(text)
    assert bool(bare.strip()) or not text.strip()
    assert len(bare) <= len(text) + 1  # a question mark may move to its end
    assert ("?" in bare) is ("?" in text)


@pytest.mark.parametrize(
    "text", ["what? " * 5000, "in our " * 5000, "so, " * 5000, "a" * 50_000, "what " + "x-" * 20_000, "can you " * 5000]
)
def test_a_long_text_is_read_to_its_end(text):
    assert core(text)
    assert isinstance(wants_value(text), bool)


#: question -> its core
CORES = {
    "Can you list the order in which I brought up different aspects of my garden?": "my garden?",
    "Could you please remind me of the name of my dentist?": "the name of my dentist?",
    "Give me a comprehensive summary of my kitchen renovation so far": "my kitchen renovation",
    "What did we decide about the trip across all of our conversations?": "What did we decide about the trip?",
    "How did the plan for the shed change throughout our chats, in order?": "How did the plan for the shed change?",
}


@pytest.mark.parametrize("question", CORES)
def test_talk_about_the_talk_is_left_out(question):
    assert core(question) == CORES[question]


PLAIN = [
    "Where does Ada live?",
    "What did Greta paint last summer?",
    "How many hives do I have now?",
    "XK-4471-QQ",
    "I drink coffee at home",
    "  Where do I live ?  ",
    "Wo wohnt Ada?",
    "阿达住在哪里？",
    "¿Dónde vive Ada?",
    "",
]


@pytest.mark.parametrize("question", PLAIN)
def test_a_plain_question_is_its_own_core(question):
    assert core(question) == question


@pytest.mark.parametrize("question", ["please", "Tell me", "Can you please?", "so far", "In order, please.", "Summarize!"])
def test_when_next_to_nothing_would_remain_all_of_it_does(question):
    assert core(question) == question


# --- whose words
@pytest.mark.parametrize(("question", "speaker"), [
    ("What did I plant along the wall?", "user"),
    ("Where does Ada live?", "user"),
    ("What did you recommend for my knee?", "assistant"),
    ("Which tips did you give me?", "assistant"),
    ("What was your answer about the boiler?", "assistant"),
    ("Any suggestions for the garden?", "assistant"),
    ("How did the assistant explain recursion?", "assistant"),
    ("Summarize my week", ""),
    ("Give me an overview of the project", ""),
    ("What do you know of my recap and your advice?", "assistant"),
])  # fmt: skip
def test_whose_words_are_likely_to_answer(question, speaker):
    assert whose(question) == speaker


@pytest.mark.parametrize(("question", "heeds"), [
    ("How much water do my tomatoes need?", True),
    ("Can you plan a hike for Sunday?", True),
    ("Write a poem about the sea.", True),
    ("When did I plant the tomatoes?", False),
    ("Have I ever been to Graz?", False),
    ("What did you tell me about knees?", False),
    ("What had we booked?", False),
    ("How does what I said about the shed fit in?", False),
])  # fmt: skip
def test_standing_instructions_bear_on_what_is_not_asked_back(question, heeds):
    assert heeds_instructions(question) is heeds


# --- one value that holds now
@pytest.mark.parametrize(("question", "one"), [
    ("Where do I live?", True),
    ("When is my exam?", True),
    ("How many hives do I have?", True),
    ("How much does the room cost?", True),
    ("Which version runs on the server?", True),
    ("What is my current budget?", True),
    ("So, remind me: who is my dentist?", True),
    ("By what date should I submit the form?", True),
    ("Where did I live?", False),  # the past
    ("What was my budget?", False),
    ("How many trips have I made in total?", False),  # a sum
    ("Which different cities do I like?", False),  # several
    ("What should I cook?", False),  # advice
    ("Summarize my week", False),
    ("What is important to me about Rome?", False),
    ("How many trips are planned for 2027?", False),  # a time that is named
    ("Tell me about my garden", False),
])  # fmt: skip
def test_a_value_that_holds_now(question, one):
    assert wants_value(question) is one


@pytest.mark.parametrize(("question", "mine"), [
    ("Where do I live?", True), ("What's our budget?", True), ("What does it cost now?", True), ("What is the latest version?", True),
    ("Where does Bob live?", False), ("In what city is the museum?", False),
])  # fmt: skip
def test_it_says_so_when_it_is_about_the_asker_or_the_present(question, mine):
    assert says_whose(question) is mine


@pytest.mark.parametrize(("question", "number"), [
    ("How many hives do I have?", True), ("How old is Emma?", True), ("What is my budget?", True), ("What time does it open?", True),
    ("Where do I live?", False), ("How do I get to Graz?", False),
])  # fmt: skip
def test_a_number_answers_it(question, number):
    assert wants_number(question) is number


@pytest.mark.parametrize(("text", "number"), [
    ("I have 4 hives.", True), ("I have six hives.", True), ("twice a week", True), ("at 9:30", True), ("half of it", True),
    ("I have more hives now.", False), ("Someone phoned.", False), ("", False),
])  # fmt: skip
def test_a_text_has_a_number_in_it(text, number):
    assert has_number(text) is number
