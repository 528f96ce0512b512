"""Builds the threat-detection app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.threat_detection.routes import router
from sandbox.services.threat_detection.seeding import seed
from sandbox.services.threat_detection.store import MIGRATIONS

NAME = "threat-detection"


def create_app() -> FastAPI:
    """Build the app from the process environment."""
    return build(Settings.from_environment(service=NAME))


def build(settings: Settings) -> FastAPI:
    """Build the app from settings; opens nothing yet."""
    database = Store(settings.database, MIGRATIONS, seed=seed)
    parts = Parts(store=database, dependencies=("auth-service", "event-processor"))
    return service_app(settings, title="Threat detection", routers=[router], parts=parts)
