"""What a known-bad revision is; light to import: its code is imported in the revision's own process."""

from __future__ import annotations

import importlib
from collections.abc import Callable
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
    is_benign: bool = False
    """Whether nothing is wrong with it: a change that must pass everything."""
    has_arm: bool = True
    """Whether it makes an arm by itself; else the benchmark's document has one by hand, or names a test."""


def late(module: str, name: str) -> Callable[[str, Callable[[], AsgiApp]], AsgiApp]:
    """Import the builder where it is used: in the revision's process, not in the platform's."""

    def build(service: str, create_app: Callable[[], AsgiApp]) -> AsgiApp:
        found = importlib.import_module(f"sandbox.faults.{module}")
        app: AsgiApp = getattr(found, name)(service, create_app)
        return app

    return build


def rows(module: str) -> Callable[..., Fault]:
    """Return a writer of table rows whose builder has the slug's name in `module`."""

    def row(fault_id: str, slug: str, services: str | tuple[str, ...], summary: str, *criteria: str) -> Fault:
        named = (services,) if isinstance(services, str) else services
        return Fault(fault_id, slug, named, summary, criteria, late(module, slug.replace("-", "_")))

    return row


ALL = (
    *("frontend", "api-gateway", "auth-service", "asset-discovery", "event-processor"),
    *("threat-detection", "behavioral-analysis", "decision-engine", "nlp-assistant"),
)
"""Every service."""

TAKING_TOKENS = ALL[1:]
"""Services that check a bearer token themselves."""
