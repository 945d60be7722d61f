"""Writing: what is said becomes memories, and memories are changed, hidden, erased, brought back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from perdure.errors import BudgetError, InputError, ModelError, PerdureError
from perdure.model.base import instant
from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.change import AddResult, Change, Receipt
from perdure.model.memory import KINDS, OWN_KIND, TERMS, Kind, Term
from perdure.model.message import Message
from perdure.model.scope import Scope, checked_id
from perdure.rules.secrets import redact
from perdure.stages import edit, forget, project
from perdure.stages.capture import Captured, Given, capture, capture_many, checked_metadata, normalise
from perdure.verbs.arguments import Time, Wait, any_scope, instant_of, one_of, text_of
from perdure.verbs.core import Core
from perdure.worker import Outcome, give_back, lots, run_jobs

#: What a batch of `add_many` may say besides its messages.
BATCH_KEYS = frozenset({"messages", "user_id", "agent_id", "session_id", "metadata", "timestamp"})


class Writing(Core):
    """The verbs that write."""

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
        here = _here(wait)
        given, warnings = normalise(messages, timestamp=timestamp, metadata=metadata)
        captured = capture(self._stores, scope, given, infer=infer, claim=here, warnings=warnings)
        return self._understood([captured], here=here)[0]

    def add_many(
        self, batches: Sequence[Given | Sequence[Given] | Mapping[str, Any]], *, user_id: str | None = None, agent_id: str | None = None,
        session_id: str | None = None, metadata: Mapping[str, Any] | None = None, timestamp: Time | None = None, infer: bool = True,
        wait: Wait = "committed",
    ) -> list[AddResult]:  # fmt: skip
        """Several adds at once: captured in one transaction, extracted in as few calls of the model as they fit in.

        Adds of one scope that follow one another are read together; each keeps its own episode, job and changes. Memories come out as if
        they had been added one by one, the earlier before the later.

        Args:
            batches: one for each add: messages as `add` takes them, or a dict with `messages` and, where they differ from the others,
                `user_id`, `agent_id`, `session_id`, `metadata`, `timestamp`.
            user_id, agent_id, session_id, metadata, timestamp, infer, wait: as in `add`, for every batch that does not say otherwise.

        Returns:
            What each did, in order.

        Raises:
            InputError: something is not a batch; nothing of any was stored. ScopeError: one has no scope.
        """
        here = _here(wait)
        if isinstance(batches, str | Mapping | Message) or not isinstance(batches, Sequence):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"batches must be a list of adds, not {type(batches).__name__}. For one add use add().", argument="batches")
        shared = {"user_id": user_id, "agent_id": agent_id, "session_id": session_id, "metadata": metadata, "timestamp": timestamp}
        episodes = [_episode(batch, n, shared) for n, batch in enumerate(batches)]
        return self._understood(capture_many(self._stores, episodes, infer=infer, claim=here), here=here)

    def _understood(self, captured: Sequence[Captured], *, here: bool) -> list[AddResult]:
        """What became of captured episodes; `here`: their jobs, which this process has claimed, are run before it is said."""
        outcomes: dict[str, Outcome] = {}
        unindexed: dict[int, str] = {}
        if here:
            waiting = lots([(c.job, c.owner, c.messages) for c in captured if c.job is not None])
            try:
                while waiting:
                    outcomes |= {o.job: o for o in run_jobs(self._stores, waiting.pop(0), self._minds_for)}
            except BaseException:  # Ctrl-C, or a ledger that is out of order: nobody else would look at what this process holds
                for lot in waiting:
                    with suppress(PerdureError):
                        give_back(self._stores, lot.jobs, ModelError("interrupted"))
                raise
            unindexed = self._index({c.owner for c in captured if c.messages and c.job is None})
        if any(o.error for o in outcomes.values()) or unindexed or (not here and any(c.messages for c in captured)):
            self._wake()
        return [self._result(c, outcomes.get(c.job.id if c.job else ""), unindexed.get(c.owner, "")) for c in captured]

    def _index(self, owners: Collection[int]) -> dict[int, str]:
        """Indexes what owners' captured messages still lack; owners for whom it failed, with the reason."""
        failed: dict[int, str] = {}
        for owner in owners:
            try:
                project.project(self._stores, owner=owner)
            except PerdureError as e:  # the messages are durable and found by their words; the vectors follow
                failed[owner] = f"indexing will be tried again: {e}"
        return failed

    def _result(self, captured: Captured, outcome: Outcome | None, unindexed: str) -> AddResult:
        job, warnings = captured.job, [*captured.warnings]
        if unindexed and job is None and captured.messages:
            warnings.append(unindexed)
        if outcome is not None and job is not None:
            if outcome.error is not None:
                if not self._given_back(job.id):
                    raise outcome.error
                waits = isinstance(outcome.error, BudgetError)
                warnings.append(str(outcome.error) if waits else f"extraction failed and will be tried again: {outcome.error}")
            warnings += outcome.warnings
            with self._stores.ledger.snapshot() as snapshot:
                job = next(iter(snapshot.jobs(job_id=job.id)), None)
        elif job is not None and (spent := self._spent(captured.owner)):
            warnings.append(spent)
        ids = tuple(m.message.id for m in (*captured.repeated, *captured.messages))
        duplicate = bool(captured.repeated) and not captured.messages
        changes = outcome.changes if outcome is not None else ()
        return AddResult(captured.episode_id, ids, changes, job, duplicate, captured.redacted, tuple(warnings))

    def remember(
        self, text: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        kind: Kind | str = "fact", term: Term = "long_term", sources: Sequence[str] = (), metadata: Mapping[str, Any] | None = None,
        timestamp: Time | None = None, expires_at: Time | None = None,
    ) -> AddResult:  # fmt: skip
        """Keeps a statement as it is, without extraction.

        Args:
            text: the statement.
            user_id, agent_id, session_id: whose.
            kind: fact, preference, episodic, procedural, or a kind of the application's instructions.
            term: long_term, or short_term for the session alone.
            sources: ids of messages that prove it; without any, the statement is captured and is its own source.
            metadata: to filter by.
            timestamp: from when it holds; default: when its first source was said, or now.
            expires_at: when it stops being read.

        Raises:
            NotFoundError: a source names no message of this scope. InputError: an argument is wrong.
        """
        scope = Scope(user_id, agent_id, session_id)
        one_of("kind", kind, (*KINDS, *self._own.kinds))
        one_of("term", term, TERMS)
        given, _ = normalise(text_of(text, "text"), timestamp=timestamp, metadata=metadata)
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
            self._stores, scope, owner, said.strip(), messages, own=not ids, kind=cast("Kind", self._own.kinds.get(kind, kind)), term=term,
            at=at, expires_at=until, metadata={**given[0].metadata, **({OWN_KIND: kind} if kind in self._own.kinds else {})},
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
        return edit.update(self._stores, any_scope(user_id, agent_id, session_id), text_of(id, "id"), text=text, metadata=metadata)

    def delete(
        self, id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> list[Change]:  # fmt: skip
        """Hides a memory everywhere at once; `undo` brings it back. To erase it use `forget(id=…)`.

        Raises:
            NotFoundError: no such memory.
        """
        return edit.delete(self._stores, any_scope(user_id, agent_id, session_id), text_of(id, "id"))

    def forget(
        self, *, id: str | None = None, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None  # noqa: A002
    ) -> Receipt:  # fmt: skip
        """Erases a memory, or all of a user, an agent or a session, from every store, history, messages and free pages. For good.

        Raises:
            NotFoundError: no such memory. ScopeError: neither an id nor a scope is given.
        """
        if id is not None:
            return forget.forget_memory(self._stores, text_of(id, "id"), any_scope(user_id, agent_id, session_id))
        return forget.forget_scope(self._stores, Scope(user_id, agent_id, session_id))

    def undo(
        self, change_id: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None
    ) -> list[Change]:
        """Takes a change back, with what stands or falls with it. Returns the changes made; they can be undone as well.

        Raises:
            NotFoundError: no such change. InputError: it was undone already, or a later change stands on it.
        """
        return edit.undo(self._stores, any_scope(user_id, agent_id, session_id), text_of(change_id, "change_id"))

    def rollback(self, *, to: Time, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None) -> list[Change]:
        """Makes every memory of a scope what it was known to be at an instant. Messages stay: they are what was said."""
        return edit.rollback(self._stores, Scope(user_id, agent_id, session_id), to=instant_of(to, "to"))

    def end_session(self, *, session_id: str, user_id: str | None = None, agent_id: str | None = None) -> list[Change]:
        """Lets the short-term memories of a session expire now."""
        return edit.end_session(self._stores, Scope(user_id, agent_id, session_id))


def _here(wait: object) -> bool:
    """Whether the caller waits for the memories."""
    if wait not in ("captured", "committed", "indexed"):
        raise InputError(f'wait must be "captured", "committed" or "indexed", not {wait!r}.', argument="wait")
    return wait != "captured"


def _episode(batch: object, n: int, shared: Mapping[str, Any]) -> tuple[Scope, list[Message], list[str]]:
    """A batch of `add_many` as scope, messages and warnings."""
    own: Mapping[str, Any] = cast("Mapping[str, Any]", batch) if isinstance(batch, Mapping) and "messages" in batch else {"messages": batch}
    where = f"batches[{n}]"
    unknown = set(own) - BATCH_KEYS
    if unknown:
        raise InputError(f"{where} has unknown keys {sorted(map(str, unknown))}; known are {sorted(BATCH_KEYS)}.", argument=where)
    said = dict(shared) | {key: value for key, value in own.items() if value is not None}
    try:
        metadata = checked_metadata(shared["metadata"], "metadata") | checked_metadata(own.get("metadata"), "metadata")
        messages, warnings = normalise(own["messages"], timestamp=said["timestamp"], metadata=metadata)
        return Scope(said["user_id"], said["agent_id"], said["session_id"]), messages, warnings
    except InputError as e:
        raise type(e)(f"{where}: {e}", argument=f"{where}.{e.argument}" if e.argument else where) from e
