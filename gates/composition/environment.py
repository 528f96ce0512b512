"""The composition root: documents become adapters, adapters become the gate; it imports late (ADR 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gates.adapters.machine import clock
from gates.adapters.machine.settings import ledger_path, platform_folder, project_root, reports_folder
from gates.aside import heard
from gates.composition.qualification import carry_of

if TYPE_CHECKING:
    from gates.actions.ports import RollbackPorts
    from gates.adapters.google.cloud_run import CloudRun
    from gates.adapters.google.journey_log import JourneyLog
    from gates.adapters.ledger.golive_ledger import GoLiveLedger
    from gates.adapters.ledger.journal import SqliteJournal
    from gates.adapters.ledger.sqlite_ledger import SqliteLedger
    from gates.adapters.producers.known_credentials import KnownCredentials
    from gates.adapters.runs.run_folder import RunFolder
    from gates.adapters.signing.authorities import Authorities
    from gates.adapters.signing.statements import Statements
    from gates.model.criterion import Catalogue
    from gates.model.events import Event
    from gates.model.platform import Environment, Platform
    from gates.model.timeline import Timeline
    from gates.reporting.redaction import Redactor
    from gates.workflows.pipeline import Gate


@dataclass(frozen=True)
class Context:
    """Everything about one environment, made when it is first asked for.

    `seed` makes what producers generate another than usual; without `workers` as many look as pay. Once
    `is_stopped` says yes, what runs is ended. With `is_looking` no release is judged and nothing changed:
    the documents may then come from an earlier command that read the same ones. `record` is the path or URL
    of the record that answers what is not allowed here, `sign_with` names the key that signs our own.
    """

    environment_name: str
    seed: int | None = None
    is_stopped: Callable[[], bool] = lambda: False
    workers: int | None = None
    is_looking: bool = False
    record: str = ""
    sign_with: str = ""

    @cached_property
    def platform(self) -> Platform:
        """The platform's documents as a value."""
        if self.is_looking:
            return self._kept[0]
        from gates.adapters.documents.documents import load_platform

        return load_platform(platform_folder())

    @cached_property
    def environment(self) -> Environment:
        """The environment's document as a value."""
        if self.is_looking:
            return self._kept[1]
        from gates.adapters.documents.documents import load_environment

        return load_environment(platform_folder(), self.environment_name, self.platform)

    @cached_property
    def _kept(self) -> tuple[Platform, Environment]:
        from gates.adapters.documents.document_cache import read

        return read(platform_folder(), self.environment_name)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All criteria."""
        from gates.adapters.documents.documents import load_catalogue

        return load_catalogue(platform_folder(), self.platform)

    @cached_property
    def cloud(self) -> CloudRun:
        """The cloud's own API."""
        from gates.adapters.google.cloud_run import CloudRun

        place = self.environment
        return CloudRun(place, clock.SystemClock(), fence=lambda: self.journal.fence(place.name))

    @cached_property
    def ledger(self) -> SqliteLedger:
        """What earlier runs concluded and did."""
        from gates.adapters.ledger.sqlite_ledger import SqliteLedger

        return SqliteLedger(ledger_path())

    @cached_property
    def journal(self) -> SqliteJournal:
        """What rollbacks intend, and the lease that keeps two gates apart."""
        from gates.adapters.ledger.journal import SqliteJournal

        return SqliteJournal(ledger_path())

    @cached_property
    def timeline(self) -> Timeline:
        """The slots of a go-live."""
        from gates.adapters.documents.timeline_document import load_timeline

        return load_timeline(platform_folder(), self.catalogue)

    @cached_property
    def golive_ledger(self) -> GoLiveLedger:
        """What is remembered of go-lives."""
        from gates.adapters.ledger.golive_ledger import GoLiveLedger

        return GoLiveLedger(ledger_path())

    @cached_property
    def statements(self) -> Statements:
        """What people signed about releases here."""
        from gates.adapters.signing.statements import statements_in

        signers = Path(self.environment.signers or platform_folder() / "allowed_signers")
        return statements_in(reports_folder() / "attestations", signers, self.platform, self.catalogue)

    @cached_property
    def authorities(self) -> Authorities:
        """Who lets the gate roll back here by itself."""
        from gates.adapters.signing.authorities import Authorities

        named = self.environment.standing
        folder = None if named is None else replace(self.statements.folder, path=Path(named))
        return Authorities(folder=folder, platform=self.platform, environment=self.environment)

    @cached_property
    def known_credentials(self) -> KnownCredentials:
        """Which test identities' secrets are known to be right here."""
        from gates.adapters.producers.known_credentials import KnownCredentials

        return KnownCredentials(self.ledger, self.environment, clock.SystemClock())

    @cached_property
    def ports(self) -> RollbackPorts:
        """What a rollback needs of the world."""
        from gates.composition.rollback_ports import rollback_ports

        path = self.platform.health.version
        return rollback_ports(self.environment, self.cloud, self.ledger, self.journal, path)

    @cached_property
    def journey_log(self) -> JourneyLog:
        """Where the results of synthetic journeys are written."""
        from gates.adapters.google.journey_log import JourneyLog

        return JourneyLog(self.environment)

    @cached_property
    def redactor(self) -> Redactor:
        """Takes out of what is written what the test identities sign in with.

        An identity whose secret is not there has none to hide; the producers that need it say so.
        """
        from gates.adapters.secrets import sensitive
        from gates.reporting.redaction import Redactor

        references = [reference for _, reference in self.environment.identities]
        return Redactor(sensitive(references, endpoint=self.environment.endpoints.apis_grpc))

    def run_folder(self, run_id: str, root: Path | None = None) -> RunFolder:
        """Make the folder of a new run, below `root` or below the reports.

        Raises:
            UsageError: a run with that id is there already.
        """
        from gates.adapters.runs.run_folder import RunFolder

        return RunFolder.create(root or reports_folder(), run_id, self.redactor)

    def open_run_folder(self, path: Path) -> RunFolder:
        """Return the folder of an earlier run.

        Raises:
            UsageError: there is no such run, or it is about another environment.
        """
        from gates.adapters.runs.run_folder import RunFolder

        return RunFolder.open(path, self.redactor)

    def gate(
        self,
        folder: RunFolder,
        *,
        announce: Callable[[Event], None],
        seconds: float,
        catalogue: Catalogue | None = None,
        is_fail_fast: bool = False,
    ) -> Gate:
        """Return the gate of this environment, writing what its producers say into `folder`.

        `catalogue` takes the place of the platform's own, for checks that are about fewer services. With
        `is_fail_fast` the look ends at the first blocking failure.
        """
        from gates.adapters.machine.tool_versions import tool_versions
        from gates.adapters.producers.evidence_source import ProducerSource
        from gates.adapters.producers.producer_run import PytestProducers
        from gates.adapters.producers.worker_count import worth
        from gates.workflows.pipeline import Gate
        from gates.workflows.rollback_planner import RollbackPlanner

        demanded = catalogue or self.catalogue
        return Gate(
            platform=self.platform,
            environment=self.environment,
            catalogue=demanded,
            source=ProducerSource(
                platform=self.platform,
                catalogue=demanded,
                environment=self.environment,
                producers=PytestProducers(
                    root=project_root(),
                    announce=heard(announce, "printing a check"),
                    is_fail_fast=is_fail_fast,
                    is_stopped=self.is_stopped,
                    seed=self.seed,
                    workers=lambda at, criteria: (
                        self.workers or worth(self.environment, at, criteria=criteria)
                    ),
                    redactor=self.redactor,
                ),
                folder=folder,
                seconds=seconds,
                statements=self.statements,
                book=self.known_credentials,
            ),
            waivers=self.statements.waivers,
            standing=self.authorities.in_force,
            carry=carry_of(self.environment, self.platform, self.catalogue, folder, self.record),
            ports=self.ports,
            announce=announce,
            is_stopped=self.is_stopped,
            guarded=RollbackPlanner(self.environment, self.platform, self.ports).guarded,
            tools=tool_versions(),
        )
