"""Secrets that are wrong: what the gate holds of its test identities no longer opens anything.

Nothing of the platform changes. The file with the right secrets is kept beside the wrong one.
"""

from __future__ import annotations

import json
import secrets
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.platform.state_dir import write_private

FILE = "identities.json"
KEPT = "identities.right.json"
_WRONG: Mapping[str, Callable[[], str]] = {
    "password": lambda: f"Wrong-{secrets.token_hex(6)}!",
    "totp_secret": lambda: b32encode(secrets.token_bytes(20)).decode(),
    "client_secret": lambda: secrets.token_hex(16),
}


def spoil(state_dir: Path) -> None:
    """Put wrong secrets in the place of all right ones; a second time changes nothing."""
    kept = state_dir / KEPT
    if kept.exists():
        return
    right = (state_dir / FILE).read_bytes()
    write_private(kept, right)
    wrong = {name: _spoilt(entry) for name, entry in json.loads(right).items()}
    write_private(state_dir / FILE, json.dumps(wrong, indent=1).encode())


def mend(state_dir: Path) -> None:
    """Put the right secrets back."""
    kept = state_dir / KEPT
    if kept.exists():
        kept.replace(state_dir / FILE)


def _spoilt(entry: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: _WRONG[key]() if key in _WRONG else value for key, value in entry.items()}
    if isinstance(jwk := entry.get("jwk"), dict):
        other = urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        found["jwk"] = {**jwk, "d": other}
    return found
