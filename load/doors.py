"""Where a load test's users go, from the files that the gate writes for the generator.

`LOAD_TARGET` names the frozen target of a run, `LOAD_IDENTITIES` a file of secrets by identity.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gates.model.identity import Identity
from gates.model.target import ServiceTarget, Target
from journeys.client import client
from journeys.registry import CAST
from journeys.session import AUTH, Tokens, sign_in
from journeys.world import World

_TOKEN_LIFE_S = 600.0
"""After this time an identity signs in again; the platform's tokens live longer."""


def read_target(path: Path) -> Target:
    """Return the target that a run froze, as far as users of the public doors need it."""
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return Target(
        environment=told["environment"],
        fingerprint=told["fingerprint"],
        project=told["project"],
        region=told["region"],
        service_name=told["service_name"],
        services=tuple(ServiceTarget(**service) for service in told["services"]),
        public_urls=tuple((name, url) for name, url in told["public_urls"]),
        allowed_impacts=(),
        demands=(),
        addresses=tuple((name, address) for name, address in told["addresses"]),
        ca_file=told["ca_file"],
    )


@dataclass(slots=True)
class TokenCache:
    """The tokens of every identity, shared by all users: one-time codes are good once."""

    target: Target
    secrets: Mapping[str, Mapping[str, Any]]
    _known: dict[str, tuple[Tokens, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def tokens(self, name: str) -> Tokens:
        """Return the tokens of an identity, signed in now and then."""
        with self._lock:
            tokens, until = self._known.get(name, (None, 0.0))
            if tokens is None or time.monotonic() > until:
                with client(self.target, AUTH) as door:
                    tokens = sign_in(door, self._identity(name))
                self._known[name] = (tokens, time.monotonic() + _TOKEN_LIFE_S)
            return tokens

    def _identity(self, name: str) -> Identity:
        entry = self.secrets[name]
        return Identity(
            name=name,
            username=entry["username"],
            tenant=entry["tenant"],
            roles=tuple(entry.get("roles", ())),
            password=entry["password"],
            totp_secret=entry["totp_secret"],
            was_accepted=True,
        )


@dataclass(frozen=True, slots=True)
class ServiceClients:
    """The platform's public doors, open for one user."""

    wardrobe: TokenCache
    gateway: Any
    frontend: Any
    auth: Any

    @classmethod
    def open(cls, wardrobe: TokenCache) -> ServiceClients:
        """Open them; every user has connections of its own."""
        target = wardrobe.target
        public = {name: target.public_url(name) for name in ("api-gateway", "frontend")}
        through = f"{public['api-gateway']}/api/v1/{AUTH}"
        return cls(
            wardrobe,
            client(target, "api-gateway", base_url=public["api-gateway"]),
            client(target, "frontend", base_url=public["frontend"]),
            client(target, AUTH, base_url=through),
        )

    def world(self, label: str) -> World:
        """Return a fresh world for one journey."""
        return World(
            gateway=self.gateway,
            frontend=self.frontend,
            auth=self.auth,
            tokens=lambda part: self.wardrobe.tokens(CAST[part]),
            secret=lambda part: self.wardrobe.secrets[CAST[part]],
            label=label,
        )

    def close(self) -> None:
        """Close the connections."""
        for door in (self.gateway, self.frontend, self.auth):
            door.close()
