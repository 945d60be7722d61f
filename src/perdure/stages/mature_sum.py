"""Summing up: which sessions, topics and users have something new to sum up, and having it written, by a model or by rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.errors import BudgetError, ModelError
from perdure.model.base import EPOCH, to_micros
from perdure.model.maturing import Proposal
from perdure.model.memory import SUMMARY, MemoryRecord
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.prompts import load
from perdure.stages.mature_ask import NOTE, NOTES, PROFILE_WORDS, Asker, Line, Note, Section
from perdure.stages.mature_read import members
from perdure.stages.mature_run import Run, noted, vectors_of
from perdure.stages.mature_summaries import SESSION, Material, as_memory, profile, session, tells, topics, written
from perdure.stages.symptoms import holds

if TYPE_CHECKING:
    from perdure.ports import Floats

#: A session in which nothing was said for so long is over, for now.
IDLE = timedelta(hours=6)
#: Words of a summary of a session or topic.
WORDS = 120


def sum_up(run: Run, owner: int, owner_kind: str, asker: Asker | None, changed: Mapping[str, MemoryRecord]) -> list[Proposal]:
    """Proposals for the summaries that are new, out of date, or of what is no more.

    Args:
        run: what is asked for.
        owner: whose; their number.
        owner_kind: user, agent or session.
        asker: a model; None: rules write.
        changed: memories as the steps before left them, or in a dry run would leave them.
    """
    with run.stores.ledger.snapshot() as snapshot:
        current = [changed.get(r.id, r) for r in snapshot.current_versions(owner) if run.carried(r.scope)]
        before = {r.id: r for r in current if r.kind == SUMMARY}
        live = [r for r in current if r.kind != SUMMARY and holds(r, run.now)]
        telling = [r for r in live if tells(r)]
        vectors = vectors_of(run, snapshot, [r.doc for r in telling])
        drawn: dict[int, list[MemoryRecord]] = defaultdict(list)
        for r in telling:
            for s in r.sources:
                drawn[s.doc].append(r)
        found, resting = _sessions(run, snapshot, owner, owner_kind, current, drawn)
        materials = [m for m in found if m.id not in resting]
        if run.scope is None or run.scope.session_id is None or owner_kind == "session":
            materials += _of_memories(telling, vectors, before, owner_kind)
        wanted = [m for m in materials if _is_due(m, before.get(m.id), asker)]
        if asker is not None:
            wanted = [m for m in wanted if m.id in before or noted(snapshot, owner, _barren(m, asker)) is None]
        if asker is None:
            docs = {n.doc for m in wanted if m.kind == "session" for n in m.notes} - vectors.keys()
            vectors |= vectors_of(run, snapshot, sorted(docs))
    proposals = _written(run, owner, wanted, before, drawn, vectors, asker)
    return [*proposals, *_retired(run, before, {m.id for m in (*found, *materials)}, owner_kind)]


def _is_due(material: Material, before: MemoryRecord | None, asker: Asker | None) -> bool:
    """Whether a summary is to be written: it is new, what it is made of has changed, or a model has not been asked yet."""
    if before is None:
        return True
    if before.status == "deleted":
        return False  # whoever deleted it does not want it
    if before.status != "live" or before.metadata.get("of") != material.digest:
        return True
    return asker is not None and before.metadata.get("by") == "rules" and before.metadata.get("asked") != asker.name


def _retired(run: Run, before: Mapping[str, MemoryRecord], made: set[str], owner_kind: str) -> list[Proposal]:
    """Summaries of topics, sessions and users of which too little is left."""
    partly = run.scope is not None and run.scope.session_id is not None and owner_kind != "session"
    gone = [
        r for r in before.values()
        if r.status == "live" and r.id not in made and not (partly and r.metadata.get("summary") != "session")
    ]  # fmt: skip
    return [Proposal("retire", "too little is left to sum up", (r,), (replace(r, status="retracted"),)) for r in gone]


# ---------------------------------------------------------------------- what to sum up
def _sessions(
    run: Run, snapshot: Any, owner: int, kind: str, records: Sequence[MemoryRecord], drawn: Mapping[int, Sequence[MemoryRecord]]
) -> tuple[list[Material], set[str]]:
    """The material of each session, and the ids of the summaries of those that still go on."""
    columns = snapshot.columns(owner, kind)
    docs = columns.docs[~columns.is_memory]
    codes, said = columns.session[~columns.is_memory], columns.said_at[~columns.is_memory]
    run.messages += len(docs)
    struck = {s.doc for r in records if r.status == "deleted" and r.kind != SUMMARY for s in r.sources}
    resting: set[str] = set()
    found: list[Material] = []
    numbers, counts = np.unique(codes, return_counts=True)
    for code in numbers[(numbers > 0) & (counts >= SESSION)].tolist():
        here = codes == code
        over = EPOCH + timedelta(microseconds=int(said[here].max())) <= run.now - IDLE
        by_agent: dict[str | None, list[CapturedMessage]] = defaultdict(list)
        for m in sorted(snapshot.messages(docs[here].tolist()).values(), key=lambda m: (to_micros(m.said_at), m.doc)):
            if run.carried(m.scope) and m.doc not in struck and not (m.private and kind != "session"):
                by_agent[m.scope.agent_id].append(m)
        for messages in by_agent.values():
            material = session(messages, drawn)
            if material is not None:
                found.append(material)
                if not over:
                    resting.add(material.id)
    return found, resting


def _of_memories(
    telling: Sequence[MemoryRecord], vectors: Mapping[int, Floats], before: Mapping[str, MemoryRecord], owner_kind: str
) -> list[Material]:
    """The material of topics and of the user, agent by agent: what one agent keeps to itself is in no other's summary."""
    by_agent: dict[str | None, list[MemoryRecord]] = defaultdict(list)
    for r in telling:
        by_agent[r.scope.agent_id].append(r)
    found: list[Material] = []
    for agent, records in by_agent.items():
        carried = records[0].scope
        scope = Scope(carried.user_id, agent, carried.session_id if owner_kind == "session" else None, carried.tenant)
        mine = {i: r for i, r in before.items() if r.scope.agent_id == agent}
        found += topics(records, vectors, members(mine), scope)
        if owner_kind == "user":
            of_user = profile(records, scope, carried.user_id or "")
            found += [of_user] if of_user is not None else []
    return found


# ---------------------------------------------------------------------- having it written
def _written(
    run: Run, owner: int, wanted: Sequence[Material], before: Mapping[str, MemoryRecord], drawn: Mapping[int, Sequence[MemoryRecord]],
    vectors: Mapping[int, Floats], asker: Asker | None,
) -> list[Proposal]:  # fmt: skip
    """A proposal for each summary that could be written."""
    found: list[Proposal] = []
    if asker is None:
        return [p for m in wanted if (p := _by_rules(run, m, before.get(m.id), drawn, vectors, asked="")) is not None]
    others = [m for m in wanted if m.kind != "profile"]
    batches = [*(("profile", [m]) for m in wanted if m.kind == "profile"), *(("summary", b) for b in _batches(others))]
    left = len(wanted)
    for prompt, batch in batches:
        words = PROFILE_WORDS if prompt == "profile" else WORDS
        try:
            lines = asker.summaries([Section(_heading(m), m.notes, words) for m in batch], prompt=prompt)
        except (ModelError, BudgetError) as e:
            run.warn(f"{left} summaries were not written: {e}")
            break
        left -= len(batch)
        for material, told in zip(batch, lines, strict=True):
            if told:
                found.append(_proposal(run, material, told, material.notes, before.get(material.id), asker.name, asker.name, prompt))
            else:  # nothing it said could be held against the notes: word for word is better than nothing
                made = _by_rules(run, material, before.get(material.id), drawn, vectors, asked=asker.name)
                found += [made] if made is not None else []
                if made is None:
                    run.note(owner, {_barren(material, asker): True}, asker.name)
    return found


def _barren(material: Material, asker: Asker) -> str:
    """The key under which is kept that nothing came of asking a model about this."""
    return f"barren:{asker.name}:{material.id}:{material.digest}"


def _heading(material: Material) -> str:
    return {"session": "a conversation", "topic": material.about, "profile": "the user"}[material.kind]


def _batches(materials: Sequence[Material]) -> list[list[Material]]:
    """Materials that fit into one call together."""
    batches: list[list[Material]] = []
    room = 0
    for m in materials:
        size = sum(min(len(n.text), NOTE) + 30 for n in m.notes)
        if not batches or size > room:
            batches.append([])
            room = NOTES
        batches[-1].append(m)
        room -= size
    return batches


def _by_rules(
    run: Run, material: Material, before: MemoryRecord | None, drawn: Mapping[int, Sequence[MemoryRecord]],
    vectors: Mapping[int, Floats], *, asked: str,
) -> Proposal | None:  # fmt: skip
    lines, notes = written(material, drawn, vectors)
    return _proposal(run, material, lines, notes, before, "rules", asked, "") if lines else None


def _proposal(
    run: Run, material: Material, lines: Sequence[Line], notes: Sequence[Note], before: MemoryRecord | None, by: str, asked: str,
    prompt: str,
) -> Proposal:  # fmt: skip
    version = load(prompt).hash if prompt else ""
    after = as_memory(material, lines, notes, by=by, asked=asked, prompt=version, before=before, now=run.now)
    why = f"a summary of {_told(material)}" if before is None else f"{_told(material)} has changed since it was summed up"
    return Proposal("summarise", why, () if before is None else (before,), (after,), by)


def _told(material: Material) -> str:
    return "what is known of the user" if material.kind == "profile" else f"{material.kind} {material.about}"
