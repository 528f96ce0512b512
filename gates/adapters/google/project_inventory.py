"""What the project has: itself, its enabled APIs, and the images of its docker repository."""

from __future__ import annotations

from typing import Any

from google.cloud import artifactregistry_v1, resourcemanager_v3, service_usage_v1

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_errors import translated
from gates.errors import ConfigurationError
from gates.model.inventory import Image
from gates.model.platform import Environment

_SECONDS = 10.0


class ProjectInventory:
    """Reads the inventory of an environment's project through Google's own clients."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._endpoint = environment.endpoints.apis_grpc

    def project_state(self) -> str:
        """Return the project's state, ACTIVE when it is well.

        Raises:
            CloudError: it cannot be read.
            ConfigurationError: there are no default credentials.
        """
        with translated(f"read the project {self._environment.project}"):
            found = connect(resourcemanager_v3.ProjectsClient, self._endpoint).get_project(
                name=f"projects/{self._environment.project}", timeout=_SECONDS
            )
        return str(found.state.name)

    def enabled_apis(self) -> frozenset[str]:
        """Return the names of the enabled APIs.

        Raises:
            CloudError: they cannot be listed.
            ConfigurationError: there are no default credentials.
        """
        request = {"parent": f"projects/{self._environment.project}", "filter": "state:ENABLED"}
        with translated("list the enabled APIs"):
            found = connect(service_usage_v1.ServiceUsageClient, self._endpoint).list_services(
                request=request, timeout=_SECONDS
            )
            return frozenset(one.name.rpartition("/")[2] for one in found)

    def images(self) -> tuple[Image, ...]:
        """Return the images of the environment's repository, the newest first.

        Raises:
            CloudError: they cannot be listed.
            ConfigurationError: the environment names no repository, or there are no default credentials.
        """
        place = self._environment
        if place.image_repository is None:
            raise ConfigurationError(
                f"{place.name} has no image repository",
                next_step="add `imageRepository` to the environment's document",
            )
        parent = f"projects/{place.project}/locations/{place.region}/repositories/{place.image_repository}"
        with translated(f"list the images of {place.image_repository}"):
            client = connect(artifactregistry_v1.ArtifactRegistryClient, self._endpoint)
            found = [_image(one) for one in client.list_docker_images(parent=parent, timeout=_SECONDS)]
        return tuple(sorted(found, key=lambda image: image.uploaded_at, reverse=True))


def _image(message: Any) -> Image:
    path, _, digest = message.uri.partition("@")
    return Image(
        package=path.rpartition("/")[2],
        digest=digest,
        tags=tuple(message.tags),
        uploaded_at=message.upload_time,
    )
