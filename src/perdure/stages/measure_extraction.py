"""Measure extraction: what was kept of a conversation, beside what a careful listener would have noted.

Pure: `Expected` and `Kept` come in, a `Score` of counts goes out; counts add up, and every share is worked out from the sums.

- A **memory** kept is right when it comes from the message of an expected (or harmless) memory and says its words; else it is wrong.
  An expected memory is found when a right one, whatever became of it later, says it. One may say several; several may say one, and
  those that add nothing to the ones before are counted as `repeated`, not as wrong.
- A **slot** or **relation** open at the end is right when it is expected or harmless, and wrong when it is one of those that must not be
  open or belongs to a wrong memory. One that belongs to a right memory and names what that memory is about, where nobody wrote down
  whether it should be there, is `unjudged`: neither right nor wrong. Anything else is wrong.
- A **supersession** is found when the old statement was kept and is over at the end, and the new one is live; that the old one is over
  may be kept as a memory too. An expected memory that was kept, was not to be replaced, and is superseded or retracted in every form
  is `lost`.
- **Noise** is what was kept from messages of which nothing may be kept; what was said for one chat alone may be kept for the short term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Literal

from perdure.model.base import Value
from perdure.model.graph import SELF, Relation, Slot, entity_key
from perdure.rules.slots import canonical, single_valued
from perdure.stages.measure_names import as_relation, direction, folded, is_attribute, is_entity, is_value, names

PRIVATE = "private"
FaultKind = Literal["missed", "wrong", "noise", "slot missed", "slot wrong", "relation missed", "relation wrong", "not superseded", "lost"]


@dataclass(frozen=True, slots=True)
class Wanted(Value):
    """A memory that should be kept, or (in `Expected.fine`) may be.

    `said`: the numbers of the messages that prove it, one of which must be its source. `says`: what its text or slots must hold, all
    of them, each with alternatives. `kinds` and `terms`: what it may be filed as; empty for any. `date`: alternatives for when.
    """

    id: str
    said: frozenset[int]
    says: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    date: str = ""


@dataclass(frozen=True, slots=True)
class Expected(Value):
    """What should be kept of one conversation.

    Slots are (entity, attribute, value), relations (from, relation, to), each part with alternatives. `superseded` are pairs of ids
    of memories: the old, the new. `nothing`: messages of which nothing may be kept, with the reason. `me`: names of the speaker.
    """

    memories: tuple[Wanted, ...] = ()
    fine: tuple[Wanted, ...] = ()
    slots: tuple[tuple[str, str, str], ...] = ()
    fine_slots: tuple[tuple[str, str, str], ...] = ()
    not_open: tuple[tuple[str, str, str], ...] = ()
    relations: tuple[tuple[str, str, str], ...] = ()
    fine_relations: tuple[tuple[str, str, str], ...] = ()
    superseded: tuple[tuple[str, str], ...] = ()
    nothing: Mapping[int, str] = field(default_factory=dict[int, str])
    me: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept(Value):
    """A memory that was kept, as it stands at the end.

    `former`: its earlier texts. `messages`: the numbers of its sources. `gone`: superseded, retracted or deleted. `over`: that, or no
    longer true. `slots` and `relations` are the open ones, none when it is gone or has expired. `dates`: ISO 8601, whatever dates it has.
    """

    id: str
    text: str
    kind: str
    term: str
    messages: frozenset[int]
    former: tuple[str, ...] = ()
    gone: bool = False
    over: bool = False
    dates: tuple[str, ...] = ()
    slots: tuple[Slot, ...] = ()
    relations: tuple[Relation, ...] = ()
    named: tuple[str, ...] = ()
    """What its slots and relations consist of, also of those that have ended."""


@dataclass(frozen=True, slots=True)
class Fault(Value):
    """One thing that was not as expected, for people to look at."""

    kind: FaultKind
    what: str


@dataclass(frozen=True, slots=True)
class Score(Value):
    """Counts over one or more conversations; see the module for what is counted."""

    conversations: int = 0
    kept: int = 0
    right: int = 0
    repeated: int = 0
    noise: int = 0
    expected: int = 0
    found: int = 0
    kind_right: int = 0
    term_right: int = 0
    dated: int = 0
    date_right: int = 0
    slots_right: int = 0
    slots_wrong: int = 0
    slots_stale: int = 0
    slots_unjudged: int = 0
    slots_expected: int = 0
    slots_found: int = 0
    relations_right: int = 0
    relations_wrong: int = 0
    relations_unjudged: int = 0
    relations_expected: int = 0
    relations_found: int = 0
    supersessions: int = 0
    superseded: int = 0
    lost: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def shares(self) -> dict[str, float | None]:
        """Precision and recall and what else is a share, 0 to 1; None where there is nothing to divide by."""
        of = _share
        return {
            "memory_precision": of(self.right, self.kept),
            "memory_recall": of(self.found, self.expected),
            "memory_f1": of(2 * self.right * self.found, self.right * self.expected + self.found * self.kept),
            "kind": of(self.kind_right, self.found),
            "term": of(self.term_right, self.found),
            "date": of(self.date_right, self.dated),
            "slot_precision": of(self.slots_right, self.slots_right + self.slots_wrong),
            "slot_recall": of(self.slots_found, self.slots_expected),
            "relation_precision": of(self.relations_right, self.relations_right + self.relations_wrong),
            "relation_recall": of(self.relations_found, self.relations_expected),
            "supersession_recall": of(self.superseded, self.supersessions),
        }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def score(expected: Expected, kept: Sequence[Kept]) -> tuple[Score, tuple[Fault, ...]]:
    """The counts of one conversation, and what was not as expected.

    Args:
        expected: what should be there.
        kept: every memory that ever came of it; their order does not matter.
    """
    ordered = sorted(kept, key=lambda k: (folded(k.text), k.id))
    says = {k.id: [w for w in expected.memories if _matches(w, k)] for k in ordered}
    fine = {k.id: [w for w in expected.fine if _matches(w, k)] for k in ordered}
    faults: list[Fault] = []
    memories = _memories(expected, ordered, says, fine, faults)
    slots = _slots(expected, ordered, says, fine, faults)
    relations = _relations(expected, ordered, says, fine, faults)
    return Score(conversations=1) + memories + slots + relations + _superseded(expected, ordered, says, faults), tuple(faults)


def _matches(wanted: Wanted, kept: Kept) -> bool:
    return _says(wanted, kept, (kept.text, *kept.former))


def _says(wanted: Wanted, kept: Kept, texts: Sequence[str]) -> bool:
    """Whether a memory comes from the right message and, in one of these versions of its text or in its slots, says what it should."""
    if not wanted.said & kept.messages or (wanted.terms and not wanted.kinds and kept.term not in wanted.terms):
        return False
    slots = " ; ".join(kept.named)
    return any(all(names(f"{text} ; {slots}", one) for one in wanted.says) for text in texts)


def _right(expected: Expected, kept: Kept, says: Mapping[str, list[Wanted]], fine: Mapping[str, list[Wanted]]) -> bool:
    private = {n for n, reason in expected.nothing.items() if reason == PRIVATE}
    for_now = kept.term == "short_term" and bool(kept.messages) and kept.messages <= private
    return bool(says[kept.id] or fine[kept.id]) or for_now or _tells_the_end(expected, kept)


def _tells_the_end(expected: Expected, kept: Kept) -> bool:
    """Whether it says, out of the message that brought the new, what became of the old ("no longer takes Ramipril")."""
    wanted = {w.id: w for w in expected.memories}
    return any(_matches(replace(wanted[old], said=wanted[new].said), kept) for old, new in expected.superseded)


def _memories(
    expected: Expected, kept: Sequence[Kept], says: Mapping[str, list[Wanted]], fine: Mapping[str, list[Wanted]], faults: list[Fault]
) -> Score:
    right = noise = repeated = 0
    told: set[str] = set()
    for k in kept:
        if _right(expected, k, says, fine):
            right += 1
            ids = {w.id for w in says[k.id]}
            repeated += bool(ids) and ids <= told and not k.gone
            told |= ids
            continue
        noisy = bool(k.messages) and all(n in expected.nothing for n in k.messages)
        noise += noisy
        reason = f" ({expected.nothing[min(k.messages)]})" if noisy else ""
        faults.append(Fault("noise" if noisy else "wrong", k.text + reason))
    found = kinds = terms = dated = dates = 0
    for w in expected.memories:
        by = [k for k in kept if w in says[k.id]]
        if not by:
            faults.append(Fault("missed", f"{w.id}: {', '.join(w.says)}"))
            continue
        found += 1
        kinds += not w.kinds or any(k.kind in w.kinds for k in by)
        terms += any(k.term in (w.terms or ("long_term",)) for k in by)
        dated += bool(w.date)
        dates += bool(w.date) and any(_dated(k, w.date) for k in by)
    return Score(
        kept=len(kept), right=right, repeated=repeated, noise=noise, expected=len(expected.memories), found=found,
        kind_right=kinds, term_right=terms, dated=dated, date_right=dates,
    )  # fmt: skip


def _dated(kept: Kept, wanted: str) -> bool:
    return any(date.startswith(one.strip()) for one in wanted.split("|") for date in kept.dates) or names(kept.text, wanted)


def _about(said: Sequence[Wanted], *parts: str) -> bool:
    """Whether one of `parts` names something that these expected memories are about."""
    return any(names(part, one) for w in said for one in w.says for part in parts)


def _slots(
    expected: Expected, kept: Sequence[Kept], says: Mapping[str, list[Wanted]], fine: Mapping[str, list[Wanted]], faults: list[Fault]
) -> Score:
    def among(slot: Slot, wanted: Sequence[tuple[str, str, str]]) -> bool:
        return any(_is_slot(slot, one, expected.me) for one in wanted)

    judged: dict[tuple[str, str, str], str] = {}
    for k in kept:
        for slot in k.slots:
            if among(slot, expected.slots):
                verdict = "right"
            elif among(slot, expected.not_open):
                verdict = "stale"
            elif among(slot, expected.fine_slots):
                verdict = "right"
            elif _spoken_for(slot, expected.me):
                verdict = "wrong"
            elif _right(expected, k, says, fine) and _about((*says[k.id], *fine[k.id]), slot.value):
                verdict = "unjudged"
            else:
                verdict = "wrong"
            key = (entity_key(slot.entity), canonical(slot.attribute), slot.value_key)
            judged[key] = verdict if judged.get(key) != "unjudged" or verdict != "wrong" else "unjudged"
    faults += [Fault("slot wrong", " / ".join(key)) for key, verdict in judged.items() if verdict in ("wrong", "stale")]
    opened = [slot for k in kept for slot in k.slots]
    found = [one for one in expected.slots if any(_is_slot(slot, one, expected.me) for slot in opened)]
    faults += [Fault("slot missed", " / ".join(one)) for one in expected.slots if one not in found]
    verdicts = list(judged.values())
    return Score(
        slots_right=verdicts.count("right"), slots_wrong=verdicts.count("wrong") + verdicts.count("stale"),
        slots_stale=verdicts.count("stale"), slots_unjudged=verdicts.count("unjudged"),
        slots_expected=len(expected.slots), slots_found=len(found),
    )  # fmt: skip


def _spoken_for(slot: Slot, me: Sequence[str]) -> bool:
    """Whether everything there is to know was written down: what the speaker has one of, a name, a home, an employer."""
    return single_valued(slot.attribute) and is_entity(slot.entity, SELF, me)


def _is_slot(slot: Slot, wanted: tuple[str, str, str], me: Sequence[str]) -> bool:
    entity, attribute, value = wanted
    return is_entity(slot.entity, entity, me) and is_attribute(slot.attribute, attribute) and is_value(slot.value, value)


def _relations(
    expected: Expected, kept: Sequence[Kept], says: Mapping[str, list[Wanted]], fine: Mapping[str, list[Wanted]], faults: list[Fault]
) -> Score:
    """As `_slots`; an expected slot that the relation says in other words makes it right as well."""
    judged: dict[tuple[str, str, str], str] = {}
    for k in kept:
        for edge in k.relations:
            good = (*expected.relations, *expected.fine_relations)
            if any(_is_relation(edge, one, expected.me) for one in good) or _says_slot(edge, expected):
                verdict = "right"
            elif any(_is_stale(edge, one, expected.me) for one in expected.not_open):
                verdict = "wrong"
            elif _right(expected, k, says, fine) and _about((*says[k.id], *fine[k.id]), edge.subject, edge.object):
                verdict = "unjudged"
            else:
                verdict = "wrong"
            key = (entity_key(edge.subject), folded(edge.relation), entity_key(edge.object))
            judged[key] = verdict if judged.get(key) != "unjudged" or verdict != "wrong" else "unjudged"
    faults += [Fault("relation wrong", " / ".join(key)) for key, verdict in judged.items() if verdict == "wrong"]
    edges = [edge for k in kept for edge in k.relations]
    found = [one for one in expected.relations if any(_is_relation(edge, one, expected.me) for edge in edges)]
    faults += [Fault("relation missed", " / ".join(one)) for one in expected.relations if one not in found]
    verdicts = list(judged.values())
    return Score(
        relations_right=verdicts.count("right"), relations_wrong=verdicts.count("wrong"), relations_unjudged=verdicts.count("unjudged"),
        relations_expected=len(expected.relations), relations_found=len(found),
    )  # fmt: skip


def _is_relation(edge: Relation, wanted: tuple[str, str, str], me: Sequence[str]) -> bool:
    first, relation, second = wanted
    there, back = direction(edge.relation, relation)
    ahead = there and is_entity(edge.subject, first, me) and is_entity(edge.object, second, me)
    return ahead or (back and is_entity(edge.subject, second, me) and is_entity(edge.object, first, me))


def _says_slot(edge: Relation, expected: Expected) -> bool:
    """Whether the relation says as an edge what an expected (or harmless) slot says."""
    return any(
        _is_relation(edge, (entity, as_relation(attribute), value), expected.me)
        for entity, attribute, value in (*expected.slots, *expected.fine_slots)
    )


def _is_stale(edge: Relation, wanted: tuple[str, str, str], me: Sequence[str]) -> bool:
    entity, attribute, value = wanted
    return direction(edge.relation, as_relation(attribute))[0] and is_entity(edge.subject, entity, me) and is_value(edge.object, value)


def _superseded(expected: Expected, kept: Sequence[Kept], says: Mapping[str, list[Wanted]], faults: list[Fault]) -> Score:
    wanted = {w.id: w for w in expected.memories}
    replaced = {old for old, _ in expected.superseded}
    found = lost = 0
    for old, new in expected.superseded:
        before = [k for k in kept if wanted[old] in says[k.id] and not _still(wanted[new], k)]
        over = [k for k in before if k.over or not _still(wanted[old], k)]
        stale = [k for k in before if k not in over and says[k.id] == [wanted[old]]]  # one that says other things as well may live on
        ended = bool(over) and not stale
        updated = any(wanted[old] in says[k.id] and not k.over and _still(wanted[new], k) and not _still(wanted[old], k) for k in kept)
        live = any(_still(wanted[new], k) and not k.gone for k in kept)
        if live and (ended or (not before and updated)):
            found += 1
        else:
            faults.append(Fault("not superseded", f"{old} by {new}"))
    for w in expected.memories:
        by = [k for k in kept if w in says[k.id]]
        if by and w.id not in replaced and all(k.gone for k in by):
            lost += 1
            faults.append(Fault("lost", f"{w.id}: {by[0].text}"))
    return Score(supersessions=len(expected.superseded), superseded=found, lost=lost)


def _still(wanted: Wanted, kept: Kept) -> bool:
    """Whether the memory says it in its present words."""
    return _says(wanted, kept, (kept.text,))
