"""A data plane without processes: it remembers what it was told and fails where a test says so."""

from __future__ import annotations

import asyncio
import hashlib

from sandbox.platform.contract import RevisionSpec, ServiceRoute, StartError


class FakeDataPlane:
    """Implements `DataPlane`; a test reads `routes` and steers through the sets and the gate.

    Attributes:
        routes: The route in force, per service.
        history: Every route ever swapped in, in order.
        specs: What every started revision was started with.
        running: Revisions that run.
        missing: Image references that cannot be resolved (any more).
        broken: Image references whose container never passes its startup probe.
        held: Image references whose start waits for `release()`.
        defect: Raised by `route` instead of routing: what a data plane must never do.
    """

    def __init__(self) -> None:
        self.routes: dict[str, ServiceRoute] = {}
        self.history: list[ServiceRoute] = []
        self.specs: dict[str, RevisionSpec] = {}
        self.running: set[str] = set()
        self.missing: set[str] = set()
        self.broken: set[str] = set()
        self.held: set[str] = set()
        self.defect: Exception | None = None
        self._released = asyncio.Event()

    def release(self) -> None:
        """Let every held start go on."""
        self.held.clear()
        self._released.set()

    async def start(self, spec: RevisionSpec) -> None:
        """Start a revision; one that runs already is left alone."""
        if spec.revision in self.running:
            return
        self.digest_of(spec.image)
        if spec.image in self.held:
            await self._released.wait()
        if spec.image in self.broken:
            raise StartError("The user-provided container failed to start and listen on the port.")
        self.specs[spec.revision] = spec
        self.running.add(spec.revision)

    async def route(self, route: ServiceRoute) -> None:
        """Swap the route; revisions of the service that it does not name are stopped."""
        if self.defect is not None:
            raise self.defect
        named = {target.revision for target in route.targets}
        self.running -= {
            name for name in self.running if self.specs[name].service == route.service and name not in named
        }
        self.routes[route.service] = route
        self.history.append(route)

    async def remove(self, service: str) -> None:
        """Forget a service and stop its revisions."""
        self.routes.pop(service, None)
        self.running -= {name for name in self.running if self.specs[name].service == service}

    def digest_of(self, image: str) -> str:
        """Return the digest of a reference; raise StartError when it is missing."""
        if image in self.missing:
            raise StartError(f"Image '{image}' not found.")
        return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"
