"""Tokens that are wrong in one way each, at every service that takes tokens."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from random import Random

import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.reads import PROTECTED
from journeys.session import AUTH, Tokens, bearer
from tests.readiness.security.canary import Canary
from tests.readiness.security.conftest import Forged
from tests.readiness.security.contracts import operations
from tests.readiness.security.forgeries import read
from tests.readiness.security.volley import Ask, Seen, Volley

SignedIn = Callable[[str], Tokens]
PERSONAL = ("email", "mail", "name", "username", "password", "phone", "address", "birthdate")


def refused(answers: Forged, check: str, service: ServiceTarget) -> None:
    """Demand that a service refuses every forgery of a check, and accepts the good token beside them."""
    control = answers["control", service.name][0]
    demand(control.status == 200, f"refuses the control token: {control.status}", blames=service.name)
    _all_401(answers[check, service.name], service.name)


def _all_401(seen: list[Seen] | tuple[Seen, ...] | object, service: str) -> None:
    listed = list(seen) if isinstance(seen, (list, tuple)) else []
    wrong = [f"{each.ask.what}: {each.status}" for each in listed if each.status != 401]
    demand(listed and not wrong, f"does not refuse a token with {'; '.join(wrong[:5])}", blames=service)


@pytest.mark.criterion("TOK-01-MISSING")
def test_missing(service: ServiceTarget, volley: Volley) -> None:
    """Every operation with declared security refuses a request without credentials."""
    asks = [
        Ask(
            service=service.name,
            method=op.method,
            path=op.at(),
            json={} if op.takes_body else None,
            what=op.name,
        )
        for op in operations(service.name)
        if op.scheme
    ]
    let_in = [f"{s.ask.what}: {s.status}" for s in volley.send(asks) if s.status not in (401, 403)]
    demand(asks and not let_in, f"lets strangers in at {'; '.join(let_in[:5])}", blames=service.name)


def garbage(dice: Random) -> tuple[str, ...]:
    """Return useless credentials: words, documents of JSON, and other schemes than Bearer."""
    word, number = f"z{dice.getrandbits(24):06x}", dice.randint(0, 10**6)
    documents = (str(number), f'"{word}"', f'{{"sub":"{word}"}}', f"[{number}]", "null", "true", "{}")
    dotted = ".".join(f"{dice.getrandbits(16):x}" for _ in range(3))
    basic = b64encode(f"{word}:{number}".encode()).decode()
    bearing = (f"Bearer {text}" for text in (word, dotted, *dice.sample(documents, 4)))
    return (*bearing, "Bearer", f"Basic {basic}", dotted)


@pytest.mark.criterion("TOK-02-GARBAGE")
def test_garbage(service: ServiceTarget, volley: Volley, dice: Random) -> None:
    """Garbage is refused, and the refusal names the scheme."""
    asks = [
        Ask(service=service.name, path=PROTECTED[service.name], headers={"Authorization": value}, what=value)
        for value in garbage(dice)
    ]
    seen = volley.send(asks)
    _all_401(seen, service.name)
    silent = [
        s.ask.what for s in seen if "bearer" not in s.answer.headers.get("www-authenticate", "").lower()
    ]
    demand(not silent, f"refuses {silent} without saying WWW-Authenticate: Bearer", blames=service.name)


@pytest.mark.criterion("TOK-05-NONE")
@pytest.mark.alone
def test_none(service: ServiceTarget, keyless_answers: Forged) -> None:
    """A token without a signature is refused."""
    refused(keyless_answers, "TOK-05", service)


@pytest.mark.criterion("TOK-06-CONFUSION")
@pytest.mark.alone
def test_confusion(service: ServiceTarget, keyless_answers: Forged) -> None:
    """The public key is no shared secret, in none of its forms."""
    refused(keyless_answers, "TOK-06", service)


@pytest.mark.criterion("TOK-07-ALGORITHM")
@pytest.mark.alone
def test_algorithm(service: ServiceTarget, keyless_answers: Forged) -> None:
    """Another algorithm under a known key id is refused."""
    refused(keyless_answers, "TOK-07", service)


@pytest.mark.criterion("TOK-08-WEAK")
@pytest.mark.alone
def test_weak(service: ServiceTarget, keyless_answers: Forged) -> None:
    """None of the secrets that are guessed first signs a token."""
    refused(keyless_answers, "TOK-08", service)


@pytest.mark.criterion("TOK-09-BLANK")
@pytest.mark.alone
def test_blank(service: ServiceTarget, keyless_answers: Forged) -> None:
    """An empty key signs nothing."""
    refused(keyless_answers, "TOK-09", service)


@pytest.mark.criterion("TOK-10-KID")
@pytest.mark.alone
def test_kid(service: ServiceTarget, target: Target, keyless_answers: Forged) -> None:
    """A key id that is a path, a query or a command leads nowhere, and soon."""
    refused(keyless_answers, "TOK-10", service)
    longest_s = target.demand("TOK-10-KID").limit("longestSeconds")
    slow = [s.ask.what for s in keyless_answers["TOK-10", service.name] if _seconds(s) > longest_s]
    demand(not slow, f"takes more than {longest_s:g} s over {slow}", blames=service.name)


@pytest.mark.criterion("TOK-11-JKU")
@pytest.mark.impact("noisy")
@pytest.mark.alone
def test_jku(service: ServiceTarget, keyless_answers: Forged, canary: Canary) -> None:
    """Keys at an address of the attacker's are not used, and nobody asks for them."""
    refused(keyless_answers, "TOK-11", service)
    for seen in keyless_answers["TOK-11", service.name]:
        header, _ = read(str(seen.ask.headers["Authorization"]).removeprefix("Bearer "))  # type: ignore[call-overload]
        address = str(header.get("jku") or header.get("x5u"))
        demand(not canary.was_called(address), f"fetched {seen.ask.what}", blames=service.name)


@pytest.mark.criterion("TOK-12-JWK")
@pytest.mark.alone
def test_jwk(service: ServiceTarget, keyless_answers: Forged) -> None:
    """A token that brings its own key is refused."""
    refused(keyless_answers, "TOK-12", service)


@pytest.mark.criterion("TOK-14-NO-EXPIRY")
@pytest.mark.together("misclaimed tokens")
def test_no_expiry(service: ServiceTarget, misclaimed_answers: Forged) -> None:
    """A token that never expires is refused."""
    refused(misclaimed_answers, "TOK-14", service)


@pytest.mark.criterion("TOK-15-EARLY")
@pytest.mark.together("misclaimed tokens")
def test_early(service: ServiceTarget, misclaimed_answers: Forged) -> None:
    """A token of the future is refused."""
    refused(misclaimed_answers, "TOK-15", service)


@pytest.mark.criterion("TOK-18-TYPE")
@pytest.mark.together("misclaimed tokens")
def test_type(service: ServiceTarget, misclaimed_answers: Forged) -> None:
    """A token of another kind is no access token."""
    refused(misclaimed_answers, "TOK-18", service)


@pytest.mark.criterion("TOK-19-ENVIRONMENT")
@pytest.mark.together("misclaimed tokens")
def test_environment(service: ServiceTarget, misclaimed_answers: Forged) -> None:
    """A token that another environment issued is refused."""
    refused(misclaimed_answers, "TOK-19", service)


@pytest.mark.criterion("TOK-21-CRIT")
@pytest.mark.together("misclaimed tokens")
def test_crit(service: ServiceTarget, misclaimed_answers: Forged) -> None:
    """A token that demands an unknown extension is refused."""
    refused(misclaimed_answers, "TOK-21", service)


@pytest.mark.criterion("TOK-22-CLAIM-TYPES")
@pytest.mark.together("misclaimed tokens")
def test_claim_types(service: ServiceTarget, misclaimed_answers: Forged) -> None:
    """Claims of the wrong type break nothing; whether they are refused is not demanded here."""
    seen = misclaimed_answers["TOK-22", service.name]
    broken = [f"{each.ask.what}: {each.status}" for each in seen if each.status >= 500]
    demand(seen and not broken, f"breaks at a token with {'; '.join(broken)}", blames=service.name)


@pytest.mark.criterion("TOK-23-CONTENT")
def test_content(target: Target, tokens: SignedIn) -> None:
    """A token says who, not more, and does not live longer than agreed (ASVS 5.0, 7.3.2)."""
    longest_s = target.demand("TOK-23-CONTENT").limit("longestLifeSeconds")
    _, claims = read(tokens("viewer").access)
    life = float(claims.get("exp", 0)) - float(claims.get("iat", 0))
    demand(0 < life <= longest_s, f"tokens live for {life:g} s", blames=AUTH)
    personal = [name for name, value in claims.items() if name in PERSONAL or "@" in str(value)]
    demand(not personal, f"tokens carry {personal}", blames=AUTH)


@pytest.mark.criterion("TOK-24-TWO")
def test_two_credentials(service: ServiceTarget, volley: Volley, tokens: SignedIn, dice: Random) -> None:
    """A good token beside a second credential is refused, in either order."""
    good, bad = bearer(tokens("analyst").access)["Authorization"], dice.choice(garbage(dice))
    for first, second in ((good, bad), (bad, good)):
        headers = [("Authorization", first), ("Authorization", second)]
        answer = volley.one(Ask(service=service.name, path=PROTECTED[service.name], headers=headers))
        expect(answer, 400, 401, blames=service.name)


@pytest.mark.criterion("TOK-25-PSYCHIC")
@pytest.mark.alone
def test_psychic(service: ServiceTarget, keyless_answers: Forged) -> None:
    """A signature of zeros verifies nothing."""
    refused(keyless_answers, "TOK-25", service)


def _seconds(seen: Seen) -> float:
    return seen.answer.elapsed.total_seconds()
