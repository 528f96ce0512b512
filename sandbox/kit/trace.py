"""Who is asking and on which trace: W3C Trace Context and the request id, carried by context variables."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")


@dataclass(frozen=True, slots=True)
class Trace:
    """The trace that the current request belongs to, with this process's own span."""

    trace_id: str
    span_id: str
    request_id: str
    flags: str = "01"

    @property
    def traceparent(self) -> str:
        """The header value that makes a called service a child of this span."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def continued(traceparent: str | None, request_id: str | None) -> Trace:
    """Return the trace that the headers continue; a malformed header starts a new one."""
    match = _TRACEPARENT.match(traceparent or "")
    is_valid = match is not None and match[1] != "0" * 32 and match[2] != "0" * 16
    is_safe = request_id is not None and _REQUEST_ID.match(request_id) is not None
    return Trace(
        trace_id=match[1] if match and is_valid else secrets.token_hex(16),
        span_id=secrets.token_hex(8),
        request_id=request_id if request_id and is_safe else secrets.token_hex(8),
        flags=match[3] if match and is_valid else "01",
    )


def current() -> Trace:
    """Return the trace of the running request; outside of a request a new one."""
    trace = _current.get()
    return trace if trace is not None else continued(None, None)


def enter(trace: Trace) -> None:
    _current.set(trace)
