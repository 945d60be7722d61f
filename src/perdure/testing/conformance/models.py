"""The suites of the `Embedder`, `LLM` and `Reranker` ports."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import ModelError, PerdureError
from perdure.ports import LLM, Embedder, LLMReply, LLMRequest, Reranker, SupportsStreaming, Turn
from perdure.testing.conformance.build import searching

TEXTS = [
    "I moved from Delhi to Bangalore last month.", "", "   ", "a", "Ada?", "日本に住んでいます。", "أعيش في دلهي", "👩‍👩‍👧 🎂",
    "\x00\x07\u202e", "﷽" * 40, "word " * 3000, "x" * 20_000, "line\nline\r\nline\t", "<|endoftext|> [CLS] [SEP] [PAD]",
]  # fmt: skip
QUESTION = LLMRequest((Turn("system", "Answer with one word."), Turn("user", "Which city is named in: I live in Delhi?")))
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
FORM = LLMRequest(QUESTION.turns, schema=SCHEMA, schema_name="city")


class EmbedderSuite:
    """Subclass it and give the fixture `embedder`."""

    @pytest.fixture
    def embedder(self) -> Embedder:
        """The embedder under test."""
        raise NotImplementedError("give EmbedderSuite a fixture embedder")

    def test_one_row_of_unit_length_a_text(self, embedder: Embedder) -> None:
        """Float32, `dimensions` wide, finite, whatever the text is: empty, blank, very long, any script."""
        vectors = embedder.embed(TEXTS)
        assert vectors.shape == (len(TEXTS), embedder.dimensions)
        assert vectors.dtype == np.float32
        assert np.isfinite(vectors).all()
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)

    def test_no_text_gives_no_row(self, embedder: Embedder) -> None:
        """An array that can be joined with others."""
        assert embedder.embed([]).shape == (0, embedder.dimensions)

    def test_company_does_not_change_a_vector(self, embedder: Embedder) -> None:
        """Alone, among others, in another order, again: the same text has the same vector."""
        together = embedder.embed(TEXTS)
        assert np.allclose(embedder.embed(TEXTS[::-1])[::-1], together, atol=1e-4)
        for n, text in enumerate(TEXTS[:6]):
            assert np.allclose(embedder.embed([text])[0], together[n], atol=1e-4)
            assert np.array_equal(embedder.embed([text]), embedder.embed([text]))
        assert np.allclose(embedder.embed(["a", "b", "a"])[0], embedder.embed(["a", "b", "a"])[2], atol=1e-6)

    def test_what_it_gave_is_the_callers(self, embedder: Embedder) -> None:
        """Writing into an array does not change what the next call gives."""
        first = embedder.embed(["Ada lives in Delhi."])
        kept = first.copy()
        first[:] = 0
        assert np.array_equal(embedder.embed(["Ada lives in Delhi."]), kept)

    @searching
    @given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=60), min_size=1, max_size=3))
    def test_any_text_is_embedded(self, embedder: Embedder, texts: list[str]) -> None:
        """Any Unicode that capture lets through."""
        vectors = embedder.embed(texts)
        assert vectors.shape == (len(texts), embedder.dimensions)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-3)

    def test_a_text_is_nearest_to_what_says_the_same(self, embedder: Embedder) -> None:
        """Near its own words in another order, far from something else."""
        vectors = embedder.embed(["my laptop overheats", "the laptop overheats again", "we had pasta for dinner"])
        assert float(vectors[0] @ vectors[1]) > float(vectors[0] @ vectors[2]) + 0.1

    def test_it_names_itself(self, embedder: Embedder) -> None:
        """The name is what tells its vectors from another's."""
        assert embedder.name.strip()
        assert embedder.dimensions > 0


class LLMSuite:
    """Subclass it and give the fixtures `llm`, which answers, and `broken_llm`, which cannot (default: the rule is skipped).

    `llm` is asked for the city in "I live in Delhi", in prose and as JSON.
    """

    @pytest.fixture
    def llm(self) -> LLM:
        """The LLM under test."""
        raise NotImplementedError("give LLMSuite a fixture llm")

    @pytest.fixture
    def broken_llm(self) -> LLM:
        """The same kind of LLM where no answer can come."""
        pytest.skip("no broken LLM was given")

    def test_it_replies(self, llm: LLM) -> None:
        """With its text, what it is, and what it cost."""
        reply = llm.complete(QUESTION)
        assert isinstance(reply, LLMReply)
        assert "delhi" in reply.text.casefold()
        assert reply.input_tokens >= 0
        assert reply.output_tokens >= 0
        assert llm.name.strip()

    def test_a_schema_is_answered_in_json(self, llm: LLM) -> None:
        """That satisfies it, and nothing around it."""
        answer = json.loads(llm.complete(FORM).text)
        assert set(answer) == {"city"}
        assert "delhi" in answer["city"].casefold()

    def test_a_stream_is_the_reply_in_parts(self, llm: LLM) -> None:
        """Where it can stream at all."""
        if not isinstance(llm, SupportsStreaming):
            pytest.skip("this LLM does not stream")
        assert "delhi" in "".join(llm.stream(QUESTION)).casefold()

    def test_no_answer_is_a_typed_error(self, broken_llm: LLM) -> None:
        """Never an empty reply, and never an error of the library behind it."""
        with pytest.raises(ModelError) as caught:
            broken_llm.complete(QUESTION)
        assert str(caught.value).strip()


class RerankerSuite:
    """Subclass it and give the fixture `reranker`."""

    @pytest.fixture
    def reranker(self) -> Reranker:
        """The reranker under test."""
        raise NotImplementedError("give RerankerSuite a fixture reranker")

    def test_one_score_a_text(self, reranker: Reranker) -> None:
        """Each within 0..1, whatever the texts are."""
        for question in ("Where does Ada live?", "", "日本"):
            scores = list(reranker.score(question, TEXTS))
            assert len(scores) == len(TEXTS)
            assert all(0.0 <= s <= 1.0 for s in scores)
        assert list(reranker.score("Where?", [])) == []

    def test_what_answers_stands_above_what_does_not(self, reranker: Reranker) -> None:
        """In whatever order they are given, with the same scores each time."""
        texts = ["We had pasta for dinner.", "Ada lives in Delhi.", "The printer is out of ink."]
        scores = list(reranker.score("Where does Ada live?", texts))
        assert scores[1] > max(scores[0], scores[2])
        assert list(reranker.score("Where does Ada live?", texts[::-1]))[::-1] == pytest.approx(scores, abs=1e-4)

    def test_company_does_not_change_a_score(self, reranker: Reranker) -> None:
        """So that scores are comparable across queries."""
        texts = ["Ada lives in Delhi.", "The printer is out of ink."]
        alone: Callable[[str], float] = lambda t: next(iter(reranker.score("Where does Ada live?", [t])))  # noqa: E731
        assert [alone(t) for t in texts] == pytest.approx(list(reranker.score("Where does Ada live?", texts)), abs=1e-4)

    def test_a_failure_is_typed(self, reranker: Reranker) -> None:
        """What it cannot read it may refuse, but only with an error of ours."""
        try:
            scores = list(reranker.score("\ud800", ["\udfff"]))
        except PerdureError:
            return
        assert len(scores) == 1
