"""Builds the asset-discovery app."""

from __future__ import annotations

from sandbox.kit.app import RecordService, from_environment
from sandbox.services.asset_discovery.routes import router
from sandbox.services.asset_discovery.scanner import Scanner
from sandbox.services.asset_discovery.seeding import seed
from sandbox.services.asset_discovery.store import MIGRATIONS

NAME = "asset-discovery"
build = RecordService(
    title="Asset discovery", router=router, migrations=MIGRATIONS, seed=seed, worker=Scanner
).build
create_app = from_environment(NAME, build)
