"""Builds the decision-engine app."""

from __future__ import annotations

from sandbox.kit.app import RecordService, from_environment
from sandbox.services.decision_engine.routes import router
from sandbox.services.decision_engine.seeding import seed
from sandbox.services.decision_engine.store import MIGRATIONS

NAME = "decision-engine"
_CALLS = ("asset-discovery", "threat-detection", "behavioral-analysis")
build = RecordService(
    title="Decision engine", router=router, migrations=MIGRATIONS, seed=seed, calls=_CALLS
).build
create_app = from_environment(NAME, build)
