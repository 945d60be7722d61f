"""Deciding and writing: no model is asked in a transaction, doubt adds, and what comes between is noticed."""

from __future__ import annotations

import json
import sqlite3

import pytest
from stage_parts import answer, said

from perdure import Memory
from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.errors import LLMTimeoutError
from perdure.testing import EchoLLM

VET, AGAIN, OTHER = "Our vet is called Doctor Moor.", "Doctor Moor is the vet of ours.", "The vet of ours is Doctor Moor, they say."


class GreyEmbedder(HashingEmbedder):
    """Statements about the vet are alike, but not the same: cosine 0.87 to one another, the last one nearer to the second."""

    def embed(self, texts):
        vectors = super().embed(texts)
        for row, text in zip(vectors, texts, strict=True):
            place = next((p for t, p in PLACES.items() if text.endswith(t)), None)
            if place is not None:
                row[:] = 0
                row[:3] = place
        return vectors


PLACES = {VET: (1.0, 0.0, 0.0), AGAIN: (0.87, 0.493, 0.0), OTHER: (0.85, 0.5268, 0.0)}


def model(judge):
    """Extracts every message as it is, and judges as told."""

    def reply(request):
        if request.schema_name == "same":
            return judge(request)
        words = next(t for t in PLACES if f">{t}<" in request.turns[-1].content)
        return answer(said(words))

    return EchoLLM(reply)


@pytest.fixture
def opened(path, clock):
    def make(judge, location=path):
        return Memory(location, clock=clock, llm=model(judge), embedder=GreyEmbedder(), worker=False)

    return make


def asked(m):
    return [r for r in m._stores.llm.requests if r.schema_name == "same"]


@pytest.mark.parametrize("location", ["file", ":memory:"])
def test_in_the_grey_band_the_model_says_whether_it_is_the_same(opened, path, clock, location):
    with opened(lambda r: {"same_as": 0}, path if location == "file" else location) as m:
        m.add(VET, user_id="ada")
        clock.advance(days=1)
        (change,) = m.add(AGAIN, user_id="ada").changes
        assert change.type == "merge"
        assert len(m.list(user_id="ada")[0].sources) == 2
        assert len(asked(m)) == 1


DOUBT = {
    "it says it is new": {"same_as": None},
    "it names what was not shown": {"same_as": 7},
    "it answers something else": "Certainly!",
    "it answers a list": [1],
    "it says yes": {"same_as": True},
    "it fails": LLMTimeoutError("no answer in 60 s"),
}


@pytest.mark.parametrize("case", DOUBT)
def test_the_judges_doubt_adds(opened, clock, case):
    with opened(lambda r: DOUBT[case]) as m:
        m.add(VET, user_id="ada")
        clock.advance(days=1)
        result = m.add(AGAIN, user_id="ada")
        assert [c.type for c in result.changes] == ["add"]
        assert result.job.state == "done"
        assert len(m.list(user_id="ada")) == 2


def test_while_the_model_is_asked_others_can_write(opened, path, clock):
    wrote = []

    def judge(request):
        with sqlite3.connect(path, timeout=0) as other:
            other.execute("BEGIN IMMEDIATE")  # fails when a write transaction is open
        wrote.append(request)
        return {"same_as": None}

    with opened(judge) as m:
        m.add(VET, user_id="ada")
        m.add(AGAIN, user_id="ada")
    assert wrote


def test_what_is_written_while_the_model_thinks_is_not_taken_for_what_it_meant(opened, path, clock):
    """The model means the first statement; meanwhile somebody else stores one that is nearer still."""
    between = []

    def judge(request):
        if not between and OTHER in request.turns[-1].content.split("New statement")[1]:
            between.append(1)
            with Memory(path, clock=clock, embedder=GreyEmbedder(), worker=False) as other:
                other.remember(AGAIN, user_id="ada")
        known = request.turns[-1].content.split("New statement")[0]
        number = next((line.split(":")[0] for line in known.splitlines() if json.dumps(VET) in line), None)
        return {"same_as": int(number) if number is not None else None}

    with opened(judge) as m:
        m.add(VET, user_id="ada")
        clock.advance(days=1)
        m.add(OTHER, user_id="ada")
        sources = {r.text: len(r.sources) for r in m.list(user_id="ada")}
        assert between
        assert sources == {VET: 2, AGAIN: 1}


SAME_BUT = [
    ("I program in C++.", "I program in C#."),
    ("The dose is 1.5 mg.", "The dose is 15 mg."),
    ("The limit is -5 degrees.", "The limit is 5 degrees."),
]


@pytest.mark.parametrize(("one", "other"), SAME_BUT)
def test_signs_that_carry_meaning_keep_statements_apart(plain_memory, one, other):
    plain_memory.remember(one, user_id="ada")
    plain_memory.remember(other, user_id="ada")
    assert [r.text for r in plain_memory.list(user_id="ada")] == [one, other]


@pytest.mark.parametrize(
    ("one", "other"), [("I keep bees.", "i keep  BEES"), ("I keep bees.", "I keep bees!"), ("Café au lait", "CAFÉ, au lait.")]
)
def test_case_spacing_and_punctuation_do_not(plain_memory, clock, one, other):
    plain_memory.remember(one, user_id="ada")
    clock.advance(days=1)
    plain_memory.remember(other, user_id="ada")
    (kept,) = plain_memory.list(user_id="ada")
    assert (kept.text, len(kept.sources)) == (one, 2)


def test_statements_of_one_message_are_consolidated_with_one_another(path, clock):
    slots = [[{"entity": "user", "attribute": "lives_in", "value": v}] for v in ("Delhi", "Goa")]
    text = "I live in Delhi. No, I live in Goa."
    llm = EchoLLM(
        lambda r: answer(*(said(q, quote=q, slots=s) for q, s in zip(("I live in Delhi.", "I live in Goa."), slots, strict=True)))
    )
    with Memory(path, clock=clock, llm=llm, embedder="hashing", worker=False) as m:
        m.add(text, user_id="ada")
        assert m.fact("lives_in", user_id="ada").values == ("Goa",)
        assert m.verify().ok


def test_a_stretch_of_the_past_that_a_model_extracts_leaves_the_present_alone(path, clock):
    past = "I lived in Pune from 2010 to 2015."
    now = "I live in Delhi."

    def reply(request):
        value, more = ("Pune", {"valid_from": "2010", "valid_to": "2015"}) if "Pune" in request.turns[-1].content else ("Delhi", {})
        return answer(said(past if more else now, slots=[{"entity": "user", "attribute": "lives_in", "value": value}], **more))

    with Memory(path, clock=clock, llm=EchoLLM(reply), embedder="hashing", worker=False) as m:
        m.add(now, user_id="ada")
        clock.advance(days=1)
        m.add(past, user_id="ada")
        assert m.fact("lives_in", user_id="ada").value == "Delhi"
        assert m.fact("lives_in", user_id="ada", as_of="2012-06-01").value == "Pune"


def test_a_result_tells_what_was_written(plain_memory):
    result = plain_memory.add("I live in Maribor.", user_id="ada")
    assert list(result.memories) == plain_memory.list(user_id="ada")


# --- what a model says of the memories it was shown
def shows(path, clock, *steps):
    """A memory whose model answers each message as told: (message, text, slots, what it says of every shown memory)."""
    replies = {message: (text, slots, do) for message, text, slots, do in steps}

    def reply(request):
        content = request.turns[-1].content
        message = next(m for m in sorted(replies, key=len, reverse=True) if f">{m}<" in content)
        text, slots, do = replies[message]
        known = [{"n": n, "do": do.split()[0]} for n in range(5 if do == "retract all" else 1)] if do else []
        claims = [{"entity": "user", "attribute": a, "value": v} for a, v in slots]
        parts = [known[i : i + 3] for i in range(0, len(known), 3)] or [[]]  # of many, each memory of the answer takes three
        return answer(*(said(f"{text}{' Plums!' * n}", slots=claims, known=part) | {"quote": message} for n, part in enumerate(parts)))

    m = Memory(path, clock=clock, llm=EchoLLM(reply), embedder="hashing", worker=False)
    for message, *_ in steps:
        m.last = m.add(message, user_id="ada")
        clock.advance(days=1)
    return m


HOME = ("I live in Delhi.", "Ada lives in Delhi.", [("lives_in", "Delhi")], "")


def test_a_better_wording_is_found_by_its_own_words_and_undone(path, clock):
    better = ("I live in Delhi, near the zoo.", "Ada lives in Delhi, near the zoo.", [("lives_in", "Delhi")], "update")
    with shows(path, clock, HOME, better) as m:
        (change,) = m.last.changes
        assert (change.type, change.reason, len(change.after.sources)) == ("update", "said better by user", 2)
        assert [r.text for r in m.list(user_id="ada")] == ["Ada lives in Delhi, near the zoo."]
        assert m.search("the zoo", user_id="ada")[0].text == "Ada lives in Delhi, near the zoo."
        assert m.stats(user_id="ada").lag == {} or not any(m.stats(user_id="ada").lag.values())
        m.undo(change.id)
        assert [r.text for r in m.list(user_id="ada")] == ["Ada lives in Delhi."]
        assert m.verify().ok


def test_a_retraction_is_a_change_that_can_be_undone(path, clock):
    never = ("I never lived in Delhi, it was Goa all along.", "Ada lives in Goa.", [("lives_in", "Goa")], "retract")
    with shows(path, clock, HOME, never) as m:
        assert [c.type for c in m.last.changes] == ["add", "retract"]
        assert m.fact("lives_in", user_id="ada").values == ("Goa",)
        assert m.fact("lives_in", user_id="ada", as_of=clock.advance(days=-1.5)) is None
        m.undo(m.last.changes[0].id)
        assert m.fact("lives_in", user_id="ada").values == ("Delhi",)


def test_a_message_that_would_take_everything_back_takes_nothing_and_the_job_says_so(path, clock):
    likes = [(f"I like {x}.", f"Ada likes {x}.", [("likes", x)], "") for x in ("tea", "jam", "figs", "rye", "oats")]
    with shows(
        path,
        clock,
        *likes,
        ("I never liked tea, jam, figs, rye or oats but plums.", "Ada likes plums.", [("likes", "plums")], "retract all"),
    ) as m:
        assert {c.type for c in m.last.changes} == {"add"}
        assert {f"Ada likes {x}." for x in ("tea", "jam", "figs", "rye", "oats")} <= {r.text for r in m.list(user_id="ada")}
        assert any("known memories at once" in why for why in m.last.job.dropped), m.last.job
