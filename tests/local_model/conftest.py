"""A real llama.cpp server with a real model, for as long as the tests run; and the two files."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.local_model.models import QWEN, SMOL, Model

MUST = bool(os.environ.get("CI") or os.environ.get("PERDURE_TEST_LLM"))
THREADS = 1 if os.environ.get("PYTEST_XDIST_WORKER") else int(os.environ.get("PERDURE_TEST_LLM_THREADS", "2"))
"""For computing: all of a small machine, shared if several processes test."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("llm")


def installed(model: Model) -> str:
    """The path of a model's file. Without it, and without llama.cpp, there is nothing to test."""
    missing = [] if model.path.exists() else [f"the model {model.file}"]
    missing += [] if importlib.util.find_spec("xllamacpp") else ["the package xllamacpp"]
    if missing:
        (pytest.fail if MUST else pytest.skip)(f"{' and '.join(missing)} not installed: run `make test-llm`")
    return str(model.path)


@contextmanager
def serving(path: str) -> Iterator[str]:
    """The address of a server in a process of its own; however the tests end, it ends with them."""
    command = [sys.executable, str(Path(__file__).with_name("serve.py")), path, str(THREADS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), f"the server did not start (exit code {process.poll()})"
            yield url
        finally:
            process.kill()


@pytest.fixture(scope="session")
def smol() -> str:
    """The file of a model of 135 million parameters: fast, where only the form matters."""
    return installed(SMOL)


@pytest.fixture(scope="session")
def qwen() -> str:
    """The file of a model of 500 million parameters: does about what it is asked."""
    return installed(QWEN)


@pytest.fixture(scope="session")
def smol_url(smol: str) -> Iterator[str]:
    with serving(smol) as url:
        yield url


@pytest.fixture(scope="session")
def qwen_url(qwen: str) -> Iterator[str]:
    with serving(qwen) as url:
        yield url
