"""Each operation against each role, and the tenant that only the token may name.

The cells come from `x-required-roles` of the reviewed OpenAPI documents, never from a list of our own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand, document, expect
from tests.readiness.security.contracts import (
    PEOPLE,
    SERVICE,
    Operation,
    operations,
    operations_in,
    reachable,
    reviewed_open,
)
from tests.readiness.security.records import Records, body_for, state_of
from tests.readiness.security.tenants import Tenant
from tests.readiness.security.volley import Ask, Volley

NOWHERE = {
    "asset_id": "ast_0000000000000000",
    "entity_id": "ast_0000000000000000",
    "scan_id": "scn_0000000000000000",
    "event_id": "evt_0000000000000000",
    "correlation_id": "cor_0000000000000000",
    "threat_id": "thr_0000000000000000",
    "decision_id": "dec_0000000000000000",
    "conversation_id": "cnv_0000000000000000",
    "user_id": "usr_ffffffffffffffff",
    "name": "nobody",
}
"""Ids of nothing: who is let in learns that there is nothing."""
ENDING = frozenset({"POST /v1/logout", "POST /v1/keys:rotate"})
"""Operations without a document and an id: letting somebody in is doing it."""
FOREIGN = ("x-on-behalf-tenant", "x-tenant-id", "x-tenant", "tenant", "x-org-id")


def guarded(service: str) -> Iterator[Operation]:
    """Yield the operations that name roles of people."""
    for op in operations(service):
        if op.scheme == "bearer" and set(op.roles) & set(PEOPLE):
            yield op


def who(tenant: Tenant, role: str, service: str) -> dict[str, str]:
    """Return the headers of a role of people, or of another service that acts for the tenant."""
    if role != SERVICE:
        return tenant.headers(role)
    return {**tenant.headers(role, aud=service), "x-on-behalf-tenant": tenant.name}


@pytest.mark.criterion("AUZ-01-NAMED")
@pytest.mark.impact("creates-data")
def test_named_roles_are_let_in(service: ServiceTarget, volley: Volley, tenant: Tenant) -> None:
    """Every role that an operation names gets past its check; what it asks for does not exist."""
    asks = [
        Ask(
            service=service.name,
            method=op.method,
            path=op.at(**NOWHERE),
            headers=who(tenant, role, service.name),
            json=[] if op.takes_body else None,
            what=f"{role} at {op.name}",
        )
        for op in guarded(service.name)
        if op.name not in ENDING
        for role in op.roles
    ]
    shut_out = [f"{s.ask.what}: {s.status}" for s in volley.send(asks) if s.status in (401, 403)]
    demand(asks and not shut_out, f"shuts out {'; '.join(shut_out[:5])}", blames=service.name)


@pytest.mark.criterion("AUZ-02-OTHERS", "SEC-03")
@pytest.mark.impact("creates-data")
def test_roles_are_enforced(service: ServiceTarget, volley: Volley, records: Records) -> None:
    """Every other role and an expired token are refused, and nothing has changed afterwards."""
    before, past, tenant = state_of(volley, service.name, records), int(time.time()) - 3600, records.tenant
    asks, wanted = [], []
    for op in guarded(service.name):
        callers = [(role, tenant.headers(role), 403) for role in PEOPLE if role not in op.roles]
        callers.append(("an expired admin", tenant.headers("admin", iat=past - 60, exp=past), 401))
        for name, headers, status in callers:
            wanted.append(status)
            asks.append(
                Ask(
                    service=service.name,
                    method=op.method,
                    path=records.path(op),
                    headers=headers,
                    json=body_for(op, records.ids),
                    what=f"{name} at {op.name}",
                )
            )
    cells = zip(volley.send(asks), wanted, strict=True)
    let_in = [f"{s.ask.what}: {s.status}" for s, status in cells if s.status != status]
    after = state_of(volley, service.name, records)
    changed = [path for path, text in before.items() if after.get(path) != text]
    demand(not changed, f"refused requests changed {changed[:3]}", blames=service.name)
    demand(asks and not let_in, f"does not refuse {'; '.join(let_in[:5])}", blames=service.name)


@pytest.mark.criterion("AUZ-03-INVENTORY")
def test_inventory(service: ServiceTarget, volley: Volley) -> None:
    """What the service declares as open to everybody was reviewed, pinned or served."""
    served = volley.one(Ask(service=service.name, path="/openapi.json"))
    openapi = document(expect(served, 200, blames=service.name), blames=service.name)
    demand(openapi.get("paths"), "serves a contract without operations", blames=service.name)
    reviewed = {**reviewed_open().get(service.name, {}), **reviewed_open()["*"]}
    own = [
        op for op in operations_in(service.name, openapi) if not op.path.startswith("/api/v1/auth-service/")
    ]
    for found in (operations(service.name), own):
        unknown = [op.name for op in found if not op.scheme and op.name not in reviewed]
        demand(not unknown, f"{unknown} are open to everybody and nobody reviewed it", blames=service.name)


@pytest.mark.criterion("AUZ-06-TENANT", "SEC-03")
@pytest.mark.impact("creates-data")
def test_tenants_are_separate(
    service: ServiceTarget, volley: Volley, records: Records, stranger: Tenant
) -> None:
    """Naming another tenant beside the token shows nothing of it."""
    owner, asks = records.tenant.name, []
    for prefix, op in reachable(service.name):
        if op.method != "GET" or not op.roles:
            continue
        path = prefix + records.path(op)
        for header in FOREIGN:
            headers = {**stranger.headers("admin"), header: owner}
            asks.append(Ask(service=service.name, path=path, headers=headers, what=f"{header} at {op.name}"))
        for name in ("tenant", "tenantId"):
            what = f"?{name}= at {op.name}"
            asks.append(
                Ask(
                    service=service.name,
                    path=f"{path}?{name}={owner}",
                    headers=stranger.headers("admin"),
                    what=what,
                )
            )
    seen = volley.send(asks)
    found = [s for s in seen if s.status == 200 and _is_about(records, s.ask.path, s.answer.text)]
    shown = [s.ask.what for s in found if not volley.is_handed_on(s)]
    demand(
        asks and not shown, f"shows another tenant's records for {'; '.join(shown[:5])}", blames=service.name
    )


def _is_about(records: Records, path: str, text: str) -> bool:
    """Whether an answer holds a record that the request itself did not name, or the record that it named."""
    found = records.mentions(text, path)
    return bool(found) or any(path.partition("?")[0].endswith(each) for each in records.ids.values())
