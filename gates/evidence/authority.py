"""Signed pre-authorisations: who lets the gate roll back by itself, where, what, and until when.

A grant counts while it is signed by the role that the decision matrix names for its priority, is about this
platform and environment, has not expired and was not revoked. A revocation needs no valid signature: in doubt
a person is asked. For the same reason one unreadable file voids all grants of the folder, and revoking a part
of a grant revokes all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gates.model.criterion import Priority
from gates.model.decision import PreAuthorisation
from gates.model.platform import Platform
from gates.model.statement import SeenStatement, Statement, StatementKind, platform_digest

CLOCK_TOLERANCE = timedelta(minutes=2)
LONGEST_AUTHORITY = timedelta(days=90)
"""Grants must be renewed every quarter."""
GRANTABLE = (Priority.P0, Priority.P1)
"""Only P0 and P1 may be pre-authorised."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One grant and what it is worth: `objection` is empty while it counts."""

    authority: PreAuthorisation
    objection: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorityReading:
    """What grants are read for: this environment of this platform, at this moment."""

    platform: Platform
    environment: str
    now: datetime


def grants(seen: Sequence[SeenStatement], reading: AuthorityReading) -> tuple[Grant, ...]:
    """Return every grant for this environment, each with why it does not count."""
    damaged = next((f"{each.file}: {each.objection}" for each in seen if each.is_damaged), "")
    mine = [(each, each.statement) for each in seen if _is_mine(each, reading)]
    revoked = [statement for _, statement in mine if statement is not None and statement.refuses]
    found = []
    for each, statement in mine:
        if statement is None or statement.refuses:
            continue
        objection = (
            each.objection
            or grant_objection(statement, reading)
            or _taken_back(statement, revoked)
            or (damaged and f"the folder holds an unreadable statement: {damaged}")
        )
        found.append(Grant(authority=_authority(each.file, statement), objection=objection))
    return tuple(found)


def in_force(seen: Sequence[SeenStatement], reading: AuthorityReading) -> tuple[PreAuthorisation, ...]:
    """Return the authorities that count now."""
    return tuple(each.authority for each in grants(seen, reading) if not each.objection)


def _is_mine(seen: SeenStatement, reading: AuthorityReading) -> bool:
    statement = seen.statement
    return (
        statement is not None
        and statement.kind is StatementKind.STANDING_AUTHORITY
        and statement.environment == reading.environment
        and statement.subject in set(Priority)
    )


def grant_objection(statement: Statement, reading: AuthorityReading) -> str:
    """Return why a grant does not hold, its signature aside, or nothing."""
    wanted = authority_of(reading.platform, statement.subject)
    lasts = statement.expires_at - statement.issued_at
    expired = f"it expired {statement.expires_at:%Y-%m-%d %H:%M} UTC"
    objections = {
        f"only {' and '.join(GRANTABLE)} can be authorised beforehand": statement.subject not in GRANTABLE,
        f"{statement.subject} is for the {wanted} to grant, not for the {statement.role}": statement.role
        != wanted,
        "it is about another platform": statement.digest != platform_digest(reading.platform.name),
        f"no service {statement.service}": statement.service not in (None, *reading.platform.service_names),
        f"a standing authority lasts at most {LONGEST_AUTHORITY.days} days": lasts > LONGEST_AUTHORITY,
        "it is from the future": statement.issued_at > reading.now + CLOCK_TOLERANCE,
        expired: statement.expires_at <= reading.now,
    }
    return next((why for why, holds in objections.items() if holds), "")


def authority_of(platform: Platform, priority: str) -> str | None:
    """Return the role that the decision matrix names for a priority."""
    return next((row.authority for row in platform.matrix if row.priority == priority), None)


def _taken_back(grant: Statement, revoked: Sequence[Statement]) -> str:
    for one in revoked:
        is_part = None in (one.service, grant.service) or one.service == grant.service
        is_about = one.subject == grant.subject and is_part
        # Clocks differ, and a revocation is meant.
        if is_about and one.issued_at >= grant.issued_at - CLOCK_TOLERANCE:
            return f"{one.by} took it back {one.issued_at:%Y-%m-%d %H:%M} UTC: {one.reason}"
    return ""


def _authority(file: str, statement: Statement) -> PreAuthorisation:
    return PreAuthorisation(
        priority=Priority(statement.subject),
        by=statement.by,
        role=statement.role,
        issued_at=statement.issued_at,
        expires_at=statement.expires_at,
        statement=file,
        service=statement.service,
    )
