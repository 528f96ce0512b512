"""Builds the nlp-assistant app."""

from __future__ import annotations

from sandbox.kit.app import RecordService, from_environment
from sandbox.services.nlp_assistant.routes import router
from sandbox.services.nlp_assistant.seeding import seed
from sandbox.services.nlp_assistant.sources import SOURCES
from sandbox.services.nlp_assistant.store import MIGRATIONS

NAME = "nlp-assistant"
build = RecordService(
    title="NLP assistant", router=router, migrations=MIGRATIONS, seed=seed, calls=SOURCES
).build
create_app = from_environment(NAME, build)
