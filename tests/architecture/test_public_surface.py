"""What a user of the package can rely on: public names, light imports, types, async twins, files one can read."""

import ast
import asyncio
import inspect
import json
import re
import subprocess
import sys
from importlib import import_module, resources
from pathlib import Path

import pytest

import perdure
from perdure import errors
from perdure.aio import AsyncMemory
from perdure.memory import Memory

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "perdure"
HEAVY = (
    "numpy",
    "onnxruntime",
    "tokenizers",
    "httpx",
    "httpx2",
    "httpcore",
    "openai",
    "anthropic",
    "requests",
    "urllib3",
    "pydantic",
)
MAX_LINES = 600


def modules_after(statement: str) -> set[str]:
    code = f"{statement}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not modules_after("import perdure").intersection(HEAVY)


@pytest.mark.parametrize("statement", ["from perdure import Memory, AsyncMemory", "import perdure.doors.cli.main"])
def test_importing_the_verbs_loads_no_model_and_no_network(statement: str) -> None:
    assert not modules_after(statement).intersection(HEAVY) - {"numpy"}


def test_all_is_exact() -> None:
    assert len(perdure.__all__) == len(set(perdure.__all__))
    for name in perdure.__all__:
        assert getattr(perdure, name) is not None
    handed_out = {n for n in dir(perdure) if not n.startswith("_") and not inspect.ismodule(getattr(perdure, n))}
    assert handed_out == {n for n in perdure.__all__ if not n.startswith("_")}
    assert {"AsyncMemory", "Memory", "Message", "PerdureError"} <= set(perdure.__all__)


def test_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        perdure.no_such_name  # noqa: B018


def test_every_error_is_exported_and_derives_from_the_root() -> None:
    defined = {n for n, c in vars(errors).items() if inspect.isclass(c) and issubclass(c, Exception)}
    assert defined == set(errors.__all__)
    assert all(issubclass(getattr(errors, n), errors.PerdureError) for n in defined)
    assert all(n in (errors.__doc__ or "") for n in defined), "draw the new error into the tree of the docstring"


def modules_with_all() -> list[str]:
    found = []
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "__all__" for n in tree.body):
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            found.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return found


@pytest.mark.parametrize("module", modules_with_all())
def test_what_all_lists_is_there(module: str) -> None:
    loaded = import_module(module)
    assert [n for n in loaded.__all__ if not hasattr(loaded, n)] == []


def verbs(cls: type) -> dict[str, object]:
    return {n: member for n, member in inspect.getmembers(cls, callable) if not n.startswith("_")}


def parameters(function: object) -> list[tuple[str, object, object, object]]:
    return [(p.name, p.kind, p.default, p.annotation) for p in inspect.signature(function).parameters.values()]


def test_async_memory_has_the_same_verbs() -> None:
    assert set(verbs(Memory)) == set(verbs(AsyncMemory))


@pytest.mark.parametrize("name", sorted(verbs(Memory)))
def test_async_verb_has_the_same_signature_and_words(name: str) -> None:
    ours, twin = getattr(Memory, name), getattr(AsyncMemory, name)
    assert parameters(ours) == parameters(twin)
    assert inspect.getdoc(twin)
    assert inspect.signature(ours).return_annotation == inspect.signature(twin).return_annotation
    assert inspect.iscoroutinefunction(twin), f"await memory.{name}(...) must work"


def test_both_memories_are_built_alike() -> None:
    assert parameters(Memory.__init__) == parameters(AsyncMemory.__init__)


def test_async_memory_gives_what_memory_gives(tmp_path: Path) -> None:
    path = tmp_path / "me.db"

    async def talk() -> tuple[object, ...]:
        async with AsyncMemory(path, embedder="hashing") as memory:
            await asyncio.gather(memory.add("I live in Bangalore.", user_id="ada"), memory.remember("Ada is vegetarian.", user_id="ada"))
            hits = await memory.search("Where does Ada live?", user_id="ada")
            with pytest.raises(errors.ScopeError):
                await memory.search("anything", user_id="*")
            fact = await memory.fact("lives_in", user_id="ada")
            return [h.text for h in hits], fact and fact.value, (await memory.verify()).ok

    texts, city, ok = asyncio.run(talk())
    with Memory(path, embedder="hashing") as memory:
        assert [h.text for h in memory.search("Where does Ada live?", user_id="ada")] == texts
    assert city == "Bangalore"
    assert ok


def test_verbs_take_scope_by_keyword_and_refuse_unknown_arguments() -> None:
    for name, verb in verbs(Memory).items():
        for p in inspect.signature(verb).parameters.values():
            assert p.kind is not p.VAR_KEYWORD, f"{name} swallows unknown arguments"
            if p.name in ("user_id", "agent_id", "session_id"):
                assert p.kind is p.KEYWORD_ONLY, f"{name}: {p.name} can be given by position"


def test_typing_is_shipped() -> None:
    assert (resources.files("perdure") / "py.typed").is_file()


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_file_can_be_read_in_one_sitting(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{path.name} has {lines} lines; it is two things by now"


def project_files() -> list[Path]:
    folders = ("src", "tests", "bench", "docs", "examples", ".ci")
    found = [p for folder in folders for p in (ROOT / folder).rglob("*") if p.suffix in (".py", ".md", ".toml", ".sql", ".sh", "")]
    found += [ROOT / name for name in ("README.md", "ARCHITECTURE.md", "Makefile", "pyproject.toml")]
    return sorted(p for p in found if p.is_file() and "__pycache__" not in p.parts and p != Path(__file__))


def test_no_file_speaks_of_one_machine_or_of_unfinished_work() -> None:
    forbidden = re.compile(r"(?<![\w.])/(?:root|work|home/\w+|Users/\w+)/|\b(?:TODO|FIXME|XXX)\b|\b(?:DESIGN|PEERS|STYLE)\.md\b")
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in project_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if forbidden.search(line)
    ]
    assert not found, "\n".join(found)


def documentation() -> str:
    pages = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())


@pytest.mark.parametrize("verb", sorted(verbs(Memory)))
def test_every_verb_is_documented(verb: str) -> None:
    assert re.search(rf"\b{verb}\(", documentation()), f"docs/ never shows memory.{verb}(...)"
    assert inspect.getdoc(getattr(Memory, verb))


def test_every_command_is_documented() -> None:
    import typer

    from perdure.doors.cli.main import app

    commands = typer.main.get_command(app).commands
    assert commands
    text = documentation()
    missing = [name for name, command in commands.items() if not command.hidden and not re.search(rf"\bperdure {name}\b", text)]
    assert not missing, f"docs/ never shows: {', '.join(f'perdure {name}' for name in missing)}"
    assert [name for name, command in commands.items() if not command.help] == []
