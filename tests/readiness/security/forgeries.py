"""Tokens that nobody may accept, each wrong in one way, by the number of the check that sends them.

`keyless` needs nothing but a good token and the published keys, as an attacker has them. `misclaimed` needs
a signing key that the environment trusts, so that a refusal is about the claim and not about the signature.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from journeys.tokens import mint

Signer = Callable[[bytes], bytes]
Parts = Mapping[str, Any]

WEAK_SECRETS = (
    *("secret", "password", "changeme", "123456", "your-256-bit-secret", "jwt_secret", "secretkey", "admin"),
    *("test", "key", "default", "qwerty", "letmein", "supersecret", "s3cr3t", "token", "isectech", "dev"),
    *("development", "private"),
)
"""The first guesses of every tool that cracks tokens."""
PUBLIC_TYPES = ("mfa+jwt", "JWT", "id+jwt", "rt+jwt")
"""Types of tokens that are not access tokens."""


@dataclass(frozen=True, slots=True)
class Forgery:
    """A token, the check that it belongs to, and what is wrong with it."""

    check: str
    what: str
    token: str


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token without checking anything."""
    header, claims, _ = (
        json.loads(_decoded(part)) if n < 2 else {} for n, part in enumerate(token.split("."))
    )
    return header, claims


def sealed(header: Parts, claims: Parts, signer: Signer) -> str:
    """Return a token with exactly this header, these claims and that signature."""
    body = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(claims).encode())}"
    return f"{body}.{_encoded(signer(body.encode()))}"


def hostile_kids(dice: Random) -> tuple[tuple[str, bytes], ...]:
    """Return key ids that are a path, a query or a command, with the key that they would lead to."""
    name, key, nap = f"x{dice.getrandbits(16):x}", f"k{dice.getrandbits(16):x}", dice.uniform(4.0, 6.0)
    return (
        (f"{'../' * dice.randint(6, 12)}dev/null", b""),
        ("/dev/null", b""),
        (f"{name}' UNION SELECT '{key}';--", key.encode()),
        (f"{name}|sleep {nap:.2f}", b""),
        (f"$(sleep {nap:.2f})", b""),
    )


def keyless(
    token: str, keys: Sequence[Parts], canary: str, thief: Ed25519PrivateKey, dice: Random
) -> Iterator[Forgery]:
    """Yield what can be made of a good token without a key; `thief` signs, `canary` offers that key."""
    header, claims = read(token)
    yield from _unsigned(header, claims, dice)
    for public in keys:
        yield from _confused(header, claims, public)
    yield from _of_other_algorithms(header, claims)
    for secret in WEAK_SECRETS:
        yield _shared("TOK-08", f"the secret {secret}", header, claims, secret.encode())
    yield _shared("TOK-09", "an empty key", header, claims, b"")
    for kid, key in hostile_kids(dice):
        yield _shared("TOK-10", f"the key id {kid}", {**header, "kid": kid}, claims, key)
    known = public_jwk(thief)
    for field in ("jku", "x5u"):
        named = {**header, "kid": known["kid"], field: canary}
        yield Forgery("TOK-11", f"its keys at {field}", sealed(named, claims, thief.sign))
    own = {**header, "jwk": known}
    yield Forgery("TOK-12", "its own key inside", sealed(own, claims, thief.sign))
    yield Forgery(
        "TOK-12", "its own key and key id", sealed({**own, "kid": known["kid"]}, claims, thief.sign)
    )
    zeros = {**header, "alg": "ES256"}
    yield Forgery("TOK-25", "a signature of zeros", sealed(zeros, claims, lambda _body: bytes(64)))


def misclaimed(forger: Parts, subject: str, dice: Random) -> Iterator[Forgery]:
    """Yield rightly signed tokens of `subject` that are wrong in one claim or one field of their header."""
    now = int(time.time())
    yield Forgery("TOK-14", "no expiry", mint(forger, sub=subject, exp=None))
    soon = dice.randint(600, 7200)
    yield Forgery("TOK-15", f"a start in {soon} s", mint(forger, sub=subject, nbf=now + soon))
    for kind in (*PUBLIC_TYPES, f"x{dice.getrandbits(16):x}+jwt"):
        yield Forgery("TOK-18", f"the type {kind}", mint({**forger, "typ": kind}, sub=subject))
    issuer = str(forger["iss"])
    host, _, domain = issuer.partition(".")
    for other in (
        f"{host.rpartition('-')[0]}-staging.{domain}",
        f"{host.rpartition('-')[0]}-x{dice.getrandbits(16):x}.{domain}",
    ):
        yield Forgery("TOK-19", f"the issuer {other}", mint({**forger, "iss": other}, sub=subject))
    header, claims = read(mint(forger, sub=subject))
    signer = Ed25519PrivateKey.from_private_bytes(_decoded(forger["jwk"]["d"])).sign
    extension = f"x{dice.getrandbits(16):x}"
    demanding = {**header, "crit": [extension], extension: True}
    yield Forgery("TOK-21", "an unknown critical extension", sealed(demanding, claims, signer))
    for what, wrong in wrong_types(dice).items():
        yield Forgery("TOK-22", what, sealed(header, {**claims, **wrong}, signer))


def wrong_types(dice: Random) -> Mapping[str, Parts]:
    """Return claims of another type than they must have, by what is wrong."""
    return {
        "an expiry in words": {"exp": dice.choice(("tomorrow", "in an hour", "never"))},
        "an endless expiry": {"exp": 10.0 ** dice.randint(200, 300)},
        "a list of subjects": {"sub": [f"usr_{dice.getrandbits(64):016x}"]},
        "roles in words": {"roles": dice.choice(("admin", "manager", "responder"))},
        "a tenant without a name": {"tenant": None},
        "an audience of numbers": {"aud": [dice.randint(0, 99), dice.randint(0, 99)]},
    }


def public_jwk(key: Ed25519PrivateKey) -> dict[str, str]:
    """Return the public key of a pair as a JWK."""
    x = _encoded(key.public_key().public_bytes_raw())
    return {"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "use": "sig", "kid": f"key-{x[:8]}", "x": x}


def _unsigned(header: Parts, claims: Parts, dice: Random) -> Iterator[Forgery]:
    mixed = "".join(dice.choice((letter, letter.upper())) for letter in "none")
    for spelling in dict.fromkeys(("none", "None", "NONE", mixed)):
        token = sealed({**header, "alg": spelling}, claims, lambda _body: b"")
        yield Forgery("TOK-05", f"the algorithm {spelling}", token)


def _confused(header: Parts, claims: Parts, jwk: Parts) -> Iterator[Forgery]:
    if jwk.get("kty") != "OKP":
        return
    raw = _decoded(str(jwk["x"]))
    public = Ed25519PublicKey.from_public_bytes(raw)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secrets = {
        "PEM": pem,
        "PEM without its last line break": pem.rstrip(b"\n"),
        "DER": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "raw bytes": raw,
        "text": str(jwk["x"]).encode(),
        "JWK": json.dumps(dict(jwk), separators=(",", ":")).encode(),
    }
    for form, secret in secrets.items():
        named = {**header, "kid": jwk["kid"]}
        yield _shared("TOK-06", f"the public key as {form} for a secret", named, claims, secret)


def _of_other_algorithms(header: Parts, claims: Parts) -> Iterator[Forgery]:
    curve, pair = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    signers: Mapping[str, Signer] = {
        "ES256": lambda body: curve.sign(body, ec.ECDSA(hashes.SHA256())),
        "RS256": lambda body: pair.sign(body, padding.PKCS1v15(), hashes.SHA256()),
        "PS512": lambda body: pair.sign(
            body, padding.PSS(padding.MGF1(hashes.SHA512()), padding.PSS.DIGEST_LENGTH), hashes.SHA512()
        ),
    }
    for name, signer in signers.items():
        yield Forgery("TOK-07", f"the algorithm {name}", sealed({**header, "alg": name}, claims, signer))


def _shared(check: str, what: str, header: Parts, claims: Parts, secret: bytes) -> Forgery:
    token = sealed(
        {**header, "alg": "HS256"}, claims, lambda body: hmac.new(secret, body, hashlib.sha256).digest()
    )
    return Forgery(check, what, token)


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
