"""Carries the tokens of private services for clients of httpx."""

from __future__ import annotations

from collections.abc import Generator

import httpx

from gates.adapters.services.callers import Callers


class CallerAuth(httpx.Auth):
    """Sends requests to one service, again with a token when its front end asks for one."""

    requires_response_body = True

    def __init__(self, callers: Callers, service: str) -> None:
        self._callers = callers
        self._service = service

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Raise NotAskedError when the request is refused all the same; tokens travel by TLS alone."""
        if request.url.scheme != "https":
            yield request
            return
        sent = self._callers.headers(self._service)
        while True:
            request.headers.update(sent)
            said = yield request
            again = self._callers.after(self._service, sent, said.status_code, said.headers, said.content)
            if not again:
                return
            sent = again
