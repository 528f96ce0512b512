"""A context for commands that run a few checks: fake cloud, own catalogue, a log that remembers."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gates.adapters.runs.run_folder import RunFolder
from gates.decision.candidates import ServiceView
from gates.errors import CloudError
from gates.model.criterion import Catalogue, Criterion
from gates.model.events import Event
from gates.model.evidence import Evidence, EvidenceBundle, Subject, Window
from gates.model.journey import JourneyResult
from gates.model.release import Release
from gates.reporting.redaction import Redactor
from gates.workflows.pipeline import Gate
from tests.gate.workflows.test_pipeline import Run, Seen
from tests.support.builders import criterion, evidence
from tests.support.fake_clock import EPOCH


def check(criterion_id: str, category: str, producer: str, **changes: object) -> Criterion:
    """Return a criterion of a category with one producer."""
    return criterion(id=criterion_id, category=category, producers=(producer,), **changes)


@dataclass
class SpotSource:
    """Delivers what a function says, by every producer that a criterion names."""

    seen: Seen
    flaws: tuple[str, ...] = ()

    def collect(
        self,
        criteria: Sequence[Criterion],
        release: Release,
        views: Sequence[ServiceView],
        changes: Callable[[], Sequence[str]],
    ) -> EvidenceBundle:
        """Return one observation per producer and service, or none."""
        items = [
            self._one(c, name, producer, release)
            for c in criteria
            for name in c.services
            for producer in c.producers
        ]
        return EvidenceBundle(
            items=tuple(item for item in items if item is not None), flaws=(*self.flaws, *changes())
        )

    def _one(self, demanded: Criterion, service: str, producer: str, release: Release) -> Evidence | None:
        value, entry = self.seen(demanded, service), release.of(service)
        if value is None or entry is None:
            return None
        subject = Subject(service=service, revision=entry.candidate.name, digest=entry.candidate.digest)
        window = Window(start=EPOCH, end=EPOCH)
        return evidence(value, criterion=demanded.id, subject=subject, window=window, producer=producer)


@dataclass
class FakeJourneyLog:
    """Remembers what was written, or refuses."""

    written: list[JourneyResult] = field(default_factory=list)
    refusal: CloudError | None = None

    def write(self, results: Sequence[JourneyResult]) -> None:
        """Take the results."""
        if self.refusal is not None:
            raise self.refusal
        self.written += results


class AdhocContext:
    """Stands in for `composition.Context`; `steps` are told as steps of every check."""

    def __init__(self, demands: tuple[Criterion, ...], seen: Seen, reports: Path) -> None:
        self.run = Run(seen, demands=demands)
        self.source = SpotSource(seen)
        self.platform = self.run.gate.platform
        self.environment = self.run.gate.environment
        self.environment_name = self.environment.name
        self.catalogue = self.run.gate.catalogue
        self.ledger = self.run.ledger
        self.ports = self.run.gate.ports
        self.journey_log = FakeJourneyLog()
        self.steps: tuple[tuple[str, float], ...] = ()
        self.requests: list[Catalogue] = []
        self._reports = reports

    def __call__(self, _name: str, **_how: object) -> AdhocContext:
        """Stand in for the class."""
        return self

    def run_folder(self, run_id: str) -> RunFolder:
        """Make the folder of a run, with the producers' file as they would write it."""
        folder = RunFolder.create(self._reports, run_id, Redactor())
        lines = [self._line(producer) for c in self.catalogue.criteria for producer in c.producers]
        (folder.path / "producers.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return folder

    def _line(self, producer: str) -> str:
        told = [["step", json.dumps({"name": name, "seconds": seconds})] for name, seconds in self.steps]
        return json.dumps({"kind": "report", "id": producer, "when": "teardown", "properties": told})

    def gate(
        self,
        folder: RunFolder,
        *,
        announce: Callable[[Event], None],
        seconds: float,
        catalogue: Catalogue,
        is_fail_fast: bool = False,
    ) -> Gate:
        """Return the gate with another listener and the asked-for catalogue."""
        self.requests.append(catalogue)
        return replace(self.run.gate, announce=announce, catalogue=catalogue, source=self.source)
