"""Which recorded drill counts: the newest of its kind about a subject, if it is recent enough and passed."""

from __future__ import annotations

from collections.abc import Sequence

from gates.model.criterion import PLATFORM
from gates.model.drill import DrillKind, DrillRecord
from journeys.checks import demand
from tests.readiness.records import not_on_record


def newest(
    drills: Sequence[DrillRecord], subject: str, *kinds: DrillKind, blames: str, place: str
) -> DrillRecord:
    """Return the newest drill of those kinds about the subject.

    Without one it is not run: `drills` are those that the policy still lets count (drillMaxAge). `place` is
    the environment that is drilled.

    Raises:
        DemandNotMetError: it did not pass: an older one that did is no help.
    """
    names = " or ".join(kinds)
    found = next((one for one in drills if one.subject == subject and one.kind in kinds), None)
    if found is None:
        not_on_record(f"no recent {names} drill of {subject} is on record", command=command(place))
    demand(found.passed, f"the newest {found.kind} drill of {subject} failed: {found.detail}", blames=blames)
    return found


def restore(drills: Sequence[DrillRecord], *, blames: str, place: str) -> DrillRecord:
    """Return the drill that brought the database back; all services share it.

    Raises:
        DemandNotMetError: it did not pass.
    """
    return newest(drills, PLATFORM, DrillKind.RESTORE, blames=blames, place=place)


def command(place: str) -> str:
    """Return the command that drills everything that readiness asks for."""
    return f"gate drill all --env {place}"
