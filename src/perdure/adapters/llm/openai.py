"""Any server that speaks OpenAI's chat-completions API, through the official SDK.

Servers differ in what they accept. A parameter that one refuses (``response_format``, ``temperature``, ``stream_options``, the token
limit's name) is weakened or left out, the request is sent again, and the instance remembers. Retries of what may pass (429, 5xx, no
connection, timeouts) are the SDK's: exponential, with jitter, heeding ``Retry-After``.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, Self, cast

from perdure.adapters.llm.replies import Spoken, spoken, unfenced
from perdure.adapters.llm.servers import Connection, Limit
from perdure.errors import LLMTimeoutError, LLMUnavailableError
from perdure.ports import LLMReply, LLMRequest

_LEVELS: Final = ("json_schema", "json_object", "text")


class OpenAILLM:
    """An LLM behind the chat-completions API: OpenAI's own, one of `perdure.adapters.llm.servers`, or any other at `base_url`.

    Args:
        model: the model's name as the server knows it; at Azure the deployment's.
        server: a name from the table of servers: its address, its key's environment variable and what it accepts.
        base_url: the server's address, e.g. ``http://localhost:11434/v1``; default the table's, for OpenAI ``OPENAI_BASE_URL`` first.
        api_key: default the environment variable of the table; a local server needs none.
        timeout: seconds for one attempt, instead of the request's own.
        max_retries: further attempts when the server is busy, failing or silent.
        headers: sent with each request.
        extra_body: further fields of each request, e.g. ``{"reasoning_effort": "low"}``.
        api_version: of Azure's API.

    Raises:
        MissingExtraError: the package `openai` is not installed (on first use).
        ConfigError: there is no key, and the server is not one that needs none (on first use).
    """

    def __init__(
        self,
        model: str,
        *,
        server: str = "openai",
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        api_version: str | None = None,
    ) -> None:
        self._model = model
        self._at = Connection(server, base_url, api_key, max_retries, headers, api_version)
        self._timeout = timeout
        self._extra = dict(extra_body or {})
        self._lock = threading.Lock()
        self._format = _LEVELS.index(self._at.hints.schema)
        self._limit: Limit = "max_tokens" if base_url else self._at.hints.limit
        self._left_out: frozenset[str] = frozenset()

    @classmethod
    def named(cls, server: str, model: str, **options: Any) -> Self:
        """The LLM that ``<server>:<model>`` names."""
        return cls(model, server=server, **options)

    @property
    def name(self) -> str:
        """``<server>:<model>``, e.g. ``openai:gpt-5-mini``."""
        return f"{self._at.server}:{self._model}"

    def __repr__(self) -> str:
        where = f", base_url={self._at.shown!r}" if self._at.base_url else ""
        return f"{type(self).__name__}({self.name!r}{where})"

    def complete(self, request: LLMRequest) -> LLMReply:
        """The model's reply; with a schema, its text is JSON as far as the server could be made to promise it.

        Raises:
            LLMTimeoutError: no answer in time, retries included.
            LLMUnavailableError: refused, unreachable, out of quota, or the answer is not a chat completion.
        """
        data = self._send(request, stream=False)
        from openai.types.chat import ChatCompletion

        try:
            answer: Any = ChatCompletion.construct(**json.loads(data))
            choice = answer.choices[0]
            text, refusal = _text(choice.message.content), getattr(choice.message, "refusal", None)
            tokens = _tokens(answer.usage)
        except (AttributeError, IndexError, TypeError, ValueError):
            raise self._strange() from None
        if text is None:
            raise LLMUnavailableError(f"{self.name} gave no text: {str(refusal or 'empty answer')[:200]}.")
        text = spoken(text)
        return LLMReply(unfenced(text) if request.schema else text, str(answer.model or self._model), *tokens)

    def stream(self, request: LLMRequest) -> Generator[str, None, LLMReply]:
        """The reply piece by piece; then the whole of it. A server that does not count tokens in a stream leaves them 0.

        Raises:
            LLMTimeoutError, LLMUnavailableError: as `complete`, also half-way.
        """
        pieces = self._send(request, stream=True)
        said, model, tokens = Spoken(), self._model, (0, 0, 0)
        try:
            for piece in pieces:
                model = str(piece.model or model)
                tokens = _tokens(piece.usage) if getattr(piece, "usage", None) else tokens
                if piece.choices and piece.choices[0].delta and (text := said.more(_text(piece.choices[0].delta.content) or "")):
                    yield text
        except (AttributeError, IndexError, TypeError, ValueError):
            raise self._strange() from None
        except Exception as e:  # noqa: BLE001  (the SDK lets its HTTP client's errors through while streaming)
            raise self._at.translated(e, self.name) from None
        finally:
            close: Callable[[], None] = getattr(pieces, "close", lambda: None)
            close()
        if rest := said.rest():
            yield rest
        return LLMReply(unfenced(said.text) if request.schema else said.text, model, *tokens)

    def _strange(self) -> LLMUnavailableError:
        return LLMUnavailableError(f"{self.name} answered with something that is not a chat completion. Check base_url.")

    def _send(self, request: LLMRequest, *, stream: bool) -> Any:
        """The answer's bytes, or the SDK's stream of pieces."""
        chat: Any = self._at.client().chat.completions
        timeout = self._timeout or request.timeout
        # Each weakening happens at most once, so this ends: two of the format, two of the limit, one of each other parameter.
        while True:
            sent = self._arguments(request, stream=stream)
            try:
                if stream:
                    return chat.create(**sent, timeout=timeout)
                with chat.with_streaming_response.create(**sent, timeout=timeout) as response:
                    return self._read(response, timeout)
            except Exception as e:  # noqa: BLE001  (the SDK's errors, and its HTTP client's; all become ours)
                if not self._weaken(e, sent):
                    raise self._at.translated(e, self.name) from None

    def _read(self, response: Any, timeout: float) -> bytes:
        """The whole body. The SDK's timeout is for the next byte, and some servers send blanks while a model waits for its turn."""
        until, data = time.monotonic() + timeout, bytearray()
        for piece in response.iter_bytes():
            data += piece
            if time.monotonic() > until:
                raise LLMTimeoutError(f"{self.name} did not answer in time. Raise the timeout, or try again later.")
        return bytes(data)

    def _arguments(self, request: LLMRequest, *, stream: bool) -> dict[str, Any]:
        turns = [{"role": turn.role, "content": turn.content} for turn in request.turns]
        arguments: dict[str, Any] = {"model": self._model, "messages": turns, self._limit: request.max_tokens, "stream": stream}
        if "temperature" not in self._left_out:
            arguments["temperature"] = request.temperature
        if stream and "stream_options" not in self._left_out:
            arguments["stream_options"] = {"include_usage": True}
        if self._extra:
            arguments["extra_body"] = self._extra
        if request.schema is None:
            return arguments
        level = _LEVELS[self._format]
        if level == "json_schema":
            schema = {"name": request.schema_name, "schema": request.schema, "strict": _is_strict(request.schema)}
            arguments["response_format"] = {"type": level, "json_schema": schema}
            return arguments
        if level == "json_object":
            arguments["response_format"] = {"type": level}
        asked = "Answer with one JSON object and nothing else. It must satisfy this JSON Schema:\n" + json.dumps(request.schema)
        if turns and turns[0]["role"] == "system":
            turns[0]["content"] += "\n\n" + asked
        else:
            turns.insert(0, {"role": "system", "content": asked})
        return arguments

    def _weaken(self, error: Exception, sent: dict[str, Any]) -> bool:
        """Whether `error` refuses a parameter that was sent and that we can do without; if so, it is not sent again."""
        if getattr(error, "status_code", None) not in (400, 404, 415, 422, 501):
            return False
        said = f"{getattr(error, 'param', '')} {error}".casefold()
        with self._lock:
            # Another thread may have learnt the same meanwhile: then just send again.
            if "response_format" in sent and any(w in said for w in ("response_format", "json_schema", "json_object", "structured")):
                self._format = max(self._format, _LEVELS.index(sent["response_format"]["type"]) + 1)
            elif "stream_options" in sent and ("stream_options" in said or "include_usage" in said):
                self._left_out |= {"stream_options"}
            elif "max_completion_tokens" in sent and "max_completion_tokens" in said and "completion-limit" not in self._left_out:
                self._limit = "max_tokens"
                self._left_out |= {"completion-limit"}
            elif "max_tokens" in sent and "max_tokens" in said and "limit" not in self._left_out:
                self._limit = "max_completion_tokens"
                self._left_out |= {"limit", "completion-limit"}
            elif "temperature" in sent and "temperature" in said:
                self._left_out |= {"temperature"}
            else:
                return False
        return True


def _text(content: Any) -> str | None:
    """The text of a message's content: a string, or a list of parts of which some are text (Mistral's reasoning models)."""
    if not isinstance(content, list):
        return content if isinstance(content, str) else None
    parts = [cast("dict[str, Any]", part) for part in cast("list[Any]", content) if isinstance(part, dict)]
    return "".join(str(part.get("text") or "") for part in parts if part.get("type") == "text")


def _tokens(usage: Any) -> tuple[int, int, int]:
    """Of the prompt, of the reply, and of the prompt from the cache; 0 where the server does not say.

    OpenAI and most others count the cached ones in ``prompt_tokens_details``, DeepSeek in ``prompt_cache_hit_tokens``.
    """
    if not usage:
        return 0, 0, 0
    details = getattr(usage, "prompt_tokens_details", None)
    cached = getattr(details, "cached_tokens", None) or getattr(usage, "prompt_cache_hit_tokens", None)
    return int(usage.prompt_tokens or 0), int(usage.completion_tokens or 0), int(cached or 0)


def _is_strict(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes `schema`: every object closed, and all its properties required."""
    if isinstance(schema, list):
        return all(map(_is_strict, cast("list[Any]", schema)))
    if not isinstance(schema, dict):
        return True
    node = cast("dict[str, Any]", schema)
    properties = node.get("properties")
    if isinstance(properties, dict) and (
        node.get("additionalProperties") is not False or set(cast("dict[str, Any]", properties)) != set(node.get("required", ()))
    ):
        return False
    return all(map(_is_strict, node.values()))
