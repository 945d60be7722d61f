# pyright: strict
"""What type checkers must infer for users of perdure. Checked by pyright (`make types`), never run."""

from datetime import datetime
from typing import assert_type

from perdure import AsyncMemory, Memory
from perdure.model.change import AddResult, Change, Receipt
from perdure.model.memory import MemoryRecord, Source
from perdure.model.message import Message
from perdure.model.report import Stats, Verification
from perdure.model.search import Answer, Context, Fact, Hit, Reply
from perdure.stages.answer import AnswerStream


def the_verbs_are_typed() -> None:
    with Memory("me.db", clock=datetime.now) as memory:
        assert_type(memory, Memory)
        assert_type(memory.add("I moved to Bangalore.", user_id="ada"), AddResult)
        memory.add({"role": "user", "content": "I moved to Bangalore."}, user_id="ada", session_id="s1", infer=False)
        memory.add([Message("I moved to Bangalore.")], user_id="ada", wait="captured")
        hits = memory.search("Where does Ada live?", user_id="ada", filters={"metadata.topic": "travel"})
        assert_type(hits, list[Hit])
        assert_type(hits[0].memory, MemoryRecord | None)
        assert_type(hits[0].sources, tuple[Source, ...])
        assert_type(memory.get("id"), MemoryRecord)
        assert_type(memory.history("id"), list[Change])
        assert_type(memory.fact("lives_in", user_id="ada"), Fact | None)
        assert_type(memory.context("Plan dinner", user_id="ada", budget=800), Context)
        assert_type(memory.ask("Where do I live?", user_id="ada"), Answer)
        assert_type(memory.ask("Where do I live?", user_id="ada", stream=True), AnswerStream[Answer])
        assert_type(memory.chat("Hello", user_id="ada"), Reply)
        assert_type(memory.chat("Hello", user_id="ada", stream=True).answer, Reply)
        assert_type(memory.forget(user_id="ada"), Receipt)
        assert_type(memory.stats(), Stats)
        assert_type(memory.verify(), Verification)


def mistakes_are_seen() -> None:
    memory = Memory()
    memory.search("Where does Ada live?", "ada")  # type: ignore[call-arg]  # the scope is by keyword
    memory.search("Where does Ada live?", user_id="ada", top_k=3)  # type: ignore[call-arg]  # no such argument
    memory.add("I moved.", user_id="ada", wait="forever")  # type: ignore[arg-type]  # not one of the three


async def the_async_verbs_are_typed() -> None:
    async with AsyncMemory("me.db") as memory:
        assert_type(await memory.add("I moved to Bangalore.", user_id="ada"), AddResult)
        assert_type(await memory.search("Where does Ada live?", user_id="ada"), list[Hit])
        assert_type(await memory.fact("lives_in", user_id="ada"), Fact | None)
        assert_type(await memory.ask("Where do I live?", user_id="ada"), Answer)
        assert_type(await memory.ask("Where do I live?", user_id="ada", stream=True), AnswerStream[Answer])
        assert_type(await memory.chat("Hello", user_id="ada", stream=True), AnswerStream[Reply])
        assert_type(await memory.forget(user_id="ada"), Receipt)
