"""Why a query is refused, with the status that the client sees."""

from __future__ import annotations

import grpc


class QueryError(Exception):
    """A query that gets no answer."""

    status = grpc.StatusCode.INTERNAL


class InvalidQueryError(QueryError):
    """The query contradicts the API's rules."""

    status = grpc.StatusCode.INVALID_ARGUMENT


class UnknownMetricError(QueryError):
    """No metric has that type."""

    status = grpc.StatusCode.NOT_FOUND


class DeniedProjectError(QueryError):
    """The project is not this one; like the real API it does not say whether it exists."""

    status = grpc.StatusCode.PERMISSION_DENIED


class NotEmulatedError(QueryError):
    """The real API could answer this; this one cannot."""

    status = grpc.StatusCode.UNIMPLEMENTED
