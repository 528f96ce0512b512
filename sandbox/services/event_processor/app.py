"""Builds the event-processor app."""

from __future__ import annotations

from sandbox.kit.app import RecordService, from_environment
from sandbox.services.event_processor.correlator import Correlator
from sandbox.services.event_processor.routes import router
from sandbox.services.event_processor.seeding import seed
from sandbox.services.event_processor.store import MIGRATIONS

NAME = "event-processor"
build = RecordService(
    title="Event processor", router=router, migrations=MIGRATIONS, seed=seed, worker=Correlator
).build
create_app = from_environment(NAME, build)
