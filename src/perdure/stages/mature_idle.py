"""When nobody talks: which owners' memories have changed since they were last consolidated, and have rested since."""

from __future__ import annotations

import time
from collections.abc import Callable

from perdure.errors import ConfigError
from perdure.stages.stores import Stores

#: Seconds between two looks; who has not written from one to the next rests.
LOOK = 60.0


class Resting:
    """Finds owners to consolidate. What was done is remembered as long as the process lives; doing it again changes nothing."""

    def __init__(self, stores: Stores, *, look: float = LOOK, now: Callable[[], float] = time.monotonic) -> None:
        self._stores, self._look, self._now = stores, look, now
        self._at = now()
        self._seen: dict[int, int] = {}
        self._done: dict[int, int] = {}

    def owners(self) -> list[tuple[int, str]]:
        """Numbers and kinds of the owners that are to be consolidated now; mostly none, for it looks only now and then."""
        if self._now() - self._at < self._look:
            return []
        self._at = self._now()
        with self._stores.ledger.snapshot() as snapshot:
            everybody: list[tuple[int, str]] = snapshot.all_owners()
            versions = {owner: snapshot.version(owner) for owner, _ in everybody}
        before, self._seen = self._seen, versions
        return [(o, kind) for o, kind in everybody if before.get(o) == versions[o] and self._done.get(o) != versions[o]]

    def done(self, owner: int) -> None:
        """Takes down that an owner has been consolidated, as it now stands."""
        with self._stores.ledger.snapshot() as snapshot:
            self._done[owner] = self._seen[owner] = snapshot.version(owner)


def resting_of(stores: Stores, setting: object) -> Resting | None:
    """What the setting `consolidate` asks for; None for nothing.

    Raises:
        ConfigError: it is neither None nor "idle".
    """
    if setting is None:
        return None
    if setting != "idle":
        raise ConfigError(f'consolidate must be "idle" or left out, not {setting!r}.', setting="consolidate")
    return Resting(stores)
