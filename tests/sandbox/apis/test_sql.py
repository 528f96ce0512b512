"""Cloud SQL as google-api-python-client and gcloud see it; its backups hold real rows."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httplib2
import pytest
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from sandbox.platform.apis.sql import INSTANCE
from tests.sandbox.admin.local_cloud import PROJECT
from tests.sandbox.apis.conftest import WholeCloud
from tests.sandbox.support.gcloud import variables

WHERE = {"project": PROJECT, "instance": INSTANCE}


@pytest.fixture
def admin(cloud: WholeCloud) -> Iterator[Any]:
    """The real client of Cloud SQL Admin v1, once the backup that a new instance takes at once is over."""
    http, options = httplib2.Http(timeout=20), {"api_endpoint": cloud.run.rest}
    client = build("sqladmin", "v1", http=http, client_options=options, static_discovery=True)
    cloud.run.until(lambda: bool(client.backupRuns().list(**WHERE).execute().get("items")))
    yield client
    client.close()


def rows(path: Path, *add: str) -> list[str]:
    """Add rows to a service's database and return all."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table if not exists events (name text)")
        connection.executemany("insert into events values (?)", [(name,) for name in add])
        connection.commit()
        return [name for (name,) in connection.execute("select name from events order by rowid")]


def wait(admin: Any, operation: dict[str, Any]) -> dict[str, Any]:
    """Poll an operation to its end and return it."""
    pause = threading.Event()
    for _ in range(500):
        found: dict[str, Any] = admin.operations().get(project=PROJECT, operation=operation["name"]).execute()
        if found["status"] == "DONE":
            return found
        pause.wait(0.01)
    raise AssertionError("the operation never ended")


def test_the_instance_shows_its_backups_and_its_window(admin: Any) -> None:
    """Daily backups, point-in-time recovery, maintenance on Sunday at two; no network is let in."""
    found = admin.instances().get(**WHERE).execute()
    settings = found["settings"]
    assert (found["state"], settings["maintenanceWindow"]["day"]) == ("RUNNABLE", 7)
    assert settings["backupConfiguration"]["enabled"]
    assert settings["ipConfiguration"]["authorizedNetworks"] == []
    assert [one["name"] for one in admin.instances().list(project=PROJECT).execute()["items"]] == [INSTANCE]
    with pytest.raises(HttpError, match="404"):
        admin.instances().get(project=PROJECT, instance="other").execute()


def test_a_restore_brings_back_what_the_backup_held(admin: Any, cloud: WholeCloud) -> None:
    """Through connections that stay open: what was written after the backup is gone, the rest is there."""
    path = cloud.data_dir / "event-processor.sqlite3"
    rows(path, "before")
    taken = wait(admin, admin.backupRuns().insert(**WHERE, body={}).execute())
    number = taken["backupContext"]["backupId"]
    with closing(sqlite3.connect(path)) as service:
        rows(path, "after")
        body = {"restoreBackupContext": {"backupRunId": number}}
        done = wait(admin, admin.instances().restoreBackup(**WHERE, body=body).execute())
        assert "error" not in done
        assert service.execute("select name from events").fetchall() == [("before",)]
    assert rows(path, "later") == ["before", "later"]
    found = admin.backupRuns().get(**WHERE, id=number).execute()
    assert (found["status"], found["type"]) == ("SUCCESSFUL", "ON_DEMAND")
    wait(admin, admin.backupRuns().delete(**WHERE, id=number).execute())
    listed = admin.backupRuns().list(**WHERE).execute()["items"]
    assert number not in [one["id"] for one in listed]


def test_a_patch_changes_what_it_names(admin: Any) -> None:
    """The window moves, everything else stays, and the settings' version goes up."""
    before = admin.instances().get(**WHERE).execute()["settings"]
    body = {"settings": {"maintenanceWindow": {"day": 6, "hour": 4}}}
    wait(admin, admin.instances().patch(**WHERE, body=body).execute())
    after = admin.instances().get(**WHERE).execute()["settings"]
    assert (after["maintenanceWindow"]["day"], after["maintenanceWindow"]["hour"]) == (6, 4)
    assert after["backupConfiguration"] == before["backupConfiguration"]
    assert int(after["settingsVersion"]) == int(before["settingsVersion"]) + 1


def test_one_operation_at_a_time(admin: Any, cloud: WholeCloud) -> None:
    """A second one is refused while a restart runs, and the instance says that it is in maintenance."""
    cloud.run.turn(sql_operation_s=3600.0)
    running = admin.instances().restart(**WHERE).execute()
    with pytest.raises(HttpError, match="409"):
        admin.backupRuns().insert(**WHERE, body={}).execute()
    assert admin.instances().get(**WHERE).execute()["state"] == "MAINTENANCE"
    cloud.run.turn(wait_factor=0.0)
    assert wait(admin, running)["operationType"] == "RESTART"
    assert admin.instances().get(**WHERE).execute()["state"] == "RUNNABLE"


def test_a_disabled_api_is_denied(admin: Any, cloud: WholeCloud) -> None:
    """What Service Usage calls disabled does not answer."""
    with cloud.disturbed("api-disabled"), pytest.raises(HttpError, match="403"):
        admin.instances().get(**WHERE).execute()


def test_automated_backups_begin_at_once_and_grow_old_when_disturbed(admin: Any, cloud: WholeCloud) -> None:
    """The newest automated backup is seconds old; disturbed, it is three days old."""
    cloud.run.until(lambda: bool(admin.backupRuns().list(**WHERE).execute()["items"]))
    fresh = admin.backupRuns().list(**WHERE, maxResults=1).execute()["items"][0]
    assert fresh["type"] == "AUTOMATED"
    with cloud.disturbed("backups-old"):
        old = admin.backupRuns().list(**WHERE, maxResults=1).execute()["items"][0]
    assert old["id"] == fresh["id"]
    assert old["endTime"] < fresh["endTime"]


def test_a_disturbed_restore_loses_the_newest_rows(admin: Any, cloud: WholeCloud) -> None:
    """It reports success all the same: only looking at the rows finds out."""
    path = cloud.data_dir / "event-processor.sqlite3"
    for service, table in (("auth-service", "sessions"), ("asset-discovery", "assets")):
        with closing(sqlite3.connect(cloud.data_dir / f"{service}.sqlite3")) as connection:
            connection.execute(f"create table {table} (name text)")
    rows(path, *(f"row {number}" for number in range(20)))
    taken = wait(admin, admin.backupRuns().insert(**WHERE, body={}).execute())
    body = {"restoreBackupContext": {"backupRunId": taken["backupContext"]["backupId"]}}
    with cloud.disturbed("restore-loses-rows"):
        assert "error" not in wait(admin, admin.instances().restoreBackup(**WHERE, body=body).execute())
    assert rows(path) == [f"row {number}" for number in range(17)]


@pytest.mark.skipif(shutil.which("gcloud") is None, reason="the gcloud command is not installed")
def test_gcloud_drives_the_database(cloud: WholeCloud, tmp_path: Path) -> None:
    """The guide's own commands: describe, back up, list, patch the window."""

    def gcloud(command: str) -> Any:
        done = subprocess.run(
            ["gcloud", "sql", *command.split(), "--format=json", "--quiet"],
            env=variables(tmp_path, CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL=f"{cloud.run.rest}/"),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    assert gcloud(f"instances describe {INSTANCE}")["state"] == "RUNNABLE"
    gcloud(f"backups create --instance={INSTANCE}")
    assert gcloud(f"backups list --instance={INSTANCE}")[0]["type"] == "ON_DEMAND"
    gcloud(f"instances patch {INSTANCE} --maintenance-window-day=MON --maintenance-window-hour=03")
    assert gcloud(f"instances describe {INSTANCE}")["settings"]["maintenanceWindow"]["day"] == 1
