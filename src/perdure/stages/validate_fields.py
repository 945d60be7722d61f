"""The fields of one item of a model's answer: read, or refused with a reason."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar, cast

from perdure.errors import LLMOutputError

MAX_LIST: Final = 32
YEARS: Final = range(1000, 2200)

RECALLED: Final = re.compile(r"<perdure-memory\b[^>]{0,500}>.*?(?:</perdure-memory\s{0,9}>|\Z)", re.DOTALL | re.IGNORECASE)
"""What an earlier answer of ours put into a prompt: it has been remembered once already."""

CUT: Final = "the answer was cut off; what was whole of it was read"

SNAKE: Final = re.compile(r"[^\w]+")
_T = TypeVar("_T", bound=str)
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_FOLDED: Final = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‹": "<", "…": "..."}


class Wrong(Exception):  # noqa: N818  (never leaves validation: it is why an item is dropped)
    """An item does not hold; the message says why."""


class Drops(Protocol):
    """Whoever notes what was dropped."""

    def drop(self, where: str, why: object) -> None:
        """Notes it."""
        ...


# ---------------------------------------------------------------------- the whole answer
def parse(raw: object) -> dict[str, Any]:
    """The object in a model's answer; prose or a Markdown fence around it is forgiven.

    Raises:
        LLMOutputError: there is none, or it has no list of memories.
    """
    return read(raw)[0]


def read(raw: object) -> tuple[dict[str, Any], bool]:
    """The object in a model's answer, and whether it was cut off: then it holds what was whole.

    Raises:
        LLMOutputError: there is none, or it has no list of memories.
    """
    raw, cut = _decoded(raw) if isinstance(raw, str) else (raw, False)
    if not isinstance(raw, Mapping):
        raise LLMOutputError("The answer is not a JSON object.")
    answer = dict(cast("Mapping[str, Any]", raw))
    if not isinstance(answer.get("memories"), list):
        raise LLMOutputError('The answer has no list "memories".')
    return answer, cut


def _decoded(text: str) -> tuple[object, bool]:
    start, end = text.find("{"), text.rfind("}")
    if start < 0:
        return None, False
    try:
        return _loads(text[start : end + 1]), False
    except (ValueError, RecursionError) as e:
        whole = _whole(text[start:])
        if whole is None:
            raise LLMOutputError(f"The answer is not JSON: {e}.") from None
        return whole, True


def _loads(text: str) -> object:
    return json.loads(text, parse_constant=_refuse)


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _whole(text: str) -> dict[str, Any] | None:
    """What is whole of an object that was cut off: its lists up to their last whole item. None if it was not cut, or no memory is whole."""
    stack: list[str] = []
    quoted = escaped = False
    ends = -1
    closing = ""
    for i, char in enumerate(text):
        if quoted:
            escaped, quoted = (not escaped and char == "\\"), escaped or char != '"'
            continue
        if char == '"':
            quoted = True
        elif char in "{[":
            stack.append(char)
        elif char in "}]":
            if not stack or (stack.pop() == "{") != (char == "}"):
                return None
            if stack in (["{", "["], ["{"]):  # an item of a list of the answer, or such a list
                ends, closing = i + 1, "]}" if len(stack) == 2 else "}"
            elif not stack:
                return None  # it is whole, and wrong in itself
    if ends < 0:
        return None
    try:
        found = _loads(text[:ends] + closing)
    except (ValueError, RecursionError):
        return None
    memories: object = cast("dict[str, Any]", found).get("memories") if isinstance(found, dict) else None
    return cast("dict[str, Any]", found) if isinstance(memories, list) and memories else None


# ---------------------------------------------------------------------- its fields
def text_in(fields: Mapping[str, object], name: str, most: int) -> str:
    """A string that is there, sound and at most so long."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise Wrong(f"{name} is {type_of(value)}, not a string")
    value = value.strip()
    if not is_clean(value, most):
        raise Wrong(f"{name} is empty, longer than {most} characters or broken Unicode")
    return value


def is_clean(value: str, most: int) -> bool:
    """Whether a string holds something, is at most so long and can be stored."""
    return bool(value.strip()) and len(value) <= most and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


def one_of(fields: Mapping[str, object], name: str, allowed: Sequence[_T], default: _T) -> _T:
    """One of the words allowed."""
    value = fields.get(name)
    if value is None:
        return default
    for choice in allowed:
        if value == choice:
            return choice
    raise Wrong(f"{name}={shown(value)} is none of {', '.join(allowed)}")


def share(fields: Mapping[str, object], name: str, default: float) -> float:
    """A number from 0 to 1."""
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise Wrong(f"{name}={shown(value)} is not a number from 0 to 1")
    return float(value)


def flag(fields: Mapping[str, object], name: str) -> bool:
    """True only if it says true."""
    return fields.get(name) is True


def date(fields: Mapping[str, object], name: str) -> tuple[datetime | None, str]:
    """The start of the year, month or day named, or the instant, without a zone in UTC; and which of these it was: y, m, d or ""."""
    value = fields.get(name)
    if value is None or value == "":
        return None, ""
    if not isinstance(value, str):
        raise Wrong(f"{name} is {type_of(value)}, not a date")
    unit = ""
    try:
        match = _DATE.fullmatch(value.strip())
        if match:
            found = datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
            unit = "d" if match[3] else "m" if match[2] else "y"
        else:
            found = datetime.fromisoformat(value.strip())
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Wrong(f"{name}={shown(value)} is not a date") from None
    if found.year not in YEARS:
        raise Wrong(f"{name}={shown(value)} is not a possible year")
    return found, unit


def list_in(value: object, where: str, drops: Drops, most: int = MAX_LIST) -> list[object]:
    """The items of a list; what is none is dropped, and what is beyond `most`."""
    if value is None:
        return []
    if not isinstance(value, list):
        drops.drop(where, f"is {type_of(value)}, not a list")
        return []
    items = cast("list[object]", value)
    if len(items) > most:
        drops.drop(where, f"only the first {most} are read")
    return items[:most]


def fields_of(item: object) -> dict[str, object]:
    """An item that is an object."""
    if not isinstance(item, dict):
        raise Wrong(f"is {type_of(item)}, not an object")
    return cast("dict[str, object]", item)


def folded(text: str) -> tuple[str, list[int]]:
    """`text` without differences of case, white space and typographic marks, and the place each character came from."""
    out: list[str] = []
    origin: list[int] = []
    for i, char in enumerate(text):
        if char.isspace():
            if out and out[-1] != " ":
                out.append(" ")
                origin.append(i)
            continue
        plain = unicodedata.normalize("NFKC", _FOLDED.get(char, char)).casefold()
        out += plain
        origin += [i] * len(plain)
    while out and out[-1] == " ":
        out.pop()
        origin.pop()
    return "".join(out), origin


_TYPES: Final[Mapping[type, str]] = {
    type(None): "missing",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def type_of(value: object) -> str:
    """What a JSON value is, in words."""
    return _TYPES.get(type(value), type(value).__name__)


def shown(value: object) -> str:
    """A value as a reason shows it."""
    if value is not None and not isinstance(value, str | int | float):
        return type_of(value)
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
