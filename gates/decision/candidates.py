"""Which revisions are under test, and what each would go back to.

Without being told, the gate tests the newest ready revision of each service. A revision that was rolled back
before is no candidate again: the one that serves is, and the notes say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gates.decision.rollback_plan import RollbackCase, plan_rollback
from gates.errors import UsageError
from gates.model.platform import ServiceSpec
from gates.model.release import Release, RevisionRef, ServiceRelease
from gates.model.state import RevisionState, ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """What the cloud and the ledger say of one service; `revisions` newest first.

    `verified` are those with a GO in service, `watched` those of them that went lately: they stay suspected.
    """

    state: ServiceState
    revisions: tuple[RevisionState, ...]
    verified: tuple[RevisionRef, ...]
    tombstoned: frozenset[str]
    watched: frozenset[RevisionRef] = frozenset()

    def case(self, bad: str, reason: str) -> RollbackCase:
        """Return the rollback case of this service for leaving `bad`."""
        return RollbackCase(
            service=self.state.service,
            bad=bad,
            reason=reason,
            revisions=self.revisions,
            verified=self.verified,
            tombstoned=self.tombstoned,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRelease:
    """A release and what a person should know about how it was found."""

    release: Release
    notes: tuple[str, ...]


def find_release(
    views: Sequence[ServiceView],
    specs: Sequence[ServiceSpec],
    *,
    release_id: str,
    environment: str,
    wanted: Mapping[str, str],
) -> FoundRelease:
    """Return the release under test; `wanted` maps a service to the revision that a person named.

    Raises:
        UsageError: a named revision or service does not exist, or a service has no revision at all.
    """
    _check_wanted(views, wanted)
    notes: list[str] = []
    entries = [_entry(view, specs, wanted.get(view.state.service), notes) for view in views]
    release = Release(id=release_id, environment=environment, services=tuple(entries))
    return FoundRelease(release=release, notes=tuple(notes))


def _check_wanted(views: Sequence[ServiceView], wanted: Mapping[str, str]) -> None:
    known = {view.state.service for view in views}
    for service in wanted:
        if service not in known:
            raise UsageError(f"unknown service {service}", next_step=f"one of {', '.join(sorted(known))}")


def _entry(
    view: ServiceView, specs: Sequence[ServiceSpec], wanted: str | None, notes: list[str]
) -> ServiceRelease:
    candidate = _candidate(view, wanted, notes)
    plan = plan_rollback([view.case(candidate.name, "baseline")], specs)
    baseline = next((action for action in plan.actions), None)
    reference = RevisionRef(name=candidate.name, digest=candidate.digest)
    digests = {revision.name: revision.digest for revision in view.revisions}
    return ServiceRelease(
        service=view.state.service,
        candidate=reference,
        baseline=None
        if baseline is None
        else RevisionRef(name=baseline.to_revision, digest=digests[baseline.to_revision]),
        baseline_verified=baseline is not None and baseline.is_target_verified,
        candidate_verified=reference in view.verified,
        has_traffic=candidate.name in dict(view.state.serving),
        is_watched=wanted is not None or reference in view.watched,
    )


def _candidate(view: ServiceView, wanted: str | None, notes: list[str]) -> RevisionState:
    service, serving = view.state.service, view.state.sole_serving
    name = wanted or view.state.latest_ready
    if wanted is None and name in view.tombstoned and serving is not None:
        notes.append(f"{service}: {name} was rolled back before, so {serving}, which serves, is looked at")
        name = serving
    if wanted is None and view.state.latest_created != view.state.latest_ready:
        notes.append(f"{service}: {view.state.latest_created} was deployed but is not ready")
    if view.state.traffic.is_pinned:
        notes.append(f"{service} is pinned: a new deployment gets no traffic until it is unpinned")
    found = next((revision for revision in view.revisions if revision.name == name), None)
    if found is None:
        names = ", ".join(revision.name for revision in view.revisions[:5]) or "none"
        raise UsageError(
            f"{service} has no revision {name or '(none is ready)'}", next_step=f"newest: {names}"
        )
    return found
