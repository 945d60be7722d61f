"""Run as a program: again and again, four processes open a file that is not there yet, at the same instant, and add to it."""

import os
import sys
import time
import traceback
from pathlib import Path

from perdure import Memory
from perdure.errors import PerdureError

PROCESSES = 4


def open_and_add(path: Path, name: str, at: float) -> None:
    while time.time() < at:
        pass
    with Memory(path, embedder="hashing", worker=False) as memory:
        memory.add("I am allergic to peanuts.", user_id=name)


def main(folder: Path, files: int) -> int:
    with Memory(folder / "warm.db", embedder="hashing", worker=False) as memory:
        memory.add("I live in Oslo.", user_id="ada")  # loads, before any fork, whatever is loaded lazily
    failed = 0
    for number in range(files):
        at = time.time() + 0.02
        children = []
        for process in range(PROCESSES):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    open_and_add(folder / f"{number}.db", f"user{process}", at)
                    code = 0
                except PerdureError:
                    traceback.print_exc()
                finally:
                    os._exit(code)
            children.append(child)
        failed += sum(os.waitpid(child, 0)[1] != 0 for child in children)
    return failed


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])) != 0)
