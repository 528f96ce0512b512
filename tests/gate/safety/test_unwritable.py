"""A folder of reports that cannot be written stops no rollback, and every other command names it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gates import cli
from gates.adapters.ledger.journal import SqliteJournal
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.runs.snapshots import SnapshotFolder
from gates.decision.ending import rolled_back
from gates.decision.safety_checks import Guard
from gates.errors import ConfigurationError, GateError, LedgerError
from gates.model.exit_code import ExitCode
from gates.reporting.redaction import Redactor
from gates.workflows.rollback import RollbackEngine
from tests.support.fake_cloud import fake_ports
from tests.support.nine_services import ENVIRONMENT, PLATFORM, World


@pytest.fixture(params=["a file is in the way", "nobody may write there"])
def reports(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of reports that is none."""
    folder = tmp_path / "reports"
    folder.write_text("in the way")
    folder = folder if request.param == "a file is in the way" else Path("/proc/nope")
    monkeypatch.setenv("GATE_REPORTS", str(folder))
    return folder


def test_a_rollback_goes_on_without_any_record_and_says_so(reports: Path) -> None:
    """The target is named, so nothing of the ledger is needed."""
    world = World()
    ports = replace(
        fake_ports(world.cloud, world.ledger),
        ledger=SqliteLedger(reports / "gate.sqlite3"),
        journal=SqliteJournal(reports / "gate.sqlite3"),
    )
    engine = RollbackEngine(ENVIRONMENT, PLATFORM, ports, run_id="r")
    plan = engine.plan(["a"], reason="slow", to="a-1")
    lifted: dict[Guard, str] = {}
    receipts = engine.execute(engine.guard(plan, is_planned=False, overrides=lifted, by="me"), lambda _: None)

    assert [receipt.is_verified for receipt in receipts] == [True]
    assert "NOT RECORDED: " in receipts[0].detail
    assert rolled_back(plan, receipts) is ExitCode.GO


def test_a_ledger_that_cannot_be_made_names_the_variable(reports: Path) -> None:
    """Whatever is read."""
    with pytest.raises(LedgerError) as caught:
        SqliteLedger(reports / "gate.sqlite3").operations("sandbox")

    assert "GATE_REPORTS" in caught.value.next_step


NOWHERE = {
    **dict.fromkeys(("admin_grpc", "monitoring_grpc", "apis_grpc", "dns"), "127.0.0.1:1"),
    **dict.fromkeys(("admin_rest", "sql_admin", "mesh"), "http://127.0.0.1:1"),
    "https_port": 1,
    "http_port": 1,
    "ca_file": "ca.pem",
    "identities_file": "identities.json",
    "project": "isectech-sandbox",
    "region": "us-central1",
    "metrics_delay_s": 0.0,
    "pid": 1,
    "resolvers": ["127.0.0.1:1"],
}
"""The endpoints of a sandbox that was ended."""


@pytest.mark.parametrize(
    "argv",
    [
        ["decisions", "--env", "sandbox"],
        ["drill", "report", "--env", "sandbox"],
        ["incident", "status", "--env", "sandbox"],
    ],
    ids=lambda argv: argv[0],
)
def test_what_reads_leaves_with_four_and_names_the_variable(
    reports: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
) -> None:
    """It was no defect of the gate that the folder is missing."""
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(NOWHERE))
    (tmp_path / "identities.json").write_text("{}")
    monkeypatch.setenv("GATE_ENDPOINTS_FILE", str(endpoints))

    assert cli.invoke(argv) is ExitCode.USAGE_ERROR
    assert "GATE_REPORTS must name a writable folder" in capsys.readouterr().err


def test_a_run_is_refused_before_anything_happens(reports: Path) -> None:
    """Nothing would be left of it."""
    with pytest.raises(ConfigurationError) as caught:
        RunFolder.create(reports, "run-1", Redactor())

    assert "GATE_REPORTS" in caught.value.next_step


def test_a_snapshot_that_cannot_be_kept_names_the_variable(reports: Path) -> None:
    """It is none."""
    folder = SnapshotFolder(reports, "sandbox", lambda document: document)
    with pytest.raises(GateError) as caught:
        folder.write({"a": {}}, datetime(2026, 1, 1, tzinfo=UTC))

    assert "GATE_REPORTS" in caught.value.next_step
