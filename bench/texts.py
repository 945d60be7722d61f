"""Made-up conversation: varied, personal, seeded, as much of it as wanted."""

import random
from collections.abc import Iterator

VOCABULARY = {
    "first": "Ada Ben Chloe Dev Elif Farid Grace Hugo Ines Jonas Kira Liam Mara Nils Olga Priya Quinn Rosa Samir Tess Uma Vera",
    "last": "Abel Brandt Costa Dietz Eriksen Farah Gupta Haas Ito Jansen Khan Lopez Meyer Novak Okoye Petrov Rossi Sato Tamm",
    "city": "Oslo Lima Rome Cairo Quito Hanoi Turin Accra Perth Delhi Kyoto Porto Leeds Tampa Malmo Izmir Lagos Graz Bern Riga",
    "thing": "bicycle piano kayak camera telescope drone guitar tent printer scooter violin toaster laptop monitor sofa blender"
    " stove carpet bookshelf lamp backpack umbrella watch keyboard tripod freezer hammock ladder easel compass",
    "colour": "red green blue black white silver golden purple orange brown turquoise beige",
    "field": "physics nursing law cooking carpentry biology painting accounting history chemistry gardening logistics music",
    "food": "peanuts tofu mangoes olives lentils cheese walnuts shrimp oranges rice noodles mushrooms spinach garlic pears",
    "month": "January February March April May June July August September October November December",
}
WORDS = {kind: words.split() for kind, words in VOCABULARY.items()}
FORMS = (
    "I bought a {colour} {thing} in {city} in {month}.",
    "My colleague {first} {last} lives in {city} and studies {field}.",
    "The {colour} {thing} from {first} broke after {number} days.",
    "I had {food} with {first} {last} in {city} last week.",
    "{first} {last} told me that the {thing} costs {number} euros.",
    "I want to learn {field} before {month} with {first}.",
    "We drove {number} kilometres to {city} to see {first} {last}.",
    "{first}'s {thing} is {colour} and stands in {city}.",
)
QUESTIONS = (
    "Where does {first} {last} live?",
    "What did I buy in {city}?",
    "Which {thing} broke?",
    "What did I eat with {first}?",
    "Who studies {field}?",
    "What colour is {first}'s {thing}?",
    "How far is {city}?",
    "When will I learn {field}?",
)


def _filled(chance: random.Random, form: str) -> str:
    return form.format(number=chance.randrange(2, 5000), **{kind: chance.choice(words) for kind, words in WORDS.items()})


def statements(seed: int) -> Iterator[str]:
    """Sentences without end, none twice."""
    chance = random.Random(seed)
    seen: set[str] = set()
    while True:
        text = _filled(chance, chance.choice(FORMS))
        if text in seen:
            text = f"{text[:-1]}, for the {chance.randrange(10**6)}th time."
        seen.add(text)
        yield text


def questions(seed: int) -> Iterator[str]:
    """Questions about such sentences, without end."""
    chance = random.Random(seed)
    while True:
        yield _filled(chance, chance.choice(QUESTIONS))
