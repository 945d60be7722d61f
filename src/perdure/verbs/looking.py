"""Looking inside: history, reasons, jobs, conflicts."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from perdure.errors import InputError
from perdure.model.base import instant
from perdure.model.change import Change, Conflict, Diff, Job
from perdure.model.memory import Kind
from perdure.model.scope import Scope
from perdure.model.search import Explanation, WhyNot
from perdure.stages import edit, inspect
from perdure.verbs.arguments import Time, any_scope, instant_of, limit_of, text_of
from perdure.verbs.core import Core


class Looking(Core):
    """The verbs that say why and what happened."""

    def history(
        self, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> builtins.list[Change]:  # fmt: skip
        """Every change of a memory, oldest first, also after it was deleted.

        Raises:
            NotFoundError: no such memory.
        """
        return inspect.history(self._stores, any_scope(user_id, agent_id, session_id), text_of(id, "id"))

    def diff(
        self, *, since: Time, until: Time | None = None, user_id: str | None = None, agent_id: str | None = None,
        session_id: str | None = None,
    ) -> Diff:  # fmt: skip
        """What changed in a scope between two instants: memories that came, changed and went, and every change."""
        scope = Scope(user_id, agent_id, session_id)
        end = instant(until, argument="until") or self._stores.clock()
        with self._stores.ledger.snapshot() as snapshot:
            return inspect.diff(snapshot, scope, since=instant_of(since, "since"), until=end)

    def explain(
        self, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> Explanation:  # fmt: skip
        """In which stores a memory lives and why, where it comes from, and what happened to it.

        Raises:
            NotFoundError: no such memory.
        """
        return inspect.explain(self._stores, any_scope(user_id, agent_id, session_id), text_of(id, "id"))

    def why_not(
        self, query: str, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,  # noqa: A002
        limit: int = 10, filters: Mapping[str, Any] | None = None, kinds: Sequence[Kind | str] | None = None, as_of: Time | None = None,
        known_at: Time | None = None,
    ) -> WhyNot:  # fmt: skip
        """Why a memory is not among the hits of a query: the stage that dropped it, and by how much."""
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, kinds=kinds)
        return inspect.why_not(
            self._known(view), text_of(query, "query"), text_of(id, "id"), view, limit=limit_of(limit), tree=self._tree(filters, kinds)
        )

    def embed(self, texts: Sequence[str]) -> builtins.list[builtins.list[float]]:
        """Texts as the vectors this memory searches by, without any store: one list of unit length per text, in order.

        Raises:
            InputError: `texts` is not a sequence of strings. ModelError: the embedder failed.
        """
        if isinstance(texts, str):
            raise InputError("texts must be a sequence of strings, not one. Write embed([text]).", argument="texts")
        vectors: builtins.list[builtins.list[float]] = self._stores.embedder.embed([text_of(t, "texts") for t in texts]).tolist()
        return vectors

    def jobs(self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None) -> builtins.list[Job]:
        """The extraction jobs of a scope's owner, or all; oldest first."""
        return inspect.jobs(self._stores, any_scope(user_id, agent_id, session_id))

    def work(self, *, force: bool = False) -> int:
        """Runs the jobs that are due (`force`: also what waits or was given up), indexes what is dirty. Returns how many jobs were run."""
        return self._run_due(force=force)

    def conflicts(
        self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None
    ) -> builtins.list[Conflict]:
        """The inbox: pairs of memories that cannot both hold and that no rule could settle."""
        return inspect.conflicts(self._stores, any_scope(user_id, agent_id, session_id))

    def settle(self, conflict_id: str, *, keep: str) -> builtins.list[Change]:
        """Settles a conflict: `keep` is the id of the memory that holds; the other is superseded.

        Raises:
            NotFoundError: no such open conflict. InputError: `keep` is neither of the two.
        """
        return edit.settle(self._stores, text_of(conflict_id, "conflict_id"), keep=text_of(keep, "keep"))
