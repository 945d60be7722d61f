"""Filters as SQLite expressions. The semantics are those of `perdure.filters.matches`; a differential test holds the two equal."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from perdure.filters import And, Compare, Filter, Not, Or, Scalar
from perdure.model.base import instant, to_micros

Table = Literal["messages", "memories"]
COLUMNS: dict[str, dict[str, str]] = {
    "messages": {
        "role": "role", "name": "name", "agent_id": "agent_id", "session_id": "session_id", "said_at": "said_at", "text": "content",
    },
    "memories": {
        "kind": "kind", "term": "term", "agent_id": "agent_id", "session_id": "session_id", "confidence": "confidence",
        "importance": "importance", "said_at": "said_at", "valid_from": "valid_from", "text": "text",
    },
}  # fmt: skip
TIMES = ("said_at", "valid_from")
SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def compile_filter(tree: Filter, table: str) -> tuple[str, list[Any]]:
    """An SQL expression over `table` and its bound values. It is never NULL."""
    match tree:
        case And(parts):
            return _joined(parts, table, "AND", "1")
        case Or(parts):
            return _joined(parts, table, "OR", "0")
        case Not(part):
            sql, values = compile_filter(part, table)
            return f"(NOT {sql})", values
        case Compare(field, operator, value):
            return _compare(field, operator, value, table)


def _joined(parts: tuple[Filter, ...], table: str, word: str, empty: str) -> tuple[str, list[Any]]:
    if not parts:
        return empty, []
    compiled = [compile_filter(p, table) for p in parts]
    return "(" + f" {word} ".join(sql for sql, _ in compiled) + ")", [v for _, values in compiled for v in values]


def _compare(field: str, operator: str, value: Any, table: str) -> tuple[str, list[Any]]:
    if operator in ("ne", "nin"):
        sql, values = _compare(field, "eq" if operator == "ne" else "in", value, table)
        return f"(NOT {sql})", values
    if operator == "in":
        return _joined(tuple(Compare(field, "eq", v) for v in value), table, "OR", "0")
    if field.startswith("metadata."):
        return _metadata(field, operator, value)
    column = COLUMNS[table].get(field)
    if column is None:
        return ("1" if operator == "eq" and value is None else "0"), []
    if field in TIMES:
        moment = _moment(value)
        return (f"({column} {SIGNS.get(operator, '=')} ?)", [moment]) if moment is not None and operator != "contains" else ("0", [])
    number = field in ("confidence", "importance")
    if value is None:
        return (f"({column} IS NULL)" if operator == "eq" else "0"), []
    if number != (isinstance(value, int | float) and not isinstance(value, bool)):
        return "0", []
    if operator == "contains":
        return ("0", []) if number else (f"(coalesce(instr({column}, ?), 0) > 0)", [value])
    return f"(coalesce({column} {SIGNS.get(operator, '=')} ?, 0))", [value]


def _metadata(field: str, operator: str, value: Scalar) -> tuple[str, list[Any]]:
    path = "$" + "".join(f'."{part}"' for part in field.split(".")[1:])
    kind, have = "json_type(metadata, ?)", "json_extract(metadata, ?)"
    element = _equals("j.type", "j.atom", value)
    within = f"({kind} = 'array' AND EXISTS (SELECT 1 FROM json_each(metadata, ?) j WHERE {element[0]}))"
    if operator == "contains":
        text: tuple[str, list[Any]] = (
            (f" OR ({kind} = 'text' AND instr({have}, ?) > 0)", [path, path, value]) if isinstance(value, str) else ("", [])
        )
        return f"coalesce({within}{text[0]}, 0)", [path, path, *element[1], *text[1]]
    if operator == "eq":
        if value is None:
            return f"({kind} IS NULL OR {kind} = 'null' OR coalesce({within}, 0))", [path, path, path, path, *element[1]]
        sql, values = _equals(kind, have, value)
        return f"coalesce({sql} OR {within}, 0)", [path, *([path] if values else []), *values, path, path, *element[1]]
    if isinstance(value, bool) or value is None:
        return "0", []
    types = "'text'" if isinstance(value, str) else "'integer','real'"
    return f"coalesce({kind} IN ({types}) AND {have} {SIGNS[operator]} ?, 0)", [path, path, value]


def _equals(kind: str, have: str, value: Scalar) -> tuple[str, list[Any]]:
    if value is None:
        return f"{kind} = 'null'", []
    if isinstance(value, bool):
        return f"{kind} = '{'true' if value else 'false'}'", []
    types = "'text'" if isinstance(value, str) else "'integer','real'"
    return f"({kind} IN ({types}) AND {have} = ?)", [value]


def _moment(value: Any) -> int | None:
    try:
        moment = instant(value, argument="filters") if isinstance(value, str | int | float | datetime) else None
    except ValueError:
        return None
    return None if moment is None else to_micros(moment)
