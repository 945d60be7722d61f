"""Answering: a question or a turn of a chat, answered from memory, with citations that were checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from perdure.filters import parse
from perdure.model.search import Answer
from perdure.stages import respond, search
from perdure.verbs.arguments import Time, text_of, within
from perdure.verbs.core import Core


class Answering(Core):
    """The verbs that answer."""

    def ask(
        self, question: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        budget: int = 1500, filters: Mapping[str, Any] | None = None, as_of: Time | None = None, known_at: Time | None = None,
    ) -> Answer:  # fmt: skip
        """An answer whose claims cite sources that were checked.

        With an LLM it is written from `context`; without one it is the best supported statement, verbatim, and `kind` says so. When
        nothing known answers, `kind` is "unknown".

        Raises:
            ModelError: the LLM failed.
        """
        within("budget", budget, 50, 100_000)
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at)
        found = search.search(self._known(view), text_of(question, "question"), view, limit=30, tree=parse(filters))
        if self._stores.llm is not None:
            page = self._context(found, view, budget=budget)
            top = found.hits[0].score if found.hits else 0.0
            answer = respond.ask_model(self._stores.llm, self._stores.embedder, question, page, score=top)
        else:
            with self._stores.ledger.snapshot() as snapshot:
                wanted = search.wanted_facts(self._known(view), snapshot, view, found.plan)
            answer = respond.answer_from(found, wanted)
        with self._stores.ledger.snapshot() as snapshot:
            path = search.connection(self._known(view), snapshot, view, answer)
        return replace(answer, trace=(*answer.trace, path)) if path is not None else answer
