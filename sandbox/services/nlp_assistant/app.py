"""Builds the nlp-assistant app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.nlp_assistant.routes import router
from sandbox.services.nlp_assistant.seeding import seed
from sandbox.services.nlp_assistant.sources import SOURCES
from sandbox.services.nlp_assistant.store import MIGRATIONS

NAME = "nlp-assistant"


def build(settings: Settings) -> FastAPI:
    database = Store(settings.database, MIGRATIONS, seed=seed)
    parts = Parts(store=database, dependencies=("auth-service", *SOURCES))
    return service_app(settings, title="NLP assistant", routers=[router], parts=parts)


create_app = from_environment(NAME, build)
