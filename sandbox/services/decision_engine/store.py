"""How decisions and policies are kept: SQL and nothing else."""

from __future__ import annotations

import json
from sqlite3 import Connection

from sandbox.kit.resource import Table
from sandbox.services.decision_engine.domain import DEFAULT_POLICY, NewPolicy
from sandbox.services.decision_engine.models import Decision, Policy, StepView

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

DECISIONS = Table("decisions", Decision, order="id DESC")


def approve(connection: Connection, decision: Decision, approver: str, now: float) -> None:
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


def policy_of(connection: Connection, tenant: str) -> Policy:
    row = connection.execute(
        "SELECT version, rules, updated_by, updated_at FROM policies WHERE tenant = ?", (tenant,)
    ).fetchone()
    if row is None:
        return Policy(version=0, rules=DEFAULT_POLICY, updated_by=None, updated_at=None)
    return Policy(**{**dict(row), "rules": NewPolicy.model_validate_json(row["rules"])})


def save_policy(connection: Connection, tenant: str, rules: NewPolicy, person: str, now: float) -> None:
    connection.execute(
        "INSERT INTO policies (tenant, version, rules, updated_by, updated_at) VALUES (?, 1, ?, ?, ?)"
        " ON CONFLICT (tenant) DO UPDATE SET version = version + 1, rules = excluded.rules,"
        " updated_by = excluded.updated_by, updated_at = excluded.updated_at",
        (tenant, rules.model_dump_json(), person, now),
    )
