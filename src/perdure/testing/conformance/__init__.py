"""A suite for each port: subclass it in your tests, give the fixture it asks for, and each inherited test is one rule of the port.

    from perdure.testing.conformance import VectorIndexSuite

    class TestMyVectors(VectorIndexSuite):
        @pytest.fixture
        def open_index(self, tmp_path):
            return lambda: (SqliteLedger(tmp_path / "memory.db"), MyVectors("test", self.dimensions))

Needs pytest and hypothesis; nothing else of perdure imports this package.
"""

# ruff: noqa: E402  (assertions of the suites are rewritten only if that is asked for before they are imported)

from __future__ import annotations

import pytest

# So that a rule that is broken shows both sides of its comparison.
pytest.register_assert_rewrite(
    *(
        f"{__name__}.{name}"
        for name in ("extractor", "ledger", "ledger_rows", "ledger_work", "models", "records", "sources", "text", "vector", "views")
    )
)

from perdure.testing.conformance.extractor import ExtractorSuite
from perdure.testing.conformance.ledger import LedgerSuite
from perdure.testing.conformance.models import EmbedderSuite, LLMSuite, RerankerSuite
from perdure.testing.conformance.records import GraphIndexSuite, SlotIndexSuite
from perdure.testing.conformance.sources import ClockSuite, IdsSuite
from perdure.testing.conformance.text import TextIndexSuite
from perdure.testing.conformance.vector import VectorIndexSuite

__all__ = [
    "ClockSuite",
    "EmbedderSuite",
    "ExtractorSuite",
    "GraphIndexSuite",
    "IdsSuite",
    "LLMSuite",
    "LedgerSuite",
    "RerankerSuite",
    "SlotIndexSuite",
    "TextIndexSuite",
    "VectorIndexSuite",
]
