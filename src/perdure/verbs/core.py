"""Core: what every verb stands on: the stores, the models, the worker."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Self, cast

from perdure.config import backend, configure, ledger_at
from perdure.errors import ConfigError
from perdure.filters import And, Filter, parse
from perdure.model.base import instant, to_micros
from perdure.model.change import Job
from perdure.model.instructions import Instructions
from perdure.model.memory import ALL_KINDS
from perdure.model.scope import Scope
from perdure.model.search import Context, View
from perdure.model.spending import Purpose, budget_of, prices_of
from perdure.ports import LLM
from perdure.prompts import load
from perdure.stages import hydrate, inspect, mature_read, respond, search
from perdure.stages.extract import LLMExtractor
from perdure.stages.instructions import Instructed, Own
from perdure.stages.judge import make_judge
from perdure.stages.mature_idle import resting_of
from perdure.stages.paid import PaidOnce
from perdure.stages.past import Past
from perdure.stages.spending import PaidCalls, Purse, metered
from perdure.stages.stores import Stores
from perdure.stages.uses import Uses
from perdure.verbs.arguments import Time, one_of
from perdure.worker import Minds, Worker, run_once, worker_name


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


#: Texts an LLM may be given to extract by; the small one is for models of less than about three billion parameters.
PROMPTS = {"": "extract", "small": "extract_small"}


def _prompt_of(extractor: Any, llm: Any) -> str | None:
    """The prompt by which the LLM extracts; None when something else extracts.

    Raises:
        ConfigError: there is no such prompt, or no LLM.
    """
    if extractor is None:
        return load(PROMPTS[""]).text if llm is not None else None
    name, _, size = extractor.partition(":") if isinstance(extractor, str) else ("", "", "")
    if name != "llm":
        return None
    if llm is None:
        raise ConfigError(f"extractor={extractor!r} needs an LLM: set llm too.", setting="extractor")
    if size not in PROMPTS:
        raise ConfigError(f"extractor={extractor!r}: known are llm and llm:small.", setting="extractor")
    return load(PROMPTS[size]).text


class Core:
    """Opens and closes; and what the verbs share. Arguments as in `perdure.Memory`."""

    def __init__(
        self, location: str | os.PathLike[str] | None = None, *, llm: Any = None, embedder: Any = None, extractor: Any = None,
        reranker: Any = None, vector: Any = None, graph: Any = None, kv: Any = None,
        instructions: Any = None, budget: Any = None, prices: Any = None, consolidate: Any = None,
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
            consolidate=consolidate,
        )
        model = backend("embedder", c.embedder or "minilm")
        self._instructions = Instructions.of(c.instructions)
        self._own = Own.of(self._instructions)
        self._prompt = _prompt_of(c.extractor, c.llm)
        self._extractor = backend("extractor", c.extractor if c.extractor is not None and self._prompt is None else "rules")
        if c.instructions is not None:
            self._extractor = Instructed(self._extractor, self._own)
        self._purse = Purse(prices_of(c.prices), budget_of(c.budget))
        model_used = backend("llm", c.llm) if c.llm is not None else None
        self._purse.check(model_used.name if model_used is not None else None)
        self._made_llm = isinstance(c.llm, str | Mapping)  # what was made here is closed here; an object is its owner's
        self._stores = Stores(
            ledger=ledger_at(c.location),
            vector=backend("vector", c.vector or "sqlite", space=model.name, dimensions=model.dimensions),
            text=backend("text", "sqlite"), graph=backend("graph", c.graph or "sqlite"), slots=backend("kv", c.kv or "sqlite"),
            embedder=model, extractor=self._extractor, clock=clock or _now, ids=ids or _new_id,
            llm=model_used,
            reranker=backend("reranker", c.reranker) if c.reranker is not None else None, worker=worker_name(),
        )  # fmt: skip
        self._uses = Uses(self._stores)
        self._resting = resting_of(self._stores, c.consolidate)
        self._worker = Worker(self._run_due, rest=self._rest if self._resting is not None else None) if worker else None
        self._closed = False
        pending = inspect.prepare(self._stores)
        if (pending or self._resting is not None) and self._worker is not None:
            self._worker.wake()

    def close(self) -> None:
        """Lets the worker finish what it is at, ends a model that was started for this memory, and closes the ledger."""
        if not self._closed:
            self._closed = True
            if self._worker is not None:
                self._worker.stop()
            self._uses.write()
            if self._made_llm:
                end: Callable[[], None] = getattr(self._stores.llm, "close", lambda: None)
                end()
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
        kinds: Sequence[str] | None = None, messages: bool = True,
    ) -> View:  # fmt: skip
        for kind in kinds or ():
            one_of("kinds", kind, (*ALL_KINDS, *self._own.kinds))
        return View(
            scope=Scope(user_id, agent_id, session_id), now=self._stores.clock(), as_of=instant(as_of, argument="as_of"),
            known_at=instant(known_at, argument="known_at"), kinds=tuple(self._own.kinds.get(k, k) for k in kinds or ()), messages=messages,
        )  # fmt: skip

    def _tree(self, filters: object, kinds: Sequence[str] | None = None) -> Filter | None:
        """What `filters` ask for, and that memories of the application's own kinds are of those that `kinds` name."""
        tree, wanted = parse(filters), self._own.narrowed(kinds or ())
        return And((tree, wanted)) if tree is not None and wanted is not None else tree or wanted

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
            standing = mature_read.profile_lines(snapshot, view)
        page = respond.context([*notes, *found.hits], wanted, recent, budget=budget, standing=standing)
        self._uses.note(c.memory_id for c in page.citations)
        return page

    def _minds_for(self, owner: int, jobs: Sequence[Job] = ()) -> Minds:
        """What an owner's jobs are run with: with a model, every reply is kept before it is used, and counted. Owner 0 is nobody."""
        llm = self._stores.llm
        if llm is None:
            return Minds(self._extractor)
        paid: PaidCalls | None = None
        extracts, judges = metered(llm, self._stores, 0, "extract"), metered(llm, self._stores, 0, "judge")
        if owner:
            paid = PaidCalls(self._stores, owner, job=jobs[0].id if jobs else "", purse=self._purse)
            extracts = PaidOnce(llm, paid, purpose="extract", task=" ".join(j.id for j in jobs))
            judges = PaidOnce(llm, paid, purpose="judge")
        extractor = (
            LLMExtractor(extracts, instructions=self._instructions, prompt=self._prompt) if self._prompt is not None else self._extractor
        )
        return Minds(extractor, make_judge(judges), paid)

    def _spent(self, owner: int) -> str:
        """What a spent budget has to say to somebody whose messages are captured; "" while there is room, or no model to pay."""
        if self._stores.llm is None:
            return ""
        with self._stores.ledger.snapshot() as snapshot:
            return str(self._purse.spent(snapshot, owner, self._stores.clock()) or "")

    def _metered(self, purpose: Purpose, scope: Scope) -> LLM | None:
        """The model, its calls counted for the owner of a scope; None without one."""
        if self._stores.llm is None:
            return None
        with self._stores.ledger.snapshot() as snapshot:
            return metered(self._stores.llm, self._stores, snapshot.owner(scope), purpose)

    def _paid(self, purpose: Purpose, owner: int) -> tuple[LLM, PaidCalls] | None:
        """The model for work that may be taken up again: the same request is paid for once, counted, and within the budget."""
        if self._stores.llm is None:
            return None
        calls = PaidCalls(self._stores, owner, purse=self._purse)
        return PaidOnce(self._stores.llm, calls, purpose=purpose), calls

    def _rest(self) -> None:
        """What is done when there is nothing to do; see `perdure.verbs.maturing`."""

    def _run_due(self, *, force: bool = False) -> int:
        self._uses.write(due=True)
        return run_once(self._stores, self._minds_for, force=force, purse=self._purse)

    def _given_back(self, job_id: str) -> bool:
        """Whether a job waits to be tried again, or rests as failed."""
        with self._stores.ledger.snapshot() as snapshot:
            found = snapshot.jobs(job_id=job_id)
        return bool(found) and found[0].state in ("pending", "failed")

    def _wake(self) -> None:
        if self._worker is not None and not self._closed:
            self._worker.wake()
