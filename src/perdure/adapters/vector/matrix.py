"""One owner's vectors in memory, and the two ways of searching them.

Components are kept as 16-bit steps of 1/32767: half the memory of float32 and half of what a scan has to read, which is what bounds
it, while a cosine is off by 1e-5 at most where measured. A block of rows is widened to float32 in the processor's cache and multiplied
there; the whole scan takes no longer than with float32, and less when memory is busy.

*Exact*: every row. *In two steps*, from `LARGE` rows on: of every row the signs of its components alone, one bit each, are held
against the query's (Hamming distance; Charikar 2002, "Similarity estimation techniques from rounding algorithms"); the `SHARE` with
the fewest differences are then scored exactly. A filter is applied before the first step, so a narrow one loses nothing, and there is
nothing to train, to store or to keep up to date: an inverted file (IVF) would need all three, and probes more for a filtered query.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perdure.ports import Bools, Floats, Ints

    Steps = NDArray[np.int16]

#: The largest component, 1.0, in steps.
STEPS = 32767
#: Rows from which a search goes in two steps. `bench/scale.py` measures both; at this size the exact scan takes about 2 ms.
LARGE = 20_000
#: The share of rows that the second step scores, and at least how many. Share of the true ten nearest that was found: all-MiniLM-L6-v2 on
#: 49,000 sentences of public chats .999 (a hundredth of the rows: .999); `WordVectors` of `bench/scale.py`, whose sentences of eight
#: forms lie in heaps, .992 of 50,000 and .998 of 200,000 (a fiftieth: .97 and .98).
SHARE, LEAST = 0.03, 2500
#: Rows widened at a time: 400 kB as float32 at 384 dimensions, which stay in the second-level cache.
BLOCK = 256

#: numpy 2 counts bits; with an older one every search is exact.
_count_bits: Any = getattr(np, "bitwise_count", None)


def to_steps(vectors: Floats) -> Steps:
    """Vectors of unit length as they are kept, in memory and in the file."""
    return np.rint(np.clip(vectors, -1.0, 1.0) * STEPS).astype(np.int16)


def from_steps(steps: Steps) -> Floats:
    """The vectors again, each component off by half a step at most."""
    return steps.astype(np.float32) / np.float32(STEPS)


class Matrix:
    """Rows in order of arrival, with the position of the document each belongs to. They only grow: readers keep the arrays they have."""

    def __init__(self, dimensions: int, epoch: int) -> None:
        self.epoch, self.revision, self.n = epoch, -1, 0
        self.chunked = False  # some document has several vectors: its best one counts
        self.lock = threading.Lock()
        self._rows: Steps = np.zeros((0, dimensions), dtype=np.int16)
        self._signs = np.zeros((-(-dimensions // 64), 0), dtype=np.uint64)  # a row of 64 components after the other: read in one go
        self._positions = np.zeros(0, dtype=np.int32)

    def reserve(self, room: int) -> None:
        """Makes room for so many rows in all."""
        if room > len(self._rows):
            rows, n = np.zeros((room, self._rows.shape[1]), dtype=np.int16), self.n
            signs = np.zeros((len(self._signs), room), dtype=np.uint64)
            positions = np.zeros(room, dtype=np.int32)
            rows[:n], signs[:, :n], positions[:n] = self._rows[:n], self._signs[:, :n], self._positions[:n]
            self._rows, self._signs, self._positions = rows, signs, positions

    def append(self, rows: Steps, positions: Ints) -> None:
        """Takes in rows and the positions of their documents."""
        end = self.n + len(rows)
        if end > len(self._rows):
            self.reserve(max(end, len(self._rows) * 5 // 4))
        self._rows[self.n : end] = rows
        self._signs[:, self.n : end] = _signs(rows).T
        self._positions[self.n : end] = positions
        self.n = end

    def scores(self, query: Floats, mask: Bools) -> Floats:
        """Per position the best cosine of its rows, rounded to 2⁻²⁰; -2 where the mask is not set, or there is none.

        In two steps, also -2 where it is not among the nearest.

        Args:
            query: unit length.
            mask: the positions to be searched; it may be shorter than the arrays, which have grown since.
        """
        with self.lock:
            n = self.n
            rows, signs, positions = self._rows[:n], self._signs[:, :n], self._positions[:n]
        scores = np.full(len(mask), -2.0, dtype=np.float32)
        if not n or not len(mask):
            return scores
        if int(positions.max()) < len(mask):
            allowed = mask[positions]
        else:
            allowed = mask[np.minimum(positions, len(mask) - 1)] & (positions < len(mask))
        count = int(np.count_nonzero(allowed))
        if not count:
            return scores
        chosen = None if count == n else np.flatnonzero(allowed)
        if count >= LARGE and _count_bits is not None:
            chosen = _nearest(signs, _signs(to_steps(query)[None])[0], allowed, max(LEAST, int(count * SHARE)))
        where = positions if chosen is None else positions[chosen]
        got = _cosines(rows, query, chosen)
        if self.chunked:
            np.maximum.at(scores, where, got)
        else:
            scores[where] = got
        return scores


def _signs(rows: Steps) -> NDArray[np.uint64]:
    """One bit a component, set when it is positive, in words of 64; shape (rows, words)."""
    packed = np.packbits(rows > 0, axis=1)
    padded = np.zeros((len(rows), -(-packed.shape[1] // 8) * 8), dtype=np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


def _nearest(signs: NDArray[np.uint64], query: NDArray[np.uint64], allowed: Bools, wanted: int) -> Ints:
    """The allowed rows with the fewest differing signs, in order: at least `wanted`, and all that differ as little as the last."""
    apart = _count_bits(signs[0] ^ query[0]).astype(np.uint16)
    for word in range(1, len(query)):
        apart += _count_bits(signs[word] ^ query[word])
    most = 64 * len(query) + 1
    apart[~allowed] = most
    upto = np.cumsum(np.bincount(apart, minlength=most + 1))
    return np.flatnonzero(apart <= min(int(np.searchsorted(upto, wanted)), most - 1))


def _cosines(rows: Steps, query: Floats, chosen: Ints | None) -> Floats:
    """The cosines of the chosen rows, or of all.

    Rounded: the last bits of a product depend on where in a block a row stands, and equal vectors must have equal scores.
    """
    n = len(rows) if chosen is None else len(chosen)
    found = np.empty(n, dtype=np.float32)
    block = np.empty((min(BLOCK, n), rows.shape[1]), dtype=np.float32)
    for start in range(0, n, BLOCK):
        part = rows[start : start + BLOCK] if chosen is None else rows[chosen[start : start + BLOCK]]
        wide = block[: len(part)]
        np.copyto(wide, part)
        np.dot(wide, query, out=found[start : start + len(part)])
    found *= np.float32(2**20 / STEPS)
    np.rint(found, out=found)
    found *= np.float32(2**-20)
    return found
