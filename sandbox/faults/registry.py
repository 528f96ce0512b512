"""The known-bad revisions that an image reference `sandbox/<service>:<version>-<fault>` can name."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

AsgiApp = Callable[..., Any]
"""An ASGI application: awaited with scope, receive and send."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a revision is wrong, and the criteria that must notice it."""

    id: str
    slug: str
    services: tuple[str, ...]
    summary: str
    criteria: tuple[str, ...]
    build: Callable[[str, Callable[[], AsgiApp]], AsgiApp]
    """Called in the revision's own process with the service's name and its healthy application factory."""


def _late(module: str, name: str) -> Callable[[str, Callable[[], AsgiApp]], AsgiApp]:
    """Import the builder where it is used: in the revision's process, not in the platform's."""

    def build(service: str, create_app: Callable[[], AsgiApp]) -> AsgiApp:
        found = importlib.import_module(f"sandbox.faults.{module}")
        app: AsgiApp = getattr(found, name)(service, create_app)
        return app

    return build


_ALL = (
    *("frontend", "api-gateway", "auth-service", "asset-discovery", "event-processor"),
    *("threat-detection", "behavioral-analysis", "decision-engine", "nlp-assistant"),
)
_TAKING_TOKENS = _ALL[1:]

_KNOWN = (
    Fault(
        "M02",
        "any-token",
        _TAKING_TOKENS,
        "any bearer string is accepted",
        ("AUT-TAMPERED", "AUT-EXPIRED", "AUT-AUDIENCE"),
        _late("authentication", "any_token"),
    ),
    Fault(
        "M04",
        "expired-accepted",
        ("auth-service",),
        "an expired token is accepted",
        ("AUT-EXPIRED",),
        _late("authentication", "expired_accepted"),
    ),
    Fault(
        "M05",
        "logout-ignored",
        ("auth-service",),
        "signing out ends nothing",
        ("AUT-LOGOUT",),
        _late("authentication", "logout_ignored"),
    ),
    Fault(
        "M06",
        "second-factor-skipped",
        ("auth-service",),
        "every one-time code is good",
        ("AUT-MFA",),
        _late("authentication", "second_factor_skipped"),
    ),
    Fault(
        "M08",
        "self-approval",
        ("decision-engine",),
        "who proposes may approve",
        ("JRN-ANALYST",),
        _late("behaviour", "self_approval"),
    ),
    Fault(
        "M16",
        "schema-drift",
        ("behavioral-analysis",),
        "the field risk is called riskScore",
        ("JRN-ANALYST", "CTR-CONFORMANCE"),
        _late("behaviour", "schema_drift"),
    ),
    Fault(
        "M17",
        "score-inverted",
        ("behavioral-analysis",),
        "more suspicion lowers the risk",
        ("JRN-ANALYST",),
        _late("behaviour", "score_inverted"),
    ),
    Fault(
        "M18",
        "events-lost",
        ("event-processor",),
        "events are acknowledged and not kept",
        ("JRN-ANALYST",),
        _late("behaviour", "events_lost"),
    ),
    Fault(
        "M23",
        "health-lies",
        _ALL,
        "ready, and nothing works",
        ("HLT-DEEP",),
        _late("behaviour", "health_lies"),
    ),
    Fault(
        "A02",
        "citations-missing",
        ("nlp-assistant",),
        "answers without their records",
        ("JRN-ANALYST",),
        _late("behaviour", "citations_missing"),
    ),
    Fault(
        "A03",
        "wrong-asset",
        ("threat-detection",),
        "a threat names another asset",
        ("JRN-ANALYST",),
        _late("behaviour", "wrong_asset"),
    ),
)

FAULTS: Mapping[str, Fault] = {fault.slug: fault for fault in _KNOWN}
"""Every fault by its slug. Ids M.. are the known-bad revisions of the benchmark, A.. are further ones."""


def find(service: str, slug: str) -> Fault | None:
    """Find a fault by its slug; None when there is none or it does not apply to the service."""
    fault = FAULTS.get(slug)
    return fault if fault is not None and service in fault.services else None
