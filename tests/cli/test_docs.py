"""docs/cli.md: every command is there, its help is current, and its examples do what they show."""

import importlib.util
import re
import shlex
import shutil
from pathlib import Path

from typer.testing import CliRunner

from perdure.doors.cli.main import app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)

spec = importlib.util.spec_from_file_location("regenerate", ROOT / "docs" / "regenerate.py")
regenerate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(regenerate)


def test_every_command_is_documented():
    assert regenerate.undocumented(PAGE) == []


def test_help_blocks_are_current():
    assert regenerate.current(PAGE) == PAGE, "run `python docs/regenerate.py`"


def test_the_main_help_names_every_exit_code():
    shown = regenerate.help_of("")
    assert all(re.search(rf"^\s+{code}  ", shown, re.MULTILINE) for code in (0, 1, 2, 3, 4, 5, 6, 130))


def test_the_examples_do_what_they_show(tmp_path, monkeypatch):
    """All console blocks of the page, one after the other, on one ledger; each line shown must be in what was printed."""
    shutil.copytree(ROOT / "examples" / "data", tmp_path / "examples" / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PERDURE_FILE", str(tmp_path / "me.db"))
    monkeypatch.setenv("COLUMNS", "200")
    assert len(EXAMPLES) > 15
    for block in EXAMPLES:
        printed = ""
        for line in block.splitlines():
            if line.startswith("$ "):
                printed = run(line[2:])
            else:
                assert squeeze(line) in squeeze(printed), f"{block}\nprinted\n{printed}"


def run(command):
    """What a documented command line prints. `printf … |` and `echo … |` before it are its standard input."""
    before, pipe, perdure = command.rpartition(" | ")
    given = None
    if pipe:
        writer, text = shlex.split(before)
        given = text.replace("\\n", "\n") if writer == "printf" else text + "\n"
    name, *arguments = shlex.split(perdure)
    assert name == "perdure"
    result = CliRunner().invoke(app, arguments, input=given, catch_exceptions=False)
    assert result.exit_code == 0, f"{command}: {result.exit_code}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def squeeze(text):
    return " ".join(text.split())
