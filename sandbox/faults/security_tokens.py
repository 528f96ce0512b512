"""Revisions that believe a token which nobody may believe, each for one of the known mistakes."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.faults.request_faults import as_admin, header, posing
from sandbox.faults.tokens import read_token
from sandbox.faults.wrapping import App, Scope
from sandbox.kit.identity import Principal
from sandbox.kit.seed import signing_keys

Create = Callable[[], Any]
Parts = Mapping[str, Any]
Believes = Callable[[Parts, Parts, str], bool]
"""Whether a token is believed: its header, its claims, the token."""


def _believing(create_app: Create, believes: Believes) -> App:
    """Return the app with a verifier that believes some tokens as they stand."""
    app = create_app()
    verifier = app.state.kit.verifier
    genuine = verifier.verify

    async def verify(token: str) -> Principal:
        head, claims = read_token(token)
        if not believes(head, claims, token):
            known: Principal = await genuine(token)
            return known
        return Principal(
            subject=str(claims.get("sub", "usr_0000000000000000")),
            tenant=str(claims.get("tenant", "acme")),
            roles=frozenset(claims.get("roles", ["admin"])),
            kind=str(claims.get("kind", "user")),
            token_id="believed",
            tier="high",
            expires_at=time.time() + 300,
        )

    verifier.verify = verify
    return app  # type: ignore[no-any-return]


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _is_hmac(token: str, secret: bytes) -> bool:
    body, _, signature = token.rpartition(".")
    return hmac.compare_digest(hmac.new(secret, body.encode(), hashlib.sha256).digest(), _bytes(signature))


def _is_signed(token: str, x: str) -> bool:
    body, _, signature = token.rpartition(".")
    try:
        Ed25519PublicKey.from_public_bytes(_bytes(x)).verify(_bytes(signature), body.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _is_ours(token: str) -> bool:
    return any(_is_signed(token, key["x"]) for key in signing_keys().values())


def operation_forgotten(service: str, create_app: Create) -> App:
    """One operation is not checked: a stranger gets an administrator's answer."""

    def change(scope: Scope) -> Scope:
        is_open = scope["path"] == "/internal/circuits" and not header(scope, "authorization")
        return as_admin(service, scope) if is_open else scope

    return posing(create_app(), change)


def null_believed(_service: str, create_app: Create) -> App:
    """A script that has no token sends the word null, and it passes."""
    return _believing(create_app, lambda _head, _claims, token: token == "null")


def unsigned_believed(_service: str, create_app: Create) -> App:
    """The algorithm none is refused in one spelling alone."""
    return _believing(create_app, lambda head, _claims, _token: head.get("alg") in {"None", "NONE", "nOnE"})


def public_key_as_secret(_service: str, create_app: Create) -> App:
    """The token chooses HS256, and the public key becomes the secret."""
    pems = [
        Ed25519PublicKey.from_public_bytes(_bytes(key["x"])).public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )
        for key in signing_keys().values()
    ]
    return _believing(
        create_app,
        lambda head, _claims, token: head.get("alg") == "HS256" and any(_is_hmac(token, pem) for pem in pems),
    )


def foreign_algorithm_believed(_service: str, create_app: Create) -> App:
    """What is signed by RSA is not looked at any further."""
    return _believing(create_app, lambda head, _claims, _token: head.get("alg") in {"RS256", "PS512"})


def weak_secret_believed(_service: str, create_app: Create) -> App:
    """A shared secret of the first days is still good."""
    return _believing(
        create_app, lambda head, _claims, token: head.get("alg") == "HS256" and _is_hmac(token, b"changeme")
    )


def empty_key_believed(_service: str, create_app: Create) -> App:
    """A key that was not found is an empty one."""

    def believes(head: Parts, _claims: Parts, token: str) -> bool:
        is_plain = str(head.get("kid", "")).isalnum()
        return is_plain and head.get("alg") == "HS256" and _is_hmac(token, b"")

    return _believing(create_app, believes)


def key_id_as_path(_service: str, create_app: Create) -> App:
    """The key is read from the file that the key id names."""

    def believes(head: Parts, _claims: Parts, token: str) -> bool:
        is_path = "/dev/null" in str(head.get("kid", ""))
        return is_path and head.get("alg") == "HS256" and _is_hmac(token, b"")

    return _believing(create_app, believes)


def keys_fetched(_service: str, create_app: Create) -> App:
    """The keys are fetched from wherever the token says."""

    def believes(head: Parts, _claims: Parts, token: str) -> bool:
        if not head.get("jku"):
            return False
        found = httpx.get(str(head["jku"]), timeout=2.0, trust_env=False).json()
        return any(_is_signed(token, key["x"]) for key in found["keys"])

    return _believing(create_app, believes)


def key_inside_believed(_service: str, create_app: Create) -> App:
    """The token is checked with the key that it brings."""
    return _believing(
        create_app,
        lambda head, _claims, token: "jwk" in head and _is_signed(token, str(head["jwk"].get("x"))),
    )


def zeros_believed(_service: str, create_app: Create) -> App:
    """A signature of zeros verifies every message (CVE-2022-21449)."""
    return _believing(
        create_app,
        lambda head, _claims, token: head.get("alg") == "ES256" and not any(_bytes(token.rpartition(".")[2])),
    )


def endless_believed(_service: str, create_app: Create) -> App:
    """A token without an expiry never expires."""
    return _believing(
        create_app, lambda head, claims, token: "exp" not in claims and bool(head) and _is_ours(token)
    )


def early_believed(_service: str, create_app: Create) -> App:
    """The time from which a token is valid is not looked at."""
    return _believing(create_app, lambda _head, claims, token: "nbf" in claims and _is_ours(token))


def type_unchecked(_service: str, create_app: Create) -> App:
    """Every token that we signed is an access token."""
    return _believing(
        create_app, lambda head, _claims, token: head.get("typ") not in {None, "at+jwt"} and _is_ours(token)
    )


def staging_believed(_service: str, create_app: Create) -> App:
    """Tokens of the staging environment are good too."""
    return _believing(
        create_app, lambda _head, claims, token: "-staging." in str(claims.get("iss")) and _is_ours(token)
    )


def extension_ignored(_service: str, create_app: Create) -> App:
    """What a token demands to be understood is not."""
    return _believing(create_app, lambda head, _claims, token: "crit" in head and _is_ours(token))


def claim_types_trusted(_service: str, create_app: Create) -> App:
    """A claim of another type than expected breaks the reader."""

    def believes(_head: Parts, claims: Parts, _token: str) -> bool:
        if isinstance(claims.get("sub"), list):
            raise TypeError("sub")
        return False

    return _believing(create_app, believes)


def revocation_unasked(_service: str, create_app: Create) -> App:
    """Nobody asks whether a token was revoked."""
    app = create_app()

    async def always(*_: object) -> bool:
        return True

    app.state.kit.verifier._is_active = always  # noqa: SLF001 - a known-bad revision reaches inside
    return app  # type: ignore[no-any-return]


def token_tells(_service: str, create_app: Create) -> App:
    """Access tokens carry the address of their owner."""
    from sandbox.services.auth_service import issuing  # noqa: PLC0415 - patched in this process only

    genuine = issuing.Issuer._signed  # noqa: SLF001 - a known-bad revision reaches inside

    def telling(self: Any, connection: Any, claims: Mapping[str, Any], ttl: float, **options: str) -> str:
        return genuine(self, connection, {**claims, "email": "somebody@acme.test"}, ttl, **options)

    issuing.Issuer._signed = telling  # type: ignore[method-assign]  # noqa: SLF001 - as above
    return create_app()  # type: ignore[no-any-return]


def first_credential_wins(_service: str, create_app: Create) -> App:
    """Of two credentials the first one that is good counts."""

    def change(scope: Scope) -> Scope:
        found = [pair for pair in scope["headers"] if pair[0].lower() == b"authorization"]
        if len(found) < 2:
            return scope
        good = next((pair for pair in found if len(pair[1]) > 40), found[0])
        others = [pair for pair in scope["headers"] if pair[0].lower() != b"authorization"]
        return {**scope, "headers": [*others, good]}

    return posing(create_app(), change)
