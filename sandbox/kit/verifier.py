"""How a service other than auth-service checks a token: signature by JWKS, revocation by introspection.

While auth-service is down, a token that it called active not long ago goes on being accepted (bounded
age); one that it called revoked stays refused, and one that was never seen is not accepted at all.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import extract_compact

from sandbox.kit.identity import Principal, refusal
from sandbox.kit.mesh import AUTH, Call, Mesh
from sandbox.kit.problem import Problem
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import claims_of, principal_of

_KEYS_MAX_AGE_S = 300.0
_KEYS_MIN_AGE_S = 1.0
"""A flood of made-up key ids may not turn into a flood of key fetches."""
_CACHE_LIMIT = 20_000


class Keys:
    """The issuer's public keys: cached, fetched again for a key id that is not known yet."""

    def __init__(self, mesh: Mesh, clock: Callable[[], float] = time.monotonic) -> None:
        self._mesh = mesh
        self._clock = clock
        self._keys: KeySet | None = None
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def containing(self, kid: str) -> KeySet:
        """Return the keys, fetched again when they are old or lack `kid`.

        Raises:
            Problem: 503 when there are no keys and auth-service does not give them.
        """
        async with self._lock:
            age = self._clock() - self._fetched_at
            is_known = self._keys is not None and kid in {key.kid for key in self._keys.keys}
            if age > _KEYS_MAX_AGE_S or (not is_known and age > _KEYS_MIN_AGE_S):
                await self._fetch()
            if self._keys is None:
                raise Problem(503, "No signing keys are known yet.", code="keys_unavailable", headers=_RETRY)
            return self._keys

    async def _fetch(self) -> None:
        call = Call(service=AUTH, method="GET", path="/.well-known/jwks.json", is_anonymous=True)
        try:
            answer = await self._mesh.request(call)
        except Problem:
            if self._keys is None:
                raise
            return
        if answer.status_code == 200:
            self._keys = KeySet.import_key_set(answer.json())
            self._fetched_at = self._clock()


@dataclass(slots=True)
class TokenState:
    """What auth-service last said about one token, and when (monotonic seconds)."""

    is_active: bool
    asked_at: float


Mode = Literal["auto", "on", "off"]


@dataclass(slots=True)
class Fallback:
    """The switch and the counters of the cached-token fallback.

    `mode` is `auto` (only while auth-service does not answer), `on` (do not even ask about a token that is
    known; after it is switched off the token is asked about again) or `off`.
    """

    max_age_s: float
    mode: Mode = "auto"
    used: int = 0
    refused: int = 0
    last_used_at: float | None = None
    """Unix time."""


class RemoteVerifier:
    """Checks tokens with what auth-service publishes and says."""

    def __init__(self, settings: Settings, mesh: Mesh, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._mesh = mesh
        self._clock = clock
        self._keys: Keys | None = None
        self._checked: dict[str, Principal] = {}
        self._states: dict[str, TokenState] = {}
        self.fallback = Fallback(max_age_s=settings.fallback_max_age)

    async def verify(self, token: str) -> Principal:
        """Return whose token it is.

        Raises:
            Problem: 401 when the token is not valid or revoked, 503 when it cannot be checked.
        """
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
        principal = self._checked.get(digest)
        if principal is None:
            principal = await self._check(token)
            self._remember(self._checked, digest, principal)
        if principal.expires_at <= time.time():
            raise refusal("The token has expired.", code="token_expired")
        if not await self._is_active(token, digest):
            raise refusal("The token has been revoked.", code="token_revoked")
        return principal

    async def _check(self, token: str) -> Principal:
        if self._keys is None:
            self._keys = Keys(self._mesh, self._clock)
        keys = await self._keys.containing(_kid_of(token))
        claims = claims_of(token, keys, issuer=self._settings.issuer)
        return principal_of(claims, service=self._settings.service)

    async def _is_active(self, token: str, digest: str) -> bool:
        state = self._states.get(digest)
        if state is not None and not state.is_active:
            return False
        age = float("inf") if state is None else self._clock() - state.asked_at
        if age <= self._settings.revocation_ttl:
            return True
        if self.fallback.mode == "on" and age <= self.fallback.max_age_s:
            return self._falls_back()
        try:
            is_active = await self._ask(token)
        except Problem:
            if self.fallback.mode == "off" or age > self.fallback.max_age_s:
                self.fallback.refused += 1
                raise
            return self._falls_back()
        self._remember(self._states, digest, TokenState(is_active, self._clock()))
        return is_active

    def _falls_back(self) -> bool:
        self.fallback.used += 1
        self.fallback.last_used_at = time.time()
        return True

    async def _ask(self, token: str) -> bool:
        answer = await self._mesh.request(
            Call(service=AUTH, method="POST", path="/v1/introspect", json={"token": token})
        )
        if answer.status_code != 200:
            raise Problem(503, "The token cannot be checked now.", code="token_unchecked", headers=_RETRY)
        return answer.json().get("active") is True

    @staticmethod
    def _remember(cache: dict[str, Any], key: str, value: Any) -> None:
        """Keep the newest entries; a dictionary keeps the order in which keys came."""
        cache.pop(key, None)
        cache[key] = value
        if len(cache) > _CACHE_LIMIT:
            cache.pop(next(iter(cache)))


_RETRY = {"Retry-After": "1"}


def _kid_of(token: str) -> str:
    """Return the key id of an unchecked token, to find its key; refuses a string that is not a token."""
    try:
        kid = extract_compact(token.encode()).headers().get("kid")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise refusal("The token cannot be read.", code="token_invalid") from error
    if not isinstance(kid, str):
        raise refusal("The token names no key.", code="token_invalid")
    return kid
