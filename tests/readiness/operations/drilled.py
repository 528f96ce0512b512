"""Which recorded drill counts: the newest of its kind about a subject, if it is recent and passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from gates.model.criterion import PLATFORM
from gates.model.drill import DrillKind, DrillRecord
from journeys.checks import demand
from tests.readiness.records import not_on_record

MAX_AGE = timedelta(days=90)
"""As long as the catalogue lets evidence of a drill count."""


def newest(
    drills: Sequence[DrillRecord], subject: str, *kinds: DrillKind, blames: str, place: str
) -> DrillRecord:
    """Return the newest drill of those kinds about the subject.

    None, or one that is too old, is not run. `place` is the environment that is drilled.

    Raises:
        DemandNotMetError: it did not pass: an older one that did is no help.
    """
    names = " or ".join(kinds)
    found = next((one for one in drills if one.subject == subject and one.kind in kinds), None)
    if found is None:
        not_on_record(f"no {names} drill of {subject} is on record", command=command(place))
    demand(found.passed, f"the newest {found.kind} drill of {subject} failed: {found.detail}", blames=blames)
    age = datetime.now(UTC) - found.at
    if age > MAX_AGE:
        not_on_record(
            f"the newest {found.kind} drill of {subject} is {age.days} days old", command=command(place)
        )
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
