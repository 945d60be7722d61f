"""An application's instructions at work: said to a model, and held to by every extractor.

`section` is what a model reads of them. `Own` is what they mean: which names lead to which slot, which hold one value, which kinds there
are and what must not be stored. `Instructed` puts them on an extractor that cannot read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from perdure.filters import Compare, Filter, Or
from perdure.model.candidate import Candidate, Extraction, ExtractionContext
from perdure.model.instructions import Instructions, OwnSlot, folded
from perdure.model.memory import KINDS, OWN_KIND, Kind
from perdure.model.message import Message
from perdure.ports import Extractor
from perdure.rules.slots import ATTRIBUTES, canonical, single_valued


@dataclass(frozen=True, slots=True)
class Own:
    """What is an application's own.

    `kinds` maps a name to the built-in kind it is based on, `aliases` a folded attribute to its name, `types` a folded entity type to its
    name. `single` are the attributes that hold one value beside the built-in ones; `ignored` kinds and attributes are not stored.
    """

    kinds: dict[str, Kind] = field(default_factory=dict[str, Kind])
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    types: dict[str, str] = field(default_factory=dict[str, str])
    single: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()

    @classmethod
    def of(cls, instructions: Instructions) -> Own:
        """What `instructions` mean. An attribute's name wins over an alias, the application's words over the built-in ones."""
        of_types = [slot for entity in instructions.entities for slot in entity.attributes]
        slots = [*of_types, *instructions.slots]
        names = {slot.name: canonical(slot.name) for slot in slots}
        aliases = {alias: names[slot.name] for slot in slots for alias in slot.aliases} | names
        single = {names[s.name] for s in of_types if s.single and names[s.name] not in ATTRIBUTES}
        single |= {names[s.name] for s in instructions.slots if s.single and not single_valued(s.name)}
        kinds: dict[str, Kind] = {kind.name: kind.based_on for kind in instructions.kinds}
        words = {folded(text.rstrip(".")) for text in instructions.ignore}
        ignored = {w for w in words if w in KINDS or w in kinds}
        ignored |= {a for w in words if (a := aliases.get(w) or canonical(w)) in ATTRIBUTES or a in aliases.values()}
        ignored |= {w for word in words if (w := canonical(word)).startswith("favorite_")}
        return cls(
            kinds, aliases, {folded(e.name).replace("_", ""): e.name for e in instructions.entities}, frozenset(single), frozenset(ignored)
        )

    def attribute(self, name: str) -> str:
        """The one name of an attribute, from any alias and spelling."""
        return self.aliases.get(folded(name)) or canonical(name)

    def narrowed(self, kinds: Sequence[str]) -> Filter | None:
        """What memories must satisfy beside being of the built-in kinds that `kinds` come to; None when nothing."""
        if not any(kind in self.kinds for kind in kinds):
            return None
        return Or(tuple(Compare(f"metadata.{OWN_KIND}" if kind in self.kinds else "kind", "eq", kind) for kind in kinds))

    def refuses(self, candidate: Candidate) -> str:
        """Why a candidate must not be stored; "" when nothing speaks against it."""
        for kind in (candidate.kind, str(candidate.metadata.get(OWN_KIND, ""))):
            if kind in self.ignored:
                return f"the instructions ignore the kind {kind}"
        for slot in (*candidate.slots, *candidate.ended):
            if slot.attribute in self.ignored:
                return f"the instructions ignore the slot {slot.attribute}"
        return ""


class Instructed:
    """An `Extractor` that keeps to an application's instructions as far as they bind one that cannot read them."""

    def __init__(self, extractor: Extractor, own: Own) -> None:
        self._extractor = extractor
        self._own = own

    @property
    def name(self) -> str:
        """The name of the extractor behind it."""
        return self._extractor.name

    def extract(self, messages: Sequence[Message], context: ExtractionContext) -> Extraction:
        """Its proposals without those that the instructions ignore; these are in `dropped`.

        Raises:
            ModelError: the extractor failed.
        """
        found = self._extractor.extract(messages, context)
        kept: list[Candidate] = []
        dropped = list(found.dropped)
        for i, candidate in enumerate(found.candidates):
            why = self._own.refuses(candidate)
            if why:
                dropped.append(f"memories[{i}]: {why}")
            else:
                kept.append(candidate)
        single = found.single_valued | self._own.single
        return replace(found, candidates=tuple(kept), dropped=tuple(dropped), single_valued=single)


def section(instructions: Instructions) -> str:
    """What a model reads of `instructions`, after our own; "" when they say nothing."""
    lines = [f"- Keep above all: {text}" for text in instructions.extract]
    lines += [f"- Leave out: {text}" for text in instructions.ignore]
    lines += [f"- `kind` may be {k.name}, a sort of {k.based_on}{_about(k.description)}" for k in instructions.kinds]
    lines += [f"- Attribute {_told(slot)}" for slot in instructions.slots]
    for entity in instructions.entities:
        lines.append(f"- Entity `type` {entity.name}{_about(entity.description)}")
        lines += [f"  - its attribute {_told(slot)}" for slot in entity.attributes]
    return "\n".join(["# This application", *lines]) if lines else ""


def system_text(prompt: str, instructions: Instructions) -> str:
    """The system turn: the same for every call of an application, and its beginning the same for all of them."""
    own = section(instructions)
    return f"{prompt}\n\n{own}" if own else prompt


def with_kinds(schema: dict[str, Any], kinds: Sequence[str]) -> dict[str, Any]:
    """An extraction's JSON Schema that takes further kinds."""
    if not kinds:
        return schema
    item: dict[str, Any] = schema["properties"]["memories"]["items"]
    kind: dict[str, Any] = item["properties"]["kind"]
    properties = item["properties"] | {"kind": kind | {"enum": [*kind["enum"], *kinds]}}
    memories = schema["properties"]["memories"] | {"items": item | {"properties": properties}}
    return schema | {"properties": schema["properties"] | {"memories": memories}}


def _told(slot: OwnSlot) -> str:
    notes = (["one value at a time"] if slot.single else []) + ([f"also called {', '.join(slot.aliases)}"] if slot.aliases else [])
    noted = f" ({'; '.join(notes)})" if notes else ""
    return f"{slot.name}{noted}{_about(slot.description)}"


def _about(description: str) -> str:
    return f": {description}" if description else ""
