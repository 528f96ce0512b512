"""A pytest session whose tests are the evidence of one run of the gate."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gates.adapters.machine import settings
from gates.composition.environment import Context
from gates.composition.records import sign_record
from gates.composition.runs import Kept, notifications, run_in

if TYPE_CHECKING:
    from gates.adapters.runs.run_folder import RunFolder
    from gates.workflows.gate_run import GateRun
    from gates.workflows.request import Request
    from gates.workflows.survey import Prepared


def raw_results() -> AbstractContextManager[Path]:
    """Return a folder for raw results, which is gone after the block."""
    from gates.adapters.machine.scratch import scratch

    return scratch("gate-allure")


@dataclass(frozen=True, kw_only=True)
class PytestSession:
    """What `gate run` does before it looks and after it; the look is pytest's own."""

    context: Context
    folder: RunFolder
    begun: GateRun
    request: Request
    prepared: Prepared
    seconds: float

    @classmethod
    def begin(cls, context: Context, request: Request, seconds: float) -> PytestSession:
        """Find the release and write down where the producers find it."""
        from gates.adapters.producers.targeting import make_target, target_to_json

        folder = context.run_folder(request.run_id)
        begun = run_in(folder, context.gate, seconds=seconds)
        prepared = begun.gate.prepare(request)
        target = make_target(
            context.catalogue,
            context.environment,
            prepared.release,
            prepared.views,
            context.platform,
        )
        target = replace(target, accepted=context.known_credentials.accepted())
        (folder.path / "target.json").write_text(target_to_json(target), encoding="utf-8")
        return cls(
            context=context, folder=folder, begun=begun, request=request, prepared=prepared, seconds=seconds
        )

    def point(self) -> None:
        """Name the folder of the run to everything that the session starts."""
        settings.hand_down(settings.RUN_FOLDER, str(self.folder.path))

    def producers(self, root: Path) -> list[str]:
        """Return the producers of the stage, as pytest's arguments."""
        from gates.adapters.producers import producer_files

        wanted = dict.fromkeys(name for one in self.prepared.criteria for name in one.producers)
        return [*producer_files.existing(wanted, root=root)]

    def conclude(self, status: int, raw: Path, published: tuple[Path, ...], *, is_late: bool) -> Kept:
        """Judge what the session saw, decide, act, notify and write everything down."""
        from gates.adapters.producers.pytest_session import OwnSession

        seen = OwnSession(
            exit_status=status,
            raw=raw,
            published=published,
            too_late_after_s=self.seconds if is_late else None,
            redactor=self.context.redactor,
        )
        gate = self.begun.gate
        gate = replace(gate, source=replace(gate.source, producers=seen))  # type: ignore[type-var]
        record = gate.conclude(self.request, self.prepared)
        notifications(self.context).record(record)
        self.begun.keeper.finish(record)
        sign_record(self.context, self.folder, record)
        return Kept(folder=self.folder, record=record, report=self.begun.keeper.report)
