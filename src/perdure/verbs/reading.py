"""Reading: what is known, by question, by id, by attribute, by neighbourhood, or packed for a prompt."""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from typing import Any

from perdure.filters import parse
from perdure.model.graph import SELF, Graph
from perdure.model.memory import Kind, MemoryRecord
from perdure.model.search import Context, Fact, Hit
from perdure.stages import edit, search
from perdure.verbs.arguments import Time, any_scope, limit_of, text_of, within
from perdure.verbs.core import Core


class Reading(Core):
    """The verbs that read."""

    def search(
        self, query: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, limit: int = 10,
        filters: Mapping[str, Any] | None = None, kinds: Sequence[Kind | str] | None = None, as_of: Time | None = None,
        known_at: Time | None = None,
    ) -> list[Hit]:  # fmt: skip
        """Memories and captured messages that answer a query, best first, each with its sources and why it is there.

        Args:
            query: a question or words.
            user_id, agent_id, session_id: whose; at least one.
            limit: at most so many hits, 1 to 1000.
            filters: see `perdure.filters`.
            kinds: only memories of these kinds, built-in ones or those of the application's instructions.
            as_of: what was true then.
            known_at: what was known then.

        Raises:
            FilterError, InputError: an argument is wrong.
        """
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, kinds=kinds)
        return search.search(self._known(view), text_of(query, "query"), view, limit=limit_of(limit), tree=self._tree(filters, kinds)).hits

    def get(
        self, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> MemoryRecord:  # fmt: skip
        """The current version of a memory, also of one that was superseded.

        Raises:
            NotFoundError: no such memory, or it was deleted.
        """
        return edit.current(self._stores, any_scope(user_id, agent_id, session_id), text_of(id, "id"))

    def list(
        self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, limit: int = 100,
        filters: Mapping[str, Any] | None = None, kinds: Sequence[Kind | str] | None = None, after: str | None = None,
        as_of: Time | None = None, known_at: Time | None = None,
    ) -> builtins.list[MemoryRecord]:  # fmt: skip
        """Live memories (not messages) in the order they were learnt; `after` is the id of the last one of the page before."""
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, kinds=kinds, messages=False)
        with self._stores.ledger.snapshot() as snapshot:
            return builtins.list(search.listed(snapshot, view, tree=self._tree(filters, kinds), limit=limit_of(limit), after=after))

    def fact(
        self, attribute: str, *, of: str = SELF, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        as_of: Time | None = None, known_at: Time | None = None,
    ) -> Fact | None:  # fmt: skip
        """The value of an attribute of an entity (default: the user), with the memory that proves it; None when none is known."""
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, messages=False)
        wanted = self._own.attribute(text_of(attribute, "attribute"))
        with self._stores.ledger.snapshot() as snapshot:
            return next(iter(search.facts(self._known(view), snapshot, view, of=text_of(of, "of"), attribute=wanted)), None)

    def facts(
        self, *, of: str = SELF, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        as_of: Time | None = None, known_at: Time | None = None,
    ) -> builtins.list[Fact]:  # fmt: skip
        """All that the key-value view holds of an entity (default: the user), attributes in alphabetical order."""
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, messages=False)
        with self._stores.ledger.snapshot() as snapshot:
            return search.facts(self._known(view), snapshot, view, of=text_of(of, "of"))

    def graph(
        self, *, around: str = SELF, hops: int = 2, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        as_of: Time | None = None, known_at: Time | None = None,
    ) -> Graph:  # fmt: skip
        """Entities and relations within `hops` (1 to 4) of an entity, each relation with the memory that proves it."""
        within("hops", hops, 1, 4)
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, messages=False)
        with self._stores.ledger.snapshot() as snapshot:
            return search.neighbourhood(self._known(view), snapshot, view, around=text_of(around, "around"), hops=hops)

    def context(
        self, query: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, budget: int = 1000,
        limit: int = 50, filters: Mapping[str, Any] | None = None, as_of: Time | None = None, known_at: Time | None = None,
    ) -> Context:  # fmt: skip
        """What to put into a prompt: profile facts, dated memories, connections and the session's recent messages, cited, in a budget.

        Args:
            query: what the prompt is about.
            user_id, agent_id, session_id: whose; with a session its recent messages come along.
            budget: tokens, 50 to 100,000 (an estimate that overshoots: see `perdure.stages.respond.tokens`).
            limit: hits considered.
            filters, as_of, known_at: as in `search`.
        """
        within("budget", budget, 50, 100_000)
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at)
        found = search.search(self._known(view), text_of(query, "query"), view, limit=limit_of(limit), tree=parse(filters))
        return self._context(found, view, budget=budget)
