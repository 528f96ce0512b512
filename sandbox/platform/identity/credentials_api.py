"""Tokens by key and by impersonation: OAuth's token endpoint, IAM's credentials, and IAM itself.

https://cloud.google.com/iam/docs/reference/credentials/rest
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.platform.api_errors import ApiError, Code, Violation, invalid
from sandbox.platform.identity.accounts import ServiceAccounts
from sandbox.platform.identity.google_tokens import LIFE_S, GoogleTokens, TokenError
from sandbox.platform.requests import json_object, require_project

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class CredentialsApi:
    """The calls that the client libraries make to become a service account."""

    def __init__(self, project: str, accounts: ServiceAccounts, tokens: GoogleTokens) -> None:
        self._project = project
        self._accounts = accounts
        self._tokens = tokens

    def routes(self) -> list[BaseRoute]:
        acting = "/v1/projects/-/serviceAccounts/{account}"
        owned = "/v1/projects/{project}/serviceAccounts"
        return [
            Route("/token", self._exchange, methods=["POST"]),
            Route("/oauth2/v1/certs", self._pems),
            Route("/oauth2/v3/certs", self._certificates),
            Route(f"{acting}:generateIdToken", self._id_token, methods=["POST"]),
            Route(f"{acting}:generateAccessToken", self._access_token, methods=["POST"]),
            Route(owned, self._create, methods=["POST"]),
            Route(f"{owned}/{{account}}/keys", self._create_key, methods=["POST"]),
            Route(f"{owned}/{{account}}:getIamPolicy", self._policy, methods=["POST"]),
            Route(f"{owned}/{{account}}:setIamPolicy", self._set_policy, methods=["POST"]),
        ]

    async def _exchange(self, request: Request) -> Response:
        """Give the holder of a key an ID token, or an access token when no audience is named."""
        sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if sent.get("grant_type") != GRANT:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        try:
            email, claims = self._accounts.signed_by_key(sent.get("assertion", ""))
        except TokenError as error:
            refused = {"error": "invalid_grant", "error_description": str(error)}
            return JSONResponse(refused, status_code=400)
        if audience := claims.get("target_audience"):
            return JSONResponse({"id_token": self._tokens.id_token(email, str(audience))})
        token = self._tokens.access_token(email)
        return JSONResponse({"access_token": token, "expires_in": LIFE_S, "token_type": "Bearer"})

    async def _certificates(self, _request: Request) -> Response:
        return JSONResponse(self._tokens.certificates())

    async def _pems(self, _request: Request) -> Response:
        return JSONResponse(self._tokens.public_pems())

    async def _id_token(self, request: Request) -> Response:
        body = await json_object(request)
        email = self._acting(request, body, "iam.serviceAccounts.getOpenIdToken")
        if not body.get("audience"):
            raise invalid([Violation("audience", "is required")])
        has_email = str(body.get("includeEmail", False)).lower() == "true"
        return JSONResponse({"token": self._tokens.id_token(email, body["audience"], has_email=has_email)})

    async def _access_token(self, request: Request) -> Response:
        body = await json_object(request)
        email = self._acting(request, body, "iam.serviceAccounts.getAccessToken")
        if not body.get("scope"):
            raise invalid([Violation("scope", "is required")])
        seconds = int(str(body.get("lifetime", f"{LIFE_S}s")).removesuffix("s"))
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        token = self._tokens.access_token(email, life_s=seconds)
        return JSONResponse({"accessToken": token, "expireTime": until.strftime("%Y-%m-%dT%H:%M:%SZ")})

    async def _create(self, request: Request) -> Response:
        self._require_owned(request)
        return JSONResponse(self._accounts.create(str((await json_object(request)).get("accountId", ""))))

    async def _create_key(self, request: Request) -> Response:
        self._require_owned(request)
        token_uri = str(request.url.replace(path="/token", query=""))
        return JSONResponse(self._accounts.create_key(request.path_params["account"], token_uri))

    async def _policy(self, request: Request) -> Response:
        self._require_owned(request)
        return JSONResponse(self._accounts.policy(request.path_params["account"]))

    async def _set_policy(self, request: Request) -> Response:
        self._require_owned(request)
        policy = (await json_object(request)).get("policy", {})
        return JSONResponse(self._accounts.set_policy(request.path_params["account"], policy))

    def _acting(self, request: Request, body: Mapping[str, Any], permission: str) -> str:
        """Return the account that the caller may act as; raise ApiError for another caller."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        try:
            caller = self._tokens.holder_of(token if scheme.lower() == "bearer" else "")
        except TokenError as error:
            message = "Request had invalid authentication credentials."
            raise ApiError(Code.UNAUTHENTICATED, message) from error
        delegates = [str(name).rpartition("/")[2] for name in body.get("delegates") or ()]
        target = str(request.path_params["account"])
        self._accounts.require_acting((caller, *delegates, target), permission)
        return target

    def _require_owned(self, request: Request) -> None:
        require_project(f"projects/{request.path_params['project']}", self._project)
