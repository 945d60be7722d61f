"""The rule extractor on everyday sentences (`rules_cases/*.txt`), its slot table, and the properties that hold for any input.

A case is one line: messages, " | ", expectations separated by ";". Messages are separated by " // "; "a> ", "t> ", "s> " make it an
assistant's, a tool's, a system message, "Name> " a named user's; "\\n" is a line break. Expectations:

- `lives_in=Delhi`, `Emma:allergy=peanuts`: this slot holds (entity `user` unless named); `issue` alone: some such slot
- `-lives_in=Delhi`: this slot is stated to hold no more
- `!lives_in`, `!lives_in=Delhi`, `!Tom:lives_in`: no such slot is stated to hold
- `rel a name b`: this edge, names written as they stand (the words between first and last by the edge's name)
- `none`: nothing is extracted; `kept`: something is
- `kind=…`, `short`, `explicit`, `correction`, `expires`: of some candidate; `from=2026-02`: valid_from begins so
- `private`: the last message is private; `private=0`: that message is
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perdure.model.base import iso
from perdure.model.candidate import ExtractionContext
from perdure.model.message import Message
from perdure.rules import slots
from perdure.rules.extractor import MAX_CANDIDATES, RuleExtractor

NOW = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
FOLDER = Path(__file__).parent / "rules_cases"
ROLES = {"a": "assistant", "t": "tool", "s": "system"}


def cases():
    for path in sorted(FOLDER.glob("*.txt")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip() and not line.startswith("# "):
                text, _, expected = line.rpartition(" | ")
                yield pytest.param(text, expected, id=f"{path.stem}-{number}")


def conversation(text):
    for part in text.split(" // "):
        part = part.replace("\\n", "\n")
        prefix = re.match(r"(\w+)> ", part)
        if prefix and prefix[1] in ROLES:
            yield Message(part[3:], role=ROLES[prefix[1]], timestamp=NOW)
        elif prefix:
            yield Message(part[prefix.end() :], name=prefix[1], timestamp=NOW)
        else:
            yield Message(part, timestamp=NOW)


def extract(*messages, **context):
    return RuleExtractor().extract(messages, ExtractionContext(now=NOW, **context))


def slot_of(spec):
    key, _, value = spec.partition("=")
    entity, _, attribute = key.rpartition(":")
    return entity or "user", attribute, value


def matching(spec, slots_):
    entity, attribute, value = slot_of(spec)
    return [s for s in slots_ if s.entity == entity and s.attribute == attribute and (not value or s.value == value)]


def holds(spec, messages, result):
    """Whether one expectation holds."""
    found = result.candidates
    stated = [s for c in found for s in c.slots]
    if spec.startswith("rel "):
        return any(f"rel {r.subject} {r.relation} {r.object}" == spec for c in found for r in c.relations)
    if spec.startswith("-"):
        return any(matching(spec[1:], c.ended) and not ("=" in spec and matching(spec[1:], c.slots)) for c in found)
    if spec.startswith("!"):
        return not matching(spec[1:], stated)
    if spec.startswith("kind="):
        return any(c.kind == spec[5:] for c in found)
    if spec.startswith("from=") and spec[5:6].isdigit():
        return any(c.valid_from is not None and iso(c.valid_from).startswith(spec[5:]) for c in found)
    if spec.startswith("private"):
        return int(spec.partition("=")[2] or len(messages) - 1) in result.private
    simple = {
        "none": not found,
        "kept": bool(found),
        "short": any(c.term == "short_term" for c in found),
        "explicit": any(c.explicit for c in found),
        "correction": any(c.correction for c in found),
        "expires": any(c.expires_at is not None and c.expires_at > NOW for c in found),
    }
    return simple[spec] if spec in simple else bool(matching(spec, stated))


@pytest.mark.parametrize(("text", "expected"), cases())
def test_case(text, expected):
    messages = list(conversation(text))
    result = extract(*messages)
    failed = [spec.strip() for spec in expected.split(";") if not holds(spec.strip(), messages, result)]
    assert not failed, [(c.text, c.slots, c.ended, c.relations) for c in result.candidates]
