"""The operations of decision-engine."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Query

from sandbox.kit.change import Change, Creation, Reader, changing
from sandbox.kit.identity import at_least
from sandbox.kit.links import leads_to, link
from sandbox.kit.models import Identifier
from sandbox.kit.paging import Paging
from sandbox.kit.problem import responses
from sandbox.kit.runtime import KitDep
from sandbox.services.decision_engine import seeding, store
from sandbox.services.decision_engine.domain import NewPolicy
from sandbox.services.decision_engine.models import Decision, DecisionPage, NewDecision, Policy
from sandbox.services.decision_engine.workflow import DecisionWorkflow

router = APIRouter(prefix="/v1", tags=["decisions"])

Response = Annotated[Change, Depends(changing(*at_least("responder")))]
Ruling = Annotated[Change, Depends(changing(*at_least("manager")))]

DecisionId = Annotated[Identifier, Path(examples=[seeding.PROPOSED])]
ApprovedId = Annotated[Identifier, Path(examples=[seeding.APPROVED])]


@router.post(
    "/decisions",
    status_code=201,
    summary="Propose a response to a threat",
    responses=responses(404, 409)
    | leads_to(201, link("get_decision", decision_id="/id"), link("execute_decision", decision_id="/id")),
)
def propose_decision(
    body: Annotated[NewDecision, Body(examples=[{"threatId": seeding.known_threat()}])],
    change: Creation,
    kit: KitDep,
) -> Decision:
    return DecisionWorkflow(mesh=kit.mesh, change=change).propose(body)


@router.get("/decisions", summary="Decisions, newest first")
def list_decisions(
    reader: Reader,
    page: Paging,
    threat_id: Annotated[Identifier | None, Query(alias="threatId")] = None,
) -> DecisionPage:
    return DecisionPage(**reader.page(store.DECISIONS, page, {"threat_id = ?": threat_id}))


@router.get("/decisions/{decision_id}", summary="One decision", responses=responses(404))
def get_decision(decision_id: DecisionId, reader: Reader) -> Decision:
    return reader.known(store.DECISIONS, decision_id)


@router.post(
    "/decisions/{decision_id}/approve",
    summary="Approve what another person proposed",
    responses=responses(404, 409),
)
def approve_decision(decision_id: DecisionId, change: Response, kit: KitDep) -> Decision:
    return DecisionWorkflow(mesh=kit.mesh, change=change).approve(decision_id)


@router.post(
    "/decisions/{decision_id}/execute",
    summary="Execute an approved decision, once however often it is asked for",
    responses=responses(404, 409),
)
def execute_decision(decision_id: ApprovedId, change: Response, kit: KitDep) -> Decision:
    return DecisionWorkflow(mesh=kit.mesh, change=change).execute(decision_id)


@router.get("/policies", summary="The rules that hold now")
def get_policy(reader: Reader) -> Policy:
    with reader.store.read() as connection:
        return store.policy_of(connection, reader.tenant)


@router.put("/policies", summary="Replace the rules")
def replace_policy(body: NewPolicy, change: Ruling) -> Policy:
    with change.write() as connection:
        store.save_policy(connection, change.tenant, body, change.principal.actor, time.time())
        policy = store.policy_of(connection, change.tenant)
        change.note(connection, "policy.replaced", f"policy/{change.tenant}", version=policy.version)
    return policy
