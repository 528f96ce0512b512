"""What a handler of records has at hand: `Reading` to look at them, `Change` to change their state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Annotated, Any

from fastapi import Depends
from pydantic import BaseModel

from sandbox.kit.audit import Audit
from sandbox.kit.idempotency import Once, once
from sandbox.kit.identity import SERVICE, Principal, at_least, required
from sandbox.kit.paging import Page
from sandbox.kit.resource import Filter, Record, Table
from sandbox.kit.runtime import KitDep, StoreDep
from sandbox.kit.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Who looks at records, and where they are."""

    principal: Principal
    store: Store

    @property
    def tenant(self) -> str:
        return self.principal.tenant

    def known(self, table: Table[Record], record_id: str) -> Record:
        """Return the tenant's record of that id.

        Raises:
            Problem: 404 when the tenant has none.
        """
        with self.store.read() as connection:
            return table.known(connection, self.tenant, record_id)

    def page(self, table: Table[Any], page: Page, wanted: Filter | None = None) -> dict[str, Any]:
        with self.store.read() as connection:
            return table.page(connection, self.tenant, page, wanted)


def reading(*roles: str) -> Callable[..., Awaitable[Reading]]:
    """Return the dependency of an operation that looks at records and needs one of `roles`."""
    access = required(*roles)

    async def look(store: StoreDep, principal: Principal = Depends(access)) -> Reading:
        return Reading(principal=principal, store=store)

    return look


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a handler that changes something has at hand."""

    principal: Principal
    store: Store
    audit: Audit
    once: Once | None = None

    @property
    def tenant(self) -> str:
        return self.principal.tenant

    def write(self) -> AbstractContextManager[Connection]:
        return self.store.write()

    def note(
        self, connection: Connection, action: str, target: str, **detail: str | float | bool | None
    ) -> None:
        self.audit.record(connection, self.principal, action, target, **detail)

    def keep(self, connection: Connection, status: int, answer: BaseModel) -> None:
        """Keep the answer for a repetition with the same Idempotency-Key."""
        if self.once is not None:
            self.once.keep(connection, status, answer)


def changing(*roles: str) -> Callable[..., Awaitable[Change]]:
    """Return the dependency of an operation that changes something and needs one of `roles`."""
    access = required(*roles)

    async def change(kit: KitDep, store: StoreDep, principal: Principal = Depends(access)) -> Change:
        return Change(principal=principal, store=store, audit=kit.audit)

    return change


def creating(*roles: str) -> Callable[..., Awaitable[Change]]:
    """Return the same for an operation that may be repeated with an Idempotency-Key."""
    access = required(*roles)

    async def change(
        kit: KitDep, store: StoreDep, principal: Principal = Depends(access), repeated: Once = Depends(once)
    ) -> Change:
        return Change(principal=principal, store=store, audit=kit.audit, once=repeated)

    return change


Reader = Annotated[Reading, Depends(reading(*at_least("viewer"), SERVICE))]
Edit = Annotated[Change, Depends(changing(*at_least("analyst"), SERVICE))]
Creation = Annotated[Change, Depends(creating(*at_least("analyst")))]
