"""Signing keys: one signs, the ones before it stay trusted until their last token has expired."""

from __future__ import annotations

import json
import secrets
import sqlite3

from joserfc.jwk import KeySet

from sandbox.kit.tokens import private_jwk, public_jwk

_SPARE_S = 60.0


def current_jwk(connection: sqlite3.Connection) -> dict[str, str]:
    row = connection.execute("SELECT jwk FROM signing_keys WHERE is_current = 1").fetchone()
    jwk: dict[str, str] = json.loads(row["jwk"])
    return jwk


def public_jwks(connection: sqlite3.Connection, *, token_ttl: float, now: float) -> list[dict[str, str]]:
    """Return the public keys of every token that may still be valid."""
    query = "SELECT jwk FROM signing_keys WHERE retired_at IS NULL OR retired_at > ? ORDER BY created_at, kid"
    rows = connection.execute(query, (now - token_ttl - _SPARE_S,)).fetchall()
    return [public_jwk(json.loads(row["jwk"])) for row in rows]


def key_set(connection: sqlite3.Connection, *, token_ttl: float, now: float) -> KeySet:
    """Return the same keys, ready to check signatures."""
    keys = public_jwks(connection, token_ttl=token_ttl, now=now)
    return KeySet.import_key_set({"keys": [{**key} for key in keys]})


def rotate(connection: sqlite3.Connection, now: float) -> str:
    """Let a new key sign from now on and return its id."""
    jwk = private_jwk(secrets.token_bytes(32))
    connection.execute("UPDATE signing_keys SET is_current = 0, retired_at = ? WHERE is_current = 1", (now,))
    connection.execute(
        "INSERT INTO signing_keys VALUES (?, ?, ?, 1, NULL)", (jwk["kid"], json.dumps(jwk), now)
    )
    return jwk["kid"]
