"""What a look at an unhealthy platform found: what was deployed, what failed, which service to suspect."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gates.model.judgement import Judgement, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The newest revision of a service with traffic, when and by whom it was deployed.

    `earlier` is the revision before it, empty if it is the first; `has_go` says whether a GO is on record.
    """

    service: str
    revision: str
    at: datetime
    by: str = ""
    earlier: str = ""
    has_go: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A service to roll back, with the criteria that blame it; none when others show its fault."""

    deployment: Deployment
    blamed_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was found: the newest deployment and the first suspect stand first, causes before what they imply.

    `goes_back` is the first suspect that has a revision to go back to, empty when none has; `stuck` says why
    others have none.
    """

    environment: str
    run_id: str
    outcome: Outcome
    judgements: tuple[Judgement, ...]
    failed: tuple[Judgement, ...]
    deployments: tuple[Deployment, ...]
    suspects: tuple[Suspect, ...]
    goes_back: str = ""
    stuck: tuple[str, ...] = ()

    @property
    def untried(self) -> dict[str, list[str]]:
        """The criteria without an answer, each with its services."""
        found: dict[str, list[str]] = {}
        for judgement in self.judgements:
            if judgement.outcome not in (Outcome.PASS, Outcome.FAIL):
                found.setdefault(judgement.criterion.id, []).append(judgement.service)
        return found
