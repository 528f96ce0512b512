"""What the steps of a planned rollback do, with the operations, the rollback and the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

from gates.actions.attempt import Attempt
from gates.actions.execute import ExecutionPolicy
from gates.actions.ports import Announce, Lease, Ledger, RollbackPorts
from gates.actions.shared_lease import SharedLease
from gates.aside import heard
from gates.decision.preflight import standing_objections
from gates.decision.safety_checks import Guard
from gates.errors import ConfigurationError, GateError
from gates.model.criterion import Stage
from gates.model.database import Database
from gates.model.decision import RollBack, RollbackPlan
from gates.model.evidence import Window
from gates.model.health import ServiceHealth
from gates.model.judgement import Outcome
from gates.model.operation import OperationReceipt, OperationState
from gates.model.platform import Environment, Platform
from gates.model.procedure import Step
from gates.model.verdict import Verdict
from gates.operations.maintenance import Maintenance
from gates.operations.service_levels import ServiceLevels
from gates.workflows.gate_run import Begin, take_run
from gates.workflows.golive_checkpoints import is_held
from gates.workflows.planned_rollback import ACTION
from gates.workflows.request import Request, RollbackMode
from gates.workflows.rollback import RollbackEngine

REPORT = f"{ACTION} report"
"""Name of the operation that keeps how the platform stood before, in the ledger."""
LONGEST_S = 900.0
"""Seconds that each look of the gate may take."""
_SQL = "GET the database's instance"
_MONITORING = "ListTimeSeries of the last 24 h, for the services that go back"
_LEVELS_OVER = timedelta(hours=24)
"""The window of the report before a planned rollback, as the guide's."""
_BAD = (OperationState.FAILED, OperationState.STARTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPorts:
    """What a planned rollback needs of the world, and in whose name."""

    environment: Environment
    platform: Platform
    rollback: RollbackPorts
    ledger: Ledger
    maintenance: Maintenance
    health: Callable[[str], ServiceHealth]
    database: Callable[[], Database]
    levels: Callable[[str, Window], ServiceLevels]
    begin: Begin
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRollbackRequest:
    """How it is done: with the maintenance page or not, which checks are overridden, who is notified."""

    has_page: bool
    execution: ExecutionPolicy
    overrides: Mapping[Guard, str]
    announce: Announce
    say: Callable[[str], None] = lambda _text: None


class PlannedWork:
    """Does the steps of a planned rollback in one environment, under one lease for all of them."""

    def __init__(
        self, ports: PlannedPorts, run_id: str, request: PlannedRollbackRequest, lease: Lease | None = None
    ) -> None:
        self._ports, self._run_id, self._request, self._lease = ports, run_id, request, lease
        self._place = ports.environment.name
        self._public = ports.platform.public_names if request.has_page else ()
        self._say = heard(request.say, "printing a step")
        journal = ports.rollback.journal
        lent = journal if lease is None else SharedLease(journal, lease, self._place)
        self._rollback = replace(ports.rollback, journal=lent)

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
        """Return the exact calls that a step would send; a step that only looks is named."""
        maintenance = self._ports.maintenance
        targets = {action.service: action.to_revision for action in plan.actions}
        match step:
            case Step.PREPARE:
                return [
                    f"GET {', '.join(self._ports.platform.asked_paths)} of every service",
                    _SQL,
                    _MONITORING,
                ]
            case Step.PAGE_ON:
                return [maintenance.turn_on(name, self._place, is_dry=True).detail for name in self._public]
            case Step.ROLL_BACK:
                return [receipt.detail for receipt in self._engine().rehearse(plan, lambda _receipt: None)]
            case Step.PAGE_OFF:
                return [maintenance.preview_off(name, targets.get(name)) for name in self._public]
            case _:
                only = self._ports.platform.policy.rollback.post_test if step is Step.TEST else ()
                words = [f"--only {name}" for name in only]
                words += [f"--revision {service}={to}" for service, to in targets.items()]
                return [f"gate run --env {self._place} --stage {Stage.POST_ROLLBACK} {' '.join(words)}"]

    def _prepare(self, plan: RollbackPlan) -> Iterator[str]:
        """Stop at a safety check; print and record the state before the rollback."""
        engine, overrides = self._engine(), self._request.overrides
        guarded = engine.guard(plan, is_planned=True, overrides=overrides, by=self._ports.by)
        yield from (f"{service}: {why}" for service, why in guarded.impossible)
        for name in self._public:  # what comes back after it is only known when it begins
            if self._rollback.traffic.describe(name).traffic.is_in_maintenance:
                yield f"{name} is in maintenance already: gate maintenance off {name}"
        healths, database = self._healths(), self._database()
        leaving = {action.service for action in plan.actions}
        found = standing_objections(healths, database, leaving)
        for standing in engine.lift(found, overrides, self._ports.by):
            way = f"to go all the same: --override {standing.guard}=REASON"
            yield f"{standing.service}: {standing.detail}; {way}"
        self._report(healths, database, leaving)

    def _report(self, healths: Sequence[ServiceHealth], database: Database | str, leaving: set[str]) -> None:
        """Print and record where every service stands and which service levels it reached.

        Raises:
            LedgerError: it cannot be written.
        """
        now = self._rollback.clock.now()
        window = Window(start=now - _LEVELS_OVER, end=now)
        lines = [f"database: {database if isinstance(database, str) else database.state}"]
        lines += [f"{h.service} is not well: {_trouble(h)}" for h in healths if not h.is_well]
        lines += [_levels(self._ports.levels(name, window)) for name in sorted(leaving)]
        for line in lines:
            self._say(f"  {line}")
        receipt = OperationReceipt(
            action=REPORT,
            subject=self._run_id,
            environment=self._place,
            state=OperationState.DONE,
            before="",
            after="",
            detail="\n".join(lines),
            by=self._ports.by,
            at=now,
        )
        self._ports.ledger.record_operation(receipt)

    def _page_on(self, _plan: RollbackPlan) -> Iterator[str]:
        for name in self._public:
            receipt = self._ports.maintenance.turn_on(name, self._place, is_dry=False)
            if receipt.state in _BAD:
                yield f"{name}: {receipt.detail}"

    def _roll_back(self, plan: RollbackPlan) -> Iterator[str]:
        """Roll back what is left; if the maintenance page was removed meanwhile, it is put up again first."""
        yield from self._page_on(plan)
        engine = self._engine()
        begun = next((one for one in engine.unfinished() if one.run_id == self._run_id), None)
        tell = self._request.announce
        receipts = engine.execute(plan, tell) if begun is None else engine.resume(begun, tell)
        for receipt in receipts:
            if not receipt.is_verified:
                yield f"{receipt.action.service}: {receipt.detail}"

    def _test(self, plan: RollbackPlan) -> Iterator[str]:
        only = self._ports.platform.policy.rollback.post_test
        if not only:
            yield "the policy names nothing to test before users come back: rollback.postTest"
            return
        yield from self._looked("test", plan, only)

    def _page_off(self, plan: RollbackPlan) -> Iterator[str]:
        for name in self._public:
            receipt = self._ports.maintenance.turn_off(name, self._place, is_dry=False)
            if receipt.state in _BAD:
                yield f"{name}: {receipt.detail}"
                return
        for action in plan.actions:
            if action.is_held:
                shown = replace(action, is_held=False)
                proof = Attempt(shown, self._rollback, self._request.execution.patience, _never).prove()
                self._request.announce(proof)
                if not proof.is_verified:
                    yield f"{action.service}: {proof.detail}"

    def _validate(self, plan: RollbackPlan) -> Iterator[str]:
        yield from self._looked("after", plan, ())

    def _looked(self, name: str, plan: RollbackPlan, only: tuple[str, ...]) -> Iterator[str]:
        """Run the post-rollback stage on the revisions that serve or are staged."""
        run_id = f"{self._run_id}-{name}-{self._rollback.clock.now():%H%M%S%f}"
        wanted = self._standing() | {action.service: action.to_revision for action in plan.actions}
        request = Request(
            stage=Stage.POST_ROLLBACK, run_id=run_id, wanted=wanted, only=only, rollback=RollbackMode.NEVER
        )
        record = take_run(self._ports.begin(run_id), request, lambda _record: None)
        for line in _summary(record.verdict):
            self._say(f"  {line}")
        if not is_held(record.verdict):
            because = "; ".join(record.decision.because)[:500]
            yield f"stage post-rollback is {record.verdict.outcome} ({run_id}): {because}"

    def _standing(self) -> dict[str, str]:
        """Return the revisions that serve or are staged: those are under test, not the newest."""
        states = [self._rollback.traffic.describe(name) for name in self._ports.platform.service_names]
        found = {
            state.service: state.traffic.behind if state.traffic.is_in_maintenance else state.sole_serving
            for state in states
        }
        return {name: revision for name, revision in found.items() if revision}

    def _healths(self) -> tuple[ServiceHealth, ...]:
        names = self._ports.platform.service_names
        with ThreadPoolExecutor(max_workers=len(names)) as pool:
            return tuple(pool.map(self._health, names))

    def _health(self, name: str) -> ServiceHealth:
        try:
            return self._ports.health(name)
        except ConfigurationError as error:  # a procedure that has begun goes on
            return ServiceHealth.unknown(name, error.cause)

    def _database(self) -> Database | str:
        try:
            return self._ports.database()
        except GateError as error:
            return error.cause

    def _engine(self) -> RollbackEngine:
        return RollbackEngine(
            self._ports.environment,
            self._ports.platform,
            self._rollback,
            run_id=self._run_id,
            policy=self._request.execution,
        )


def _never(_action: RollBack, _before: object, _etag: str) -> None:
    raise AssertionError("a proof writes nothing")


def _trouble(health: ServiceHealth) -> str:
    circuits = [f"the circuit to {one.name} is {one.state}" for one in health.circuits if not one.is_closed]
    return health.shortcoming or "; ".join(circuits) or "it is not ready"


def _levels(levels: ServiceLevels) -> str:
    ratio = "?" if levels.error_ratio is None else f"{levels.error_ratio * 100:.3f} %"
    latency = "?" if levels.p95_ms is None else f"{levels.p95_ms:.0f} ms"
    return f"24 h of {levels.service}: {levels.requests} requests, errors {ratio}, p95 {latency}"


def _summary(verdict: Verdict) -> Iterator[str]:
    """Return how many checks of each category passed."""
    found = Counter(judgement.criterion.category for judgement in verdict.judgements)
    good = Counter(j.criterion.category for j in verdict.judgements if j.outcome is Outcome.PASS)
    for category, count in sorted(found.items()):
        yield f"{category}: {good[category]} of {count} checks hold"
