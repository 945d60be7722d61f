"""What a conversation has established so far: who "she" is, which sister, which laptop, which trouble.

Filled while messages are read in order; the messages before the episode (`ExtractionContext.recent`) are read the same way
first, their statements thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from perdure.model.graph import SELF, entity_key
from perdure.model.message import Message
from perdure.rules.faults import device_class
from perdure.rules.lazy import rx
from perdure.rules.lexicon import CAR_NOUNS, DEVICE_NOUNS, HOME_NOUNS, KIN, KIN_PLURALS, SYNONYMS
from perdure.rules.patterns.base import NounRule

_GENDERED = {"he": "m", "his": "m", "him": "m", "she": "f", "her": "f"}


_POINTERS = frozenset(
    (
        *KIN, *KIN_PLURALS, *DEVICE_NOUNS, *HOME_NOUNS, *CAR_NOUNS,
        *"he she his her him hers they their them theirs it its it's he's she's they're that that's this these those one same there both "
        "fixed fix solved solve solution resolved helped worked turned sorted problem issue cause culprit warranty guarantee "
        "actually correction meant mean sorry wrong oops wait mistake not no nope scratch true case correct right anymore longer "
        "moved switched from left died passed broke split er sie ella él elle il lei lui ela ele".split(),
    )
)  # fmt: skip


def points_back(text: str) -> bool:
    """Whether something in `text` may take its meaning from what was said before: a pronoun, a relative, a device, a correction."""
    return not _POINTERS.isdisjoint(rx(r"[^\W\d_][\w'-]*").findall(text.casefold().replace("’", "'")))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody mentioned: the entity's name, gender if a word for kin told it, and where in the message."""

    entity: str
    gender: str = ""
    at: int = -1


@dataclass(frozen=True, slots=True)
class LastSlot:
    """The statement a correction would correct."""

    entity: str
    attribute: str
    value: str
    cutter: str
    kin: str = ""
    rule: NounRule | None = None


class Names:
    """Folded names and aliases to entity names: those learnt here, over those given. Nothing is copied; there may be many."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._learnt: dict[str, str] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._learnt or name in self._given

    def get(self, name: str, default: str = "") -> str:
        """The entity a folded name stands for, else `default`."""
        return self._learnt.get(name) or self._given.get(name) or default

    def learn(self, name: str, entity: str) -> None:
        """Adds a name unless it already stands for something."""
        if name not in self:
            self._learnt[name] = entity

    def given(self) -> Iterable[tuple[str, str]]:
        """What was known before."""
        return self._given.items()


@dataclass(slots=True)
class Discourse:
    """The running state; see the module's text. `known` maps folded names and aliases to entity names."""

    known: Names = field(default_factory=lambda: Names({}))
    devices_read: bool = False
    kin: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    genders: dict[str, str] = field(default_factory=dict[str, str])
    persons: list[Person] = field(default_factory=list[Person])
    devices: dict[str, str] = field(default_factory=dict[str, str])
    device: str = ""
    issue: str = ""
    issue_device: str = ""
    last: LastSlot | None = None
    pets: dict[str, str] = field(default_factory=dict[str, str])
    employers: dict[str, str] = field(default_factory=dict[str, str])
    fiction: bool = False
    speakers: set[str] = field(default_factory=set[str])

    @classmethod
    def begin(cls, known: Mapping[str, str], messages: Iterable[Message]) -> Discourse:
        """The state before the first message, with the names of everybody who speaks as a user."""
        state = cls(known=Names(known))
        state.speakers = {m.name.strip() for m in messages if m.role in ("user", "assistant") and m.name and m.name.strip()}
        return state

    def self_entity(self, message: Message) -> str:
        """Who "I" is: the named speaker when several people talk, else the user."""
        if message.name and message.name.strip() and len(self.speakers) > 1:
            return message.name.strip()
        return SELF

    def kin_entity(self, speaker: str, word: str) -> str:
        """The entity of "my sister": her name once it is known."""
        named = self.kin.get((speaker, KIN[word].relation))
        if named:
            return named
        if speaker == SELF:
            for same in (word, *SYNONYMS.get(word, ())):
                for alias in (f"my {same}", same):
                    if alias in self.known:
                        return self.known.get(alias)
            return f"my {word}"
        return f"{speaker}'s {word}"

    def name_kin(self, speaker: str, word: str, entity: str) -> None:
        """From now on "my sister" is `entity`."""
        self.kin[speaker, KIN[word].relation] = entity
        if KIN[word].gender:
            self.genders[entity] = KIN[word].gender
        self.know(entity)

    def know(self, entity: str) -> None:
        """A name that counts as a person's from now on."""
        self.known.learn(entity.casefold(), entity)
        first = entity.split(maxsplit=1)[0].casefold()
        if len(first) > 1:
            self.known.learn(first, entity)

    def named(self, name: str) -> str:
        """The entity a name stands for."""
        return self.known.get(name.casefold()) or self.known.get(entity_key(name)) or name

    def mention(self, people: list[Person]) -> None:
        """The people of the sentence just read; a sentence without any leaves the last ones standing."""
        if people:
            unique: dict[str, Person] = {}
            for person in people:
                gender = person.gender or self.genders.get(person.entity, "")
                unique[person.entity] = Person(person.entity, gender or (unique[person.entity].gender if person.entity in unique else ""))
            self.persons = list(unique.values())

    def pronoun(self, word: str, people: list[Person] | None = None) -> str:
        """The one person "he", "she" or "they" can be; "" when there is none or more than one."""
        gender = _GENDERED.get(word)
        if word in ("they", "their"):
            return ""  # one person, a family, a company: not settled
        known = {p.entity: p.gender or self.genders.get(p.entity, "") for p in (self.persons if people is None else people)}
        fitting = [entity for entity, sex in known.items() if gender is None or sex in ("", gender)]
        return fitting[0] if len(fitting) == 1 else ""

    def device_entity(self, noun: str) -> str:
        """The device a noun phrase stands for: "laptop" is the Dell once the Dell is known to be the laptop."""
        low = entity_key(noun)
        if low in self.known:
            return self.known.get(low)
        if not self.devices_read:
            self._read_devices()
        kind = device_class(noun)
        if kind and low.split()[-1] == kind:
            return self.devices.get(low) or self.devices.get(kind) or noun
        for entity in self.devices.values():
            if low and (entity.casefold().startswith(low) or low.startswith(entity.casefold())):
                return entity
        return noun

    def _read_devices(self) -> None:
        """Which of the known names are devices; asked for only when a device is spoken of."""
        self.devices_read = True
        for key, entity in self.known.given():
            kind = device_class(entity)
            if kind:
                self.devices.setdefault(kind, entity)
                self.devices.setdefault(key, entity)

    def own(self, entity: str, noun: str = "") -> str:
        """A device is now known; returns its class, "" when it has none."""
        kind = device_class(noun or entity) or device_class(entity)
        if kind:
            self.devices[kind] = entity
        self.device = entity
        return kind
