"""Artifact Registry: the images of the one docker repository, and what happens when one is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from google.cloud import artifactregistry_v1
from google.protobuf import timestamp_pb2

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.revisions import image_and_digest
from sandbox.platform.api_errors import ApiError, Code
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.requests import page


@dataclass(frozen=True, slots=True)
class _Image:
    package: str
    tag: str
    digest: str
    uploaded_at: timestamp_pb2.Timestamp


class ArtifactRegistry:
    """The calls of the API."""

    def __init__(self, control: ControlPlane, deleted: set[str]) -> None:
        """Take the control plane, and the digests of deleted images, from which nothing can be started."""
        self._control = control
        self._deleted = deleted
        location = control.location
        repository = f"{location.project}-docker-repo"
        self._name = f"{location.parent}/repositories/{repository}"
        self._host = f"{location.region}-docker.pkg.dev/{location.project}/{repository}"

    def tables(self) -> dict[str, Methods]:
        request = artifactregistry_v1.ListDockerImagesRequest.pb()
        service = "google.devtools.artifactregistry.v1.ArtifactRegistry"
        return {service: {"ListDockerImages": (request, self.list_images)}}

    def list_images(self, request: Any, _caller: str) -> Any:
        if request.parent != self._name:
            raise ApiError(Code.NOT_FOUND, f"Repository {request.parent} was not found.")
        found, token = page(self._images(), request)
        return artifactregistry_v1.ListDockerImagesResponse.pb()(
            docker_images=[self._image(one) for one in found], next_page_token=token
        )

    def offer(self, board: Disturbances) -> None:
        board.offer(
            "old-images-deleted",
            "Every image that no serving revision runs was deleted from the registry",
            ("TST-07",),
            lambda is_wrong: self.delete_unserved() if is_wrong else self._deleted.clear(),
        )

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
        self._deleted.update(one.digest for one in self._images() if one.digest not in kept)

    def _images(self) -> list[_Image]:
        found: dict[str, _Image] = {}
        for revision in self._control.state.revisions.values():
            reference, digest = image_and_digest(revision.containers[0].image)
            path, _, tag = reference.rpartition(":")
            if digest and digest not in self._deleted:
                package = path.rpartition("/")[2]
                found.setdefault(digest, _Image(package, tag, digest, revision.create_time))
        return list(found.values())

    def _image(self, one: _Image) -> Any:
        image = artifactregistry_v1.DockerImage.pb()(
            name=f"{self._name}/dockerImages/{one.package}@{one.digest}",
            uri=f"{self._host}/{one.package}@{one.digest}",
            tags=[one.tag],
        )
        image.upload_time.CopyFrom(one.uploaded_at)
        return image
