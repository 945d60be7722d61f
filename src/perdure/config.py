"""Config: from arguments, a TOML file and the environment; and the table that turns names into backends.

A backend is named as ``name`` or ``name:model`` (``openai:gpt-5-mini``); an object is accepted wherever a name is. Other packages add
backends through the entry-point group ``perdure.backends``, as ``<port>.<name>``.

Order of precedence: arguments, then the environment (``PERDURE_FILE``, ``PERDURE_LLM``, ``PERDURE_EMBEDDER``, ``PERDURE_EXTRACTOR``,
``PERDURE_RERANKER``; ``PERDURE_CONFIG`` names a TOML file), then the TOML file, then the embedded default.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

from perdure.errors import ConfigError

BACKENDS: dict[str, dict[str, str]] = {
    "llm": {
        "openai": "perdure.adapters.llm.openai:OpenAILLM",
        "echo": "perdure.adapters.llm.echo:EchoLLM",
        "recorded": "perdure.adapters.llm.recorded:RecordedLLM",
    },
    "embedder": {
        "minilm": "perdure.adapters.embed.minilm:MiniLM",
        "hashing": "perdure.adapters.embed.hashing:HashingEmbedder",
        "openai": "perdure.adapters.embed.openai:OpenAIEmbedder",
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
SETTINGS = ("location", "llm", "embedder", "extractor", "reranker", "vector", "graph", "kv", "instructions", "budget", "prices")


@dataclass(frozen=True, slots=True)
class Config:
    """Which backends a `Memory` works with: names or objects, None for the default. `location` is the ledger's."""

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
    made = replace(Config(), **{k: v for k, v in settings.items() if v is not None})
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
            raise ConfigError(f"{where}: unknown setting {name!r}; known are {', '.join(SETTINGS)}.", setting=str(name))
    return settings


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
    """The backend of a port: an object as it is, or made from ``name`` or ``name:argument``.

    Raises:
        ConfigError: no such backend; the message lists those there are.
    """
    if not isinstance(wanted, str):
        missing = [verb for verb in VERBS[port] if not hasattr(wanted, verb)]
        if missing:
            raise ConfigError(
                f"{port} must be a name or an object with {', '.join(VERBS[port])}; {type(wanted).__name__} has no {missing[0]}.",
                setting=port,
            )
        return wanted
    name, _, argument = wanted.partition(":")
    table = BACKENDS[port]
    target = table.get(name)
    if target is None:
        plugins = {e.name: e.value for e in entry_points(group="perdure.backends") if e.name.startswith(f"{port}.")}
        target = plugins.get(f"{port}.{name}")
        if target is None:
            known = sorted([*table, *(p.partition(".")[2] for p in plugins)])
            raise ConfigError(f"{port}={wanted!r}: there is no {port} backend {name!r}. Known: {', '.join(known) or 'none'}.", setting=port)
    module, _, attribute = target.partition(":")
    made = getattr(import_module(module), attribute)
    try:
        return made(*((argument,) if argument else ()), **options)
    except TypeError as e:
        raise ConfigError(
            f"{port}={wanted!r}: {name} does not take this argument ({e}). Write {name} or {name}:<what it needs>.", setting=port
        ) from e


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
