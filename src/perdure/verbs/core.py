"""Core: what every verb stands on: the stores, the models, the worker."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self, cast

from perdure.config import backend, configure, ledger_at
from perdure.model.base import instant, to_micros
from perdure.model.memory import KINDS, Kind
from perdure.model.scope import Scope
from perdure.model.search import Context, View
from perdure.stages import hydrate, inspect, respond, search
from perdure.stages.extract import LLMExtractor
from perdure.stages.judge import make_judge
from perdure.stages.paid import PaidOnce
from perdure.stages.past import Past
from perdure.stages.stores import Stores
from perdure.verbs.arguments import Time, one_of
from perdure.worker import Minds, PaidCalls, Worker, run_once, worker_name


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


class Core:
    """Opens and closes; and what the verbs share. Arguments as in `perdure.Memory`."""

    def __init__(
        self, location: str | os.PathLike[str] | None = None, *, llm: Any = None, embedder: Any = None, extractor: Any = None,
        reranker: Any = None, vector: Any = None, graph: Any = None, kv: Any = None,
        instructions: Any = None, budget: Any = None, prices: Any = None,
        config: str | os.PathLike[str] | Mapping[str, Any] | None = None, clock: Callable[[], datetime] | None = None,
        ids: Callable[[], str] | None = None, worker: bool = True,
    ) -> None:  # fmt: skip
        c = configure(
            config,
            location=location,
            llm=llm,
            embedder=embedder,
            extractor=extractor,
            reranker=reranker,
            vector=vector,
            graph=graph,
            kv=kv,
            instructions=instructions,
            budget=budget,
            prices=prices,
        )
        model = backend("embedder", c.embedder or "minilm")
        self._extractor = backend("extractor", c.extractor or "rules")
        self._prefers_llm = c.extractor is None and c.llm is not None
        self._stores = Stores(
            ledger=ledger_at(c.location),
            vector=backend("vector", c.vector or "sqlite", space=model.name, dimensions=model.dimensions),
            text=backend("text", "sqlite"), graph=backend("graph", c.graph or "sqlite"), slots=backend("kv", c.kv or "sqlite"),
            embedder=model, extractor=self._extractor, clock=clock or _now, ids=ids or _new_id,
            llm=backend("llm", c.llm) if c.llm is not None else None,
            reranker=backend("reranker", c.reranker) if c.reranker is not None else None, worker=worker_name(),
        )  # fmt: skip
        self._worker = Worker(self._run_due) if worker else None
        self._closed = False
        pending = inspect.prepare(self._stores)
        if pending and self._worker is not None:
            self._worker.wake()

    def close(self) -> None:
        """Lets the worker finish what it is at, and closes the ledger."""
        if not self._closed:
            self._closed = True
            if self._worker is not None:
                self._worker.stop()
            self._stores.ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Memory({self._stores.ledger.location!r})"

    # ------------------------------------------------------------------ inside
    def _view(
        self, user_id: str | None, agent_id: str | None, session_id: str | None, *, as_of: Time | None = None, known_at: Time | None = None,
        kinds: Sequence[Kind] | None = None, messages: bool = True,
    ) -> View:  # fmt: skip
        for kind in kinds or ():
            one_of("kinds", kind, KINDS)
        return View(
            scope=Scope(user_id, agent_id, session_id), now=self._stores.clock(), as_of=instant(as_of, argument="as_of"),
            known_at=instant(known_at, argument="known_at"), kinds=tuple(kinds or ()), messages=messages,
        )  # fmt: skip

    def _known(self, view: View) -> Stores:
        """The stores to read a view from: for what was known at an instant, slots and graph come from the ledger's versions."""
        if view.known_at is None:
            return self._stores
        past = Past(view.known_at)
        return replace(self._stores, slots=cast("Any", past), graph=cast("Any", past))

    def _context(self, found: search.Searched, view: View, *, budget: int) -> Context:
        with self._stores.ledger.snapshot() as snapshot:
            wanted = search.profile(self._known(view), snapshot, view, found.plan)
            notes = search.session_notes(self._known(view), snapshot, view)
            owner = snapshot.owner(view.scope)
            recent: list[Any] = []
            if owner is not None and view.scope.session_id is not None:
                said = snapshot.recent(owner, view.scope, limit=20, until=None if view.as_of is None else to_micros(view.as_of))
                recent = [hydrate.without_deleted(snapshot, m) for m in said if not hydrate.visible_message(m, view)]
        return respond.context([*notes, *found.hits], wanted, recent, budget=budget)

    def _minds_for(self, owner: int) -> Minds:
        """What an owner's jobs are run with: with a model, every reply is kept before it is used. Owner 0 is nobody."""
        if self._stores.llm is None:
            return Minds(self._extractor)
        paid = PaidCalls(self._stores, owner) if owner else None
        llm = PaidOnce(self._stores.llm, paid) if paid is not None else self._stores.llm
        return Minds(LLMExtractor(llm) if self._prefers_llm else self._extractor, make_judge(llm), paid)

    def _run_due(self, *, force: bool = False) -> int:
        return run_once(self._stores, self._minds_for, force=force)

    def _given_back(self, job_id: str) -> bool:
        """Whether a job waits to be tried again, or rests as failed."""
        with self._stores.ledger.snapshot() as snapshot:
            found = snapshot.jobs(job_id=job_id)
        return bool(found) and found[0].state in ("pending", "failed")

    def _wake(self) -> None:
        if self._worker is not None and not self._closed:
            self._worker.wake()
