"""Builds the decision-engine app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.decision_engine.routes import router
from sandbox.services.decision_engine.seeding import seed
from sandbox.services.decision_engine.store import MIGRATIONS

NAME = "decision-engine"


def create_app() -> FastAPI:
    """Build the app from the process environment."""
    return build(Settings.from_environment(service=NAME))


def build(settings: Settings) -> FastAPI:
    """Build the app from settings; opens nothing yet."""
    database = Store(settings.database, MIGRATIONS, seed=seed)
    parts = Parts(
        store=database,
        dependencies=("auth-service", "asset-discovery", "threat-detection", "behavioral-analysis"),
    )
    return service_app(settings, title="Decision engine", routers=[router], parts=parts)
