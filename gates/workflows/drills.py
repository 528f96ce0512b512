"""Rehearsed recoveries with their measured times.

A drill that cannot be finished is recorded as failed. A criterion about a drill without a record is never
PASS.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

from gates.actions.ports import Ledger, RevisionProbe, TrafficController
from gates.actions.traffic_move import Patience, Proof, TrafficMove, TrafficMover
from gates.errors import ActionError, GateError
from gates.model.clock import Clock
from gates.model.configuration import NewRevision
from gates.model.criterion import PLATFORM
from gates.model.database import Backup
from gates.model.drill import DrillKind, DrillRecord, Sentinel
from gates.model.platform import Environment, Platform
from gates.model.release import Release
from gates.model.state import Purpose, ServiceState
from gates.model.traffic import TrafficSplit
from gates.operations.database import newest_usable
from gates.operations.ports import DatabaseAdmin, Services
from gates.operations.redeploying import take_over

_LOOK_EVERY_S = 0.05


class DataProbe(Protocol):
    """Leaves marks in the platform's data. Every method raises CloudError."""

    def leave(self, identity: str) -> tuple[Sentinel, ...]:
        """Write one mark into each service that keeps data."""

    def is_there(self, mark: Sentinel) -> bool:
        """Whether the service still has the mark."""

    def remove(self, mark: Sentinel) -> None:
        """Take a mark away as far as the service lets one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPorts:
    """What drills need of the world."""

    services: Services
    database: DatabaseAdmin
    traffic: TrafficController
    probe: RevisionProbe
    witness: DataProbe
    ledger: Ledger
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one drill found: seconds to recover, seconds of data lost, and what was seen."""

    rto_s: float
    rpo_s: float
    detail: str


class Drills:
    """Drills in one environment of the platform; `release` is what is recovered.

    What did not recover within the longest time that an objective of a tier allows has failed.
    """

    def __init__(
        self, ports: DrillPorts, environment: Environment, platform: Platform, release: Release
    ) -> None:
        self._ports = ports
        self._within_s = max(tier.rto for tier in platform.tiers).total_seconds()
        self._environment = environment.name
        self._fingerprint = release.fingerprint
        self._names = platform.service_names
        self._cloud_name = environment.cloud_run_name

    def restore(self, identities: tuple[str, str]) -> DrillRecord:
        """Lose the database and bring it back from a backup.

        Marks are written before and after a fresh backup; after the restore the first must be there and the
        second gone. The time is measured until every service is well again. The loss is the age of the newest
        automated backup at the moment of the loss: after a real one no other backup would exist.
        """
        return self._drilled(DrillKind.RESTORE, PLATFORM, lambda: self._restore(identities))

    def redeploy(self, service: str, kind: DrillKind = DrillKind.REDEPLOY) -> DrillRecord:
        """Deploy a service again from the recorded image of the serving revision, until it answers itself."""
        return self._drilled(kind, service, lambda: self._redeploy(service, self._serving(service)))

    def redeploy_all(self) -> tuple[DrillRecord, ...]:
        """Deploy all services again at once; one record for each."""
        with ThreadPoolExecutor(max_workers=len(self._names)) as pool:
            return tuple(pool.map(lambda name: self.redeploy(name, DrillKind.REDEPLOY_ALL), self._names))

    def partial(self, service: str, source: str) -> DrillRecord:
        """Deploy a service from an earlier revision's recorded image, look at its health, and go back."""

        def act() -> Measured:
            serving = self._serving(service)
            try:
                found = self._redeploy(service, source)
                health = self._ports.services.health(service)
                if not health.is_well:
                    raise ActionError(f"{service} from {source} is not well: {health.shortcoming}")
            finally:
                self._redeploy(service, serving)
            return found

        return self._drilled(DrillKind.PARTIAL, service, act)

    def rollback(self, service: str, target: str) -> DrillRecord:
        """Send all traffic to the last good revision, until it answers itself, and back again."""
        return self._drilled(DrillKind.ROLLBACK, service, lambda: self._roll(service, target))

    def _restore(self, identities: tuple[str, str]) -> Measured:
        witness, database, clock = self._ports.witness, self._ports.database, self._ports.clock
        kept = witness.leave(identities[0])
        backup = database.back_up()
        lost = witness.leave(identities[1])
        exposure = self._exposure(database.backups())
        started = clock.monotonic()
        database.restore(backup.id)
        self._await_all(started)
        seconds = clock.monotonic() - started
        missing = [mark.service for mark in kept if not witness.is_there(mark)]
        if missing:
            raise ActionError(f"what was written before the backup is gone from {', '.join(missing)}")
        stayed = [mark.service for mark in lost if witness.is_there(mark)]
        if stayed:
            raise ActionError(f"what was written after the backup is still in {', '.join(stayed)}")
        for mark in kept:
            witness.remove(mark)
        seen = f"{len(kept)} marks came back, {len(lost)} later ones are lost"
        return Measured(rto_s=seconds, rpo_s=exposure, detail=f"backup {backup.id}: {seen}")

    def _exposure(self, backups: tuple[Backup, ...]) -> float:
        """Return the age of the newest automated backup in seconds: what a loss now would cost."""
        automated = newest_usable(tuple(one for one in backups if one.kind == "AUTOMATED"))
        if automated is None:
            raise ActionError("there is no automated backup: a disaster would lose everything")
        return max(0.0, automated.age(self._ports.clock.now()).total_seconds())

    def _await_all(self, started: float) -> None:
        waiting, clock = list(self._names), self._ports.clock
        left = self._within_s - (clock.monotonic() - started)

        def are_ready() -> bool:
            waiting[:] = [name for name in waiting if not self._ports.services.is_ready(name)]
            return not waiting

        if not clock.until(are_ready, within=left, every=_LOOK_EVERY_S):
            raise ActionError(f"{', '.join(waiting)} did not come back within {self._within_s:g} s")

    def _redeploy(self, service: str, source: str) -> Measured:
        ports, started = self._ports, self._ports.clock.monotonic()
        revision = f"{self._cloud_name(service)}-drill-{secrets.token_hex(3)}"
        new = NewRevision(name=revision, purpose=Purpose.DRILL, source=source)
        move = take_over(ports.traffic.describe(service), new, ports.probe)
        if move.proof is None:
            raise ActionError(
                f"several revisions share the traffic of {service}: a copy cannot be told apart"
            )
        self._execute(move)
        seconds = ports.clock.monotonic() - started
        return Measured(rto_s=seconds, rpo_s=0.0, detail=f"{revision} is a copy of {source} and answers")

    def _roll(self, service: str, target: str) -> Measured:
        ports, before = self._ports, self._ports.traffic.describe(service)
        drilled = before.traffic.all_to(target)
        started = ports.clock.monotonic()
        try:
            self._shift(service, drilled, over=before.traffic, answers=target)
            seconds = ports.clock.monotonic() - started
        finally:
            self._shift(service, before.traffic, over=drilled, answers=before.sole_serving)
        return Measured(rto_s=seconds, rpo_s=0.0, detail=f"{target} answered, and the traffic is back")

    def _shift(self, service: str, split: TrafficSplit, *, over: TrafficSplit, answers: str | None) -> None:
        """Write a traffic list in the place of `over`; a list that was changed meanwhile stays.

        `answers` is the revision that must answer then, None when several share the traffic.
        """

        def objection(state: ServiceState) -> ActionError | None:
            if state.traffic == over:
                return None
            return ActionError(f"another actor moved the traffic of {service} during the drill")

        probe = self._ports.probe
        proof = Proof(revision=answers, asked=lambda: probe.answering_revision(service)) if answers else None
        self._execute(
            TrafficMove(service=service, wanted=lambda _state: split, objection=objection, proof=proof)
        )

    def _execute(self, move: TrafficMove) -> None:
        patience = Patience(settle_s=self._within_s, poll_s=_LOOK_EVERY_S)
        TrafficMover(move, self._ports.traffic, self._ports.clock, patience).execute()

    def _serving(self, service: str) -> str:
        state = self._ports.traffic.describe(service)
        return state.sole_serving or state.latest_ready

    def _drilled(self, kind: DrillKind, subject: str, act: Callable[[], Measured]) -> DrillRecord:
        """Run a drill and record its result, or that it failed and when."""
        clock = self._ports.clock
        started = clock.monotonic()
        record = DrillRecord(
            kind=kind,
            subject=subject,
            environment=self._environment,
            fingerprint=self._fingerprint,
            rto_s=0.0,
            rpo_s=0.0,
            passed=False,
            at=clock.now(),
            detail="",
        )
        try:
            found = act()
        except GateError as error:
            seconds = clock.monotonic() - started
            record = replace(record, rto_s=seconds, at=clock.now(), detail=error.diagnostics())
        else:
            record = replace(
                record,
                rto_s=found.rto_s,
                rpo_s=found.rpo_s,
                passed=True,
                at=clock.now(),
                detail=found.detail,
            )
        self._ports.ledger.record_drill(record)
        return record


def drill_everything(
    drills: Callable[[], Drills],
    identities: tuple[str, str],
    names: Sequence[str],
    target: Callable[[str], str],
) -> list[DrillRecord]:
    """Restore, redeploy everything, then rehearse the rollback of every service.

    `drills` is asked again for the rollbacks: they are about the revisions that serve from then on.
    """
    now = drills()
    records = [now.restore(identities), *now.redeploy_all()]
    later = drills()
    return [*records, *(later.rollback(name, target(name)) for name in names)]
