"""A planned rollback goes step by step, and may be ended and taken up again anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from gates.errors import UnavailableError
from gates.model.decision import RollBack, RollbackPlan
from gates.model.operation import OperationReceipt, OperationState
from gates.model.procedure import Ended, Step, steps
from gates.reporting.rollback import ADVICE
from gates.workflows.planned_rollback import PlannedRollback, held
from tests.support.builders import back
from tests.support.fake_clock import FakeClock
from tests.support.fake_operations import FakeOperationsLedger

RUN = "rollback-1"


def action(service: str) -> RollBack:
    """Return the way of one service."""
    return back(service, from_revision="r2", to_revision="r1", reason="planned")


PLAN = RollbackPlan(waves=((action("frontend"),), (action("auth-service"), action("asset-discovery"))))


class KilledError(Exception):
    """The process is gone."""


@dataclass
class MortalLedger(FakeOperationsLedger):
    """Dies right after so many writes; another process finds what was written."""

    left: int = 10_000

    def record_operation(self, receipt: OperationReceipt) -> None:
        """Write, and perhaps die."""
        super().record_operation(receipt)
        self.left -= 1
        if self.left == 0:
            raise KilledError


@dataclass
class Work:
    """Notes the steps; a step may have faults, or break."""

    faults: Mapping[Step, Sequence[str]] = field(default_factory=dict)
    breaks: Step | None = None
    done: list[Step] = field(default_factory=list)
    plans: list[RollbackPlan] = field(default_factory=list)

    def do(self, step: Step, plan: RollbackPlan) -> Sequence[str]:
        """Note it."""
        if step is self.breaks:
            raise UnavailableError("the cloud does not answer")
        self.done.append(step)
        self.plans.append(plan)
        return self.faults.get(step, ())

    def preview(self, step: Step, _plan: RollbackPlan) -> Sequence[str]:
        """Return one call."""
        return [f"call of {step}"]


def rollback(work: Work, ledger: FakeOperationsLedger) -> PlannedRollback:
    """Return the procedure over fakes."""
    return PlannedRollback(work, ledger, FakeClock(), environment="sandbox", by="ana")


def begun(work: Work, ledger: FakeOperationsLedger, *, has_page: bool = True) -> Ended:
    """Begin and run one."""
    planned = rollback(work, ledger)
    unfinished = planned.begin(RUN, PLAN, has_page=has_page, no_page="" if has_page else "nobody uses it")
    return planned.run(unfinished, lambda _text: None)


def test_every_step_once_and_in_order() -> None:
    """It is closed afterwards, and every step is on record with who asked."""
    work, ledger = Work(), FakeOperationsLedger()
    assert begun(work, ledger) == Ended()
    assert work.done == list(Step)
    assert rollback(work, ledger).unfinished() is None
    assert {one.by for one in ledger.written} == {"ana"}
    assert ledger.written[-1].state is OperationState.DONE


def test_without_a_page_nothing_is_turned_on_or_off() -> None:
    """Why users get none is on record."""
    work, ledger = Work(), FakeOperationsLedger()
    begun(work, ledger, has_page=False)
    assert work.done == [Step.PREPARE, Step.ROLL_BACK, Step.TEST, Step.VALIDATE]
    assert ledger.written[0].detail == "nobody uses it"


@pytest.mark.parametrize("step", list(Step)[1:])
def test_a_step_that_does_not_hold_ends_it_there(step: Step) -> None:
    """Nothing after it is begun; once it holds, the rest is done and nothing before it again."""
    work, ledger = Work(faults={step: ("no",)}), FakeOperationsLedger()
    assert begun(work, ledger) == Ended(failed=step, faults=("no",))
    assert work.done[-1] is step
    assert ADVICE[step]

    again = Work()
    left = rollback(again, ledger).unfinished()
    assert left is not None
    assert (left.run_id, left.plan, left.next_step, left.because) == (RUN, PLAN, step, ": no")
    assert left.shows_page is (step is not Step.VALIDATE)
    assert rollback(again, ledger).run(left, lambda _text: None) == Ended()
    assert again.done == list(Step)[list(Step).index(step) :]


def test_a_pre_validation_that_does_not_hold_leaves_nothing_open() -> None:
    """Nothing was changed, so the next one may begin at once."""
    work, ledger = Work(faults={Step.PREPARE: ("the database does not answer",)}), FakeOperationsLedger()
    assert begun(work, ledger).failed is Step.PREPARE
    assert work.done == [Step.PREPARE]
    assert rollback(work, ledger).unfinished() is None


def test_a_cloud_that_does_not_answer_is_a_step_that_does_not_hold() -> None:
    """The cause is told, no trace is lost."""
    ended = begun(Work(breaks=Step.PAGE_ON), FakeOperationsLedger())
    assert ended.failed is Step.PAGE_ON
    assert "does not answer" in ended.faults[0]


@pytest.mark.parametrize("writes", range(1, 2 * len(Step) + 3))
def test_killed_after_any_write_it_is_taken_up_again(writes: int) -> None:
    """Every step is done, in order, at most the one that ran twice; then it is closed."""
    work, ledger = Work(), MortalLedger(left=writes)
    with pytest.raises(KilledError):
        begun(work, ledger)
    ledger.left = 10_000
    left = rollback(work, ledger).unfinished()
    if left is not None:
        assert rollback(work, ledger).run(left, lambda _text: None) == Ended()
    assert list(dict.fromkeys(work.done)) == list(Step)
    assert len(work.done) <= len(Step) + 1
    assert all(plan == PLAN for plan in work.plans)
    assert rollback(work, ledger).unfinished() is None


def test_a_signal_ends_it_between_two_steps() -> None:
    """What runs is finished, nothing new begins, and it stays open."""
    work, ledger = Work(), FakeOperationsLedger()
    planned = rollback(work, ledger)
    unfinished = planned.begin(RUN, PLAN, has_page=True, no_page="")
    ended = planned.run(unfinished, lambda _text: None, lambda: len(work.done) == 2)
    assert (ended.is_stopped, work.done) == (True, [Step.PREPARE, Step.PAGE_ON])
    left = planned.unfinished()
    assert left is not None
    assert left.next_step is Step.ROLL_BACK


def test_an_abandoned_one_is_closed_and_a_new_one_is_its_own() -> None:
    """What the old one did does not count for the new one."""
    work, ledger = Work(faults={Step.TEST: ("no",)}), FakeOperationsLedger()
    begun(work, ledger)
    planned = rollback(work, ledger)
    left = planned.unfinished()
    assert left is not None
    planned.abandon(left)
    assert planned.unfinished() is None
    assert planned.begin("rollback-2", PLAN, has_page=True, no_page="").next_step is Step.PREPARE


def test_a_preview_sends_nothing() -> None:
    """Each step with its calls, nothing written anywhere."""
    work, ledger = Work(), FakeOperationsLedger()
    shown = rollback(work, ledger).preview(PLAN, has_page=True)
    assert shown == tuple((step, (f"call of {step}",)) for step in steps(has_page=True))
    assert (work.done, ledger.written) == ([], [])


def test_public_services_go_back_behind_their_page() -> None:
    """The order stays as it was planned; nobody is held without a page."""
    plan = held(PLAN, ("frontend", "api-gateway"))
    assert [action.service for action in plan.actions] == [action.service for action in PLAN.actions]
    assert [action.service for action in plan.actions if action.is_held] == ["frontend"]
    assert held(PLAN, ()) == PLAN
