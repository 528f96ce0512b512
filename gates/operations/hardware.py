"""The infrastructure's metrics against the policy's limits, and what to do above them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gates.model.hardware import Component, Reading
from gates.model.platform import InfrastructureLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The highest value that is fine, and what to do above it."""

    most: float
    unit: str
    action: str

    def shown(self, value: float) -> str:
        """Return a value in the limit's unit."""
        return f"{value * 100:.0f} %" if self.unit == "%" else f"{value:.1f} {self.unit}"

    def advice(self, reading: Reading) -> str:
        """Return what to do about a reading, empty when it is fine."""
        return self.action.replace("SERVICE", reading.subject) if reading.value > self.most else ""


def limits(policy: InfrastructureLimits) -> Mapping[Component, Limit]:
    """Return the limit of each component."""
    scale_up = "scale up: gate scale SERVICE --min-instances N"
    return {
        Component.CPU: Limit(most=policy.cpu, unit="%", action=scale_up),
        Component.MEMORY: Limit(most=policy.memory, unit="%", action=scale_up),
        Component.DISK: Limit(most=policy.disk, unit="%", action="alert the owner of the database"),
        Component.NETWORK: Limit(most=policy.network_ms, unit="ms", action="investigate"),
    }


def unread(readings: tuple[Reading, ...]) -> tuple[Component, ...]:
    """Return the components without any reading: how they are is not known."""
    seen = {reading.component for reading in readings}
    return tuple(component for component in Component if component not in seen)
