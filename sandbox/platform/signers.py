"""A signing key for every role, and the file that allows them: approvals can be tried in the sandbox.

    signers/ROLE          private key, Ed25519, OpenSSH's form
    allowed_signers       `sandbox-ROLE` may sign as ROLE
    standing/             signed grants of P0 and P1: a rollback needs no approval, as there are no users

The keys are new with every start and belong to no person.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from sandbox.platform.state_dir import write_private
from sandbox.topology import ENVIRONMENT

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
_GRANTED = {"P0": "on-call-engineer", "P1": "team-lead"}
_TERM = timedelta(days=30)


def write_signers(folder: Path) -> None:
    """Write a key per role, `allowed_signers` and the signed grants into the state directory."""
    keys = {role: Ed25519PrivateKey.generate() for role in ROLES}
    (folder / "signers").mkdir(exist_ok=True)
    lines = [_write(folder / "signers", role, key) for role, key in keys.items()]
    (folder / "allowed_signers").write_text("".join(lines), encoding="utf-8")
    (folder / "standing").mkdir(exist_ok=True)
    for old in (folder / "standing").iterdir():  # signed with the keys of an earlier start
        old.unlink()
    for priority, role in _GRANTED.items():
        _grant(folder / "standing" / f"{priority}.json", priority, role, keys[role])


def _grant(file: Path, priority: str, role: str, key: Ed25519PrivateKey) -> None:
    now = datetime.now(UTC)
    stated: dict[str, object] = {
        "kind": "standing-authority",
        "environment": ENVIRONMENT,
        "subject": priority,
        "digest": f"platform:{PLATFORM}",
        "by": f"sandbox-{role}",
        "role": role,
        "reason": "the sandbox has no users",
        "issued_at": _stamp(now),
        "expires_at": _stamp(now + _TERM),
        "links": [],
        "service": None,
        "refuses": False,
    }
    text = json.dumps(stated, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    file.with_name(f"{file.name}.sig").write_text(_signed(key, f"gate-{role}@{PLATFORM}", text), "ascii")
    file.write_bytes(text)


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _signed(key: Ed25519PrivateKey, namespace: str, content: bytes) -> str:
    """Return what `ssh-keygen -Y sign` would write (OpenSSH, PROTOCOL.sshsig)."""
    head, kind = b"SSHSIG", _field(b"ssh-ed25519")
    about = b"".join(map(_field, (namespace.encode(), b"", b"sha512")))
    signature = key.sign(head + about + _field(hashlib.sha512(content).digest()))
    public = kind + _field(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    blob = head + struct.pack(">I", 1) + _field(public) + about + _field(kind + _field(signature))
    body = textwrap.fill(base64.b64encode(blob).decode(), 70)
    return f"-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n"


def _field(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def _write(folder: Path, role: str, key: Ed25519PrivateKey) -> str:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    write_private(folder / role, private)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return f'sandbox-{role} namespaces="gate-{role}@{PLATFORM}" {public}\n'
