"""Reconciliation: from a stored service to running revisions and a route, and what it then reports."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import defaultdict
from collections.abc import Coroutine, Sequence

from google.cloud import run_v2

from sandbox.platform.admin import revisions, traffic
from sandbox.platform.admin.messages import (
    FAILED,
    LATEST,
    SUCCEEDED,
    Revision,
    Service,
    TrafficTarget,
    condition,
)
from sandbox.platform.admin.names import service_of, short
from sandbox.platform.admin.routing import Resolved, route_of, statuses_of
from sandbox.platform.admin.state import State
from sandbox.platform.api_errors import ApiError, Code
from sandbox.platform.contract import DataPlane, ServiceRoute, StartError

LOG = logging.getLogger(__name__)
REVISION_FAILED = run_v2.Condition.CommonReason.REVISION_FAILED.value


class Reconciler:
    """Brings the data plane to what was written; a newer write to a service supersedes an older one."""

    def __init__(self, state: State, data_plane: DataPlane) -> None:
        self._state = state
        self._data_plane = data_plane
        self._starts: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._turns = itertools.count(1)
        self._routed: defaultdict[str, int] = defaultdict(int)

    def begin(self, service: Service, operation: str, revision: Revision | None) -> None:
        """Reconcile the service as it was just written; `revision` is the one that this write asked for."""
        if revision is not None and revision.reconciling and revision.name not in self._starts:
            start = asyncio.create_task(self._start(revision))
            self._starts[revision.name] = start
            start.add_done_callback(lambda _: self._starts.pop(revision.name, None))
        self._spawn(self._reconcile(service, operation, revision), service, operation)

    def begin_deletion(self, service: Service, operation: str) -> None:
        self._spawn(self._delete(service, operation), service, operation)

    async def close(self) -> None:
        tasks = [*self._tasks, *self._starts.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[None, None, None], service: Service, operation: str) -> None:
        def conclude(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            if task.cancelled() or (error := task.exception()) is None:
                return
            LOG.error("Reconciliation of %s broke.", service.name, exc_info=error)
            failure = ApiError(Code.INTERNAL, f"Reconciliation broke: {error!r}")
            self._report_failure(service, failure)
            self._state.operations.finish(operation, service, failure)

        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(conclude)

    async def _take_time(self) -> None:
        await self._state.board.wait(self._state.board.current.operation_latency_s)

    # ---- revisions

    async def _start(self, revision: Revision) -> None:
        await self._take_time()
        failure: str | None = None
        try:
            self._require_image(revision)
            await self._data_plane.start(revisions.spec_of(revision, self._state.read_secret))
        except StartError as error:
            failure = str(error)
        if revision.name not in self._state.revisions:
            return
        revisions.settle(revision, failure, self._state.versions.next_etag())
        if failure is None:
            self._promote(revision)

    def _require_image(self, revision: Revision) -> None:
        """Raise StartError for an image that resolves to nothing, or not to the digest that was asked for."""
        image = revision.containers[0].image
        reference, wanted = revisions.image_and_digest(image)
        found = self._data_plane.digest_of(reference)
        if not wanted:
            revision.containers[0].image = f"{reference}@{found}"
        elif wanted != found:
            raise StartError(f"Image '{image}' not found: the reference resolves to {found}.")

    def _promote(self, revision: Revision) -> None:
        """Make a revision its service's latest ready one, unless a later one already is."""
        service = self._state.services[service_of(revision.name)]
        latest = self._state.revisions.get(service.latest_ready_revision)
        if latest is None or latest.create_time.ToNanoseconds() <= revision.create_time.ToNanoseconds():
            service.latest_ready_revision = revision.name
            service.etag = self._state.versions.next_etag()

    async def _settled(self, revision_name: str) -> None:
        start = self._starts.get(revision_name)
        if start is not None:
            await asyncio.wait([start])

    # ---- services

    async def _reconcile(self, service: Service, operation: str, revision: Revision | None) -> None:
        await self._take_time()
        failure: ApiError | None = None
        try:
            if revision is not None:
                await self._settled(revision.name)
                _require_ready(revision)
            if self._is_current(service):
                await self._apply(service)
        except ApiError as error:
            failure = error
            self._report_failure(service, failure)
        # A superseded write answers with the service as newer writes left it.
        now = self._state.services.get(service.name, service)
        self._state.operations.finish(operation, now, failure)

    def _is_current(self, service: Service) -> bool:
        is_stored = self._state.services.get(service.name) is service
        return is_stored and not service.HasField("delete_time")

    async def _apply(self, service: Service) -> None:
        """Start what the traffic list means, swap the route, report it; raise ApiError and change nothing."""
        resolved = [await self._resolve(service, target) for target in traffic.effective(service.traffic)]
        await asyncio.gather(*(self._ensure_running(one.revision) for one in resolved))
        if not self._is_current(service):
            return
        route, turn = route_of(service, resolved), next(self._turns)
        lag = self._state.board.current.traffic_lag_s
        if lag:
            self._spawn(self._route_after(lag, service, route, turn), service, "")
        else:
            await self._route(service, route, turn)
        if self._is_current(service):
            self._report_success(service, resolved)

    async def _resolve(self, service: Service, target: TrafficTarget) -> Resolved:
        name = f"{service.name}/revisions/{target.revision}"
        if target.type_ == LATEST:
            await self._settled(service.latest_created_revision)
            name = service.latest_ready_revision
        await self._settled(name)
        revision = self._state.revisions.get(name)
        if revision is None:
            raise ApiError(
                Code.INTERNAL,
                f"Revision '{short(name)}' does not exist or is deleted. "
                "Update all traffic to route to currently available revisions.",
            )
        # As in Knative, one target that is not ready, even a mere tag, keeps the whole route as it was.
        _require_ready(revision)
        return Resolved(target, revision)

    async def _ensure_running(self, revision: Revision) -> None:
        try:
            await self._data_plane.start(revisions.spec_of(revision, self._state.read_secret))
        except StartError as error:
            raise ApiError(
                Code.FAILED_PRECONDITION,
                f"Revision '{short(revision.name)}' is not ready and cannot serve traffic. {error}",
            ) from error

    async def _route_after(self, lag: float, service: Service, route: ServiceRoute, turn: int) -> None:
        await self._state.board.wait(lag)
        await self._route(service, route, turn)

    async def _route(self, service: Service, route: ServiceRoute, turn: int) -> None:
        """Swap the route unless a later one was swapped in, or the service is gone."""
        async with self._locks[service.name]:
            stored = self._state.services.get(service.name)
            if stored is None or stored.uid != service.uid or stored.HasField("delete_time"):
                return
            if turn > self._routed[service.name]:
                self._routed[service.name] = turn
                await self._data_plane.route(route)

    def _report_success(self, service: Service, resolved: Sequence[Resolved]) -> None:
        del service.traffic_statuses[:]
        service.traffic_statuses.extend(statuses_of(service, resolved, self._state.location))
        service.observed_generation = service.generation
        self._report(service, condition("Ready", SUCCEEDED), condition("RoutesReady", SUCCEEDED))

    def _report_failure(self, service: Service, failure: ApiError) -> None:
        """Explain the failure; traffic statuses and observed generation keep the last serving state."""
        if self._is_current(service):
            ready = condition("Ready", FAILED, failure.message, reason=REVISION_FAILED)
            self._report(service, ready, condition("RoutesReady", FAILED, failure.message))

    def _report(self, service: Service, ready: object, routes: object) -> None:
        created = self._state.revisions.get(service.latest_created_revision)
        is_failed = created is not None and revisions.ready_condition(created).state == FAILED
        service.reconciling = False
        service.terminal_condition.CopyFrom(ready)
        del service.conditions[:]
        service.conditions.extend(
            [routes, condition("ConfigurationsReady", FAILED if is_failed else SUCCEEDED)]
        )
        # The status write is a new version too: a client that cached the etag of the write must read again.
        service.etag = self._state.versions.next_etag()

    async def _delete(self, service: Service, operation: str) -> None:
        await self._take_time()
        async with self._locks[service.name]:
            await self._data_plane.remove(short(service.name))
        self._state.forget_service(service.name)
        self._state.operations.finish(operation, service)


def _require_ready(revision: Revision) -> None:
    if not revisions.is_ready(revision):
        detail = revisions.ready_condition(revision).message
        raise ApiError(
            Code.FAILED_PRECONDITION,
            f"Revision '{short(revision.name)}' is not ready and cannot serve traffic. {detail}".strip(),
        )
