"""Text of a caller is data: for the database, the shell, the network, the headers and the browser."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from urllib.parse import quote

import pytest

from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from tests.readiness.security.canary import Canary
from tests.readiness.security.contracts import Operation, document, operations
from tests.readiness.security.records import Records, body_for, new_asset
from tests.readiness.security.tenants import Tenant
from tests.readiness.security.volley import Ask, Volley

DISCOVERY = "asset-discovery"
TABLES = ("events", "assets", "users", "threats", "decisions")
TEMPLATES = (
    ("{{", "}}"),
    ("${", "}"),
    ("#{", "}"),
    ("<%= ", " %>"),
    ("*{", "}"),
    ("@(", ")"),
)
PARAMETERS = ("next", "url", "return_to", "redirect", "lang", "theme")
FREE_TEXT = {"note", "summary", "description", "rationale", "os", "question", "value"}
"""Fields that take any text."""


def quotes(dice: Random) -> tuple[str, ...]:
    """Return text that ends a literal of SQL, alone and with more behind it."""
    number, table = dice.randint(2, 9999), dice.choice(TABLES)
    more = [
        f"' OR '{number}'='{number}",
        f"{number}' OR {number}={number}--",
        f"'; DROP TABLE {table};--",
        f"' UNION SELECT {','.join(str(n) for n in range(1, dice.randint(2, 6)))}--",
        f"') OR ({number}={number}",
        f"\\'; SELECT {number};#",
    ]
    return ("'", '"', *dice.sample(more, 4))


def commands(dice: Random) -> tuple[str, ...]:
    """Return words that a shell would carry out; each sleeps for longer than anybody waits."""
    nap = f"sleep {dice.uniform(4.0, 5.0):.2f}"
    return tuple(
        dice.sample((f";{nap}", f"$({nap})", f"`{nap}`", f"|{nap}", f"& {nap}", f"\n{nap}", f"&& {nap}"), 4)
    )


def sums(dice: Random) -> tuple[tuple[str, ...], str]:
    """Return a product as templates of several kinds, and its value, which nobody finds by chance."""
    one, other = dice.randint(10_000, 99_999), dice.randint(10_000, 99_999)
    what = dice.choice((f"{one}*{other}", f"{other} * {one}"))
    return tuple(f"{a}{what}{b}" for a, b in TEMPLATES), str(one * other)


def markup(dice: Random) -> str:
    """Return markup that a browser would carry out."""
    number = dice.randint(100, 999_999)
    return dice.choice(
        (
            f"<script>alert({number})</script>",
            f"<img src=x{number} onerror=alert({number})>",
            f"<svg onload=alert({number})></svg>",
            f'<iframe src="javascript:alert({number})"></iframe>',
        )
    )


def entity(dice: Random, address: str) -> bytes:
    """Return XML with an external entity at an address."""
    outer, inner = (f"{letter}{dice.getrandbits(16):x}" for letter in "xy")
    head = f'<?xml version="1.0"?><!DOCTYPE {outer} [<!ENTITY {inner} SYSTEM "{address}">]>'
    return f"{head}<{outer}>&{inner};</{outer}>".encode()


def _asked(service: str, tenant: Tenant, texts: tuple[str, ...]) -> Iterator[Ask]:
    """Yield every query and path parameter of every read with each of the texts."""
    headers = tenant.headers("admin")
    for op in operations(service):
        if op.method != "GET" or not op.roles:
            continue
        names = [each["name"] for each in op.declared.get("parameters", ()) if each["in"] == "path"]
        for text in texts:
            for name in names:
                path = op.at(**{name: quote(text, safe="")})
                yield Ask(service=service, path=path, headers=headers, what=f"{name}={text} at {op.name}")
            for name in op.queries():
                path = f"{op.at()}?{name}={quote(text, safe='')}"
                yield Ask(service=service, path=path, headers=headers, what=f"?{name}={text} at {op.name}")
        yield Ask(
            service=service, path=f"{op.at()}?zz={quote(texts[0], safe='')}", headers=headers, what=op.name
        )


def _written(service: str, records: Records, text: str) -> Iterator[Ask]:
    """Yield every document of every write with the text in each field that takes any."""
    for op in operations(service):
        if not op.takes_body or "admin" not in op.roles or not op.path.startswith("/v1/"):
            continue
        body = body_for(op, records.ids)
        for name in sorted(_fields(op) & FREE_TEXT):
            yield Ask(
                service=service,
                method=op.method,
                path=records.path(op),
                headers=records.tenant.headers("admin"),
                json={**body, name: text},
                what=f"{name} at {op.name}",
            )


def _fields(op: Operation) -> set[str]:
    """Return the fields that the document of an operation may have."""
    schema = op.declared["requestBody"]["content"]["application/json"]["schema"]
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    return set(document(op.service)["components"]["schemas"].get(name, schema).get("properties", ()))


@pytest.mark.criterion("INJ-01-SQL")
@pytest.mark.impact("creates-data")
def test_sql(
    service: ServiceTarget, volley: Volley, records: Records, stranger: Tenant, dice: Random
) -> None:
    """Quotes break nothing, and a condition that is always true finds nothing more."""
    texts = quotes(dice)
    for seen in volley.send(_asked(service.name, stranger, texts)):
        demand(seen.status < 500, f"breaks at {seen.ask.what}: {seen.status}", blames=service.name)
        found = records.mentions(seen.answer.text, seen.ask.path) if seen.status == 200 else []
        demand(not found, f"finds another tenant's {found[:2]} for {seen.ask.what}", blames=service.name)
    for text in texts:
        for seen in volley.send(_written(service.name, records, text)):
            demand(
                seen.status < 500, f"breaks at {text} in {seen.ask.what}: {seen.status}", blames=service.name
            )


@pytest.mark.criterion("INJ-02-COMMANDS")
@pytest.mark.impact("creates-data")
def test_commands(
    service: ServiceTarget, target: Target, volley: Volley, records: Records, dice: Random
) -> None:
    """Nothing sleeps and nothing is calculated, in a parameter or in a text."""
    longest_s = target.demand("INJ-02-COMMANDS").limit("longestSeconds")
    templates, value = sums(dice)
    texts = (*commands(dice), *templates)
    asks = list(_asked(service.name, records.tenant, texts))
    asks += [ask for text in texts for ask in _written(service.name, records, text)]
    for seen in volley.send(asks):
        demand(seen.status < 500, f"breaks at {seen.ask.what}: {seen.status}", blames=service.name)
        seconds = seen.answer.elapsed.total_seconds()
        demand(seconds < longest_s, f"takes {seconds:.1f} s over {seen.ask.what}", blames=service.name)
        demand(value not in seen.answer.text, f"calculates {seen.ask.what}", blames=service.name)


@pytest.mark.criterion("INJ-03-SSRF")
@pytest.mark.impact("noisy")
def test_foreign_addresses(volley: Volley, tenant: Tenant, canary: Canary) -> None:
    """No spelling of an address outside the scanned range is taken, and nobody calls the canary."""
    port, addresses = canary.port, [canary.address(host) for host in ("127.0.0.1", "localhost", "2130706433")]
    places = (
        *(*addresses, f"127.0.0.1:{port}", "127.0.0.1", "127.0.0.0/24", "0.0.0.0/0", "169.254.169.254"),
        *("169.254.169.0/24", "metadata.google.internal", "2852039166", "[::ffff:127.0.0.1]", "::1"),
        *(f"10.1.1.1@127.0.0.1:{port}", f"http://10.1.1.1@127.0.0.1:{port}/", "10.1.1.0/8", "192.168.0.0/24"),
    )
    headers = tenant.headers("admin")
    asks = [
        Ask(
            service=DISCOVERY,
            method="POST",
            path="/v1/scans",
            headers=headers,
            json={"network": place},
            what=place,
        )
        for place in places
    ]
    asks += [
        Ask(
            service=DISCOVERY,
            method="POST",
            path="/v1/assets",
            headers=headers,
            json={**new_asset(), field: place},
            what=f"{field} {place}",
        )
        for place in places
        for field in ("address", "hostname")
        if not (field == "hostname" and place.isdecimal())
    ]
    taken = [f"{s.ask.what}: {s.status}" for s in volley.send(asks) if not 400 <= s.status < 500]
    called = [address for address in addresses if canary.was_called(address)]
    demand(not called and "/" not in canary.calls, f"called {called or 'the root'}", blames=DISCOVERY)
    demand(not taken, f"takes {'; '.join(taken[:4])}", blames=DISCOVERY)


@pytest.mark.criterion("INJ-04-CRLF")
@pytest.mark.impact("noisy")
def test_line_breaks(service: ServiceTarget, volley: Volley, dice: Random) -> None:
    """A line break in a parameter makes no header, and a host that was made up comes back nowhere."""
    marker, name = f"{dice.getrandbits(48):012x}", dice.choice(PARAMETERS)
    path = next(op.path for op in operations(service.name) if op.method == "GET" and not op.scheme)
    breaks = (f"%0d%0aX-{marker}:1", f"%0aX-{marker}:1", f"%E5%98%8D%E5%98%8AX-{marker}:1")
    asks = [Ask(service=service.name, path=f"{path}?{name}={each}", what=each) for each in breaks]
    asks += [Ask(service=service.name, path="/", target=f"/{each}".encode(), what=each) for each in breaks]
    asks += [
        Ask(service=service.name, path=path, headers={header: f"{marker}.evil.test"}, what=header)
        for header in ("X-Forwarded-Host", "X-Host", "Forwarded", "X-Forwarded-Server", "X-Request-Id")
    ]
    for seen in volley.send(asks):
        made = f"x-{marker}" in {header.lower() for header in seen.answer.headers}
        demand(not made, f"makes a header of {seen.ask.what}", blames=service.name)
        reflected = f"{marker}.evil" in seen.answer.text + seen.answer.headers.get("location", "")
        demand(not reflected, f"links to the host that {seen.ask.what} names", blames=service.name)


@pytest.mark.criterion("INJ-05-XML")
@pytest.mark.impact("noisy")
def test_entities(
    service: ServiceTarget, volley: Volley, tenant: Tenant, canary: Canary, dice: Random
) -> None:
    """A document with an external entity is refused, and the entity is not fetched."""
    address = canary.address()
    content = entity(dice, address)
    asks = [
        Ask(
            service=service.name,
            method=op.method,
            path=op.at(),
            headers={**tenant.headers("admin"), "Content-Type": kind},
            content=content,
            what=f"{kind} at {op.name}",
        )
        for op in operations(service.name)
        if op.takes_body
        for kind in ("application/xml", "text/xml", "application/soap+xml")
    ]
    taken = [f"{s.ask.what}: {s.status}" for s in volley.send(asks) if not 400 <= s.status < 500]
    demand(not canary.was_called(address), "fetched an entity of a document", blames=service.name)
    demand(asks and not taken, f"takes {'; '.join(taken[:4])}", blames=service.name)


@pytest.mark.criterion("INJ-07-MARKUP")
@pytest.mark.impact("creates-data")
def test_stored_markup(service: ServiceTarget, volley: Volley, records: Records, dice: Random) -> None:
    """Markup that was stored is read back as JSON that no browser takes for a page."""
    text = markup(dice)
    stored = volley.send(_written(service.name, records, text))
    reads = [
        Ask(service=service.name, path=records.path(op), headers=records.tenant.headers("admin"))
        for op in operations(service.name)
        if op.method == "GET" and op.roles and op.path.startswith("/v1/")
    ]
    demand(stored, "has no text to store", blames=service.name)
    for seen in [*stored, *volley.send(reads)]:
        if text[:8] not in seen.answer.text:
            continue
        kind, headers = seen.answer.headers.get("content-type", ""), seen.answer.headers
        is_safe = "json" in kind and headers.get("x-content-type-options") == "nosniff"
        demand(is_safe, f"{seen.ask.path} gives stored markup back as {kind}", blames=service.name)
        expect(seen.answer, 200, 201, 202, 207, 409, blames=service.name)
