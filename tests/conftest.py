"""What every test may use: a store in a folder of its own, a clock that stands still."""

from __future__ import annotations

import pytest

START = "2026-03-02T12:00:00Z"  # a Monday


@pytest.fixture
def clock():
    """A clock that moves only when told to; starts on Monday 2 March 2026, noon UTC."""
    from perdure.testing import FrozenClock

    return FrozenClock(START)


@pytest.fixture
def path(tmp_path):
    """Where a test's ledger file goes."""
    return tmp_path / "memory.db"


@pytest.fixture
def memory(path, clock):
    """A Memory on a real file with the default embedder and the rule extractor."""
    from perdure import Memory

    with Memory(path, clock=clock) as opened:
        yield opened


@pytest.fixture
def plain_memory(path, clock):
    """A Memory on a real file whose embedder needs no model: for tests in which meaning plays no part."""
    from perdure import Memory

    with Memory(path, clock=clock, embedder="hashing") as opened:
        yield opened
