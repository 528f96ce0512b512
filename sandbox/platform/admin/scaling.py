"""Service-level scaling: automatic bounds or a manual count, and the change from one to the other."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.platform.admin.messages import AUTOMATIC, MANUAL, Service
from sandbox.platform.api_errors import Violation

FIELD = "service.scaling"
DEFAULT_MAX_INSTANCES = 100


def settle(before: Service | None, after: Service) -> None:
    """Fill in what a change of the scaling mode leaves unsaid.

    To manual: the count defaults to the old minimum, and the bounds are unset. To automatic: with neither
    bound given, both take the old manual count.
    """
    scaling = after.scaling
    was_manual = before is not None and before.scaling.scaling_mode == MANUAL
    if scaling.scaling_mode == MANUAL:
        if before is not None and not was_manual and not scaling.HasField("manual_instance_count"):
            scaling.manual_instance_count = before.scaling.min_instance_count
        scaling.min_instance_count = scaling.max_instance_count = 0
    elif before is not None and was_manual:
        scaling.scaling_mode = AUTOMATIC
        if scaling.manual_instance_count == before.scaling.manual_instance_count:
            scaling.ClearField("manual_instance_count")
        if not scaling.min_instance_count and not scaling.max_instance_count:
            count = before.scaling.manual_instance_count
            scaling.min_instance_count = scaling.max_instance_count = count


def violations(before: Service | None, after: Service) -> Iterator[Violation]:
    """Yield what is wrong with the settled scaling of a service and its template."""
    scaling = after.scaling
    has_count = scaling.HasField("manual_instance_count")
    if scaling.scaling_mode == MANUAL and not has_count:
        yield Violation(f"{FIELD}.manual_instance_count", "is required when scaling manually")
    if scaling.scaling_mode != MANUAL and has_count:
        yield Violation(f"{FIELD}.manual_instance_count", "is only for scaling_mode MANUAL")
    if has_count and scaling.manual_instance_count < 0:
        yield Violation(f"{FIELD}.manual_instance_count", "must not be negative")
    if _leaves_manual_with_one_bound(before, after):
        yield Violation(
            FIELD, "leaving manual scaling takes both min_instance_count and max_instance_count, or neither"
        )
    yield from _bound_violations(scaling, FIELD, 0)
    yield from _bound_violations(after.template.scaling, "service.template.scaling", DEFAULT_MAX_INSTANCES)


def _leaves_manual_with_one_bound(before: Service | None, after: Service) -> bool:
    if before is None or before.scaling.scaling_mode != MANUAL or after.scaling.scaling_mode == MANUAL:
        return False
    return bool(after.scaling.min_instance_count) is not bool(after.scaling.max_instance_count)


def _bound_violations(scaling: Service, field: str, default_max: int) -> Iterator[Violation]:
    least, most = scaling.min_instance_count, scaling.max_instance_count or default_max
    if least < 0:
        yield Violation(f"{field}.min_instance_count", "must not be negative")
    if scaling.max_instance_count < 0:
        yield Violation(f"{field}.max_instance_count", "must not be negative")
    if most and least > most:
        yield Violation(field, "min_instance_count must not exceed max_instance_count")
