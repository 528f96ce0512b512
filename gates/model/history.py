"""What earlier runs of the gate concluded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gates.model.criterion import Stage
from gates.model.evidence import Measurement
from gates.model.judgement import Outcome
from gates.model.verdict import VerdictOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCheck:
    """One judgement of an earlier run, with the figure that it rested on."""

    criterion: str
    service: str
    outcome: Outcome
    samples: int
    measured: Measurement | None = None
    is_waived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """One earlier run: about which revisions and images, where, and how every check came out.

    `images` are pairs (service, digest): the same release carries another fingerprint in another environment,
    and the same images.
    """

    run_id: str
    environment: str
    stage: Stage
    outcome: VerdictOutcome
    is_partial: bool
    fingerprint: str
    images: tuple[tuple[str, str], ...]
    checks: tuple[PastCheck, ...]
    at: datetime
