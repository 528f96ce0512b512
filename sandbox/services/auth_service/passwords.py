"""Hashes of what people know and hold. The cost is low on purpose: one instance signs many people in."""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

TOTP_PERIOD_S = 30
_SKEW_STEPS = 1
"""A clock that is one step off is accepted (RFC 6238, section 5.2)."""


def hash_password(password: str) -> str:
    return str(_hasher().hash(password))


def is_password(password: str, hashed: str | None) -> bool:
    """Whether the password is right; takes as long for a user that does not exist (`hashed` None)."""
    try:
        _hasher().verify(hashed or _decoy(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return hashed is not None


def digest_of(secret: str) -> str:
    """Return the digest under which a random secret is kept; it needs no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, digest: str) -> bool:
    """Whether a random secret is the one with that digest, in constant time."""
    return hmac.compare_digest(digest_of(secret), digest)


def matching_step(code: str, secret: str, now: float) -> int | None:
    """Return the time step that a one-time code belongs to, or None when the code is wrong."""
    totp = pyotp.TOTP(secret, interval=TOTP_PERIOD_S)
    current = int(now) // TOTP_PERIOD_S
    for step in range(current - _SKEW_STEPS, current + _SKEW_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step), code):
            return step
    return None


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)


@lru_cache(maxsize=1)
def _decoy() -> str:
    return hash_password("a password of no account")
