"""Builds the asset-discovery app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.audit import Audit
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.asset_discovery.routes import router
from sandbox.services.asset_discovery.scanner import Scanner
from sandbox.services.asset_discovery.seeding import seed
from sandbox.services.asset_discovery.store import MIGRATIONS

NAME = "asset-discovery"


def build(settings: Settings) -> FastAPI:
    database = Store(settings.database, MIGRATIONS, seed=seed)
    scanner = Scanner(database, Audit(settings.service))
    parts = Parts(
        store=database,
        dependencies=("auth-service",),
        tasks=(lambda _kit: scanner.run(),),
        state={"scanner": scanner},
    )
    return service_app(settings, title="Asset discovery", routers=[router], parts=parts)


create_app = from_environment(NAME, build)
