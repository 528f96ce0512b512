"""Real services, auth-service among them, behind one loopback port that tells them apart by Host."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp
import uvicorn
from fastapi import FastAPI

from sandbox.kit import seed
from sandbox.kit.settings import Settings
from sandbox.services.auth_service.app import build as build_auth
from tests.sandbox.support.running_platform import PLAIN, Switchboard, poll

AUTH = "auth-service"
Build = Callable[[Settings], FastAPI]


@dataclass(slots=True, kw_only=True)
class Stage:
    """A handle on the running services."""

    url: str
    folder: Path
    switchboard: Switchboard
    apps: dict[str, FastAPI] = field(default_factory=dict)
    clients: list[httpx.Client] = field(default_factory=list)
    _steps: dict[str, int] = field(default_factory=dict)

    def settings(self, service: str, env: Mapping[str, str]) -> Settings:
        """Return the settings of a service on this stage."""
        own = {"DATA_DIR": str(self.folder), "MESH_URL": self.url, "SERVICE_NAME": service}
        return Settings.from_mapping({**own, **env}, service=service)

    def host_of(self, service: str) -> str:
        """Return the host under which the service is found."""
        return self.settings(service, {}).host_of(service)

    def client(self, service: str, token: str = "") -> httpx.Client:
        """Return a client of one service, with a bearer token if one is given."""
        headers = {"host": self.host_of(service)}
        if token:
            headers["authorization"] = f"Bearer {token}"
        client = httpx.Client(base_url=self.url, headers=headers, timeout=20.0, trust_env=False, verify=PLAIN)
        self.clients.append(client)
        return client

    def code(self, name: str) -> str:
        """Return a one-time code of that person that this stage has not given before."""
        who = person(name)
        step = max(int(time.time()) // 30 - 1, self._steps.get(name, 0) + 1)
        self._steps[name] = step
        return pyotp.TOTP(who.totp_secret).generate_otp(step)

    def sign_in(self, name: str) -> dict[str, Any]:
        """Sign a seeded person in with both factors and return the tokens."""
        who, auth = person(name), self.client(AUTH)
        first = auth.post("/v1/login", json={"username": who.username, "password": who.password})
        assert first.status_code == 200, first.text
        second = auth.post(
            "/v1/mfa/verify", json={"mfaToken": first.json()["mfaToken"], "code": self.code(name)}
        )
        assert second.status_code == 200, second.text
        tokens: dict[str, Any] = second.json()
        return tokens

    def signed_in(self, service: str, name: str) -> httpx.Client:
        """Return a client of a service for a seeded person who has just signed in."""
        return self.client(service, self.sign_in(name)["accessToken"])

    def stop(self, service: str) -> None:
        """Let a service answer 503 from now on."""
        self.switchboard.down.add(self.host_of(service))

    def resume(self, service: str) -> None:
        """Let a stopped service answer again."""
        self.switchboard.down.discard(self.host_of(service))


def person(name: str) -> seed.Person:
    """Return the seeded person of that name."""
    return next(who for who in seed.people() if who.name == name)


@contextmanager
def staged(
    folder: Path, builds: Mapping[str, Build], env: Mapping[str, str] | None = None
) -> Iterator[Stage]:
    """Run auth-service and the services of `builds` until the block ends."""
    switchboard = Switchboard()
    config = uvicorn.Config(
        switchboard,
        host="127.0.0.1",
        port=0,
        log_level="error",
        lifespan="on",
        ws="none",
        server_header=False,
    )
    server = uvicorn.Server(config)
    # Named as TCP: asyncio switches Nagle's algorithm off for such sockets alone.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    stage = Stage(url=f"http://127.0.0.1:{listener.getsockname()[1]}", folder=folder, switchboard=switchboard)
    for name, build in {AUTH: build_auth, **builds}.items():
        stage.apps[name] = build(stage.settings(name, env or {}))
        switchboard.apps[stage.host_of(name)] = stage.apps[name]
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    assert poll(lambda: server.started), "the services did not start"
    try:
        yield stage
    finally:
        for client in stage.clients:
            client.close()
        server.should_exit = True
        thread.join(10)
        listener.close()
