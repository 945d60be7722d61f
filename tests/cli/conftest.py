"""The real command line, in this process, on a ledger of its own."""

import json

import pytest
from typer.testing import CliRunner

from perdure.doors.cli.main import app


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "me.db"


@pytest.fixture
def cli(ledger, monkeypatch):
    """Runs `perdure ARGUMENTS…` on the test's ledger; the exit code must be `code`."""
    monkeypatch.setenv("PERDURE_FILE", str(ledger))
    monkeypatch.delenv("PERDURE_USER", raising=False)
    monkeypatch.setenv("COLUMNS", "300")

    def run(*arguments, input=None, code=0):  # noqa: A002
        result = CliRunner().invoke(app, [str(a) for a in arguments], input=input, catch_exceptions=False)
        assert result.exit_code == code, f"perdure {arguments}: exit code {result.exit_code}\n{result.stdout}\n{result.stderr}"
        return result

    return run


@pytest.fixture
def as_json(cli):
    """Runs a command with --json; its standard output must be one JSON document, which is returned."""

    def run(*arguments, **options):
        return json.loads(cli(*arguments, "--json", **options).stdout)

    return run
