"""SEC-08: every answer switches on the defences of whoever reads it.

What is demanded depends on the kind of content: a page runs scripts, a document of an API must not be able
to. Sources:
OWASP Secure Headers Project (https://owasp.org/www-project-secure-headers/), MDN HTTP Observatory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest

from gates.model.target import ServiceTarget
from journeys.checks import demand
from journeys.session import Tokens, bearer
from tests.readiness.security.contracts import Operation, operations
from tests.readiness.security.volley import Ask, Volley

HTML = "text/html"
EVERYWHERE: Mapping[str, str] = {
    "strict-transport-security": r"max-age=\d{8,}",
    "x-content-type-options": r"^nosniff$",
    "referrer-policy": r"^(no-referrer|same-origin|strict-origin(-when-cross-origin)?)$",
    "x-permitted-cross-domain-policies": r"^none$",
    "cross-origin-resource-policy": r"^same-(origin|site)$",
}
"""Header and what its value must match."""
PAGES: Mapping[str, str] = {
    "cross-origin-opener-policy": r"^same-origin$",
    "permissions-policy": r"camera=\(\)",
    "cache-control": r"no-store",
}
DOCUMENTS: Mapping[str, str] = {"cache-control": r"no-store"}
ASSETS = ("text/css", "text/javascript", "application/javascript", "image/", "font/")
"""Kinds of content that are the same for everybody and may be kept."""
_UNSAFE = ("'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:")


def _policy(response: httpx.Response) -> dict[str, list[str]]:
    """Return the directives of the content security policy."""
    parts = (one.split() for one in response.headers.get("content-security-policy", "").lower().split(";"))
    return {words[0]: words[1:] for words in parts if words}


def _policy_flaws(response: httpx.Response, *, is_page: bool) -> Iterator[str]:
    policy = _policy(response)
    if not policy:
        yield "no Content-Security-Policy"
        return
    if policy.get("frame-ancestors") not in (["'none'"], ["'self'"]):
        yield "may be framed by anybody (frame-ancestors)"
    if not is_page and policy.get("default-src") != ["'none'"]:
        yield "default-src is not 'none'"
    scripts = policy.get("script-src", policy.get("default-src", ["*"]))
    if any(word in _UNSAFE for word in scripts):
        yield f"takes scripts from {' '.join(scripts)}"


def _is_well_known(response: httpx.Response) -> bool:
    """Whether the answer is the same for everybody (RFC 8615), so that it may be kept."""
    return "/.well-known/" in response.request.url.path


def flaws(response: httpx.Response) -> list[str]:
    """Return what is missing or too weak in the headers of an answer."""
    kind = response.headers.get("content-type", "")
    is_page = kind.startswith(HTML)
    is_asset = kind.startswith(ASSETS)
    more = PAGES if is_page else {} if is_asset or _is_well_known(response) else DOCUMENTS
    found = [
        f"{name}: {response.headers.get(name, 'missing')}"
        for name, wanted in {**EVERYWHERE, **more}.items()
        if not re.search(wanted, response.headers.get(name, ""), re.IGNORECASE)
    ]
    return found if is_asset else [*found, *_policy_flaws(response, is_page=is_page)]


def _asks(op: Operation, token: str) -> Iterator[Ask]:
    """Yield the operation as a stranger asks it, and when it only reads also as somebody who may."""
    body: dict[str, object] | None = {} if op.takes_body else None
    yield Ask(service=op.service, method=op.method, path=op.at(), json=body, what=f"{op.name} of a stranger")
    if op.method == "GET" and op.scheme == "bearer":
        yield Ask(service=op.service, path=op.at(), headers=bearer(token), what=op.name)


@pytest.mark.criterion("SEC-08")
def test_headers_are_set(service: ServiceTarget, volley: Volley, tokens: Callable[[str], Tokens]) -> None:
    """Every operation of the contract, answered well or refused, and a path that is not there."""
    listed = [ask for op in operations(service.name) for ask in _asks(op, tokens("fuzz").access)]
    asks = [*listed, Ask(service=service.name, path="/nowhere", what="a path that is not there")]
    seen = volley.send(asks)
    demand(len(seen) > len(operations(service.name)), "has no operations to look at", blames=service.name)
    for one in seen:
        found = flaws(one.answer)
        message = f"{one.ask.what} ({one.status}) answers with {'; '.join(found)}"
        demand(not found, message, blames=service.name)
