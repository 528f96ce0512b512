"""Runs of the gate with a folder of their own, and who is told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from gates.composition.environment import Context, ledger_path, reports_folder
from gates.model.events import Event
from gates.workflows.notifications import Notifications

if TYPE_CHECKING:
    from pathlib import Path

    from gates.adapters.notifications.notifier import Notifier
    from gates.adapters.runs.run_folder import RunFolder
    from gates.workflows.failure_actions import FailureActions
    from gates.workflows.gate_run import Begin, GateRun
    from gates.workflows.pending_decisions import PendingDecisions
    from gates.workflows.pipeline import Gate


def run_in(
    folder: RunFolder,
    gate: Callable[..., Gate],
    *listeners: Callable[[Event], None],
    seconds: float = 0,
    **options: Any,
) -> GateRun:
    """Return the run of a gate that keeps what it concludes in a folder, and tells the listeners too."""
    from gates.adapters.runs.run_keeper import RunKeeper
    from gates.workflows.gate_run import GateRun

    keeper = RunKeeper(folder)
    everybody: tuple[Callable[[Event], None], ...] = (keeper, *listeners)

    def announce(event: Event) -> None:
        for listener in everybody:
            listener(event)

    return GateRun(gate=gate(folder, announce=announce, seconds=seconds, **options), keeper=keeper)


def beginning(context: Context, seconds: float, root: Path | None = None) -> Begin:
    """Return what begins runs with folders of their own, below `root` or below the reports."""
    return lambda run_id: run_in(context.run_folder(run_id, root), context.gate, seconds=seconds)


def notifications(context: Context) -> Notifications:
    """Return who tells the channels of an environment; where nobody is told, nothing is paid for."""

    def channels() -> Notifier:
        from gates.adapters.notifications.notifier import Notifier
        from gates.reporting.redaction import Redactor

        redactor = Redactor(context.secrets)
        return Notifier.of(context.platform, context.environment, ledger_path(), redactor)

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
    """Return the decisions of the environment that wait for somebody."""
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
