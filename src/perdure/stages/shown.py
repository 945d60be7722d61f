"""Shown: the memories that a model is shown beside the messages it extracts from, so that it can say what they merge, update or end.

The nearest by vector, from vectors of the messages that are needed anyway; holders of open slots of whoever the messages name; and what
is known of the user. Cheaper than a search, which ranks for a reader: here nothing but likeness and slots counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from perdure.model.base import to_micros
from perdure.model.graph import SELF, entity_key
from perdure.model.memory import MemoryRecord
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.model.search import View
from perdure.rules.slots import ATTRIBUTES
from perdure.rules.subjects import CJK_RUN, words_of
from perdure.stages.hydrate import visible_memory
from perdure.stages.stores import Embedded, Stores

SHOWN: Final = 10
"""Existing memories that a model is shown, at most: with their slots about 300 tokens."""
NEAR: Final = 6
"""Of these the nearest in meaning, at most; the rest is for open slots."""
ASKING: Final = 8
"""Messages whose neighbours are looked for, at most; of a longer batch the longest."""
NAMED: Final = 4
"""Entities named in the messages whose open slots are looked at, at most; and slots of each."""
MAX_NAME: Final = 4
"""Words, or characters of a script without spaces, in the longest name looked up."""
MAX_TEXT: Final = 4_000
"""Characters of a message that are looked through for names."""
SINGLE: Final = tuple(name for name, attribute in ATTRIBUTES.items() if attribute.single)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is shown: memories in the order of their numbers, and the messages' vectors by document."""

    memories: tuple[MemoryRecord, ...] = ()
    vectors: Mapping[int, Embedded] = field(default_factory=dict[int, Embedded])


def shown(
    stores: Stores, snapshot: Any, scope: Scope, owner: int, messages: Sequence[CapturedMessage], vectors: Mapping[int, Embedded],
    *, now: datetime,
) -> list[MemoryRecord]:  # fmt: skip
    """At most `SHOWN` live memories that the scope sees, oldest first: the same ones whenever the same is known.

    Args:
        stores: of the memory.
        snapshot: what is known.
        scope, owner: whose messages.
        messages: what is extracted from.
        vectors: of the messages, by document.
        now: the clock's instant.
    """
    view = View(scope=scope, now=now, messages=False)
    near = _near(stores, snapshot, owner, view, messages, vectors)
    chosen = {r.id: r for r in near[:NEAR]}
    for record in _holders(stores, snapshot, owner, view, messages):
        if len(chosen) >= SHOWN:
            break
        chosen.setdefault(record.id, record)
    for record in near[NEAR:]:
        if len(chosen) >= SHOWN:
            break
        chosen.setdefault(record.id, record)
    return sorted(chosen.values(), key=lambda r: (r.doc, r.id))


def _near(
    stores: Stores, snapshot: Any, owner: int, view: View, messages: Sequence[CapturedMessage], vectors: Mapping[int, Embedded]
) -> list[MemoryRecord]:
    """The memories nearest to any of the messages, best first; what users say counts, or else what anybody does."""
    asking = [m for m in messages if m.message.role == "user"] or [m for m in messages if m.message.role != "system"]
    asking = sorted(asking, key=lambda m: (-len(m.message.content), m.doc))[:ASKING]
    selection = snapshot.columns(owner, snapshot.owner_kind(owner)).select(view)
    best: dict[int, float] = {}
    for message in asking:
        found = stores.vector.search(snapshot, vectors[message.doc].vectors[0], selection, SHOWN)
        for doc, score in zip(found.docs.tolist(), found.scores.tolist(), strict=True):
            best[doc] = max(score, best.get(doc, -2.0))
    docs = sorted(best, key=lambda d: (-best[d], d))[: 2 * SHOWN]
    rows: list[int] = selection.row_of[selection.columns.positions(docs)].tolist() if docs else []
    records = snapshot.versions(int(selection.columns.version(r)) for r in rows if r >= 0)
    seen = [r for r in records.values() if not visible_memory(r, view) and r.status == "live"]
    return sorted(seen, key=lambda r: (-best.get(r.doc, -2.0), r.doc))[:SHOWN]


def _holders(stores: Stores, snapshot: Any, owner: int, view: View, messages: Sequence[CapturedMessage]) -> Iterator[MemoryRecord]:
    """Live memories that hold open slots of whoever the messages name, then the user's attributes that have one value at a time."""
    at = to_micros(view.now)
    names = snapshot.names(owner)
    for entity in _named(messages, names):
        docs = [doc for _, doc, _ in stores.slots.look_up(snapshot, owner, entity, at=at)]
        yield from _live(snapshot, docs[:NAMED], view)
    docs = [doc for attribute in SINGLE for _, doc, _ in stores.slots.look_up(snapshot, owner, SELF, attribute, at=at)[:1]]
    yield from _live(snapshot, docs, view)


def _live(snapshot: Any, docs: Sequence[int], view: View) -> list[MemoryRecord]:
    firsts: dict[int, MemoryRecord] = snapshot.texts(dict.fromkeys(docs)) if docs else {}
    current = [snapshot.current(firsts[d].id) for d in dict.fromkeys(docs) if d in firsts]
    return [r for r in current if r is not None and r.status == "live" and not visible_memory(r, view)]


def _named(messages: Sequence[CapturedMessage], names: Mapping[str, str]) -> list[str]:
    """Known entities that the messages name, but for the user, in order of their first mention."""
    found: dict[str, None] = {}
    for message in messages if names else ():
        text = message.message.content[:MAX_TEXT]
        keys = [word.key for word in words_of(text)]
        spoken = (" ".join(keys[i : i + n]) for i in range(len(keys)) for n in range(MAX_NAME, 0, -1))
        runs = (run[i : i + n] for run in CJK_RUN.findall(text) for i in range(len(run)) for n in range(MAX_NAME, 1, -1))
        for key in (*spoken, *runs):
            entity = names.get(key)
            if entity is not None and entity != SELF:
                found.setdefault(entity_key(entity))
            if len(found) >= NAMED:
                return list(found)
    return list(found)
