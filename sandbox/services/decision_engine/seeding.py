"""What an empty database of decision-engine is filled with."""

from __future__ import annotations

import hashlib
from sqlite3 import Connection

from sandbox.kit import records
from sandbox.kit.seed import FUZZ_TENANT, TENANTS, people
from sandbox.services.decision_engine import store
from sandbox.services.decision_engine.models import Decision

PROPOSED = records.example("dec", 1)
APPROVED = records.example("dec", 2)


def known_threat(tenant: str = FUZZ_TENANT) -> str:
    """The id of a seeded threat, as threat-detection gives it to the tenant's first incident."""
    correlation = records.seed_id("cor", tenant, 1)
    return "thr_" + hashlib.sha256(f"{tenant}|{correlation}".encode()).hexdigest()[:20]


def seed(connection: Connection) -> None:
    """Give each tenant a proposed and an approved decision, so that both steps can be tried at once."""
    for tenant in TENANTS:
        store.DECISIONS.insert(connection, tenant, _decision(tenant, 1, None))
        store.DECISIONS.insert(connection, tenant, _decision(tenant, 2, _person(tenant, "manager")))


def _decision(tenant: str, number: int, approver: str | None) -> Decision:
    return Decision(
        id=records.seed_id("dec", tenant, number),
        threat_id=known_threat(tenant),
        asset_id=records.seed_id("ast", tenant, 1),
        severity="critical",
        risk=None,
        action="monitor",
        recommended_action="isolate_asset",
        rationale="",
        status="approved" if approver else "proposed",
        proposed_by=_person(tenant, "analyst"),
        approved_by=approver,
        executed_by=None,
        proposed_at=records.BEGINNING,
        approved_at=records.BEGINNING if approver else None,
        executed_at=None,
        steps=[],
    )


def _person(tenant: str, role: str) -> str:
    return next(person.id for person in people() if person.tenant == tenant and person.role == role)
