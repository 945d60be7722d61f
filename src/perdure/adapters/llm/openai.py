"""Any server that speaks OpenAI's chat-completions API, through the official SDK.

Servers differ in what they accept. A parameter that one refuses (``response_format``, ``temperature``, the token limit's name) is
weakened or left out, the request is sent again, and the instance remembers. Retries of what may pass (429, 5xx, no connection,
timeouts) are the SDK's: exponential, with jitter, heeding ``Retry-After``.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from perdure.errors import ConfigError, LLMTimeoutError, LLMUnavailableError, MissingExtraError, PerdureError
from perdure.ports import LLMReply, LLMRequest

if TYPE_CHECKING:
    from openai import OpenAI

_LEVELS: Final = ("json_schema", "json_object", "text")
_KEY_LIKE: Final = re.compile(r"\b(?:sk|key|hf|gsk|xai|pplx)[-_][\w*.-]{6,}|(?i:bearer\s+)\S+")
_FENCED: Final = re.compile(r"\s*```[a-zA-Z]*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


class OpenAILLM:
    """An LLM behind the chat-completions API: OpenAI's own, or vLLM, Ollama, llama.cpp, LM Studio and others at `base_url`.

    Args:
        model: the model's name as the server knows it.
        base_url: the server, e.g. ``http://localhost:11434/v1``; default ``OPENAI_BASE_URL``, else OpenAI.
        api_key: default ``OPENAI_API_KEY``; a local server needs none.
        timeout: seconds for one attempt, instead of the request's own.
        max_retries: further attempts when the server is busy, failing or silent.

    Raises:
        MissingExtraError: the package `openai` is not installed (on first use).
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
    ) -> None:
        self._model = model
        self._base_url = base_url
        self._api_key = api_key
        self._timeout = timeout
        self._max_retries = max_retries
        self._lock = threading.Lock()
        self._client: OpenAI | None = None
        self._format = 0
        self._limit: Literal["max_completion_tokens", "max_tokens"] = "max_tokens" if base_url else "max_completion_tokens"
        self._left_out: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """``openai:<model>``."""
        return f"openai:{self._model}"

    def __repr__(self) -> str:
        where = f", base_url={_without_login(self._base_url)!r}" if self._base_url else ""
        return f"OpenAILLM({self._model!r}{where})"

    def complete(self, request: LLMRequest) -> LLMReply:
        """The model's reply; with a schema, its text is JSON as far as the server could be made to promise it.

        Raises:
            LLMTimeoutError: no answer in time, retries included.
            LLMUnavailableError: refused, unreachable, out of quota, or the answer is not a chat completion.
        """
        answer = self._send(request, stream=False)
        try:
            choice = answer.choices[0]
            text, refusal = choice.message.content, getattr(choice.message, "refusal", None)
            usage = answer.usage
            tokens = (int(usage.prompt_tokens or 0), int(usage.completion_tokens or 0)) if usage else (0, 0)
        except (AttributeError, IndexError, TypeError, ValueError):
            raise self._strange() from None
        if not isinstance(text, str):
            raise LLMUnavailableError(f"{self.name} gave no text: {str(refusal or 'empty answer')[:200]}.")
        return LLMReply(_unfenced(text) if request.schema else text, str(answer.model or self._model), *tokens)

    def stream(self, request: LLMRequest) -> Iterator[str]:
        """The reply piece by piece.

        Raises:
            LLMTimeoutError, LLMUnavailableError: as `complete`, also half-way.
        """
        pieces = self._send(request, stream=True)
        try:
            for piece in pieces:
                if piece.choices and piece.choices[0].delta and piece.choices[0].delta.content:
                    yield piece.choices[0].delta.content
        except (AttributeError, IndexError, TypeError, ValueError):
            raise self._strange() from None
        except Exception as e:  # noqa: BLE001  (the SDK lets its HTTP client's errors through while streaming)
            raise translated(e, self.name, self._api_key) from None
        finally:
            close: Callable[[], None] = getattr(pieces, "close", lambda: None)
            close()

    def _strange(self) -> LLMUnavailableError:
        return LLMUnavailableError(f"{self.name} answered with something that is not a chat completion. Check base_url.")

    def _send(self, request: LLMRequest, *, stream: bool) -> Any:
        with self._lock:
            if self._client is None:
                self._client = make_client(self._base_url, self._api_key, self._max_retries)
        create: Callable[..., Any] = self._client.chat.completions.create
        # Each weakening happens at most once, so this ends: two of the format, one of the limit, one of the temperature.
        while True:
            sent = self._arguments(request)
            try:
                return create(**sent, stream=stream, timeout=self._timeout or request.timeout)
            except Exception as e:  # noqa: BLE001  (the SDK's errors, and its HTTP client's; all become ours)
                if not self._weaken(e, sent):
                    raise translated(e, self.name, self._api_key) from None

    def _arguments(self, request: LLMRequest) -> dict[str, Any]:
        turns = [{"role": turn.role, "content": turn.content} for turn in request.turns]
        arguments: dict[str, Any] = {"model": self._model, "messages": turns, self._limit: request.max_tokens}
        if "temperature" not in self._left_out:
            arguments["temperature"] = request.temperature
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


def make_client(base_url: str | None, api_key: str | None, max_retries: int) -> OpenAI:
    """The SDK's client.

    Raises:
        MissingExtraError: the package is not installed.
        ConfigError: no key, and no server that could do without one.
    """
    try:
        import openai
    except ImportError as e:
        raise MissingExtraError("This needs the OpenAI SDK. Run: pip install 'perdure[openai]'", setting="openai") from e
    key = api_key or os.environ.get("OPENAI_API_KEY") or ("none" if base_url or os.environ.get("OPENAI_BASE_URL") else "")
    if not key:
        raise ConfigError("No key for OpenAI: set OPENAI_API_KEY, or name a server that needs none with base_url.", setting="api_key")
    return openai.OpenAI(api_key=key, base_url=base_url, max_retries=max_retries)


def translated(error: Exception, name: str, api_key: str | None) -> PerdureError:
    """An error of the SDK as one of ours, without the key."""
    import openai

    if isinstance(error, PerdureError):
        return error
    said = str(error)
    if key := api_key or os.environ.get("OPENAI_API_KEY"):
        said = said.replace(key, "[redacted:api_key]")
    said = _KEY_LIKE.sub("[redacted:api_key]", " ".join(said.split()))[:300]
    if isinstance(error, openai.APITimeoutError) or "timeout" in type(error).__name__.casefold():
        return LLMTimeoutError(f"{name} did not answer in time. Raise the timeout, or try again later.")
    if isinstance(error, openai.APIConnectionError):
        return LLMUnavailableError(f"{name} cannot be reached: {said} Check base_url and that the server is running.")
    advice = {
        401: "Check the API key.",
        403: "Check what the API key may do.",
        404: "Check the model's name and base_url.",
        413: "The prompt is too long for the server.",
        429: "Out of quota or too many requests: wait, or raise the limit.",
    }.get(getattr(error, "status_code", 0), "")
    return LLMUnavailableError(f"{name} failed: {said or type(error).__name__} {advice}".strip())


def _unfenced(text: str) -> str:
    """`text` without the Markdown fence that chat models put around JSON."""
    match = _FENCED.match(text)
    return match[1] if match else text


def _without_login(url: str | None) -> str:
    return re.sub(r"//[^/@]*@", "//", url or "").partition("?")[0]


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
