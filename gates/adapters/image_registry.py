"""Artifact Registry as the port that says whether a revision could still be started."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from gates.adapters.cloud_errors import translated
from gates.errors import GateError
from gates.model.platform import Environment

_READ_S = 10.0
_LOCAL_OPTIONS = (("grpc.enable_http_proxy", 0),)


class ImageRegistry:
    """Implements the image store; the images are listed once, when one is first asked for."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def exists(self, digest: str) -> bool | None:
        """Say whether an image with that digest is there; None when the registry cannot tell."""
        if not digest or self._digests is None:
            return None
        return digest in self._digests

    @cached_property
    def _digests(self) -> frozenset[str] | None:
        place = self._environment
        repository = f"{place.project}-docker-repo"
        parent = f"projects/{place.project}/locations/{place.region}/repositories/{repository}"
        try:
            with translated(f"list the images of {repository}"):
                images = list(self._client().list_docker_images(parent=parent, timeout=_READ_S))
        except GateError:
            return None
        return frozenset(image.uri.partition("@")[2] for image in images)

    def _client(self) -> Any:
        import grpc  # noqa: PLC0415 - a rollback that asks no guard pays for no second client
        from google.cloud import artifactregistry_v1  # noqa: PLC0415 - as above

        kind = artifactregistry_v1.ArtifactRegistryClient
        if (endpoint := self._environment.endpoints.apis_grpc) is None:
            return kind()
        channel = grpc.insecure_channel(endpoint, options=_LOCAL_OPTIONS)
        return kind(transport=kind.get_transport_class("grpc")(channel=channel))
