"""Tokens as Google issues them: ID tokens, which any reader checks, and access tokens, which Google looks up.

https://cloud.google.com/docs/authentication/token-types
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

ISSUERS: Final = ("https://accounts.google.com", "accounts.google.com")
LIFE_S: Final = 3600
_ALGORITHM: Final = "RS256"
_KEY_BITS: Final = 2048
_SKEW_S: Final = 30.0
_CHECKED: Final = 2048
"""Tokens whose signature was checked and need not be checked again."""


class TokenError(Exception):
    """A token is not good; the message says why."""


class GoogleTokens:
    """Issues tokens of service accounts and checks them. The signing key is made when it is needed first."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._access: dict[str, tuple[str, float]] = {}
        self._signed = lru_cache(_CHECKED)(self._read)

    @cached_property
    def _key(self) -> RSAKey:
        return RSAKey.generate_key(_KEY_BITS, {"use": "sig", "alg": _ALGORITHM}, auto_kid=True)

    def certificates(self) -> dict[str, Any]:
        """Return the public keys as `https://www.googleapis.com/oauth2/v3/certs` shows them."""
        return {"keys": [self._key.as_dict(private=False)]}

    def public_pems(self) -> dict[str, str]:
        """Return the public keys in PEM by their names; Google shows certificates in their place."""
        return {str(self._key.kid): self._key.as_pem(private=False).decode()}

    def id_token(self, email: str, audience: str, *, has_email: bool = True, life_s: float = LIFE_S) -> str:
        """Return an ID token of a service account for one audience."""
        now = int(self._clock())
        subject = subject_of(email)
        claims = {"iss": ISSUERS[0], "aud": audience, "sub": subject, "azp": subject}
        times = {"iat": now, "exp": int(now + life_s)}
        named = {"email": email, "email_verified": True} if has_email else {}
        header = {"alg": _ALGORITHM, "kid": str(self._key.kid), "typ": "JWT"}
        return jwt.encode(header, {**claims, **times, **named}, self._key, algorithms=[_ALGORITHM])

    def access_token(self, email: str, *, life_s: float = LIFE_S) -> str:
        """Return an access token of a service account."""
        token = f"ya29.c.{secrets.token_urlsafe(32)}"
        self._access[token] = (email, self._clock() + life_s)
        return token

    def holder_of(self, access_token: str) -> str:
        """Return the e-mail address of an access token's service account.

        Raises:
            TokenError: the token is unknown or has expired.
        """
        email, until = self._access.get(access_token, ("", 0.0))
        if until <= self._clock():
            raise TokenError("the access token is unknown or has expired")
        return email

    def subject_of(self, id_token: str, audiences: Collection[str]) -> str:
        """Return the `sub` of an ID token that Google issued for one of the audiences.

        Raises:
            TokenError: signature, issuer, audience or time is wrong.
        """
        claims = self._signed(id_token)
        if claims.get("iss") not in ISSUERS:
            raise TokenError(f"the issuer is {claims.get('iss')}")
        if claims.get("aud") not in audiences:
            raise TokenError(f"the audience is {claims.get('aud')}")
        now, issued, expires = self._clock(), claims.get("iat"), claims.get("exp")
        if not isinstance(expires, int) or expires <= now:
            raise TokenError("it has expired")
        if not isinstance(issued, int) or issued > now + _SKEW_S:
            raise TokenError("it was issued in the future")
        return str(claims.get("sub"))

    def _read(self, id_token: str) -> Mapping[str, Any]:
        try:
            return jwt.decode(id_token, KeySet([self._key]), algorithms=[_ALGORITHM]).claims
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise TokenError("its signature cannot be verified") from error


@lru_cache
def subject_of(email: str) -> str:
    """Return the number by which Google names an account besides its address."""
    return f"1{int.from_bytes(hashlib.sha256(email.encode()).digest()[:8]) % 10**20:020d}"
