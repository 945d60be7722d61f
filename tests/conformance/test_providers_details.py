"""What each provider's adapter sends and how it reads the answer, where the suites leave that open."""

import json
import sys
from dataclasses import replace

import pytest
from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import DeltaToolCall, FunctionModel
from pydantic_ai.models.test import TestModel as CannedModel

from perdure.adapters.embed.openai import BATCH_CHARACTERS, OpenAIEmbedder
from perdure.adapters.llm.anthropic import AnthropicLLM
from perdure.adapters.llm.openai import OpenAILLM
from perdure.adapters.llm.pydantic_ai import PydanticAILLM
from perdure.adapters.llm.servers import SERVERS
from perdure.config import BACKENDS, backend
from perdure.errors import ConfigError, LLMTimeoutError, LLMUnavailableError, MissingExtraError, ModelError
from perdure.ports import LLMReply, LLMRequest, Turn
from perdure.testing.conformance.models import FORM, QUESTION, UNUSUAL, streamed
from tests.conformance.wire import Blanks, BreakOff, Raw, Refuse, Wire

KEY = "sk-planted-0123456789abcdef"
PROMPT = LLMRequest((Turn("system", "Be brief."), Turn("user", "I live in Delhi. Which city?")), temperature=0.3, max_tokens=77)


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for server in SERVERS.values():
        monkeypatch.delenv(server.key, raising=False)
    for name in ("OPENAI_BASE_URL", "OPENAI_API_VERSION", "AZURE_OPENAI_ENDPOINT", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def wire():
    with Wire() as wire:
        yield wire


def openai(wire, **options):
    return OpenAILLM("tiny", base_url=wire.openai, **{"api_key": KEY, "max_retries": 0} | options)


def claude(wire, **options):
    return AnthropicLLM("claude-tiny", base_url=wire.anthropic, **{"api_key": KEY, "max_retries": 0} | options)


def through(wire, name="openai-chat:tiny", **options):
    return PydanticAILLM(name, **{"base_url": wire.openai, "api_key": KEY, "max_retries": 0} | options)


# --- servers by name


@pytest.mark.parametrize("name", [n for n in SERVERS if n not in ("azure", "llama_cpp")])
def test_a_server_is_reached_by_its_name_and_with_its_own_key(monkeypatch, wire, name):
    monkeypatch.setenv(SERVERS[name].key, f"key-of-{name}")
    monkeypatch.setenv("ANOTHER_KEY", "not this one")
    model = backend("llm", f"{name}:maker/tiny:8b@{wire.openai}")
    assert model.name == f"{name}:maker/tiny:8b"
    assert model.complete(PROMPT) == LLMReply("Delhi.", "tiny-1", len("Be brief.\nI live in Delhi. Which city?") // 4 + 1, 3)
    assert wire.seen[0].body["model"] == "maker/tiny:8b"
    assert wire.seen[0].headers["authorization"] == f"Bearer key-of-{name}"


@pytest.mark.parametrize("name", [n for n in SERVERS if n not in ("azure", "openai")])
def test_without_a_base_url_the_tables_is_used(monkeypatch, name):
    monkeypatch.setenv(SERVERS[name].key, "k")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    url = str(OpenAILLM("tiny", server=name)._at.client().base_url).rstrip("/")
    assert url == SERVERS[name].url


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_that_needs_a_key_says_which_variable(monkeypatch, name):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", "http://127.0.0.1:9")
    model = OpenAILLM(
        "tiny", server=name, max_retries=0, timeout=0.5, base_url=None if SERVERS[name].needs_key else "http://127.0.0.1:9/v1"
    )
    with pytest.raises(ConfigError if SERVERS[name].needs_key else LLMUnavailableError) as caught:
        model.complete(PROMPT)
    if SERVERS[name].needs_key:
        assert SERVERS[name].key in str(caught.value)
        assert caught.value.setting == "api_key"


def test_the_key_of_openai_goes_to_no_other_server(monkeypatch, wire):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    backend("llm", f"ollama:qwen3:8b@{wire.openai}").complete(PROMPT)
    backend("embedder", f"vllm:bge@{wire.openai}").embed(["a"])
    assert [KEY in str(seen.headers) for seen in wire.seen] == [False, False]


def test_azure_takes_the_deployment_and_the_version(monkeypatch, wire):
    monkeypatch.setenv("AZURE_OPENAI_ENDPOINT", wire.root)
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "azure-key")
    model = backend("llm", "azure:my-deployment")
    assert model.complete(PROMPT).text == "Delhi."
    assert model.name == "azure:my-deployment"
    assert wire.seen[0].path == "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21"
    assert wire.seen[0].headers["api-key"] == "azure-key"
    backend("llm", {"use": "azure:d", "api_version": "2025-01-01-preview", "base_url": wire.root}).complete(PROMPT)
    assert wire.seen[1].path.endswith("/d/chat/completions?api-version=2025-01-01-preview")
    backend("llm", f"azure:d@{wire.root}/openai/v1/").complete(PROMPT)
    assert wire.seen[2].path == "/openai/v1/chat/completions"
    assert backend("embedder", {"use": "azure:e", "dimensions": 8}).embed(["a"]).shape == (1, 8)
    assert wire.seen[3].path.startswith("/openai/deployments/e/embeddings?")
    monkeypatch.delenv("AZURE_OPENAI_ENDPOINT")
    with pytest.raises(ConfigError, match="AZURE_OPENAI_ENDPOINT"):
        backend("llm", "azure:d").complete(PROMPT)


def test_headers_and_further_fields_are_sent(wire):
    for made in (openai, claude, through):
        made(wire, headers={"X-Title": "mine"}, extra_body={"reasoning_effort": "low"}).complete(PROMPT)
        assert wire.seen[-1].headers["x-title"] == "mine"
        assert wire.seen[-1].body["reasoning_effort"] == "low"


@pytest.mark.parametrize("words", [*UNUSUAL[2:-1], "long " * 4_000], ids=range(len(UNUSUAL) - 2))
@pytest.mark.parametrize("made", [openai, claude, through])
def test_what_was_said_arrives_as_it_was_said(wire, made, words):
    made(wire).complete(LLMRequest((Turn("system", "Be brief."), Turn("user", words), Turn("assistant", words), Turn("user", "Well?"))))
    turns = [turn for turn in wire.seen[0].body["messages"] if turn["role"] != "system"]
    said = [turn["content"] if isinstance(turn["content"], str) else turn["content"][0]["text"] for turn in turns]
    if made is through:  # pydantic-ai parts what looks like a token of a chat template by a joiner of no width
        said, words = [text.replace("\u200d", "") for text in said], words.replace("\u200d", "")
    assert said == [words, words, "Well?"]


# --- OpenAI's protocol


def test_a_server_that_knows_no_schemas_is_not_asked_for_one(wire):
    OpenAILLM("tiny", server="deepseek", base_url=wire.openai, api_key=KEY).complete(FORM)
    assert wire.seen[0].body["response_format"] == {"type": "json_object"}
    assert '"city"' in wire.seen[0].body["messages"][0]["content"]


def test_tokens_from_the_cache_are_counted(wire):
    wire.cached = 5
    assert openai(wire).complete(PROMPT).cached_tokens == 5
    assert streamed(openai(wire), PROMPT)[1].cached_tokens == 5
    assert streamed(through(wire), PROMPT)[1].cached_tokens == 5
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5}
    answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "usage": usage,
              "choices": [{"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}]}  # fmt: skip
    wire.script = [Raw(json.dumps(answer).encode())]
    assert openai(wire, server="deepseek").complete(PROMPT) == LLMReply("x", "m", 9, 1, 4)


def test_a_stream_counts_its_tokens(wire):
    whole = openai(wire).complete(PROMPT)
    for made in (openai, through):
        pieces, reply = streamed(made(wire), PROMPT)
        assert len(pieces) > 1
        assert reply == whole


def test_a_server_that_cannot_count_in_a_stream_streams_all_the_same(wire):
    wire.refused = {"stream_options": "Unknown field: stream_options"}
    model = openai(wire)
    for _ in range(2):
        pieces, reply = streamed(model, PROMPT)
        assert "".join(pieces) == reply.text == "Delhi."
        assert reply.input_tokens == 0
    assert len(wire.seen) == 3


@pytest.mark.parametrize("made", [openai, claude, through])
def test_a_stream_that_breaks_off_is_a_typed_error(wire, made):
    wire.script = [BreakOff()]
    got = []
    with pytest.raises(LLMUnavailableError):
        got.extend(made(wire).stream(PROMPT))


def test_blanks_are_no_answer(wire):
    wire.script = [Blanks()]
    with pytest.raises(LLMTimeoutError):
        openai(wire).complete(replace(PROMPT, timeout=0.3))
    assert wire.gone.wait(10)  # and the connection is closed


def test_thinking_aloud_is_not_part_of_the_reply():
    with Wire(lambda prompt, schema: '<think>\nThey <b>live</b>…\n</think>\n\n{"city": "Delhi"}') as wire:
        assert openai(wire).complete(FORM).text == '{"city": "Delhi"}'
        pieces, reply = streamed(openai(wire), QUESTION)
        assert "".join(pieces) == reply.text == '{"city": "Delhi"}'
    for whole in ("<think> for yourself", "<thin", "", "  <b>x</b>", "a <think>b</think>"):
        with Wire(lambda prompt, schema, whole=whole: whole) as wire:
            assert openai(wire).complete(PROMPT).text == whole
            assert "".join(openai(wire).stream(PROMPT)) == whole


def test_a_reply_in_parts_is_put_together(wire):
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "Del"},
        {"type": "text", "text": "hi"},
    ]
    answer = {"id": "c", "object": "chat.completion", "created": 1, "model": "m",
              "choices": [{"index": 0, "message": {"role": "assistant", "content": parts}, "finish_reason": "stop"}]}  # fmt: skip
    wire.script = [Raw(json.dumps(answer).encode())]
    assert openai(wire, server="mistral").complete(PROMPT).text == "Delhi"


# --- Anthropic's protocol


def test_a_prompt_goes_to_anthropic_with_its_prefix_marked_for_the_cache(wire):
    wire.cached = 12
    reply = claude(wire).complete(PROMPT)
    assert reply == LLMReply("Delhi.", "claude-tiny-1", 32, 3, 12)
    body = wire.seen[0].body
    assert body["system"] == [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    assert body["messages"] == [{"role": "user", "content": "I live in Delhi. Which city?"}]
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("claude-tiny", 77, 0.3)
    assert KEY in wire.seen[0].headers.get("x-api-key", "") + wire.seen[0].headers.get("authorization", "")
    assert streamed(claude(wire), PROMPT)[1] == reply


def test_a_schema_goes_to_anthropic_as_structured_output(wire):
    numbers = {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 9}, "maxItems": 3}
    schema = {"type": "object", "properties": {"city": {"type": ["string", "null"]}, "n": numbers}, "required": ["city"]}
    claude(wire).complete(LLMRequest(QUESTION.turns, schema=schema))
    sent = wire.seen[0].body["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["additionalProperties"] is False
    assert sent["schema"]["properties"]["city"] == {"type": ["string", "null"]}
    assert sent["schema"]["properties"]["n"]["items"] == {"type": "integer", "description": "(maximum: 9, minimum: 0)"}
    assert "additionalProperties" not in schema


def test_a_model_without_structured_output_calls_a_tool_instead_and_that_is_remembered(wire):
    wire.refused = {"output_config": "output_config.format: structured outputs are not supported by this model"}
    model = claude(wire)
    assert json.loads(model.complete(FORM).text) == {"city": "Delhi"}
    assert wire.seen[1].body["tool_choice"] == {"type": "tool", "name": "city"}
    assert wire.seen[1].body["tools"][0]["input_schema"] == FORM.schema
    assert json.loads(streamed(model, FORM)[1].text) == {"city": "Delhi"}
    assert len(wire.seen) == 3


def test_a_server_that_can_do_neither_is_asked_in_words():
    with Wire(lambda prompt, schema: '```json\n{"city": "Delhi"}\n```' if "JSON Schema" in prompt else "?") as wire:
        wire.refused = {"output_config": "output_config: unknown field", "tools": "tools: unknown field", "temperature": "temperature: no"}
        assert json.loads(claude(wire).complete(FORM).text) == {"city": "Delhi"}
        assert "temperature" not in wire.seen[-1].body


def test_a_refusal_of_the_model_is_an_error(wire):
    answer = {"id": "m", "type": "message", "role": "assistant", "model": "m", "content": [], "stop_reason": "refusal",
              "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 0}}  # fmt: skip
    wire.script = [Raw(json.dumps(answer).encode())]
    with pytest.raises(LLMUnavailableError, match="refusal"):
        claude(wire).complete(PROMPT)


@pytest.mark.parametrize("data", [b"<html>", b"{}", b"[]", b'{"content": "x"}', b'{"content": [{"type": "text"}]}'])
@pytest.mark.parametrize("made", [claude, through])
def test_an_answer_that_is_none_is_a_typed_error(wire, made, data):
    wire.script = [Raw(data)]
    with pytest.raises(LLMUnavailableError):
        made(wire).complete(PROMPT)


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "API key"), (404, "model's name"), (429, "quota"), (529, "overloaded"), (500, "failed")]
)
@pytest.mark.parametrize("made", [openai, claude, through])
def test_a_status_comes_with_advice(wire, made, status, advice):
    wire.script = [Refuse(status, "the server's own words")]
    with pytest.raises(LLMUnavailableError, match=advice) as caught:
        made(wire).complete(PROMPT)
    assert "the server's own words" in str(caught.value)


@pytest.mark.parametrize("made", [openai, claude, through])
def test_nobody_there_is_unavailable(wire, made):
    wire.close()
    with pytest.raises(LLMUnavailableError, match="cannot be reached"):
        made(wire).complete(PROMPT)


def test_without_anthropics_key_or_sdk_it_says_what_to_do(monkeypatch):
    with pytest.raises(ConfigError, match="ANTHROPIC_API_KEY"):
        AnthropicLLM("claude-tiny").complete(PROMPT)
    monkeypatch.setitem(sys.modules, "anthropic", None)
    with pytest.raises(MissingExtraError, match=r"perdure\[anthropic\]"):
        AnthropicLLM("claude-tiny", api_key=KEY).complete(PROMPT)


# --- pydantic-ai


def test_every_name_that_goes_through_pydantic_ai_is_one_it_knows():
    from pydantic_ai.providers import infer_provider_class

    for name, target in BACKENDS["llm"].items():
        if target.endswith(":PydanticAILLM") and name != "pydantic_ai":
            try:
                infer_provider_class(name)
            except ImportError:
                continue  # known, and its own package is not installed


def test_a_provider_of_pydantic_ai_by_its_own_name(monkeypatch):
    monkeypatch.setenv("FIREWORKS_API_KEY", KEY)
    for name in ("fireworks:maker/tiny", "pydantic_ai:fireworks:maker/tiny"):
        model = backend("llm", name)
        assert model.name == "fireworks:maker/tiny"
        assert model._opened().model_name == "maker/tiny"


def test_what_is_missing_for_pydantic_ai_is_named(monkeypatch):
    monkeypatch.delenv("FIREWORKS_API_KEY", raising=False)
    with pytest.raises(ConfigError, match="FIREWORKS_API_KEY"):
        backend("llm", "fireworks:tiny").complete(PROMPT)
    with pytest.raises(ConfigError, match="nosuch"):
        backend("llm", "pydantic_ai:nosuch:tiny").complete(PROMPT)
    with pytest.raises(ConfigError, match="base_url"):
        backend("llm", "fireworks:tiny@http://127.0.0.1:9/v1").complete(PROMPT)
    monkeypatch.setitem(sys.modules, "cohere", None)
    with pytest.raises(MissingExtraError, match=r"pydantic-ai-slim\[cohere\]"):
        backend("llm", "cohere:command-r").complete(PROMPT)
    monkeypatch.setitem(sys.modules, "pydantic_ai.models", None)
    with pytest.raises(MissingExtraError, match=r"perdure\[providers\]"):
        backend("llm", "fireworks:tiny").complete(PROMPT)


def test_the_models_that_pydantic_ai_ships_for_tests_work():
    assert PydanticAILLM(CannedModel(custom_output_text="Delhi.")).complete(PROMPT).text == "Delhi."
    pieces, reply = streamed(PydanticAILLM(CannedModel(custom_output_text="Delhi it is.")), PROMPT)
    assert "".join(pieces) == reply.text == "Delhi it is."


def test_a_model_without_schemas_answers_with_the_arguments_of_a_tool():
    def answer(messages, info):
        assert info.output_tools[0].parameters_json_schema == FORM.schema
        return ModelResponse([TextPart("Let me see."), ToolCallPart(info.output_tools[0].name, {"city": "Delhi"})])

    async def stream(messages, info):
        yield {0: DeltaToolCall(info.output_tools[0].name, '{"city": ')}
        yield {0: DeltaToolCall(json_args='"Delhi"}')}

    model = PydanticAILLM(FunctionModel(answer, stream_function=stream, profile={"supports_json_schema_output": False}))
    assert json.loads(model.complete(FORM).text) == {"city": "Delhi"}
    pieces, reply = streamed(model, FORM)
    assert "".join(pieces) == reply.text == '{"city": "Delhi"}'


def test_it_works_while_an_event_loop_is_running(wire):
    import asyncio

    async def inside():
        return through(wire).complete(PROMPT).text, "".join(through(wire).stream(PROMPT))

    assert asyncio.run(inside()) == ("Delhi.", "Delhi.")


def test_an_error_of_a_providers_library_is_ours():
    def broken(messages, info):
        raise ZeroDivisionError(f"with {KEY} inside")

    def slow(messages, info):
        raise TimeoutError

    with pytest.raises(LLMUnavailableError) as caught:
        PydanticAILLM(FunctionModel(broken)).complete(PROMPT)
    assert KEY not in str(caught.value)
    with pytest.raises(LLMTimeoutError):
        PydanticAILLM(FunctionModel(slow)).complete(PROMPT)


# --- embeddings


def test_a_known_models_length_is_not_asked_for(wire):
    for name, length in (("openai:text-embedding-3-large", 3072), ("ollama:nomic-embed-text:latest", 768), ("mistral:mistral-embed", 1024)):
        assert backend("embedder", f"{name}@{wire.openai}").dimensions == length
    assert wire.seen == []
    assert backend("embedder", {"use": "vllm:mine", "dimensions": 33, "base_url": wire.openai}).dimensions == 33
    assert wire.seen == []


def test_an_unknown_models_length_is_asked_for_once(wire):
    model = backend("embedder", f"lmstudio:mine@{wire.openai}")
    assert (model.name, model.dimensions, model.dimensions) == ("lmstudio:mine", 8, 8)
    assert len(wire.seen) == 1


def test_a_length_that_cannot_be_found_out_says_what_to_set():
    with pytest.raises(ModelError, match="set dimensions") as caught:
        OpenAIEmbedder("mine", base_url="http://127.0.0.1:9/v1", max_retries=0).dimensions  # noqa: B018
    assert isinstance(caught.value, LLMUnavailableError)


def test_batches_are_bounded_by_number_and_by_size(wire):
    model = OpenAIEmbedder("mine", base_url=wire.openai, api_key=KEY)
    texts = ["word " * 4_000] * 15 + ["x"] * 300
    assert model.embed(texts).shape == (315, 8)
    sizes = [(len(s.body["input"]), sum(map(len, s.body["input"]))) for s in wire.seen]
    assert sum(n for n, _ in sizes) == 315
    assert all(n <= 128 and size <= BATCH_CHARACTERS for n, size in sizes)
    assert len(sizes) == 4


def test_a_server_that_refuses_long_texts_gets_their_beginnings(wire):
    def refuse_long():
        original = wire.step

        def step(seen):
            found = original(seen)
            too_long = any(len(text) > 3_000 for text in seen.body["input"])
            return Refuse(400, "This model's maximum context length is 512 tokens") if too_long else found

        return step

    wire.step = refuse_long()
    model = OpenAIEmbedder("mine", base_url=wire.openai, api_key=KEY, max_retries=0)
    assert model.embed(["word " * 4_000, "short"]).shape == (2, 8)
    rounds = len(wire.seen)
    model.embed(["word " * 4_000])
    assert len(wire.seen) == rounds + 1  # it remembers


def test_a_server_that_cannot_shorten_vectors_may_have_them_as_asked(wire):
    wire.refused = {"dimensions": "this model does not support matryoshka: dimensions"}
    assert OpenAIEmbedder("mine", dimensions=8, base_url=wire.openai, api_key=KEY).embed(["a"]).shape == (1, 8)
    with pytest.raises(ModelError, match="expected length 5"):
        OpenAIEmbedder("mine", dimensions=5, base_url=wire.openai, api_key=KEY).embed(["a"])


@pytest.mark.parametrize("name", ["groq", "xai", "deepseek"])
def test_a_server_without_embeddings_is_refused_by_name(name):
    with pytest.raises(ConfigError, match=name):
        backend("embedder", f"{name}:x")
    with pytest.raises(ConfigError, match="no embeddings"):
        OpenAIEmbedder("x", server=name)
