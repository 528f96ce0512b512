"""The metadata server of a machine or of a running service, as the client libraries of Google ask it.

`GCE_METADATA_HOST` and `GCE_METADATA_IP` name it; that of the gate's machine is on the admin REST port.
https://cloud.google.com/compute/docs/metadata/predefined-metadata-keys
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import topology
from sandbox.platform.identity.google_tokens import LIFE_S, GoogleTokens

ROOT = "/computeMetadata/v1"
_FLAVOR = {"Metadata-Flavor": "Google", "Server": "Metadata Server for VM"}
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform", "https://www.googleapis.com/auth/userinfo.email")


class MetadataServer:
    """Answers for one account, by its address or as `default`."""

    def __init__(self, email: str, tokens: GoogleTokens) -> None:
        self._email = email
        self._tokens = tokens
        self._texts = {
            "project/project-id": topology.PROJECT,
            "project/numeric-project-id": str(topology.NUMBER),
            "instance/region": f"projects/{topology.NUMBER}/regions/{topology.REGION}",
            "instance/zone": f"projects/{topology.NUMBER}/zones/{topology.REGION}-1",
            "universe/universe-domain": "googleapis.com",
        }

    def routes(self) -> list[BaseRoute]:
        account = f"{ROOT}/instance/service-accounts/{{account}}"
        return [
            Route("/", self._answering(lambda _request: PlainTextResponse("computeMetadata/\n"))),
            Route(f"{ROOT}/instance/service-accounts/", self._answering(self._all)),
            Route(f"{account}/", self._answering(self._one)),
            Route(f"{account}/email", self._answering(lambda _: PlainTextResponse(self._email))),
            Route(f"{account}/token", self._answering(self._token)),
            Route(f"{account}/identity", self._answering(self._identity)),
            Route(f"{ROOT}/{{path:path}}", self._answering(self._text)),
        ]

    def _answering(self, answer: Callable[[Request], Response]) -> Any:
        async def checked(request: Request) -> Response:
            """Refuse requests of pages, which cannot send the header, and of proxies, which add one."""
            is_local = "x-forwarded-for" not in request.headers
            if request.url.path != "/" and not (is_local and request.headers.get("metadata-flavor")):
                found: Response = PlainTextResponse("Missing required header Metadata-Flavor", 403)
            elif request.path_params.get("account", "default") not in ("default", self._email):
                found = PlainTextResponse("Not found", 404)
            else:
                found = answer(request)
            found.headers.update(_FLAVOR)
            return found

        return checked

    def _all(self, request: Request) -> Response:
        if request.query_params.get("recursive") == "true":
            return JSONResponse({name: self._described() for name in ("default", self._email)})
        return PlainTextResponse(f"default/\n{self._email}/\n")

    def _one(self, request: Request) -> Response:
        if request.query_params.get("recursive") == "true":
            return JSONResponse(self._described())
        return PlainTextResponse("aliases\nemail\nidentity\nscopes\ntoken\n")

    def _described(self) -> dict[str, object]:
        return {"aliases": ["default"], "email": self._email, "scopes": _SCOPES}

    def _token(self, _request: Request) -> Response:
        token = self._tokens.access_token(self._email)
        return JSONResponse({"access_token": token, "expires_in": LIFE_S, "token_type": "Bearer"})

    def _identity(self, request: Request) -> Response:
        audience = request.query_params.get("audience", "")
        if not audience:
            return PlainTextResponse("non-empty audience parameter required", 400)
        is_full = request.query_params.get("format") == "full"
        token = self._tokens.id_token(self._email, audience, has_email=is_full)
        return PlainTextResponse(token, media_type="text/html")

    def _text(self, request: Request) -> Response:
        path = request.path_params["path"].rstrip("/")
        if path not in self._texts:
            return PlainTextResponse("Not found", 404)
        return PlainTextResponse(self._texts[path], media_type="application/text")
