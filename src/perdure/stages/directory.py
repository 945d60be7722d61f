"""Directory: what an owner's entities are called, as a reader may know them, with the writes of a batch applied (see `rename.Directory`).

It reads the graph index, where that can tell names (`FindsNames`), else the ledger's table of names. What a scope may not see does not
count: a name that only another agent's memories hold leads nobody there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from perdure.model.base import from_micros
from perdure.model.change import Change
from perdure.model.graph import SELF, KnownEntity, entity_key
from perdure.model.memory import MemoryRecord
from perdure.model.scope import Scope, sees
from perdure.model.search import View
from perdure.ports import FindsNames
from perdure.ports.indexes import Mention
from perdure.stages.rename import THING, Known
from perdure.stages.stores import Stores

#: Entities under one name from which on none is led to, whoever may see which.
MANY = 8
Holders = Callable[[str, str], Sequence[MemoryRecord]]


class Names:
    """One owner's entities in a snapshot.

    Args:
        stores: where the graph index is.
        snapshot: of the ledger.
        owner: its number.
        scope: who reads.
        holders: gives the live memories with an open slot of an entity and attribute.
        written: memories written in this batch, as they stand, by id.
    """

    def __init__(
        self, stores: Stores, snapshot: Any, owner: int, scope: Scope, *, holders: Holders, written: Mapping[str, MemoryRecord]
    ) -> None:
        self._stores, self._snapshot, self._owner, self._scope = stores, snapshot, owner, scope
        self._holders, self._written = holders, written
        self._graph: FindsNames | None = stores.graph if isinstance(stores.graph, FindsNames) else None

    def called(self, keys: Sequence[str]) -> Mapping[str, Sequence[Known]]:
        """The entities under each key, newest first; no entry for none."""
        found: dict[str, list[Known]] = {}
        wanted = set(keys)
        for record in reversed(list(self._written.values())):
            for key, known in _entries(record):
                if key in wanted:
                    found.setdefault(key, []).append(known)
        if self._graph is None:
            names = self._snapshot.names(self._owner)
            typed = self._stores.graph.entities(self._snapshot, self._owner, [k for k in keys if k in names])
            for key in typed:
                name = names[key]
                found.setdefault(key, []).append(Known(name, typed[key][1], alias=entity_key(name) != key))
        else:
            for key, known in self._seen(self._graph.called(self._snapshot, self._owner, keys)):
                found.setdefault(key, []).append(known)
        return found

    def beginning(self, word: str) -> Sequence[Known]:
        """The entities with a name or alias that begins with a folded word and goes on."""
        found = [known for record in self._written.values() for key, known in _entries(record) if key.startswith(f"{word} ")]
        if self._graph is not None and word:
            rows = [(key, name, kind, 1, doc) for key, name, kind, _, doc in self._graph.beginning(self._snapshot, self._owner, word)]
            found += [known for _, known in self._seen(rows)]
        return found

    def values(self, entity: str, attribute: str) -> Sequence[tuple[str, str]]:
        """The open values of a slot, each with the text of the memory that states it."""
        key = entity_key(entity)
        return [
            (s.value, r.text)
            for r in self._holders(entity, attribute) if self._may_see(r)
            for s in r.slots if s.attribute == attribute and s.valid_to is None and entity_key(s.entity) == key
        ]  # fmt: skip

    def joined(self, one: str, other: str) -> bool:
        """Whether a relation joins two entities: then they are two."""
        pair = {entity_key(one), entity_key(other)}
        if any({entity_key(r.subject), entity_key(r.object)} == pair for record in self._written.values() for r in record.relations):
            return True
        return self._graph is not None and self._graph.joined(self._snapshot, self._owner, *map(entity_key, (one, other)))

    def mentioning(self, name: str) -> Sequence[MemoryRecord]:
        """Every current memory that claims something of an entity, but for those retracted or deleted."""
        key = entity_key(name)
        ids = self._graph.claiming(self._snapshot, self._owner, key) if self._graph is not None else []
        records = [self._written.get(i) or self._snapshot.current(i) for i in ids]
        records += [r for r in self._written.values() if r.id not in set(ids)]
        return [r for r in records if r is not None and r.status in ("live", "superseded") and self._may_see(r) and _claims(r, key)]

    def parted(self, record: MemoryRecord, reason: str) -> bool:
        """Whether a change of a memory for this reason was taken back."""
        changes: list[Change] = self._snapshot.changes(memory_id=record.id) if record.doc else []
        return any(c.type == "merge" and c.reason == reason and self._snapshot.changes(undoes=c.id) for c in changes)

    def _may_see(self, record: MemoryRecord) -> bool:
        return sees(self._scope, record.scope, session_only=record.term == "short_term")

    def _seen(self, rows: Iterable[Mention]) -> list[tuple[str, Known]]:
        """The entities in rows, but for memories written since, and for what the scope may not see.

        Who goes by his own name needs no looking up: that is the word that was used. Nor do many who share a name: none of them is led to.
        """
        stale = {r.doc for r in self._written.values() if r.doc}
        docs: dict[tuple[str, str, str, int], list[int]] = {}
        for key, name, kind, alias, doc in rows:
            if doc not in stale:
                docs.setdefault((key, name, kind, alias), []).append(doc)
        return [
            (key, Known(name, kind, alias=bool(alias)))
            for (key, name, kind, alias), of in docs.items()
            if not alias or len(docs) > MANY or self._any_seen(of)
        ]

    def _any_seen(self, docs: Sequence[int]) -> bool:
        """Whether the scope may see one of some memories."""
        parts = [docs[:1], *(docs[at : at + MANY] for at in range(1, len(docs), MANY))]
        return any(self._may_see(r) for part in parts for r in self._snapshot.texts(part).values())


def _entries(record: MemoryRecord) -> Iterable[tuple[str, Known]]:
    if record.status == "live":
        for e in record.entities:
            if e.name != SELF:
                yield e.key, Known(e.name, e.type)
                for alias in e.aliases:
                    yield entity_key(alias), Known(e.name, e.type, alias=True)


def _claims(record: MemoryRecord, key: str) -> bool:
    """Whether a memory names an entity by its own name, not by an alias alone."""
    named = [e.name for e in record.entities] + [n for r in record.relations for n in (r.subject, r.object)]
    named += [n for s in record.slots for n in (s.entity, s.value)] + [record.subject]
    return any(entity_key(n) == key for n in named)


def listing(stores: Stores, snapshot: Any, view: View, *, kind: str | None = None) -> list[KnownEntity]:
    """The entities of what a view may see, those in most memories first; `kind`: only of this type."""
    found: dict[str, _Tally] = {}
    for owner, owner_kind in snapshot.owners(view.scope):
        columns = snapshot.columns(owner, owner_kind)
        selection = columns.select(view)
        rows = list(stores.graph.every(snapshot, owner)) if isinstance(stores.graph, FindsNames) else _rows(snapshot, owner)
        places: list[int] = columns.positions([doc for *_, doc in rows]).tolist() if rows else []
        docs_of_aliases: dict[int, int] = {}
        for (_, name, type_, alias, doc), at in zip(rows, places, strict=True):
            if not 0 <= at < len(selection.mask) or not selection.mask[at]:
                continue
            tally = found.setdefault(entity_key(name), _Tally())
            tally.add(owner, doc, name, type_, int(columns.said_at[at]))
            if alias:
                docs_of_aliases[doc] = at
        versions = [columns.version(int(selection.row_of[at])) for at in docs_of_aliases.values()]
        for record in snapshot.versions(versions).values():  # the index folds aliases; the memory has them as they were written
            for e in record.entities:
                if e.key in found:
                    found[e.key].aliases |= {entity_key(a): a for a in e.aliases if entity_key(a) != e.key}
    made = [t.entity() for t in found.values()]
    return sorted((e for e in made if kind is None or e.type.casefold() == kind.casefold()), key=lambda e: (-e.memories, e.name.casefold()))


class _Tally:
    """One entity being counted."""

    def __init__(self) -> None:
        self.docs: set[tuple[int, int]] = set()
        self.name, self.type, self.newest = "", THING, -1
        self.first, self.last = 2**62, -(2**62)
        self.aliases: dict[str, str] = {}

    def add(self, owner: int, doc: int, name: str, type_: str, said_at: int) -> None:
        self.docs.add((owner, doc))
        self.first, self.last = min(self.first, said_at), max(self.last, said_at)
        if type_ != THING and (self.type == THING or doc >= self.newest):
            self.type = type_
        if doc >= self.newest:
            self.newest, self.name = doc, name

    def entity(self) -> KnownEntity:
        aliases = tuple(sorted(self.aliases.values(), key=str.casefold))
        return KnownEntity(self.name, self.type, aliases, len(self.docs), from_micros(self.first), from_micros(self.last))


def _rows(snapshot: Any, owner: int) -> list[tuple[str, str, str, int, int]]:
    """What `FindsNames.every` gives, read from the memories themselves."""
    return [(e.key, e.name, e.type, 0, r.doc) for r in snapshot.current_versions(owner) for e in r.entities]
