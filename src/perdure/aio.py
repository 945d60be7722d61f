"""AsyncMemory: the verbs of `Memory`, awaited. One core, run on threads; there is no second copy of any logic."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, Self, TypeVar, overload

from perdure.memory import Memory

if TYPE_CHECKING:
    from perdure.model.search import Answer, Reply
    from perdure.stages.answer import AnswerStream, Unsupported
    from perdure.verbs.arguments import Time, Wait

P = ParamSpec("P")
R = TypeVar("R")


def _threaded(method: Callable[Concatenate[Memory, P], R]) -> Callable[Concatenate[AsyncMemory, P], Coroutine[Any, Any, R]]:
    """The verb, run on a thread of the event loop's pool; signature and docstring stay."""

    @functools.wraps(method)
    async def run(self: AsyncMemory, *args: P.args, **kwargs: P.kwargs) -> R:
        return await asyncio.to_thread(method, self.memory, *args, **kwargs)

    return run


class AsyncMemory:
    """The same verbs as `Memory`, awaited; the same arguments to make one.

    Opening the ledger happens in the constructor and takes a few milliseconds.
    """

    def __init__(
        self, location: str | os.PathLike[str] | None = None, *, llm: Any = None, embedder: Any = None, extractor: Any = None,
        reranker: Any = None, vector: Any = None, graph: Any = None, kv: Any = None,
        instructions: Any = None, budget: Any = None, prices: Any = None, consolidate: Any = None,
        config: str | os.PathLike[str] | Mapping[str, Any] | None = None, clock: Callable[[], datetime] | None = None,
        ids: Callable[[], str] | None = None, worker: bool = True,
    ) -> None:  # fmt: skip
        self.memory = Memory(
            location, llm=llm, embedder=embedder, extractor=extractor, reranker=reranker, vector=vector, graph=graph, kv=kv,
            instructions=instructions, budget=budget, prices=prices, consolidate=consolidate,
            config=config, clock=clock, ids=ids, worker=worker,
        )  # fmt: skip

    add = _threaded(Memory.add)
    add_many = _threaded(Memory.add_many)
    remember = _threaded(Memory.remember)
    extract = _threaded(Memory.extract)
    search = _threaded(Memory.search)
    context = _threaded(Memory.context)
    if TYPE_CHECKING:  # `_threaded` sees one signature of a verb, and these have two

        @overload
        async def ask(
            self, question: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
            budget: int = 1500, filters: Mapping[str, Any] | None = None, as_of: Time | None = None, known_at: Time | None = None,
            unsupported: Unsupported = "drop", stream: Literal[False] = False,
        ) -> Answer: ...  # fmt: skip
        @overload
        async def ask(
            self, question: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
            budget: int = 1500, filters: Mapping[str, Any] | None = None, as_of: Time | None = None, known_at: Time | None = None,
            unsupported: Unsupported = "drop", stream: Literal[True],
        ) -> AnswerStream[Answer]: ...  # fmt: skip
        async def ask(self, question: str, **options: Any) -> Any: ...  # noqa: D102

        @overload
        async def chat(
            self, message: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
            system: str | None = None, budget: int = 1000, metadata: Mapping[str, Any] | None = None, timestamp: Time | None = None,
            unsupported: Unsupported = "drop", wait: Wait = "captured", stream: Literal[False] = False,
        ) -> Reply: ...  # fmt: skip
        @overload
        async def chat(
            self, message: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
            system: str | None = None, budget: int = 1000, metadata: Mapping[str, Any] | None = None, timestamp: Time | None = None,
            unsupported: Unsupported = "drop", wait: Wait = "captured", stream: Literal[True],
        ) -> AnswerStream[Reply]: ...  # fmt: skip
        async def chat(self, message: str, **options: Any) -> Any: ...  # noqa: D102

    else:
        ask = _threaded(Memory.ask)
        chat = _threaded(Memory.chat)
    get = _threaded(Memory.get)
    list = _threaded(Memory.list)
    update = _threaded(Memory.update)
    delete = _threaded(Memory.delete)
    forget = _threaded(Memory.forget)
    history = _threaded(Memory.history)
    undo = _threaded(Memory.undo)
    rollback = _threaded(Memory.rollback)
    diff = _threaded(Memory.diff)
    fact = _threaded(Memory.fact)
    facts = _threaded(Memory.facts)
    graph = _threaded(Memory.graph)
    entities = _threaded(Memory.entities)
    merge_entities = _threaded(Memory.merge_entities)
    explain = _threaded(Memory.explain)
    why_not = _threaded(Memory.why_not)
    end_session = _threaded(Memory.end_session)
    embed = _threaded(Memory.embed)
    jobs = _threaded(Memory.jobs)
    work = _threaded(Memory.work)
    conflicts = _threaded(Memory.conflicts)
    settle = _threaded(Memory.settle)
    consolidate = _threaded(Memory.consolidate)
    profile = _threaded(Memory.profile)
    summaries = _threaded(Memory.summaries)
    export = _threaded(Memory.export)
    load = _threaded(Memory.load)
    stats = _threaded(Memory.stats)
    costs = _threaded(Memory.costs)
    verify = _threaded(Memory.verify)
    doctor = _threaded(Memory.doctor)
    reindex = _threaded(Memory.reindex)
    close = _threaded(Memory.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
