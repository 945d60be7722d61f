"""llama.cpp: what is checked before any model is loaded, a server over HTTP, and the process that holds a model.

The answers of real models are in `tests/local_model`; here no model is needed.
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psutil
import pytest

from perdure import Memory
from perdure.adapters.llm import llama_cpp, llama_cpp_engine
from perdure.adapters.llm.llama_cpp import LlamaCpp
from perdure.config import backend
from perdure.errors import ConfigError, LLMTimeoutError, LLMUnavailableError, MissingExtraError
from perdure.ports import LLM, LLMRequest, SupportsStreaming, Turn

pytest.importorskip("openai")
HELLO = LLMRequest((Turn("user", "Hello"),), max_tokens=50, timeout=5)
SCHEMA = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"], "additionalProperties": False}


@pytest.fixture
def gguf(tmp_path):
    """A file that begins like a model and is none."""
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF" + bytes(64))
    return path


@pytest.fixture
def installed(monkeypatch):
    """As if llama.cpp were installed, whether it is or not."""
    monkeypatch.setattr(llama_cpp, "find_spec", lambda name: name)


class Server:
    """Answers like llama.cpp's server: with `models` and with `answer`; keeps what it was sent."""

    def __init__(self):
        self.models = ["tiny.gguf"]
        self.answer = (200, {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi."}}],
                             "model": "tiny.gguf", "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}})  # fmt: skip
        self.asked, self.bodies, self.keys = [], [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def send(self, status, payload):
                outer.asked.append(self.path)
                outer.keys.append(self.headers["Authorization"])
                raw = json.dumps(payload).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def do_GET(self):
                if outer.models is None:
                    self.send(200, {"hello": "world"})
                else:
                    self.send(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in outer.models]})

            def do_POST(self):
                outer.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send(*outer.answer)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.delenv("LLAMA_CPP_API_KEY", raising=False)
    made = Server()
    yield made
    made.close()


# ------------------------------------------------------------------ settings


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.gguf: No such file.*URL of a llama\.cpp server") as caught:
        backend("llm", f"llama_cpp:{tmp_path}/nowhere.gguf")
    assert caught.value.setting == "llm"
    with pytest.raises(ConfigError, match="directory"):
        LlamaCpp(str(tmp_path))


def test_a_file_that_is_no_gguf_is_refused_before_anything_is_loaded(tmp_path, installed):
    other = tmp_path / "model.safetensors"
    for content in (b"", b"GG", b"\x80\x02}q\x00", b"gguf" + bytes(50)):
        other.write_bytes(content)
        with pytest.raises(ConfigError, match="no GGUF file"):
            LlamaCpp(str(other))


def test_without_llama_cpp_it_says_what_to_install(gguf, monkeypatch):
    monkeypatch.setattr(llama_cpp, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'perdure\[llama-cpp\]'"):
        LlamaCpp(str(gguf))


def test_a_memory_with_a_wrong_model_file_is_not_opened(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.gguf"):
        Memory(tmp_path / "m.db", llm=f"llama_cpp:{tmp_path}/nowhere.gguf")


def test_options_come_from_a_table(gguf, installed):
    made = backend("llm", {"use": f"llama_cpp:{gguf}", "n_ctx": 16384, "n_threads": 2, "max_tokens": 500, "timeout": 120})
    assert made.name == "llama_cpp:tiny.gguf"
    assert isinstance(made, SupportsStreaming)
    for wrong in ({"n_ctx": 0}, {"n_ctx": "8192"}, {"n_threads": -1}, {"n_threads": True}, {"max_tokens": 0}, {"gpu": 1}):
        with pytest.raises(ConfigError, match=next(iter(wrong))):
            backend("llm", {"use": f"llama_cpp:{gguf}"} | wrong)


def test_a_name_shows_no_path_no_login_and_no_key(gguf, installed):
    assert str(gguf.parent) not in repr(LlamaCpp(str(gguf))) + LlamaCpp(str(gguf)).name
    remote = LlamaCpp("http://ada:s3cret@host:8080/v1", api_key="k-123456")
    assert remote.name == "llama_cpp:host:8080"
    assert "s3cret" not in repr(remote) + remote.name
    assert "k-123456" not in repr(remote) + repr(vars(remote))


def test_a_servers_context_is_the_servers():
    for option in ("n_ctx", "n_threads"):
        with pytest.raises(ConfigError, match=f"{option} is the server's"):
            LlamaCpp("http://127.0.0.1:8080", **{option: 4})


# ------------------------------------------------------------------ any llama.cpp server


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_a_server_is_asked_which_model_it_has_once(server, path):
    llm: LLM = backend("llm", f"llama_cpp:{server.url}{path}")
    for _ in range(2):
        reply = llm.complete(HELLO)
        assert (reply.text, reply.model, reply.input_tokens, reply.output_tokens) == ("Hi.", "tiny.gguf", 5, 2)
    assert server.asked == ["/v1/models", "/v1/chat/completions", "/v1/chat/completions"]
    assert [body["model"] for body in server.bodies] == ["tiny.gguf", "tiny.gguf"]


def test_a_named_model_needs_no_asking(server):
    by_address = backend("llm", f"llama_cpp:qwen@{server.url}/v1")
    by_table = backend("llm", {"use": f"llama_cpp:{server.url}", "model": "qwen"})
    for llm in (by_address, by_table):
        assert llm.name == "llama_cpp:qwen"
        assert llm.complete(HELLO).text == "Hi."
    assert server.asked == ["/v1/chat/completions"] * 2
    assert {body["model"] for body in server.bodies} == {"qwen"}


def test_of_several_models_one_must_be_named(server):
    server.models = ["small", "large"]
    with pytest.raises(ConfigError, match="small, large") as caught:
        LlamaCpp(server.url).complete(HELLO)
    assert caught.value.setting == "model"


def test_a_server_that_is_something_else_is_a_typed_error(server):
    server.models = None
    llm = LlamaCpp(server.url)
    server.answer = (404, {"error": "not found"})
    with pytest.raises(LLMUnavailableError):
        llm.complete(HELLO)


def test_nobody_there_is_unavailable():
    with pytest.raises(LLMUnavailableError, match="cannot be reached"):
        LlamaCpp("http://127.0.0.1:9").complete(HELLO)
    with pytest.raises(LLMUnavailableError, match="cannot be reached"):
        LlamaCpp("http://127.0.0.1:9", model="x").complete(HELLO)


def test_a_key_is_sent_only_if_there_is_one(server, monkeypatch):
    LlamaCpp(server.url, model="m", api_key="k-123456").complete(HELLO)
    monkeypatch.setenv("LLAMA_CPP_API_KEY", "k-654321")
    LlamaCpp(server.url, model="m").complete(HELLO)
    assert server.keys == ["Bearer k-123456", "Bearer k-654321"]


def test_a_schema_goes_out_as_json_schema_and_a_reply_is_capped(server):
    LlamaCpp(server.url, model="m", max_tokens=7).complete(LLMRequest(HELLO.turns, SCHEMA))
    (sent,) = server.bodies
    assert sent["response_format"]["json_schema"]["schema"] == SCHEMA
    assert sent["max_tokens"] == 7
    LlamaCpp(server.url, model="m", max_tokens=5000).complete(HELLO)
    assert server.bodies[1]["max_tokens"] == HELLO.max_tokens


def test_a_prompt_that_is_too_long_says_so_and_what_to_do(server):
    said = "request (6031 tokens) exceeds the available context size (4096 tokens), try increasing it"
    server.answer = (400, {"error": {"code": 400, "message": said, "type": "exceed_context_size_error", "n_prompt_tokens": 6031}})
    for ask in (lambda llm: llm.complete(HELLO), lambda llm: list(llm.stream(HELLO))):
        with pytest.raises(LLMUnavailableError, match=r"6,031 tokens do not fit into its context\. Raise n_ctx \(--ctx-size of the server"):
            ask(LlamaCpp(server.url))


def test_messages_that_are_too_long_for_the_model_stay(server, path, clock):
    said = "request (60310 tokens) exceeds the available context size (8192 tokens), try increasing it"
    server.answer = (400, {"error": {"code": 400, "message": said, "type": "exceed_context_size_error"}})
    with Memory(path, llm=f"llama_cpp:{server.url}", embedder="hashing", clock=clock, worker=False) as memory:
        result = memory.add("I moved to Bangalore last month.", user_id="ada")
        assert result.job.state == "pending"
        assert "Raise n_ctx" in str(result.job.error)
        assert memory.search("Bangalore", user_id="ada")[0].text == "I moved to Bangalore last month."


def test_what_was_closed_answers_no_more(server):
    with LlamaCpp(server.url) as llm:
        llm.complete(HELLO)
    with pytest.raises(LLMUnavailableError, match="was closed"):
        llm.complete(HELLO)


def test_a_memory_closes_what_it_made_and_not_what_it_was_given(server, path):
    given = LlamaCpp(server.url)
    with Memory(path, llm=given, embedder="hashing", worker=False):
        pass
    assert given.complete(HELLO).text == "Hi."
    with Memory(path, llm=f"llama_cpp:{server.url}", embedder="hashing", worker=False) as memory:
        made = memory._stores.llm
    with pytest.raises(LLMUnavailableError, match="was closed"):
        made.complete(HELLO)


# ------------------------------------------------------------------ the process with the model

ENGINES = {
    "crashes at once": "import sys\nsys.stdin.readline(); print('0.00.1 E ggml_abort: out of memory error', flush=True); sys.exit(3)",
    "cannot load": "import sys, json\nsys.stdin.readline()\nprint(HELLO + json.dumps({'error': 'RuntimeError: no tensor'}), flush=True)",
    "takes its time": "import sys, time\nsys.stdin.readline(); time.sleep(60)",
    "listens": "import sys, json\ns = json.loads(sys.stdin.readline()); open(NOTE, 'w').write(json.dumps(s | {'argv': sys.argv}))\n"
    "print('a line of log'); print(HELLO + json.dumps({'url': URL, 'guided': True}), flush=True)\nsys.stdin.read()",
}


@pytest.fixture
def engine(monkeypatch, tmp_path, installed, server):
    """Makes the process of the model one of `ENGINES`."""

    def of(kind):
        source = tmp_path / "engine.py"
        note = tmp_path / "note.json"
        names = f"HELLO, URL, NOTE = {llama_cpp_engine.HELLO!r}, {server.url!r}, {str(note)!r}\n"
        source.write_text(names + ENGINES[kind])
        monkeypatch.setattr(llama_cpp_engine, "__file__", str(source))
        return note

    return of


def children():
    return [child for child in psutil.Process().children() if "engine.py" in " ".join(child.cmdline())]


def test_the_process_is_told_its_key_in_private_and_ends_with_close(engine, gguf, server):
    note = engine("listens")
    llm = LlamaCpp(str(gguf), n_ctx=2048, n_threads=1)
    assert children() == []  # nothing is loaded before it is needed
    assert llm.complete(HELLO).text == "Hi."
    (child,) = children()
    told = json.loads(note.read_text())
    assert (told["path"], told["n_ctx"], told["n_threads"]) == (str(gguf), 2048, 1)
    assert len(told["key"]) > 20
    assert told["key"] not in " ".join(child.cmdline())
    assert server.keys == [f"Bearer {told['key']}"]
    assert llm.complete(HELLO).text == "Hi."
    assert children() == [child]
    llm.close()
    assert not child.is_running()
    with pytest.raises(LLMUnavailableError, match="was closed"):
        llm.complete(HELLO)


def test_a_schema_becomes_a_grammar_without_room_for_layout(engine, gguf, server):
    engine("listens")
    with LlamaCpp(str(gguf)) as llm:
        llm.complete(LLMRequest(HELLO.turns, SCHEMA))
    (sent,) = server.bodies
    assert sent["grammar"].startswith("%llguidance {}\nstart: %json ")
    grammar = json.loads(sent["grammar"].partition("%json ")[2])
    assert grammar == SCHEMA | {"x-guidance": {"whitespace_flexible": False}}
    assert "response_format" not in sent


def test_a_model_nobody_holds_any_more_is_freed(engine, gguf):
    engine("listens")
    llm = LlamaCpp(str(gguf))
    llm.complete(HELLO)
    (child,) = children()
    del llm
    assert not child.is_running()


def test_a_process_that_died_is_started_again(engine, gguf):
    engine("listens")
    with LlamaCpp(str(gguf)) as llm:
        llm.complete(HELLO)
        (child,) = children()
        child.kill()
        child.wait()
        assert llm.complete(HELLO).text == "Hi."
        assert children() != [child]


def test_why_a_model_cannot_be_loaded_is_said(engine, gguf):
    engine("cannot load")
    with LlamaCpp(str(gguf)) as llm, pytest.raises(LLMUnavailableError, match=r"cannot load it: RuntimeError: no tensor.*n_ctx=8,192"):
        llm.complete(HELLO)
    engine("crashes at once")
    with LlamaCpp(str(gguf)) as llm, pytest.raises(LLMUnavailableError, match="cannot load it: out of memory error"):
        llm.complete(HELLO)


def test_loading_does_not_outlast_the_timeout(engine, gguf):
    engine("takes its time")
    with LlamaCpp(str(gguf)) as llm:
        for _ in range(2):
            with pytest.raises(LLMTimeoutError, match="still being loaded"):
                llm.complete(LLMRequest(HELLO.turns, timeout=0.2))
        (child,) = children()  # loaded on meanwhile, once
    assert not child.is_running()


def test_without_an_interpreter_of_its_own_it_names_the_other_way(engine, gguf, monkeypatch):
    engine("listens")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(LLMUnavailableError, match="llama-server"):
        LlamaCpp(str(gguf)).complete(HELLO)
