"""How conversations are kept: SQL and nothing else. A conversation belongs to one person of one tenant."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Connection, Row

from pydantic_core import to_json

from sandbox.kit.identity import Principal
from sandbox.kit.resource import read_document
from sandbox.services.nlp_assistant.models import Conversation, Turn

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE conversations (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, person TEXT NOT NULL, started_at REAL NOT NULL
    );
    CREATE TABLE turns (
        conversation_id TEXT NOT NULL REFERENCES conversations (id), turn INTEGER NOT NULL,
        question TEXT NOT NULL, answer TEXT NOT NULL, citations TEXT NOT NULL, asked_at REAL NOT NULL,
        PRIMARY KEY (conversation_id, turn)
    );
    """,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose conversation it is; it does not exist for others."""

    tenant: str
    person: str

    @classmethod
    def of(cls, principal: Principal) -> Owner:
        return cls(tenant=principal.tenant, person=principal.actor)


def start(connection: Connection, owner: Owner, conversation_id: str, now: float) -> None:
    connection.execute(
        "INSERT INTO conversations (id, tenant, person, started_at) VALUES (?, ?, ?, ?)",
        (conversation_id, owner.tenant, owner.person, now),
    )


def conversation_of(connection: Connection, owner: Owner, conversation_id: str) -> Conversation | None:
    row = connection.execute(
        "SELECT id, started_at FROM conversations WHERE id = ? AND tenant = ? AND person = ?",
        (conversation_id, owner.tenant, owner.person),
    ).fetchone()
    if row is None:
        return None
    turns = connection.execute(
        "SELECT turn, question, answer, citations, asked_at FROM turns WHERE conversation_id = ?"
        " ORDER BY turn",
        (conversation_id,),
    )
    return Conversation(id=row["id"], started_at=row["started_at"], turns=[_turn(turn) for turn in turns])


def add_turn(connection: Connection, conversation_id: str, turn: Turn) -> None:
    connection.execute(
        "INSERT INTO turns (conversation_id, turn, question, answer, citations, asked_at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (
            *(conversation_id, turn.turn, turn.question, turn.answer),
            *(to_json(turn.citations).decode(), turn.asked_at),
        ),
    )


def _turn(row: Row) -> Turn:
    return Turn(**{**dict(row), "citations": read_document(row["citations"])})
