"""Made-up conversation to measure speed on: personal, varied, as much of it as wanted, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

_VOCABULARY: Final = {
    "first": "Ada Ben Chloe Dev Elif Farid Grace Hugo Ines Jonas Kira Liam Mara Nils Olga Priya Quinn Rosa Samir Tess Uma Vera",
    "last": "Abel Brandt Costa Dietz Eriksen Farah Gupta Haas Ito Jansen Khan Lopez Meyer Novak Okoye Petrov Rossi Sato Tamm",
    "city": "Oslo Lima Rome Cairo Quito Hanoi Turin Accra Perth Delhi Kyoto Porto Leeds Tampa Malmo Izmir Lagos Graz Bern Riga",
    "thing": "bicycle piano kayak camera telescope drone guitar tent printer scooter violin toaster monitor sofa blender stove"
    " carpet bookshelf lamp backpack umbrella watch keyboard tripod freezer hammock ladder easel compass loom anvil globe",
    "colour": "red green blue black white silver golden purple orange brown turquoise beige",
    "field": "physics nursing law cooking carpentry biology painting accounting history chemistry gardening logistics music",
    "food": "tofu mangoes olives lentils cheese walnuts shrimp oranges rice noodles mushrooms spinach garlic pears figs",
    "month": "January February March April May June July August September October November December",
}
_WORDS: Final = {kind: words.split() for kind, words in _VOCABULARY.items()}
_STATEMENTS: Final = (
    "I bought a {colour} {thing} in {city} in {month} for {number} euros.",
    "My colleague {first} {last} lives in {city} and studies {field}.",
    "{first} {last} works as a teacher of {field} in {city}.",
    "I had {food} with {first} {last} in {city} on the {day}th of {month}.",
    "I sold the {colour} {thing} to {first} {last} for {number} euros.",
    "{first} {last} is allergic to {food}.",
    "We drove {number} kilometres to {city} to see {first} {last}.",
    "My friend {first} {last} owns a {colour} {thing} and keeps it in {city}.",
)
_SMALL_TALK: Final = (
    "Good to know, thank you.",
    "How would you cook {food} for {day} people?",
    "Can you explain {field} to me in simple words?",
    "That is funny. What else is there?",
)
_QUESTIONS: Final = (
    "Where does {first} {last} live?",
    "What did I buy in {city}?",
    "Who studies {field}?",
    "What did I eat with {first} {last}?",
    "What colour is the {thing} that I sold?",
    "When did we drive to {city}?",
    "Who is allergic to {food}?",
    "Who owns a {colour} {thing}?",
)
#: Of five messages one says nothing worth keeping, so that the gate is measured too.
_TALK_EVERY: Final = 5


def _filled(chance: random.Random, forms: tuple[str, ...]) -> str:
    numbers = {"number": chance.randrange(2, 50_000), "day": chance.randrange(4, 28)}
    return chance.choice(forms).format(**numbers, **{kind: chance.choice(words) for kind, words in _WORDS.items()})


def messages(seed: int) -> Iterator[str]:
    """What a user says, without end."""
    chance = random.Random(seed)  # noqa: S311  (to repeat, not to keep secret)
    while True:
        for _ in range(_TALK_EVERY - 1):
            yield _filled(chance, _STATEMENTS)
        yield _filled(chance, _SMALL_TALK)


def questions(seed: int) -> Iterator[str]:
    """Questions about such messages, without end and none twice."""
    chance = random.Random(seed)  # noqa: S311  (to repeat, not to keep secret)
    asked: set[str] = set()
    while True:
        text = _filled(chance, _QUESTIONS)
        if text in asked:
            text = f"{text[:-1]}, {chance.randrange(10**6)} years ago?"
        asked.add(text)
        yield text
