"""What a person puts a name to: an attestation, a waiver, an approval, a standing authority."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class StatementKind(StrEnum):
    """What is stated; it stands inside the signed text, so one kind never passes for another."""

    ATTESTATION = "attestation"
    WAIVER = "waiver"
    APPROVAL = "approval"
    STANDING_AUTHORITY = "standing-authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement of one person in one role.

    `subject` is a criterion's id, the run that is approved, or the priority whose rollback is authorised.
    `digest` binds it: the fingerprint of the release, the digest of the run's evidence, or `platform:NAME`
    where no release matters. `service` narrows a waiver or an authority. `refuses` turns it into a no.

    Raises:
        ValueError: a time without zone, or an expiry that is not after the issue: nothing is stated for ever.
    """

    kind: StatementKind
    environment: str
    subject: str
    digest: str
    by: str
    role: str
    reason: str
    issued_at: datetime
    expires_at: datetime
    links: tuple[str, ...] = ()
    service: str | None = None
    refuses: bool = False

    def __post_init__(self) -> None:
        if self.issued_at.tzinfo is None or self.expires_at.tzinfo is None:
            raise ValueError("a statement's times carry a zone")
        if self.expires_at <= self.issued_at:
            raise ValueError("a statement expires after it is issued")


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenStatement:
    """A statement as it was found, and what its signature is worth.

    `objection` is empty when the signature is good and its key may sign for that person and role. A file that
    `is_damaged` (cut, changed, forged) says nothing that can be relied on. `key` is the key's fingerprint.
    """

    file: str
    statement: Statement | None
    key: str = ""
    objection: str = ""
    is_damaged: bool = False


def platform_digest(platform: str) -> str:
    """Return what binds a statement that holds for every release of a platform."""
    return f"platform:{platform}"
