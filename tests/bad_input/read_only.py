"""Run as a program: gives up its privileges, then opens, reads and writes the ledger it is given; one line a step."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from perdure import Memory
from perdure.errors import PerdureError

NOBODY = 65534


def step(name: str, verb: Callable[[], object]) -> object:
    try:
        result = verb()
    except PerdureError as error:
        print(f"{name}\t{type(error).__name__}: {error}".replace("\n", " "))
        return None
    print(f"{name}\tok")
    return result


def everything(path: str) -> None:
    memory = step("open", lambda: Memory(path, embedder="hashing"))
    if isinstance(memory, Memory):
        step("search", lambda: memory.search("peanuts", user_id="ada")[0])
        step("add", lambda: memory.add("I live in Oslo.", user_id="ada"))
        memory.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "warm.db", embedder="hashing") as warm:
        warm.add("I am allergic to peanuts.", user_id="ada")  # loads what is loaded lazily while its files can be read
        warm.search("peanuts", user_id="ada")
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    everything(sys.argv[1])
