"""Sends a generated request with our own client, and reads an answer that may be hostile.

An answer is read up to a size and for a time; what cannot be read is an observation about the service. Only
a connection that cannot be made is an error: then nobody was seen.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from journeys.client import BrokenAnswerError, SilenceError

LARGEST_BYTES = 4_000_000
LONGEST_S = 10.0
_FOR_THE_WIRE = frozenset({"content-encoding", "transfer-encoding", "content-length"})


class UnreadableAnswerError(AssertionError):
    """An answer that never ends, that comes too slowly, or that is no HTTP."""


class Exchange:
    """One service and the credentials to reach it with."""

    def __init__(self, http: httpx.Client, headers: Mapping[str, str]) -> None:
        self._http, self._headers = http, dict(headers)
        self._base_url = str(http.base_url)

    def send(self, case: Any, *, headers: Mapping[str, str] | None = None) -> httpx.Response:
        """Send a case, with `headers` in place of the good credentials.

        Raises:
            UnreadableAnswerError: what came back is no answer.
            httpx.TransportError: the service could not be reached.
        """
        request = self._request(case, self._headers if headers is None else headers)
        try:
            return self._read(request)
        except (httpx.RemoteProtocolError, httpx.ReadError):
            # A kept connection may have been closed in between: once more, on a new one.
            return self._read(
                self._request(case, self._headers if headers is None else headers), is_last=True
            )

    def _request(self, case: Any, headers: Mapping[str, str]) -> httpx.Request:
        given = case.as_transport_kwargs(base_url=self._base_url)
        content = given.get("data")
        return self._http.build_request(
            given["method"],
            given["url"],
            params=given.get("params"),
            headers={**_headers(given), **headers},
            json=given.get("json"),
            content=content if isinstance(content, str | bytes) else None,
        )

    def _read(self, request: httpx.Request, *, is_last: bool = False) -> httpx.Response:
        begun = time.monotonic()
        try:
            response = self._http.send(request, stream=True)
            try:
                body = _body(response, begun)
            finally:
                response.close()
        except BrokenAnswerError as error:
            raise UnreadableAnswerError("the answer breaks off") from error
        except (SilenceError, httpx.ReadTimeout) as error:
            raise UnreadableAnswerError("no answer in time") from error
        except (httpx.RemoteProtocolError, httpx.ReadError) as error:
            if not is_last:
                raise
            raise UnreadableAnswerError(f"the answer breaks off: {error}") from error
        except httpx.DecodingError as error:
            raise UnreadableAnswerError(f"the answer cannot be decoded: {error}") from error
        headers = [
            (name, value) for name, value in response.headers.multi_items() if name not in _FOR_THE_WIRE
        ]
        whole = httpx.Response(response.status_code, headers=headers, content=body, request=request)
        whole.elapsed = response.elapsed
        return whole


def _body(response: httpx.Response, begun: float) -> bytes:
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if size > LARGEST_BYTES:
            raise UnreadableAnswerError(f"the answer is larger than {LARGEST_BYTES} bytes")
        if time.monotonic() - begun > LONGEST_S:
            raise UnreadableAnswerError(f"the answer was still coming after {LONGEST_S:g} s")
    return b"".join(parts)


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the generated headers, the cookies as the header that they become."""
    cookies = "; ".join(f"{name}={value}" for name, value in (given.get("cookies") or {}).items())
    named = {k: v for k, v in dict(given.get("headers") or {}).items() if k.lower() != "authorization"}
    return {**named, **({"Cookie": cookies} if cookies else {})}
