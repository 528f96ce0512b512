"""Producers see the drills of their environment and the objectives of a service."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.adapters.producers.drill_records import recorded_drills, tier_of
from gates.errors import ConfigurationError
from tests.support.builders import drill

SHIPPED = Path(__file__).parents[4] / "platforms" / "isectech"
DRILL = drill(at=datetime.now(UTC))


def test_the_ledger_s_drills_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the gate keeps its reports; an empty ledger has none."""
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    assert recorded_drills("sandbox") == ()
    SqliteLedger(tmp_path / "gate.sqlite3").record_drill(DRILL)
    assert recorded_drills("sandbox") == (DRILL,)
    assert recorded_drills("production") == ()


def test_a_drill_counts_as_long_as_the_policy_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An older one is as none, and the number stands in policy.yaml alone."""
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    folder = Path(shutil.copytree(SHIPPED, tmp_path / "isectech"))
    monkeypatch.setenv("GATE_PLATFORM", str(folder))
    old = replace(DRILL, at=DRILL.at - timedelta(days=91))
    SqliteLedger(tmp_path / "gate.sqlite3").record_drill(old)
    assert recorded_drills("sandbox") == ()
    policy = folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    assert text.count("drillMaxAge: 90d") == 1
    policy.write_text(text.replace("drillMaxAge: 90d", "drillMaxAge: 92d"), encoding="utf-8")
    assert recorded_drills("sandbox") == (old,)


def test_a_service_has_the_objectives_of_its_tier() -> None:
    """As the platform's document says; an unknown service has none."""
    assert tier_of("auth-service").rto == timedelta(minutes=15)
    with pytest.raises(ConfigurationError, match="has no tier"):
        tier_of("nobody")
