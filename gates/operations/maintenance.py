"""Maintenance mode: users get a page of ours with 503 and Retry-After, and later exactly what they had.

A revision of the maintenance image takes all traffic under the tag `maintenance`; the revision that served
waits under the tag `behind`, at a URL of its own. What was there before is in the ledger before the first
write. Leaving makes a copy of the revision that served, so that "the latest" is a working revision again, and
puts the remembered traffic list back; both travel in one write. Each of the two ends when the service itself
answers with the revision that should have the traffic: `GET /version` of the page names it.

A rollback meanwhile puts another revision behind the page (`gates.actions.attempt`): then that one gets all
traffic, because the list in the cloud says so. A revision that was rolled back as bad never gets it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from gates.actions.ports import RollbackPorts
from gates.actions.traffic_move import Proof, TrafficMove, TrafficMover, deployment
from gates.errors import ActionError, ConfigurationError
from gates.model.configuration import NewRevision
from gates.model.operation import OperationReceipt
from gates.model.state import Purpose, ServiceState
from gates.model.traffic import BEHIND_TAG, MAINTENANCE_TAG, TrafficSplit, TrafficTarget
from gates.operations.performing import Change, Performer

ON = "maintenance on"
OFF = "maintenance off"
OURS = (MAINTENANCE_TAG, BEHIND_TAG)


class Maintenance:
    """Takes services out of use and back; `cloud_name` gives the cloud's name of a service."""

    def __init__(
        self,
        ports: RollbackPorts,
        performer: Performer,
        *,
        image: str | None,
        cloud_name: Callable[[str], str],
    ) -> None:
        self._ports = ports
        self._performer = performer
        self._image = image
        self._cloud_name = cloud_name

    def turn_on(self, service: str, environment: str, *, is_dry: bool) -> OperationReceipt:
        """Give all traffic of a service to a maintenance revision; a page that is there already must answer.

        Raises:
            ConfigurationError: the environment names no maintenance image.
            CloudError: the service cannot be read.
        """
        if self._image is None:
            raise ConfigurationError(
                f"{environment} has no maintenance image",
                next_step="add `maintenanceImage` to the environment's document",
            )
        state = self._ports.traffic.describe(service)
        page = _Memory.of(state)
        new = NewRevision(name=self._name(service, MAINTENANCE_TAG), purpose=Purpose.PAGE, image=self._image)
        kept = tuple(t for t in state.traffic.tagged if t.tag not in OURS)
        target = TrafficTarget(revision=new.name, percent=100, tag=MAINTENANCE_TAG)
        split = TrafficSplit(targets=(target, *kept)).with_behind(page.serving)
        change = Change(
            action=ON,
            subject=service,
            before=page.text,
            after=page.text if state.traffic.is_in_maintenance else new.name,
            calls=(self._ports.traffic.preview(service, split, state.etag, new),),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            self._ports.ledger.quarantine(environment, service, new.name, "maintenance page, never a release")
            move = deployment(service, new, split, over=state.traffic, probe=self._ports.probe)
            self._mover(move).execute()
            return f"{new.name} answers 503 with Retry-After, {page.serving} waits behind it"

        return self._performer.perform(change, act, lambda: self._prove_page(state))

    def turn_off(self, service: str, environment: str, *, is_dry: bool) -> OperationReceipt:
        """Give the traffic back; a service whose traffic was moved meanwhile is left alone.

        It goes back to what had it, or all of it to what a rollback put behind the page.

        Raises:
            CloudError: the service cannot be read.
            LedgerError: the ledger cannot be read.
        """
        state = self._ports.traffic.describe(service)
        here, then = _Memory.of(state), self._comes_back(state)
        new = self._copy(service, then)
        change = Change(
            action=OFF,
            subject=service,
            before=here.text,
            after=then.text if state.traffic.is_in_maintenance else here.text,
            calls=(self._ports.traffic.preview(service, then.split, state.etag, new),),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            self._refuse_quarantined(service, environment, then)
            move = deployment(service, new, then.split, over=state.traffic, probe=self._ports.probe)
            self._mover(move).execute()
            return f"traffic is back: [{then.split}]"

        return self._performer.perform(change, act)

    def preview_off(self, service: str, to: str | None) -> str:
        """Return the call that ends a maintenance that has not begun, after a rollback to a revision.

        Raises:
            CloudError: the service cannot be read.
        """
        now = _Memory.of(self._ports.traffic.describe(service))
        then = now.after_rollback(to or now.serving)
        return self._ports.traffic.preview(service, then.split, "(as read then)", self._copy(service, then))

    def why(self, service: str) -> str:
        """Say who turned maintenance on, when and why; raises LedgerError."""
        begun = self._performer.begun(service, on=ON, off=OFF)
        return f"turned on by {begun.by} at {begun.at:%Y-%m-%d %H:%M:%S}" if begun else "author unknown"

    def _comes_back(self, state: ServiceState) -> _Memory:
        begun = self._performer.begun(state.service, on=ON, off=OFF)
        behind = state.traffic.behind
        if begun is not None and begun.before:
            memory = _Memory.read(begun.before)
            return memory.after_rollback(behind) if behind else memory
        return _Memory.of(state).after_rollback(behind)

    def _refuse_quarantined(self, service: str, environment: str, then: _Memory) -> None:
        """Keep users on the page rather than give them a revision that was rolled back.

        Raises:
            ActionError: the revision that would come back is quarantined, or is not known.
        """
        bearing = {t.revision or then.serving for t in then.split.targets if t.percent} | {then.serving}
        if "" in bearing:
            raise ActionError(
                f"what {service} served before maintenance is not recorded",
                next_step=f"gate rollback {service} --to REVISION",
            )
        for revision in sorted(bearing):
            if self._ports.ledger.is_quarantined(environment, service, revision):
                raise ActionError(
                    f"{revision} would come back, and it was rolled back as bad",
                    next_step=f"finish that rollback (gate rollback resume), or gate rollback {service}",
                )

    def _copy(self, service: str, then: _Memory) -> NewRevision:
        name = self._name(service, "resumed")
        return NewRevision(name=name, purpose=Purpose.RESUMED, source=then.serving or "(not recorded)")

    def _prove_page(self, state: ServiceState) -> None:
        """Return once the page that has the traffic already answers; nothing is written."""
        probe = self._ports.probe
        proof = Proof(revision=state.main_revision, asked=lambda: probe.answering_revision(state.service))
        self._mover(
            TrafficMove(service=state.service, wanted=lambda _now: state.traffic, proof=proof)
        ).prove()

    def _mover(self, move: TrafficMove) -> TrafficMover:
        return TrafficMover(move, self._ports.traffic, self._ports.clock)

    def _name(self, service: str, kind: str) -> str:
        return f"{self._cloud_name(service)}-{kind[:5]}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class _Memory:
    """A traffic list, and the revision of it that serves; what the ledger keeps of a service."""

    serving: str
    split: TrafficSplit

    @classmethod
    def of(cls, state: ServiceState) -> _Memory:
        left = tuple(t for t in state.traffic.targets if t.percent or t.tag not in OURS)
        return cls(state.main_revision, TrafficSplit(targets=left))

    @classmethod
    def read(cls, text: str) -> _Memory:
        found = json.loads(text)
        targets = tuple(
            TrafficTarget(revision=revision, percent=percent, tag=tag)
            for revision, percent, tag in found["targets"]
        )
        return cls(str(found["serving"]), TrafficSplit(targets=targets))

    @property
    def text(self) -> str:
        targets = [[t.revision, t.percent, t.tag] for t in self.split.targets]
        return json.dumps({"serving": self.serving, "targets": targets})

    def after_rollback(self, revision: str) -> _Memory:
        """Return what comes back when that revision waits behind the page."""
        if revision == self.serving:
            return self
        kept = (target for target in self.split.tagged if target.tag not in OURS)
        return _Memory(revision, TrafficSplit(targets=(TrafficTarget(revision=revision, percent=100), *kept)))
