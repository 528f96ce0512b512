"""Idempotency keys: a retried POST gets the first answer and changes nothing.

The answer is kept in the same transaction as the change it reports. So a crash leaves both or neither, and
of two equal requests at the same moment only one can commit.

    def create(body: NewAsset, principal: ..., once: Once = Depends(once)) -> Asset:
        with store.write() as connection:
            asset = insert(connection, body)
            once.keep(connection, 201, asset)
        return asset

Its table is in every `Store`.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from pydantic import BaseModel

from sandbox.kit.problem import Problem

KEPT_FOR_S = 86_400.0

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._:-]{1,128}$",
        description="Repeat the request with the same key and body and it is done once.",
    ),
]


class AlreadyAnswered(Exception):  # noqa: N818 - it is an answer, not an error
    """Ends the request with the answer that was kept."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__("the request was answered before")
        self.status = status
        self.body = body


class Once:
    """The idempotency key of one request; does nothing when the caller sent none."""

    def __init__(self, caller: str, key: str | None, fingerprint: str) -> None:
        self.caller = caller
        self.key = key
        self.fingerprint = fingerprint

    def keep(self, connection: sqlite3.Connection, status: int, answer: BaseModel) -> None:
        """Keep the answer inside the transaction that makes the change.

        Raises:
            Problem: 409 when an equal request committed in the meantime; the change is rolled back.
        """
        if self.key is None:
            return
        now = time.time()
        connection.execute("DELETE FROM idempotency WHERE kept_at <= ?", (now - KEPT_FOR_S,))
        row = (self.caller, self.key, self.fingerprint, status, answer.model_dump_json(), now)
        done = connection.execute(
            "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (caller, key) DO NOTHING", row
        )
        if not done.rowcount:
            raise Problem(409, "An equal request is being answered; repeat it.", code="in_progress")

    def recall(self, connection: sqlite3.Connection) -> None:
        """Answer with what was kept, if anything was.

        Raises:
            AlreadyAnswered: the same request was answered before.
            Problem: 409 when the key was used for another request.
        """
        row = connection.execute(
            "SELECT fingerprint, status, body FROM idempotency WHERE caller = ? AND key = ? AND kept_at > ?",
            (self.caller, self.key, time.time() - KEPT_FOR_S),
        ).fetchone()
        if row is None:
            return
        if row["fingerprint"] != self.fingerprint:
            raise Problem(409, "The key was used for another request.", code="key_reused")
        raise AlreadyAnswered(row["status"], row["body"])


async def fingerprint_of(request: Request) -> str:
    body = await request.body()
    return hashlib.sha256(b"\n".join([request.method.encode(), request.url.path.encode(), body])).hexdigest()


def once(request: Request, fingerprint: Annotated[str, Depends(fingerprint_of)], key: Key = None) -> Once:
    """Dependency that answers a repeated request; declare it after the principal, whose key it is."""
    principal = request.state.principal
    idempotency = Once(f"{principal.tenant}/{principal.actor}", key, fingerprint)
    if key is not None:
        with request.app.state.kit.store.read() as connection:
            idempotency.recall(connection)
    return idempotency


async def answer_again(_request: Request, error: Exception) -> Response:
    if not isinstance(error, AlreadyAnswered):
        raise error
    return Response(
        error.body,
        status_code=error.status,
        media_type="application/json",
        headers={"Idempotency-Replayed": "true"},
    )
