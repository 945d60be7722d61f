"""Embedding models in ONNX, through fastembed: from its list, downloaded from a hub because the user named one, or from a folder.

There is no default model, and with `path` nothing is downloaded. A folder holds what fastembed expects of a model: the ONNX file,
``tokenizer.json``, ``tokenizer_config.json`` and ``config.json``.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from perdure.errors import ConfigError, MissingExtraError, ModelError, PerdureError

if TYPE_CHECKING:
    from perdure.ports import Floats

Pooling = Literal["mean", "cls", "last_token", "disabled"]
POOLINGS: Final = ("mean", "cls", "last_token", "disabled")
MAX_CHARACTERS: Final = 32_768
"""Of a text are tokenised: some 8,000 tokens, which is what the longest of fastembed's models read."""
BATCH: Final = 32


class FastEmbed:
    """A model of fastembed's.

    Nothing is loaded or downloaded before the first text, except that `dimensions` of a model that is not on fastembed's list is found
    out by running it once. Safe to share between threads.

    Args:
        model: its name on fastembed's list, e.g. ``BAAI/bge-small-en-v1.5``. With `path`, any name: it is what tells its vectors from
            another model's. Default: the name of the folder.
        path: a folder with the model's files, used instead of a download.
        model_file: the ONNX file in that folder, for a model that is not on the list.
        pooling: how the states of a model that is not on the list become one vector.
        dimensions: of a model that is not on the list; default: found out by running it.
        cache_dir: where downloads are kept; default fastembed's own.
        threads: threads of one inference; default ``OMP_NUM_THREADS``, else one a core.

    Raises:
        ConfigError: no model and no folder, or a folder without the file.
        MissingExtraError: the package `fastembed` is not installed (on first use).
    """

    def __init__(
        self,
        model: str = "",
        *,
        path: str | os.PathLike[str] | None = None,
        model_file: str = "model.onnx",
        pooling: Pooling = "mean",
        dimensions: int | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        threads: int | None = None,
    ) -> None:
        self._folder = Path(path).expanduser() if path is not None else None
        if not model and self._folder is None:
            raise ConfigError(
                "fastembed needs a model: fastembed:BAAI/bge-small-en-v1.5, or path of a folder that holds one.", setting="model"
            )
        if pooling not in POOLINGS:
            raise ConfigError(f"pooling={pooling!r} must be one of {', '.join(POOLINGS)}.", setting="pooling")
        self._model = model or cast("Path", self._folder).resolve().name
        self._file = model_file
        self._pooling = pooling
        self._dimensions = dimensions or 0
        self._cache = str(Path(cache_dir).expanduser()) if cache_dir is not None else None
        self._threads = threads
        self._lock = threading.RLock()
        self._loaded: Any = None
        self._loaded_in = 0

    @property
    def name(self) -> str:
        """``fastembed:<model>``."""
        return f"fastembed:{self._model}"

    def __repr__(self) -> str:
        return f"FastEmbed({self._model!r})"

    @property
    def dimensions(self) -> int:
        """Length of a vector: from fastembed's list, else found out by running the model.

        Raises:
            ModelError, ConfigError: as `embed`.
        """
        with self._lock:
            if not self._dimensions:
                self._dimensions = self._listed() or int(self._run(["dimensions"]).shape[1])
            return self._dimensions

    def embed(self, texts: Sequence[str]) -> Floats:
        """Float32 array of shape (len(texts), dimensions), rows of unit length.

        Raises:
            ModelError: the model cannot be loaded, downloaded or run, or its vectors have another length than `dimensions` says.
            ConfigError: fastembed knows no model of this name and there is no `path`.
        """
        import numpy as np

        length = self.dimensions
        if not texts:
            return np.zeros((0, length), dtype=np.float32)
        vectors = self._run([_clean(text[:MAX_CHARACTERS]) for text in texts])
        if vectors.shape[1] != length:
            raise ModelError(
                f"{self.name} gave vectors of length {vectors.shape[1]}, not {length}. Set dimensions to what the model gives."
            )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors[lengths[:, 0] == 0, 0] = 1.0
        return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)

    def _run(self, texts: list[str]) -> Floats:
        import numpy as np

        # Texts of like length share a batch, so that little of it is padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        with self._lock:
            model = self._load()
        try:
            found = np.stack([np.asarray(row, dtype=np.float32) for row in model.embed([texts[i] for i in order], batch_size=BATCH)])
        except Exception as e:
            raise ModelError(f"{self.name} cannot embed: {type(e).__name__}: {str(e)[:300]}") from e
        vectors = np.empty_like(found)
        vectors[order] = found
        return vectors

    def _listed(self) -> int:
        """The length that fastembed's list gives, or 0."""
        listed: list[dict[str, Any]] = _package().TextEmbedding.list_supported_models()
        return next((int(m["dim"]) for m in listed if m["model"].casefold() == self._model.casefold()), 0)

    def _load(self) -> Any:
        if self._loaded_in != os.getpid():
            _abandoned.append(self._loaded)  # after a fork: destroying it would wait for threads that are not there
            try:
                self._loaded = self._opened()
            except PerdureError:
                raise
            except Exception as e:
                where = f"from {self._folder}" if self._folder else "(it is downloaded on first use; path takes one from a folder)"
                raise ModelError(f"{self.name} cannot be loaded {where}: {type(e).__name__}: {str(e)[:300]}") from e
            self._loaded_in = os.getpid()
        return self._loaded

    def _opened(self) -> Any:
        package = _package()
        threads = self._threads or int(os.environ.get("OMP_NUM_THREADS") or 0) or None
        if self._folder is None:
            if not self._listed():
                raise ConfigError(
                    f"fastembed knows no model {self._model!r}. Give path for one of your own, or a name from "
                    "fastembed.TextEmbedding.list_supported_models().",
                    setting="embedder",
                )
            return package.TextEmbedding(self._model, cache_dir=self._cache, threads=threads)
        name = self._model if self._listed() else self._registered(package)
        return package.TextEmbedding(name, specific_model_path=str(self._folder), threads=threads, local_files_only=True)

    def _registered(self, package: Any) -> str:
        """The name under which fastembed knows the model in the folder; it keeps one list for the whole process."""
        folder = cast("Path", self._folder)
        if not (folder / self._file).is_file():
            raise ConfigError(f"{folder} holds no {self._file}. Set path and model_file.", setting="path")
        how = f"{folder.resolve()}|{self._file}|{self._pooling}"
        name = f"perdure/{hashlib.sha256(how.encode()).hexdigest()[:16]}"
        with _registering:
            if not any(m["model"] == name for m in package.TextEmbedding.list_supported_models()):
                described: Any = import_module("fastembed.common.model_description")
                package.TextEmbedding.add_custom_model(
                    name, pooling=described.PoolingType[self._pooling.upper()], normalization=True, model_file=self._file,
                    sources=described.ModelSource(url=folder.resolve().as_uri()), dim=self._dimensions or 1,
                )  # fmt: skip
        return name


_registering = threading.Lock()
_abandoned: list[object] = []


def _package() -> Any:
    try:
        return import_module("fastembed")
    except ImportError as e:
        raise MissingExtraError("This needs fastembed. Run: pip install 'perdure[fastembed]'", setting="fastembed") from e


def _clean(text: str) -> str:
    """A lone surrogate cannot be encoded: it becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
