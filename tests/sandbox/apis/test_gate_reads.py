"""The gate's adapters against the sandbox's APIs: the same clients as in production."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from google.cloud import run_v2

from gates.adapters.google.cloud_run import CloudRun
from gates.adapters.google.cloud_sql import CloudSql
from gates.adapters.google.project_inventory import ProjectInventory
from gates.adapters.machine.clock import SystemClock
from gates.errors import (
    ConfigurationError,
    ConflictError,
    DeniedError,
    NotFoundError,
    OperationFailedError,
    UnavailableError,
)
from gates.model.configuration import NewRevision, Scaling
from gates.model.platform import Endpoints, Environment
from gates.model.traffic import TrafficSplit, TrafficTarget
from sandbox.platform.apis.sql import INSTANCE
from tests.sandbox.admin.local_cloud import PROJECT, REGION, template
from tests.sandbox.apis.conftest import WholeCloud
from tests.support import builders

LATEST = TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),))


@pytest.fixture
def environment(cloud: WholeCloud) -> Environment:
    """The environment that the cloud is; a service is named as the cloud names it."""
    return builders.environment(
        project=PROJECT,
        region=REGION,
        allowed_impacts=(),
        endpoints=Endpoints(
            run_grpc=cloud.run.address,
            apis_grpc=f"127.0.0.1:{cloud.apis_port}",
            sql_admin=cloud.run.rest,
        ),
        database=INSTANCE,
        image_repository=f"{PROJECT}-docker-repo",
    )


@pytest.fixture
def sql(environment: Environment) -> Iterator[CloudSql]:
    """The gate's client of Cloud SQL."""
    client = CloudSql(environment, SystemClock())
    yield client
    client.close()


def test_the_database_is_read_and_changed(sql: CloudSql, cloud: WholeCloud) -> None:
    """State, window, a restart; the window that is set is the window that is read."""
    found = sql.state()
    assert (found.name, found.state, found.window) == (INSTANCE, "RUNNABLE", "SUN 02:00 UTC")
    assert (found.has_backups, found.has_point_in_time, found.authorized_networks) == (True, True, ())
    sql.set_window(1, 3)
    assert sql.state().window == "MON 03:00 UTC"
    sql.restart()


def test_a_backup_is_taken_and_restored(sql: CloudSql, cloud: WholeCloud) -> None:
    """The rows of that moment come back, the later ones are gone."""
    path = cloud.data_dir / "a.sqlite3"
    _write(path, "before")
    taken = sql.back_up()
    assert taken.is_usable
    assert sql.backups()[0] == taken
    _write(path, "after")
    sql.restore(taken.id)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select name from rows").fetchall() == [("before",)]


def _write(path: Path, name: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table if not exists rows (name)")
        connection.execute("insert into rows values (?)", (name,))
        connection.commit()


def test_refusals_of_the_database_are_told_apart(
    sql: CloudSql, cloud: WholeCloud, environment: Environment
) -> None:
    """Disabled, unknown, busy, unreachable, and not configured at all."""
    with cloud.disturbed("api-disabled"), pytest.raises(DeniedError, match="could not read the database"):
        sql.state()
    other = replace(environment, database="other")
    with closing(CloudSql(other, SystemClock())) as client, pytest.raises(NotFoundError):
        client.state()
    nowhere = replace(environment, endpoints=Endpoints(sql_admin="http://127.0.0.1:9"))
    with closing(CloudSql(nowhere, SystemClock())) as client, pytest.raises(UnavailableError):
        client.state()
    with pytest.raises(ConfigurationError, match="has no database"):
        CloudSql(replace(environment, database=None), SystemClock())


def test_a_busy_database_is_a_conflict(sql: CloudSql, cloud: WholeCloud, environment: Environment) -> None:
    """A second operation is refused while one runs."""
    cloud.run.turn(sql_operation_s=3600.0)
    restart = threading.Thread(target=sql.restart)
    restart.start()
    with closing(CloudSql(environment, SystemClock(), patience_s=0)) as other:
        cloud.run.until(lambda: other.state().state == "MAINTENANCE")
        with pytest.raises(ConflictError):
            other.back_up()
    cloud.run.turn(wait_factor=0.0)
    restart.join(30)
    assert not restart.is_alive()


def test_the_inventory_is_read(environment: Environment, cloud: WholeCloud) -> None:
    """The project, its APIs, and the image of each deployed revision by its digest."""
    cloud.run.create(body=run_v2.Service(template=template("sandbox/a:1.0.0")))
    inventory = ProjectInventory(environment)
    assert inventory.project_state() == "ACTIVE"
    assert "run.googleapis.com" in inventory.enabled_apis()
    (image,) = inventory.images()
    (revision,) = CloudRun(environment, SystemClock()).revisions("svc")
    assert (image.package, image.tags, image.digest) == ("a", ("1.0.0",), revision.digest)
    with pytest.raises(NotFoundError):
        ProjectInventory(replace(environment, image_repository="other")).images()
    with pytest.raises(ConfigurationError, match="no image repository"):
        ProjectInventory(replace(environment, image_repository=None)).images()


def deploy(cloud: CloudRun, split: TrafficSplit, new: NewRevision) -> None:
    """Write a list and a revision, and wait for the end."""
    cloud.write_traffic("svc", split, cloud.describe("svc").etag, new)()


def test_a_service_is_scaled_and_deployed(environment: Environment, cloud: WholeCloud) -> None:
    """Scaling makes no revision; a deployment goes where its list says, a copy runs the same image."""
    cloud.run.create(body=run_v2.Service(template=template("img:1", timeout={"seconds": 7})))
    configuration = CloudRun(environment, SystemClock())
    first = configuration.settings("svc").latest_ready
    bounds = configuration.settings("svc").scaling
    configuration.set_scaling("svc", Scaling(minimum=2, maximum=5), over=bounds)
    assert configuration.settings("svc").scaling == Scaling(minimum=2, maximum=5)
    assert cloud.run.revision_names() == [first]
    page = TrafficSplit(targets=(TrafficTarget(revision="svc-page", percent=100, tag="page"),))
    deploy(configuration, page, NewRevision(name="svc-page", image="img:page"))
    assert configuration.describe("svc").serving == (("svc-page", 100),)
    deploy(configuration, LATEST, NewRevision(name="svc-back", source=first))
    after = configuration.describe("svc")
    assert (after.serving, after.traffic) == ((("svc-back", 100),), LATEST)
    copy, _, original = configuration.revisions("svc")
    assert (copy.image, copy.digest) == (original.image, original.digest)
    assert cloud.run.get().template.timeout.seconds == 7
    configuration.close()


def test_a_snapshot_holds_what_was_wanted_and_not_what_happens(
    environment: Environment, cloud: WholeCloud
) -> None:
    """Two looks are equal although versions and times moved on."""
    cloud.run.create()
    configuration = CloudRun(environment, SystemClock())
    before = configuration.document("svc")
    cloud.run.update("svc", "description", description="new")
    after = configuration.document("svc")
    assert {**after, "description": None} == {**before, "description": None}
    assert "etag" not in after
    assert after["template"] == before["template"]


@pytest.mark.parametrize(("image", "target"), [("img:broken", None), ("img:2", "svc-none")])
def test_a_failed_deployment_is_an_error(
    environment: Environment, cloud: WholeCloud, image: str, target: str | None
) -> None:
    """A container that does not start, and a list that names nobody: the old revision serves on."""
    cloud.run.create()
    cloud.run.plane.broken.add("img:broken")
    before = cloud.run.plane.routes["svc"]
    split = TrafficSplit(targets=(TrafficTarget(revision=target, percent=100),))
    with pytest.raises(OperationFailedError):
        deploy(CloudRun(environment, SystemClock()), split, NewRevision(name="svc-bad", image=image))
    assert cloud.run.plane.routes["svc"] == before


def test_an_unknown_revision_is_not_copied(environment: Environment, cloud: WholeCloud) -> None:
    """The read of the source fails first."""
    cloud.run.create()
    with pytest.raises(NotFoundError):
        deploy(CloudRun(environment, SystemClock()), LATEST, NewRevision(name="svc-copy", source="svc-none"))
