"""Everyday conversations, played through the public interface: see `play` for how a case reads, `cases/` for the cases."""

from __future__ import annotations

import pytest

from tests.behaviour.play import Case, load_cases, play

CASES = load_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_behaviour(case: Case, path) -> None:
    play(case, path)


def test_case_names_are_unique() -> None:
    names = [case.id for case in CASES]
    assert sorted(set(names)) == sorted(names)
