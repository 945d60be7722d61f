"""Run as a program: fills the disk under a ledger, checks the error, makes room, and checks that nothing acknowledged is lost.

``full_disk.py tmpfs FOLDER`` mounts a small disk on FOLDER (in a namespace of its own); ``rlimit`` limits the size of files.
"""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from attempts import KEPT, assert_alive

from perdure import Memory
from perdure.errors import DiskFullError, LedgerError

MEGABYTE = 1 << 20
FILLER = "the quick brown fox jumps over the lazy dog. " * 400  # 18 kB


def page(number: int) -> str:
    return f"Page {number} of my notes. {FILLER}"


def small_disk(folder: Path) -> Callable[[], None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], check=True)
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(6 * MEGABYTE))
    return ballast.unlink


def small_files(_folder: Path) -> Callable[[], None]:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write beyond the limit fails with EFBIG
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4 * MEGABYTE, hard))
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def main(limit: str, folder: Path) -> None:
    make_room = {"tmpfs": small_disk, "rlimit": small_files}[limit](folder)
    path = folder / "me.db"
    acknowledged: list[str] = []
    with Memory(path, embedder="hashing") as memory:
        memory.add(KEPT, user_id="ada")
        error: LedgerError | None = None
        for number in range(2000):
            said = {"role": "user", "id": f"m{number}", "content": page(number)}
            try:
                memory.add(said, user_id="notes", infer=False)
            except LedgerError as full:
                error = full
                break
            acknowledged.append(said["id"])
        print(f"{len(acknowledged)} adds, then {type(error).__name__}: {error}")
        assert error is not None, "the disk never filled up"
        assert acknowledged
        assert isinstance(error, DiskFullError) or limit == "rlimit"
        assert len(str(error).split()) >= 4
        assert memory.search("What is Ada allergic to?", user_id="ada")[0].text == KEPT  # a full disk can be read

    make_room()
    with Memory(path, embedder="hashing") as memory:
        assert memory.stats(user_id="notes").messages == len(acknowledged)
        last = {"role": "user", "id": acknowledged[-1], "content": page(len(acknowledged) - 1)}
        assert memory.add(last, user_id="notes", infer=False).duplicate
        assert_alive(memory)
    print("survived")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
