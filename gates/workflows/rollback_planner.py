"""Plans a rollback that a person asks for: survey, plan, safety checks; nothing is sent.

The pipeline rolls back what a verdict blamed; here a person names services, and the rollback leaves what
serves now. Running it twice rolls back once: a service that serves the target of the last rollback stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from gates.actions.ports import RollbackPorts
from gates.decision.rollback_plan import RollbackCase, plan_rollback
from gates.decision.safety_checks import Guard, GuardFacts, Objection, objections, without_refused
from gates.errors import CloudError, EvidenceError, LedgerError
from gates.model.decision import RollbackPlan, Target
from gates.model.likeness import refuse_unknown
from gates.model.operation import OperationReceipt, OperationState
from gates.model.platform import Environment, Platform
from gates.model.state import RevisionState, ServiceState

_Answer = TypeVar("_Answer")
BY_HAND = "asked for by hand"
"""The reason of a rollback if no other is given."""


class RollbackPlanner:
    """Plans rollbacks in one environment, through ports alone."""

    def __init__(self, environment: Environment, platform: Platform, ports: RollbackPorts) -> None:
        self._place, self._platform, self._ports = environment.name, platform, ports

    def plan(
        self,
        services: Sequence[str],
        *,
        reason: str,
        to: str | None = None,
        leaving: Mapping[str, str] | None = None,
    ) -> RollbackPlan:
        """Return the plan for leaving what serves now; a service that cannot be read is `impossible`.

        `leaving` names the revisions to leave if they are not those that serve now.

        Raises:
            UsageError: a service is unknown or named twice.
            LedgerError: the ledger cannot be read and no target was named.
        """
        refuse_unknown("service", services, self._platform.service_names)
        found = for_each(services, lambda name: self._case_or_trouble(name, reason, to, leaving))
        plan = plan_rollback(
            [case for case in found if isinstance(case, RollbackCase)], self._platform.services
        )
        troubles = tuple(
            (name, case) for name, case in zip(services, found, strict=True) if isinstance(case, str)
        )
        return replace(plan, impossible=troubles + plan.impossible)

    def guard(
        self, plan: RollbackPlan, *, is_planned: bool, overrides: Mapping[Guard, str], by: str | None
    ) -> RollbackPlan:
        """Return the plan without actions that a safety check blocks; overrides are recorded in the ledger.

        `by` is the person who overrides, None for a preview: then nothing is written.

        Raises:
            LedgerError: an override could not be recorded, so it has no effect.
        """
        if not plan.actions:
            return plan
        found = objections(plan, self._facts(plan, is_planned=is_planned), now=self._ports.clock.now())
        self.lift(found, overrides, by)
        return without_refused(plan, found, overrides)

    def guarded(self, plan: RollbackPlan) -> RollbackPlan:
        """Return an emergency plan without actions that a safety check blocks; nothing is overridden."""
        return self.guard(plan, is_planned=False, overrides={}, by=None)

    def lift(
        self, found: Sequence[Objection], overrides: Mapping[Guard, str], by: str | None
    ) -> tuple[Objection, ...]:
        """Record which objections are overridden, unless `by` is None, and return those that remain.

        Raises:
            LedgerError: an override could not be recorded, so it has no effect.
        """
        for objection in found:
            if objection.guard in overrides and by is not None:
                self._ports.ledger.record_operation(
                    self._overridden(objection, overrides[objection.guard], by)
                )
        return tuple(objection for objection in found if objection.guard not in overrides)

    def examine(self, plan: RollbackPlan) -> tuple[Target, ...]:
        """Return every target of the plan with its image and the objections of the safety checks."""
        facts = self._facts(plan, is_planned=False)
        found = objections(plan, facts, now=self._ports.clock.now())
        targets = []
        for action in plan.actions:
            revision = facts.revision(action.service, action.to_revision)
            said = tuple(objection.detail for objection in found if objection.service == action.service)
            targets.append(Target(action=action, digest=revision.digest if revision else "", objections=said))
        return tuple(targets)

    def _facts(self, plan: RollbackPlan, *, is_planned: bool) -> GuardFacts:
        """Read every service of the platform: those that stay must fit to those that are rolled back."""
        names = self._platform.service_names
        surveyed = dict(zip(names, for_each(names, self._survey), strict=True))
        revisions = {name: found[1] for name, found in surveyed.items()}
        targets = {(action.service, action.to_revision) for action in plan.actions}
        images = {(name, r.name): r.image for name in names for r in revisions[name]}
        return GuardFacts(
            revisions=revisions,
            serving={name: found[0] for name, found in surveyed.items()},
            missing_images=frozenset(
                key for key in targets if self._ports.images.exists(images.get(key, "")) is False
            ),
            quarantined=frozenset(key for key in targets if self._is_quarantined(*key)),
            freezes=self._platform.policy.rollback.freezes if is_planned else (),
        )

    def _survey(self, service: str) -> tuple[str, tuple[RevisionState, ...]]:
        try:
            state = self._ports.traffic.describe(service)
            return state.sole_serving or "", self._ports.traffic.revisions(service)
        except CloudError:  # who cannot be read raises no objection: the action itself will say so
            return "", ()

    def _is_quarantined(self, service: str, revision: str) -> bool:
        try:
            return self._ports.ledger.is_quarantined(self._place, service, revision)
        except LedgerError:
            return False

    def _overridden(self, objection: Objection, word: str, by: str) -> OperationReceipt:
        return OperationReceipt(
            action="override-guard",
            subject=objection.service,
            environment=self._place,
            state=OperationState.DONE,
            before=objection.detail,
            after=f"guard {objection.guard} lifted",
            detail=word,
            by=by,
            at=self._ports.clock.now(),
        )

    def target(self, service: str) -> str:
        """Return the revision that a rollback of the service would choose now.

        Raises:
            EvidenceError: there is nothing to go back to.
            LedgerError: the ledger cannot be read.
        """
        plan = self.plan((service,), reason=BY_HAND)
        for _, why in plan.impossible:
            raise EvidenceError(
                f"{service} has nothing to go back to: {why}", next_step="name a revision yourself"
            )
        return plan.actions[0].to_revision

    def _case_or_trouble(
        self, service: str, reason: str, to: str | None, leaving: Mapping[str, str] | None
    ) -> RollbackCase | str:
        try:
            state = self._ports.traffic.describe(service)
            revisions = self._ports.traffic.revisions(service)
        except CloudError as error:
            return error.cause
        if leaving is None and state.traffic.is_in_maintenance:
            return (
                f"the maintenance page is up and {state.traffic.behind} waits behind it;"
                " finish what put it up (gate rollback resume), or take it down (gate maintenance off)"
            )
        case = RollbackCase(
            service=service,
            bad=(leaving or {}).get(service) or _serving(state, revisions),
            reason=reason,
            revisions=revisions,
            wanted=to,
        )
        try:
            return self._remembered(case, None if leaving else state)
        except LedgerError:
            if to is None:
                raise
            return case

    def _remembered(self, case: RollbackCase, state: ServiceState | None) -> RollbackCase:
        """Return the case with what the ledger knows; an earlier rollback counts only if a state is given."""
        ledger, service = self._ports.ledger, case.service
        marked = (r.name for r in case.revisions if ledger.is_quarantined(self._place, service, r.name))
        case = replace(case, verified=ledger.last_go(self._place, service), quarantined=frozenset(marked))
        if state is None:
            return case
        last = ledger.last_rollback(self._place, service)
        if case.wanted is None and last is not None and last.to_revision == state.sole_serving:
            return replace(case, bad=last.from_revision, wanted=last.to_revision)
        return case


def for_each(services: Sequence[str], ask: Callable[[str], _Answer]) -> list[_Answer]:
    """Ask about all services at once and return the answers in their order."""
    if not services:
        return []
    with ThreadPoolExecutor(max_workers=len(services)) as pool:
        return list(pool.map(ask, services))


def _serving(state: ServiceState, revisions: Sequence[RevisionState]) -> str:
    """Return the newest revision that has traffic, or the newest of all if none has."""
    bearing = dict(state.serving)
    return next((r.name for r in revisions if r.name in bearing), state.sole_serving or state.latest_created)
