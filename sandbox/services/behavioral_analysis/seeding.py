"""What an empty database of behavioral-analysis is filled with."""

from __future__ import annotations

from sqlite3 import Connection

from sandbox.kit import records
from sandbox.services.behavioral_analysis import store

KNOWN_ENTITY = records.example("ast")


def seed(connection: Connection) -> None:
    """Fill an empty database with the past of every seeded asset."""
    for asset in records.assets():
        store.insert_baseline(connection, asset.tenant, asset.id, records.baseline(asset.id))
