"""A key goes to its server and nowhere else: planted, and then looked for in everything that comes out."""

import io
import json
import logging
import os
import subprocess
import sys
import traceback

import pytest

from perdure import Memory
from perdure.config import backend, configure
from perdure.errors import ConfigError, PerdureError
from perdure.ports import LLMRequest, Turn
from tests.conformance.wire import Refuse, Wire

KEY = "planted/Key.of+no-known:shape=0123456789"
HEADER = "planted-header-0123456789"
ASKED = LLMRequest((Turn("user", "I live in Delhi. Which city?"),))
LLMS = {"openai": "openai:tiny", "groq": "groq:tiny", "anthropic": "anthropic:tiny", "pydantic_ai": "pydantic_ai:openai-chat:tiny"}


@pytest.fixture
def wire():
    with Wire() as wire:
        yield wire


def table(wire, use, **more):
    url = wire.anthropic if use.startswith("anthropic") else wire.openai
    return {"use": use, "base_url": url, "api_key": KEY, "headers": {"X-Mine": HEADER}, "max_retries": 0} | more


def hidden(text):
    return KEY not in text and HEADER not in text


@pytest.mark.parametrize("name", LLMS)
def test_the_key_arrives(wire, name):
    backend("llm", table(wire, LLMS[name])).complete(ASKED)
    assert KEY in str(wire.seen[0].headers)
    assert wire.seen[0].headers["x-mine"] == HEADER


@pytest.mark.parametrize("name", LLMS)
def test_no_representation_shows_it(wire, name):
    model = backend("llm", table(wire, LLMS[name]))
    model.complete(ASKED)
    assert hidden(repr(model) + str(model) + model.name + repr(vars(model).get("_at", "")))
    config = configure({"llm": table(wire, LLMS[name]), "location": "x.db"})
    assert hidden(repr(config) + str(config))
    assert "me:secret" not in repr(configure({"llm": "openai:tiny@http://me:secret@127.0.0.1:9/v1"}))
    assert "me:secret" not in repr(backend("llm", "openai:tiny@http://me:secret@127.0.0.1:9/v1"))


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", LLMS)
def test_no_error_no_traceback_and_no_log_shows_it(wire, name, stream):
    """Also when the server says it back, and when every local variable of the traceback is printed."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        wire.script = [Refuse(401, f"Incorrect API key provided: {KEY}")]
        model = backend("llm", table(wire, LLMS[name]))
        with pytest.raises(PerdureError) as caught:
            list(model.stream(ASKED)) if stream else model.complete(ASKED)
        model.complete(ASKED)
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    with_locals = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    ours = "\n".join(part for part in with_locals.split('  File "') if "perdure" in part.split('"')[0])
    assert "_send" in ours or "_opened" in ours or "complete" in ours or "stream" in ours
    assert KEY not in str(caught.value) + repr(caught.value) + repr(caught.value.args)
    assert KEY not in ours.replace(f"Incorrect API key provided: {KEY}", "")
    assert KEY not in log.getvalue()


def test_no_error_of_an_embedder_shows_it(wire):
    wire.script = [Refuse(401, f"Incorrect API key provided: {KEY}")]
    model = backend("embedder", table(wire, "together:tiny"))
    with pytest.raises(PerdureError) as caught:
        model.embed(["x"])
    assert hidden(str(caught.value) + repr(model) + model.name)
    assert "Check the API key" in str(caught.value)


WRONG = [{"timeout": "soon"}, {"tiemout": 3}, {"headers": HEADER}, {"api_key_env": KEY}, {"base_url": f"ftp://{KEY}"}, {"use": "opnai:x"}]


@pytest.mark.parametrize("wrong", WRONG)
def test_no_complaint_about_the_settings_shows_it(wire, wrong):
    with pytest.raises(ConfigError) as caught:
        backend("llm", table(wire, LLMS["openai"]) | wrong)
    assert hidden(str(caught.value) + repr(caught.value))


def test_a_memory_that_was_used_with_it_holds_it_nowhere(wire, tmp_path):
    """Neither the ledger's file, nor an export, nor stats, jobs and doctor: after a refusal that says the key back, and a success."""
    path = tmp_path / "me.db"
    config = {"llm": table(wire, "openai:tiny"), "embedder": table(wire, "openai:mine"), "location": str(path)}
    wire.script = [None, Refuse(401, f"Incorrect API key provided: {KEY}")]
    with Memory(config=config, worker=False) as memory:
        result = memory.add("I moved to Lisbon and I love it there.", user_id="ada")
        memory.work(force=True)
        shown = [repr(memory), repr(result), str(result.job and result.job.error), repr(memory.jobs()), repr(memory.stats().to_dict())]
        shown += [repr([hit.to_dict() for hit in memory.search("Lisbon", user_id="ada")])]
        memory.export(tmp_path / "all.jsonl")
        if hasattr(memory, "doctor"):
            shown.append(repr(memory.doctor()))
    assert any(KEY in str(seen.headers) for seen in wire.seen)
    assert all(hidden(text) for text in shown)
    for file in tmp_path.iterdir():
        assert KEY.encode() not in file.read_bytes()
        assert HEADER.encode() not in file.read_bytes()


@pytest.mark.parametrize("command", [["stats"], ["doctor"], ["add", "I moved to Lisbon.", "--user", "ada"], ["jobs"], ["--json", "stats"]])
def test_the_command_line_does_not_show_it(wire, tmp_path, command):
    (tmp_path / "perdure.toml").write_text(
        f'[perdure]\nembedder = "hashing"\n[perdure.llm]\nuse = "openai:tiny"\nbase_url = "{wire.openai}"\napi_key = "{KEY}"\n'
        f'max_retries = 0\nheaders = {{ X-Mine = "{HEADER}" }}\n'
    )
    wire.script = [Refuse(401, f"Incorrect API key provided: {KEY}")] * 9
    environment = os.environ | {"PERDURE_CONFIG": str(tmp_path / "perdure.toml"), "PERDURE_FILE": str(tmp_path / "me.db")}
    done = subprocess.run(
        [sys.executable, "-m", "perdure", *command], capture_output=True, text=True, env=environment, timeout=60, check=False, cwd=tmp_path
    )
    assert done.stdout + done.stderr
    assert hidden(done.stdout + done.stderr)
    assert "Traceback" not in done.stderr


def test_the_key_of_the_environment_is_hidden_as_well(wire, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("MY_OWN", KEY)
    for use, more in (("openai:tiny", {}), ("groq:tiny", {"api_key_env": "MY_OWN"})):
        wire.script = [Refuse(401, f"Incorrect API key provided: {KEY}")]
        model = backend("llm", {"use": use, "base_url": wire.openai, "max_retries": 0} | more)
        with pytest.raises(PerdureError) as caught:
            model.complete(ASKED)
        assert KEY in str(wire.seen[-1].headers)
        assert hidden(str(caught.value) + repr(model))


def test_a_key_survives_being_written_as_json():
    """It is a string like any other where it is used."""
    sealed = configure({"llm": {"use": "openai:x", "api_key": KEY}, "location": "x"}).llm["api_key"]
    assert json.loads(json.dumps(sealed)) == sealed == KEY
    assert KEY not in repr(sealed)
