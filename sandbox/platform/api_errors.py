"""An API error with its canonical code, and how each front writes it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

from google.api_core import exceptions
from google.rpc import error_details_pb2, status_pb2


class Code(IntEnum):
    """The canonical codes of google.rpc.Code that this API answers with."""

    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAUTHENTICATED = 16

    @property
    def http_status(self) -> int:
        """The HTTP status that google/rpc/code.proto gives to the code."""
        return int(exceptions.from_grpc_status(self, "").code or 500)


class Violation(NamedTuple):
    """One field that a request got wrong."""

    field: str
    description: str


class ApiError(Exception):
    """A refused request, or the reason for which an operation failed."""

    def __init__(self, code: Code, message: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.violations = tuple(violations)

    def status(self) -> status_pb2.Status:
        """Return the error as google.rpc.Status, with the violations as its BadRequest detail."""
        status = status_pb2.Status(code=int(self.code), message=self.message)
        if self.violations:
            detail = error_details_pb2.BadRequest()
            for violation in self.violations:
                detail.field_violations.add(field=violation.field, description=violation.description)
            status.details.add().Pack(detail)
        return status


def invalid(violations: Sequence[Violation]) -> ApiError:
    """Return the INVALID_ARGUMENT error that names every violation."""
    text = "; ".join(f"{violation.field}: {violation.description}" for violation in violations)
    return ApiError(Code.INVALID_ARGUMENT, text, violations)


def refused(message: str) -> ApiError:
    """Return the INVALID_ARGUMENT error that names no single field."""
    return ApiError(Code.INVALID_ARGUMENT, message)


def not_emulated(what: str) -> ApiError:
    """Return the UNIMPLEMENTED error for what the real API could answer."""
    return ApiError(Code.UNIMPLEMENTED, f"{what} is not emulated.")


def not_found(kind: str, name: str) -> ApiError:
    return ApiError(Code.NOT_FOUND, f"Resource '{name}' of kind '{kind}' does not exist.")
