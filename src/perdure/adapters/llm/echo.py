"""An LLM without a model: it says what it was told to say, or what it was told. For tests, demos and dry runs."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from perdure.errors import LLMUnavailableError
from perdure.ports import LLMReply, LLMRequest

Reply = LLMReply | str | dict[str, Any] | list[Any] | BaseException | type[BaseException]
"""What to answer: text, a reply, a value that is sent as JSON, or an error that is raised."""


class EchoLLM:
    """Deterministic replies, each request kept in `requests`.

    Args:
        replies: a callable from request to reply; a list of replies, in order; a mapping from words to the reply for a request
            whose last turn contains them (the first that matches; without a match the turn is echoed); or None: the last user
            turn comes back.
        name: what to be called.
    """

    def __init__(
        self, replies: Callable[[LLMRequest], Reply] | Sequence[Reply] | Mapping[str, Reply] | None = None, *, name: str = "echo"
    ) -> None:
        self._replies = replies
        self._name = name
        self._lock = threading.Lock()
        self.requests: list[LLMRequest] = []

    @property
    def name(self) -> str:
        """``echo`` unless told otherwise."""
        return self._name

    def complete(self, request: LLMRequest) -> LLMReply:
        """The next reply. Token counts are a quarter of the characters.

        Raises:
            LLMUnavailableError: the list of replies is used up.
        """
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
        reply = self._reply(request, number)
        if isinstance(reply, BaseException | type):
            raise reply
        if isinstance(reply, LLMReply):
            return reply
        text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
        return LLMReply(text, self._name, sum(len(turn.content) for turn in request.turns) // 4, len(text) // 4)

    def stream(self, request: LLMRequest) -> Generator[str, None, LLMReply]:
        """The next reply, word by word; then the whole of it.

        Raises:
            LLMUnavailableError: as `complete`.
        """
        reply = self.complete(request)
        for i, word in enumerate(reply.text.split(" ")):
            yield word if i == 0 else f" {word}"
        return reply

    def _reply(self, request: LLMRequest, number: int) -> Reply:
        if callable(self._replies):
            return self._replies(request)
        if isinstance(self._replies, Mapping):
            last = request.turns[-1].content if request.turns else ""
            for words, reply in self._replies.items():
                if words in last:
                    return reply
        elif self._replies is not None:
            if number >= len(self._replies):
                raise LLMUnavailableError(f"EchoLLM was given {len(self._replies)} replies and asked {number + 1} times.")
            return self._replies[number]
        return next((turn.content for turn in reversed(request.turns) if turn.role == "user"), "")
