"""Turns what the framework raises into problem documents: 400, 404, 405, 413 and 422."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException

from sandbox.kit.idempotency import AlreadyAnswered, answer_again
from sandbox.kit.problem import InvalidField, Problem, answer, answer_problem


def install(app: FastAPI) -> None:
    app.add_exception_handler(Problem, answer_problem)
    app.add_exception_handler(AlreadyAnswered, answer_again)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(HTTPException, answer_refused)


async def answer_invalid(_request: Request, error: Exception) -> Response:
    """Answer 400 when the body is not JSON, 422 when it is JSON of another shape; echo nothing of it."""
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return answer(Problem(400, "The body is not valid JSON.", code="json_invalid"))
    errors = tuple(
        InvalidField(pointer="/" + "/".join(_step(step) for step in item["loc"]), detail=_said(item["type"]))
        for item in found[:20]
    )
    return answer(
        Problem(422, "The request does not have the documented shape.", code="invalid", errors=errors)
    )


async def answer_refused(request: Request, error: Exception) -> Response:
    """Answer what the router or the framework refused, with a complete Allow on 405."""
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(allowed_methods(request)))
    detail = _SENTENCES.get(error.status_code, "The request was refused.")
    return answer(Problem(error.status_code, detail, headers=headers))


def allowed_methods(request: Request) -> set[str]:
    """Return the methods of all routes whose path matches; the framework names only the first route's."""
    scope = {**request.scope, "method": "GET"}
    methods: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        regex = getattr(route, "path_regex", None)
        if regex is not None and regex.match(scope["path"]) and route.methods:
            methods |= route.methods
    return methods


_SENTENCES = {
    400: "The request cannot be read.",
    404: "There is nothing here.",
    405: "The method is not allowed here; see Allow.",
    413: "The body is too large.",
}


def _step(step: object) -> str:
    """Name a field without repeating what the caller sent: names that are no plain words are left out."""
    text = str(step)
    return text if text.isidentifier() or text.isdigit() else "?"


def _said(kind: str) -> str:
    return kind.replace("_", " ")
