"""An embedder that costs next to nothing, so that what is measured is everything else."""

import hashlib
import time
from collections.abc import Sequence

import numpy as np

POOL = 8192


class RandomVectors:
    """Unit vectors in random directions, one for each text: the sum of two of a fixed pool, chosen by the text.

    Any two texts are close to orthogonal, as unrelated sentences are. `seconds` and `cpu_seconds` are the time spent in here,
    for subtracting.
    """

    name = "bench-random-384"
    dimensions = 384

    def __init__(self) -> None:
        self._pool = np.random.default_rng(7).standard_normal((POOL, self.dimensions), dtype=np.float32)
        self.seconds = self.cpu_seconds = 0.0

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        began, cpu_began = time.perf_counter(), time.process_time()
        digests = b"".join(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest() for text in texts)
        one, other = np.frombuffer(digests, dtype=np.uint32).reshape(-1, 2).T % POOL
        vectors = self._pool[one] + self._pool[other]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.seconds += time.perf_counter() - began
        self.cpu_seconds += time.process_time() - cpu_began
        return vectors
