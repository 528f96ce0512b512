"""How decisions and policies are kept: SQL and nothing else."""
# ruff: noqa: S608 - what is put into a statement is a constant of this module; every value is bound

from __future__ import annotations

import json
from sqlite3 import Connection, Row
from typing import Any

from sandbox.services.decision_engine.models import Decision, NewPolicy, Policy, StepView

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE decisions (
        id TEXT PRIMARY KEY, tenant TEXT NOT NULL, threat_id TEXT NOT NULL, asset_id TEXT NOT NULL,
        severity TEXT NOT NULL, risk REAL, action TEXT NOT NULL, recommended_action TEXT NOT NULL,
        rationale TEXT NOT NULL, status TEXT NOT NULL, proposed_by TEXT NOT NULL, approved_by TEXT,
        executed_by TEXT, proposed_at REAL NOT NULL, approved_at REAL, executed_at REAL, steps TEXT NOT NULL
    );
    CREATE INDEX decisions_by_tenant ON decisions (tenant, id);
    CREATE INDEX decisions_by_threat ON decisions (tenant, threat_id, id);
    CREATE TABLE policies (
        tenant TEXT PRIMARY KEY, version INTEGER NOT NULL, rules TEXT NOT NULL, updated_by TEXT NOT NULL,
        updated_at REAL NOT NULL
    );
    """,
)

_DECISION = (
    "id, threat_id, asset_id, severity, risk, action, recommended_action, rationale, status, proposed_by,"
    " approved_by, executed_by, proposed_at, approved_at, executed_at, steps"
)
"""Columns by name: a newer revision may have added others to the shared file."""


def insert_decision(connection: Connection, tenant: str, decision: Decision) -> None:
    """Keep a new decision."""
    fields = decision.model_dump(by_alias=False) | {
        "steps": "[]",
        "proposed_at": decision.proposed_at,
        "approved_at": decision.approved_at,
        "executed_at": decision.executed_at,
    }
    names = _DECISION.split(", ")
    places = ", ".join("?" * len(names))
    connection.execute(
        f"INSERT INTO decisions (tenant, {_DECISION}) VALUES (?, {places})",
        (tenant, *(fields[name] for name in names)),
    )


def decision_of(connection: Connection, tenant: str, decision_id: str) -> Decision | None:
    """The tenant's decision of that id."""
    row = connection.execute(
        f"SELECT {_DECISION} FROM decisions WHERE tenant = ? AND id = ?", (tenant, decision_id)
    ).fetchone()
    return _decision(row) if row else None


def decisions_before(
    connection: Connection, tenant: str, threat_id: str | None, before: str, limit: int
) -> list[Decision]:
    """The tenant's decisions older than `before` ("" for the newest), newest first."""
    rows = connection.execute(
        f"SELECT {_DECISION} FROM decisions WHERE tenant = ? AND (? = '' OR id < ?)"
        " AND (? IS NULL OR threat_id = ?) ORDER BY id DESC LIMIT ?",
        (tenant, before, before, threat_id, threat_id, limit),
    )
    return [_decision(row) for row in rows]


def approve(connection: Connection, decision: Decision, approver: str, now: float) -> None:
    """Note who approved."""
    connection.execute(
        "UPDATE decisions SET status = 'approved', approved_by = ?, approved_at = ? WHERE id = ?",
        (approver, now, decision.id),
    )


def begin_execution(connection: Connection, decision: Decision) -> None:
    """Note that the execution began, before its first step is made."""
    connection.execute(
        "UPDATE decisions SET status = 'executing' WHERE id = ? AND status = 'approved'", (decision.id,)
    )


def finish_execution(
    connection: Connection, decision: Decision, executor: str, steps: list[StepView], now: float
) -> bool:
    """Note what was done; False when another request has finished it by now."""
    done = connection.execute(
        "UPDATE decisions SET status = 'executed', executed_by = ?, executed_at = ?, steps = ?"
        " WHERE id = ? AND status = 'executing'",
        (executor, now, json.dumps([step.model_dump() for step in steps]), decision.id),
    )
    return done.rowcount > 0


def policy_of(connection: Connection, tenant: str) -> Policy | None:
    """The tenant's own policy; None while it has the one that it was born with."""
    row = connection.execute(
        "SELECT version, rules, updated_by, updated_at FROM policies WHERE tenant = ?", (tenant,)
    ).fetchone()
    if row is None:
        return None
    return Policy(
        version=row["version"],
        rules=NewPolicy.model_validate_json(row["rules"]),
        updated_by=row["updated_by"],
        updated_at=row["updated_at"],
    )


def save_policy(connection: Connection, tenant: str, rules: NewPolicy, person: str, now: float) -> None:
    """Replace the tenant's policy under the next version."""
    connection.execute(
        "INSERT INTO policies (tenant, version, rules, updated_by, updated_at) VALUES (?, 1, ?, ?, ?)"
        " ON CONFLICT (tenant) DO UPDATE SET version = version + 1, rules = excluded.rules,"
        " updated_by = excluded.updated_by, updated_at = excluded.updated_at",
        (tenant, rules.model_dump_json(), person, now),
    )


def _decision(row: Row) -> Decision:
    fields: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
    fields["steps"] = [StepView(**step) for step in json.loads(row["steps"])]
    return Decision(**fields)
