"""Finds the service to roll back: what is deployed, which quick checks show, and what can go back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gates.decision.candidates import ServiceView
from gates.decision.policy import root_causes_first
from gates.decision.suspicion import newest_first, suspects
from gates.errors import GateError
from gates.model.criterion import Catalogue, Criterion, Stage
from gates.model.diagnosis import Deployment, Diagnosis, Suspect
from gates.model.judgement import Outcome
from gates.workflows.spot_check import SpotCheck, about

_SLOWEST = "contract"
_MOST_CONTRACTS = 3
_CATEGORIES = ("deployment", "health", "authentication", "contract", "journeys")
"""What shows a broken release within seconds; load and service levels need minutes."""


def deployed(views: Sequence[ServiceView]) -> tuple[Deployment, ...]:
    """Return what each service runs, the newest first."""
    return newest_first([_deployment(view) for view in views])


def quick_criteria(catalogue: Catalogue, deployments: Sequence[Deployment]) -> list[Criterion]:
    """Return what is tried, in that order: contracts last, for what changed last and can go back."""
    demanded = [one for one in catalogue.at(Stage.IMMEDIATE) if one.category in _CATEGORIES]
    changed = [one.service for one in deployments if one.earlier][:_MOST_CONTRACTS]
    contracts = [one for one in demanded if one.category == _SLOWEST]
    return [one for one in demanded if one not in contracts] + about(contracts, changed)


def diagnosed(
    check: SpotCheck,
    deployments: Sequence[Deployment],
    *,
    environment: str,
    run_id: str,
    target: Callable[[str], object],
) -> Diagnosis:
    """Compare what failed with what was deployed; `target` raises GateError for a service that is stuck."""
    failed = root_causes_first([one for one in check.judgements if one.outcome is Outcome.FAIL])
    found = suspects(failed, deployments)
    goes_back, stuck = _first_to_go_back(found, target)
    return Diagnosis(
        environment=environment,
        run_id=run_id,
        outcome=check.outcome,
        judgements=check.judgements,
        failed=tuple(failed),
        deployments=tuple(deployments),
        suspects=found,
        goes_back=goes_back,
        stuck=tuple(stuck),
    )


def _first_to_go_back(suspected: Sequence[Suspect], target: Callable[[str], object]) -> tuple[str, list[str]]:
    """Return the first suspect that can go back, and why those before it cannot."""
    reasons: list[str] = []
    for suspect in suspected:
        try:
            target(suspect.deployment.service)
        except GateError as error:
            reasons.append(error.cause)
        else:
            return suspect.deployment.service, reasons
    return "", reasons


def _deployment(view: ServiceView) -> Deployment:
    """Return what runs: the newest revision that has traffic, with the next older one that was ready."""
    bearing = [one for one in view.revisions if one.name in view.state.bearing]
    newest = (bearing or list(view.revisions))[0]
    older = view.revisions[view.revisions.index(newest) + 1 :]
    return Deployment(
        service=view.state.service,
        revision=newest.name,
        at=newest.created_at,
        by=newest.created_by,
        earlier=next((one.name for one in older if one.is_ready), ""),
        has_go=any(reference.name == newest.name for reference in view.verified),
    )
