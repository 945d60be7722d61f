"""What every bad input must come to: it works, or it ends in a typed error that says what to do."""

from collections.abc import Callable
from typing import Any

from perdure import Memory
from perdure.errors import PerdureError

KEPT = "I am allergic to peanuts."


def attempt(verb: Callable[[], Any]) -> Any:
    """The verb's result, or its typed error; any other exception fails the test by itself."""
    try:
        return verb()
    except PerdureError as raised:
        error = raised
    sentence = str(error)
    assert len(sentence) < 2000, f"an error must not echo the whole input: {sentence[:80]}... has {len(sentence)} characters"
    assert len(sentence.split()) >= 4, f"this does not say what to do: {sentence!r}"
    return error


def assert_alive(memory: Memory) -> None:
    """What was acknowledged before is found, the stores agree, and there is room for more."""
    assert KEPT in [hit.text for hit in memory.search("What is Ada allergic to?", user_id="ada", limit=3)]
    memory.remember("Ada plays the cello.", user_id="ada")
    assert "Ada plays the cello." in [record.text for record in memory.list(user_id="ada")]
    assert memory.verify().drift == ()
