"""Builds model values for tests: everything has a default, a test names what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from gates.model.criterion import (
    FAILED_CHECKS,
    Criterion,
    FailureAction,
    Priority,
    Severity,
    Source,
    Stage,
)
from gates.model.decision import RollBack
from gates.model.drill import DrillKind, DrillRecord
from gates.model.evidence import Evidence, EvidenceStatus, Measurement, Subject, Window
from gates.model.platform import Environment, Impact, Platform, ServiceSpec
from gates.model.release import Release, RevisionRef, ServiceRelease
from gates.model.service_contract import (
    CircuitBreakers,
    DataProbe,
    ProbeRecord,
    SignIn,
    TokenFallback,
)
from gates.model.state import ServiceState
from gates.model.target import Target
from gates.model.traffic import TrafficSplit, TrafficTarget

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""The moment at which every test of the rooms takes place."""

PRODUCER = "tests/validation/immediate/test_health.py::test_live"


def criterion(**changes: Any) -> Criterion:
    """Return a blocking criterion for auth-service with one producer."""
    values: dict[str, Any] = {
        "id": "HLT-LIVE",
        "statement": "The service answers.",
        "category": "health",
        "severity": Severity.BLOCKER,
        "stages": (Stage.IMMEDIATE,),
        "services": ("auth-service",),
        "owner": "operations-manager",
        "failure_action": FailureAction.ROLLBACK,
        "priority": Priority.P0,
        "rationale": "A service that does not answer serves nobody.",
        "source": Source(anchor="immediate-validation", item="health"),
        "max_age": timedelta(hours=1),
        "producers": (PRODUCER,),
    }
    return Criterion(**{**values, **changes})


def release(*services: str) -> Release:
    """Return a release of the named services (auth-service when none is named), each with a baseline."""
    return Release(
        id="r1",
        environment="sandbox",
        services=tuple(
            ServiceRelease(
                service=name,
                candidate=RevisionRef(name=f"{name}-00002", digest=f"sha256:{name}2"),
                baseline=RevisionRef(name=f"{name}-00001", digest=f"sha256:{name}1"),
                baseline_verified=True,
            )
            for name in services or ("auth-service",)
        ),
    )


def environment(**changes: Any) -> Environment:
    """Return a place with nothing special: the sandbox's name, checks that only look, nobody protected."""
    values: dict[str, Any] = {
        "name": "sandbox",
        "project": "p",
        "region": "r",
        "service_name": "{service}",
        "public_hosts": (),
        "allowed_impacts": (Impact.READ_ONLY,),
        "is_protected": False,
    }
    return Environment(**{**values, **changes})


SIGN_IN = SignIn(
    service="accounts",
    operator="admin",
    witnesses=("viewer", "responder"),
    password="/enter",
    one_time_code="/enter/code",
    sign_out="/leave",
    who_am_i="/me",
)
CIRCUITS = CircuitBreakers(
    path="/breakers", fallback=TokenFallback(service="door", path="/remembered", check="/quota")
)
DATA_PROBE = DataProbe(
    records=(
        ProbeRecord(
            service="shelf",
            path="/boxes",
            document=(("name", "box-{random}"), ("address", "10.{byte}.{byte}.{byte}"), ("tags", ("drill",))),
            removable=True,
        ),
        ProbeRecord(
            service="diary", path="/entries", document=(("about", "{shelf}"), ("size", 3), ("open", False))
        ),
    ),
    session=True,
)


def platform(*services: str, **changes: Any) -> Platform:
    """Return a platform of these services, with a sign-in, circuit breakers and a data probe."""
    named = services or ("accounts", "door", "shelf", "diary")
    values: dict[str, Any] = {
        "name": "p",
        "services": tuple(ServiceSpec(name=name, title=name, tier="t") for name in named),
        "tiers": (),
        "matrix": (),
        "roles": (),
        "digest": "sha256:p",
        "load_entrance": "door",
        "sign_in": SIGN_IN,
        "circuits": CIRCUITS,
        "data_probe": DATA_PROBE,
    }
    return Platform(**{**values, **changes})


def evidence(value: float | None = 0.0, **changes: Any) -> Evidence:
    """Return evidence about auth-service's candidate; `value` None means NOT_RUN."""
    service = changes.pop("service", "auth-service")
    unit = changes.pop("unit", FAILED_CHECKS)
    values: dict[str, Any] = {
        "criterion": "HLT-LIVE",
        "subject": Subject(service=service, revision=f"{service}-00002", digest=f"sha256:{service}2"),
        "status": EvidenceStatus.NOT_RUN if value is None else EvidenceStatus.OBSERVED,
        "producer": f"{PRODUCER}[{service}]",
        "environment": "sandbox",
        "window": Window(start=NOW - timedelta(minutes=2), end=NOW - timedelta(minutes=1)),
        "measurement": None if value is None else Measurement(value=value, unit=unit),
        "samples": 0 if value is None else 1,
    }
    return Evidence(**{**values, **changes})


def back(service: str, **changes: Any) -> RollBack:
    """Return the rollback of a service from its revision `SERVICE-2`, which is bad, to `SERVICE-1`."""
    values: dict[str, Any] = {
        "from_revision": f"{service}-2",
        "to_revision": f"{service}-1",
        "is_target_verified": True,
        "reason": "slow",
    }
    return RollBack(service=service, **{**values, **changes})


def drill(**changes: Any) -> DrillRecord:
    """Return a restore of the platform that passed now."""
    values: dict[str, Any] = {
        "kind": DrillKind.RESTORE,
        "subject": "platform",
        "environment": "sandbox",
        "fingerprint": "sha256:f",
        "rto_s": 1.0,
        "rpo_s": 2.0,
        "passed": True,
        "at": NOW,
        "detail": "restored",
    }
    return DrillRecord(**{**values, **changes})


def target(**changes: Any) -> Target:
    """Return a target without services in the place of `environment`."""
    values: dict[str, Any] = {
        "environment": "sandbox",
        "fingerprint": "sha256:f",
        "project": "p",
        "region": "r",
        "service_name": "{service}",
        "services": (),
        "public_urls": (),
        "allowed_impacts": (Impact.READ_ONLY,),
        "demands": (),
    }
    return Target(**{**values, **changes})


def state(service: str, **changes: Any) -> ServiceState:
    """Return a service that follows its newest revision `SERVICE-2`, which is ready and has all traffic."""
    newest = changes.pop("newest", f"{service}-2")
    values: dict[str, Any] = {
        "uri": f"https://{service}.test",
        "etag": "1",
        "is_reconciling": False,
        "is_ready": True,
        "latest_ready": newest,
        "latest_created": newest,
        "traffic": TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),)),
        "serving": ((newest, 100),),
    }
    return ServiceState(service=service, **{**values, **changes})
