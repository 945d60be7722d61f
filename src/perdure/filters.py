"""One filter tree, parsed once and compiled by each store.

Syntax, as given to ``filters=``::

    {"metadata.topic": "travel"}                           equality
    {"metadata.year": {"gte": 2024, "lt": 2026}}           every condition holds
    {"and": [{...}, {...}]}   {"or": [...]}   {"not": {...}}

Operators: eq ne gt gte lt lte in nin contains. Fields: ``metadata.<key>`` (deeper with more dots) and those in `FIELDS`.

Semantics, the same in every store (`matches` is the reference; the conformance suites compare the stores with it):
a missing field or null satisfies only ``ne``, ``nin`` and ``{"eq": None}``; numbers compare with numbers and strings with strings,
any other pairing is unequal and unordered; booleans are not numbers; ``contains`` is a substring of a string or an
element of a list; ``eq`` and ``in`` against a list field ask for an element.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from perdure.errors import FilterError

Operator = Literal["eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "contains"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)
FIELDS = ("kind", "term", "role", "name", "agent_id", "session_id", "confidence", "importance", "said_at", "valid_from", "text")
MAX_DEPTH = 32
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Compare:
    """One condition on one field."""

    field: str
    operator: Operator
    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; empty means everything."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part holds; empty means nothing."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Filter


Filter = Compare | And | Or | Not


def parse(raw: object) -> Filter | None:
    """The tree of a filter given as a dict; None for None or an empty dict.

    Raises:
        FilterError: it is not a dict of the syntax above; the message says where.
    """
    if raw is None or raw == {}:
        return None
    return _parse(raw, 0)


def _parse(raw: object, depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise FilterError(f"filters: nested deeper than {MAX_DEPTH} levels.", argument="filters")
    if not isinstance(raw, Mapping):
        raise FilterError(f"filters: expected a dict, not {type(raw).__name__}: {raw!r}.", argument="filters")
    parts: list[Filter] = []
    for key, value in cast("Mapping[object, object]", raw).items():
        if key in ("and", "or"):
            if not isinstance(value, list | tuple):
                raise FilterError(f'filters: "{key}" takes a list of filters, not {type(value).__name__}.', argument="filters")
            inner = tuple(_parse(v, depth + 1) for v in cast("list[object]", value))
            parts.append(And(inner) if key == "and" else Or(inner))
        elif key == "not":
            parts.append(Not(_parse(value, depth + 1)))
        else:
            parts += _conditions(key, value)
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _conditions(key: object, value: object) -> list[Filter]:
    if (
        not isinstance(key, str)
        or any(c in '"\\' or not c.isprintable() for c in key)
        or not (key in FIELDS or (key.startswith("metadata.") and all(key.split("."))))
    ):
        raise FilterError(f'filters: unknown field {key!r}. Use "metadata.<key>" or one of {", ".join(FIELDS)}.', argument="filters")
    if not isinstance(value, Mapping):
        return [Compare(key, "eq", _scalar(key, value))]
    conditions: list[Filter] = []
    for operator, operand in cast("Mapping[object, object]", value).items():
        if operator not in OPERATORS:
            raise FilterError(f"filters: unknown operator {operator!r} on {key}. Use one of {', '.join(OPERATORS)}.", argument="filters")
        if operator in ("in", "nin"):
            if not isinstance(operand, list | tuple | set | frozenset):
                raise FilterError(f'filters: "{operator}" on {key} takes a list, not {type(operand).__name__}.', argument="filters")
            items = cast("list[object]", operand)
            conditions.append(Compare(key, operator, tuple(_scalar(key, v) for v in items)))
        else:
            conditions.append(Compare(key, operator, _scalar(key, operand)))
    if not conditions:
        raise FilterError(f"filters: {key} has no condition.", argument="filters")
    return conditions


def _scalar(key: str, value: object) -> Scalar:
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise FilterError(f"filters: {key} is compared with a number of more than 64 bits.", argument="filters")
    if isinstance(value, str) and any("\ud800" <= c <= "\udfff" for c in value):
        raise FilterError(f"filters: {key} is compared with broken Unicode.", argument="filters")
    if value is None or isinstance(value, str | int | float | bool):
        return value
    isoformat = getattr(value, "isoformat", None)
    if callable(isoformat):
        return str(isoformat())
    raise FilterError(f"filters: {key} cannot be compared with a {type(value).__name__}.", argument="filters")


def matches(tree: Filter | None, field: Callable[[str], object]) -> bool:
    """Whether `tree` holds for the item whose fields `field(name)` gives (None when missing). The reference semantics."""
    match tree:
        case None:
            return True
        case And(parts):
            return all(matches(p, field) for p in parts)
        case Or(parts):
            return any(matches(p, field) for p in parts)
        case Not(part):
            return not matches(part, field)
        case Compare(name, operator, value):
            return _holds(field(name), operator, value)


def _class(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else "other"


def _equal(have: object, want: object) -> bool:
    if isinstance(have, list | tuple):
        return any(_same(item, want) for item in cast("list[object]", have))
    return _same(have, want)


def _same(have: object, want: object) -> bool:
    return have is want is None or (_class(have) == _class(want) != "other" and have == want)


def _holds(have: Any, operator: Operator, want: Any) -> bool:
    match operator:
        case "eq":
            return _equal(have, want)
        case "ne":
            return not _equal(have, want)
        case "in":
            return any(_equal(have, w) for w in want)
        case "nin":
            return not any(_equal(have, w) for w in want)
        case "contains":
            if isinstance(have, str):
                return isinstance(want, str) and want in have
            return isinstance(have, list | tuple) and _equal(cast("list[object]", have), want)
        case _:
            if _class(have) != _class(want) or _class(have) not in ("number", "string"):
                return False
            return {"gt": have > want, "gte": have >= want, "lt": have < want, "lte": have <= want}[operator]
