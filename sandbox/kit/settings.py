"""What a service process is told by its environment, read once and frozen.

Nothing is read at import time: a warmed parent process imports this module and forks before any
environment is known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RateTiers:
    """Requests that one caller may send per window to one instance, by tier."""

    window_s: float = 10.0
    anonymous: int = 300
    standard: int = 300
    high: int = 1_000_000

    def limit(self, tier: str) -> int:
        """Return the limit of `tier`; a tier that nobody knows gets the anonymous one."""
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
    host_template: str = "isectech-{service}-sandbox.us-central1.run.test"
    public_hosts: Mapping[str, str] = field(default_factory=dict)
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
            ValueError: a number or the JSON of PUBLIC_HOSTS cannot be read.
        """
        texts = {name: env[key] for name, key in _TEXTS.items() if env.get(key)}
        floats = {name: float(env[key]) for name, key in _FLOATS.items() if env.get(key)}
        counts = {name: int(env[key]) for name, key in _COUNTS.items() if env.get(key)}
        secrets = env.get("SECRETS_DIR")
        return cls(
            service=env.get("SERVICE_NAME") or service,
            version=env.get("SERVICE_VERSION") or _version_of(env.get("IMAGE", "")),
            data_dir=Path(env.get("DATA_DIR") or ".sandbox/data"),
            secrets_dir=Path(secrets) if secrets else None,
            public_hosts=json.loads(env.get("PUBLIC_HOSTS") or "{}"),
            rates=_rates(env),
            **texts,  # type: ignore[arg-type]
            **floats,  # type: ignore[arg-type]
            **counts,  # type: ignore[arg-type]
        )

    @property
    def database(self) -> Path:
        """The service's one database file, shared by all its revisions."""
        return self.data_dir / f"{self.service}.sqlite3"

    @property
    def issuer(self) -> str:
        """The `iss` of every token here; another environment has another host, so its tokens fail."""
        return f"https://{self.host_of('auth-service')}"

    def host_of(self, service: str) -> str:
        """Return the host name under which the mesh routes to `service`."""
        return self.host_template.format(service=service)


_TEXTS = {
    "environment": "ENVIRONMENT",
    "project": "PROJECT",
    "revision": "K_REVISION",
    "digest": "IMAGE_DIGEST",
    "commit": "COMMIT",
    "client_secret": "CLIENT_SECRET",
    "mesh_url": "MESH_URL",
    "host_template": "SERVICE_HOST_TEMPLATE",
}
_FLOATS = {
    "token_ttl": "TOKEN_TTL",
    "refresh_ttl": "REFRESH_TTL",
    "mfa_ttl": "MFA_TTL",
    "revocation_ttl": "REVOCATION_TTL",
    "fallback_max_age": "FALLBACK_MAX_AGE",
    "lockout_window": "LOCKOUT_WINDOW",
    "breaker_open_for": "BREAKER_OPEN_FOR",
    "call_timeout": "CALL_TIMEOUT",
}
_COUNTS = {
    "lockout_threshold": "LOCKOUT_THRESHOLD",
    "breaker_threshold": "BREAKER_THRESHOLD",
    "max_body": "MAX_BODY",
}


def _rates(env: Mapping[str, str]) -> RateTiers:
    default = RateTiers()
    return RateTiers(
        window_s=float(env.get("RATE_WINDOW") or default.window_s),
        anonymous=int(env.get("RATE_LIMIT_ANONYMOUS") or default.anonymous),
        standard=int(env.get("RATE_LIMIT_STANDARD") or default.standard),
        high=int(env.get("RATE_LIMIT_HIGH") or default.high),
    )


def _version_of(image: str) -> str:
    """Return the version in `sandbox/<service>:<version>[-<fault>]`; "0" when there is none."""
    tag = image.rpartition(":")[2] if ":" in image else ""
    version = tag.partition("-")[0]
    return version if version.replace(".", "").isdigit() else "0"
