"""A gate over a fake cloud with two revisions of two services: what the tests of a whole run begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from gates.decision.candidates import ServiceView
from gates.decision.ending import exit_code
from gates.model import events
from gates.model.criterion import Catalogue, Criterion, Priority, Stage
from gates.model.decision import PreAuthorisation
from gates.model.evidence import Evidence, EvidenceBundle, Subject, Window
from gates.model.exit_code import ExitCode
from gates.model.platform import Environment, MatrixRow, Platform, ServiceSpec
from gates.model.record import DecisionRecord
from gates.model.release import Release
from gates.workflows.pipeline import Gate
from gates.workflows.request import Request, RollbackMode
from gates.workflows.rollback import RollbackEngine
from tests.support.builders import criterion, environment, evidence
from tests.support.fake_cloud import EPOCH, FakeCloud, FakeLedger, fake_ports, two_revisions
from tests.support.fake_journal import FakeJournal

SERVICES = ("frontend", "auth-service")
PLATFORM = Platform(
    name="shop",
    services=(
        ServiceSpec(name="frontend", title="Frontend", tier="t", depends_on=("auth-service",)),
        ServiceSpec(name="auth-service", title="Auth", tier="t"),
    ),
    tiers=(),
    matrix=(
        MatrixRow(
            priority=Priority.P0,
            response_time=timedelta(minutes=5),
            rollback_type="Automated",
            authority="on-call",
        ),
    ),
    roles=("on-call",),
    digest="sha256:p",
)
DEMANDS = (criterion(services=SERVICES),)
Seen = Callable[[Criterion, str], float | None]


class FakeSource:
    """Delivers what `seen` says of each criterion and service about the candidate, once per producer."""

    def __init__(self, seen: Seen, flaws: tuple[str, ...] = ()) -> None:
        self.seen, self.flaws = seen, flaws
        self.meanwhile: Callable[[], None] = lambda: None
        self.at = EPOCH

    def collect(
        self,
        criteria: Sequence[Criterion],
        release: Release,
        views: Sequence[ServiceView],
        changes: Callable[[], Sequence[str]],
    ) -> EvidenceBundle:
        """Return one observation per criterion, service and producer, or none."""
        items = [
            item
            for demanded in criteria
            for service in demanded.services
            for producer in demanded.producers
            if (item := self._one(demanded, service, producer, release)) is not None
        ]
        self.meanwhile()
        return EvidenceBundle(items=tuple(items), flaws=(*self.flaws, *changes()))

    def _one(self, demanded: Criterion, service: str, producer: str, release: Release) -> Evidence | None:
        value = self.seen(demanded, service)
        entry = release.of(service)
        if value is None or entry is None:
            return None
        subject = Subject(service=service, revision=entry.candidate.name, digest=entry.candidate.digest)
        window = Window(start=self.at, end=self.at)
        return evidence(
            value, criterion=demanded.id, subject=subject, window=window, producer=f"{producer}[{service}]"
        )


def granted(**changes: object) -> PreAuthorisation:
    """Return the word of the one on call that covers a rollback of P0 for a day."""
    made = PreAuthorisation(
        priority=Priority.P0,
        by="person-one",
        role="on-call",
        issued_at=EPOCH,
        expires_at=EPOCH + timedelta(days=1),
        statement="P0.json",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


class Run:
    """One gate over a fake cloud with two revisions of each service."""

    def __init__(  # noqa: PLR0913 - each is one thing that a test may be about
        self,
        seen: Seen,
        *,
        demands: tuple[Criterion, ...] = DEMANDS,
        flaws: tuple[str, ...] = (),
        is_standing: bool = True,
        platform: Platform = PLATFORM,
        place: Environment | None = None,
    ) -> None:
        self.cloud = FakeCloud(services={name: two_revisions(name) for name in platform.service_names})
        self.ledger = FakeLedger(clock=self.cloud.clock)
        self.journal = FakeJournal()
        self.source = FakeSource(seen, flaws)
        self.heard: list[events.Event] = []
        self.standing = [granted()] if is_standing else []
        ports = fake_ports(self.cloud, self.ledger, self.journal)
        place = place or environment()
        self.gate = Gate(
            platform=platform,
            environment=place,
            catalogue=Catalogue(criteria=demands, digest="sha256:c"),
            source=self.source,
            ports=ports,
            announce=self.heard.append,
            guarded=RollbackEngine(place, platform, ports, run_id="guards").guarded,
            standing=lambda _at: tuple(self.standing),
        )

    def go(self, **changes: Any) -> DecisionRecord:
        """Run the immediate stage with automatic rollback."""
        request = Request(stage=Stage.IMMEDIATE, run_id="run-1", rollback=RollbackMode.AUTO)
        return self.gate.run(replace(request, **changes))


def ending(record: DecisionRecord) -> ExitCode:
    """Return the exit code of an automatic run."""
    return exit_code(record.verdict, record.decision, record.receipts, was_to_act=True)


def healthy(_criterion: Criterion, _service: str) -> float:
    """Every check passes."""
    return 0.0


def bad_auth(_criterion: Criterion, service: str) -> float:
    """auth-service fails."""
    return 1.0 if service == "auth-service" else 0.0
