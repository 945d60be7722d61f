"""Imports run one way: model ← ports ← stages ← memory ← doors. Read off the source with `ast`; nothing is imported."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "perdure"

GROUND = {"errors", "model"}
SEAMS = GROUND | {"filters", "ports"}
CORE = SEAMS | {"rules", "prompts", "stages", "config", "worker", "verbs", "memory", "aio"}

# layer: what it may import besides itself, and why no more.
RULES: dict[str, tuple[set[str], str]] = {
    "errors": (set(), "everything rests on the error tree"),
    "model": ({"errors"}, "the model says what things are and knows nothing of what is done with them"),
    "filters": (GROUND, "the filter tree is parsed before any store is known"),
    "ports": (GROUND | {"filters"}, "a port says what is needed from outside, in words of the model"),
    "rules": (SEAMS, "rules are data and pure functions; they take no part in the flow"),
    "prompts": (GROUND, "prompts are texts"),
    "stages": (SEAMS | {"rules", "prompts"}, "a stage asks for what it needs through a port and never knows who provides it"),
    "adapters": (SEAMS, "an adapter answers to its port alone, so that one can be replaced without reading the rest"),
    "config": (SEAMS | {"rules", "adapters"}, "the configuration resolves names to backends and uses none"),
    "worker": (CORE | {"adapters"}, "the worker runs stages; nothing below the doors knows the doors"),
    "verbs": (CORE - {"memory", "aio"}, "verbs join stages; which adapters they work on, config.py decides by name"),
    "memory": (CORE, "Memory puts the verbs together; nothing below the doors knows the doors"),
    "aio": (CORE, "AsyncMemory is Memory on threads"),
    "testing": (CORE | {"adapters"}, "what users' tests need stands beside the library, not behind a door"),
    "doors": (CORE | {"testing", ""}, "a door translates between people and the verbs of Memory; it never touches an adapter"),
    "": (CORE | {"adapters"}, "the package's own module only hands out public names"),
    "__main__": (CORE | {"doors"}, "`python -m perdure` opens the command line"),
}
# Elsewhere a third-party import stands inside the function that needs it, so that `import perdure` stays light. Stages compute
# with numpy, and Memory imports them only when one is opened.
MAY_IMPORT_WHEN_LOADED = {"stages": {"numpy"}}
MAY_IMPORT_ANYTHING = {"adapters", "doors", "testing"}


class Import(NamedTuple):
    module: str
    line: int
    at_load: bool  # runs when the module is imported (not inside a function, not for type checkers alone)


def imports_of(source: str, package: str) -> Iterator[Import]:
    """Every import in `source`; `package` is the dotted package that relative imports start from."""

    def walk(node: ast.AST, *, at_load: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.Import():
                    yield from (Import(alias.name, child.lineno, at_load) for alias in child.names)
                case ast.ImportFrom():
                    base = package.split(".")[: len(package.split(".")) - child.level + 1] if child.level else []
                    module = ".".join([*base, *([child.module] if child.module else [])])
                    # `from perdure import stages` names a layer, `from perdure.stages import plan` a member of one.
                    names = [f"{module}.{alias.name}" for alias in child.names] if module == "perdure" else [module]
                    yield from (Import(name, child.lineno, at_load) for name in names)
                case ast.Constant(value=str(text)) if re.fullmatch(r"perdure(\.\w+)+(:\w+)?", text) and layer_of(text):
                    yield Import(text.split(":")[0], child.lineno, at_load=False)  # a name for importlib, or a backend table
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                    yield from walk(child, at_load=False)
                case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                    yield from walk(child, at_load=False)
                case _:
                    yield from walk(child, at_load=at_load)

    yield from walk(ast.parse(source), at_load=True)


def layer_of(module: str) -> str:
    """The layer of a dotted module of ours: "perdure.stages.plan" is in stages, "perdure" itself in ""."""
    parts = module.split(".")
    if len(parts) == 1:
        return ""
    return parts[1] if parts[1] in RULES else ""


def broken_rules(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """What `source`, as dotted `module`, imports against the rules; one sentence each."""
    layer = layer_of(module)
    allowed, why = RULES[layer]
    found: list[str] = []
    for target, line, at_load in imports_of(source, module if is_package else module.rpartition(".")[0]):
        top = target.partition(".")[0]
        if top == "perdure":
            wanted = layer_of(target)
            if wanted not in allowed | {layer}:
                found.append(f"{module}:{line} imports {target}, but {layer or 'perdure'} may not import {wanted or 'perdure'}: {why}.")
        elif top not in sys.stdlib_module_names:
            if layer in ("model", "errors", "filters"):
                found.append(f"{module}:{line} imports {target}, but {layer} is standard library only.")
            elif at_load and layer not in MAY_IMPORT_ANYTHING and top not in MAY_IMPORT_WHEN_LOADED.get(layer, ()):
                found.append(f"{module}:{line} imports {target} when loaded; move it into the function that needs it.")
    return found


def modules() -> list[tuple[str, Path]]:
    found: list[tuple[str, Path]] = []
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_module_keeps_the_import_rules(module: str, path: Path) -> None:
    broken = broken_rules(path.read_text(encoding="utf-8"), module, is_package=path.name == "__init__.py")
    assert not broken, "\n".join(broken)


def test_every_part_of_the_package_has_a_rule() -> None:
    parts = {p.stem for p in SOURCE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()} - {"__init__"}
    assert parts <= set(RULES), f"give {sorted(parts - set(RULES))} a line in RULES: what may it import, and why no more?"


@pytest.mark.parametrize(
    ("module", "source", "says"),
    [
        ("perdure.stages.plan", "from perdure.adapters.kv import sqlite", "stages may not import adapters"),
        ("perdure.stages.plan", "def f():\n    import perdure.adapters.kv.sqlite", "stages may not import adapters"),
        ("perdure.stages.plan", "from ..adapters import kv", "stages may not import adapters"),
        ("perdure.doors.cli.main", "from perdure import adapters", "doors may not import adapters"),
        ("perdure.doors.cli.main", "load('perdure.adapters.kv.sqlite:SqliteKV')", "doors may not import adapters"),
        ("perdure.adapters.kv.sqlite", "from perdure.stages import plan", "adapters may not import stages"),
        ("perdure.model.memory", "import numpy", "standard library only"),
        ("perdure.memory", "import numpy", "when loaded"),
        ("perdure.stages.rank", "import onnxruntime", "when loaded"),
        ("perdure.memory", "from perdure.doors import cli", "memory may not import doors"),
    ],
)
def test_a_broken_rule_is_seen_and_named(module: str, source: str, says: str) -> None:
    assert [sentence for sentence in broken_rules(source, module) if says in sentence]


def test_what_is_allowed_is_not_reported() -> None:
    source = "from perdure.model.scope import Scope\nif TYPE_CHECKING:\n    import numpy\ndef f():\n    import numpy\n"
    assert broken_rules(source, "perdure.stages.rank") == []
