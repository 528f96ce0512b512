"""The guide's table of infrastructure metrics: above which value something is to be done, and what.

The table's values stand one column to the left of their headings; they are read as what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gates.model.hardware import Component, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The highest value that is fine, and what to do above it."""

    most: float
    unit: str
    action: str

    def shown(self, value: float) -> str:
        """Return a value in the limit's unit."""
        return f"{value * 100:.0f} %" if self.unit == "%" else f"{value:.1f} {self.unit}"


LIMITS: Mapping[Component, Limit] = {
    Component.CPU: Limit(most=0.80, unit="%", action="scale up: gate scale SERVICE --min-instances N"),
    Component.MEMORY: Limit(most=0.85, unit="%", action="scale up: gate scale SERVICE --min-instances N"),
    Component.DISK: Limit(most=0.80, unit="%", action="alert the owner of the database"),
    Component.NETWORK: Limit(most=100.0, unit="ms", action="investigate"),
}


def advice(reading: Reading) -> str:
    """Return what to do about a reading, empty when it is fine."""
    limit = LIMITS[reading.component]
    return limit.action.replace("SERVICE", reading.subject) if reading.value > limit.most else ""


def unread(readings: tuple[Reading, ...]) -> tuple[Component, ...]:
    """Return the components without any reading: nobody knows how they are."""
    seen = {reading.component for reading in readings}
    return tuple(component for component in Component if component not in seen)
