"""A context whose gate stands over the fake cloud of the pipeline's tests; run folders are real."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gates.adapters.runs.run_folder import RunFolder
from gates.decision.candidates import ServiceView
from gates.model.criterion import Criterion
from gates.model.events import Event
from gates.model.evidence import EvidenceBundle
from gates.model.release import Release
from gates.model.timeline import Checkpoint, Timeline
from gates.reporting.redaction import Redactor
from gates.workflows.evidence_source import EvidenceSource
from gates.workflows.pipeline import Gate
from tests.gate.workflows.test_pipeline import Run


@dataclass(frozen=True)
class _Written:
    """Writes what a source delivers into the folder of the run, as the real one does."""

    source: EvidenceSource
    folder: RunFolder

    def collect(
        self,
        criteria: Sequence[Criterion],
        release: Release,
        views: Sequence[ServiceView],
        changes: Callable[[], Sequence[str]],
    ) -> EvidenceBundle:
        return self.folder.write_evidence(self.source.collect(criteria, release, views, changes))


@dataclass
class FakeContext:
    """Stands in for `composition.Context`; `asked` keeps what the gate was built with."""

    run: Run
    reports: Path
    slots: tuple[Checkpoint, ...] = ()
    command: list[dict[str, object]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.is_stopped: Callable[[], bool] = lambda: False
        self.platform = self.run.gate.platform
        self.environment = self.run.gate.environment
        self.environment_name = self.run.gate.environment.name
        self.catalogue = self.run.gate.catalogue
        self.ledger = self.run.ledger
        self.ports = self.run.gate.ports
        self.timeline = Timeline(slots=self.slots)

    def __call__(
        self,
        _name: str,
        seed: int | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
        workers: int | None = None,
    ) -> FakeContext:
        """Stand in for the class."""
        self.command.append({"seed": seed, "workers": workers})
        self.is_stopped = is_stopped
        return self

    def run_folder(self, run_id: str, root: Path | None = None) -> RunFolder:
        """Make the folder of a run."""
        return RunFolder.create(root or self.reports, run_id, Redactor())

    def open_run_folder(self, path: Path) -> RunFolder:
        """Return the folder of an earlier run."""
        return RunFolder.open(path, Redactor())

    def gate(
        self,
        folder: RunFolder,
        *,
        announce: Callable[[Event], None],
        seconds: float,
        is_fail_fast: bool = False,
    ) -> Gate:
        """Return the gate with another listener."""
        self.command.append({"folder": folder.run_id, "seconds": seconds, "fail_fast": is_fail_fast})
        source = _Written(self.run.gate.source, folder)
        return replace(self.run.gate, announce=announce, source=source)
