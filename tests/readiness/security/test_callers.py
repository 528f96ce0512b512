"""Who a service believes it talks to: people, services, and what they merely claim."""

from __future__ import annotations

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from random import Random

import httpx
import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.reads import PROTECTED
from journeys.session import AUTH, Tokens, sign_in
from tests.readiness.security.contracts import PEOPLE, SERVICE, operations
from tests.readiness.security.tenants import Account, Tenant
from tests.readiness.security.volley import Ask, Volley


def claimed(dice: Random) -> dict[str, str]:
    """Return headers by which proxies name a caller, with names that were made up."""
    name, number = dice.choice(("admin", "root", f"p{dice.getrandbits(24):06x}")), dice.getrandbits(64)
    info = json.dumps({"sub": name, "roles": ["admin"]}).encode()
    return {
        "X-User-Id": f"usr_{number:016x}",
        "X-User-Role": "admin",
        "X-Roles": "admin,service",
        "X-Tenant-Id": dice.choice(("globex", "initech")),
        "X-Forwarded-User": name,
        "X-Forwarded-Email": f"{name}@acme.test",
        "X-Goog-Authenticated-User-Email": f"accounts.google.com:{name}@acme.test",
        "X-Goog-Authenticated-User-Id": f"accounts.google.com:{number}",
        "X-Endpoint-API-UserInfo": urlsafe_b64encode(info).decode(),
        "X-Real-IP": f"127.0.0.{dice.randint(1, 254)}",
        "X-Original-User": name,
        "Remote-User": name,
    }


@pytest.fixture
def leaver(
    auth: httpx.Client, account: Callable[..., Account], tenant: Tenant
) -> tuple[dict[str, str], Callable[[], object]]:
    """Give the headers of somebody who has just signed in, and what switches the account off."""
    person = account("admin")
    session = sign_in(auth, person.identity)
    return session.headers, lambda: tenant.switch_off(auth, person)


@pytest.mark.criterion("TOK-20-DISABLED")
@pytest.mark.impact("creates-data")
def test_disabled_account(
    service: ServiceTarget,
    target: Target,
    volley: Volley,
    leaver: tuple[dict[str, str], Callable[[], object]],
) -> None:
    """The token works while its account is in force, and no longer."""
    revocation_s = target.demand("TOK-20-DISABLED").limit("revocationSeconds")
    headers, switch_off = leaver
    ask = Ask(service=service.name, path=PROTECTED[service.name], headers=headers)
    expect(volley.one(ask), 200, blames=service.name)
    switch_off()
    deadline = time.monotonic() + revocation_s
    while (status := volley.one(ask).status_code) != 401 and time.monotonic() < deadline:
        threading.Event().wait(0.3)
    message = f"accepts the token of an account that was switched off {revocation_s:g} s ago: {status}"
    demand(status == 401, message, blames=service.name)


@pytest.mark.criterion("S2S-04-KIND")
@pytest.mark.impact("creates-data")
def test_kinds_stay_apart(service: ServiceTarget, volley: Volley, tenant: Tenant) -> None:
    """No role of people opens an operation of services alone, and no service one of people alone."""
    asks = []
    for op in operations(service.name):
        if op.scheme != "bearer" or not op.roles:
            continue
        callers = [role for role in PEOPLE if op.roles == (SERVICE,)]
        callers += [SERVICE] if SERVICE not in op.roles else []
        for role in callers:
            headers = tenant.headers(role, **({"aud": service.name} if role == SERVICE else {}))
            claimed = {**headers, "x-on-behalf-tenant": tenant.name} if role == SERVICE else headers
            body: dict[str, str] | None = {} if op.takes_body else None
            what = f"{role} at {op.name}"
            asks.append(
                Ask(
                    service=service.name,
                    method=op.method,
                    path=op.at(),
                    headers=claimed,
                    json=body,
                    what=what,
                )
            )
    frontier = [
        Ask(
            service=service.name, path="/metrics", headers=tenant.headers("viewer"), what="viewer at /metrics"
        )
    ]
    let_in = [
        f"{s.ask.what}: {s.status}" for s in volley.send(asks or frontier) if s.status not in (401, 403)
    ]
    demand(not let_in, f"lets in {'; '.join(let_in[:5])}", blames=service.name)


@pytest.mark.criterion("S2S-05-HEADERS")
def test_claimed_identity(
    service: ServiceTarget, volley: Volley, tokens: Callable[[str], Tokens], dice: Random
) -> None:
    """Claiming an identity opens nothing and changes nothing, one header at a time and all at once."""
    path, good, every = PROTECTED[service.name], tokens("viewer").headers, claimed(dice)
    each = [*({name: value} for name, value in every.items()), every]
    strangers = [Ask(service=service.name, path=path, headers=claim, what=str(claim)) for claim in each]
    let_in = [f"{s.ask.what}: {s.status}" for s in volley.send(strangers) if s.status != 401]
    demand(not let_in, f"believes {'; '.join(let_in[:3])}", blames=service.name)

    path = "/v1/me" if service.name == AUTH else "/internal/circuits"
    plain = volley.one(Ask(service=service.name, path=path, headers=good))
    claims = [Ask(service=service.name, path=path, headers={**good, **c}, what=str(c)) for c in each]
    for seen in volley.send(claims):
        same = (seen.status, _identity(seen.answer)) == (plain.status_code, _identity(plain))
        demand(same, f"answers differently to {seen.ask.what}", blames=service.name)


def _identity(answer: httpx.Response) -> tuple[object, ...]:
    found = answer.json()
    return tuple(str(found.get(name)) for name in ("id", "tenant", "roles", "username", "code"))
