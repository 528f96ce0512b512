"""The maintenance page as an application: every request gets 503 and Retry-After, only probes get through."""

from __future__ import annotations

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

RETRY_AFTER_S = 120
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def create_app() -> Starlette:
    """Return the app; `/healthz` answers probes, `/version` names the service and revision."""
    return Starlette(
        routes=[
            Route("/healthz", _alive),
            Route("/version", _version),
            Route("/{path:path}", _closed, methods=_METHODS),
        ]
    )


async def _alive(_request: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _version(_request: Request) -> Response:
    return JSONResponse(
        {
            "service": os.environ.get("SERVICE_NAME", ""),
            "revision": os.environ.get("K_REVISION", ""),
            "version": "maintenance",
            "commit": "",
            "digest": os.environ.get("IMAGE_DIGEST", ""),
        }
    )


async def _closed(_request: Request) -> Response:
    body = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Planned maintenance is under way. Try again in a few minutes.",
        "code": "maintenance",
    }
    headers = {"Retry-After": str(RETRY_AFTER_S), "Cache-Control": "no-store"}
    return JSONResponse(body, status_code=503, headers=headers, media_type="application/problem+json")
