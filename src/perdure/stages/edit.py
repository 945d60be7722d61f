"""Edit: the writes that a person makes, and taking writes back. Each is a Change like any other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from perdure.errors import ConflictError, InputError, NotFoundError
from perdure.model.base import to_micros
from perdure.model.candidate import Candidate, Extraction
from perdure.model.change import Change
from perdure.model.graph import SELF, entity_key
from perdure.model.memory import SUMMARY, Kind, MemoryRecord, Term
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope, sees
from perdure.rules.secrets import redact
from perdure.rules.slots import single_valued
from perdure.stages.capture import checked_metadata, mended
from perdure.stages.commit import Batch, commit, embed, vector_of, write
from perdure.stages.decisions import Clash, Write
from perdure.stages.directory import Names
from perdure.stages.rename import THING, Known, Same, rename_all
from perdure.stages.stores import Stores


def messages_called(stores: Stores, scope: Scope, ids: Sequence[str]) -> list[CapturedMessage]:
    """The messages of the scope's owner with these ids, in order.

    Raises:
        NotFoundError: one of them does not exist.
    """
    with stores.ledger.snapshot() as snapshot:
        owner = snapshot.owner(scope)
        found = [snapshot.message_called(owner, i) if owner is not None else None for i in ids]
    messages: list[CapturedMessage] = []
    for uid, message in zip(ids, found, strict=True):
        if message is None or not sees(scope, message.scope, session_only=message.private):
            raise NotFoundError(f"sources: there is no message {uid!r} in this scope. Add the message first, or leave sources out.")
        messages.append(message)
    return messages


def remember(
    stores: Stores, scope: Scope, owner: int, text: str, messages: Sequence[CapturedMessage], *, own: bool, kind: Kind, term: Term,
    at: datetime | None, expires_at: datetime | None, metadata: Mapping[str, Any],
) -> list[Change]:  # fmt: skip
    """Keeps a statement as it is, proven by `messages`; `own`: the one message is the statement itself."""
    candidate = Candidate(
        text=text, quote=text if own else "", message=0, also=tuple(range(1, len(messages))), kind=kind, term=term, valid_from=at,
        expires_at=expires_at, confidence=1.0, explicit=True, metadata=metadata,
    )  # fmt: skip
    batch = Batch(scope, owner, messages, Extraction((candidate,), extractor="remember"), actor="remember")
    embed(stores, batch)
    if not own:
        batch.message_vectors = {}  # theirs are stored already
    return commit(stores, batch) or []


def update(stores: Stores, scope: Scope | None, memory_id: str, *, text: str | None, metadata: Mapping[str, Any] | None) -> list[Change]:
    """A new text, new metadata or both. A new text gives up the slots and relations read off the old one.

    Raises:
        NotFoundError: no such memory. InputError: neither is given, or the text is empty.
    """
    if text is None and metadata is None:
        raise InputError("update needs text or metadata.", argument="text")
    if text is not None:
        if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InputError(f"text must be a string, not {type(text).__name__}.", argument="text")
        text = redact(mended(text))[0].strip()
        if not text:
            raise InputError("text is empty. To remove a memory use delete.", argument="text")
    given = None if metadata is None else checked_metadata(metadata, "metadata")
    record = current(stores, scope, memory_id)
    now = stores.clock()
    after = replace(record, version=record.version + 1, recorded_at=now)
    vectors: dict[str, Any] = {}
    if text is not None and text != record.text:
        folded = text.casefold()
        written = {e.key: (e.name, *e.aliases) for e in record.entities}  # "Bob" still says Robert

        def says(name: str) -> bool:
            return any(n.casefold() in folded for n in (name, *written.get(entity_key(name), ())))

        kept = tuple(s for s in record.slots if says(s.value))
        after = replace(after, text=text, doc=0, slots=kept, relations=tuple(r for r in record.relations if says(r.object)))
        vectors[record.id] = vector_of(stores, after)
    if given is not None:
        after = replace(after, metadata=given)
    return _write_one(stores, record, Write("update", record, after, "edited"), vectors=vectors)


def delete(stores: Stores, scope: Scope | None, memory_id: str) -> list[Change]:
    """Hides a memory everywhere at once, and the message it speaks for; history and ledger keep it, `undo` brings it back.

    Raises:
        NotFoundError: no such memory.
    """
    record = current(stores, scope, memory_id)
    now = stores.clock()
    after = replace(record, version=record.version + 1, recorded_at=now, status="deleted")
    with stores.ledger.snapshot() as snapshot:
        drawn = {r.id: r for s in record.sources if s.doc for r in snapshot.by_message(s.doc)}
    summed = [r for r in drawn.values() if r.kind == SUMMARY and r.id != memory_id and r.status == "live"]
    with_it = [
        Write("retract", r, replace(r, version=r.version + 1, recorded_at=now, status="retracted"), f"sums up {memory_id}") for r in summed
    ]
    return _write_one(stores, record, Write("retract", record, after, "deleted"), *with_it)


def end_session(stores: Stores, scope: Scope) -> list[Change]:
    """Lets the short-term memories of a session expire now."""
    now = stores.clock()
    with stores.ledger.transaction() as tx:
        owner = tx.owner(scope)
        if owner is None:
            return []
        writes = [
            Write("expire", r, replace(r, version=r.version + 1, recorded_at=now, expires_at=now), "session ended")
            for r in tx.current_versions(owner)
            if r.term == "short_term" and r.status == "live" and r.scope.session_id == scope.session_id
            and (r.expires_at is None or r.expires_at > now)
        ]  # fmt: skip
        return write(stores, tx, owner, tx.revise(owner, memories=True), writes, vectors={}, actor="session")


def settle(stores: Stores, conflict_id: str, *, keep: str) -> list[Change]:
    """Closes a conflict by keeping one of its memories and superseding the other.

    Raises:
        NotFoundError: no such open conflict. InputError: `keep` is not one of its two memories.
    """
    now = stores.clock()
    with stores.ledger.transaction() as tx:
        found = tx.conflicts(conflict_id=conflict_id)
        if not found:
            raise NotFoundError(f"There is no open conflict {conflict_id[:80]!r}. `conflicts` lists those there are.")
        pair = (found[0].memory_id, found[0].other_id)
        if keep not in pair:
            raise InputError(f"keep must be one of {pair[0]!r} and {pair[1]!r}.", argument="keep")
        loser = tx.current(pair[0] if keep == pair[1] else pair[1])
        tx.settle(conflict_id, to_micros(now))
        if loser is None or loser.status != "live":
            return []
        owner = tx.owner_of(loser.id)
        after = replace(loser, version=loser.version + 1, recorded_at=now, status="superseded", valid_to=now, superseded_by=keep)
        write_ = Write("supersede", loser, after, "conflict settled", by=keep)
        return write(stores, tx, owner, tx.revise(owner, memories=True), [write_], vectors={}, actor="user")


def merge_entities(stores: Stores, scope: Scope, name: str, into: str, *, dry_run: bool = False) -> list[Change]:
    """Leads every memory that claims something of one entity to another; where both hold a value that can be but one, the inbox is told.

    Args:
        stores: where they are.
        scope: whose.
        name: the entity that is given up, by its name or an alias of it.
        into: the one that stays; `SELF` for the user.
        dry_run: the changes are only shown; their ids are empty.

    Raises:
        NotFoundError: there is no such entity. InputError: both are one already, or `name` is the user.
    """
    with stores.ledger.transaction() as tx:
        owner = tx.owner(scope)
        names = None if owner is None else _names(stores, tx, owner, scope)
        one, other = (_entity(names, n, a) for n, a in ((name, "name"), (into, "into")))
        if one.name == SELF:
            raise InputError(f'{name!r} is the user, who can only be merged into: give into="user".', argument="name")
        if entity_key(one.name) == entity_key(other.name):
            raise InputError(f"{name!r} and {into!r} are one entity already: {other.name}.", argument="into")
        assert names is not None and owner is not None  # noqa: S101, PT018  (an entity was found)
        same = Same(one.name, other.name, other.type if other.type != THING else one.type, stated=True)
        now = stores.clock()
        writes = rename_all((r for r in names.mentioning(one.name) if within(r, scope)), same, now)
        if dry_run:
            return [Change("", w.type, w.after.id, w.before, w.after, w.reason, "user", now) for w in writes]
        clashes = [
            Clash(w.after.id, r.id, f"{same.reason}: two values of {s.attribute}")
            for w in writes if w.after.status == "live"
            for s in w.after.slots if s.valid_to is None and single_valued(s.attribute) and entity_key(s.entity) == entity_key(other.name)
            for r in tx.open_slots(owner, entity_key(other.name), s.attribute, matching=s.value_key.__ne__)
        ]  # fmt: skip
        return write(stores, tx, owner, tx.revise(owner, memories=True), writes, vectors={}, actor="user", clashes=clashes)


def _names(stores: Stores, tx: Any, owner: int, scope: Scope) -> Names:
    def holders(entity: str, attribute: str) -> list[MemoryRecord]:
        return tx.open_slots(owner, entity_key(entity), attribute)

    return Names(stores, tx, owner, scope, holders=holders, written={})


def _entity(names: Names | None, name: str, argument: str) -> Known:
    """The entity that goes by a name."""
    if entity_key(name) == SELF:
        return Known(SELF, "User")
    found: Sequence[Known] = () if names is None else names.called([entity_key(name)]).get(entity_key(name), ())
    own = next((k for k in found if not k.alias), None)
    by_alias = {entity_key(k.name): k for k in found}
    if own is None and len(by_alias) != 1:
        told = f"{name[:80]!r} is what several are called: {', '.join(sorted(k.name for k in by_alias.values()))}" if by_alias else ""
        raise NotFoundError(f"{argument}: {told or f'there is no entity {name[:80]!r} here'}. `entities` lists those there are.")
    return own or next(iter(by_alias.values()))


# ---------------------------------------------------------------------- taking back
def undo(stores: Stores, scope: Scope | None, change_id: str) -> list[Change]:
    """Takes a change back, and with it what it brought about or what brought it about.

    Undoing an add also brings back what it superseded; undoing a supersession also takes back the statement that did it, for
    both cannot hold. The undoing is itself a change, and can be undone.

    Raises:
        NotFoundError: no such change in the scope. InputError: it was undone already, or a later change stands on it.
    """
    with stores.ledger.transaction() as tx:
        found = tx.changes(change_id=change_id)
        if not found or found[0].after is None or not within(found[0].after, scope):
            raise NotFoundError(f"There is no change {change_id[:80]!r} here that could be undone. `history` shows a memory's changes.")
        group = _group(tx, found[0])
        owner = tx.owner_of(found[0].memory_id)
        writes: list[Write] = []
        undoes: dict[int, str] = {}
        if any(c.type == "erase" for c in group):
            raise InputError(f"Change {change_id[:80]} erased a source; what is forgotten cannot be brought back.", argument="change_id")
        held: dict[str, MemoryRecord] = {}  # what each memory is by now, with what is taken back here
        for change in reversed(group):
            if tx.changes(undoes=change.id):
                if change.id not in (change_id, group[0].id):
                    continue  # taken back on its own before
                raise InputError(f"Change {change.id} was undone already.", argument="change_id")
            now_version = held.get(change.memory_id) or tx.current(change.memory_id)
            if now_version is None or change.after is None or not _says_the_same(now_version, change.after):
                raise InputError(
                    f"Change {change.id} cannot be undone: memory {change.memory_id} was changed again since. Undo the later change first.",
                    argument="change_id",
                )
            undoes[len(writes)] = change.id
            writes.append(_back(now_version, change.before, stores.clock(), f"undo of {change.type}"))
            held[change.memory_id] = writes[-1].after
        return write(stores, tx, owner, tx.revise(owner, memories=True), writes, vectors={}, actor="undo", undoes=undoes, together=True)


def _says_the_same(one: MemoryRecord, other: MemoryRecord) -> bool:
    """Whether two versions differ in nothing but when they were written: changes in between have been taken back."""
    return replace(one, version=0, recorded_at=other.recorded_at, retired_at=None) == replace(other, version=0, retired_at=None)


def _group(tx: Any, change: Change) -> list[Change]:
    """The change with those that stand or fall with it, oldest first."""
    root = change
    while root.cause:
        brought: Change = next(iter(tx.changes(change_id=root.cause)), root)
        if brought is root or (root.type == "merge" and brought.type != "merge"):
            break  # that two names are one entity's can be taken back without the statement that showed it
        root = brought
    group, level = [root], [root]
    while level:
        level = [c for parent in level for c in tx.changes(cause=parent.id)]
        group += level
    return group


def _back(now_version: MemoryRecord, before: MemoryRecord | None, now: datetime, reason: str) -> Write:
    """The write that makes a memory what it was; a memory that was not there is retracted."""
    if before is None:
        return Write(
            "retract",
            now_version,
            replace(now_version, version=now_version.version + 1, recorded_at=now, status="deleted"),
            reason,
        )
    after = replace(before, version=now_version.version + 1, recorded_at=now, retired_at=None)
    return Write("update", now_version, after, reason)


def rollback(stores: Stores, scope: Scope, *, to: datetime) -> list[Change]:
    """Makes every memory of the scope what it was known to be at an instant; later memories are retracted.

    What was captured stays: messages are what was said. So do short-term memories of sessions that the scope does not name. The
    rollback is made of changes and can be undone by another.
    """
    writes_by_owner: list[Change] = []
    with stores.ledger.transaction() as tx:
        now = stores.clock()
        for owner, _ in tx.owners(scope):
            then = {r.id: r for r in tx.known_versions(owner, to_micros(to))}
            writes: list[Write] = []
            for record in tx.current_versions(owner):
                if not within(record, scope):
                    continue
                was = then.get(record.id)
                if was is None and record.status != "deleted":
                    writes.append(_back(record, None, now, f"rollback to {to:%Y-%m-%d %H:%M:%S}"))
                elif was is not None and was.version != record.version:
                    writes.append(_back(record, was, now, f"rollback to {to:%Y-%m-%d %H:%M:%S}"))
            if writes:
                writes_by_owner += write(stores, tx, owner, tx.revise(owner, memories=True), writes, vectors={}, actor="rollback")
    return writes_by_owner


# ---------------------------------------------------------------------- helpers
def within(record: MemoryRecord, scope: Scope | None) -> bool:
    """Whether a scope may touch a memory; no scope may touch any: the caller holds the id."""
    return scope is None or sees(scope, record.scope, session_only=record.term == "short_term")


def current(stores: Stores, scope: Scope | None, memory_id: str) -> MemoryRecord:
    """The current version of a memory that is not deleted.

    Raises:
        NotFoundError: there is none in the scope.
    """
    with stores.ledger.snapshot() as snapshot:
        record = snapshot.current(memory_id)
    if record is None or record.status == "deleted" or not within(record, scope):
        raise NotFoundError(f"There is no memory {memory_id[:80]!r} here. `list` shows the ids there are.")
    return record


def _write_one(
    stores: Stores, read: MemoryRecord, change: Write, *with_it: Write, vectors: Mapping[str, Any] | None = None
) -> list[Change]:
    """Writes one change, with others that stand or fall with it, unless the memory was changed since it was read.

    Raises:
        ConflictError: it was.
    """
    with stores.ledger.transaction() as tx:
        now_version = tx.current(read.id)
        if now_version is None or now_version.version != read.version:
            raise ConflictError(f"Memory {read.id} was changed by somebody else meanwhile. Read it again.")
        owner = tx.owner_of(read.id)
        writes = [change, *(w for w in with_it if w.before is not None and tx.number(w.before) == tx.number(tx.current(w.after.id)))]
        return write(stores, tx, owner, tx.revise(owner, memories=True), writes, vectors=vectors or {}, actor="user", together=True)
