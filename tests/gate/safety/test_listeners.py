"""What only listens can never end, or mis-state, what acts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from gates import aside
from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.runs.run_keeper import RunKeeper
from gates.decision.ending import rolled_back
from gates.errors import ConfigurationError, GateError, LedgerError
from gates.model.decision import RollbackPlan
from gates.model.events import Event
from gates.model.exit_code import ExitCode
from gates.model.receipt import Receipt
from gates.model.verdict import VerdictOutcome
from gates.reporting.redaction import Redactor
from tests.support.nine_services import SERVICES, World
from tests.support.release_run import Run

ERRORS: list[Exception] = [BrokenPipeError("gone"), OSError(28, "full"), ValueError("closed"), KeyError("?")]


class FailsFrom:
    """A listener that fails from the n-th word on, as a reader does that went away."""

    def __init__(self, heard: int, error: Exception) -> None:
        self._left, self._error = heard, error

    def __call__(self, _said: object) -> None:
        """Hear, or fail."""
        self._left -= 1
        if self._left < 0:
            raise self._error


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("heard", range(10))
def test_a_rollback_is_finished_and_closed_whoever_stops_listening(heard: int, error: Exception) -> None:
    """At any line: every service is back, the journal is closed, the exit code is 0."""
    world = World()
    engine = world.engine()
    plan = engine.plan(SERVICES, reason="slow")
    receipts = engine.execute(plan, FailsFrom(heard, error))

    assert [receipt.is_verified for receipt in receipts] == [True] * len(SERVICES)
    assert engine.unfinished() == ()
    assert rolled_back(plan, receipts) is ExitCode.GO


def roll_back(announce: Callable[[Event], None]) -> tuple[Run, tuple[Receipt, ...]]:
    """Take a bad release through the gate with a listener; it is rolled back."""
    run = Run(lambda _criterion, service: 1.0 if service == "frontend" else 0.0)
    run.gate = replace(run.gate, announce=announce)
    return run, run.go().receipts


@pytest.mark.parametrize("heard", range(14))
def test_a_bad_release_is_rolled_back_whoever_stops_listening(heard: int) -> None:
    """At any event: the receipts prove it."""
    _, receipts = roll_back(FailsFrom(heard, BrokenPipeError("gone")))

    assert receipts
    assert all(receipt.is_verified for receipt in receipts)


def test_what_went_wrong_beside_an_action_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """It is a note, with what it was about."""
    with aside.aside("telling of it"):
        FailsFrom(0, BrokenPipeError("gone"))("it")

    assert "telling of it went wrong: BrokenPipeError: gone" in caplog.text


class Full(RunFolder):
    """A run folder on a disk without space."""

    def _write_once(self, name: str, _content: bytes) -> None:
        raise ConfigurationError(f"cannot write {name}: No space left on device")


def test_a_full_disk_hinders_no_rollback(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The verdict was reached in memory; that it is not written is said."""
    keeper = RunKeeper(Full(tmp_path, Redactor()))
    run = Run(lambda _criterion, service: 1.0 if service == "frontend" else 0.0)
    run.gate = replace(run.gate, announce=keeper)
    record = run.go()
    keeper.finish(record)

    assert all(receipt.is_verified for receipt in record.receipts)
    assert "NOT RECORDED: cannot write verdict.json" in caplog.text


def test_nothing_goes_that_cannot_be_written_down(tmp_path: Path) -> None:
    """GO needs its record."""
    keeper = RunKeeper(Full(tmp_path, Redactor()))
    run = Run(lambda _criterion, _service: 0.0)
    run.gate = replace(run.gate, announce=keeper)
    record = run.go()

    assert record.verdict.outcome is VerdictOutcome.GO
    with pytest.raises(GateError, match="No space left"):
        keeper.finish(record)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_ledger_that_fails_after_the_act_changes_no_no_go_and_lets_nothing_go(value: float) -> None:
    """What was done about a bad release stands; a GO that is not on record is none."""
    run = Run(lambda _criterion, service: value if service == "frontend" else 0.0)

    def broken(*_arguments: object) -> None:
        raise LedgerError("the disk is full")

    run.ledger.record_verdict = broken  # type: ignore[method-assign,assignment]
    if value:
        assert all(receipt.is_verified for receipt in run.go().receipts)
    else:
        with pytest.raises(LedgerError):
            run.go()


def test_an_empty_plan_is_told_to_nobody() -> None:
    """No receipt, no word."""
    world = World()

    assert world.engine().execute(RollbackPlan(), FailsFrom(0, ValueError("never asked"))) == ()
