"""Deploys to a running sandbox from this process: as `python -m sandbox deploy`, without starting one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sandbox import admin_client, topology
from sandbox.platform.deployment import Rollout


def deploy(state: Path, service: str, rollout: Rollout) -> str:
    """Give a service a new revision and return its name."""
    known = next(one for one in topology.SERVICES if one.name == service)
    return asyncio.run(admin_client.deploy(state, known, rollout)).revision
