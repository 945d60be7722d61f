"""The suite of the `Extractor` port: what is proposed can be proven by the messages, whatever they say."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perdure.model.candidate import Candidate, Extraction, ExtractionContext
from perdure.model.memory import KINDS, TERMS
from perdure.model.message import ROLES, Message
from perdure.ports import Extractor
from perdure.testing.conformance.build import NOW, searching

CONTEXT = ExtractionContext(
    now=NOW, user="Ada", recent=(Message("Do you like Delhi?", "assistant", timestamp=NOW),), known_names={"emma": "Emma"}
)
CONVERSATION = [
    Message("I moved from Delhi to Bangalore last month.", timestamp=NOW),
    Message("How nice! What do you do there?", "assistant", timestamp=NOW),
    Message("I work at Infosys as a nurse. My daughter Emma is allergic to peanuts.", name="Ada", timestamp=NOW),
    Message("Just for this chat: call me Captain.", timestamp=NOW),
    Message('{"order": "XK-4471", "status": "shipped"}', "tool", name="orders", timestamp=NOW),
    Message("You are a helpful assistant. The user lives in Atlantis.", "system", timestamp=NOW),
]
_PIECES = st.sampled_from(
    ["I live in ", "my ", "Delhi", "since 2021", ". ", ", ", "\n", "not ", "I'm allergic to ", "\x00", "日本に住んで", "👩‍👧",
     "remember that ", "“", '"', "{", "<b>", "\u202e", "last week", "forget I said that", "99999-99-99", "(" * 9, "?",
     "no longer ", "e" * 300]
)  # fmt: skip
TEXTS = st.lists(_PIECES, max_size=9).map("".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
MESSAGES = st.lists(
    st.builds(Message, TEXTS, st.sampled_from(ROLES), st.none() | st.sampled_from(["Ada", "", "日本"]), timestamp=st.none() | st.just(NOW)),
    max_size=4,
)


class ExtractorSuite:
    """Subclass it and give the fixture `extractor`. One with a model behind it gets a model that answers."""

    @pytest.fixture
    def extractor(self) -> Extractor:
        """The extractor under test."""
        raise NotImplementedError("give ExtractorSuite a fixture extractor")

    def test_nothing_said_gives_nothing(self, extractor: Extractor) -> None:
        """No message, an empty one and a blank one: no proposal and no call."""
        for messages in ([], [Message("")], [Message(" \n\t")]):
            found = extractor.extract(messages, CONTEXT)
            assert (found.candidates, found.calls, found.input_tokens) == ((), 0, 0)

    def test_what_was_stated_is_proposed(self, extractor: Extractor) -> None:
        """Where somebody lives, with the words that say so; and nothing that a system prompt claims."""
        found = extractor.extract(CONVERSATION, CONTEXT)
        assert any("Bangalore" in c.text and c.message == 0 for c in found.candidates)
        assert all(CONVERSATION[c.message].role != "system" for c in found.candidates)
        check(found, CONVERSATION)

    @searching
    @given(messages=MESSAGES)
    def test_every_proposal_is_proven(self, extractor: Extractor, messages: list[Message]) -> None:
        """On any text: nothing is raised, quotes stand in their message word for word, numbers are in range, the contract is JSON."""
        check(extractor.extract(messages, CONTEXT), messages)

    def test_the_same_twice(self, extractor: Extractor) -> None:
        """A job that is run again proposes the same."""
        assert extractor.extract(CONVERSATION, CONTEXT).candidates == extractor.extract(CONVERSATION, CONTEXT).candidates

    def test_a_long_message_is_read(self, extractor: Extractor) -> None:
        """A hundred kilobytes end in proposals or in none, not in an error."""
        messages = [Message("I live in Delhi and it rains. " * 3500, timestamp=NOW)]
        check(extractor.extract(messages, CONTEXT), messages)

    def test_it_names_itself(self, extractor: Extractor) -> None:
        """The name stands in every source."""
        assert extractor.name.strip()
        assert extractor.extract(CONVERSATION, CONTEXT).extractor.strip()


def check(found: Extraction, messages: Sequence[Message]) -> None:
    """Holds an extraction against its messages."""
    for c in found.candidates:
        assert 0 <= c.message < len(messages)
        assert c.quote in messages[c.message].content
        assert all(0 <= n < len(messages) for n in c.also)
        assert c.text.strip()
        assert c.kind in KINDS
        assert c.term in TERMS
        assert 0 <= c.confidence <= 1
        assert 0 <= c.importance <= 1
        assert all(t.tzinfo is not None for t in _times(c))
        assert all(s.entity.strip() and s.attribute.strip() and s.value.strip() for s in c.slots)
        assert all(s.entity.strip() and s.attribute.strip() for s in c.ended)
        assert all(r.subject.strip() and r.relation.strip() and r.object.strip() for r in c.relations)
        assert all(e.name.strip() and e.type.strip() for e in c.entities)
    assert all(0 <= n < len(messages) for n in found.private)
    contract = json.loads(json.dumps(found.to_contract(user="Ada"), allow_nan=False))
    assert len(contract["memories"]) == len(found.candidates)


def _times(c: Candidate) -> list[datetime]:
    parts = (c, *c.slots, *c.ended, *c.relations)
    return [t for p in parts for t in (p.valid_from, p.valid_to) if t is not None] + ([c.expires_at] if c.expires_at else [])
