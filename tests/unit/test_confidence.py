"""A score says how likely it is that a hit answers: within 0 and 1, higher with more evidence, and the same thing for every question."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stage_parts import NOW, columns, part, quick

from perdure import Memory
from perdure.model.search import Plan
from perdure.stages.confidence import confidence
from perdure.stages.fuse import fuse
from perdure.stages.rank import rank
from perdure.stages.retrieve import Closeness
from perdure.testing import FrozenClock

PLAN = Plan("q")
TWELVE = columns([{"doc": d, "session": f"s{d}"} for d in range(1, 13)])
cosine = st.floats(-1, 1, width=32)


def sure(channels, *, close=None, rarity=None):
    """How sure a search with these findings is of its first hit."""
    made = replace(part(TWELVE, **channels), close=close)
    if rarity is not None:
        made = replace(made, found=made.found | {"text": replace(made.found["text"], rarity=rarity)})
    return confidence(rank([fuse(made, PLAN)], PLAN, now=NOW, limit=20))


def closeness(mean, spread=0.1):
    """One document's, the first, looked at closely."""
    one = [np.array([x], dtype=np.float32) for x in (mean, spread, mean - spread, mean - 2 * spread)]
    return Closeness(np.array([1], dtype=np.int64), *one, 4)


@given(
    st.fixed_dictionaries({}, optional={"vector": st.dictionaries(st.integers(1, 12), cosine), "text": st.dictionaries(
        st.integers(1, 12), st.floats(0, 30, width=32)), "slots": st.dictionaries(st.integers(1, 12), st.floats(0, 1, width=32))}),
    st.none() | st.builds(closeness, cosine, st.floats(0, 1, width=32)),
)  # fmt: skip
@quick
def test_it_lies_between_0_and_1_whatever_was_found(channels, close):
    assert 0.0 <= sure(channels, close=close) <= 1.0


def test_nothing_found_is_no_confidence():
    assert confidence([]) == 0.0


@given(cosine, cosine, st.floats(0, 1, width=32), st.booleans())
@quick
def test_the_nearer_in_meaning_the_surer(a, b, word, tokens):
    a, b = sorted((a, b))
    close = closeness(0.4) if tokens else None
    found = {"text": {1: word}, **({"tokens": {1: 0.4}} if tokens else {})}
    assert sure({"vector": {1: a}, **found}, close=close) <= sure({"vector": {1: b}, **found}, close=close) + 1e-9


@given(cosine, cosine)
@quick
def test_the_nearer_token_by_token_the_surer(a, b):
    a, b = sorted((a, b))
    assert sure({"vector": {1: 0.5}}, close=closeness(a)) <= sure({"vector": {1: 0.5}}, close=closeness(b)) + 1e-9


def test_a_question_that_is_met_unevenly_is_less_sure():
    """Some of its words exactly, others not at all: it is about the right thing, and asks something that nobody said."""
    assert sure({"vector": {1: 0.5}}, close=closeness(0.5, 0.4)) < sure({"vector": {1: 0.5}}, close=closeness(0.5, 0.05))


@pytest.mark.parametrize("tokens", [True, False])
def test_words_that_were_never_used_make_less_sure(tokens):
    found, close = {"vector": {1: 0.4}, "text": {1: 2.0}}, closeness(0.4) if tokens else None
    rarest = float(np.log(1 + 12.5 / 0.5))
    known = sure(found, close=close, rarity={"kayak": 1.0, "shed": 1.0})
    half = sure(found, close=close, rarity={"kayak": 1.0, "quokka": rarest})
    assert known > half > sure(found, close=close, rarity={"wombat": rarest, "quokka": rarest})


def test_a_first_hit_that_stands_alone_is_less_sure_than_one_of_many():
    alone = {1: 0.6} | dict.fromkeys(range(2, 13), 0.05)
    crowd = {1: 0.6} | dict.fromkeys(range(2, 13), 0.55)
    assert sure({"vector": alone}) < sure({"vector": crowd})


# --- on a real memory
SAID = [
    "The kayak lies behind the shed.",
    "My neighbour Greta paints boats all winter.",
    "We eat lentil soup on Mondays.",
    "My dentist is called Anton Huber.",
    "The boiler was repaired in October by a firm from Linz.",
    "I planted forty tomato seedlings along the south wall.",
]
KNOWN = {
    "Where is the kayak?": 0,
    "What does Greta paint?": 1,
    "Who is my dentist?": 3,
    "When was the boiler repaired?": 4,
    "How many tomato seedlings did I plant?": 5,
}
UNKNOWN = [
    "What is the capital of Mongolia?",
    "Which violin strings suit jazz?",
    "How do I reset a Kubernetes ingress?",
    "Who won the chess final?",
]
#: What the default embedder's answers lie above and all else below, both by far.
LINE = 0.25
#: Things that have nothing to do with any of the questions.
REST = [f"The {a} {b} stands in the {p}." for a in ("old", "red") for b in ("lamp", "chair", "vase", "clock") for p in ("hall", "attic")]


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """The six messages, and the six among others, with the default embedder; and with one that knows spelling alone."""
    folder, clock = tmp_path_factory.mktemp("confidence"), FrozenClock("2026-03-02T12:00:00Z")
    with (
        Memory(folder / "few.db", clock=clock, worker=False) as few,
        Memory(folder / "more.db", clock=clock, worker=False) as more,
        Memory(folder / "spelling.db", clock=clock, embedder="hashing", worker=False) as spelling,
    ):
        few.add(SAID, user_id="ada", infer=False)
        more.add([*SAID, *REST], user_id="ada", infer=False)
        spelling.add(SAID, user_id="ada", infer=False)
        yield {"few": few, "more": more, "spelling": spelling}


@pytest.mark.parametrize("where", ["few", "more", "spelling"])
def test_what_is_known_is_surer_than_what_is_not_whatever_the_question(known, where):
    """The scores of different questions can be held against one line."""
    m = known[where]
    answered = {q: m.search(q, user_id="ada")[0] for q in KNOWN}
    assert {q: SAID.index(h.text) for q, h in answered.items()} == KNOWN
    lowest = min(h.score for h in answered.values())
    highest = max(m.search(q, user_id="ada")[0].score for q in UNKNOWN)
    assert highest < lowest
    if where != "spelling":
        assert highest < LINE < lowest  # the one line holds in a small store and in a larger


def test_the_score_of_a_hit_does_not_depend_on_how_many_are_asked_for(known):
    for question in [*KNOWN, *UNKNOWN]:
        most = known["more"].search(question, user_id="ada", limit=50)
        for limit in (1, 3, 9, 10, 20):
            hits = known["more"].search(question, user_id="ada", limit=limit)
            assert [(h.text, h.score) for h in hits] == [(h.text, h.score) for h in most[:limit]]


@given(st.text(max_size=60))
@settings(parent=quick, max_examples=20)
def test_every_score_of_any_question_lies_between_0_and_1(known, question):
    assert all(0.0 <= h.score <= 1.0 for h in known["spelling"].search(question, user_id="ada", limit=20))
