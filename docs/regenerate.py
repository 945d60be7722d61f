# ruff: noqa: INP001  (a script, not a package)
"""The help blocks of docs/cli.md, taken from the commands themselves.

python docs/regenerate.py           writes them
python docs/regenerate.py --check   exit code 1 when one is not current, or a command is not documented
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

from perdure.doors.cli.main import app

PAGE = Path(__file__).with_name("cli.md")
BLOCK = re.compile(r"<!-- help: ?(?P<command>[a-z -]*?) -->\n.*?<!-- end -->", re.DOTALL)


def help_of(command: str) -> str:
    """What `perdure COMMAND --help` prints on a terminal of 80 columns; of `perdure --help` when the name is empty."""
    result = CliRunner(env={"PERDURE_FILE": None, "PERDURE_USER": None}).invoke(app, [*command.split(), "--help"], prog_name="perdure")
    if result.exit_code != 0:
        raise SystemExit(f"perdure {command} --help failed:\n{result.output}")
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines())


def current(page: str) -> str:
    """The page with every help block replaced by what the command prints now."""
    return BLOCK.sub(lambda m: f"<!-- help: {m['command']} -->\n```text\n{help_of(m['command'])}\n```\n<!-- end -->", page)


def undocumented(page: str) -> list[str]:
    """Commands, and commands of a group, without a help block."""
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    names = set(commands) | {f"{group} {name}" for group, made in commands.items() for name in getattr(made, "commands", ())}
    return sorted(names - {m["command"] for m in BLOCK.finditer(page)})


def main() -> int:
    """The exit code."""
    page = PAGE.read_text(encoding="utf-8")
    if missing := undocumented(page):
        sys.stderr.write(f"docs/cli.md: no help block for {', '.join(missing)}.\n")
        return 1
    if current(page) == page:
        return 0
    if "--check" in sys.argv[1:]:
        sys.stderr.write("docs/cli.md: help blocks are not current. Run `python docs/regenerate.py`.\n")
        return 1
    PAGE.write_text(current(page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
