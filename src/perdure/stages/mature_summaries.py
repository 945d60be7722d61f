"""Summaries: of what they are made, and how they are written without a model. Pure.

A session is summed up from its messages, a topic from the memories about one thing, a profile from what stands of the user. What a summary
was made of is named in its metadata: a digest (nothing new, nothing done), and for each line the memories and messages that prove it, so
that a line whose proof is gone is never shown. Its sources are all that was looked at, cited or not: what erases one of them erases it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from perdure.model.graph import SELF, entity_key
from perdure.model.maturing import SummaryKind
from perdure.model.memory import SUMMARY, MemoryRecord, Source
from perdure.model.message import CapturedMessage
from perdure.model.scope import Scope
from perdure.rules.slots import label
from perdure.rules.steering import steers
from perdure.rules.words import terms
from perdure.stages.consolidate import QUOTED
from perdure.stages.hydrate import whole
from perdure.stages.mature_ask import PROFILE_WORDS, Line, Note
from perdure.stages.search import PROFILE

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Messages from which a session is summed up, memories from which a topic is.
SESSION, TOPIC = 8, 6
#: Notes a summary is made from at most: a prompt must end somewhere, and the latest matter most.
NOTES = 60
#: Lines of a summary that rules write, and characters of one.
LINES, LINE = 5, 240
#: Cosine from which two memories are about one topic, once what all memories have in common (their dates above all) is taken off; and the
#: share of them that must have a word in common, for a topic without one has no name. Set by hand on generated lives of the tests.
ABOUT, COMMON = 0.25, 0.34
#: Topics of one owner, the largest; and memories that are looked through for topics without a name, the newest.
TOPICS, SCATTERED = 50, 3000
#: What is said of the user for good, after `PROFILE`; other attributes (plans, purchases, issues) pass.
STANDING = (
    *PROFILE, "partner", "parent", "sibling", "friend", "boss", "from", "nationality", "school", "studies", "medication", "car",
    "current_device", "owns", "hobby", "likes", "dislikes", "goal", "routine", "skill", "membership",
)  # fmt: skip
#: Words of a message below which it says too little to stand in a summary.
BRIEF = 5
EXTRACTOR = "consolidate"


@dataclass(frozen=True, slots=True)
class Material:
    """What one summary is made from. `id` is always the same for the same thing; `digest` changes with what it is made of."""

    id: str
    kind: SummaryKind
    about: str
    scope: Scope
    notes: tuple[Note, ...]
    sources: tuple[Source, ...]

    @property
    def digest(self) -> str:
        """Of everything that is looked at."""
        seen = json.dumps([[*n.ref, n.text] for n in self.notes], ensure_ascii=False)
        return hashlib.sha256(seen.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def summary_id(scope: Scope, kind: SummaryKind, about: str) -> str:
    """The id of a summary: that of its owner, agent and matter, so that two runs at once cannot write it twice."""
    named = json.dumps([scope.tenant, *scope.owner, scope.agent_id, kind, about], ensure_ascii=False)
    return hashlib.blake2b(named.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def stamp(record: MemoryRecord) -> str:
    """What a line rests on in a memory: while this stays the same, the line holds."""
    held = [record.text, [[s.entity, s.attribute, s.value_key] for s in record.slots if s.valid_to is None]]
    return hashlib.sha256(json.dumps(held, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:12]


# ---------------------------------------------------------------------- notes
def of_memory(record: MemoryRecord, text: str = "") -> Note:
    """A memory as a note, dated when it was said last; `text` where it is not to be shown by its own words."""
    said = max(record.sources, key=lambda s: s.said_at, default=None)
    who, at = (said.said_by, said.said_at) if said is not None else ("", record.valid_from)
    return Note(text or record.text, at, who, ("memory", record.id, stamp(record)), record.sources, record.doc, record)


def of_message(message: CapturedMessage) -> Note:
    """A message as a note."""
    m = message.message
    return Note(m.content, message.said_at, m.speaker, ("message", m.id), (whole(message),), message.doc)


def tells(record: MemoryRecord) -> bool:
    """Whether a memory may stand in a summary: long-term, no summary itself, and not drawn from an order to whoever reads it."""
    ordered = any(s.extractor != "remember" and steers(s.quote) for s in record.sources)
    return record.kind != SUMMARY and record.term == "long_term" and not ordered


def _proofs(records: Sequence[MemoryRecord]) -> tuple[Source, ...]:
    return tuple({(s.doc or s.message_id, s.start, s.end): s for r in records for s in r.sources}.values())


# ---------------------------------------------------------------------- what to sum up
def session(messages: Sequence[CapturedMessage], drawn: Mapping[int, Sequence[MemoryRecord]]) -> Material | None:
    """A session's material; None when too little was said.

    Args:
        messages: of one session and agent, what may be read from other sessions alone, without what was deleted, oldest first.
        drawn: by document, the live memories drawn from a message that tell something.
    """
    said = [m for m in messages if m.message.role in ("user", "assistant") and m.message.content.strip()]
    if len(said) < SESSION:
        return None
    latest = sorted(said, key=lambda m: (m.doc in drawn, m.said_at, m.doc), reverse=True)
    kept = list(islice((m for m in latest if not steers(m.message.content)), NOTES))
    if not kept:
        return None
    kept.sort(key=lambda m: (m.said_at, m.doc))
    scope = said[-1].scope
    about = scope.session_id or ""
    sources = tuple(replace(whole(m), quote=m.message.content[:QUOTED], end=min(QUOTED, len(m.message.content))) for m in kept)
    return Material(summary_id(scope, "session", about), "session", about, scope, tuple(of_message(m) for m in kept), sources)


def topics(
    records: Sequence[MemoryRecord], vectors: Mapping[int, Floats], before: Mapping[str, frozenset[str]], scope: Scope
) -> list[Material]:
    """The material of each topic: what is about one entity, then what lies close together without one, the largest first.

    Args:
        records: live ones of one owner and agent that tell something.
        vectors: by document number; what has none is in no topic without a name.
        before: topics there were without a name: what they were called, with the ids of their memories. One that shares half of them stays.
        scope: whose.
    """
    named: dict[str, list[MemoryRecord]] = defaultdict(list)
    shown: dict[str, Counter[str]] = defaultdict(Counter)
    for r in records:
        for e in {e.key: e for e in r.entities if e.key not in (SELF, "") and e.type != "User"}.values():
            named[e.key].append(r)
            shown[e.key][e.name] += 1
    found = [(shown[k].most_common(1)[0][0], f"entity:{k}", g) for k, g in named.items() if len(g) >= TOPIC]
    covered = {r.id for _, _, g in found for r in g}
    rest = [r for r in records if r.id not in covered and r.doc in vectors][-SCATTERED:]
    common = Counter(t for r in records for t in set(terms(r.text)))
    taken: set[str] = set()
    for g in _clusters(rest, vectors):
        ids = {r.id for r in g}
        old = next((a for a, i in before.items() if a not in taken and len(ids & i) * 2 >= len(i)), None)
        about = old or _name(g, common, len(records))
        if about and about not in taken:
            taken.add(about)
            found.append((about, f"words:{about}", g))
    found.sort(key=lambda f: (-len(f[2]), f[1]))
    return [_topic(about, key, g, scope) for about, key, g in found[:TOPICS]]


def _topic(about: str, key: str, group: Sequence[MemoryRecord], scope: Scope) -> Material:
    kept = sorted(group, key=lambda r: (r.importance, r.valid_from, r.doc))[-NOTES:]
    kept.sort(key=lambda r: (r.valid_from, r.doc))
    return Material(summary_id(scope, "topic", key), "topic", about, scope, tuple(of_memory(r) for r in kept), _proofs(kept))


def _clusters(records: Sequence[MemoryRecord], vectors: Mapping[int, Floats]) -> list[list[MemoryRecord]]:
    """Memories that lie close together: again and again the one with the most neighbours, with these."""
    if len(records) < TOPIC:
        return []
    matrix = np.stack([vectors[r.doc] for r in records])
    matrix = matrix - matrix.mean(axis=0)
    matrix /= np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
    near = (matrix @ matrix.T) >= ABOUT
    left = np.ones(len(records), dtype=bool)
    found: list[list[MemoryRecord]] = []
    while True:
        counts = near[:, left].sum(axis=1) * left
        centre = int(counts.argmax())
        if counts[centre] < TOPIC:
            return found
        members = near[centre] & left
        found.append([records[i] for i in np.flatnonzero(members).tolist()])
        left &= ~members


def _name(group: Sequence[MemoryRecord], common: Mapping[str, int], everything: int) -> str:
    """The one or two words that a group has in common and the rest has not, as they are written in it; "" when there are none.

    `common`: in how many of all memories (`everything`) a term stands.
    """
    own = Counter(t for r in group for t in set(terms(r.text)) if not any(c.isdigit() for c in t))
    least = max(2.0, COMMON * len(group))
    telling = [t for t, n in own.items() if n >= least and (n == common[t] or n * everything > 1.5 * common[t] * len(group))]
    best = sorted(telling, key=lambda t: (-own[t] * own[t] / common[t], t))[:2]
    written = {t: w for r in reversed(group) for w in r.text.split() for t in terms(w)}
    return ", ".join(written.get(t, t).strip(".,;:!?\"'()").casefold() for t in best)


def profile(records: Sequence[MemoryRecord], scope: Scope, user: str) -> Material | None:
    """What stands of the user: a note for each attribute and memory of it, then preferences and ways; None when nothing does.

    Args:
        records: live ones of one owner and agent that tell something and hold now.
        scope: whose.
        user: the user's id, which the summary is about.
    """
    mine = [r for r in records if any(s.role == "user" for s in r.sources)]
    order = {a: n for n, a in enumerate(dict.fromkeys(STANDING))}
    by_slot: list[tuple[int, MemoryRecord, str]] = []
    for r in mine:
        for s in r.slots:
            standing = s.attribute in order or s.attribute.startswith("favorite_")
            if s.valid_to is None and entity_key(s.entity) == SELF and standing:
                by_slot.append((order.get(s.attribute, len(order)), r, f"{label(s.attribute)} {s.value}"))
    by_slot.sort(key=lambda x: (x[0], -x[1].valid_from.timestamp(), x[1].doc))
    notes = [of_memory(r, text) for _, r, text in by_slot]
    told = {r.id for _, r, _ in by_slot}
    mine = [r for r in mine if entity_key(r.subject) == SELF]
    rest = [r for r in mine if r.id not in told and r.kind in ("preference", "procedural", "fact") and not r.slots]
    rest.sort(key=lambda r: (r.kind == "fact", -r.importance, -len(r.sources), -r.valid_from.timestamp(), r.doc))
    notes += [of_memory(r) for r in rest]
    kept = notes[:NOTES]
    records_of = list({n.record.id: n.record for n in kept if n.record is not None}.values())
    return Material(summary_id(scope, "profile", ""), "profile", user, scope, tuple(kept), _proofs(records_of)) if kept else None


# ---------------------------------------------------------------------- writing without a model
def written(
    material: Material, drawn: Mapping[int, Sequence[MemoryRecord]], vectors: Mapping[int, Floats]
) -> tuple[list[Line], tuple[Note, ...]]:
    """The lines that rules write, and the notes they cite by place: what was said, word for word, dated; of a profile the values.

    Args:
        material: what to sum up.
        drawn: by document of a message, the live memories drawn from it that tell something: they say it better.
        vectors: by document number.
    """
    if material.kind == "profile":
        return _profile_lines(material.notes), material.notes
    notes: list[Note] = []
    for n in material.notes:
        better = [of_memory(r) for r in drawn.get(n.doc, ())]
        notes += better or ([n] if n.record is not None or _says_something(n) else [])
    notes = list({n.ref: n for n in notes}.values())
    places = sorted(_central(notes, vectors), key=lambda p: (notes[p].at, p))
    return [(f"{notes[p].at:%Y-%m-%d}: {_short(notes[p].text)}", (p,)) for p in places], tuple(notes)


def _says_something(note: Note) -> bool:
    return note.who != "assistant" and len(note.text.split()) >= BRIEF and not note.text.rstrip(" \n\"')").endswith(("?", "？"))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LINE else line[: LINE - 1].rsplit(" ", 1)[0] + "…"


def _central(notes: Sequence[Note], vectors: Mapping[int, Floats]) -> list[int]:
    """Places of the notes that say most of what the others say, and each something else.

    Degree centrality with a penalty for repetition: Erkan and Radev 2004, "LexRank"; Carbonell and Goldstein 1998, "maximal marginal
    relevance". Notes without a vector come last, the latest first.
    """
    with_vector = [p for p, n in enumerate(notes) if n.doc in vectors]
    chosen: list[int] = []
    if with_vector:
        matrix = np.stack([vectors[notes[p].doc] for p in with_vector])
        likeness = np.maximum(matrix @ matrix.T, 0.0)
        worth = likeness.mean(axis=1)
        for _ in range(min(LINES, len(with_vector))):
            repeated = likeness[:, chosen].max(axis=1) if chosen else np.zeros(len(with_vector))
            score = worth - 0.5 * repeated
            score[chosen] = -np.inf
            chosen.append(int(score.argmax()))
    rest = [p for p in reversed(range(len(notes))) if notes[p].doc not in vectors]
    return ([with_vector[i] for i in chosen] + rest)[:LINES]


def _profile_lines(notes: Sequence[Note]) -> list[Line]:
    """One line an attribute with its values, one a memory, as many as fit."""
    lines: dict[str, tuple[str, list[int]]] = {}
    for place, note in enumerate(notes):
        if note.record is None or note.text == note.record.text:
            lines[f"memory {place}"] = (_short(note.text), [place])
            continue
        lead = next((label(s.attribute) for s in note.record.slots if note.text == f"{label(s.attribute)} {s.value}"), "")
        value = note.text[len(lead) :].strip()
        said, places = lines.get(lead, (f"{lead[:1].upper()}{lead[1:]}", []))
        joined = f"{said}{',' if places else ''} {value}"
        lines[lead] = (joined if value.casefold() not in said.casefold().split(", ") else said, [*places, place])
    kept: list[Line] = []
    words = 0
    for text, places in lines.values():
        words += len(text.split())
        if words > PROFILE_WORDS:
            break
        kept.append((text if text.endswith((".", "!", "?", "…")) else f"{text}.", tuple(places)))
    return kept


# ---------------------------------------------------------------------- as a memory
def as_memory(
    material: Material, lines: Sequence[Line], notes: Sequence[Note], *, by: str, asked: str, prompt: str, before: MemoryRecord | None,
    now: datetime,
) -> MemoryRecord:  # fmt: skip
    """The summary as a memory: its lines with what proves each, and as sources everything it was made of.

    `asked` is the model that was asked to write it, also when rules had to.
    """
    cited = {notes[p].doc for _, places in lines for p in places}
    cited |= {s.doc for _, places in lines for p in places if (r := notes[p].record) is not None for s in r.sources}
    model = "" if by == "rules" else by
    made_of = [replace(s, extractor=EXTRACTOR, model=model, prompt=prompt) for s in material.sources]
    sources = tuple(sorted(made_of, key=lambda s: s.doc not in cited))
    held: dict[str, Any] = {
        "summary": material.kind, "about": material.about, "of": material.digest, "by": by, "asked": asked,
        "lines": [[text, [list(notes[p].ref) for p in places]] for text, places in lines],
    }  # fmt: skip
    if material.kind == "topic":
        held["members"] = [n.ref[1] for n in material.notes]
    text = "\n".join(text for text, _ in lines)
    at = max(n.at for n in material.notes)
    scope = material.scope if material.kind == "session" else Scope(material.scope.user_id, material.scope.agent_id,
        material.scope.session_id if material.scope.owner[0] == "session" else None, material.scope.tenant)  # fmt: skip
    fresh = MemoryRecord(
        id=material.id, text=text, scope=scope, kind=SUMMARY, term="long_term", sources=sources, valid_from=at, recorded_at=now,
        confidence=1.0 if by == "rules" else 0.8, metadata=held,
    )  # fmt: skip
    if before is None:
        return fresh
    return replace(fresh, version=before.version + 1, doc=before.doc if before.text == text else 0)
