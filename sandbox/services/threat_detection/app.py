"""Builds the threat-detection app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.threat_detection.routes import router
from sandbox.services.threat_detection.seeding import seed
from sandbox.services.threat_detection.store import MIGRATIONS

NAME = "threat-detection"


def build(settings: Settings) -> FastAPI:
    database = Store(settings.database, MIGRATIONS, seed=seed)
    parts = Parts(store=database, dependencies=("auth-service", "event-processor"))
    return service_app(settings, title="Threat detection", routers=[router], parts=parts)


create_app = from_environment(NAME, build)
