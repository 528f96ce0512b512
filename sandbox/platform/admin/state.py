"""All that the control plane remembers."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.platform.admin.messages import Revision, Service
from sandbox.platform.admin.names import Location, Versions, service_of, short
from sandbox.platform.admin.operations import Operations
from sandbox.platform.admin.quota import WriteQuota
from sandbox.platform.api_errors import not_found
from sandbox.platform.contract import KnobBoard, ReadSecret, StartError


def _no_secret(secret: str, version: str) -> str:
    raise StartError(f"Secret {secret}/versions/{version} was not found.")


class State:
    """Services, revisions and operations of one location; changed only inside the event loop."""

    def __init__(self, location: Location, board: KnobBoard) -> None:
        self.location = location
        self.read_secret: ReadSecret = _no_secret
        """Gives the value of a secret's version to the instances that name it."""
        self.board = board
        self.versions = Versions()
        self.quota = WriteQuota(board)
        self.operations = Operations(location)
        self.services: dict[str, Service] = {}
        self.revisions: dict[str, Revision] = {}
        self.configurations: dict[str, bytes] = {}
        """What each revision was made of, by its full name."""

    def service(self, name: str) -> Service:
        """Return the service with that full name; raise ApiError NOT_FOUND."""
        found = self.services.get(name)
        if found is None:
            raise not_found("SERVICE", short(name))
        return found

    def revision(self, name: str) -> Revision:
        """Return the revision with that full name; raise ApiError NOT_FOUND."""
        found = self.revisions.get(name)
        if found is None:
            raise not_found("REVISION", short(name))
        return found

    def revisions_of(self, service_name: str) -> Sequence[Revision]:
        """Return a service's revisions, newest first; the service id `-` stands for all services."""
        everything = service_name.endswith("/services/-")
        found = [r for r in self.revisions.values() if everything or service_of(r.name) == service_name]
        # Sorting is stable, so insertion order breaks a tie between two revisions of one clock tick.
        found.sort(key=lambda revision: int(revision.create_time.ToNanoseconds()))
        return found[::-1]

    def add_revision(self, revision: Revision, configuration: bytes) -> None:
        """Remember a revision and what it was made of."""
        self.revisions[revision.name] = revision
        self.configurations[revision.name] = configuration

    def forget_revision(self, name: str) -> None:
        del self.revisions[name]
        del self.configurations[name]

    def forget_service(self, name: str) -> None:
        for revision in self.revisions_of(name):
            self.forget_revision(revision.name)
        del self.services[name]
