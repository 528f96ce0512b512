"""Sessions, refresh tokens and spent tokens, as rows.

A session is a family of refresh tokens (RFC 9700, section 4.14.2): each is used once; a second use means
that there is a stolen copy, so the whole session ends.
"""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from enum import StrEnum

from sandbox.services.auth_service.passwords import digest_of


class Redeemed(StrEnum):
    """What became of a refresh token that was handed in."""

    GOOD = "good"
    UNKNOWN = "unknown"
    REUSED = "reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One sign-in of one user."""

    id: str
    user_id: str
    created_at: float
    revoked_at: float | None
    reason: str | None


def open_session(connection: sqlite3.Connection, user_id: str, now: float) -> str:
    session_id = f"ses_{secrets.token_hex(12)}"
    connection.execute("INSERT INTO sessions VALUES (?, ?, ?, NULL, NULL)", (session_id, user_id, now))
    return session_id


def session_with_id(connection: sqlite3.Connection, session_id: str) -> Session | None:
    row = connection.execute("SELECT * FROM sessions WHERE id = ?", (session_id,)).fetchone()
    return Session(**dict(row)) if row else None


def revoke_session(connection: sqlite3.Connection, session_id: str, reason: str, now: float) -> None:
    """End a session; the first reason stays."""
    query = "UPDATE sessions SET revoked_at = ?, reason = ? WHERE id = ? AND revoked_at IS NULL"
    connection.execute(query, (now, reason, session_id))


def revoke_sessions_of(
    connection: sqlite3.Connection, user_id: str, reason: str, now: float, *, but: str = ""
) -> None:
    """End all sessions of a user, but one."""
    query = (
        "UPDATE sessions SET revoked_at = ?, reason = ? WHERE user_id = ? AND id <> ? AND revoked_at IS NULL"
    )
    connection.execute(query, (now, reason, user_id, but))


def add_refresh_token(connection: sqlite3.Connection, session_id: str, expires_at: float) -> str:
    """Mint the session's next refresh token and return it; only its digest is kept."""
    token = secrets.token_urlsafe(32)
    connection.execute(
        "INSERT INTO refresh_tokens VALUES (?, ?, ?, NULL)", (digest_of(token), session_id, expires_at)
    )
    return token


def redeem(connection: sqlite3.Connection, token: str, now: float) -> tuple[Redeemed, str]:
    """Use up a refresh token; return what became of it and its session id ("" when unknown)."""
    query = "SELECT * FROM refresh_tokens WHERE digest = ?"
    row = connection.execute(query, (digest_of(token),)).fetchone()
    if row is None or row["expires_at"] <= now:
        return Redeemed.UNKNOWN, ""
    if row["used_at"] is not None:
        return Redeemed.REUSED, row["session"]
    connection.execute("UPDATE refresh_tokens SET used_at = ? WHERE digest = ?", (now, row["digest"]))
    return Redeemed.GOOD, row["session"]


def session_of_refresh_token(connection: sqlite3.Connection, token: str) -> str | None:
    query = "SELECT session FROM refresh_tokens WHERE digest = ?"
    row = connection.execute(query, (digest_of(token),)).fetchone()
    return str(row["session"]) if row else None


def spend(connection: sqlite3.Connection, token_id: str, until: float, now: float) -> bool:
    """Make a token useless by its id until it expires anyway; False when it was spent before."""
    connection.execute("DELETE FROM spent_tokens WHERE until <= ?", (now,))
    query = "INSERT OR IGNORE INTO spent_tokens VALUES (?, ?)"
    return connection.execute(query, (token_id, until)).rowcount == 1


def is_spent(connection: sqlite3.Connection, token_id: str) -> bool:
    query = "SELECT 1 FROM spent_tokens WHERE token_id = ?"
    return connection.execute(query, (token_id,)).fetchone() is not None
