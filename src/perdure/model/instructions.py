"""Instructions: what one application wants kept and left out, and its own kinds, slots and entity types.

Written in Python, as a mapping, or in TOML under ``[perdure.instructions]``; an entity type may be a Pydantic model, which is only looked
at, never imported: its name is the type, its docstring the description, its fields the attributes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast, get_args, get_origin

from perdure.errors import ConfigError
from perdure.model.base import Value
from perdure.model.memory import ALL_KINDS, KINDS, Kind

MAX_TEXT: Final = 500
"""Characters of one description."""
MAX_NAME: Final = 64
MAX_ALL: Final = 6_000
"""Characters of all texts together: they are sent with every call."""
RESERVED: Final = frozenset({*ALL_KINDS, "message", "relation", "entity"})

_NAME: Final = re.compile(r"[^\W\d]\w*")
_SEPARATORS: Final = re.compile(r"[\s\-_]+")
_MANY: Final = (list, set, tuple, frozenset, dict)


@dataclass(frozen=True, slots=True)
class OwnKind(Value):
    """A kind of memory of the application's own. It ages and ranks like the built-in kind it is based on, and is one of those."""

    name: str
    description: str = ""
    based_on: Kind = "fact"


@dataclass(frozen=True, slots=True)
class OwnSlot(Value):
    """An attribute of the application's own. `single`: a new value takes the place of the old one. `aliases` lead to its name."""

    name: str
    description: str = ""
    single: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnEntity(Value):
    """A type of entity of the application's own, and the attributes it has."""

    name: str
    description: str = ""
    attributes: tuple[OwnSlot, ...] = ()


@dataclass(frozen=True, slots=True, init=False)
class Instructions(Value):
    """What an application wants.

    `extract` and `ignore` are sentences for the model. An entry of `ignore` that is just the name of a kind or slot binds every
    extractor: such memories are not stored (the messages stay captured).
    """

    extract: tuple[str, ...]
    ignore: tuple[str, ...]
    kinds: tuple[OwnKind, ...]
    slots: tuple[OwnSlot, ...]
    entities: tuple[OwnEntity, ...]

    def __init__(self, *, extract: object = (), ignore: object = (), kinds: object = (), slots: object = (), entities: object = ()) -> None:
        """Reads each part in any of its forms.

        Args:
            extract, ignore: a sentence or several.
            kinds: names with descriptions, as ``{"symptom": "a complaint", "visit": {"description": "…", "based_on": "episodic"}}``.
            slots: likewise, as ``{"plan": {"description": "…", "single": True, "aliases": ["tier"]}}``.
            entities: likewise, as ``{"Customer": {"description": "…", "attributes": ["plan"]}}``, or Pydantic models.

        Raises:
            ConfigError: something is not as it must be; it names the key.
        """
        object.__setattr__(self, "extract", _sentences("extract", extract))
        object.__setattr__(self, "ignore", _sentences("ignore", ignore))
        object.__setattr__(self, "kinds", _unique("kinds", (_kind(*item) for item in _named("kinds", kinds))))
        object.__setattr__(self, "slots", _unique("slots", (_slot(*item) for item in _named("slots", slots))))
        object.__setattr__(self, "entities", _unique("entities", (_entity(*item) for item in _named("entities", entities))))
        size = sum(len(text) for text in _texts(self))
        if size > MAX_ALL:
            raise _wrong("", f"hold {size:,} characters; {MAX_ALL:,} are allowed, for they are sent with every call")

    @classmethod
    def of(cls, value: object) -> Instructions:
        """From Instructions, None, a mapping with the arguments of this class, or a sentence or several on what to extract.

        Raises:
            ConfigError: it is none of these, or holds what is not as it must be.
        """
        if isinstance(value, Instructions):
            return value
        if value is None:
            return cls()
        if isinstance(value, str | list | tuple):
            return cls(extract=cast("object", value))
        if not isinstance(value, Mapping):
            raise _wrong("", f"must be perdure.Instructions, a table or a text, not {type(value).__name__}")
        return cls(**_options("", cast("Mapping[object, object]", value), ("extract", "ignore", "kinds", "slots", "entities")))


_T = TypeVar("_T", OwnKind, OwnSlot, OwnEntity)


def folded(name: str) -> str:
    """A name as snake_case, in small letters."""
    return _SEPARATORS.sub("_", name.strip().casefold()).strip("_")


def _wrong(where: str, why: str) -> ConfigError:
    setting = f"instructions.{where}" if where else "instructions"
    return ConfigError(f"{setting} {why}.", setting=setting)


def _texts(instructions: Instructions) -> Iterator[str]:
    yield from (*instructions.extract, *instructions.ignore)
    slots = [*instructions.slots, *(slot for entity in instructions.entities for slot in entity.attributes)]
    for item in (*instructions.kinds, *instructions.entities, *slots):
        yield from (item.name, item.description)
    yield from (alias for slot in slots for alias in slot.aliases)


def _options(where: str, given: Mapping[object, object], known: Sequence[str]) -> dict[str, Any]:
    for key in given:
        if key not in known:
            raise _wrong(f"{where}.{key}".lstrip("."), f"is not known here; known are {', '.join(known)}")
    return {str(key): value for key, value in given.items()}


def _sentences(where: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        raise _wrong(where, f"must be a text or a list of texts, not {type(value).__name__}")
    return tuple(_text(f"{where}[{i}]", item) for i, item in enumerate(cast("Sequence[object]", value)))


def _text(where: str, value: object, *, may_be_empty: bool = False) -> str:
    if not isinstance(value, str):
        raise _wrong(where, f"must be a text, not {type(value).__name__}")
    text = " ".join(value.split())
    if not text and not may_be_empty:
        raise _wrong(where, "is empty")
    if len(text) > MAX_TEXT:
        raise _wrong(where, f"has {len(text):,} characters; {MAX_TEXT} are allowed")
    if not text.isprintable() or any("\ud800" <= c <= "\udfff" for c in text):
        raise _wrong(where, "holds control characters or broken Unicode")
    return text


def _named(where: str, value: object) -> Iterator[tuple[str, object, object]]:
    """Each entry of a part: where it stands, its name, and what is said of it."""
    if isinstance(value, Mapping):
        for name, said in cast("Mapping[object, object]", value).items():
            yield f"{where}.{name}", name, said
        return
    if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
        raise _wrong(where, f"must be a table of names or a list, not {type(value).__name__}")
    for i, item in enumerate(cast("Iterable[object]", value)):
        name = item if isinstance(item, str) else getattr(item, "__name__" if isinstance(item, type) else "name", None)
        yield f"{where}[{i}]", name, "" if isinstance(item, str) else item


def _unique(where: str, items: Iterable[_T]) -> tuple[_T, ...]:
    found: dict[str, _T] = {}
    for item in items:
        if found.setdefault(folded(item.name), item) is not item:
            raise _wrong(f"{where}.{item.name}", "stands there twice")
    return tuple(found.values())


def _name(where: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_NAME or not _NAME.fullmatch(value.strip().replace("-", "_").replace(" ", "_")):
        raise _wrong(where, f"must be named in letters, figures and underscores, at most {MAX_NAME}, not {value!r}")
    return value.strip()


def _kind(where: str, name: object, said: object) -> OwnKind:
    if isinstance(said, OwnKind):
        said = {"description": said.description, "based_on": said.based_on}
    options = _options(where, _table(where, said), ("description", "based_on"))
    name, based_on = folded(_name(where, name)), options.get("based_on", "fact")
    if name in RESERVED:
        raise _wrong(where, "is the name of something built in; choose another")
    for kind in KINDS:
        if based_on == kind:
            return OwnKind(name, _text(f"{where}.description", options.get("description", ""), may_be_empty=True), kind)
    raise _wrong(f"{where}.based_on", f"must be one of {', '.join(KINDS)}, not {based_on!r}")


def _slot(where: str, name: object, said: object) -> OwnSlot:
    if isinstance(said, OwnSlot):
        said = {"description": said.description, "single": said.single, "aliases": said.aliases}
    options = _options(where, _table(where, said), ("description", "single", "aliases"))
    single = options.get("single", False)
    if not isinstance(single, bool):
        raise _wrong(f"{where}.single", f"must be true or false, not {single!r}")
    aliases = tuple(folded(_name(f"{where}.aliases", alias)) for alias in _sentences(f"{where}.aliases", options.get("aliases", ())))
    description = _text(f"{where}.description", options.get("description", ""), may_be_empty=True)
    return OwnSlot(folded(_name(where, name)), description, single, aliases)


def _entity(where: str, name: object, said: object) -> OwnEntity:
    if isinstance(said, type):
        return _from_class(where, said, named=_name(where, name))
    if isinstance(said, OwnEntity):
        said = {"description": said.description, "attributes": said.attributes}
    options = _options(where, _table(where, said), ("description", "attributes"))
    attributes = _unique(where, (_slot(*item) for item in _named(f"{where}.attributes", options.get("attributes", ()))))
    words = _name(where, name).replace("-", " ").replace("_", " ").split()
    description = _text(f"{where}.description", options.get("description", ""), may_be_empty=True)
    return OwnEntity("".join(word[:1].upper() + word[1:] for word in words), description, attributes)


def _from_class(where: str, model: type, *, named: str) -> OwnEntity:
    """An entity type from a Pydantic model: a field that holds a list or set has several values, any other one."""
    fields: object = getattr(model, "model_fields", None)
    if not isinstance(fields, Mapping):
        raise _wrong(where, f"is {model.__name__}, a class without model_fields; give a Pydantic model, or a table")
    doc = str(model.__dict__.get("__doc__") or "").strip().partition("\n\n")[0]
    slots: dict[str, object] = {}
    for name, field in cast("Mapping[str, Any]", fields).items():
        alias, about = getattr(field, "alias", None), getattr(field, "description", None)
        slots[name] = {
            "description": about or "",
            "single": not _holds_many(getattr(field, "annotation", None)),
            "aliases": [alias] if isinstance(alias, str) and folded(alias) != folded(name) else [],
        }
    return _entity(where, named, {"description": doc, "attributes": slots})


def _holds_many(annotation: object) -> bool:
    origin = get_origin(annotation)
    held: object = origin or annotation
    if isinstance(held, type) and (issubclass(held, _MANY) or (issubclass(held, Iterable) and not issubclass(held, str | bytes))):
        return True
    return origin is not None and any(_holds_many(part) for part in get_args(annotation))


def _table(where: str, value: object) -> Mapping[object, object]:
    if isinstance(value, str):
        return {"description": value}
    if value is None:
        return {}
    if isinstance(value, Mapping):
        return cast("Mapping[object, object]", value)
    raise _wrong(where, f"must be a description or a table, not {type(value).__name__}")
