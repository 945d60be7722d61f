"""Model output becomes candidates, or is dropped with a reason. Nothing a model writes is believed for its form.

A wrong item costs only itself: it can add nothing and remove nothing, and the rest of the answer stands. Where only a date, a slot or a
proposal is wrong, only that is lost. An answer that is not the agreed object at all is an error, for then the model has to be asked again.
What an application's instructions add is in `Own`; what a statement may say at all in `perdure.stages.grounded`; the fields are read in
`perdure.stages.validate_fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

from perdure.errors import LLMOutputError
from perdure.model.candidate import Candidate, ExtractionContext
from perdure.model.graph import SELF, Entity, Relation, Slot, entity_key
from perdure.model.memory import KINDS, OWN_KIND, TERMS
from perdure.model.message import Message
from perdure.rules.names import kin_phrase
from perdure.stages.grounded import Said, far_off, is_past, orders, puts_into_users_mouth
from perdure.stages.instructions import Own
from perdure.stages.validate_fields import (
    CUT,
    RECALLED,
    SNAKE,
    Wrong,
    date,
    fields_of,
    flag,
    folded,
    is_clean,
    list_in,
    one_of,
    parse,
    read,
    share,
    shown,
    text_in,
)

__all__ = ["DEEDS", "RECALLED", "parse", "private", "read", "validate"]

DEEDS: Final = ("merge", "update", "supersede", "retract")
"""What a statement may be said to do to a memory that was shown."""
MAX_MEMORIES: Final = 200
MAX_TEXT: Final = 2000
MAX_NAME: Final = 200
MAX_VALUE: Final = 500
MAX_ATTRIBUTE: Final = 64
MAX_FOLDED: Final = 20_000
"""Characters of a message in which a quote may differ in form: more than a model is sent of it."""
MAX_OVER: Final = 3
"""Memories, or slots without their values, that one statement may end. Nobody says so much at once, but who wants a memory wiped does."""
HEARSAY: Final = 0.5
"""The confidence in somebody else's word, at most."""
TODAY: Final = timedelta(days=1)
"""How far ahead a date may lie and still be today, somewhere."""

_ME: Final = frozenset({SELF, "user", "i", "me", "myself", "self", "speaker"})
_NOBODY: Final = frozenset({"", "none", "null", "n/a", "unknown", "nobody", "user", "the user", "assistant", "the assistant"})
_BORN: Final = "birthday"


def validate(
    raw: object, messages: Sequence[Message], context: ExtractionContext, own: Own | None = None
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """The candidates in a model's answer, and why each other item of it was dropped.

    Args:
        raw: the answer, as text or as parsed JSON.
        messages: what `message` numbers; a quote must stand in the message it names, outside recalled memories. One that differs
            only in case, white space or typographic marks becomes the exact words.
        context: `shown` bounds what `known` may name, `user` and `known_names` lead names to entities.
        own: the application's kinds, slots and entity types, and what it does not want stored.

    Raises:
        LLMOutputError: the answer is not an object with a list of memories.
    """
    answer, cut = read(raw)
    reading = _Reading(messages, context, own or Own(), Said(messages, context))
    if cut:
        reading.drop("answer", CUT)
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
    reading.agree(found)
    reading.attach_relations(answer.get("relations"), found)
    reading.attach_entities(answer.get("entities"), found)
    return tuple(found.values()), tuple(reading.dropped)


def private(raw: object, messages: Sequence[Message]) -> tuple[int, ...]:
    """The indexes of messages that an answer calls private; what is no index is passed over."""
    numbers: object = parse(raw).get("private")
    if not isinstance(numbers, list):
        return ()
    return tuple(sorted({n for n in cast("list[object]", numbers) if type(n) is int and 0 <= n < len(messages)}))


@dataclass(slots=True)
class _Reading:
    messages: Sequence[Message]
    context: ExtractionContext
    own: Own
    said: Said
    dropped: list[str] = field(default_factory=list[str])
    _visible: dict[int, str] = field(default_factory=dict[int, str])
    _folds: dict[int, tuple[str, list[int]]] = field(default_factory=dict[int, tuple[str, list[int]]])

    def drop(self, where: str, why: object) -> None:
        self.dropped.append(f"{where}: {why}")

    def attempt(self, where: str, action: Any) -> None:
        try:
            action()
        except Wrong as e:
            self.drop(where, e)

    # ------------------------------------------------------------------ a memory
    def candidate(self, where: str, item: object) -> Candidate:
        """The candidate in an item.

        Raises:
            Wrong: it does not hold.
        """
        fields = fields_of(item)
        number = fields.get("message")
        if type(number) is not int or not 0 <= number < len(self.messages):
            raise Wrong(f"message={shown(number)} is not the number of a message")
        message = self.messages[number]
        if message.role == "system":
            raise Wrong("cites a system message")
        quote = self._quote(text_in(fields, "quote", MAX_TEXT), number)
        said_at = _aware(message.timestamp or self.context.now)
        kind = one_of(fields, "kind", (*KINDS, *self.own.kinds), "fact")
        valid_from, valid_to, expires_at = self._dates(where, fields, quote, message, said_at)
        subject = fields.get("subject")
        deeds = self._deeds(where, fields)
        hearsay, doubt = self._according_to(where, fields, message)
        confidence = share(fields, "confidence", 0.8)
        found = Candidate(
            text=text_in(fields, "text", MAX_TEXT),
            quote=quote,
            message=number,
            kind=self.own.kinds.get(kind) or one_of(fields, "kind", KINDS, "fact"),
            term=one_of(fields, "term", TERMS, "long_term"),
            subject=SELF if subject is None else self._name(text_in(fields, "subject", MAX_NAME)),
            valid_from=valid_from,
            valid_to=valid_to,
            expires_at=expires_at,
            confidence=min(confidence, HEARSAY) if doubt else confidence,
            importance=self._importance(where, fields),
            slots=self._slots(where, fields, "slots", said_at, "slot"),
            ended=self._slots(where, fields, "ended", said_at),
            merges=deeds["merge"],
            updates=deeds["update"],
            replaces=deeds["supersede"],
            retracts=deeds["retract"],
            according_to=hearsay,
            explicit=flag(fields, "explicit") and _speaks(message),
            correction=flag(fields, "correction"),
            metadata={OWN_KIND: kind} if kind in self.own.kinds else {},
        )
        self._check(found, message, said_at)
        return found

    def _check(self, found: Candidate, message: Message, said_at: datetime) -> None:
        """What a candidate must not say.

        Raises:
            Wrong: it does.
        """
        why = self.own.refuses(found)
        if why:
            raise Wrong(why)
        if orders(found.text):
            raise Wrong("its text is an order, not a statement")
        if not _speaks(message) and puts_into_users_mouth(found.text):
            raise Wrong(f"claims that the user said it, and the {message.role} did")
        dates = (found.valid_from, found.valid_to, found.expires_at)
        invented = self.said.invented(found.text, said_at=said_at, dates=dates)
        if invented:
            raise Wrong(f"its text names what nobody said: {invented}")

    def _quote(self, quote: str, number: int) -> str:
        """The exact words of message `number` that `quote` gives."""
        content = self._visible.get(number)
        if content is None:
            content = self._visible[number] = RECALLED.sub("\n\ufffc\n", self.messages[number].content)
        if sum(c.isalnum() for c in quote) < 2 and quote.isascii():
            raise Wrong("its quote is too short to prove anything")
        if quote in content:
            return quote
        wanted, _ = folded(quote)
        if number not in self._folds:
            self._folds[number] = folded(content[:MAX_FOLDED])
        text, origin = self._folds[number]
        at = text.find(wanted) if wanted else -1
        if at < 0:
            raise Wrong(f"its quote is not in message {number}: {shown(quote)}")
        return content[origin[at] : origin[at + len(wanted) - 1] + 1]

    def _dates(
        self, where: str, fields: dict[str, object], quote: str, message: Message, said_at: datetime
    ) -> tuple[datetime | None, datetime | None, datetime | None]:
        """When it holds and when it is of no more use, as far as that is possible.

        Raises:
            Wrong: it ends before it begins.
        """
        start, _ = self._date(where, fields, "valid_from", message, said_at)
        end, unit = self._date(where, fields, "valid_to", message, said_at)
        expiry, _ = self._date(where, fields, "expires_at", message, said_at)
        if start is not None and end is not None and end <= start:
            after = _after(end, unit)
            if end < start or after is None:
                raise Wrong("ends before it begins (valid_to, valid_from)")
            end = after  # a day, month or year that it lasted
        if start is not None and start > said_at + TODAY and is_past(quote):
            self.drop(f"{where}.valid_from", "lies ahead, and the quote speaks of the past")
            start = None
        if expiry is not None and expiry <= said_at:
            self.drop(f"{where}.expires_at", "lies before it was said")
            expiry = None
        return start, end, expiry

    def _date(self, where: str, fields: dict[str, object], name: str, message: Message, said_at: datetime) -> tuple[datetime | None, str]:
        """A date, if it is one that the message can mean."""
        try:
            found, unit = date(fields, name)
            if found is not None and far_off(found, said_at, message.content):
                raise Wrong(f"{name}={shown(fields.get(name))} lies far from when it was said, and the message does not say so")  # noqa: TRY301
        except Wrong as e:
            self.drop(f"{where}.{name}", e)
            return None, ""
        return found, unit

    def _importance(self, where: str, fields: dict[str, object]) -> float:
        try:
            return share(fields, "importance", 0.5)
        except Wrong as e:
            self.drop(f"{where}.importance", e)
            return 0.5

    def _according_to(self, where: str, fields: dict[str, object], message: Message) -> tuple[str, bool]:
        """Whose word it is when it is not the speaker's, and whether it is hearsay at all."""
        value = fields.get("according_to")
        if not isinstance(value, str) or entity_key(value) in _NOBODY:
            return "", False
        name = self._name(value.strip()) if is_clean(value, MAX_NAME) else ""
        if name == SELF or (message.name is not None and entity_key(name) == entity_key(message.name)):
            return "", False
        if not name or not (self.said.mentions(value) or self.said.mentions(name)):
            self.drop(f"{where}.according_to", f"{shown(value)} is nobody who was named")
            return "", True
        return name, True

    def _deeds(self, where: str, fields: dict[str, object]) -> dict[str, tuple[int, ...]]:
        """What it is said to do to which shown memories; a number stands under one deed only."""
        asked: dict[int, set[str]] = {}
        items = [*list_in(fields.get("known"), f"{where}.known", self)]
        items += [{"n": n, "do": "supersede"} for n in list_in(fields.get("replaces"), f"{where}.replaces", self)]
        for item in items:
            try:
                deed = fields_of(item)
                number, do = deed.get("n"), one_of(deed, "do", DEEDS, "")
                if type(number) is not int or not 0 <= number < len(self.context.shown):
                    raise Wrong(f"{shown(number)} is not the number of a shown memory")  # noqa: TRY301
                if not do:
                    raise Wrong("do is missing")  # noqa: TRY301
            except Wrong as e:
                self.drop(f"{where}.known", e)
            else:
                asked.setdefault(number, set[str]()).add(do)
        for number in [n for n, deeds in asked.items() if len(deeds) > 1]:
            self.drop(f"{where}.known", f"does several things to {number}: {', '.join(sorted(asked.pop(number)))}")
        over = [n for n, deeds in asked.items() if deeds & {"supersede", "retract"}]
        if len(over) > MAX_OVER:
            self.drop(f"{where}.known", f"would end {len(over)} memories at once; at most {MAX_OVER} are believed")
            asked = {n: deeds for n, deeds in asked.items() if n not in over}
        return {deed: tuple(n for n, deeds in asked.items() if deed in deeds) for deed in DEEDS}

    def agree(self, found: dict[int, Candidate]) -> None:
        """Takes back what several statements want done to one memory, if it is not the same thing."""
        wanted: dict[int, set[str]] = {}
        for candidate in found.values():
            for deed, numbers in zip(DEEDS, _deeds_of(candidate), strict=True):
                for number in numbers:
                    wanted.setdefault(number, set[str]()).add(deed)
        unclear = {number for number, deeds in wanted.items() if len(deeds) > 1}
        for number in sorted(unclear):
            self.drop("known", f"several things are to be done to {number}: {', '.join(sorted(wanted[number]))}")
        for i, candidate in found.items() if unclear else ():
            merges, updates, replaces, retracts = (tuple(n for n in numbers if n not in unclear) for numbers in _deeds_of(candidate))
            found[i] = replace(candidate, merges=merges, updates=updates, replaces=replaces, retracts=retracts)

    def _name(self, name: str) -> str:
        """The entity a name means: the user, a known one by its alias, or a new one."""
        key = entity_key(name)
        if key in _ME or key == entity_key(self.context.user) or key.removeprefix("the ") in _ME:
            return SELF
        return self.context.known_names.get(key, name)

    # ------------------------------------------------------------------ slots
    def _slots(self, where: str, fields: dict[str, object], name: str, said_at: datetime, single: str = "") -> tuple[Slot, ...]:
        items = list_in(fields.get(name), f"{where}.{name}", self)
        if single and isinstance(fields.get(single), dict):
            items = [fields[single], *items]
        slots: list[Slot] = []
        for i, item in enumerate(items):
            try:
                slot = self._slot(item, said_at, may_be_any=name == "ended")
            except Wrong as e:
                self.drop(f"{where}.{name}[{i}]", e)
            else:
                if slot not in slots:
                    slots.append(slot)
        if sum(not slot.value for slot in slots) > MAX_OVER:
            self.drop(f"{where}.{name}", f"would end {len(slots)} slots at once, whatever they hold; at most {MAX_OVER} are believed")
            return tuple(slot for slot in slots if slot.value)
        return tuple(slots)

    def _slot(self, item: object, said_at: datetime, *, may_be_any: bool) -> Slot:
        fields = fields_of(item)
        attribute = self.own.attribute(SNAKE.sub("_", text_in(fields, "attribute", MAX_ATTRIBUTE)))
        if not attribute:
            raise Wrong("its attribute is empty")
        value = "" if may_be_any and fields.get("value") in (None, "") else text_in(fields, "value", MAX_VALUE)
        if attribute == _BORN and value:
            _check_birth(value, said_at)
        entity = self._name(text_in(fields, "entity", MAX_NAME))
        invented = self.said.invented_slot(entity, value, said_at=said_at)
        if invented:
            raise Wrong(f"names what nobody said: {invented}")
        return Slot(entity, attribute, value)

    # ------------------------------------------------------------------ relations
    def attach_relations(self, value: object, found: dict[int, Candidate]) -> None:
        """Gives each relation to the memory that proves it: the one it names, else the first that mentions both ends."""
        for i, item in enumerate(list_in(value, "relations", self, most=4 * MAX_MEMORIES)):
            self.attempt(f"relations[{i}]", lambda i=i, item=item: self._attach_relation(f"relations[{i}]", item, found))

    def _attach_relation(self, where: str, item: object, found: dict[int, Candidate]) -> None:
        fields = fields_of(item)
        start, end = (self._name(text_in(fields, side, MAX_NAME)) for side in ("from", "to"))
        verb = SNAKE.sub("_", text_in(fields, "relation", MAX_ATTRIBUTE).casefold()).strip("_")
        if not verb or entity_key(start) == entity_key(end):
            raise Wrong("does not join two entities")
        number = fields.get("memory")
        if type(number) is int:
            if number not in found:
                raise Wrong(f"the memory that should prove it, {number}, does not stand")
        else:
            number = next((n for n, c in found.items() if _mentions(c, start) and _mentions(c, end)), None)
            if number is None:
                raise Wrong("no memory proves it")
        candidate = found[number]
        message = self.messages[candidate.message]
        said_at = _aware(message.timestamp or self.context.now)
        since, _ = self._date(where, fields, "valid_from", message, said_at)
        until, unit = self._date(where, fields, "valid_to", message, said_at)
        since, until = since or candidate.valid_from, until or candidate.valid_to
        if since is not None and until is not None and until <= since:
            until = _after(until, unit)
            if until is None or until <= since:
                raise Wrong("ends before it begins (valid_to, valid_from)")
        relation = Relation(start, verb, end, since, until)
        if relation not in candidate.relations:
            found[number] = replace(candidate, relations=(*candidate.relations, relation))

    # ------------------------------------------------------------------ entities
    def attach_entities(self, value: object, found: dict[int, Candidate]) -> None:
        """Gives each entity to every memory that mentions it; names in slots and relations become entities too."""
        known: dict[str, Entity] = {}
        for i, item in enumerate(list_in(value, "entities", self, most=4 * MAX_MEMORIES)):
            try:
                entity = self._entity(f"entities[{i}]", item)
            except Wrong as e:
                self.drop(f"entities[{i}]", e)
                continue
            if not any(_mentions(c, name) for c in found.values() for name in (entity.name, *entity.aliases)):
                self.drop(f"entities[{i}]", f"no memory mentions {shown(entity.name)}")
            known.setdefault(entity.key, entity)
        for number, candidate in found.items():
            named = [r.subject for r in candidate.relations] + [r.object for r in candidate.relations]
            named += [slot.entity for slot in (*candidate.slots, *candidate.ended)] + [candidate.subject]
            entities = {entity_key(n): known.get(entity_key(n), Entity(n, "User" if n == SELF else "Thing")) for n in named}
            mentioned = {k: e for k, e in known.items() if any(_mentions(candidate, name) for name in (e.name, *e.aliases))}
            found[number] = replace(candidate, entities=tuple((mentioned | entities).values()))

    def _entity(self, where: str, item: object) -> Entity:
        fields = fields_of(item)
        name = self._name(text_in(fields, "id" if "id" in fields else "name", MAX_NAME))
        words = "".join(word[:1].upper() + word[1:] for word in re.findall(r"[^\W_]+", str(fields.get("type") or "")))
        aliases: list[str] = []
        for given in list_in(fields.get("aliases"), f"{where}.aliases", self):
            alias = given.strip() if isinstance(given, str) and is_clean(given, MAX_NAME) else ""
            key = entity_key(alias)
            if not key or key == entity_key(name) or key in map(entity_key, aliases):
                continue
            why = self._misleads(name, alias)
            if why:
                self.drop(f"{where}.aliases", f"{shown(alias)} {why}")
            else:
                aliases.append(alias)
        if name == SELF:
            return Entity(SELF, "User", tuple(aliases))
        kind = self.own.types.get(words.casefold()) or (words[:MAX_ATTRIBUTE] if words.isalnum() else "Thing")
        return Entity(name, kind, tuple(aliases))

    def _misleads(self, name: str, alias: str) -> str:
        """Why `alias` must not lead to `name`; "" when nothing speaks against it."""
        other = self._name(alias)
        if other == SELF and name != SELF:
            return f"is the user, not {name}"
        unnamed = kin_phrase(alias) is not None and kin_phrase(other) is not None  # "my sister", whose name may be learnt now
        if entity_key(alias) in self.context.known_names and entity_key(other) != entity_key(name) and not unnamed:
            return f"is known as {other}, not {name}"
        return "" if self.said.mentions(alias) else "was not said"


def _deeds_of(candidate: Candidate) -> tuple[tuple[int, ...], ...]:
    """The numbers under each of `DEEDS`."""
    return candidate.merges, candidate.updates, candidate.replaces, candidate.retracts


def _speaks(message: Message) -> bool:
    """Whether a person speaks; an assistant with a name is one in an imported conversation."""
    return message.role == "user" or (message.role == "assistant" and message.name is not None)


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant


def _after(start: datetime, unit: str) -> datetime | None:
    """The end of the day, month or year that begins at `start`; None for an instant."""
    if unit == "d":
        return start + timedelta(days=1)
    if unit == "m":
        return (start + timedelta(days=32)).replace(day=1)
    return start.replace(year=start.year + 1) if unit == "y" else None


def _check_birth(value: str, said_at: datetime) -> None:
    """Refuses a birth date that lies ahead; a birthday without a year does not."""
    try:
        born, _ = date({"value": value}, "value")
    except Wrong:
        return  # "14 March", "in May"
    if born is not None and born > said_at + TODAY:
        raise Wrong(f"its birth date, {shown(value)}, lies ahead")


def _mentions(candidate: Candidate, name: str) -> bool:
    key = entity_key(name)
    slots = (*candidate.slots, *candidate.ended)
    ends = {candidate.subject, *(s.entity for s in slots), *(s.value for s in slots)}
    ends |= {end for r in candidate.relations for end in (r.subject, r.object)}
    if name == SELF or key in map(entity_key, ends):
        return True
    text = f"{candidate.text}\n{candidate.quote}".casefold()
    return re.search(rf"(?<!\w){re.escape(key)}(?!\w)", text) is not None or (not key.isascii() and key in text)
