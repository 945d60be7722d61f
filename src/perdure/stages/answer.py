"""Answer: what a model writes from a context, sentence by sentence held against what it cites before anybody sees it.

A sentence is released when it is complete and checked; one that is not borne out is dropped or marked. The text that was released is the
text of the answer, whether it was streamed or not.
"""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, Literal, TypeVar

from perdure.errors import ClosedError
from perdure.model.search import Answer, Citation, Claim, Context, Hit, TraceStep
from perdure.ports import LLM, Embedder, LLMReply, LLMRequest, SupportsStreaming
from perdure.rules import claiming
from perdure.rules.statement import cited, sentences
from perdure.rules.words import terms
from perdure.stages import respond
from perdure.stages.claims import check, contributes
from perdure.stages.proofs import Proof

Unsupported = Literal["drop", "mark"]
A = TypeVar("A", bound=Answer)

#: What stands after a sentence that was not borne out, when it is shown all the same.
UNVERIFIED = "[unverified]"
#: Of what was recalled, so many that share most words with a sentence without citation are held against it.
LIKELY_PROOFS = 5
#: Support from which an answer's sentence without citation is given the one that bears it out. On bench/citations 1 of 291 unsupported
#: sentences reaches it, and .93 of the supported.
PLAIN = 0.8
_UNVERIFIED = re.compile(re.escape(UNVERIFIED), re.IGNORECASE)
_DONT_KNOW = re.compile(
    r"\W*(?:i (?:don['’]?t|do not) know|(?:das )?wei(?:ß|ss) ich nicht|ich wei(?:ß|ss) (?:es |das )?nicht|no (?:lo )?s[eé]|"
    r"je ne sais pas|我?不知道)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Checked:
    """A model's text on its way to the reader.

    Args:
        page: the context it was written from.
        embedder: for nearness of meaning.
        at: the time that is asked about.
        proof: what a citation stands for now.
        unsupported: what becomes of a sentence that does not hold: it is dropped, or shown and marked.
        score: of the best hit.
        said: in a chat, what the user has just said; None otherwise. In a chat a sentence may cite nothing, if it claims nothing about
            the user that this or the memory does not say.
    """

    page: Context
    embedder: Embedder
    at: datetime
    proof: Callable[[Citation], Proof]
    unsupported: Unsupported = "drop"
    score: float = 0.0
    said: Proof | None = None
    claims: list[Claim] = field(default_factory=list[Claim])
    dropped: list[str] = field(default_factory=list[str])
    used: dict[int, Citation] = field(default_factory=dict[int, Citation])
    places: dict[int, list[int]] = field(default_factory=dict[int, list[int]])  # by place in `claims` the citations that bear it out
    text: str = ""
    _waiting: str = ""
    _unknown: bool = False
    _between: str = " "
    _proofs: dict[int, Proof] = field(default_factory=dict[int, Proof])

    def feed(self, piece: str) -> Iterator[str]:
        """Takes what the model wrote next; gives what may be shown."""
        self._waiting += piece
        parts = sentences(self._waiting)
        if len(parts) > 1 and (len(parts[-1].strip()) > 1 or not parts[-1].strip().startswith("[")):
            self._waiting = parts[-1]
            for part in parts[:-1]:
                yield from self._judge(part)

    def end(self) -> Iterator[str]:
        """Takes the end of the text; gives the rest of what may be shown, which is that nothing is known when nothing held."""
        rest, self._waiting = self._waiting, ""
        for part in sentences(rest):
            yield from self._judge(part)
        if not self.text and self.said is None:
            self._unknown = True
            self.text = respond.unknown(self.score).text
            yield self.text

    def answer(self) -> Answer:
        """What was released, as an answer."""
        hits = {number: self._hit(c) for number, c in self.used.items()}
        steps: list[TraceStep] = []
        for place, numbers in self.places.items():
            for number in numbers:
                steps += respond.trace([hits[number]], claim=place)
        used = tuple(self.used[n] for n in sorted(self.used))
        kind: Literal["model", "unknown"] = "unknown" if self._unknown or not self.text else "model"
        return Answer(self.text, used, tuple(steps), kind, round(self.score, 4), tuple(self.dropped), tuple(self.claims))

    # ------------------------------------------------------------------ inside
    def _judge(self, part: str) -> Iterator[str]:
        plain, numbers = cited(_UNVERIFIED.sub("", part))
        claim = re.sub(r"\s+(?=[.,;:!?](?:\s|$))", "", plain)
        if not any(c.isalnum() for c in claim):
            return
        if not numbers and _DONT_KNOW.match(claim):
            if self.said is not None:
                self.claims.append(Claim(claim, (), 0.0, "uncited"))
                yield from self._release(claim, [], part)
            return
        by_number = {c.number: c for c in self.page.citations}
        self.dropped += [f"[{n}] names no source" for n in numbers if n not in by_number]
        known = [n for n in numbers if n in by_number]
        found = self._held(claim, known, numbered=bool(numbers))
        self.claims.append(found)
        if found.verdict in ("supported", "uncited"):
            known = known or list(found.citations)
            proofs = [self._proof(by_number[n]) for n in known]
            idle = [p.number for p in proofs if len(known) > 1 and not contributes(claim, p, at=self.at)]
            self.dropped += [f"[{n}] does not say: {claim}" for n in idle if len(idle) < len(known)]
            yield from self._release(claim, known if len(idle) == len(known) else [n for n in known if n not in idle], part)
        elif self.unsupported == "mark":
            self.dropped.append(f"unverified: {claim} ({found.reason})")
            yield from self._release(f"{claim} {UNVERIFIED}", [], part)
        else:
            self.dropped.append(f"no source: {claim}" if not known else f"{claim} ({found.reason})")

    def _held(self, claim: str, known: list[int], *, numbered: bool) -> Claim:
        """A sentence with its verdict. `known`: the sources it cites; `numbered`: it cites something, be it nothing that there is."""
        by_number = {c.number: c for c in self.page.citations}
        if known or (numbered and self.said is None):
            return check(claim, known, [self._proof(by_number[n]) for n in known], self.embedder, at=self.at)
        if self.said is not None and not claims_about_user(claim):
            return Claim(claim, (), 0.0, "uncited")
        words = set(terms(claim))
        likely = sorted(self.page.citations, key=lambda c: -len(words & set(terms(c.text))))[:LIKELY_PROOFS]
        proofs = [self.said] if self.said is not None else []
        proofs += [self._proof(c) for c in likely if words & set(terms(c.text))]
        best = max(
            (check(claim, [p.number], [p], self.embedder, at=self.at) for p in proofs),
            key=lambda c: (c.verdict == "supported", c.support),
            default=check(claim, [], [], self.embedder, at=self.at),
        )
        if self.said is None:  # many a model forgets to cite: what one source plainly says is cited for it
            return best if best.verdict == "supported" and best.support >= PLAIN else check(claim, [], [], self.embedder, at=self.at)
        if best.verdict == "supported" and best.citations != (self.said.number,):
            return best
        return replace(best, citations=(), reason=best.reason and "cites no source, and nothing recalled says it")

    def _proof(self, citation: Citation) -> Proof:
        if citation.number not in self._proofs:
            self._proofs[citation.number] = self.proof(citation)
        return self._proofs[citation.number]

    def _release(self, claim: str, numbers: Sequence[int], part: str) -> Iterator[str]:
        by_number = {c.number: c for c in self.page.citations}
        if numbers:
            self.used |= {n: by_number[n] for n in numbers}
            self.places[len(self.claims) - 1] = list(numbers)
        shown = claim + (" " + "".join(f"[{n}]" for n in numbers) if numbers else "")
        between = self._between if self.text else ""
        self._between = _between(part, claim, cited=bool(numbers))
        self.text += between + shown
        yield between + shown

    def _hit(self, citation: Citation) -> Hit:
        """The hit behind a citation; a fact of the key-value view has none of its own."""
        source = citation.sources[0].message_id if citation.sources else ""
        for hit in self.page.hits:
            if hit.id == (citation.memory_id or source) and hit.text == citation.text:
                return hit
        return Hit(citation.text, self.score, None, None, citation.sources, ())


def _between(part: str, claim: str, *, cited: bool) -> str:
    """What stands between a sentence and the next: its line ends, nothing after Chinese, else a blank."""
    if part.endswith("\n"):
        return "\n\n" if part.endswith("\n\n") else "\n"
    return "" if _CHINESE_END.search(claim) and not cited else " "


_CHINESE_END = re.compile(r"[。！？]$")
_ABOUT_USER = re.compile(
    r"\b(?:you|your|yours|you're|you've|du|dein\w*|dir|dich|tu|tus|te|ton|ta|tes|toi|vous|votre|vos|usted|eres|tienes)\b|[你您]",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"[?？]\s*$|\b(?:if|can|could|should|may|might|would|must|need|try|let|want|hope|feel free|don't forget|remember to|make sure|will|"
    r"you'll|falls|kannst|konntest|solltest|magst|mochtest|willst|musst|hoffe|versuch\w*|"
    r"puedes|podrias|deberias|quieres|espero|si|intenta|"
    r"peux|pourriez|pouvez|devrais|devriez|voulez|veux|espere|essaie|essayez|n'hesite\w*)\b|可以|如果|应该|希望|吗|请|试试|需要|"
    r"^(?:thank|thanks|sorry|great|congratulations|good|nice|hello|hi|welcome|glad|danke|gracias|merci|hola|bonjour|hallo)\b|谢谢",
    re.IGNORECASE,
)


def claims_about_user(sentence: str) -> bool:
    """Whether a sentence of a chat tells something about the user: it speaks of them, and neither asks, advises, wishes nor greets."""
    return bool(_ABOUT_USER.search(sentence)) and not _OFFERS.search(claiming.fold(sentence))


class AnswerStream(Generic[A]):
    """An answer as it is written: iterate over it, with `for` or `async for`, for pieces of text, each checked before it comes.

    Together the pieces are the text of `answer`. `close` breaks off: the model is asked for no more.
    """

    def __init__(self, pieces: Generator[str, None, A]) -> None:
        self._pieces = pieces
        self._answer: A | None = None
        self._error: BaseException | None = None
        self._closed = threading.Event()
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        with self._lock:
            if self._answer is not None or self._closed.is_set() or self._error is not None:
                raise StopIteration
            try:
                piece = next(self._pieces)
            except StopIteration as e:
                self._answer = e.value
                raise
            except BaseException as e:
                self._error = e
                raise
        if self._closed.is_set():
            self.close()
        return piece

    def __aiter__(self) -> AsyncIterator[str]:
        return self._asynchronous()

    async def _asynchronous(self) -> AsyncIterator[str]:
        try:
            while (piece := await asyncio.to_thread(next, self, None)) is not None:
                yield piece
        except (asyncio.CancelledError, GeneratorExit):
            self._closed.set()
            raise

    @property
    def answer(self) -> A:
        """The whole answer; what has not been read yet is read first.

        Raises:
            ClosedError: the stream was closed before its end. ModelError: the model failed.
        """
        for _ in self:
            pass
        if self._error is not None:
            raise self._error
        if self._answer is None:
            raise ClosedError("the answer was closed before its end, so there is none. Read the stream to its end first.")
        return self._answer

    def close(self) -> None:
        """Breaks off; safe to call twice, and from another thread (then the piece that is on its way is the last)."""
        self._closed.set()
        if self._lock.acquire(blocking=False):
            try:
                self._pieces.close()
            finally:
                self._lock.release()

    def __enter__(self) -> AnswerStream[A]:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def written(llm: LLM, request: LLMRequest, checked: Checked, *, streamed: bool) -> Generator[str, None, Answer]:
    """What a model writes, released sentence by sentence; returns the answer.

    Args:
        llm: who writes.
        request: what it is asked.
        checked: where its text goes through.
        streamed: ask it for pieces, if it can give them.

    Raises:
        ModelError: it did not answer.
    """
    if streamed and isinstance(llm, SupportsStreaming):
        pieces: Iterator[str] = llm.stream(request)
        try:
            for piece in pieces:
                yield from checked.feed(piece)
        finally:
            end = getattr(pieces, "close", None)
            if end is not None:
                end()
    else:
        reply: LLMReply = llm.complete(request)
        yield from checked.feed(reply.text)
    yield from checked.end()
    return checked.answer()


def whole(pieces: Generator[str, None, A]) -> A:
    """The answer at the end of a stream, its pieces unseen."""
    while True:
        try:
            next(pieces)
        except StopIteration as e:
            return e.value


def told(answer: A) -> Generator[str, None, A]:
    """An answer that is there already, as a stream."""
    if answer.text:
        yield answer.text
    return answer
