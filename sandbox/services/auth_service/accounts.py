"""Users, clients and wrong attempts, as rows."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person's account."""

    id: str
    tenant: str
    username: str
    role: str
    tier: str
    password_hash: str
    totp_secret: str
    is_enabled: bool
    created_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """A program's account; `kind` is `service` or `client`."""

    id: str
    tenant: str
    kind: str
    roles: tuple[str, ...]
    tier: str
    secret_digest: str


def user_named(connection: sqlite3.Connection, username: str) -> User | None:
    return _user(connection.execute("SELECT * FROM users WHERE username = ?", (username,)).fetchone())


def user_with_id(connection: sqlite3.Connection, user_id: str) -> User | None:
    return _user(connection.execute("SELECT * FROM users WHERE id = ?", (user_id,)).fetchone())


def users_of(connection: sqlite3.Connection, tenant: str, after: str, limit: int) -> list[User]:
    """Return users of a tenant in the order of their ids, behind `after`."""
    query = "SELECT * FROM users WHERE tenant = ? AND id > ? ORDER BY id LIMIT ?"
    rows = connection.execute(query, (tenant, after, limit)).fetchall()
    return [user for row in rows if (user := _user(row)) is not None]


def add_user(connection: sqlite3.Connection, user: User) -> bool:
    query = (
        "INSERT INTO users VALUES (:id, :tenant, :username, :role, :tier, :password_hash, :totp_secret,"
        " :is_enabled, :created_at) ON CONFLICT (username) DO NOTHING"
    )
    return connection.execute(query, asdict(user)).rowcount > 0


def set_role(connection: sqlite3.Connection, user_id: str, role: str) -> None:
    connection.execute("UPDATE users SET role = ? WHERE id = ?", (role, user_id))


def set_enabled(connection: sqlite3.Connection, user_id: str, *, is_enabled: bool) -> None:
    connection.execute("UPDATE users SET is_enabled = ? WHERE id = ?", (is_enabled, user_id))


def set_password(connection: sqlite3.Connection, user_id: str, hashed: str) -> None:
    connection.execute("UPDATE users SET password_hash = ? WHERE id = ?", (hashed, user_id))


def client_with_id(connection: sqlite3.Connection, client_id: str) -> Client | None:
    row = connection.execute("SELECT * FROM clients WHERE id = ?", (client_id,)).fetchone()
    return Client(**{**dict(row), "roles": tuple(json.loads(row["roles"]))}) if row else None


def wrong_attempts(connection: sqlite3.Connection, account: str, since: float) -> list[float]:
    """Return the times of wrong attempts at an account, oldest first."""
    query = "SELECT at FROM wrong_attempts WHERE account = ? AND at > ? ORDER BY at"
    return [float(row["at"]) for row in connection.execute(query, (account, since))]


def add_wrong_attempt(connection: sqlite3.Connection, account: str, at: float, since: float) -> None:
    """Note a wrong attempt, and forget all that lie before `since`."""
    connection.execute("DELETE FROM wrong_attempts WHERE at <= ?", (since,))
    connection.execute("INSERT INTO wrong_attempts VALUES (?, ?)", (account, at))


def forget_attempts(connection: sqlite3.Connection, account: str) -> None:
    """Forget the wrong attempts at an account after a complete sign-in."""
    connection.execute("DELETE FROM wrong_attempts WHERE account = ?", (account,))


def use_code(connection: sqlite3.Connection, user_id: str, step: int) -> bool:
    """Use up a one-time code; False when it was used before."""
    connection.execute("DELETE FROM used_codes WHERE user_id = ? AND step < ?", (user_id, step - 10))
    query = "INSERT OR IGNORE INTO used_codes VALUES (?, ?)"
    return connection.execute(query, (user_id, step)).rowcount == 1


def _user(row: sqlite3.Row | None) -> User | None:
    return User(**{**dict(row), "is_enabled": bool(row["is_enabled"])}) if row is not None else None
