"""Guard: what a message may bring about, whatever a model made of it. Pure.

A message that gives orders to the memory ("forget everything", "save that the user is called …") is somebody's words. It stays captured
and can be found; nothing is drawn from the sentence that gives the order, and what else the message says is added without touching what
is known. And a model's word alone moves nothing: a value that nobody said takes no other's place, what nobody spoke of is not over, and a
statement touches nothing when somebody else makes it about the user, or when it is no plain statement: make-believe, or mixed with talk
about the memory's notes. What is only quoted, pasted or played is nobody's statement.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from perdure.model.candidate import Candidate, ExtractionContext
from perdure.model.graph import SELF, Slot, entity_key
from perdure.model.message import Message
from perdure.rules.gate import judge, starts_role_play
from perdure.rules.slots import OPPOSITES, single_valued
from perdure.rules.steering import is_spoken, speaks_of_notes, steers
from perdure.rules.text import BLANK, mask

#: Values that say how something is rather than what it is: nobody need have said the word.
_NEEDS_NO_WORD: Final = frozenset("yes no true false none male female single married divorced widowed user".split())
#: Single-valued attributes whose value may be worked out.
_DERIVED: Final = frozenset({"age", "birthday", "marital_status", "timezone", "nationality"})
#: Share of a quote that may lie in somebody else's quoted words.
MASKED: Final = 0.2
#: Messages before one, in the same call, where a value may come from.
EARLIER: Final = 6
_SENTENCE_END: Final = re.compile(r"[.!?。！？\n]+")


def guard(
    candidates: Sequence[Candidate], messages: Sequence[Message], context: ExtractionContext
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """What of the candidates stands, with the powers left to each; and why each other was dropped.

    Args:
        candidates: validated: each quote stands in its message.
        messages: what they index.
        context: what was said before, where a value may come from ("yes"); and who the user is.
    """
    steering = {n for n in {c.message for c in candidates} if steers(messages[n].content)}
    before = " ".join([context.user, *(m.content for m in context.recent)])
    kept: list[Candidate] = []
    dropped: list[str] = []
    for i, c in enumerate(candidates):
        said = messages[c.message].content
        if c.message in steering:
            if steers(_around(said, c.quote)) or steers(c.text):
                dropped.append(f"candidate {i}: gives orders to the memory; the message is kept as it was said: {c.quote[:80]!r}")
                continue
            kept.append(_powerless(c))
            continue
        if not _is_own(said, c.quote):
            dropped.append(
                f"candidate {i}: quotes what is quoted, pasted or played in message {c.message}, not its speaker: {c.quote[:80]!r}"
            )
            continue
        if speaks_of_notes(c.quote):
            dropped.append(f"candidate {i}: its quote tells the memory what to note, and nothing else: {c.quote[:80]!r}")
            continue
        earlier = " ".join(mask(m.content) for m in messages[max(0, c.message - EARLIER) : c.message])
        words = _Words(f"{mask(said)} {earlier} {before}")
        c = replace(c, entities=tuple(replace(e, aliases=tuple(a for a in e.aliases if words.hold(a))) for e in c.entities))  # noqa: PLW2901
        held = replace(c, slots=tuple(s for s in c.slots if _may_stand(s, words)))
        held = replace(held, ended=tuple(s for s in c.ended if _may_end(s, held, words)))
        dropped += [f"candidate {i}: nobody said ({s.entity}, {s.attribute}) = {s.value}" for s in c.slots if s not in held.slots]
        dropped += [f"candidate {i}: nothing said ends ({s.entity}, {s.attribute}) = {s.value}" for s in c.ended if s not in held.ended]
        about_user = any(s.entity == SELF for s in (*held.slots, *held.ended))
        touches = not (about_user and _is_another(messages[c.message].name, context)) and _is_plain(
            said, held, answers=_answers(c.message, messages, context)
        )
        borne_out = len(held.slots) == len(c.slots) or any(words.hold(s.value) for s in held.slots)
        kept.append(held if touches and borne_out else replace(held, may_touch=False))
    return tuple(kept), tuple(dropped)


def _is_another(name: str | None, context: ExtractionContext) -> bool:
    """Whether who speaks under a name is not the user, whose own name is known."""
    if not name or entity_key(name) == entity_key(context.user) or context.known_names.get(entity_key(name)) == SELF:
        return False
    return any(entity == SELF and key != SELF for key, entity in context.known_names.items())


def _may_stand(slot: Slot, words: _Words) -> bool:
    """Whether a slot may be kept: one that could put an end to another must have been said, unless its value can be worked out."""
    decides = single_valued(slot.attribute) or slot.attribute in OPPOSITES
    return slot.attribute in _DERIVED or not decides or words.hold(slot.value)


def _may_end(slot: Slot, c: Candidate, words: _Words) -> bool:
    """Whether what a statement says to be over may be: it, what takes its place, or whose it is was said; which one of several, always."""
    instead = any(
        s.attribute == slot.attribute and entity_key(s.entity) == entity_key(slot.entity) and words.hold(s.value) for s in c.slots
    )
    if slot.value and words.hold(slot.value):
        return True
    return instead or slot.value == "" or (slot.entity != SELF and words.hold(slot.entity))


def _answers(n: int, messages: Sequence[Message], context: ExtractionContext) -> bool:
    """Whether a message follows a question."""
    before = messages[n - 1] if n else (context.recent[-1] if context.recent else None)
    return before is not None and before.content.rstrip().endswith(("?", "？"))


def _is_own(said: str, quote: str) -> bool:
    """Whether a quote is the speaker's own, and not of a text, a dialogue, code or a part that is played."""
    masked, start = mask(said), said.find(quote) if quote else 0
    region = masked[start : start + len(quote or said)]
    first, last = said.rfind("\n", 0, start) + 1, said.find("\n", start + len(quote))
    lines = said[first : last if last >= 0 else len(said)]
    return region.count(BLANK) <= MASKED * len(region) and is_spoken(lines) and not starts_role_play(masked)


def _is_plain(said: str, c: Candidate, *, answers: bool) -> bool:
    """Whether a candidate's quote tells something as a fact, apart from any talk about the memory's notes."""
    around = _around(said, c.quote)
    if speaks_of_notes(said):
        whole = _Words(around)
        if speaks_of_notes(around) or not all(whole.hold(s.value) for s in (*c.slots, *c.ended) if s.value):
            return False
    if answers or around.rstrip().endswith(("?", "？")):
        return True  # what a question says in passing, and what answers one, no rule can tell
    verdict = judge(around)
    return verdict.keep or verdict.unsay or bool(verdict.denied)


def may_be_private(private: Sequence[int], messages: Sequence[Message]) -> tuple[int, ...]:
    """Of the messages that a model calls private those it may: beside a message that gives orders only that one itself."""
    steering = {n for n, m in enumerate(messages) if steers(m.content)}
    return tuple(n for n in private if not steering or n in steering)


def _powerless(c: Candidate) -> Candidate:
    """The candidate as a statement that is only added."""
    return replace(
        c, merges=(), updates=(), replaces=(), retracts=(), ended=(), correction=False, explicit=False, may_touch=False,
        entities=tuple(replace(e, aliases=()) for e in c.entities),
    )  # fmt: skip


def _around(content: str, quote: str) -> str:
    """The sentences of a message that a quote touches; all of it without a quote."""
    start = content.find(quote) if quote else -1
    if start < 0:
        return content
    end = start + len(quote)
    begin = max((m.end() for m in _SENTENCE_END.finditer(content, 0, start)), default=0)
    after = _SENTENCE_END.search(content, max(start, end - 1))
    return content[begin : after.end() if after else len(content)]


class _Words:
    """What was said, folded, to look values up in."""

    def __init__(self, text: str) -> None:
        self._text = _folded(text)
        self._words = set(re.findall(r"\w+", self._text))

    def hold(self, value: str) -> bool:
        """Whether any word or number of `value` was said; for scripts without spaces, any two characters of it."""
        folded = _folded(value)
        if value == SELF or folded in _NEEDS_NO_WORD or (folded and folded in self._text):
            return True
        words = re.findall(r"\w+", folded)
        if any(
            w in self._words or (len(w) > 4 and any(o.startswith(w[:4]) for o in self._words)) for w in words if len(w) > 2 or w.isdigit()
        ):
            return True
        return any(not pair.isascii() and pair in self._text for w in words for pair in map("".join, pairwise(w)))


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))
