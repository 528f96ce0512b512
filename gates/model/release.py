"""What is under test."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from gates.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionRef:
    """One immutable deployment of a service: its short name and its image's digest."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRelease:
    """One service of a release: the revision under test and its rollback target.

    `baseline_verified` and `candidate_verified` say whether the ledger holds a GO in service for them: a
    candidate that had a GO has not changed since. While it `is_watched` it stays suspected: its GO is recent,
    or it was named as what is under test.

    Raises:
        ValueError: the candidate is its own baseline.
    """

    service: str
    candidate: RevisionRef
    baseline: RevisionRef | None = None
    baseline_verified: bool = False
    candidate_verified: bool = False
    is_watched: bool = False
    has_traffic: bool = True

    def __post_init__(self) -> None:
        if self.baseline is not None and self.baseline.name == self.candidate.name:
            raise ValueError(f"{self.service}: candidate and baseline are both {self.candidate.name}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The set of candidate revisions that is judged together.

    Raises:
        ValueError: no service, or a service twice.
    """

    id: str
    environment: str
    services: tuple[ServiceRelease, ...]

    def __post_init__(self) -> None:
        names = [entry.service for entry in self.services]
        if not names:
            raise ValueError("a release names at least one service")
        if len(set(names)) != len(names):
            raise ValueError(f"release {self.id} names a service twice: {names}")

    def of(self, service: str) -> ServiceRelease | None:
        """Return the part of the release about `service`, or None."""
        return next((entry for entry in self.services if entry.service == service), None)

    @property
    def fingerprint(self) -> str:
        """The digest of which revision of which service is under test; binds platform-wide evidence."""
        lines = sorted(
            f"{entry.service}={entry.candidate.name}@{entry.candidate.digest}" for entry in self.services
        )
        return "sha256:" + hashlib.sha256("\n".join(lines).encode()).hexdigest()


def refuse_other_place(release: Release, environment: str) -> None:
    """Do nothing when the release is of this environment.

    Raises:
        UsageError: it is of another one.
    """
    if release.environment != environment:
        raise UsageError(
            f"the run is about {release.environment}", next_step=f"say --env {release.environment}"
        )
