"""Writing: what is said becomes memories, and memories are changed, hidden, erased, brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from perdure.errors import InputError, PerdureError
from perdure.model.base import instant
from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.change import AddResult, Change, Receipt
from perdure.model.memory import KINDS, TERMS, Kind, Term
from perdure.model.message import Message
from perdure.model.scope import Scope, checked_id
from perdure.rules.secrets import redact
from perdure.stages import edit, forget, project
from perdure.stages.capture import Given, capture, normalise
from perdure.verbs.arguments import Time, Wait, any_scope, instant_of, one_of, text_of
from perdure.verbs.core import Core
from perdure.worker import run_job


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
        one_of("kind", kind, KINDS)
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
