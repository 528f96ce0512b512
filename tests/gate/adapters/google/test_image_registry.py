"""Whether an image is still there is asked where the revision's own reference says that it is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from google.cloud import artifactregistry_v1

from gates.adapters.google.image_registry import ImageRegistry
from gates.model.platform import Endpoints, Environment

HERE = "projects/p/locations/europe-west1/repositories/team-images"
THERE = "projects/shared/locations/us/repositories/base"
KEPT = "europe-west1-docker.pkg.dev/p/team-images/auth@sha256:kept"
STORED: dict[str, list[str]] = {
    HERE: [KEPT, "europe-west1-docker.pkg.dev/p/team-images/deep/er/front@sha256:front"],
    THERE: ["us-docker.pkg.dev/shared/base/auth@sha256:old"],
    "projects/p/locations/europe-west1/repositories/bare": [],
}


@contextmanager
def registry(images: dict[str, list[str]]) -> Iterator[str]:
    """Serve the images of some repositories; every other repository is not found."""
    api = artifactregistry_v1

    def listed(request: object, context: grpc.ServicerContext) -> object:
        command = str(request.parent)  # type: ignore[attr-defined]
        if command not in images:
            context.abort(grpc.StatusCode.NOT_FOUND, f"Repository {command} was not found.")
        found = [api.DockerImage(uri=uri) for uri in images[command]]
        return api.ListDockerImagesResponse.pb(api.ListDockerImagesResponse(docker_images=found))

    handler = grpc.unary_unary_rpc_method_handler(
        listed,
        request_deserializer=api.ListDockerImagesRequest.pb().FromString,
        response_serializer=lambda message: message.SerializeToString(),
    )
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    name = "google.devtools.artifactregistry.v1.ArtifactRegistry"
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler(name, {"ListDockerImages": handler}),)
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


def environment(endpoint: str, repository: str | None = "team-images") -> Environment:
    """Return an environment whose platform keeps its images in a repository of any name."""
    return Environment(
        name="staging",
        project="p",
        region="europe-west1",
        service_name="{service}",
        public_hosts=(),
        allowed_impacts=(),
        is_protected=False,
        image_repository=repository,
        endpoints=Endpoints(apis_grpc=endpoint),
    )


@pytest.mark.parametrize(
    ("image", "there"),
    [
        (KEPT, True),
        ("europe-west1-docker.pkg.dev/p/team-images/auth:1.2@sha256:kept", True),
        ("europe-west1-docker.pkg.dev/p/team-images/auth@sha256:gone", False),
        ("us-docker.pkg.dev/shared/base/auth@sha256:old", True),
        ("us-docker.pkg.dev/shared/base/auth@sha256:kept", False),
        ("europe-west1-docker.pkg.dev/p/unknown/auth@sha256:kept", None),
        ("europe-west1-docker.pkg.dev/p/bare/auth@sha256:kept", None),
        ("docker.io/team/auth@sha256:kept", None),
        ("localhost:5000/auth@sha256:kept", None),
        ("team/auth@sha256:kept", True),
        ("team/auth@sha256:gone", False),
        ("team/never-kept-there@sha256:gone", None),
        ("europe-west1-docker.pkg.dev/p/team-images/auth:1.2", None),
        ("", None),
    ],
)
def test_only_the_repository_that_the_reference_names_can_say_that_an_image_is_gone(
    image: str,
    there: bool | None,  # noqa: FBT001 - an answer, no switch
) -> None:
    """What cannot be told is not gone: no such repository, an empty one, another registry, no digest."""
    with registry(STORED) as endpoint:
        assert ImageRegistry(environment(endpoint)).exists(image) is there


def test_without_a_repository_of_its_own_a_bare_reference_cannot_be_told() -> None:
    """The name of a project says nothing of where its images are."""
    with registry({"projects/p/locations/europe-west1/repositories/p-docker-repo": [KEPT]}) as endpoint:
        assert ImageRegistry(environment(endpoint, None)).exists("team/auth@sha256:gone") is None


def test_a_registry_that_does_not_answer_keeps_nothing_back() -> None:
    """A rollback does not wait for a list of images."""
    with registry(STORED) as endpoint:
        place = environment(endpoint)
    assert ImageRegistry(place).exists(KEPT) is None
