"""OPS-06: backups are taken, the newest is recent, and one was brought back and looked into."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httplib2
import pytest
from googleapiclient.discovery import build

from gates.model.criterion import PLATFORM
from gates.model.drill import DrillRecord
from gates.model.target import Target
from journeys.checks import demand
from tests.readiness.operations import drilled

_SECONDS = 20


@pytest.fixture(scope="module")
def sql(target: Target) -> Iterator[Any]:
    """Give Google's own client of Cloud SQL: at the cloud's address, or at a local platform's."""
    where: dict[str, Any] = {}
    if target.sql_admin is not None:
        where = {
            "http": httplib2.Http(timeout=_SECONDS, proxy_info=None),
            "client_options": {"api_endpoint": target.sql_admin},
        }
    client = build("sqladmin", "v1", static_discovery=True, cache_discovery=False, **where)
    yield client
    client.close()


@pytest.mark.criterion("OPS-06")
def test_restore_was_verified(drills: tuple[DrillRecord, ...], place: str) -> None:
    """A drill brought a backup back; the rows of before were there again, the later ones were not."""
    drilled.restore(drills, blames=PLATFORM, place=place)


@pytest.mark.criterion("OPS-06")
def test_a_recent_backup_is_there(target: Target, sql: Any) -> None:
    """Each instance of the project takes backups by itself, and its newest good one is recent."""
    oldest = timedelta(hours=target.demand("OPS-06").limit("oldestBackupHours"))
    instances = sql.instances().list(project=target.project).execute().get("items", [])
    demand(instances, f"the project {target.project} has no database instance", blames=PLATFORM)
    for instance in instances:
        name = instance["name"]
        setup = instance.get("settings", {}).get("backupConfiguration", {})
        demand(setup.get("enabled"), f"{name} takes no backups by itself", blames=PLATFORM)
        runs = sql.backupRuns().list(project=target.project, instance=name).execute().get("items", [])
        good = [run for run in runs if run["status"] == "SUCCESSFUL" and run["type"] == "AUTOMATED"]
        demand(good, f"{name} has no good automated backup", blames=PLATFORM)
        age = datetime.now(UTC) - max(datetime.fromisoformat(run["startTime"]) for run in good)
        demand(age <= oldest, f"the newest automated backup of {name} is {age} old", blames=PLATFORM)
