"""What an empty database of nlp-assistant is filled with."""

from __future__ import annotations

from sqlite3 import Connection

from sandbox.kit import records
from sandbox.kit.seed import people
from sandbox.services.nlp_assistant import store
from sandbox.services.nlp_assistant.store import Owner

KNOWN_ASSET = records.example("ast")
KNOWN_CONVERSATION = records.example("cnv")


def seed(connection: Connection) -> None:
    """Begin one conversation of the person that contract tests act as."""
    person = next(person for person in people() if person.name == "fuzz")
    owner = Owner(tenant=person.tenant, person=person.id)
    store.start(connection, owner, KNOWN_CONVERSATION, records.BEGINNING)
