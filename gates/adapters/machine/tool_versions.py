"""The versions of the tools that take part in a run."""

from __future__ import annotations

from importlib.metadata import version

from gates.model.record import ToolVersion

_TOOLS = ("release-gate", "pytest", "schemathesis", "locust", "httpx", "google-cloud-run", "allure-pytest")


def tool_versions() -> tuple[ToolVersion, ...]:
    """Return them in a fixed order."""
    return tuple(ToolVersion(name=name, version=version(name)) for name in _TOOLS)
