"""Signal, Hit, Context, Answer: what reading gives back, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from perdure.model.base import Value
from perdure.model.change import AddResult
from perdure.model.graph import Graph, Relation, Slot
from perdure.model.memory import MemoryRecord, Source
from perdure.model.message import Message
from perdure.model.scope import Scope


@dataclass(frozen=True, slots=True)
class Signal(Value):
    """One reason for a hit: a channel's rank (1 is best) and raw score, and what it added to the final score.

    `detail` says it in words: the slot that matched, the graph path in names, the time window, a boost or a decay.
    """

    channel: str
    rank: int
    raw: float
    weight: float
    contribution: float
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Hit(Value):
    """One search result: a memory (folded with the messages it came from) or a captured message.

    `score` is in 0..1 and comparable across queries. `memory` is None when the hit is a captured message, `message` when
    it is a memory. `why` has one `Signal` per channel that found it, and one per boost or decay. `degraded` names channels
    that could not be asked.
    """

    text: str
    score: float
    memory: MemoryRecord | None
    message: Message | None
    sources: tuple[Source, ...]
    why: tuple[Signal, ...]
    degraded: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The memory's id, or the message's."""
        return self.memory.id if self.memory is not None else (self.message.id if self.message is not None else "")


@dataclass(frozen=True, slots=True)
class TimeWindow(Value):
    """A stretch of time a question asks about, and the words that said so."""

    start: datetime
    end: datetime
    phrase: str


@dataclass(frozen=True, slots=True)
class Plan(Value):
    """What a question asks for, read off its words.

    `attributes` are (entity, attribute) pairs it may be asking for, best first; `entities` are names in it (SELF for "my",
    "I"); `order` is "latest" or "earliest" when it asks so. `core` is the question without talk about the talk; `speaker` whose words
    are likely to hold the answer in a chat with an assistant; `instructions`: standing ones bear on the answer; `current`: it asks for
    one value that holds now, `present` those that say so.
    """

    question: str
    entities: tuple[str, ...] = ()
    attributes: tuple[tuple[str, str], ...] = ()
    window: TimeWindow | None = None
    order: Literal["", "latest", "earliest"] = ""
    wants: Literal["", "time", "person", "place", "number", "list", "how", "yes_no"] = ""
    core: str = ""
    speaker: Literal["", "user", "assistant"] = ""
    instructions: bool = False
    current: bool = False
    present: bool = False


@dataclass(frozen=True, slots=True)
class Fact(Value):
    """A key-value look-up's answer: the value that holds, and the memory that proves it.

    `values` lists every value that holds, newest first (several for e.g. allergies); `value` is the first.
    """

    entity: str
    attribute: str
    value: str
    values: tuple[str, ...]
    memory: MemoryRecord
    slot: Slot


@dataclass(frozen=True, slots=True)
class Citation(Value):
    """A number in the text and what it stands for."""

    number: int
    memory_id: str
    text: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Context(Value):
    """What goes into the prompt: `text` is fenced and escaped, at most `budget` tokens of it are used (`tokens`)."""

    text: str
    hits: tuple[Hit, ...]
    citations: tuple[Citation, ...]
    tokens: int
    budget: int


@dataclass(frozen=True, slots=True)
class TraceStep(Value):
    """One step from the question to the answer: which store gave what, proven by which message.

    `claim` is the place in `Answer.claims` of the sentence it bears out, -1 for none in particular.
    """

    store: str
    found: str
    memory_id: str = ""
    message_id: str = ""
    said_at: datetime | None = None
    claim: int = -1


@dataclass(frozen=True, slots=True)
class Claim(Value):
    """A sentence of an answer, held against what it cites.

    `text` is the sentence without numbers, `citations` are the numbers it gave. `support` is in 0..1. `verdict`: "supported"; "partly",
    when some of it is not in its sources; "unsupported"; or "uncited", in a chat, for a sentence that claims nothing about what is
    remembered. `reason` says in words why it is not supported; "" when it is.
    """

    text: str
    citations: tuple[int, ...]
    support: float
    verdict: Literal["supported", "partly", "unsupported", "uncited"]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Answer(Value):
    """An answer whose claims cite sources that were checked.

    `kind`: "model" (an LLM wrote it), "statement" (no LLM: the best supported statement, verbatim) or "unknown" (nothing
    known). `dropped` lists citations or sentences that did not hold, with the reason. `claims` are the sentences of the answer as they
    were written, those that did not hold too, each with its verdict.
    """

    text: str
    citations: tuple[Citation, ...]
    trace: tuple[TraceStep, ...]
    kind: Literal["model", "statement", "unknown"]
    score: float
    dropped: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply(Answer):
    """The answer to one turn of a chat, and what became of the turn: `added` is the add of the message, then that of the reply.

    There is no add of a reply that no model wrote; it says nothing that is not stored.
    """

    added: tuple[AddResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation(Value):
    """Where a memory lives and why, where it comes from, what happened to it."""

    memory: MemoryRecord
    stores: dict[str, str]
    sources: tuple[Source, ...]
    history: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WhyNot(Value):
    """Why a memory is not among a query's hits: the stage that dropped it, and by how much."""

    memory_id: str
    stage: Literal["found", "missing", "scope", "status", "validity", "expiry", "filter", "retrieve", "fuse", "limit"]
    reason: str
    rank: int | None = None
    score: float | None = None
    needed: float | None = None


@dataclass(frozen=True, slots=True)
class View(Value):
    """What a read may see: scope, the two times, kinds. Compiled by every store, enforced again by `hydrate`.

    `now` is the clock's; `as_of` asks what was true then, `known_at` what was known then.
    """

    scope: Scope
    now: datetime
    as_of: datetime | None = None
    known_at: datetime | None = None
    kinds: tuple[str, ...] = ()
    messages: bool = True
    memories: bool = True


__all__ = [
    "Answer",
    "Citation",
    "Claim",
    "Context",
    "Explanation",
    "Fact",
    "Graph",
    "Hit",
    "Plan",
    "Relation",
    "Reply",
    "Signal",
    "TimeWindow",
    "TraceStep",
    "View",
    "WhyNot",
]
