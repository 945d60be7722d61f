"""Uses: which memories went into a context or an answer, counted in memory and written down now and then.

They are statistics: what a killed process had not yet written is lost, and a store that cannot be written to never makes a read fail.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from perdure.errors import PerdureError
from perdure.model.base import to_micros
from perdure.stages.stores import Stores

#: Memories noted before they are written at once, and seconds after which they are written with whatever else is done.
FULL, EVERY = 256, 30.0
DAY = 86_400_000_000


class Uses:
    """The uses that were noted and not yet written; safe to use from several threads."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._lock = threading.Lock()
        self._noted: Counter[tuple[str, int]] = Counter()
        self._since = time.monotonic()

    def note(self, memory_ids: Iterable[str]) -> None:
        """Counts one use of each memory; empty ids are passed over."""
        day = to_micros(self._stores.clock()) // DAY
        with self._lock:
            self._noted.update((i, day) for i in set(memory_ids) if i)
            full = len(self._noted) >= FULL
        if full:
            self.write()

    def write(self, *, due: bool = False) -> None:
        """Writes what was noted, in one transaction; `due`: only if that was not done for `EVERY` seconds. What fails waits."""
        with self._lock:
            if not self._noted or (due and time.monotonic() - self._since < EVERY):
                return
            noted, self._noted = self._noted, Counter()
            self._since = time.monotonic()
        written = False
        with suppress(PerdureError):
            with self._stores.ledger.transaction() as tx:
                tx.put_uses(noted)
            written = True
        if not written:
            with self._lock:
                self._noted.update(dict(noted.most_common(FULL - 1)))
