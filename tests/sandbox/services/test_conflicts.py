"""Records that may exist once: which collision a service calls a conflict, and which is its own mistake."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from sandbox.kit.store import Store
from sandbox.services.asset_discovery import store as assets
from sandbox.services.asset_discovery.models import Asset
from sandbox.services.auth_service import accounts
from sandbox.services.auth_service.schema import MIGRATIONS as ACCOUNTS
from sandbox.services.threat_detection import store as threats
from sandbox.services.threat_detection.models import Indicator

Insert = Callable[[sqlite3.Connection, str, str], bool]
"""Insert a record with this id and this value of what may exist once; False when the value is taken."""


def asset(connection: sqlite3.Connection, id_: str, address: str) -> bool:
    """Insert an asset."""
    made = Asset(
        id=id_,
        hostname="db-7",
        address=address,
        kind="server",
        os="linux",
        criticality="low",
        state="active",
        open_ports=[],
        tags=[],
        owner=None,
        source="person",
        scan_id=None,
        first_seen=0.0,
        last_seen=0.0,
    )
    return assets.ASSETS.insert(connection, "acme", made)


def indicator(connection: sqlite3.Connection, id_: str, value: str) -> bool:
    """Insert an indicator."""
    made = Indicator(id=id_, kind="domain", value=value, description="", created_by="usr_1", created_at=0.0)
    return threats.INDICATORS.insert(connection, "acme", made)


def user(connection: sqlite3.Connection, id_: str, username: str) -> bool:
    """Insert a user."""
    made = accounts.User(
        id=id_,
        tenant="acme",
        username=username,
        role="viewer",
        tier="standard",
        password_hash="hash",
        totp_secret="secret",
        is_enabled=True,
        created_at=0.0,
    )
    return accounts.add_user(connection, made)


KINDS = {
    "asset": (assets.MIGRATIONS, asset),
    "indicator": (threats.MIGRATIONS, indicator),
    "user": (ACCOUNTS, user),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[sqlite3.Connection, Insert]]:
    """A database that holds one record, and how to insert another."""
    migrations: Sequence[str]
    migrations, insert = KINDS[request.param]
    database = Store(tmp_path / "records.sqlite3", migrations)
    with database.write() as connection:
        assert insert(connection, "id_1", "first")
        yield connection, insert
    database.close()


def test_a_value_that_is_taken_is_a_conflict(kind: tuple[sqlite3.Connection, Insert]) -> None:
    """The caller may choose another one."""
    connection, insert = kind
    assert not insert(connection, "id_2", "first")
    assert insert(connection, "id_2", "second")


def test_an_id_that_exists_twice_is_no_conflict_but_an_error(kind: tuple[sqlite3.Connection, Insert]) -> None:
    """No caller chooses an id, so the service must not put it down to the value."""
    connection, insert = kind
    with pytest.raises(sqlite3.IntegrityError, match=r"\.id"):
        insert(connection, "id_1", "second")
