"""`gate synthetic`: journeys are taken, shown, written down, and end with the right code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gates import cli
from gates.errors import CloudError
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationState
from tests.support.fake_context import FakeContext, check
from tests.support.release_run import Run, healthy

FILE = "tests/validation/immediate/test_journeys.py"
ANALYST = check("JRN-A", "journeys", f"{FILE}::test_analyst_workflow")
MANAGER = check("JRN-B", "journeys", f"{FILE}::test_manager_workflow")
OTHER = check("HLT-X", "health", f"{FILE}::test_health")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    """Two journeys that pass, and a criterion that is none."""
    made = FakeContext(Run(healthy, demands=(ANALYST, MANAGER, OTHER)), tmp_path)
    made.steps = (("open the door", 0.25),)
    made.installed(monkeypatch)
    return made


def bad_manager(context: FakeContext, value: float | None) -> None:
    """Let the manager's journey fail, or nobody see it."""
    context.run.source.seen = lambda criterion, _service: value if criterion.id == "JRN-B" else 0.0


def test_all_journeys_pass_and_are_written_down(
    context: FakeContext, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The table has steps with seconds; log, ledger and run folder know each journey."""
    assert cli.invoke(["synthetic", "--env", "sandbox", "--all"]) is ExitCode.GO
    shown = capsys.readouterr().out
    (kept,) = tmp_path.glob("synthetic-*/synthetic.json")

    assert "passed" in shown
    assert "0.25 s    open the door" in shown
    assert [result.journey for result in context.journey_log.written] == [
        "analyst_workflow",
        "manager_workflow",
    ]
    assert [(one.subject, one.state) for one in context.ledger.recorded] == [
        ("analyst_workflow", OperationState.DONE),
        ("manager_workflow", OperationState.DONE),
    ]
    assert [entry["journey"] for entry in json.loads(kept.read_text())] == [
        "analyst_workflow",
        "manager_workflow",
    ]


def test_a_failed_journey_is_said_written_and_ends_with_one(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also when the log cannot be written: the journey's failure comes first."""
    bad_manager(context, 1.0)

    assert cli.invoke(["synthetic", "--env", "sandbox", "--all"]) is ExitCode.NO_GO
    assert "FAILED" in capsys.readouterr().out
    assert [result.outcome for result in context.journey_log.written] == ["PASS", "FAIL"]
    context.journey_log.refusal = CloudError("no log")
    assert cli.invoke(["synthetic", "--env", "sandbox", "manager_workflow"]) is ExitCode.NO_GO


def test_a_log_that_cannot_be_written_is_no_failure_of_the_journey(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journey passed, the write did not: said so, and an exit code of its own."""
    context.journey_log.refusal = CloudError("no log")

    assert cli.invoke(["synthetic", "--env", "sandbox", "analyst_workflow"]) is ExitCode.ACTION_FAILED
    said = capsys.readouterr()
    assert "passed" in said.out
    assert "the log does not know: no log" in said.err


def test_a_journey_that_nobody_took_is_not_written_as_one(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """No evidence is no result: exit 10, and the log gets only what was seen."""
    bad_manager(context, None)

    assert cli.invoke(["synthetic", "--env", "sandbox", "--all"]) is ExitCode.INCONCLUSIVE
    assert [result.journey for result in context.journey_log.written] == ["analyst_workflow"]


def test_without_a_name_the_journeys_are_listed(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing runs; what is no journey is not listed."""
    assert cli.invoke(["synthetic", "--env", "sandbox"]) is ExitCode.GO
    shown = capsys.readouterr().out

    assert "analyst_workflow" in shown
    assert "health" not in shown
    assert context.journey_log.written == []


def test_an_unknown_journey_is_refused(context: FakeContext, capsys: pytest.CaptureFixture[str]) -> None:
    """The refusal names those that are known."""
    assert cli.invoke(["synthetic", "--env", "sandbox", "nonsense"]) is ExitCode.USAGE_ERROR
    assert "analyst_workflow" in capsys.readouterr().err


def test_json_prints_the_document_of_the_run_folder(
    context: FakeContext, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """For a scheduler: the same document on stdout as in the folder."""
    cli.invoke(["synthetic", "--env", "sandbox", "--all", "--format", "json"])
    (kept,) = tmp_path.glob("synthetic-*/synthetic.json")

    assert json.loads(capsys.readouterr().out) == json.loads(kept.read_text())
