"""Whose an object is: other tenants' and other people's objects, lists, and fields that nobody may set."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import httpx
import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand, document, expect
from journeys.session import AUTH
from tests.readiness.security.contracts import Operation, operations, reachable
from tests.readiness.security.records import MOVING, Records, body_for, state_of
from tests.readiness.security.tenants import Account, Tenant
from tests.readiness.security.volley import Ask, Volley

ASSISTANT = "nlp-assistant"
REFUSED = (401, 403, 404)


def of_objects(service: str) -> Iterator[tuple[str, Operation]]:
    """Yield the operations that name an object in their path, with the prefix of the path."""
    for prefix, op in reachable(service):
        if op.roles and "{" in op.path and not op.path.startswith("/internal/"):
            yield prefix, op


@pytest.mark.criterion("AUZ-04-OBJECTS", "SEC-03")
@pytest.mark.impact("creates-data")
def test_objects_are_separate(
    service: ServiceTarget,
    volley: Volley,
    records: Records,
    stranger: Tenant,
    account: Callable[..., Account],
) -> None:
    """Reading, changing and deleting by id gets a stranger nothing, and the owner finds all unchanged."""
    colleague = records.tenant.headers("admin", sub=account().id)
    before = state_of(volley, service.name, records)
    asks = [
        Ask(
            service=service.name,
            method=op.method,
            path=prefix + records.path(op),
            headers=headers,
            json=body_for(op, records.ids),
            what=f"{name} at {op.name}",
        )
        for prefix, op in of_objects(service.name)
        for name, headers in (("a stranger", stranger.headers("admin")), ("a colleague", colleague))
        if name == "a stranger" or "{conversation_id}" in op.path
    ]
    _warm(volley, service.name, records)
    let_in = [
        f"{s.ask.what}: {s.status}"
        for s in volley.send(asks)
        if s.status not in REFUSED and not volley.is_handed_on(s)
    ]
    after = state_of(volley, service.name, records)
    changed = [path for path, text in before.items() if after.get(path) != text]
    demand(not changed, f"lets a stranger change {changed[:3]}", blames=service.name)
    demand(not let_in, f"lets in {'; '.join(let_in[:5])}", blames=service.name)


def _warm(volley: Volley, service: str, records: Records) -> None:
    """Let the owner read first: what is kept of the answer must not reach the next caller."""
    reads = [
        Ask(service=service, path=prefix + records.path(op), headers=records.tenant.headers("admin"))
        for prefix, op in of_objects(service)
        if op.method == "GET"
    ]
    for seen in volley.send(reads):
        expect(seen.answer, 200, blames=service)


@pytest.mark.criterion("AUZ-05-LISTS")
@pytest.mark.impact("creates-data")
def test_lists_are_separate(
    service: ServiceTarget, volley: Volley, records: Records, stranger: Tenant
) -> None:
    """Lists, and lists that are filtered by the owner's ids, name nothing of the owner's."""
    asks, ids = [], records.ids
    filters = {"assetId": ids["asset_id"], "entityId": ids["asset_id"], "threatId": ids["threat_id"]}
    for prefix, op in reachable(service.name):
        if op.method != "GET" or not op.roles or "{" in op.path:
            continue
        known = [f"{name}={filters[name]}" for name in op.queries() if name in filters]
        known += [f"scanId={ids['scan_id']}"] if "scanId" in op.queries() else []
        asks += [
            Ask(service=service.name, path=f"{prefix}{op.path}{query}", headers=stranger.headers("admin"))
            for query in ("", *(f"?{each}" for each in known))
        ]
    if service.name == ASSISTANT:
        body = {"question": f"What happened on asset {ids['asset_id']} and threat {ids['threat_id']}?"}
        answer = volley.one(
            Ask(
                service=ASSISTANT,
                method="POST",
                path="/v1/query",
                headers=stranger.headers("admin"),
                json=body,
            )
        )
        demand(not document(answer, blames=ASSISTANT).get("citations"), "tells a stranger", blames=ASSISTANT)
    for seen in volley.send(asks):
        named = records.mentions(seen.answer.text, seen.ask.path) if seen.status == 200 else []
        shown = [found for found in named if found not in seen.ask.path]
        if shown and volley.is_handed_on(seen):
            continue
        demand(not shown, f"{seen.ask.path} shows {shown[:3]} of another tenant", blames=service.name)


@pytest.mark.criterion("AUZ-07-SELF")
@pytest.mark.impact("creates-data")
def test_self_promotion(auth: httpx.Client, account: Callable[..., Account], tenant: Tenant) -> None:
    """Neither a viewer nor an administrator gives themselves a role, and reading again shows the old one."""
    for role, wish in (("viewer", "admin"), ("manager", "admin"), ("admin", "manager")):
        person = account(role)
        own = tenant.headers(role, sub=person.id)
        expect(auth.get("/v1/me", headers=own), 200, blames=AUTH)
        path = f"/v1/users/{person.id}"
        expect(auth.put(f"{path}/roles", headers=own, json={"roles": [wish]}), 403, 404, blames=AUTH)
        found = document(
            expect(auth.get(path, headers=tenant.headers("admin")), 200, blames=AUTH), blames=AUTH
        )
        demand(found.get("roles") == [role], f"a {role} made themselves {found.get('roles')}", blames=AUTH)


@pytest.mark.criterion("AUZ-08-MASS")
@pytest.mark.impact("creates-data")
def test_mass_assignment(service: ServiceTarget, volley: Volley, records: Records, stranger: Tenant) -> None:
    """Owner, tenant, id and standing cannot be written, wherever a document is taken."""
    marker, moved = f"ast_{secrets.token_hex(8)}", _lists(volley, service.name, stranger)
    asks = [
        Ask(
            service=service.name,
            method=op.method,
            path=records.path(op),
            headers=records.tenant.headers("admin"),
            json=body_for(op, records.ids) | {name: value},
            what=f"{name} at {op.name}",
        )
        for op in operations(service.name)
        if op.takes_body and op.path.startswith("/v1/") and "admin" in op.roles
        for name, value in _planted(marker, stranger.name).items()
    ]
    taken = [s.ask.what for s in volley.send(asks) if s.status < 300 and marker in s.answer.text]
    demand(asks and not taken, f"takes {'; '.join(taken[:3])}", blames=service.name)
    for path, text in _lists(volley, service.name, records.tenant).items():
        demand(marker not in text, f"{path} shows a field that nobody may set", blames=service.name)
    foreign = [p for p, text in _lists(volley, service.name, stranger).items() if text != moved[p]]
    demand(not foreign, f"{foreign} show a record that was moved to another tenant", blames=service.name)


def _planted(marker: str, tenant: str) -> dict[str, object]:
    """Return fields that the platform sets and no caller may."""
    names = ("id", "createdBy", "approvedBy", "submittedBy", "ownerId", "updatedBy")
    return {**dict.fromkeys(names, marker), "tenant": tenant, "isAdmin": True, "createdAt": 1.0}


def _lists(volley: Volley, service: str, tenant: Tenant) -> dict[str, str]:
    paths = [op.path for op in operations(service) if op.method == "GET" and op.roles and "{" not in op.path]
    listed = [path for path in paths if path.startswith("/v1/") and path not in MOVING]
    seen = volley.send(Ask(service=service, path=path, headers=tenant.headers("admin")) for path in listed)
    return {each.ask.path: each.answer.text for each in seen}
