"""The sandbox's own endpoints on the admin REST port: what Cloud Run neither shows nor allows."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.platform.infrastructure_faults import InfrastructureContext
from sandbox.platform.instances import Fleet
from sandbox.platform.options import Leaf


def instance_routes(fleets: Mapping[str, Fleet]) -> list[BaseRoute]:
    """`GET /sandbox/instances`: the processes of every revision."""

    async def read(_request: Request) -> Response:
        return JSONResponse(
            {
                name: {
                    "service": fleet.spec.service,
                    "instances": fleet.size,
                    "busy": fleet.busy,
                    "pids": fleet.pids,
                }
                for name, fleet in fleets.items()
            }
        )

    return [Route("/sandbox/instances", read, methods=["GET"])]


def certificate_routes(context: InfrastructureContext) -> list[BaseRoute]:
    """`GET` and `PUT /sandbox/certificate`: which leaf the front door shows from the next handshake on."""
    state = {"leaf": context.shown.value}

    async def read(_request: Request) -> Response:
        return JSONResponse(state)

    async def change(request: Request) -> Response:
        try:
            leaf = Leaf((await request.body()).decode())
        except ValueError:
            known = ", ".join(leaf.value for leaf in Leaf)
            return PlainTextResponse(f"The body is one of: {known}.", status_code=400)
        context.authority.show(leaf, context.tls)
        state["leaf"] = leaf.value
        return JSONResponse(state)

    path = "/sandbox/certificate"
    return [Route(path, read, methods=["GET"]), Route(path, change, methods=["PUT"])]
