"""A key in Cloud KMS signs records there: the gate sends a digest and never sees the private key."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from google.api_core.exceptions import GoogleAPICallError, PermissionDenied
from google.cloud import kms
from google.cloud.kms_v1.types import CryptoKeyVersion

from gates.adapters.signing.record_envelope import opened, sign
from gates.adapters.signing.record_keys import allowed_key, signer_of
from gates.errors import ConfigurationError
from tests.support.promotion import recorded

NAME = "projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"
KEY = ec.derive_private_key(20260302, ec.SECP256R1())
ALGORITHMS = CryptoKeyVersion.CryptoKeyVersionAlgorithm


class FakeKms:
    """Stands in for the client of Cloud KMS: signs digests with one key, or refuses."""

    algorithm: Any = ALGORITHMS.EC_SIGN_P256_SHA256
    refusals: tuple[str, ...] = ()

    def get_public_key(self, request: dict[str, Any]) -> SimpleNamespace:
        """Return the public half of the key."""
        self._refuse("get_public_key", request)
        pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return SimpleNamespace(algorithm=self.algorithm, public_key=SimpleNamespace(data=pem))

    def asymmetric_sign(self, request: dict[str, Any]) -> SimpleNamespace:
        """Sign a digest."""
        self._refuse("asymmetric_sign", request)
        algorithm = ec.ECDSA(utils.Prehashed(hashes.SHA256()))
        return SimpleNamespace(signature=KEY.sign(request["digest"]["sha256"], algorithm))

    def _refuse(self, call: str, request: dict[str, Any]) -> None:
        assert request["name"] == NAME
        if call in self.refusals:
            denied: GoogleAPICallError = PermissionDenied(f"{call} denied")
            raise denied


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> type[FakeKms]:
    """Put the fake in the place of the client; a test changes its own copy of the class."""
    fake = type("OwnKms", (FakeKms,), {})
    monkeypatch.setattr(kms, "KeyManagementServiceClient", fake)
    return fake


def test_a_record_that_cloud_kms_signed_is_opened_with_the_public_key(cloud: type[FakeKms]) -> None:
    """The id of the key is the same as that of its PEM block."""
    key = allowed_key(KEY.public_key())
    record = recorded()

    assert opened(sign(record, signer_of(f"gcpkms:{NAME}")), {key.keyid: key}, source="x") == record


@pytest.mark.parametrize("call", ["get_public_key", "asymmetric_sign"])
def test_a_key_that_may_not_be_used_is_said(cloud: type[FakeKms], call: str) -> None:
    """The error names the permission that is missing."""
    cloud.refusals = (call,)

    with pytest.raises(ConfigurationError, match=f"{call} denied"):
        sign(recorded(), signer_of(f"gcpkms:{NAME}"))


def test_a_key_of_another_algorithm_is_refused(cloud: type[FakeKms]) -> None:
    """Only what the gate can check is signed with."""
    cloud.algorithm = ALGORITHMS.HMAC_SHA256

    with pytest.raises(ConfigurationError, match="cannot be used"):
        signer_of(f"gcpkms:{NAME}")
