"""Real services on one loopback port, told apart by the Host header as the mesh does it.

In the place of auth-service stands a small one that signs real tokens with the sandbox's first key, calls
every token active and remembers the audit trail, so that the six domain services can be tested without it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sandbox.kit import seed
from sandbox.kit.settings import Settings
from sandbox.kit.tokens import USER_AUDIENCE, public_jwk, sign

Build = Callable[[Settings], FastAPI]
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients that speak plain HTTP: without it each one reads all certificates of the machine."""


@dataclass(slots=True)
class Trail:
    """The audit entries that arrived."""

    entries: list[dict[str, Any]] = field(default_factory=list)

    def actions(self, trace_id: str) -> list[str]:
        """What was done in one trace, in the order of its happening."""
        found = [entry for entry in self.entries if entry["traceId"] == trace_id]
        return [entry["action"] for entry in sorted(found, key=lambda entry: entry["at"])]


def small_auth(settings: Settings, trail: Trail) -> FastAPI:
    """The part of auth-service that other services talk to."""
    app = FastAPI(openapi_url=None)
    key = seed.signing_keys()["first"]

    @app.get("/.well-known/jwks.json")
    def keys() -> dict[str, Any]:
        return {"keys": [public_jwk(key)]}

    @app.post("/v1/token")
    async def token(request: Request) -> dict[str, Any]:
        asked = await request.json()
        claims = {"sub": asked["clientId"], "tenant": "", "roles": ["service"], "kind": "service"}
        return {
            "accessToken": _signed(settings, claims, asked["audience"]),
            "expiresIn": 900,
            "tokenType": "Bearer",
        }

    @app.post("/v1/introspect")
    def introspect() -> dict[str, bool]:
        return {"active": True}

    @app.post("/v1/audit", status_code=202)
    async def audit(request: Request) -> Response:
        trail.entries += (await request.json())["entries"]
        return Response(status_code=202)

    return app


def _signed(settings: Settings, claims: Mapping[str, Any], audience: str) -> str:
    now = int(time.time())
    times = {"iat": now, "exp": now + 900, "jti": f"jti-{time.time_ns()}"}
    return sign({**claims, **times, "iss": settings.issuer, "aud": audience}, seed.signing_keys()["first"])


class Switchboard:
    """Gives each request to the app whose host it names; runs the lifespans of all."""

    def __init__(self) -> None:
        self.apps: dict[str, ASGIApp] = {}
        self.down: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        host = dict(scope["headers"]).get(b"host", b"").decode()
        app = self.apps.get(host)
        if app is None or host in self.down:
            await Response(status_code=503)(scope, receive, send)
            return
        await app(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        async with AsyncExitStack() as stack:
            for app in self.apps.values():
                if isinstance(app, FastAPI):
                    await stack.enter_async_context(app.router.lifespan_context(app))
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningPlatform:
    """A handle on the running services."""

    url: str
    settings: Settings
    trail: Trail
    switchboard: Switchboard
    open_clients: list[httpx.Client] = field(default_factory=list)

    def client(
        self, service: str, role: str, *, tenant: str = "acme", person: str = "", trace_id: str = ""
    ) -> httpx.Client:
        """A client of one service, signed in as a person with that role."""
        claims = {
            "sub": person or f"usr_{role}",
            "tenant": tenant,
            "roles": [role] if role else [],
            "kind": "user",
            "tier": "high",
        }
        headers = {
            "host": self.settings.host_of(service),
            "authorization": f"Bearer {_signed(self.settings, claims, USER_AUDIENCE)}",
        }
        if trace_id:
            headers["traceparent"] = f"00-{trace_id}-00000000000000aa-01"
        client = httpx.Client(base_url=self.url, headers=headers, timeout=20.0, trust_env=False, verify=PLAIN)
        self.open_clients.append(client)
        return client

    def stop(self, service: str) -> None:
        """Let a service answer 503 from now on."""
        self.switchboard.down.add(self.settings.host_of(service))


def poll(look: Callable[[], Any], *, seconds: float = 15.0) -> Any:
    """Look until something true is seen; the last look's value when the time is up."""
    pause = threading.Event()
    deadline = time.monotonic() + seconds
    seen = look()
    while not seen and time.monotonic() < deadline:
        pause.wait(0.02)
        seen = look()
    return seen


@contextmanager
def running(folder: Path, builds: Mapping[str, Build]) -> Iterator[RunningPlatform]:
    """Run the services until the block ends."""
    switchboard, trail = Switchboard(), Trail()
    server = uvicorn.Server(uvicorn.Config(switchboard, log_level="error", lifespan="on", ws="none"))
    # asyncio switches Nagle's algorithm off only for sockets that say that they are TCP.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(service="auth-service", data_dir=folder, mesh_url=url)
    switchboard.apps[settings.host_of("auth-service")] = small_auth(settings, trail)
    for name, build in builds.items():
        own = Settings(service=name, data_dir=folder, mesh_url=url)
        switchboard.apps[settings.host_of(name)] = build(own)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    poll(lambda: server.started)
    platform = RunningPlatform(url=url, settings=settings, trail=trail, switchboard=switchboard)
    try:
        yield platform
    finally:
        for client in platform.open_clients:
            client.close()
        server.should_exit = True
        thread.join(10)
        listener.close()
