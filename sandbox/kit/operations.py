"""The endpoints that every service has: health, readiness, version, metrics, circuits."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from fastapi.responses import PlainTextResponse

from sandbox.kit.breaker import Circuit
from sandbox.kit.identity import SERVICE, Principal, required
from sandbox.kit.models import Shape
from sandbox.kit.problem import Problem, responses
from sandbox.kit.runtime import KitDep
from sandbox.kit.store import Store, StoreError

router = APIRouter(tags=["operations"])

Operator = Annotated[Principal, Depends(required("admin", SERVICE))]


class Health(Shape):
    """The process is alive."""

    status: Literal["alive"] = "alive"


class DependencyState(Shape):
    """What is known about one thing that the service needs."""

    name: str
    state: str
    is_required: bool


class Readiness(Shape):
    """Whether requests should be sent here."""

    status: Literal["ready"] = "ready"
    dependencies: list[DependencyState]


class Version(Shape):
    """What is running."""

    service: str
    revision: str
    version: str
    commit: str
    digest: str


class CircuitList(Shape):
    """All circuit breakers of this process."""

    items: list[Circuit]


@router.get("/healthz", summary="Whether the process is alive")
async def health() -> Health:
    return Health()


@router.get("/readyz", summary="Whether the service and what it needs are ready")
def readiness(kit: KitDep) -> Readiness:
    if kit.store is not None:
        check_database(kit.store)
    own = [DependencyState(name="database", state="up", is_required=True)] if kit.store is not None else []
    circuits = [
        DependencyState(name=report.name, state=f"circuit {report.state}", is_required=False)
        for report in kit.circuits.reports()
    ]
    return Readiness(dependencies=own + circuits)


def check_database(store: Store) -> None:
    """Prove that the database works.

    Raises:
        Problem: 503 when it does not.
    """
    try:
        store.check()
    except StoreError as error:
        raise Problem(
            503, f"Not ready: {error}.", code="database_down", headers={"Retry-After": "1"}
        ) from error


@router.get("/version", summary="What is running here")
async def version(kit: KitDep) -> Version:
    settings = kit.settings
    return Version(
        service=settings.service,
        revision=settings.revision,
        version=settings.version,
        commit=settings.commit,
        digest=settings.digest,
    )


@router.get("/metrics", summary="Counters in the Prometheus text format", response_class=PlainTextResponse)
async def metrics(kit: KitDep, _operator: Operator) -> PlainTextResponse:
    return PlainTextResponse(kit.metrics.text(), media_type="text/plain; version=0.0.4")


@router.get("/internal/circuits", summary="The state of every circuit breaker")
async def circuits(kit: KitDep, _operator: Operator) -> CircuitList:
    return CircuitList(items=kit.circuits.reports())


@router.post(
    "/internal/circuits/{name}:reset", summary="Close a circuit breaker by hand", responses=responses(404)
)
async def reset_circuit(
    name: Annotated[str, Path(pattern="^[a-z][a-z-]{0,40}$", examples=["auth-service"])],
    kit: KitDep,
    _operator: Operator,
) -> Circuit:
    breaker = kit.circuits.find(name)
    if breaker is None:
        raise Problem(404, "There is no circuit of that name.", code="circuit_unknown")
    breaker.reset()
    return breaker.report()
