"""Who approved a go-live, and which roles are missing. Each role needs another person and another key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gates.model.statement import SeenStatement, Statement, StatementKind

LONGEST_APPROVAL = timedelta(days=30)
"""Evidence that is older describes another platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be approved: this run's evidence, here, by these roles, now."""

    run_id: str
    digest: str
    environment: str
    roles: tuple[str, ...]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """Pairs (role, person) of those that count, and pairs (role, why) of those that are missing."""

    given: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]

    @property
    def is_complete(self) -> bool:
        """Whether every role that must approve did."""
        return bool(self.given) and not self.missing

    @property
    def wanted(self) -> tuple[str, ...]:
        """The roles that have not approved, and why; empty only if the approval is complete."""
        found = tuple(f"{role} {why}" for role, why in self.missing)
        return () if self.is_complete else found or ("a role",)


def approvals(seen: Sequence[SeenStatement], question: Question) -> Approvals:
    """Return who approved exactly this evidence; one person or one key counts for one role.

    A refusal is honoured even if its signature is invalid. An unreadable file counts as a refusal.
    """
    about = [
        each
        for each in seen
        if each.statement is not None
        and each.statement.kind is StatementKind.APPROVAL
        and each.statement.subject == question.run_id
    ]
    damaged = [each.file for each in seen if each.is_damaged and question.run_id in each.file]
    good = {role: _good(about, role, question) for role in question.roles}
    people = Counter(person for found in good.values() for person in {s.by for s, _ in found})
    keys = Counter(key for found in good.values() for key in {k for _, k in found})
    given, missing = [], []
    for role, found in good.items():
        if damaged:  # it may be a refusal
            missing.append((role, f"{damaged[0]} is damaged and cannot be read"))
        elif any(each.statement is not None and _refuses(each.statement, role) for each in about):
            missing.append((role, "refuses: " + _refusal(about, role)))
        elif not found:
            missing.append((role, _why(about, role, question)))
        elif any(people[s.by] > 1 or keys[key] > 1 for s, key in found):
            missing.append((role, f"{found[0][0].by} or the same key signed for another role too"))
        else:
            given.append((role, found[0][0].by))
    return Approvals(given=tuple(given), missing=tuple(missing))


def _refuses(statement: Statement, role: str) -> bool:
    return statement.role == role and statement.refuses


def _refusal(seen: Sequence[SeenStatement], role: str) -> str:
    """Return why a role refuses; a refusal is honoured even if its signature is invalid."""
    return next(e.statement.reason for e in seen if e.statement is not None and _refuses(e.statement, role))


def _good(seen: Sequence[SeenStatement], role: str, question: Question) -> list[tuple[Statement, str]]:
    return [
        (each.statement, each.key)
        for each in seen
        if each.statement is not None
        and each.statement.role == role
        and not (each.objection or _objection(each.statement, question))
    ]


def _why(seen: Sequence[SeenStatement], role: str, question: Question) -> str:
    for each in seen:
        if each.statement is not None and each.statement.role == role:
            return each.objection or _objection(each.statement, question)
    return "has not signed"


def _objection(statement: Statement, question: Question) -> str:
    if statement.environment != question.environment:
        return f"signed for {statement.environment}"
    if statement.digest != question.digest:
        return "signed other evidence: it changed since"
    if statement.expires_at <= question.now:
        return "the approval expired"
    if statement.expires_at - statement.issued_at > LONGEST_APPROVAL:
        return f"an approval lasts at most {LONGEST_APPROVAL.days} days"
    return "" if statement.issued_at <= question.now else "signed in the future"
