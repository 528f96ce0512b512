"""How many requests it took."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from gates.adapters.producers.request_count import requests_until


def report(name: str, when: str, start: float, *properties: tuple[str, str]) -> str:
    """Return one line of an evidence file."""
    return json.dumps({"id": name, "when": when, "start": start, "properties": properties}) + "\n"


def test_the_checks_that_had_begun_count(tmp_path: Path) -> None:
    """A load profile counts once, however many checks look at it; a later check does not count."""
    load = ("measurement", json.dumps({"value": 0.1, "unit": "ratio", "samples": 1000}))
    path = tmp_path / "producers.jsonl"
    path.write_text(
        '{"kind": "start"}\n'
        + report("a", "setup", 10.0)
        + report("a", "teardown", 12.0, ("requests", "3"))
        + report("b", "setup", 12.0)
        + report("b", "teardown", 14.0, ("requests", "2"), load)
        + report("c", "setup", 14.0)
        + report("c", "teardown", 15.0, ("requests", "1"), load)
        + report("d", "setup", 50.0)
        + report("d", "teardown", 51.0, ("requests", "100"))
        + '{"half'
    )
    assert requests_until(path, datetime.fromtimestamp(20, UTC)) == 1006
    assert requests_until(path, datetime.fromtimestamp(11, UTC)) == 3


def test_without_notes_nothing_is_known(tmp_path: Path) -> None:
    """Unknown is not zero."""
    now = datetime.fromtimestamp(20, UTC)
    assert requests_until(tmp_path / "absent", now) is None
    (tmp_path / "bare").write_text(report("a", "teardown", 1.0))
    assert requests_until(tmp_path / "bare", now) is None
