"""Row 7: `delete` hides everywhere, also from a fresh process; `forget` erases everywhere, down to the file's pages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from perdure import Memory

DELETER = """
import sys
from perdure import Memory
with Memory(sys.argv[1], embedder="hashing") as memory:
    memory.delete(sys.argv[2])
"""


def bytes_on_disk(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def test_07_delete_in_a_fresh_process_hides_everywhere(path: Path) -> None:
    with Memory(path, embedder="hashing") as memory:
        (kept,) = memory.add("My brother Tomislav lives in Ljubljana.", user_id="ada").memories
        memory.add("I live in Maribor.", user_id="ada")
        assert memory.graph(around="Tomislav", user_id="ada").relations

    visit = subprocess.run([sys.executable, "-c", DELETER, str(path), kept.id], check=False, capture_output=True, text=True, timeout=120)
    assert visit.returncode == 0, visit.stderr

    with Memory(path, embedder="hashing") as memory:
        for question in ("Tomislav", "Where does my brother live?", "Ljubljana"):
            assert not [h.text for h in memory.search(question, user_id="ada", limit=50) if "Ljubljana" in h.text]
            assert "Ljubljana" not in memory.context(question, user_id="ada").text
            assert "Ljubljana" not in memory.ask(question, user_id="ada").text
        assert [m.text for m in memory.list(user_id="ada")] == ["I live in Maribor."]
        assert memory.fact("lives_in", of="Tomislav", user_id="ada") is None
        assert not memory.graph(around="Tomislav", user_id="ada").relations
        around_me = memory.graph(around="user", hops=3, user_id="ada")
        assert not [r for r in around_me.relations if "Tomislav" in (r.subject, r.object)]
        assert memory.verify().ok


def test_07_forget_erases_a_user_from_every_store_and_from_the_file(path: Path) -> None:
    with Memory(path, embedder="hashing") as memory:
        memory.add("My brother Tomislav lives in Ljubljana.", user_id="ada", session_id="s1")
        memory.add("Tomislav moved to Dubrovnik.", user_id="ada")
        (kept, *_) = memory.list(user_id="ada")
        memory.update(kept.id, text="My brother Tomislav collects zithers.")
        memory.add("My brother Emil lives in Ostrava.", user_id="bob")

        receipt = memory.forget(user_id="ada")

        assert receipt.total > 0
        assert {"messages", "memories", "history", "vector", "text", "graph"} <= set(receipt.stores)
        assert memory.list(user_id="ada") == []
        assert memory.search("Tomislav", user_id="ada") == []
        assert memory.facts(of="Tomislav", user_id="ada") == []
        erased_now = bytes_on_disk(path)
        assert memory.fact("lives_in", of="Emil", user_id="bob").value == "Ostrava"

    for secret in (b"Tomislav", b"tomislav", b"Ljubljana", b"ljubljana", b"Dubrovnik", b"zithers"):
        assert secret not in erased_now
        assert secret not in bytes_on_disk(path)
    assert b"Ostrava" in bytes_on_disk(path)


def test_07_forget_erases_one_memory_with_the_words_it_came_from(path: Path) -> None:
    with Memory(path, embedder="hashing") as memory:
        (kept,) = memory.add("I am allergic to quinoxaline.", user_id="ada").memories
        memory.add("I live in Maribor.", user_id="ada")

        memory.forget(id=kept.id)

        assert all("quinoxaline" not in h.text for h in memory.search("quinoxaline", user_id="ada", limit=50))
        assert [m.text for m in memory.list(user_id="ada")] == ["I live in Maribor."]
    assert b"quinoxaline" not in bytes_on_disk(path)
    assert b"Maribor" in bytes_on_disk(path)
