"""One embedder for both sides: perdure's own MiniLM, whose vectors are made once and then looked up.

So that no model runs while something is measured, every text either side is going to embed is embedded beforehand and kept on
disk (``build/peers/``), a thousand texts a file. What the dictionary still lacks, the model embeds; like the look-up, that time is
taken off the figures, and how often it happened is reported.
"""

import hashlib
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import numpy as np
from texts import questions, statements

from perdure.adapters.embed.minilm import DIMENSIONS, GRAPH_SHA256, MODEL_SHA256, MiniLM

CHUNK = 1000
THANKS = "Thanks for telling me, I will keep it in mind."
MAX_QUESTIONS = MAX_ADDED = 1000
_DATE = re.compile(r"\d{1,2} [A-Z][a-z]+ \d{4}: ")
"""perdure embeds a statement with its date in front. Here it is cut off, so that both sides store the same vector for a text."""


def memories(count: int) -> list[str]:
    return list(islice(statements(1), count))


def asked() -> list[str]:
    return list(islice(questions(5), MAX_QUESTIONS))


def added() -> list[str]:
    return list(islice(statements(11), MAX_ADDED))


def verbatim(count: int) -> list[str]:
    return list(islice(statements(3), count))


def whole_adds() -> list[str]:
    """Both messages of an add as one text, as either side embeds them to look for what is known already."""
    return [form.format(text) for text in added() for form in (f"user: {{}}\nassistant: {THANKS}\n", f"{{}} {THANKS}")]


class Vectors:
    """The files the vectors are kept in; `of` makes what is missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model = MiniLM(threads=1)

    def of(self, texts: Sequence[str]) -> np.ndarray:
        parts = list(self._parts(texts))
        return np.concatenate(parts) if parts else np.empty((0, DIMENSIONS), np.float32)

    def _parts(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        self._folder.mkdir(parents=True, exist_ok=True)
        for start in range(0, len(texts), CHUNK):
            chunk = texts[start : start + CHUNK]
            named = hashlib.sha256("\0".join([MODEL_SHA256, GRAPH_SHA256, *chunk]).encode()).hexdigest()
            path = self._folder / f"{named[:32]}.npy"
            if not path.exists():
                print(f"embedding {start:,} to {start + len(chunk):,} of {len(texts):,} ...", file=sys.stderr, flush=True)
                part = path.with_suffix(".part")
                with part.open("wb") as f:
                    np.save(f, self._model.embed(chunk))
                part.replace(path)
            yield np.load(path)


class Known:
    """An embedder that looks its vectors up. `seconds` and `cpu_seconds` are the time spent in here, for
    subtracting; `unknown` is how many texts the model had to do."""

    name = "all-MiniLM-L6-v2-int8"
    dimensions = DIMENSIONS

    def __init__(self, folder: Path) -> None:
        self._files = Vectors(folder)
        self._rows: dict[str, np.ndarray] = {}
        self._model: MiniLM | None = None
        self.seconds = self.cpu_seconds = 0.0
        self.unknown = 0

    def learn(self, texts: Sequence[str]) -> None:
        self._rows.update(zip(texts, self._files.of(texts), strict=True))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        with self.unmeasured():
            return self._embed(texts)

    @contextmanager
    def unmeasured(self) -> Iterator[None]:
        """What is done in here is not counted."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu

    def _embed(self, texts: Sequence[str]) -> np.ndarray:
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        for i, text in enumerate(texts):
            bare = _DATE.sub("", text, count=1) if _DATE.match(text) else text
            found = self._rows.get(bare)
            if found is None:
                self.unknown += 1
                self._model = self._model or MiniLM(threads=1)
                found = self._rows[bare] = self._model.embed([bare])[0]
            vectors[i] = found
        return vectors
