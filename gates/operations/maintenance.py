"""Maintenance mode: users get a page of ours with 503 and Retry-After, and later exactly what they had.

A revision of the maintenance image takes all traffic under the tag `maintenance`; the revision that served
waits under the tag `behind`, at a URL of its own. What was there before is in the ledger before the first
write. Leaving makes a copy of the revision that served, so that "the latest" is a working revision again, and
puts the remembered traffic list back; both travel in one write.

A rollback meanwhile puts another revision behind the page (`gates.actions.attempt`): then that one gets all
traffic, because the list in the cloud says so. A revision that was rolled back as bad never gets it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from gates.errors import ActionError, ConfigurationError
from gates.model.configuration import NewRevision, ServiceSettings
from gates.model.operation import OperationReceipt
from gates.model.state import Purpose
from gates.model.traffic import BEHIND_TAG, MAINTENANCE_TAG, TrafficSplit, TrafficTarget
from gates.operations.performing import Change, Performer
from gates.operations.ports import Configuration, OperationsLedger

ON = "maintenance on"
OFF = "maintenance off"
OURS = (MAINTENANCE_TAG, BEHIND_TAG)
UPDATE = "google.cloud.run.v2.Services/UpdateService"


class Maintenance:
    """Takes services out of use and back; `cloud_name` gives the cloud's name of a service."""

    def __init__(
        self,
        configuration: Configuration,
        performer: Performer,
        ledger: OperationsLedger,
        *,
        image: str | None,
        cloud_name: Callable[[str], str],
    ) -> None:
        self._configuration = configuration
        self._performer = performer
        self._ledger = ledger
        self._image = image
        self._cloud_name = cloud_name

    def turn_on(self, service: str, environment: str, *, is_dry: bool) -> OperationReceipt:
        """Give all traffic of a service to a maintenance revision.

        Raises:
            ConfigurationError: the environment names no maintenance image.
            CloudError: the service cannot be read.
        """
        if self._image is None:
            raise ConfigurationError(
                f"{environment} has no maintenance image",
                next_step="add `maintenanceImage` to the environment's document",
            )
        image, settings = self._image, self._configuration.settings(service)
        revision, page = self._name(service, MAINTENANCE_TAG), _Memory.of(settings)
        change = Change(
            action=ON,
            subject=service,
            before=page.text,
            after=page.text if is_on(settings) else revision,
            calls=(
                (
                    f"{UPDATE} service={service} update_mask=template,traffic"
                    f" image={image} revision={revision} traffic=[{revision}=100% tag={MAINTENANCE_TAG},"
                    f" {page.serving}=0% tag={BEHIND_TAG}]"
                ),
            ),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            self._ledger.quarantine(environment, service, revision, "maintenance page, never a release")
            tags = [t for t in settings.traffic.targets if t.tag and t.tag not in OURS]
            kept = tuple(TrafficTarget(revision=t.revision, tag=t.tag) for t in tags)
            shown = TrafficTarget(revision=revision, percent=100, tag=MAINTENANCE_TAG)
            split = TrafficSplit(targets=(shown, *kept)).with_behind(page.serving)
            new = NewRevision(name=revision, purpose=Purpose.PAGE, traffic=split, over=settings.traffic)
            self._configuration.deploy(service, image, new)
            return f"{revision} answers 503 with Retry-After, {page.serving} waits behind it"

        return self._performer.perform(change, act)

    def turn_off(self, service: str, environment: str, *, is_dry: bool) -> OperationReceipt:
        """Give the traffic back; a service that somebody moved meanwhile is left alone.

        It goes back to what had it, or all of it to what a rollback put behind the page.

        Raises:
            CloudError: the service cannot be read.
            LedgerError: the ledger cannot be read.
        """
        settings = self._configuration.settings(service)
        here, then = _Memory.of(settings), self._comes_back(settings)
        revision = self._name(service, "resumed")
        change = Change(
            action=OFF,
            subject=service,
            before=here.text,
            after=then.text if is_on(settings) else here.text,
            calls=(self._off_call(service, revision, then),),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            self._refuse_quarantined(service, environment, then)
            new = NewRevision(
                name=revision, purpose=Purpose.RESUMED, traffic=then.split, over=settings.traffic
            )
            self._configuration.redeploy(service, then.serving, new)
            return f"traffic is back: {_list(then.split)}"

        return self._performer.perform(change, act)

    def preview_off(self, service: str, to: str | None) -> str:
        """Return the call that ends a maintenance that has not begun, after a rollback to a revision.

        Raises:
            CloudError: the service cannot be read.
        """
        now = _Memory.of(self._configuration.settings(service))
        return self._off_call(service, self._name(service, "resumed"), now.after_rollback(to or now.serving))

    def why(self, service: str) -> str:
        """Say who turned maintenance on, when and why; raises LedgerError."""
        begun = self._performer.begun(service, on=ON, off=OFF)
        return f"turned on by {begun.by} at {begun.at:%Y-%m-%d %H:%M:%S}" if begun else "author unknown"

    def _comes_back(self, settings: ServiceSettings) -> _Memory:
        begun = self._performer.begun(settings.service, on=ON, off=OFF)
        behind = settings.traffic.behind
        if begun is not None and begun.before:
            memory = _Memory.read(begun.before)
            return memory.after_rollback(behind) if behind else memory
        return _Memory.of(settings).after_rollback(behind)

    def _refuse_quarantined(self, service: str, environment: str, then: _Memory) -> None:
        """Keep users on the page rather than give them a revision that was rolled back.

        Raises:
            ActionError: the revision that would come back is marked, or nobody knows which one it is.
        """
        bearing = {t.revision or then.serving for t in then.split.targets if t.percent} | {then.serving}
        if "" in bearing:
            raise ActionError(
                f"what {service} served before maintenance is not recorded",
                next_step=f"gate rollback {service} --to REVISION",
            )
        for revision in sorted(bearing):
            if self._ledger.is_quarantined(environment, service, revision):
                raise ActionError(
                    f"{revision} would come back, and it was rolled back as bad",
                    next_step=f"finish that rollback (gate rollback resume), or gate rollback {service}",
                )

    @staticmethod
    def _off_call(service: str, revision: str, then: _Memory) -> str:
        return (
            f"{UPDATE} service={service} update_mask=template,traffic"
            f" template=copy of {then.serving} revision={revision} traffic={_list(then.split)}"
        )

    def _name(self, service: str, kind: str) -> str:
        return f"{self._cloud_name(service)}-{kind[:5]}-{secrets.token_hex(3)}"


@dataclass(frozen=True, slots=True)
class _Memory:
    """A traffic list, and the revision of it that serves; what the ledger keeps of a service."""

    serving: str
    split: TrafficSplit

    @classmethod
    def of(cls, settings: ServiceSettings) -> _Memory:
        serving = max(settings.serving, key=lambda pair: pair[1], default=(settings.latest_ready, 0))[0]
        left = tuple(t for t in settings.traffic.targets if t.percent or t.tag not in OURS)
        return cls(serving, TrafficSplit(targets=left))

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
        tags = tuple(t for t in self.split.targets if t.tag not in OURS)
        percents = TrafficTarget(revision=revision, percent=100)
        kept = (TrafficTarget(revision=t.revision, tag=t.tag) for t in tags if t.tag)
        return _Memory(revision, TrafficSplit(targets=(percents, *kept)))


def is_on(settings: ServiceSettings) -> bool:
    """Whether a maintenance revision has the service's traffic."""
    return settings.traffic.is_in_maintenance


def _list(split: TrafficSplit) -> str:
    shown = (
        f"{target.revision or 'LATEST'}={target.percent}%" + (f" tag={target.tag}" if target.tag else "")
        for target in split.targets
    )
    return f"[{', '.join(shown)}]"
