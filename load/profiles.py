"""How much load, for how long: the profiles of `profiles.toml`, sized for an environment."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

SECONDS_IN_FLIGHT = 1.0
"""Connections are enough for answers that take so long; beyond that, requests that are due wait for one."""


class Kind(StrEnum):
    """What decides when a request is sent."""

    ARRIVALS = "arrivals"
    USERS = "users"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A profile at a rate: `rate` requests/s for `seconds`, after `warm_up` seconds of the same load.

    `connections` is how many requests can be in flight at once.
    """

    name: str
    kind: Kind
    rate: float
    warm_up: float
    seconds: float
    connections: int

    @property
    def requests(self) -> int:
        """Requests that are due after the warm-up."""
        return round(self.rate * self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A kind of load: `share` of the expected rate, for at least `seconds` and at least `requests`."""

    name: str
    kind: Kind
    share: float
    warm_up: float
    seconds: float
    requests: int

    def offer(self, expected: float) -> Offer:
        """Return the profile for an environment whose expected load is `expected` requests/s."""
        rate = self.share * expected
        return Offer(
            name=self.name,
            kind=self.kind,
            rate=rate,
            warm_up=self.warm_up,
            seconds=max(self.seconds, float(math.ceil(self.requests / rate))),
            connections=max(2, math.ceil(rate * SECONDS_IN_FLIGHT)),
        )


def read_profiles(path: Path) -> Mapping[str, Profile]:
    """Return the profiles of a file, by name."""
    told: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Profile(
            name=name,
            kind=Kind(entry["kind"]),
            share=float(entry["share"]),
            warm_up=float(entry["warmUp"]),
            seconds=float(entry["seconds"]),
            requests=int(entry["requests"]),
        )
        for name, entry in told.items()
    }


PROFILES = read_profiles(Path(__file__).with_name("profiles.toml"))
