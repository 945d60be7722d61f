"""Mature: what an application does not do while people talk. Proposes, validates, commits; a dry run only proposes.

Near-duplicates are merged, what was said again and again becomes long-term, what was never of use counts for less, sessions, topics and the
user are summed up, conflicts that settled themselves are closed. Rules do what is certain; a model, if there is one, is asked in the
grey band and writes summaries, and nothing it returns is done unchecked (`mature_ask`). Each proposal is one group of changes, so that
`undo` takes it back whole; a run that was broken off goes on where it stopped, for what is as it should be is left alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from perdure.errors import BudgetError, ModelError
from perdure.model.base import to_micros
from perdure.model.change import Conflict
from perdure.model.maturing import ConsolidationReport, Proposal
from perdure.model.memory import SUMMARY, MemoryRecord
from perdure.model.scope import Scope
from perdure.ports import LLM, LLMReply, LLMRequest
from perdure.stages.mature_ask import PAIRS, Asker
from perdure.stages.mature_run import Run, noted, vectors_of
from perdure.stages.mature_same import HALF_LIFE_OF, forgotten_by_itself, groups, lowerings, near_pairs, promotions
from perdure.stages.mature_sum import sum_up
from perdure.stages.project import project
from perdure.stages.stores import Stores
from perdure.stages.symptoms import holds

if TYPE_CHECKING:
    from perdure.ports import Floats

#: Conflicts in one call.
CONFLICTS = 10
DAY = 86_400_000_000


@dataclass(slots=True)
class Tally:
    """An LLM that counts what it is asked; behind whatever keeps replies, so that one read back costs nothing."""

    llm: LLM
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def name(self) -> str:
        """The model's."""
        return self.llm.name

    def complete(self, request: LLMRequest) -> LLMReply:
        """The reply of the LLM behind it.

        Raises:
            LLMTimeoutError, LLMUnavailableError: no reply.
        """
        self.calls += 1
        reply = self.llm.complete(request)
        self.input_tokens += reply.input_tokens
        self.output_tokens += reply.output_tokens
        return reply


def consolidate(
    stores: Stores, scope: Scope | None, *, dry_run: bool = False, asker_for: Callable[[int], Asker | None] | None = None,
    done_with: Callable[[int], None] | None = None, of: Sequence[tuple[int, str]] | None = None,
) -> ConsolidationReport:  # fmt: skip
    """Brings a scope's memory, or everybody's, into the shape in which it serves longest.

    Args:
        stores: of the memory.
        scope: whose; what carries every part of it. None for everybody.
        dry_run: only says what it would do. A model is asked all the same, and its replies are kept for the run that follows.
        asker_for: gives a model for an owner, by number; None for rules alone.
        of: these owners alone, by number and kind.
        done_with: told when all of an owner's proposals are committed: replies that were kept are needed no more.

    Raises:
        LedgerError: the ledger failed; what was committed stays.
    """
    run = Run(stores, scope, dry_run, stores.clock())
    with stores.ledger.snapshot() as snapshot:
        owners: Sequence[tuple[int, str]] = of or (snapshot.all_owners() if scope is None else snapshot.owners(scope))
    for owner, kind in owners:
        asker = asker_for(owner) if asker_for is not None else None
        if not dry_run:
            _index(run, owner)
        changed = _tidy(run, owner, asker)
        run.do(owner, sum_up(run, owner, kind, asker, changed))
        _dispute(run, owner, asker)
        if not dry_run:
            _index(run, owner)
            if done_with is not None:
                done_with(owner)
        if asker is not None:
            run.dropped += asker.dropped
    return ConsolidationReport(
        run.now, dry_run, tuple(run.proposals), tuple(run.conflicts),
        {"owners": len(owners), "memories": run.memories, "messages": run.messages}, dropped=tuple(run.dropped),
        warnings=tuple(run.warnings),
    )  # fmt: skip


def _index(run: Run, owner: int) -> None:
    """Gives a vector to what has none yet: what is alike is found by them."""
    try:
        project(run.stores, owner=owner)
    except ModelError as e:
        run.warn(f"vectors are missing, so what is alike was not all seen: {e}")


# ---------------------------------------------------------------------- merging, promoting, lowering
def _tidy(run: Run, owner: int, asker: Asker | None) -> dict[str, MemoryRecord]:
    """Does what concerns single memories. Returns what it makes of them, by id."""
    with run.stores.ledger.snapshot() as snapshot:
        records = [r for r in snapshot.current_versions(owner) if r.status == "live" and r.kind != SUMMARY and run.carried(r.scope)]
        run.memories += len(records)
        vectors = vectors_of(run, snapshot, [r.doc for r in records])
        used: dict[str, tuple[int, int]] = snapshot.uses(owner)
        short = [r for r in records if r.term == "short_term"]
        there = snapshot.messages({s.doc for r in short for s in r.sources})
        fixed = {r.id for r in short if not forgotten_by_itself(_first(snapshot, r))}
    held = [r for r in records if holds(r, run.now)]
    private = {doc for doc, m in there.items() if m.private}
    promoted = promotions(short, private=private, fixed=fixed, now=run.now)
    taken = {r.id for p in promoted for r in p.before}
    left = [r for r in held if r.id not in taken]

    def likeness(one: MemoryRecord, other: MemoryRecord) -> float:
        a, b = vectors.get(one.doc), vectors.get(other.doc)
        return 0.0 if a is None or b is None else float(a @ b)

    merged = groups(left, likeness)
    if asker is not None:
        verdicts = _verdicts(run, owner, asker, left, vectors, merged)
        merged = groups(left, likeness, verdicts) if verdicts else merged
    taken |= {r.id for p in merged for r in p.before}
    lowered: list[Proposal] = []
    if used:  # where no use was ever seen, none says nothing
        today = to_micros(run.now) // DAY
        kinds = {r.id: r.kind for r in held}
        of_use = {i for i, (_, day) in used.items() if i in kinds and today - day < HALF_LIFE_OF[kinds[i]]}
        lowered = lowerings([r for r in held if r.id not in taken], of_use, run.now)
    return run.do(owner, [*promoted, *merged, *lowered])


def _first(snapshot: Any, record: MemoryRecord) -> MemoryRecord:
    return record if record.version == 1 else next(iter(snapshot.all_versions(record.id)), record)


def _verdicts(
    run: Run, owner: int, asker: Asker, records: Sequence[MemoryRecord], vectors: Mapping[int, Floats], merged: Sequence[Proposal]
) -> dict[frozenset[str], str]:
    """Pairs in the grey band that the model finds to say the same. A verdict is kept: no pair is paid for twice."""
    group = {r.id: n for n, p in enumerate(merged) for r in p.before}
    near = near_pairs(records, vectors)
    pairs = [(a, b) for a, b, _ in near if a.id not in group or group[a.id] != group.get(b.id)]
    keys = [_pair_key(asker.name, a, b) for a, b in pairs]
    with run.stores.ledger.snapshot() as snapshot:
        said: dict[int, bool] = {n: told for n, k in enumerate(keys) if (told := noted(snapshot, owner, k)) is not None}
    open_ = [n for n in range(len(pairs)) if n not in said]
    for start in range(0, len(open_), PAIRS):
        part = open_[start : start + PAIRS]
        try:
            told = asker.same([pairs[n] for n in part])
        except (ModelError, BudgetError) as e:
            run.warn(f"{len(open_) - start} likely pairs were not looked at: {e}")
            break
        said |= dict(zip(part, told, strict=True))
        run.note(owner, {keys[n]: said[n] for n in part}, asker.name)
    return {frozenset((a.id, b.id)): asker.name for n, (a, b) in enumerate(pairs) if said.get(n)}


def _pair_key(model: str, one: MemoryRecord, other: MemoryRecord) -> str:
    told = json.dumps([model, *sorted((one.text, other.text))], ensure_ascii=False)
    return "pair:" + hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------------- conflicts
def _dispute(run: Run, owner: int, asker: Asker | None) -> None:
    """Closes conflicts that settled themselves, and has the model say what it thinks of the rest."""
    with run.stores.ledger.snapshot() as snapshot:
        open_: list[tuple[Conflict, MemoryRecord | None, MemoryRecord | None]] = [
            (c, snapshot.current(c.memory_id), snapshot.current(c.other_id)) for c in snapshot.conflicts(owner=owner)
        ]
    mine = [x for x in open_ if all(r is None or run.carried(r.scope) for r in x[1:])]
    gone = {r.id: r for p in run.proposals if run.dry_run for r in p.after}  # as they will be
    closing: list[Proposal] = []
    rest: list[tuple[Conflict, MemoryRecord, MemoryRecord]] = []
    for conflict, *sides in mine:
        one, other = (gone.get(r.id, r) if r is not None else None for r in sides)
        if one is None or other is None or not holds(one, run.now) or not holds(other, run.now):
            both = tuple(r for r in (one, other) if r is not None)
            why = "one of the two is gone" if one is None or other is None else "one of the two holds no more"
            closing.append(Proposal("close", f"{why}: {conflict.reason}", both, both, conflict_id=conflict.id))
        else:
            rest.append((conflict, one, other))
    run.do(owner, closing)
    run.conflicts += [c for c, _, _ in rest]
    for start in range(0, len(rest) if asker is not None else 0, CONFLICTS):
        part = rest[start : start + CONFLICTS]
        assert asker is not None  # noqa: S101  (the range is empty without one)
        try:
            advice = asker.advice([(a, b) for _, a, b in part])
        except (ModelError, BudgetError) as e:
            run.warn(f"conflicts were not looked at: {e}")
            break
        for n, (keep, why) in sorted(advice.items()):
            conflict, a, b = part[n]
            loser = b if keep == a.id else a
            after = replace(loser, status="superseded", superseded_by=keep, valid_to=run.now)
            run.proposals.append(
                Proposal("settle", why, (loser,), (after,), asker.name, conflict.id, keep,
                         skipped=f"a person decides: perdure conflicts --settle {conflict.id} --keep {keep}")
            )  # fmt: skip
