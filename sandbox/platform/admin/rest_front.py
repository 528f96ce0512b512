"""The REST front: the sandbox's own knobs, and Knative v1 for `gcloud run`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.knative import KnativeFront
from sandbox.platform.api_errors import ApiError, Code


def build_app(control: ControlPlane, extra_routes: Sequence[BaseRoute] = ()) -> Starlette:
    return Starlette(
        routes=[*_knob_routes(control), *KnativeFront(control).routes(), *extra_routes],
        exception_handlers={ApiError: _answer_error, 404: _answer_unlisted, 405: _answer_unlisted},
    )


def _knob_routes(control: ControlPlane) -> list[BaseRoute]:
    async def read(_request: Request) -> Response:
        return JSONResponse(asdict(control.knobs.current))

    async def change(request: Request) -> Response:
        try:
            return JSONResponse(asdict(control.knobs.change(dict(json.loads(await request.body())))))
        except (TypeError, ValueError) as error:
            raise ApiError(Code.INVALID_ARGUMENT, str(error)) from error

    async def waited(_request: Request) -> Response:
        return JSONResponse({"waitedSeconds": control.knobs.waited_s})

    path = "/sandbox/knobs"
    return [
        Route(path, read, methods=["GET"]),
        Route(path, change, methods=["PUT"]),
        Route("/sandbox/waits", waited, methods=["GET"]),
    ]


async def _answer_error(_request: Request, error: Exception) -> Response:
    """Write an ApiError the way Google's REST APIs do."""
    if not isinstance(error, ApiError):
        raise error
    status = error.code.http_status
    body = {"code": status, "message": error.message, "status": error.code.name}
    return JSONResponse({"error": body}, status_code=status)


async def _answer_unlisted(request: Request, _error: Exception) -> Response:
    message = f"{request.method} {request.url.path} is not emulated."
    return await _answer_error(request, ApiError(Code.UNIMPLEMENTED, message))
