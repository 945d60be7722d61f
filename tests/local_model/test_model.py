"""One request to a real model: transport, schema, limits, streams, giving up; from a file, and from a server."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from perdure.adapters.llm.llama_cpp import LlamaCpp
from perdure.errors import LLMTimeoutError, LLMUnavailableError
from perdure.ports import LLMReply, LLMRequest, Turn
from perdure.stages.extract import SCHEMA, prompt_text
from perdure.testing.conformance import LLMSuite
from perdure.testing.conformance.models import UNUSUAL_REQUESTS, streamed
from tests.local_model.conftest import THREADS

PATIENCE = 120.0
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}


def asking(text: str, **options) -> LLMRequest:
    return LLMRequest((Turn("system", "Be brief."), Turn("user", text)), **{"max_tokens": 16, "timeout": PATIENCE} | options)


LONG = asking("Tell me the story of a long journey, in every detail.", max_tokens=6000)


def is_idle(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/slots") as answer:
        return not any(slot["is_processing"] for slot in json.load(answer))


def becomes_idle(url: str) -> bool:
    """Whether the server stops computing within a time in which it could not have come to the end of `LONG`."""
    for _ in range(10):
        if is_idle(url):
            return True
        time.sleep(1.5)  # llama.cpp looks for the client after a second in which nothing else happened: do not keep it from doing so
    return False


@pytest.fixture(scope="module")
def from_file(smol):
    with LlamaCpp(smol, n_threads=THREADS) as llm:
        yield llm


@pytest.fixture(scope="module")
def from_server(smol_url):
    return LlamaCpp(smol_url)


@pytest.fixture(params=["file", "server"])
def llm(request):
    return request.getfixturevalue(f"from_{request.param}")


def test_a_prompt_goes_in_and_a_counted_reply_comes_out(llm):
    reply = llm.complete(asking("Name a city in India."))
    assert reply.text.strip()
    assert reply.model == "SmolLM2-135M-Instruct.Q4_1.gguf"
    assert 10 < reply.input_tokens < 60
    assert 0 < reply.output_tokens <= 16
    assert llm.complete(asking("Name a city in India.", max_tokens=1)).output_tokens == 1


def test_the_same_prompt_gets_the_same_reply(llm):
    first, second = (llm.complete(asking("Name a river.")) for _ in range(2))
    assert first.text == second.text
    assert second.cached_tokens > first.input_tokens // 2  # what was read once is not read again


def test_a_schema_is_kept_to(llm):
    for question in ("Name a city in India.", "Hello!", "Answer in prose, without JSON. Never write a brace."):
        answer = json.loads(llm.complete(asking(question, schema=CITY, max_tokens=200)).text)
        assert isinstance(answer.pop("city"), str)
        assert answer == {}


def test_the_schema_of_extraction_is_accepted_as_it_is(llm):
    turns = (Turn("system", "Write JSON."), Turn("user", '<message n="0">I live in Delhi.</message>'))
    text = llm.complete(LLMRequest(turns, SCHEMA, max_tokens=60, timeout=PATIENCE)).text
    assert text.lstrip().startswith("{")
    assert text.lstrip(" \n{").startswith('"memories"')


def test_json_from_a_file_has_no_layout(from_file):
    text = from_file.complete(asking("Name a city.", schema=CITY, max_tokens=100)).text
    assert text == json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


def test_a_stream_is_the_reply_in_pieces(llm):
    pieces, reply = streamed(llm, asking("Tell me about the sea.", max_tokens=30))
    assert len(pieces) > 5
    assert "".join(pieces) == reply.text == llm.complete(asking("Tell me about the sea.", max_tokens=30)).text
    assert reply.output_tokens >= len(pieces) - 1
    assert reply.input_tokens > 10


def test_a_stream_closed_half_way_frees_the_server(smol_url, from_server):
    stream = from_server.stream(LONG)
    begun = [next(stream) for _ in range(3)]
    assert all(begun)
    assert not is_idle(smol_url)
    stream.close()
    assert becomes_idle(smol_url)
    assert from_server.complete(asking("Hello!", max_tokens=2)).output_tokens == 2


@pytest.mark.parametrize("prompt", ["long reply", "long prompt"])
def test_a_timeout_ends_the_work_too(smol_url, from_server, prompt):
    turns = LONG.turns if prompt == "long reply" else (Turn("user", "the cat sat on the mat. " * 900),)
    with pytest.raises(LLMTimeoutError):
        from_server.complete(LLMRequest(turns, max_tokens=6000, timeout=0.3))
    assert becomes_idle(smol_url)
    assert from_server.complete(asking("Hello!")).text.strip()


def test_a_prompt_longer_than_the_context_is_refused_with_advice(llm):
    for ask in (llm.complete, lambda request: list(llm.stream(request))):
        with pytest.raises(LLMUnavailableError, match=r"tokens do not fit into its context\. Raise n_ctx"):
            ask(asking("word " * 9000))
    assert llm.complete(asking("Hello!")).text.strip()


def test_threads_get_each_their_own_reply(llm):
    questions = ["Name a city.", "Name a river.", "Name an animal.", "Name a colour."]
    alone = [llm.complete(asking(q, schema=CITY, max_tokens=60)).text for q in questions]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda q: llm.complete(asking(q, schema=CITY, max_tokens=60)).text, questions))
    assert together == alone


def test_a_context_is_as_long_as_was_asked(smol):
    with LlamaCpp(smol, n_ctx=512, n_threads=THREADS) as small:
        with pytest.raises(LLMUnavailableError, match="n_ctx=512 given here"):
            small.complete(asking("word " * 600))
        assert small.complete(asking("word " * 100)).output_tokens > 0


def engines():
    return [p for p in psutil.Process().children(recursive=True) if "llama_cpp_engine" in " ".join(p.cmdline())]


def test_closing_ends_the_process_even_in_the_middle_of_a_reply(smol):
    before = {p.pid for p in engines()}
    llm = LlamaCpp(smol, n_threads=THREADS)
    llm.complete(asking("Hello!", max_tokens=1))
    (process,) = [p for p in engines() if p.pid not in before]
    assert {c.laddr.ip for c in process.net_connections() if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
    failed = []

    def talk():
        try:
            llm.complete(LONG)
        except LLMUnavailableError as e:
            failed.append(str(e))

    talking = threading.Thread(target=talk)
    stream = llm.stream(LONG)
    next(stream)
    talking.start()
    llm.close()
    talking.join(PATIENCE)
    assert not process.is_running()
    assert failed
    assert "was closed" in failed[0]


def test_a_key_guards_the_process_from_others_on_the_machine(from_file):
    from_file.complete(asking("Hello!", max_tokens=1))
    addresses = {c.laddr.port for p in engines() for c in p.net_connections() if c.status == psutil.CONN_LISTEN}
    assert addresses
    for port in addresses:
        with pytest.raises(LLMUnavailableError, match="API key"):
            LlamaCpp(f"http://127.0.0.1:{port}", model="x").complete(asking("Hello!"))


def test_a_damaged_file_is_refused_with_the_reason(smol, tmp_path):
    half = tmp_path / "half.gguf"
    with Path(smol).open("rb") as f:
        half.write_bytes(f.read(20_000_000))
    with LlamaCpp(str(half)) as llm, pytest.raises(LLMUnavailableError, match=r"cannot load it: .*not within the file bounds"):
        llm.complete(asking("Hello!"))


def test_the_shipped_prompt_leaves_room_in_the_default_context(from_file):
    """With the tokenizer of a small model, which is not the best: what is said still has several thousand tokens."""
    used = from_file.complete(LLMRequest((Turn("system", prompt_text()), Turn("user", "")), max_tokens=1, timeout=PATIENCE))
    assert isinstance(used, LLMReply)
    assert used.input_tokens <= 2000


class TestLlamaCpp(LLMSuite):
    """The rules of the port, with a real model behind it."""

    patience = PATIENCE

    @pytest.fixture
    def llm(self, qwen_url):
        return LlamaCpp(qwen_url, max_tokens=24, timeout=PATIENCE)

    @pytest.fixture
    def broken_llm(self):
        return LlamaCpp("http://127.0.0.1:9")

    @pytest.mark.parametrize("request_", UNUSUAL_REQUESTS[:-1], ids=range(len(UNUSUAL_REQUESTS) - 1))
    def test_any_prompt_is_taken(self, llm, request_):
        """All but the last, five thousand words, which cost a small machine a minute; long prompts have tests of their own."""
        super().test_any_prompt_is_taken(llm, request_)
