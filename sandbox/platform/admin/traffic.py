"""Traffic lists: what a valid one looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sandbox.platform.admin.messages import LATEST, REVISION, TrafficTarget
from sandbox.platform.api_errors import Violation

TAG = re.compile(r"[a-z](?:[-a-z0-9]{1,61}[a-z0-9])")
MAX_TAG_AND_SERVICE = 46


def effective(traffic: Sequence[TrafficTarget]) -> Sequence[TrafficTarget]:
    """Return the list that routes: an empty one sends everything to the latest ready revision."""
    return traffic or [TrafficTarget(type_=LATEST, percent=100)]


def violations(traffic: Sequence[TrafficTarget], service_id: str) -> Iterator[Violation]:
    """Yield what is wrong with a traffic list, whether or not its revisions exist."""
    seen: set[str] = set()
    for index, target in enumerate(traffic):
        field = f"service.traffic[{index}]"
        yield from _target_violations(target, field)
        if target.tag:
            yield from _tag_violations(target.tag, f"{field}.tag", service_id)
            if target.tag in seen:
                yield Violation(f"{field}.tag", f"duplicate tag '{target.tag}'")
            seen.add(target.tag)
    total = sum(target.percent for target in traffic)
    if traffic and total != 100:
        yield Violation("service.traffic", f"Traffic targets sum to {total}, want 100")


def _target_violations(target: TrafficTarget, field: str) -> Iterator[Violation]:
    if not 0 <= target.percent <= 100:
        yield Violation(f"{field}.percent", "must be between 0 and 100")
    if target.percent == 0 and not target.tag:
        yield Violation(field, "a target needs a percent or a tag")
    if target.type_ not in (LATEST, REVISION):
        yield Violation(f"{field}.type", "must be set")
    if target.type_ == REVISION and not target.revision:
        yield Violation(f"{field}.revision", "is required for a target of type REVISION")
    if target.type_ == LATEST and target.revision:
        yield Violation(f"{field}.revision", "must be empty for a target of type LATEST")
    if "/" in target.revision:
        yield Violation(f"{field}.revision", "must be the short name of the revision, not its full name")


def _tag_violations(tag: str, field: str, service_id: str) -> Iterator[Violation]:
    if not TAG.fullmatch(tag):
        yield Violation(field, f"'{tag}' is not 3 to 63 lower-case letters, digits and inner hyphens")
    if len(tag) + len(service_id) > MAX_TAG_AND_SERVICE:
        yield Violation(
            field, f"Combined traffic tag and service name cannot exceed {MAX_TAG_AND_SERVICE} characters"
        )
