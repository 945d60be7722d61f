"""Reading summaries: what was summed up, less what no longer holds. A line is shown while all that it cites can be read as it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from perdure.model.base import to_micros
from perdure.model.maturing import SUMMARIES, Summary, SummaryKind
from perdure.model.memory import SUMMARY, MemoryRecord, Source
from perdure.model.scope import Scope
from perdure.model.search import Citation, Hit, View
from perdure.stages.hydrate import visible_memory, visible_message, whole
from perdure.stages.mature_summaries import stamp, summary_id

Proof = tuple[str, str, tuple[Source, ...], MemoryRecord | None]
"""What a line cites: the id of a memory (or ""), its words, its sources, and the memory itself."""


def summaries(snapshot: Any, view: View, *, kind: SummaryKind | None = None, about: str | None = None) -> list[Summary]:
    """The summaries a view may see, profiles first, then topics, then sessions, the newest of each first.

    `view.kinds` must be `(SUMMARY,)`.
    """
    found: list[Summary] = []
    for owner, owner_kind in snapshot.owners(view.scope):
        columns = snapshot.columns(owner, owner_kind)
        selection = columns.select(view)
        rows = [int(r) for r in selection.row_of[selection.mask].tolist()]
        for record in snapshot.versions(columns.version(r) for r in rows).values():
            if about is not None and record.metadata.get("about") != about:
                continue
            if not visible_memory(record, view) and (kind is None or record.metadata.get("summary") == kind):
                made = read(snapshot, owner, record, view)
                found += [made] if made is not None else []
    order = {k: n for n, k in enumerate(reversed(SUMMARIES))}
    return sorted(found, key=lambda s: (order[s.kind], -to_micros(s.memory.valid_from), s.id))


def profile(snapshot: Any, view: View) -> Summary | None:
    """The profile of a view's user: what every agent may know, then what the agent named knows besides; None when there is none."""
    scope = view.scope
    if scope.user_id is None:
        return None
    found: list[Summary] = []
    for agent in dict.fromkeys((None, scope.agent_id)):
        owned = Scope(scope.user_id, agent, tenant=scope.tenant)
        record = snapshot.current(summary_id(owned, "profile", ""))
        if record is not None and record.kind == SUMMARY and not visible_memory(record, view):
            owner = snapshot.owner(owned)
            made = read(snapshot, owner, record, view) if owner is not None else None
            found += [made] if made is not None else []
    return None if not found else found[0] if len(found) == 1 else _joined(found[0], found[1])


def read(snapshot: Any, owner: int, record: MemoryRecord, view: View) -> Summary | None:
    """A summary with its citations; None when none of its lines holds any more."""
    held = record.metadata
    kind, by, about = held.get("summary"), held.get("by"), held.get("about")
    if kind not in SUMMARIES:
        return None
    citations: list[Citation] = []
    number: dict[str, int] = {}
    told: list[str] = []
    for text, proofs in lines(snapshot, owner, record, view):
        cited: list[int] = []
        for memory_id, words, sources, _ in proofs:
            key = memory_id or sources[0].message_id
            if key not in number:
                number[key] = len(citations) + 1
                citations.append(Citation(number[key], memory_id, words, sources))
            cited.append(number[key])
        told.append(f"{text} {''.join(f'[{n}]' for n in dict.fromkeys(cited))}")
    if not told:
        return None
    return Summary(record.id, kind, str(about or ""), "\n".join(told), tuple(citations), str(by or "rules"), record.recorded_at, record)


def lines(snapshot: Any, owner: int, record: MemoryRecord, view: View) -> list[tuple[str, list[Proof]]]:
    """The lines of a summary that hold in a view of what its sources say, each with what it cites.

    A summary whose text was edited by hand has one line, proven by its sources.
    """
    raw = record.metadata.get("lines")
    plain = View(view.scope, view.now, view.as_of, view.known_at)
    told = cast("list[Any]", raw) if isinstance(raw, list) else []
    if not told or "\n".join(str(t[0]) for t in told) != record.text:
        return [(record.text, [("", s.quote, (s,), None) for s in record.sources[:1]])]
    found: list[tuple[str, list[Proof]]] = []
    for text, refs in told:
        proofs = [_proof(snapshot, owner, ref, plain) for ref in refs]
        if proofs and all(p is not None for p in proofs):
            found.append((str(text), [p for p in proofs if p is not None]))
    return found


def _proof(snapshot: Any, owner: int, ref: Sequence[str], view: View) -> Proof | None:
    """What a line rests on; None when it is gone, hidden, or says something else by now."""
    if ref[0] == "memory":
        record = snapshot.current(ref[1])
        if record is None or record.status != "live" or visible_memory(record, view) or stamp(record) != ref[2]:
            return None
        return record.id, record.text, record.sources, record
    message = snapshot.message_called(owner, ref[1])
    if message is None or visible_message(message, view):
        return None
    if any(r.status == "deleted" and r.kind != SUMMARY for r in snapshot.by_message(message.doc)):
        return None
    return "", message.message.content, (whole(message),), None


def _joined(one: Summary, other: Summary) -> Summary:
    """Two profiles as one; the numbers of the second go on from the first."""
    shift = len(one.citations)
    moved = tuple(Citation(c.number + shift, c.memory_id, c.text, c.sources) for c in other.citations)
    text = other.text
    for n in range(len(moved), 0, -1):
        text = text.replace(f"[{n}]", f"[{n + shift}]")
    return Summary(one.id, one.kind, one.about, f"{one.text}\n{text}", (*one.citations, *moved), one.by, max(one.at, other.at), one.memory)


def profile_lines(snapshot: Any, view: View) -> list[tuple[str, tuple[Hit, ...]]]:
    """The profile's lines for a context, each with the memories that prove it as hits."""
    scope = view.scope
    if scope.user_id is None or view.as_of is not None or view.known_at is not None:
        return []
    found: list[tuple[str, tuple[Hit, ...]]] = []
    asking = View(scope, view.now, kinds=(SUMMARY,))
    for agent in dict.fromkeys((None, scope.agent_id)):
        owned = Scope(scope.user_id, agent, tenant=scope.tenant)
        record = snapshot.current(summary_id(owned, "profile", ""))
        owner = snapshot.owner(owned)
        if record is None or owner is None or record.kind != SUMMARY or visible_memory(record, asking):
            continue
        for text, proofs in lines(snapshot, owner, record, asking):
            hits = tuple(Hit(r.text, 1.0, r, None, r.sources, ()) for _, _, _, r in proofs if r is not None)
            found += [(text, hits)] if hits else []
    return found


def members(records: Mapping[str, MemoryRecord]) -> dict[str, frozenset[str]]:
    """Of the topics without a name among summaries: what each is called, and the ids of the memories it was made of."""
    found: dict[str, frozenset[str]] = {}
    for r in records.values():
        raw = r.metadata.get("members")
        if r.metadata.get("summary") == "topic" and isinstance(raw, list):
            about = str(r.metadata.get("about"))
            if r.id == summary_id(r.scope, "topic", f"words:{about}"):
                found[about] = frozenset(str(i) for i in cast("list[object]", raw))
    return found
