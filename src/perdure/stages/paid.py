"""Paid: a reply of a model is kept before it is used, so that a job that is run again does not pay again."""

from __future__ import annotations

import hashlib
import threading

from perdure.ports import LLM, CallLog, LLMReply, LLMRequest


class PaidOnce:
    """An LLM that asks the one behind it only what it has not asked before: replies are kept in a `CallLog`.

    What counts as the same request is `LLMRequest.key` and the name of the model. Failures are not kept.

    Args:
        llm: who is asked.
        calls: where replies are kept; it must be safe to use from several threads.
    """

    def __init__(self, llm: LLM, calls: CallLog) -> None:
        self._llm = llm
        self._calls = calls
        self._lock = threading.Lock()
        self._asking: dict[str, tuple[threading.Lock, int]] = {}

    @property
    def name(self) -> str:
        """The name of the LLM behind it."""
        return self._llm.name

    def complete(self, request: LLMRequest) -> LLMReply:
        """The reply kept, or a new one, kept before it is given out.

        Raises:
            LLMTimeoutError, LLMUnavailableError: there is none and the LLM gave none.
        """
        key = hashlib.sha256(f"{self._llm.name}\n{request.key}".encode()).hexdigest()
        with self._lock:
            asking, waiting = self._asking.get(key, (threading.Lock(), 0))
            self._asking[key] = (asking, waiting + 1)
        try:
            with asking:  # whoever comes second with the same request waits for the first one's reply
                reply = self._calls.get(key)
                if reply is None:
                    reply = self._llm.complete(request)
                    self._calls.put(key, reply)
                return reply
        finally:
            with self._lock:
                asking, waiting = self._asking.pop(key)
                if waiting > 1:
                    self._asking[key] = (asking, waiting - 1)
