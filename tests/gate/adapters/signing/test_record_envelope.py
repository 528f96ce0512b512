"""A record that differs in a byte from what was signed is not opened."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.signer import CryptoSigner, SSlibKey

from gates.adapters.signing.record_envelope import RecordFlawError, opened, sign
from gates.adapters.signing.record_keys import allowed_key, read_keys, signer_of
from gates.errors import ConfigurationError, DocumentError
from tests.support.promotion import key_pair, recorded

KEY = ec.derive_private_key(20260301, ec.SECP256R1())
ALLOWED: Mapping[str, SSlibKey] = {(one := allowed_key(KEY.public_key())).keyid: one}
RECORD = recorded()
CONTENT = sign(RECORD, CryptoSigner(KEY, one))


def is_opened(content: bytes) -> bool:
    """Whether the file counts as signed."""
    try:
        opened(content, ALLOWED, source="record")
    except RecordFlawError:
        return False
    return True


def test_what_was_signed_is_opened_as_it_was() -> None:
    """Signing and opening lose nothing."""
    assert opened(CONTENT, ALLOWED, source="record") == RECORD


@given(position=st.integers(0, len(CONTENT) - 1), flip=st.integers(1, 255))
def test_any_changed_byte_closes_it(position: int, flip: int) -> None:
    """No byte of the file is free."""
    changed = bytearray(CONTENT)
    changed[position] ^= flip

    assert not is_opened(bytes(changed))


@given(position=st.integers(0, len(CONTENT) - 1), length=st.integers(1, 40), more=st.binary(max_size=8))
def test_any_removed_or_added_bytes_close_it(position: int, length: int, more: bytes) -> None:
    """Nothing can be cut out, put in or replaced."""
    changed = CONTENT[:position] + more + CONTENT[position + length :]

    assert changed == CONTENT or not is_opened(changed)
    assert is_opened(CONTENT)


@pytest.mark.parametrize(
    "change", ["a second signature", "no signature", "another key's id", "an extra field"]
)
def test_an_envelope_of_another_form_is_refused(change: str) -> None:
    """One signature, and no field that is not signed."""
    envelope = json.loads(CONTENT)
    (signature,) = envelope["signatures"]
    envelope["signatures"] = {
        "a second signature": [signature, signature | {"keyid": "0" * 64}],
        "no signature": [],
        "another key's id": [signature | {"keyid": "0" * 64}],
        "an extra field": [signature | {"x": 1}],
    }[change]

    assert not is_opened(json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode() + b"\n")


def test_the_statement_is_what_readers_of_in_toto_expect() -> None:
    """Images are the subjects, and the result follows the verdict."""
    envelope = json.loads(CONTENT)
    statement = json.loads(base64.b64decode(envelope["payload"]))

    assert envelope["payloadType"] == "application/vnd.in-toto+json"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert {s["name"]: s["digest"] for s in statement["subject"]} == {
        name: {"sha256": image.removeprefix("sha256:")} for name, image in RECORD.images
    }
    assert statement["predicate"]["result"] == "PASSED"
    assert len(statement["predicate"]["passedTests"]) == len(RECORD.results)


@pytest.mark.parametrize("key", [KEY, rsa.generate_private_key(65537, 2048)], ids=["ECDSA P-256", "RSA"])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.OpenSSH])
def test_keys_of_files_sign_and_are_allowed_by_pem_blocks(
    tmp_path: Path, key: PrivateKeyTypes, form: PrivateFormat
) -> None:
    """PEM and OpenSSH files sign; the file of keys mixes both forms."""
    private, public = tmp_path / "key", tmp_path / "keys.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _, other = key_pair(tmp_path, "other")
    public.write_bytes(b"# staging's keys\n\n" + other.read_bytes() + pem)

    assert opened(sign(RECORD, signer_of(str(private))), read_keys(public), source="x") == RECORD


@pytest.mark.parametrize(
    "content", ["", "# nothing\n", "ssh-ed25519 x\n", "-----BEGIN PUBLIC KEY-----\nAAAA\n"]
)
def test_a_file_of_keys_that_is_not_understood_is_refused(tmp_path: Path, content: str) -> None:
    """A rule that is misread could allow too much."""
    file = tmp_path / "keys"
    file.write_text(content)

    with pytest.raises(DocumentError):
        read_keys(file)


def test_a_private_key_is_not_quoted_when_it_cannot_be_used(tmp_path: Path) -> None:
    """The error names the file alone."""
    file = tmp_path / "key"
    file.write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")

    with pytest.raises(ConfigurationError) as caught:
        signer_of(str(file))

    assert "c2VjcmV0" not in caught.value.diagnostics()
