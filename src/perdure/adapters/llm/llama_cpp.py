"""A model on this machine, through llama.cpp: from a GGUF file, or from a llama.cpp server that is running already.

Either way llama.cpp's own server does the work and is spoken to over HTTP, because that is where a request can be given up: a timeout,
Ctrl-C or a stream that is closed half-way ends the connection, and the server stops computing. For a file the server is a child process
on a free port of 127.0.0.1, with a key of its own; it starts on first use and ends with the LLM, with `close`, or with this process.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Generator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Self, cast

from perdure.adapters.llm import llama_cpp_engine
from perdure.adapters.llm.openai import OpenAILLM
from perdure.adapters.llm.servers import SERVERS, Connection, without_login
from perdure.errors import ConfigError, LLMTimeoutError, LLMUnavailableError, MissingExtraError
from perdure.ports import LLMReply, LLMRequest

CONTEXT: Final = 8192
"""Tokens of prompt and reply together. An extraction takes some 1,500 of instructions, the conversation, and at most 4,096 of reply."""
MAGIC: Final = b"GGUF"
LOG: Final = 20
"""Lines of llama.cpp's log that are kept: the first errors say why, what follows only says that."""
_LOGGED: Final = re.compile(r"^[\d.]+ [A-Z] +(?:\w+:? +)?")
_TOO_LONG: Final = re.compile(r"exceed_context_size|exceeds? the available context|context size has been exceeded", re.IGNORECASE)


class LlamaCpp:
    """An LLM that llama.cpp runs: ``llama_cpp:/path/model.gguf``, ``llama_cpp:http://127.0.0.1:8080``, ``llama_cpp:model@http://…``.

    Args:
        where: a GGUF file, or the address of a llama.cpp server (default http://localhost:8080); with `base_url` the model's name.
        base_url: the address of a llama.cpp server.
        model: what a server calls the model; needed only if it serves several. Default: the one it serves.
        n_ctx: tokens of prompt and reply together; default 8192. Of a file only: a server has its own.
        n_threads: for computing; default: llama.cpp's choice, one a core. Of a file only.
        max_tokens: of any reply, if a request allows more: a small model may repeat itself until it is stopped.
        api_key: of a server that wants one; default LLAMA_CPP_API_KEY.
        timeout: seconds, instead of each request's own.

    Raises:
        ConfigError: there is no such file, it is no GGUF, or an option does not fit.
        MissingExtraError: the package `xllamacpp` is not installed.

    A model that is still being loaded when a request's time is up is loaded on: the next request finds it.
    """

    def __init__(
        self, where: str = "", *, base_url: str | None = None, model: str | None = None, n_ctx: int | None = None,
        n_threads: int | None = None, max_tokens: int | None = None, api_key: str | None = None, timeout: float | None = None,
    ) -> None:  # fmt: skip
        if base_url is not None:
            where, model = base_url, model or where or None
        where = where or SERVERS["llama_cpp"].url
        for option, value in (("n_ctx", n_ctx), ("n_threads", n_threads), ("max_tokens", max_tokens)):
            if value is not None and (type(value) is not int or value < 1):
                raise ConfigError(f"{option} must be a whole number above 0, not {value!r}.", setting=f"llm.{option}")
        self._model, self._timeout, self._max_tokens = model, timeout, max_tokens
        self._lock = threading.Lock()
        self._speaker: OpenAILLM | None = None
        self._heard: _Talk | None = None
        self._engine: _Engine | None = None
        self._server: Connection | None = None
        self._closed = False
        if where.startswith(("http://", "https://")):
            for option, value in (("n_ctx", n_ctx), ("n_threads", n_threads)):
                if value is not None:
                    raise ConfigError(f"{option} is the server's: start llama-server with it.", setting=f"llm.{option}")
            self._server = Connection("llama_cpp", where.rstrip("/").removesuffix("/v1") + "/v1", api_key, max_retries=0)
            self._called = model or self._server.shown.removesuffix("/v1").partition("://")[2]
        else:
            path = checked(where)
            self._called = path.name
            self._engine = _Engine(path, n_ctx or CONTEXT, n_threads)

    @property
    def name(self) -> str:
        """``llama_cpp:<file name>``; of a server ``llama_cpp:<model, or host and port>``."""
        return f"llama_cpp:{self._called}"

    def __repr__(self) -> str:
        return f"LlamaCpp({self._called!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Frees the model: its process ends. Requests under way fail, and so does whatever is asked afterwards."""
        with self._lock:
            self._closed = True
        if self._engine is not None:
            self._engine.stop()

    def complete(self, request: LLMRequest) -> LLMReply:
        """The model's reply; with a schema, its text is JSON that satisfies it unless it was cut off by `max_tokens`.

        Raises:
            LLMTimeoutError: no answer in time. LLMUnavailableError: the model cannot be loaded or the server not be reached, or the
                prompt does not fit into the context.
        """
        speaker, request = self._ready(request)
        try:
            return speaker.complete(request)
        except LLMUnavailableError as e:
            raise self._explained(e) from None

    def stream(self, request: LLMRequest) -> Generator[str, None, LLMReply]:
        """The reply piece by piece; then the whole of it. Closing it half-way stops the model.

        Raises:
            LLMTimeoutError, LLMUnavailableError: as `complete`, also half-way.
        """
        speaker, request = self._ready(request)
        try:
            return (yield from speaker.stream(request))
        except LLMUnavailableError as e:
            raise self._explained(e) from None

    def _ready(self, request: LLMRequest) -> tuple[OpenAILLM, LLMRequest]:
        """Who to ask, and the request with what is left of its time."""
        allowed = self._timeout or request.timeout
        until = time.monotonic() + allowed
        if self._closed:
            raise LLMUnavailableError(f"{self.name} was closed.")
        speaker = self._met(allowed) if self._engine is None else self._loaded(self._engine, until, allowed)
        most = min(request.max_tokens, self._max_tokens or request.max_tokens)
        return speaker, replace(request, timeout=max(0.001, until - time.monotonic()), max_tokens=most)

    def _loaded(self, engine: _Engine, until: float, allowed: float) -> OpenAILLM:
        """The client for the process with the model, once that has been loaded."""
        with self._lock:
            if self._closed:
                raise LLMUnavailableError(f"{self.name} was closed.")
            talk = engine.running(self.name)
        # Not under the lock: whoever has less patience must not wait for the one with more.
        if not talk.heard.wait(max(0.0, until - time.monotonic())):
            raise LLMTimeoutError(f"{self.name} is still being loaded after {allowed:g} s. Ask again in a while, or raise the timeout.")
        if "url" not in talk.said:
            if self._closed:
                raise LLMUnavailableError(f"{self.name} was closed.")
            raise LLMUnavailableError(
                f"{self.name}: llama.cpp cannot load it: {talk.why()}. The file may be damaged or of a newer format, or too large for this "
                f"machine's memory with n_ctx={engine.n_ctx:,}."
            )
        with self._lock:
            if self._heard is not talk or self._speaker is None:
                self._speaker = _Local(self._called, server="llama_cpp", base_url=talk.said["url"] + "/v1", api_key=talk.key, max_retries=0)
                self._speaker.guided = bool(talk.said["guided"])
                self._heard = talk
            return self._speaker

    def _met(self, timeout: float) -> OpenAILLM:
        """The client for a server; it is asked for the name of its model, which then stands in every source."""
        if self._speaker is not None:
            return self._speaker
        server = cast("Connection", self._server)
        model = self._model
        if model is None:
            try:
                models = [str(m.id) for m in server.client().models.list(timeout=timeout).data]
            except (AttributeError, TypeError, ValueError):
                raise LLMUnavailableError(f"{self.name} is no llama.cpp server: it does not say which models it has.") from None
            except Exception as e:  # noqa: BLE001  (the SDK's errors, and its HTTP client's; all become ours)
                raise server.translated(e, self.name) from None
            if len(models) > 1:
                raise ConfigError(f"{self.name} serves several models: {', '.join(models)[:300]}. Name one: model=…", setting="model")
            model = models[0] if models else "default"
        self._speaker = OpenAILLM(model, server="llama_cpp", base_url=server.base_url, api_key=server.api_key, max_retries=0)
        return self._speaker

    def _explained(self, error: LLMUnavailableError) -> LLMUnavailableError:
        """`error`, with what to do if the prompt was too long or the model's process died."""
        said = str(error)
        if _TOO_LONG.search(said):
            tokens = re.search(r"request \((\d+) tokens\)", said)
            prompt = f"the prompt's {int(tokens[1]):,} tokens do" if tokens else "the prompt does"
            how = f"n_ctx={self._engine.n_ctx:,} given here" if self._engine is not None else "--ctx-size of the server"
            return LLMUnavailableError(f"{self.name}: {prompt} not fit into its context. Raise n_ctx ({how}), or send less.")
        if self._closed:
            return LLMUnavailableError(f"{self.name} was closed.")
        if self._engine is not None and "reached" in said and (died := self._engine.died()):
            return LLMUnavailableError(f"{self.name}: llama.cpp's process ended ({died}). It is started again with the next request.")
        return error


class _Local(OpenAILLM):
    """The client for a process of ours. Its grammar leaves no room for layout: line breaks and indents are tokens to wait for."""

    guided = False

    def _arguments(self, request: LLMRequest, *, stream: bool) -> dict[str, Any]:
        arguments = super()._arguments(request, stream=stream)
        if self.guided and request.schema is not None:
            del arguments["response_format"]
            schema = request.schema | {"x-guidance": {"whitespace_flexible": False}}
            arguments["extra_body"] = {"grammar": f"%llguidance {{}}\nstart: %json {json.dumps(schema)}"}
        return arguments


class _Engine:
    """The child process with the model: started when it is first needed, and again when it has died."""

    def __init__(self, path: Path, n_ctx: int, n_threads: int | None) -> None:
        self.n_ctx = n_ctx
        self._settings = {"path": str(path.absolute()), "n_ctx": n_ctx, "n_threads": n_threads}
        self._process: subprocess.Popen[str] | None = None
        self._end: weakref.finalize[Any, Any] | None = None
        self._talk = _Talk("")

    def running(self, name: str) -> _Talk:
        """What the process, started if need be, says.

        Raises:
            LLMUnavailableError: it cannot be started.
        """
        if self._process is None or self._process.poll() is not None:
            self._start(name)
        return self._talk

    def _start(self, name: str) -> None:
        self._talk = _Talk(secrets.token_urlsafe(24))
        command = [sys.executable, "-P", llama_cpp_engine.__file__]
        try:
            self._process = process = subprocess.Popen(  # noqa: S603  (our own file, run by this Python)
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                start_new_session=True,  # Ctrl-C in the terminal is the parent's business
            )  # fmt: skip
            self._end = weakref.finalize(self, _end, process, os.getpid())
            cast("Any", process.stdin).write(json.dumps(self._settings | {"key": self._talk.key}) + "\n")
            cast("Any", process.stdin).flush()
        except OSError as e:
            raise LLMUnavailableError(f"{name}: llama.cpp's process cannot be started: {e}. Or run llama-server and give its URL.") from e
        threading.Thread(target=self._talk.listen, args=(process.stdout,), name="perdure-llama-cpp", daemon=True).start()

    def died(self) -> str:
        """How it ended, or "" if it has not."""
        try:  # it is heard of a little later than the connection breaks
            return f"exit code {self._process.wait(0.5)}" if self._process is not None else ""
        except subprocess.TimeoutExpired:
            return ""

    def stop(self) -> None:
        """Ends the process, if there is one, and waits until it is gone."""
        if self._end is not None:
            self._end()


class _Talk:
    """What the process says: one line that matters, and a log of which the beginning is kept. `key`: the one it asks for."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.heard = threading.Event()
        self.said: dict[str, Any] = {}
        self._log: list[str] = []

    def listen(self, lines: Any) -> None:
        """Reads until the process ends."""
        try:
            for line in lines:
                if line.startswith(llama_cpp_engine.HELLO):
                    self.said = json.loads(line.removeprefix(llama_cpp_engine.HELLO))
                    self.heard.set()
                elif len(self._log) < LOG:
                    self._log.append(_LOGGED.sub("", line).strip())
        except ValueError:
            pass  # the pipe was closed under us
        finally:
            self.heard.set()

    def why(self) -> str:
        """The reason for a failure, as far as llama.cpp gave one."""
        error = str(self.said.get("error") or "its process ended")
        said = next((line for line in self._log if "error" in line), self._log[0] if self._log else error)
        return " ".join(said.split())[:300].rstrip(".")


def _end(process: subprocess.Popen[str], parent: int) -> None:
    """Ends a process of ours; a fork of its parent has no right to."""
    if os.getpid() != parent:
        return
    process.kill()  # it holds nothing that would have to be saved
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue


def checked(where: str) -> Path:
    """The path of a GGUF file.

    Raises:
        ConfigError: there is none, or it is something else. MissingExtraError: what would load it is not installed.
    """
    path = Path(where).expanduser()
    try:
        with path.open("rb") as f:
            magic = f.read(len(MAGIC))
    except OSError as e:
        raise ConfigError(
            f"llama_cpp:{without_login(where)}: {e.strerror}. Give the path of a GGUF file, or the URL of a llama.cpp server.",
            setting="llm",
        ) from e
    if magic != MAGIC:
        raise ConfigError(
            f"{path} is no GGUF file: it does not begin with the letters GGUF. Convert the model, or get it as GGUF.", setting="llm"
        )
    if find_spec("xllamacpp") is None:
        raise MissingExtraError("A model file needs llama.cpp. Run: pip install 'perdure[llama-cpp]'", setting="llm")
    return path
