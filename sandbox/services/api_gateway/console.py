"""The gateway's own operations: routes, limits, the fallback switch, the merged document."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from sandbox.kit.identity import SERVICE, Principal, required
from sandbox.kit.mesh import Call, Mesh
from sandbox.kit.problem import Problem
from sandbox.kit.runtime import Kit, KitDep, StoreDep, count_stranger
from sandbox.kit.verifier import Fallback, RemoteVerifier
from sandbox.services.api_gateway.catalogue import merged
from sandbox.services.api_gateway.models import (
    FallbackChange,
    FallbackState,
    LimitList,
    Mode,
    RouteList,
    RouteShape,
    TierLimit,
)
from sandbox.services.api_gateway.table import ROUTES

router = APIRouter(tags=["gateway"])
Anyone = Annotated[Principal, Depends(required())]
Operator = Annotated[Principal, Depends(required("admin", SERVICE))]
_DOCUMENT_MAX_AGE_S = 10.0
_LOOK_EVERY_S = 0.5

MIGRATIONS = ("CREATE TABLE switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);",)


@router.get("/api/v1/routes", summary="The services behind the gateway")
async def routes(kit: KitDep, _principal: Anyone) -> RouteList:
    return RouteList(
        items=[
            RouteShape(
                service=route.service,
                prefix=route.prefix,
                timeout_seconds=route.timeout_s,
                circuit=kit.circuits.of(route.service).report().state,
            )
            for route in ROUTES
        ]
    )


@router.get("/api/v1/limits", summary="How many requests are allowed")
async def limits(kit: KitDep, principal: Anyone) -> LimitList:
    rates = kit.settings.rates
    tiers: tuple[tuple[Literal["anonymous", "standard", "high"], Literal["address", "caller"]], ...] = (
        ("anonymous", "address"),
        ("standard", "caller"),
        ("high", "caller"),
    )
    items = [TierLimit(tier=tier, per=per, requests=rates.limit(tier)) for tier, per in tiers]
    return LimitList(window_seconds=rates.window_s, your_tier=principal.tier, items=items)


@router.get("/internal/fallback", summary="What the cached-token fallback does")
async def fallback(kit: KitDep, _operator: Operator) -> FallbackState:
    return _shown(fallback_of(kit))


@router.put("/internal/fallback", summary="Switch the cached-token fallback of all instances")
def switch_fallback(body: FallbackChange, kit: KitDep, operator: Operator, store: StoreDep) -> FallbackState:
    with store.write() as connection:
        connection.execute("INSERT OR REPLACE INTO switches VALUES ('fallback', ?)", (body.mode,))
        kit.audit.record(connection, operator, "fallback.switched", body.mode)
    fallback_of(kit).mode = body.mode
    return _shown(fallback_of(kit))


@router.get("/openapi.json", include_in_schema=False, dependencies=[Depends(count_stranger)])
async def document(request: Request, kit: KitDep) -> JSONResponse:
    documents: Documents = request.app.state.documents
    return JSONResponse(merged(request.app.openapi(), await documents.current(kit.mesh)))


class Documents:
    """The OpenAPI documents of the services, fetched now and then; the last good ones are kept."""

    def __init__(self) -> None:
        self._known: dict[str, Mapping[str, Any]] = {}
        self._fetched_at = float("-inf")

    async def current(self, mesh: Mesh) -> Mapping[str, Mapping[str, Any]]:
        """Return the document of every service.

        Raises:
            Problem: 503 when one was never seen: a document with a hole would hide operations.
        """
        if time.monotonic() - self._fetched_at > _DOCUMENT_MAX_AGE_S:
            await asyncio.gather(*(self._fetch(mesh, route.service) for route in ROUTES))
            self._fetched_at = time.monotonic()
        missing = [route.service for route in ROUTES if route.service not in self._known]
        if missing:
            self._fetched_at = float("-inf")
            raise Problem(503, f"No document of {', '.join(missing)} yet.", code="document_incomplete")
        return self._known

    async def _fetch(self, mesh: Mesh, service: str) -> None:
        call = Call(service=service, method="GET", path="/openapi.json", is_anonymous=True)
        try:
            answer = await mesh.request(call)
        except Problem:
            return
        if answer.status_code == 200:
            self._known[service] = answer.json()


async def follow_switches(kit: Kit) -> None:
    """Take over what was switched at another instance, every half second."""
    while True:
        mode = await asyncio.to_thread(_switched_mode, kit)
        if mode is not None:
            fallback_of(kit).mode = mode
        await asyncio.sleep(_LOOK_EVERY_S)


def fallback_of(kit: Kit) -> Fallback:
    """Return the gateway's fallback.

    Raises:
        TypeError: the app was built with another verifier, which has none.
    """
    if not isinstance(kit.verifier, RemoteVerifier):
        raise TypeError("this verifier has no fallback")
    return kit.verifier.fallback


def _switched_mode(kit: Kit) -> Mode | None:
    if kit.store is None:
        return None
    try:
        with kit.store.read() as connection:
            row = connection.execute("SELECT value FROM switches WHERE name = 'fallback'").fetchone()
    except sqlite3.Error:
        return None
    return cast("Mode", row["value"]) if row else None


def _shown(state: Fallback) -> FallbackState:
    return FallbackState(
        mode=state.mode,
        max_age_seconds=state.max_age_s,
        used=state.used,
        refused=state.refused,
        last_used_at=state.last_used_at,
    )
