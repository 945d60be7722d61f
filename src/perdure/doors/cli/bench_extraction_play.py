"""Conversations are played into fresh memories, and what was kept is scored.

Each conversation has a memory of its own, in this process's memory, with a clock that stands at the time of each add and ids that are
counted, so that a model is asked the same in every run and recorded replies fit.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from perdure.doors.cli.bench_extraction_set import Conversation
from perdure.model.base import Value, iso
from perdure.model.memory import MemoryRecord
from perdure.ports import LLM, LLMReply, LLMRequest
from perdure.stages.measure_extraction import FaultKind, Kept, Score, score

if TYPE_CHECKING:
    from perdure import Memory
    from perdure.model.change import Change

LATER: Final = timedelta(hours=1)
"""How long after the last add a conversation is looked at."""


@dataclass(frozen=True, slots=True)
class Figures(Value):
    """Counts and the shares worked out from them."""

    counts: Score
    shares: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class FaultOf(Value):
    """What was not as expected, and in which conversation."""

    conversation: str
    kind: FaultKind
    what: str


@dataclass(frozen=True, slots=True)
class ExtractionReport(Value):
    """What `bench extraction` measured.

    `extractor`: ``rules`` or the model's name. `failed`: adds that could not be extracted, with the first error in `error`; what they
    say counts as missed. `calls` and tokens are those of the model, the judge's included; `estimated` of the calls came without counts
    and theirs are estimates. `seconds`: of all adds; `model_seconds`: of that, the model's.
    """

    extractor: str
    files: tuple[str, ...]
    messages: int
    adds: int
    failed: int
    error: str
    calls: int
    input_tokens: int
    output_tokens: int
    estimated: int
    seconds: float
    model_seconds: float
    total: Figures
    by_language: dict[str, Figures]
    by_split: dict[str, Figures]
    by_domain: dict[str, Figures]
    faults: tuple[FaultOf, ...]


class Meter:
    """An LLM that counts what the one behind it is asked.

    Args:
        llm: who is asked.
    """

    def __init__(self, llm: LLM) -> None:
        self._llm = llm
        self.calls = self.input_tokens = self.output_tokens = self.estimated = 0
        self.seconds = 0.0

    @property
    def name(self) -> str:
        """The name of the LLM behind it."""
        return self._llm.name

    def complete(self, request: LLMRequest) -> LLMReply:
        """The reply, counted; a failure costs time alone."""
        from perdure.stages.respond import tokens

        began = time.perf_counter()
        try:
            reply = self._llm.complete(request)
        finally:
            self.seconds += time.perf_counter() - began
        self.calls += 1
        self.estimated += not reply.input_tokens
        self.input_tokens += reply.input_tokens or sum(tokens(turn.content) for turn in request.turns)
        self.output_tokens += reply.output_tokens or tokens(reply.text)
        return reply


@dataclass(slots=True)
class Played:
    """One conversation after it was played."""

    kept: list[Kept]
    adds: int = 0
    errors: list[str] = field(default_factory=list[str])
    seconds: float = 0.0


def play(conversation: Conversation, open_memory: Callable[..., Memory], *, until: Callable[[], bool] = lambda: False) -> Played:
    """Adds a conversation to a fresh memory and gives what was kept of it.

    Args:
        conversation: what is said.
        open_memory: makes an empty memory; it is given clock and ids.
        until: asked after each add; true leaves the rest out.
    """
    now = [conversation.adds[0].at]
    counted = itertools.count(1)
    history: list[Change] = []
    played = Played([])
    with open_memory(clock=lambda: now[0], ids=lambda: f"id-{next(counted)}") as memory:
        for one in conversation.adds:
            now[0] = one.at
            began = time.perf_counter()
            result = memory.add(list(one.messages), user_id=conversation.user, session_id=one.session, timestamp=one.at)
            played.seconds += time.perf_counter() - began
            played.adds += 1
            if result.job is not None and result.job.error is not None:
                played.errors.append(f"{conversation.id}: {result.job.error}")
            history += result.changes
            if until():
                break
    played.kept = kept_of(history, at=now[0] + LATER)
    return played


def kept_of(changes: Sequence[Change], *, at: datetime) -> list[Kept]:
    """Every memory that the changes brought about, as it stands at an instant."""
    versions: dict[str, list[MemoryRecord]] = {}
    erased: set[str] = set()
    for change in changes:
        if change.after is not None:
            versions.setdefault(change.memory_id, []).append(change.after)
        if change.type == "erase" or change.after is None:
            erased.add(change.memory_id)
    return [_kept(records, at, gone=of in erased) for of, records in versions.items()]


def _kept(records: Sequence[MemoryRecord], at: datetime, *, gone: bool) -> Kept:
    last = records[-1]
    gone = gone or last.status != "live"
    ended = last.valid_to is not None and last.valid_to <= at
    expired = last.expires_at is not None and last.expires_at <= at
    shut = [slot for slot in last.slots if slot.valid_to is not None and slot.valid_to <= at]
    open_ = not (gone or ended or expired)
    dates = [last.valid_from, last.valid_to, last.expires_at, *(slot.valid_from for slot in last.slots)]
    if last.expires_at is not None:
        dates.append(last.expires_at - timedelta(seconds=1))  # "until the end of the day" is often the next midnight
    return Kept(
        id=last.id, text=last.text, kind=last.kind, term=last.term,
        messages=frozenset(int(source.message_id[1:]) for record in records for source in record.sources),
        former=tuple(dict.fromkeys(record.text for record in records if record.text != last.text)),
        gone=gone, over=gone or ended or bool(shut),
        dates=tuple(iso(date) for date in dates if date is not None),
        slots=tuple(slot for slot in last.slots if open_ and slot not in shut),
        relations=tuple(edge for edge in last.relations if open_ and (edge.valid_to is None or edge.valid_to > at)),
        named=tuple(dict.fromkeys(name for record in records for name in _names(record))),
    )  # fmt: skip


def _names(record: MemoryRecord) -> Iterator[str]:
    for slot in record.slots:
        yield from (slot.entity, slot.attribute, slot.value)
    for edge in record.relations:
        yield from (edge.subject, edge.relation.replace("_", " "), edge.object)


def measured(
    conversations: Sequence[Conversation], open_memory: Callable[..., Memory], *, meter: Meter | None, files: Sequence[str],
    update: Callable[[float, int], None],
) -> ExtractionReport:  # fmt: skip
    """Plays and scores.

    Args:
        conversations: at least one.
        open_memory: makes an empty memory; it is given clock and ids.
        meter: the model's, if there is one.
        files: for the report.
        update: gets the fraction done and the number of conversations played.
    """
    sums: dict[tuple[str, str], Score] = {}
    faults: list[FaultOf] = []
    errors: list[str] = []
    adds, seconds = 0, 0.0
    for number, one in enumerate(conversations, 1):
        played = play(one, open_memory)
        counts, found = score(one.expected, played.kept)
        for key in (("", ""), ("language", one.language), ("split", one.split), ("domain", one.domain)):
            sums[key] = sums.get(key, Score()) + counts
        faults += [FaultOf(one.id, fault.kind, fault.what) for fault in found]
        errors += played.errors
        adds, seconds = adds + played.adds, seconds + played.seconds
        update(number / len(conversations), number)
    return ExtractionReport(
        extractor=meter.name if meter is not None else "rules", files=tuple(files),
        messages=sum(len(one.messages) for c in conversations for one in c.adds), adds=adds,
        failed=len(errors), error=errors[0] if errors else "",
        calls=meter.calls if meter else 0, input_tokens=meter.input_tokens if meter else 0,
        output_tokens=meter.output_tokens if meter else 0, estimated=meter.estimated if meter else 0,
        seconds=round(seconds, 2), model_seconds=round(meter.seconds, 2) if meter else 0.0,
        total=_figures(sums[("", "")]), by_language=_by("language", sums), by_split=_by("split", sums), by_domain=_by("domain", sums),
        faults=tuple(faults),
    )  # fmt: skip


def _figures(counts: Score) -> Figures:
    return Figures(counts, counts.shares)


def _by(what: str, sums: Mapping[tuple[str, str], Score]) -> dict[str, Figures]:
    return {name: _figures(counts) for (of, name), counts in sorted(sums.items()) if of == what}


def opener(*, llm: Any, embedder: Any, config: str | None) -> Callable[..., Memory]:
    """A function that makes empty memories with these models; the embedder is loaded once."""
    from perdure import Memory
    from perdure.config import backend

    model = backend("embedder", embedder or "minilm")

    def open_memory(**given: Any) -> Memory:
        return Memory(
            ":memory:", llm=llm, embedder=model, config=config, vector="sqlite", graph="sqlite", kv="sqlite", worker=False, **given
        )

    return open_memory
