"""Builds the event-processor app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.event_processor.correlator import Correlator
from sandbox.services.event_processor.routes import router
from sandbox.services.event_processor.seeding import seed
from sandbox.services.event_processor.store import MIGRATIONS

NAME = "event-processor"


def build(settings: Settings) -> FastAPI:
    database = Store(settings.database, MIGRATIONS, seed=seed)
    correlator = Correlator(database)
    parts = Parts(
        store=database,
        dependencies=("auth-service",),
        tasks=(lambda _kit: correlator.run(),),
        state={"correlator": correlator},
    )
    return service_app(settings, title="Event processor", routers=[router], parts=parts)


create_app = from_environment(NAME, build)
