"""Keys of records: which public keys may sign, and the signer that a key reference names.

The file of allowed keys holds PEM blocks and lines of OpenSSH's `.pub` files, one after the other; lines that
start with # are comments. A key reference is the path of a private key file (PEM or OpenSSH, without a
passphrase), or `gcpkms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V`.
Keys are Ed25519, ECDSA (P-256, P-384) or RSA.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

from gates.adapters.machine.settings import from_root
from gates.errors import ConfigurationError, DocumentError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
    from securesystemslib.signer import Signer, SSlibKey

KMS = "gcpkms:"
_FOOT = "-----END PUBLIC KEY-----"


def read_keys(path: Path) -> Mapping[str, SSlibKey]:
    """Return the allowed public keys of a file, by id.

    Raises:
        DocumentError: it cannot be read, holds no key, or holds something that is not a public key.
    """
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise DocumentError(f"cannot be read: {error}", path=str(path), line=0) from error
    keys = {}
    for line, block in _blocks(text):
        try:
            load = load_pem_public_key if block.startswith(b"-") else load_ssh_public_key
            key = allowed_key(load(block))
        except (ValueError, UnsupportedAlgorithm) as error:
            cause = "neither a PEM public key nor a line of an OpenSSH .pub file"
            raise DocumentError(cause, path=str(path), line=line) from error
        keys[key.keyid] = key
    if not keys:
        raise DocumentError("holds no public key", path=str(path), line=0)
    return keys


def _blocks(text: str) -> Iterator[tuple[int, bytes]]:
    """Yield each key with the number of its first line."""
    block: list[str] = []
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if not block and (not line.strip() or line.startswith("#")):
            continue
        block.append(line)
        if not block[0].startswith("-") or line == _FOOT or number == len(lines):
            yield number - len(block) + 1, "\n".join(block).encode()
            block = []


def allowed_key(public: PublicKeyTypes) -> SSlibKey:
    """Return a public key as securesystemslib knows it; its id is the digest of the key itself.

    Raises:
        ValueError: records are not signed with keys of this type.
    """
    from securesystemslib.signer import SSlibKey  # noqa: PLC0415 - most commands open no record

    wire = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = SSlibKey.from_crypto(public, keyid=hashlib.sha256(wire).hexdigest())
    if key.keytype not in ("ed25519", "ecdsa", "rsa"):
        raise ValueError(f"records are not signed with {key.keytype} keys")
    return key


def signer_of(reference: str) -> Signer:
    """Return what signs with the private key that a reference names; a key in Cloud KMS stays there.

    Raises:
        ConfigurationError: the key cannot be used. The message never holds a part of it.
    """
    if reference.startswith(KMS):
        return _kms_signer(reference.removeprefix(KMS))
    from securesystemslib.signer import CryptoSigner  # noqa: PLC0415 - most commands sign no record

    path = from_root(reference.removeprefix("file:"))
    try:
        content = path.read_bytes()
        load = load_ssh_private_key if b"OPENSSH PRIVATE KEY" in content else load_pem_private_key
        private = load(content, password=None)
        return CryptoSigner(private, allowed_key(private.public_key()))
    except OSError as error:
        raise _unusable(path, error.strerror or "cannot be read") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(path, "not an unprotected private key of type Ed25519, ECDSA or RSA") from error


def _kms_signer(name: str) -> Signer:
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415 - only for keys in Cloud KMS
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from securesystemslib.exceptions import UnsupportedAlgorithmError  # noqa: PLC0415
    from securesystemslib.signer import GCPSigner  # noqa: PLC0415

    try:
        _, found = GCPSigner.import_(name)
        key = allowed_key(load_pem_public_key(found.keyval["public"].encode()))
        signer = GCPSigner(name, key)
    except (GoogleAPIError, GoogleAuthError, UnsupportedAlgorithmError, ValueError) as error:
        raise ConfigurationError(
            f"the key {KMS}{name} cannot be used: {error}",
            next_step="its algorithm is EC_SIGN_P256_SHA256; grant roles/cloudkms.signerVerifier on it",
        ) from error
    if key.scheme != found.scheme:
        raise ConfigurationError(f"the key {KMS}{name} signs with {found.scheme}, which is not supported")
    return signer


def _unusable(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"the key {path} cannot be used: {why}",
        next_step='make one with `ssh-keygen -t ed25519 -N "" -f FILE`, or name one in Cloud KMS: gcpkms:…',
    )
