"""The security records that the sandbox is born with: 200 assets, 2,000 events, 40 threats, 60-day baselines.

Everything is drawn from one fixed seed, so every process of every revision agrees without asking.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, pstdev

from sandbox.kit.seed import TENANTS

EPOCH = 1_767_225_600.0
"""2026-01-01T00:00:00Z in Unix seconds: the end of the seeded past."""
DAY_S = 86_400.0
BASELINE_DAYS = 60
_ASSETS, _EVENTS, _THREATS = 200, 2_000, 40
_KINDS = ("server", "workstation", "database", "network", "iot")
_LEVELS = ("low", "medium", "high", "critical")
_ORDINARY = (
    ("login_success", "info"),
    ("config_change", "low"),
    ("login_failure", "low"),
    ("port_scan", "medium"),
)
_SUSPICIOUS = (
    ("malware_detected", "high"),
    ("lateral_movement", "high"),
    ("privilege_escalation", "high"),
    ("data_exfiltration", "critical"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedAsset:
    """A machine of a tenant. Ids are `ast_0001` … in the order of tenants."""

    id: str
    tenant: str
    hostname: str
    address: str
    kind: str
    criticality: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedEvent:
    """Something that happened on an asset; `at` in Unix seconds. Ids are `evt_00001` …"""

    id: str
    tenant: str
    asset_id: str
    kind: str
    severity: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedThreat:
    """A threat that a suspicious event amounts to. Ids are `thr_0001` …"""

    id: str
    tenant: str
    asset_id: str
    event_id: str
    kind: str
    severity: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedBaseline:
    """Activity of an asset on each of the 60 days before EPOCH, with its mean and deviation."""

    entity_id: str
    tenant: str
    daily: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean activity per day."""
        return fmean(self.daily)

    @property
    def deviation(self) -> float:
        """Standard deviation of the activity per day."""
        return pstdev(self.daily)


@lru_cache(maxsize=1)
def assets() -> tuple[SeedAsset, ...]:
    """Return all assets; the tenants own about a third each, so each tenant's first one is easy to name."""
    draw = random.Random("assets")
    return tuple(_asset(number, draw.choice) for number in range(_ASSETS))


@lru_cache(maxsize=1)
def events() -> tuple[SeedEvent, ...]:
    """Return all events in the order of their times; one in twenty-five is suspicious."""
    draw = random.Random("events")
    made = []
    for number in range(_EVENTS):
        asset = draw.choice(assets())
        kind, severity = draw.choice(_SUSPICIOUS if number % 25 == 0 else _ORDINARY)
        at = EPOCH - BASELINE_DAYS * DAY_S + number * BASELINE_DAYS * DAY_S / _EVENTS
        made.append(
            SeedEvent(
                id=f"evt_{number + 1:05d}",
                tenant=asset.tenant,
                asset_id=asset.id,
                kind=kind,
                severity=severity,
                at=round(at, 3),
            )
        )
    return tuple(made)


@lru_cache(maxsize=1)
def threats() -> tuple[SeedThreat, ...]:
    """Return the threats that the first suspicious events amount to."""
    suspicious = [event for event in events() if event.severity in {"high", "critical"}][:_THREATS]
    return tuple(
        SeedThreat(
            id=f"thr_{number:04d}",
            tenant=event.tenant,
            asset_id=event.asset_id,
            event_id=event.id,
            kind=event.kind,
            severity=event.severity,
            at=event.at,
        )
        for number, event in enumerate(suspicious, start=1)
    )


@lru_cache(maxsize=1)
def baselines() -> tuple[SeedBaseline, ...]:
    """Return the ordinary activity of every asset."""
    draw = random.Random("baselines")
    return tuple(_baseline(asset, draw.gauss) for asset in assets())


def first_asset(tenant: str) -> SeedAsset:
    """Return the tenant's first asset: a good example for a document."""
    return next(asset for asset in assets() if asset.tenant == tenant)


def _asset(number: int, choose: Callable[[tuple[str, ...]], str]) -> SeedAsset:
    tenant_number = number * len(TENANTS) // _ASSETS
    tenant, kind = TENANTS[tenant_number], choose(_KINDS)
    return SeedAsset(
        id=f"ast_{number + 1:04d}",
        tenant=tenant,
        hostname=f"{kind}-{number + 1:04d}.{tenant}.test",
        address=f"10.{tenant_number + 1}.{number // 250}.{number % 250 + 1}",
        kind=kind,
        criticality=choose(_LEVELS),
    )


def _baseline(asset: SeedAsset, gauss: Callable[[float, float], float]) -> SeedBaseline:
    busy = 4.0 if asset.kind == "server" else 2.0
    daily = tuple(round(max(0.0, gauss(busy, 1.0)), 3) for _ in range(BASELINE_DAYS))
    return SeedBaseline(entity_id=asset.id, tenant=asset.tenant, daily=daily)
