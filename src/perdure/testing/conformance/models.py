"""The suites of the `Embedder`, `LLM` and `Reranker` ports."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.errors import LLMTimeoutError, ModelError, PerdureError
from perdure.ports import LLM, Embedder, LLMReply, LLMRequest, Reranker, SupportsStreaming, Turn
from perdure.testing.conformance.build import searching

TEXTS = [
    "I moved from Delhi to Bangalore last month.", "", "   ", "a", "Ada?", "日本に住んでいます。", "أعيش في دلهي", "👩‍👩‍👧 🎂",
    "\x00\x07\u202e", "﷽" * 40, "word " * 3000, "x" * 20_000, "line\nline\r\nline\t", "<|endoftext|> [CLS] [SEP] [PAD]",
]  # fmt: skip
QUESTION = LLMRequest((Turn("system", "Answer with one word."), Turn("user", "Which city is named in: I live in Delhi?")))
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
FORM = LLMRequest(QUESTION.turns, schema=SCHEMA, schema_name="city")
UNUSUAL = [
    "", " \n\t", "日本語で、短く。", "أجب بكلمة واحدة", "👩‍👩‍👧 é e\u0301 \u202e", "a\r\nb\x00c", "</s><|im_end|>[INST]", '"}]}\\',
    "word " * 5000,
]  # fmt: skip
UNUSUAL_REQUESTS = [LLMRequest((Turn("system", words), *QUESTION.turns[1:])) for words in UNUSUAL]
CONVERSATIONS = [
    LLMRequest(turns)
    for turns in (
        (Turn("user", "Hello."), Turn("assistant", "Hello!"), QUESTION.turns[1]),
        (Turn("user", "Hello."), QUESTION.turns[1]),
        (Turn("system", QUESTION.turns[1].content),),
        (Turn("system", "  "), QUESTION.turns[1]),
        (Turn("user", ""), Turn("assistant", " "), QUESTION.turns[1]),
    )
]
CITIES = {name: LLMRequest((Turn("user", f"Which city is named in: I live in {name}?"),)) for name in ("Delhi", "Oslo", "Lima", "Accra")}
REQUESTS = [QUESTION, FORM, *UNUSUAL_REQUESTS, *CONVERSATIONS, *CITIES.values()]
"""All that `LLMSuite` asks, for an LLM whose replies are recorded."""


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


def streamed(llm: LLM, request: LLMRequest) -> tuple[list[str], LLMReply]:
    """The pieces of a streamed reply, and what the stream returned. A test that asks for it is skipped where the LLM does not stream."""
    if not isinstance(llm, SupportsStreaming):
        pytest.skip("this LLM does not stream")
    replies: list[LLMReply] = []

    def reading() -> Iterator[str]:
        replies.append((yield from llm.stream(request)))

    pieces = list(reading())
    assert isinstance(replies[0], LLMReply)
    return pieces, replies[0]


class LLMSuite:
    """Subclass it and give the fixture `llm`, which answers; and the others as far as they can be had: without one its rules are skipped.

    `llm` is asked for the city in "I live in Delhi", in prose and as JSON. `patience`: seconds that a test may wait for what must happen.
    """

    patience = 10.0

    @pytest.fixture
    def llm(self) -> LLM:
        """The LLM under test."""
        raise NotImplementedError("give LLMSuite a fixture llm")

    @pytest.fixture
    def broken_llm(self) -> LLM:
        """The same kind of LLM where no answer can come."""
        pytest.skip("no broken LLM was given")

    @pytest.fixture
    def silent_llm(self) -> LLM:
        """The same kind of LLM where the server accepts the call and never answers."""
        pytest.skip("no silent LLM was given")

    @pytest.fixture
    def busy_llm(self) -> LLM:
        """The same kind of LLM where the first call is refused with 429 and ``Retry-After``, and the next is answered."""
        pytest.skip("no busy LLM was given")

    @pytest.fixture
    def endless_llm(self) -> tuple[LLM, Event]:
        """The same kind of LLM where a stream does not end by itself, and an event that is set when its connection has been closed."""
        pytest.skip("no endless LLM was given")

    def test_it_replies(self, llm: LLM) -> None:
        """With its text, what it is, and what it cost."""
        reply = llm.complete(QUESTION)
        assert isinstance(reply, LLMReply)
        assert "delhi" in reply.text.casefold()
        assert reply.input_tokens >= reply.cached_tokens >= 0
        assert reply.output_tokens >= 0
        assert llm.name.strip()

    def test_a_schema_is_answered_in_json(self, llm: LLM) -> None:
        """That satisfies it, and nothing around it."""
        answer = json.loads(llm.complete(FORM).text)
        assert set(answer) == {"city"}
        assert "delhi" in answer["city"].casefold()

    def test_a_stream_is_the_reply_in_parts(self, llm: LLM) -> None:
        """And at its end the whole reply, with what it cost: where it can stream at all."""
        pieces, reply = streamed(llm, QUESTION)
        assert "delhi" in "".join(pieces).casefold()
        assert "".join(pieces) == reply.text
        assert all(isinstance(piece, str) for piece in pieces)
        assert reply.input_tokens >= reply.cached_tokens >= 0
        assert reply.model == llm.complete(QUESTION).model

    def test_a_streamed_schema_is_json_too(self, llm: LLM) -> None:
        """The reply at the end holds it, whatever the pieces were."""
        _, reply = streamed(llm, FORM)
        assert set(json.loads(reply.text)) == {"city"}

    @pytest.mark.parametrize("request_", UNUSUAL_REQUESTS, ids=range(len(UNUSUAL)))
    def test_any_prompt_is_taken(self, llm: LLM, request_: LLMRequest) -> None:
        """Any script, no text at all, characters that end lines or prompts elsewhere, and a long one."""
        assert "delhi" in llm.complete(request_).text.casefold()

    @pytest.mark.parametrize("request_", CONVERSATIONS, ids=range(len(CONVERSATIONS)))
    def test_any_conversation_is_taken(self, llm: LLM, request_: LLMRequest) -> None:
        """Turns of the assistant, two of one role in a row, a system turn alone, a blank one."""
        assert "delhi" in llm.complete(request_).text.casefold()

    def test_many_calls_at_once_are_answered_each(self, llm: LLM) -> None:
        """One instance serves many threads, and nobody gets another's reply."""
        cities = [*CITIES] * 2
        with ThreadPoolExecutor(len(cities)) as pool:
            replies = list(pool.map(llm.complete, [CITIES[name] for name in cities]))
        assert [name for name, reply in zip(cities, replies, strict=True) if name.casefold() not in reply.text.casefold()] == []

    def test_no_answer_is_a_typed_error(self, broken_llm: LLM) -> None:
        """Never an empty reply, and never an error of the library behind it."""
        with pytest.raises(ModelError) as caught:
            broken_llm.complete(QUESTION)
        assert str(caught.value).strip()
        if isinstance(broken_llm, SupportsStreaming):
            with pytest.raises(ModelError):
                list(broken_llm.stream(QUESTION))

    def test_silence_is_a_timeout(self, silent_llm: LLM) -> None:
        """After the request's own time, for a reply and for a stream."""
        hurried = replace(QUESTION, timeout=0.3)
        with pytest.raises(LLMTimeoutError):
            silent_llm.complete(hurried)
        if isinstance(silent_llm, SupportsStreaming):
            with pytest.raises(LLMTimeoutError):
                list(silent_llm.stream(hurried))

    def test_a_busy_server_is_asked_again(self, busy_llm: LLM) -> None:
        """The caller sees the reply alone."""
        assert "delhi" in busy_llm.complete(QUESTION).text.casefold()

    def test_a_stream_that_is_closed_ends_the_call(self, endless_llm: tuple[LLM, Event]) -> None:
        """The connection is closed, so that nobody computes or pays for what nobody reads."""
        llm, gone = endless_llm
        if not isinstance(llm, SupportsStreaming):
            pytest.skip("this LLM does not stream")
        stream = llm.stream(QUESTION)
        assert next(stream)
        assert not gone.is_set()
        stream.close()
        assert gone.wait(self.patience)


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
