"""The data plane of the local Cloud Run: runs revisions as processes and routes requests to them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Set as AbstractSet
from typing import Self

from sandbox.platform import images, scaling
from sandbox.platform.contract import RevisionSpec, ServiceRoute, StartError
from sandbox.platform.instance import InstanceLauncher
from sandbox.platform.instances import Fleet
from sandbox.platform.router_table import RoutingTable

IDLE_S = 10.0
"""How long an instance beyond the minimum stays without a request (Cloud Run: up to 15 minutes)."""
_BALANCE_EVERY_S = 0.5


class LocalDataPlane:
    """Implements `DataPlane` with one fleet of instances per revision.

    Used as an asynchronous context manager: it keeps the fleets in balance, and stops them at the end.
    """

    def __init__(
        self,
        launcher: InstanceLauncher,
        table: RoutingTable,
        fleets: dict[str, Fleet],
        *,
        deleted: AbstractSet[str] = frozenset(),
        idle_s: float = IDLE_S,
    ) -> None:
        """Take what instances start from, and what it shares with the router.

        Args:
            launcher: what instances start from.
            table: the router's table.
            fleets: fleets by revision, also of revisions that have no instance now; filled here.
            deleted: digests of images that are gone.
            idle_s: how long an instance beyond the minimum stays without a request.
        """
        self._launcher = launcher
        self._table = table
        self._deleted = deleted
        self._idle_s = idle_s
        self._routes: dict[str, ServiceRoute] = {}
        self._balancing: asyncio.Task[None] | None = None
        self._fleets = fleets

    async def __aenter__(self) -> Self:
        self._balancing = asyncio.create_task(self._keep_balance())
        return self

    async def __aexit__(self, *_error: object) -> None:
        if self._balancing is not None:
            self._balancing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._balancing
        await asyncio.gather(*(fleet.stop() for fleet in self._fleets.values()))

    async def start(self, spec: RevisionSpec) -> None:
        """Start the revision's first instance and wait for its startup probe; nothing to do when one is up.

        Raises:
            StartError: the image is unknown, the process ended, or the probe failed.
        """
        fleet = self._fleets.get(spec.revision)
        if fleet is None or not fleet.is_up:
            # As on Cloud Run, a running revision outlives its image, but nothing starts from it any more.
            self.digest_of(spec.image)
        if fleet is None:
            fleet = self._fleets[spec.revision] = Fleet(spec, self._launcher, idle_s=self._idle_s)
        await fleet.start()

    async def route(self, route: ServiceRoute) -> None:
        """Swap the service's route atomically; revisions that it does not name any more are drained."""
        self._routes[route.service] = route
        self._table.put(route)
        for fleet in self._fleets_of(route.service):
            fleet.resize(scaling.bounds(fleet.spec, route))

    async def remove(self, service: str) -> None:
        """Forget the service and stop its instances."""
        self._table.drop(service)
        self._routes.pop(service, None)
        gone = self._fleets_of(service)
        for fleet in gone:
            del self._fleets[fleet.spec.revision]
        await asyncio.gather(*(fleet.stop() for fleet in gone))

    def digest_of(self, image: str) -> str:
        """The `sha256:…` digest that the image reference resolves to.

        Raises:
            StartError: it resolves to nothing, or to an image that was deleted.
        """
        try:
            digest = images.digest_of(image)
        except images.UnknownImageError as error:
            raise StartError(str(error)) from error
        if digest in self._deleted:
            raise StartError(f"Image '{image}@{digest}' not found.")
        return digest

    def _fleets_of(self, service: str) -> list[Fleet]:
        return [fleet for fleet in self._fleets.values() if fleet.spec.service == service]

    async def _keep_balance(self) -> None:
        while True:
            await asyncio.sleep(_BALANCE_EVERY_S)
            for fleet in self._fleets.values():
                fleet.balance()
