"""Artifact Registry as the port that says whether a revision could still be started.

Where to look is what the revision's own image reference says. One that names no registry is looked for in the
environment's `imageRepository`. Of an image anywhere else, in a repository that cannot be listed, or in
one that lists nothing it is not known whether it exists: unknown is not gone, and prevents no rollback.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_errors import translated
from gates.errors import GateError
from gates.model.platform import Environment

_READ_S = 10.0
_REFERENCE = re.compile(
    r"(?P<location>[a-z0-9-]+)-docker\.pkg\.dev/(?P<project>[^/]+)/(?P<repository>[^/]+)/(?P<package>.+)"
)


@dataclass(frozen=True, slots=True)
class _Place:
    """One repository, and the package in it that is asked about."""

    repository: str
    package: str
    is_named: bool
    """Whether the reference itself names the repository; else it is only where the platform keeps images."""


class ImageRegistry:
    """Implements the image store; each repository is listed once, when it is first asked about."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._listed: dict[str, frozenset[tuple[str, str]] | None] = {}

    def exists(self, image: str) -> bool | None:
        """Say whether the image behind a reference is there; None if that is not known."""
        reference, _, digest = image.partition("@")
        place = self._place(reference)
        if not digest or place is None:
            return None
        stored = self._stored(place.repository)
        if not stored:
            return None
        if any(digest == one for _, one in stored):
            return True
        is_kept_there = place.is_named or any(package == place.package for package, _ in stored)
        return False if is_kept_there else None

    def _place(self, reference: str) -> _Place | None:
        if match := _REFERENCE.fullmatch(reference):
            parent = f"projects/{match['project']}/locations/{match['location']}"
            return _Place(
                f"{parent}/repositories/{match['repository']}", _package(match["package"]), is_named=True
            )
        here, host = self._environment, reference.partition("/")[0]
        if here.image_repository is None or "." in host or ":" in host:
            return None
        parent = f"projects/{here.project}/locations/{here.region}"
        return _Place(f"{parent}/repositories/{here.image_repository}", _package(reference), is_named=False)

    def _stored(self, repository: str) -> frozenset[tuple[str, str]] | None:
        """Return package and digest of every image in a repository, or None when it cannot be listed."""
        if repository not in self._listed:
            try:
                with translated(f"list the images of {repository}"):
                    found = list(self._client.list_docker_images(parent=repository, timeout=_READ_S))
            except GateError:
                self._listed[repository] = None
            else:
                uris = (one.uri.partition("@") for one in found)
                self._listed[repository] = frozenset((_package(path), digest) for path, _, digest in uris)
        return self._listed[repository]

    @cached_property
    def _client(self) -> Any:
        from google.cloud import artifactregistry_v1  # noqa: PLC0415 - only who asks pays for it

        return connect(artifactregistry_v1.ArtifactRegistryClient, self._environment.endpoints.apis_grpc)


def _package(path: str) -> str:
    """Return the last part of an image's path, without its tag."""
    return path.rpartition("/")[2].partition(":")[0]
