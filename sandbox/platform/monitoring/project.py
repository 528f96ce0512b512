"""The one project that the configuration of Monitoring is about."""

from __future__ import annotations

from sandbox.platform.api_errors import ApiError, Code, Violation, invalid


def require_parent(name: str, project: str) -> str:
    """Return `projects/ID` when it is the project; raise ApiError for any other."""
    if not name.startswith("projects/"):
        raise invalid([Violation("name", f"'{name}' does not begin with projects/")])
    if name != f"projects/{project}":
        raise ApiError(Code.PERMISSION_DENIED, f"Permission denied on resource {name} (or it may not exist).")
    return name
