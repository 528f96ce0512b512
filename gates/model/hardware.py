"""What the platform runs on, measured: processors, memory, disk, network."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Component(StrEnum):
    """The four that the guide's table names."""

    CPU = "cpu"
    MEMORY = "memory"
    DISK = "disk"
    NETWORK = "network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One measurement of one subject; shares are 0..1, the network's latency is in milliseconds."""

    component: Component
    subject: str
    value: float
