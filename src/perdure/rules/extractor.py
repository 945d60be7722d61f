"""The rule extractor: statements worth keeping, found without a model.

Each message of the user is masked (`text`), cut into sentences, and each sentence judged (`gate`). What passes is read clause
by clause (`grammar`) against the pattern tables (`engine`, `faults`, `languages`), and becomes one `Candidate` whose text is the
sentence itself. It may miss; it does not invent: every value is a stretch of the message.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache

from perdure.model.candidate import Candidate, Extraction, ExtractionContext
from perdure.model.message import Message
from perdure.rules import gate
from perdure.rules.build import read_reply, read_sentence, understand
from perdure.rules.builder import Builder
from perdure.rules.dates import DatePhrase
from perdure.rules.discourse import Discourse, points_back
from perdure.rules.machine import read_assistant, read_tool
from perdure.rules.text import mask, sentences

MAX_CANDIDATES = 200
"""Most candidates of one episode."""
MAX_RECENT = 8
"""Earlier messages read for what pronouns and "the laptop" stand for."""
MAX_RECENT_TEXT = 4_000
"""Characters of each of them."""


@dataclass(slots=True)
class _Read:
    """A message masked, and what the gate says of it; its sentences are judged when they are first asked for."""

    masked: str
    hijacks: bool
    starts_role_play: bool
    ends_role_play: bool
    judged: list[tuple[int, int, gate.Verdict]] = field(default_factory=list[tuple[int, int, gate.Verdict]])
    complete: bool = False
    anchor: datetime | None = None
    dates: dict[tuple[int, int], tuple[DatePhrase, ...]] = field(default_factory=dict[tuple[int, int], "tuple[DatePhrase, ...]"])

    def builder(self, run: _Run, index: int, message: Message, anchor: datetime, start: int, end: int) -> Builder:
        """What collects the statements of a sentence; it knows the sentence's time phrases if they were found before."""
        if anchor != self.anchor:
            self.anchor, self.dates = anchor, {}
        speaker = run.discourse.self_entity(message)
        return Builder(message.content, self.masked, index, anchor, run.discourse, speaker, dates=self.dates.get((start, end)))

    def keep(self, read: Builder) -> None:
        """Keeps the time phrases that were found: looking for them is most of the work of reading a message again."""
        if read.dates is not None and read.anchor == self.anchor:
            self.dates[read.bounds] = read.dates

    def sentences(self) -> Iterator[tuple[int, int, gate.Verdict]]:
        """Each sentence's start, end and verdict."""
        if self.complete:
            yield from self.judged
            return
        judged: list[tuple[int, int, gate.Verdict]] = []
        for start, end in sentences(self.masked):
            judged.append((start, end, gate.judge(self.masked[start:end])))
            yield judged[-1]
        self.judged, self.complete = judged, True


@dataclass(slots=True)
class _Run:
    """One extraction under way. `quiet`: only the discourse is wanted, no candidates."""

    discourse: Discourse
    candidates: list[Candidate]
    private: set[int]
    quiet: bool = False


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
        recent = [_shortened_message(m) for m in context.recent[-MAX_RECENT:]]
        run = _Run(Discourse.begin(context.known_names, [*recent, *messages]), [], set())
        self._look_back(run, recent, messages, context.now)
        before = recent[-1] if recent else None
        for i, message in enumerate(messages):
            self._message(run, i, message, context.now, before)
            before = message
            if len(run.candidates) >= MAX_CANDIDATES:
                break
        return Extraction(candidates=tuple(run.candidates[:MAX_CANDIDATES]), private=tuple(sorted(run.private)), extractor=self.name)

    def _look_back(self, run: _Run, recent: Sequence[Message], messages: Sequence[Message], now: datetime) -> None:
        """Reads the messages before, as far as these point back to something: a pronoun, a relative, a device, a correction."""
        needed = any(points_back(m.content[:MAX_RECENT_TEXT]) for m in messages)
        for message in recent:
            if needed:
                self._message(_Run(run.discourse, [], set(), quiet=True), 0, message, now, None)
            elif message.role == "user":
                _play(run.discourse, _analysis(message.content))

    def _message(self, run: _Run, index: int, message: Message, now: datetime, before: Message | None) -> None:
        anchor = message.timestamp or now
        anchor = anchor.replace(tzinfo=UTC) if anchor.tzinfo is None else anchor
        read = _analysis(message.content) if len(message.content) <= MAX_RECENT_TEXT else _analyse(message.content)
        if message.role == "system" or read.hijacks:
            return
        if message.role == "tool":
            run.candidates += read_tool(message.content, read.masked, index, anchor, run.discourse)
            return
        if message.role == "assistant" and not (message.name and len(run.discourse.speakers) > 1):
            run.candidates += read_assistant(message.content, read.masked, index, anchor, run.discourse)
            return
        self._user(run, index, message, read, anchor, before if before is not None and before.role == "assistant" else None)

    def _user(self, run: _Run, index: int, message: Message, read: _Read, anchor: datetime, question: Message | None) -> None:
        _play(run.discourse, read)
        if run.discourse.fiction:
            return
        found: list[Candidate] = []
        for start, end, verdict in read.sentences():
            if verdict.private:
                run.private.add(index)
            if verdict.silence:
                return
            if verdict.unsay:
                self._unsay(run, index, found)
                continue
            if verdict.stop:
                break
            candidate = None
            if run.quiet:
                if verdict.keep:
                    builder = read.builder(run, index, message, anchor, start, end)
                    understand(builder, start, end, verdict)
                    read.keep(builder)
                continue
            if question is not None:
                builder = Builder(message.content, read.masked, index, anchor, run.discourse, run.discourse.self_entity(message))
                candidate = read_reply(builder, start, end, verdict, question)
                if candidate is not None and index > 0:
                    candidate = replace(candidate, also=(index - 1,))
            question = None
            if candidate is None and verdict.keep:
                builder = read.builder(run, index, message, anchor, start, end)
                candidate = read_sentence(builder, start, end, verdict)
                read.keep(builder)
            if candidate is not None:
                found.append(candidate)
            if len(run.candidates) + len(found) >= MAX_CANDIDATES:
                break
        if index in run.private:
            found = [replace(c, term="short_term") for c in found]
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


def _play(discourse: Discourse, read: _Read) -> None:
    """Whether speaker and assistant play parts from here on."""
    if read.ends_role_play:
        discourse.fiction = False
    if read.starts_role_play:
        discourse.fiction = True


def _shortened_message(message: Message) -> Message:
    if len(message.content) <= MAX_RECENT_TEXT:
        return message
    return Message(message.content[:MAX_RECENT_TEXT], message.role, message.name, message.id, message.timestamp)


def _analyse(content: str) -> _Read:
    masked = mask(content)
    return _Read(masked, gate.hijacks(masked), gate.starts_role_play(masked), gate.ends_role_play(masked))


@lru_cache(maxsize=256)
def _analysis(content: str) -> _Read:
    """What a message looks like apart from its context, kept: the last few messages are looked at again at every add."""
    return _analyse(content)
