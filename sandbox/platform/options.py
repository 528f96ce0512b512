"""What a sandbox is started with. Light to import: the command line is parsed before anything heavy loads."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.platform.contract import Knobs


class Leaf(enum.StrEnum):
    """Which certificate the front door shows; all but the first are wrong in one way."""

    VALID = "valid"
    EXPIRED = "expired"
    EXPIRING = "expiring"
    OTHER_NAME = "other-name"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Ports of the sandbox; 0 takes any free one."""

    https: int = 0
    http: int = 0
    mesh: int = 0
    admin_grpc: int = 0
    admin_rest: int = 0
    monitoring: int = 0
    apis: int = 0
    dns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `up` was asked for."""

    state_dir: Path
    knobs: Knobs = field(default_factory=Knobs)
    ports: Ports = field(default_factory=Ports)
    images: Mapping[str, str] = field(default_factory=dict)
    """Other images than the built-in ones, by service."""
    leaf: Leaf = Leaf.VALID
