"""A closer look: the texts that hold the question's tokens are nearest, rare words count most, and nothing is lost without tokens."""

from __future__ import annotations

import sqlite3
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stage_parts import quick

from perdure import Memory
from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.adapters.embed.minilm import MiniLM
from perdure.adapters.ledger.sqlite import SqliteLedger
from perdure.adapters.vector.sqlite import SqliteVectors
from perdure.ports import Found, QuestionTokens
from perdure.stages.late import look_closer
from perdure.stages.retrieve import Part
from perdure.stages.stores import embed_all
from perdure.testing.conformance.build import ADA, select
from perdure.testing.conformance.vector import VectorLibrary, units

TEXT = "kayak fjord tide"
SPANS = ((0, 5), (6, 11), (12, 16))


def code(states):
    return np.packbits(states > 0, axis=1).tobytes()


def library(dimensions, codes):
    """A store of as many documents, each with its code; and their numbers."""
    made = VectorLibrary(SqliteLedger(":memory:"), SqliteVectors("test", dimensions), dimensions)
    docs = made.put(ADA, units(len(codes), dimensions))
    made.write_tokens(ADA, {doc: c for doc, c in zip(docs, codes, strict=True) if c})
    return made, docs


def looked(made, docs, states, *, text=TEXT, spans=SPANS, rarity=None):
    """The part after a closer look at documents; and before."""
    found = {} if rarity is None else {"text": Found(np.array([], dtype=np.int64), np.array([], dtype=np.float32), rarity=rarity)}
    question = QuestionTokens(states.mean(axis=0), states, tuple(spans))
    with made.ledger.snapshot() as snapshot:
        before = Part(select(snapshot), found)
        return look_closer(SimpleNamespace(vector=made.index), snapshot, before, np.array(docs, dtype=np.int64), question, text), before


def scores(part):
    return dict(zip(part.found["tokens"].docs.tolist(), part.found["tokens"].scores.tolist(), strict=True))


@given(
    seed=st.integers(0, 10_000), dimensions=st.sampled_from([8, 20, 64, 384]), others=st.lists(st.integers(1, 9), min_size=1, max_size=6),
    more=st.integers(0, 5),
)  # fmt: skip
@settings(parent=quick, max_examples=30)
def test_a_text_that_holds_the_questions_very_tokens_is_nearest(seed, dimensions, others, more):
    states = units(3, dimensions, seed=seed)
    held = np.concatenate([units(more, dimensions, seed=seed + 1), states[::-1]]) if more else states
    rest = [code(units(n, dimensions, seed=seed + 2 + i)) for i, n in enumerate(others)]
    made, docs = library(dimensions, [*rest, code(held)])
    part, _ = looked(made, docs, states)
    found = scores(part)
    assert set(found) == set(docs)
    assert all(found[docs[-1]] >= s - 1e-6 for s in found.values())
    assert all(0.0 <= s <= 1.0 + 1e-6 for s in found.values())
    assert part.found["tokens"].scores.tolist() == sorted(found.values(), reverse=True)


@given(seed=st.integers(0, 10_000), n=st.integers(1, 6))
@settings(parent=quick, max_examples=30)
def test_what_a_score_is_made_of_is_told_for_every_document(seed, n):
    made, docs = library(64, [code(units(i + 1, 64, seed=seed + i)) for i in range(n)])
    part, _ = looked(made, docs, units(3, 64, seed=seed))
    close = part.close
    assert close.docs.tolist() == docs
    assert close.tokens == 3
    assert (close.least <= close.lowest + 1e-6).all()
    assert (close.lowest <= close.mean + 1e-6).all()
    assert (close.spread >= 0).all()
    assert [scores(part)[d] for d in docs] == pytest.approx(np.maximum(close.mean, 0).tolist(), abs=1e-5)  # all words are as rare here


def test_the_rarer_of_two_words_counts_more():
    states = units(3, 64, seed=5)
    made, (one, other) = library(64, [code(states[:1]), code(states[1:2])])  # the kayak, the fjord
    rare = dict.fromkeys(("tide",), 0.0)
    kayak, _ = looked(made, [one, other], states, rarity=rare | {"kayak": 6.0, "fjord": 0.5})
    fjord, _ = looked(made, [one, other], states, rarity=rare | {"kayak": 0.5, "fjord": 6.0})
    assert kayak.found["tokens"].docs.tolist() == [one, other]
    assert fjord.found["tokens"].docs.tolist() == [other, one]
    assert kayak.close.tokens == 2  # the tide is everywhere, and says nothing


def test_every_piece_of_a_word_counts_with_the_word():
    """Word pieces: "kayakers" may come as "kayak" and "ers"."""
    states = units(2, 64, seed=5)
    made, docs = library(64, [code(states[1:])])
    part, _ = looked(made, docs, states, text="kayakers?", spans=((0, 5), (5, 8)))
    assert part.close.tokens == 2


@pytest.mark.parametrize("rarity", [{"kayak": 2.0}, None], ids=["", "the words' channel failed"])
def test_function_words_and_signs_count_nothing(rarity):
    states = units(4, 64, seed=5)
    made, docs = library(64, [code(states[:3]), code(states[3:])])  # "where", "is" and "?" against "kayak"
    part, _ = looked(made, docs, states[[0, 1, 3, 2]], text="where is kayak?", spans=((0, 5), (6, 8), (9, 14), (14, 15)), rarity=rarity)
    assert part.close.tokens == 1
    assert part.found["tokens"].docs.tolist() == docs[::-1]


NOTHING = {
    "no documents": ([b"\xff" * 8], [], TEXT),
    "documents without codes": ([b"", b""], None, TEXT),
    "a question without words": ([b"\xff" * 8], None, "?! -- ..."),
    "a question whose words carry no weight": ([b"\xff" * 8], None, "other words"),
    "an empty question": ([b"\xff" * 8], None, ""),
}


@pytest.mark.parametrize("case", NOTHING)
def test_where_there_is_nothing_to_look_at_the_part_stays_as_it_is(case):
    codes, docs, text = NOTHING[case]
    made, every = library(64, codes)
    part, before = looked(made, every if docs is None else docs, units(3, 64), text=text, rarity={"kayak": 1.0, "fjord": 1.0})
    assert part is before


def test_documents_without_codes_are_left_out_and_no_more():
    made, docs = library(64, [code(units(2, 64)), b"", code(units(3, 64, seed=2))])
    part, _ = looked(made, docs, units(3, 64))
    assert set(scores(part)) == {docs[0], docs[2]}


class NoTokens(SqliteVectors):
    """A vector index of a user's own, that keeps vectors alone."""

    put_tokens = tokens = None


def test_an_index_that_keeps_no_tokens_is_not_asked():
    made = VectorLibrary(SqliteLedger(":memory:"), NoTokens("test", 64), 64)
    docs = made.put(ADA, units(2, 64))
    part, before = looked(made, docs, units(3, 64))
    assert part is before


# --- with the model
@pytest.fixture(scope="module")
def model():
    return MiniLM(threads=1)


def test_codes_are_one_bit_a_component_of_the_first_piece(model):
    texts = ["green tea", "", "What is it?", "kayak " * 1000]
    embedded = embed_all(model, texts)
    assert [len(e.codes) for e in embedded[:3]] == [2 * 48, 0, 0]
    assert len(embedded[3].vectors) > 1
    assert 0 < len(embedded[3].codes) <= 256 * 48
    assert [e.codes for e in embed_all(HashingEmbedder(), texts)] == [b""] * 4


def kept(path):
    """(document, length of its codes) as they stand in the file."""
    with sqlite3.connect(path) as db:
        return dict(db.execute("SELECT doc, length(codes) FROM tokens").fetchall())


def test_a_memory_keeps_codes_and_looks_closer_and_does_without_them(path, clock, model):
    said = ["The kayak lies behind the shed.", "Greta paints boats all winter.", "We eat soup on Mondays."]
    with Memory(path, clock=clock, embedder=model, worker=False) as m:
        m.add(said, user_id="ada", infer=False)
        hits = m.search("Where is the kayak?", user_id="ada")
        assert hits[0].text == said[0]
        nearness = {h.text: s.raw for h in hits for s in h.why if s.channel == "tokens"}
        assert max(nearness, key=nearness.get) == said[0]
    assert len(kept(path)) == 3
    assert all(length and length % 48 == 0 for length in kept(path).values())
    with Memory(path, clock=clock, embedder=model, vector=NoTokens(model.name, 384), worker=False) as m:
        m.add("The paddle hangs on the wall.", user_id="ada", infer=False)
        hits = m.search("Where is the kayak?", user_id="ada")
        assert hits[0].text == said[0]
        assert hits[0].degraded == ()
        assert not any(s.channel == "tokens" for h in hits for s in h.why)
