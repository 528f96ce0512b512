"""Builds the behavioral-analysis app."""

from __future__ import annotations

from sandbox.kit.app import RecordService, from_environment
from sandbox.services.behavioral_analysis.routes import router
from sandbox.services.behavioral_analysis.seeding import seed
from sandbox.services.behavioral_analysis.store import MIGRATIONS

NAME = "behavioral-analysis"
build = RecordService(
    title="Behavioral analysis",
    router=router,
    migrations=MIGRATIONS,
    seed=seed,
    calls=("asset-discovery", "event-processor"),
).build
create_app = from_environment(NAME, build)
