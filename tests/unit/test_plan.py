"""Planning: a table of questions and what is read off them, and rules that hold for every question."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.model.graph import SELF
from perdure.model.search import Plan
from perdure.rules.kinds import with_synonyms
from perdure.stages.plan import plan

NOW = datetime(2026, 5, 14, 15, 30, tzinfo=UTC)
NAMES = {
    "emma": "Emma",
    "daughter": "Emma",
    "ada": SELF,
    "ada lovelace": SELF,
    "priya": "Priya",
    "sister": "Priya",
    "my sister": "Priya",
    "dell xps": "Dell XPS",
    "李明": "李明",
}

# question | entities | the first attributes, best first | words of the time window | order | kind of answer
TABLE = """
Where do I live? | user | user.lives_in, user.address | - | - | place
what city do I live in | user | user.lives_in, user.address | - | - | place
who do I work for | user | user.employer, user.job_title | - | - | person
What do I do for a living? | user | user.job_title, user.employer | - | - | -
how old am I | user | user.age, user.birthday | - | - | number
How old is my daughter? | Emma, user | Emma.age, Emma.birthday | - | - | number
when is my birthday | user | user.birthday, user.age | - | - | time
am I allergic to peanuts? | user | user.allergy, user.diet | - | - | yes_no
any dietary restrictions? | user | user.diet, user.allergy | - | - | -
what can't Emma eat | Emma | Emma.allergy, Emma.diet | - | - | -
what's my dog called | my dog, user | user.pet, my dog.name | - | - | -
what laptop do I have | user | user.current_device, user.device | - | - | -
what was my laptop issue last week? | user | user.issue, user.current_device | last week | - | -
how did we fix the overheating? | user | user.solution, user.issue | - | - | how
is it still under warranty | user | user.warranty, user.current_device | - | latest | yes_no
do I have kids | user | user.child | - | - | yes_no
what's my wife's name | my wife, user | user.spouse, my wife.name | - | - | person
What is my favorite color? | user | user.favorite_color, user.favorite_colour | - | - | -
what's my favourite kind of music | user | user.favorite_music, user.likes | - | - | -
my phone number | user | user.phone, user.current_device | - | - | -
plan a dinner for friday | user | user.diet, user.allergy | for friday | - | -
what should I get Emma for her birthday | Emma, user | Emma.likes, Emma.birthday | - | - | -
laptop problem | user | user.issue, user.current_device | - | - | -
Wo wohne ich? | user | user.lives_in, user.address | - | - | place
¿Dónde vivo? | user | user.lives_in, user.address | - | - | place
Où est-ce que j'habite ? | user | user.lives_in, user.address | - | - | place
Dove vivo? | user | user.lives_in, user.address | - | - | place
Onde eu moro? | user | user.lives_in, user.address | - | - | place
我住在哪里？ | user | user.lives_in, user.address | - | - | place
李明住在哪里？ | 李明 | 李明.lives_in, 李明.address | - | - | place
मैं कहाँ रहता हूँ? | user | user.lives_in, user.address | - | - | place
Which books does Ada like? | user | user.likes, user.hobby | - | - | list
What does Ada Lovelace do? | user | user.job_title, user.employer | - | - | -
What does my sister do? | Priya, user | Priya.job_title, Priya.employer | - | - | -
Where did I live before Berlin? | Berlin, user | user.lives_in, user.address | - | earliest | place
Where did I live originally? | user | user.lives_in, user.address | - | earliest | place
What is the most recent issue with the Dell XPS? | Dell XPS | Dell XPS.issue, Dell XPS.solution | - | latest | -
Who is Priya? | Priya |  | - | - | person
Who is Emma's father? | Emma, Emma's father | Emma.parent | - | - | person
What is my wife's brother's name? | my wife, user | my wife.sibling, user.spouse | - | - | person
List all my allergies | user | user.allergy, user.diet | - | - | list
When did I last see Tom Hanks? | Tom Hanks, user |  | - | latest | time
What did I tell you about Kyoto in March? | Kyoto, user |  | in March | - | -
Wie heißt mein Hund? | my hund, user | user.pet, my hund.name | - | - | -
Wann hat Emma Geburtstag? | Emma | Emma.birthday, Emma.age | - | - | time
¿Cómo se llama mi esposa? | my esposa, user | user.spouse, my esposa.name | - | - | -
Quel âge a ma fille ? | my fille, user | my fille.age, my fille.birthday | - | - | number
Come si chiama mia moglie? | my moglie, user | user.spouse, my moglie.name | - | - | -
Qual é a minha cor favorita? | user | user.favorite_color, user.favorite_colour | - | - | -
我最喜欢的颜色是什么？ | user | user.favorite_color, user.likes | - | - | -
我对什么过敏？ | user | user.allergy, user.diet | - | - | -
How long have I been working at Google? | Google, user | user.employer, user.job_title | - | - | time
Where does my boss live? | my boss, user | my boss.lives_in, my boss.address | - | - | place
Did I move? | user | user.lives_in, user.employer | - | - | yes_no
What do I have on Monday? | user | user.plan, user.appointment | on Monday | - | -
What happened before 2020? | user | user.event, user.plan | before 2020 | - | -
How many cats do I have? | user | user.pet | - | - | number
Should I book an aisle or window seat? | user | user.likes, user.travel | - | - | -
Does Emma like broccoli? | Emma | Emma.likes, Emma.hobby | - | - | yes_no
Where did Priya grow up? | Priya | Priya.from, Priya.lives_in | - | - | place
Wogegen bin ich allergisch? | user | user.allergy, user.diet | - | - | -
Was ist meine Lieblingsfarbe? | user | user.favorite_color, user.favorite_colour | - | - | -
Do you remember my name? | user | user.name | - | - | yes_no
Who am I? | user | user.name | - | - | person
What's my job? | user | user.job_title, user.employer | - | - | -
Where does Emma go to school? | Emma | Emma.school, Emma.studies | - | - | place
What did Emma say about Tom? | Emma, Tom |  | - | - | -
Which city did I move to? | user | user.lives_in, user.employer | - | - | place
When does my passport expire? | user |  | - | - | time
Who is my manager? | my manager, user | user.boss | - | - | person
What is my son allergic to? | my son, user | my son.allergy, my son.diet | - | - | -
What's the name of my cat? | my cat, user | user.pet, my cat.name | - | - | -
Is Emma vegetarian? | Emma | Emma.diet, Emma.allergy | - | - | yes_no
Am I married? | user | user.marital_status, user.spouse | - | - | yes_no
Was ist mein Beruf? | user | user.job_title, user.employer | - | - | -
Où travaille Priya ? | Priya | Priya.employer, Priya.job_title | - | - | place
Qual è il mio lavoro? | user | user.job_title, user.employer | - | - | -
Onde a Emma mora? | Emma | Emma.lives_in, Emma.address | - | - | place
What meds do I take every day? | user | user.medication, user.condition | - | - | list
What are my hobbies? | user | user.hobby, user.likes | - | - | list
How do I like my coffee? | user | user.likes, user.hobby | - | - | how
what did we do last weekend? | user |  | last weekend | - | -
Wie heißt meine Schwester? | my schwester, user | user.sibling, my schwester.name | - | - | -
我女儿叫什么名字？ | user | user.child | - | - | -
我妻子在哪里工作？ | user | user.job_title, user.employer | - | - | place
What does Emma's husband do? | Emma, Emma's husband | Emma's husband.job_title, Emma's husband.employer | - | - | -
What's Emma's dog's name? | Emma, Emma's dog | Emma.pet, Emma's dog.name | - | - | -
When is my dentist appointment? | user | user.appointment, user.doctor | - | - | time
Where did I work before? | user | user.employer, user.job_title | - | earliest | place
What's my wife allergic to? | my wife, user | my wife.allergy, my wife.diet | - | - | -
how tall is Tom? | Tom | Tom.height | - | - | number
What programming language do I prefer? | user | user.likes, user.language | - | - | -
wifi password | user |  | - | - | -
ada's employer | user | user.employer, user.job_title | - | - | -
where does ada work | user | user.employer, user.job_title | - | - | place
What are my plans for next week? | user | user.plan, user.appointment | for next week | - | list
Did I ever mention Lisbon? | Lisbon, user |  | - | - | yes_no
What car did I drive in 2019? | user | user.car, user.owns | in 2019 | - | -
When did I buy my bike? | user | user.purchase, user.owns | - | - | time
What's the solution to the overheating problem of the Dell XPS | Dell XPS | Dell XPS.solution, Dell XPS.issue | - | - | -
Where did Emma live in 2019? | Emma | Emma.lives_in, Emma.address | in 2019 | - | place
What did I eat yesterday? | user |  | yesterday | - | -
What's Emma's favorite food? | Emma | Emma.favorite_food, Emma.likes | - | - | -
When did I start my job? | user | user.job_title, user.employer | - | - | time
Which allergies do I have? | user | user.allergy, user.diet | - | - | list
How many kids does Emma have? | Emma | Emma.child | - | - | number
Does Priya have any pets? | Priya | Priya.pet | - | - | yes_no
Is my daughter allergic to nuts? | Emma, user | Emma.allergy, Emma.diet | - | - | yes_no
What is my sister's address? | Priya, user | Priya.address, Priya.lives_in | - | - | -
Can you remind me what my blood type is? | user | user.blood_type | - | - | yes_no
What are the names of my children? | user | user.child | - | - | list
what is my current address | user | user.address, user.lives_in | - | latest | -
What's my email address? | user | user.email | - | - | -
What was my first job? | user | user.job_title, user.employer | - | earliest | -
What's my latest laptop? | user | user.current_device, user.device | - | latest | -
Tell me about my trip to Japan | Japan, user | user.travel, user.plan | - | - | -
recipe ideas for tonight | user | user.diet, user.allergy | for tonight | - | -
gift ideas for Priya | Priya | Priya.likes, Priya.hobby | - | - | -
How do I fix the printer? | user | user.solution, user.current_device | - | - | how
Who fixed the problem with the router? | user | user.solution, user.issue | - | - | person
When does the warranty of my laptop end? | user | user.warranty, user.current_device | - | - | time
What did I buy last month? | user | user.purchase, user.owns | last month | - | -
What have I planned for next weekend? | user | user.plan, user.appointment | for next weekend | - | -
What languages do I speak? | user | user.language | - | - | list
What instrument does Emma play? | Emma | Emma.skill, Emma.hobby | - | - | -
What does Priya hate? | Priya | Priya.dislikes, Priya.likes | - | - | -
what do I dislike | user | user.dislikes, user.likes | - | - | -
am I vegetarian? | user | user.diet, user.allergy | - | - | yes_no
What is my budget? | user | user.budget | - | - | -
When is our anniversary? | user | user.anniversary, user.spouse | - | - | time
Wo arbeitet Emma? | Emma | Emma.employer, Emma.job_title | - | - | place
Wie alt bin ich? | user | user.age, user.birthday | - | - | number
Welche Allergien habe ich? | user | user.allergy, user.diet | - | - | list
¿Cuál es mi color favorito? | user | user.favorite_color, user.favorite_colour | - | - | -
¿Cuándo es mi cumpleaños? | user | user.birthday, user.age | - | - | time
¿Dónde trabaja Emma? | Emma | Emma.employer, Emma.job_title | - | - | place
Quel est mon métier ? | user | user.job_title, user.employer | - | - | -
Comment s'appelle mon chien ? | my chien, user | user.pet, my chien.name | - | - | -
Quand est mon anniversaire ? | user | user.birthday, user.age | - | - | time
Quanti anni ho? | user | user.age, user.birthday | - | - | number
Come si chiama il mio cane? | my cane, user | user.pet, my cane.name | - | - | -
Qual é o meu trabalho? | user | user.job_title, user.employer | - | - | -
Quando é meu aniversário? | user | user.birthday, user.age | - | - | time
我叫什么名字？ | user | user.name | - | - | -
我的生日是什么时候？ | user | user.birthday, user.age | - | - | time
我上周的电脑问题是什么？ | user | user.issue, user.current_device | 上周 | - | -
मेरा नाम क्या है? | user | user.name | - | - | -
मेरा जन्मदिन कब है? | user | user.birthday, user.age | - | - | time
hello | user |  | - | - | -
"""


def read(question: str, **names: str) -> Plan:
    return plan(question, now=NOW, names=names or NAMES)


@pytest.mark.parametrize("line", TABLE.strip().splitlines(), ids=lambda line: line.split(" | ")[0])
def test_plan(line):
    question, entities, attributes, window, order, wants = line.split(" | ")
    got = read(question)
    assert got.question == question
    assert ", ".join(got.entities) == entities
    expected = [tuple(pair.split(".")) for pair in attributes.split(", ") if pair]
    assert list(got.attributes[: len(expected)]) == expected
    assert bool(got.attributes) == bool(expected)
    assert (got.window.phrase if got.window else "-") == window
    assert (got.order or "-", got.wants or "-") == (order, wants)


def test_the_window_of_last_week():
    window = read("What was my laptop issue last week?").window
    assert (window.start, window.end) == (datetime(2026, 5, 4, tzinfo=UTC), datetime(2026, 5, 11, tzinfo=UTC))


def test_a_window_open_to_the_past_reaches_all_of_it():
    window = read("What happened before 2020?").window
    assert window.start < datetime(1900, 1, 1, tzinfo=UTC)
    assert window.end == datetime(2020, 1, 1, tzinfo=UTC)


def test_a_window_open_to_now():
    window = read("What have I bought since March?").window
    assert (window.start, window.end) == (datetime(2026, 3, 1, tzinfo=UTC), NOW)


def test_a_habit_is_no_window():
    assert read("What do I do every Monday?").window is None


def test_an_unknown_name_is_an_entity():
    assert read("Where does Zoltan Kovacs live?").entities == ("Zoltan Kovacs",)
    assert read("Where does Zoltan Kovacs live?").attributes[0] == ("Zoltan Kovacs", "lives_in")


def test_a_known_name_is_found_in_any_case_and_script():
    assert read("where does EMMA live").attributes[0] == ("Emma", "lives_in")
    assert read("где живёт Ольга?", ольга="Ольга").entities == ("Ольга",)
    assert read("李明喜欢什么？").attributes[0] == ("李明", "likes")


def test_an_alias_leads_to_the_name_and_only_with_my():
    assert read("Where does my sister work?").attributes[0] == ("Priya", "employer")
    assert "Priya" not in read("Where does Emma's sister work?").entities


def test_a_relative_without_a_name_is_still_asked_about():
    got = plan("Where does my brother work?", now=NOW, names={})
    assert got.attributes[0] == ("my brother", "employer")
    assert (SELF, "sibling") in got.attributes


def test_she_may_be_anyone_known():
    asked = {entity for entity, attribute in read("where is she based").attributes if attribute == "lives_in"}
    assert {"Emma", "Priya"} <= asked


def test_the_user_s_own_name_is_the_user():
    assert read("Which city does Ada live in?").attributes[0] == (SELF, "lives_in")
    assert read("Where does Ada Lovelace work?").entities == (SELF,)


def test_a_dinner_for_someone_asks_for_their_needs():
    attributes = {a for e, a in read("Plan a dinner for Emma").attributes if e == "Emma"}
    assert {"diet", "allergy", "likes", "dislikes"} <= attributes


@given(st.text())
def test_any_text_is_planned(question):
    got = read(question)
    assert got.question == question
    assert len(set(got.attributes)) == len(got.attributes)
    assert len(set(got.entities)) == len(got.entities)
    assert got.window is None or got.window.start < got.window.end


WORDS = st.sampled_from(
    [
        *[
            "where",
            "does",
            "my",
            "Emma's",
            "sister",
            "what's",
            "l'anno",
            "'s",
            "'",
            "Emma李明",
            "李明",
            "我",
            "favorite",
            "kind",
            "of",
        ],
        *["last", "week", "who", "I", "Dell", "XPS,", "...", "is", "on", "May", "how many", "kids", "she", "mein", "Kind"],
    ]
)


@given(st.lists(WORDS, max_size=10).map(" ".join))
def test_any_mix_of_words_is_planned(question):
    got = read(question)
    assert all(entity and attribute for entity, attribute in got.attributes)


def test_a_long_pasted_text_is_read_at_both_ends():
    got = read("Where do I live? " + "blah " * 100_000 + " And what is Emma allergic to?")
    assert (SELF, "lives_in") in got.attributes
    assert "Emma" in got.entities


@pytest.mark.parametrize(
    ("question", "entity", "first"),
    [
        ("Wie alt ist meine Schwester?", "Priya", ("Priya", "age")),
        ("Où habite ma sœur ?", "Priya", ("Priya", "lives_in")),
        ("¿Dónde vive mi hermana?", "Priya", ("Priya", "lives_in")),
        ("Dove abita mia sorella?", "Priya", ("Priya", "lives_in")),
        ("Onde mora minha irmã?", "Priya", ("Priya", "lives_in")),
        ("Wogegen ist meine Tochter allergisch?", "Emma", ("Emma", "allergy")),
        ("¿En qué trabajo?", SELF, (SELF, "job_title")),
        ("Which bank am I with?", SELF, (SELF, "bank")),
        ("Where does my mother live?", "my mom", ("my mom", "lives_in")),
        ("Comment s'appelle mon chat ?", "Misu", (SELF, "pet")),
        ("What did we chat about?", SELF, None),
    ],
)
def test_a_relative_is_found_by_the_word_of_any_language(question, entity, first):
    names = with_synonyms({**NAMES, "mom": "my mom", "my mom": "my mom", "cat": "Misu", "my cat": "Misu"})
    found = plan(question, now=NOW, names=names)
    assert found.entities[0] == entity
    assert (found.attributes[0] if found.attributes else None) == first
