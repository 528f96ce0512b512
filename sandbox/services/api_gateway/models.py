"""What the gateway itself takes and gives on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from sandbox.kit.breaker import CircuitState
from sandbox.kit.models import Shape

Mode = Literal["auto", "on", "off"]


class RouteShape(Shape):
    """A service behind the gateway."""

    service: str
    prefix: str
    timeout_seconds: float
    circuit: CircuitState


class RouteList(Shape):
    """All services behind the gateway."""

    items: list[RouteShape]


class TierLimit(Shape):
    """How many requests a caller of a tier may send in the window to one instance."""

    tier: Literal["anonymous", "standard", "high"]
    per: Literal["address", "caller"]
    requests: int


class LimitList(Shape):
    """All limits, and the tier of the caller."""

    window_seconds: float
    your_tier: str
    items: list[TierLimit]


class FallbackState(Shape):
    """What the cached-token fallback of this instance is set to and what it did."""

    mode: Mode
    max_age_seconds: float
    used: int
    refused: int
    last_used_at: float | None
    """Unix time."""


class FallbackChange(Shape):
    """`auto` falls back while auth-service does not answer, `on` does not ask it, `off` never falls back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"mode": "auto"}]})

    mode: Mode
