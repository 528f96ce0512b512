"""The rollback target of each service, and the order.

Dependants roll back before their dependencies, so that a caller never meets an older callee than it knows.
Services that do not depend on each other roll back at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from gates.errors import ConfigurationError, UsageError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.likeness import refuse_unknown
from gates.model.platform import ServiceSpec
from gates.model.release import RevisionRef
from gates.model.state import Purpose, RevisionState

_NO_GO_ON_RECORD = "NOT VERIFIED: no GO on record for"


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackCase:
    """What is known of one service that has to leave revision `bad`.

    `revisions` are newest first; `verified` are those with a recorded GO; `quarantined` those that are never
    a target by themselves. `sharing` are those that get traffic beside `bad`: the first choice of a target.
    `wanted` is the target that a person named, which overrides the choice.
    """

    service: str
    bad: str
    reason: str
    revisions: tuple[RevisionState, ...]
    verified: tuple[RevisionRef, ...] = ()
    quarantined: frozenset[str] = frozenset()
    sharing: frozenset[str] = frozenset()
    wanted: str | None = None


def plan_rollback(cases: Sequence[RollbackCase], specs: Sequence[ServiceSpec]) -> RollbackPlan:
    """Return waves of rollbacks for `cases`; a service without a target is `impossible`, with the reason.

    Raises:
        UsageError: a service is unknown or named twice.
        ConfigurationError: the services depend on each other in a circle.
    """
    possible: dict[str, RollBack] = {}
    impossible: list[tuple[str, str]] = []
    _check_names(cases, specs)
    for case in cases:
        found = _action(case)
        if isinstance(found, RollBack):
            possible[case.service] = found
        else:
            impossible.append((case.service, found))
    waves = rollback_waves(specs, possible)
    return RollbackPlan(
        waves=tuple(tuple(possible[name] for name in wave) for wave in waves), impossible=tuple(impossible)
    )


def rollback_waves(specs: Sequence[ServiceSpec], services: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """Return `services` in waves: each after everything that depends on it, even through others.

    Inside a wave the order of `specs` is kept.

    Raises:
        ConfigurationError: the services depend on each other in a circle.
    """
    sorter = TopologicalSorter(
        {
            name: dependants & set(services)
            for name, dependants in _dependants(specs).items()
            if name in services
        }
    )
    sorter.prepare()
    position = {spec.name: index for index, spec in enumerate(specs)}
    waves = []
    while sorter.is_active():
        wave = sorted(sorter.get_ready(), key=position.__getitem__)
        waves.append(tuple(wave))
        sorter.done(*wave)
    return tuple(waves)


def _dependants(specs: Sequence[ServiceSpec]) -> dict[str, set[str]]:
    """Map each service to all that depend on it, directly or through others."""
    needs = {spec.name: set(spec.depends_on) for spec in specs}
    try:
        order = tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise ConfigurationError(
            f"services depend on each other in a circle: {circle}",
            next_step="remove one dependsOn of the circle from the platform file",
        ) from error
    dependants: dict[str, set[str]] = {name: set() for name in order}
    for name in reversed(order):
        for needed in needs.get(name, ()):
            dependants[needed] |= {name} | dependants[name]
    return dependants


def _check_names(cases: Sequence[RollbackCase], specs: Sequence[ServiceSpec]) -> None:
    known = {spec.name for spec in specs}
    seen: set[str] = set()
    for case in cases:
        refuse_unknown("service", (case.service,), sorted(known))
        if case.service in seen:
            raise UsageError(f"{case.service} is named twice", next_step="name each service once")
        seen.add(case.service)


def _action(case: RollbackCase) -> RollBack | str:
    """Return the rollback of one service, or the reason why it is impossible."""
    target = _wanted(case) if case.wanted is not None else _chosen(case)
    if isinstance(target, str):
        return target
    is_verified = _has_go(case, target)
    reason = case.reason if is_verified else f"{case.reason} ({_NO_GO_ON_RECORD} {target.name})"
    if target.name in case.quarantined:
        reason = f"{reason} (WARNING: {target.name} itself was rolled back before)"
    return RollBack(
        service=case.service,
        from_revision=case.bad,
        to_revision=target.name,
        is_target_verified=is_verified,
        reason=reason,
        is_quarantined=case.wanted is None,
    )


def _wanted(case: RollbackCase) -> RevisionState | str:
    target = next((revision for revision in case.revisions if revision.name == case.wanted), None)
    if target is None:
        names = ", ".join(revision.name for revision in case.revisions[:5]) or "none"
        return f"revision {case.wanted} does not exist; the newest are: {names}"
    if not target.is_ready:
        return f"revision {case.wanted} is not ready: {target.detail or 'no reason given'}"
    return target


def _chosen(case: RollbackCase) -> RevisionState | str:
    """Prefer a recorded GO, older than the bad one before any other; else the previous ready revision."""
    usable = [
        r
        for r in case.revisions
        if r.name != case.bad
        and r.is_ready
        and r.name not in case.quarantined
        and r.purpose is not Purpose.PAGE
    ]
    bad = next((revision for revision in case.revisions if revision.name == case.bad), None)
    older = [r for r in usable if bad is None or r.created_at < bad.created_at]
    beside = [r for r in older if r.name in case.sharing]
    good = [r for r in (*beside, *older, *usable) if _has_go(case, r)]
    if good or older:
        return (good or beside or older)[0]
    others = [revision.name for revision in case.revisions if revision.name != case.bad]
    if not others:
        return f"its only revision is {case.bad}"
    return f"no ready revision before {case.bad} that was not itself rolled back ({len(others)} looked at)"


def _has_go(case: RollbackCase, revision: RevisionState) -> bool:
    return RevisionRef(name=revision.name, digest=revision.digest) in case.verified
