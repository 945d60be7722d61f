"""Anthropic's Messages API, through the official SDK.

Structured output is asked for as a JSON Schema; a model or a server that does not take it is made to call one tool with that schema,
and one that refuses this too is asked in words. What was refused is remembered. The first system turn is marked for the provider's
prompt cache: it is the part of our prompts that stays the same. Retries of what may pass (408, 409, 429, 5xx, no connection, timeouts)
are the SDK's: exponential, with jitter, heeding ``Retry-After``.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from perdure.adapters.llm.replies import unfenced
from perdure.adapters.llm.servers import Secret, translated, without_login
from perdure.errors import ConfigError, LLMUnavailableError, MissingExtraError
from perdure.ports import LLMReply, LLMRequest

if TYPE_CHECKING:
    from anthropic import Anthropic

KEY: Final = "ANTHROPIC_API_KEY"
_LEVELS: Final = ("json_schema", "tool", "text")
#: What structured output cannot hold the model to (its documentation: "JSON Schema limitations"); it is said in the description instead.
_UNSUPPORTED: Final = frozenset(
    "minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern minItems maxItems uniqueItems".split()
)


class AnthropicLLM:
    """A Claude model.

    Args:
        model: e.g. ``claude-haiku-4-5``.
        base_url: of another server that speaks the Messages API; default ``ANTHROPIC_BASE_URL``, else Anthropic.
        api_key: default ``ANTHROPIC_API_KEY``.
        timeout: seconds for one attempt, instead of the request's own.
        max_retries: further attempts when the server is busy, failing or silent.
        headers: sent with each request.
        extra_body: further fields of each request.

    Raises:
        MissingExtraError: the package `anthropic` is not installed (on first use).
        ConfigError: there is no key and no `base_url` (on first use).
    """

    def __init__(
        self,
        model: str,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        self._model = model
        self._base_url = base_url
        self._api_key = Secret(api_key) if api_key is not None else None
        self._timeout = timeout
        self._max_retries = max_retries
        self._headers = dict(headers or {})
        self._extra = dict(extra_body or {})
        self._lock = threading.Lock()
        self._client: Anthropic | None = None
        self._format = 0
        self._left_out: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """``anthropic:<model>``."""
        return f"anthropic:{self._model}"

    def __repr__(self) -> str:
        where = f", base_url={without_login(self._base_url)!r}" if self._base_url else ""
        return f"AnthropicLLM({self.name!r}{where})"

    def complete(self, request: LLMRequest) -> LLMReply:
        """The model's reply; with a schema, its text is JSON as far as the model could be made to promise it.

        Raises:
            LLMTimeoutError: no answer in time, retries included.
            LLMUnavailableError: refused, unreachable, out of quota, or the answer is not a message.
        """
        answer = self._send(request, stream=False)
        try:
            text = "".join(_said(block) for block in answer.content)
            tokens = _tokens(answer.usage, {})
            model, stopped = str(answer.model or self._model), answer.stop_reason
        except (AttributeError, TypeError, ValueError):
            raise self._strange() from None
        return self._reply(request, text, model, stopped, tokens)

    def stream(self, request: LLMRequest) -> Generator[str, None, LLMReply]:
        """The reply piece by piece; then the whole of it.

        Raises:
            LLMTimeoutError, LLMUnavailableError: as `complete`, also half-way.
        """
        events = self._send(request, stream=True)
        said: list[str] = []
        model, stopped, counted, ended = self._model, None, cast("dict[str, int]", {}), False
        try:
            for event in events:
                if event.type == "message_start":
                    model = str(event.message.model or model)
                    _tokens(event.message.usage, counted)
                elif event.type == "content_block_delta" and (piece := _said(event.delta)):
                    said.append(piece)
                    yield piece
                elif event.type == "message_delta":
                    stopped = event.delta.stop_reason
                    _tokens(event.usage, counted)
                ended = ended or event.type == "message_stop"
        except (AttributeError, TypeError, ValueError):
            raise self._strange() from None
        except Exception as e:  # noqa: BLE001  (the SDK lets its HTTP client's errors through while streaming)
            raise translated(e, self.name, self._key()) from None
        finally:
            close: Callable[[], None] = getattr(events, "close", lambda: None)
            close()
        if not ended:
            raise LLMUnavailableError(f"{self.name} broke off before the reply was whole. Try again later.")
        return self._reply(request, "".join(said), model, stopped, _tokens(None, counted))

    def _reply(self, request: LLMRequest, text: str, model: str, stopped: Any, tokens: tuple[int, int, int]) -> LLMReply:
        if stopped == "refusal" or (not text and request.schema is not None):
            raise LLMUnavailableError(f"{self.name} gave no answer: {stopped or 'empty reply'}.")
        return LLMReply(unfenced(text) if request.schema else text, model, *tokens)

    def _strange(self) -> LLMUnavailableError:
        return LLMUnavailableError(f"{self.name} answered with something that is not a message. Check base_url.")

    def _key(self) -> str | None:
        return self._api_key or os.environ.get(KEY)

    def _connected(self) -> Anthropic:
        try:
            import anthropic
        except ImportError as e:
            raise MissingExtraError("This needs Anthropic's SDK. Run: pip install 'perdure[anthropic]'", setting="anthropic") from e
        with self._lock:
            if self._client is None:
                elsewhere = self._base_url or os.environ.get("ANTHROPIC_BASE_URL")
                key = self._key() or ("none" if elsewhere else "")
                if not key:
                    raise ConfigError(f"No key for Anthropic: set {KEY}, or give api_key.", setting="api_key")
                self._client = anthropic.Anthropic(
                    api_key=Secret(key), base_url=self._base_url, max_retries=self._max_retries, default_headers=self._headers
                )
            return self._client

    def _send(self, request: LLMRequest, *, stream: bool) -> Any:
        create: Callable[..., Any] = self._connected().messages.create
        # Each weakening happens at most once, so this ends.
        while True:
            sent = self._arguments(request)
            try:
                return create(**sent, stream=stream, timeout=self._timeout or request.timeout)
            except Exception as e:  # noqa: BLE001  (the SDK's errors, and its HTTP client's; all become ours)
                if not self._weaken(e, sent):
                    raise translated(e, self.name, self._key()) from None

    def _arguments(self, request: LLMRequest) -> dict[str, Any]:
        # The API refuses a text without a visible character.
        system: list[dict[str, Any]] = [
            {"type": "text", "text": t.content} for t in request.turns if t.role == "system" and t.content.strip()
        ]
        turns = [{"role": t.role, "content": t.content if t.content.strip() else "-"} for t in request.turns if t.role != "system"]
        # Fields that not every version of the SDK has a parameter for go as they are.
        body: dict[str, Any] = {} if "temperature" in self._left_out else {"temperature": request.temperature}
        arguments: dict[str, Any] = {
            "model": self._model,
            "max_tokens": request.max_tokens,
            "messages": turns or [{"role": "user", "content": "-"}],
            "extra_body": body | self._extra,
        }
        if request.schema is not None:
            level = _LEVELS[self._format]
            if level == "json_schema":
                arguments["extra_body"] |= {"output_config": {"format": {"type": level, "schema": _supported(request.schema)}}}
            elif level == "tool":
                tool = {"name": request.schema_name, "description": "Gives the answer.", "input_schema": request.schema}
                arguments |= {"tools": [tool], "tool_choice": {"type": "tool", "name": request.schema_name}}
            else:
                asked = "Answer with one JSON object and nothing else. It must satisfy this JSON Schema:\n" + json.dumps(request.schema)
                system.append({"type": "text", "text": asked})
        if system:
            if "cache_control" not in self._left_out:
                system[0]["cache_control"] = {"type": "ephemeral"}
            arguments["system"] = system
        return arguments

    def _weaken(self, error: Exception, sent: dict[str, Any]) -> bool:
        """Whether `error` refuses something that was sent and that we can do without; if so, it is not sent again."""
        if getattr(error, "status_code", None) not in (400, 404, 415, 422, 501):
            return False
        said = str(error).casefold()
        structured = "output_config" in sent["extra_body"] and "output_config" not in self._extra
        with self._lock:
            if structured and any(word in said for word in ("output_config", "output_format", "schema", "structured", "grammar")):
                self._format = max(self._format, 1)
            elif "tools" in sent and any(word in said for word in ("tool", "schema")):
                self._format = max(self._format, 2)
            elif "temperature" in sent["extra_body"] and "temperature" in said and "temperature" not in self._left_out:
                self._left_out |= {"temperature"}
            elif "cache_control" in said and "cache_control" not in self._left_out:
                self._left_out |= {"cache_control"}
            else:
                return False
        return True


def _said(block: Any) -> str:
    """What a block of a message, or a piece of one, says: its text, or the arguments of the tool that was called; never its thinking."""
    match block.type:
        case "text" | "text_delta":
            return block.text
        case "tool_use":
            return json.dumps(block.input, ensure_ascii=False)
        case "input_json_delta":
            return block.partial_json
        case _:
            return ""


def _tokens(usage: Any, counted: dict[str, int]) -> tuple[int, int, int]:
    """Of the whole prompt, of the reply, and of the prompt from the cache. `counted` keeps what a stream says bit by bit.

    Anthropic's ``input_tokens`` leaves out what was read from the cache and what was written to it.
    """
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"):
        value = getattr(usage, name, None)
        if value is not None:
            counted[name] = int(value)
    read = counted.get("cache_read_input_tokens", 0)
    return counted.get("input_tokens", 0) + read + counted.get("cache_creation_input_tokens", 0), counted.get("output_tokens", 0), read


def _supported(schema: Any) -> Any:
    """`schema` as structured output takes it: every object closed, and what is not supported moved into the description."""
    if isinstance(schema, list):
        return [_supported(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    node = cast("dict[str, Any]", schema)
    made: dict[str, Any] = {}
    for name, value in node.items():
        if name in ("properties", "$defs", "definitions") and isinstance(value, dict):
            made[name] = {key: _supported(inner) for key, inner in cast("dict[str, Any]", value).items()}
        elif name in ("enum", "const", "required", "default", "examples"):
            made[name] = value
        elif name not in _UNSUPPORTED:
            made[name] = _supported(value)
    if limits := ", ".join(f"{name}: {node[name]}" for name in sorted(_UNSUPPORTED & node.keys())):
        made["description"] = f"{made.get('description', '')} ({limits})".strip()
    if node.get("type") == "object" or "properties" in node:
        made["additionalProperties"] = False
    return made
