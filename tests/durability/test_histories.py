"""Random histories against a plain model: whatever is done, undo restores, the past stays readable, the stores agree.

The model is a dict from memory id to text and a list of its former states; each step happens an hour after the one before.
Hypothesis looks for a sequence of steps after which perdure and the model differ, and shrinks it to the shortest.
"""

from datetime import datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, precondition, rule

from perdure import Memory
from perdure.errors import NotFoundError
from perdure.testing import FrozenClock

HOUR = 3600
STATEMENTS = (
    "The spare key hangs behind the boiler.",
    "Grandmother kept bees near Lake Como.",
    "Invoices above 900 euros need two signatures.",
    "The piano was tuned by Mr. Abernathy.",
    "Zebra crossings in Lisbon are slippery in rain.",
    "Quantum homework is due on Thursdays.",
)
CITIES = ("Delhi", "Oslo", "Lima", "Rome")


class Histories(RuleBasedStateMachine):
    """One user, "ada", whose memories are remembered, updated, deleted, undone, rolled back and forgotten; another who moves."""

    kept = Bundle("kept")

    @initialize()
    def open(self) -> None:
        self.clock = FrozenClock("2026-01-01T00:00:00Z")
        self.memory = Memory(":memory:", embedder="hashing", clock=self.clock, worker=False)
        self.live: dict[str, str] = {}
        self.past: list[tuple[datetime, dict[str, str]]] = []  # after each step: when, and what was live
        self.undoable: dict[str, tuple[str, str | None]] = {}  # memory → its latest change, and its text before
        self.homes: list[tuple[datetime, str]] = []  # since when the other user lives where
        self.moves: list[str] = []  # the change that each move began with
        self.steps = 0

    def teardown(self) -> None:
        if hasattr(self, "memory"):
            self.memory.close()

    def done(self) -> None:
        """Ends a step: notes the state under its instant and lets an hour pass."""
        self.past.append((self.clock(), dict(self.live)))
        self.clock.advance(seconds=HOUR)
        self.steps += 1

    def change(self, memory_id: str, changes, text: str | None) -> None:
        """`changes` have set the memory's text to `text` (None: no longer live)."""
        (change,) = [c for c in changes if c.memory_id == memory_id]
        self.undoable[memory_id] = change.id, self.live.get(memory_id)
        if text is None:
            self.live.pop(memory_id, None)
        else:
            self.live[memory_id] = text

    @rule(target=kept, text=st.sampled_from(STATEMENTS))
    def remember(self, text: str) -> str:
        (change,) = self.memory.remember(text, user_id="ada").changes
        known = [memory_id for memory_id, other in self.live.items() if other == text]
        assert (change.type == "merge" and change.memory_id in known) if known else change.type == "add"
        self.change(change.memory_id, [change], text)
        self.done()
        return change.memory_id

    @rule(memory_id=kept)
    def update(self, memory_id: str) -> None:
        if memory_id in self.live:
            text = f"Revision number {self.steps} concerns topic {'abcdefghijklmnopqrstuvwxyz'[self.steps % 26] * 5}."
            self.change(memory_id, self.memory.update(memory_id, text=text), text)
            self.done()

    @rule(memory_id=kept)
    def delete(self, memory_id: str) -> None:
        if memory_id in self.live:
            self.change(memory_id, self.memory.delete(memory_id), None)
            self.done()

    @rule(memory_id=kept)
    def undo(self, memory_id: str) -> None:
        if memory_id in self.undoable:
            change_id, before = self.undoable[memory_id]
            self.change(memory_id, self.memory.undo(change_id), before)
            self.done()

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def rollback(self, data: st.DataObject) -> None:
        instant, then = data.draw(st.sampled_from(self.past))
        self.memory.rollback(user_id="ada", to=instant)
        self.live = dict(then)
        self.undoable.clear()
        self.done()

    @rule(memory_id=consumes(kept))
    def forget(self, memory_id: str) -> None:
        if any(memory_id in then for _, then in self.past):
            self.memory.forget(id=memory_id)
            for state in [self.live, *(then for _, then in self.past)]:
                state.pop(memory_id, None)
            change_id, _ = self.undoable.pop(memory_id, ("", None))
            with pytest.raises(NotFoundError):
                self.memory.undo(change_id or memory_id)
            self.done()

    @rule(city=st.sampled_from(CITIES))
    def move(self, city: str) -> None:
        if not self.homes or self.homes[-1][1] != city:
            result = self.memory.add(f"I live in {city} now.", user_id="bob")
            self.homes.append((self.clock(), city))
            self.moves.append(next(change.id for change in result.changes if change.type == "add"))
            self.done()

    @precondition(lambda self: self.homes)
    @rule()
    def take_the_last_move_back(self) -> None:
        self.homes.pop()
        self.memory.undo(self.moves.pop())  # and with it that the home before was superseded
        self.done()

    @invariant()
    def what_is_live_agrees(self) -> None:
        if hasattr(self, "memory"):
            assert {m.id: m.text for m in self.memory.list(user_id="ada", limit=1000)} == self.live

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def the_past_agrees(self, data: st.DataObject) -> None:
        instant, then = data.draw(st.sampled_from(self.past))
        assert {m.id: m.text for m in self.memory.list(user_id="ada", limit=1000, known_at=instant)} == then

        home = next((city for since, city in reversed(self.homes) if since <= instant), None)
        fact = self.memory.fact("lives_in", user_id="bob", as_of=instant)
        assert (fact.value if fact else None) == home

    @rule()
    def the_stores_agree_with_a_rebuild(self) -> None:
        assert self.memory.verify().drift == ()
        questions = (*STATEMENTS, "Which revision?", "Where do I live?")
        before = [[(h.id, h.text, round(h.score, 6)) for h in self.memory.search(q, user_id=u)] for q in questions for u in ("ada", "bob")]
        self.memory.reindex()
        after = [[(h.id, h.text, round(h.score, 6)) for h in self.memory.search(q, user_id=u)] for q in questions for u in ("ada", "bob")]
        assert before == after
        assert self.memory.verify().drift == ()


Histories.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestHistories = pytest.mark.slow(Histories.TestCase)
