"""What users' tests need, shipped: a clock that stands still, LLMs that say what they are told, LLMs that fail on cue."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perdure.testing.clock import FrozenClock
    from perdure.testing.llm import EchoLLM, FlakyLLM, RecordedLLM

__all__ = ["EchoLLM", "FlakyLLM", "FrozenClock", "RecordedLLM"]

_WHERE = {
    "EchoLLM": "perdure.testing.llm",
    "FlakyLLM": "perdure.testing.llm",
    "FrozenClock": "perdure.testing.clock",
    "RecordedLLM": "perdure.testing.llm",
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'perdure.testing' has no attribute {name!r}")
    return getattr(import_module(_WHERE[name]), name)
