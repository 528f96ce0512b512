"""Builds the nlp-assistant app."""

from __future__ import annotations

from fastapi import FastAPI

from sandbox.kit.app import Parts, service_app
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.nlp_assistant.routes import router
from sandbox.services.nlp_assistant.seeding import seed
from sandbox.services.nlp_assistant.sources import SOURCES
from sandbox.services.nlp_assistant.store import MIGRATIONS

NAME = "nlp-assistant"


def create_app() -> FastAPI:
    """Build the app from the process environment."""
    return build(Settings.from_environment(service=NAME))


def build(settings: Settings) -> FastAPI:
    """Build the app from settings; opens nothing yet."""
    database = Store(settings.database, MIGRATIONS, seed=seed)
    parts = Parts(store=database, dependencies=("auth-service", *SOURCES))
    return service_app(settings, title="NLP assistant", routers=[router], parts=parts)
