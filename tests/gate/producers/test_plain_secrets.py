"""What counts as a secret in plain configuration, and what does not."""

from __future__ import annotations

import pytest

from tests.readiness.security.plain_secrets import looks_secret

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLIENT_SECRET", "hunter2"),
        ("DB_PASSWORD", "letmein"),
        ("STRIPE_API_KEY", "x"),
        ("ACCESS_TOKEN", "abc"),
        ("UPSTREAM", "b7f5d2c1a9e84c6f9d3b2a1e8c7f6d5a"),
        ("SETTINGS", f"bearer {JWT}"),
        ("PEM", "-----BEGIN PRIVATE KEY-----\nMIIE"),
        ("DATABASE_URL", "postgres://app:hunter2@db/app"),
        ("NOTE", "AKIAABCDEFGHIJKLMNOP"),
    ],
)
def test_a_secret_is_seen(name: str, value: str) -> None:
    """By the variable's name or by the value's shape."""
    assert looks_secret(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKEN_TTL", "900"),
        ("SERVICE_NAME", "auth-service"),
        ("MESH_URL", "http://127.0.0.1:8080"),
        ("DATABASE_URL", "postgres://db/app"),
        ("IMAGE_DIGEST", "sha256:" + "ab12" * 16),
        ("FEATURE_PASSWORDLESS", "true"),
        ("EMPTY_SECRET", ""),
        ("GREETING", "a sentence that is much longer than thirty-two characters, with spaces"),
    ],
)
def test_plain_configuration_is_let_pass(name: str, value: str) -> None:
    """Numbers, switches, addresses, digests and prose."""
    assert not looks_secret(name, value)
