"""What maturing asks a model, and what it believes of the answers.

Every answer is advice on numbered things that were shown. A number that was not shown is dropped; a sentence stands only if every note
it cites supports it. Nothing a model returns can remove anything but one half of a pair that rules found alike.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from perdure.errors import LLMOutputError
from perdure.model.graph import SELF
from perdure.model.memory import MemoryRecord, Source
from perdure.model.search import Citation
from perdure.ports import LLM, Embedder, LLMReply, LLMRequest, Turn
from perdure.prompts import load
from perdure.rules.words import terms
from perdure.stages.claims import check
from perdure.stages.proofs import proof_of
from perdure.stages.respond import escaped

#: Pairs in one call: some 1,500 tokens.
PAIRS = 25
#: Characters of notes in one call, all sections together (some 3,000 tokens), and of one note.
NOTES, NOTE = 12_000, 600
#: Sentences of a summary and words of a profile, whatever a model writes.
SENTENCES, PROFILE_WORDS = 5, 150
#: How much of what a sentence says must be in the words of the notes it cites, beside what `check` asks for.
SHARED = 0.6
#: Room for an answer, in tokens.
ANSWER = 2000

_SAME = {
    "type": "object", "properties": {"same": {"type": "array", "items": {"type": "integer"}}}, "required": ["same"],
    "additionalProperties": False,
}  # fmt: skip
_SENTENCE = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "cites": {"type": "array", "items": {"type": "integer"}}},
    "required": ["text", "cites"], "additionalProperties": False,
}  # fmt: skip
_SECTION = {
    "type": "object", "properties": {"section": {"type": "integer"}, "sentences": {"type": "array", "items": _SENTENCE}},
    "required": ["section", "sentences"], "additionalProperties": False,
}  # fmt: skip
_SUMMARIES = {
    "type": "object", "properties": {"summaries": {"type": "array", "items": _SECTION}}, "required": ["summaries"],
    "additionalProperties": False,
}  # fmt: skip
_ADVICE = {
    "type": "object",
    "properties": {
        "advice": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"pair": {"type": "integer"}, "keep": {"enum": ["a", "b"]}, "why": {"type": "string"}},
                "required": ["pair", "keep", "why"], "additionalProperties": False,
            },
        }
    },
    "required": ["advice"], "additionalProperties": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """One numbered thing a model is shown, or that rules choose from: a memory or a message.

    `sources` are what it was drawn from. `ref` names it in a summary's metadata.
    """

    text: str
    at: datetime
    who: str
    ref: tuple[str, ...]
    sources: tuple[Source, ...]
    doc: int
    record: MemoryRecord | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """What one summary is to be written from."""

    heading: str
    notes: Sequence[Note]
    most_words: int = 120


Line = tuple[str, tuple[int, ...]]
"""A sentence and the places of the notes it cites."""


@dataclass(slots=True)
class Asker:
    """A model with what it took, and what it said in vain.

    `llm` keeps and counts its replies; `now` is the clock's. `dropped`: what no check let through.
    """

    llm: LLM
    embedder: Embedder
    now: datetime
    dropped: list[str] = field(default_factory=list[str])

    @property
    def name(self) -> str:
        """The model's."""
        return self.llm.name

    def same(self, pairs: Sequence[tuple[MemoryRecord, MemoryRecord]]) -> list[bool]:
        """Whether the two of each pair say the same, in one call; at most `PAIRS`.

        Raises:
            ModelError: the model did not answer. BudgetError: the day's budget is spent.
        """
        shown = "\n".join(
            f"{n}: {json.dumps(a.text, ensure_ascii=False)} / {json.dumps(b.text, ensure_ascii=False)}" for n, (a, b) in enumerate(pairs, 1)
        )
        told = self._ask("pairs", f"Pairs:\n{shown}", _SAME)
        said = _numbers(told.get("same"))
        self.dropped += [f"pair {n} was not shown" for n in said if not 1 <= n <= len(pairs)]
        return [n in said for n in range(1, len(pairs) + 1)]

    def summaries(self, sections: Sequence[Section], *, prompt: str = "summary") -> list[list[Line]]:
        """The sentences of each section that stand, in one call.

        Raises:
            ModelError: the model did not answer. BudgetError: the day's budget is spent.
        """
        shown: list[str] = []
        whose: list[tuple[int, int]] = []  # by number: section and place of a note
        for n, section in enumerate(sections):
            shown.append(f'<section number="{n + 1}" about="{_attribute(section.heading)}">')
            for place, note in enumerate(section.notes):
                whose.append((n, place))
                shown.append(f"{len(whose)}. {note.at:%Y-%m-%d} {escaped(note.who)}: {escaped(note.text[:NOTE])}")
            shown.append("</section>")
        told = self._ask(prompt, "\n".join(shown), _SUMMARIES)
        lines: list[list[Line]] = [[] for _ in sections]
        for n, text, cites in _sentences(told.get("summaries"), len(sections)):
            places = [whose[c - 1][1] for c in cites if 1 <= c <= len(whose) and whose[c - 1][0] == n]
            why = self._unfit(text, cites, [sections[n].notes[p] for p in places], lines[n], sections[n])
            if why:
                self.dropped.append(f"{why}: {text[:120]}")
            else:
                lines[n].append((text, tuple(dict.fromkeys(places))))
        return lines

    def advice(self, pairs: Sequence[tuple[MemoryRecord, MemoryRecord]]) -> dict[int, tuple[str, str]]:
        """By place of a pair: the id of the memory that seems to hold, and why; pairs the model cannot tell are left out.

        Raises:
            ModelError: the model did not answer. BudgetError: the day's budget is spent.
        """
        shown = "\n".join(f"pair {n}:\n a: {_told(a)}\n b: {_told(b)}" for n, (a, b) in enumerate(pairs, 1))
        told = self._ask("settle", shown, _ADVICE)
        found: dict[int, tuple[str, str]] = {}
        for item in _objects(told.get("advice")):
            n, keep, why = item.get("pair"), item.get("keep"), item.get("why")
            if type(n) is int and 1 <= n <= len(pairs) and keep in ("a", "b"):
                found[n - 1] = (pairs[n - 1][keep == "b"].id, " ".join(str(why).split())[:200])
            else:
                self.dropped.append(f"advice on a pair that was not shown: {n!r}")
        return found

    def _unfit(self, text: str, cites: Sequence[int], notes: Sequence[Note], before: Sequence[Line], section: Section) -> str:
        if len(notes) < len(cites) or not notes:
            return "cites a note that was not shown" if cites else "cites nothing"
        if len(before) >= SENTENCES * 2 or sum(len(t.split()) for t, _ in before) + len(text.split()) > section.most_words:
            return "is too much"
        return supported(text, notes, self.embedder, at=self.now)

    def _ask(self, prompt: str, content: str, schema: dict[str, Any]) -> dict[str, Any]:
        turns = (Turn("system", load(prompt).text), Turn("user", content))
        reply = self.llm.complete(LLMRequest(turns, schema=schema, schema_name=prompt, max_tokens=ANSWER))
        return _object(reply)


def supported(text: str, notes: Sequence[Note], embedder: Embedder, *, at: datetime) -> str:
    """Why what a sentence says is not what the notes say together; "" when it is.

    Checked as a sentence of an answer is; and because a summary stays, most of its words must be in the notes, however near others come.

    Raises:
        ModelError: the embedder failed.
    """
    there = " ".join(f"{n.text} {n.who} {n.at:%-d %B %Y} {' '.join(s.quote for s in n.sources)}" for n in notes)
    said, claimed = set(terms(there)), set(terms(text)) - {SELF}
    if len(claimed & said) < SHARED * len(claimed):
        return f"the notes do not say: {', '.join(sorted(claimed - said))}"
    proofs = [
        proof_of(Citation(n, note.record.id if note.record is not None else "", note.text, note.sources), note.record)
        for n, note in enumerate(notes, 1)
    ]
    claim = check(text, [p.number for p in proofs], proofs, embedder, at=at)
    return "" if claim.verdict == "supported" else claim.reason or "not what the notes say"


def _told(record: MemoryRecord) -> str:
    said = max(record.sources, key=lambda s: s.said_at, default=None)
    by = f"{said.said_by}, {said.said_at:%Y-%m-%d}" if said is not None else ""
    return f"({by}) {json.dumps(record.text, ensure_ascii=False)}"


def _attribute(text: str) -> str:
    return escaped(text).replace('"', "&quot;")


def _object(reply: LLMReply) -> dict[str, Any]:
    start, end = reply.text.find("{"), reply.text.rfind("}")
    try:
        raw: object = json.loads(reply.text[start : end + 1]) if start >= 0 else None
    except (ValueError, RecursionError):
        raw = None
    if not isinstance(raw, dict):
        raise LLMOutputError("The answer is not the JSON object that was asked for. Try again, or use a model with structured output.")
    return cast("dict[str, Any]", raw)


def _objects(raw: object) -> list[dict[str, Any]]:
    found = cast("list[object]", raw) if isinstance(raw, list) else []
    return [cast("dict[str, Any]", item) for item in found if isinstance(item, dict)]


def _numbers(raw: object) -> list[int]:
    found = cast("list[object]", raw) if isinstance(raw, list) else []
    return [n for n in found if type(n) is int]


def _sentences(raw: object, sections: int) -> list[tuple[int, str, list[int]]]:
    """(place of the section, text, numbers cited) of what has the form that was asked for."""
    found: list[tuple[int, str, list[int]]] = []
    for item in _objects(raw):
        n = item.get("section")
        if type(n) is int and 1 <= n <= sections:
            for sentence in _objects(item.get("sentences")):
                text = sentence.get("text")
                if isinstance(text, str) and text.strip():
                    found.append((n - 1, " ".join(text.split()), _numbers(sentence.get("cites"))))
    return found
