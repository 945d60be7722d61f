"""The suites of the `Clock` and `Ids` ports: now, and what is new."""

# ruff: noqa: S101  (a suite asserts)

from __future__ import annotations

import threading
from datetime import datetime

import pytest

from perdure.model.base import from_micros, to_micros
from perdure.model.scope import checked_id
from perdure.ports import Clock, Ids


class ClockSuite:
    """Subclass it and give the fixture `clock`."""

    @pytest.fixture
    def clock(self) -> Clock:
        """The clock under test."""
        raise NotImplementedError("give ClockSuite a fixture clock")

    def test_now_is_an_aware_datetime(self, clock: Clock) -> None:
        """One that the stores can keep to the microsecond."""
        now = clock()
        assert isinstance(now, datetime)
        assert now.utcoffset() is not None
        assert from_micros(to_micros(now)) == now

    def test_now_does_not_go_back(self, clock: Clock) -> None:
        """Not by itself: versions are recorded one after the other."""
        instants = [clock() for _ in range(200)]
        assert instants == sorted(instants)


class IdsSuite:
    """Subclass it and give the fixture `ids`."""

    @pytest.fixture
    def ids(self) -> Ids:
        """The source of ids under test."""
        raise NotImplementedError("give IdsSuite a fixture ids")

    def test_an_id_is_one_that_is_allowed(self, ids: Ids) -> None:
        """It passes the same check as a caller's own."""
        assert checked_id(ids(), "id")

    def test_no_id_comes_twice(self, ids: Ids) -> None:
        """Not from two threads either."""
        found: list[str] = []
        threads = [threading.Thread(target=lambda: found.extend([ids() for _ in range(2000)])) for _ in range(4)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert len(found) == len(set(found)) == 8000
