"""The rule extractor: statements worth keeping, found without a model.

Each message of the user is masked (`text`), cut into sentences, and each sentence judged (`gate`). What passes is read clause
by clause (`grammar`) against the pattern tables (`engine`, `faults`, `languages`), and becomes one `Candidate` whose text is the
sentence itself. It may miss; it does not invent: every value is a stretch of the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from perdure.model.candidate import Candidate, Extraction, ExtractionContext
from perdure.model.message import Message
from perdure.rules import gate
from perdure.rules.build import read_sentence
from perdure.rules.builder import Builder
from perdure.rules.discourse import Discourse
from perdure.rules.machine import read_assistant, read_tool
from perdure.rules.text import mask, sentences

MAX_CANDIDATES = 200
"""Most candidates of one episode."""
MAX_RECENT = 8
"""Earlier messages read for what pronouns and "the laptop" stand for."""
MAX_RECENT_TEXT = 4_000
"""Characters of each of them."""


@dataclass(slots=True)
class _Run:
    """One extraction under way."""

    discourse: Discourse
    candidates: list[Candidate]
    private: set[int]


class RuleExtractor:
    """Implements the `Extractor` port with patterns alone; never raises, makes no call, needs no download."""

    @property
    def name(self) -> str:
        """The extractor's name, as it stands in sources."""
        return "rules"

    def extract(self, messages: Sequence[Message], context: ExtractionContext) -> Extraction:
        """What the messages state about the speaker and their world.

        Args:
            messages: the episode; statements are taken from users, and with caution from tools and assistants.
            context: the time, the messages before, and the names already known.

        Returns:
            At most 200 candidates, each quoting its message word for word.
        """
        recent = context.recent[-MAX_RECENT:]
        run = _Run(Discourse.begin(context.known_names, [*recent, *messages]), [], set())
        for message in recent:
            short = Message(message.content[:MAX_RECENT_TEXT], message.role, message.name, message.id, message.timestamp)
            self._message(_Run(run.discourse, [], set()), 0, short, context.now)
        for i, message in enumerate(messages):
            self._message(run, i, message, context.now)
            if len(run.candidates) >= MAX_CANDIDATES:
                break
        return Extraction(candidates=tuple(run.candidates[:MAX_CANDIDATES]), private=tuple(sorted(run.private)), extractor=self.name)

    def _message(self, run: _Run, index: int, message: Message, now: datetime) -> None:
        anchor = message.timestamp or now
        anchor = anchor.replace(tzinfo=UTC) if anchor.tzinfo is None else anchor
        masked = mask(message.content)
        if message.role == "system" or gate.hijacks(masked):
            return
        if message.role == "tool":
            run.candidates += read_tool(message.content, masked, index, anchor, run.discourse)
            return
        if message.role == "assistant" and not (message.name and len(run.discourse.speakers) > 1):
            run.candidates += read_assistant(message.content, masked, index, anchor, run.discourse)
            return
        self._user(run, index, message, masked, anchor)

    def _user(self, run: _Run, index: int, message: Message, masked: str, anchor: datetime) -> None:
        if gate.ends_role_play(masked):
            run.discourse.fiction = False
        if gate.starts_role_play(masked):
            run.discourse.fiction = True
        if run.discourse.fiction:
            return
        found: list[Candidate] = []
        for start, end in sentences(masked):
            verdict = gate.judge(masked[start:end])
            if verdict.private:
                run.private.add(index)
            if verdict.silence:
                return
            if verdict.unsay:
                self._unsay(run, index, found)
                continue
            if verdict.stop:
                break
            if not verdict.keep:
                continue
            builder = Builder(message.content, masked, index, anchor, run.discourse, run.discourse.self_entity(message))
            candidate = read_sentence(builder, start, end, verdict)
            if candidate is not None:
                found.append(candidate)
            if len(run.candidates) + len(found) >= MAX_CANDIDATES:
                break
        if index in run.private:
            found = [_shortened(c) for c in found]
        run.candidates += found

    def _unsay(self, run: _Run, index: int, found: list[Candidate]) -> None:
        """Reads "Forget I said that": what was said last is not kept, and stays in this session."""
        if found:
            found.clear()
            run.private.add(index)
            return
        run.private.add(index)
        if index > 0:
            run.private.add(index - 1)
            before = max((c.message for c in run.candidates if c.message < index), default=-1)
            if before >= 0:
                run.private.add(before)
                run.candidates[:] = [c for c in run.candidates if c.message != before]


def _shortened(candidate: Candidate) -> Candidate:
    from dataclasses import replace

    return replace(candidate, term="short_term")
