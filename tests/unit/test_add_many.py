"""Several adds at once: captured all or none, extracted in as few calls as they fit in, each with its own episode, job and changes."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import answer, quick, said

from perdure import Memory
from perdure.errors import InputError, LLMUnavailableError, ScopeError
from perdure.model.message import Message
from perdure.testing import EchoLLM, FlakyLLM
from perdure.worker import TOGETHER, in_line

FACTS = [
    "I live in Porto.", "My sister Mara plays chess.", "I work as a nurse.", "I like figs.", "My dog is called Bruno.",
    "I am allergic to peanuts.",
]  # fmt: skip


def understood(request):
    """One memory for each message of the prompt, which it quotes whole."""
    found = re.findall(r'<message n="(\d+)"[^>]*>(.*?)</message>', request.turns[-1].content, re.DOTALL)
    return answer(*(said(text) | {"message": int(n)} for n, text in found))


@pytest.fixture
def opened(path, clock):
    def make(llm=None, **more):
        return Memory(path, clock=clock, llm=llm, **({"embedder": "hashing", "worker": False} | more))

    return make


def texts(memory, user="ada"):
    return sorted(r.text for r in memory.list(user_id=user, limit=1000))


def test_several_turns_take_one_call_and_each_keeps_its_own_job_and_changes(opened):
    llm = EchoLLM(understood)
    with opened(llm) as m:
        results = m.add_many(FACTS, user_id="ada")
        assert len(llm.requests) == 1
        assert len({r.episode_id for r in results}) == len({r.job.id for r in results}) == len(FACTS)
        assert {r.job.state for r in results} == {"done"}
        for fact, result in zip(FACTS, results, strict=True):
            assert [x.text for x in result.memories] == [fact]
            (change,) = m.history(result.memories[0].id)
            assert change.id == result.changes[0].id
            assert result.memories[0].sources[0].message_id == result.message_ids[0]
        with m._stores.ledger.snapshot() as snapshot:
            assert [[c.id for c in snapshot.changes(job=r.job.id)] for r in results] == [[c.id for c in r.changes] for r in results]
        assert [r.job.calls for r in results] == [1, 0, 0, 0, 0, 0], "what the call took is told once"
        assert sum(c.calls for c in m.costs()) == 1
        assert m.verify().ok


def test_what_waits_is_read_together_too(opened):
    llm = EchoLLM(understood)
    with opened(llm) as m:
        for n, fact in enumerate(FACTS):
            m.add(fact, user_id="ada", session_id="s1" if n < 4 else "s2", wait="captured")
        m.add("I live in Lima.", user_id="bob", wait="captured")
        assert m.work() == 7
        assert len(llm.requests) == 3, "ada's two sessions and bob"
        assert texts(m) == sorted(FACTS)


def test_batches_say_for_themselves_what_differs(opened):
    with opened() as m:
        one, two, three = m.add_many(
            [
                {"messages": "I live in Porto.", "session_id": "s1", "timestamp": "2025-01-01", "metadata": {"a": 1}},
                [{"role": "user", "content": "I like figs."}, {"role": "assistant", "content": "Noted."}],
                {"messages": Message("I work as a nurse."), "user_id": "bob"},
            ],
            user_id="ada", metadata={"source": "import"},
        )  # fmt: skip
        assert one.memories[0].sources[0].said_at.year == 2025
        (hit,) = m.search("Porto", user_id="ada", filters={"and": [{"metadata.a": 1}, {"metadata.source": "import"}]})
        assert "Porto" in hit.text
        assert len(two.message_ids) == 2
        assert m.list(user_id="bob")[0].id == three.memories[0].id
        assert m.search("figs", user_id="ada", filters={"metadata.source": "import"})


@pytest.mark.parametrize(
    ("batches", "says"),
    [
        (["I live in Porto.", 7], r"batches\[1\]"),
        (["I live in Porto.", {"messages": "x", "when": "now"}], r"batches\[1\] has unknown keys"),
        (["I live in Porto.", {"messages": [{"role": "king", "content": "x"}]}], r"batches\[1\].*role"),
        (["I live in Porto.", {"messages": "x", "timestamp": "soon"}], r"batches\[1\].*timestamp"),
        (["I live in Porto.", {"messages": "x", "metadata": {"f": float("nan")}}], r"batches\[1\].*metadata"),
        (["I live in Porto.", {"messages": "x", "user_id": "*"}], r"batches\[1\].*user_id"),
        ("I live in Porto.", "batches must be a list"),
        ({"messages": "I live in Porto."}, "batches must be a list"),
    ],
)
def test_one_bad_batch_and_nothing_of_any_is_stored(opened, batches, says):
    with opened() as m:
        with pytest.raises(InputError, match=says) as refused:
            m.add_many(batches, user_id="ada")
        assert refused.value.argument.startswith("batches")
        assert m.stats().messages == 0
        assert m.stats().owners == 0


def test_a_batch_without_a_scope_is_refused_and_an_empty_list_is_nothing(opened):
    with opened() as m:
        with pytest.raises(ScopeError, match=r"batches\[1\]"):
            m.add_many([{"messages": "x", "user_id": "ada"}, "y"])
        with pytest.raises(InputError, match="wait"):
            m.add_many(["x"], user_id="ada", wait="soon")
        assert m.add_many([], user_id="ada") == []
        assert m.stats().messages == 0


def test_redelivered_batches_are_recognised_also_within_one_call(opened):
    with opened() as m:
        batch = [{"role": "user", "id": "m1", "content": "I live in Porto."}]
        first, second = m.add_many([batch, batch], user_id="ada")
        assert (first.duplicate, second.duplicate) == (False, True)
        assert m.add_many([batch], user_id="ada")[0].duplicate
        assert m.stats().messages == 1


def test_captured_only_and_captured_for_later(opened):
    llm = EchoLLM(understood)
    with opened(llm) as m:
        assert all(r.job is None for r in m.add_many(FACTS, user_id="ada", infer=False))
        assert m.stats().lag == {}
        later = m.add_many(FACTS, user_id="bob", wait="captured")
        assert {r.job.state for r in later} == {"pending"}
        assert (len(llm.requests), m.work(), len(llm.requests)) == (0, len(FACTS), 1)


def test_a_later_turn_replaces_what_an_earlier_one_of_the_same_call_said(opened):
    with opened() as m:
        m.add_many(["I live in Delhi.", "I moved to Bangalore last week."], user_id="ada")
        assert m.fact("lives_in", user_id="ada").value == "Bangalore"
        assert m.verify().ok


def test_when_the_model_is_down_all_wait_and_nothing_is_lost(opened, clock):
    llm = FlakyLLM(EchoLLM(understood), [LLMUnavailableError("out of quota")])
    with opened(llm) as m:
        results = m.add_many(FACTS, user_id="ada")
        assert {(r.job.state, r.job.attempts) for r in results} == {("pending", 1)}
        assert all("out of quota" in r.warnings[0] for r in results)
        assert len(m.search("chess", user_id="ada")) >= 1
        clock.advance(hours=1)
        assert m.work() == len(FACTS)
        assert texts(m) == sorted(FACTS)
        assert llm.calls == 2


def test_one_turn_the_model_makes_no_sense_of_does_not_hold_up_the_others(opened, clock):
    def reply(request):
        return "Sorry." if ">I am allergic" in request.turns[1].content else understood(request)

    llm = EchoLLM(reply)
    with opened(llm) as m:
        results = m.add_many(FACTS, user_id="ada")
        assert [r.job.state for r in results] == ["done"] * 5 + ["pending"]
        assert texts(m) == sorted(FACTS[:5])
        before = len(llm.requests)
        clock.advance(hours=1)
        m.add("I live in Lima.", user_id="ada", wait="captured")
        m.work()
        assert len(llm.requests) == before + 3, "the one that made no sense is tried by itself (twice), the new one goes through"
        assert texts(m) == sorted([*FACTS[:5], "I live in Lima."])


def test_a_long_backlog_takes_several_calls(opened):
    llm = EchoLLM(understood)
    facts = [f"I own {n} green bicycles, said the note." for n in range(2, 2 + 2 * TOGETHER + 1)]
    with opened(llm) as m:
        m.add_many(facts, user_id="ada")
        assert len([r for r in llm.requests if r.schema_name == "extraction"]) == 3
        llm.requests.clear()
        m.add_many(["I like tea. " + "x " * 3000, "I like figs. " + "y " * 3000], user_id="bob")
        assert len([r for r in llm.requests if r.schema_name == "extraction"]) == 2


def test_an_interrupted_call_leaves_jobs_that_can_be_run(opened, clock):
    llm = EchoLLM([KeyboardInterrupt(), *[json.dumps(answer())] * 9])
    with opened(llm) as m:
        with pytest.raises(KeyboardInterrupt):
            m.add_many([{"messages": f, "session_id": str(n)} for n, f in enumerate(FACTS)], user_id="ada")
        assert {j.state for j in m.jobs(user_id="ada")} == {"pending"}
        clock.advance(hours=1)
        assert m.work() == len(FACTS)


SENTENCES = st.sampled_from(
    ["I live in Porto.", "I moved to Lima last week.", "I like figs.", "I don't like figs any more.", "My dog is called Bruno.",
     "My sister Mara plays chess.", "She lives in Goa.", "Thanks!", "I work at Initech.", "I quit my job at Initech yesterday."]
)  # fmt: skip


@quick
@given(st.lists(st.tuples(SENTENCES, st.sampled_from([None, "s1", "s2"])), min_size=1, max_size=7))
def test_many_at_once_leave_what_one_by_one_would(turns):
    """With rules, which decide the same every time: the same memories, live and past, with the same values."""

    def what(memory):
        return (
            sorted((r.text, r.status, str(r.valid_to)) for r in memory.list(user_id="ada", limit=1000)),
            sorted((f.attribute, f.value) for f in memory.facts(user_id="ada")),
        )

    from perdure.testing import FrozenClock

    made = []
    for together in (False, True):
        clock = FrozenClock("2026-03-02T12:00:00Z")
        with Memory(":memory:", clock=clock, embedder="hashing", worker=False) as m:
            batches = [{"messages": t, "session_id": s, "timestamp": clock() + timedelta(minutes=n)} for n, (t, s) in enumerate(turns)]
            for part in [batches] if together else [[b] for b in batches]:
                m.add_many(part, user_id="ada")
            made.append(what(m))
            assert m.verify().ok
    assert made[0] == made[1]


@quick
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from([None, "a"]), st.sampled_from([None, "s"])), max_size=30))
def test_lines_keep_the_order_of_each_owner_and_hold_one_scope(scopes):
    due = [(f"j{n}", *scope) for n, scope in enumerate(scopes)]
    lines = in_line(due)
    of = {job: scope for job, *scope in due}
    assert sorted(j for line in lines for j in line) == sorted(of)
    assert all(len({tuple(of[j]) for j in line}) == 1 for line in lines)
    for owner in {s[0] for s in of.values()}:
        assert [j for line in lines for j in line if of[j][0] == owner] == [j for j, o, *_ in due if o == owner]
    assert [line[0] for line in lines] == sorted((line[0] for line in lines), key=lambda j: int(j[1:]))
