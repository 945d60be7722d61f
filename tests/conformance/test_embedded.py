"""The embedded defaults and the shipped doubles, held to the suites of `perdure.testing.conformance`."""

import pytest

from perdure.adapters.embed.hashing import HashingEmbedder
from perdure.adapters.embed.minilm import MiniLM
from perdure.adapters.graph.sqlite import SqliteGraph
from perdure.adapters.kv.sqlite import SqliteSlots
from perdure.adapters.ledger.sqlite import SqliteLedger
from perdure.adapters.text.sqlite import SqliteText
from perdure.adapters.vector.sqlite import SqliteVectors
from perdure.errors import ConfigError
from perdure.rules.extractor import RuleExtractor
from perdure.rules.words import terms
from perdure.stages.extract import LLMExtractor
from perdure.testing import EchoLLM, FlakyLLM, FrozenClock, RecordedLLM
from perdure.testing.conformance import (
    ClockSuite,
    EmbedderSuite,
    ExtractorSuite,
    GraphIndexSuite,
    IdsSuite,
    LedgerSuite,
    LLMSuite,
    RerankerSuite,
    SlotIndexSuite,
    TextIndexSuite,
    VectorIndexSuite,
)
from perdure.verbs.core import _new_id, _now
from tests.conformance.wire import city


@pytest.fixture(params=["file", "memory"])
def location(request, path):
    """Where a ledger is: in a file of its own, or in memory."""
    return path if request.param == "file" else ":memory:"


@pytest.fixture
def opening(location):
    """Makes callables that open one store again and again: the file anew each time; in memory there is one object of each."""
    opened = []

    def opener(index=None):
        if location == ":memory:":
            ledger = SqliteLedger(location)
            opened.append(ledger)
            kept = ledger if index is None else (ledger, index())
            return lambda: kept

        def open_it():
            ledger = SqliteLedger(location)
            opened.append(ledger)
            return ledger if index is None else (ledger, index())

        return open_it

    yield opener
    for ledger in opened:
        ledger.close()


# ---------------------------------------------------------------------- stores
class TestSqliteLedger(LedgerSuite):
    @pytest.fixture
    def open_ledger(self, opening):
        return opening()


class TestSqliteVectors(VectorIndexSuite):
    @pytest.fixture
    def open_index(self, opening):
        return opening(lambda: SqliteVectors("test", self.dimensions))

    def test_an_embedder_of_another_size_needs_another_name(self, opening):
        ledger, index = opening(lambda: SqliteVectors("test", 8))()
        with ledger.transaction() as tx:
            assert index.prepare(tx)
        with ledger.transaction() as tx, pytest.raises(ConfigError, match="another name"):
            SqliteVectors("test", 9).prepare(tx)
        with ledger.transaction() as tx:
            assert SqliteVectors("other", 9).prepare(tx)


class TestSqliteVectorsInTwoSteps(VectorIndexSuite):
    """The search of large owners, on owners of any size."""

    @pytest.fixture
    def open_index(self, opening, monkeypatch):
        monkeypatch.setattr("perdure.adapters.vector.matrix.LARGE", 1)
        return opening(lambda: SqliteVectors("test", self.dimensions))


class TestSqliteText(TextIndexSuite):
    @pytest.fixture
    def open_index(self, opening):
        return opening(SqliteText)


class TestSqliteGraph(GraphIndexSuite):
    @pytest.fixture
    def open_index(self, opening):
        return opening(SqliteGraph)


class TestSqliteSlots(SlotIndexSuite):
    @pytest.fixture
    def open_index(self, opening):
        return opening(SqliteSlots)


# ---------------------------------------------------------------------- models
@pytest.fixture(scope="module")
def minilm():
    """The default embedder, loaded once."""
    return MiniLM(threads=1)


class TestMiniLM(EmbedderSuite):
    @pytest.fixture
    def embedder(self, minilm):
        return minilm


class TestHashingEmbedder(EmbedderSuite):
    @pytest.fixture
    def embedder(self):
        return HashingEmbedder()


def _city(request):
    return city("\n".join(turn.content for turn in request.turns), request.schema)


class TestEchoLLM(LLMSuite):
    @pytest.fixture
    def llm(self):
        return EchoLLM(_city)

    @pytest.fixture
    def broken_llm(self):
        return EchoLLM([])


class TestRecordedLLM(LLMSuite):
    @pytest.fixture
    def llm(self, tmp_path):
        """Replays what was recorded before: each rule's request, asked once."""
        from perdure.testing.conformance.models import REQUESTS

        recorder = RecordedLLM(tmp_path / "calls.jsonl", EchoLLM(_city))
        for request in REQUESTS:
            recorder.complete(request)
        return RecordedLLM(tmp_path / "calls.jsonl")

    @pytest.fixture
    def broken_llm(self, tmp_path):
        (tmp_path / "empty.jsonl").touch()
        return RecordedLLM(tmp_path / "empty.jsonl")


class TestFlakyLLM(LLMSuite):
    @pytest.fixture
    def llm(self):
        return FlakyLLM(EchoLLM(_city), fail=[])

    @pytest.fixture
    def broken_llm(self):
        return FlakyLLM(EchoLLM(_city), fail=[True])


class TestRuleExtractor(ExtractorSuite):
    @pytest.fixture
    def extractor(self):
        return RuleExtractor()


class TestLLMExtractor(ExtractorSuite):
    @pytest.fixture
    def extractor(self):
        """A model that says the same whatever it reads: true of one conversation, made up everywhere else."""
        claim = {
            "text": "Ada moved to Bangalore.", "quote": "I moved from Delhi to Bangalore", "message": 0, "kind": "fact",
            "term": "long_term", "valid_from": "2026-02", "valid_to": None, "expires_at": None, "confidence": 0.9,
            "ended": [], "replaces": [9],
            "explicit": False, "correction": False, "slots": [{"entity": "User", "attribute": "lives_in", "value": "Bangalore"}],
        }  # fmt: skip
        answer = {"memories": [claim, claim | {"message": 99}], "entities": [], "relations": [], "private": [7]}
        return LLMExtractor(EchoLLM(lambda _: answer))


class WordOverlap:
    """A reranker of a user's own: the share of the question's words that a text holds."""

    name = "word-overlap"

    def score(self, question, texts):
        asked = set(terms(question))
        return [len(asked & set(terms(t))) / max(1, len(asked)) for t in texts]


class TestRerankerOfOnesOwn(RerankerSuite):
    @pytest.fixture
    def reranker(self):
        return WordOverlap()


# ---------------------------------------------------------------------- now, and what is new
class TestSystemClock(ClockSuite):
    @pytest.fixture
    def clock(self):
        return _now


class TestFrozenClock(ClockSuite):
    @pytest.fixture
    def clock(self):
        return FrozenClock("2026-03-02T12:00:00Z")


class TestNewIds(IdsSuite):
    @pytest.fixture
    def ids(self):
        return _new_id
