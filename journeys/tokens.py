"""Tokens that are wrong in exactly one way.

A key that the environment under test trusts (`forger`) signs them, so that a refusal is about the claim
and not about the signature (RFC 8725, sections 3.8 to 3.11).
"""

from __future__ import annotations

import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from joserfc import jwt
from joserfc.jwk import OKPKey

_LIFE_S = 300


def mint(forger: Mapping[str, Any], **claims: Any) -> str:
    """Return a signed access token of an analyst; `claims` replace or, when None, remove single claims."""
    now = int(time.time())
    whole = {
        "iss": forger["iss"],
        "aud": forger["aud"],
        "sub": "usr_0000000000000000",
        "tenant": "acme",
        "roles": ["analyst"],
        "kind": "user",
        "iat": now,
        "exp": now + _LIFE_S,
        "jti": secrets.token_hex(12),
        **claims,
    }
    given = {name: value for name, value in whole.items() if value is not None}
    key = OKPKey.import_key(dict(forger["jwk"]))
    header = {"alg": forger["alg"], "kid": forger["jwk"]["kid"], "typ": forger["typ"]}
    return jwt.encode(header, given, key, algorithms=[str(forger["alg"])])


def tampered(token: str) -> dict[str, str]:
    """Return variants of a good token that nobody may accept, by what was done to them."""
    header, payload, signature = token.split(".")
    flipped = signature[:-2] + ("A" if signature[-2] != "A" else "B") + signature[-1]
    admin = _encoded(_decoded(payload).replace(b'"analyst"', b'"admin"').replace(b'"viewer"', b'"admin"'))
    unsigned = _encoded(b'{"alg":"none","typ":"at+jwt"}')
    return {
        "signature flipped": f"{header}.{payload}.{flipped}",
        "signature removed": f"{header}.{payload}.",
        "payload changed": f"{header}.{admin}.{signature}",
        "algorithm none": f"{unsigned}.{payload}.",
        "garbage": "a.b.c",
    }


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
