"""Resolve: names that a candidate uses are led to the entities they mean. Pure: it reads a `rename.Directory` and returns what it found.

"Bob" is Robert, "my sister" is Priya, "Priya" is Priya Sharma, "Jose" is José, where one known entity fits and no other could. What the
memory says and quotes stays as it was said; only what it claims (entities, slots, relations, subject) leads to one name, and the
written form is kept as an alias. Where two fit, or where it is not certain, names stay apart. What shows that two names known so far
are one entity's is returned as `Same`, and becomes Changes of the memories that use the one (`rename.merges`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from perdure.model.candidate import Candidate
from perdure.model.graph import SELF, entity_key
from perdure.rules.names import (
    ONE_OF_A_KIND,
    KinPhrase,
    alias_pair,
    bare,
    kin_phrase,
    kinds_in,
    other_forms,
    plain,
    says_alias,
    says_mine,
    stands_in,
    titles_agree,
)
from perdure.rules.nicknames import forms_of
from perdure.rules.slots import ATTRIBUTES, canonical
from perdure.stages.rename import PERSON, THING, Directory, Known, Same, led

#: What somebody can be to the user.
_ROLES = frozenset(a for a, row in ATTRIBUTES.items() if row.type in (PERSON, "Pet"))


@dataclass(frozen=True, slots=True)
class Resolved:
    """A candidate with its names led to known entities, and what it shows of names known before."""

    candidate: Candidate
    same: tuple[Same, ...] = ()


def resolve(candidate: Candidate, directory: Directory, said: str, *, trusted: bool = True) -> Resolved:
    """Leads the names in what a candidate claims.

    Args:
        candidate: validated.
        directory: of the owner's entities.
        said: the content of the message that proves it.
        trusted: whether its speaker may say who is called what; else its aliases are left out, and no `Same` comes out.
    """
    if not (candidate.entities or candidate.slots or candidate.ended or candidate.relations):
        return Resolved(candidate)
    if not trusted:
        candidate = replace(candidate, entities=tuple(replace(e, aliases=()) for e in candidate.entities))
    reading = _Reading(candidate, directory, said)
    leads = {key: lead for key, name in reading.names.items() if (lead := reading.lead(key, name))}
    made = led(candidate, {k: v for k, v in leads.items() if v != reading.names[k]}, reading.pets | _types(leads.values()))
    if not trusted:
        return Resolved(made)
    same, made = reading.learnt(made)
    return Resolved(made, same)


def _types(leads: Iterable[Known | str]) -> dict[str, str]:
    return {entity_key(x.name): x.type for x in leads if isinstance(x, Known)}


def _alike(one: str, other: str) -> bool:
    """Whether two types do not exclude each other; `Thing` says nothing."""
    return one == other or THING in (one, other)


class _Reading:
    """One candidate being read."""

    def __init__(self, candidate: Candidate, directory: Directory, said: str) -> None:
        self._candidate, self._directory, self._said = candidate, directory, said
        self.pets = {s.value_key: "Pet" for s in candidate.slots if canonical(s.attribute) == "pet"}  # whatever else is said of them
        self._types = {e.key: e.type for e in candidate.entities} | self.pets
        self.names = {key: name for name in _names(candidate) if (key := entity_key(name)) not in ("", SELF)}
        acting = [candidate.subject, *(s.entity for s in (*candidate.slots, *candidate.ended)), *(r.subject for r in candidate.relations)]
        self._acting = {entity_key(n) for n in acting}
        self._inferred: list[Same] = []
        keys = [k for key, name in self.names.items() for k in (key, *_written(name, person=self._may_be_person(key)))]
        self._found = directory.called(list(dict.fromkeys(keys)))

    # ------------------------------------------------------------------ whom a name means
    def lead(self, key: str, name: str) -> Known | str | None:
        """The known entity that a name means, or another way to write it; None when it is new, or not settled."""
        type_ = self._types.get(key, THING)
        phrase = kin_phrase(name)
        own = next((k for k in self._found.get(key, ()) if not k.alias and not _another(phrase, k.name)), None)
        if own is not None:
            return self._shorter(name) or own
        if phrase is not None:
            return self._relative(key, phrase)
        person = self._may_be_person(key)
        for form in (key, *_written(name, person=person)):
            fitting = _distinct(k for k in self._found.get(form, ()) if _alike(type_, k.type) and titles_agree(name, k.name))
            if fitting:
                return fitting[0] if len(fitting) == 1 else None
        if person:
            forms = dict.fromkeys((bare(name), *map(bare, other_forms(name))))
            found = next((found for form in forms if (found := self._person(name, form.split())) is not None), None)
            return None if found is not None and self._introduced_as_another(key, found) else found
        return None

    def _may_be_person(self, key: str) -> bool:
        type_ = self._types.get(key, THING)
        return type_ == PERSON or (type_ == THING and key in self._acting)

    def _shorter(self, name: str) -> str | None:
        """The first name that was said where an extractor took it for one of several people of that name."""
        first, _, rest = name.partition(" ")
        if not rest or self._types.get(entity_key(name)) != PERSON or stands_in(name, self._said) or not stands_in(first, self._said):
            return None
        return first if len(self._people(self._directory.beginning(plain(first)))) > 1 else None

    def _relative(self, key: str, phrase: KinPhrase) -> Known | None:
        """Who "my sister" is: by an alias, else the one value of the slot that holds sisters."""
        if not phrase.owned and not says_mine(phrase.word, self._said):
            return None  # a dog that is met is not "my dog"
        called = _distinct(k for k in self._found.get(key, ()) if not _another(phrase, k.name))
        if called:
            return called[0] if len(called) == 1 else None
        if phrase.attribute not in ONE_OF_A_KIND:
            return None
        owner = phrase.owner
        if owner != SELF:
            holders = _distinct(self._directory.called([entity_key(owner)]).get(entity_key(owner), ()))
            owner = holders[0].name if len(holders) == 1 else owner
        fitting: dict[str, str] = {}
        for value, text in self._directory.values(owner, phrase.attribute):
            kinds = kinds_in(text, phrase.attribute)
            if kin_phrase(value) is None and (not kinds or phrase.kind in kinds):
                fitting.setdefault(entity_key(value), value)
        if len(fitting) != 1 or next(iter(fitting)) in self.names:  # "my sister and Priya": she is another
            return None
        found = self._directory.called(list(fitting)).get(next(iter(fitting)), ())
        return next((k for k in found if not k.alias), Known(next(iter(fitting.values())), PERSON))

    def _introduced_as_another(self, key: str, known: Known) -> bool:
        """Whether who is called so is somebody else to the user than the one known: "my brother Max" is not the friend Maximilian."""
        roles = {canonical(s.attribute) for s in self._candidate.slots if s.entity == SELF and s.value_key == key} & _ROLES
        if not roles:
            return False
        held = {a for a in _ROLES if any(entity_key(v) == entity_key(known.name) for v, _ in self._directory.values(SELF, a))}
        return bool(held) and not roles & held

    def _person(self, name: str, words: Sequence[str]) -> Known | None:
        """A person by a first name, a full name or a nickname; only the one who can be meant."""
        if not words:
            return None
        first, rest = words[0], " ".join(words[1:])
        namesakes = self._people(self._directory.beginning(first))
        if not rest:
            if namesakes:
                return namesakes[0] if len(namesakes) == 1 else None
            return self._nicknamed(first, rest)
        by_last = [k for k in namesakes if bare(k.name).split()[-1] == words[-1] and titles_agree(name, k.name) and _middle(name, k.name)]
        if by_last:
            return by_last[0] if len(by_last) == 1 else None
        alone = self._people(k for k in self._directory.called([first]).get(first, ()) if not k.alias)
        if (
            len(alone) == 1
            and all(k.name == alone[0].name for k in namesakes)
            and not self._two(alone[0].name, name)
            and not self._introduced_as_another(entity_key(name), alone[0])
        ):
            self._inferred.append(Same(alone[0].name, name, PERSON))  # so far she was known by her first name
            return None
        return None if alone or namesakes else self._nicknamed(first, rest)

    def _nicknamed(self, first: str, rest: str) -> Known | None:
        forms = sorted(forms_of(first))
        found = self._directory.called([f"{f} {rest}".strip() for f in forms])
        fitting = [k for of_form in found.values() for k in of_form]
        if not rest:
            fitting += [k for f in forms for k in self._directory.beginning(f)]
        people = self._people(fitting)
        if len(people) != 1 or self._two(people[0].name, first):
            return None
        return people[0]

    def _two(self, known: str, name: str) -> bool:
        """Whether what is said names both: then they are not one. "Bob and Robert are brothers"."""
        if entity_key(known) in self.names:
            return True
        rest = re.sub(re.escape(name), " ", self._said, flags=re.IGNORECASE)
        return stands_in(known, rest) and not says_alias(self._said)

    def _people(self, found: Iterable[Known]) -> list[Known]:
        return _distinct(k for k in found if k.type == PERSON and kin_phrase(k.name) is None)

    # ------------------------------------------------------------------ what it shows of names
    def learnt(self, candidate: Candidate) -> tuple[tuple[Same, ...], Candidate]:
        """Which known names are shown to be one entity's; and the candidate with its own names led accordingly."""
        same: dict[str, Same] = {}
        for other, name, stated in self._claims(candidate):
            key = entity_key(other)
            if key in (entity_key(name), SELF, ""):
                continue
            found = self._directory.called([key]).get(key, ())
            own = next((k for k in found if not k.alias and not _another(kin_phrase(other), k.name)), None)
            into = self._type_of(candidate, name)
            if own is None or not _alike(own.type, into):
                continue
            if kin_phrase(other) is not None and any(entity_key(k.name) not in (key, entity_key(name)) for k in found):
                continue  # there is more than one sister
            if not stated and self._directory.joined(own.name, name):
                continue
            same.setdefault(key, Same(own.name, name, into if into != THING else own.type, stated))
        for one in self._inferred:
            if not self._directory.joined(one.name, one.into):
                same.setdefault(entity_key(one.name), one)
        made = candidate
        for key, one in same.items():
            made = led(made, {key: one.into}, {entity_key(one.into): one.type})
        return tuple(same.values()), made

    def _claims(self, candidate: Candidate) -> Iterator[tuple[str, str, bool]]:
        """(other name, name, whether it was said) of what a candidate claims about names; what the words do not bear out is left."""
        said = says_alias(self._said)

        def borne(other: str, name: str) -> bool:
            both = all(kin_phrase(n) is not None or stands_in(n, self._said) for n in (other, name))
            return both and (said or _nearly(other, name))

        for r in self._candidate.relations:
            pair = alias_pair(r.subject, r.relation, r.object)
            if pair is not None and SELF not in pair and borne(*pair):
                yield self._led(pair[0], candidate), self._led(pair[1], candidate), said
        for s in self._candidate.slots:
            if s.entity == SELF or s.attribute not in ("nickname", "name") or not borne(s.value, s.entity):
                continue
            pair = (s.entity, s.value) if s.attribute == "name" else (s.value, s.entity)
            if entity_key(pair[1]) != SELF:
                yield pair[0], self._led(pair[1], candidate), said
        for e in candidate.entities:
            for alias in e.aliases:
                if e.name not in (SELF, alias) and entity_key(alias) not in map(entity_key, other_forms(e.name)):
                    kin = kin_phrase(alias) is not None and kin_phrase(e.name) is None
                    if kin or borne(alias, e.name):
                        yield alias, e.name, said and not kin

    def _led(self, name: str, candidate: Candidate) -> str:
        key = entity_key(name)
        return next((e.name for e in candidate.entities if key in (e.key, *map(entity_key, e.aliases))), name)

    def _type_of(self, candidate: Candidate, name: str) -> str:
        key = entity_key(name)
        stated = next((e.type for e in candidate.entities if e.key == key), THING)
        if stated != THING:
            return stated
        return next((k.type for k in self._directory.called([key]).get(key, ()) if not k.alias), THING)


def _names(candidate: Candidate) -> Iterator[str]:
    """Every name in what a candidate claims, values that are people's included."""
    yield from (e.name for e in candidate.entities)
    for r in candidate.relations:
        yield r.subject
        yield r.object
    for s in (*candidate.slots, *candidate.ended):
        yield s.entity
        known = ATTRIBUTES.get(canonical(s.attribute))
        if s.value and known is not None and known.type in (PERSON, "Pet"):
            yield s.value
    yield candidate.subject


def _written(name: str, *, person: bool) -> tuple[str, ...]:
    """The keys under which the bearer of a name may be known, but for the name's own; a person's also without title and possessive."""
    own = entity_key(name)
    if name.isascii() and (not person or bare(name) == own):
        return ()
    forms = (plain(name), *((bare(name),) if person else ()), *map(entity_key, other_forms(name, person=person)))
    return tuple(k for k in dict.fromkeys(forms) if k != own)


def _another(phrase: KinPhrase | None, known: str) -> bool:
    """Whether what is known by the key of "my dog" is but "a dog"."""
    other = kin_phrase(known) if phrase is not None else None
    return phrase is not None and phrase.owned and other is not None and not other.owned


def _distinct(found: Iterable[Known]) -> list[Known]:
    """One for each entity: the way its name was written last."""
    kept: dict[str, Known] = {}
    for k in found:
        kept.setdefault(entity_key(k.name), k)
    return list(kept.values())


def _middle(one: str, other: str) -> bool:
    """Whether two names with the same first and last word differ only in that one leaves middle names out or shortens them."""
    a, b = bare(one).split()[1:-1], bare(other).split()[1:-1]
    return (
        not a
        or not b
        or all(
            x.strip(".")[0] == y.strip(".")[0] and (x == y or 1 in (len(x.strip(".")), len(y.strip("."))))
            for x, y in zip(a, b, strict=False)
        )
    )


def _nearly(other: str, name: str) -> bool:
    """Whether the names themselves make it likely: a nickname, a first name, another spelling."""
    a, b = bare(other).split(), bare(name).split()
    if not a or not b:
        return False
    first = a[0] == b[0] or b[0] in forms_of(a[0])
    return first and (len(a) == 1 or len(b) == 1 or a[1:] == b[1:])
