"""Upkeep: export, statistics, checks, rebuilding."""

from __future__ import annotations

import os
from typing import Literal

from perdure.model.report import Diagnosis, Stats, Transfer, Verification
from perdure.model.scope import Scope
from perdure.stages import doctor, inspect, transfer
from perdure.verbs.arguments import any_scope, one_of, within
from perdure.verbs.core import Core


class Upkeep(Core):
    """The verbs that keep a store in order."""

    def export(self, path: str | os.PathLike[str], *, user_id: str | None = None) -> Transfer:
        """Writes episodes, messages, memories with all versions, and changes as JSON lines; all, or one user's.

        Raises:
            InputError: the file cannot be written.
        """
        return transfer.export(self._stores, path, Scope(user_id) if user_id is not None else None)

    def load(self, path: str | os.PathLike[str]) -> Transfer:
        """Reads what `export` wrote. What is there already stays; loading twice changes nothing.

        Raises:
            ImportFormatError: the file is not an export; nothing was stored.
        """
        return transfer.load(self._stores, path)

    def stats(self, *, user_id: str | None = None) -> Stats:
        """Counts, job states, index lag, size."""
        return inspect.stats(self._stores, Scope(user_id) if user_id is not None else None)

    def verify(self) -> Verification:
        """Holds every projection against the ledger and names each difference."""
        return inspect.verify(self._stores)

    def doctor(
        self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, limit: int = 50_000
    ) -> Diagnosis:
        """What is said twice, out of date, cut off or behind, in one scope or the whole store, each with what mends it.

        Args:
            user_id, agent_id, session_id: whose; all when none is named.
            limit: messages and memories looked at, at most; `complete` in the result says whether that was everything.
        """
        most = within("limit", limit, 1, 100_000_000)
        return doctor.doctor(self._stores, any_scope(user_id, agent_id, session_id), limit=most)

    def reindex(self, projection: Literal["vector", "text", "graph", "slots", "all"] = "all") -> dict[str, int]:
        """Builds projections anew from the ledger. Returns documents per projection."""
        one_of("projection", projection, ("vector", "text", "graph", "slots", "all"))
        return inspect.reindex(self._stores, projection)
