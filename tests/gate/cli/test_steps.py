"""`gate decide | act`: from the verdict of a run folder to its receipts, one step at a time."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from gates import cli, composition
from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.runs.run_keeper import RunKeeper
from gates.errors import LedgerError
from gates.model.criterion import Stage
from gates.model.exit_code import ExitCode
from gates.model.record import DecisionRecord
from gates.reporting.redaction import Redactor
from gates.workflows.request import Request
from tests.support.fake_cloud import revision
from tests.support.fake_context import FakeContext
from tests.support.release_run import Run


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Path]:
    """The folder of a run in which frontend failed, judged and not decided."""
    run = Run(lambda _criterion, service: 1.0 if service == "frontend" else 0.0)
    FakeContext(run, tmp_path).installed(monkeypatch)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(tmp_path))
    folder = RunFolder.create(tmp_path, "run-1", Redactor())
    gate = replace(run.gate, announce=RunKeeper(folder))
    request = Request(stage=Stage.IMMEDIATE, run_id="run-1")
    views = gate.views()
    release = gate.find(request, views).release
    bundle = gate.look(request, gate.demand(request), release, views)
    gate.judge(request, bundle, release, at=gate.ports.clock.now())
    return run, folder.path


def test_a_verdict_is_decided_and_the_decision_is_carried_out(
    judged: tuple[Run, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """The two steps end as one run would: rolled back, proved, exit 11, receipts and reports written."""
    run, folder = judged

    assert cli.invoke(["decide", str(folder), "--env", "sandbox"]) is ExitCode.NO_GO
    assert run.cloud.writes == []
    assert "ROLL_BACK frontend" in capsys.readouterr().out
    assert cli.invoke(["act", str(folder), "--env", "sandbox"]) is ExitCode.ROLLED_BACK
    assert run.cloud.serving("frontend") == "frontend-1"
    assert {"receipts.jsonl", "record.json", "junit.xml"} <= {path.name for path in folder.iterdir()}


def test_acting_twice_is_refused_and_writes_nothing(judged: tuple[Run, Path]) -> None:
    """A run is carried out once: its receipts stand."""
    run, folder = judged
    cli.invoke(["decide", str(folder), "--env", "sandbox"])
    cli.invoke(["act", str(folder), "--env", "sandbox"])
    writes = list(run.cloud.writes)

    assert cli.invoke(["act", str(folder), "--env", "sandbox"]) is ExitCode.USAGE_ERROR
    assert run.cloud.writes == writes


def test_without_authority_and_without_a_terminal_nothing_is_done(
    judged: tuple[Run, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision waits for the role that the matrix names; --yes is that person's."""
    run, folder = judged
    bare = Run(lambda *_: 1.0, is_standing=False)
    FakeContext(bare, folder.parent).installed(monkeypatch)
    cli.invoke(["decide", str(folder), "--env", "sandbox"])

    act = ["act", str(folder), "--env", "sandbox"]
    assert cli.invoke(act) is ExitCode.USAGE_ERROR
    assert cli.invoke([*act, "--role", "intern", "--yes"]) is ExitCode.USAGE_ERROR
    assert cli.invoke([*act, "--role", "on-call"]) is ExitCode.NO_GO
    assert bare.cloud.writes == []
    assert not (folder / "receipts.jsonl").exists()
    assert cli.invoke([*act, "--role", "on-call", "--yes"]) is ExitCode.ROLLED_BACK
    assert run.cloud.writes == []


def test_acting_late_looks_before_it_marks_a_revision(
    judged: tuple[Run, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Somebody deployed and moved the traffic meanwhile: nothing is written, and nothing is quarantined."""
    run, folder = judged
    cli.invoke(["decide", str(folder), "--env", "sandbox"])
    service = run.cloud.services["frontend"]
    service.revisions = (revision("frontend-3", 0), *service.revisions)
    service.traffic = service.traffic.all_to("frontend-3")

    assert cli.invoke(["act", str(folder), "--env", "sandbox"]) is ExitCode.ACTION_FAILED
    assert (run.cloud.writes, run.ledger.tombstones) == ([], set())
    assert "moved the traffic to frontend-3" in capsys.readouterr().out


def test_a_ledger_that_cannot_be_used_hinders_nobody_from_acting_late(
    judged: tuple[Run, Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """That it came late is recorded after the act, or said to be missing."""
    run, folder = judged
    cli.invoke(["decide", str(folder), "--env", "sandbox"])

    def broken(*_arguments: object) -> None:
        assert run.cloud.serving("frontend") == "frontend-1"
        raise LedgerError("it is locked")

    monkeypatch.setattr(run.ledger, "record_operation", broken)

    assert cli.invoke(["act", str(folder), "--env", "sandbox"]) is ExitCode.ROLLED_BACK
    assert "LATE: NOT RECORDED: it is locked" in caplog.text


def test_another_environment_is_refused(judged: tuple[Run, Path]) -> None:
    """A verdict about one place moves nothing in another."""
    _, folder = judged

    assert cli.invoke(["decide", str(folder), "--env", "production"]) is ExitCode.USAGE_ERROR
    assert cli.invoke(["act", str(folder), "--env", "production"]) is ExitCode.USAGE_ERROR


def test_what_waits_is_listed_until_it_is_carried_out(
    judged: tuple[Run, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Late or in time, with whose turn it is; a late one is recorded once, and acting ends the wait."""
    run, folder = judged
    cli.invoke(["decide", str(folder), "--env", "sandbox"])
    capsys.readouterr()

    assert cli.invoke(["decisions", "--env", "sandbox", "--escalate"]) is ExitCode.ACTION_FAILED
    assert cli.invoke(["decisions", "--env", "sandbox", "--escalate"]) is ExitCode.ACTION_FAILED
    out = capsys.readouterr().out
    assert "run-1  ROLL_BACK frontend (P0): LATE by" in out
    (breach,) = run.ledger.recorded
    assert (breach.action, breach.subject) == ("response-time", "run-1")
    cli.invoke(["act", str(folder), "--env", "sandbox"])
    assert cli.invoke(["decisions", "--env", "sandbox"]) is ExitCode.GO


def test_what_a_whole_run_prepared_waits_and_is_carried_out_later(
    judged: tuple[Run, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that did nothing leaves no receipts; its decision waits, and acting completes its record."""
    run, folder = judged
    cli.invoke(["decide", str(folder), "--env", "sandbox"])
    opened = RunFolder.open(folder, Redactor())
    record = DecisionRecord(
        run_id="run-1",
        verdict=opened.read_verdict(),
        decision=opened.read_decision(),
        receipts=(),
        tools=(),
    )
    RunKeeper(opened).finish(record)
    capsys.readouterr()

    cli.invoke(["decisions", "--env", "sandbox"])
    assert "run-1  ROLL_BACK frontend" in capsys.readouterr().out
    assert cli.invoke(["act", str(folder), "--env", "sandbox"]) is ExitCode.ROLLED_BACK
    assert [r.action.service for r in opened.read_receipts()] == ["frontend"]
    assert opened.read_record().receipts == opened.read_receipts()
    assert run.cloud.serving("frontend") == "frontend-1"


def test_its_authority_can_dismiss_what_waits(
    judged: tuple[Run, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """With a reason, kept in the ledger; another role, no reason or an unknown run dismiss nothing."""
    run, folder = judged
    cli.invoke(["decide", str(folder), "--env", "sandbox"])
    dismiss = ["decisions", "--env", "sandbox", "--dismiss"]
    for wrong in (
        ["run-9", "--role", "on-call", "--reason", "x"],
        ["run-1", "--role", "intern", "--reason", "x"],
        ["run-1", "--role", "on-call"],
    ):
        assert cli.invoke([*dismiss, *wrong]) is ExitCode.USAGE_ERROR
    assert run.ledger.recorded == []
    capsys.readouterr()
    words = ["--role", "on-call", "--reason", "mended by a new release"]
    assert cli.invoke([*dismiss, "run-1", *words]) is ExitCode.GO
    (kept,) = run.ledger.recorded
    assert (kept.action, kept.subject) == ("decision-dismissed", "run-1")
    assert kept.detail == "on-call: mended by a new release"
    assert "run-1" not in capsys.readouterr().out
