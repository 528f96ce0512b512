"""The path of a record while its reports are written: one file after the other, rarely back."""

from __future__ import annotations

from pathlib import Path

from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.runs.run_keeper import RunKeeper
from gates.model.events import DecisionMade, VerdictReached
from gates.model.record import DecisionRecord
from gates.reporting.redaction import Redactor
from gates.reporting.terminal import terminal
from tests.support.sample_verdict import bad_verdict, decision, receipt
from tests.support.visits import returns, visits

REPORTERS = ("junit", "sarif", "markdown", "allure", "terminal")
MOST = 10
"""Returns to a file that was left before: what somebody can follow who reads along."""


def test_a_record_becomes_reports_without_going_back_and_forth(tmp_path: Path) -> None:
    """From the end of a run to the text on the terminal, over a verdict with every outcome in it."""
    keeper = RunKeeper(RunFolder.create(tmp_path, "run-1", Redactor(("a-secret",))))
    record = DecisionRecord(
        run_id="run-1", verdict=bad_verdict(), decision=decision(), receipts=(receipt(),), tools=()
    )
    keeper(VerdictReached(verdict=record.verdict))
    keeper(DecisionMade(decision=record.decision))

    def report() -> str:
        keeper.finish(record)
        return terminal(keeper.report) if keeper.report else ""

    files = visits(report)

    assert keeper.troubles == []
    assert {f"reporting/{name}.py" for name in ("junit", "sarif", "markdown", "allure", "terminal")} < set(
        files
    )
    assert returns(files) <= MOST, files
