"""A server on the loopback interface that speaks the wire protocols of OpenAI (chat completions, embeddings) and Anthropic (messages).

It checks what it is sent as the real ones do, streams as server-sent events, can be slow, busy or broken on cue, and keeps what came in:

    with Wire() as wire:
        OpenAILLM("tiny", base_url=wire.openai, api_key="sk-1").complete(request)
        wire.seen[0].body["messages"]
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Refuse:
    """Answer with this status, this message and these headers."""

    status: int
    message: str = "no"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Wait:
    """Say nothing until the server is closed, or the client is gone."""


@dataclass(frozen=True)
class Blanks:
    """Send the status at once and then blanks, as servers do that queue requests, until the client is gone; then `Wire.gone` is set."""


@dataclass(frozen=True)
class Endless:
    """Stream one word after another until the client is gone; then `Wire.gone` is set."""


@dataclass(frozen=True)
class BreakOff:
    """Stream the beginning of the reply, then cut the connection."""


@dataclass(frozen=True)
class Raw:
    """Answer with these bytes, whatever was asked."""

    data: bytes
    kind: str = "application/json"


Step = Refuse | Wait | Blanks | Endless | BreakOff | Raw | None


def city(prompt: str, schema: Any) -> str:
    """The default answer: the city in "I live in …", as JSON when that is asked for; else how the prompt ends."""
    found = re.findall(r"I live in (\w+)", prompt)
    text = found[-1] if found else prompt[-200:]
    return json.dumps({"city": text}, ensure_ascii=False) if schema else f"{text}."


class Wire:
    """The server. `answer`: from the prompt's text and the schema (or None) to the reply; `script`: what to do instead, call by call."""

    def __init__(self, answer: Callable[[str, Any], str] = city, *, script: list[Step] | None = None, cached: int = 0) -> None:
        self.answer, self.script, self.cached = answer, list(script or []), cached
        self.refused: dict[str, str] = {}  # field of a request: why it is refused
        self.dimensions = 8
        self.seen: list[Seen] = []
        self.gone = threading.Event()
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"wire": self}))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.root = f"http://127.0.0.1:{self._http.server_port}"
        self.openai, self.anthropic = f"{self.root}/v1", self.root

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def step(self, seen: Seen) -> Step:
        with self._lock:
            self.seen.append(seen)
            return self.script.pop(0) if self.script else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wire: Wire

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        try:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.casefold(): value for name, value in self.headers.items()}
            step = self.wire.step(Seen(self.path, headers, body))
            self.respond(body, step)
        except OSError:  # the client is gone
            self.wire.gone.set()
            self.close_connection = True

    def respond(self, body: dict[str, Any], step: Step) -> None:
        if isinstance(step, Wait):
            self.wire.closing.wait(20)
            self.close_connection = True
        elif isinstance(step, Blanks):
            self.start_stream("application/json")
            while not self.wire.closing.wait(0.02):
                self.wfile.write(b"1\r\n\n\r\n")
            self.close_connection = True
        elif isinstance(step, Refuse):
            self.refuse(step.status, step.message, step.headers)
        elif isinstance(step, Raw):
            self.send(200, step.data, {"Content-Type": step.kind})
        elif field_ := next((f for f in self.wire.refused if f in body), None):
            self.refuse(400, self.wire.refused[field_], {})
        elif "/chat/completions" in self.path:
            _Chat(self, body, step).answer()
        elif self.path.partition("?")[0].endswith("/messages"):
            _Messages(self, body, step).answer()
        elif "/embeddings" in self.path:
            self.embeddings(body)
        else:
            self.refuse(404, f"no such path: {self.path}", {})

    def refuse(self, status: int, message: str, headers: Mapping[str, str]) -> None:
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        self.send(status, json.dumps({"type": "error", "error": error}).encode(), {"Content-Type": "application/json", **headers})

    def send(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def json(self, value: Any) -> None:
        self.send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def start_stream(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def event(self, data: str, name: str = "") -> None:
        raw = ((f"event: {name}\n" if name else "") + f"data: {data}\n\n").encode()
        self.wfile.write(f"{len(raw):x}\r\n".encode() + raw + b"\r\n")
        self.wfile.flush()

    def end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def embeddings(self, body: dict[str, Any]) -> None:
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if not texts or any(not text for text in texts):
            return self.refuse(400, "input must not be empty", {})
        length = body.get("dimensions", self.wire.dimensions)
        rows = [{"object": "embedding", "index": i, "embedding": hashed(text, length)} for i, text in enumerate(texts)]
        return self.json({"object": "list", "data": rows, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}})


def hashed(text: str, length: int) -> list[float]:
    """A vector from the words of a text: texts that share words are near."""
    row = [0.001] * length
    for word in re.findall(r"\w+", text.casefold()) or [text]:
        row[int.from_bytes(hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=4).digest(), "big") % length] += len(word)
    return row


def pieces(text: str) -> list[str]:
    """A text as a model would write it, bit by bit."""
    return [text[i : i + 3] for i in range(0, len(text), 3)]


class _Chat:
    """One call of chat completions."""

    def __init__(self, handler: _Handler, body: dict[str, Any], step: Step) -> None:
        self.handler, self.wire, self.body, self.step = handler, handler.wire, body, step

    def answer(self) -> None:
        turns = self.body.get("messages")
        if not turns or any(turn["role"] not in ("system", "user", "assistant", "developer") for turn in turns):
            return self.handler.refuse(400, "messages are missing or of an unknown role", {})
        format_ = self.body.get("response_format") or {}
        schema = format_.get("json_schema", {}).get("schema")
        tools = self.body.get("tools")
        schema = tools[0]["function"]["parameters"] if tools else schema
        prompt = "\n".join(_plain(turn["content"]) for turn in turns)
        self.usage = {"prompt_tokens": len(prompt) // 4 + 1, "completion_tokens": 3, "total_tokens": len(prompt) // 4 + 4}
        self.usage["prompt_tokens_details"] = {"cached_tokens": min(self.wire.cached, self.usage["prompt_tokens"])}
        text = self.wire.answer(prompt, schema if schema is not None else (format_ if format_.get("type") == "json_object" else None))
        return self.stream(text) if self.body.get("stream") else self.handler.json(self.whole(text))

    def whole(self, text: str) -> dict[str, Any]:
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return {"id": "c1", "object": "chat.completion", "created": 1, "model": "tiny-1", "choices": [choice], "usage": self.usage}

    def stream(self, text: str) -> None:
        self.handler.start_stream()
        said = pieces(text)
        if isinstance(self.step, BreakOff):
            said = said[:1]
        for piece in said:
            self.chunk({"content": piece})
        if isinstance(self.step, BreakOff):
            self.handler.close_connection = True
            return
        while isinstance(self.step, Endless) and not self.wire.closing.wait(0.01):
            self.chunk({"content": " and so on"})
        self.chunk({}, "stop")
        if (self.body.get("stream_options") or {}).get("include_usage"):
            self.chunk(None, usage=self.usage)
        self.handler.event("[DONE]")
        self.handler.end_stream()

    def chunk(self, delta: Any, finished: str | None = None, **more: Any) -> None:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finished}]
        made = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "tiny-1", "choices": choices}
        self.handler.event(json.dumps(made | more))


class _Messages:
    """One call of Anthropic's messages."""

    def __init__(self, handler: _Handler, body: dict[str, Any], step: Step) -> None:
        self.handler, self.wire, self.body, self.step = handler, handler.wire, body, step

    def answer(self) -> None:
        turns, system = self.body.get("messages"), self.body.get("system") or []
        blocks = [{"type": "text", "text": system}] if isinstance(system, str) else system
        texts = [block["text"] for block in blocks] + [_plain(turn["content"]) for turn in turns or []]
        if not turns or "max_tokens" not in self.body or any(turn["role"] not in ("user", "assistant") for turn in turns):
            return self.handler.refuse(400, "messages or max_tokens are missing, or a role is unknown", {})
        if any(not text.strip() for text in texts):
            return self.handler.refuse(400, "text content blocks must contain non-whitespace text", {})
        wanted = (self.body.get("output_config") or {}).get("format")
        if wanted and _open_objects(wanted["schema"]):
            return self.handler.refuse(400, "output_config.format.schema: additionalProperties must be false", {})
        tools = self.body.get("tools")
        self.tool = tools[0]["name"] if tools else None
        text = self.wire.answer("\n".join(texts), wanted["schema"] if wanted else tools[0]["input_schema"] if tools else None)
        cached = self.wire.cached if any("cache_control" in block for block in blocks) else 0
        self.usage = {"input_tokens": 20, "output_tokens": 3, "cache_read_input_tokens": cached, "cache_creation_input_tokens": 0}
        return self.stream(text) if self.body.get("stream") else self.handler.json(self.whole(text))

    def whole(self, text: str) -> dict[str, Any]:
        said = {"type": "text", "text": text}
        if self.tool:
            said = {"type": "tool_use", "id": "t1", "name": self.tool, "input": json.loads(text)}
        return self.message([said], "tool_use" if self.tool else "end_turn", self.usage)

    def message(self, content: list[Any], stopped: str | None, usage: Any) -> dict[str, Any]:
        return {
            "id": "m1", "type": "message", "role": "assistant", "model": "claude-tiny-1", "content": content,
            "stop_reason": stopped, "stop_sequence": None, "usage": usage,
        }  # fmt: skip

    def stream(self, text: str) -> None:
        self.handler.start_stream()
        self.event("message_start", message=self.message([], None, self.usage | {"output_tokens": 1}))
        empty = {"type": "tool_use", "id": "t1", "name": self.tool, "input": {}} if self.tool else {"type": "text", "text": ""}
        self.event("content_block_start", index=0, content_block=empty)
        said = pieces(text)
        for piece in said[:1] if isinstance(self.step, BreakOff) else said:
            self.say(piece)
        if isinstance(self.step, BreakOff):
            self.handler.close_connection = True
            return
        while isinstance(self.step, Endless) and not self.wire.closing.wait(0.01):
            self.say(" and so on")
        self.event("content_block_stop", index=0)
        ended = {"stop_reason": "tool_use" if self.tool else "end_turn", "stop_sequence": None}
        self.event("message_delta", delta=ended, usage={"output_tokens": self.usage["output_tokens"]})
        self.event("message_stop")
        self.handler.end_stream()

    def say(self, piece: str) -> None:
        delta = {"type": "input_json_delta", "partial_json": piece} if self.tool else {"type": "text_delta", "text": piece}
        self.event("content_block_delta", index=0, delta=delta)

    def event(self, kind: str, **fields: Any) -> None:
        self.handler.event(json.dumps({"type": kind, **fields}), kind)


def _plain(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def _open_objects(schema: Any) -> bool:
    """Whether an object of the schema allows other properties, which structured output does not take."""
    if isinstance(schema, list):
        return any(map(_open_objects, schema))
    if not isinstance(schema, dict):
        return False
    return (schema.get("type") == "object" and schema.get("additionalProperties") is not False) or any(map(_open_objects, schema.values()))
