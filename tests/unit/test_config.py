"""Settings: which wins, and what is said when one is wrong."""

from __future__ import annotations

import pytest

from perdure import Memory
from perdure.config import SETTINGS, backend, configure, default_location, ledger_at
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
