"""The demo runs, shows what it promises, and fails when a claim does not hold."""

import json

from perdure.doors.cli import demo


def test_the_demo_shows_the_whole_pipeline(cli, tmp_path):
    shown = cli("demo", "--keep", tmp_path / "demo.db").stdout
    for words in ("Delhi", "Bangalore", "overheat", "v2.3", "Trace", "rows in all", "Petersen", "every claim above was checked"):
        assert words in shown
    start = shown.index("{", shown.index("Extract:"))
    contract, _ = json.JSONDecoder().raw_decode(shown[start:])
    assert {"entities", "relations", "memory_type", "memories"} <= set(contract)


def test_a_claim_that_does_not_hold_ends_it(cli, monkeypatch):
    """With the solution missing from the history the demo says so instead of going on."""
    whole = demo.sessions(demo.HISTORY)
    without = {name: [m for m in batch if "v2.3" not in m.content] for name, batch in whole.items()}
    monkeypatch.setattr(demo, "sessions", lambda _path: without)
    monkeypatch.setattr(demo.Demo, "extraction", lambda _self: None)
    result = cli("demo", code=1)
    assert "claim does not hold" in result.stderr
    assert "v2.3" in result.stderr
    assert "every claim above was checked" not in result.stdout
