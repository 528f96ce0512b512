"""Keys, introspection and the audit trail."""

from __future__ import annotations

import json
import sqlite3
import time
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from sandbox.kit.change import Change, Reading, changing, reading
from sandbox.kit.identity import SERVICE, Principal, at_least, required
from sandbox.kit.paging import Paging, cut
from sandbox.kit.problem import Problem
from sandbox.kit.resource import Filter
from sandbox.kit.runtime import KitDep, StoreDep
from sandbox.services.auth_service import keyring, trail
from sandbox.services.auth_service.issuing import is_active
from sandbox.services.auth_service.models import (
    AuditDelivery,
    AuditEntry,
    AuditPage,
    Introspection,
    PublicKey,
    PublicKeys,
    Rotated,
    TokenRequest,
)
from sandbox.services.auth_service.signin import IssuerDep

router = APIRouter(tags=["oversight"])
_Word = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9._:-]{1,100}$")]


async def audit_filter(
    trace_id: Annotated[str | None, Query(alias="traceId", pattern=r"^[0-9a-f]{32}$")] = None,
    actor: _Word = None,
    action: _Word = None,
) -> Filter:
    """Which entries a list is about."""
    return {"trace_id = ?": trace_id, "actor = ?": actor, "action = ?": action}


@router.get("/.well-known/jwks.json", summary="The keys that check our tokens")
def jwks(store: StoreDep, kit: KitDep, response: Response) -> PublicKeys:
    response.headers["Cache-Control"] = "public, max-age=60"
    with store.read() as connection:
        keys = keyring.public_jwks(connection, token_ttl=kit.settings.token_ttl, now=time.time())
    return PublicKeys(keys=[PublicKey.model_validate(key) for key in keys])


@router.post("/v1/keys:rotate", summary="Sign with a new key from now on", status_code=201)
def rotate_keys(change: Annotated[Change, Depends(changing("admin"))]) -> Rotated:
    with change.write() as connection:
        kid = keyring.rotate(connection, time.time())
        change.note(connection, "keys.rotated", kid)
    return Rotated(kid=kid)


@router.post(
    "/v1/introspect",
    summary="Whether a token is still good (RFC 7662)",
    response_model_exclude_none=True,
)
def introspect(
    body: TokenRequest,
    principal: Annotated[Principal, Depends(required("admin", SERVICE))],
    store: StoreDep,
    issuer: IssuerDep,
) -> Introspection:
    with store.read() as connection:
        try:
            claims = issuer.claims(connection, body.token)
        except Problem:
            return Introspection(active=False)
        is_visible = principal.kind == SERVICE or claims.get("tenant") == principal.tenant
        if not is_visible or not is_active(connection, claims):
            return Introspection(active=False)
    names = ("sub", "tenant", "kind", "roles", "exp", "iat", "jti")
    return Introspection.model_validate({"active": True, **{name: claims.get(name) for name in names}})


@router.get("/v1/audit", summary="Who did what, in the order of time")
def audit_trail(
    reader: Annotated[Reading, Depends(reading(*at_least("manager")))],
    page: Paging,
    filters: Annotated[Filter, Depends(audit_filter)],
) -> AuditPage:
    with reader.store.read() as connection:
        rows = trail.entries(connection, reader.tenant, filters, page)
    found, following = cut(rows, page.limit, trail.key_of)
    return AuditPage(items=[_shown(row) for row in found], next_cursor=following)


@router.post("/v1/audit", summary="Hand over audit entries", status_code=202)
def take_entries(
    body: AuditDelivery, principal: Annotated[Principal, Depends(required(SERVICE))], store: StoreDep
) -> Response:
    if any(entry.service != principal.subject for entry in body.entries):
        raise Problem(403, "A service hands over its own entries alone.", code="foreign_entry")
    with store.write() as connection:
        for entry in body.entries:
            trail.add_entry(connection, entry.model_dump())
    return Response(status_code=202)


def _shown(row: sqlite3.Row) -> AuditEntry:
    return AuditEntry.model_validate({**dict(row), "detail": json.loads(row["detail"])})
