"""Builds the threat-detection app."""

from __future__ import annotations

from sandbox.kit.app import RecordService, from_environment
from sandbox.services.threat_detection.routes import router
from sandbox.services.threat_detection.seeding import seed
from sandbox.services.threat_detection.store import MIGRATIONS

NAME = "threat-detection"
build = RecordService(
    title="Threat detection", router=router, migrations=MIGRATIONS, seed=seed, calls=("event-processor",)
).build
create_app = from_environment(NAME, build)
