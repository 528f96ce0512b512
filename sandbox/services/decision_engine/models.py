"""What decision-engine takes and gives on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sandbox.kit.models import Identifier, Shape
from sandbox.kit.moment import Moment
from sandbox.kit.paging import PageShape
from sandbox.services.decision_engine.domain import Approver, Severity

# Strict reading takes no text for an enum, so the wire has the words themselves.
ActionWord = Literal["monitor", "reset_credentials", "isolate_asset", "block_indicator"]
StatusWord = Literal["proposed", "approved", "executing", "executed"]


class NewDecision(Shape):
    """The threat to decide about; without an action the policy's recommendation is taken."""

    threat_id: Identifier
    action: ActionWord | None = None
    rationale: Annotated[str, Field(max_length=1000)] = ""


class StepView(Shape):
    """A step of an execution; `skipped` when the record that it would change does not exist any more."""

    service: str
    target: str
    outcome: Literal["done", "skipped"]


class Decision(Shape):
    """A response to a threat, who stands for it, and how far it is."""

    id: str
    threat_id: str
    asset_id: str
    severity: Severity
    risk: float | None
    """The score of the asset at the time of the proposal; null when there was none."""
    action: ActionWord
    recommended_action: ActionWord
    rationale: str
    status: StatusWord
    proposed_by: str
    approved_by: str | None
    executed_by: str | None
    proposed_at: Moment
    approved_at: Moment | None
    executed_at: Moment | None
    steps: list[StepView]
    """What the execution did; empty before."""


class DecisionPage(PageShape):
    """Decisions, newest first."""

    items: list[Decision]


class RuleView(Shape):
    """What to do about threats of one severity, and who may say yes."""

    action: ActionWord
    approver_roles: Annotated[list[Approver], Field(min_length=1, max_length=3)]
    escalate_from_risk: Annotated[float, Field(ge=0, le=100)]


class NewPolicy(Shape):
    """A rule for each severity."""

    low: RuleView
    medium: RuleView
    high: RuleView
    critical: RuleView


class Policy(Shape):
    """A tenant's rules, and who set them."""

    version: int
    """0 is the policy that a tenant is born with."""
    rules: NewPolicy
    updated_by: str | None
    updated_at: Moment | None
