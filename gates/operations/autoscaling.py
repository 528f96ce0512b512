"""Whether the bounds of a service fit what it needed, and which would fit better.

A recommendation follows from two facts: how many instances there were at most, and whether users would wait
for a cold start. Without data nothing is recommended: no data is not "no load".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from gates.model.configuration import Scaling, ServiceSettings
from gates.model.evidence import Window
from gates.model.platform import Platform, ScalingPolicy
from gates.operations.ports import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingReport:
    """One service: its bounds, the highest number of instances seen (None without data), tier and policy."""

    settings: ServiceSettings
    peak: float | None
    tier: str
    policy: ScalingPolicy

    @property
    def recommended(self) -> Scaling:
        """The bounds that fit; today's when nothing speaks against them."""
        now = self.settings.scaling
        minimum, maximum = now.minimum, now.maximum
        if self.tier in self.policy.warm_tiers and minimum == 0:
            minimum = 1
        if self.peak is not None:
            if self.peak >= self.policy.crowded_from * self.settings.maximum:
                maximum = math.ceil(self.peak * self.policy.headroom)
            minimum = min(minimum, max(1, math.ceil(self.peak)))
        return Scaling(minimum=minimum, maximum=maximum)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why other bounds would fit better; empty when nothing does."""
        now, wanted, found = self.settings.scaling, self.recommended, []
        if wanted.minimum > now.minimum:
            found.append(f"a {self.tier} service without a warm instance makes users wait")
        if wanted.minimum < now.minimum:
            found.append(f"{now.minimum} instances are kept, {self.peak:g} were needed at most")
        if wanted.maximum != now.maximum:
            found.append(f"{self.peak:g} of {self.settings.maximum} instances were needed: no headroom")
        return tuple(found)


class Peaks(Protocol):
    """Knows how many instances services had."""

    def peak_instances(self, service: str, revision: str, window: Window) -> float | None:
        """Return the highest number of instances of a revision in the window, None without data."""


class Observed(Protocol):
    """Knows how services are deployed, and how many instances they had."""

    @property
    def configuration(self) -> Configuration:
        """How services are deployed."""

    @property
    def metrics(self) -> Peaks:
        """How many instances they had."""


def scaling_reports(observed: Observed, platform: Platform, now: datetime, hours: int) -> list[ScalingReport]:
    """Return the report of each service over the last hours.

    Raises:
        CloudError: a service or Monitoring cannot be read.
    """
    window, found = Window(start=now - timedelta(hours=hours), end=now), []
    for spec in platform.services:
        settings = observed.configuration.settings(spec.name)
        peak = observed.metrics.peak_instances(spec.name, settings.latest_ready, window)
        found.append(
            ScalingReport(settings=settings, peak=peak, tier=spec.tier, policy=platform.policy.scaling)
        )
    return found
