"""What users' tests need, shipped: a clock that stands still, LLMs that say what they are told or fail on cue, and suites.

There is a suite for each port, to hold a backend of your own to: see `perdure.testing.conformance`. These need pytest and hypothesis.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perdure.testing.clock import FrozenClock
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
    from perdure.testing.llm import EchoLLM, FlakyLLM, RecordedLLM

__all__ = [
    "ClockSuite",
    "EchoLLM",
    "EmbedderSuite",
    "ExtractorSuite",
    "FlakyLLM",
    "FrozenClock",
    "GraphIndexSuite",
    "IdsSuite",
    "LLMSuite",
    "LedgerSuite",
    "RecordedLLM",
    "RerankerSuite",
    "SlotIndexSuite",
    "TextIndexSuite",
    "VectorIndexSuite",
]

_SUITES = "perdure.testing.conformance"
_WHERE = {
    "ClockSuite": _SUITES,
    "EmbedderSuite": _SUITES,
    "ExtractorSuite": _SUITES,
    "GraphIndexSuite": _SUITES,
    "IdsSuite": _SUITES,
    "LLMSuite": _SUITES,
    "LedgerSuite": _SUITES,
    "RerankerSuite": _SUITES,
    "SlotIndexSuite": _SUITES,
    "TextIndexSuite": _SUITES,
    "VectorIndexSuite": _SUITES,
    "EchoLLM": "perdure.testing.llm",
    "FlakyLLM": "perdure.testing.llm",
    "FrozenClock": "perdure.testing.clock",
    "RecordedLLM": "perdure.testing.llm",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'perdure.testing' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
