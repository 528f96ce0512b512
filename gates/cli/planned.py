"""What the steps of a planned rollback do: composed of the operations, the rollback and the gate itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import click

from gates import wiring
from gates.actions.attempt import Attempt
from gates.actions.execute import ExecutionPolicy
from gates.actions.ports import Announce, Lease
from gates.actions.shared_lease import SharedLease
from gates.cli.golive_checkpoints import is_held
from gates.cli.signals import Stop
from gates.decision.preflight import standing_objections
from gates.decision.safety_checks import Guard
from gates.errors import ConfigurationError, GateError, UsageError
from gates.model.criterion import Stage
from gates.model.database import Database
from gates.model.decision import RollBack, RollbackPlan
from gates.model.evidence import Window
from gates.model.exit_code import ExitCode
from gates.model.health import ServiceHealth
from gates.model.judgement import Outcome
from gates.model.operation import OperationReceipt, OperationState
from gates.model.verdict import Verdict
from gates.operations_context import OperationsContext
from gates.reporting.layout import Line, Verbatim
from gates.workflows.pipeline import Request, RollbackMode
from gates.workflows.planned_rollback import (
    ACTION,
    ADVICE,
    Ended,
    PlannedRollback,
    Step,
    Unfinished,
    held,
)
from gates.workflows.rollback import RollbackEngine

REPORT = f"{ACTION} report"
"""Name of the operation that keeps how the platform stood before, in the ledger."""
_HEALTH = "GET /healthz, /readyz, /version, /internal/circuits of every service"
_SQL = "GET the database's instance"
_MONITORING = "ListTimeSeries of the last 24 h, for the services that go back"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A planned rollback that a person asked for; `word` says why users get no page, if they get none."""

    run_id: str
    plan: RollbackPlan
    by: str
    word: str = ""


class PlannedWork:
    """Does the steps of a planned rollback in one environment, under one lease for all of them."""

    def __init__(
        self, operations: OperationsContext, run_id: str, manner: Manner, lease: Lease | None = None
    ) -> None:
        self._operations, self._context = operations, operations.context
        self._run_id, self._manner = run_id, manner
        self._place = self._context.environment.name
        self._public = public_of(self._context) if manner.has_page else ()
        self._lease = lease
        ports = self._context.ports
        lent = ports.journal if lease is None else SharedLease(ports.journal, lease, self._place)
        self._ports = replace(ports, journal=lent)

    def do(self, step: Step, plan: RollbackPlan) -> Sequence[str]:
        """Do one step, or what is left of it, unless another gate took over."""
        if self._lease is not None:
            self._lease.confirm()
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
        """Return the exact calls that a step would send; what only looks is named, and changes nothing."""
        maintenance = self._operations.maintenance
        targets = {action.service: action.to_revision for action in plan.actions}
        match step:
            case Step.PREPARE:
                return [_HEALTH, _SQL, _MONITORING]
            case Step.PAGE_ON:
                return [maintenance.turn_on(name, self._place, is_dry=True).detail for name in self._public]
            case Step.ROLL_BACK:
                return [receipt.detail for receipt in self._engine().rehearse(plan, lambda _receipt: None)]
            case Step.PAGE_OFF:
                return [maintenance.preview_off(name, targets.get(name)) for name in self._public]
            case _:
                only = self._context.platform.policy.rollback.post_test if step is Step.TEST else ()
                words = [f"--only {name}" for name in only]
                words += [f"--revision {service}={to}" for service, to in targets.items()]
                return [f"gate run --env {self._place} --stage {Stage.POST_ROLLBACK} {' '.join(words)}"]

    def _prepare(self, plan: RollbackPlan) -> Iterator[str]:
        """Refuse what a guard refuses; how everything stood before is told and written down."""
        engine, lifted = self._engine(), self._manner.lifted
        guarded = engine.guard(plan, is_planned=True, lifted=lifted, by=self._operations.by)
        yield from (f"{service}: {why}" for service, why in guarded.impossible)
        for name in self._public:  # what comes back after it is only known when it begins
            if self._context.cloud.describe(name).traffic.is_in_maintenance:
                yield f"{name} is in maintenance already: gate maintenance off {name}"
        healths, database = self._healths(), self._database()
        leaving = {action.service for action in plan.actions}
        found = standing_objections(healths, database, leaving)
        for standing in engine.lift(found, lifted, self._operations.by):
            way = f"to go all the same: --override {standing.guard}=REASON"
            yield f"{standing.service}: {standing.detail}; {way}"
        self._report(healths, database, leaving)

    def _report(self, healths: Sequence[ServiceHealth], database: Database | str, leaving: set[str]) -> None:
        """Tell how everything stands and what the services kept of their levels, and write it down.

        Raises:
            LedgerError: it cannot be written.
        """
        now = self._context.ports.clock.now()
        window = Window(start=now - _LEVELS_OVER, end=now)
        lines = [f"database: {database if isinstance(database, str) else database.state}"]
        lines += [f"{h.service} is not well: {_trouble(h)}" for h in healths if not h.is_well]
        lines += [_levels(self._operations, name, window) for name in sorted(leaving)]
        for line in lines:
            click.echo(f"  {line}")
        receipt = OperationReceipt(
            action=REPORT,
            subject=self._run_id,
            environment=self._place,
            state=OperationState.DONE,
            before="",
            after="",
            detail="\n".join(lines),
            by=self._operations.by,
            at=now,
        )
        self._context.ledger.record_operation(receipt)

    def _page_on(self, _plan: RollbackPlan) -> Iterator[str]:
        for name in self._public:
            receipt = self._operations.maintenance.turn_on(name, self._place, is_dry=False)
            if receipt.state in _BAD:
                yield f"{name}: {receipt.detail}"

    def _roll_back(self, plan: RollbackPlan) -> Iterator[str]:
        """Roll back what is not back yet; a page that somebody took away meanwhile is put up again first."""
        yield from self._page_on(plan)
        engine = self._engine()
        begun = next((one for one in engine.unfinished() if one.run_id == self._run_id), None)
        tell = self._manner.announce
        receipts = engine.execute(plan, tell) if begun is None else engine.resume(begun, tell)
        for receipt in receipts:
            if not receipt.is_verified:
                yield f"{receipt.action.service}: {receipt.detail}"

    def _test(self, plan: RollbackPlan) -> Iterator[str]:
        only = self._context.platform.policy.rollback.post_test
        if not only:
            yield "the policy names nothing to test before users come back: rollback.postTest"
            return
        yield from self._looked("test", plan, only)

    def _page_off(self, plan: RollbackPlan) -> Iterator[str]:
        for name in self._public:
            receipt = self._operations.maintenance.turn_off(name, self._place, is_dry=False)
            if receipt.state in _BAD:
                yield f"{name}: {receipt.detail}"
                return
        for action in plan.actions:
            if action.is_held:
                shown = replace(action, is_held=False)
                proof = Attempt(shown, self._ports, self._manner.execution.patience, _never).prove()
                self._manner.announce(proof)
                if not proof.is_verified:
                    yield f"{action.service}: {proof.detail}"

    def _validate(self, plan: RollbackPlan) -> Iterator[str]:
        yield from self._looked("after", plan, ())

    def _looked(self, name: str, plan: RollbackPlan, only: tuple[str, ...]) -> Iterator[str]:
        """Take what serves, or waits behind its page, through the stage after a rollback."""
        context = self._context
        run_id = f"{self._run_id}-{name}-{context.ports.clock.now():%H%M%S%f}"
        folder = context.run_folder(run_id)
        keeper = wiring.keeper(folder)
        gate = context.gate(folder, announce=keeper, seconds=_LONGEST_S)
        wanted = self._standing() | {action.service: action.to_revision for action in plan.actions}
        request = Request(
            stage=Stage.POST_ROLLBACK, run_id=run_id, wanted=wanted, only=only, rollback=RollbackMode.NEVER
        )
        record = gate.run(request)
        keeper.finish(record)
        for line in _summary(record.verdict):
            click.echo(f"  {line}")
        if not is_held(record.verdict):
            because = "; ".join(record.decision.because)[:500]
            yield f"stage post-rollback is {record.verdict.outcome} ({run_id}): {because}"

    def _standing(self) -> dict[str, str]:
        """Return what serves or waits behind its page: that is under test, not what is newest."""
        states = [self._context.cloud.describe(name) for name in self._context.platform.service_names]
        found = {
            state.service: state.traffic.behind if state.traffic.is_in_maintenance else state.sole_serving
            for state in states
        }
        return {name: revision for name, revision in found.items() if revision}

    def _healths(self) -> tuple[ServiceHealth, ...]:
        names = self._context.platform.service_names
        with ThreadPoolExecutor(max_workers=len(names)) as pool:
            return tuple(pool.map(self._health, names))

    def _health(self, name: str) -> ServiceHealth:
        try:
            return self._operations.services.health(name)
        except ConfigurationError as error:  # a procedure that has begun goes on
            return ServiceHealth.unknown(name, error.cause)

    def _database(self) -> Database | str:
        try:
            return self._operations.sql.state()
        except GateError as error:
            return error.cause

    def _engine(self) -> RollbackEngine:
        context = self._context
        return RollbackEngine(
            context.environment,
            context.platform,
            self._ports,
            run_id=self._run_id,
            policy=self._manner.execution,
        )


def _never(_action: RollBack, _before: object, _etag: str) -> None:
    raise AssertionError("a proof writes nothing")


def _trouble(health: ServiceHealth) -> str:
    circuits = [f"the circuit to {one.name} is {one.state}" for one in health.circuits if not one.is_closed]
    return health.shortcoming or "; ".join(circuits) or "it is not ready"


def _levels(operations: OperationsContext, name: str, window: Window) -> str:
    levels = operations.service_levels(name, window)
    ratio = "?" if levels.error_ratio is None else f"{levels.error_ratio * 100:.3f} %"
    latency = "?" if levels.p95_ms is None else f"{levels.p95_ms:.0f} ms"
    return f"24 h of {name}: {levels.requests} requests, errors {ratio}, p95 {latency}"


def _summary(verdict: Verdict) -> Iterator[str]:
    """Say how many checks of each category held."""
    found = Counter(judgement.criterion.category for judgement in verdict.judgements)
    good = Counter(j.criterion.category for j in verdict.judgements if j.outcome is Outcome.PASS)
    for category, count in sorted(found.items()):
        yield f"{category}: {good[category]} of {count} checks hold"


def public_of(context: wiring.Context) -> tuple[str, ...]:
    """Return the services at which users get the page."""
    return tuple(spec.name for spec in context.platform.services if spec.is_public)


def procedure(
    context: wiring.Context, run_id: str, manner: Manner, *, by: str, lease: Lease | None = None
) -> PlannedRollback:
    """Return the procedure of an environment, in the name of one person."""
    work = PlannedWork(OperationsContext(context, by), run_id, manner, lease)
    place = context.environment.name
    return PlannedRollback(work, context.ledger, context.ports.clock, environment=place, by=by)


def unfinished(context: wiring.Context) -> Unfinished | None:
    """Return the procedure that was begun and has no end, if there is one."""
    nothing = Manner(has_page=True, execution=ExecutionPolicy(), lifted={}, announce=lambda _receipt: None)
    return procedure(context, "", nothing, by="").unfinished()


def maintenance_lines(context: wiring.Context, services: Sequence[str]) -> list[Line]:
    """Return that users get the page, by whom and since when, and the way out.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    env = context.environment.name
    with closing(OperationsContext(context, "")) as operations:
        why = operations.maintenance.why(services[0])
    begun, title = unfinished(context), f"MAINTENANCE IS ON at {', '.join(services)}: {why}"
    if begun is not None and begun.has_page:
        resume = f"gate rollback resume --env {env}"
        return [title, f"  part of {begun.run_id}, which is not finished: {resume}"]
    return [title, Verbatim(f"  → gate maintenance off --env {env}")]


def show(context: wiring.Context, order: Order, manner: Manner) -> ExitCode:
    """Tell every step with its exact calls; nothing is sent."""
    planned = procedure(context, order.run_id, manner, by=order.by)
    plan = held(order.plan, public_of(context) if manner.has_page else ())
    for number, (step, calls) in enumerate(planned.preview(plan, has_page=manner.has_page), start=1):
        click.echo(f"{number}. {step}")
        for call in calls:
            click.echo(f"   {call}")
    return ExitCode.GO


def begin(context: wiring.Context, order: Order, manner: Manner, stop: Stop) -> ExitCode:
    """Write a procedure down and carry it out, alone in its environment.

    Raises:
        LeaseHeldError: another gate acts in the environment.
        UsageError: another procedure is not finished.
        LedgerError: it cannot be written down; nothing was done.
    """
    env = context.environment.name
    with context.ports.journal.hold(env, order.run_id) as lease, stop.heard():
        other = unfinished(context)
        if other is not None:
            raise UsageError(
                f"{other.run_id} is not finished: next is {other.next_step}",
                next_step=f"gate rollback resume --env {env}",
            )
        planned = procedure(context, order.run_id, manner, by=order.by, lease=lease)
        plan = held(order.plan, public_of(context) if manner.has_page else ())
        begun = planned.begin(order.run_id, plan, has_page=manner.has_page, word=order.word)
        return _conduct(planned, begun, stop, env)


def go_on(context: wiring.Context, begun: Unfinished, manner: Manner, stop: Stop, *, by: str) -> ExitCode:
    """Do what is left of a procedure, alone in its environment.

    Raises:
        LeaseHeldError: another gate acts in the environment.
        LedgerError: it cannot be written down; nothing was done.
    """
    env = context.environment.name
    with context.ports.journal.hold(env, begun.run_id) as lease, stop.heard():
        procedure_now = procedure(context, begun.run_id, manner, by=by, lease=lease)
        left = procedure_now.unfinished()
        if left is None or left.run_id != begun.run_id:
            click.echo(f"{begun.run_id} was finished meanwhile")
            return ExitCode.GO
        return _conduct(procedure_now, left, stop, env)


def _conduct(planned: PlannedRollback, begun: Unfinished, stop: Stop, env: str) -> ExitCode:
    started = datetime.now(UTC)
    ended = planned.run(begun, _tell, stop.is_asked_for)
    seconds = (datetime.now(UTC) - started).total_seconds()
    if ended.failed is not None or ended.is_stopped:
        return _broken_off(ended, env, shows_page=planned.may_show_page(begun))
    click.echo(f"planned rollback of {len(begun.plan.actions)} services closed after {seconds:.0f} s")
    click.echo("NOW PINNED: new deployments of these services get no traffic until you unpin them:")
    names = " ".join(action.service for action in begun.plan.actions)
    click.echo(f"  gate rollback unpin {names} --env {env}")
    return ExitCode.GO


def _broken_off(ended: Ended, env: str, *, shows_page: bool) -> ExitCode:
    if ended.failed is not None:
        click.echo(f"FAILED  {ended.failed}: {'; '.join(ended.faults)}")
        click.echo(f"  → {ADVICE[ended.failed]}")
    if ended.is_stopped:
        click.echo(f"stopped by a signal; go on: gate rollback resume --env {env}")
    if shows_page:
        click.echo("MAINTENANCE MAY BE ON: users may get 503; look: gate rollback status")
    return ExitCode.INTERRUPTED if ended.is_stopped else ExitCode.ACTION_FAILED


def _tell(text: str) -> None:
    click.echo(f"{datetime.now(UTC):%H:%M:%S}  {text}")
