"""Whether the bounds of a service fit what it needed, and which would fit better.

A recommendation follows from two facts: how many instances there were at most, and whether users would wait
for a cold start. Without data nothing is recommended: no data is not "no load".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gates.model.configuration import Scaling, ServiceSettings

_CROWDED = 0.8
"""Share of the maximum from which on the next peak may not fit."""
_HEADROOM = 1.5
_WARM_TIERS = ("critical", "important")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingReport:
    """One service: its bounds, the highest number of instances seen, None without data, and its tier."""

    settings: ServiceSettings
    peak: float | None
    tier: str

    @property
    def recommended(self) -> Scaling:
        """The bounds that fit; today's when nothing speaks against them."""
        now = self.settings.scaling
        minimum, maximum = now.minimum, now.maximum
        if self.tier in _WARM_TIERS and minimum == 0:
            minimum = 1
        if self.peak is not None:
            if self.peak >= _CROWDED * self.settings.maximum:
                maximum = math.ceil(self.peak * _HEADROOM)
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
