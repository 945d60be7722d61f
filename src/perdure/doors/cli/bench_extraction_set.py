"""The conversations of `bench extraction`, read from TOML: what was said, and what should be kept of it.

The format is described in ``bench/extraction/README.md``. Messages are told by a piece of what they say, which must stand in one of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, cast

from perdure.errors import ImportFormatError, InputError
from perdure.model.base import Value, instant
from perdure.model.memory import KINDS, TERMS
from perdure.stages.measure_extraction import Expected, Wanted

SPLITS: Final = ("dev", "test")
_MESSAGE: Final = re.compile(r"(user|assistant|tool|system)(?:/([^:\n]{1,80}))?: (.+)", re.DOTALL)
_CONVERSATION: Final = {"id", "domain", "split", "user", "add", "expect"}
_EXPECT: Final = {
    "memories", "fine", "slots", "fine_slots", "not_open", "relations", "fine_relations", "superseded", "nothing",
}  # fmt: skip
_MEMORY: Final = {"id", "said", "says", "kind", "term", "date"}


@dataclass(frozen=True, slots=True)
class Add(Value):
    """One `add`: messages as dicts with id, role, content and perhaps name; their ids are ``m0``, ``m1`` … through the conversation."""

    at: datetime
    session: str
    messages: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True)
class Conversation(Value):
    """What is said and what should come of it."""

    id: str
    language: str
    domain: str
    split: str
    user: str
    adds: tuple[Add, ...]
    expected: Expected


def own_files() -> list[Path]:
    """The files of ``bench/extraction``, under the current folder or beside the source; none when installed without it."""
    for root in (Path.cwd(), Path(__file__).resolve().parents[4]):
        found = sorted((root / "bench" / "extraction").glob("*.toml"))
        if found:
            return found
    return []


def read_set(files: Iterable[Path]) -> list[Conversation]:
    """All conversations, in the order of the files.

    Raises:
        ImportFormatError: a file is not such a set; it names the file, the conversation and what is wrong.
    """
    found: list[Conversation] = []
    for path in files:
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as e:
            raise ImportFormatError(f"{path}: not TOML: {e}") from e
        listed = table.get("conversation")
        if not isinstance(listed, list) or not listed:
            raise ImportFormatError(f"{path}: there is no [[conversation]] in it.")
        for number, one in enumerate(cast("list[Any]", listed), 1):
            try:
                found.append(_conversation(one, str(table.get("language", ""))))
            except (KeyError, TypeError, ValueError, AttributeError, InputError) as e:
                name = cast("dict[str, Any]", one).get("id", number) if isinstance(one, dict) else number
                what = f"{e} is missing" if isinstance(e, KeyError) else str(e)
                raise ImportFormatError(f"{path}, conversation {name}: {what}") from e
    twice = {c.id for c in found if sum(c.id == other.id for other in found) > 1}
    if twice:
        raise ImportFormatError(f"These ids are used twice: {', '.join(sorted(twice))}.")
    return found


def _conversation(table: Mapping[str, Any], language: str) -> Conversation:
    _only(table, _CONVERSATION)
    if table["split"] not in SPLITS:
        raise ValueError(f"split is {table['split']!r}, not one of {', '.join(SPLITS)}")
    adds: list[Add] = []
    said: list[str] = []
    for one in table["add"]:
        _only(one, {"at", "session", "messages"})
        messages = tuple(_message(text, len(said) + n) for n, text in enumerate(one["messages"]))
        said += [m["content"] for m in messages]
        at = instant(one["at"], argument="at")
        if at is None or (adds and at < adds[-1].at):
            raise ValueError(f"the adds must be in the order of time; {one['at']} is not")
        adds.append(Add(at, str(one["session"]), messages))
    return Conversation(
        id=str(table["id"]), language=language, domain=str(table["domain"]), split=table["split"], user=str(table["user"]),
        adds=tuple(adds), expected=_expected(table["expect"], said, str(table["user"])),
    )  # fmt: skip


def _message(text: str, number: int) -> dict[str, str]:
    parts = _MESSAGE.fullmatch(text)
    if parts is None:
        raise ValueError(f"a message must begin with its role, as in 'user: …' or 'user/Priya: …'; not {text[:40]!r}")
    role, name, content = parts.groups()
    return {"id": f"m{number}", "role": role, "content": content} | ({"name": name} if name else {})


def _expected(table: Mapping[str, Any], said: Sequence[str], user: str) -> Expected:
    _only(table, _EXPECT)
    memories = tuple(_wanted(one, said) for one in table.get("memories", ()))
    ids = [w.id for w in memories]
    if len(set(ids)) < len(ids) or "" in ids:
        raise ValueError("every memory needs an id of its own")
    superseded = tuple((str(old), str(new)) for old, new in table.get("superseded", ()))
    unknown = {one for pair in superseded for one in pair} - set(ids)
    if unknown:
        raise ValueError(f"superseded names no memory: {', '.join(sorted(unknown))}")
    nothing = {number: str(reason) for reason, piece in table.get("nothing", ()) for number in _where(piece, said)}
    fine = tuple(_wanted(one, said) for one in table.get("fine", ()))
    both = {number for w in (*memories, *fine) for number in w.said} & set(nothing)
    if both:
        raise ValueError(f"something is expected of a message of which nothing may be kept: {said[min(both)][:60]!r}")
    return Expected(
        memories=memories, fine=fine, superseded=superseded, nothing=nothing, me=(user,),
        slots=_triples(table, "slots"), fine_slots=_always_fine(table, user), not_open=_triples(table, "not_open"),
        relations=_triples(table, "relations"), fine_relations=_triples(table, "fine_relations"),
    )  # fmt: skip


def _wanted(table: Mapping[str, Any], said: Sequence[str]) -> Wanted:
    _only(table, _MEMORY)
    kinds, terms = _choice(table, "kind", KINDS), _choice(table, "term", TERMS)
    if not table["says"]:
        raise ValueError("a memory must say something: give says")
    return Wanted(
        str(table.get("id", "")), frozenset(_where(table["said"], said)), tuple(table["says"]), kinds, terms, str(table.get("date", ""))
    )


def _choice(table: Mapping[str, Any], key: str, known: Sequence[str]) -> tuple[str, ...]:
    chosen = tuple(str(table[key]).split("|")) if key in table else ()
    for one in chosen:
        if one not in known:
            raise ValueError(f"{key} is {one!r}, not one of {', '.join(known)}")
    return chosen


def _where(pieces: str | Sequence[str], said: Sequence[str]) -> list[int]:
    """The numbers of the messages that hold the pieces, one message each."""
    found: list[int] = []
    for piece in [pieces] if isinstance(pieces, str) else pieces:
        holders = [number for number, text in enumerate(said) if piece in text]
        if len(holders) != 1:
            raise ValueError(f"{piece!r} stands in {len(holders)} messages, not in one")
        found += holders
    return found


def _triples(table: Mapping[str, Any], key: str) -> tuple[tuple[str, str, str], ...]:
    found: list[tuple[str, str, str]] = []
    for one in table.get(key, ()):
        if not isinstance(one, list) or len(cast("list[Any]", one)) != 3:
            raise ValueError(f"{key} takes lists of three, not {one!r}")
        first, second, third = (str(part) for part in cast("list[Any]", one))
        found.append((first, second, third))
    return tuple(found)


def _always_fine(table: Mapping[str, Any], user: str) -> tuple[tuple[str, str, str], ...]:
    """The `fine_slots`, and what goes without saying: that the user is called so, and that who has a spouse is married."""
    own = (("user", "name", user),)
    married = (("user", "marital_status", "*"),) if any(one[1] in ("spouse", "partner") for one in _triples(table, "slots")) else ()
    return (*_triples(table, "fine_slots"), *own, *married)


def _only(table: Mapping[str, Any], known: set[str]) -> None:
    extra = set(table) - known
    if extra:
        raise ValueError(f"unknown keys: {', '.join(sorted(extra))}")
