"""A signing key for every role, and the file that allows them: so that people's part can be tried here too.

    signers/ROLE          private key, Ed25519, OpenSSH's form
    allowed_signers       `sandbox-ROLE` may sign as ROLE

New keys with every start; nobody's key is ever among them.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ROLES = (
    "technical-lead",
    "security-team-lead",
    "operations-manager",
    "product-owner",
    "on-call-engineer",
    "team-lead",
    "change-manager",
    "incident-commander",
    "engineering-manager",
    "infrastructure-team-lead",
)
PLATFORM = "isectech"


def write_signers(folder: Path) -> None:
    """Write a key per role and `allowed_signers` into the state directory."""
    keys = folder / "signers"
    keys.mkdir(exist_ok=True)
    (folder / "allowed_signers").write_text("".join(_write(keys, role) for role in ROLES), encoding="utf-8")


def _write(folder: Path, role: str) -> str:
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    handle = os.open(folder / role, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(private)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return f'sandbox-{role} namespaces="gate-{role}@{PLATFORM}" {public}\n'
