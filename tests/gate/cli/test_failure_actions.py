"""What is decided beside a rollback is done too: scaled, or an incident opened; once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gates import composition
from gates.cli import failure_actions
from gates.cli.failure_actions import carry_out
from gates.errors import UsageError
from gates.model.criterion import Priority
from gates.model.decision import Decision, DecisionKind
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationState
from tests.support.builders import NOW
from tests.support.fake_room import FakeOperations


def decided(kind: DecisionKind) -> Decision:
    """Return a P2 about service a that is due in an hour."""
    return Decision(
        kind=kind,
        because=("LOD-P95 a: 2500 ms, wanted below 2000 ms",),
        services=("a",),
        priority=Priority.P2,
        authority="owner",
        decided_at=NOW,
        due=NOW + timedelta(hours=1),
    )


@pytest.fixture
def place(operations: FakeOperations, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeOperations:
    """Give operations over fakes, and a folder for what is written."""
    monkeypatch.setattr(failure_actions, "OperationsContext", operations)
    monkeypatch.setenv(composition.REPORTS_VARIABLE, str(tmp_path))
    monkeypatch.setenv("GATE_ACTOR", "ann")
    return operations


def test_scale_keeps_more_instances_of_what_is_to_blame(place: FakeOperations, tmp_path: Path) -> None:
    """As many as the policy says or the service may have; a second time is refused."""
    run = tmp_path / "r1"
    assert carry_out(place, run, decided(DecisionKind.SCALE), is_sure=True) is ExitCode.NO_GO  # type: ignore[arg-type]
    assert place.configuration.services["a"].scaling.minimum == 4
    assert place.configuration.services["b"].scaling.minimum == 1
    (kept,) = [one for one in place.ledger.written if one.subject == "r1"]
    assert (kept.action, kept.state) == ("decision-carried-out", OperationState.DONE)
    with pytest.raises(UsageError, match="carried out already"):
        carry_out(place, run, decided(DecisionKind.SCALE), is_sure=True)  # type: ignore[arg-type]


def test_a_scaling_that_failed_still_waits(place: FakeOperations, tmp_path: Path) -> None:
    """A human is needed now, and the decision is not over."""
    place.configuration.refuses = True
    run = tmp_path / "r1"
    ended = carry_out(place, run, decided(DecisionKind.SCALE), is_sure=True)  # type: ignore[arg-type]
    assert ended is ExitCode.ACTION_FAILED
    assert [one.state for one in place.ledger.written if one.subject == "r1"] == [OperationState.FAILED]


def test_investigate_opens_an_incident_about_the_run(
    place: FakeOperations, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the decision's priority, services and reason; its clock runs."""
    run = tmp_path / "r1"
    assert carry_out(place, run, decided(DecisionKind.INVESTIGATE), is_sure=False) is ExitCode.NO_GO  # type: ignore[arg-type]
    shown = capsys.readouterr().out
    assert "P2  open" in shown
    assert "LOD-P95 a: 2500 ms" in shown
    assert str(run) in shown
    assert [one.state for one in place.ledger.written if one.subject == "r1"] == [OperationState.DONE]


@pytest.mark.parametrize("kind", [DecisionKind.HOLD, DecisionKind.PROMOTE])
def test_what_asks_for_nothing_is_refused(place: FakeOperations, tmp_path: Path, kind: DecisionKind) -> None:
    """There is nothing to carry out."""
    with pytest.raises(UsageError, match="asks for no action"):
        carry_out(place, tmp_path / "r1", decided(kind), is_sure=True)  # type: ignore[arg-type]
