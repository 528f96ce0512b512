"""Every operation against malformed, unexpected and hostile requests."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from random import Random

import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.reads import PROTECTED
from journeys.session import Tokens
from tests.readiness.security.contracts import Operation, operations
from tests.readiness.security.tenants import Tenant
from tests.readiness.security.volley import Ask, Volley

SignedIn = Callable[[str], Tokens]
JSON = {"Content-Type": "application/json"}
BODY_BYTES = 2 * 1024 * 1024
"""Beyond the limit of every service."""
NEVER_UTF8 = ("ff", "fe", "c0", "c1")
LARGEST_PAGE = 200
"""The largest page of the contracts."""
DOORS = (
    *("/v0", "/v0/me", "/api", "/debug", "/debug/pprof", "/metrics", "/actuator", "/actuator/env", "/admin"),
    *("/.git/HEAD", "/.git/config", "/.env", "/.well-known/security.env", "/docs", "/redoc", "/swagger.json"),
    *("/swagger-ui", "/api-docs", "/graphql", "/console", "/server-status", "/phpinfo.php", "/backup.sql"),
    *("/config.json", "/Dockerfile", "/app.py", "/test", "/status"),
)


def hostile(dice: Random) -> Mapping[str, bytes]:
    """Return documents that no operation can read, with names and numbers of their own."""
    name, number = f"z{dice.getrandbits(24):06x}".encode(), str(dice.randint(2, 10**6)).encode()
    odd = dice.choice((b"NaN", b"[NaN]", b"[1, NaN]", b'{"%s": NaN}' % name))
    endless = dice.choice((b"1e999", b"-1e999", b"Infinity", b"-Infinity"))
    return {
        "cut JSON": b'{"%s": [%s, 2' % (name, number),
        "an array": b"[%s]" % dice.choice((b"", number, b'"%s"' % name)),
        "a text": b'"%s"' % name,
        "null": b"null",
        "bad UTF-8": b'{"%s": "\xff\xfe"}' % name,
        "a NUL": b'{"%s": "\\u0000", "b\\u0000": 1}' % name,
        "a lone surrogate": b'{"\\ud800%s": "\\udfff"}' % name,
        "NaN": b'{"%s": %s}' % (name, odd),
        "infinity": b'{"%s": %s}' % (name, endless),
        "a huge number": b'{"%s": %s}' % (name, str(dice.randint(1, 9)).encode() * dice.randint(310, 600)),
        "twice the same key": b'{"%s": %s, "%s": 2}' % (name, number, name),
        "__proto__": b'{"__proto__": {"%s": true}, "constructor": {"prototype": {}}}' % name,
        "XML": b'<?xml version="1.0"?><!DOCTYPE %s [<!ENTITY b "c">]><%s>&b;</%s>' % (name, name, name),
        "nothing": b"",
    }


def nested(dice: Random, depth: int) -> tuple[bytes, ...]:
    """Return documents of that depth: arrays, objects and both, closed and cut off."""
    name = f"k{dice.getrandbits(16):x}".encode()
    one, other = dice.choice(((b"[", b"]"), (b'[{"%s":' % name, b"}]"))), (b'{"%s":' % name, b"}")
    number = str(dice.randint(0, 99)).encode()
    whole = [opened * depth + number + closed * depth for opened, closed in (one, other)]
    return (b"[" * depth, *whole)


def too_large(dice: Random) -> tuple[str, ...]:
    """Return sizes of a page that are none."""
    huge = str(dice.randint(10**5, 10**7))
    return (huge, "-1", "0", "9" * dice.randint(19, 30), "1e3", str(LARGEST_PAGE + dice.randint(1, 99)))


def writes(service: str) -> Iterator[Operation]:
    """Yield the operations that read a document."""
    yield from (op for op in operations(service) if op.takes_body)


@pytest.mark.criterion("AUZ-10-PATHS")
def test_spellings_of_a_path(service: ServiceTarget, volley: Volley) -> None:
    """Without a token no spelling of a protected path shows what is behind it."""
    path, _, query = PROTECTED[service.name].partition("?")
    head, _, tail = path.rpartition("/")
    spellings = (
        *(f"/{path}", f"/.{path}", f"{head}//{tail}", f"{head}/./{tail}", f"{head}/x/../{tail}"),
        *(f"{head}%2f{tail}", f"{head}/%{ord(tail[0]):x}{tail[1:]}", f"{path};x=1", f"{path}/", f"{path}%00"),
        *(
            f"{path}%20",
            f"{path}.json",
            path.upper(),
            f"/healthz/..{path}",
            f"/healthz;/..{path}",
            f"{path}#",
        ),
    )
    suffix = f"?{query}" if query else ""
    asks = [
        Ask(service=service.name, path="/", target=f"{each}{suffix}".encode(), what=each)
        for each in spellings
    ]
    shown = [
        f"{s.ask.what}: {s.status}"
        for s in volley.send(asks)
        if s.status < 300 and "json" in s.answer.headers.get("content-type", "")
    ]
    demand(not shown, f"shows strangers what is behind {'; '.join(shown)}", blames=service.name)


@pytest.mark.criterion("AUZ-11-OVERRIDE")
def test_overridden_requests(service: ServiceTarget, volley: Volley, tokens: SignedIn) -> None:
    """A request stays what it is, whatever a header or a parameter calls it."""
    path, headers = PROTECTED[service.name].partition("?")[0], tokens("analyst").headers
    plain = volley.one(Ask(service=service.name, path="/internal/circuits", headers=headers))
    open_plain = volley.one(Ask(service=service.name, path="/healthz"))
    claims = (
        *({name: "DELETE"} for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")),
        *({name: path} for name in ("X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri")),
    )
    for claim in claims:
        seen = volley.one(Ask(service=service.name, path="/internal/circuits", headers={**headers, **claim}))
        unchanged = seen.status_code == plain.status_code
        demand(unchanged, f"answers {claim} with {seen.status_code}", blames=service.name)
        opened = volley.one(Ask(service=service.name, path="/healthz", headers={**headers, **claim}))
        same = (opened.status_code, opened.text) == (open_plain.status_code, open_plain.text)
        demand(same, f"answers /healthz differently for {claim}", blames=service.name)
    asked = volley.one(Ask(service=service.name, path="/healthz?_method=DELETE", headers=headers))
    demand(
        asked.status_code == open_plain.status_code, "takes ?_method=DELETE for a method", blames=service.name
    )


@pytest.mark.criterion("AUZ-14-DOORS")
def test_forgotten_doors(service: ServiceTarget, volley: Volley) -> None:
    """Nothing is behind the paths that every scanner tries."""
    seen = volley.send(Ask(service=service.name, path=path, what=path) for path in DOORS)
    found = [f"{s.ask.what}: {s.status}" for s in seen if s.status not in (401, 403, 404, 405)]
    demand(not found, f"has {'; '.join(found[:5])}", blames=service.name)


@pytest.mark.criterion("RES-03-BODY")
@pytest.mark.impact("noisy")
def test_large_bodies(service: ServiceTarget, volley: Volley, tenant: Tenant) -> None:
    """A document beyond the limit is refused, and the service goes on."""
    op = next(writes(service.name))
    content = b'{"a": "' + b"a" * BODY_BYTES + b'"}'
    headers = {**tenant.headers("admin"), **JSON}
    answer = volley.one(
        Ask(service=service.name, method=op.method, path=op.at(), headers=headers, content=content)
    )
    expect(answer, 413, blames=service.name)
    expect(volley.one(Ask(service=service.name, path="/healthz")), 200, blames=service.name)


@pytest.mark.criterion("RES-04-DEPTH")
@pytest.mark.impact("noisy")
def test_deep_bodies(
    service: ServiceTarget, target: Target, volley: Volley, tenant: Tenant, dice: Random
) -> None:
    """Nesting of ten and of a hundred thousand levels is refused soon, and the service goes on."""
    longest_s = target.demand("RES-04-DEPTH").limit("longestSeconds")
    op, headers = next(writes(service.name)), {**tenant.headers("admin"), **JSON}
    for depth in (dice.randint(9_000, 11_000), dice.randint(90_000, 110_000)):
        for content in nested(dice, depth):
            ask = Ask(service=service.name, method=op.method, path=op.at(), headers=headers, content=content)
            answer = volley.one(ask)
            is_refused = 400 <= answer.status_code < 500
            demand(is_refused, f"answers {depth} levels with {answer.status_code}", blames=service.name)
            seconds = answer.elapsed.total_seconds()
            demand(seconds < longest_s, f"takes {seconds:.1f} s over {depth} levels", blames=service.name)
    expect(volley.one(Ask(service=service.name, path="/healthz")), 200, blames=service.name)


@pytest.mark.criterion("RES-05-PAGE")
def test_page_sizes(service: ServiceTarget, volley: Volley, tenant: Tenant, dice: Random) -> None:
    """No size beyond the contract's is taken, and none breaks the list."""
    lists = [op for op in operations(service.name) if op.method == "GET" and "limit" in op.queries()]
    asks = [
        Ask(service=service.name, path=f"{op.path}?limit={size}", headers=tenant.headers("admin"))
        for op in lists
        for size in too_large(dice)
    ]
    taken = [f"{s.ask.path}: {s.status}" for s in volley.send(asks) if not 400 <= s.status < 500]
    demand(asks and not taken, f"takes {'; '.join(taken[:4])}", blames=service.name)


@pytest.mark.criterion("RES-10-PARSE", "SEC-04")
@pytest.mark.impact("noisy")
def test_input_is_handled(service: ServiceTarget, volley: Volley, tenant: Tenant, dice: Random) -> None:
    """What no operation can read is the caller's mistake at every operation, in documents and in queries."""
    headers = {**tenant.headers("admin"), **JSON}
    asks = [
        Ask(
            service=service.name,
            method=op.method,
            path=op.at(),
            headers={**headers, "Content-Type": "application/xml"} if what == "XML" else headers,
            content=content,
            what=f"{what} at {op.name}",
        )
        for op in writes(service.name)
        for what, content in hostile(dice).items()
    ]
    asks += [
        Ask(service=service.name, path=f"{op.at()}?{name}={value}", headers=headers, what=f"?{name}={value}")
        for op in operations(service.name)
        if op.method == "GET" and op.roles
        for name in op.queries()
        for value in ("%00", f"%{dice.choice(NEVER_UTF8)}%fe", "%f0%9f%92%a9" * dice.randint(50, 99))
    ]
    wrong = [f"{s.ask.what}: {s.status}" for s in volley.send(asks) if not 400 <= s.status < 500]
    demand(asks and not wrong, f"does not refuse {'; '.join(wrong[:5])}", blames=service.name)


@pytest.mark.criterion("CFG-08-CORS")
def test_foreign_origins(service: ServiceTarget, volley: Volley, tokens: SignedIn, dice: Random) -> None:
    """No foreign origin is named or let in, in an answer or in a preflight."""
    path, host = PROTECTED.get(service.name, "/login"), service.base_url.removeprefix("https://")
    evil = f"z{dice.getrandbits(24):06x}"
    origins = (
        *(f"https://{evil}.test", "null", f"https://{evil}{host}", f"https://{host}.{evil}.test"),
        f"http://{host}",
    )
    for origin in origins:
        signed = {"Origin": origin, **tokens("analyst").headers}
        preflight = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        for ask in (
            Ask(service=service.name, path=path, headers=signed),
            Ask(service=service.name, path=path, method="OPTIONS", headers=preflight),
        ):
            allowed = volley.one(ask).headers.get("access-control-allow-origin")
            demand(allowed is None, f"lets {origin} read as {allowed}", blames=service.name)


@pytest.mark.criterion("CFG-09-TRACE")
def test_methods_that_echo(service: ServiceTarget, volley: Volley) -> None:
    """TRACE and its like are refused, and what was sent does not come back."""
    marker = secrets.token_hex(8)
    for method in ("TRACE", "TRACK", "DEBUG", "QWERTY"):
        ask = Ask(service=service.name, method=method, path="/healthz", headers={"X-Marker": marker})
        answer = volley.one(ask)
        is_refused = answer.status_code in (400, 403, 404, 405, 501)
        demand(is_refused, f"answers {method} with {answer.status_code}", blames=service.name)
        demand(marker not in answer.text, f"echoes a header to {method}", blames=service.name)


@pytest.mark.criterion("CFG-10-METHODS")
def test_undeclared_methods(service: ServiceTarget, volley: Volley, tokens: SignedIn) -> None:
    """A method that the contract does not have is answered 405, with the methods that there are."""
    declared: dict[str, set[str]] = {}
    paths = {op.path: op.at() for op in operations(service.name)}
    for op in operations(service.name):
        declared.setdefault(op.path, set()).add(op.method)
    asks = [
        Ask(
            service=service.name,
            method=method,
            path=paths[path],
            headers=tokens("analyst").headers,
            what=path,
        )
        for path, methods in declared.items()
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if method not in methods
    ]
    for seen in volley.send(asks):
        what = f"answers {seen.ask.method} {seen.ask.what} with {seen.status}"
        demand(seen.status == 405, what, blames=service.name)
        demand(seen.answer.headers.get("allow"), f"{what} without Allow", blames=service.name)
