"""The LLM adapters, the OpenAI one against a real HTTP server on the loopback interface."""

import contextlib
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from perdure.adapters.embed.openai import OpenAIEmbedder
from perdure.adapters.llm.openai import OpenAILLM
from perdure.errors import ConfigError, InputError, LLMTimeoutError, LLMUnavailableError, MissingExtraError, ModelError, PerdureError
from perdure.ports import LLMReply, LLMRequest, SupportsStreaming, Turn
from perdure.testing import EchoLLM, FlakyLLM, FrozenClock, RecordedLLM

SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": False}
KEY = "sk-test-1234567890abcdefghij"


def request(text="hello", **options):
    return LLMRequest((Turn("system", "Be brief."), Turn("user", text)), **options)


def completion(text, **more):
    message = {"role": "assistant", "content": text} | more
    return {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "tiny-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14},
    }  # fmt: skip


def refusal(message, *, status=400, param=None, **headers):
    return status, {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": None}}, headers


class Server:
    """Answers with what `script` says, call by call (the last answer stays), and keeps what it was sent."""

    def __init__(self):
        self.script = []
        self.bodies, self.headers, self.paths = [], [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                number = len(outer.bodies)
                outer.bodies.append(body)
                outer.headers.append(self.headers)
                outer.paths.append(self.path)
                step = outer.script[min(number, len(outer.script) - 1)]
                answer = step(body) if callable(step) else step
                status, payload, extra = answer if isinstance(answer, tuple) else (200, answer, {})
                raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
                self.send_response(status)
                kind = extra.pop("content_type", "application/json")
                for name, value in {"Content-Type": kind, "Content-Length": str(len(raw)), **extra}.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                with contextlib.suppress(OSError):  # the client may have given up
                    self.wfile.write(raw)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def server(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    server = Server()
    yield server
    server.close()


def llm(server, **options):
    return OpenAILLM("tiny", base_url=server.url, **{"api_key": KEY, "max_retries": 0} | options)


def test_a_prompt_goes_out_and_a_reply_comes_back(server):
    server.script = [completion("Hello, Ada.")]
    reply = llm(server).complete(request("I am Ada", max_tokens=77, temperature=0.3))
    assert reply == LLMReply("Hello, Ada.", "tiny-1", 11, 3)
    sent = server.bodies[0]
    assert sent["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "I am Ada"}]
    assert (sent["model"], sent["max_tokens"], sent["temperature"]) == ("tiny", 77, 0.3)
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert server.paths == ["/v1/chat/completions"]


def test_the_key_comes_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-from-env-1234567890")
    server.script = [completion("x")]
    llm(server, api_key=None).complete(request())
    assert server.headers[0]["Authorization"] == "Bearer sk-from-env-1234567890"


def test_without_key_or_server_it_says_what_to_set(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(ConfigError, match="OPENAI_API_KEY") as caught:
        OpenAILLM("gpt-5-mini").complete(request())
    assert caught.value.setting == "api_key"


def test_without_the_sdk_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "openai", None)
    with pytest.raises(MissingExtraError, match=r"perdure\[openai\]"):
        OpenAILLM("x", api_key=KEY).complete(request())
    with pytest.raises(MissingExtraError, match=r"perdure\[openai\]"):
        OpenAIEmbedder(api_key=KEY).embed(["x"])


def test_a_schema_is_sent_as_structured_output(server):
    server.script = [completion('{"x": 1}')]
    assert json.loads(llm(server).complete(request(schema=SCHEMA, schema_name="thing")).text) == {"x": 1}
    assert server.bodies[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "thing", "schema": SCHEMA, "strict": True},
    }


def test_a_schema_that_is_not_strict_is_not_called_strict(server):
    server.script = [completion("{}")]
    llm(server).complete(request(schema={"type": "object", "properties": {"x": {"type": "integer"}}}))
    assert server.bodies[0]["response_format"]["json_schema"]["strict"] is False


def test_a_server_without_structured_output_is_asked_more_simply_and_remembered(server):
    def answer(body):
        kind = body.get("response_format", {}).get("type")
        if kind == "json_schema":
            return refusal("'response_format' of type 'json_schema' is not supported with this model", param="response_format")
        if kind == "json_object":
            return refusal("response_format: json_object unsupported", status=422)
        return completion('```json\n{"x": 2}\n```')

    server.script = [answer]
    model = llm(server)
    assert json.loads(model.complete(request(schema=SCHEMA)).text) == {"x": 2}
    assert [b.get("response_format", {}).get("type") for b in server.bodies] == ["json_schema", "json_object", None]
    assert '"required": ["x"]' in server.bodies[2]["messages"][0]["content"]
    assert model.complete(request(schema=SCHEMA)).text == '{"x": 2}'
    assert len(server.bodies) == 4
    assert model.complete(request()).text == '```json\n{"x": 2}\n```'


def test_parameters_a_server_refuses_are_left_out_and_remembered(server):
    def answer(body):
        if "max_tokens" in body:
            return refusal("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", param="max_tokens")
        if "temperature" in body:
            return refusal("Unsupported value: 'temperature' does not support 0 with this model.", param="temperature")
        return completion("fine")

    server.script = [answer]
    model = llm(server)
    assert [model.complete(request()).text for _ in range(2)] == ["fine", "fine"]
    assert len(server.bodies) == 4
    assert server.bodies[-1]["max_completion_tokens"] == 2048


def test_a_server_that_refuses_everything_is_not_asked_for_ever(server):
    server.script = [refusal("bad: response_format, max_tokens, max_completion_tokens, temperature")]
    with pytest.raises(LLMUnavailableError):
        llm(server).complete(request(schema=SCHEMA))
    assert len(server.bodies) <= 6


def test_other_refusals_are_not_retried(server):
    server.script = [refusal("This model's maximum context length is 8192 tokens.")]
    with pytest.raises(LLMUnavailableError, match="maximum context length"):
        llm(server, max_retries=3).complete(request(schema=SCHEMA))
    assert len(server.bodies) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_may_pass_is_tried_again(server, status):
    server.script = [refusal("busy", status=status, Retry_After_Ms="1"), completion("now it works")]
    assert llm(server, max_retries=2).complete(request()).text == "now it works"
    assert len(server.bodies) == 2


@pytest.mark.parametrize(("status", "advice"), [(429, "quota"), (500, "failed"), (401, "API key"), (404, "model's name"), (403, "may do")])
def test_what_does_not_pass_is_a_typed_error_with_advice(server, status, advice):
    server.script = [refusal("nope", status=status, Retry_After_Ms="1")]
    with pytest.raises(LLMUnavailableError, match=advice):
        llm(server, max_retries=1).complete(request())
    assert len(server.bodies) == (2 if status in (429, 500) else 1)


def test_silence_is_a_timeout(server):
    stop = threading.Event()
    server.script = [lambda body: (stop.wait(5), completion("late"))[1]]
    with pytest.raises(LLMTimeoutError, match="in time"):
        llm(server).complete(request(timeout=0.2))
    with pytest.raises(LLMTimeoutError):
        llm(server, timeout=0.2).complete(request(timeout=60))
    stop.set()


def test_nobody_there_is_unavailable():
    with pytest.raises(LLMUnavailableError, match="cannot be reached"):
        OpenAILLM("x", base_url="http://127.0.0.1:9/v1", max_retries=0).complete(request())


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"<html>login</html>", {"content_type": "text/html"}),
        (200, b"{not json", {}),
        {},
        [],
        {"choices": []},
        {"choices": [{"message": None}]},
        {"choices": [{"message": {"role": "assistant", "content": None}}]},
        {"choices": "x"},
        completion(None, refusal="I cannot do that"),
    ],
    ids=range(9),
)
def test_a_malformed_answer_is_a_typed_error(server, answer):
    server.script = [answer if not isinstance(answer, tuple) else lambda body: (answer[0], answer[1], dict(answer[2]))]
    with pytest.raises(LLMUnavailableError):
        llm(server).complete(request())


def events(*pieces, done=True):
    chunks = [
        {
            "id": "c",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "t",
            "choices": [{"index": 0, "delta": {"content": p}, "finish_reason": None}],
        }
        for p in pieces
    ]
    raw = b"".join(b"data: " + json.dumps(c).encode() + b"\n\n" for c in chunks) + (b"data: [DONE]\n\n" if done else b"")
    return lambda body: (200, raw, {"content_type": "text/event-stream"})


def test_a_reply_can_be_read_as_it_is_written(server):
    server.script = [events("Hel", "lo ", "", "Ada")]
    model = llm(server)
    assert isinstance(model, SupportsStreaming)
    assert list(model.stream(request())) == ["Hel", "lo ", "Ada"]
    assert server.bodies[0]["stream"] is True


def test_a_stream_that_breaks_is_a_typed_error(server):
    server.script = [lambda body: (200, b'data: {"error": {"message": "out of memory"}}\n\n', {"content_type": "text/event-stream"})]
    with pytest.raises(LLMUnavailableError, match="out of memory"):
        list(llm(server).stream(request()))
    server.script = [refusal("no such model", status=404)]
    with pytest.raises(LLMUnavailableError, match="no such model"):
        list(llm(server).stream(request()))


def test_the_key_is_in_no_representation_and_no_error(server):
    server.script = [refusal(f"Incorrect API key provided: {KEY}. And sk-other-abcdefghijk too, Bearer {KEY}", status=401)]
    model = llm(server)
    with pytest.raises(LLMUnavailableError) as caught:
        model.complete(request())
    assert KEY not in str(caught.value) + repr(caught.value) + repr(model)
    assert "sk-other" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "pass" not in repr(OpenAILLM("m", base_url="http://me:pass@host/v1?key=pass", api_key=KEY))


def test_one_instance_serves_many_threads(server):
    server.script = [lambda body: completion(body["messages"][-1]["content"].upper())]
    model = llm(server)
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda i: model.complete(request(f"text {i}")).text, range(24)))
    assert texts == [f"TEXT {i}" for i in range(24)]


# --- embeddings


def embeddings(body):
    rows = [{"object": "embedding", "index": i, "embedding": [float(len(t)), 3.0, 4.0]} for i, t in enumerate(body["input"])]
    return {"object": "list", "data": rows[::-1], "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def embedder(server, **options):
    return OpenAIEmbedder("small", base_url=server.url, **{"api_key": KEY, "max_retries": 0} | options)


def test_embeddings_come_back_in_order_and_of_unit_length(server):
    server.script = [embeddings]
    found = embedder(server).embed(["a", "bbbb", "", "\ud800", "x" * 100_000])
    assert found.shape == (5, 3)
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1)
    assert np.allclose(found[1], np.array([4, 3, 4]) / np.sqrt(41), atol=1e-6)
    assert all(text.strip() and len(text) < 30_000 for text in server.bodies[0]["input"])


def test_many_texts_go_in_batches_and_the_length_is_found_out(server):
    server.script = [embeddings]
    model = embedder(server)
    assert model.dimensions == 3
    assert model.embed(["t"] * 300).shape == (300, 3)
    assert [len(b["input"]) for b in server.bodies] == [1, 128, 128, 44]
    assert model.embed([]).shape == (0, 3)


def test_asked_dimensions_are_part_of_the_name_and_checked(server):
    server.script = [embeddings]
    model = embedder(server, dimensions=5)
    assert model.name == "openai:small@5"
    with pytest.raises(ModelError, match="expected length 5"):
        model.embed(["x"])
    assert server.bodies[0]["dimensions"] == 5


@pytest.mark.parametrize(
    "answer", [{}, {"data": None}, {"data": []}, {"data": [{"index": 0}]}, refusal(f"bad key {KEY}", status=401)], ids=range(5)
)
def test_bad_embeddings_are_a_typed_error(server, answer):
    server.script = [lambda body: answer]
    with pytest.raises(ModelError) as caught:
        embedder(server).embed(["x"])
    assert KEY not in str(caught.value)


# --- the ones for tests


def test_echo_says_what_it_was_told():
    assert EchoLLM().complete(request("ping")).text == "ping"
    assert "".join(EchoLLM().stream(request("a b  c"))) == "a b  c"
    listed = EchoLLM(["one", {"x": 2}, LLMTimeoutError("slow")])
    assert listed.complete(request()).text == "one"
    assert json.loads(listed.complete(request()).text) == {"x": 2}
    with pytest.raises(LLMTimeoutError, match="slow"):
        listed.complete(request())
    with pytest.raises(LLMUnavailableError, match="3 replies and asked 4 times"):
        listed.complete(request())
    mapped = EchoLLM({"weather": "sunny"})
    assert [mapped.complete(request(t)).text for t in ("the weather?", "tea")] == ["sunny", "tea"]
    called = EchoLLM(lambda r: r.turns[-1].content[::-1])
    assert called.complete(request("abc")).text == "cba"
    assert [r.turns[-1].content for r in called.requests] == ["abc"]


def test_recorded_replies_are_asked_for_once(tmp_path):
    path = tmp_path / "replies.jsonl"
    source = EchoLLM(lambda r: LLMReply("reply to " + r.turns[-1].content, "m", 5, 6, 4))
    recording = RecordedLLM(path, source)
    first = [recording.complete(request(t)) for t in ("a", "b", "a", "émoji 👍")]
    assert len(source.requests) == 3
    replay = RecordedLLM(path)
    assert [replay.complete(request(t, timeout=1)) for t in ("a", "b", "a", "émoji 👍")] == first
    again = RecordedLLM(path, source)
    again.complete(request("b"))
    assert len(source.requests) == 3
    with pytest.raises(LLMUnavailableError, match=request("c").key):
        replay.complete(request("c"))
    with pytest.raises(LLMUnavailableError):
        replay.complete(request("a", max_tokens=5))


def test_a_broken_recording_names_the_line(tmp_path):
    path = tmp_path / "replies.jsonl"
    with pytest.raises(ConfigError, match="cannot read"):
        RecordedLLM(path)
    path.write_text('{"key": "k", "text": "t"}\n\n{"key": 1}\n')
    with pytest.raises(ConfigError, match="line 3"):
        RecordedLLM(path)


def test_flaky_fails_on_cue():
    flaky = FlakyLLM(EchoLLM(), fail=[True, None, LLMTimeoutError, LLMTimeoutError("late"), False])
    seen = []
    for _ in range(6):
        try:
            seen.append(flaky.complete(request("x")).text)
        except PerdureError as e:
            seen.append(type(e).__name__)
    assert seen == ["LLMUnavailableError", "x", "LLMTimeoutError", "LLMTimeoutError", "x", "x"]
    assert flaky.calls == 6


def test_a_frozen_clock_moves_when_told_to():
    clock = FrozenClock("2026-03-01T12:00:00Z")
    before = clock()
    time.sleep(0.002)
    assert clock() == before
    assert (clock.advance(days=1, hours=1, minutes=1, seconds=1) - before).total_seconds() == 90061
    assert clock.set("2026-01-01T01:00:00+01:00").isoformat() == "2026-01-01T00:00:00+00:00"
    assert repr(clock) == "FrozenClock('2026-01-01T00:00:00Z')"
    for wrong in ("tomorrow", None):
        with pytest.raises(InputError, match="start"):
            FrozenClock(wrong)
