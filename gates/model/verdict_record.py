"""What one environment records about a verdict, so that another environment can rely on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gates.model.criterion import Stage
from gates.model.evidence import Measurement, Window
from gates.model.judgement import Outcome
from gates.model.release import Release
from gates.model.verdict import VerdictOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCheck:
    """One measurement of a producer, and when it was taken."""

    producer: str
    measurement: Measurement
    samples: int
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedResult:
    """How one criterion came out for one service; `checks` are what the environment measured itself."""

    criterion: str
    service: str
    outcome: Outcome
    waived_by: str
    checks: tuple[RecordedCheck, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRecord:
    """A verdict about a set of images in one environment, with the digests of what it was judged by."""

    environment: str
    stage: Stage
    is_partial: bool
    outcome: VerdictOutcome
    run_id: str
    judged_at: datetime
    catalogue_digest: str
    configuration_digest: str
    gate_version: str
    images: tuple[tuple[str, str], ...]
    """Pairs (service, digest of its image), sorted."""
    results: tuple[RecordedResult, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRecord:
    """A record whose signature holds, or none; `objection` says why it does not count, empty if it does."""

    record: VerdictRecord | None
    objection: str


def images_of(release: Release) -> tuple[tuple[str, str], ...]:
    """Return pairs (service, digest of the image under test), sorted."""
    return tuple(sorted((entry.service, entry.candidate.digest) for entry in release.services))
