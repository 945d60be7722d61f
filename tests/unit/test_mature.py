"""consolidate: what it merges, promotes, lowers and closes; what it leaves alone; and that every step is whole and can be undone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import NOW, bytes_on_disk, days, quick, record

from perdure import Memory
from perdure.errors import LLMUnavailableError
from perdure.model.graph import Entity, Slot
from perdure.model.scope import Scope
from perdure.stages.mature_same import LOWEST, askable, groups, lowerings, near_pairs, promotions, reading
from perdure.testing import EchoLLM

ADA = {"user_id": "ada"}
CELLO = "Ada has been learning the cello with Mrs. Novak since last summer."
CELLO_AGAIN = "Ada has been learning to play the cello with Mrs. Novak since last summer."


def keep(m, text, **more):
    return m.remember(text, **(ADA | more)).memories[0].id


def twice(m, first=CELLO, second=CELLO_AGAIN):
    """Two memories that say nearly the same, though consolidation at the door did not see it."""
    one, other = keep(m, first), keep(m, "Ada keeps bees.")
    m.update(other, text=second)
    return one, other


def same_likeness(_one, _other):
    return 1.0


# --- merging
def test_near_duplicates_become_one_that_has_both_sources(memory):
    one, other = twice(memory)
    (proposal,) = memory.consolidate(**ADA).of("merge")
    assert (proposal.applied, len(proposal.changes)) == (True, 2)
    assert [r.text for r in memory.list(**ADA)] == [CELLO_AGAIN]  # it says more
    kept, gone = memory.get(other), memory.get(one)
    assert {s.quote for s in kept.sources} == {CELLO, "Ada keeps bees."}
    assert (gone.status, gone.superseded_by) == ("superseded", other)
    assert memory.verify().ok


def test_what_was_merged_is_shown_once_at_any_time(memory, clock):
    twice(memory)
    clock.advance(days=3)
    memory.consolidate(**ADA)
    assert [r.text for r in memory.list(**ADA, as_of="2026-03-04T00:00:00Z")] == [CELLO_AGAIN]
    assert len(memory.list(**ADA, known_at="2026-03-04T00:00:00Z")) == 2  # that is what was known then


def test_a_merge_is_undone_as_one(memory):
    one, other = twice(memory)
    before = {i: memory.get(i) for i in (one, other)}
    (proposal,) = memory.consolidate(**ADA).of("merge")
    memory.undo(proposal.changes[1])
    for i, was in before.items():
        now = memory.get(i)
        assert (now.text, now.status, now.sources) == (was.text, "live", was.sources)
    assert memory.verify().ok


def test_a_dry_run_says_the_same_and_writes_nothing(memory, path):
    twice(memory)
    counted, listed = memory.stats(), memory.list(**ADA)
    dry = memory.consolidate(**ADA, dry_run=True)
    assert (memory.stats().changes, memory.list(**ADA)) == (counted.changes, listed)
    assert not any(p.applied for p in dry.proposals)
    done = memory.consolidate(**ADA)
    assert [(p.action, p.reason, [r.text for r in p.after]) for p in dry.proposals] == [
        (p.action, p.reason, [r.text for r in p.after]) for p in done.proposals
    ]


def test_a_second_run_finds_nothing_to_do(memory, clock):
    twice(memory)
    memory.add(["My sister Priya is a nurse in Leeds.", "I live in Delhi."], **ADA)
    memory.consolidate()
    clock.advance(days=1)
    assert memory.consolidate().proposals == ()


@pytest.mark.parametrize(
    "other",
    [
        "Ada has been learning to play the cello with Mrs. Brown since last summer.",
        "Ada has not been learning to play the cello with Mrs. Novak since last summer.",
        "Ada has been learning to play the cello with 2 of Mrs. Novak since last summer.",
        "Eva has been learning to play the cello with Mrs. Novak since last summer.",
        "Ada has been teaching to play the cello with Mrs. Novak since last summer.",
        "Ada has never been learning to play the cello with Mrs. Novak since last summer.",
    ],
)
def test_what_says_something_else_is_left_alone(memory, other):
    twice(memory, second=other)
    assert memory.consolidate(**ADA).of("merge") == ()
    assert len(memory.list(**ADA)) == 2


@pytest.mark.parametrize(
    "apart",
    [
        {"scope": Scope("ada", "shop")},
        {"kind": "preference"},
        {"subject": "Priya"},
        {"metadata": {"kind": "symptom"}},
        {"term": "short_term"},
        {"slots": (Slot("user", "employer", "Bosch"),)},
    ],
)
def test_memories_of_another_place_kind_subject_or_value_are_never_one(apart):
    one = record("I work there.", Slot("user", "employer", "Siemens"), uid="a", doc=1)
    other = replace(record("I work there.", uid="b", doc=2), **apart)
    assert groups([one, other], same_likeness) == []


def test_who_says_nothing_in_a_slot_does_not_join_two_that_differ():
    one = record("The office is nice.", Slot("user", "employer", "Siemens"), uid="a", doc=1)
    two = record("The office is nice.", uid="b", doc=2)
    three = record("The office is nice.", Slot("user", "employer", "Bosch"), uid="c", doc=3)
    (made,) = groups([one, two, three], same_likeness)
    assert {r.id for r in made.before} in ({"a", "b"}, {"b", "c"})


def test_the_kept_memory_has_the_best_of_all():
    one = record("I work at Siemens.", uid="a", doc=1, confidence=0.5, importance=0.9)
    other = record("I work at Siemens.", Slot("user", "employer", "Siemens"), uid="b", doc=2, at=days(-3), confidence=0.9)
    (made,) = groups([one, other], same_likeness)
    kept = made.after[0]
    assert (kept.confidence, kept.importance, kept.valid_from) == (0.9, 0.9, days(-3))
    assert [s.value for s in kept.slots if s.valid_to is None] == ["Siemens"]
    assert all(s.valid_to is not None for r in made.after[1:] for s in r.slots)


WORDS = st.sampled_from("Ada Eva likes hates tea coffee not never 2 3 in Delhi Leeds green the a with Novak".split())
SENTENCES = st.lists(WORDS, min_size=1, max_size=8).map(" ".join)


@quick
@given(st.lists(SENTENCES, max_size=12))
def test_whatever_is_alike_numbers_and_slots_of_a_group_agree_and_nobody_is_lost(texts):
    from perdure.stages.consolidate import same_numbers

    records = [record(t, uid=f"r{n}", doc=n + 1) for n, t in enumerate(texts)]
    seen: set[str] = set()
    for p in groups(records, same_likeness):
        ids = [r.id for r in p.before]
        assert seen.isdisjoint(ids)
        assert len(ids) > 1
        seen.update(ids)
        assert all(same_numbers(p.before[0].text, r.text) for r in p.before)
        assert [r.id for r in p.after] == ids
        assert [r.status for r in p.after] == ["live", *["superseded"] * (len(ids) - 1)]
        assert {s for r in p.before for s in r.sources} >= set(p.after[0].sources)


# --- the grey band
def verdicts(*numbers):
    return EchoLLM(lambda request: {"same": list(numbers)} if "compare pairs" in request.turns[0].content else {"summaries": []})


GREY_PAIR = ("Ada drinks green tea every morning before work.", "Every morning before work Ada has her cup of green tea.")


@pytest.fixture
def asked(path, clock):
    """Opens a memory with a model; each call reopens it."""
    opened = []

    def open_(llm, **more):
        for m in opened:
            m.close()
        opened.append(Memory(path, clock=clock, llm=llm, extractor="rules", worker=False, **more))
        return opened[-1]

    yield open_
    for m in opened:
        m.close()


def test_in_the_grey_band_a_model_decides_and_is_asked_once(asked):
    m = asked(EchoLLM(["unused"]))
    for text in GREY_PAIR:
        keep(m, text)
    assert m.consolidate(**ADA, use_llm=False).of("merge") == ()
    llm = verdicts()
    m = asked(llm)
    assert m.consolidate(**ADA).of("merge") == ()
    pairs = [r for r in llm.requests if "Pairs:" in r.turns[-1].content]
    assert len(pairs) == 1
    assert all(text in pairs[0].turns[-1].content for text in GREY_PAIR)
    report = m.consolidate(**ADA)
    assert (report.calls, report.of("merge")) == (0, ())  # the verdict is kept


def test_a_model_that_says_they_are_the_same_is_believed(asked):
    m = asked(verdicts(1))
    for text in GREY_PAIR:
        keep(m, text)
    report = m.consolidate(**ADA)
    assert [p.by for p in report.of("merge")] == ["echo"]
    assert len(m.list(**ADA)) == 1
    assert report.calls == len(m._stores.llm.requests)
    with m._stores.ledger.snapshot() as snapshot:
        counted = dict(snapshot.spending("purpose"))
    assert (counted["consolidate"].calls, counted["consolidate"].input_tokens) == (report.calls, report.input_tokens)


def test_a_model_that_says_all_are_the_same_merges_nothing_that_differs(asked):
    m = asked(verdicts(*range(-5, 50)))
    texts = [
        "Ada pays 40 euros for the gym each month.", "Ada pays 45 euros for the gym each month.",
        "Ada likes jasmine tea.", "Ada does not like jasmine tea.",
        "Ada visited Leeds with Priya in May.", "Ada visited Leeds with Anna in May.",
    ]  # fmt: skip
    for text in texts:
        keep(m, text)
    m.consolidate(**ADA)
    assert sorted(r.text for r in m.list(**ADA)) == sorted(texts)


def test_when_the_model_fails_rules_do_their_part_and_it_is_said(asked):
    llm = EchoLLM(lambda _request: LLMUnavailableError("no route to host"))
    m = asked(llm)
    twice(m)
    for text in GREY_PAIR:
        keep(m, text)
    report = m.consolidate(**ADA)
    assert len(report.of("merge")) == 1
    assert any("no route to host" in w for w in report.warnings)


@pytest.mark.parametrize("reply", ["", "no json", '{"same": "all"}', '{"same": [true, "1", null, 1.0]}', "[]"])
def test_whatever_a_model_answers_nothing_is_merged_on_doubt(asked, reply):
    m = asked(EchoLLM(lambda _request: reply))
    for text in GREY_PAIR:
        keep(m, text)
    m.consolidate(**ADA)
    assert len(m.list(**ADA)) == 2


def test_pairs_with_other_entities_are_not_even_asked_about():
    one = record("She lent me the book.", uid="a", entities=(Entity("Priya", "Person"),))
    other = record("She lent me that book.", uid="b", doc=101, entities=(Entity("Anna", "Person"),))
    assert not askable(one, other, reading(one), reading(other))
    same = replace(other, entities=one.entities)
    assert askable(one, same, reading(one), reading(same))


def test_pairs_come_from_the_vectors():
    import numpy as np

    records = [record(f"Tea is nice, says nobody {w}.", uid=w, doc=n + 1) for n, w in enumerate(["here", "there", "elsewhere"])]
    vectors = {1: np.array([1.0, 0.0], np.float32), 2: np.array([0.9, 0.436], np.float32), 3: np.array([0.0, 1.0], np.float32)}
    assert [(a.id, b.id) for a, b, _ in near_pairs(records, vectors)] == [("here", "there")]


# --- promoting
def test_what_is_said_in_two_sessions_becomes_long_term(memory, clock):
    for session in ("s1", "s2"):
        memory.remember("Answer me in French.", **ADA, session_id=session, term="short_term")
        clock.advance(days=2)
    assert memory.list(**ADA) == []
    (proposal,) = memory.consolidate(**ADA).of("promote")
    assert proposal.reason == "said in 2 sessions"
    (kept,) = memory.list(**ADA)
    assert (kept.term, kept.expires_at, len(kept.sources)) == ("long_term", None, 2)
    memory.undo(proposal.changes[0])
    assert memory.list(**ADA) == []


def test_what_was_said_for_one_chat_only_stays_there(memory, clock):
    for session in ("s1", "s2"):
        memory.add("Just for this chat: call me Captain.", **ADA, session_id=session)
        clock.advance(days=2)
    assert memory.consolidate(**ADA).of("promote") == ()


def test_what_has_an_end_of_its_own_is_not_made_to_last(memory, clock):
    for session in ("s1", "s2"):
        memory.remember("I have a cold.", **ADA, session_id=session, term="short_term", expires_at="2026-03-20T00:00:00Z")
    assert memory.consolidate(**ADA).of("promote") == ()


def test_twice_in_one_breath_is_once():
    once = replace(record("I have a cold.", term="short_term"), expires_at=days(1))
    source = once.sources[0]
    soon = replace(once, sources=(source, replace(source, doc=9, said_at=source.said_at + (days(1) - NOW) / 100)))
    later = replace(once, sources=(source, replace(source, doc=9, said_at=days(0.5))))
    assert promotions([soon], private=(), fixed=(), now=NOW) == []
    assert len(promotions([later], private=(), fixed=(), now=NOW)) == 1
    assert promotions([later], private={9}, fixed=(), now=NOW) == []


# --- lowering
def test_what_is_never_used_loses_importance_and_rank(memory, clock):
    used = memory.add("I met Boris at the harbour in the rain.", **ADA).memories
    unused = memory.add("I bought tickets for the opera in Vienna.", **ADA).memories
    assert used
    assert unused
    clock.advance(days=395)
    memory.context("Whom did I meet at the harbour?", **ADA, limit=1)
    before = memory.search("opera tickets", **ADA)
    clock.advance(days=5)
    lowered = memory.consolidate(**ADA).of("lower")
    assert unused[0].id in {p.before[0].id for p in lowered}
    assert used[0].id not in {p.before[0].id for p in lowered}
    assert memory.get(unused[0].id).importance == unused[0].importance / 2
    after = memory.search("opera tickets", **ADA)

    def trust(hits):
        return next((s.contribution for h in hits if h.id == unused[0].id for s in h.why if s.channel == "confidence"), 0.0)

    assert trust(after) < trust(before)
    assert len(after) == len(before)  # nothing is deleted
    assert memory.consolidate(**ADA).of("lower") == ()  # not again before another half-life


def test_where_no_use_was_ever_recorded_nothing_is_lowered(memory, clock):
    memory.add("I met Boris at the harbour on a rainy day.", **ADA)
    clock.advance(days=1000)
    assert memory.consolidate(**ADA).of("lower") == ()


@quick
@given(st.floats(0.0, 1.0), st.integers(0, 4000), st.sampled_from(["fact", "preference", "episodic", "procedural"]))
def test_importance_only_falls_by_half_and_never_below_the_least(importance, age, kind):
    r = record("Tea at five.", importance=importance, kind=kind, at=days(-age))
    for p in lowerings([r], set(), NOW):
        assert LOWEST <= p.after[0].importance < importance
        assert p.after[0].importance == max(LOWEST, round(importance / 2, 4))
    assert lowerings([r], {r.id}, NOW) == []


def test_a_search_records_no_use(memory, path, clock):
    memory.add("I met Boris at the harbour.", **ADA)
    memory.search("Boris", **ADA)
    memory.close()
    with Memory(path, clock=clock) as again, again._stores.ledger.snapshot() as snapshot:
        assert snapshot.uses(snapshot.owner(Scope("ada"))) == {}


def test_uses_outlive_the_process_and_go_with_their_memory(memory, path, clock):
    (m,) = memory.add("I met Boris at the harbour.", **ADA).memories
    memory.context("Who did I meet?", **ADA)
    memory.close()
    with Memory(path, clock=clock) as again:
        with again._stores.ledger.snapshot() as snapshot:
            assert snapshot.uses(snapshot.owner(Scope("ada")))[m.id][0] == 1
        again.forget(id=m.id)
    assert m.id.encode() not in bytes_on_disk(path)


# --- conflicts
CLASH = {"role": "assistant", "content": "Understood: you live in Bangalore."}


def disputed(m):
    """An open conflict between what the user said and what a tool says."""
    from perdure.model.base import to_micros
    from perdure.model.change import Conflict

    one, other = keep(m, "Ada's flat is in Delhi."), keep(m, "Ada's house is by the sea in Goa.")
    with m._stores.ledger.transaction() as tx:
        owner = tx.owner(Scope("ada"))
        tx.put_conflict(Conflict("c1", one, other, "two homes", NOW), owner)
        assert to_micros(NOW)
    return one, other


def test_a_conflict_of_which_one_side_is_gone_closes_itself(memory):
    one, _ = disputed(memory)
    report = memory.consolidate(**ADA)
    assert [c.id for c in report.conflicts] == ["c1"]
    assert report.of("close") == ()
    memory.delete(one)
    report = memory.consolidate(**ADA)
    assert (len(report.of("close")), report.conflicts) == (1, ())
    assert memory.conflicts(**ADA) == []


def test_a_model_advises_on_a_conflict_and_decides_nothing(asked):
    llm = EchoLLM(
        lambda request: {"advice": [{"pair": 1, "keep": "b", "why": "said later"}, {"pair": 9, "keep": "a", "why": ""}]}
        if "Each pair holds" in request.turns[0].content else {"summaries": []}
    )  # fmt: skip
    m = asked(llm)
    one, other = disputed(m)
    report = m.consolidate(**ADA)
    (advice,) = report.of("settle")
    assert (advice.keep, advice.reason, advice.applied) == (other, "said later", False)
    assert f"perdure conflicts --settle c1 --keep {other}" in advice.skipped
    assert m.get(one).status == "live"
    assert len(m.conflicts(**ADA)) == 1
    assert any("9" in d for d in report.dropped)


# --- whose
def test_only_the_named_scope_is_touched(memory):
    twice(memory)
    bob = [keep(memory, t, user_id="bob") for t in (CELLO, "Bob keeps bees.")]
    memory.update(bob[1], text=CELLO_AGAIN)
    memory.consolidate(**ADA)
    assert len(memory.list(user_id="ada")) == 1
    assert len(memory.list(user_id="bob")) == 2
    memory.consolidate()
    assert len(memory.list(user_id="bob")) == 1


def test_somebody_who_changes_a_memory_meanwhile_wins(memory, monkeypatch):
    from perdure.stages import mature_run

    one, other = twice(memory)
    real = mature_run.apply

    def late(stores, owner, proposals):
        if any(p.action == "merge" for p in proposals):
            memory.update(other, text="Ada sold the cello.")
        return real(stores, owner, proposals)

    monkeypatch.setattr(mature_run, "apply", late)
    (proposal,) = memory.consolidate(**ADA).of("merge")
    assert (proposal.applied, proposal.skipped) == (False, "it was changed meanwhile")
    assert {memory.get(i).status for i in (one, other)} == {"live"}


def test_a_report_is_plain_data(memory):
    twice(memory)
    report = memory.consolidate(**ADA)
    assert json.loads(json.dumps(report.to_dict()))["proposals"][0]["action"] == "merge"


# --- when nobody talks
def test_idle_owners_are_consolidated_once_and_busy_ones_left_alone(path, clock):
    from perdure.stages.mature_idle import Resting

    at = [0.0]
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        resting = Resting(m._stores, look=60.0, now=lambda: at[0])
        keep(m, "Tea at five.")

        def look():
            at[0] += 61
            return [o for o, _ in resting.owners()]

        assert look() == []  # it may have been written a moment ago
        (owner,) = look()
        resting.done(owner)
        assert look() == []
        keep(m, "Tea at six.")
        assert look() == []
        assert look() == [owner]
        keep(m, "Tea at seven.")
        assert look() == []


def test_the_setting_has_the_thread_consolidate(path, clock, monkeypatch):
    import threading

    from perdure.stages import mature_idle

    with Memory(path, clock=clock) as m:
        twice(m)
    monkeypatch.setattr(mature_idle, "LOOK", 0.0)
    done = threading.Event()
    real = mature_idle.Resting.done
    monkeypatch.setattr(mature_idle.Resting, "__init__", _eager(mature_idle.Resting.__init__))
    monkeypatch.setattr(mature_idle.Resting, "done", lambda self, owner: (real(self, owner), done.set()))
    with Memory(path, clock=clock, consolidate="idle") as m:
        assert done.wait(30)
        assert len(m.list(**ADA)) == 1


def _eager(init):
    return lambda self, stores: init(self, stores, look=0.0)


def test_another_setting_is_refused(path):
    from perdure.errors import ConfigError

    with pytest.raises(ConfigError, match="consolidate"):
        Memory(path, embedder="hashing", consolidate="always")


# --- a process that dies
def test_a_run_that_dies_half_way_leaves_whole_groups_and_goes_on(path, clock):
    """SIGKILL after the first transaction: no half-merged pair, and the next run does the rest."""
    import os
    import signal
    import subprocess
    import sys
    import textwrap

    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        for n in range(80):
            first = keep(m, f"Ada keeps bees in hive number {n}.", kind="preference")
            other = keep(m, f"Placeholder {n}.", kind="preference")
            m.update(other, text=f"Ada keeps bees in hive number {n}!")
            assert first != other
    script = f"""
    import os, signal
    from perdure import Memory
    from perdure.stages import mature_commit
    real, count = mature_commit._write, [0]
    def dying(*args):
        count[0] += 1
        if count[0] == 50:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args)
    mature_commit._write = dying
    Memory({str(path)!r}, embedder="hashing", worker=False).consolidate(user_id="ada")
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert killed.returncode == -signal.SIGKILL
    with Memory(path, clock=clock, embedder="hashing", worker=False) as m:
        live = m.list(**ADA, limit=1000)
        assert 80 < len(live) < 160
        assert m.verify().ok
        left = len(live) - 80
        assert len(m.consolidate(**ADA).of("merge")) == left
        assert len(m.list(**ADA, limit=1000)) == 80
        assert m.consolidate(**ADA).proposals == ()


def test_two_who_consolidate_at_once_do_not_do_it_twice(memory, path, clock):
    import threading

    for n in range(12):
        keep(memory, f"Ada keeps bees in hive number {n}.", kind="preference")
        memory.update(keep(memory, f"Placeholder {n}.", kind="preference"), text=f"Ada keeps bees in hive number {n}!")
    with Memory(path, clock=clock, worker=False) as other:
        reports = []
        runs = [threading.Thread(target=lambda m=m: reports.append(m.consolidate(**ADA))) for m in (memory, other)]
        for t in runs:
            t.start()
        for t in runs:
            t.join()
    assert sum(p.applied for r in reports for p in r.of("merge")) == 12
    assert len(memory.list(**ADA)) == 12
    assert len(memory.summaries(**ADA, kind="profile")) == 1
    assert memory.verify().ok


def test_an_answer_without_a_model_counts_as_use(memory):
    (m,) = memory.add("I live in Delhi.", **ADA).memories
    assert memory.ask("Where do I live?", **ADA).citations
    memory.consolidate(**ADA)
    with memory._stores.ledger.snapshot() as snapshot:
        assert m.id in snapshot.uses(snapshot.owner(Scope("ada")))
