"""An embedder without a model: hashed words and character trigrams, for tests and very small machines.

The hashing trick of Weinberger et al. 2009 ("Feature hashing for large scale multitask learning"), with signed counts. It knows
spelling, not meaning: "car" and "automobile" are strangers to it.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from perdure.errors import ConfigError

if TYPE_CHECKING:
    from perdure.ports import Floats

MAX_CHARACTERS = 20_000
"""Of a text that are read."""
LONG_WORD = 6
"""Letters from which a word counts in full; shorter ones carry less: "the", "my", "is"."""
TRIGRAM_WEIGHT = 0.3
"""Of a trigram beside a whole word: a misspelt word still counts, a shared syllable decides nothing."""

_WORD = re.compile(r"[^\W_]{1,64}")


class HashingEmbedder:
    """Deterministic vectors from the words of a text, equal on every machine and in every process.

    Args:
        dimensions: length of the vectors, 16 to 4096.

    Raises:
        ConfigError: `dimensions` is out of range.
    """

    def __init__(self, dimensions: int = 256) -> None:
        if not 16 <= dimensions <= 4096:
            raise ConfigError(f"dimensions={dimensions} must lie between 16 and 4096.", setting="dimensions")
        self._dimensions = dimensions

    @property
    def name(self) -> str:
        """``hashing-<dimensions>``."""
        return f"hashing-{self._dimensions}"

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return self._dimensions

    def embed(self, texts: Sequence[str]) -> Floats:
        """Float32 array of shape (len(texts), dimensions), rows of unit length; without words, a fixed vector."""
        import numpy as np

        vectors = np.zeros((len(texts), self._dimensions), dtype=np.float32)
        for i, text in enumerate(texts):
            row = vectors[i]
            folded = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).casefold()
            for word, count in Counter(_WORD.findall(folded)).items():
                for feature, weight in _features(word):
                    row[(feature >> 1) % self._dimensions] += (1.0 if feature & 1 else -1.0) * weight * count**0.5
            length = float(np.linalg.norm(row))
            if length > 0:
                vectors[i] = row / length
            else:
                row[0] = 1.0
        return vectors


@lru_cache(maxsize=32_768)
def _features(word: str) -> tuple[tuple[int, float], ...]:
    # Scripts without spaces say as much in two characters as others in six.
    share = min(len(word) if word.isascii() else 3 * len(word), LONG_WORD) / LONG_WORD
    padded = f"^{word}$"
    trigrams = sorted({padded[i : i + 3] for i in range(len(padded) - 2)})
    return ((_hash(f"w:{word}"), share), *((_hash(f"t:{t}"), TRIGRAM_WEIGHT * share) for t in trigrams))


def _hash(feature: str) -> int:
    return int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "little")
