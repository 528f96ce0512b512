"""How the parts of a criterion are said: the same words in every listing and explanation."""

from __future__ import annotations

from datetime import timedelta

from gates.model.criterion import FAILED_CHECKS, PLATFORM, Comparator, Criterion
from gates.model.platform import Platform

_SIGNS = {
    Comparator.EQ: "=",
    Comparator.LT: "<",
    Comparator.LE: "≤",
    Comparator.GT: ">",
    Comparator.GE: "≥",
    Comparator.WITHIN: "within ±",
}
_STEPS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def duration_text(duration: timedelta) -> str:
    """Return a duration as the documents write it: 15m, 24h, 7d."""
    seconds = int(duration.total_seconds())
    if seconds == timedelta(hours=24).total_seconds():
        return "24h"
    unit, length = next(step for step in _STEPS if seconds % step[1] == 0)
    return f"{seconds // length}{unit}"


def demand_text(criterion: Criterion) -> str:
    """Return what is demanded, such as "< 0.001 ratio (alert 0.005, critical 0.01)"."""
    if criterion.unit == FAILED_CHECKS:
        return "no failed check"
    space = "" if criterion.comparator is Comparator.WITHIN else " "
    demand = f"{_SIGNS[criterion.comparator]}{space}{criterion.threshold:g} {criterion.unit}"
    if criterion.bands is None:
        return demand
    return f"{demand} (alert {criterion.bands.alert:g}, critical {criterion.bands.critical:g})"


def services_text(criterion: Criterion, platform: Platform) -> str:
    """Return what the criterion is about: the platform, all services, or their names."""
    if criterion.services == (PLATFORM,):
        return "platform"
    if set(criterion.services) == set(platform.service_names):
        return "all services"
    return ", ".join(criterion.services)


def evidence_text(criterion: Criterion) -> str:
    """Return where its evidence comes from, in a few words."""
    count = len(criterion.producers)
    tests = [f"{count} test{'s' if count > 1 else ''}"] if count else []
    people = [f"attested by {criterion.attested_by}"] if criterion.attested_by else []
    parts = [f"sums up {len(criterion.summarises)} others"] if criterion.summarises else []
    return ", ".join(tests + parts + people)
