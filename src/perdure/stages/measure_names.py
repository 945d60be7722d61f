"""Measure, the words: whether what was kept names what was expected, whatever the spelling, the relation's verb or its direction.

Pure. An expectation is a list of alternatives, written ``Porto|Oporto``; one of them is enough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from perdure.model.graph import SELF
from perdure.rules.slots import ATTRIBUTES, canonical

ANY: Final = "*"
STEM, LONG = 4, 5
"""From so many letters on an alternative may begin a longer word ("swim" in "swimming"), or stand anywhere inside one."""
MORE_WORDS, MORE_CHARACTERS = 5, 10
"""How much longer than the alternative a value may be: a slot holds a value, not the sentence that it was taken from."""

_CJK: Final = re.compile(r"[぀-ヿ㐀-鿿豈-﫿]")
_WORD: Final = re.compile(r"\w+")

_KIN = "relative family_member cousin aunt uncle niece nephew grandparent grandfather grandmother grandson granddaughter grandchild in_law"
_IN_LAW = "mother_in_law father_in_law brother_in_law sister_in_law daughter_in_law son_in_law"
_SIBLING = "sibling sister brother half_sister half_brother twin"
_CHILD, _PARENT = "child daughter son kid", "parent mother father mom mum dad"
_PARTNER = "partner boyfriend girlfriend fiance fiancee"
_THING = "device current_device car vehicle possession purchase phone laptop"

#: relation: (what the second is to the first, what the first is to the second, further verbs from the first to the second)
FAMILIES: Final[dict[str, tuple[str, str, str]]] = {
    "sibling": (_SIBLING, _SIBLING, ""),
    "child": (_CHILD, _PARENT, ""),
    "parent": (_PARENT, _CHILD, ""),
    "spouse": ("spouse husband wife", "spouse husband wife", "married_to"),
    "partner": (_PARTNER, _PARTNER, "engaged_to dating in_relationship_with together_with"),
    "relative": (f"{_KIN} {_IN_LAW}", f"{_KIN} {_IN_LAW}", "related_to"),
    "friend": ("friend", "friend", "friends_with"),
    "neighbor": ("neighbor neighbour", "neighbor neighbour", "lives_next_to"),
    "boss": ("boss manager supervisor", "employee report direct_report", "reports_to works_under managed_by works_for"),
    "colleague": ("colleague coworker employee staff team_member teammate", "colleague coworker employer boss", "works_with hired employs"),
    "pet": ("pet dog cat puppy kitten", "owner", "owns has adopted keeps"),
    "lives_in": ("home residence", "resident", "lives_in lives_at resides_in moved_to relocated_to located_in living_in"),
    "works_at": ("employer workplace", "employee", "works_at works_for works_in employed_by employed_at joined starts_at hired_by"),
    "studies_at": ("school university", "student", "studies_at studies_in attends student_at enrolled_at"),
    "owns": (_THING, "owner", "owns has bought purchased uses drives acquired got"),
    "allergic_to": ("allergy allergen", "", "allergic_to allergic"),
    "likes": ("favorite", "", "likes loves enjoys adores prefers fond_of"),
    "dislikes": ("", "", "dislikes hates detests avoids does_not_like cannot_stand"),
    "takes": ("medication medicine", "", "takes takes_medication taking uses prescribed"),
}
SYMMETRIC: Final = ("spouse", "partner", "friend", "relative", "sibling", "neighbor", "colleague")


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """`text` for comparison: NFKD without accents, case-folded, ligatures and ß spelt out, single spaces."""
    plain = unicodedata.normalize("NFKD", text.replace("œ", "oe").replace("Œ", "oe")).casefold()
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def alternatives(text: str) -> tuple[str, ...]:
    """The alternatives of an expectation, folded, in order."""
    return tuple(dict.fromkeys(one for part in text.split("|") if (one := folded(part))))


def names(text: str, wanted: str) -> bool:
    """Whether `text` holds one of the alternatives of `wanted`: a short one as a word of its own, a longer one as a word's stem."""
    return any(_holds(folded(text), one) for one in alternatives(wanted))


@lru_cache(maxsize=65_536)
def _holds(text: str, one: str) -> bool:
    if _CJK.search(one) or len(one) >= LONG:
        return one in text
    end = "" if len(one) >= STEM else r"(?:s|'s)?(?!\w)"
    return re.search(rf"(?<!\w){re.escape(one)}{end}", text) is not None


def is_value(value: str, wanted: str) -> bool:
    """Whether a slot's value is one of the alternatives, with a few words around it at most; ``*`` is any value."""
    if wanted == ANY:
        return True
    text = folded(value)
    return any(_holds(text, one) and not _too_long(text, one) for one in alternatives(wanted))


def _too_long(text: str, one: str) -> bool:
    if _CJK.search(text):
        return len(text) > len(one) + MORE_CHARACTERS
    return len(_WORD.findall(text)) > len(_WORD.findall(one)) + MORE_WORDS


def is_entity(name: str, wanted: str, me: Iterable[str] = ()) -> bool:
    """Whether `name` is one of the entities of `wanted`: all the words of an alternative in a name of at most two words more.

    Args:
        name: as it stands in a slot or relation.
        wanted: alternatives; ``user`` is the speaker, ``*`` anybody.
        me: names of the speaker, besides ``user``.
    """
    if wanted == ANY:
        return True
    text = folded(name)
    words = set(_WORD.findall(text))
    for one in alternatives(wanted):
        if one == SELF:
            if text == SELF or text in {folded(own) for own in me}:
                return True
        elif _CJK.search(one):
            if one == text or (one in text and len(text) <= len(one) + 2):
                return True
        else:
            asked = set(_WORD.findall(one))
            if asked and asked <= words and len(words) <= len(asked) + 2:
                return True
    return False


def is_attribute(attribute: str, wanted: str) -> bool:
    """Whether an attribute is one of the alternatives, by any of its aliases; ``*`` is any attribute."""
    return wanted == ANY or canonical(attribute) in {canonical(one) for one in wanted.split("|")}


def as_relation(attribute: str) -> str:
    """The relations that say what a slot's attributes say, as alternatives: ``language`` gives ``language|has_language|speaks``."""
    found: list[str] = []
    for one in attribute.split("|"):
        name = canonical(one)
        edge = ATTRIBUTES[name].relation if name in ATTRIBUTES else ""
        found += [name, f"has_{name}", edge, edge.removeprefix("has_")]
    return "|".join(dict.fromkeys(name for name in found if name)) if attribute != ANY else ANY


@lru_cache(maxsize=1024)
def _ways(wanted: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names of a relation as read from the first to the second, and from the second to the first."""
    there, back = set[str](), set[str]()
    for one in (part.strip() for part in wanted.split("|")):
        if one not in FAMILIES:
            there.add(one)
            continue
        second, first, verbs = (part.split() for part in FAMILIES[one])
        there |= {*verbs, *second, *(f"has_{w}" for w in second), *(f"{w}_of" for w in first)}
        back |= {*(f"{w}_of" for w in second), *second, *(f"has_{w}" for w in first), *first}
        if one in SYMMETRIC:
            back |= set(verbs)
    return frozenset(there), frozenset(back)


def direction(relation: str, wanted: str) -> tuple[bool, bool]:
    """Whether `relation` is one of the names of `wanted`, read from the first to the second, and the other way round."""
    name = re.sub(r"[\s\-]+", "_", folded(relation)).removeprefix("is_").removeprefix("is_the_").removeprefix("the_")
    if wanted == ANY:
        return True, True
    there, back = _ways(wanted)
    return name in there, name in back
