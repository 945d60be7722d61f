"""Every fenced block in README, ARCHITECTURE and docs/ runs, so that none can drift.

- ```python blocks of one file run in order in one namespace, as a reader would type them, in a folder of their own with a home
  of its own. ```python raises=SomeError must end in that error.
- In ```console and ```bash blocks, lines that start with ``perdure`` (after an optional ``$ ``) run through the installed
  command, pipes and all; ``make x`` must name a target of the Makefile; other commands (git, pip) are not run. Lines of output
  are not compared: ids and dates differ.
- ```json and ```toml blocks must parse. ```text is prose. Any other language is an error, lest a block be missed by a typo.
"""

import json
import os
import re
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")])
FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=indent)(?P=ticks) *$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    page: Path
    line: int  # of its first line of content
    language: str
    option: str
    body: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        language, _, option = match["info"].strip().partition(" ")
        line = text.count("\n", 0, match.start("body")) + 1
        found.append(Block(page, line, language, option.strip(), textwrap.dedent(match["body"])))
    return found


BLOCKS = {page: blocks_of(page) for page in PAGES if page.exists()}


def commands_of(body: str) -> list[str]:
    """The commands of a console block: with prompts, only the lines after one; continuation lines joined, comments dropped."""
    lines = body.replace("\\\n", " ").splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with its own home and no keys: what a newcomer starts from."""
    for name in list(os.environ):
        if name.startswith(("PERDURE_", "OPENAI_", "ANTHROPIC_")):
            monkeypatch.delenv(name)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    work = tmp_path / "work"
    work.mkdir()
    if (ROOT / "examples").is_dir():
        (work / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    monkeypatch.chdir(work)
    return work


@pytest.mark.parametrize("page", [p for p, blocks in BLOCKS.items() if any(b.language == "python" for b in blocks)], ids=lambda p: p.name)
@pytest.mark.usefixtures("home")
def test_python_blocks_run(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": "__docs__"}
    for block in BLOCKS[page]:
        if block.language != "python":
            continue
        # Padded so that a traceback names the line of the page.
        code = compile("\n" * (block.line - 1) + block.body, str(block.page), "exec")
        expected = block.option.removeprefix("raises=") if block.option.startswith("raises=") else None
        try:
            exec(code, namespace)
        except Exception as error:
            if type(error).__name__ != expected:
                raise AssertionError(f"{block.place}: {type(error).__name__}: {error}") from error
        else:
            assert expected is None, f"{block.place} was to raise {expected}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [p for p, blocks in BLOCKS.items() if any(b.language in ("console", "bash", "sh") for b in blocks)],
    ids=lambda p: p.name,
)
def test_console_blocks_run(page: Path, home: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    for block in BLOCKS[page]:
        if block.language not in ("console", "bash", "sh"):
            continue
        for command in commands_of(block.body):
            if make := re.match(r"make ([\w-]+)", command):
                assert make[1] in targets, f"{block.place}: the Makefile has no target {make[1]}"
            if not re.search(r"(^|\| *)perdure\b", command):
                continue
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", command],
                cwd=home, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{block.place}: `{command}` ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("block", [b for blocks in BLOCKS.values() for b in blocks], ids=lambda b: b.place)
def test_block_has_a_language_and_parses(block: Block) -> None:
    assert block.language in ("python", "console", "bash", "sh", "json", "toml", "text", "mermaid"), (
        f"{block.place}: give the block a language this test knows, not {block.language!r}"
    )
    assert not block.option or block.option.startswith("raises="), f"{block.place}: unknown option {block.option!r}"
    if block.language == "json":
        json.loads(block.body)
    elif block.language == "toml":
        tomllib.loads(block.body)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [t for t in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:|#", t)]
    missing = [t for t in targets if not (page.parent / t.partition("#")[0]).exists()]
    assert not missing, f"{page.relative_to(ROOT)} links to {', '.join(missing)}"


def test_the_readme_shows_the_library_and_the_command() -> None:
    languages = {block.language for block in BLOCKS[ROOT / "README.md"]}
    assert "python" in languages
    assert languages & {"console", "bash", "sh"}


def test_commands_are_read_from_both_styles() -> None:
    assert commands_of("$ perdure add 'x' \\\n   --user ada\nadded 1\n$ make demo\n") == [
        "perdure add 'x'     --user ada",
        "make demo",
    ]
    assert commands_of("# first\nperdure stats\n\nmake test\n") == ["perdure stats", "make test"]
