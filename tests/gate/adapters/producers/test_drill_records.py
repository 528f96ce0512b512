"""Producers see the drills of their environment and the objectives of a service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.adapters.producers.drill_records import recorded_drills, tier_of
from gates.errors import ConfigurationError
from tests.support.builders import drill

DRILL = drill(at=datetime(2026, 3, 1, tzinfo=UTC))


def test_the_ledger_s_drills_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the gate keeps its reports; an empty ledger has none."""
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    assert recorded_drills("sandbox") == ()
    SqliteLedger(tmp_path / "gate.sqlite3").record_drill(DRILL)
    assert recorded_drills("sandbox") == (DRILL,)
    assert recorded_drills("production") == ()


def test_a_service_has_the_objectives_of_its_tier() -> None:
    """As the platform's document says; an unknown service has none."""
    assert tier_of("auth-service").rto == timedelta(minutes=15)
    with pytest.raises(ConfigurationError, match="has no tier"):
        tier_of("nobody")
