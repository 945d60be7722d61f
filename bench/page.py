"""The page of results: each script that measures owns one section of it and leaves the others as they are."""

import importlib.metadata
import os
import platform
import sqlite3
import subprocess
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
TITLE = "# How fast, how small\n\nEach section is written by the script it names; do not edit.\n"


def write_section(name: str, lines: Sequence[str], page: Path = RESULTS) -> None:
    """Puts `lines` between the marks of section `name`: where the section stands, or at the end of the page."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    section = "\n".join([start, *lines, end])
    text = page.read_text(encoding="utf-8") if page.exists() else TITLE
    if start in text and end in text:
        before, _, rest = text.partition(start)
        text = before + section + rest.partition(end)[2]
    else:
        text = f"{text.rstrip()}\n\n{section}\n"
    page.write_text(text, encoding="utf-8")


def machine(packages: Sequence[str] = ("perdure", "numpy", "onnxruntime", "tokenizers")) -> list[str]:
    """Lines that say on what a section was measured, with the versions of `packages`."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0] if names else cpu
    python = f"{platform.python_implementation()} {platform.python_version()}"
    versions = [python, f"SQLite {sqlite3.sqlite_version}", *(f"{name} {importlib.metadata.version(name)}" for name in packages)]
    return [
        f"- machine: {os.cpu_count()} × {cpu}, {platform.system()} {platform.release()}",
        f"- versions: {', '.join(versions)}; {_revision()}",
        f"- OMP_NUM_THREADS: {os.environ.get('OMP_NUM_THREADS', 'not set')}",
    ]


def _revision() -> str:
    """The commit that was measured, and whether there were changes on top of it."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty=, with changes on top"]
    try:
        return "commit " + subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not from a git repository"
