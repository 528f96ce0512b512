"""What the project has: itself, its enabled APIs, and the images of its docker repository."""

from __future__ import annotations

from typing import Any

import grpc
from google.cloud import artifactregistry_v1, resourcemanager_v3, service_usage_v1

from gates.adapters.google.cloud_errors import translated
from gates.errors import ConfigurationError
from gates.model.inventory import Image
from gates.model.platform import Environment

_SECONDS = 10.0
# A local endpoint is reached directly, whatever proxy the machine has for the outside.
_LOCAL_OPTIONS = (("grpc.enable_http_proxy", 0),)


class ProjectInventory:
    """Reads the inventory of an environment's project through Google's own clients."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._endpoint = environment.endpoints.apis_grpc
        self._channel = (
            grpc.insecure_channel(self._endpoint, options=_LOCAL_OPTIONS)
            if self._endpoint is not None
            else None
        )

    def project_state(self) -> str:
        """Return the project's state, ACTIVE when it is well.

        Raises:
            CloudError: it cannot be read.
            ConfigurationError: there are no default credentials.
        """
        with translated(f"read the project {self._environment.project}"):
            found = self._client(resourcemanager_v3.ProjectsClient).get_project(
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
            found = self._client(service_usage_v1.ServiceUsageClient).list_services(
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
            client = self._client(artifactregistry_v1.ArtifactRegistryClient)
            found = [_image(one) for one in client.list_docker_images(parent=parent, timeout=_SECONDS)]
        return tuple(sorted(found, key=lambda image: image.uploaded_at, reverse=True))

    def _client(self, kind: type[Any]) -> Any:
        if self._channel is None:
            return kind()
        return kind(transport=kind.get_transport_class("grpc")(channel=self._channel))


def _image(message: Any) -> Image:
    path, _, digest = message.uri.partition("@")
    return Image(
        package=path.rpartition("/")[2],
        digest=digest,
        tags=tuple(message.tags),
        uploaded_at=message.upload_time,
    )
