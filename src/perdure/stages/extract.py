"""Messages become proposals of what to keep, with one call of a language model an episode, or none.

`gate` says whether a call is worth it; `LLMExtractor` asks, with the prompt in ``perdure/prompts/extract.md``, the application's
`Instructions` and a JSON Schema; `conversation` writes what the model reads; `validate` believes nothing; `guard` lets no message give
orders; `perdure.stages.paid` sees to it that a job that is run again does not pay again. The other extractor, which needs no model, is
`perdure.rules.extractor.RuleExtractor`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from perdure.errors import LLMOutputError
from perdure.model.candidate import Candidate, Extraction, ExtractionContext
from perdure.model.instructions import Instructions
from perdure.model.memory import KINDS, TERMS
from perdure.model.message import Message
from perdure.ports import LLM, LLMReply, LLMRequest, Turn
from perdure.prompts import load
from perdure.stages.conversation import calls, conversation
from perdure.stages.gate import gate
from perdure.stages.guard import guard, may_be_private
from perdure.stages.instructions import Own, system_text, with_kinds
from perdure.stages.validate import DEEDS, private, read, validate
from perdure.stages.validate_fields import CUT

__all__ = ["SCHEMA", "LLMExtractor", "gate", "prompt_text", "validate"]

MAX_ECHO: Final = 6_000
"""Characters of a broken answer that its author is shown again."""


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _one_of(words: Sequence[str]) -> dict[str, Any]:
    return {"type": "string", "enum": list(words)}


_STRING: Final = {"type": "string"}
_INTEGER: Final = {"type": "integer"}
_NUMBER: Final = {"type": "number"}
_BOOLEAN: Final = {"type": "boolean"}
_DATE: Final = {"type": ["string", "null"]}
_SLOTS: Final = _list_of({"$ref": "#/$defs/slot"})
SCHEMA: Final[dict[str, Any]] = _object(
    memories=_list_of(
        _object(
            message=_INTEGER,
            quote=_STRING,
            text=_STRING,
            kind=_one_of(KINDS),
            term=_one_of(TERMS),
            valid_from=_DATE,
            valid_to=_DATE,
            expires_at=_DATE,
            confidence=_NUMBER,
            importance=_NUMBER,
            according_to=_STRING,
            slots=_SLOTS,
            ended=_SLOTS,
            known=_list_of(_object(n=_INTEGER, do=_one_of(DEEDS))),
            explicit=_BOOLEAN,
            correction=_BOOLEAN,
        )
    ),
    entities=_list_of(_object(id=_STRING, type=_STRING, aliases=_list_of(_STRING))),
    relations=_list_of(
        _object(**{"from": _STRING, "relation": _STRING, "to": _STRING, "memory": _INTEGER, "valid_from": _DATE, "valid_to": _DATE})
    ),
    private=_list_of(_INTEGER),
) | {"$defs": {"slot": _object(entity=_STRING, attribute=_STRING, value=_STRING)}}
"""What the model is asked to answer with; in the form that the providers' strict modes take. The proof comes before the claim."""


def prompt_text() -> str:
    """The text of ``perdure/prompts/extract.md``."""
    return load("extract").text


class LLMExtractor:
    """An `Extractor` that asks a language model, once an episode; not at all when `gate` finds nothing to remember.

    Args:
        llm: who is asked.
        instructions: the application's (see `perdure.model.instructions.Instructions`).
        prompt: another text than ours, for the same answer.
        max_tokens: how long an answer may be; one that is cut off is read as far as it is whole.
        timeout: seconds for one call.

    Raises:
        ConfigError: the instructions are not as they must be.
    """

    def __init__(
        self,
        llm: LLM,
        *,
        instructions: Instructions | None = None,
        prompt: str | None = None,
        max_tokens: int = 4096,
        timeout: float = 60.0,
    ) -> None:
        given = instructions or Instructions()
        self._llm = llm
        self._own = Own.of(given)
        self._system = system_text(prompt if prompt is not None else prompt_text(), given)
        self._schema = with_kinds(SCHEMA, [kind.name for kind in given.kinds])
        self._max_tokens = max_tokens
        self._timeout = timeout

    @property
    def name(self) -> str:
        """``llm:<the model's name>``."""
        return f"llm:{self._llm.name}"

    @property
    def prompt(self) -> str:
        """Which instructions are used, the application's too: ``extract@`` and the first twelve digits of their sha256."""
        return "extract@" + hashlib.sha256(self._system.encode()).hexdigest()[:12]

    def extract(self, messages: Sequence[Message], context: ExtractionContext) -> Extraction:
        """The model's proposals, each checked against the messages; what did not hold is in `dropped`.

        Raises:
            LLMOutputError: the answer was not the agreed JSON, also after one request to correct it.
            LLMTimeoutError, LLMUnavailableError: no answer; nothing was decided.
        """
        if not gate(messages, context.recent):
            return Extraction(extractor=self.name, prompt=self.prompt, single_valued=self._own.single)
        candidates, dropped, secret, warnings = list[Candidate](), list[str](), set[int](), list[str]()
        asked = input_tokens = output_tokens = cached_tokens = 0
        model = ""
        for numbers in calls(messages, warnings):
            answer, cut, replies = self._ask(conversation(messages, numbers, context))
            if cut:
                warnings.append(CUT)
            valid, lost = validate(answer, messages, context, self._own)
            kept, refused = guard(valid, messages, context)
            candidates += kept
            dropped += [*lost, *refused]
            secret.update(may_be_private(private(answer, messages), messages))
            asked += len(replies)
            input_tokens += sum(reply.input_tokens for reply in replies)
            output_tokens += sum(reply.output_tokens for reply in replies)
            cached_tokens += sum(reply.cached_tokens for reply in replies)
            model = replies[-1].model or model
        return Extraction(
            candidates=tuple(candidates),
            private=tuple(sorted(secret)),
            dropped=tuple(dropped),
            extractor=self.name,
            model=model or self._llm.name,
            prompt=self.prompt,
            calls=asked,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cached_tokens=cached_tokens,
            warnings=tuple(warnings),
            single_valued=self._own.single,
        )

    def _ask(self, said: str) -> tuple[dict[str, Any], bool, list[LLMReply]]:
        """The answer as an object, whether it was cut off, and what it took: one reply, or two when the first had to be corrected."""
        turns = (Turn("system", self._system), Turn("user", said))
        first = self._llm.complete(self._request(turns))
        try:
            return *read(first.text), [first]
        except LLMOutputError as e:
            complaint = f"{e} Answer again, with nothing but the JSON object that was asked for: memories, entities, relations, private."
        turns = (*turns, Turn("assistant", first.text[:MAX_ECHO] or "(nothing)"), Turn("user", complaint))
        second = self._llm.complete(self._request(turns))
        try:
            return *read(second.text), [first, second]
        except LLMOutputError as e:
            raise LLMOutputError(
                f"{self._llm.name} did not give the JSON that was asked for, nor when asked to correct it: {e} "
                "The messages are kept; try again, or use a model with structured output."
            ) from None

    def _request(self, turns: tuple[Turn, ...]) -> LLMRequest:
        return LLMRequest(turns, schema=self._schema, schema_name="extraction", max_tokens=self._max_tokens, timeout=self._timeout)
