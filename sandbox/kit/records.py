"""The records that the sandbox is born with: assets, events and baselines, the same on every machine.

They belong together: events are seen on assets, and exactly `INCIDENTS` of their stories are threats. Ids
sort before every id that is minted later, and times lie before `BEGINNING`, so what is new comes first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.kit.seed import FUZZ_TENANT, TENANTS

BEGINNING = 1_767_225_600.0
"""Unix time behind which no record of the seed lies: 2026-01-01."""
ASSETS = 200
EVENTS = 2000
INCIDENTS = 40
BASELINE_DAYS = 60

_ROUTINE_APART_S = 2600.0
_INCIDENT = ("port_scan", "login_failure", "login_failure", "privilege_escalation", "lateral_movement")
_INCIDENT_SEVERITY = ("low", "medium", "medium", "high", "critical")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedAsset:
    """A machine; which sort it is follows from `number`."""

    id: str
    tenant: str
    number: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedEvent:
    """An event on a seeded asset; `occurred_at` in Unix seconds."""

    id: str
    tenant: str
    asset_id: str
    kind: str
    severity: str
    indicators: tuple[str, ...]
    occurred_at: float


def seed_id(prefix: str, tenant: str, number: int) -> str:
    """The id of a seeded record, such as `ast_00acme0001`."""
    return f"{prefix}_00{tenant}{number:04d}"


def example(prefix: str, number: int = 1) -> str:
    """The id of a record of the tenant that contract tests run in."""
    return seed_id(prefix, FUZZ_TENANT, number)


def assets() -> list[SeedAsset]:
    return [_asset(TENANTS[turn % len(TENANTS)], turn // len(TENANTS) + 1) for turn in range(ASSETS)]


def events() -> list[SeedEvent]:
    counts = dict.fromkeys(TENANTS, 0)
    found = []
    for tenant, number, kind, severity, at in [*_incidents(), *_routine()]:
        counts[tenant] += 1
        found.append(
            SeedEvent(
                id=seed_id("evt", tenant, counts[tenant]),
                tenant=tenant,
                asset_id=seed_id("ast", tenant, number),
                kind=kind,
                severity=severity,
                indicators=(f"10.66.0.{number}",) if severity in {"high", "critical"} else (),
                occurred_at=at,
            )
        )
    return found


def incidents() -> list[tuple[SeedEvent, ...]]:
    """The events of each incident, in the order of their happening."""
    found, size = events(), len(_INCIDENT)
    return [tuple(found[turn * size : (turn + 1) * size]) for turn in range(INCIDENTS)]


def baseline(asset_id: str) -> list[float]:
    """How active an asset was on each of the past days: a level of its own with some noise."""
    level = 1.0 + _draw(asset_id, "level") * 4.0
    return [round(level * (0.6 + 0.8 * _draw(asset_id, f"day {day}")), 3) for day in range(BASELINE_DAYS)]


def _asset(tenant: str, number: int) -> SeedAsset:
    address = f"10.{TENANTS.index(tenant) + 1}.0.{number}"
    return SeedAsset(id=seed_id("ast", tenant, number), tenant=tenant, number=number, address=address)


_Row = tuple[str, int, str, str, float]


def _incidents() -> Iterator[_Row]:
    """Five events within ten minutes on one asset, an asset and a day for each incident."""
    for turn in range(INCIDENTS):
        tenant, number = TENANTS[turn % len(TENANTS)], turn // len(TENANTS) + 1
        start = BEGINNING - 86_400.0 * (turn % BASELINE_DAYS + 1)
        for step, (kind, severity) in enumerate(zip(_INCIDENT, _INCIDENT_SEVERITY, strict=True)):
            yield tenant, number, kind, severity, start + 120.0 * step


def _routine() -> Iterator[_Row]:
    """Harmless events on the assets that had no incident, each far from the next on the same asset."""
    quiet = range(20, ASSETS // len(TENANTS) + 1)
    for turn in range(EVENTS - INCIDENTS * len(_INCIDENT)):
        tenant, number = TENANTS[turn % len(TENANTS)], quiet[turn // len(TENANTS) % len(quiet)]
        kind, severity = ("login_success", "info") if turn % 5 else ("config_change", "low")
        yield tenant, number, kind, severity, BEGINNING - 1.0 - _ROUTINE_APART_S * turn


def _draw(*parts: str) -> float:
    digest = hashlib.sha256("|".join(parts).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64
