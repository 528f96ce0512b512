"""People with keys for tests; the keys are made anew each time."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gates.adapters.signing.allowed_signers import Signer, namespace_of
from gates.adapters.signing.ssh_signature import public_wire
from gates.model.statement import SeenStatement, Statement, StatementKind
from tests.support.builders import NOW, release
from tests.support.shipped import SHIPPED

PLATFORM = "isectech"


def key_file(folder: Path, name: str) -> tuple[Path, bytes]:
    """Write a new key and return its file and the wire form of its public half."""
    key = Ed25519PrivateKey.generate()
    file = folder / name
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return file, public_wire(key)


def signed_platform(folder: Path, roles: Iterable[str]) -> Path:
    """Return a copy of the shipped platform with a signer `ROLE-1` of each role; the keys are in `folder`."""
    platform = Path(shutil.copytree(SHIPPED, folder / "isectech"))
    lines = []
    for role in roles:
        _, public = key_file(folder, role)
        key = base64.b64encode(public).decode()
        lines.append(f'{role}-1 namespaces="{namespace_of(role, PLATFORM)}" ssh-ed25519 {key}\n')
    (platform / "allowed_signers").write_text("".join(lines))
    return platform


def signer(person: str, public_key: bytes, *roles: str, **times: Any) -> Signer:
    """Return a line of allowed_signers."""
    namespaces = frozenset(namespace_of(role, PLATFORM) for role in roles)
    return Signer(person=person, namespaces=namespaces, public_key=public_key, **times)


def statement(**changes: Any) -> Statement:
    """Return an attestation of OPS-05 for the builders' release, live at their moment."""
    values: dict[str, Any] = {
        "kind": StatementKind.ATTESTATION,
        "environment": "sandbox",
        "subject": "OPS-05",
        "digest": release().fingerprint,
        "by": "person-one",
        "role": "change-manager",
        "reason": "change 42 is approved",
        "issued_at": NOW - timedelta(hours=1),
        "expires_at": NOW + timedelta(hours=1),
    }
    return Statement(**{**values, **changes})


def seen(objection: str = "", key: str = "key-one", **changes: Any) -> SeenStatement:
    """Return a statement as it was found; without an objection its signature is good."""
    return SeenStatement(file="one.json", statement=statement(**changes), key=key, objection=objection)
