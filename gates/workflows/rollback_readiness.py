"""Rollback readiness: the target of a possible rollback is started and asked before it is needed.

The revision gets a tag and no traffic, so no user's request goes there; afterwards the tag is removed. The
result is recorded as a drill of exactly that revision and image.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from gates.actions.ports import Ledger, TrafficController
from gates.actions.tagged_start import TaggedStart, TagProbe
from gates.decision.rollback_readiness import unproven
from gates.errors import GateError
from gates.model.clock import Clock
from gates.model.decision import RollbackPlan, Target
from gates.model.drill import DrillKind, DrillRecord
from gates.model.release import Release
from gates.workflows.rollback_planner import RollbackPlanner

TAG = "way-back"


class TaggedRevision(TagProbe, Protocol):
    """Asks a revision at the address of its tag."""

    def faults_behind(self, service: str, tag: str, revision: str) -> Sequence[str]:
        """Return what is wrong with its health, its revision or its sign-in. Raises CloudError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackReadiness:
    """Says which rollbacks of an environment a go-live needs, and which of them are verified.

    `release` returns what is deployed or waits to go live; a verification counts for `max_age`.
    """

    environment: str
    planner: RollbackPlanner
    release: Callable[[], Release]
    traffic: TrafficController
    proofs: Ledger
    clock: Clock
    max_age: timedelta

    def candidates(self) -> dict[str, str]:
        """Return the candidates: revisions without a GO, and those without all traffic.

        Raises:
            CloudError: a service cannot be read.
            LedgerError: the ledger cannot be read.
        """
        parts = self.release().services
        leaving = self.waiting({part.service: part.candidate.name for part in parts})
        return {
            part.service: part.candidate.name
            for part in parts
            if part.service in leaving or not part.candidate_verified
        }

    def waiting(self, candidates: Mapping[str, str]) -> dict[str, str]:
        """Return the candidates that do not have all the traffic.

        Raises:
            CloudError: a service cannot be read.
        """
        return {
            service: candidate
            for service, candidate in candidates.items()
            if self.traffic.describe(service).sole_serving != candidate
        }

    def targets(
        self, services: Sequence[str], leaving: Mapping[str, str]
    ) -> tuple[RollbackPlan, tuple[Target, ...]]:
        """Return the rollback of the services if `leaving` were live, and the target of each."""
        plan = self.planner.plan(services, reason="the way back", leaving=leaving)
        return plan, self.planner.examine(plan)

    def unproven(self, candidates: Mapping[str, str]) -> tuple[str, ...]:
        """Return the services whose rollback is not verified now, and why."""
        leaving = self.waiting(candidates)
        plan, targets = self.targets(tuple(leaving), leaving)
        proofs = self.proofs.drills(self.environment, DrillKind.WAY_BACK)
        return unproven(plan, targets, proofs, now=self.clock.now(), max_age=self.max_age)


class ReadinessCheck:
    """Verifies targets of rollbacks in one environment; `longest` is the longest cold start that passes."""

    def __init__(
        self,
        traffic: TrafficController,
        probe: TaggedRevision,
        ledger: Ledger,
        clock: Clock,
        longest: timedelta,
    ) -> None:
        self._traffic = traffic
        self._probe = probe
        self._start = TaggedStart(traffic, probe, clock, TAG)
        self._ledger = ledger
        self._clock = clock
        self._longest = longest.total_seconds()

    def prove_all(self, targets: Sequence[Target], environment: str) -> list[DrillRecord]:
        """Verify all targets at the same time: each belongs to another service.

        Raises:
            LedgerError: a result cannot be recorded, so it does not count.
        """
        if not targets:
            return []
        with ThreadPoolExecutor(max_workers=len(targets)) as pool:
            return list(pool.map(lambda target: self.prove(target, environment), targets))

    def prove(self, target: Target, environment: str) -> DrillRecord:
        """Start the target behind a tag, ask it, remove the tag, and record the result.

        Raises:
            LedgerError: the result cannot be recorded, so it does not count.
        """
        seconds, faults = 0.0, list(target.objections)
        is_warm = False
        try:
            is_warm = target.action.to_revision in dict(self._traffic.describe(target.action.service).serving)
            seconds = self._start.seconds(target.action.service, target.action.to_revision, TAG)
            faults += self._probe.faults_behind(target.action.service, TAG, target.action.to_revision)
        except GateError as error:
            faults.append(error.cause)
        finally:
            faults += self._cleared(target.action.service)
        if seconds > self._longest:
            faults.append(f"it took {seconds:.1f} s to answer, {self._longest:g} s are allowed")
        how = "warm, it serves" if is_warm else f"started in {seconds:.2f} s"
        proof = DrillRecord(
            kind=DrillKind.WAY_BACK,
            subject=target.action.service,
            environment=environment,
            fingerprint=target.identity,
            rto_s=seconds,
            rpo_s=0.0,
            passed=not faults,
            at=self._clock.now(),
            detail="; ".join(faults) or f"{target.action.to_revision} answers: {how}",
        )
        self._ledger.record_drill(proof)
        return proof

    def _cleared(self, service: str) -> list[str]:
        """Remove the tag from the list as it is now; return the error if that fails."""
        try:
            self._start.clear(service)
        except GateError as error:
            return [f"the tag {TAG} could not be taken away: {error.cause}"]
        return []
