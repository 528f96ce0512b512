"""Every way to forge a token is refused, each for its own reason."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey

from sandbox.kit import seed
from sandbox.kit.problem import Problem
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import ACCESS_TYPE, claims_of, principal_of, private_jwk, public_jwk, sign

FORGER = seed.identities(Settings(service="auth-service"))["forger"]
KEYS = KeySet.import_key_set({"keys": [{**public_jwk(jwk)} for jwk in seed.signing_keys().values()]})


def _good(**changes: Any) -> dict[str, Any]:
    now = time.time()
    claims = {**FORGER["claims"], "iss": FORGER["iss"], "aud": FORGER["aud"]}
    return {**claims, "iat": now, "exp": now + 60, "jti": "jti-1", **changes}


def _checked(token: str, service: str = "asset-discovery") -> str:
    """Return "good", or the code of the refusal."""
    try:
        claims = claims_of(token, KEYS, issuer=FORGER["iss"])
        return "good" if principal_of(claims, service=service).subject else "nobody"
    except Problem as problem:
        return problem.code if problem.status == 401 else f"status {problem.status}"


def _encoded(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def test_the_forgers_control_token_is_good() -> None:
    """So that every refusal below is due to the one thing that was changed."""
    assert _checked(sign(_good(), FORGER["jwk"])) == "good"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"iss": "https://elsewhere.test"}, "token_issuer"),
        ({"iss": None}, "token_issuer"),
        ({"aud": "another"}, "token_audience"),
        ({"aud": ["isectech", "another"]}, "token_audience"),
        ({"exp": 1.0}, "token_expired"),
        ({"exp": None}, "token_claims"),
        ({"exp": True}, "token_claims"),
        ({"exp": 1e300}, "token_claims"),
        ({"iat": None}, "token_claims"),
        ({"iat": time.time() + 3600}, "token_early"),
        ({"nbf": time.time() + 3600}, "token_early"),
        ({"sub": None}, "token_claims"),
        ({"sub": ["usr_1"]}, "token_claims"),
        ({"jti": ""}, "token_claims"),
        ({"roles": "admin"}, "token_claims"),
        ({"tenant": 1}, "token_claims"),
        ({"kind": "root"}, "token_claims"),
    ],
)
def test_a_wrong_claim_is_refused(changes: dict[str, Any], code: str) -> None:
    """A good signature does not heal a wrong claim."""
    assert _checked(sign(_good(**changes), FORGER["jwk"])) == code


def test_another_key_or_type_is_refused() -> None:
    """An unknown key and a token of another kind open nothing."""
    assert _checked(sign(_good(), private_jwk(b"stranger"))) == "token_invalid"
    assert _checked(sign(_good(), FORGER["jwk"], kind="mfa+jwt")) == "token_type"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE"])
def test_no_algorithm_is_no_signature(algorithm: str) -> None:
    """RFC 8725, section 3.1: unsigned tokens are not tokens."""
    header = {"alg": algorithm, "typ": ACCESS_TYPE, "kid": FORGER["jwk"]["kid"]}
    assert _checked(f"{_encoded(header)}.{_encoded(_good())}.") == "token_invalid"


def test_the_public_key_is_no_shared_secret() -> None:
    """RFC 8725, section 2.1: HMAC over the published key is refused."""
    secret = OctKey.import_key(json.dumps(public_jwk(FORGER["jwk"])))
    header = {"alg": "HS256", "typ": ACCESS_TYPE, "kid": FORGER["jwk"]["kid"]}
    assert _checked(jwt.encode(header, _good(), secret)) == "token_invalid"


@pytest.mark.parametrize(
    "extra",
    [
        {"kid": "../../../dev/null"},
        {"kid": "' UNION SELECT '1"},
        {"crit": ["unknown"]},
        {"jwk": public_jwk(private_jwk(b"stranger")), "kid": "x"},
        {"jku": "https://canary.test/keys", "kid": "x"},
    ],
)
def test_header_tricks_are_refused(extra: dict[str, Any]) -> None:
    """No header decides which key is trusted."""
    stranger = private_jwk(b"stranger")
    signature = sign(_good(), stranger).rpartition(".")[2]
    header = {"alg": "Ed25519", "typ": ACCESS_TYPE, "kid": stranger["kid"], **extra}
    assert _checked(f"{_encoded(header)}.{_encoded(_good())}.{signature}") == "token_invalid"


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "....", "\u00e4.b.c", "a" * 10_000])
def test_garbage_is_refused(token: str) -> None:
    """What is no token is a 401, never an error of ours."""
    assert _checked(token) == "token_invalid"


def test_a_service_token_is_good_for_one_callee() -> None:
    """A token for one service says nothing at another, and never carries a person's role."""
    token = sign(_good(kind="service", aud="event-processor", roles=["service", "admin"]), FORGER["jwk"])
    assert _checked(token, service="event-processor") == "good"
    assert _checked(token, service="asset-discovery") == "token_audience"
    claims = claims_of(token, KEYS, issuer=FORGER["iss"])
    assert principal_of(claims, service="event-processor").roles == {"service"}
