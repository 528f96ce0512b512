"""The records of a service: a table with a column for each field of a shape, every row a tenant's.

    ASSETS = Table("assets", Asset)

    asset = ASSETS.known(connection, tenant, asset_id)
    assets = AssetPage(**ASSETS.page(connection, tenant, page, {"kind = ?": kind}))

The service writes its own migrations; the table needs the columns `tenant` and `id` among them. Lists and
shapes inside a record are kept as JSON. Another tenant's row does not exist for a caller. Each statement
names its columns, because a newer revision may have added others to the shared file.
"""
# ruff: noqa: S608 - what is put into a statement is a constant of a service; every value is bound

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from sqlite3 import Connection, Row
from typing import Any, Generic, TypeVar, get_origin

from pydantic import BaseModel
from pydantic_core import to_json

from sandbox.kit.models import Shape
from sandbox.kit.paging import Page, cut
from sandbox.kit.problem import Problem

Record = TypeVar("Record", bound=Shape)
Filter = Mapping[str, str | float | None]
"""Conditions in SQL with one `?` each, and what stands for it; a condition on None is left out."""
Find = Callable[[Connection, str], Any]
"""Finds what has no column, by the id of its record."""


class Table(Generic[Record]):
    """One kind of record. `order` is that of its lists: a column that no two rows of a tenant share."""

    def __init__(
        self,
        name: str,
        shape: type[Record],
        *,
        order: str = "id",
        unique: str = "",
        elsewhere: Mapping[str, Find] | None = None,
    ) -> None:
        """Name the table; `order` may end with DESC, and fields that are `elsewhere` have no column.

        A tenant may have one record of each value of the columns `unique`, as a constraint of the table says.
        """
        self._name = name
        self._shape = shape
        self._noun = shape.__name__.lower()
        self._key, _, self._direction = order.partition(" ")
        self._unique = unique
        self._elsewhere = elsewhere or {}
        fields = {key: field for key, field in shape.model_fields.items() if key not in self._elsewhere}
        self._columns = ", ".join(fields)
        self._documents = [key for key, field in fields.items() if _is_document(field.annotation)]

    def insert(self, connection: Connection, tenant: str, record: Record, **more: str | float | None) -> bool:
        """Keep a new record, with further columns; False when its `unique` value is taken."""
        values = {key: getattr(record, key) for key in self._columns.split(", ")}
        conflict = f" ON CONFLICT (tenant, {self._unique}) DO NOTHING" if self._unique else ""
        return self._put(connection, {"tenant": tenant, **values, **more}, conflict) > 0

    def upsert(
        self,
        connection: Connection,
        values: Mapping[str, Any],
        *,
        update: Collection[str],
        when: str = "TRUE",
    ) -> None:
        """Keep a row with its `tenant` and `id`; of a known one `update` columns `when` a condition holds."""
        changes = ", ".join(f"{name} = excluded.{name}" for name in update)
        self._put(connection, values, f" ON CONFLICT (id) DO UPDATE SET {changes} WHERE {when}")

    def of(self, connection: Connection, tenant: str, record_id: str) -> Record | None:
        """Return the tenant's record of that id."""
        query = f"SELECT {self._columns} FROM {self._name} WHERE tenant = ? AND id = ?"
        row = connection.execute(query, (tenant, record_id)).fetchone()
        return self._read(connection, row) if row else None

    def known(self, connection: Connection, tenant: str, record_id: str) -> Record:
        """Return the tenant's record of that id.

        Raises:
            Problem: 404 when the tenant has none.
        """
        record = self.of(connection, tenant, record_id)
        if record is None:
            raise Problem(404, f"There is no {self._noun} of that id.", code=f"{self._noun}_unknown")
        return record

    def change(
        self, connection: Connection, tenant: str, record_id: str, values: Mapping[str, Any]
    ) -> Record:
        """Set columns of the tenant's record and return it.

        Raises:
            Problem: 404 when the tenant has none.
        """
        if values:
            assignments = ", ".join(f"{name} = ?" for name in values)
            connection.execute(
                f"UPDATE {self._name} SET {assignments} WHERE tenant = ? AND id = ?",
                (*map(_kept, values.values()), tenant, record_id),
            )
        return self.known(connection, tenant, record_id)

    def delete(self, connection: Connection, tenant: str, record_id: str) -> None:
        """Forget the tenant's record.

        Raises:
            Problem: 404 when the tenant has none.
        """
        self.known(connection, tenant, record_id)
        connection.execute(f"DELETE FROM {self._name} WHERE tenant = ? AND id = ?", (tenant, record_id))

    def page(
        self, connection: Connection, tenant: str, page: Page, wanted: Filter | None = None
    ) -> dict[str, Any]:
        """Return the fields of a page shape: the tenant's records that meet the conditions."""
        is_behind = f"{self._key} {'<' if self._direction else '>'} ?"
        behind = {is_behind: page.key if self._key == "id" else page.number} if page.key else {}
        given = {"tenant = ?": tenant, **behind, **(wanted or {})}
        used = {condition: value for condition, value in given.items() if value is not None}
        rows = connection.execute(
            f"SELECT {self._columns} FROM {self._name} WHERE {' AND '.join(used)}"
            f" ORDER BY {self._key} {self._direction} LIMIT ?",
            (*used.values(), page.limit + 1),
        ).fetchall()
        records = [self._read(connection, row) for row in rows]
        items, following = cut(records, page.limit, lambda record: str(getattr(record, self._key)))
        return {"items": items, "next_cursor": following}

    def _put(self, connection: Connection, values: Mapping[str, Any], conflict: str) -> int:
        places = ", ".join("?" * len(values))
        query = f"INSERT INTO {self._name} ({', '.join(values)}) VALUES ({places}){conflict}"
        return connection.execute(query, tuple(map(_kept, values.values()))).rowcount

    def _read(self, connection: Connection, row: Row) -> Record:
        found = {find: self._elsewhere[find](connection, row["id"]) for find in self._elsewhere}
        documents = {key: read_document(row[key]) for key in self._documents}
        return self._shape(**{**dict(row), **documents, **found})


def read_document(text: str) -> Any:
    """Return the list or object that a column keeps as JSON."""
    return json.loads(text)


def _kept(value: Any) -> Any:
    is_scalar = value is None or isinstance(value, str | int | float)
    return value if is_scalar else to_json(value).decode()


def _is_document(annotation: Any) -> bool:
    is_shape = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return is_shape or get_origin(annotation) in {list, dict}
