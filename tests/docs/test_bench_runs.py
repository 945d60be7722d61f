"""The benchmark itself works, on a store small enough to take seconds. Its figures are not judged here."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "run.py"


@pytest.mark.slow
def test_the_benchmark_fills_its_table(tmp_path: Path) -> None:
    page = tmp_path / "RESULTS.md"
    small = "--sizes 60 --shared 60x3 --queries 5 --bulk 1000 --runs 1 --embeddings 8".split()
    done = subprocess.run([sys.executable, BENCH, *small, "--out", page], capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert "nan" not in text, done.stderr
    for row in (
        "import perdure",
        "prompt of an add of two messages",
        "embed one sentence",
        "search, 60 memories of one user",
        "search, 60 memories of 3 users",
        "add two messages, 60 memories of one user",
        "RSS after 50 searches",
        "bulk import",
    ):
        assert row in text
