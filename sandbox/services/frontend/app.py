"""Builds frontend."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from sandbox.kit.app import Parts, from_environment, service_app
from sandbox.kit.problem import Problem, answer_problem
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.services.frontend.backend import GATEWAY
from sandbox.services.frontend.routes import answer_signed_out, router
from sandbox.services.frontend.sessions import MIGRATIONS, Sessions


def build(settings: Settings) -> FastAPI:
    store = Store(settings.database, MIGRATIONS)
    parts = Parts(store=store, dependencies=[GATEWAY], state={"sessions": Sessions(store)})
    app = service_app(settings, title="iSECTECH console", routers=[router], parts=parts)
    app.add_exception_handler(Problem, _answer)
    return app


create_app = from_environment("frontend", build)


async def _answer(request: Request, error: Exception) -> Response:
    """Answer a request for a page with the sign-in page, others with a problem document."""
    if not isinstance(error, Problem):
        raise error
    return await answer_signed_out(request, error) or await answer_problem(request, error)
