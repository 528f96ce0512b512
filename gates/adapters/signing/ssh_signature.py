"""SSH signatures (OpenSSH's PROTOCOL.sshsig) with Ed25519 keys, byte for byte those of `ssh-keygen -Y sign`.

Written here so that signing and checking need no OpenSSH on the machine; a key in an agent signs with
`ssh-keygen -Y sign` and is checked here all the same. One algorithm, one hash, no options: what is not
exactly that form is refused.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
import textwrap
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from gates.errors import ConfigurationError

KEY_TYPE = "ssh-ed25519"
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASH = b"sha512"
_HEAD, _FOOT = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_KEY_BYTES, _SIGNATURE_BYTES = 32, 64


class SignatureFlawError(ValueError):
    """Text that is not a signature of the one accepted form, or that does not fit its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshSignature:
    """A signature that fits its content: who owns the key is another question."""

    public_key: bytes
    namespace: str

    @property
    def fingerprint(self) -> str:
        """The key's fingerprint as ssh-keygen prints it."""
        return fingerprint(self.public_key)


def fingerprint(public_key: bytes) -> str:
    """Return the fingerprint of a public key's wire form."""
    digest = base64.b64encode(hashlib.sha256(public_key).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def load_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key in an OpenSSH key file.

    Raises:
        ConfigurationError: it cannot be read, is protected, or is not an Ed25519 key.
    """
    by_hand = (
        "make one with `ssh-keygen -t ed25519`; a protected key or an agent signs with `ssh-keygen -Y sign`"
    )
    try:
        key = load_ssh_private_key(path.read_bytes(), password=None)
    except OSError as error:
        cause = f"the key {path} cannot be read: {error.strerror}"
        raise ConfigurationError(cause, next_step=by_hand) from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigurationError(f"the key {path} cannot be used: {error}", next_step=by_hand) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(f"the key {path} is not an Ed25519 key", next_step=by_hand)
    return key


def public_wire(key: Ed25519PrivateKey) -> bytes:
    """Return the wire form of the key's public half."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return _string(KEY_TYPE.encode()) + _string(raw)


def sign(key: Ed25519PrivateKey, namespace: str, content: bytes) -> str:
    """Return the armoured signature of `content`."""
    signature = _string(KEY_TYPE.encode()) + _string(key.sign(_signed(namespace, content)))
    blob = _MAGIC + struct.pack(">I", _VERSION)
    blob += b"".join(map(_string, (public_wire(key), namespace.encode(), b"", _HASH, signature)))
    body = textwrap.fill(base64.b64encode(blob).decode(), 70)
    return f"{_HEAD}\n{body}\n{_FOOT}\n"


def check(text: str, content: bytes) -> SshSignature:
    """Return the signature in `text` after checking that it is one of `content`.

    Raises:
        SignatureFlawError: it is not; the message says why.
    """
    key, namespace, reserved, algorithm, signature = _fields(_blob(text))
    if reserved or algorithm != _HASH:
        raise SignatureFlawError(f"hash {algorithm.decode(errors='replace')} is not taken")
    raw_key = _typed(key, _KEY_BYTES)
    raw_signature = _typed(signature, _SIGNATURE_BYTES)
    try:
        name = namespace.decode()
        Ed25519PublicKey.from_public_bytes(raw_key).verify(raw_signature, _signed(name, content))
    except (InvalidSignature, UnicodeDecodeError, ValueError) as error:
        raise SignatureFlawError("the signature does not fit the content") from error
    return SshSignature(public_key=key, namespace=name)


def _blob(text: str) -> bytes:
    lines = text.strip().splitlines()
    if len(lines) < 3 or (lines[0], lines[-1]) != (_HEAD, _FOOT):  # noqa: PLR2004 - head, body, foot
        raise SignatureFlawError("no SSH signature")
    armour = "".join(lines[1:-1])
    try:
        blob = base64.b64decode(armour, validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureFlawError("the signature is cut or damaged") from error
    if base64.b64encode(blob).decode() != armour:
        # The last letter carries spare bits: two spellings would be one signature.
        raise SignatureFlawError("the signature is cut or damaged")
    if blob[:10] != _MAGIC + struct.pack(">I", _VERSION):
        raise SignatureFlawError("another version of SSH signature")
    return blob[10:]


def _fields(rest: bytes) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    found = []
    for _ in range(5):
        field, rest = _take(rest)
        found.append(field)
    if rest:
        raise SignatureFlawError("bytes after the signature")
    return found[0], found[1], found[2], found[3], found[4]


def _typed(blob: bytes, length: int) -> bytes:
    kind, rest = _take(blob)
    value, rest = _take(rest)
    if kind != KEY_TYPE.encode() or len(value) != length or rest:
        raise SignatureFlawError(f"only {KEY_TYPE} keys are taken")
    return value


def _take(blob: bytes) -> tuple[bytes, bytes]:
    if len(blob) < 4:  # noqa: PLR2004 - the length's own bytes
        raise SignatureFlawError("the signature is cut or damaged")
    (length,) = struct.unpack(">I", blob[:4])
    if len(blob) < 4 + length:
        raise SignatureFlawError("the signature is cut or damaged")
    return blob[4 : 4 + length], blob[4 + length :]


def _signed(namespace: str, content: bytes) -> bytes:
    digest = hashlib.sha512(content).digest()
    return _MAGIC + b"".join(map(_string, (namespace.encode(), b"", _HASH, digest)))


def _string(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value
