"""Contacts, links and who keeps the documents of a platform."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Whom to reach in an emergency; `group` is on-call, escalation or external."""

    name: str
    group: str
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where one kind of message goes."""

    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A page that a person needs for a decision."""

    name: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentOwnership:
    """Who keeps the platform's documents, which version they are, and by when they are reviewed again."""

    owner: str
    version: str
    classification: str
    next_review: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Documentation:
    """Contacts, links and document ownership; an environment may have its own."""

    contacts: tuple[Contact, ...] = ()
    links: tuple[Link, ...] = ()
    document_ownership: DocumentOwnership | None = None
