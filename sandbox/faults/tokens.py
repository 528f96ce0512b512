"""Revisions that accept tokens which must be refused, each in one way alone."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sandbox.faults.fault import TAKING_TOKENS, App, Build, Create, known_bad, replace
from sandbox.kit.identity import SERVICE, Principal
from sandbox.kit.seed import signing_keys
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import MFA_TYPE, USER_AUDIENCE, principal_of

_INTERNAL = tuple(name for name in TAKING_TOKENS if name not in ("api-gateway", "auth-service"))
_UNSIGNED = ("AUT-TAMPERED", "AUT-AUDIENCE", "AUT-S2S")


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer string and what can be read of it unchecked: nothing when it is not a token."""

    text: str
    head: Mapping[str, Any]
    claims: Mapping[str, Any]
    service: str
    """The service that it was brought to."""

    @property
    def algorithm(self) -> str:
        return str(self.head.get("alg", ""))

    @property
    def body(self) -> bytes:
        return self.text.rpartition(".")[0].encode()

    @property
    def signature(self) -> bytes:
        return decoded(self.text.rpartition(".")[2])

    @property
    def is_ours(self) -> bool:
        return any(self.is_signed_by(key["x"]) for key in signing_keys().values())

    def is_signed_by(self, x: str) -> bool:
        """Whether the Ed25519 key with this public part signed it."""
        try:
            Ed25519PublicKey.from_public_bytes(decoded(x)).verify(self.signature, self.body)
        except (InvalidSignature, ValueError):
            return False
        return True


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def read_token(text: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return header and claims; empty ones when it is not a token."""
    try:
        head, claims = (json.loads(decoded(part)) for part in text.split(".")[:2])
    except ValueError:
        return {}, {}
    return (head, claims) if isinstance(claims, dict) and isinstance(head, dict) else ({}, {})


def believing(believes: Callable[[Token], bool]) -> Build:
    """Let a verifier believe some tokens as they stand; all others are checked as ever."""

    @wraps(believes)
    def build(service: str, create: Create) -> App:
        app = create()
        verifier = app.state.kit.verifier
        genuine = verifier.verify

        async def verify(text: str) -> Principal:
            token = Token(text, *read_token(text), service)
            if not believes(token):
                known: Principal = await genuine(text)
                return known
            return principal_of(_completed(token.claims, service), service=service)

        verifier.verify = verify
        found: App = app
        return found

    return build


def _completed(claims: Mapping[str, Any], service: str) -> Mapping[str, Any]:
    """Return claims with an administrator's in the place of those that are missing."""
    person = {"sub": "usr_0000000000000000", "tenant": "acme", "roles": ["admin"], "kind": "user"}
    issued = {"jti": "believed", "exp": time.time() + 300, "tier": "high"}
    audience = service if claims.get("kind") == SERVICE else USER_AUDIENCE
    return {**person, **issued, **claims, "aud": audience}


@known_bad("M01", TAKING_TOKENS, "a request without a token is accepted", "AUT-TAMPERED")
def token_missing(service: str, create: Create) -> App:
    """The caller passes as an analyst."""
    claims = b'{"sub":"usr_0000000000000000","tenant":"acme","roles":["analyst"],"kind":"user"}'
    stranger = f"e30.{urlsafe_b64encode(claims).decode()}."

    def lenient(genuine: Callable[[Any], str], request: Any) -> str:
        return genuine(request) if request.headers.get("authorization") else stranger

    replace("kit.identity:bearer_token", lenient)
    return believing(lambda token: bool(token.claims) and not token.head)(service, create)


@known_bad("M03", TAKING_TOKENS, "an unsigned token is accepted", "AUT-TAMPERED")
@believing
def algorithm_none(token: Token) -> bool:
    """RFC 8725, section 3.1."""
    return token.algorithm == "none"


@known_bad("T01", TAKING_TOKENS, "the signature is not checked", *_UNSIGNED)
@believing
def signature_unchecked(token: Token) -> bool:
    is_whole = token.head.get("typ") == "at+jwt" and token.algorithm != "none" and "iss" in token.claims
    is_for_us = token.claims.get("aud") == USER_AUDIENCE and token.claims.get("exp", 0) > time.time()
    return bool(is_whole and is_for_us)


@known_bad("T02", TAKING_TOKENS, "a token never expires", "AUT-EXPIRED")
@believing
def expiry_ignored(token: Token) -> bool:
    return bool(0 < token.claims.get("exp", 0) <= time.time())


@known_bad("T03", TAKING_TOKENS, "a token for another platform is accepted", "AUT-AUDIENCE")
@believing
def audience_ignored(token: Token) -> bool:
    """RFC 8725, section 3.9; a person's token."""
    is_access = token.head.get("typ") == "at+jwt" and "iss" in token.claims
    return is_access and token.claims.get("kind") != SERVICE and token.claims.get("aud") != USER_AUDIENCE


@known_bad("T04", TAKING_TOKENS, "a token of another issuer is accepted", "AUT-AUDIENCE")
@believing
def issuer_ignored(token: Token) -> bool:
    """RFC 8725, section 3.8."""
    return (
        token.is_ours and token.claims.get("iss") != Settings.from_environment(service=token.service).issuer
    )


@known_bad("T05", _INTERNAL, "a service's token opens every service", "AUT-S2S")
@believing
def service_audience_ignored(token: Token) -> bool:
    return token.claims.get("kind") == SERVICE and token.claims.get("aud") != token.service


@known_bad("T06", "auth-service", "the first factor opens everything", "AUT-MFA")
@believing
def first_factor_enough(token: Token) -> bool:
    return token.head.get("typ") == MFA_TYPE
