"""Which revisions are under test, and the rollback target of each.

Unless a revision is named, the gate looks at one revision of each service:

| the traffic list                          | looked at                                                     |
|-------------------------------------------|---------------------------------------------------------------|
| follows the latest revision               | the newest ready one; if another serves, that is a finding    |
| names revisions: a person chose           | the newest of those with traffic; a newer one is reported     |
| the maintenance page                      | the staged revision                                           |

Before a go-live the order is the other way round: a newer release that waits without traffic is looked at,
unless a rollback left it there. A revision that the gate rolled back as bad is no candidate again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gates.decision.rollback_plan import RollbackCase, plan_rollback
from gates.errors import UsageError
from gates.model.likeness import refuse_unknown
from gates.model.platform import ServiceSpec
from gates.model.receipt import TrafficChoice
from gates.model.release import Release, RevisionRef, ServiceRelease
from gates.model.state import RevisionState, ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """What the cloud and the ledger say of one service; `revisions` newest first.

    `verified` are those with a GO in service; `watched` those whose GO is recent, so they stay suspected.
    `choice` is the newest rollback that was not ended by `unpin`.
    """

    state: ServiceState
    revisions: tuple[RevisionState, ...]
    verified: tuple[RevisionRef, ...]
    quarantined: frozenset[str]
    watched: frozenset[RevisionRef] = frozenset()
    choice: TrafficChoice | None = None

    @property
    def serving(self) -> str:
        """The newest revision that gets traffic; empty when none of those is known."""
        bearing = self.state.bearing
        return next((revision.name for revision in self.revisions if revision.name in bearing), "")

    @property
    def decided(self) -> TrafficChoice | None:
        """The recorded rollback that the traffic list still follows."""
        is_followed = self.choice is not None and self.state.named == {self.choice.revision}
        return self.choice if is_followed and self.state.traffic.is_pinned else None

    @property
    def parked(self) -> RevisionState | None:
        """The newest ready release that gets no traffic although it is newer than what serves."""
        if not self.state.traffic.is_pinned:
            return None
        names = [revision.name for revision in self.revisions]
        newer = self.revisions[: names.index(self.serving)] if self.serving else ()
        return next((r for r in newer if r.is_ready and r.is_release), None)

    @property
    def left(self) -> frozenset[str]:
        """The revisions that were there when a person sent the traffic elsewhere, newer than what serves."""
        decided = self.decided
        if decided is None:
            return frozenset()
        names = [revision.name for revision in self.revisions]
        newer = self.revisions[: names.index(self.serving)] if self.serving else ()
        return frozenset(r.name for r in newer if r.created_at <= decided.at)

    def case(self, bad: str, reason: str) -> RollbackCase:
        """Return the rollback case of this service for leaving `bad`."""
        return RollbackCase(
            service=self.state.service,
            bad=bad,
            reason=reason,
            revisions=self.revisions,
            verified=self.verified,
            quarantined=self.quarantined | self.left,
            sharing=self.state.bearing - {bad},
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
    """Return the release that users get; `wanted` maps a service to the revision that a person named.

    Raises:
        UsageError: a named revision or service does not exist, or a service has no revision at all.
    """
    entries, notes = _entries(views, specs, wanted, _in_service)
    release = Release(id=release_id, environment=environment, services=entries)
    return FoundRelease(release=release, notes=notes)


def find_next_release(
    views: Sequence[ServiceView],
    specs: Sequence[ServiceSpec],
    *,
    release_id: str,
    environment: str,
    wanted: Mapping[str, str],
) -> FoundRelease:
    """Return the release that is to go live: where something newer waits for traffic that, else what serves.

    Raises:
        UsageError: as `find_release`.
    """
    entries, notes = _entries(views, specs, wanted, _next)
    release = Release(id=release_id, environment=environment, services=entries)
    return FoundRelease(release=release, notes=notes)


def doubts(views: Sequence[ServiceView], wanted: Mapping[str, str]) -> tuple[str, ...]:
    """Return why evidence about services without a named revision may be about several revisions."""
    return tuple(
        f"the traffic of {view.state.service} is split ({_shares(view)}): what was seen may be about either;"
        f" end the split, or name the revision: --revision {view.state.service}=REVISION"
        for view in views
        if view.state.is_split and view.state.service not in wanted
    )


def why_not_left(view: ServiceView, candidate: str) -> str:
    """Return why a rollback would take nothing from a candidate that failed, or an empty text."""
    state = view.state
    if candidate not in state.bearing:
        return f"{candidate} gets no traffic, so there is nothing to roll back; {view.serving} serves"
    if state.is_split and candidate not in dict(state.tag_uris):
        return (
            f"the traffic of {state.service} is split ({_shares(view)}) and {candidate} has no tag:"
            " which of them failed cannot be told, so a person decides"
        )
    return ""


def _check_wanted(views: Sequence[ServiceView], wanted: Mapping[str, str]) -> None:
    known = {view.state.service for view in views}
    refuse_unknown("service", wanted, sorted(known))


_Choose = Callable[[ServiceView, list[str]], str]


def _entries(
    views: Sequence[ServiceView], specs: Sequence[ServiceSpec], wanted: Mapping[str, str], choose: _Choose
) -> tuple[tuple[ServiceRelease, ...], tuple[str, ...]]:
    _check_wanted(views, wanted)
    notes: list[str] = []
    entries = []
    for view in views:
        name = wanted.get(view.state.service)
        found = _named(view, name or choose(view, notes))
        notes += _notes(view)
        entries.append(_entry(view, specs, found, is_wanted=name is not None))
    return tuple(entries), tuple(notes)


def _entry(
    view: ServiceView, specs: Sequence[ServiceSpec], candidate: RevisionState, *, is_wanted: bool
) -> ServiceRelease:
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
        is_watched=is_wanted or reference in view.watched,
    )


def _named(view: ServiceView, name: str) -> RevisionState:
    found = next((revision for revision in view.revisions if revision.name == name), None)
    if found is None:
        names = ", ".join(revision.name for revision in view.revisions[:5]) or "none"
        raise UsageError(
            f"{view.state.service} has no revision {name or '(none is ready)'}", next_step=f"newest: {names}"
        )
    return found


def _in_service(view: ServiceView, notes: list[str]) -> str:
    """Return the revision that users get, and note what a person would not expect."""
    state, parked = view.state, view.parked
    if state.traffic.is_in_maintenance and state.traffic.behind:
        behind = state.traffic.behind
        page = f"{state.service}: users get the maintenance page"
        notes.append(f"{page}; looking at {behind}, which waits behind it")
        return behind
    if not state.traffic.is_pinned or not view.serving:
        return _latest(view, notes)
    if parked is not None:
        notes.append(_why_serving(view, parked))
    return view.serving


def _next(view: ServiceView, notes: list[str]) -> str:
    """Return the release that waits for traffic, unless a rollback left it; else what users get."""
    parked = view.parked
    is_open = parked is not None and parked.name not in view.quarantined | view.left
    if parked is None or not is_open or view.state.traffic.is_in_maintenance:
        return _in_service(view, notes)
    waits = f"looking at {parked.name}, which waits for traffic"
    notes.append(f"{view.state.service}: {waits}; {view.serving} serves")
    return parked.name


def _latest(view: ServiceView, notes: list[str]) -> str:
    name, serving = view.state.latest_ready, view.state.sole_serving
    if name in view.quarantined and serving is not None and serving != name:
        notes.append(
            f"{view.state.service}: {name} was rolled back before, so {serving}, which serves, is looked at"
        )
        return serving
    return name


def _why_serving(view: ServiceView, parked: RevisionState) -> str:
    """Say who chose what serves, as far as that is known, and what became of the newest release."""
    decided = view.decided
    if decided is None:
        who = "pinned by hand or by another tool"
    elif decided.by:
        who = f"which {decided.by} chose on {decided.at:%Y-%m-%d %H:%M} UTC"
    else:
        who = f"which a rollback chose on {decided.at:%Y-%m-%d %H:%M} UTC (run {decided.run_id})"
    became = "is parked" if parked.name in view.left else "gets no traffic"
    if parked.name in view.quarantined:
        became = "was rolled back as bad"
    newest = f"the newest, {parked.name}, {became}"
    return f"{view.state.service}: looking at {view.serving}, {who}; {newest}"


def _notes(view: ServiceView) -> list[str]:
    """Return what of a service's deployment a person should know whichever revision is looked at."""
    state, notes = view.state, []
    if state.latest_created != state.latest_ready:
        notes.append(f"{state.service}: {state.latest_created} was deployed but is not ready")
    if state.is_split:
        notes.append(f"{state.service}: the traffic is split: {_shares(view)}")
    if state.traffic.is_pinned:
        notes.append(f"{state.service} is pinned: a new deployment gets no traffic until it is unpinned")
    if state.managed_by:
        again = "it sets the traffic again when it deploys next; after a rollback, roll back there too"
        notes.append(f"{state.service} is managed by {state.managed_by}: {again}")
    return notes


def _shares(view: ServiceView) -> str:
    return ", ".join(f"{revision} {percent} %" for revision, percent in view.state.serving)
