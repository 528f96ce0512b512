"""The known-bad revisions that an image reference `sandbox/<service>:<version>-<fault>` can name."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.faults.fault import Fault
from sandbox.faults.tables import (
    authentication,
    behaviour,
    benign,
    contract,
    infrastructure,
    journeys,
    records,
    security,
    signin,
    standing,
    tokens,
    traffic,
)

_TABLES = (
    authentication.KNOWN,
    behaviour.KNOWN,
    journeys.KNOWN,
    tokens.KNOWN,
    signin.KNOWN,
    traffic.KNOWN,
    standing.KNOWN,
    records.KNOWN,
    security.KNOWN,
    contract.KNOWN,
    infrastructure.KNOWN,
    benign.KNOWN,
)

FAULTS: Mapping[str, Fault] = {fault.slug: fault for table in _TABLES for fault in table}
"""Every fault by its slug. Ids M.. are the known-bad revisions of the benchmark, A.. are further ones."""


def find(service: str, slug: str) -> Fault | None:
    """Find a fault by its slug; None when there is none or it does not apply to the service."""
    fault = FAULTS.get(slug)
    return fault if fault is not None and service in fault.services else None
