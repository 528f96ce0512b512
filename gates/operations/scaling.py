"""More instances for a while, and back to what was there before."""

from __future__ import annotations

import json
from dataclasses import replace

from gates.errors import UsageError
from gates.model.configuration import Scaling
from gates.model.operation import OperationReceipt
from gates.operations.performing import Change, Performer
from gates.operations.ports import Configuration

SCALE = "scale"
RESTORE = "scale restore"


class ScalingOperations:
    """Sets the lowest number of a service's instances; the first value before it is remembered."""

    def __init__(self, configuration: Configuration, performer: Performer) -> None:
        self._configuration = configuration
        self._performer = performer

    def set_minimum(self, service: str, minimum: int, *, is_dry: bool) -> OperationReceipt:
        """Keep at least so many instances.

        Raises:
            UsageError: more than the service's maximum.
            CloudError: the service cannot be read.
        """
        settings = self._configuration.settings(service)
        if settings.maximum and minimum > settings.maximum:
            raise UsageError(
                f"{service} may have {settings.maximum} instances at most, so not {minimum} at least",
                next_step="raise the maximum first, or ask for less",
            )
        return self._to(SCALE, service, replace(settings.scaling, minimum=minimum), is_dry=is_dry)

    def at_least(self, service: str, minimum: int, *, is_dry: bool) -> OperationReceipt:
        """Keep at least so many instances, or as many as the service may have; more are left as they are.

        Raises:
            CloudError: the service cannot be read.
        """
        settings = self._configuration.settings(service)
        most = min(minimum, settings.maximum) if settings.maximum else minimum
        wanted = replace(settings.scaling, minimum=max(most, settings.scaling.minimum))
        return self._to(SCALE, service, wanted, is_dry=is_dry)

    def restore(self, service: str, *, is_dry: bool) -> OperationReceipt:
        """Go back to what was there before the service was first scaled.

        Raises:
            UsageError: it was not scaled, or was restored already.
            CloudError: the service cannot be read.
        """
        remembered = self._performer.remembered(service, on=SCALE, off=RESTORE)
        if remembered is None:
            raise UsageError(
                f"{service} was not scaled by the gate", next_step="set the minimum with --min-instances"
            )
        return self._to(RESTORE, service, _scaling(remembered), is_dry=is_dry)

    def apply(self, service: str, wanted: Scaling, *, is_dry: bool) -> OperationReceipt:
        """Set both bounds; remembered like `set_minimum`.

        Raises:
            CloudError: the service cannot be read.
        """
        return self._to(SCALE, service, wanted, is_dry=is_dry)

    def _to(self, action: str, service: str, wanted: Scaling, *, is_dry: bool) -> OperationReceipt:
        now = self._configuration.settings(service).scaling
        change = Change(
            action=action,
            subject=service,
            before=_text(now),
            after=_text(wanted),
            calls=(
                (
                    f"google.cloud.run.v2.Services/UpdateService service={service} update_mask=scaling"
                    f" min_instance_count={wanted.minimum} max_instance_count={wanted.maximum}"
                ),
            ),
        )
        if is_dry:
            return self._performer.rehearse(change)

        def act() -> str:
            self._configuration.set_scaling(service, wanted, over=now)
            return f"at least {wanted.minimum} instances, was {now.minimum}"

        return self._performer.perform(change, act)


def _text(scaling: Scaling) -> str:
    return json.dumps({"minimum": scaling.minimum, "maximum": scaling.maximum})


def _scaling(text: str) -> Scaling:
    found = json.loads(text)
    return Scaling(minimum=int(found["minimum"]), maximum=int(found["maximum"]))
