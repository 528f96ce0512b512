"""The known-bad revisions that an image reference `sandbox/<service>:<version>-<fault>` can name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

AsgiApp = Callable[..., Any]
"""An ASGI application: awaited with scope, receive and send."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a revision is wrong, and the criteria that must notice it."""

    id: str
    slug: str
    services: tuple[str, ...]
    summary: str
    criteria: tuple[str, ...]
    build: Callable[[str, Callable[[], AsgiApp]], AsgiApp]
    """Called in the revision's own process with the service's name and its healthy application factory."""


FAULTS: Mapping[str, Fault] = {}
"""Every fault by its slug."""


def find(service: str, slug: str) -> Fault | None:
    """Find a fault by its slug; None when there is none or it does not apply to the service."""
    fault = FAULTS.get(slug)
    return fault if fault is not None and service in fault.services else None
