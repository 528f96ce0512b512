"""Access tokens: Ed25519-signed JWTs (RFC 9068), and every claim that a reader must check (RFC 8725)."""

from __future__ import annotations

import hashlib
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, TypeGuard

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from sandbox.kit.identity import ROLES, SERVICE, Principal, refusal

ALGORITHM = "Ed25519"
ACCESS_TYPE = "at+jwt"
MFA_TYPE = "mfa+jwt"
USER_AUDIENCE = "isectech"
_LEEWAY_S = 5.0


def private_jwk(seed: bytes) -> dict[str, str]:
    """Return the private JWK of the Ed25519 key that `seed` determines; its `kid` is a thumbprint."""
    secret = hashlib.sha256(seed).digest()
    public = Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
    kid = hashlib.sha256(public).hexdigest()[:16]
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "alg": ALGORITHM,
        "use": "sig",
        "kid": kid,
        "x": _encoded(public),
        "d": _encoded(secret),
    }


def public_jwk(jwk: Mapping[str, str]) -> dict[str, str]:
    """Return the part of a JWK that may be published."""
    return {name: value for name, value in jwk.items() if name != "d"}


def sign(claims: Mapping[str, Any], jwk: Mapping[str, str], *, kind: str = ACCESS_TYPE) -> str:
    """Sign `claims` with a private JWK; `kind` is the `typ` header that keeps token kinds apart."""
    key = OKPKey.import_key(dict(jwk))
    header = {"alg": ALGORITHM, "kid": jwk["kid"], "typ": kind}
    return jwt.encode(header, dict(claims), key, algorithms=[ALGORITHM])


def claims_of(token: str, keys: KeySet, *, issuer: str, kind: str = ACCESS_TYPE) -> dict[str, Any]:
    """Check signature, type, issuer and times of `token` and return its claims.

    Raises:
        Problem: 401 with a code that says which check refused it.
    """
    try:
        decoded = jwt.decode(token, keys, algorithms=[ALGORITHM])
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise refusal(
            "The token cannot be read or its signature is not valid.", code="token_invalid"
        ) from error
    if decoded.header.get("typ") != kind or "kid" not in decoded.header:
        raise refusal("The token is of another type.", code="token_type")
    if decoded.claims.get("iss") != issuer:
        raise refusal("The token was issued by somebody else.", code="token_issuer")
    _check_times(decoded.claims, time.time())
    return decoded.claims


def principal_of(claims: Mapping[str, Any], *, service: str) -> Principal:
    """Read the caller from checked claims, for the service that was called.

    Raises:
        Problem: 401 when the audience is another or a claim is missing or of the wrong type.
    """
    kind = claims.get("kind")
    audience = service if kind == SERVICE else USER_AUDIENCE
    if claims.get("aud") != audience:
        raise refusal("The token is meant for another audience.", code="token_audience")
    roles = claims.get("roles")
    is_readable = (
        kind in {"user", "client", SERVICE}
        and all(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "jti"))
        and isinstance(claims.get("tenant"), str)
        and isinstance(roles, list)
        and all(isinstance(role, str) for role in roles)
    )
    if not is_readable or not isinstance(roles, list):
        raise refusal("The token lacks a claim.", code="token_claims")
    allowed = {SERVICE} if kind == SERVICE else set(ROLES)
    return Principal(
        subject=claims["sub"],
        tenant=claims["tenant"],
        roles=frozenset(roles) & allowed,
        kind=str(kind),
        token_id=claims["jti"],
        session=str(claims.get("sid", "")),
        tier=str(claims.get("tier", "standard")),
        expires_at=float(claims["exp"]),
    )


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued, not_before = (claims.get(name) for name in ("exp", "iat", "nbf"))
    if not _is_time(expires) or not _is_time(issued):
        raise refusal("The token has no readable times.", code="token_claims")
    if expires <= now:
        raise refusal("The token has expired.", code="token_expired")
    if issued > now + _LEEWAY_S:
        raise refusal("The token is from the future.", code="token_early")
    if not_before is not None and (not _is_time(not_before) or not_before > now + _LEEWAY_S):
        raise refusal("The token is not valid yet.", code="token_early")


def _is_time(value: Any) -> TypeGuard[float]:
    """Whether a claim is a NumericDate; JSON's `true` is not, and neither is 1e300."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 2**40


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
