"""Objections to a planned rollback from the platform's state: the tests after it must be able to pass.

A service that is rolled back may be unhealthy. Every other service must be healthy and the database must
answer, or the tests after the rollback fail for another reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from gates.decision.safety_checks import Guard, Objection
from gates.model.database import Database
from gates.model.health import ServiceHealth

RUNNABLE = "RUNNABLE"


def standing_objections(
    healths: Sequence[ServiceHealth], database: Database | str, leaving: Collection[str]
) -> tuple[Objection, ...]:
    """Return the objections.

    Args:
        healths: the health of every service of the platform.
        database: the instance, or why it could not be read.
        leaving: the services that are rolled back.
    """
    found = [
        Objection(service=h.service, guard=Guard.HEALTH, detail=d)
        for h in healths
        for d in _unwell(h, leaving)
    ]
    if isinstance(database, str):
        found.append(Objection(service="platform", guard=Guard.DATABASE, detail=f"the database: {database}"))
    elif database.state != RUNNABLE:
        detail = f"the database {database.name} is {database.state}"
        found.append(Objection(service="platform", guard=Guard.DATABASE, detail=detail))
    return tuple(found)


def _unwell(health: ServiceHealth, leaving: Collection[str]) -> Iterator[str]:
    if health.service in leaving:
        return
    if not (health.is_alive and health.is_ready) or health.shortcoming:
        yield f"unhealthy service outside this rollback: {health.shortcoming or 'it is not ready'}"
    for circuit in health.circuits:
        if not circuit.is_closed and circuit.name not in leaving:
            yield f"its circuit to {circuit.name} is {circuit.state}, and both stay"
