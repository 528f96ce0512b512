"""Builds api-gateway."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.api_gateway import console, forwarding
from sandbox.services.api_gateway.table import ROUTES


def build(settings: Settings) -> FastAPI:
    parts = Parts(
        store=Store(settings.database, console.MIGRATIONS),
        dependencies=[route.service for route in ROUTES],
        tasks=[console.follow_switches],
        state={"documents": console.Documents()},
    )
    # The console comes first: its paths under /api/v1 are not services to forward to.
    routers = [console.router, forwarding.router]
    return service_app(settings, title="iSECTECH API", routers=routers, parts=parts)


create_app = from_environment("api-gateway", build)
