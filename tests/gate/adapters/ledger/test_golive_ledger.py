"""Go-lives are remembered step by step, and the same name goes on where it stood."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gates.adapters.ledger.golive_ledger import GoLiveLedger
from gates.model.timeline import CheckpointRecord, CheckpointState, GoLive
from tests.support.builders import NOW

GOLIVE = GoLive(name="g", environment="sandbox", zero=NOW, candidates=(("auth-service", "a-2"),))


def record(slot: str) -> CheckpointRecord:
    """Return a held slot."""
    return CheckpointRecord(slot=slot, state=CheckpointState.HELD, detail="d", run_id="r", at=NOW)


def test_the_same_name_is_the_go_live_that_was_begun(tmp_path: Path) -> None:
    """Its moment and its candidates stay what they were, whatever is deployed since."""
    ledger = GoLiveLedger(tmp_path / "gate.sqlite3")
    assert ledger.open(GOLIVE) == GOLIVE
    later = replace(GOLIVE, zero=NOW + timedelta(days=1), candidates=())
    assert GoLiveLedger(tmp_path / "gate.sqlite3").open(later) == GOLIVE
    elsewhere = replace(later, environment="staging")
    assert ledger.open(elsewhere) == elsewhere


def test_records_come_back_in_the_order_of_their_writing(tmp_path: Path) -> None:
    """Without the row that began it, and of this go-live alone."""
    ledger = GoLiveLedger(tmp_path / "gate.sqlite3")
    ledger.open(GOLIVE)
    ledger.add(GOLIVE, record("b"))
    ledger.add(replace(GOLIVE, name="other"), record("c"))
    ledger.add(GOLIVE, record("a"))
    assert ledger.slots(GOLIVE) == (record("b"), record("a"))
