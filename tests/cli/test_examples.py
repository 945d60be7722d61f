"""The examples run and print what a reader expects of them."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("quickstart.py", ["now: Bangalore", "in January: Delhi", "found: I live in Delhi and I am allergic to peanuts."]),
        ("remembering_agent.py", ["I can see: nothing of a cello.", "I can see: cello."]),
    ],
)
def test_an_example(name, expected):
    result = subprocess.run([sys.executable, EXAMPLES / name], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    for line in expected:
        assert line in result.stdout
