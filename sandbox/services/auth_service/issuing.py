"""Mints tokens, and says whether one is still good."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

import anyio.to_thread

from sandbox.kit.identity import SERVICE, Principal, refusal
from sandbox.kit.settings import Settings
from sandbox.kit.store import Store
from sandbox.kit.tokens import MFA_TYPE, USER_AUDIENCE, claims_of, principal_of, sign
from sandbox.services.auth_service import accounts, keyring, sessions
from sandbox.services.auth_service.accounts import Client, User

_MFA_AUDIENCE = "mfa"


class Issuer:
    """Signs access tokens and second-factor tokens with the current key."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def user_token(self, connection: sqlite3.Connection, user: User, session_id: str) -> str:
        claims = {
            "sub": user.id,
            "tenant": user.tenant,
            "roles": [user.role],
            "kind": "user",
            "tier": user.tier,
            "aud": USER_AUDIENCE,
            "sid": session_id,
        }
        return self._signed(connection, claims, self.settings.token_ttl)

    def client_token(self, connection: sqlite3.Connection, client: Client, audience: str) -> str:
        """Return an access token of a program; a service's is good for one callee alone."""
        claims = {
            "sub": client.id,
            "tenant": client.tenant,
            "roles": list(client.roles),
            "kind": client.kind,
            "tier": client.tier,
            "aud": audience if client.kind == SERVICE else USER_AUDIENCE,
        }
        return self._signed(connection, claims, self.settings.token_ttl)

    def mfa_token(self, connection: sqlite3.Connection, user: User) -> str:
        """Return the token that proves the first factor; it opens nothing but the second step."""
        claims = {"sub": user.id, "aud": _MFA_AUDIENCE}
        return self._signed(connection, claims, self.settings.mfa_ttl, kind=MFA_TYPE)

    def mfa_claims(self, connection: sqlite3.Connection, token: str) -> dict[str, Any]:
        """Return the checked claims of a second-factor token.

        Raises:
            Problem: 401 when it is not a good one.
        """
        claims = self.claims(connection, token, kind=MFA_TYPE)
        if claims.get("aud") != _MFA_AUDIENCE:
            raise refusal("The token is meant for another audience.", code="token_audience")
        return claims

    def claims(self, connection: sqlite3.Connection, token: str, **options: str) -> dict[str, Any]:
        """Return the claims of a token that one of our keys signed and that has not expired.

        Raises:
            Problem: 401 when it is not a good one.
        """
        keys = keyring.key_set(connection, token_ttl=self.settings.token_ttl, now=time.time())
        return claims_of(token, keys, issuer=self.settings.issuer, **options)

    def _signed(
        self, connection: sqlite3.Connection, claims: Mapping[str, Any], ttl: float, **options: str
    ) -> str:
        now = time.time()
        times = {"iat": now, "exp": now + ttl, "jti": secrets.token_hex(12), "iss": self.settings.issuer}
        return sign({**claims, **times}, keyring.current_jwk(connection), **options)


def is_active(connection: sqlite3.Connection, claims: Mapping[str, Any]) -> bool:
    """Whether the holder of checked claims may still act: account in force, session and token not revoked."""
    if sessions.is_spent(connection, str(claims.get("jti"))):
        return False
    subject = str(claims.get("sub"))
    if claims.get("kind") != "user":
        return accounts.client_with_id(connection, subject) is not None
    user = accounts.user_with_id(connection, subject)
    return user is not None and user.is_enabled and _has_open_session(connection, claims)


def _has_open_session(connection: sqlite3.Connection, claims: Mapping[str, Any]) -> bool:
    """Whether the token's session is open; one that no sign-in minted has no session and counts as open."""
    if "sid" not in claims:
        return True
    session = sessions.session_with_id(connection, str(claims["sid"]))
    return session is not None and session.revoked_at is None and session.user_id == claims.get("sub")


class OwnVerifier:
    """Checks tokens against the service's own database."""

    def __init__(self, store: Store, issuer: Issuer) -> None:
        self._store = store
        self._issuer = issuer

    async def verify(self, token: str) -> Principal:
        """Return whose token it is; raise Problem 401 when it is not good."""
        return await anyio.to_thread.run_sync(self._verify, token)

    def _verify(self, token: str) -> Principal:
        with self._store.read() as connection:
            claims = self._issuer.claims(connection, token)
            principal = principal_of(claims, service=self._issuer.settings.service)
            if not is_active(connection, claims):
                raise refusal("The token has been revoked.", code="token_revoked")
        return principal
