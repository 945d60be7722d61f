"""Every other provider, through pydantic-ai: ``google:gemini-…``, ``bedrock:…``, ``cohere:…`` and whatever else it knows.

pydantic-ai is asynchronous. Its calls run on one event loop in a thread of its own, so that they work alike in scripts, threads and
notebooks, and an HTTP connection never outlives the loop it belongs to. Structured output is asked for natively where the model's
profile says it can, else as the arguments of a tool.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import queue
import threading
from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Generator, Mapping
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar, cast

from perdure.adapters.llm.replies import unfenced
from perdure.adapters.llm.servers import Secret, translated, without_keys, without_login
from perdure.errors import ConfigError, LLMUnavailableError, MissingExtraError, PerdureError
from perdure.ports import LLMReply, LLMRequest, Turn

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

T = TypeVar("T")
#: What a provider's class may call our settings.
_CALLED: Final = {"base_url": ("base_url", "api_base"), "api_key": ("api_key",)}


class PydanticAILLM:
    """A model by pydantic-ai's name for it, or one of its `Model` objects.

    Args:
        model: ``<provider>:<model>`` as pydantic-ai writes it, e.g. ``google:gemini-2.5-flash``; or a `pydantic_ai.models.Model`.
        base_url: the provider's address, where it can be chosen.
        api_key: default the environment variable that pydantic-ai's provider reads.
        timeout: seconds for a call, retries included, and for each piece of a stream; instead of the request's own.
        max_retries: further attempts; default the provider's.
        headers: sent with each request. extra_body: further fields of each request. Where the provider takes them.

    Raises:
        MissingExtraError: pydantic-ai-slim, or the provider's own package, is not installed (on first use).
        ConfigError: pydantic-ai does not know the provider, or misses a key (on first use).
    """

    def __init__(
        self,
        model: str | Model,
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> None:
        self._wanted = model
        self._given = {"base_url": base_url, "api_key": Secret(api_key) if api_key is not None else None}
        self._timeout = timeout
        self._settings = {"max_retries": max_retries, "extra_headers": dict(headers or {}), "extra_body": dict(extra_body or {})}
        self._lock = threading.Lock()
        self._model: Model | None = None

    @classmethod
    def named(cls, provider: str, model: str, **options: Any) -> Self:
        """The LLM that ``<provider>:<model>`` names, or ``pydantic_ai:<provider>:<model>``."""
        return cls(model if provider == "pydantic_ai" else f"{provider}:{model}", **options)

    @property
    def name(self) -> str:
        """``<provider>:<model>``."""
        if isinstance(self._wanted, str):
            return self._wanted
        return f"{self._wanted.system}:{self._wanted.model_name}".rstrip(":")

    def __repr__(self) -> str:
        where = f", base_url={without_login(self._given['base_url'])!r}" if self._given["base_url"] else ""
        return f"PydanticAILLM({self.name!r}{where})"

    def complete(self, request: LLMRequest) -> LLMReply:
        """The model's reply; with a schema, its text is JSON as far as the model could be made to promise it.

        Raises:
            LLMTimeoutError: no answer in time, retries included.
            LLMUnavailableError: refused, unreachable, out of quota, or the answer holds no text.
        """
        model, asked = self._opened(), _messages(request)
        settings, parameters = self._asked_for(request), _parameters(request, model)

        async def ask() -> ModelResponse:
            from pydantic_ai.direct import model_request

            async with asyncio.timeout(self._timeout or request.timeout):
                return await model_request(model, asked, model_settings=settings, model_request_parameters=parameters)

        try:
            answer = _run(ask())
        except Exception as e:  # noqa: BLE001  (any provider's library may raise anything; all becomes ours)
            raise self._translated(e) from None
        return self._reply(request, answer)

    def stream(self, request: LLMRequest) -> Generator[str, None, LLMReply]:
        """The reply piece by piece; then the whole of it.

        Raises:
            LLMTimeoutError, LLMUnavailableError: as `complete`, also half-way.
        """
        model, asked = self._opened(), _messages(request)
        settings, parameters = self._asked_for(request), _parameters(request, model)
        patience = self._timeout or request.timeout
        pieces: queue.SimpleQueue[str | ModelResponse | BaseException] = queue.SimpleQueue()

        async def read() -> None:
            from pydantic_ai.direct import model_request_stream

            try:
                async with asyncio.timeout(None) as limit:
                    waiting = asyncio.get_running_loop().time
                    limit.reschedule(waiting() + patience)
                    streamed = model_request_stream(model, asked, model_settings=settings, model_request_parameters=parameters)
                    async with streamed as response:
                        async for text in _texts(response):
                            limit.reschedule(waiting() + patience)
                            if text:
                                pieces.put(text)
                        answer = response.get()
                pieces.put(answer)
            except BaseException as e:
                pieces.put(e)
                raise

        reading = asyncio.run_coroutine_threadsafe(read(), _loop())
        try:
            while isinstance(piece := pieces.get(), str):
                yield piece
        finally:
            reading.cancel()  # closes the connection when the reader gave up; nothing when the stream has ended
        if isinstance(piece, BaseException):
            raise self._translated(piece) from None
        return self._reply(request, piece)

    def _opened(self) -> Model:
        with self._lock:
            if self._model is None:
                try:
                    self._model = self._made()
                except Exception as e:  # noqa: BLE001
                    ours = self._translated(e)
                    # Nothing has been asked yet: what is wrong is the name or a setting.
                    raise ours if isinstance(ours, ConfigError) else ConfigError(str(ours), setting="llm") from None
            return self._model

    def _made(self) -> Model:
        try:
            from pydantic_ai.models import infer_model
            from pydantic_ai.providers import infer_provider, infer_provider_class
        except ImportError as e:
            raise MissingExtraError("This needs pydantic-ai. Run: pip install 'perdure[providers]'", setting="providers") from e
        given = {name: value for name, value in self._given.items() if value is not None}

        def provider(name: str) -> Any:
            if not given:
                return infer_provider(name)
            made: Any = infer_provider_class(name)
            takes = inspect.signature(made).parameters
            options = {next((c for c in _CALLED[key] if c in takes), key): value for key, value in given.items()}
            for option in options:
                if option not in takes:
                    raise ConfigError(f"{self.name}: pydantic-ai's provider {name!r} has no setting {option!r}.", setting=option)
            return made(**options)

        return infer_model(self._wanted, provider)

    def _asked_for(self, request: LLMRequest) -> ModelSettings:
        settings = {name: value for name, value in self._settings.items() if value not in (None, {})}
        return cast("ModelSettings", {"max_tokens": request.max_tokens, "temperature": request.temperature, **settings})

    def _reply(self, request: LLMRequest, answer: ModelResponse) -> LLMReply:
        said = [part.content for part in answer.parts if part.part_kind == "text"]
        called = [
            part.args if isinstance(part.args, str) else json.dumps(part.args) for part in answer.parts if part.part_kind == "tool-call"
        ]
        text = called[0] if called and request.schema is not None else "".join(said)
        if not text:
            raise LLMUnavailableError(f"{self.name} gave no text: {answer.finish_reason or 'empty answer'}.")
        usage = answer.usage
        model = str(answer.model_name or self.name)
        text = unfenced(text) if request.schema is not None else text
        return LLMReply(text, model, usage.input_tokens or 0, usage.output_tokens or 0, usage.cache_read_tokens or 0)

    def _translated(self, error: BaseException) -> PerdureError:
        if isinstance(error, PerdureError):
            return error
        kind, said = type(error).__name__, without_keys(str(error), self._given["api_key"], *_keys_of_the_environment())
        if isinstance(error, ImportError):
            return MissingExtraError(f"{self.name}: {said}", setting="llm")
        if kind == "UserError":
            return ConfigError(f"{self.name}: {said}", setting="llm")
        if not isinstance(error, Exception):  # the loop was stopped: the process ends
            return LLMUnavailableError(f"{self.name} was interrupted.")
        safe = cast("Exception", type(kind, (Exception,), {"status_code": getattr(error, "status_code", 0)})(said))
        return translated(safe, self.name, None)


def _messages(request: LLMRequest) -> list[ModelMessage]:
    from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, TextPart, UserPromptPart

    # Several providers refuse a text without a visible character, and a prompt that is nothing but instructions.
    turns = [Turn(t.role, t.content if t.content.strip() else "-") for t in request.turns if t.content.strip() or t.role != "system"]
    if all(turn.role == "system" for turn in turns):
        turns.append(Turn("user", "-"))
    messages: list[ModelMessage] = []
    for turn in turns:
        if turn.role == "assistant":
            messages.append(ModelResponse([TextPart(turn.content)]))
            continue
        part = SystemPromptPart(turn.content) if turn.role == "system" else UserPromptPart(turn.content)
        last = messages[-1] if messages else None
        if isinstance(last, ModelRequest):
            messages[-1] = ModelRequest([*last.parts, part])
        else:
            messages.append(ModelRequest([part]))
    return messages


def _parameters(request: LLMRequest, model: Model) -> ModelRequestParameters:
    from pydantic_ai.models import ModelRequestParameters
    from pydantic_ai.output import OutputObjectDefinition
    from pydantic_ai.tools import ToolDefinition

    if request.schema is None:
        return ModelRequestParameters()
    if model.profile.get("supports_json_schema_output"):
        wanted = OutputObjectDefinition(json_schema=request.schema, name=request.schema_name)
        return ModelRequestParameters(output_mode="native", output_object=wanted)
    tool = ToolDefinition(name=request.schema_name, description="Gives the answer.", parameters_json_schema=request.schema, kind="output")
    return ModelRequestParameters(output_mode="tool", output_tools=[tool], allow_text_output=False)


async def _texts(events: AsyncIterable[Any]) -> AsyncIterator[str]:
    """What each event of a stream adds to the text, or to the arguments of the tool that stands for it; often nothing."""
    async for event in events:
        part = getattr(event, "part", None) if event.event_kind == "part_start" else getattr(event, "delta", None)
        kind = getattr(part, "part_kind", "") or getattr(part, "part_delta_kind", "")
        if kind == "text":
            yield getattr(part, "content", "") or getattr(part, "content_delta", "") or ""
        elif kind in ("tool-call", "tool_call"):
            arguments = getattr(part, "args", None) or getattr(part, "args_delta", None)
            yield arguments if isinstance(arguments, str) else ""
        else:
            yield ""


def _keys_of_the_environment() -> list[str]:
    """Values that may be a provider's key: pydantic-ai alone knows which variables it reads."""
    return [v for k, v in os.environ.items() if k.endswith(("_KEY", "_TOKEN", "_SECRET", "_PAT")) and len(v) >= 8]


_starting = threading.Lock()
_running: tuple[int, asyncio.AbstractEventLoop] | None = None


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process, in its own thread; a forked child starts one anew."""
    global _running
    with _starting:
        if _running is None or _running[0] != os.getpid():
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="perdure-pydantic-ai", daemon=True).start()
            _running = (os.getpid(), loop)
        return _running[1]


def _run(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine comes to, on the loop; when the waiting is interrupted, it is cancelled."""
    running = asyncio.run_coroutine_threadsafe(work, _loop())
    try:
        return running.result()
    except BaseException:
        running.cancel()
        raise
