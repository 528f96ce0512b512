"""Builds the decision-engine app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.decision_engine.routes import router
from sandbox.services.decision_engine.seeding import seed
from sandbox.services.decision_engine.store import MIGRATIONS

NAME = "decision-engine"


def build(settings: Settings) -> FastAPI:
    database = Store(settings.database, MIGRATIONS, seed=seed)
    parts = Parts(
        store=database,
        dependencies=("auth-service", "asset-discovery", "threat-detection", "behavioral-analysis"),
    )
    return service_app(settings, title="Decision engine", routers=[router], parts=parts)


create_app = from_environment(NAME, build)
