"""A message, a good answer to it, and how it is checked: what the tests of extraction share."""

from datetime import UTC, datetime

from perdure.model.candidate import ExtractionContext
from perdure.model.message import Message
from perdure.stages.validate import validate

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
MOVED = "I moved from Delhi to Bangalore last month. Emma, my daughter, loves it there."
MESSAGES = (Message(MOVED, timestamp=NOW),)
CONTEXT = ExtractionContext(now=NOW, user="ada", shown=("user lives in Delhi.", "user likes tea."), known_names={"em": "Emma"})
GOOD = {
    "text": "user lives in Bangalore.", "quote": "I moved from Delhi to Bangalore", "message": 0, "kind": "fact", "term": "long_term",
    "valid_from": "2026-02", "valid_to": None, "expires_at": None, "confidence": 0.9,
    "slots": [{"entity": "user", "attribute": "city", "value": "Bangalore"}],
    "ended": [{"entity": "user", "attribute": "lives_in", "value": "Delhi"}],
    "replaces": [0], "explicit": False, "correction": False,
}  # fmt: skip


def answer(*memories, **more):
    """A model's answer with these memories."""
    return {"memories": list(memories), "entities": [], "relations": [], "private": []} | more


def check(*memories, messages=MESSAGES, context=CONTEXT, **more):
    """What validation makes of an answer with these memories."""
    return validate(answer(*memories, **more), messages, context)
