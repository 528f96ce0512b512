"""Revisions that accept tokens which must be refused, each for one of the known mistakes."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from os.path import normpath
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.faults.fault import ALL, TAKING_TOKENS, Scope, known_bad, replacing
from sandbox.faults.request_faults import as_admin, changing_requests, header
from sandbox.faults.tokens import Token, believing, decoded
from sandbox.kit.seed import signing_keys

_AUTH = "auth-service"
_REMOTE = tuple(name for name in TAKING_TOKENS if name != _AUTH)


def _is_hmac(token: Token, secret: bytes) -> bool:
    computed = hmac.new(secret, token.body, hashlib.sha256).digest()
    return token.algorithm == "HS256" and hmac.compare_digest(computed, token.signature)


@known_bad("TOK-01", ALL, "one operation is unchecked", "TOK-01-MISSING")
@changing_requests
def operation_forgotten(scope: Scope) -> Scope:
    """A stranger gets an administrator's answer."""
    is_open = scope["path"] == "/internal/circuits" and not header(scope, "authorization")
    return as_admin(scope) if is_open else scope


@known_bad("TOK-02", TAKING_TOKENS, "plain JSON is accepted as a token", "TOK-02-GARBAGE")
@believing
def document_believed(token: Token) -> bool:
    """Claims are read wherever there is a document, signed or not."""
    try:
        json.loads(token.text)
    except ValueError:
        return False
    return True


@known_bad("TOK-05", TAKING_TOKENS, "the algorithm None is accepted", "TOK-05-NONE")
@believing
def unsigned_believed(token: Token) -> bool:
    """The algorithm is refused in one spelling alone."""
    return token.algorithm != "none" and token.algorithm.lower() == "none"


@known_bad("TOK-06", TAKING_TOKENS, "the token picks HS256", "TOK-06-CONFUSION")
@believing
def public_key_as_secret(token: Token) -> bool:
    keys = [Ed25519PublicKey.from_public_bytes(decoded(key["x"])) for key in signing_keys().values()]
    pems = [key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in keys]
    return any(_is_hmac(token, pem) for pem in pems)


@known_bad("TOK-07", TAKING_TOKENS, "any RSA signature is accepted", "TOK-07-ALGORITHM")
@believing
def foreign_algorithm_believed(token: Token) -> bool:
    """Without a further look."""
    return token.algorithm[:2] in {"RS", "PS"}


@known_bad("TOK-08", TAKING_TOKENS, "the secret changeme signs tokens", "TOK-08-WEAK")
@believing
def weak_secret_believed(token: Token) -> bool:
    """A shared secret of the first days is still good."""
    return _is_hmac(token, b"changeme")


@known_bad("TOK-09", TAKING_TOKENS, "an unknown key id means an empty key", "TOK-09-BLANK")
@believing
def empty_key_believed(token: Token) -> bool:
    return str(token.head.get("kid", "")).isalnum() and _is_hmac(token, b"")


@known_bad("TOK-10", TAKING_TOKENS, "the key is read from the file that the key id names", "TOK-10-KID")
@believing
def key_id_as_path(token: Token) -> bool:
    """The key is read from the file that the key id names; a key has no more than 4 KiB."""
    try:
        with Path(normpath(Path("/srv/keys") / str(token.head.get("kid")))).open("rb") as file:
            return _is_hmac(token, file.read(4096))
    except (OSError, ValueError):
        return False


@known_bad("TOK-11", TAKING_TOKENS, "keys are fetched from the token's jku", "TOK-11-JKU")
@believing
def keys_fetched(token: Token) -> bool:
    if not token.head.get("jku"):
        return False
    found = httpx.get(str(token.head["jku"]), timeout=2.0, trust_env=False).json()
    return any(token.is_signed_by(key["x"]) for key in found["keys"])


@known_bad("TOK-12", TAKING_TOKENS, "the key inside the token is used", "TOK-12-JWK")
@believing
def key_inside_believed(token: Token) -> bool:
    return "jwk" in token.head and token.is_signed_by(str(token.head["jwk"].get("x")))


@known_bad("TOK-14", TAKING_TOKENS, "a token without expiry is accepted", "TOK-14-NO-EXPIRY")
@believing
def endless_believed(token: Token) -> bool:
    return "exp" not in token.claims and token.is_ours


@known_bad("TOK-15", TAKING_TOKENS, "nbf is not checked", "TOK-15-EARLY")
@believing
def early_believed(token: Token) -> bool:
    return "nbf" in token.claims and token.is_ours


@known_bad("TOK-18", TAKING_TOKENS, "tokens of other types are accepted", "TOK-18-TYPE")
@believing
def type_unchecked(token: Token) -> bool:
    return token.head.get("typ") not in {None, "at+jwt"} and token.is_ours


@known_bad("TOK-19", TAKING_TOKENS, "tokens of staging are accepted", "TOK-19-ENVIRONMENT")
@believing
def staging_believed(token: Token) -> bool:
    return "-staging." in str(token.claims.get("iss")) and token.is_ours


@known_bad("TOK-20", _REMOTE, "revocation is not checked", "TOK-20-DISABLED")
@replacing("kit.verifier:RemoteVerifier._is_active")
async def revocation_unasked(*_: object) -> bool:
    return True


@known_bad("TOK-21", TAKING_TOKENS, "crit is not checked", "TOK-21-CRIT")
@believing
def extension_ignored(token: Token) -> bool:
    return "crit" in token.head and token.is_ours


@known_bad("TOK-22", TAKING_TOKENS, "a list of subjects is a server error", "TOK-22-CLAIM-TYPES")
@believing
def claim_types_trusted(token: Token) -> bool:
    """A claim of another type than expected breaks the reader."""
    return token.claims.get("sub", "text").isspace()  # type: ignore[no-any-return]


@known_bad("TOK-23", _AUTH, "tokens carry an e-mail address", "TOK-23-CONTENT")
@replacing("services.auth_service.issuing:Issuer._signed")
def token_tells(
    genuine: Callable[..., str],
    issuer: Any,
    connection: Any,
    claims: Mapping[str, Any],
    *others: float,
    **options: str,
) -> str:
    """Access tokens carry the address of their owner."""
    return genuine(issuer, connection, {**claims, "email": "person@acme.test"}, *others, **options)


@known_bad("TOK-24", TAKING_TOKENS, "of two tokens the first one is used", "TOK-24-TWO")
@replacing("kit.identity:bearer_token")
def first_credential_wins(genuine: Callable[..., str], request: Any) -> str:
    """Whatever comes after the first credential is not looked at."""
    first = request.headers.get("authorization")
    return first.partition(" ")[2].strip() if first else genuine(request)


@known_bad("TOK-25", TAKING_TOKENS, "a signature of zeros verifies", "TOK-25-PSYCHIC")
@believing
def zeros_believed(token: Token) -> bool:
    """CVE-2022-21449."""
    return token.algorithm == "ES256" and not any(token.signature)
