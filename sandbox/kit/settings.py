"""The settings of a service process, read from its environment once and frozen.

Nothing is read at import time: a warmed parent process imports this module and forks before any
environment is known.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTiers:
    """Requests that one caller may send per window to one instance, by tier."""

    window_s: float = 10.0
    anonymous: int = 300
    standard: int = 300
    high: int = 1_000_000

    def limit(self, tier: str) -> int:
        return {"standard": self.standard, "high": self.high}.get(tier, self.anonymous)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The environment of one revision process; all times in seconds, all sizes in bytes."""

    service: str
    environment: str = "sandbox"
    project: str = "isectech-sandbox"
    revision: str = "local"
    version: str = "0"
    digest: str = ""
    commit: str = "unknown"
    data_dir: Path = Path(".sandbox/data")
    secrets_dir: Path | None = None
    client_secret: str = field(default="", repr=False)
    mesh_url: str = "http://127.0.0.1:8080"
    gce_metadata_host: str = ""
    """Where Google's tokens for the other services' front ends come from; empty: they ask for none."""
    host_template: str = "isectech-{service}-sandbox.us-central1.run.test"
    token_ttl: float = 900.0
    refresh_ttl: float = 86_400.0
    mfa_ttl: float = 120.0
    revocation_ttl: float = 0.5
    fallback_max_age: float = 300.0
    lockout_threshold: int = 5
    lockout_window: float = 60.0
    breaker_threshold: int = 5
    breaker_open_for: float = 2.0
    call_timeout: float = 5.0
    max_body: int = 1024 * 1024
    rates: RateTiers = field(default_factory=RateTiers)

    @classmethod
    def from_environment(cls, *, service: str) -> Settings:
        """Read the process environment; `service` names the process when SERVICE_NAME is not set."""
        return cls.from_mapping(os.environ, service=service)

    @classmethod
    def from_mapping(cls, env: Mapping[str, str], *, service: str) -> Settings:
        """Build settings from `env`, with the defaults above for what it does not say.

        Raises:
            ValueError: a number cannot be read.
        """
        secrets = env.get("SECRETS_DIR")
        given = {
            "service": env.get("SERVICE_NAME") or service,
            "version": _version_of(env.get("IMAGE", "")),
            "secrets_dir": Path(secrets) if secrets else None,
            "rates": RateTiers(**_given(RateTiers, env, "RATE_LIMIT_{}")),
        }
        return cls(**{**given, **_given(cls, env, "{}")})

    @property
    def database(self) -> Path:
        return self.data_dir / f"{self.service}.sqlite3"

    @property
    def issuer(self) -> str:
        """The `iss` of every token here; another environment has another host, so its tokens fail."""
        return f"https://{self.host_of('auth-service')}"

    def host_of(self, service: str) -> str:
        return self.host_template.format(service=service)


_VARIABLES = {
    "version": "SERVICE_VERSION",
    "revision": "K_REVISION",
    "digest": "IMAGE_DIGEST",
    "host_template": "SERVICE_HOST_TEMPLATE",
    "window_s": "RATE_WINDOW",
}
"""The variables that are not called like their field."""


def _given(shape: type, env: Mapping[str, str], template: str) -> dict[str, Any]:
    """Read the fields that have a text, a number or a path for a default, each by the type of its default."""
    named = [(one, _VARIABLES.get(one.name, template.format(one.name.upper()))) for one in fields(shape)]
    return {
        one.name: type(one.default)(env[name])
        for one, name in named
        if isinstance(one.default, str | int | float | Path) and env.get(name)
    }


def _version_of(image: str) -> str:
    """Return the version in `sandbox/<service>:<version>[-<fault>]`; "0" when there is none."""
    tag = image.rpartition(":")[2] if ":" in image else ""
    version = tag.partition("-")[0]
    return version if version.replace(".", "").isdigit() else "0"
