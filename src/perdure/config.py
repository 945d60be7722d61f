"""Config: from arguments, a TOML file and the environment; and the table that turns names into backends.

A backend is named as ``name`` or ``name:model`` (``openai:gpt-5-mini``, ``ollama:qwen3:8b``), a model on another server as
``name:model@URL``. A table says more: ``{"use": "openai:gpt-5-mini", "timeout": 20}``, in TOML ``[perdure.llm]``. An object is accepted
wherever a name is. Other packages add backends through the entry-point group ``perdure.backends``, as ``<port>.<name>``.

A key comes from the environment variable of its provider, from the one that ``api_key_env`` names, or from ``api_key``; wherever a
setting is shown, it is not.

Order of precedence: arguments, then the environment (``PERDURE_FILE``, ``PERDURE_LLM``, ``PERDURE_EMBEDDER``, ``PERDURE_EXTRACTOR``,
``PERDURE_RERANKER``; ``PERDURE_CONFIG`` names a TOML file), then the TOML file, then the embedded default.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Final, cast

from perdure.adapters.llm.servers import Secret, without_login
from perdure.errors import ConfigError

_OPENAI: Final = "perdure.adapters.llm.openai:OpenAILLM"
_EMBEDDINGS: Final = "perdure.adapters.embed.openai:OpenAIEmbedder"
_PYDANTIC_AI: Final = "perdure.adapters.llm.pydantic_ai:PydanticAILLM"

BACKENDS: dict[str, dict[str, str]] = {
    "llm": {
        "openai": _OPENAI,
        "azure": _OPENAI,
        "openrouter": _OPENAI,
        "groq": _OPENAI,
        "together": _OPENAI,
        "deepseek": _OPENAI,
        "mistral": _OPENAI,
        "xai": _OPENAI,
        "vllm": _OPENAI,
        "ollama": _OPENAI,
        "lmstudio": _OPENAI,
        "llama_cpp": "perdure.adapters.llm.llama_cpp:LlamaCpp",
        "anthropic": "perdure.adapters.llm.anthropic:AnthropicLLM",
        "pydantic_ai": _PYDANTIC_AI,
        "alibaba": _PYDANTIC_AI,
        "bedrock": _PYDANTIC_AI,
        "cerebras": _PYDANTIC_AI,
        "cohere": _PYDANTIC_AI,
        "fireworks": _PYDANTIC_AI,
        "github": _PYDANTIC_AI,
        "google": _PYDANTIC_AI,
        "google-cloud": _PYDANTIC_AI,
        "heroku": _PYDANTIC_AI,
        "huggingface": _PYDANTIC_AI,
        "litellm": _PYDANTIC_AI,
        "moonshotai": _PYDANTIC_AI,
        "nebius": _PYDANTIC_AI,
        "ovhcloud": _PYDANTIC_AI,
        "sambanova": _PYDANTIC_AI,
        "vercel": _PYDANTIC_AI,
        "zai": _PYDANTIC_AI,
        "echo": "perdure.adapters.llm.echo:EchoLLM",
        "recorded": "perdure.adapters.llm.recorded:RecordedLLM",
    },
    "embedder": {
        "minilm": "perdure.adapters.embed.minilm:MiniLM",
        "hashing": "perdure.adapters.embed.hashing:HashingEmbedder",
        "fastembed": "perdure.adapters.embed.fastembed:FastEmbed",
        "openai": _EMBEDDINGS,
        "azure": _EMBEDDINGS,
        "openrouter": _EMBEDDINGS,
        "together": _EMBEDDINGS,
        "mistral": _EMBEDDINGS,
        "vllm": _EMBEDDINGS,
        "ollama": _EMBEDDINGS,
        "lmstudio": _EMBEDDINGS,
        "llama_cpp": _EMBEDDINGS,
    },
    "extractor": {"rules": "perdure.rules.extractor:RuleExtractor"},
    "reranker": {},
    "ledger": {"sqlite": "perdure.adapters.ledger.sqlite:SqliteLedger"},
    "vector": {"sqlite": "perdure.adapters.vector.sqlite:SqliteVectors"},
    "text": {"sqlite": "perdure.adapters.text.sqlite:SqliteText"},
    "graph": {"sqlite": "perdure.adapters.graph.sqlite:SqliteGraph"},
    "kv": {"sqlite": "perdure.adapters.kv.sqlite:SqliteSlots"},
}
#: What an object must have to stand for a port (see `perdure.ports`).
VERBS: dict[str, tuple[str, ...]] = {
    "llm": ("name", "complete"),
    "embedder": ("name", "dimensions", "embed"),
    "extractor": ("name", "extract"),
    "reranker": ("name", "score"),
    "ledger": ("snapshot", "transaction"),
    "vector": ("put", "search"),
    "text": ("put", "search"),
    "graph": ("put", "edges"),
    "kv": ("put", "look_up"),
}
SETTINGS = (
    "location", "llm", "embedder", "extractor", "reranker", "vector", "graph", "kv", "instructions", "budget", "prices", "consolidate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """Which backends a `Memory` works with: names, tables or objects, None for the default. `location` is the ledger's."""

    location: Any = None
    llm: Any = None
    embedder: Any = None
    extractor: Any = None
    reranker: Any = None
    vector: Any = None
    graph: Any = None
    kv: Any = None
    instructions: Any = None
    budget: Any = None
    prices: Any = None
    consolidate: Any = None

    def __repr__(self) -> str:
        given = ((f.name, getattr(self, f.name)) for f in fields(self))
        return f"Config({', '.join(f'{name}={_shown(value)!r}' for name, value in given if value is not None)})"


def configure(config: str | os.PathLike[str] | Mapping[str, Any] | None, **given: Any) -> Config:
    """The settings in force.

    Args:
        config: path of a TOML file, or its content as a dict.
        given: settings as arguments; None means "not given".

    Raises:
        ConfigError: the file cannot be read, or names an unknown setting.
    """
    source = config if config is not None else os.environ.get("PERDURE_CONFIG")
    settings = _from_file(source) if source is not None else {}
    settings |= {name: value for name in SETTINGS if (value := os.environ.get(f"PERDURE_{'FILE' if name == 'location' else name.upper()}"))}
    settings |= {k: v for k, v in given.items() if v is not None}
    made = replace(Config(), **{k: _sealed(v) for k, v in settings.items() if v is not None})
    return made if made.location is not None else replace(made, location=default_location())


def _from_file(source: str | os.PathLike[str] | Mapping[str, Any]) -> dict[str, Any]:
    where = "config"
    table: dict[str, Any]
    if isinstance(source, Mapping):
        table = dict(source)
    elif not isinstance(source, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ConfigError(f"config must be the path of a TOML file or a dict, not {type(source).__name__}.", setting="config")
    else:
        where = os.fspath(source)
        try:
            table = tomllib.loads(Path(where).expanduser().read_text("utf-8"))
        except OSError as e:
            raise ConfigError(f"{where} cannot be read: {e.strerror}. Check config= or PERDURE_CONFIG.", setting="config") from e
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise ConfigError(f"{where} is not TOML: {e}.", setting="config") from e
    inner: object = table.get("perdure", table)
    if not isinstance(inner, Mapping):
        raise ConfigError(f"{where}: [perdure] must be a table of settings, not {type(inner).__name__}.", setting="perdure")
    settings = dict(cast("Mapping[str, Any]", inner))
    for name in settings:
        if name not in SETTINGS:
            raise ConfigError(f"{where}: unknown setting {name!r}{_meant(name, SETTINGS)}", setting=str(name))
    return settings


def _meant(name: object, known: Collection[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, and all of them."""
    near = get_close_matches(str(name), known, n=1)
    return (f"; did you mean {near[0]!r}?" if near else ".") + f" Known: {', '.join(known) or 'none'}."


#: What is never shown of a table of settings.
_HIDDEN: Final = ("api_key", "headers", "extra_body")


def _sealed(value: Any) -> Any:
    """A setting whose keys do not show themselves, whatever prints it."""
    if not isinstance(value, Mapping):
        return value
    table = cast("Mapping[Any, Any]", value)
    return {k: Secret(v) if k == "api_key" and isinstance(v, str) else _sealed(v) for k, v in table.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, str):
        return without_login(value) if "://" in value else value
    if isinstance(value, Mapping):
        return {k: "…" if k in _HIDDEN else _shown(v) for k, v in cast("Mapping[Any, Any]", value).items()}
    return value


def default_location() -> str:
    """``memory.db`` in the user's data folder."""
    if sys.platform == "darwin":
        folder = Path.home() / "Library" / "Application Support"
    elif os.name == "nt":
        folder = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    else:
        folder = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return str(folder / "perdure" / "memory.db")


def backend(port: str, wanted: Any, **options: Any) -> Any:
    """The backend of a port: an object as it is, or made from ``name``, ``name:argument``, ``name:argument@URL``, or a table.

    A class that goes by several names has a method `named`, which is given the name before the argument.

    Raises:
        ConfigError: no such backend (the message lists those there are), or a setting of it is unknown, missing or of the wrong type.
    """
    if isinstance(wanted, Mapping):
        given = dict(cast("Mapping[str, Any]", wanted))
        wanted = given.pop("use", None)
        if not isinstance(wanted, str) or not wanted.strip():
            raise ConfigError(f'[perdure.{port}] does not say which: set use = "<name>:<model>".', setting=f"{port}.use")
    elif isinstance(wanted, str):
        given = {}
    else:
        missing = [verb for verb in VERBS[port] if not hasattr(wanted, verb)]
        if missing:
            raise ConfigError(
                f"{port} must be a name, a table, or an object with {', '.join(VERBS[port])}; {type(wanted).__name__} has no {missing[0]}.",
                setting=port,
            )
        return wanted
    wanted, at, address = _addressed(wanted) if port in ("llm", "embedder") else (wanted, "", "")
    if at:
        if "base_url" in given:
            raise ConfigError(f"{port}={wanted!r}: base_url stands in the table and after the @; give it once.", setting=f"{port}.base_url")
        given["base_url"] = address
    name, _, argument = wanted.partition(":")
    made = _class(port, name, wanted)
    make: Callable[..., Any] = made.named if hasattr(made, "named") else made
    settings = _settings(port, name, made, given)
    if _needs(made, "model") and not argument and "model" not in settings:
        raise ConfigError(f"{port}={wanted!r} does not say which model. Write {name}:<model>.", setting=port)
    try:
        return make(*((name,) if make is not made else ()), *((argument,) if argument else ()), **settings, **options)
    except TypeError as e:
        raise ConfigError(
            f"{port}={wanted!r}: {name} does not take this argument ({e}). Write {name} or {name}:<what it needs>.", setting=port
        ) from e


def _addressed(wanted: str) -> tuple[str, str, str]:
    """``name:model@http://host/v1`` in two: the model's own name may hold an @, but no URL after it."""
    parts = re.split(r"@(?=https?://)", wanted, maxsplit=1)
    return (parts[0], "@", parts[1]) if len(parts) == 2 else (wanted, "", "")


def _class(port: str, name: str, wanted: str) -> Any:
    target = BACKENDS[port].get(name)
    if target is None:
        plugins = {e.name: e.value for e in entry_points(group="perdure.backends") if e.name.startswith(f"{port}.")}
        target = plugins.get(f"{port}.{name}")
        if target is None:
            known = sorted([*BACKENDS[port], *(p.partition(".")[2] for p in plugins)])
            raise ConfigError(f"{port}={_shown(wanted)!r}: there is no {port} backend {name!r}{_meant(name, known)}", setting=port)
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


#: What a setting of a backend must be, where its class takes one of this name.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "model": ("a text", lambda v: isinstance(v, str) and bool(v.strip())),
    "base_url": ("an address that begins with http:// or https://", lambda v: isinstance(v, str) and v.startswith(("http://", "https://"))),
    "api_key": ("a text", lambda v: isinstance(v, str) and bool(v.strip())),
    # In capitals, as variables are: what is written here by mistake may be the key itself, and the name is shown.
    "api_key_env": ("the name of an environment variable, in capitals", lambda v: bool(re.fullmatch(r"[A-Z_][A-Z0-9_]*", str(v)))),
    "api_version": ("a text", lambda v: isinstance(v, str)),
    "timeout": ("a number of seconds above 0", lambda v: isinstance(v, int | float) and not isinstance(v, bool) and v > 0),
    "max_retries": ("a whole number from 0", lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0),
    "dimensions": ("a whole number above 0", lambda v: isinstance(v, int) and not isinstance(v, bool) and v > 0),
    "headers": ("a table of texts", lambda v: isinstance(v, Mapping) and all(isinstance(x, str) for x in cast("Any", v).values())),
    "extra_body": ("a table", lambda v: isinstance(v, Mapping)),
}


def _settings(port: str, name: str, made: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The keyword arguments that a table of settings means, each checked, the key taken from where `api_key_env` says."""
    taken = inspect.signature(made).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in taken.values())
    known = [n for n, p in taken.items() if n != "server" and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    known += ["api_key_env"] if "api_key" in taken else []
    for key, value in given.items():
        where = f"{port}.{key}"
        if key not in known and not open_ended:
            raise ConfigError(f"[perdure.{port}] {name} has no setting {key!r}{_meant(key, ['use', *known])}", setting=where)
        kind, fits = _KINDS.get(key, ("", None))
        if fits is not None and not fits(value):
            raise ConfigError(f"[perdure.{port}] {key} must be {kind}.", setting=where)
    settings = dict(given)
    variable = settings.pop("api_key_env", None)
    if variable is not None:
        if "api_key" in settings:
            raise ConfigError(f"[perdure.{port}] has both api_key and api_key_env; give one.", setting=f"{port}.api_key")
        if not os.environ.get(variable):
            raise ConfigError(
                f"[perdure.{port}] api_key_env: the environment variable {variable} is not set.", setting=f"{port}.api_key_env"
            )
        settings["api_key"] = os.environ[variable]
    if "api_key" in settings:
        settings["api_key"] = Secret(settings["api_key"])
    return settings


def _needs(made: Any, parameter: str) -> bool:
    found = inspect.signature(made).parameters.get(parameter)
    return found is not None and found.default is inspect.Parameter.empty


def ledger_at(location: Any) -> Any:
    """The ledger at a path or URL; an object as it is.

    Raises:
        ConfigError: the URL's scheme names no ledger. LedgerError: it cannot be opened.
    """
    if isinstance(location, os.PathLike):
        location = os.fspath(cast("os.PathLike[str]", location))
    if not isinstance(location, str):
        return location
    if not location.strip():
        raise ConfigError("location is empty. Give a path, or leave it out for the default.", setting="location")
    scheme, found, rest = location.partition("://")
    if not found or scheme == "sqlite":
        return backend("ledger", f"sqlite:{rest if found else location}")
    raise ConfigError(f"location={scheme}://…: this version keeps its ledger in a file. Give a path, or sqlite://path.", setting="location")
