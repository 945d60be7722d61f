"""Model output becomes candidates, or is dropped with a reason. Nothing a model writes is believed for its form.

A wrong item costs only itself: it can add nothing and remove nothing, and the rest of the answer stands. Only an answer that is
not the agreed object at all is an error, for then the model has to be asked again.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar, cast

from perdure.errors import LLMOutputError
from perdure.model.candidate import Candidate, ExtractionContext
from perdure.model.graph import SELF, Entity, Relation, Slot, entity_key
from perdure.model.memory import KINDS, TERMS
from perdure.model.message import Message
from perdure.rules.slots import canonical

MAX_MEMORIES: Final = 200
MAX_TEXT: Final = 2000
MAX_NAME: Final = 200
MAX_VALUE: Final = 500
MAX_ATTRIBUTE: Final = 64
MAX_LIST: Final = 32
MAX_FOLDED: Final = 20_000
"""Characters of a message in which a quote may differ in form: more than a model is sent of it."""
YEARS: Final = range(1000, 2200)

RECALLED: Final = re.compile(r"<perdure-memory\b[^>]{0,500}>.*?(?:</perdure-memory\s{0,9}>|\Z)", re.DOTALL | re.IGNORECASE)
"""What an earlier answer of ours put into a prompt: it has been remembered once already."""

_T = TypeVar("_T", bound=str)
_ME: Final = frozenset({SELF, "user", "i", "me", "myself", "self", "speaker"})
_SNAKE: Final = re.compile(r"[^\w]+")
_DATE: Final = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")
_FOLDED: Final = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "‹": "<", "…": "..."}


class _Wrong(Exception):  # noqa: N818  (never leaves this module: it is why an item is dropped)
    """An item does not hold; the message says why."""


def validate(raw: object, messages: Sequence[Message], context: ExtractionContext) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """The candidates in a model's answer, and why each other item of it was dropped.

    Args:
        raw: the answer, as text or as parsed JSON.
        messages: what `message` numbers; a quote must stand in the message it names, outside recalled memories. One that differs
            only in case, white space or typographic marks becomes the exact words.
        context: `shown` bounds what `replaces` may name, `user` and `known_names` lead names to entities.

    Raises:
        LLMOutputError: the answer is not an object with a list of memories.
    """
    answer = parse(raw)
    reading = _Reading(messages, context)
    found: dict[int, Candidate] = {}
    if answer["memories"] and not any(isinstance(item, Mapping) for item in answer["memories"]):
        raise LLMOutputError("None of the memories in the answer is an object.")
    for i, item in enumerate(cast("list[object]", answer["memories"])):
        if i >= MAX_MEMORIES:
            reading.drop("memories", f"only the first {MAX_MEMORIES} are read")
            break
        reading.attempt(f"memories[{i}]", lambda i=i, item=item: found.__setitem__(i, reading.candidate(f"memories[{i}]", item)))
    unique: dict[tuple[str, int], int] = {}
    for i, candidate in found.items():
        if unique.setdefault((candidate.text.casefold(), candidate.message), i) != i:
            reading.drop(f"memories[{i}]", "says the same as another")
    found = {i: found[i] for i in unique.values()}
    reading.attach_relations(answer.get("relations"), found)
    reading.attach_entities(answer.get("entities"), found)
    return tuple(found.values()), tuple(reading.dropped)


def private(raw: object, messages: Sequence[Message]) -> tuple[int, ...]:
    """The indexes of messages that an answer calls private; what is no index is passed over."""
    numbers: object = parse(raw).get("private")
    if not isinstance(numbers, list):
        return ()
    return tuple(sorted({n for n in cast("list[object]", numbers) if type(n) is int and 0 <= n < len(messages)}))


def parse(raw: object) -> dict[str, Any]:
    """The object in a model's answer; prose or a Markdown fence around it is forgiven.

    Raises:
        LLMOutputError: there is none, or it has no list of memories.
    """
    if isinstance(raw, str):
        start, end = raw.find("{"), raw.rfind("}")
        try:
            raw = json.loads(raw[start : end + 1], parse_constant=_refuse) if start >= 0 else None
        except (ValueError, RecursionError) as e:
            raise LLMOutputError(f"The answer is not JSON: {e}.") from None
    if not isinstance(raw, Mapping):
        raise LLMOutputError("The answer is not a JSON object.")
    answer = dict(cast("Mapping[str, Any]", raw))
    if not isinstance(answer.get("memories"), list):
        raise LLMOutputError('The answer has no list "memories".')
    return answer


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


@dataclass(slots=True)
class _Reading:
    messages: Sequence[Message]
    context: ExtractionContext
    dropped: list[str] = field(default_factory=list[str])
    _visible: dict[int, str] = field(default_factory=dict[int, str])
    _folds: dict[int, tuple[str, list[int]]] = field(default_factory=dict[int, tuple[str, list[int]]])

    def drop(self, where: str, why: object) -> None:
        self.dropped.append(f"{where}: {why}")

    def attempt(self, where: str, action: Any) -> None:
        try:
            action()
        except _Wrong as e:
            self.drop(where, e)

    def candidate(self, where: str, item: object) -> Candidate:
        if not isinstance(item, dict):
            raise _Wrong(f"is {_type(item)}, not an object")
        fields = cast("dict[str, object]", item)
        number = fields.get("message")
        if type(number) is not int or not 0 <= number < len(self.messages):
            raise _Wrong(f"message={_shown(number)} is not the number of a message")
        message = self.messages[number]
        if message.role == "system":
            raise _Wrong("cites a system message")
        quote = self._quote(_text(fields, "quote", MAX_TEXT), number)
        valid_from, valid_to, expires_at = (_date(fields, name) for name in ("valid_from", "valid_to", "expires_at"))
        said_at = message.timestamp or self.context.now
        if valid_to is not None and valid_from is not None and valid_to <= valid_from:
            raise _Wrong("ends before it begins (valid_to, valid_from)")
        if expires_at is not None and expires_at <= said_at:
            raise _Wrong("expires before it was said (expires_at)")
        subject = fields.get("subject")
        return Candidate(
            text=_text(fields, "text", MAX_TEXT),
            quote=quote,
            message=number,
            kind=_one_of(fields, "kind", KINDS, "fact"),
            term=_one_of(fields, "term", TERMS, "long_term"),
            subject=SELF if subject is None else self._name(_text(fields, "subject", MAX_NAME)),
            valid_from=valid_from,
            valid_to=valid_to,
            expires_at=expires_at,
            confidence=_share(fields, "confidence", 0.8),
            importance=_share(fields, "importance", 0.5),
            slots=self._slots(where, fields, "slots", "slot"),
            ended=self._slots(where, fields, "ended"),
            replaces=self._replaces(where, fields.get("replaces")),
            explicit=_flag(fields, "explicit"),
            correction=_flag(fields, "correction"),
        )

    def _quote(self, quote: str, number: int) -> str:
        """The exact words of message `number` that `quote` gives."""
        content = self._visible.get(number)
        if content is None:
            content = self._visible[number] = RECALLED.sub("\n\ufffc\n", self.messages[number].content)
        if sum(c.isalnum() for c in quote) < 2 and quote.isascii():
            raise _Wrong("its quote is too short to prove anything")
        if quote in content:
            return quote
        wanted, _ = _folded(quote)
        if number not in self._folds:
            self._folds[number] = _folded(content[:MAX_FOLDED])
        folded, origin = self._folds[number]
        at = folded.find(wanted) if wanted else -1
        if at < 0:
            raise _Wrong(f"its quote is not in message {number}: {_shown(quote)}")
        return content[origin[at] : origin[at + len(wanted) - 1] + 1]

    def _name(self, name: str) -> str:
        """The entity a name means: the user, a known one by its alias, or a new one."""
        key = entity_key(name)
        if key in _ME or key == entity_key(self.context.user) or key.removeprefix("the ") in _ME:
            return SELF
        return self.context.known_names.get(key, name)

    def _slots(self, where: str, fields: dict[str, object], name: str, single: str = "") -> tuple[Slot, ...]:
        items = _list(fields.get(name), f"{where}.{name}", self)
        if single and isinstance(fields.get(single), dict):
            items = [fields[single], *items]
        slots: list[Slot] = []
        for i, item in enumerate(items):
            try:
                slot = self._slot(item, may_be_any=name == "ended")
            except _Wrong as e:
                self.drop(f"{where}.{name}[{i}]", e)
            else:
                if slot not in slots:
                    slots.append(slot)
        return tuple(slots)

    def _slot(self, item: object, *, may_be_any: bool) -> Slot:
        if not isinstance(item, dict):
            raise _Wrong(f"is {_type(item)}, not an object")
        fields = cast("dict[str, object]", item)
        attribute = canonical(_SNAKE.sub("_", _text(fields, "attribute", MAX_ATTRIBUTE)))
        if not attribute:
            raise _Wrong("its attribute is empty")
        value = "" if may_be_any and fields.get("value") in (None, "") else _text(fields, "value", MAX_VALUE)
        return Slot(self._name(_text(fields, "entity", MAX_NAME)), attribute, value)

    def _replaces(self, where: str, value: object) -> tuple[int, ...]:
        numbers: list[int] = []
        for number in _list(value, f"{where}.replaces", self):
            if type(number) is int and 0 <= number < len(self.context.shown):
                numbers.append(number)
            else:
                self.drop(f"{where}.replaces", f"{_shown(number)} is not the number of a shown memory")
        return tuple(dict.fromkeys(numbers))

    def attach_relations(self, value: object, found: dict[int, Candidate]) -> None:
        """Gives each relation to the memory that proves it: the one it names, else the first that mentions both ends."""
        for i, item in enumerate(_list(value, "relations", self, most=4 * MAX_MEMORIES)):
            self.attempt(f"relations[{i}]", lambda item=item: self._attach_relation(item, found))

    def _attach_relation(self, item: object, found: dict[int, Candidate]) -> None:
        if not isinstance(item, dict):
            raise _Wrong(f"is {_type(item)}, not an object")
        fields = cast("dict[str, object]", item)
        start, end = (self._name(_text(fields, side, MAX_NAME)) for side in ("from", "to"))
        verb = _SNAKE.sub("_", _text(fields, "relation", MAX_ATTRIBUTE).casefold()).strip("_")
        if not verb or entity_key(start) == entity_key(end):
            raise _Wrong("does not join two entities")
        number = fields.get("memory")
        if type(number) is int:
            if number not in found:
                raise _Wrong(f"the memory that should prove it, {number}, does not stand")
        else:
            number = next((n for n, c in found.items() if _mentions(c, start) and _mentions(c, end)), None)
            if number is None:
                raise _Wrong("no memory proves it")
        candidate = found[number]
        relation = Relation(start, verb, end, candidate.valid_from, candidate.valid_to)
        if relation not in candidate.relations:
            found[number] = replace(candidate, relations=(*candidate.relations, relation))

    def attach_entities(self, value: object, found: dict[int, Candidate]) -> None:
        """Gives each entity to every memory that mentions it; names in slots and relations become entities too."""
        known: dict[str, Entity] = {}
        for i, item in enumerate(_list(value, "entities", self, most=4 * MAX_MEMORIES)):
            try:
                entity = self._entity(item)
            except _Wrong as e:
                self.drop(f"entities[{i}]", e)
                continue
            if not any(_mentions(c, name) for c in found.values() for name in (entity.name, *entity.aliases)):
                self.drop(f"entities[{i}]", f"no memory mentions {_shown(entity.name)}")
            known.setdefault(entity.key, entity)
        for number, candidate in found.items():
            named = [r.subject for r in candidate.relations] + [r.object for r in candidate.relations]
            named += [slot.entity for slot in (*candidate.slots, *candidate.ended)] + [candidate.subject]
            entities = {entity_key(n): known.get(entity_key(n), Entity(n, "User" if n == SELF else "Thing")) for n in named}
            mentioned = {k: e for k, e in known.items() if any(_mentions(candidate, name) for name in (e.name, *e.aliases))}
            found[number] = replace(candidate, entities=tuple((mentioned | entities).values()))

    def _entity(self, item: object) -> Entity:
        if not isinstance(item, dict):
            raise _Wrong(f"is {_type(item)}, not an object")
        fields = cast("dict[str, object]", item)
        name = self._name(_text(fields, "id" if "id" in fields else "name", MAX_NAME))
        words = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[^\W_]+", str(fields.get("type") or "")))
        aliases = [a.strip() for a in _list(fields.get("aliases"), "aliases", self) if isinstance(a, str) and _is_clean(a, MAX_NAME)]
        if name == SELF:
            return Entity(SELF, "User", tuple(aliases))
        return Entity(name, words[:MAX_ATTRIBUTE] if words.isalnum() else "Thing", tuple(aliases))


def _mentions(candidate: Candidate, name: str) -> bool:
    key = entity_key(name)
    slots = (*candidate.slots, *candidate.ended)
    ends = {candidate.subject, *(s.entity for s in slots), *(s.value for s in slots)}
    ends |= {end for r in candidate.relations for end in (r.subject, r.object)}
    if name == SELF or key in map(entity_key, ends):
        return True
    folded = f"{candidate.text}\n{candidate.quote}".casefold()
    return re.search(rf"(?<!\w){re.escape(key)}(?!\w)", folded) is not None or (not key.isascii() and key in folded)


def _text(fields: Mapping[str, object], name: str, most: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise _Wrong(f"{name} is {_type(value)}, not a string")
    value = value.strip()
    if not _is_clean(value, most):
        raise _Wrong(f"{name} is empty, longer than {most} characters or broken Unicode")
    return value


def _is_clean(value: str, most: int) -> bool:
    return bool(value.strip()) and len(value) <= most and not any(c == "\0" or "\ud800" <= c <= "\udfff" for c in value)


def _one_of(fields: Mapping[str, object], name: str, allowed: Sequence[_T], default: _T) -> _T:
    value = fields.get(name)
    if value is None:
        return default
    for choice in allowed:
        if value == choice:
            return choice
    raise _Wrong(f"{name}={_shown(value)} is none of {', '.join(allowed)}")


def _share(fields: Mapping[str, object], name: str, default: float) -> float:
    value = fields.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise _Wrong(f"{name}={_shown(value)} is not a number from 0 to 1")
    return float(value)


def _flag(fields: Mapping[str, object], name: str) -> bool:
    return fields.get(name) is True


def _date(fields: Mapping[str, object], name: str) -> datetime | None:
    """The start of the year, month or day named, or the instant; without a zone it is UTC."""
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise _Wrong(f"{name} is {_type(value)}, not a date")
    try:
        match = _DATE.fullmatch(value.strip())
        if match:
            found = datetime(int(match[1]), int(match[2] or 1), int(match[3] or 1), tzinfo=UTC)
        else:
            found = datetime.fromisoformat(value.strip())
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong(f"{name}={_shown(value)} is not a date") from None
    if found.year not in YEARS:
        raise _Wrong(f"{name}={_shown(value)} is not a possible year")
    return found


def _list(value: object, where: str, reading: _Reading, most: int = MAX_LIST) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        reading.drop(where, f"is {_type(value)}, not a list")
        return []
    items = cast("list[object]", value)
    if len(items) > most:
        reading.drop(where, f"only the first {most} are read")
    return items[:most]


def _folded(text: str) -> tuple[str, list[int]]:
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


def _type(value: object) -> str:
    return _TYPES.get(type(value), type(value).__name__)


def _shown(value: object) -> str:
    if value is not None and not isinstance(value, str | int | float):
        return _type(value)
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."
