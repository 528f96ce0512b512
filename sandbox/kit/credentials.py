"""Client secrets: the variable that Secret Manager fills, a file of SECRETS_DIR, else the well-known one."""

from __future__ import annotations

import hashlib

from sandbox.kit.settings import Settings
from sandbox.topology import SALT


def client_secret(settings: Settings) -> str:
    if settings.client_secret:
        return settings.client_secret
    if settings.secrets_dir is not None:
        file = settings.secrets_dir / "client-secret" / settings.service
        if file.is_file():
            return file.read_text(encoding="utf-8").strip()
    return known_secret(settings.service)


def known_secret(name: str) -> str:
    """Return the secret that the seed gives to the client `name`; the same on every machine."""
    return hashlib.sha256(f"isectech sandbox client {name}{SALT}".encode()).hexdigest()
