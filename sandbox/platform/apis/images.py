"""Artifact Registry: the images of the one docker repository, and what happens when one is deleted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from google.cloud import artifactregistry_v1
from google.protobuf import timestamp_pb2

from sandbox.platform.admin import paging
from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.revisions import image_and_digest
from sandbox.platform.api_errors import ApiError, Code, not_found
from sandbox.platform.disturbances import Disturbance, Disturbances
from sandbox.platform.grpc_methods import Methods

SERVICE: Final = "google.devtools.artifactregistry.v1.ArtifactRegistry"


@dataclass(slots=True)
class Repository:
    """The docker repository: every image that was deployed is in it until it is deleted."""

    deleted: set[str] = field(default_factory=set)
    """Digests that nothing can be started from any more; the data plane looks here."""


@dataclass(frozen=True, slots=True)
class _Image:
    package: str
    tag: str
    digest: str
    uploaded_at: timestamp_pb2.Timestamp


class ArtifactRegistry:
    """The calls of the API."""

    def __init__(self, control: ControlPlane, repository: Repository) -> None:
        self._control = control
        self._repository = repository
        location = control.location
        self.id = f"{location.project}-docker-repo"
        self._name = f"{location.parent}/repositories/{self.id}"
        self._host = f"{location.region}-docker.pkg.dev/{location.project}/{self.id}"

    def methods(self) -> Methods:
        """Return the table of the API's methods."""
        api = artifactregistry_v1
        return {
            "ListRepositories": (api.ListRepositoriesRequest.pb(), self.list_repositories),
            "GetRepository": (api.GetRepositoryRequest.pb(), self.get_repository),
            "ListDockerImages": (api.ListDockerImagesRequest.pb(), self.list_images),
            "GetDockerImage": (api.GetDockerImageRequest.pb(), self.get_image),
        }

    def list_repositories(self, request: Any, _caller: str) -> Any:
        """Return the one repository."""
        self._control.location.require(request.parent)
        return artifactregistry_v1.ListRepositoriesResponse.pb()(repositories=[self._view()])

    def get_repository(self, request: Any, _caller: str) -> Any:
        """Return the repository."""
        self._require(request.name)
        return self._view()

    def list_images(self, request: Any, _caller: str) -> Any:
        """Return a page of the images, the oldest first."""
        self._require(request.parent)
        found, token = paging.page(
            self._images(), of=request.parent, size=request.page_size, token=request.page_token
        )
        return artifactregistry_v1.ListDockerImagesResponse.pb()(
            docker_images=[self._image(one) for one in found], next_page_token=token
        )

    def get_image(self, request: Any, _caller: str) -> Any:
        """Return one image."""
        parent, _, name = request.name.partition("/dockerImages/")
        self._require(parent)
        for one in self._images():
            if name == f"{one.package}@{one.digest}":
                return self._image(one)
        raise not_found("DOCKER_IMAGE", request.name)

    def delete_unserved(self) -> None:
        """Delete every image that no serving revision runs."""
        services = self._control.state.services.values()
        serving = {
            f"{service.name}/revisions/{status.revision}"
            if status.revision
            else service.latest_ready_revision
            for service in services
            for status in service.traffic_statuses
            if status.percent
        }
        kept = {
            image_and_digest(revision.containers[0].image)[1]
            for name, revision in self._control.state.revisions.items()
            if name in serving
        }
        self._repository.deleted.update(one.digest for one in self._images() if one.digest not in kept)

    def _images(self) -> list[_Image]:
        found: dict[str, _Image] = {}
        for revision in self._control.state.revisions.values():
            reference, digest = image_and_digest(revision.containers[0].image)
            path, _, tag = reference.rpartition(":")
            if digest and digest not in self._repository.deleted:
                package = path.rpartition("/")[2]
                found.setdefault(digest, _Image(package, tag, digest, revision.create_time))
        return list(found.values())

    def _require(self, name: str) -> None:
        if name != self._name:
            raise ApiError(Code.NOT_FOUND, f"Repository {name} was not found.")

    def _view(self) -> Any:
        return artifactregistry_v1.Repository.pb()(
            name=self._name, format=artifactregistry_v1.Repository.Format.DOCKER.value
        )

    def _image(self, one: _Image) -> Any:
        image = artifactregistry_v1.DockerImage.pb()(
            name=f"{self._name}/dockerImages/{one.package}@{one.digest}",
            uri=f"{self._host}/{one.package}@{one.digest}",
            tags=[one.tag],
        )
        image.upload_time.CopyFrom(one.uploaded_at)
        return image


def offer(board: Disturbances, registry: ArtifactRegistry, repository: Repository) -> None:
    """Offer what can be wrong with the images."""
    board.offer(
        Disturbance(
            name="old-images-deleted",
            summary="Every image that no serving revision runs was deleted from the registry",
            criteria=("TST-07",),
            break_it=registry.delete_unserved,
            mend_it=repository.deleted.clear,
        )
    )
