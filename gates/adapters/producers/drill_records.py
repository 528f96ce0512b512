"""What producers may know of rehearsed recoveries: the ledger's records, and each service's objectives."""

from __future__ import annotations

from datetime import UTC, datetime

from gates.adapters.documents.documents import load_platform
from gates.adapters.ledger.sqlite_ledger import SqliteLedger
from gates.adapters.machine.settings import ledger_path, platform_folder
from gates.errors import ConfigurationError
from gates.model.drill import DrillRecord
from gates.model.platform import Tier


def recorded_drills(environment: str) -> tuple[DrillRecord, ...]:
    """Return the recorded drills of an environment that the policy still lets count, the newest first.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    oldest = datetime.now(UTC) - load_platform(platform_folder()).policy.drill_max_age
    return tuple(one for one in SqliteLedger(ledger_path()).drills(environment) if one.at >= oldest)


def tier_of(service: str) -> Tier:
    """Return the recovery objectives of a service.

    Raises:
        ConfigurationError: the platform gives it none.
    """
    platform = load_platform(platform_folder())
    spec = platform.service(service)
    found = next((tier for tier in platform.tiers if spec is not None and tier.name == spec.tier), None)
    if found is None:
        raise ConfigurationError(f"{service} has no tier", next_step="give it one in platform.yaml")
    return found
