"""What the steps of a planned rollback do: composed of the operations, the rollback and the gate itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import click

from gates import wiring
from gates.actions.execute import ExecutionPolicy
from gates.actions.ports import Announce
from gates.cli.slots import is_held
from gates.cli.stopping import Stop
from gates.control_room import ControlRoom
from gates.decision.rollback_guards import Guard
from gates.model.criterion import Stage
from gates.model.decision import RollbackPlan
from gates.model.evidence import Window
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationState
from gates.operations.maintenance import UPDATE
from gates.operations.planned_rollback import ADVICE, PlannedRollback, Step, Unfinished, split
from gates.pipeline import Request, RollbackMode
from gates.rollback import RollbackEngine

_LEVELS_OVER = timedelta(hours=24)
"""The window of the report before a planned rollback, as the guide's."""
_BAD = (OperationState.FAILED, OperationState.STARTED)
_LONGEST_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a person wants it done: with a page for users or without, which guards are lifted, who is told."""

    has_page: bool
    execution: ExecutionPolicy
    lifted: Mapping[Guard, str]
    announce: Announce


class PlannedWork:
    """Does the steps of a planned rollback in one environment; without a page no service waits for it."""

    def __init__(self, room: ControlRoom, run_id: str, manner: Manner) -> None:
        self._room, self._house, self._run_id, self._manner = room, room.house, run_id, manner
        public = (spec.name for spec in self._house.platform.services if spec.is_public)
        self._public = tuple(public) if manner.has_page else ()

    def do(self, step: Step, plan: RollbackPlan) -> Sequence[str]:
        """Do one step, or what is left of it."""
        steps: dict[Step, Callable[[RollbackPlan], Iterator[str]]] = {
            Step.PREPARE: self._prepare,
            Step.PAGE_ON: self._page_on,
            Step.ROLL_BACK: self._roll_back,
            Step.TEST: self._test,
            Step.PAGE_OFF: self._page_off,
            Step.VALIDATE: self._validate,
        }
        return tuple(steps[step](plan))

    def preview(self, step: Step, plan: RollbackPlan) -> Sequence[str]:
        """Return the exact calls that a step would send; what only looks sends none that changes anything."""
        behind, public = split(plan, self._public)
        match step:
            case Step.PAGE_ON:
                place = self._house.environment.name
                turned = [self._room.maintenance.turn_on(name, place, is_dry=True) for name in self._public]
                return [receipt.detail for receipt in turned]
            case Step.ROLL_BACK:
                rehearsed = self._engine("behind").rehearse(behind, lambda _receipt: None)
                return [receipt.detail for receipt in rehearsed]
            case Step.TEST:
                return [
                    f"tag {a.to_revision} of {a.service}, ask it, take the tag away" for a in public.actions
                ]
            case Step.PAGE_OFF:
                return [
                    f"{UPDATE} service={a.service} update_mask=template,traffic"
                    f" template=copy of {a.to_revision} traffic=[{a.to_revision}=100%]"
                    for a in public.actions
                ]
            case _:
                return ["looks only"]

    def _prepare(self, plan: RollbackPlan) -> Iterator[str]:
        """Refuse what a guard refuses; bad health may be why somebody goes back, so it is only told."""
        engine, lifted = self._engine("guards"), self._manner.lifted
        guarded = engine.guard(plan, is_planned=True, lifted=lifted, by=self._room.by)
        yield from (f"{service}: {why}" for service, why in guarded.impossible)
        for name, trouble in self._unwell():
            click.echo(f"  not well now: {name}: {trouble}")
        now = datetime.now(UTC)
        for name in self._house.platform.service_names:
            levels = self._room.service_levels(name, Window(start=now - _LEVELS_OVER, end=now))
            ratio = "?" if levels.error_ratio is None else f"{levels.error_ratio * 100:.3f} %"
            latency = "?" if levels.p95_ms is None else f"{levels.p95_ms:.0f} ms"
            click.echo(f"  24 h of {name}: {levels.requests} requests, errors {ratio}, p95 {latency}")

    def _page_on(self, _plan: RollbackPlan) -> Iterator[str]:
        place = self._house.environment.name
        with self._house.ports.journal.hold(place, f"{self._run_id}-page"):
            for name in self._public:
                receipt = self._room.maintenance.turn_on(name, place, is_dry=False)
                if receipt.state in _BAD:
                    yield f"{name}: {receipt.detail}"

    def _roll_back(self, plan: RollbackPlan) -> Iterator[str]:
        behind, _ = split(plan, self._public)
        yield from self._go_back(behind, "behind")

    def _test(self, plan: RollbackPlan) -> Iterator[str]:
        behind, public = split(plan, self._public)
        for action in behind.actions:
            if not self._room.services.is_ready(action.service):
                yield f"{action.service} is not ready"
        place = self._house.environment.name
        targets = self._engine("test").examine(public) if public.actions else ()
        with self._house.ports.journal.hold(place, f"{self._run_id}-test"):
            proofs = [self._room.way_back.prove(target, place) for target in targets]
        yield from (f"{proof.subject}: {proof.detail}" for proof in proofs if not proof.passed)

    def _page_off(self, plan: RollbackPlan) -> Iterator[str]:
        _, public = split(plan, self._public)
        targets = {action.service: action.to_revision for action in public.actions}
        with self._house.ports.journal.hold(self._house.environment.name, f"{self._run_id}-page"):
            for name in self._public:
                receipt = self._room.maintenance.turn_off(name, is_dry=False, to=targets.get(name, ""))
                if receipt.state in _BAD:
                    yield f"{name}: {receipt.detail}"
        yield from self._go_back(public, "public")

    def _validate(self, plan: RollbackPlan) -> Iterator[str]:
        yield from (f"{name} is not well: {trouble}" for name, trouble in self._unwell())
        run_id = f"{self._run_id}-after-{datetime.now(UTC):%H%M%S}"
        folder = self._house.run_folder(run_id)
        keeper = wiring.keeper(folder)
        gate = self._house.gate(folder, announce=keeper, seconds=_LONGEST_S)
        wanted = self._serving() | {action.service: action.to_revision for action in plan.actions}
        record = gate.run(
            Request(stage=Stage.POST_ROLLBACK, run_id=run_id, wanted=wanted, rollback=RollbackMode.NEVER)
        )
        keeper.finish(record)
        if not is_held(record.verdict):
            because = "; ".join(record.decision.because)[:500]
            yield f"stage post-rollback is {record.verdict.outcome} ({run_id}): {because}"

    def _serving(self) -> dict[str, str]:
        """Return what serves: after a rollback that is under test, not what is newest."""
        names = self._house.platform.service_names
        found = {name: self._house.cloud.describe(name).sole_serving for name in names}
        return {name: revision for name, revision in found.items() if revision}

    def _go_back(self, plan: RollbackPlan, part: str) -> Iterator[str]:
        for receipt in self._engine(part).execute(plan, self._manner.announce):
            if not receipt.is_verified:
                yield f"{receipt.action.service}: {receipt.detail}"

    def _unwell(self) -> Iterator[tuple[str, str]]:
        first, *rest = self._house.platform.service_names
        found = [self._room.services.health(first)]  # signs in once, for all
        with ThreadPoolExecutor(max_workers=len(rest) + 1) as pool:
            found += pool.map(self._room.services.health, rest)
        for one in found:
            if not one.is_well:
                yield one.service, one.trouble or "not ready, or a circuit is open"

    def _engine(self, part: str) -> RollbackEngine:
        house, run_id = self._house, f"{self._run_id}-{part}"
        return RollbackEngine(
            house.environment, house.platform, house.ports, run_id=run_id, policy=self._manner.execution
        )


def procedure(house: wiring.House, run_id: str, manner: Manner, *, by: str) -> PlannedRollback:
    """Return the procedure of an environment, in the name of one person."""
    work, place = PlannedWork(ControlRoom(house, by), run_id, manner), house.environment.name
    return PlannedRollback(work, house.ledger, house.ports.clock, environment=place, by=by)


def unfinished(house: wiring.House) -> Unfinished | None:
    """Return the procedure that was begun and has no end, if there is one."""
    nothing = Manner(has_page=True, execution=ExecutionPolicy(), lifted={}, announce=lambda _receipt: None)
    return procedure(house, "", nothing, by="").unfinished()


def show(planned: PlannedRollback, plan: RollbackPlan, *, has_page: bool) -> ExitCode:
    """Tell every step with its exact calls; nothing is sent."""
    for number, (step, calls) in enumerate(planned.preview(plan, has_page=has_page), start=1):
        click.echo(f"{number}. {step}")
        for call in calls:
            click.echo(f"   {call}")
    return ExitCode.GO


def conduct(planned: PlannedRollback, begun: Unfinished, stop: Stop, env: str) -> ExitCode:
    """Do what is left of a procedure and tell how it ended."""
    started = datetime.now(UTC)
    with stop.heard():
        ended = planned.run(begun, _tell, stop.is_asked_for)
    seconds = (datetime.now(UTC) - started).total_seconds()
    if ended.is_stopped:
        click.echo(f"stopped by a signal after {seconds:.0f} s; go on: gate rollback resume --env {env}")
        return ExitCode.INTERRUPTED
    if ended.failed is not None:
        click.echo(f"FAILED  {ended.failed}: {'; '.join(ended.faults)}")
        click.echo(f"  → {ADVICE[ended.failed]}")
        return ExitCode.ACTION_FAILED
    click.echo(f"planned rollback of {len(begun.plan.actions)} services closed after {seconds:.0f} s")
    click.echo("NOW PINNED: new deployments of these services get no traffic until you unpin them:")
    names = " ".join(action.service for action in begun.plan.actions)
    click.echo(f"  gate rollback unpin {names} --env {env}")
    return ExitCode.GO


def _tell(text: str) -> None:
    click.echo(f"{datetime.now(UTC):%H:%M:%S}  {text}")
