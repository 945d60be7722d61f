"""Everyday conversations, played through the public interface: see `play` for how a case reads, `cases/` for the cases."""

from __future__ import annotations

import pytest

from tests.behaviour.play import Case, CaseError, load_cases, play

CASES = load_cases()


def parameter(case: Case):
    """A case that is known to miss stands in the report as such, and fails the run once it holds."""
    return pytest.param(case, id=case.id, marks=pytest.mark.xfail(reason=case.misses, strict=True, raises=CaseError) if case.misses else ())


@pytest.mark.parametrize("case", [parameter(case) for case in CASES])
def test_behaviour(case: Case, path) -> None:
    play(case, path)


def test_case_names_are_unique() -> None:
    names = [case.id for case in CASES]
    assert sorted(set(names)) == sorted(names)
