"""Resource names: where a control plane is, and which resource a request means."""

from __future__ import annotations

import base64
import re
import time
from dataclasses import dataclass

from sandbox.platform.api_errors import ApiError, Code, Violation, invalid

SERVICE_ID = re.compile(r"[a-z](?:[-a-z0-9]{0,47}[a-z0-9])?")
_PARENT = re.compile(r"projects/([^/]+)/locations/([^/]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """The one project and region that a control plane answers for, and the domain of its service URLs."""

    project: str
    region: str
    domain: str

    @property
    def parent(self) -> str:
        return f"projects/{self.project}/locations/{self.region}"

    def require(self, parent: str, field: str = "parent") -> None:
        """Refuse every other location.

        Raises:
            ApiError: INVALID_ARGUMENT for an ill-formed name, PERMISSION_DENIED for another project or
                region (the exact answer of Cloud Run to an unknown region is not verified).
        """
        match = _PARENT.fullmatch(parent)
        if match is None:
            raise invalid([Violation(field, f"'{parent}' is not projects/PROJECT/locations/REGION")])
        if match[1] != self.project:
            raise ApiError(
                Code.PERMISSION_DENIED,
                f"Permission denied on resource project {match[1]} (or it may not exist).",
            )
        if match[2] != self.region:
            raise ApiError(
                Code.PERMISSION_DENIED, f"Location {match[2]} is not found or access is unauthorized."
            )

    def require_service(self, name: str, field: str = "name") -> None:
        """Refuse a name that is not a service of this location; raise ApiError."""
        parent, _, service = name.partition("/services/")
        if not service or "/" in service:
            raise invalid([Violation(field, f"'{name}' is not the full name of a service")])
        self.require(parent, field)

    def require_revision(self, name: str) -> None:
        """Refuse a name that is not a revision of this location; raise ApiError."""
        service, _, revision = name.partition("/revisions/")
        if not revision or "/" in revision:
            raise invalid([Violation("name", f"'{name}' is not the full name of a revision")])
        self.require_service(service)

    def service_name(self, service_id: str) -> str:
        """Return the full name of the service with that id."""
        return f"{self.parent}/services/{service_id}"

    def uri(self, service_id: str, tag: str = "") -> str:
        host = f"{tag}---{service_id}" if tag else service_id
        return f"https://{host}.{self.region}.{self.domain}"


def short(name: str) -> str:
    return name.rpartition("/")[2]


def service_of(revision_name: str) -> str:
    """Return the full name of the service that a revision belongs to."""
    return revision_name.partition("/revisions/")[0]


class Versions:
    """Resource versions: microseconds since 1970 that never repeat, written like Cloud Run's own."""

    def __init__(self) -> None:
        self._last = 0

    def next_etag(self) -> str:
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return f'"{base64.urlsafe_b64encode(self._last.to_bytes(8, "big")).decode().rstrip("=")}"'


def readable_version(etag: str) -> str:
    """Return the number in an etag as Cloud Run's conflict message shows it; an alien etag as it is."""
    try:
        return str(int.from_bytes(base64.urlsafe_b64decode(etag.strip('"') + "="), "big"))
    except ValueError:
        return etag
