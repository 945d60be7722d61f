"""Upkeep: export, statistics, checks, rebuilding."""

from __future__ import annotations

import os
from typing import Literal

from perdure.model.base import instant
from perdure.model.report import Diagnosis, Stats, Transfer, Verification
from perdure.model.scope import Scope
from perdure.model.spending import BYS, By, Cost
from perdure.stages import doctor, inspect, spending, transfer
from perdure.verbs.arguments import Time, any_scope, one_of, within
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

    def costs(
        self, *, user_id: str | None = None, since: Time | None = None, until: Time | None = None, by: By = "day"
    ) -> list[Cost]:  # fmt: skip
        """What model calls took, in tokens and at the configured prices: extraction, answers, everything that was asked of the LLM.

        What replies cost that proved to be of no use is in it; a reply read back from the ledger cost nothing. Embedders are not counted.

        Args:
            user_id: of one user; default: of everybody. What was spent on users who were forgotten stays, without a name.
            since, until: the days (UTC) they lie in are both included; default: all.
            by: what a row is: "day" (in order), or "user", "job", "model", "purpose" (the most expensive first).
        """
        one_of("by", by, BYS)
        first, last = instant(since, argument="since"), instant(until, argument="until")
        owner: int | None = None
        if user_id is not None:
            with self._stores.ledger.snapshot() as snapshot:
                owner = snapshot.owner(Scope(user_id))
            if owner is None:
                return []
        return spending.costs(self._stores, self._purse.prices, by, owner=owner, since=first, until=last)

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
