"""Forget: erases a user, an agent, a session or one memory from every store, the history and the file's free pages.

Forgetting is the one write that leaves nothing to undo. Rows are deleted with their content overwritten, the write-ahead log is
emptied, and the receipt names each store with what it lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from perdure.errors import NotFoundError
from perdure.model.change import Receipt
from perdure.model.memory import SUMMARY, MemoryRecord
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.stages.capture import message_digest
from perdure.stages.commit import write
from perdure.stages.consolidate import Write
from perdure.stages.edit import within
from perdure.stages.stores import Stores, counted, message_terms

#: Stands in a message where the words of a forgotten memory were.
MARK = "[forgotten]"


def forget_scope(stores: Stores, scope: Scope) -> Receipt:
    """Erases everything that carries every named part of `scope`, and what is left without a source by that."""
    counts: dict[str, int] = dict.fromkeys(("messages", "memories", "history", "vector", "text", "graph", "slots", "jobs"), 0)
    with stores.ledger.transaction() as tx:
        for owner, kind in tx.owners(scope):
            if scope.user_id is not None and kind != "user":
                continue  # what an agent knows by itself belongs to the agent, not to the user that named it
            if scope.agent_id is None and scope.session_id is None:
                _add(counts, _erase_owner(stores, tx, owner))
            else:
                _add(counts, _erase_parts(stores, tx, owner, scope))
    return _receipt(stores, counts, _name(scope))


def forget_memory(stores: Stores, memory_id: str, scope: Scope | None = None) -> Receipt:
    """Erases one memory with its history, and the words it quotes from the messages they stand in.

    Memories that quote the same words of the same message go with it: they would say it again.

    Raises:
        NotFoundError: there is no such memory in the scope.
    """
    counts: dict[str, int] = dict.fromkeys(("messages", "memories", "history", "vector", "text", "graph", "slots", "jobs"), 0)
    with stores.ledger.transaction() as tx:
        owner = tx.owner_of(memory_id)
        record = tx.current(memory_id)
        if owner is None or record is None or not within(record, scope):
            raise NotFoundError(f"There is no memory {memory_id[:80]!r} here. `list` shows the ids there are.")
        # Of a summary what it was made of stays.
        versions: list[MemoryRecord] = [] if record.kind == SUMMARY else tx.all_versions(memory_id)
        spans = {(s.doc, s.quote) for v in versions for s in v.sources if s.doc}
        ids = {memory_id}
        for doc, quote in spans:
            drawn = tx.by_message(doc)
            ids.update(r.id for r in drawn if any(s.doc == doc and (quote in s.quote or s.quote in quote) for s in r.sources))
            ids.update(r.id for r in drawn if r.kind == SUMMARY)  # it may say in other words what is forgotten
        revision = tx.revise(owner, memories=True, erased=True)
        texts = [v.text for i in ids for v in tx.all_versions(i)]
        _add(counts, _erase_memories(stores, tx, owner, sorted(ids)))
        for doc in sorted({d for d, _ in spans}):
            message = tx.messages([doc]).get(doc)
            if message is not None:
                quotes = sorted({q for d, q in spans if d == doc} | set(texts), key=len, reverse=True)
                counts["messages"] += _strike(stores, tx, owner, revision, message, quotes)
        counts["jobs"] += tx.erase_calls(owner)
    return _receipt(stores, counts, f"memory {memory_id}")


def _strike(stores: Stores, tx: Any, owner: int, revision: int, message: CapturedMessage, quotes: Sequence[str]) -> int:
    """Takes quotes out of a message and indexes what is left; a message with nothing left goes altogether."""
    content = message.message.content
    for quote in quotes:
        if quote:
            content = content.replace(quote, MARK)
    if content == message.message.content:
        return 0
    stores.text.remove(tx, owner, {message.doc: message_terms(message.message.name, message.message.content)})
    stores.vector.remove(tx, [message.doc])
    if not content.replace(MARK, "").strip(" .,;:!?\n\t"):
        return tx.erase_messages([message.doc])
    struck = replace(message.message, content=content)
    counts = message_terms(struck.name, content)
    tx.rewrite_message(message.doc, content, message_digest(struck), sum(counts.values()), revision)
    stores.text.put(tx, owner, revision, {message.doc: counts})
    tx.soil(stores.vector.name, [message.doc], owner, revision)
    return 1


def _erase_owner(stores: Stores, tx: Any, owner: int) -> dict[str, int]:
    erased = {index.name: index.remove_owner(tx, owner) for index in (stores.vector, stores.text, stores.graph, stores.slots)}
    tables = tx.erase_owner(owner)
    erased |= {"messages": tables["messages"], "memories": tables["memories"], "history": tables["changes"]}
    erased["jobs"] = tables["jobs"] + tables["calls"]
    return erased


def _erase_parts(stores: Stores, tx: Any, owner: int, scope: Scope) -> dict[str, int]:
    """Erases an agent's or a session's part of an owner."""
    erased: dict[str, int] = {}
    messages = tx.carried_messages(owner, agent_id=scope.agent_id, session_id=scope.session_id)
    docs = {m.doc for m in messages}
    revision = tx.revise(owner, memories=True, erased=True)
    gone: list[str] = []
    kept: list[Write] = []
    now = stores.clock()
    for record in tx.touched_memories(owner, agent_id=scope.agent_id, session_id=scope.session_id):
        left = tuple(s for s in record.sources if s.doc not in docs)
        if not left or _within(record, scope) or (record.kind == SUMMARY and len(left) < len(record.sources)):
            gone.append(record.id)
        elif len(left) < len(record.sources):
            after = replace(record, version=record.version + 1, recorded_at=now, sources=left)
            kept.append(Write("erase", record, after, f"sources erased with {_name(scope)}"))
    _add(erased, _erase_memories(stores, tx, owner, gone))
    write(stores, tx, owner, revision, kept, vectors={}, actor="forget")
    for w in kept:  # earlier versions still quote what was erased
        tx.erase_versions_before(w.after.id, w.after.version)
    erased["text"] = erased.get("text", 0) + stores.text.remove(
        tx, owner, {m.doc: message_terms(m.message.name, m.message.content) for m in messages}
    )
    erased["vector"] = erased.get("vector", 0) + stores.vector.remove(tx, sorted(docs))
    before = tx.job_count(owner)
    erased["messages"] = tx.erase_messages(sorted(docs))
    erased["jobs"] = before - tx.job_count(owner) + tx.erase_calls(owner)
    return erased


def _within(record: MemoryRecord, scope: Scope) -> bool:
    """Whether a memory belongs to what is forgotten: it carries every part that is named; a session owns only what is short-term."""
    if scope.agent_id is not None and record.scope.agent_id != scope.agent_id:
        return False
    if scope.session_id is not None:
        bound = record.term == "short_term" or record.scope.owner[0] == "session"
        return bound and record.scope.session_id == scope.session_id
    return True


def _erase_memories(stores: Stores, tx: Any, owner: int, ids: Sequence[str]) -> dict[str, int]:
    versions = [v for i in ids for v in tx.all_versions(i)]
    by_doc = {v.doc: counted(v.text) for v in versions}
    history = sum(len(tx.changes(memory_id=i)) for i in ids)
    return {
        "text": stores.text.remove(tx, owner, by_doc),
        "vector": stores.vector.remove(tx, sorted(by_doc)),
        "graph": stores.graph.remove(tx, ids),
        "slots": stores.slots.remove(tx, ids),
        "memories": tx.erase_memories(ids),
        "history": history,
    }


def _receipt(stores: Stores, counts: dict[str, int], what: str) -> Receipt:
    freed, scrubbed = stores.ledger.scrub()
    return Receipt(
        at=stores.clock(), what=what, stores=counts | {"free pages": freed, **({} if scrubbed else {"log still read elsewhere": 1})}
    )


def _add(total: dict[str, int], more: dict[str, int]) -> None:
    for name, n in more.items():
        total[name] = total.get(name, 0) + n


def _name(scope: Scope) -> str:
    return ", ".join(
        f"{n}={v}" for n, v in (("user_id", scope.user_id), ("agent_id", scope.agent_id), ("session_id", scope.session_id)) if v
    )
