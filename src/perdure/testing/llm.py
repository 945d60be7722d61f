"""LLMs for tests: scripted, recorded, and failing on cue."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from perdure.adapters.llm.echo import EchoLLM
from perdure.adapters.llm.recorded import RecordedLLM
from perdure.errors import LLMUnavailableError
from perdure.ports import LLM, LLMReply, LLMRequest

__all__ = ["EchoLLM", "FlakyLLM", "RecordedLLM"]


class FlakyLLM:
    """An LLM that fails on cue. `calls` counts the calls, failed ones too.

    Args:
        llm: who answers when it does not fail.
        fail: what happens at each call, in order: an exception (or its class) is raised, True raises `LLMUnavailableError`, None
            or False lets the call pass. After the end every call passes.
    """

    def __init__(self, llm: LLM, fail: Sequence[BaseException | type[BaseException] | bool | None]) -> None:
        self._llm = llm
        self._fail = tuple(fail)
        self._lock = threading.Lock()
        self.calls = 0

    @property
    def name(self) -> str:
        """The name of the LLM behind it."""
        return self._llm.name

    def complete(self, request: LLMRequest) -> LLMReply:
        """The reply of the LLM behind it, unless it is time to fail."""
        with self._lock:
            cue = self._fail[self.calls] if self.calls < len(self._fail) else None
            self.calls += 1
        if cue is True:
            raise LLMUnavailableError("FlakyLLM fails on cue.")
        if isinstance(cue, BaseException | type):
            raise cue
        return self._llm.complete(request)
