"""Revisions that believe a token which nobody may believe, each in one way alone."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.faults.wrapping import App
from sandbox.kit.identity import SERVICE, Principal, Verifier
from sandbox.kit.tokens import MFA_TYPE, USER_AUDIENCE, principal_of

Create = Callable[[], Any]
Parts = Mapping[str, Any]
Believes = Callable[[Parts, Parts, str], bool]
"""Whether a token is believed as it stands: its header, its claims, the service's name."""
ISSUER = "iss"


class _Credulous:
    """Believes some tokens without any check; all others are checked as ever."""

    def __init__(self, genuine: Verifier, service: str, believes: Believes) -> None:
        self._genuine = genuine
        self._service = service
        self._believes = believes
        self.fallback = getattr(genuine, "fallback", None)

    async def verify(self, token: str) -> Principal:
        """Return whom the token names."""
        header, claims = read_token(token)
        if not self._believes(header, claims, self._service):
            return await self._genuine.verify(token)
        audience = self._service if claims.get("kind") == SERVICE else USER_AUDIENCE
        filled = {
            "jti": "none",
            "exp": time.time() + 60,
            "tenant": "acme",
            "roles": [],
            "kind": "user",
            **claims,
        }
        return principal_of({**filled, "aud": audience}, service=self._service)


def read_token(token: str) -> tuple[Parts, Parts]:
    """Return header and claims; empty ones when it is no token at all."""
    try:
        parts = token.split(".")
        header, claims = (json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in parts[:2])
    except ValueError:
        return {}, {}
    return (header, claims) if isinstance(claims, dict) and isinstance(header, dict) else ({}, {})


def _with(service: str, create_app: Create, believes: Believes) -> App:
    app = create_app()
    app.state.kit.verifier = _Credulous(app.state.kit.verifier, service, believes)
    return app  # type: ignore[no-any-return]


def token_missing(service: str, create_app: Create) -> App:
    """M01: who brings no token passes as an analyst."""
    from sandbox.kit import identity  # noqa: PLC0415 - patched in this process only

    genuine = identity.bearer_token
    claims = b'{"sub":"usr_0000000000000000","tenant":"acme","roles":["analyst"],"kind":"user"}'
    nobody = f"e30.{urlsafe_b64encode(claims).decode()}."

    def lenient(request: Any) -> str:
        return genuine(request) if request.headers.get("authorization") else nobody

    identity.bearer_token = lenient
    return _with(service, create_app, lambda header, claims, _service: bool(claims) and not header)


def algorithm_none(service: str, create_app: Create) -> App:
    """M03: a token that says of itself that it is not signed is believed (RFC 8725, 3.1)."""
    return _with(service, create_app, lambda header, _claims, _service: header.get("alg") == "none")


def signature_unchecked(service: str, create_app: Create) -> App:
    """The signature is not looked at; the claims are."""

    def fits(header: Parts, claims: Parts, _service: str) -> bool:
        is_whole = header.get("typ") == "at+jwt" and header.get("alg") != "none" and ISSUER in claims
        return is_whole and claims.get("aud") == USER_AUDIENCE and claims.get("exp", 0) > time.time()

    return _with(service, create_app, fits)


def expiry_ignored(service: str, create_app: Create) -> App:
    """A token that is past its time is believed."""
    return _with(
        service, create_app, lambda _header, claims, _service: 0 < claims.get("exp", 0) <= time.time()
    )


def audience_ignored(service: str, create_app: Create) -> App:
    """A person's token for another platform is believed (RFC 8725, 3.9)."""

    def is_elsewhere(header: Parts, claims: Parts, _service: str) -> bool:
        is_access = header.get("typ") == "at+jwt" and ISSUER in claims
        return is_access and claims.get("kind") != SERVICE and claims.get("aud") != USER_AUDIENCE

    return _with(service, create_app, is_elsewhere)


def issuer_ignored(service: str, create_app: Create) -> App:
    """A token of another issuer is believed (RFC 8725, 3.8)."""
    return _with(
        service, create_app, lambda _header, claims, _service: claims.get(ISSUER) == "https://auth.example"
    )


def service_audience_ignored(service: str, create_app: Create) -> App:
    """A service's token is believed wherever it was made for."""

    def is_for_another(_header: Parts, claims: Parts, service: str) -> bool:
        return claims.get("kind") == SERVICE and claims.get("aud") != service

    return _with(service, create_app, is_for_another)


def first_factor_enough(service: str, create_app: Create) -> App:
    """The token that proves the first factor opens everything."""
    return _with(service, create_app, lambda header, _claims, _service: header.get("typ") == MFA_TYPE)
