"""Builds a service: its own routes inside everything that all services share."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.routing import APIRoute

from sandbox.kit import contract, operations, refusals
from sandbox.kit.audit import Audit, OutboxSender
from sandbox.kit.breaker import Circuits
from sandbox.kit.envelope import Envelope
from sandbox.kit.identity import Verifier
from sandbox.kit.limits import Limiter
from sandbox.kit.mesh import AUTH, Mesh
from sandbox.kit.metrics import Metrics
from sandbox.kit.problem import Problem, answer
from sandbox.kit.runtime import Kit
from sandbox.kit.settings import Settings
from sandbox.kit.store import Seed, Store
from sandbox.kit.verifier import RemoteVerifier
from sandbox.kit.worker import Worker

Task = Callable[[Kit], Awaitable[None]]
"""Background work of a running app: runs until it is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a service brings besides its routes.

    `dependencies` are the services it calls: their circuits are shown from the start. `verifier` replaces
    the remote check of tokens. `tasks` run in the app's event loop from start to shutdown.
    """

    store: Store | None = None
    dependencies: Sequence[str] = ()
    verifier: Verifier | None = None
    tasks: Sequence[Task] = ()
    audit: Audit | None = None
    """Replaces the outbox, for the service that keeps the trail itself."""
    state: dict[str, Any] = field(default_factory=dict)
    """Further values for `app.state`."""


def from_environment(service: str, build: Callable[[Settings], FastAPI]) -> Callable[[], FastAPI]:
    """Return the factory of a service that is configured by the process environment."""
    return lambda: build(Settings.from_environment(service=service))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordService:
    """A service of records: a database with its seed, the services that it calls, perhaps a worker.

    The worker runs as long as the app, which knows it as `app.state.worker`.
    """

    title: str
    router: APIRouter
    migrations: Sequence[str]
    seed: Seed
    calls: Sequence[str] = ()
    worker: Callable[[Store], Worker] | None = None

    def build(self, settings: Settings) -> FastAPI:
        store = Store(settings.database, self.migrations, seed=self.seed)
        worker = self.worker(store) if self.worker is not None else None
        tasks = (lambda _kit: worker.run(),) if worker is not None else ()
        parts = Parts(store=store, dependencies=(AUTH, *self.calls), tasks=tasks, state={"worker": worker})
        return service_app(settings, title=self.title, routers=[self.router], parts=parts)


def service_app(settings: Settings, *, title: str, routers: Sequence[APIRouter], parts: Parts) -> FastAPI:
    """Return the ASGI app of a service. Opens nothing; the database is opened when the app starts."""
    kit = _kit(settings, parts)
    app = FastAPI(
        title=title,
        version="1",
        description=f"The {settings.service} of the isectech platform.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        lifespan=_lifespan(kit, parts.tasks),
    )
    app.state.kit = kit
    for name, value in parts.state.items():
        setattr(app.state, name, value)
    app.add_middleware(Envelope, max_body=settings.max_body)
    refusals.install(app)
    app.add_exception_handler(sqlite3.OperationalError, _answer_busy)
    for router in [operations.router, *routers]:
        app.include_router(router)
    _publish(app, kit)
    return app


def _operation_id(route: APIRoute) -> str:
    """Name an operation after its function; OpenAPI links use it."""
    return route.name


def _kit(settings: Settings, parts: Parts) -> Kit:
    circuits = Circuits(threshold=settings.breaker_threshold, open_for=settings.breaker_open_for)
    for name in parts.dependencies:
        circuits.of(name)
    mesh = Mesh(settings, circuits)
    store = parts.store
    has_outbox = store is not None and parts.audit is None
    return Kit(
        settings=settings,
        circuits=circuits,
        mesh=mesh,
        verifier=parts.verifier or RemoteVerifier(settings, mesh),
        limiter=Limiter(settings.rates),
        metrics=Metrics(settings.service),
        audit=parts.audit or Audit(settings.service),
        store=store,
        outbox=OutboxSender(store, mesh) if store is not None and has_outbox else None,
    )


def _lifespan(kit: Kit, tasks: Sequence[Task]) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if kit.store is not None:
            await asyncio.to_thread(kit.store.open)
        running = [asyncio.ensure_future(task(kit)) for task in tasks]
        if kit.outbox is not None:
            running.append(asyncio.ensure_future(kit.outbox.run()))
        try:
            yield
        finally:
            for task in running:
                task.cancel()
            for task in running:
                with suppress(asyncio.CancelledError):
                    await task
            await kit.mesh.close()
            if kit.store is not None:
                kit.store.close()

    return lifespan


def _publish(app: FastAPI, kit: Kit) -> None:
    documents: list[dict[str, Any]] = []

    def openapi() -> dict[str, Any]:
        if not documents:
            documents.append(contract.document(app, kit.settings.rates))
        return documents[0]

    app.openapi = openapi  # type: ignore[method-assign]

    @app.get("/openapi.json", include_in_schema=False)
    def openapi_document() -> JSONResponse:
        return JSONResponse(app.openapi())


async def _answer_busy(_request: Request, _error: Exception) -> Response:
    """A database that is locked for too long or gone is an outage, not a mistake of ours."""
    return answer(
        Problem(503, "The database does not answer.", code="database_down", headers={"Retry-After": "1"})
    )
