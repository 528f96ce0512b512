"""Builds the behavioral-analysis app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.behavioral_analysis.routes import router
from sandbox.services.behavioral_analysis.seeding import seed
from sandbox.services.behavioral_analysis.store import MIGRATIONS

NAME = "behavioral-analysis"


def build(settings: Settings) -> FastAPI:
    database = Store(settings.database, MIGRATIONS, seed=seed)
    parts = Parts(store=database, dependencies=("auth-service", "asset-discovery", "event-processor"))
    return service_app(settings, title="Behavioral analysis", routers=[router], parts=parts)


create_app = from_environment(NAME, build)
