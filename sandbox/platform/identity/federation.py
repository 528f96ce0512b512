"""Workload identity federation: tokens that another issuer signed, exchanged for tokens of Google's.

The subject of a foreign token is `assertion.sub`. https://cloud.google.com/iam/docs/workload-identity-federation
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import topology
from sandbox.platform.api_errors import Violation, invalid
from sandbox.platform.identity.google_tokens import LIFE_S, GoogleTokens, TokenError
from sandbox.platform.requests import json_object, require_project

_POOLS: Final = "locations/global/workloadIdentityPools"
_ALGORITHMS: Final = ("RS256", "ES256")
_ACCESS_TOKEN: Final = "urn:ietf:params:oauth:token-type:access_token"


class Federation:
    """The providers of all pools, each with the keys of its issuer, and the Security Token Service."""

    def __init__(self, project: str, tokens: GoogleTokens) -> None:
        self._project = project
        self._tokens = tokens
        self._providers: dict[str, Mapping[str, Any]] = {}

    def routes(self) -> list[BaseRoute]:
        providers = f"/v1/projects/{{project}}/{_POOLS}/{{pool}}/providers"
        return [
            Route(providers, self._add, methods=["POST"]),
            Route("/v1/token", self._exchange, methods=["POST"]),
        ]

    async def _add(self, request: Request) -> Response:
        require_project(f"projects/{request.path_params['project']}", self._project)
        oidc = (await json_object(request)).get("oidc", {})
        if not oidc.get("issuerUri") or not oidc.get("jwksJson"):
            raise invalid([Violation("oidc", "needs issuerUri and jwksJson here")])
        identifier = request.query_params.get("workloadIdentityPoolProviderId", "")
        pool = f"//iam.googleapis.com/projects/{topology.NUMBER}/{_POOLS}/{request.path_params['pool']}"
        name = f"{pool}/providers/{identifier}"
        self._providers[name] = oidc
        return JSONResponse({"name": name.removeprefix("//iam.googleapis.com/"), "oidc": oidc})

    async def _exchange(self, request: Request) -> Response:
        """Give the bearer of a foreign token an access token of its principal."""
        sent = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        try:
            principal = self._principal(sent.get("audience", ""), sent.get("subject_token", ""))
        except TokenError as error:
            refused = {"error": "invalid_grant", "error_description": str(error)}
            return JSONResponse(refused, status_code=400)
        token = self._tokens.access_token(principal)
        kind = {"issued_token_type": _ACCESS_TOKEN, "token_type": "Bearer"}
        return JSONResponse({"access_token": token, "expires_in": LIFE_S, **kind})

    def _principal(self, audience: str, subject_token: str) -> str:
        """Return the principal that a foreign token names; raise TokenError."""
        oidc = self._providers.get(audience)
        if oidc is None:
            raise TokenError(f"Invalid value for audience: provider {audience} does not exist.")
        audiences = oidc.get("allowedAudiences") or [f"https:{audience}"]
        registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": oidc["issuerUri"]},
            aud={"essential": True, "values": audiences},
            exp={"essential": True},
            sub={"essential": True},
        )
        try:
            keys = KeySet.import_key_set(json.loads(oidc["jwksJson"]))
            token = jwt.decode(subject_token, keys, algorithms=list(_ALGORITHMS))
            registry.validate(token.claims)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TokenError(f"The subject token is not good: {error}") from error
        pool = audience.partition("/providers/")[0].removeprefix("//")
        return f"principal://{pool}/subject/{token.claims['sub']}"
