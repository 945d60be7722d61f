"""What a model reads of an episode: known memories and recent messages for reference, then the messages, each fenced and numbered.

The system turn of a call is the same for every call of an application, so that a provider can keep it; whatever differs stands here,
in the last turn, what changes least first. Everything between tags is data: it cannot open or close one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from perdure.model.base import iso
from perdure.model.candidate import ExtractionContext
from perdure.model.graph import SELF, Slot
from perdure.model.message import Message
from perdure.stages.validate_fields import RECALLED

MAX_MESSAGE: Final = 12_000
"""Characters of one message that are sent; the whole of it stays captured and searchable all the same."""
MAX_CALL: Final = 48_000
"""Characters of messages in one call. A longer episode (a long import, a pasted book) takes several."""
MAX_RECENT: Final = 6
MAX_RECENT_TEXT: Final = 400
MAX_SHOWN_TEXT: Final = 300
MAX_NAME: Final = 40
MAX_SHOWN_SLOTS: Final = 6
MAX_SHOWN_VALUE: Final = 60

ASKED: Final = "Write down what is worth remembering in the messages above, as one JSON object."

DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_OUR_TAGS: Final = re.compile(r"<(?=\s*/?\s*(?:messages?|recent|known|perdure-)\b)", re.IGNORECASE)


def calls(messages: Sequence[Message], warnings: list[str]) -> Iterator[list[int]]:
    """The numbers of the messages to send, call by call: no system prompts, nothing that was only recalled.

    What is too long to be sent whole is told in `warnings`.
    """
    numbers: list[int] = []
    size = 0
    for n, message in enumerate(messages):
        text = sendable(message)
        if message.role == "system" or not text:
            continue
        if len(text) > MAX_MESSAGE:
            warnings.append(f"message {n}: only its first {MAX_MESSAGE:,} characters were read for memories")
        if numbers and size + min(len(text), MAX_MESSAGE) > MAX_CALL:
            yield numbers
            numbers, size = [], 0
        numbers.append(n)
        size += min(len(text), MAX_MESSAGE)
    if numbers:
        yield numbers


def conversation(messages: Sequence[Message], numbers: Sequence[int], context: ExtractionContext) -> str:
    """The last turn of a call.

    Args:
        messages: the episode's.
        numbers: which of them this call is about.
        context: the user's name, memories near the messages with their open slots, and what was said before.
    """
    parts: list[str] = []
    if _is_name(context.user):
        parts.append(f"The user is called {_fenced(' '.join(context.user.split()), MAX_SHOWN_TEXT)}.")
    if context.shown:
        parts.append("<known>\n" + "\n".join(_known(n, context) for n in range(len(context.shown))) + "\n</known>")
    recent = [m for m in context.recent if m.role in ("user", "assistant") and sendable(m)][-MAX_RECENT:]
    if recent:
        said = [f"{_attribute(m.speaker)}: {_fenced(' '.join(sendable(m).split()), MAX_RECENT_TEXT)}" for m in recent]
        parts.append("<recent>\n" + "\n".join(said) + "\n</recent>")
    for n in numbers:
        message = messages[n]
        speaker = message.role if message.name is None else f"{message.name} ({message.role})"
        head = f'<message n="{n}" speaker="{_attribute(speaker)}" at="{_when(message.timestamp or context.now)}">'
        parts.append(f"{head}{_fenced(sendable(message), MAX_MESSAGE)}</message>")
    parts.append(ASKED)
    return "\n".join(parts)


def sendable(message: Message) -> str:
    """What was said, without memories of ours that somebody's prompt carried along."""
    content = message.content if message.content.isascii() else message.content.encode("utf-8", "replace").decode()
    return RECALLED.sub(" ", content).strip()


def _is_name(user: str) -> bool:
    """Whether a user's id may be what they are called; a number, an address or a key is nobody's business but ours."""
    return user.casefold() != SELF and 1 < len(user) <= MAX_NAME and all(c.isalpha() or c in " .-'’" for c in user)


def _known(number: int, context: ExtractionContext) -> str:
    """A shown memory in one line: ``3: user lives in Delhi. (since 2024-05-01; lives_in=Delhi)``."""
    text = _fenced(" ".join(_mended(context.shown[number]).split()), MAX_SHOWN_TEXT)
    notes: list[str] = []
    if number < len(context.shown_since):
        notes.append(f"since {context.shown_since[number].astimezone(UTC):%Y-%m-%d}")
    slots = context.shown_slots[number] if number < len(context.shown_slots) else ()
    notes += [_slot(slot) for slot in slots[:MAX_SHOWN_SLOTS] if slot.valid_to is None]
    return f"{number}: {text} ({'; '.join(notes)})" if notes else f"{number}: {text}"


def _slot(slot: Slot) -> str:
    """``lives_in=Delhi`` for the user, ``Emma.allergy=peanuts`` for somebody else."""
    whose = "" if slot.entity == SELF else f"{slot.entity}."
    return _fenced(" ".join(_mended(f"{whose}{slot.attribute}={slot.value}").split()), MAX_SHOWN_VALUE)


def _fenced(text: str, most: int) -> str:
    """`text`, cut, and unable to open or close a tag of ours: what is inside a fence is data."""
    cut = text if len(text) <= most else text[:most] + "…"
    return _OUR_TAGS.sub("‹", cut)


def _mended(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _attribute(text: str) -> str:
    return " ".join(_mended(text).replace('"', "'").replace("<", "‹").replace(">", "›").split())[:100]


def _when(instant: datetime) -> str:
    """ISO 8601 in UTC and the day of the week, which models get wrong."""
    instant = instant.astimezone(UTC).replace(microsecond=0)
    return f"{iso(instant)} {DAYS[instant.weekday()]}"
