"""Which of a revision's containers takes the requests."""

from __future__ import annotations

from google.cloud import run_v2


def application_of(revision: run_v2.Revision) -> run_v2.Container:
    """Return the container with `ports`, or the only one: those beside it stand in any order.

    See https://cloud.google.com/run/docs/deploying#sidecars
    """
    containers = revision.containers
    return next((one for one in containers if one.ports), containers[0])
