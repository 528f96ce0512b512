"""The way back, proven before it is needed: what a rollback would choose is started and asked.

The revision gets a tag and no traffic, so no user's request goes there; afterwards the tag is gone. What was
seen is recorded as a drill about exactly that revision and image.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from gates.actions.ports import TrafficController
from gates.actions.traffic_change import change_traffic
from gates.errors import GateError
from gates.model.decision import RollBack, Target
from gates.model.drill import DrillKind, DrillRecord
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.operations.ports import Time
from gates.workflows.drills import DrillLedger

TAG = "way-back"


class TaggedRevision(Protocol):
    """Asks a revision behind its tag."""

    def wait_for_tag(self, service: str, tag: str) -> None:
        """Return once the service answers behind the tag; raise UnavailableError after a while."""

    def faults_behind(self, service: str, tag: str, revision: str) -> Sequence[str]:
        """Return what is wrong with it: health, its own name, the way in. Raises CloudError."""


class ReadinessCheck:
    """Proves targets of rollbacks in one environment; `longest` is the cold start that is still good."""

    def __init__(
        self,
        traffic: TrafficController,
        probe: TaggedRevision,
        ledger: DrillLedger,
        clock: Time,
        longest: timedelta,
    ) -> None:
        self._traffic = traffic
        self._probe = probe
        self._ledger = ledger
        self._clock = clock
        self._longest = longest.total_seconds()

    def prove(self, target: Target, environment: str) -> DrillRecord:
        """Start the target behind a tag, ask it, take the tag away, and record what was seen.

        Raises:
            LedgerError: the proof cannot be recorded, so it is none.
        """
        seconds, faults = 0.0, list(target.objections)
        is_warm = False
        try:
            is_warm = target.action.to_revision in dict(self._traffic.describe(target.action.service).serving)
            seconds = self._started(target.action)
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

    def _started(self, action: RollBack) -> float:
        """Tag the target and return the seconds until it answers there."""
        started = self._clock.monotonic()
        change_traffic(
            self._traffic, self._clock, action.service, lambda s: _with_tag(s.traffic, action.to_revision)
        )
        self._probe.wait_for_tag(action.service, TAG)
        return self._clock.monotonic() - started

    def _cleared(self, service: str) -> list[str]:
        """Take the tag away from the list as it is now; return what is wrong when that fails."""
        try:
            change_traffic(self._traffic, self._clock, service, lambda state: _without_tag(state.traffic))
        except GateError as error:
            return [f"the tag {TAG} could not be taken away: {error.cause}"]
        return []


def _without_tag(split: TrafficSplit) -> TrafficSplit:
    return TrafficSplit(targets=tuple(target for target in split.targets if target.tag != TAG))


def _with_tag(split: TrafficSplit, revision: str) -> TrafficSplit:
    return TrafficSplit(targets=(*_without_tag(split).targets, TrafficTarget(revision=revision, tag=TAG)))
