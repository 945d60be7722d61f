"""Messages become proposals of what to keep, with one call of a language model an episode, or none.

`gate` says whether a call is worth it; `LLMExtractor` asks, with the prompt in ``perdure/prompts/extract.md`` and a JSON Schema;
`validate` believes nothing; `perdure.stages.paid` sees to it that a job that is run again does not pay again. The other extractor, which
needs no model, is `perdure.rules.extractor.RuleExtractor`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources
from typing import Any, Final

from perdure.errors import LLMOutputError
from perdure.model.base import iso
from perdure.model.candidate import Extraction, ExtractionContext
from perdure.model.memory import KINDS, TERMS
from perdure.model.message import Message
from perdure.ports import LLM, LLMReply, LLMRequest, Turn
from perdure.stages.gate import gate
from perdure.stages.validate import RECALLED, parse, private, validate

__all__ = ["SCHEMA", "LLMExtractor", "gate", "prompt_text", "validate"]

MAX_MESSAGE: Final = 12_000
"""Characters of one message that are sent; the whole of it stays captured and searchable all the same."""
MAX_CALL: Final = 48_000
"""Characters of messages in one call. A longer episode (a long import, a pasted book) takes several."""
MAX_RECENT: Final = 6
MAX_RECENT_TEXT: Final = 400
MAX_SHOWN_TEXT: Final = 300
MAX_ECHO: Final = 6_000
"""Characters of a broken answer that its author is shown again."""

_OUR_TAGS: Final = re.compile(r"<(?=\s*/?\s*(?:messages?|recent|known|perdure-)\b)", re.IGNORECASE)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_STRING: Final = {"type": "string"}
_INTEGER: Final = {"type": "integer"}
_BOOLEAN: Final = {"type": "boolean"}
_DATE: Final = {"type": ["string", "null"]}
_SLOTS: Final = _list_of({"$ref": "#/$defs/slot"})
SCHEMA: Final[dict[str, Any]] = _object(
    memories=_list_of(
        _object(
            text=_STRING,
            quote=_STRING,
            message=_INTEGER,
            kind={"enum": list(KINDS)},
            term={"enum": list(TERMS)},
            valid_from=_DATE,
            valid_to=_DATE,
            expires_at=_DATE,
            confidence={"type": "number"},
            slots=_SLOTS,
            ended=_SLOTS,
            replaces=_list_of(_INTEGER),
            explicit=_BOOLEAN,
            correction=_BOOLEAN,
        )
    ),
    entities=_list_of(_object(type=_STRING, id=_STRING)),
    relations=_list_of(_object(**{"from": _STRING, "to": _STRING, "relation": _STRING, "memory": _INTEGER})),
    private=_list_of(_INTEGER),
) | {"$defs": {"slot": _object(entity=_STRING, attribute=_STRING, value=_STRING)}}
"""What the model is asked to answer with; in the form that the providers' strict modes take."""


@lru_cache(maxsize=1)
def prompt_text() -> str:
    """The text of ``perdure/prompts/extract.md``."""
    return resources.files("perdure").joinpath("prompts/extract.md").read_text(encoding="utf-8").strip()


class LLMExtractor:
    """An `Extractor` that asks a language model, once an episode; not at all when `gate` finds nothing to remember.

    Args:
        llm: who is asked.
        prompt: other instructions than ours, for the same answer.
        max_tokens: how long an answer may be.
        timeout: seconds for one call.
    """

    def __init__(self, llm: LLM, *, prompt: str | None = None, max_tokens: int = 4096, timeout: float = 60.0) -> None:
        self._llm = llm
        self._prompt = prompt
        self._max_tokens = max_tokens
        self._timeout = timeout

    @property
    def name(self) -> str:
        """``llm:<the model's name>``."""
        return f"llm:{self._llm.name}"

    @property
    def prompt(self) -> str:
        """Which instructions are used: ``extract@`` and the first twelve digits of their sha256."""
        return "extract@" + hashlib.sha256(self._instructions().encode()).hexdigest()[:12]

    def extract(self, messages: Sequence[Message], context: ExtractionContext) -> Extraction:
        """The model's proposals, each checked against the messages; what did not hold is in `dropped`.

        Raises:
            LLMOutputError: the answer was not the agreed JSON, also after one request to correct it.
            LLMTimeoutError, LLMUnavailableError: no answer; nothing was decided.
        """
        result = Extraction(extractor=self.name, prompt=self.prompt)
        if not gate(messages, context.recent):
            return result
        candidates, dropped, secret, warnings = list(result.candidates), list[str](), set[int](), list[str]()
        calls = input_tokens = output_tokens = 0
        model = ""
        for numbers in _calls(messages, warnings):
            answer, replies = self._ask(_conversation(messages, numbers, context))
            kept, lost = validate(answer, messages, context)
            candidates += kept
            dropped += lost
            secret.update(private(answer, messages))
            calls += len(replies)
            input_tokens += sum(reply.input_tokens for reply in replies)
            output_tokens += sum(reply.output_tokens for reply in replies)
            model = replies[-1].model or model
        return Extraction(
            candidates=tuple(candidates),
            private=tuple(sorted(secret)),
            dropped=tuple(dropped),
            extractor=self.name,
            model=model or self._llm.name,
            prompt=self.prompt,
            calls=calls,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            warnings=tuple(warnings),
        )

    def _instructions(self) -> str:
        return self._prompt if self._prompt is not None else prompt_text()

    def _ask(self, conversation: str) -> tuple[dict[str, Any], list[LLMReply]]:
        """The answer as an object, and what it took: one reply, or two when the first had to be corrected."""
        turns = (Turn("system", self._instructions()), Turn("user", conversation))
        first = self._llm.complete(self._request(turns))
        try:
            return parse(first.text), [first]
        except LLMOutputError as e:
            complaint = f"{e} Answer again, with nothing but the JSON object that was asked for: memories, entities, relations, private."
        turns = (*turns, Turn("assistant", first.text[:MAX_ECHO] or "(nothing)"), Turn("user", complaint))
        second = self._llm.complete(self._request(turns))
        try:
            return parse(second.text), [first, second]
        except LLMOutputError as e:
            raise LLMOutputError(
                f"{self._llm.name} did not give the JSON that was asked for, nor when asked to correct it: {e} "
                "The messages are kept; try again, or use a model with structured output."
            ) from None

    def _request(self, turns: tuple[Turn, ...]) -> LLMRequest:
        return LLMRequest(turns, schema=SCHEMA, schema_name="extraction", max_tokens=self._max_tokens, timeout=self._timeout)


def _calls(messages: Sequence[Message], warnings: list[str]) -> Iterator[list[int]]:
    """The numbers of the messages to send, call by call: no system prompts, nothing that was only recalled."""
    numbers: list[int] = []
    size = 0
    for n, message in enumerate(messages):
        text = _sendable(message)
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


def _conversation(messages: Sequence[Message], numbers: Sequence[int], context: ExtractionContext) -> str:
    """What the model reads: known memories and recent messages for reference, then the messages, each fenced and numbered."""
    parts: list[str] = []
    if context.user.casefold() not in ("user", ""):
        parts.append(f"The user is called {_fenced(context.user, MAX_SHOWN_TEXT)}.")
    if context.shown:
        known = [f"{i}: {_fenced(' '.join(text.split()), MAX_SHOWN_TEXT)}" for i, text in enumerate(context.shown)]
        parts.append("<known>\n" + "\n".join(known) + "\n</known>")
    recent = [m for m in context.recent if m.role in ("user", "assistant") and _sendable(m)][-MAX_RECENT:]
    if recent:
        said = [f"{_attribute(m.speaker)}: {_fenced(' '.join(_sendable(m).split()), MAX_RECENT_TEXT)}" for m in recent]
        parts.append("<recent>\n" + "\n".join(said) + "\n</recent>")
    for n in numbers:
        message = messages[n]
        speaker = message.role if message.name is None else f"{message.name} ({message.role})"
        head = f'<message n="{n}" speaker="{_attribute(speaker)}" at="{_when(message.timestamp or context.now)}">'
        parts.append(f"{head}{_fenced(_sendable(message), MAX_MESSAGE)}</message>")
    return "\n".join(parts)


def _sendable(message: Message) -> str:
    """What was said, without memories of ours that somebody's prompt carried along."""
    content = message.content if message.content.isascii() else message.content.encode("utf-8", "replace").decode()
    return RECALLED.sub(" ", content).strip()


def _fenced(text: str, most: int) -> str:
    """`text`, cut, and unable to open or close a tag of ours: what is inside a fence is data."""
    cut = text if len(text) <= most else text[:most] + "…"
    return _OUR_TAGS.sub("‹", cut)


def _attribute(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().replace('"', "'").replace("<", "‹").replace(">", "›").split())[:100]


def _when(instant: datetime) -> str:
    """ISO 8601 in UTC and the day of the week, which models get wrong."""
    instant = instant.astimezone(UTC).replace(microsecond=0)
    return f"{iso(instant)} {instant:%A}"
