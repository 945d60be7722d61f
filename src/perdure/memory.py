"""Memory: the verbs. Each is a few lines over a stage; what they mean is said there."""

from __future__ import annotations

import builtins
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, Self, cast

from perdure.config import backend, configure, ledger_at
from perdure.errors import InputError, PerdureError
from perdure.filters import parse
from perdure.model.base import instant, to_micros
from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.change import AddResult, Change, Conflict, Diff, Job, Receipt
from perdure.model.graph import SELF, Graph
from perdure.model.memory import KINDS, TERMS, Kind, MemoryRecord, Term
from perdure.model.message import Message
from perdure.model.report import Diagnosis, Stats, Transfer, Verification
from perdure.model.scope import Scope, checked_id
from perdure.model.search import Answer, Context, Explanation, Fact, Hit, View, WhyNot
from perdure.rules.secrets import redact
from perdure.stages import doctor, edit, forget, hydrate, inspect, project, respond, search, transfer
from perdure.stages.capture import Given, capture, mended, normalise
from perdure.stages.extract import LLMExtractor, PaidOnce
from perdure.stages.judge import make_judge
from perdure.stages.past import Past
from perdure.stages.stores import Stores
from perdure.worker import Minds, PaidCalls, Worker, run_job, run_once, worker_name

Time = datetime | str | float
Wait = Literal["captured", "committed", "indexed"]
MAX_LIMIT = 1000


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


class Memory:
    """A memory: captures what is said, keeps what is worth keeping, finds it again and says where it comes from.

    Args:
        location: path of the ledger file (made when missing), ":memory:", or None for ``memory.db`` in the user's data folder.
        llm: for extraction and answers, e.g. "openai:gpt-5-mini", or an object with `complete` (see `perdure.ports.LLM`). Without one,
            rules extract and `ask` answers with the best supported statement.
        embedder: default "minilm", on the CPU, without a download; "openai:text-embedding-3-small", "hashing", or an object.
        extractor: default: the LLM if there is one, else "rules".
        reranker: an object that looks again at the head of a ranking; default none.
        vector, graph, kv: stores other than the ledger's file.
        config: a TOML file (or dict) with these settings.
        clock: any callable that returns an aware datetime.
        ids: any callable that returns a fresh string.
        worker: whether a background thread retries what failed and extracts what was only captured.

    Raises:
        ConfigError: a setting is wrong. LedgerError: the ledger cannot be used; the message says why.

    Scopes are given by keyword (`user_id`, `agent_id`, `session_id`); `ScopeError` when one is not allowed. Times are aware datetimes,
    ISO 8601 strings or epoch seconds; naive means UTC. Every method may raise `LedgerError` and, after `close`, `ClosedError`.
    """

    def __init__(
        self, location: str | os.PathLike[str] | None = None, *, llm: Any = None, embedder: Any = None, extractor: Any = None,
        reranker: Any = None, vector: Any = None, graph: Any = None, kv: Any = None,
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
        self._worker = Worker(self.work) if worker else None
        self._closed = False
        pending = inspect.prepare(self._stores)
        if pending and self._worker is not None:
            self._worker.wake()

    # ------------------------------------------------------------------ writing
    def add(
        self, messages: Given | Sequence[Given], *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        metadata: Mapping[str, Any] | None = None, timestamp: Time | None = None, infer: bool = True, wait: Wait = "committed",
    ) -> AddResult:  # fmt: skip
        """Captures messages, then extracts, consolidates and commits what is worth keeping.

        The messages are durable and can be searched before anything else happens. If extraction fails, the result's `job` is pending
        with its error; it is tried again in the background, and nothing is lost.

        Args:
            messages: a string, a message (dict or `Message`) or a list of these. Dicts have role (user, assistant, tool, system),
                content and optionally id, name, timestamp, metadata.
            user_id, agent_id, session_id: whose; at least one.
            metadata: for every message.
            timestamp: when they were said, for messages without a timestamp of their own; default now.
            infer: False captures and indexes only.
            wait: "captured" returns as soon as the messages are durable; "committed" (and "indexed": in one file the same) when the
                memories are there too.

        Raises:
            InputError: something is not a message; nothing was stored.
        """
        scope = Scope(user_id, agent_id, session_id)
        if wait not in ("captured", "committed", "indexed"):
            raise InputError(f'wait must be "captured", "committed" or "indexed", not {wait!r}.', argument="wait")
        given, warnings = normalise(messages, timestamp=timestamp, metadata=metadata)
        here = wait != "captured"
        captured = capture(self._stores, scope, given, infer=infer, claim=here, warnings=warnings)
        ids = tuple(m.message.id for m in (*captured.repeated, *captured.messages))
        duplicate = bool(captured.repeated) and not captured.messages
        changes: list[Change] = []
        job = captured.job
        if job is not None and here:
            try:
                changes = run_job(self._stores, job, captured.owner, captured.messages, self._minds_for(captured.owner))
            except PerdureError as e:
                if not self._given_back(job.id):
                    raise
                warnings = [*warnings, f"extraction failed and will be tried again: {e}"]
                self._wake()
            with self._stores.ledger.snapshot() as snapshot:
                job = next(iter(snapshot.jobs(job_id=job.id)), None)
        elif captured.messages and here:
            try:
                project.project(self._stores, owner=captured.owner)
            except PerdureError as e:  # the messages are durable and found by their words; the vectors follow
                warnings = [*warnings, f"indexing will be tried again: {e}"]
                self._wake()
        elif captured.messages:
            self._wake()
        return AddResult(captured.episode_id, ids, tuple(changes), job, duplicate, captured.redacted, tuple(warnings))

    def remember(
        self, text: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, kind: Kind = "fact",
        term: Term = "long_term", sources: Sequence[str] = (), metadata: Mapping[str, Any] | None = None, timestamp: Time | None = None,
        expires_at: Time | None = None,
    ) -> AddResult:  # fmt: skip
        """Keeps a statement as it is, without extraction.

        Args:
            text: the statement.
            user_id, agent_id, session_id: whose.
            kind: fact, preference, episodic or procedural.
            term: long_term, or short_term for the session alone.
            sources: ids of messages that prove it; without any, the statement is captured and is its own source.
            metadata: to filter by.
            timestamp: from when it holds; default: when its first source was said, or now.
            expires_at: when it stops being read.

        Raises:
            NotFoundError: a source names no message of this scope. InputError: an argument is wrong.
        """
        scope = Scope(user_id, agent_id, session_id)
        _one_of("kind", kind, KINDS)
        _one_of("term", term, TERMS)
        given, _ = normalise(_text(text, "text"), timestamp=timestamp, metadata=metadata)
        if not given:
            raise InputError("text is empty. Give the statement to remember.", argument="text")
        at, until = instant(timestamp, argument="timestamp"), instant(expires_at, argument="expires_at")
        ids = tuple(checked_id(s, "sources") for s in sources)
        if ids:
            messages = edit.messages_called(self._stores, scope, ids)
            with self._stores.ledger.snapshot() as snapshot:
                owner = snapshot.owner(scope)
            said, redacted = redact(given[0].content)
            episode = messages[0].episode_id
        else:
            captured = capture(self._stores, scope, given, infer=False, claim=False)
            messages = [*captured.messages, *captured.repeated]
            owner, said, episode, redacted = captured.owner, messages[0].message.content, captured.episode_id, captured.redacted
        changes = edit.remember(
            self._stores, scope, owner, said.strip(), messages, own=not ids, kind=kind, term=term, at=at, expires_at=until,
            metadata=given[0].metadata,
        )  # fmt: skip
        return AddResult(episode, tuple(m.message.id for m in messages), tuple(changes), None, redacted=redacted)

    def extract(self, messages: Given | Sequence[Given], *, user_id: str | None = None, timestamp: Time | None = None) -> Extraction:
        """What would be extracted from messages; nothing is stored.

        Raises:
            InputError: something is not a message. ModelError: the LLM failed.
        """
        given, _ = normalise(messages, timestamp=timestamp)
        now = self._stores.clock()
        said = [m if m.timestamp else Message(m.content, m.role, m.name, m.id, now, m.metadata) for m in given]
        return self._minds_for(0).extractor.extract(said, ExtractionContext(now=now, user=user_id or "User"))

    def update(
        self, id: str, *, text: str | None = None, metadata: Mapping[str, Any] | None = None, user_id: str | None = None,  # noqa: A002
        agent_id: str | None = None, session_id: str | None = None,
    ) -> list[Change]:  # fmt: skip
        """Gives a memory a new text, new metadata or both.

        Raises:
            NotFoundError: no such memory (in the scope, when one is named). InputError: nothing to do, or an empty text.
        """
        return edit.update(self._stores, _any_scope(user_id, agent_id, session_id), _text(id, "id"), text=text, metadata=metadata)

    def delete(
        self, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> list[Change]:  # fmt: skip
        """Hides a memory everywhere at once; `undo` brings it back. To erase it use `forget(id=…)`.

        Raises:
            NotFoundError: no such memory.
        """
        return edit.delete(self._stores, _any_scope(user_id, agent_id, session_id), _text(id, "id"))

    def forget(
        self, *, id: str | None = None, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> Receipt:  # fmt: skip
        """Erases a memory, or all of a user, an agent or a session, from every store, history, messages and free pages. For good.

        Raises:
            NotFoundError: no such memory. ScopeError: neither an id nor a scope is given.
        """
        if id is not None:
            return forget.forget_memory(self._stores, _text(id, "id"), _any_scope(user_id, agent_id, session_id))
        return forget.forget_scope(self._stores, Scope(user_id, agent_id, session_id))

    def undo(
        self, change_id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None
    ) -> list[Change]:
        """Takes a change back, with what stands or falls with it. Returns the changes made; they can be undone as well.

        Raises:
            NotFoundError: no such change. InputError: it was undone already, or a later change stands on it.
        """
        return edit.undo(self._stores, _any_scope(user_id, agent_id, session_id), _text(change_id, "change_id"))

    def rollback(self, *, to: Time, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None) -> list[Change]:
        """Makes every memory of a scope what it was known to be at an instant. Messages stay: they are what was said."""
        return edit.rollback(self._stores, Scope(user_id, agent_id, session_id), to=_at(to, "to"))

    def end_session(self, *, session_id: str, user_id: str | None = None, agent_id: str | None = None) -> list[Change]:
        """Lets the short-term memories of a session expire now."""
        return edit.end_session(self._stores, Scope(user_id, agent_id, session_id))

    # ------------------------------------------------------------------ reading
    def search(
        self, query: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, limit: int = 10,
        filters: Mapping[str, Any] | None = None, kinds: Sequence[Kind] | None = None, as_of: Time | None = None,
        known_at: Time | None = None,
    ) -> list[Hit]:  # fmt: skip
        """Memories and captured messages that answer a query, best first, each with its sources and why it is there.

        Args:
            query: a question or words.
            user_id, agent_id, session_id: whose; at least one.
            limit: at most so many hits, 1 to 1000.
            filters: see `perdure.filters`.
            kinds: only memories of these kinds.
            as_of: what was true then.
            known_at: what was known then.

        Raises:
            FilterError, InputError: an argument is wrong.
        """
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, kinds=kinds)
        return search.search(self._known(view), _text(query, "query"), view, limit=_limit(limit), tree=parse(filters)).hits

    def get(
        self, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> MemoryRecord:  # fmt: skip
        """The current version of a memory, also of one that was superseded.

        Raises:
            NotFoundError: no such memory, or it was deleted.
        """
        return edit.current(self._stores, _any_scope(user_id, agent_id, session_id), _text(id, "id"))

    def list(
        self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None, limit: int = 100,
        filters: Mapping[str, Any] | None = None, kinds: Sequence[Kind] | None = None, after: str | None = None,
        as_of: Time | None = None, known_at: Time | None = None,
    ) -> builtins.list[MemoryRecord]:  # fmt: skip
        """Live memories (not messages) in the order they were learnt; `after` is the id of the last one of the page before."""
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, kinds=kinds, messages=False)
        with self._stores.ledger.snapshot() as snapshot:
            return builtins.list(search.listed(snapshot, view, tree=parse(filters), limit=_limit(limit), after=after))

    def fact(
        self, attribute: str, *, of: str = SELF, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        as_of: Time | None = None, known_at: Time | None = None,
    ) -> Fact | None:  # fmt: skip
        """The value of an attribute of an entity (default: the user), with the memory that proves it; None when none is known."""
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, messages=False)
        with self._stores.ledger.snapshot() as snapshot:
            return next(
                iter(search.facts(self._known(view), snapshot, view, of=_text(of, "of"), attribute=_text(attribute, "attribute"))),
                None,
            )

    def facts(
        self, *, of: str = SELF, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        as_of: Time | None = None, known_at: Time | None = None,
    ) -> builtins.list[Fact]:  # fmt: skip
        """All that the key-value view holds of an entity (default: the user), attributes in alphabetical order."""
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, messages=False)
        with self._stores.ledger.snapshot() as snapshot:
            return search.facts(self._known(view), snapshot, view, of=_text(of, "of"))

    def graph(
        self, *, around: str = SELF, hops: int = 2, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        as_of: Time | None = None, known_at: Time | None = None,
    ) -> Graph:  # fmt: skip
        """Entities and relations within `hops` (1 to 4) of an entity, each relation with the memory that proves it."""
        _within("hops", hops, 1, 4)
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, messages=False)
        with self._stores.ledger.snapshot() as snapshot:
            return search.neighbourhood(self._known(view), snapshot, view, around=_text(around, "around"), hops=hops)

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
        _within("budget", budget, 50, 100_000)
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at)
        found = search.search(self._known(view), _text(query, "query"), view, limit=_limit(limit), tree=parse(filters))
        return self._context(found, view, budget=budget)

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
        _within("budget", budget, 50, 100_000)
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at)
        found = search.search(self._known(view), _text(question, "question"), view, limit=30, tree=parse(filters))
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

    # ------------------------------------------------------------------ looking inside
    def history(
        self, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> builtins.list[Change]:  # fmt: skip
        """Every change of a memory, oldest first, also after it was deleted.

        Raises:
            NotFoundError: no such memory.
        """
        return inspect.history(self._stores, _any_scope(user_id, agent_id, session_id), _text(id, "id"))

    def diff(
        self, *, since: Time, until: Time | None = None, user_id: str | None = None, agent_id: str | None = None,
        session_id: str | None = None,
    ) -> Diff:  # fmt: skip
        """What changed in a scope between two instants: memories that came, changed and went, and every change."""
        scope = Scope(user_id, agent_id, session_id)
        end = instant(until, argument="until") or self._stores.clock()
        with self._stores.ledger.snapshot() as snapshot:
            return inspect.diff(snapshot, scope, since=_at(since, "since"), until=end)

    def explain(
        self, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> Explanation:  # fmt: skip
        """In which stores a memory lives and why, where it comes from, and what happened to it.

        Raises:
            NotFoundError: no such memory.
        """
        return inspect.explain(self._stores, _any_scope(user_id, agent_id, session_id), _text(id, "id"))

    def why_not(
        self, query: str, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,  # noqa: A002
        limit: int = 10, filters: Mapping[str, Any] | None = None, kinds: Sequence[Kind] | None = None, as_of: Time | None = None,
        known_at: Time | None = None,
    ) -> WhyNot:  # fmt: skip
        """Why a memory is not among the hits of a query: the stage that dropped it, and by how much."""
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at, kinds=kinds)
        return inspect.why_not(self._known(view), _text(query, "query"), _text(id, "id"), view, limit=_limit(limit), tree=parse(filters))

    def embed(self, texts: Sequence[str]) -> builtins.list[builtins.list[float]]:
        """Texts as the vectors this memory searches by, without any store: one list of unit length per text, in order.

        Raises:
            InputError: `texts` is not a sequence of strings. ModelError: the embedder failed.
        """
        if isinstance(texts, str):
            raise InputError("texts must be a sequence of strings, not one. Write embed([text]).", argument="texts")
        vectors: builtins.list[builtins.list[float]] = self._stores.embedder.embed([_text(t, "texts") for t in texts]).tolist()
        return vectors

    def jobs(self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None) -> builtins.list[Job]:
        """The extraction jobs of a scope's owner, or all; oldest first."""
        return inspect.jobs(self._stores, _any_scope(user_id, agent_id, session_id))

    def work(self, *, force: bool = False) -> int:
        """Runs the jobs that are due (`force`: also what waits or was given up), indexes what is dirty. Returns how many jobs were run."""
        return run_once(self._stores, self._minds_for, force=force)

    def conflicts(
        self, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None
    ) -> builtins.list[Conflict]:
        """The inbox: pairs of memories that cannot both hold and that no rule could settle."""
        return inspect.conflicts(self._stores, _any_scope(user_id, agent_id, session_id))

    def settle(self, conflict_id: str, *, keep: str) -> builtins.list[Change]:
        """Settles a conflict: `keep` is the id of the memory that holds; the other is superseded.

        Raises:
            NotFoundError: no such open conflict. InputError: `keep` is neither of the two.
        """
        return edit.settle(self._stores, _text(conflict_id, "conflict_id"), keep=_text(keep, "keep"))

    # ------------------------------------------------------------------ upkeep
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
        most = _within("limit", limit, 1, 100_000_000)
        return doctor.doctor(self._stores, _any_scope(user_id, agent_id, session_id), limit=most)

    def reindex(self, projection: Literal["vector", "text", "graph", "slots", "all"] = "all") -> dict[str, int]:
        """Builds projections anew from the ledger. Returns documents per projection."""
        _one_of("projection", projection, ("vector", "text", "graph", "slots", "all"))
        return inspect.reindex(self._stores, projection)

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
            _one_of("kinds", kind, KINDS)
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
            recent: builtins.list[Any] = []
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

    def _given_back(self, job_id: str) -> bool:
        """Whether a job waits to be tried again, or rests as failed."""
        with self._stores.ledger.snapshot() as snapshot:
            found = snapshot.jobs(job_id=job_id)
        return bool(found) and found[0].state in ("pending", "failed")

    def _wake(self) -> None:
        if self._worker is not None and not self._closed:
            self._worker.wake()


def _any_scope(user_id: str | None, agent_id: str | None, session_id: str | None) -> Scope | None:
    return None if user_id is None and agent_id is None and session_id is None else Scope(user_id, agent_id, session_id)


def _one_of(argument: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise InputError(f"{argument} must be one of {', '.join(allowed)}, not {value!r}.", argument=argument)


def _text(value: object, argument: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{argument} must be a string, not {type(value).__name__}.", argument=argument)
    return mended(value)


def _limit(limit: object) -> int:
    return _within("limit", limit, 1, MAX_LIMIT)


def _within(argument: str, value: object, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InputError(f"{argument} must be a whole number from {low} to {high}, not {value!r}.", argument=argument)
    return value


def _at(value: Time, argument: str) -> datetime:
    moment = instant(value, argument=argument)
    if moment is None:
        raise InputError(f"{argument} is missing.", argument=argument)
    return moment
