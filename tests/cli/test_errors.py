"""What a shell sees when something is wrong: one line, and an exit code that means something."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

ADA = ("--user", "ada")


def perdure(*arguments, env=None, **options):
    command = [sys.executable, "-m", "perdure.doors.cli.main", *map(str, arguments)]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PERDURE_")}
    return subprocess.run(command, capture_output=True, text=True, env=clean | (env or {}), timeout=120, check=False, **options)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("search", "x"), 2, "--user"),
        (("add", "x", "--user", "*"), 4, "no wildcard"),
        (("search", "x", "--user", "ada", "--where", "{"), 4, "--where"),
        (("search", "x", "--user", "ada", "--where", '{"colour": "red"}'), 4, "unknown field"),
        (("search", "x", "--user", "ada", "--as-of", "yesterday"), 4, "as_of"),
        (("history", "no-such-memory"), 3, "no-such-memory"),
        (("explain", "no-such-memory"), 3, "no-such-memory"),
        (("undo", "no-such-change"), 3, "no-such-change"),
    ],
)
def test_errors_are_one_line_with_an_exit_code(cli, arguments, code, words):
    cli("add", "I live in Bangalore.", *ADA)
    result = cli(*arguments, code=code)
    assert words in result.stderr
    assert result.stdout == ""
    if code != 2:
        assert len(result.stderr.strip().splitlines()) == 1
        said = json.loads(cli(*arguments, "--json", code=code).stderr)["error"]
        assert said["exit_code"] == code
        assert said["type"].endswith("Error")


def test_reading_a_ledger_that_is_not_there_makes_none(cli, ledger):
    result = cli("search", "x", *ADA, code=5)
    assert "no ledger at" in result.stderr
    assert not ledger.exists()


def test_a_file_that_is_no_ledger_is_left_alone(cli, ledger):
    ledger.write_bytes(b"just some text, long enough to be looked at as a header\n" * 4)
    before = ledger.read_bytes()
    assert "perdure" in cli("search", "x", *ADA, code=5).stderr
    cli("add", "x", *ADA, code=5)
    assert ledger.read_bytes() == before


def test_usage_errors_are_json_with_json(tmp_path):
    result = perdure("search", "x", "--nonsense", "--json")
    assert result.returncode == 2
    assert "--nonsense" in json.loads(result.stderr)["error"]["message"]
    plain = perdure("search", "x", "--nonsense")
    assert plain.returncode == 2
    assert len(plain.stderr.strip().splitlines()) == 1
    assert "perdure search --help" in plain.stderr


def test_a_process_of_its_own_adds_and_searches(tmp_path):
    env = {"PERDURE_FILE": str(tmp_path / "me.db"), "PERDURE_USER": "ada"}
    assert perdure("add", "I live in Bangalore.", env=env).returncode == 0
    found = perdure("search", "Bangalore", "--json", env=env)
    assert json.loads(found.stdout)[0]["text"] == "I live in Bangalore."
    assert "\x1b" not in perdure("search", "Bangalore", "--explain", env=env).stdout  # no colour into a pipe


def test_an_extraction_that_fails_keeps_the_message_and_says_so(tmp_path):
    env = {
        "PERDURE_FILE": str(tmp_path / "me.db"),
        "PERDURE_USER": "ada",
        "OPENAI_API_KEY": "x",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    result = perdure("--llm", "openai:any", "add", "I live in Bangalore.", env=env)
    assert result.returncode == 6, result.stderr
    assert "perdure jobs --run" in result.stderr
    assert json.loads(perdure("search", "Bangalore", "--json", env=env).stdout)[0]["text"] == "I live in Bangalore."


def test_help_loads_nothing_heavy():
    code = "import sys; from typer.testing import CliRunner as R; from perdure.doors.cli.main import app; R().invoke(app, ['-h'])"
    heavy = "[m for m in ('numpy', 'onnxruntime', 'rich.console', 'sqlite3', 'openai', 'httpx') if m in sys.modules]"
    result = subprocess.run([sys.executable, "-c", f"{code}; print({heavy})"], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"


def waits_for_input(pid):
    """Returns when a process has used no CPU for a third of a second, however busy the machine is."""
    used, since = None, time.monotonic()
    while time.monotonic() - since < 0.3:
        times = psutil.Process(pid).cpu_times()[:2]
        if times != used or psutil.Process(pid).status() == psutil.STATUS_RUNNING:
            used, since = times, time.monotonic()
        time.sleep(0.02)


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_ctrl_c_leaves_cleanly(tmp_path):
    env = {k: v for k, v in os.environ.items() if not k.startswith("PERDURE_")} | {"PERDURE_FILE": str(tmp_path / "me.db")}
    command = [sys.executable, "-m", "perdure.doors.cli.main", "chat", "--user", "ada"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as process:
        process.stdin.write("I live in Bangalore.\n")
        process.stdin.flush()
        assert "Bangalore" in process.stdout.readline()
        waits_for_input(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == "perdure: interrupted."
