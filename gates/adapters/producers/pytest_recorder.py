"""Writes the evidence file: in the controller only, line by line, so that a kill loses nothing before it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gates.adapters.producers.pytest_safety import plain
from gates.evidence.pytest_results import SCHEMA


class Recorder:
    """A pytest plugin object that turns reports into evidence lines.

    It is the controller's: under xdist a report arrives here once, however many workers there are.
    """

    def __init__(self, path: Path, *, environment: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", buffering=1)
        self._collected: list[str] = []
        self._deselected = 0
        self._is_ended = False
        self._is_interrupted = False
        self._write("start", schema=SCHEMA, environment=environment, pid=os.getpid())

    def _write(self, kind: str, **fields: Any) -> None:
        self._file.write(json.dumps({"kind": kind, "at": time.time(), **fields}) + "\n")

    def _flaw(self, text: str) -> None:
        self._write("flaw", text=plain(text)[:2000])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Remember what was collected (without xdist)."""
        self._remember([item.nodeid for item in items])

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Count what a filter took away."""
        self._deselected += len(items)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected is a flaw, and so is one that skips itself."""
        if report.outcome != "passed":
            self._flaw(f"{report.nodeid} could not be collected ({report.outcome}): {report.longrepr}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Remember what was collected (with xdist, the same in every worker)."""
        self._remember(ids)

    def _remember(self, ids: Sequence[str]) -> None:
        """Say how many tests will run, so that progress can be shown."""
        if list(ids) != self._collected:
            self._collected = list(ids)
            self._write("plan", total=len(self._collected), ids=self._collected)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Say what runs now, so that progress can name it."""
        self._write("begin", id=nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, crashitem: str) -> None:
        """A test whose worker died gives no evidence."""
        self._flaw(f"a worker died while it ran {crashitem}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """A worker that went down with an error is a flaw; one that ended says what it deselected."""
        if error:
            self._flaw(f"worker {node.gateway.id} was lost: {error}")
        else:
            self._deselected += int((getattr(node, "workeroutput", None) or {}).get("gate_deselected", 0))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write one phase. Last of all hooks: pytest itself turns outer outcomes of subtests before."""
        outcome: str = report.outcome
        if hasattr(report, "wasxfail"):
            outcome = "xfailed" if report.skipped else "xpassed"
        properties = [(str(name), str(value)) for name, value in report.user_properties]
        extra = {name: value for name, value in properties if name in ("reason", "raised")}
        is_crash = report.when not in ("setup", "call", "teardown")
        self._write(
            "report",
            id=report.nodeid,
            when="call" if is_crash else report.when,
            outcome=outcome,
            is_subtest=type(report).__name__ == "SubtestReport",
            properties=[pair for pair in properties if pair[0] not in ("reason", "raised")],
            reason=_reason(report, extra, outcome),
            raised="lost" if is_crash else extra.get("raised", ""),
            start=getattr(report, "start", None),
            stop=getattr(report, "stop", None),
        )

    def pytest_internalerror(self, excrepr: object) -> None:
        """A defect inside pytest or a plugin is a flaw."""
        self._flaw(f"internal error of the test run: {str(excrepr)[-1500:]}")

    def pytest_keyboard_interrupt(self) -> None:
        """An interrupted run is a flaw, said with what it did not get to."""
        self._is_interrupted = True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Say what was collected and how the session ended."""
        self._write(
            "finish",
            exit_status=int(exitstatus),
            collected=self._collected,
            deselected=self._deselected,
            is_interrupted=self._is_interrupted,
            ended_early=_INTERRUPTED if self._is_interrupted else plain(str(session.shouldfail or "")),
        )

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self) -> None:
        """Close the file with its end mark."""
        self.end()

    def end(self) -> None:
        """Write the end mark, once: a judge in this process reads the file before pytest leaves."""
        if not self._is_ended:
            self._is_ended = True
            self._write("end")
            self._file.close()


_INTERRUPTED = "the test run was interrupted"


def _reason(report: pytest.TestReport, extra: dict[str, str], outcome: str) -> str:
    if outcome == "passed":
        return ""
    if "reason" in extra:
        return extra["reason"]
    if isinstance(report.longrepr, tuple):
        return plain(str(report.longrepr[2]))[:600]
    return plain(str(getattr(report, "wasxfail", "") or report.longrepr or ""))[-600:]
