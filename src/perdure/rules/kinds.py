"""Kinds of relatives and pets that exclude one another: who asks for a cat's name is not told the dog's."""

from __future__ import annotations

from collections.abc import Mapping

ONE_KIND: dict[str, str] = {
    word: words.split()[0]
    for words in (
        "dog dogs puppy doggo beagle labrador terrier corgi poodle",
        "cat cats kitten kitty",
        "rabbit rabbits bunny",
        "hamster hamsters",
        "parrot parrots budgie",
        "horse horses pony",
        "goldfish fish",
        "tortoise turtle",
        "sister sisters",
        "brother brothers",
        "son sons",
        "daughter daughters",
        "wife",
        "husband",
        "mother mom mum mama",
        "father dad papa",
        "girlfriend",
        "boyfriend",
        "aunt auntie",
        "uncle",
        "niece nieces",
        "nephew nephews",
        "grandmother grandma granny",
        "grandfather grandpa grandad",
        "cousin cousins",
    )
    for word in words.split()
}
"""Each word with the first word of its kind."""


def with_synonyms(names: Mapping[str, str]) -> dict[str, str]:
    """Known names, with the other words for a relative: who has told of "my mom" may ask for "my mother"."""
    known = dict(names)
    for word, kind in ONE_KIND.items():
        if word in names:
            for other, same in ONE_KIND.items():
                if same == kind:
                    known.setdefault(other, names[word])
    return known
