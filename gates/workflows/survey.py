"""The state of the services in the cloud and in the ledger, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gates.actions.ports import RollbackPorts, TrafficController
from gates.decision.candidates import ServiceView, find_next_release
from gates.errors import CloudError
from gates.model.criterion import Criterion
from gates.model.platform import Environment, Platform
from gates.model.release import Release
from gates.model.rollback_policy import WatchPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is known before the look: the demanded criteria, the cloud's state, the release under test."""

    criteria: tuple[Criterion, ...]
    views: tuple[ServiceView, ...]
    release: Release
    notes: tuple[str, ...] = ()


def survey(ports: RollbackPorts, platform: Platform, environment: Environment) -> tuple[ServiceView, ...]:
    """Return the state of every service in the cloud and in the ledger."""
    watch = platform.policy.rollback.watch
    return tuple(_view(ports, environment.name, name, watch) for name in platform.service_names)


def _view(ports: RollbackPorts, place: str, service: str, watch: WatchPolicy) -> ServiceView:
    revisions, now = ports.traffic.revisions(service), ports.clock.now()
    went = ports.ledger.went_since(place, service, now - watch.after_go)
    fresh = {r.name for r in revisions if r.created_at >= now - watch.after_deployment}
    quarantined = (r.name for r in revisions if ports.ledger.is_quarantined(place, service, r.name))
    return ServiceView(
        state=ports.traffic.describe(service),
        revisions=revisions,
        verified=ports.ledger.last_go(place, service),
        quarantined=frozenset(quarantined),
        watched=frozenset(reference for reference in went if reference.name in fresh),
        choice=ports.ledger.last_choice(place, service),
    )


def release_now(ports: RollbackPorts, platform: Platform, environment: Environment) -> Release:
    """Return the release that is deployed now or waits to go live, without running any check.

    Raises:
        CloudError: a service cannot be read.
        LedgerError: the ledger cannot be read.
    """
    return find_next_release(
        survey(ports, platform, environment),
        platform.services,
        release_id="deployed-now",
        environment=environment.name,
        wanted={},
    ).release


def changes_since(traffic: TrafficController, views: Sequence[ServiceView]) -> tuple[str, ...]:
    """Return what changed since the survey: evidence of two different states cannot be judged."""
    with ThreadPoolExecutor(max_workers=len(views)) as pool:  # a cloud that is gone costs its limit once
        return tuple(change for change in pool.map(lambda view: _change(traffic, view), views) if change)


def _change(traffic: TrafficController, before: ServiceView) -> str:
    name = before.state.service
    try:
        now = traffic.describe(name)
    except CloudError as error:
        return f"whether {name} changed meanwhile is not known: {error.cause}"
    if now.latest_created != before.state.latest_created:
        return f"{now.latest_created} of {name} was deployed while the gate looked"
    if now.serving != before.state.serving:
        return f"the traffic of {name} was moved while the gate looked"
    return ""
