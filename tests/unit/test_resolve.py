"""Who is meant: names led to the entities that are known, merges that can be taken back, and doubt that leaves names apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stage_parts import answer, quick, said

from perdure import Memory
from perdure.errors import InputError, NotFoundError, PerdureError
from perdure.model.candidate import Candidate, Extraction
from perdure.model.graph import SELF, Entity, Relation, Slot, entity_key
from perdure.rules.names import kin_phrase, other_forms, plain, titles_agree
from perdure.rules.nicknames import forms_of, nicknames
from perdure.stages.rename import Known
from perdure.stages.resolve import resolve
from perdure.testing import EchoLLM

ADA = {"user_id": "ada"}


class Claims:
    """An extractor that claims what a test says of each message: its content to (entities, slots, relations)."""

    name = "claims"

    def __init__(self, **by_text):
        self.by_text = by_text

    def extract(self, messages, context):
        found = []
        for n, m in enumerate(messages):
            if m.content in self.by_text:
                entities, slots, relations = self.by_text[m.content]
                found.append(
                    Candidate(
                        m.content,
                        m.content,
                        n,
                        subject=entities[0].name if entities else SELF,
                        entities=tuple(entities),
                        slots=tuple(Slot(*s) for s in slots),
                        relations=tuple(Relation(*r) for r in relations),
                    )
                )
        return Extraction(tuple(found), extractor="claims")


@pytest.fixture
def told(path, clock):
    """Says things, of each of which it is given what an extractor claims; a memory that has heard them."""
    opened = []

    def tell(*things, **scope):
        claims = Claims()
        memory = Memory(path, clock=clock, extractor=claims, embedder="hashing", worker=False)
        opened.append(memory)
        for text, *rest in things:
            claims.by_text[text] = (*rest, *([()] * (3 - len(rest))))
            memory.last = memory.add(text, **(scope or ADA))
            clock.advance(hours=1)
        memory.tell = lambda text, *rest, **more: (
            claims.by_text.update({text: (*rest, *([()] * (3 - len(rest))))}),
            memory.add(text, **(more or ADA)),
        )[1]
        return memory

    yield tell
    for memory in opened:
        memory.close()


def person(name, *aliases):
    return Entity(name, "Person", aliases)


def lives(name, city, *aliases, type_="Person"):
    """A statement about where somebody lives, and what is claimed."""
    return f"{name} lives in {city}.", [Entity(name, type_, aliases)], [(name, "lives_in", city)]


def works(name, job, type_="Person"):
    return f"{name} is a {job}.", [Entity(name, type_)], [(name, "job_title", job)]


def names_of(m, kind="Person"):
    return sorted(e.name for e in m.entities(type=kind, **ADA))


# --- one entity
ONE = {
    "a nickname after the name": ("Robert", "Bob"),
    "a name after the nickname": ("Bob", "Robert"),
    "Elizabeth": ("Elizabeth", "Liz"),
    "Sasha": ("Alexander", "Sasha"),
    "Pepe": ("José", "Pepe"),
    "Hans": ("Johannes", "Hans"),
    "a nickname with the same family name": ("Robert Smith", "Bob Smith"),
    "a nickname of somebody known by his full name": ("Robert Smith", "Bob"),
    "the first name after the full name": ("Priya Sharma", "Priya"),
    "a middle name left out": ("Priya Anne Sharma", "Priya Sharma"),
    "case": ("Priya", "PRIYA"),
    "no accent": ("José", "Jose"),
    "an accent": ("Jose", "José"),
    "full width": ("Priya", "Ｐｒｉｙａ"),
    "ue for ü": ("Müller", "Mueller"),
    "a title": ("Dr. Weber", "Weber"),
    "a title later": ("Weber", "Herr Weber"),
    "a possessive": ("Priya", "Priya's"),
    "ł": ("Łukasz", "Lukasz"),
}


@pytest.mark.parametrize("case", ONE)
def test_two_names_of_one_lead_to_one_entity(told, case):
    known, written = ONE[case]
    m = told(lives(known, "Oslo"))
    result = m.tell(*works(written, "nurse"))
    assert len(m.entities(type="Person", **ADA)) == 1
    for name in (known, written):
        assert {f.attribute: f.value for f in m.facts(of=name, **ADA)} == {"lives_in": "Oslo", "job_title": "nurse"}
    assert result.memories[0].text == f"{written} is a nurse."  # what was said stays as it was said
    assert result.memories[0].sources[0].quote == f"{written} is a nurse."
    assert m.verify().ok


SCRIPTS = {
    "Cyrillic": ("Иван Петров", "Ivan Petrov"),
    "Latin first": ("Ivan Petrov", "Иван Петров"),
    "Greek": ("Γιώργος", "Giorgos"),
    "Chinese": ("张伟", "Zhang Wei"),
    "Chinese with three characters": ("王小明", "Wang Xiaoming"),
    "a nickname in Cyrillic": ("Александр", "Sasha"),
    "Cyrillic nickname of a Latin name": ("Alexander", "Саша"),
}


@pytest.mark.parametrize("case", SCRIPTS)
def test_a_name_in_another_script_is_the_same_name(told, case):
    pytest.importorskip("anyascii")
    known, written = SCRIPTS[case]
    m = told(lives(known, "Oslo"))
    m.tell(*works(written, "nurse"))
    assert len(m.entities(type="Person", **ADA)) == 1
    assert m.fact("job_title", of=known, **ADA).value == "nurse"


def test_without_the_package_for_scripts_names_in_two_scripts_stay_two(told, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "anyascii", None)
    other_forms.cache_clear()
    m = told(lives("Иван Петров", "Oslo"))
    m.tell(*works("Ivan Petrov", "nurse"))
    other_forms.cache_clear()
    assert len(m.entities(type="Person", **ADA)) == 2


def test_the_written_form_is_kept_as_an_alias_that_leads_there_everywhere(told):
    m = told(lives("Robert", "Oslo"), works("Bob", "nurse"))
    (robert,) = m.entities(type="Person", **ADA)
    assert (robert.name, robert.aliases, robert.memories) == ("Robert", ("Bob",), 2)
    assert m.graph(around="bob", **ADA).entities[0].name == m.graph(around="Robert", **ADA).entities[0].name == "Robert"
    assert m.search("Where does Bob live?", **ADA)[0].text == "Robert lives in Oslo."


def test_a_spouse_by_nickname_is_not_another_spouse(told):
    m = told(("I married Robert.", [person("Robert")], [(SELF, "spouse", "Robert")], [(SELF, "has_spouse", "Robert")]))
    result = m.tell("My husband Bob cooks.", [person("Bob")], [(SELF, "spouse", "Bob")], [(SELF, "has_spouse", "Bob")])
    assert [c.type for c in result.changes] == ["add"]
    assert m.fact("spouse", **ADA).values == ("Robert",)


# --- two entities
TWO = {
    "two nicknames": ("Bob", "Liz"),
    "two full names that sound alike": ("Emma", "Emily"),
    "one name in two languages": ("Joseph", "José"),
    "other family names": ("Priya Sharma", "Priya Patel"),
    "a nickname with another family name": ("Robert Smith", "Bob Jones"),
    "other titles": ("Dr. Weber", "Frau Weber"),
    "a name inside another": ("Ann", "Anselm"),
    "family names alone": ("Anna Weber", "Weber"),
}


@pytest.mark.parametrize("case", TWO)
def test_names_that_may_be_two_peoples_stay_two(told, case):
    one, other = TWO[case]
    m = told(lives(one, "Oslo"))
    m.tell(*lives(other, "Rome"))
    assert len(m.entities(type="Person", **ADA)) == 2
    assert (m.fact("lives_in", of=one, **ADA).value, m.fact("lives_in", of=other, **ADA).value) == ("Oslo", "Rome")


def test_a_pet_is_not_the_person_whose_nickname_it_has(told):
    m = told(lives("Robert", "Oslo"), ("Bob is a dog.", [Entity("Bob", "Pet")], [("Bob", "age", "3")]))
    assert m.fact("age", of="Robert", **ADA) is None


@pytest.mark.parametrize(("known", "name"), [(("Robert Smith", "Rupert Jones"), "Bob"), (("Priya Sharma", "Priya Patel"), "Priya")])
def test_where_two_fit_none_is_taken(told, known, name):
    m = told(*(works(n, "nurse") for n in known), lives(name, "Rome"))
    assert [f for n in known if n != name for f in m.facts(of=n, **ADA) if f.attribute == "lives_in"] == []
    assert m.fact("lives_in", of=name, **ADA).value == "Rome"


def test_my_brother_max_is_not_my_friend_maximilian(told):
    m = told(("My friend Maximilian lives in Graz.", [person("Maximilian")], [(SELF, "friend", "Maximilian")]))
    m.tell("My brother Max is a cook.", [person("Max")], [(SELF, "sibling", "Max"), ("Max", "job_title", "cook")])
    assert names_of(m) == ["Max", "Maximilian"]


def test_who_is_named_beside_another_is_another(told):
    m = told(lives("Robert", "Oslo"))
    m.tell("Bob and Robert are brothers.", [person("Bob"), person("Robert")], [], [("Bob", "has_brother", "Robert")])
    assert names_of(m) == ["Bob", "Robert"]


def test_a_first_name_of_two_people_is_given_back_where_an_extractor_took_it_for_one(told):
    m = told(lives("Priya Sharma", "Pune"), lives("Priya Patel", "Goa"))
    m.tell("Priya is a nurse.", [person("Priya Sharma")], [("Priya Sharma", "job_title", "nurse")])
    assert m.fact("job_title", of="Priya Sharma", **ADA) is None
    assert names_of(m) == ["Priya", "Priya Patel", "Priya Sharma"]


# --- relatives
def sister(name):
    return f"My sister {name} called.", [person(name)], [(SELF, "sibling", name)], [(SELF, "has_sister", name)]


@pytest.mark.parametrize("phrase", ["my sister", "meine Schwester", "mi hermana", "ma sœur", "我姐姐", "my older sister"])
def test_a_relative_is_the_one_in_the_slot(told, phrase):
    m = told(sister("Priya"))
    m.tell(f"{phrase} is a nurse.", [person(phrase)], [(phrase, "job_title", "nurse")])
    assert m.fact("job_title", of="Priya", **ADA).value == "nurse"
    assert names_of(m) == ["Priya"]


def test_a_bare_word_for_a_relative_counts_where_the_speakers_own_is_meant(told):
    m = told(("My dog Rex barks.", [Entity("Rex", "Pet", ("my dog",))], [(SELF, "pet", "Rex")]))
    m.tell("A dog bit me.", [Entity("a dog", "Pet")], [("a dog", "likes", "legs")])
    m.tell("My little dog is old.", [Entity("my dog", "Pet")], [("my dog", "age", "14")])
    assert [f.attribute for f in m.facts(of="Rex", **ADA)] == ["age"]


def test_a_title_is_only_a_persons(told):
    m = told(("I like coffee.", [Entity("coffee", "Drink")], [(SELF, "likes", "coffee")]))
    m.tell("Mr. Coffee broke.", [Entity("Mr. Coffee", "Device")], [("Mr. Coffee", "issue", "broke")])
    assert m.facts(of="coffee", **ADA) == []


def test_of_two_sisters_neither_is_my_sister_and_a_brother_is_none(told):
    m = told(sister("Priya"), sister("Maya"))
    m.tell("My sister is a nurse.", [person("my sister")], [("my sister", "job_title", "nurse")])
    assert m.facts(of="Priya", **ADA) == m.facts(of="Maya", **ADA) == []


def test_my_brother_is_not_my_sister(told):
    m = told(("My brother Tom called.", [person("Tom")], [(SELF, "sibling", "Tom")]))
    m.tell("My sister is a nurse.", [person("my sister")], [("my sister", "job_title", "nurse")])
    assert m.facts(of="Tom", **ADA) == []


def test_my_friend_is_not_the_one_friend_that_is_known(told):
    m = told(("My friend Tom called.", [person("Tom")], [(SELF, "friend", "Tom")]))
    m.tell("My friend is a nurse.", [person("my friend")], [("my friend", "job_title", "nurse")])
    assert m.facts(of="Tom", **ADA) == []


def test_somebodys_wife_is_the_one_in_his_slot(told):
    m = told(("Tom's wife is Greta.", [person("Tom"), person("Greta")], [("Tom", "spouse", "Greta")]))
    m.tell("Tom's wife is a nurse.", [person("Tom's wife")], [("Tom's wife", "job_title", "nurse")])
    assert m.fact("job_title", of="Greta", **ADA).value == "nurse"


# --- learning later that two are one
def test_a_name_learnt_later_merges_what_was_said_of_the_relative(told):
    m = told(("My sister lives in Kiel.", [person("my sister")], [("my sister", "lives_in", "Kiel")], [(SELF, "has_sister", "my sister")]))
    changes = m.tell("My sister's name is Priya.", [person("Priya", "my sister")], [(SELF, "sibling", "Priya")]).changes
    assert [(c.type, c.reason) for c in changes] == [("add", "new"), ("merge", "my sister is Priya")]
    assert changes[1].cause == changes[0].id
    assert changes[1].after.text == "My sister lives in Kiel."
    assert m.fact("lives_in", of="Priya", **ADA).value == m.fact("lives_in", of="my sister", **ADA).value == "Kiel"
    assert [(r.subject, r.object) for r in m.graph(around="Priya", hops=1, **ADA).relations] == [(SELF, "Priya")]
    assert m.verify().ok


def test_a_full_name_said_later_takes_the_first_name_along_and_undo_gives_it_back(told, clock):
    m = told(lives("Priya", "Pune"), works("Priya", "nurse"))
    changes = m.tell("Priya Sharma likes tea.", [person("Priya Sharma")], [("Priya Sharma", "likes", "tea")]).changes
    merged = [c for c in changes if c.type == "merge"]
    assert len(merged) == 2
    assert merged[1].cause == merged[0].id
    assert names_of(m) == ["Priya Sharma"]
    clock.advance(hours=1)
    m.undo(merged[0].id)
    assert names_of(m) == ["Priya", "Priya Sharma"]
    assert {f.attribute for f in m.facts(of="Priya", **ADA)} == {"lives_in", "job_title"}
    assert [f.attribute for f in m.facts(of="Priya Sharma", **ADA)] == ["likes"]  # what showed it stays
    m.tell("Priya Sharma likes jam.", [person("Priya Sharma")], [("Priya Sharma", "likes", "jam")])
    assert names_of(m) == ["Priya", "Priya Sharma"]  # taken back once, it is not made again
    assert m.verify().ok


def test_undoing_the_statement_takes_back_what_it_brought_about(told):
    m = told(lives("Bob", "Oslo"), works("Rob", "nurse"))
    first = m.tell("Rob is what Bob is called.", [person("Rob", "Bob")], [], [("Rob", "same_as", "Bob")]).changes
    assert names_of(m) in (["Bob"], ["Rob"])
    m.undo(first[0].id)
    assert names_of(m) == ["Bob", "Rob"]
    assert m.verify().ok


STATED = {
    "nickname_of": [("Bob", "nickname_of", "Ned")],
    "alias_of": [("Bob", "alias_of", "Ned")],
    "same_as": [("Bob", "same_as", "Ned")],
    "goes_by, the other way round": [("Ned", "goes_by", "Bob")],
}


@pytest.mark.parametrize("case", STATED)
def test_a_stated_alias_merges(told, case):
    m = told(lives("Bob", "Oslo"), works("Ned", "nurse"))
    m.tell("Bob is Ned's nickname.", [person("Bob"), person("Ned")], [], STATED[case])
    assert names_of(m) == ["Ned"]
    assert {f.attribute for f in m.facts(of="Bob", **ADA)} == {"lives_in", "job_title"}


def test_a_nickname_slot_and_an_alias_say_so_too(told):
    m = told(lives("Bob", "Oslo"), works("Ned", "nurse"), works("Teo", "cook"))
    m.tell("We call Ned Bob.", [person("Ned")], [("Ned", "nickname", "Bob")])
    m.tell("Ned is also known as Teo.", [person("Ned", "Teo")])
    assert names_of(m) == ["Ned"]


UNBORNE = {
    "nothing is said of names": ("Bob met Ned.", [person("Ned", "Bob")], [], []),
    "a relation that nobody stated": ("Bob met Ned.", [person("Bob"), person("Ned")], [], [("Bob", "same_as", "Ned")]),
    "a name that was not said": ("Ned has a nickname.", [person("Ned", "Bob")], [], []),
}


@pytest.mark.parametrize("case", UNBORNE)
def test_an_alias_that_the_words_do_not_bear_out_merges_nothing(told, case):
    m = told(lives("Bob", "Oslo"), works("Ned", "nurse"))
    m.tell(*UNBORNE[case])
    assert m.fact("lives_in", of="Ned", **ADA) is None


def test_an_assistants_word_merges_nothing(told):
    m = told(lives("Bob", "Oslo"), works("Ned", "nurse"))
    text = "Bob is Ned's nickname."
    m.tell("x", [person("x")])
    m._extractor.by_text[text] = ([person("Bob"), person("Ned")], [], [("Bob", "nickname_of", "Ned")])
    m.add({"role": "assistant", "content": text}, **ADA)
    assert {"Bob", "Ned"} <= set(names_of(m))


def test_what_does_not_go_together_is_not_merged_on_the_strength_of_a_name(told):
    m = told(("My sister lives in Kiel.", [person("my sister")], [("my sister", "lives_in", "Kiel")]))
    m.tell("My sister Priya lives in Delhi.", [person("Priya", "my sister")], [("Priya", "lives_in", "Delhi")])
    assert m.fact("lives_in", of="Priya", **ADA).values == ("Delhi",)
    assert "Kiel" in [f.value for f in m.facts(of="my sister", **ADA)]


# --- agents and sessions
def test_what_another_agent_knows_leads_nobody(told):
    m = told(lives("Robert", "Oslo", "Falcon"), user_id="ada", agent_id="A")
    result = m.tell(*works("Falcon", "nurse"), user_id="ada", agent_id="B")
    assert result.memories[0].subject == "Falcon"
    assert [e.name for e in m.entities(user_id="ada", agent_id="B", type="Person")] == ["Falcon"]


def test_a_merge_leaves_another_agents_memories_alone(told):
    m = told(lives("Priya", "Pune"), user_id="ada", agent_id="A")
    m.tell(*works("Priya Sharma", "nurse"), user_id="ada", agent_id="B")
    assert m.fact("lives_in", of="Priya", user_id="ada", agent_id="A").value == "Pune"
    assert [e.name for e in m.entities(user_id="ada", agent_id="A", type="Person")] == ["Priya"]


# --- the verbs
def test_entities_are_listed_with_what_they_are_called_and_when_they_were_seen(told, clock):
    start = clock()
    m = told(lives("Robert", "Oslo"), works("Bob", "nurse"), lives("Maya", "Rome"))
    people = m.entities(type="person", **ADA)
    assert [(e.name, e.memories) for e in people] == [("Robert", 2), ("Maya", 1)]
    assert (people[0].first_seen, (people[0].last_seen - start).total_seconds()) == (start, 3600)
    assert len(m.entities(limit=1, **ADA)) == 1
    assert m.entities(user_id="bob") == []


def test_two_entities_are_made_one_by_hand_and_parted_again(told):
    m = told(lives("Teo", "Oslo"), works("Mr. Fox", "nurse"), works("Teo", "cook"))
    shown = m.merge_entities("Teo", "Mr. Fox", dry_run=True, **ADA)
    assert len(shown) == 2
    assert {c.id for c in shown} == {""}
    assert names_of(m) == ["Mr. Fox", "Teo"]
    made = m.merge_entities("Teo", "fox", **ADA)
    assert names_of(m) == ["Mr. Fox"]
    assert {c.cause for c in made} == {"", made[0].id}
    assert [c.reason for c in m.conflicts(**ADA)] == ["Teo is Mr. Fox: two values of job_title"]
    m.undo(made[-1].id)
    assert names_of(m) == ["Mr. Fox", "Teo"]
    assert m.verify().ok


def test_somebody_may_turn_out_to_be_the_user_but_the_user_nobody_else(told):
    m = told(lives("Adele", "Oslo"))
    m.merge_entities("Adele", "user", **ADA)
    assert m.fact("lives_in", **ADA).value == "Oslo"
    with pytest.raises(InputError) as e:
        m.merge_entities("user", "Adele", **ADA)
    assert e.value.argument == "name"


@pytest.mark.parametrize(
    ("name", "into", "error", "argument"),
    [
        ("Nobody", "Robert", NotFoundError, "name"),
        ("Robert", "Nobody", NotFoundError, "into"),
        ("Bob", "Robert", InputError, "into"),
        (7, "Robert", InputError, "name"),
    ],
)
def test_a_merge_that_cannot_be_is_refused_and_changes_nothing(told, name, into, error, argument):
    m = told(lives("Robert", "Oslo"), works("Bob", "nurse"))
    before = m.list(**ADA)
    with pytest.raises(error) as e:
        m.merge_entities(name, into, **ADA)
    assert isinstance(e.value, PerdureError)
    assert argument in (getattr(e.value, "argument", "") or str(e.value))
    assert m.list(**ADA) == before
    with pytest.raises(NotFoundError):
        m.merge_entities("Robert", "Bob", user_id="nobody-yet")


def test_a_new_text_that_names_the_alias_keeps_what_it_says(told):
    m = told(lives("Robert", "Oslo"), ("I saw Bob.", [person("Bob")], [(SELF, "friend", "Bob")], [(SELF, "has_friend", "Bob")]))
    seen = next(r for r in m.list(**ADA) if r.text == "I saw Bob.")
    m.update(seen.id, text="I saw my friend Bob again.")
    assert m.fact("friend", **ADA).values == ("Robert",)


# --- with a model
def test_a_models_names_are_led_to_the_known_ones(path, clock):
    def reply(request):
        name, attribute, value, text = ("Robert", "lives_in", "Oslo", "Robert lives in Oslo.")
        if "Bob works" in request.turns[-1].content:
            name, attribute, value, text = ("Bob", "job_title", "nurse", "Bob works as a nurse.")
        one = said(text, subject=name, slots=[{"entity": name, "attribute": attribute, "value": value}])
        return answer(one) | {"entities": [{"type": "Person", "id": name, "aliases": []}]}

    with Memory(path, clock=clock, llm=EchoLLM(reply), embedder="hashing", worker=False) as m:
        m.add("Robert lives in Oslo.", **ADA)
        m.add("Bob works as a nurse.", **ADA)
        assert m.fact("job_title", of="Robert", **ADA).value == "nurse"
        assert [r.text for r in m.list(**ADA)] == ["Robert lives in Oslo.", "Bob works as a nurse."]


# --- the pure stage
class Book:
    """A directory over a plain list of entities."""

    def __init__(self, *entities):
        self.entities = entities

    def called(self, keys):
        found = {}
        for e in self.entities:
            for name in (e.name, *e.aliases):
                if entity_key(name) in keys:
                    found.setdefault(entity_key(name), []).append(Known(e.name, e.type, alias=entity_key(name) != e.key))
        return found

    def beginning(self, word):
        return [Known(e.name, e.type) for e in self.entities if any(entity_key(n).startswith(word + " ") for n in (e.name, *e.aliases))]

    def values(self, entity, attribute):
        return []

    def joined(self, one, other):
        return False

    def mentioning(self, name):
        return []

    def parted(self, record, reason):
        return False


WORDS = st.sampled_from(
    ["Bob", "Robert", "Priya", "Priya Sharma", "José", "Dr. Weber", "Weber", "my sister", "Иван", "x", "the", "Ann's", "", "."]
)


@given(st.lists(WORDS, min_size=1, max_size=5), st.lists(WORDS, max_size=5), st.text(max_size=20))
@quick
def test_whatever_is_known_no_text_or_value_of_a_candidate_changes_and_no_name_is_lost(names, known, noise):
    text = " ".join(names) + noise
    made = Candidate(
        text, text, 0, subject=names[0] or "x", entities=tuple(person(n) for n in names if n),
        slots=tuple(Slot(n, "age", "7") for n in names if n), relations=tuple(Relation(SELF, "has_friend", n) for n in names if n),
    )  # fmt: skip
    out = resolve(made, Book(*(person(n) for n in known if n)), text).candidate
    assert (out.text, out.quote, out.message) == (text, text, 0)
    held = {entity_key(n) for e in out.entities for n in (e.name, *e.aliases)}
    assert {entity_key(n) for n in names if entity_key(n)} <= held | {""}
    assert {entity_key(s.entity) for s in out.slots} <= {e.key for e in out.entities}
    again = resolve(out, Book(*(person(n) for n in known if n)), text).candidate
    assert {s.entity for s in again.slots} == {s.entity for s in out.slots}


def test_a_nickname_works_both_ways_and_full_names_are_no_nicknames_of_one_another():
    for word, others in nicknames().items():
        assert word == plain(word), word
        assert all(word in forms_of(o) for o in others), word
    assert "emily" not in forms_of("emma")
    assert "mary" not in forms_of("maria")


@pytest.mark.parametrize(
    ("phrase", "kind"), [("my sister", "sister"), ("La mia sorella", "sister"), ("Tom's wife", "wife"), ("Max", None), ("my car", None)]
)
def test_phrases_for_relatives(phrase, kind):
    found = kin_phrase(phrase)
    assert (found.kind if found else None) == kind


def test_titles_that_may_be_two_peoples():
    assert titles_agree("Dr. Weber", "Prof. Weber")
    assert titles_agree("Weber", "Frau Weber")
    assert not titles_agree("Herr Weber", "Frau Weber")
