"""Names folded for recognition: case, accents, width, script, titles, possessives; and phrases for relatives in several languages.

`entity_key` tells entities apart; what is here tells which of two keys may be one entity's, and is only used where nothing else fits.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from perdure.model.graph import SELF, entity_key
from perdure.rules import questions
from perdure.rules.kinds import ONE_KIND
from perdure.rules.lexicon import KIN

#: Attributes of which "my …" means one: who says "my friend" may mean any.
ONE_OF_A_KIND: Final = frozenset("spouse partner child parent sibling boss pet".split())
#: Relations that say of two names that they are one entity's; the subject is the other name of the object.
ALIAS_RELATIONS: Final = frozenset(
    "alias alias_of is_alias_of also_known_as aka known_as same_as is_same_as same_person_as nickname nickname_of is_nickname_of "
    "short_for is_short_for goes_by is_called called also_called full_name".split()
)
#: Of these the object is the other name: "Robert goes_by Bob".
_TURNED: Final = frozenset("also_known_as aka known_as nickname goes_by is_called called also_called alias".split())

_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"})
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ß": "ss"})
_POSSESSIVE: Final = re.compile(r"(?<=\w)['’]s?$")
_TITLES: Final = (
    "dr dra doctor doktor prof professor profesora mr mister mrs ms miss mx sir madam madame mme mlle monsieur m herr frau fr hr senor "
    "senora senorita sr sra srta don dona signor signora signore sig dott dottssa ing dipl-ing mag rev father sister_ captain capt"
).split()
_TITLE: Final = re.compile(rf"^(?:{'|'.join(t for t in _TITLES if not t.endswith('_'))})\.?\s+(?=\S)")
_SCHOLAR: Final = frozenset("dr dra doctor doktor prof professor profesora dott dottssa".split())
_MINE: Final = re.compile(
    r"^(?:my|our|mein|meine|meinen|meiner|unser|unsere|mi|nuestro|nuestra|mon|ma|notre|(?:il |la |o |a )?(?:mio|mia|nostro|nostra|meu|minha|nosso|nossa))\s+"
)
_MINE_CHINESE: Final = re.compile(r"^我(?:家)?的?")
_OWNER: Final = re.compile(r"^(?P<owner>.+?)['’]s?\s+(?P<kin>[^\s'’]+)$")
_QUALIFIED: Final = re.compile(
    r"^(?:(?:older|younger|little|big|elder|eldest|oldest|youngest|twin|dear|altere|jungere|kleine|grosse|petite?|grande)\s+)+"
)


@dataclass(frozen=True, slots=True)
class KinPhrase:
    """What "my sister" says: whose (a name, or SELF), the word's kind in English, and the slot that holds who it is.

    `word` as it was written, folded; `owned`: the phrase itself says whose.
    """

    owner: str
    kind: str
    attribute: str
    word: str
    owned: bool = True


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """`entity_key` without accents and with Latin letters for their ligatures: "José" → "jose", "Łukasz" → "lukasz"."""
    key = entity_key(name)
    if key.isascii():
        return key
    return "".join(c for c in unicodedata.normalize("NFKD", key.translate(_LETTERS)) if not unicodedata.combining(c))


@lru_cache(maxsize=4096)
def bare(name: str) -> str:
    """`plain` without a title before and a possessive ending behind: "Dr. Weber's" → "weber"."""
    key = _POSSESSIVE.sub("", plain(name))
    while (shorter := _TITLE.sub("", key)) != key:
        key = shorter
    return key


def title(name: str) -> str:
    """The title a name is written with, folded: "Frau Dr. Weber" → "frau"; "" without one."""
    found = _TITLE.match(plain(name))
    return found.group().strip(" .") if found else ""


def titles_agree(a: str, b: str) -> bool:
    """Whether two names that are equal but for their titles can be one person's: "Frau Weber" and "Dr. Weber" may be two."""
    one, other = title(a), title(b)
    return not one or not other or one == other or (one in _SCHOLAR and other in _SCHOLAR)


@lru_cache(maxsize=4096)
def other_forms(name: str, *, person: bool = True) -> tuple[str, ...]:
    """How else a name may be met in writing: without accents, with "ue" for "ü", in Latin script, a person's without the title.

    Empty for a plain Latin name. Latin script for others' needs the package `anyascii` (extra `scripts`); without it these forms are
    left out, and names in two scripts stay two.
    """
    forms: list[str] = []
    untitled = name
    while person and title(untitled) and (shorter := re.sub(r"^\S+\s+", "", untitled)) != untitled:
        untitled = shorter
    if untitled != name:
        forms.append(untitled)
    written = unicodedata.normalize("NFC", untitled)
    if not written.isascii():
        low = written.casefold()
        latin = "".join(c for c in unicodedata.normalize("NFKD", written.translate(_LETTERS)) if not unicodedata.combining(c))
        forms += [latin] if latin.isascii() else _romanised(written)
        if low.translate(_UMLAUTS).isascii():
            forms.append(low.translate(_UMLAUTS).title())
    own = entity_key(name)
    return tuple({entity_key(f): f for f in forms if entity_key(f) not in ("", own)}.values())


#: Scripts written without vowels, or read in more than one language: what a table makes of them is not how they are written in Latin.
_UNREADABLE: Final = re.compile("[\u0590-\u07bf\u3040-\u30ff\ufb1d-\ufeff]")
_HAN: Final = re.compile("[\u3400-\u9fff]")


def _romanised(name: str) -> list[str]:
    """A name of another script in Latin letters; nothing where that cannot be told."""
    if _UNREADABLE.search(name):
        return []
    try:
        from anyascii import anyascii
    except ImportError:
        return []
    if _HAN.search(name):
        if not all(_HAN.match(c) for c in name) or len(name) > 4:
            return []
        syllables = [anyascii(c) for c in name]
        rest = "".join(syllables[1:]).capitalize()
        return [f"{syllables[0]} {rest}".strip(), " ".join(syllables), "".join(syllables).capitalize()]
    latin = " ".join(anyascii(name).replace("'", "").replace('"', "").split())
    return [latin] if latin and re.search("[a-zA-Z]", latin) else []


@lru_cache(maxsize=4096)
def kin_phrase(name: str) -> KinPhrase | None:
    """What "my sister", "meine Schwester", "Tom's wife" or a bare "sister" stands for; None for anything else."""
    key = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    owner, word = SELF, _MINE.sub("", key)
    if word == key and (chinese := _MINE_CHINESE.sub("", key)) != key:
        word = chinese
    elif word == key and (owned := _OWNER.match(key)) is not None:
        owner, word = owned["owner"], owned["kin"]
        if (inner := _MINE.sub("", owner)) != owner:
            owner = f"my {inner}"
    says_whose = word != key or owner != SELF
    word = _QUALIFIED.sub("", entity_key(word))
    kind = ONE_KIND.get(word, word)
    known = KIN.get(word) or KIN.get(kind)
    attribute = known.attribute if known is not None else questions.KIN.get(word) or questions.KIN.get(plain(word), "")
    return KinPhrase(owner, kind, attribute, word, owned=says_whose) if attribute else None


def says_mine(word: str, text: str) -> bool:
    """Whether a text speaks of the speaker's own: "my little sister", "meine Schwester"; a dog that is met is not "my dog"."""
    held = unicodedata.normalize("NFKC", text).casefold()
    return (
        re.search(rf"{_MINE.pattern.removeprefix('^')}(?:[\w-]+\s+){{0,2}}{re.escape(word)}(?!\w)|我(?:家)?的?{re.escape(word)}", held)
        is not None
    )


def kinds_in(text: str, attribute: str) -> set[str]:
    """The kinds of relatives, of those that one attribute holds, whose words stand in a text: {"sister"}."""
    words = re.findall(r"[\w-]+", text.casefold())
    found = {ONE_KIND.get(w, w) for w in words if w in KIN or w in ONE_KIND}
    return {k for k in found if k in KIN and KIN[k].attribute == attribute}


def alias_pair(subject: str, relation: str, object_: str) -> tuple[str, str] | None:
    """(other name, name) of a relation that says two names are one entity's; None for any other relation."""
    if relation not in ALIAS_RELATIONS:
        return None
    return (object_, subject) if relation in _TURNED else (subject, object_)


_SAYS_ALIAS: Final = re.compile(
    r"\b(?:nick-?names?|a\.?k\.?a\b|also (?:known|called)|known as|goes by|go by|short for|same (?:person|man|woman|one|guy|girl|dog|cat)|(?:is|am|are|be) called|"
    r"calls? (?:him|her|it|them|me|my|our)|(?:we|i|they|everyone|everybody|people|friends) (?:all )?calls?|full name|real name|names? (?:is|was|are)|maiden name|alias|née?e?|"
    r"spitzname|kurz für|genannt|heißt|heisst|dieselbe|derselbe|apodo|le dicen|le decimos|se llama|misma persona|mismo|surnom|s'appelle|appelle|même personne|"
    r"soprannome|si chiama|chiamiamo|stessa persona|apelido|se chama|chamamos|mesma pessoa)\b|(?:小名|外号|昵称|也叫|又叫|叫做|就是|名叫|зовут|прозвище)",
    re.IGNORECASE,
)


def says_alias(text: str) -> bool:
    """Whether a text speaks of names: "Bob is short for Robert", "we call him Al", "her name is Priya"."""
    return _SAYS_ALIAS.search(text) is not None


def stands_in(name: str, text: str) -> bool:
    """Whether a name stands in a text as words, whatever its case and accents."""
    wanted, held = plain(name), unicodedata.normalize("NFKC", text).casefold()
    if not held.isascii():
        held = "".join(c for c in unicodedata.normalize("NFKD", held.translate(_LETTERS)) if not unicodedata.combining(c))
    if not wanted.isascii():
        return wanted in held
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", held) is not None
