"""What the answers themselves give away: kinds, caching, versions, traces, secrets, surplus fields."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from gates.model.identity import Identity
from gates.model.target import ServiceTarget, Target
from journeys.checks import demand, expect
from journeys.session import Tokens, page_session
from tests.readiness.security.contracts import Operation, document, operations
from tests.readiness.security.records import Records
from tests.readiness.security.tenants import Account
from tests.readiness.security.volley import Ask, Seen, Volley

FRONTEND = "frontend"
LEAKING = (
    *("x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator", "x-runtime", "x-version"),
    *("x-envoy-upstream-service-time", "x-envoy-decorator-operation", "x-server-powered-by", "x-php-version"),
    *("x-sourcemap", "sourcemap", "x-debug-token", "x-django-version", "x-python-version", "x-backend"),
)
"""Of the headers that the OWASP Secure Headers Project wants removed, those of servers like these."""
NUMBERED = re.compile(
    r"(?i)\b(python|uvicorn|starlette|fastapi|pydantic|sqlite|nginx|envoy|gunicorn)[/ -]?v?\d+\.\d+"
)
INSIDE = re.compile(
    r'Traceback|File "|\.py\b|site-packages|sqlite3|SELECT .+ FROM|/usr/|/home/|Exception\b|at 0x[0-9a-f]{6}'
)
SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\$argon2i?d?\$|\bAKIA[0-9A-Z]{16}\b|\bghp_[A-Za-z0-9]{36}\b|"
    r"\bAIza[0-9A-Za-z_-]{35}\b|\bxox[bp]-[0-9A-Za-z-]{10,}|\"private_key\"|postgres(ql)?://[^\s\"]+:[^\s\"]+@"
)
FORBIDDEN = re.compile(r"(?i)password|passwd|hash$|secret|otp|private|credential|apikey")
"""Names of fields that no read may have."""
BROKEN = b'{"a":'


@pytest.fixture(scope="session")
def sweep(volley: Volley, target: Target, tokens: Callable[[str], Tokens]) -> Mapping[str, list[Seen]]:
    """Ask every service for all that it offers to read, and for what it does not have."""
    asks = [ask for service in target.services for ask in _swept(service.name, tokens("analyst").headers)]
    found: dict[str, list[Seen]] = {service.name: [] for service in target.services}
    for seen in volley.send(asks):
        found[seen.ask.service].append(seen)
    return found


def _swept(service: str, headers: Mapping[str, str]) -> Iterator[Ask]:
    for op in operations(service):
        if op.method == "GET":
            yield Ask(service=service, path=op.at(), headers=headers, what=op.name)
        elif op.takes_body:
            json_type = {**headers, "Content-Type": "application/json"}
            yield Ask(
                service=service,
                method=op.method,
                path=op.at(),
                headers=json_type,
                content=BROKEN,
                what=op.name,
            )
    for path in (f"/{secrets.token_hex(6)}", f"/v1/{'a' * 3000}", "/v1/%ff%fe", "/v1/'\"<script>"):
        yield Ask(service=service, path=path, headers=headers, what=path[:20])
    yield Ask(service=service, method="DELETE", path="/version", headers=headers, what="DELETE /version")


@pytest.fixture(scope="session")
def owner_reads(
    volley: Volley, target: Target, records: Records
) -> Mapping[str, list[tuple[Operation, Seen]]]:
    """Read every record of our own as its administrator, at every service."""
    cells = [
        (
            op,
            Ask(service=s.name, path=records.path(op), headers=records.tenant.headers("admin"), what=op.name),
        )
        for s in target.services
        for op in operations(s.name)
        if op.method == "GET" and op.scheme == "bearer"
    ]
    found: dict[str, list[tuple[Operation, Seen]]] = {service.name: [] for service in target.services}
    for (op, ask), seen in zip(cells, volley.send([ask for _, ask in cells]), strict=True):
        found[ask.service].append((op, seen))
    return found


@pytest.mark.criterion("AUZ-09-EXCESS")
@pytest.mark.impact("creates-data")
@pytest.mark.together("owner reads")
def test_no_more_than_the_contract(
    service: ServiceTarget, owner_reads: Mapping[str, list[tuple[Operation, Seen]]]
) -> None:
    """Every read of our own records fits its schema, and no field has the name of a secret."""
    looked = 0
    for op, seen in owner_reads[service.name]:
        content = op.declared["responses"]["200"].get("content", {}).get("application/json")
        if seen.status != 200 or content is None:
            continue
        looked += 1
        found = seen.answer.json()
        schema = {**content["schema"], "components": document(service.name)["components"]}
        surplus = [error.message[:120] for error in Draft202012Validator(schema).iter_errors(found)]
        demand(not surplus, f"{op.name} does not fit its contract: {surplus[:2]}", blames=service.name)
        secret = [name for name in _names(found) if FORBIDDEN.search(name)]
        demand(not secret, f"{op.name} shows {secret[:3]}", blames=service.name)
    demand(looked, "gave its owner nothing to read", blames=service.name)


def _names(found: Any) -> Iterator[str]:
    if isinstance(found, dict):
        for name, value in found.items():
            yield str(name)
            yield from _names(value)
    elif isinstance(found, list):
        for value in found:
            yield from _names(value)


@pytest.mark.criterion("CFG-05-CONTENT")
@pytest.mark.together("sweep")
def test_content_types(service: ServiceTarget, sweep: Mapping[str, list[Seen]]) -> None:
    """What is called JSON is JSON, what is called a page is a page, and text says how it is written."""
    wrong = [
        f"{seen.ask.what}: {complaint}" for seen in sweep[service.name] if (complaint := _untrue(seen.answer))
    ]
    demand(not wrong, f"does not say what it sends: {'; '.join(wrong[:3])}", blames=service.name)


def _untrue(answer: httpx.Response) -> str:
    kind = answer.headers.get("content-type", "")
    if not answer.content:
        return ""
    if not kind:
        return "no Content-Type"
    if "json" in kind:
        return "" if _is_json(answer.text) else f"called {kind} and is not"
    if kind.startswith("text/html") and "<" not in answer.text[:200]:
        return "called a page and is none"
    return "" if "charset=" in kind or not kind.startswith("text/") else f"{kind} without charset"


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.criterion("CFG-07-NO-STORE")
@pytest.mark.impact("creates-data")
@pytest.mark.together("owner reads")
def test_nothing_is_stored(
    service: ServiceTarget,
    http: Callable[[str], httpx.Client],
    account: Callable[..., Account],
    owner_reads: Mapping[str, list[tuple[Operation, Seen]]],
) -> None:
    """Every answer to somebody who is signed in says no-store."""
    answers = [(op.name, seen.answer) for op, seen in owner_reads[service.name] if seen.status == 200]
    if service.name == FRONTEND:
        client = http(FRONTEND)
        cookie = {"Cookie": page_session(client, account("analyst").identity)}
        client.cookies.clear()
        pages = [op.path for op in operations(FRONTEND) if op.method == "GET" and op.scheme == "session"]
        answers += [(p, expect(client.get(p, headers=cookie), 200, blames=FRONTEND)) for p in pages]
    kept = [name for name, answer in answers if "no-store" not in answer.headers.get("cache-control", "")]
    demand(answers and not kept, f"lets others store {kept[:3]}", blames=service.name)


@pytest.mark.criterion("CFG-11-VERSIONS")
@pytest.mark.together("sweep")
def test_no_versions(service: ServiceTarget, sweep: Mapping[str, list[Seen]]) -> None:
    """No header is there that tells of the software, and no number of a version."""
    for seen in sweep[service.name]:
        headers = seen.answer.headers
        told = [name for name in LEAKING if name in headers]
        told += [headers[name] for name in ("server", "via") if re.search(r"\d+\.\d+", headers.get(name, ""))]
        told += (
            []
            if seen.ask.what == "GET /version"
            else [m.group() for m in NUMBERED.finditer(seen.answer.text)]
        )
        demand(not told, f"{seen.ask.what} tells {told[:3]}", blames=service.name)


@pytest.mark.criterion("CFG-12-VERBOSE")
@pytest.mark.together("sweep")
def test_errors_tell_nothing(service: ServiceTarget, sweep: Mapping[str, list[Seen]]) -> None:
    """No error shows a trace, a path, a query or a name of the code, and there were errors to look at."""
    errors = [seen for seen in sweep[service.name] if seen.status >= 400]
    demand(errors, "answers nothing with an error", blames=service.name)
    for seen in errors:
        said = INSIDE.search(seen.answer.text)
        shown = said.group()[:60] if said else ""
        demand(not said, f"the error of {seen.ask.what} tells of the inside: {shown}", blames=service.name)


@pytest.mark.criterion("CFG-14-SECRETS")
@pytest.mark.together("sweep")
def test_no_secrets(
    service: ServiceTarget,
    volley: Volley,
    sweep: Mapping[str, list[Seen]],
    identity: Callable[[str], Identity],
) -> None:
    """No answer of this whole run holds something that looks like a secret, or one that we know."""
    analyst = identity("analyst")
    known = [text for text in (analyst.password, analyst.totp_secret) if text]
    answers = [seen.answer for seen in sweep[service.name]]
    answers += [answer for name, answer in volley.answers if name == service.name]
    for answer in answers:
        text = answer.text + str(answer.headers)
        shown = bool(SECRET.search(text)) or any(secret in text for secret in known)
        demand(not shown, f"{answer.request.url.path} sends a secret", blames=service.name)
