"""Writers to be killed. Run as a program: each line of standard input is ``{"path": …, "round": …, "delay": …}``.

For every line a writer is forked (so that nothing is imported 200 times), adds messages to the file at `path`, is killed with
SIGKILL after `delay` seconds, and a line comes back with what it had acknowledged until then.
"""

import json
import os
import signal
import sys
import tempfile
import time
from itertools import count
from pathlib import Path

from perdure import Memory

CITIES = ("Oslo", "Lima", "Rome", "Cairo", "Quito", "Hanoi", "Turin", "Accra", "Perth", "Delhi")
SYLLABLES = ("ka", "mi", "ro", "ten", "lu", "sa", "vi", "don", "pe", "gar")


def person(number: int) -> str:
    """A made-up name, another one for each number below 10,000."""
    return "".join(SYLLABLES[int(digit)] for digit in f"{number:04d}").capitalize()


def messages(round_: int) -> list[dict[str, str]]:
    """What the writer of a round says, in order: facts that accumulate, facts that replace each other, and small talk."""
    said: list[dict[str, str]] = []
    for i in range(60):
        who = person(60 * round_ + i)
        content = (
            f"My colleague {who} lives in {CITIES[i % 10]}.",
            f"I just moved to {CITIES[(round_ + i) % 10]} with {who}.",
            f"I am allergic to {who.lower()} nuts.",
            f"Well, {who}, that was a long day, wasn't it?",
        )[i % 4]
        said.append({"role": "user", "id": f"{round_}-{i}", "content": content})
    return said


def write(path: str, round_: int, acknowledge: int) -> None:
    """Adds for ever, printing one line to the pipe `acknowledge` after each add has returned."""
    with Memory(path, embedder="hashing", worker=False) as memory:
        for message in messages(round_):
            result = memory.add(message, user_id="ada")
            line = {"id": message["id"], "content": message["content"], "changes": [[c.memory_id, c.id] for c in result.changes]}
            os.write(acknowledge, json.dumps(line).encode() + b"\n")
        for _ in count():
            time.sleep(1)  # until killed


def killed_writer(path: str, round_: int, delay: float) -> list[dict[str, object]]:
    """What a writer had acknowledged when it was killed `delay` seconds after it began."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            write(path, round_, writing)
        finally:
            os._exit(70)  # never reached but by an error, whose traceback is on standard error
    os.close(writing)
    time.sleep(delay)
    os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as pipe:
        lines = pipe.read().splitlines(keepends=True)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        raise RuntimeError("the writer ended by itself")
    return [json.loads(line) for line in lines if line.endswith(b"\n")]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, Memory(Path(folder) / "warm.db", embedder="hashing", worker=False) as memory:
        memory.add("I live in Oslo.", user_id="ada")  # loads, before any fork, whatever is loaded lazily
    for line in sys.stdin:
        order = json.loads(line)
        print(json.dumps(killed_writer(order["path"], order["round"], order["delay"])), flush=True)


if __name__ == "__main__":
    main()
