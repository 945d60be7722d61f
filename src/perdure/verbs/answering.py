"""Answering: a question or a turn of a chat, answered from memory, with citations that were checked."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar, cast, overload

from perdure.errors import InputError
from perdure.filters import Filter, parse
from perdure.model.change import AddResult
from perdure.model.memory import MemoryRecord
from perdure.model.message import Message
from perdure.model.scope import Scope
from perdure.model.search import Answer, Citation, Context, Reply, View
from perdure.ports import LLMRequest, Turn
from perdure.prompts import load
from perdure.stages import answer, hydrate, mature_read, respond, search
from perdure.stages.answer import AnswerStream, Checked, Unsupported
from perdure.stages.capture import Captured, capture, normalise
from perdure.stages.proofs import Proof, proof_of
from perdure.verbs.arguments import Time, Wait, one_of, text_of, within
from perdure.verbs.writing import Writing

A = TypeVar("A", bound=Answer)

#: Tokens of a reply at most, and hits that are looked at for one.
MOST_TOKENS, LOOKED_AT = 800, 30
#: Messages of a session that a chat's prompt repeats word for word, and the share of its budget they may take.
RECENT, RECENT_SHARE = 12, 0.5


class Answering(Writing):
    """The verbs that answer."""

    @overload
    def ask(
        self, question: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        budget: int = 1500, filters: Mapping[str, Any] | None = None, as_of: Time | None = None, known_at: Time | None = None,
        unsupported: Unsupported = "drop", stream: Literal[False] = False,
    ) -> Answer: ...  # fmt: skip
    @overload
    def ask(
        self, question: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        budget: int = 1500, filters: Mapping[str, Any] | None = None, as_of: Time | None = None, known_at: Time | None = None,
        unsupported: Unsupported = "drop", stream: Literal[True],
    ) -> AnswerStream[Answer]: ...  # fmt: skip
    def ask(
        self, question: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        budget: int = 1500, filters: Mapping[str, Any] | None = None, as_of: Time | None = None, known_at: Time | None = None,
        unsupported: Unsupported = "drop", stream: bool = False,
    ) -> Answer | AnswerStream[Answer]:  # fmt: skip
        """An answer whose claims cite sources that were checked.

        With an LLM it is written from `context`, and each sentence is held against what it cites (`Answer.claims`); without one it is the
        best supported statement, verbatim, and `kind` says so. When nothing known answers, `kind` is "unknown", and an LLM is not asked
        when nothing that is known is near the question.

        Args:
            question: a question.
            user_id, agent_id, session_id: whose memory; at least one.
            budget: tokens of memory in the prompt, 50 to 100,000.
            filters, as_of, known_at: as in `search`.
            unsupported: what becomes of a sentence that is not borne out: "drop" leaves it out, "mark" puts "[unverified]" after it.
            stream: give an `AnswerStream`: pieces of text as they are written and checked, and `.answer` at their end.

        Raises:
            ModelError: the LLM failed; with `stream`, when the piece is read.
        """
        within("budget", budget, 50, 100_000)
        one_of("unsupported", unsupported, ("drop", "mark"))
        view = self._view(user_id, agent_id, session_id, as_of=as_of, known_at=known_at)
        pieces = self._asked(text_of(question, "question"), view, parse(filters), budget=budget, unsupported=unsupported, streamed=stream)
        return AnswerStream(pieces) if stream else answer.whole(pieces)

    @overload
    def chat(
        self, message: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        system: str | None = None, budget: int = 1000, metadata: Mapping[str, Any] | None = None, timestamp: Time | None = None,
        unsupported: Unsupported = "drop", wait: Wait = "captured", stream: Literal[False] = False,
    ) -> Reply: ...  # fmt: skip
    @overload
    def chat(
        self, message: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        system: str | None = None, budget: int = 1000, metadata: Mapping[str, Any] | None = None, timestamp: Time | None = None,
        unsupported: Unsupported = "drop", wait: Wait = "captured", stream: Literal[True],
    ) -> AnswerStream[Reply]: ...  # fmt: skip
    def chat(
        self, message: str, *, user_id: str | None = None, agent_id: str | None = None, session_id: str | None = None,
        system: str | None = None, budget: int = 1000, metadata: Mapping[str, Any] | None = None, timestamp: Time | None = None,
        unsupported: Unsupported = "drop", wait: Wait = "captured", stream: bool = False,
    ) -> Reply | AnswerStream[Reply]:  # fmt: skip
        """One turn of a conversation that remembers: the message is kept, answered from memory, and the reply is kept.

        The message is durable before the LLM is asked, so that a model that fails loses nothing. Extraction is not on the way: both
        messages are captured, found at once by the next turn, and understood together in the background (or at the end, see `wait`).
        Without an LLM a question is answered as `ask` does and anything else with no text.

        Args:
            message: what the user says.
            user_id, agent_id, session_id: whose; with a session its last messages are part of the prompt, word for word.
            system: instructions of the application, after ours.
            budget: tokens of memory in the prompt; the session's last messages may take half as many again.
            metadata, timestamp: of the message, as in `add`.
            unsupported: what becomes of a sentence that says of the user what neither they nor the memory said: "drop" or "mark".
            wait: "captured" gives the reply at once; "committed" extracts from both messages after it, and `Reply.added` has the changes.
            stream: give an `AnswerStream`; the reply is kept when it has been read to its end, or closed.

        Raises:
            InputError: the message is empty. ModelError: the LLM failed; the message is kept.
        """
        within("budget", budget, 50, 100_000)
        one_of("unsupported", unsupported, ("drop", "mark"))
        one_of("wait", wait, ("captured", "committed", "indexed"))
        here = wait != "captured"
        given, warnings = normalise(text_of(message, "message"), timestamp=timestamp, metadata=metadata)
        if not given:
            raise InputError("message is empty. Give what the user says.", argument="message")
        if system is not None:
            text_of(system, "system")
        view = self._view(user_id, agent_id, session_id)
        # What is known is looked up first: else the message would be its own best memory.
        found = search.search(self._stores, given[0].content, view, limit=LOOKED_AT, tree=None)
        past = self._session(view, int(budget * RECENT_SHARE))
        captured = capture(self._stores, view.scope, given, infer=True, claim=here, warnings=warnings)
        pieces = self._turn(
            given[0], view, found, past, captured, system=system or "", budget=budget, unsupported=unsupported, here=here, streamed=stream
        )
        return AnswerStream(pieces) if stream else answer.whole(pieces)

    # ------------------------------------------------------------------ inside
    def _asked(
        self, question: str, view: View, tree: Filter | None, *, budget: int, unsupported: Unsupported, streamed: bool
    ) -> Generator[str, None, Answer]:
        """The pieces of an answer to a question; returns it."""
        found = search.search(self._known(view), question, view, limit=LOOKED_AT, tree=tree)
        llm = self._metered("answer", view.scope)
        if llm is None:
            made = yield from answer.told(self._stated(found, view))
            return self._connected(made, view)
        page = self._context(found, view, budget=budget)
        score = found.hits[0].score if found.hits else 0.0
        if not page.citations or respond.is_beyond(found):
            return (yield from answer.told(respond.unknown(score)))
        checked = self._checked(page, view, unsupported, score)
        now = f"{view.as_of or view.now:%A, %Y-%m-%d}"
        asked = f"{page.text}\n\nToday is {now}.\nQuestion: {respond.escaped(question)}"
        request = LLMRequest((Turn("system", load("answer").text), Turn("user", asked)), max_tokens=MOST_TOKENS)
        made = yield from answer.written(llm, request, checked, streamed=streamed)
        return self._connected(made, view)

    def _turn(
        self, message: Message, view: View, found: search.Searched, past: list[Turn], captured: Captured, *, system: str, budget: int,
        unsupported: Unsupported, here: bool, streamed: bool,
    ) -> Generator[str, None, Reply]:  # fmt: skip
        """The pieces of a reply; returns it. Whatever happens, the message's job is run or left to the worker."""
        kept: list[Captured] = [captured]
        added: tuple[AddResult, ...] = ()
        made: Answer = Answer("", (), (), "unknown", 0.0)
        llm = self._metered("chat", view.scope)
        checked: Checked | None = None
        try:
            if llm is None:
                if respond.asks(message.content):
                    made = yield from answer.told(self._stated(found, view))
            else:
                page = self._page(found, view, budget=budget)
                score = found.hits[0].score if found.hits else 0.0
                checked = self._checked(page, view, unsupported, score)
                checked.said = Proof(
                    0, message.content, said_at=message.timestamp or view.now, valid_from=message.timestamp or view.now, message=True
                )
                request = respond.chat_request(load("chat").text, system, past, page, message.content, now=view.now, max_tokens=MOST_TOKENS)
                made = yield from answer.written(llm, request, checked, streamed=streamed)
        finally:
            shown = checked.text if checked is not None else ""
            if shown.strip():
                reply = Message(respond.without_numbers(shown), "assistant", timestamp=self._stores.clock())
                kept.append(capture(self._stores, view.scope, [reply], infer=True, claim=here))
            added = tuple(self._understood(kept, here=here))
        made = self._connected(made, view)
        fields = {name: getattr(made, name) for name in ("text", "citations", "trace", "kind", "score", "dropped", "claims")}
        return Reply(**fields, added=added)

    def _stated(self, found: search.Searched, view: View) -> Answer:
        """Without a model: the best supported statements."""
        with self._stores.ledger.snapshot() as snapshot:
            wanted = search.wanted_facts(self._known(view), snapshot, view, found.plan)
        told = respond.answer_from(found, wanted)
        self._uses.note(c.memory_id for c in told.citations)
        return told

    def _page(self, found: search.Searched, view: View, *, budget: int) -> Context:
        """A context without the session's last messages, which a chat's prompt has as turns."""
        scope = view.scope
        elsewhere = replace(view, scope=Scope(scope.user_id, scope.agent_id)) if scope.user_id or scope.agent_id else view
        with self._stores.ledger.snapshot() as snapshot:
            wanted = search.profile(self._stores, snapshot, elsewhere, found.plan)
            notes = search.session_notes(self._stores, snapshot, view)
            standing = mature_read.profile_lines(snapshot, view)
        page = respond.context([*notes, *found.hits], wanted, [], budget=budget, standing=standing)
        self._uses.note(c.memory_id for c in page.citations)
        return page

    def _session(self, view: View, budget: int) -> list[Turn]:
        """The session's last messages as turns of a prompt, oldest first, as many as fit."""
        if view.scope.session_id is None:
            return []
        with self._stores.ledger.snapshot() as snapshot:
            owner = snapshot.owner(view.scope)
            said: list[Any] = snapshot.recent(owner, view.scope, limit=RECENT, until=None) if owner is not None else []
            recent = [hydrate.without_deleted(snapshot, m) for m in said if not hydrate.visible_message(m, view)]
        return respond.turns(recent, budget)

    def _checked(self, page: Context, view: View, unsupported: Unsupported, score: float) -> Checked:
        return Checked(page, self._stores.embedder, view.as_of or view.now, self._proof_in(page, view), unsupported, score)

    def _proof_in(self, page: Context, view: View) -> Callable[[Citation], Proof]:
        """What a citation stands for, looked up in the ledger again: it may have been forgotten while the model wrote."""
        shown = {h.id: h for h in page.hits}

        def proof(citation: Citation) -> Proof:
            source = citation.sources[0] if citation.sources else None
            with self._stores.ledger.snapshot() as snapshot:
                if not citation.memory_id:
                    there = source is not None and (not source.doc or source.doc in snapshot.messages([source.doc]))
                    hit = shown.get(source.message_id) if source is not None else None
                    stale = hit is not None and any(s.channel in ("superseded", "ended") and s.contribution < 0 for s in hit.why)
                    return proof_of(
                        citation, None, standing="gone" if not there else "superseded" if stale and view.as_of is None else "live"
                    )
                now = cast("MemoryRecord | None", snapshot.current(citation.memory_id))
            hit = shown.get(citation.memory_id)
            record = hit.memory if hit is not None and hit.memory is not None else now
            if now is None or record is None:
                return replace(proof_of(citation, record), standing="gone")
            past = view.as_of is not None or view.known_at is not None
            return proof_of(citation, record if past or now.text != record.text else now)

        return proof

    def _connected(self, made: A, view: View) -> A:
        """An answer with the path through the graph that joins what it cites."""
        if not made.citations:
            return made
        with self._stores.ledger.snapshot() as snapshot:
            path = search.connection(self._known(view), snapshot, view, made)
        return replace(made, trace=(*made.trace, path)) if path is not None else made
