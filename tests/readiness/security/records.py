"""Records of our own tenant, one of each kind, and whether anything about them has changed."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from journeys.checks import demand, document, expect, field
from journeys.reads import PROTECTED
from tests.readiness.security.contracts import Operation, operations
from tests.readiness.security.tenants import Tenant
from tests.readiness.security.volley import Ask, Volley

Http = Callable[[str], httpx.Client]
_PATIENCE_S = 15.0
MOVING = frozenset({"/v1/audit", "/v1/lag", "/v1/model", "/v1/entities/{entity_id}/score"})
"""Reads whose answers change although nothing was changed."""
_RULE = {"action": "monitor", "approverRoles": ["admin"], "escalateFromRisk": 99.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """The ids of what is there, by the name of the path parameter that takes them."""

    tenant: Tenant
    ids: Mapping[str, str]

    def path(self, operation: Operation) -> str:
        """Return the path of an operation on these records."""
        return operation.at(**self.ids)

    def mentions(self, text: str, path: str = "") -> list[str]:
        """Return the ids that an answer names; of a trail, which repeats what was asked for, the tenant."""
        named = (self.tenant.name,) if path.partition("?")[0].endswith("/v1/audit") else self.ids.values()
        return [found for found in named if found in text]


def make_records(http: Http, tenant: Tenant, user_id: str) -> Records:
    """Make one record of each kind, in the order in which they need each other.

    Raises:
        DemandNotMetError: a service does not make its record.
    """
    asset = _made(http, tenant, "asset-discovery", "/v1/assets", new_asset())
    scan = _made(http, tenant, "asset-discovery", "/v1/scans", {"network": new_network()})
    event = _made(http, tenant, "event-processor", "/v1/events", new_event(asset["id"]))
    read = _until(http, tenant, "event-processor", f"/v1/events/{event['id']}", "correlationId")
    _until(http, tenant, "asset-discovery", f"/v1/scans/{scan['id']}", "finishedAt")
    found = _made(http, tenant, "threat-detection", "/v1/analyze", {"assetId": asset["id"]})
    demand(found.get("threats"), "makes no threat of a privilege escalation", blames="threat-detection")
    threat = str(found["threats"][0]["id"])
    decision = _made(http, tenant, "decision-engine", "/v1/decisions", {"threatId": threat})
    question = {"question": f"What happened on asset {asset['id']}?"}
    asked = _made(http, tenant, "nlp-assistant", "/v1/query", question)
    ids = {
        "asset_id": asset["id"],
        "entity_id": asset["id"],
        "scan_id": scan["id"],
        "event_id": event["id"],
        "correlation_id": read["correlationId"],
        "threat_id": threat,
        "decision_id": decision["id"],
        "conversation_id": asked["conversationId"],
        "user_id": user_id,
    }
    return Records(tenant=tenant, ids={name: str(value) for name, value in ids.items()})


def new_asset() -> dict[str, Any]:
    """Return an asset that nobody has yet."""
    a, b, c = (secrets.randbelow(250) for _ in range(3))
    return {"hostname": f"h{secrets.token_hex(4)}", "address": f"10.{a}.{b}.{c}", "kind": "server"}


def new_network() -> str:
    """Return a network to scan."""
    return f"10.{secrets.randbelow(250)}.{secrets.randbelow(250)}.0/24"


def new_event(asset_id: str) -> dict[str, Any]:
    """Return an event that a threat is made of."""
    return {"assetId": asset_id, "kind": "privilege_escalation", "severity": "high", "summary": "checked"}


def body_for(operation: Operation, ids: Mapping[str, str]) -> Any:
    """Return a document that the operation would take, and that would change something.

    Raises:
        KeyError: an operation that takes a document is not known here, so nobody can look at it.
    """
    if not operation.takes_body:
        return None
    asset = ids["asset_id"]
    bodies: dict[str, Callable[[], Any]] = {
        "POST /v1/assets": new_asset,
        "PATCH /v1/assets/{asset_id}": lambda: {"hostname": "taken-over"},
        "POST /v1/scans": lambda: {"network": new_network()},
        "POST /v1/events": lambda: new_event(asset),
        "POST /v1/events:batch": lambda: {"events": [new_event(asset)]},
        "PATCH /v1/threats/{threat_id}": lambda: {"note": "taken over"},
        "POST /v1/analyze": lambda: {"assetId": asset},
        "POST /v1/indicators": lambda: {"kind": "domain", "value": f"{secrets.token_hex(4)}.test"},
        "POST /v1/score": lambda: {"entityId": asset},
        "POST /v1/decisions": lambda: {"threatId": ids["threat_id"]},
        "PUT /v1/policies": lambda: dict.fromkeys(("low", "medium", "high", "critical"), _RULE),
        "POST /v1/query": lambda: {"question": f"What happened on asset {asset}?"},
        "POST /v1/query:stream": lambda: {"question": f"What happened on asset {asset}?"},
        "POST /v1/users": lambda: {
            "username": f"u{secrets.token_hex(4)}@checks.test",
            "password": secrets.token_hex(12),
            "roles": ["admin"],
        },
        "PUT /v1/users/{user_id}/roles": lambda: {"roles": ["admin"]},
        "PUT /v1/users/{user_id}/status": lambda: {"isEnabled": False},
        "POST /v1/introspect": lambda: {"token": "a.b.c"},
        "POST /v1/revoke": lambda: {"token": "nothing"},
        "POST /v1/audit": lambda: {"entries": []},
        "POST /v1/me/password": lambda: {"currentPassword": "wrong", "newPassword": secrets.token_hex(12)},
        "PUT /internal/fallback": lambda: {"mode": "auto"},
    }
    return bodies[operation.name]()


def state_of(volley: Volley, service: str, records: Records) -> dict[str, str]:
    """Return what the service keeps of our tenant, as an administrator of it reads it.

    Raises:
        DemandNotMetError: the owner cannot read it.
    """
    reads = [
        Ask(service=service, path=records.path(op), headers=records.tenant.headers("admin"), what=op.name)
        for op in operations(service)
        if op.method == "GET" and op.roles and op.path.startswith("/v1/") and op.path not in MOVING
    ]
    reads += (
        []
        if reads
        else [Ask(service=service, path=PROTECTED[service], headers=records.tenant.headers("admin"))]
    )
    return {seen.ask.path: expect(seen.answer, 200, blames=service).text for seen in volley.send(reads)}


def _made(http: Http, tenant: Tenant, service: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    answer = http(service).post(path, headers=tenant.headers("admin"), json=body)
    return document(expect(answer, 200, 201, 202, blames=service), blames=service)


def _until(http: Http, tenant: Tenant, service: str, path: str, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        answer = expect(http(service).get(path, headers=tenant.headers("admin")), 200, blames=service)
        if field(answer, name, blames=service) is not None or time.monotonic() > deadline:
            demand(answer.json()[name] is not None, f"{path} has no {name} yet", blames=service)
            return document(answer, blames=service)
        threading.Event().wait(0.2)
