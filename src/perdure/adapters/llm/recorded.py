"""An LLM's replies from a file: asked once, the same ever after. For tests and benchmarks that must not pay twice."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from perdure.errors import ConfigError, LLMUnavailableError
from perdure.ports import LLM, LLMReply, LLMRequest


class RecordedLLM:
    """Replays the replies kept in a JSON Lines file; asks `llm` for those that are missing and appends them.

    A line holds ``key`` (`LLMRequest.key`), ``asked`` (the end of the last turn, for people), ``text``, ``model`` and the token
    counts. Whoever changes a prompt or a schema changes the key.

    Args:
        path: the file; it need not exist when `llm` is given.
        llm: who is asked for what is missing; without one a missing reply is an error.

    Raises:
        ConfigError: the file cannot be read, or a line is not such a record.
    """

    def __init__(self, path: str | Path, llm: LLM | None = None) -> None:
        self._path = Path(path)
        self._llm = llm
        self._lock = threading.Lock()
        self._replies = self._read()

    @property
    def name(self) -> str:
        """The name of the recorded LLM when there is one behind, else ``recorded``."""
        return self._llm.name if self._llm is not None else "recorded"

    def complete(self, request: LLMRequest) -> LLMReply:
        """The recorded reply; two threads that ask the same at once may both ask the LLM, and the first reply is kept.

        Raises:
            LLMUnavailableError: there is none and no LLM to ask; it names the missing key.
        """
        known = self._replies.get(request.key)
        if known is not None:
            return known
        if self._llm is None:
            raise LLMUnavailableError(
                f"{self._path.name} holds no reply to request {request.key}. Record it: RecordedLLM({self._path.name!r}, llm=…)."
            )
        reply = self._llm.complete(request)
        with self._lock:
            if request.key in self._replies:
                return self._replies[request.key]
            record = {
                "key": request.key,
                "asked": request.turns[-1].content[-200:] if request.turns else "",
                "text": reply.text,
                "model": reply.model,
                "input_tokens": reply.input_tokens,
                "output_tokens": reply.output_tokens,
                "cached_tokens": reply.cached_tokens,
            }
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")
            self._replies[request.key] = reply
        return reply

    def _read(self) -> dict[str, LLMReply]:
        replies: dict[str, LLMReply] = {}
        if not self._path.exists() and self._llm is not None:
            return replies
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as e:
            raise ConfigError(f"RecordedLLM cannot read {self._path.name}: {e}. Give llm= to record it.", setting="path") from e
        for number, line in enumerate(lines, start=1):
            if line.strip():
                try:
                    record: dict[str, Any] = json.loads(line)
                    tokens = (int(record.get(f"{kind}_tokens", 0)) for kind in ("input", "output", "cached"))
                    replies[str(record["key"])] = LLMReply(str(record["text"]), str(record.get("model", "")), *tokens)
                except (ValueError, KeyError, TypeError, AttributeError) as e:
                    raise ConfigError(f"{self._path.name}, line {number}, is not a recorded reply: {e}.", setting="path") from e
        return replies
