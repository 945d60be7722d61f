"""The rule extractor on everyday sentences (`rules_cases/*.txt`), its slot table, and the properties that hold for any input.

A case is one line: messages, " | ", expectations separated by ";". Messages are separated by " // "; "a> ", "t> ", "s> " make it an
assistant's, a tool's, a system message, "Name> " a named user's; "\\n" is a line break. Expectations:

- `lives_in=Delhi`, `Emma:allergy=peanuts`: this slot holds (entity `user` unless named); `issue` alone: some such slot
- `-lives_in=Delhi`: this slot is stated to hold no more
- `!lives_in`, `!lives_in=Delhi`, `!Tom:lives_in`: no such slot is stated to hold
- `rel a name b`: this edge, names written as they stand (the words between first and last by the edge's name)
- `none`: nothing is extracted; `kept`: something is
- `kind=…`, `short`, `explicit`, `correction`, `expires`: of some candidate; `from=2026-02`: valid_from begins so
- `private`: the last message is private; `private=0`: that message is
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.model.base import iso
from perdure.model.candidate import ExtractionContext
from perdure.model.message import Message
from perdure.rules import slots
from perdure.rules.extractor import MAX_CANDIDATES, RuleExtractor

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent / "rules_cases"
ROLES = {"a": "assistant", "t": "tool", "s": "system"}


def cases():
    for path in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("# "):
                text, _, expected = line.rpartition(" | ")
                yield pytest.param(text, expected, id=f"{path.stem}-{number}")


def conversation(text):
    for raw in text.split(" // "):
        part = raw.replace("\\n", "\n")
        prefix = re.match(r"(\w+)> ", part)
        if prefix and prefix[1] in ROLES:
            yield Message(part[3:], role=ROLES[prefix[1]], timestamp=NOW)
        elif prefix:
            yield Message(part[prefix.end() :], name=prefix[1], timestamp=NOW)
        else:
            yield Message(part, timestamp=NOW)


def extract(*messages, **context):
    return RuleExtractor().extract(messages, ExtractionContext(now=NOW, **context))


def slot_of(spec):
    key, _, value = spec.partition("=")
    entity, _, attribute = key.rpartition(":")
    return entity or "user", attribute, value


def matching(spec, slots_):
    entity, attribute, value = slot_of(spec)
    return [s for s in slots_ if s.entity == entity and s.attribute == attribute and (not value or s.value == value)]


def holds(spec, messages, result):
    """Whether one expectation holds."""
    found = result.candidates
    stated = [s for c in found for s in c.slots]
    if spec.startswith("rel "):
        return any(f"rel {r.subject} {r.relation} {r.object}" == spec for c in found for r in c.relations)
    if spec.startswith("-"):
        return any(matching(spec[1:], c.ended) and not ("=" in spec and matching(spec[1:], c.slots)) for c in found)
    if spec.startswith("!"):
        return not matching(spec[1:], stated)
    if spec.startswith("kind="):
        return any(c.kind == spec[5:] for c in found)
    if spec.startswith("from=") and spec[5:6].isdigit():
        return any(c.valid_from is not None and iso(c.valid_from).startswith(spec[5:]) for c in found)
    if spec.startswith("private"):
        return int(spec.partition("=")[2] or len(messages) - 1) in result.private
    simple = {
        "none": not found,
        "kept": bool(found),
        "short": any(c.term == "short_term" for c in found),
        "explicit": any(c.explicit for c in found),
        "correction": any(c.correction for c in found),
        "expires": any(c.expires_at is not None and c.expires_at > NOW for c in found),
    }
    return simple[spec] if spec in simple else bool(matching(spec, stated))


@pytest.mark.parametrize(("text", "expected"), list(cases()))
def test_case(text, expected):
    messages = list(conversation(text))
    result = extract(*messages)
    failed = [spec.strip() for spec in expected.split(";") if not holds(spec.strip(), messages, result)]
    assert not failed, [(c.text, c.slots, c.ended, c.relations) for c in result.candidates]


def test_two_people_speak_for_themselves():
    result = extract(
        Message("I moved to Tampa last year.", name="Noor", timestamp=NOW),
        Message("I live in Ghent and my sister Iris is a nurse.", name="Bo", timestamp=NOW),
    )
    stated = {(s.entity, s.attribute, s.value) for c in result.candidates for s in c.slots}
    assert {("Noor", "lives_in", "Tampa"), ("Bo", "lives_in", "Ghent"), ("Bo", "sibling", "Iris"), ("Iris", "job_title", "nurse")} <= stated
    assert not any(entity == "user" for entity, _, _ in stated)


def test_one_named_speaker_is_the_user():
    result = extract(Message("I live in Ghent.", name="Bo", timestamp=NOW))
    assert [(s.entity, s.value) for c in result.candidates for s in c.slots] == [("user", "Ghent")]


def test_known_names_resolve_kin():
    result = extract(Message("My sister moved to Leeds.", timestamp=NOW), known_names={"my sister": "Priya", "sister": "Priya"})
    assert [(s.entity, s.attribute, s.value) for c in result.candidates for s in c.slots] == [("Priya", "lives_in", "Leeds")]


def test_messages_before_settle_pronouns_and_issues():
    recent = (Message("My sister Priya called.", timestamp=NOW), Message("My laptop keeps freezing.", timestamp=NOW))
    she = extract(Message("She lives in Leeds.", timestamp=NOW), recent=recent[:1])
    assert [(s.entity, s.value) for c in she.candidates for s in c.slots] == [("Priya", "Leeds")]
    fixed = extract(Message("A new SSD fixed it.", timestamp=NOW), recent=recent)
    assert ("laptop keeps freezing", "solved_by", "new SSD") in {
        (r.subject, r.relation, r.object) for c in fixed.candidates for r in c.relations
    }


def test_a_bare_answer_takes_its_meaning_from_the_question_before():
    question = Message("Nice to meet you! What's your name?", role="assistant", timestamp=NOW)
    (known,) = extract(Message("Ada.", timestamp=NOW), recent=(question,)).candidates
    assert [(s.entity, s.attribute, s.value) for s in known.slots] == [("user", "name", "Ada")]
    (told,) = extract(question, Message("Ada.", timestamp=NOW)).candidates
    assert (told.message, told.also) == (1, (0,))
    assert not extract(Message("Ada.", timestamp=NOW)).candidates
    assert not extract(question, Message("Why do you ask?", timestamp=NOW)).candidates


def test_what_is_yet_to_come_is_dated_by_its_day_and_known_at_once():
    (appointment,) = extract(Message("I have a dentist appointment in two weeks.", timestamp=NOW)).candidates
    assert iso(appointment.valid_from).startswith("2026-03-29")
    assert [s.valid_from for s in appointment.slots] == [NOW]


def test_messages_before_are_read_alike_however_often():
    recent = (Message("Let's role-play: I'm a knight named Arthur.", timestamp=NOW), Message("My sister Priya called.", timestamp=NOW))
    for _ in range(2):
        assert not extract(Message("I live in a castle in Camelot.", timestamp=NOW), recent=recent[:1]).candidates
        (she,) = extract(Message("She lives in Leeds.", timestamp=NOW), recent=recent[1:]).candidates
        assert [s.entity for s in she.slots] == ["Priya"]


def test_an_unnamed_relative_can_be_named_later():
    result = extract(Message("My sister is a doctor.", timestamp=NOW))
    (person,) = [e for c in result.candidates for e in c.entities if e.type == "Person"]
    assert person.name == "my sister"
    assert "sister" in person.aliases


def test_the_device_chain_is_linked_over_three_messages():
    result = extract(
        Message("I got a Dell XPS 15 in January.", timestamp=NOW),
        Message("My laptop overheats when I compile.", timestamp=NOW),
        Message("Updating the BIOS to v2.3 fixed it.", timestamp=NOW),
    )
    edges = {(r.subject, r.relation, r.object) for c in result.candidates for r in c.relations}
    assert ("user", "owns", "Dell XPS 15") in edges
    assert ("Dell XPS 15", "has_issue", "laptop overheats") in edges
    assert ("laptop overheats", "solved_by", "Updating the BIOS to v2.3") in edges


def test_text_is_the_sentence_verbatim():
    content = "Hi there!  I’m allergic to peanuts, by the way. What should I cook?"
    (candidate,) = extract(Message(content, timestamp=NOW)).candidates
    assert candidate.text == candidate.quote == "I’m allergic to peanuts, by the way."


def test_relative_time_is_the_message_s_own():
    said = datetime(2019, 7, 10, tzinfo=UTC)
    (candidate,) = extract(Message("I moved to Oslo last month.", timestamp=said)).candidates
    assert candidate.valid_from is not None
    assert candidate.valid_from.strftime("%Y-%m") == "2019-06"


@pytest.mark.parametrize(
    "content",
    [
        "",
        " ",
        "\x00",
        "\ud800 I live in Rome.",
        "👩‍👩‍👧 " * 50,
        "أعيش في القاهرة.",
        "a " * 500_000,
        "I " * 500_000,
        "I like a and " * 40_000,
        '"' * 100_000,
        "\n" * 100_000,
        "<memory " * 50_000,
    ],
    ids=["empty", "blank", "nul", "surrogate", "emoji", "rtl", "a", "I", "and", "quotes", "lines", "fences"],
)
def test_any_input_is_survived(content):
    result = extract(Message(content, timestamp=NOW), Message("I live in Rome.", timestamp=NOW))
    assert ("user", "lives_in", "Rome") in {(s.entity, s.attribute, s.value) for c in result.candidates for s in c.slots}


def test_candidates_are_bounded():
    result = extract(Message("I live in Rome. I like figs. " * 500, timestamp=NOW))
    assert 0 < len(result.candidates) <= MAX_CANDIDATES


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("City", "lives_in"),
        ("favourite food", "favorite_food"),
        ("favourite colour", "favorite_color"),
        ("favorite_flavour", "favorite_flavor"),
        ("company", "employer"),
        ("allergies", "allergy"),
        ("job", "job_title"),
        ("shoe size", "shoe_size"),
    ],
)
def test_attributes_have_one_name(attribute, name):
    assert slots.canonical(attribute) == name


def test_single_valued_attributes():
    assert all(slots.single_valued(a) for a in ("lives_in", "employer", "favorite_color", "wife", "age"))
    assert not any(slots.single_valued(a) for a in ("likes", "allergy", "device", "child", "unheard_of"))
    assert all(slots.label(a) for a in slots.ATTRIBUTES)
    assert all(alias not in slots.ATTRIBUTES and slots.canonical(alias) in slots.ATTRIBUTES for alias in slots.ALIASES)


SENTENCES = [str(p.values[0]) for p in cases()]
WORDS = sorted({word for sentence in SENTENCES for word in sentence.split()})
anything = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join),
    st.lists(st.sampled_from(SENTENCES), max_size=4).map("\n".join),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["user", "user", "assistant", "tool", "system"]), anything), max_size=3))
def test_nothing_is_invented_and_nothing_raises(parts):
    messages = [Message(content, role=role, timestamp=NOW) for role, content in parts]
    result = extract(*messages)
    assert result == extract(*messages)
    everything = "\n".join(m.content.replace("’", "'").replace("‘", "'") for m in messages).casefold()
    for c in result.candidates:
        assert c.quote
        assert c.quote in messages[c.message].content
        assert messages[c.message].role != "system"
        assert 0 <= c.confidence <= 1
        assert c.valid_from is None or c.valid_to is None or c.valid_from < c.valid_to
        for slot in (*c.slots, *c.ended):
            assert slot.value.replace("’", "'").replace("‘", "'").casefold() in everything
            assert slot.entity
            assert slot.attribute == slots.canonical(slot.attribute)
