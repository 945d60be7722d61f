"""Plays every case and prints the score of each domain: ``python -m tests.behaviour.report [domain …] [-v]``."""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.behaviour.play import Case, CaseError, load_cases, play


def failure(case: Case) -> str:
    """What went wrong in `case`; empty when it held."""
    with tempfile.TemporaryDirectory(prefix="perdure-") as folder:
        try:
            play(case, Path(folder) / "memory.db")
        except CaseError as e:
            return str(e)
    return ""


def main(arguments: list[str]) -> int:
    """Prints the table and the failures (one line each, all of it with -v); 1 if a case failed."""
    verbose = "-v" in arguments
    domains = {a for a in arguments if not a.startswith("-")}
    scores: dict[str, list[bool]] = defaultdict(list)
    for case in load_cases():
        if domains and case.domain not in domains:
            continue
        reason = failure(case)
        scores[case.domain].append(not reason)
        if reason:
            lines = reason.splitlines()
            print(reason if verbose else f"FAILED {lines[0]} | {' '.join(line.strip() for line in lines[1:4])[:260]}", flush=True)
    print()
    for domain, held in scores.items():
        print(f"{domain:20} {sum(held):3} of {len(held):3}")
    total = [h for held in scores.values() for h in held]
    print(f"{'all':20} {sum(total):3} of {len(total):3}  {sum(total) / max(1, len(total)):.1%}")
    return 0 if all(total) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
