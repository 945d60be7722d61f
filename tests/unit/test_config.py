"""Settings: which wins, and what is said when one is wrong."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perdure import Memory
from perdure.adapters.llm.servers import SERVERS
from perdure.config import BACKENDS, SETTINGS, backend, configure, default_location, ledger_at
from perdure.errors import ConfigError
from perdure.testing import EchoLLM

VARIABLES = ("PERDURE_CONFIG", "PERDURE_FILE", *(f"PERDURE_{s.upper()}" for s in SETTINGS))


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def toml(tmp_path):
    def write(text):
        file = tmp_path / "perdure.toml"
        file.write_text(text, encoding="utf-8")
        return file

    return write


#: argument | environment | TOML file | what is in force
PRECEDENCE = [
    ("echo", "openai:env", "openai:toml", "echo"),
    (None, "openai:env", "openai:toml", "openai:env"),
    (None, None, "openai:toml", "openai:toml"),
    (None, "", "openai:toml", "openai:toml"),
    (None, None, None, None),
]


@pytest.mark.parametrize(("argument", "environment", "file", "expected"), PRECEDENCE)
def test_arguments_before_environment_before_file_before_default(monkeypatch, toml, argument, environment, file, expected):
    if environment is not None:
        monkeypatch.setenv("PERDURE_LLM", environment)
    path = toml(f'llm = "{file}"\n') if file else None
    assert configure(path, llm=argument).llm == expected


def test_the_same_for_where_the_ledger_is(monkeypatch, toml, tmp_path):
    assert configure(None).location == default_location()
    file = toml('[perdure]\nlocation = "toml.db"\n')
    monkeypatch.setenv("PERDURE_CONFIG", str(file))
    assert configure(None).location == "toml.db"
    monkeypatch.setenv("PERDURE_FILE", "env.db")
    assert configure(None).location == "env.db"
    assert configure(None, location="argument.db").location == "argument.db"


def test_a_dict_does_as_well_as_a_file():
    assert configure({"embedder": "hashing"}).embedder == "hashing"
    assert configure({"perdure": {"embedder": "hashing"}}).embedder == "hashing"


def test_the_data_folder_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    assert default_location() == str(tmp_path / "perdure" / "memory.db")


UNKNOWN = {
    "embedder": ("nosuch", "minilm"),
    "llm": ("nosuch:gpt", "openai"),
    "extractor": ("nosuch", "rules"),
    "vector": ("nosuch://localhost", "sqlite"),
    "graph": ("nosuch", "sqlite"),
    "kv": ("nosuch", "sqlite"),
    "reranker": ("nosuch", "none"),
}


@pytest.mark.parametrize("setting", UNKNOWN)
def test_an_unknown_backend_is_named_and_the_known_ones_are_listed(path, setting):
    wanted, known = UNKNOWN[setting]
    with pytest.raises(ConfigError) as e:
        Memory(path, worker=False, **({"embedder": "hashing"} | {setting: wanted}))
    assert e.value.setting == setting
    assert "nosuch" in str(e.value)
    assert known in str(e.value)


WRONG_TYPES = {"embedder": 5, "llm": 5, "extractor": 5, "reranker": 5, "vector": 5, "graph": 5, "kv": 5}


@pytest.mark.parametrize("setting", WRONG_TYPES)
def test_a_backend_that_is_none_is_refused_by_name(path, setting):
    with pytest.raises(ConfigError, match=setting):
        Memory(path, worker=False, **({"embedder": "hashing"} | {setting: WRONG_TYPES[setting]}))


#: content of the TOML file | what the error says
BROKEN = {
    "not TOML": ("llm = ", "not TOML"),
    "an unknown setting": ('embeder = "hashing"', "embeder"),
    "an unknown setting in the table": ('[perdure]\nembeder = "hashing"', "embeder"),
    "a setting of the wrong type": ("embedder = 5", "embedder"),
    "a table that is none": ("perdure = 5", "perdure"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_an_error_that_says_what_is_wrong(path, toml, case):
    text, told = BROKEN[case]
    with pytest.raises(ConfigError, match=told):
        Memory(path, config=toml(text), worker=False)


def test_a_missing_file_a_folder_and_bytes_that_are_no_text(tmp_path):
    (tmp_path / "latin.toml").write_bytes(b'llm = "\xff\xfe"')
    for wrong in (tmp_path / "none.toml", tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(ConfigError) as e:
            configure(wrong)
        assert str(wrong) in str(e.value)


def test_a_config_that_is_neither_a_path_nor_a_dict():
    with pytest.raises(ConfigError, match="config"):
        configure(5)


@pytest.mark.parametrize("location", ["", "  ", "postgresql://localhost/x", "mysql://x"])
def test_a_ledger_that_this_version_cannot_keep(location):
    with pytest.raises(ConfigError) as e:
        ledger_at(location)
    assert e.value.setting == "location"


def test_a_ledger_by_url_is_the_file(path):
    with Memory(f"sqlite://{path}", embedder="hashing", worker=False) as m:
        m.remember("Ada keeps bees.", user_id="ada")
    assert path.exists()


def test_an_object_is_taken_as_it_is():
    llm = EchoLLM()
    assert backend("llm", llm) is llm


def test_an_argument_a_backend_does_not_take():
    with pytest.raises(ConfigError, match="rules"):
        backend("extractor", "rules:fast")


# --- strings and tables


@pytest.fixture
def no_keys(monkeypatch):
    for name in [n for n in os.environ if n.endswith("_API_KEY") or n.startswith(("OPENAI_", "AZURE_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)


#: string | the name of the LLM | its base URL
STRINGS = [
    ("openai:gpt-5-mini", "openai:gpt-5-mini", None),
    ("groq:llama-3.3-70b-versatile", "groq:llama-3.3-70b-versatile", None),
    ("ollama:qwen3:8b", "ollama:qwen3:8b", None),
    ("openrouter:meta-llama/llama-3.3-70b-instruct:free", "openrouter:meta-llama/llama-3.3-70b-instruct:free", None),
    ("vllm:Qwen/Qwen3-8B@http://10.0.0.5:8000/v1", "vllm:Qwen/Qwen3-8B", "http://10.0.0.5:8000/v1"),
    ("openai:@cf/meta/llama-3@https://a.example/v1", "openai:@cf/meta/llama-3", "https://a.example/v1"),
    ("lmstudio:a@b", "lmstudio:a@b", None),
    ("anthropic:claude-haiku-4-5", "anthropic:claude-haiku-4-5", None),
    ("google:gemini-2.5-flash", "google:gemini-2.5-flash", None),
    ("pydantic_ai:bedrock:anthropic.claude-v2:1", "bedrock:anthropic.claude-v2:1", None),
]


@pytest.mark.parametrize(("text", "name", "url"), STRINGS)
def test_one_string_names_provider_model_and_server(no_keys, text, name, url):
    llm = backend("llm", text)
    assert llm.name == name
    assert (url or "base_url") in repr(llm) or url is None
    if url is None:
        assert "base_url" not in repr(llm)


def test_every_server_of_the_table_has_a_name_in_the_configuration():
    assert {n for n, target in BACKENDS["llm"].items() if target.endswith(":OpenAILLM")} == SERVERS.keys() - {"llama_cpp"}
    embedders = {n for n, target in BACKENDS["embedder"].items() if target.endswith(":OpenAIEmbedder")}
    assert embedders == {n for n, s in SERVERS.items() if s.embeds}


def test_a_table_in_the_file_says_more_than_a_string(no_keys, toml, monkeypatch):
    monkeypatch.setenv("MY_KEY", "k-1")
    file = toml("""
        [perdure]
        location = ":memory:"
        [perdure.llm]
        use = "openai:gpt-5-mini"
        base_url = "http://127.0.0.1:9/v1"
        api_key_env = "MY_KEY"
        timeout = 20
        max_retries = 0
        headers = { X-Title = "notes" }
        extra_body = { reasoning_effort = "low" }
        [perdure.embedder]
        use = "ollama:mine"
        dimensions = 12
        [perdure.budget]
        day = 1.5
        [perdure.prices]
        "openai:gpt-5-mini" = { input = 0.25, output = 2.0 }
        [perdure.instructions]
        ignore = ["small talk"]
    """)
    config = configure(file)
    assert config.budget == {"day": 1.5}
    assert config.prices == {"openai:gpt-5-mini": {"input": 0.25, "output": 2.0}}
    assert config.instructions == {"ignore": ["small talk"]}
    llm = backend("llm", config.llm)
    assert llm.name == "openai:gpt-5-mini"
    assert backend("embedder", config.embedder).dimensions == 12


def test_a_table_is_taken_wherever_a_string_is(path):
    with Memory(path, embedder={"use": "hashing", "dimensions": 64}, llm={"use": "echo"}, worker=False) as m:
        assert m.stats().backends["vector"] == "hashing-64 (64)"
    with Memory(path, config={"embedder": {"use": "hashing", "dimensions": 64}}, worker=False) as m:
        assert m.stats().lag == dict.fromkeys(m.stats().lag, 0)


def test_the_model_may_stand_by_itself(no_keys):
    assert backend("llm", {"use": "groq", "model": "llama"}).name == "groq:llama"
    assert backend("embedder", {"use": "mistral", "model": "mistral-embed"}).name == "mistral:mistral-embed"
    assert backend("embedder", "openai").name == "openai:text-embedding-3-small"


#: port | what is wrong | what the error says | the setting it names
WRONG = {
    "a misspelt key": ("llm", {"use": "openai:x", "tiemout": 3}, "did you mean 'timeout'", "llm.tiemout"),
    "a key of another backend": ("llm", {"use": "groq:x", "dimensions": 3}, "dimensions", "llm.dimensions"),
    "a key that only the table has": ("llm", {"use": "groq:x", "server": "openai"}, "server", "llm.server"),
    "no use": ("llm", {"model": "x"}, "use", "llm.use"),
    "a use that is no text": ("embedder", {"use": 5}, "use", "embedder.use"),
    "a misspelt backend": ("llm", "opneai:x", "did you mean 'openai'", "llm"),
    "a misspelt backend in a table": ("embedder", {"use": "fastembeded:x"}, "did you mean 'fastembed'", "embedder"),
    "no model": ("llm", "groq", "groq:<model>", "llm"),
    "no model either": ("llm", "anthropic:", "anthropic:<model>", "llm"),
    "an embedder without a model": ("embedder", "ollama", "ollama:<model>", "embedder"),
    "fastembed without a model": ("embedder", "fastembed", "fastembed:BAAI", "model"),
    "a model twice": ("llm", {"use": "groq:x", "model": "y"}, "model", "llm"),
    "two addresses": ("llm", {"use": "vllm:x@http://a/v1", "base_url": "http://b/v1"}, "once", "llm.base_url"),
    "a timeout that is none": ("llm", {"use": "openai:x", "timeout": 0}, "timeout", "llm.timeout"),
    "a timeout in words": ("llm", {"use": "openai:x", "timeout": "long"}, "timeout", "llm.timeout"),
    "retries below 0": ("llm", {"use": "anthropic:x", "max_retries": -1}, "max_retries", "llm.max_retries"),
    "dimensions that are none": ("embedder", {"use": "openai:x", "dimensions": 0}, "dimensions", "embedder.dimensions"),
    "an address that is none": ("llm", {"use": "openai:x", "base_url": "localhost:8000"}, "http://", "llm.base_url"),
    "headers that are no table": ("llm", {"use": "openai:x", "headers": ["a"]}, "headers", "llm.headers"),
    "a variable that is not set": ("llm", {"use": "openai:x", "api_key_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE", "llm.api_key_env"),
    "a key for the name of its variable": ("llm", {"use": "openai:x", "api_key_env": "sk-abc"}, "the name of", "llm.api_key_env"),
    "a key twice": ("llm", {"use": "openai:x", "api_key": "a", "api_key_env": "HOME"}, "one", "llm.api_key"),
    "a key where none is taken": ("embedder", {"use": "hashing", "api_key": "a"}, "api_key", "embedder.api_key"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_setting_is_named_with_the_nearest_known_one(no_keys, path, case):
    port, wanted, told, setting = WRONG[case]
    with pytest.raises(ConfigError) as e:
        Memory(path, worker=False, **({"embedder": "hashing"} | {port: wanted}))
    assert told in str(e.value)
    assert e.value.setting == setting
    assert not path.exists()


def test_a_misspelt_setting_of_the_file_comes_with_the_nearest_known_one(toml):
    with pytest.raises(ConfigError, match="did you mean 'embedder'"):
        configure(toml('[perdure]\nembeder = "hashing"'))


def test_every_provider_and_its_variable_stand_in_the_documentation():
    page = (Path(__file__).parents[2] / "docs" / "providers.md").read_text("utf-8")
    models, _, embedders = page.partition("## Embedders")
    assert [name for name in BACKENDS["llm"] if f"`{name}:" not in models and f"`{name}`" not in models] == []
    assert [name for name in BACKENDS["embedder"] if f"`{name}:" not in embedders and f"`{name}`" not in embedders] == []
    assert [server.key for server in SERVERS.values() if f"`{server.key}`" not in models] == []
    assert [server.url for server in SERVERS.values() if not server.needs_key and server.url.removesuffix("/v1") not in models] == []


@pytest.mark.parametrize("extractor", ["llm", "llm:small"])
def test_an_extractor_that_is_the_llm_needs_one(extractor):
    with pytest.raises(ConfigError, match="needs an LLM") as caught:
        Memory(":memory:", extractor=extractor, embedder="hashing")
    assert caught.value.setting == "extractor"
    with pytest.raises(ConfigError, match="llm and llm:small"):
        Memory(":memory:", extractor="llm:tiny", llm=EchoLLM(), embedder="hashing")
    model = EchoLLM([{"memories": []}])
    with Memory(":memory:", extractor=extractor, llm=model, embedder="hashing", worker=False) as memory:
        assert memory.add("I live in Oslo.", user_id="ada").job.calls == 1
    assert len(model.requests[0].turns[0].content) < 2000 or extractor == "llm"
