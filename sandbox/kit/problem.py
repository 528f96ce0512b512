"""One shape for every error: RFC 9457 problem details."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from sandbox.kit import trace

MEDIA_TYPE = "application/problem+json"


class InvalidField(BaseModel):
    """One field that was refused, and why."""

    model_config = ConfigDict(extra="forbid")

    pointer: str
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem details, the body of every error answer."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    trace_id: str
    errors: list[InvalidField] = Field(default_factory=list)


class Problem(Exception):  # noqa: N818 - it is the RFC's word for the document, not a Python error
    """Raise it to answer with a problem document.

    `code` is a stable word for programs, such as `token_expired`; `detail` is a sentence for people and
    never repeats what the caller sent.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        code: str = "",
        headers: dict[str, str] | None = None,
        errors: tuple[InvalidField, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.code = code or HTTPStatus(status).name.lower()
        self.headers = headers or {}
        self.errors = errors


class ProblemResponse(Response):
    """The answer that carries a problem document."""

    media_type = MEDIA_TYPE


def answer(problem: Problem) -> ProblemResponse:
    """Turn a problem into its response, stamped with the current request and trace."""
    current = trace.current()
    document = ProblemDocument(
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        code=problem.code,
        request_id=current.request_id,
        trace_id=current.trace_id,
        errors=list(problem.errors),
    )
    return ProblemResponse(document.model_dump_json(), status_code=problem.status, headers=problem.headers)


async def answer_problem(_request: Request, error: Exception) -> ProblemResponse:
    if not isinstance(error, Problem):
        raise error
    return answer(error)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare that an operation may answer with these problem statuses (for `responses=` of a route)."""
    return {status: {"description": HTTPStatus(status).phrase, "content": _CONTENT} for status in statuses}


_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
