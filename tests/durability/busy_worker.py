"""One of many who use a file at once: adds, searches and forgets. Called on threads, and run as a program by other processes."""

import sys

from perdure import Memory

ROUNDS = 12
SHARED = ("I am allergic to peanuts.", "My dog is called Bruno.", "I work as a nurse.", "I love hiking in the Alps.")
THINGS = (
    "bicycle",
    "piano",
    "kayak",
    "camera",
    "telescope",
    "drone",
    "guitar",
    "tent",
    "printer",
    "scooter",
    "violin",
    "toaster",
)


def statement(name: str, number: int) -> str:
    """What worker `name` says in round `number` (below 12) about itself."""
    return f"I bought a {THINGS[number]} for {name}."


def work(memory: Memory, name: str) -> None:
    """Adds to its own user and to a shared one, reads its own writes, and forgets a user of its own again and again."""
    for number in range(ROUNDS):
        memory.add({"role": "user", "id": f"{name}-{number}", "content": statement(name, number)}, user_id=name)
        memory.add(SHARED[number % len(SHARED)], user_id="shared")
        memory.add(f"I hid the {THINGS[number]} in the attic.", user_id=f"{name}-gone")
        hits = memory.search(statement(name, number), user_id=name)
        assert any(statement(name, number) in hit.text for hit in hits), f"{name} cannot read its own write {number}"
        if number % 3 == 2:
            assert memory.forget(user_id=f"{name}-gone").total > 0
            assert memory.search("attic", user_id=f"{name}-gone") == []


if __name__ == "__main__":
    with Memory(sys.argv[1], embedder="hashing") as own:
        work(own, sys.argv[2])
