"""Takes a decision through its life: propose, approve, execute."""

from __future__ import annotations

import time
from dataclasses import dataclass
from sqlite3 import Connection

from sandbox.kit.change import Change
from sandbox.kit.ids import mint
from sandbox.kit.mesh import Mesh
from sandbox.kit.problem import Problem
from sandbox.services.decision_engine import domain, sources, store
from sandbox.services.decision_engine.domain import FORBIDDEN, Action, DecisionBasis, NewPolicy, Refusal
from sandbox.services.decision_engine.models import Decision, NewDecision, StepView


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionWorkflow:
    """What the steps of a decision need; made per request."""

    mesh: Mesh
    change: Change

    def propose(self, body: NewDecision) -> Decision:
        """Propose a response to a threat.

        Raises:
            Problem: 404 when the tenant has no such threat, 503 when threat-detection cannot be asked.
        """
        basis = sources.basis_of(self.mesh, self.change.principal, body.threat_id)
        with self.change.write() as connection:
            recommended = domain.recommend(basis, rules_of(connection, self.change.tenant))
            decision = self._proposed(body, basis, recommended)
            store.DECISIONS.insert(connection, self.change.tenant, decision)
            self.change.note(
                connection,
                "decision.proposed",
                decision.id,
                threat=basis.threat_id,
                asset=basis.asset_id,
                response=decision.action,
            )
            self.change.keep(connection, 201, decision)
        return decision

    def approve(self, decision_id: str) -> Decision:
        """Approve as a second person; approving again by the same person changes nothing.

        Raises:
            Problem: 403 for the proposer or a role that the policy does not name, 404, or 409.
        """
        principal = self.change.principal
        with self.change.write() as connection:
            decision = self._known(connection, decision_id)
            if decision.approved_by == principal.actor:
                return decision
            rule = domain.rule_of(rules_of(connection, self.change.tenant), decision.severity)
            _refuse(
                domain.refuse_approval(
                    decision.status,
                    proposer=decision.proposed_by,
                    approver=principal.actor,
                    roles=principal.roles,
                    allowed=rule.approver_roles,
                )
            )
            store.approve(connection, decision, principal.actor, time.time())
            self.change.note(connection, "decision.approved", decision_id, threat=decision.threat_id)
            return self._known(connection, decision_id)

    def execute(self, decision_id: str) -> Decision:
        """Execute an approved decision; executing it again changes nothing.

        That it began is kept before the first step, so a crash in the middle leaves `executing`, and the
        next request makes the steps again; each of them sets a state, so twice is once.

        Raises:
            Problem: 404, 409 before the approval, 503 when a step cannot be made now.
        """
        with self.change.write() as connection:
            decision = self._known(connection, decision_id)
            _refuse(domain.refuse_execution(decision.status))
            if decision.status == "executed":
                return decision
            store.begin_execution(connection, decision)
        steps = [self._make(step) for step in domain.steps_of(decision.action, _basis(decision))]
        with self.change.write() as connection:
            actor, now = self.change.principal.actor, time.time()
            if store.finish_execution(connection, decision, actor, steps, now):
                self.change.note(connection, "decision.executed", decision_id, response=decision.action)
            return self._known(connection, decision_id)

    def _make(self, step: domain.Step) -> StepView:
        is_done = sources.make(self.mesh, self.change.principal, step)
        target = step.path.rpartition("/")[2]
        return StepView(service=step.service, target=target, outcome="done" if is_done else "skipped")

    def _known(self, connection: Connection, decision_id: str) -> Decision:
        return store.DECISIONS.known(connection, self.change.tenant, decision_id)

    def _proposed(self, body: NewDecision, basis: DecisionBasis, recommended: Action) -> Decision:
        return Decision(
            id=mint("dec"),
            threat_id=basis.threat_id,
            asset_id=basis.asset_id,
            severity=basis.severity,
            risk=basis.risk,
            action=body.action or recommended,
            recommended_action=recommended,
            rationale=body.rationale,
            status="proposed",
            proposed_by=self.change.principal.actor,
            approved_by=None,
            executed_by=None,
            proposed_at=time.time(),
            approved_at=None,
            executed_at=None,
            steps=[],
        )


def rules_of(connection: Connection, tenant: str) -> NewPolicy:
    return store.policy_of(connection, tenant).rules


def _basis(decision: Decision) -> DecisionBasis:
    return DecisionBasis(
        threat_id=decision.threat_id,
        asset_id=decision.asset_id,
        severity=decision.severity,
        risk=decision.risk,
    )


def _refuse(refusal: Refusal | None) -> None:
    if refusal is not None:
        status = 403 if refusal in FORBIDDEN else 409
        raise Problem(status, refusal.value, code=refusal.name.lower())
