"""Whether an image is still there is asked where the revision's own reference says that it is."""

from __future__ import annotations

import pytest

from gates.adapters.google.image_registry import ImageRegistry
from gates.model.platform import Endpoints, Environment
from tests.support import builders
from tests.support.tiny_registry import registry

HERE = "projects/p/locations/europe-west1/repositories/team-images"
THERE = "projects/shared/locations/us/repositories/base"
KEPT = "europe-west1-docker.pkg.dev/p/team-images/auth@sha256:kept"
STORED: dict[str, list[str]] = {
    HERE: [KEPT, "europe-west1-docker.pkg.dev/p/team-images/deep/er/front@sha256:front"],
    THERE: ["us-docker.pkg.dev/shared/base/auth@sha256:old"],
    "projects/p/locations/europe-west1/repositories/bare": [],
}


def environment(endpoint: str, repository: str | None = "team-images") -> Environment:
    """Return an environment whose platform keeps its images in a repository of any name."""
    return builders.environment(
        name="staging",
        region="europe-west1",
        allowed_impacts=(),
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
