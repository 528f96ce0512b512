"""Runs of the gate with a folder of their own, and their notifications."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gates.adapters.machine.settings import ledger_path, reports_folder
from gates.composition.environment import Context
from gates.composition.records import sign_record

if TYPE_CHECKING:
    from gates.adapters.notifications.notifier import Notifier
    from gates.adapters.runs.run_folder import RunFolder
    from gates.model.criterion import Criterion
    from gates.model.events import Event
    from gates.model.evidence import EvidenceBundle
    from gates.model.record import DecisionRecord
    from gates.model.verdict import Verdict
    from gates.reporting.report import VerdictReport
    from gates.workflows.failure_actions import FailureActions
    from gates.workflows.gate_run import Begin, GateRun
    from gates.workflows.notifications import Notifications
    from gates.workflows.pending_decisions import PendingDecisions
    from gates.workflows.pipeline import Gate
    from gates.workflows.request import Request


def run_in(
    folder: RunFolder,
    gate: Callable[..., Gate],
    *listeners: Callable[[Event], None],
    seconds: float = 0,
    **options: Any,
) -> GateRun:
    """Return the run of a gate that writes its conclusions into a folder, and calls the listeners too."""
    from gates.adapters.runs.run_keeper import RunKeeper
    from gates.workflows.gate_run import GateRun

    keeper = RunKeeper(folder)
    everybody: tuple[Callable[[Event], None], ...] = (keeper, *listeners)

    def announce(event: Event) -> None:
        for listener in everybody:
            listener(event)

    return GateRun(gate=gate(folder, announce=announce, seconds=seconds, **options), keeper=keeper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a run came to, the folder that keeps it, and the seconds it took; no report if none was made."""

    folder: RunFolder
    record: DecisionRecord
    report: VerdictReport | None
    seconds: float = 0.0

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return self.folder.path

    @property
    def verdict_json(self) -> str:
        """What `verdict.json` holds, written or not."""
        return self.folder.verdict_json(self.record.verdict).decode()


def take(
    context: Context,
    request: Request,
    listener: Callable[[Event], None],
    *,
    seconds: float,
    is_fail_fast: bool,
) -> Kept:
    """Take a release through the gate, in a new folder.

    Raises:
        GateError: the gate cannot look, or the verdict is GO and could not be written down.
    """
    from gates.workflows.gate_run import take_run

    folder, clock = context.run_folder(request.run_id), context.ports.clock
    begun = run_in(folder, context.gate, listener, seconds=seconds, is_fail_fast=is_fail_fast)
    started = clock.monotonic()
    record = take_run(begun, request, notifications(context).record)
    sign_record(context, folder, record)
    elapsed = clock.monotonic() - started
    return Kept(folder=folder, record=record, report=begun.keeper.report, seconds=elapsed)


def judge_again(context: Context, path: Path) -> Kept:
    """Judge a run now into a folder beside it, with what people have signed since.

    Raises:
        GateError: its evidence is not there, or the verdict is GO and could not be written down.
    """
    from gates.workflows import judging

    opened = context.open_run_folder(path)
    setup, seen = opened.read_setup(), opened.read_evidence()
    beside = context.run_folder(opened.name_beside(), opened.path.resolve().parent)
    begun = run_in(beside, context.gate)

    def evidence(criteria: tuple[Criterion, ...]) -> EvidenceBundle:
        said = context.statements.evidence(criteria, setup.release)
        return beside.write_evidence(judging.with_statements(seen, said))

    record = judging.judge_again(begun, beside.run_id, setup, evidence, notifications(context).record)
    sign_record(context, beside, record)
    return Kept(folder=beside, record=record, report=begun.keeper.report)


def replay(context: Context, path: Path) -> tuple[Verdict, VerdictReport, bool]:
    """Judge a run into its own folder; return the verdict, its report, and whether there was one before.

    Raises:
        GateError: an earlier verdict is another one, or its evidence is not there.
    """
    from gates.reporting.report import report_of
    from gates.workflows import judging

    opened = context.open_run_folder(path)
    before = opened.read_verdict() if (opened.path / "verdict.json").exists() else None
    begun = run_in(opened, context.gate)
    verdict = judging.replay(begun, opened.run_id, opened.read_setup(), opened.read_evidence(), before)
    return verdict, report_of(opened.read_verdict(), run_id=opened.run_id), before is not None


def run_id_now() -> str:
    """Return the id of a run that begins now: the time in UTC, to the millisecond."""
    return f"{_now():%Y%m%d-%H%M%S-%f}"[:-3]


def beginning(context: Context, seconds: float, root: Path | None = None) -> Begin:
    """Return what begins runs with folders of their own, below `root` or below the reports."""
    return lambda run_id: run_in(context.run_folder(run_id, root), context.gate, seconds=seconds)


def notifications(context: Context) -> Notifications:
    """Return what notifies the channels of an environment; without channels nothing of it is loaded."""
    from gates.workflows.notifications import Notifications

    def channels() -> Notifier:
        from gates.adapters.notifications.notifier import Notifier

        return Notifier.of(context.platform, context.environment, ledger_path(), context.redactor)

    return Notifications(
        place=context.environment.name,
        channels=channels if context.environment.notifications else None,
        folder_of=lambda run_id: str(reports_folder() / run_id),
    )


def failure_actions(context: Context, folder: Path, *, by: str) -> FailureActions:
    """Return what carries out the decision of a run that is no rollback."""
    from gates.workflows.failure_actions import FailureActions

    return FailureActions(
        run_id=folder.resolve().name,
        place=context.environment.name,
        platform=context.platform,
        ledger=context.ledger,
        notifications=notifications(context),
        now=_now,
        by=by,
    )


def pending_decisions(context: Context, *, by: str) -> PendingDecisions:
    """Return the decisions of the environment that wait for a role."""
    from gates.workflows.pending_decisions import PendingDecisions

    def decided() -> Iterator[RunFolder]:
        reports = reports_folder()
        for path in sorted(reports.iterdir()) if reports.is_dir() else ():
            if (path / "decision.json").exists():
                yield context.open_run_folder(path)

    return PendingDecisions(
        place=context.environment.name,
        runs=decided,
        ledger=context.ledger,
        notifications=notifications(context),
        escalation=context.platform.policy.escalation,
        now=_now,
        by=by,
    )


def _now() -> datetime:
    return datetime.now(UTC)
