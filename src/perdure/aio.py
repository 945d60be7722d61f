"""AsyncMemory: the verbs of `Memory`, awaited. One core, run on threads; there is no second copy of any logic."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from perdure.memory import Memory

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
        instructions: Any = None, budget: Any = None, prices: Any = None,
        config: str | os.PathLike[str] | Mapping[str, Any] | None = None, clock: Callable[[], datetime] | None = None,
        ids: Callable[[], str] | None = None, worker: bool = True,
    ) -> None:  # fmt: skip
        self.memory = Memory(
            location, llm=llm, embedder=embedder, extractor=extractor, reranker=reranker, vector=vector, graph=graph, kv=kv,
            instructions=instructions, budget=budget, prices=prices, config=config, clock=clock, ids=ids, worker=worker,
        )  # fmt: skip

    add = _threaded(Memory.add)
    remember = _threaded(Memory.remember)
    extract = _threaded(Memory.extract)
    search = _threaded(Memory.search)
    context = _threaded(Memory.context)
    ask = _threaded(Memory.ask)
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
    explain = _threaded(Memory.explain)
    why_not = _threaded(Memory.why_not)
    end_session = _threaded(Memory.end_session)
    embed = _threaded(Memory.embed)
    jobs = _threaded(Memory.jobs)
    work = _threaded(Memory.work)
    conflicts = _threaded(Memory.conflicts)
    settle = _threaded(Memory.settle)
    export = _threaded(Memory.export)
    load = _threaded(Memory.load)
    stats = _threaded(Memory.stats)
    verify = _threaded(Memory.verify)
    doctor = _threaded(Memory.doctor)
    reindex = _threaded(Memory.reindex)
    close = _threaded(Memory.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()
