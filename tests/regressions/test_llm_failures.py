"""Rows 8 and 9: a failing LLM loses nothing and is retried; where there is nothing to remember it is not called."""

from __future__ import annotations

import json

import pytest

from perdure import Memory
from perdure.errors import LLMOutputError, LLMTimeoutError, LLMUnavailableError, ModelError
from perdure.testing import EchoLLM, FlakyLLM

SAID = "I moved to Bangalore last month."
MEMORY = {
    "text": SAID,
    "kind": "fact",
    "term": "long_term",
    "quote": SAID,
    "message": 0,
    "valid_from": "2026-02",
    "valid_to": None,
    "expires_at": None,
    "confidence": 0.95,
    "slot": {"entity": "user", "attribute": "lives_in", "value": "Bangalore"},
    "replaces": [],
}
GOOD = json.dumps({"entities": [], "relations": [], "memory_type": "long_term", "memories": [MEMORY]})


def scripted(*script: str | Exception) -> EchoLLM:
    """Gives out the script's replies in order, raises those that are errors, and repeats the last."""
    steps = [*script, *[script[-1]] * 20]
    return EchoLLM(steps)


FAILURES = {
    "timeout": (LLMTimeoutError("no answer in 60 s"), LLMTimeoutError),
    "unavailable": (LLMUnavailableError("connection refused"), LLMUnavailableError),
    "malformed JSON": ('{"memories": [{"text": "I mo', LLMOutputError),
    "prose": ("Sure! Here are the memories you asked for.", LLMOutputError),
    "a list instead of an object": ("[1, 2, 3]", LLMOutputError),
    "memories of the wrong type": ('{"entities": [], "relations": [], "memory_type": null, "memories": "none"}', LLMOutputError),
    "items of the wrong type": (
        '{"entities": [null], "relations": ["x"], "memory_type": 7, "memories": [5, null, []]}',
        LLMOutputError,
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_08_a_failing_llm_leaves_the_message_captured_and_the_job_pending(path, clock, failure: str) -> None:
    step, error = FAILURES[failure]
    with Memory(path, clock=clock, llm=scripted(step), embedder="hashing", worker=False) as memory:
        result = memory.add(SAID, user_id="ada")

        assert result.job.state == "pending"
        assert isinstance(result.job.error, error)
        assert result.changes == ()
        assert memory.search("Bangalore", user_id="ada")[0].text == SAID  # captured before understood
        (job,) = memory.jobs(user_id="ada")
        assert (job.state, type(job.error)) == ("pending", type(result.job.error))
        assert memory.stats().jobs.get("pending") == 1


@pytest.mark.parametrize("failure", FAILURES)
def test_08_the_retry_understands_what_the_failure_left(path, clock, failure: str) -> None:
    step, _ = FAILURES[failure]
    with Memory(path, clock=clock, llm=scripted(step), embedder="hashing", worker=False) as memory:
        memory.add(SAID, user_id="ada")
    clock.advance(seconds=24 * 3600)  # past any back-off

    with Memory(path, clock=clock, llm=scripted(GOOD), embedder="hashing", worker=False) as memory:
        assert memory.work() == 1
        (kept,) = memory.list(user_id="ada")
        assert kept.text == SAID
        assert kept.sources[0].quote == SAID
        assert memory.fact("lives_in", user_id="ada").value == "Bangalore"
        (job,) = memory.jobs(user_id="ada")
        assert (job.state, job.error) == ("done", None)
        assert memory.work() == 0
        assert len(memory.list(user_id="ada")) == 1


def test_08_the_same_llm_back_on_its_feet_is_asked_again(path, clock) -> None:
    llm = FlakyLLM(scripted(GOOD), [LLMTimeoutError("no answer in 60 s")] * 3)
    with Memory(path, clock=clock, llm=llm, embedder="hashing", worker=False) as memory:
        state = memory.add(SAID, user_id="ada").job.state
        for _ in range(3):
            if state == "done":
                break
            clock.advance(days=1)
            memory.work()
            (job,) = memory.jobs(user_id="ada")
            state = job.state

        assert state == "done"
        assert [m.text for m in memory.list(user_id="ada")] == [SAID]


def test_08_one_repair_turn_saves_a_malformed_answer(path, clock) -> None:
    llm = scripted('{"memories": [', GOOD)
    with Memory(path, clock=clock, llm=llm, embedder="hashing", worker=False) as memory:
        result = memory.add(SAID, user_id="ada")

        assert result.job.state == "done"
        assert [m.text for m in memory.list(user_id="ada")] == [SAID]
        assert len(llm.requests) == 2


def test_08_items_of_the_wrong_type_do_not_take_the_good_ones_along(path, clock) -> None:
    mixed = json.dumps({"entities": [], "relations": [], "memory_type": "long_term", "memories": [MEMORY, {"text": 5}]})
    with Memory(path, clock=clock, llm=scripted(mixed), embedder="hashing", worker=False) as memory:
        memory.add(SAID, user_id="ada")
        clock.advance(seconds=24 * 3600)
        memory.work()

        kept = [m.text for m in memory.list(user_id="ada")]
        (job,) = memory.jobs(user_id="ada")
        assert kept == [SAID] if job.state == "done" else isinstance(job.error, LLMOutputError)
        assert job.state != "done" or job.dropped  # what was left out is told


def test_08_an_invented_quote_is_refused(path, clock) -> None:
    invented = MEMORY | {"text": "I live in Paris.", "quote": "I live in Paris", "slot": MEMORY["slot"] | {"value": "Paris"}}
    answer = json.dumps({"entities": [], "relations": [], "memory_type": "long_term", "memories": [invented, MEMORY]})
    with Memory(path, clock=clock, llm=scripted(answer), embedder="hashing", worker=False) as memory:
        result = memory.add(SAID, user_id="ada")

        assert [m.text for m in memory.list(user_id="ada")] == [SAID]
        assert memory.fact("lives_in", user_id="ada").value == "Bangalore"
        assert result.job.dropped


def test_08_an_answer_cut_off_by_its_limit_keeps_what_was_whole(path, clock) -> None:
    whole = json.dumps({"memories": [MEMORY, MEMORY | {"text": "I moved again."}], "entities": []})
    llm = scripted(whole[: whole.index("I moved again") + 4])
    with Memory(path, clock=clock, llm=llm, embedder="hashing", worker=False) as memory:
        result = memory.add(SAID, user_id="ada")

        assert [m.text for m in memory.list(user_id="ada")] == [SAID]
        assert len(llm.requests) == 1  # asked again, it would be cut off again
        assert any("cut off" in warning for warning in result.warnings)


@pytest.mark.parametrize("text", ["I moved to Bangalore with Rajesh.", "I moved to house 4711.", "Forget everything you know."])
def test_08_what_nobody_said_is_not_remembered(path, clock, text: str) -> None:
    made_up = json.dumps({"memories": [MEMORY | {"text": text}]})
    with Memory(path, clock=clock, llm=scripted(made_up), embedder="hashing", worker=False) as memory:
        result = memory.add(SAID, user_id="ada")

        assert memory.list(user_id="ada") == []
        assert result.job.dropped


def test_08_doubtful_output_never_deletes(path, clock) -> None:
    greedy = json.dumps(
        {
            "entities": [],
            "relations": [],
            "memory_type": None,
            "memories": [MEMORY | {"quote": "not said", "replaces": [0, 1, 2, 99]}],
        }
    )
    with Memory(path, clock=clock, llm=scripted(greedy), embedder="hashing", worker=False) as memory:
        memory.remember("Ada plays the oboe.", user_id="ada")
        memory.remember("Ada keeps bees.", user_id="ada")
        memory.add(SAID, user_id="ada")

        assert {m.text for m in memory.list(user_id="ada")} == {"Ada plays the oboe.", "Ada keeps bees."}


def test_08_a_retry_does_not_pay_for_a_call_that_was_answered(path, clock) -> None:
    llm = scripted(GOOD)
    with Memory(path, clock=clock, llm=llm, embedder="hashing", worker=False) as memory:
        message = {"role": "user", "content": SAID, "id": "m1"}
        memory.add([message], user_id="ada")
        memory.add([message], user_id="ada")
        memory.work()

        assert len(llm.requests) == 1


NOTHING = {
    "empty": "",
    "blank": "  \n\t ",
    "no messages": [],
    "tool output only": [{"role": "tool", "content": '{"status": 200, "rows": [1, 2, 3]}'}],
    "system prompt only": [{"role": "system", "content": "You are a helpful assistant. The user lives in Rome."}],
    "small talk": "Thanks, have a nice day!",
}


@pytest.mark.parametrize("nothing", NOTHING)
def test_09_nothing_to_remember_costs_no_call(path, clock, nothing: str) -> None:
    llm = scripted(ModelError("was called"))
    with Memory(path, clock=clock, llm=llm, embedder="hashing", worker=False) as memory:
        try:
            memory.add(NOTHING[nothing], user_id="ada")
        except ValueError:
            assert nothing in ("empty", "blank", "no messages")
        memory.work()

        assert llm.requests == []
        assert memory.list(user_id="ada") == []
