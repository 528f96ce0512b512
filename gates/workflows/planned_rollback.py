"""A planned rollback as one procedure that can be stopped and resumed at any step.

| step            | what it does                                                                      |
|-----------------|-----------------------------------------------------------------------------------|
| pre-validation  | every target is usable, other services are healthy, the database answers; health   |
|                 | and service levels are written into the ledger                                    |
| maintenance on  | users get 503 and Retry-After at the public services                              |
| roll back       | every service, dependants first, each verified by its own answer; a public service |
|                 | is staged behind the maintenance page                                             |
| post-test       | behind the page: the checks of `post-rollback` that need no public host           |
| maintenance off | the staged revisions replace the page, verified by the services' own answers       |
| post-validation | the whole stage `post-rollback`: health, end to end, sign-in                      |

The public services keep the page until all others are back, so no user meets a platform half of which is
rolled back. Each step is recorded when it begins and when it succeeds; a step that fails ends the procedure.
A step that was begun is repeated as a whole on resume: each finds out what is done already. If the first step
fails, nothing was changed and the procedure is closed; otherwise it stays open until it is resumed or
abandoned.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Protocol

from gates.actions.ports import Ledger
from gates.aside import heard
from gates.errors import GateError, LedgerError
from gates.model.clock import Clock
from gates.model.criterion import PLATFORM
from gates.model.decision import RollBack, RollbackPlan
from gates.model.operation import OperationReceipt, OperationState
from gates.model.procedure import Ended, Step, Unfinished, steps

ACTION = "planned rollback"


class Work(Protocol):
    """Does the steps. Each returns what is wrong, nothing if it succeeds, and may raise GateError."""

    def do(self, step: Step, plan: RollbackPlan) -> Sequence[str]:
        """Do one step of a plan, or what is left of it."""

    def preview(self, step: Step, plan: RollbackPlan) -> Sequence[str]:
        """Return the exact calls that a step would send."""


class PlannedRollback:
    """Takes one procedure from its last recorded step to its end, in the name of one person."""

    def __init__(self, work: Work, ledger: Ledger, clock: Clock, *, environment: str, by: str) -> None:
        self._work, self._ledger, self._clock = work, ledger, clock
        self._environment, self._by = environment, by

    def begin(self, run_id: str, plan: RollbackPlan, *, has_page: bool, no_page: str) -> Unfinished:
        """Write the plan down; `no_page` says why users get no page, if they get none.

        Raises:
            LedgerError: it cannot be written; nothing was done.
        """
        self._record(
            ACTION, OperationState.STARTED, run_id, before=_written(plan, has_page=has_page), detail=no_page
        )
        return Unfinished(run_id=run_id, plan=plan, has_page=has_page, done=())

    def unfinished(self) -> Unfinished | None:
        """Return the newest procedure if it is not finished.

        Raises:
            LedgerError: the ledger cannot be read.
        """
        return unfinished(self._ledger, self._environment)

    def run(
        self, begun: Unfinished, tell: Callable[[str], None], is_stopped: Callable[[], bool] = lambda: False
    ) -> Ended:
        """Do the steps that are left, one after the other; the first that fails ends the procedure.

        A step that cannot be recorded ends it too: it is repeated on resume.
        """
        say, ordered = heard(tell, "printing a step"), steps(has_page=begun.has_page)
        for step in ordered:
            if step in begun.done:
                say(f"{step}: held before")
                continue
            if is_stopped():
                return Ended(is_stopped=True)
            faults = self._recorded(step, begun)
            if faults:
                return Ended(failed=step, faults=tuple(faults), is_stopped=is_stopped())
            say(f"{step}: holds")
        missing = self._missing(lambda: self._record(ACTION, OperationState.DONE, begun.run_id))
        return Ended(failed=ordered[-1], faults=missing) if missing else Ended()

    def _recorded(self, step: Step, begun: Unfinished) -> Sequence[str]:
        """Do one step between its two records, and return what is wrong."""
        name = f"{ACTION}: {step}"
        missing = self._missing(lambda: self._record(name, OperationState.STARTED, begun.run_id))
        if missing:
            return missing
        faults = self._faults(step, begun.plan)
        if not faults:
            return self._missing(lambda: self._record(name, OperationState.DONE, begun.run_id))

        def close() -> None:
            self._record(name, OperationState.FAILED, begun.run_id, detail="; ".join(faults))
            if step is Step.PREPARE:
                self._record(ACTION, OperationState.FAILED, begun.run_id, detail="nothing was changed")

        return (*faults, *self._missing(close))

    def _missing(self, record: Callable[[], None]) -> tuple[str, ...]:
        """Write a record, and return the error if that fails."""
        try:
            record()
        except LedgerError as error:
            return (f"NOT RECORDED: {error.cause}",)
        return ()

    def may_show_page(self, begun: Unfinished) -> bool:
        """Return whether users may get the page now; True if the ledger cannot be read."""
        try:
            left = self.unfinished()
        except LedgerError:
            return begun.has_page
        return left is not None and left.shows_page

    def abandon(self, begun: Unfinished) -> None:
        """Close the procedure without doing the rest.

        Raises:
            LedgerError: it cannot be written.
        """
        self._record(ACTION, OperationState.FAILED, begun.run_id, detail="abandoned by a person")

    def preview(self, plan: RollbackPlan, *, has_page: bool) -> tuple[tuple[Step, tuple[str, ...]], ...]:
        """Return every step with the exact calls that it would send; writes nothing."""
        return tuple((step, tuple(self._work.preview(step, plan))) for step in steps(has_page=has_page))

    def _faults(self, step: Step, plan: RollbackPlan) -> Sequence[str]:
        try:
            return self._work.do(step, plan)
        except GateError as error:
            return (error.diagnostics(),)

    def _record(
        self, action: str, state: OperationState, run_id: str, *, before: str = "", detail: str = ""
    ) -> None:
        self._ledger.record_operation(
            OperationReceipt(
                action=action,
                subject=PLATFORM,
                environment=self._environment,
                state=state,
                before=before,
                after=run_id,
                detail=detail,
                by=self._by,
                at=self._clock.now(),
            )
        )


def unfinished(ledger: Ledger, environment: str) -> Unfinished | None:
    """Return the newest planned rollback of an environment if it is not finished.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    done: set[Step] = set()
    why = ""
    for receipt in ledger.operations(environment, PLATFORM):
        if receipt.action == ACTION and receipt.state is not OperationState.STARTED:
            return None
        if receipt.action == ACTION:
            plan, has_page = _read(receipt.before)
            in_order = tuple(step for step in Step if step in done)
            found = Unfinished(run_id=receipt.after, plan=plan, has_page=has_page, done=in_order)
            return replace(found, because=why)
        name = receipt.action.removeprefix(f"{ACTION}: ")
        if name in set(Step) and receipt.state is OperationState.DONE:
            done.add(Step(name))
        elif name in set(Step) and receipt.state is OperationState.FAILED and not done:
            why = why or f": {receipt.detail}"
    return None


def held(plan: RollbackPlan, public: Sequence[str]) -> RollbackPlan:
    """Return the plan with the public services staged behind the page; its order stays."""
    waves = (tuple(replace(a, is_held=a.service in public) for a in wave) for wave in plan.waves)
    return replace(plan, waves=tuple(waves))


def _written(plan: RollbackPlan, *, has_page: bool) -> str:
    return json.dumps(
        {"page": has_page, "waves": [[asdict(action) for action in wave] for wave in plan.waves]}
    )


def _read(text: str) -> tuple[RollbackPlan, bool]:
    found = json.loads(text)
    waves = tuple(tuple(RollBack(**action) for action in wave) for wave in found["waves"])
    return RollbackPlan(waves=waves), bool(found["page"])
