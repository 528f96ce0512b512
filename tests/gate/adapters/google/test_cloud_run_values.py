"""Of several containers the one with `ports` is the application; the others are left as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from google.cloud import run_v2

from gates.adapters.google.cloud_run import CloudRun
from gates.adapters.google.cloud_run_values import (
    application,
    image_of,
    managed_by,
    revision_state,
    service_state,
    with_image,
)
from gates.errors import ActionError, CloudError, ConflictError
from gates.model.configuration import NewRevision, Scaling
from gates.model.platform import Endpoints
from gates.model.state import MADE, Purpose
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support import builders
from tests.support.fake_clock import FakeClock
from tests.support.tiny_run_server import TinyRun, serving

SIDECAR = run_v2.Container(name="collector", image="registry.test/otel@sha256:sidecar")
APPLICATION = run_v2.Container(
    name="app", image="registry.test/a@sha256:app", ports=[run_v2.ContainerPort(container_port=8080)]
)
ALONE = run_v2.Container(image="registry.test/a@sha256:alone")


@pytest.mark.parametrize(
    ("containers", "digest"),
    [
        ((SIDECAR, APPLICATION), "sha256:app"),
        ((APPLICATION, SIDECAR), "sha256:app"),
        ((SIDECAR, SIDECAR, APPLICATION), "sha256:app"),
        ((ALONE,), "sha256:alone"),
        ((), ""),
    ],
)
def test_the_digest_of_a_revision_is_its_application_s(containers: tuple[Any, ...], digest: str) -> None:
    """Wherever a sidecar stands in the list."""
    state = revision_state(run_v2.Revision(name="a/b/svc-1", containers=list(containers)))
    assert (state.digest, state.image.partition("@")[2]) == (digest, digest)


def test_a_new_image_touches_the_application_alone() -> None:
    """The sidecar keeps its image, and what was read is not changed."""
    template = run_v2.RevisionTemplate(containers=[SIDECAR, APPLICATION])
    changed = with_image(template, "registry.test/page")
    assert [one.image for one in changed.containers] == [SIDECAR.image, "registry.test/page"]
    assert image_of(template) == APPLICATION.image
    assert application(run_v2.RevisionTemplate()) is None
    with pytest.raises(CloudError, match="no container"):
        with_image(run_v2.RevisionTemplate(), "registry.test/page")


SPLIT = TrafficSplit(targets=(TrafficTarget(revision="a-page", percent=100),))
PAGE = NewRevision(name="a-page", purpose=Purpose.PAGE, image="registry.test/page")


@pytest.fixture
def run() -> TinyRun:
    """A service with a sidecar."""
    made = TinyRun()
    made.service.template = run_v2.RevisionTemplate(containers=[SIDECAR, APPLICATION])
    return made


@pytest.fixture
def cloud(run: TinyRun) -> Iterator[CloudRun]:
    """The client of it."""
    with serving(run) as address:
        environment = builders.environment(
            service_name="isectech-{service}-sandbox",
            allowed_impacts=(),
            endpoints=Endpoints(run_grpc=address),
        )
        made = CloudRun(environment, FakeClock())
        yield made
        made.close()


def test_a_deployment_keeps_every_sidecar(run: TinyRun, cloud: CloudRun) -> None:
    """The new revision takes the application's place and no other, and says what it is for."""
    cloud.write_traffic("a", SPLIT, cloud.describe("a").etag, PAGE)()
    (request,) = run.command("UpdateService")
    template = request.service.template
    assert [one.image for one in template.containers] == [SIDECAR.image, "registry.test/page"]
    assert (template.revision, template.annotations[MADE]) == ("a-page", "maintenance-page a-page")
    assert list(request.update_mask.paths) == ["template", "traffic"]


def test_a_template_of_another_version_is_not_deployed(run: TinyRun, cloud: CloudRun) -> None:
    """The service changed since it was read: nothing is sent."""
    with pytest.raises(ConflictError):
        cloud.write_traffic("a", SPLIT, '"0"', PAGE)
    assert run.command("UpdateService") == []


def test_the_preview_names_mask_revision_image_and_list(cloud: CloudRun) -> None:
    """Of a page and of a copy."""
    shown = cloud.preview("a", SPLIT, '"1"', PAGE)
    assert "update_mask=template,traffic image=registry.test/page revision=a-page" in shown
    assert shown.endswith("traffic=[a-page=100%]")
    copy = NewRevision(name="a-copy", source="a-1")
    assert "template=copy of a-1 revision=a-copy" in cloud.preview("a", SPLIT, '"1"', copy)


def test_a_copy_takes_over_every_field_of_its_source(run: TinyRun, cloud: CloudRun) -> None:
    """Its GPU, its mesh and what becomes of it without its key, too."""
    source = {
        "node_selector": {"accelerator": "nvidia-l4"},
        "gpu_zonal_redundancy_disabled": True,
        "service_mesh": {"mesh": "projects/p/locations/global/meshes/m"},
        "encryption_key": "projects/p/locations/r/keyRings/k/cryptoKeys/c",
        "encryption_key_revocation_action": run_v2.EncryptionKeyRevocationAction.SHUTDOWN,
        "encryption_key_shutdown_duration": {"seconds": 3600},
        "session_affinity": True,
        "containers": [APPLICATION, SIDECAR],
    }
    run.given["a-1"] = run_v2.Revision(name="a/b/a-1", **source)
    copy = NewRevision(name="a-copy", source="a-1")
    cloud.write_traffic("a", SPLIT, cloud.describe("a").etag, copy)()
    (request,) = run.command("UpdateService")
    assert request.service.template == run_v2.RevisionTemplate(revision="a-copy", **source)


def test_bounds_are_not_written_over_scaling_by_hand(run: TinyRun, cloud: CloudRun) -> None:
    """Writing them would switch it off; nothing is sent, and the way is named."""
    run.service.scaling = {
        "scaling_mode": run_v2.ServiceScaling.ScalingMode.MANUAL,
        "manual_instance_count": 3,
    }
    with pytest.raises(ActionError, match="by hand to 3 instances") as refused:
        cloud.set_scaling("a", Scaling(minimum=2, maximum=5), over=Scaling(minimum=0, maximum=0))
    assert "--scaling=auto" in refused.value.next_step
    assert run.command("UpdateService") == []


@pytest.mark.parametrize(
    ("labels", "tool"),
    [
        ({}, ""),
        ({"team": "web"}, ""),
        (
            {"managed-by": "google-cloud-deploy", "delivery-pipeline-id": "web"},
            "Cloud Deploy (pipeline web)",
        ),
        ({"managed-by": "google-cloud-deploy"}, "Cloud Deploy"),
        ({"goog-terraform-provisioned": "true"}, "Terraform"),
        ({"managed-by": "another"}, "another"),
    ],
)
def test_another_tool_is_known_by_its_labels(labels: dict[str, str], tool: str) -> None:
    """In the state of the service as well."""
    assert managed_by(labels) == tool
    assert service_state("a", run_v2.Service(labels=labels)).managed_by == tool


@pytest.mark.parametrize(
    ("uri", "urls", "asked"),
    [
        ("https://a.run.test", ["https://a.run.test", "https://other.test"], "https://a.run.test"),
        ("", ["https://other.test"], "https://other.test"),
        ("", [], ""),
    ],
)
def test_a_service_without_default_url_is_asked_at_its_others(uri: str, urls: list[str], asked: str) -> None:
    """Where it has any."""
    assert service_state("a", run_v2.Service(uri=uri, urls=urls)).uri == asked
