"""What decision-engine takes and gives on the wire."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sandbox.kit.models import Identifier, Shape
from sandbox.kit.moment import Moment
from sandbox.kit.paging import PageShape
from sandbox.services.decision_engine.domain import Action, NewPolicy, Severity, Status


class NewDecision(Shape):
    """The threat to decide about; without an action the policy's recommendation is taken."""

    threat_id: Identifier
    action: Action | None = None
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
    action: Action
    recommended_action: Action
    rationale: str
    status: Status
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


class Policy(Shape):
    """A tenant's rules, and who set them."""

    version: int
    """0 is the policy that a tenant is born with."""
    rules: NewPolicy
    updated_by: str | None
    updated_at: Moment | None
