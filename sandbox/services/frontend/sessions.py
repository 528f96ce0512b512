"""Browser sessions: the cookie holds a random name, the database the tokens behind its digest."""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from dataclasses import dataclass

from sandbox.kit.store import Store

COOKIE = "__Host-session"
MIGRATIONS = (
    """
    CREATE TABLE sessions (
        digest TEXT PRIMARY KEY, subject TEXT NOT NULL, tenant TEXT NOT NULL, username TEXT NOT NULL,
        roles TEXT NOT NULL, access_token TEXT NOT NULL, access_until REAL NOT NULL,
        refresh_token TEXT NOT NULL, ends_at REAL NOT NULL, refreshing_until REAL NOT NULL
    );
    CREATE INDEX sessions_by_end ON sessions (ends_at);
    """,
)
_REFRESH_CLAIM_S = 10.0
_SPARE_SHARE = 0.25
"""A token is renewed when this share of its life is left, so the old one still serves meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What auth-service gave; times in Unix seconds."""

    access: str
    access_until: float
    refresh: str
    ends_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Who signed in."""

    subject: str
    tenant: str
    username: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One browser session."""

    digest: str
    member: Member
    tokens: Tokens


class Sessions:
    """The sessions in one store, shared by all instances."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def start(self, member: Member, tokens: Tokens) -> str:
        """Keep a new session and return the value of its cookie."""
        cookie = secrets.token_urlsafe(32)
        row = (_digest(cookie), member.subject, member.tenant, member.username, " ".join(member.roles))
        with self._store.write() as connection:
            connection.execute("DELETE FROM sessions WHERE ends_at <= ?", (time.time(),))
            connection.execute(
                "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (*row, tokens.access, tokens.access_until, tokens.refresh, tokens.ends_at),
            )
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session that the cookie names, unless it has ended."""
        query = "SELECT * FROM sessions WHERE digest = ? AND ends_at > ?"
        with self._store.read() as connection:
            row = connection.execute(query, (_digest(cookie), time.time())).fetchone()
        return _session(row) if row else None

    def claim_refresh(self, session: Session, lifetime_s: float) -> bool:
        """Whether the token is due and this caller alone shall renew it: a refresh token is good for once."""
        now = time.time()
        if session.tokens.access_until - now > lifetime_s * _SPARE_SHARE:
            return False
        query = "UPDATE sessions SET refreshing_until = ? WHERE digest = ? AND refreshing_until <= ?"
        with self._store.write() as connection:
            claimed = connection.execute(query, (now + _REFRESH_CLAIM_S, session.digest, now))
            return claimed.rowcount == 1

    def renew(self, session: Session, tokens: Tokens) -> None:
        query = (
            "UPDATE sessions SET access_token = ?, access_until = ?, refresh_token = ?, ends_at = ?,"
            " refreshing_until = 0 WHERE digest = ?"
        )
        values = (tokens.access, tokens.access_until, tokens.refresh, tokens.ends_at, session.digest)
        with self._store.write() as connection:
            connection.execute(query, values)

    def end(self, session: Session) -> None:
        with self._store.write() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (session.digest,))


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode("utf-8", "surrogateescape")).hexdigest()


def _session(row: sqlite3.Row) -> Session:
    member = Member(
        subject=row["subject"],
        tenant=row["tenant"],
        username=row["username"],
        roles=tuple(row["roles"].split()),
    )
    tokens = Tokens(
        access=row["access_token"],
        access_until=row["access_until"],
        refresh=row["refresh_token"],
        ends_at=row["ends_at"],
    )
    return Session(digest=row["digest"], member=member, tokens=tokens)
