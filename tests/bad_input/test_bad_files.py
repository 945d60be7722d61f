"""Files that are no ledger, are damaged, newer, or out of reach: a typed error that says what to do, and the file as it was."""

import os
import random
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from attempts import KEPT, assert_alive, attempt

from perdure import Memory
from perdure.errors import CorruptLedgerError, LedgerError, NewerSchemaError, NotALedgerError, PerdureError, ReadOnlyError


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "me.db"
    with Memory(path, embedder="hashing") as memory:
        memory.add(KEPT, user_id="ada")
        fox = "the quick brown fox jumps over the lazy dog. " * 20
        memory.add([f"Note {number}: {fox}" for number in range(200)], user_id="ada", infer=False)
    return path


FOREIGN = {
    "text": b"Dear diary, today I went to the sea.\n" * 200,
    "zeros": bytes(8192),
    "noise": random.Random(0).randbytes(8192),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
    "the beginning of a database": b"SQLite format 3\0" + bytes(50),
    "a database header and noise": b"SQLite format 3\0" + random.Random(1).randbytes(8176),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "diary.db"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"diary\.db"):
        Memory(path, embedder="hashing")
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE customer (name TEXT)")
        other.execute("INSERT INTO customer VALUES ('Ada')")
    other.close()
    before = path.read_bytes()
    with pytest.raises(NotALedgerError, match=r"shop\.db"):
        Memory(path, embedder="hashing")
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_ledger(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    path.touch()
    with Memory(path, embedder="hashing") as memory:
        memory.add(KEPT, user_id="ada")
        assert_alive(memory)


def test_a_newer_schema_is_refused_and_left_alone(ledger: Path) -> None:
    with sqlite3.connect(ledger) as direct:
        (version,) = direct.execute("PRAGMA user_version").fetchone()
        direct.execute(f"PRAGMA user_version = {version + 1}")
    direct.close()
    before = ledger.read_bytes()
    with pytest.raises(NewerSchemaError, match=r"(?i)upgrade|update|newer"):
        Memory(ledger, embedder="hashing")
    assert ledger.read_bytes() == before

    with sqlite3.connect(ledger) as direct:
        direct.execute(f"PRAGMA user_version = {version}")
    direct.close()
    with Memory(ledger, embedder="hashing") as memory:
        assert_alive(memory)


def everything(memory: Memory) -> list[object]:
    """Results and typed errors of the verbs that between them read every table."""
    return [
        attempt(lambda: memory.search("What is Ada allergic to?", user_id="ada")),
        attempt(lambda: memory.search("quick brown fox", user_id="ada", limit=200)),
        attempt(lambda: memory.list(user_id="ada")),
        attempt(lambda: memory.facts(user_id="ada")),
        attempt(lambda: memory.graph(user_id="ada")),
        attempt(memory.stats),
        attempt(memory.verify),
        attempt(lambda: memory.add("I moved to Oslo.", user_id="ada")),
        attempt(lambda: memory.forget(user_id="ada")),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_a_corrupted_page_is_a_typed_error_and_never_a_wrong_answer_in_silence(ledger: Path, tmp_path: Path, seed: int) -> None:
    good = ledger.read_bytes()
    chance = random.Random(seed)
    damaged = bytearray(good)
    pages = len(good) // 4096
    for page in chance.sample(range(1, pages), k=pages // 4):
        damaged[page * 4096 : page * 4096 + 2048] = chance.randbytes(2048)
    ledger.write_bytes(damaged)

    opened = attempt(lambda: Memory(ledger, embedder="hashing"))
    if isinstance(opened, PerdureError):
        assert isinstance(opened, CorruptLedgerError | NotALedgerError)
        seen: list[object] = [opened]
    else:
        try:
            seen = everything(opened)
        finally:
            attempt(opened.close)
    errors = [s for s in seen if isinstance(s, PerdureError)]
    verifications = [s for s in seen if type(s).__name__ == "Verification"]
    assert errors or not all(v.ok for v in verifications), "a quarter of the file is noise and nobody noticed"
    assert ledger.exists()

    # The damage is the disk's, not ours: with the pages as they were, everything is there.
    for leftover in tmp_path.glob("me.db-*"):
        leftover.unlink()
    ledger.write_bytes(good)
    with Memory(ledger, embedder="hashing") as memory:
        assert_alive(memory)


def test_a_truncated_file_is_a_typed_error(ledger: Path) -> None:
    good = ledger.read_bytes()
    ledger.write_bytes(good[: len(good) // 2])
    opened = attempt(lambda: Memory(ledger, embedder="hashing"))
    if not isinstance(opened, PerdureError):
        try:
            seen = everything(opened)
        finally:
            attempt(opened.close)
        assert any(isinstance(s, PerdureError) for s in seen) or not next(s for s in seen if type(s).__name__ == "Verification").ok


UNUSABLE = {
    "a folder": lambda tmp: tmp,
    "under a file": lambda tmp: tmp / "file" / "me.db",
    "a name that is too long": lambda tmp: tmp / ("x" * 300),
    "an unknown backend": lambda tmp: "carrierpigeon://loft/7",
    "a name with NUL": lambda tmp: str(tmp / "a\0b.db"),
}


@pytest.mark.parametrize("place", UNUSABLE.values(), ids=UNUSABLE)
def test_a_place_that_cannot_hold_a_ledger_is_a_typed_error(tmp_path: Path, place) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert isinstance(attempt(lambda: Memory(place(tmp_path), embedder="hashing")), PerdureError)
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder that another user can enter, which pytest's own cannot."""
    folder = Path(tempfile.mkdtemp(prefix="perdure-readonly-"))
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def read_only_attempts(path: Path) -> dict[str, str]:
    """What an unprivileged process gets from the file: step → "ok" or the error's type and words."""
    script = Path(__file__).with_name("read_only.py")
    done = subprocess.run([sys.executable, script, path], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return dict(line.split("\t", 1) for line in done.stdout.splitlines())


def test_a_new_file_in_a_read_only_folder_is_refused(public_folder: Path) -> None:
    public_folder.chmod(0o555)
    assert read_only_attempts(public_folder / "me.db")["open"].startswith(ReadOnlyError.__name__)
    assert list(public_folder.iterdir()) == []


@pytest.mark.parametrize("folder_mode", [0o555, 0o755], ids=["folder read-only", "file read-only"])
def test_an_existing_file_that_cannot_be_written_is_read_or_refused(public_folder: Path, folder_mode: int) -> None:
    path = public_folder / "me.db"
    with Memory(path, embedder="hashing") as memory:
        memory.add(KEPT, user_id="ada")
    path.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)
    if os.geteuid() == 0 and folder_mode == 0o755:
        os.chown(public_folder, 65534, 65534)
    public_folder.chmod(folder_mode)

    steps = read_only_attempts(path)
    if steps["open"] == "ok":
        assert steps["search"] == "ok"
        assert steps["add"].startswith(ReadOnlyError.__name__)
    else:
        assert steps["open"].startswith(ReadOnlyError.__name__)

    public_folder.chmod(0o755)
    path.chmod(0o644)
    with Memory(path, embedder="hashing") as memory:
        assert_alive(memory)


@pytest.mark.parametrize("limit", ["tmpfs", "rlimit"])
def test_a_full_disk_is_a_typed_error_and_loses_nothing(tmp_path: Path, limit: str) -> None:
    script = Path(__file__).with_name("full_disk.py")
    command = [sys.executable, str(script), limit, str(tmp_path)]
    if limit == "tmpfs":
        command = ["unshare", "--mount", *command]  # the mount ends with the process
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode != 0:
            pytest.skip("mounting a small disk needs root; the rlimit variant of this test covers the rest")
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "survived"
