"""The tables of auth-service and what they are born with. Migrations only ever append."""

from __future__ import annotations

import json
import sqlite3
import time
from functools import cache

from sandbox.kit.seed import clients, people, signing_keys
from sandbox.services.auth_service.passwords import digest_of, hash_password

MIGRATIONS = (
    """
    CREATE TABLE users (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, username TEXT NOT NULL UNIQUE, role TEXT NOT NULL,
        tier TEXT NOT NULL, password_hash TEXT NOT NULL, totp_secret TEXT NOT NULL,
        is_enabled INTEGER NOT NULL, created_at REAL NOT NULL
    );
    CREATE INDEX users_by_tenant ON users (tenant, id);
    CREATE TABLE clients (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, kind TEXT NOT NULL, roles TEXT NOT NULL,
        tier TEXT NOT NULL, secret_digest TEXT NOT NULL
    );
    CREATE TABLE signing_keys (
        kid TEXT PRIMARY KEY, jwk TEXT NOT NULL, created_at REAL NOT NULL,
        is_current INTEGER NOT NULL, retired_at REAL
    );
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY, user_id TEXT NOT NULL REFERENCES users (id),
        created_at REAL NOT NULL, revoked_at REAL, reason TEXT
    );
    CREATE INDEX sessions_by_user ON sessions (user_id);
    CREATE TABLE refresh_tokens (
        digest TEXT PRIMARY KEY, session TEXT NOT NULL REFERENCES sessions (id),
        expires_at REAL NOT NULL, used_at REAL
    );
    CREATE TABLE spent_tokens (token_id TEXT PRIMARY KEY, until REAL NOT NULL);
    CREATE TABLE used_codes (user_id TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (user_id, step));
    CREATE TABLE wrong_attempts (account TEXT NOT NULL, at REAL NOT NULL);
    CREATE INDEX wrong_attempts_by_account ON wrong_attempts (account, at);
    CREATE TABLE audit (
        id TEXT PRIMARY KEY, at REAL NOT NULL, service TEXT NOT NULL, tenant TEXT NOT NULL,
        actor TEXT NOT NULL, action TEXT NOT NULL, target TEXT NOT NULL, trace_id TEXT NOT NULL,
        request_id TEXT NOT NULL, detail TEXT NOT NULL
    );
    CREATE INDEX audit_by_tenant ON audit (tenant, at, id);
    CREATE INDEX audit_by_trace ON audit (trace_id);
    """,
)


def fill(connection: sqlite3.Connection) -> None:
    """Put the seeded people, clients and keys into an empty database."""
    now = time.time()
    for person in people():
        who = (person.id, person.tenant, person.username, person.role, person.tier)
        row = (*who, _hash_of(person.password), person.totp_secret, now)
        connection.execute("INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?, 1, ?)", row)
    for client in clients():
        known = (client.id, client.tenant, client.kind, json.dumps(client.roles), client.tier)
        connection.execute(
            "INSERT INTO clients VALUES (?, ?, ?, ?, ?, ?)", (*known, digest_of(client.secret))
        )
    for name, jwk in signing_keys().items():
        key = (jwk["kid"], json.dumps(jwk), now, name == "first")
        connection.execute("INSERT INTO signing_keys VALUES (?, ?, ?, ?, NULL)", key)


@cache
def _hash_of(password: str) -> str:
    """Return the hash of a seeded person's password: the slowest part, the same for every database."""
    return hash_password(password)
