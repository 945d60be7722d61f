"""The scorer of bench extraction: what it calls right, found, stale, lost and noise."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.model.graph import Relation, Slot
from perdure.stages.measure_extraction import Expected, Kept, Score, Wanted, score
from perdure.stages.measure_names import as_relation, direction, is_attribute, is_entity, is_value, names

WORDS = ("Porto", "Lisbon", "teacher", "vegan", "Emma", "peanuts", "Karim", "guitar", "Osaka", "laptop", "Meridian", "swimming", "Pixel")
LIVES = Wanted("lisbon", frozenset({0}), ("Lisbon",), ("fact",))
MOVED = Wanted("porto", frozenset({2}), ("Porto",), ("fact", "episodic"), (), "2026-02")
MOVE = Expected(
    memories=(LIVES, MOVED),
    slots=(("user", "lives_in", "Porto|Oporto"),),
    not_open=(("user", "lives_in", "Lisbon"),),
    relations=(("user", "lives_in", "Porto"),),
    superseded=(("lisbon", "porto"),),
    nothing={1: "question", 3: "private"},
)


def kept(text, *messages, **given):
    return Kept(**({"id": text, "text": text, "kind": "fact", "term": "long_term", "messages": frozenset(messages)} | given))


def slot(entity, attribute, value):
    return Slot(entity, attribute, value)


IN_LISBON = kept("I live in Lisbon.", 0, gone=True, over=True)
IN_PORTO = kept(
    "I moved to Porto.", 2, dates=("2026-02-10T00:00:00Z",), slots=(slot("user", "lives_in", "Porto"),),
    relations=(Relation("user", "lives_in", "Porto"),),
)  # fmt: skip


def shares_of(expected, *memories):
    return score(expected, memories)[0].shares


def faults_of(expected, *memories):
    return {fault.kind for fault in score(expected, memories)[1]}


def test_what_is_all_there_scores_one_and_has_no_fault():
    counts, faults = score(MOVE, [IN_LISBON, IN_PORTO])
    assert faults == ()
    assert set(counts.shares.values()) == {1.0}
    assert (counts.lost, counts.noise, counts.repeated, counts.slots_stale) == (0, 0, 0, 0)


def test_nothing_kept_finds_nothing():
    shares = shares_of(MOVE)
    assert shares["memory_recall"] == shares["slot_recall"] == shares["relation_recall"] == shares["supersession_recall"] == 0.0
    assert shares["memory_precision"] is None


def test_nothing_expected_and_nothing_kept_has_no_shares():
    assert set(shares_of(Expected()).values()) == {None}


def test_a_memory_of_another_message_is_wrong_whatever_it_says():
    assert score(MOVE, [kept("I live in Lisbon.", 2)])[0].found == 0
    assert faults_of(MOVE, kept("Trains to Lisbon are fast.", 4)) >= {"wrong"}


def test_what_comes_of_a_question_is_noise():
    counts, faults = score(MOVE, [kept("The user asks for Lisbon.", 1)])
    assert (counts.noise, counts.right) == (1, 0)
    assert ("noise", "The user asks for Lisbon. (question)") in {(f.kind, f.what) for f in faults}


def test_what_was_said_for_one_chat_may_be_kept_for_the_short_term_alone():
    assert score(MOVE, [kept("I can't stand Marcus.", 3, term="short_term")])[0].noise == 0
    assert score(MOVE, [kept("I can't stand Marcus.", 3)])[0].noise == 1


def test_the_old_slot_left_open_is_stale():
    stale = kept("I live in Lisbon.", 0, slots=(slot("user", "lives_in", "Lisbon"),))
    counts, faults = score(MOVE, [stale, IN_PORTO])
    assert (counts.slots_right, counts.slots_wrong, counts.slots_stale) == (1, 1, 1)
    assert {"slot wrong", "not superseded"} == {fault.kind for fault in faults}


def test_a_slot_that_nobody_judged_is_neither_right_nor_wrong_if_its_memory_is_right():
    right = kept("I live in Lisbon.", 0, slots=(slot("user", "city_before", "Lisbon"),), over=True)
    counts = score(replace(MOVE, not_open=()), [right, IN_PORTO])[0]
    assert (counts.slots_unjudged, counts.slots_wrong) == (1, 0)
    off = kept("I live in Lisbon.", 0, slots=(slot("user", "likes", "help"),))
    assert score(MOVE, [off])[0].slots_wrong == 1
    assert score(MOVE, [kept("Unasked.", 4, slots=(slot("user", "city_before", "Lisbon"),))])[0].slots_wrong == 1


def test_a_second_home_or_name_that_nobody_expected_is_wrong():
    misread = kept("I live in Lisbon.", 0, slots=(slot("user", "name", "Lisbon"),), over=True)
    assert score(MOVE, [misread, IN_PORTO])[0].slots_wrong == 1
    of_another = replace(misread, slots=(slot("Duarte", "lives_in", "Lisbon"),))
    assert score(MOVE, [of_another, IN_PORTO])[0].slots_unjudged == 1


def test_a_new_text_in_place_of_the_old_counts_as_superseded():
    updated = replace(IN_PORTO, text="I moved to Porto.", former=("I live in Lisbon.",), messages=frozenset({0, 2}))
    assert shares_of(MOVE, updated)["supersession_recall"] == 1.0


def test_a_memory_that_says_that_the_old_is_over_is_right():
    told = kept("The user left Lisbon.", 2)
    assert shares_of(MOVE, IN_LISBON, IN_PORTO, told)["memory_precision"] == 1.0


def test_an_old_memory_that_says_more_may_live_on_beside_the_one_that_ended():
    more = replace(MOVE, memories=(*MOVE.memories, Wanted("flat", frozenset({0}), ("flat",))))
    both = kept("I have a flat in Lisbon.", 0)
    assert shares_of(more, IN_LISBON, both, IN_PORTO)["supersession_recall"] == 1.0
    again = kept("The user lives in Lisbon.", 0)
    assert shares_of(more, IN_LISBON, again, IN_PORTO)["supersession_recall"] == 0.0


def test_an_expected_memory_that_went_without_cause_is_lost_unless_another_says_it():
    gone = replace(IN_PORTO, gone=True, over=True, slots=(), relations=())
    assert score(MOVE, [IN_LISBON, gone])[0].lost == 1
    assert score(MOVE, [IN_LISBON, gone, replace(IN_PORTO, id="other", text="Porto is home now.")])[0].lost == 0


def test_saying_it_twice_is_repetition_and_not_wrong():
    counts = score(MOVE, [IN_LISBON, IN_PORTO, kept("Porto it is.", 2)])[0]
    assert (counts.repeated, counts.shares["memory_precision"]) == (1, 1.0)


def test_kind_term_and_date_are_counted_of_what_was_found():
    off = replace(IN_PORTO, kind="preference", term="short_term", dates=("2026-03-09T00:00:00Z",))
    counts = score(MOVE, [IN_LISBON, off])[0]
    assert (counts.found, counts.kind_right, counts.term_right, counts.dated, counts.date_right) == (2, 1, 1, 1, 0)


def test_a_relation_may_be_told_from_the_other_side_but_not_turned_round():
    expected = Expected(memories=(Wanted("emma", frozenset({0}), ("Emma",)),), relations=(("user", "child", "Emma"),))

    def found(*edge):
        return score(expected, [kept("Emma is my daughter.", 0, relations=(Relation(*edge),))])[0].relations_found

    assert found("user", "has_daughter", "Emma") == found("Emma", "daughter_of", "user") == found("user", "mother_of", "Emma") == 1
    assert found("Emma", "has_child", "user") == found("user", "child_of", "Emma") == found("user", "likes", "Emma") == 0


@pytest.mark.parametrize(
    ("text", "wanted", "holds"),
    [
        ("She is vegetarian.", "vegetarian|vegan", True),
        ("Bo barks", "Bo", True),
        ("Bob barks", "Bo", False),
        ("Bo's bowl", "bo", True),
        ("goes swimming", "swim", True),
        ("die Erdnussallergie", "nussallergie", True),
        ("Zoé est cœliaque", "Zoe|Zoé", True),
        ("Zoé est cœliaque", "coeliaque", True),
        ("Groß-Gerau", "gross", True),
        ("她对花生过敏", "花生|peanut", True),
        ("3,150 a month", "3,150|3150", True),
        ("in 2026", "6", False),
    ],
)
def test_words(text, wanted, holds):
    assert names(text, wanted) is holds


def test_entities_attributes_values_and_verbs():
    assert is_entity("Ines", "user", ("Ines",))
    assert is_entity("user", "user")
    assert not is_entity("user's sister", "user")
    assert is_entity("user's sister", "Priya|sister")
    assert is_entity("Emma Stone", "Emma")
    assert not is_entity("Emma", "Emma Stone")
    assert is_entity("小汤圆", "汤圆")
    assert is_attribute("daughter", "child")
    assert is_attribute("City", "lives_in")
    assert not is_attribute("employer", "lives_in|from")
    assert is_value("Toyota Yaris Hybrid", "Yaris")
    assert not is_value("the user now drives around town in a small Yaris", "Yaris")
    assert is_value("anything", "*")
    assert direction("is married to", "spouse") == (True, True)
    assert direction("nothing_like_it", "spouse") == (False, False)
    assert "speaks" in as_relation("language").split("|")


@st.composite
def expectations(draw):
    """A conversation of which each expected memory is one word of one message, some of them with a slot and a relation."""
    words = draw(st.lists(st.sampled_from(WORDS), unique=True, max_size=6))
    wanted = tuple(Wanted(word, frozenset({n}), (word,), ("fact",), (), "2026-03") for n, word in enumerate(words))
    marked = draw(st.sets(st.sampled_from(words))) if words else set()
    triples = tuple(("user", "owns", word) for word in sorted(marked))
    return Expected(memories=wanted, slots=triples, relations=triples)


def perfect(expected):
    owned = {value for _, _, value in expected.slots}
    return [
        kept(
            f"It says {w.id}.", *w.said, dates=("2026-03-01T00:00:00Z",),
            slots=(slot("user", "owns", w.id),) if w.id in owned else (),
            relations=(Relation("user", "owns", w.id),) if w.id in owned else (),
        )
        for w in expected.memories
    ]  # fmt: skip


@given(expectations())
def test_the_perfect_extraction_scores_one(expected):
    counts, faults = score(expected, perfect(expected))
    assert faults == ()
    assert set(counts.shares.values()) <= {1.0, None}
    assert counts.found == counts.right == len(expected.memories)


@given(expectations())
def test_the_empty_extraction_finds_nothing_and_is_never_wrong(expected):
    counts = score(expected, [])[0]
    assert counts.shares["memory_recall"] in (0.0, None)
    assert (counts.kept, counts.noise, counts.slots_wrong, counts.relations_wrong, counts.lost) == (0, 0, 0, 0, 0)


@given(expectations(), st.data())
def test_order_does_not_matter(expected, data):
    some = [*perfect(expected), kept("Off the point.", 99, slots=(slot("user", "likes", "nothing"),)), kept("Porto again.", 0, gone=True)]
    assert score(expected, data.draw(st.permutations(some))) == score(expected, some)


@given(expectations(), st.data())
def test_leaving_a_memory_out_lowers_recall_alone(expected, data):
    all_ = perfect(expected)
    some = data.draw(st.lists(st.sampled_from(all_), unique_by=lambda k: k.id)) if all_ else []
    counts = score(expected, some)[0]
    assert counts.found == len(some)
    assert counts.shares["memory_precision"] in (1.0, None)


@given(expectations(), expectations())
def test_counts_add_up(one, other):
    first, second = score(one, perfect(one))[0], score(other, [])[0]
    both = first + second
    assert (both.conversations, both.expected, both.found) == (2, first.expected + second.expected, first.found)
    assert first + Score() == first
