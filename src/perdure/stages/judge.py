"""Judge: a model's word on whether a statement says what a near neighbour already says; asked only in the grey band."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from perdure.errors import ModelError
from perdure.ports import LLM, LLMRequest, Turn
from perdure.prompts import load

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"same_as": {"type": ["integer", "null"]}},
    "required": ["same_as"],
    "additionalProperties": False,
}


def make_judge(llm: LLM) -> Callable[[str, Sequence[str]], int | None]:
    """A judge that asks `llm`. When the model fails or answers something else, the statement counts as new: doubt adds."""
    prompt = load("same")

    def judge(statement: str, neighbours: Sequence[str]) -> int | None:
        listed = "\n".join(f"{n}: {json.dumps(text, ensure_ascii=False)}" for n, text in enumerate(neighbours))
        asked = f"Known statements:\n{listed}\n\nNew statement: {json.dumps(statement, ensure_ascii=False)}"
        try:
            reply = llm.complete(
                LLMRequest((Turn("system", prompt.text), Turn("user", asked)), schema=SCHEMA, schema_name="same", max_tokens=50)
            )
            same = json.loads(reply.text).get("same_as")
        except (ModelError, ValueError, AttributeError):
            return None
        return same if isinstance(same, int) and not isinstance(same, bool) and 0 <= same < len(neighbours) else None

    return judge
