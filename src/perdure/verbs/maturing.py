"""Maturing: memories are merged, promoted, lowered and summed up; and what they come to is read."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from dataclasses import replace

from perdure.model.maturing import SUMMARIES, ConsolidationReport, Summary, SummaryKind
from perdure.model.memory import SUMMARY
from perdure.model.scope import Scope
from perdure.model.search import View
from perdure.stages import mature, mature_read
from perdure.stages.mature_ask import Asker
from perdure.stages.paid import PaidOnce
from perdure.stages.spending import PaidCalls
from perdure.verbs.arguments import any_scope, one_of, text_of
from perdure.verbs.core import Core


class Maturing(Core):
    """The verbs with which a memory matures."""

    def consolidate(
        self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, dry_run: bool = False,
        use_llm: bool = True,
    ) -> ConsolidationReport:  # fmt: skip
        """Tidies a scope's memory, or everybody's when none is named; safe to run at any time, again and again.

        Near-duplicates are merged; short-term memories that were said again become long-term; what was never used loses importance;
        sessions, topics and the user are summed up, with sources; conflicts that settled themselves are closed. Every change can be
        undone (`history`, `undo`). Without an LLM rules do what is certain, and summaries repeat what was said word for word.

        Args:
            user_id, agent_id, session_id: whose; everybody's when none is named.
            dry_run: changes no memory and says what would be done. An LLM is asked all the same; the run that follows uses its replies.
            use_llm: False leaves the LLM out, if there is one. Calls count for the day's budget.

        Returns:
            Every proposal with what it changes, whether it was applied and why not; the conflicts that stay open; calls and tokens.
        """
        return self._consolidate(any_scope(user_id, agent_id, session_id), dry_run=dry_run, use_llm=use_llm)

    def profile(self, *, user_id: str, agent_id: str | None = None) -> Summary | None:
        """Who the user is, in at most 150 words with sources, as `consolidate` last wrote it and as far as it still holds; None before."""
        view = View(Scope(user_id, agent_id), self._stores.clock(), kinds=(SUMMARY,))
        with self._stores.ledger.snapshot() as snapshot:
            return mature_read.profile(snapshot, view)

    def summaries(
        self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, kind: SummaryKind | None = None,
        about: str | None = None,
    ) -> builtins.list[Summary]:  # fmt: skip
        """What `consolidate` has summed up of a scope: profiles, topics, sessions, the newest of each first, with sources.

        Args:
            user_id, agent_id, session_id: whose; at least one.
            kind: only "session", "topic" or "profile".
            about: only the session with this id, or the topic with this name.
        """
        if kind is not None:
            one_of("kind", kind, SUMMARIES)
        wanted = text_of(about, "about") if about is not None else None
        view = View(Scope(user_id, agent_id, session_id), self._stores.clock(), kinds=(SUMMARY,))
        with self._stores.ledger.snapshot() as snapshot:
            return mature_read.summaries(snapshot, view, kind=kind, about=wanted)

    # ------------------------------------------------------------------ inside
    def _consolidate(
        self, scope: Scope | None, *, dry_run: bool = False, use_llm: bool = True, of: Sequence[tuple[int, str]] | None = None
    ) -> ConsolidationReport:
        """One run, with the model's calls kept, counted and within the budget."""
        self._uses.write()
        llm = self._stores.llm if use_llm else None
        tally = mature.Tally(llm) if llm is not None else None
        paid: dict[int, PaidCalls] = {}

        def asker_for(owner: int) -> Asker | None:
            if tally is None:
                return None
            paid[owner] = PaidCalls(self._stores, owner, purse=self._purse)
            return Asker(PaidOnce(tally, paid[owner], purpose="consolidate"), self._stores.embedder, self._stores.clock())

        def done_with(owner: int) -> None:
            if owner in paid:
                with self._stores.ledger.transaction() as tx:
                    paid[owner].done(tx)

        report = mature.consolidate(self._stores, scope, dry_run=dry_run, asker_for=asker_for, done_with=done_with, of=of)
        if tally is None:
            return report
        return replace(report, calls=tally.calls, input_tokens=tally.input_tokens, output_tokens=tally.output_tokens)

    def _rest(self) -> None:
        """Consolidates, one after the other, the owners that have changed and rest."""
        for owner, kind in self._resting.owners() if self._resting is not None else ():
            if self._closed:
                return
            self._consolidate(None, of=[(owner, kind)])
            if self._resting is not None:
                self._resting.done(owner)
