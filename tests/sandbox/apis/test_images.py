"""Artifact Registry lists what was deployed, and a deleted image starts nothing."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import artifactregistry_v1, run_v2

from tests.sandbox.admin.local_cloud import PARENT, PROJECT, pinned, template
from tests.sandbox.apis.conftest import WholeCloud

REPOSITORY = f"{PARENT}/repositories/{PROJECT}-docker-repo"


@pytest.fixture
def registry(cloud: WholeCloud) -> artifactregistry_v1.ArtifactRegistryClient:
    """The real client."""
    client: artifactregistry_v1.ArtifactRegistryClient = cloud.client(
        artifactregistry_v1.ArtifactRegistryClient
    )
    return client


def test_every_deployed_image_is_listed_once(
    cloud: WholeCloud, registry: artifactregistry_v1.ArtifactRegistryClient
) -> None:
    """By package, digest and tag, however many revisions run it."""
    cloud.run.create(body=run_v2.Service(template=template("sandbox/a:1.0.0")))
    cloud.run.deploy("sandbox/a:2.0.0")
    cloud.run.update("svc", "template", template=template("sandbox/a:2.0.0", timeout={"seconds": 7}))
    found = list(registry.list_docker_images(parent=REPOSITORY))
    assert [list(image.tags) for image in found] == [["1.0.0"], ["2.0.0"]]
    assert found[0].uri.startswith(f"us-central1-docker.pkg.dev/{PROJECT}/{PROJECT}-docker-repo/a@sha256:")
    with pytest.raises(exceptions.NotFound):
        list(registry.list_docker_images(parent=f"{PARENT}/repositories/other"))


def test_only_images_that_serve_survive_the_disturbance(
    cloud: WholeCloud, registry: artifactregistry_v1.ArtifactRegistryClient
) -> None:
    """The image that a rollback would need is gone, the serving one is not; mending brings it back."""
    first = cloud.run.create(body=run_v2.Service(template=template("sandbox/a:1.0.0")))
    cloud.run.deploy("sandbox/a:2.0.0")
    cloud.run.shift(pinned(first.latest_ready_revision.rpartition("/")[2]))
    with cloud.disturbed("old-images-deleted"):
        assert [list(i.tags) for i in registry.list_docker_images(parent=REPOSITORY)] == [["1.0.0"]]
    assert len(list(registry.list_docker_images(parent=REPOSITORY))) == 2
