"""The one stand-in for `composition.Context`: a gate over the fake cloud of a `Run`; run folders are real."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gates import composition
from gates.adapters.runs.allure_report import BuiltReport
from gates.adapters.runs.run_folder import RunFolder
from gates.adapters.signing.authorities import Authorities
from gates.composition import doctor
from gates.decision.candidates import ServiceView
from gates.errors import CloudError, GateError
from gates.model.criterion import Catalogue, Criterion
from gates.model.events import Event
from gates.model.evidence import Evidence, EvidenceBundle
from gates.model.journey import JourneyResult
from gates.model.judgement import Waiver
from gates.model.release import Release
from gates.model.timeline import Checkpoint, Timeline
from gates.reporting.redaction import Redactor
from gates.workflows.evidence_source import EvidenceSource
from gates.workflows.pipeline import Gate
from tests.support.builders import criterion
from tests.support.golive_records import Records
from tests.support.release_run import Run


def check(criterion_id: str, category: str, producer: str, **changes: object) -> Criterion:
    """Return a criterion of a category with one producer."""
    return criterion(id=criterion_id, category=category, producers=(producer,), **changes)


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
class FakeJourneyLog:
    """Remembers what was written, or refuses."""

    written: list[JourneyResult] = field(default_factory=list)
    refusal: CloudError | None = None

    def write(self, results: Sequence[JourneyResult]) -> None:
        """Take the results."""
        if self.refusal is not None:
            raise self.refusal
        self.written += results


@dataclass
class FakePermissions:
    """Everything is granted but what is denied on the project, or on all resources but the named ones."""

    denied: set[str] = field(default_factory=set)
    granted_on: set[str] = field(default_factory=set)
    refusal: CloudError | None = None

    def of_project(self, permissions: Sequence[str]) -> frozenset[str]:
        """Return what is granted on the project."""
        if self.refusal is not None:
            raise self.refusal
        return frozenset(permissions) - self.denied

    def has_on_service(self, service: str, permission: str) -> bool:
        """Whether it is granted on one service."""
        return permission not in self.denied or service in self.granted_on

    def has_on_secret(self, secret: str, permission: str) -> bool:
        """Whether it is granted on one secret."""
        return permission not in self.denied or secret in self.granted_on


@dataclass
class FakeStatements:
    """People sign by adding to two lists."""

    said: list[Evidence] = field(default_factory=list)
    waived: list[Waiver] = field(default_factory=list)

    def evidence(self, _criteria: Sequence[Criterion], _release: Release) -> EvidenceBundle:
        """Return what was attested."""
        return EvidenceBundle(items=tuple(self.said))

    def waivers(self, _release: Release, _at: datetime) -> tuple[Waiver, ...]:
        """Return what was waived."""
        return tuple(self.waived)


@dataclass
class FakeContext:
    """Stands in for `composition.Context` over one `run`; a test sets the part that it is about.

    `refused` maps a part to the error that asking for it raises. `steps` are written as the steps of every
    producer. `environments` keeps the names that commands asked for, `built` what context and gate were made
    with, `narrowed` the catalogues that replaced the platform's own.
    """

    run: Run
    reports: Path
    slots: tuple[Checkpoint, ...] = ()
    steps: tuple[tuple[str, float], ...] = ()
    redactor: Redactor = field(default_factory=Redactor)
    refused: dict[str, GateError] = field(default_factory=dict)
    environments: list[str] = field(default_factory=list)
    built: list[dict[str, object]] = field(default_factory=list)
    narrowed: list[Catalogue] = field(default_factory=list)

    def __post_init__(self) -> None:
        gate = self.run.gate
        self.is_stopped: Callable[[], bool] = lambda: False
        self.platform, self.environment, self.catalogue = gate.platform, gate.environment, gate.catalogue
        self.environment_name = gate.environment.name
        self.cloud, self.ledger, self.journal = self.run.cloud, self.run.ledger, self.run.journal
        self.ports = gate.ports
        self.permissions: Any = FakePermissions()
        self.sign_with = ""
        self.timeline = Timeline(slots=self.slots)
        self.golive_ledger = Records()
        self.journey_log = FakeJourneyLog()
        self.statements = FakeStatements()
        self.authorities = Authorities(folder=None, platform=gate.platform, environment=gate.environment)

    def __getattribute__(self, name: str) -> Any:
        """Return a part, unless it is refused."""
        error = object.__getattribute__(self, "__dict__").get("refused", {}).get(name)
        if error is not None:
            raise error
        return object.__getattribute__(self, name)

    def __call__(
        self,
        name: str,
        seed: int | None = None,
        is_stopped: Callable[[], bool] = lambda: False,
        workers: int | None = None,
        **how: object,
    ) -> FakeContext:
        """Stand in for the class."""
        self.sign_with = str(how.get("sign_with", ""))
        self.environments.append(name)
        self.built.append({"seed": seed, "workers": workers})
        self.is_stopped = is_stopped
        return self

    def installed(self, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
        """Take the place of the real context; no page is made of a run."""
        monkeypatch.setattr(composition, "Context", self)
        monkeypatch.setattr(doctor, "permissions_of", lambda _place: self.permissions)
        monkeypatch.setattr(
            composition, "allure_page", lambda _folder: BuiltReport(page=None, problem="no node")
        )
        return self

    def run_folder(self, run_id: str, root: Path | None = None) -> RunFolder:
        """Make the folder of a run, with the producers' file if there are steps."""
        folder = RunFolder.create(root or self.reports, run_id, Redactor())
        if self.steps:
            lines = [
                self._line(f"{producer}[{service}]")
                for criterion in self.catalogue.criteria
                for service in criterion.services
                for producer in criterion.producers
            ]
            (folder.path / "producers.jsonl").write_text("\n".join(lines), encoding="utf-8")
        return folder

    def _line(self, producer: str) -> str:
        steps = [["step", json.dumps({"name": name, "seconds": seconds})] for name, seconds in self.steps]
        return json.dumps({"kind": "report", "id": producer, "when": "teardown", "properties": steps})

    def open_run_folder(self, path: Path) -> RunFolder:
        """Return the folder of an earlier run."""
        return RunFolder.open(path, Redactor())

    def gate(
        self,
        folder: RunFolder,
        *,
        announce: Callable[[Event], None],
        seconds: float,
        catalogue: Catalogue | None = None,
        is_fail_fast: bool = False,
    ) -> Gate:
        """Return the gate with another listener, and with `catalogue` in the place of the platform's own."""
        self.built.append({"folder": folder.run_id, "seconds": seconds, "fail_fast": is_fail_fast})
        self.narrowed += [catalogue] if catalogue else []
        return replace(
            self.run.gate,
            announce=announce,
            source=_Written(self.run.gate.source, folder),
            waivers=self.statements.waivers,
            catalogue=catalogue or self.catalogue,
        )
