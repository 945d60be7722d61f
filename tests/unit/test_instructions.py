"""An application's instructions: what they may be, what a model reads of them, what they bind whatever the extractor."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure import Instructions, Memory
from perdure.errors import ConfigError, InputError
from perdure.model.instructions import OwnEntity, OwnKind, OwnSlot
from perdure.stages.extract import SCHEMA, LLMExtractor
from perdure.stages.instructions import Own, section
from perdure.testing import EchoLLM, FrozenClock

CLINIC: dict[str, Any] = {
    "extract": ["What hurts, since when, and what helps."],
    "ignore": ["religion", "Small complaints about the weather."],
    "kinds": {"symptom": {"description": "a complaint of the body", "based_on": "episodic"}, "advice": "what a doctor said"},
    "slots": {
        "blood_pressure": {"description": "as systolic/diastolic", "single": True, "aliases": ["bp"]},
        "trigger": "what starts it",
    },
    "entities": {"clinic": {"description": "where they are treated", "attributes": ["ward"]}},
}
TOML = """
[perdure]
llm = "echo"
[perdure.instructions]
extract = ["What hurts, since when, and what helps."]
ignore = ["religion", "Small complaints about the weather."]
[perdure.instructions.kinds]
advice = "what a doctor said"
[perdure.instructions.kinds.symptom]
description = "a complaint of the body"
based_on = "episodic"
[perdure.instructions.slots.blood_pressure]
description = "as systolic/diastolic"
single = true
aliases = ["bp"]
[perdure.instructions.slots.trigger]
description = "what starts it"
[perdure.instructions.entities.clinic]
description = "where they are treated"
attributes = ["ward"]
"""


def item(text: str, quote: str, **more: Any) -> dict[str, Any]:
    return {"message": 0, "quote": quote, "text": text, "kind": "fact", "term": "long_term", "slots": [], "ended": [], "known": []} | more


def slot(attribute: str, value: str, entity: str = "user") -> dict[str, str]:
    return {"entity": entity, "attribute": attribute, "value": value}


def reply(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"memories": list(items), "entities": [], "relations": [], "private": []} | more


@pytest.fixture
def clinic(path):
    """Opens the memory of a clinic's application; its model gives the replies handed in."""
    opened: list[Memory] = []

    def open_it(*replies: Any, instructions: Any = CLINIC, **more: Any) -> Memory:
        llm = EchoLLM(list(replies)) if replies else None
        opened.append(
            Memory(
                path,
                llm=llm,
                embedder="hashing",
                instructions=instructions,
                worker=False,
                clock=FrozenClock("2026-03-02T10:00:00Z"),
                **more,
            )
        )
        return opened[-1]

    yield open_it
    for memory in opened:
        memory.close()


# --- what they may be


def test_a_mapping_and_toml_and_the_class_mean_the_same(tmp_path):
    written = tmp_path / "perdure.toml"
    written.write_text(TOML, "utf-8")
    made = Instructions(**CLINIC)
    assert Instructions.of(CLINIC) == made == Instructions.of(made)
    assert made.kinds == (OwnKind("symptom", "a complaint of the body", "episodic"), OwnKind("advice", "what a doctor said"))
    assert made.slots[0] == OwnSlot("blood_pressure", "as systolic/diastolic", single=True, aliases=("bp",))
    assert made.entities == (OwnEntity("Clinic", "where they are treated", (OwnSlot("ward"),)),)
    with Memory(":memory:", config=written, embedder="hashing", worker=False) as memory:
        memory.add("I feel fine today and I own a bicycle.", user_id="ada")
        system = memory._stores.llm.requests[0].turns[0].content  # type: ignore[union-attr]
    assert set(section(made).splitlines()) <= set(system.splitlines())


def test_a_sentence_alone_says_what_to_extract():
    assert Instructions.of("Only what concerns the garden.").extract == ("Only what concerns the garden.",)
    assert Instructions.of(None) == Instructions()
    with pytest.raises(FrozenInstanceError):
        Instructions().extract = ("x",)  # type: ignore[misc]
    assert json.dumps(Instructions(**CLINIC).to_dict())


WRONG = {
    "instructions": [5, {"extract": ["x" * 500] * 20}],
    "instructions.extracts": [{"extracts": "x"}],
    "instructions.extract": [{"extract": 5}],
    "instructions.extract[1]": [{"extract": ["a", 5]}, {"extract": ["a", " "]}, {"extract": ["a", "x" * 501]}, {"extract": ["a", "a\0b"]}],
    "instructions.ignore": [{"ignore": {"a": 1}}],
    "instructions.kinds": [{"kinds": "symptom"}, {"kinds": 5}],
    "instructions.kinds.fact": [{"kinds": {"fact": "x"}}],
    "instructions.kinds.summary": [{"kinds": {"summary": "x"}}],
    "instructions.kinds.2nd": [{"kinds": {"2nd": "x"}}],
    "instructions.kinds.symptom": [{"kinds": {"symptom": 5}}],
    "instructions.kinds.symptom.based_on": [{"kinds": {"symptom": {"based_on": "mood"}}}, {"kinds": {"symptom": {"based_on": ["fact"]}}}],
    "instructions.kinds.symptom.base": [{"kinds": {"symptom": {"base": "fact"}}}],
    "instructions.kinds.sick": [{"kinds": {"sick": "x", "Sick": "y"}}, {"kinds": ["sick", "sick"]}],
    "instructions.slots.plan.single": [{"slots": {"plan": {"single": "yes"}}}],
    "instructions.slots.plan.aliases": [{"slots": {"plan": {"aliases": 5}}}, {"slots": {"plan": {"aliases": ["a;b"]}}}],
    "instructions.slots.a b;c": [{"slots": {"a b;c": "x"}}],
    "instructions.entities[0]": [{"entities": [dict]}, {"entities": [5]}],
    "instructions.entities.Customer.attributes": [{"entities": {"Customer": {"attributes": "plan"}}}],
    "instructions.entities.Customer.attributes.plan.single": [{"entities": {"Customer": {"attributes": {"plan": {"single": 1}}}}}],
}


@pytest.mark.parametrize(("setting", "wrong"), [(setting, wrong) for setting, cases in WRONG.items() for wrong in cases], ids=str)
def test_what_is_wrong_is_named(setting: str, wrong: Any):
    with pytest.raises(ConfigError) as caught:
        Memory(":memory:", embedder="hashing", instructions=wrong, worker=False)
    assert setting.casefold() in (caught.value.setting.casefold(), caught.value.setting.rpartition(".")[0].casefold())
    assert caught.value.setting in str(caught.value)


NAMES = st.from_regex(r"[a-z][a-z_]{0,10}", fullmatch=True)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda x: st.lists(x, max_size=2) | st.dictionaries(NAMES, x, max_size=2),
)


@given(st.dictionaries(st.sampled_from(["extract", "ignore", "kinds", "slots", "entities", "more"]), JUNK, max_size=3))
@settings(max_examples=150, deadline=None)
def test_whatever_is_given_is_read_or_refused_with_a_name(given_: dict[str, Any]):
    wrong = ""
    try:
        made = Instructions.of(given_)
    except ConfigError as e:
        wrong, made = e.setting, Instructions()
    assert not wrong or wrong.startswith("instructions")
    assert isinstance(section(made), str)
    Own.of(made)


def test_a_pydantic_model_is_an_entity_type():
    pydantic = pytest.importorskip("pydantic")

    class Customer(pydantic.BaseModel):
        """Somebody who pays.

        More that is not sent.
        """

        tier: str = pydantic.Field(description="gold or silver", alias="planTier")
        contracts: list[str] = pydantic.Field(default_factory=list)
        regions: set[str] | None = None
        age: int | None = None

    (entity,) = Instructions(entities=[Customer]).entities
    assert (entity.name, entity.description) == ("Customer", "Somebody who pays.")
    assert [(s.name, s.single, s.description) for s in entity.attributes] == [
        ("tier", True, "gold or silver"), ("contracts", False, ""), ("regions", False, ""), ("age", True, ""),
    ]  # fmt: skip
    assert Own.of(Instructions(entities=[Customer])).single == {"tier"}  # age holds one value anyway
    assert Own.of(Instructions(entities=[Customer])).attribute("plantier") == "tier"
    assert Instructions(entities={"Buyer": Customer}).entities[0].name == "Buyer"


# --- what a model reads of them


def test_they_stand_in_the_system_turn_in_its_hash_and_in_the_schema():
    plain, own = LLMExtractor(EchoLLM()), LLMExtractor(EchoLLM(), instructions=Instructions(**CLINIC))
    assert plain.prompt != own.prompt != LLMExtractor(EchoLLM(), instructions=Instructions(**(CLINIC | {"ignore": ()}))).prompt
    assert plain.prompt == LLMExtractor(EchoLLM(), instructions=Instructions()).prompt
    text = section(Instructions(**CLINIC))
    for words in (
        "What hurts",
        "Leave out: religion",
        "symptom, a sort of episodic: a complaint",
        "blood_pressure (one value at a time",
        "bp",
        "Clinic",
        "ward",
    ):
        assert words in text
    llm = EchoLLM(lambda _: reply())
    with Memory(":memory:", llm=llm, embedder="hashing", instructions=CLINIC, worker=False) as memory:
        memory.add("I own a bicycle.", user_id="ada")
    (request,) = llm.requests
    assert request.turns[0].content.endswith(text)
    kinds = request.schema["properties"]["memories"]["items"]["properties"]["kind"]["enum"]  # type: ignore[index]
    assert kinds == ["fact", "preference", "episodic", "procedural", "symptom", "advice"]
    assert "symptom" not in json.dumps(SCHEMA)


# --- what they mean


def test_an_own_kind_is_kept_found_and_listed(clinic):
    said = "My head hurts since Monday. The doctor said I should drink more. I live in Rome."
    memory = clinic(
        reply(
            item("user has had a headache since Monday.", "My head hurts since Monday", kind="symptom"),
            item("The doctor told user to drink more.", "The doctor said I should drink more", kind="advice"),
            item("user lives in Rome.", "I live in Rome"),
            item("user is well.", "I live in Rome", kind="mood"),
        )
    )
    job = memory.add(said, user_id="ada").job
    assert [why for why in job.dropped if "mood" in why]
    listed = {
        kinds: {m.text for m in memory.list(user_id="ada", kinds=kinds)}
        for kinds in [("symptom",), ("episodic",), ("fact",), ("advice", "episodic")]
    }
    head, drink, rome = "user has had a headache since Monday.", "The doctor told user to drink more.", "user lives in Rome."
    assert listed == {("symptom",): {head}, ("episodic",): {head}, ("fact",): {drink, rome}, ("advice", "episodic"): {drink, head}}
    (hit,) = memory.search("headache", user_id="ada", kinds=["symptom"])
    assert (hit.text, hit.memory.kind, hit.memory.metadata) == (head, "episodic", {"kind": "symptom"})
    assert [h.text for h in memory.search("headache", user_id="ada", kinds=["symptom"], filters={"term": "short_term"})] == []
    kept = memory.remember("Ada sneezes in May.", user_id="ada", kind="symptom", metadata={"season": "spring"}).memories[0]
    assert (kept.kind, kept.metadata) == ("episodic", {"season": "spring", "kind": "symptom"})
    with pytest.raises(InputError, match="symptom, advice, not 'mood'"):
        memory.search("x", user_id="ada", kinds=["mood"])
    with pytest.raises(InputError, match="mood"):
        memory.remember("x y", user_id="ada", kind="mood")


def test_a_value_of_an_own_single_valued_slot_takes_the_place_of_the_one_before(clinic):
    memory = clinic(
        reply(item("The blood pressure of user is 150/95.", "150 to 95", slots=[slot("bp", "150/95"), slot("trigger", "coffee")])),
        reply(item("The blood pressure of user is 130/85.", "130/85", slots=[slot("Blood Pressure", "130/85"), slot("trigger", "stress")])),
    )
    memory.add("It was 150 to 95 after coffee, 150/95!", user_id="ada")
    memory.add("Now it is 130/85, only stress brings it up.", user_id="ada")
    assert memory.fact("bp", user_id="ada").values == memory.fact("blood_pressure", user_id="ada").values == ("130/85",)
    assert set(memory.fact("trigger", user_id="ada").values) == {"coffee", "stress"}


def test_an_own_entity_type_is_written_as_it_was_given(clinic):
    memory = clinic(reply(item("user is treated at Charité.", "at Charité"), entities=[{"id": "Charité", "type": "CLINIC", "aliases": []}]))
    memory.add("I am treated at Charité.", user_id="ada")
    assert [e.type for m in memory.list(user_id="ada") for e in m.entities if e.name == "Charité"] == ["Clinic"]


def test_what_is_ignored_is_not_stored_by_a_model(clinic):
    memory = clinic(
        reply(
            item("user is Catholic.", "I'm Catholic", slots=[slot("faith", "Catholic")]),
            item("user lives in Rome.", "live in Rome", slots=[slot("city", "Rome")]),
        )
    )
    result = memory.add("I'm Catholic and live in Rome.", user_id="ada")
    assert [m.text for m in memory.list(user_id="ada")] == ["user lives in Rome."]
    assert "the instructions ignore the slot religion" in result.job.dropped[0]


@pytest.mark.parametrize(
    ("ignore", "said", "kept"),
    [
        (["diet"], "I'm vegan.", []),
        (["preference"], "I like tea.", []),
        (["employer"], "I live in Rome.", ["I live in Rome."]),
        (["Jokes and small talk."], "I live in Rome.", ["I live in Rome."]),
        (["city."], "I live in Rome.", []),
    ],
)
def test_what_is_ignored_is_not_stored_by_the_rules_either(clinic, ignore, said, kept):
    memory = clinic(instructions={"ignore": ignore})
    result = memory.add(said, user_id="ada")
    assert [m.text for m in memory.list(user_id="ada")] == kept
    assert bool(result.job.dropped) is not bool(kept)
    assert memory.search(said, user_id="ada")[0].text == said  # captured all the same


def test_instructions_change_nothing_when_there_are_none(clinic):
    memory = clinic(instructions=Instructions())
    memory.add("I live in Rome and I like tea.", user_id="ada")
    with Memory(":memory:", embedder="hashing", worker=False, clock=FrozenClock("2026-03-02T10:00:00Z")) as plain:
        plain.add("I live in Rome and I like tea.", user_id="ada")
        assert [(m.text, m.kind, m.slots[0].value) for m in plain.list(user_id="ada")] == [
            (m.text, m.kind, m.slots[0].value) for m in memory.list(user_id="ada")
        ]
