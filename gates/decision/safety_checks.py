"""Safety checks: what speaks against a rollback that is possible. A person can override each with a reason.

A deployment says what it needs in annotations of its revision:

| annotation          | means                                                                   |
|---------------------|-------------------------------------------------------------------------|
| `gate/schema`       | version of the data that this revision writes: `7`                      |
| `gate/reads-schema` | versions of the data that this revision can read: `5-7`                 |
| `gate/api`          | version of the interface that this revision offers: `3`                 |
| `gate/needs`        | versions of other services that it needs: `accounts=3-4 shop=2` |

What is not annotated raises no objection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gates.model.decision import RollBack, RollbackPlan
from gates.model.rollback_policy import Freeze
from gates.model.state import RevisionState

SCHEMA, READS = "gate/schema", "gate/reads-schema"
API, NEEDS = "gate/api", "gate/needs"


class Guard(StrEnum):
    """What can speak against a rollback."""

    IMAGE = "image"
    QUARANTINE = "quarantine"
    SCHEMA = "schema"
    DEPENDANTS = "dependants"
    FREEZE = "freeze"
    HEALTH = "health"
    """Only what is planned waits for the health of the services that stay, and for the database."""
    DATABASE = "database"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """Why one service should not be rolled back as planned."""

    service: str
    guard: Guard
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFacts:
    """What the safety checks look at.

    `revisions` are all revisions per service, `serving` the names of those that serve. `missing_images` and
    `quarantined` hold pairs (service, revision). `freezes` are empty for an emergency.
    """

    revisions: Mapping[str, Sequence[RevisionState]]
    serving: Mapping[str, str]
    missing_images: frozenset[tuple[str, str]] = frozenset()
    quarantined: frozenset[tuple[str, str]] = frozenset()
    freezes: tuple[Freeze, ...] = ()

    def revision(self, service: str, name: str) -> RevisionState | None:
        """Return a revision, or None if no revision has that name."""
        return next((r for r in self.revisions.get(service, ()) if r.name == name), None)


def objections(plan: RollbackPlan, facts: GuardFacts, *, now: datetime) -> tuple[Objection, ...]:
    """Return everything that speaks against the plan, in its order."""
    after = {**facts.serving, **{action.service: action.to_revision for action in plan.actions}}
    frozen = next((f for f in facts.freezes if f.starts <= now < f.ends), None)
    found: list[Objection] = []
    for action in plan.actions:
        said = [
            *_image(action, facts),
            *_quarantine(action, facts),
            *_schema(action, facts),
            *_dependants(action, after, facts),
        ]
        if frozen is not None:
            said.append((Guard.FREEZE, f"frozen until {frozen.ends:%Y-%m-%d %H:%M %Z}: {frozen.reason}"))
        found += [Objection(service=action.service, guard=guard, detail=detail) for guard, detail in said]
    return tuple(found)


def without_refused(
    plan: RollbackPlan, found: Sequence[Objection], overrides: Mapping[Guard, str]
) -> RollbackPlan:
    """Return the plan without the services that a safety check blocks and no override allows."""
    standing = [objection for objection in found if objection.guard not in overrides]
    refused = {objection.service for objection in standing}
    waves = (tuple(action for action in wave if action.service not in refused) for wave in plan.waves)
    reasons = tuple(
        (o.service, f"{o.detail}; to go all the same: --override {o.guard}=REASON") for o in standing
    )
    return replace(plan, waves=tuple(wave for wave in waves if wave), impossible=(*plan.impossible, *reasons))


_Said = Iterator[tuple[Guard, str]]


def _image(action: RollBack, facts: GuardFacts) -> _Said:
    if (action.service, action.to_revision) in facts.missing_images:
        yield Guard.IMAGE, f"the image of {action.to_revision} is gone: no new instance of it can start"


def _quarantine(action: RollBack, facts: GuardFacts) -> _Said:
    if (action.service, action.to_revision) in facts.quarantined:
        yield Guard.QUARANTINE, f"{action.to_revision} was itself rolled back as bad"


def _schema(action: RollBack, facts: GuardFacts) -> _Said:
    bad = facts.revision(action.service, action.from_revision)
    target = facts.revision(action.service, action.to_revision)
    written = bad.annotation(SCHEMA) if bad else ""
    reads = target.annotation(READS) if target else ""
    if written and reads and not _is_within(written, reads):
        yield (
            Guard.SCHEMA,
            f"{action.from_revision} wrote data of version {written}, {action.to_revision} reads {reads}",
        )


def _dependants(action: RollBack, after: Mapping[str, str], facts: GuardFacts) -> _Said:
    target = facts.revision(action.service, action.to_revision)
    offered = target.annotation(API) if target else ""
    if not offered:
        return
    for service, name in after.items():
        revision = facts.revision(service, name)
        needed = _needs(revision).get(action.service, "") if revision else ""
        if service != action.service and needed and not _is_within(offered, needed):
            yield (
                Guard.DEPENDANTS,
                f"{service} ({name}) needs version {needed} of it, {action.to_revision} offers {offered}",
            )


def _needs(revision: RevisionState) -> dict[str, str]:
    pairs = (word.partition("=") for word in revision.annotation(NEEDS).split())
    return {service: wanted for service, _, wanted in pairs}


def _is_within(version: str, wanted: str) -> bool:
    """Whether a version is in a range `low-high` or equals it; False if it is not a number."""
    low, _, high = wanted.partition("-")
    numbers = (version, low, high or low)
    if not all(number.strip().isdecimal() for number in numbers):
        return False
    return int(low) <= int(version) <= int(high or low)
