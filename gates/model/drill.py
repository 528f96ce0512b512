"""What a rehearsed recovery showed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gates.model.criterion import PLATFORM
from gates.model.platform import Platform


class DrillKind(StrEnum):
    """What is rehearsed."""

    RESTORE = "restore"
    """The database comes back from a backup; what was written after it is lost."""
    REDEPLOY = "redeploy"
    """One service is deployed again from its recorded image."""
    REDEPLOY_ALL = "redeploy-all"
    PARTIAL = "partial"
    """One service from an earlier revision's image, and its health; then the newer one again."""
    ROLLBACK = "rollback"
    """Traffic goes to the last good revision and comes back."""
    WAY_BACK = "way-back"
    """What a rollback would choose starts behind a tag and answers; no traffic is moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillRecord:
    """One drill about one service, or about the whole platform (subject `platform`).

    `rto_s` is the time from the start of the recovery until the service itself answers correctly, `rpo_s` the
    age of the oldest data that was lost, 0 when none was; both in seconds. `fingerprint` is the release that
    the drill recovered. `passed` says that the recovery was verified, not that an objective was kept: that is
    for the judge.

    Raises:
        ValueError: a figure is negative or not finite, or the time has no zone.
    """

    kind: DrillKind
    subject: str
    environment: str
    fingerprint: str
    rto_s: float
    rpo_s: float
    passed: bool
    at: datetime
    detail: str

    def __post_init__(self) -> None:
        for figure in (self.rto_s, self.rpo_s):
            if not math.isfinite(figure) or figure < 0:
                raise ValueError(f"a drill measures finite seconds from 0 up, got {figure}")
        if self.at.utcoffset() is None:
            raise ValueError(f"the time of a drill carries a zone, got {self.at}")


def missed_objectives(record: DrillRecord, platform: Platform) -> list[str]:
    """Return the tiers whose objectives the measured figures miss."""
    spec = platform.service(record.subject)
    tiers = [one for one in platform.tiers if record.subject == PLATFORM or (spec and one.name == spec.tier)]
    return [
        tier.name
        for tier in tiers
        if record.rto_s > tier.rto.total_seconds() or record.rpo_s > tier.rpo.total_seconds()
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentinel:
    """One thing that a drill wrote into a service, to see whether it survives; the key may be a token."""

    service: str
    key: str = field(repr=False)
    is_session: bool = False
    """Whether the key is the token of a session, not the id of a record."""
