"""Builds the asset-discovery app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, service_app
from sandbox.kit.audit import Audit
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.asset_discovery.routes import router
from sandbox.services.asset_discovery.scanner import Scanner
from sandbox.services.asset_discovery.seeding import seed
from sandbox.services.asset_discovery.store import MIGRATIONS

NAME = "asset-discovery"


def create_app() -> FastAPI:
    """Build the app from the process environment."""
    return build(Settings.from_environment(service=NAME))


def build(settings: Settings) -> FastAPI:
    """Build the app from settings; opens nothing yet."""
    database = Store(settings.database, MIGRATIONS, seed=seed)
    scanner = Scanner(database, Audit(settings.service))
    parts = Parts(
        store=database,
        dependencies=("auth-service",),
        tasks=(lambda _kit: scanner.run(),),
        state={"scanner": scanner},
    )
    return service_app(settings, title="Asset discovery", routers=[router], parts=parts)
