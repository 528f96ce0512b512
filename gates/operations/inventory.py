"""What must be there before anything else can be done: the project, its APIs, the images to go back to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gates.model.inventory import Image

NEEDED_APIS = (
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "serviceusage.googleapis.com",
    "sqladmin.googleapis.com",
)
"""What the platform runs on and the gate asks."""


def lacks(state: str, enabled: frozenset[str]) -> tuple[str, ...]:
    """Return what a project lacks; empty when nothing."""
    found = [] if state == "ACTIVE" else [f"the project is {state}, not ACTIVE"]
    return (*found, *(f"the API {name} is not enabled" for name in NEEDED_APIS if name not in enabled))


def missing_images(digests: Mapping[str, str], images: Iterable[Image]) -> tuple[str, ...]:
    """Return the revisions whose image is no longer in the repository: they cannot be started again."""
    stored = {image.digest for image in images}
    return tuple(sorted(name for name, digest in digests.items() if digest not in stored))
