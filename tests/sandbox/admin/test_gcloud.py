"""The real gcloud binary as an independent judge of the Knative front."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.admin.local_cloud import REGION, LocalCloud, short
from tests.sandbox.support.gcloud import variables

pytestmark = pytest.mark.skipif(shutil.which("gcloud") is None, reason="the gcloud command is not installed")


class Gcloud:
    """Runs `gcloud run` against a local cloud, which serves as its forward proxy."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        port = str(cloud.running.rest_port)
        self._environment = variables(
            folder,
            CLOUDSDK_RUN_REGION=REGION,
            CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN=f"http://run.localhost:{port}/",
            CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE=f"http://127.0.0.1:{port}/",
            CLOUDSDK_PROXY_TYPE="http_no_tunnel",
            CLOUDSDK_PROXY_ADDRESS="127.0.0.1",
            CLOUDSDK_PROXY_PORT=port,
        )

    def attempt(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            ["gcloud", "run", *command.split()],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def run(self, command: str) -> Any:
        """Run a command that must succeed and return its JSON, None when it prints nothing."""
        done = self.attempt(f"{command} --format=json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture
def gcloud(cloud: LocalCloud, tmp_path: Path) -> Gcloud:
    """The gcloud command, pointed at the test's cloud."""
    return Gcloud(cloud, tmp_path)


def split(document: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Return the applied traffic of a described service as (revision, percent, tag)."""
    return [
        (line["revisionName"], line.get("percent", 0), line.get("tag", ""))
        for line in document["status"]["traffic"]
    ]


def test_gcloud_deploys_lists_and_describes(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """What gcloud deploys is what the gRPC client sees."""
    gcloud.run(
        "deploy svc --image img:1 --set-env-vars COLOUR=blue --concurrency 7 --no-allow-unauthenticated"
    )
    described = gcloud.run("services describe svc")
    service = cloud.get()
    first = short(service.latest_ready_revision)
    assert split(described) == [(first, 100, "")]
    assert [one["metadata"]["name"] for one in gcloud.run("services list")] == ["svc"]
    assert service.template.containers[0].env[0].value == "blue"
    assert cloud.plane.specs[first].concurrency == 7
    assert cloud.plane.specs[first].env["COLOUR"] == "blue"


def test_gcloud_rolls_back_and_the_service_is_pinned(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """A shift by name keeps later deployments from getting traffic until --to-latest."""
    first = short(cloud.create().latest_ready_revision)
    cloud.deploy("img:2")
    gcloud.run(f"services update-traffic svc --to-revisions {first}=100")
    assert split(gcloud.run("services describe svc")) == [(first, 100, "")]
    done = gcloud.attempt("deploy svc --image img:3")
    assert done.returncode == 0, done.stderr
    third = short(cloud.get().latest_created_revision)
    assert [target.revision for target in cloud.plane.routes["svc"].targets] == [first]
    gcloud.run("services update-traffic svc --to-latest")
    assert [target.revision for target in cloud.plane.routes["svc"].targets] == [third]


def test_gcloud_deploys_behind_a_tag(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """--no-traffic --tag reaches the new revision by its tag's URL alone, and --to-tags shifts to it."""
    first = short(cloud.create().latest_ready_revision)
    gcloud.run("deploy svc --image img:2 --no-traffic --tag candidate")
    service = cloud.get()
    second = short(service.latest_ready_revision)
    targets = {(one.revision, one.percent, one.tag) for one in cloud.plane.routes["svc"].targets}
    assert targets == {(first, 100, ""), (second, 0, "candidate")}
    assert service.template.revision == second
    gcloud.run("services update-traffic svc --to-tags candidate=30")
    targets = {(one.revision, one.percent, one.tag) for one in cloud.plane.routes["svc"].targets}
    assert targets == {(first, 70, ""), (second, 30, ""), (second, 0, "candidate")}


def test_gcloud_tells_service_level_from_revision_level_scaling(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """--min changes the service alone, --min-instances makes a new revision; ingress makes none."""
    cloud.create()
    gcloud.run("services update svc --min 2 --ingress internal")
    assert len(cloud.revision_names()) == 1
    assert cloud.plane.routes["svc"].min_instances == 2
    assert cloud.plane.routes["svc"].ingress == "internal"
    gcloud.run("services update svc --min-instances 3")
    newest, _ = cloud.revision_names()
    assert cloud.plane.specs[newest].min_instances == 3


def test_gcloud_shows_why_a_deployment_failed(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """The command fails with the revision's own message, and the old revision serves on."""
    first = short(cloud.create().latest_ready_revision)
    cloud.plane.broken.add("img:bad")
    done = gcloud.attempt("deploy svc --image img:bad")
    assert done.returncode != 0
    assert "is not ready and cannot serve traffic" in done.stderr
    assert [target.revision for target in cloud.plane.routes["svc"].targets] == [first]


def test_gcloud_shows_an_unknown_revision(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """The write is accepted and its operation fails."""
    cloud.create()
    done = gcloud.attempt("services update-traffic svc --to-revisions svc-00099-zzz=100")
    assert done.returncode != 0
    assert "does not exist or is deleted" in done.stderr


def test_gcloud_lists_and_deletes_revisions(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """An idle revision can be deleted, the serving one not."""
    first = short(cloud.create().latest_ready_revision)
    second = cloud.deploy("img:2")
    listed = gcloud.run("revisions list --service svc")
    assert [one["metadata"]["name"] for one in listed] == [second, first]
    assert listed[0]["status"]["imageDigest"] == f"img:2@{cloud.plane.digest_of('img:2')}"
    assert gcloud.run(f"revisions describe {first}")["metadata"]["name"] == first
    assert "cannot be deleted" in gcloud.attempt(f"revisions delete {second}").stderr
    assert gcloud.attempt(f"revisions delete {first}").returncode == 0
    assert cloud.revision_names() == [second]


def test_gcloud_reads_and_writes_the_policy(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """A binding that gcloud adds is there when it reads the policy."""
    cloud.create()
    gcloud.run("services add-iam-policy-binding svc --member user:a@b.test --role roles/run.invoker")
    policy = gcloud.run("services get-iam-policy svc")
    assert policy["bindings"] == [{"members": ["user:a@b.test"], "role": "roles/run.invoker"}]


def test_gcloud_deletes_a_service(gcloud: Gcloud, cloud: LocalCloud) -> None:
    """After the deletion nothing is listed."""
    cloud.create()
    assert gcloud.attempt("services delete svc").returncode == 0
    assert gcloud.run("services list") == []
