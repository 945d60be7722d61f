"""Paid: a reply of a model is kept before it is used, so that a job that is run again does not pay again."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Protocol, runtime_checkable

from perdure.errors import ModelError
from perdure.model.spending import Purpose, Usage
from perdure.ports import LLM, CallLog, LLMReply, LLMRequest


@runtime_checkable
class CountsCalls(Protocol):
    """A `CallLog` that also counts what replies take, and says when no more may be asked for."""

    def allow(self) -> None:
        """Returns if a call may be made.

        Raises:
            BudgetError: the day's budget is spent.
        """
        ...

    def put_counted(self, key: str, reply: LLMReply, usage: Usage) -> None:
        """Keeps a reply and counts it, both or neither."""
        ...

    def count(self, usage: Usage) -> None:
        """Counts a reply that cannot be kept."""
        ...


class PaidOnce:
    """An LLM that asks the one behind it only what it has not asked before: replies are kept in a `CallLog`.

    What counts as the same request is `LLMRequest.key` and the name of the model. With a `task` it is the task, the model, the
    instructions (system turns and schema) and how many requests came before: what surrounds the messages may have changed when a task is
    taken up again, and the reply that was paid for answers it all the same. Failures are not kept.

    Args:
        llm: who is asked.
        calls: where replies are kept; it must be safe to use from several threads. One that is a `CountsCalls` counts them too.
        purpose: what for, as it is counted.
        task: what is being done, for ever; "" to go by the request.
    """

    def __init__(self, llm: LLM, calls: CallLog, *, purpose: Purpose = "extract", task: str = "") -> None:
        self._llm = llm
        self._calls = calls
        self._purpose: Purpose = purpose
        self._task = task
        self._asked = 0
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
            BudgetError: there is none, and the day's budget is spent.
        """
        with self._lock:
            key = self._key(request)
            asking, waiting = self._asking.get(key, (threading.Lock(), 0))
            self._asking[key] = (asking, waiting + 1)
        try:
            with asking:  # whoever comes second with the same request waits for the first one's reply
                return self._calls.get(key) or self._pay(key, request)
        finally:
            with self._lock:
                asking, waiting = self._asking.pop(key)
                if waiting > 1:
                    self._asking[key] = (asking, waiting - 1)

    def _key(self, request: LLMRequest) -> str:
        asked = request.key
        if self._task:
            instructions = [[turn.content for turn in request.turns if turn.role == "system"], request.schema]
            asked = json.dumps([self._task, self._purpose, self._asked, instructions], sort_keys=True)
            self._asked += 1
        return hashlib.sha256(f"{self._llm.name}\n{asked}".encode()).hexdigest()

    def _pay(self, key: str, request: LLMRequest) -> LLMReply:
        counts = self._calls if isinstance(self._calls, CountsCalls) else None
        if counts is None:
            reply = self._llm.complete(request)
            self._calls.put(key, reply)
            return reply
        counts.allow()
        try:
            reply = self._llm.complete(request)
        except ModelError as e:
            if (lost := billed(e)) is not None:
                counts.count(usage_of(lost, self._llm.name, self._purpose))
            raise
        counts.put_counted(key, reply, usage_of(reply, self._llm.name, self._purpose))
        return reply


def usage_of(reply: LLMReply, model: str, purpose: Purpose) -> Usage:
    """What one reply took, in the name that prices are given for."""
    return Usage(model, purpose, 1, reply.input_tokens, min(reply.cached_tokens, reply.input_tokens), reply.output_tokens)


def billed(error: BaseException) -> LLMReply | None:
    """The reply behind an error that was raised after the provider had answered, and charged for it; an adapter leaves it as `reply`."""
    reply = getattr(error, "reply", None)
    return reply if isinstance(reply, LLMReply) else None
