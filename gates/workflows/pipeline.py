"""One release through the gate: demand, look, judge, decide, act, report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from gates import aside
from gates.actions.execute import ExecutionPolicy, Executor
from gates.actions.ports import RollbackPorts
from gates.decision.candidates import FoundRelease, ServiceView, doubts, find_next_release, find_release
from gates.decision.policy import covering, decide, with_plan
from gates.errors import LedgerError
from gates.evidence.binding import bind
from gates.judgement.judge import judge
from gates.model import events
from gates.model.criterion import Catalogue, Criterion
from gates.model.decision import Decision, DecisionKind, PreAuthorisation, RollbackPlan
from gates.model.evidence import EvidenceBundle
from gates.model.judgement import Waiver
from gates.model.platform import Environment, Platform
from gates.model.receipt import Receipt
from gates.model.record import DecisionRecord, ToolVersion
from gates.model.release import Release
from gates.model.verdict import Verdict, VerdictOutcome
from gates.workflows.evidence_source import Carry, EvidenceSource
from gates.workflows.request import Request, RollbackMode
from gates.workflows.survey import Prepared, changes_since, survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The gate of one environment. `run` is the whole story; each step can be called on its own."""

    platform: Platform
    environment: Environment
    catalogue: Catalogue
    source: EvidenceSource
    ports: RollbackPorts
    announce: Callable[[events.Event], None]
    guarded: Callable[[RollbackPlan], RollbackPlan]
    """Removes actions that a safety check blocks. Checks cannot be overridden here; a person decides."""
    is_stopped: Callable[[], bool] = lambda: False
    """Whether a stop was asked for: what runs is finished, and nothing new is done."""
    tools: tuple[ToolVersion, ...] = ()
    waivers: Callable[[Release, datetime], tuple[Waiver, ...]] = lambda _release, _at: ()
    standing: Callable[[datetime], tuple[PreAuthorisation, ...]] = lambda _at: ()
    carry: Carry = lambda bundle, _release, _stage, _at: bundle

    def run(self, request: Request) -> DecisionRecord:
        """Take one release through the gate and return the record of it."""
        prepared = self.prepare(request)
        return self.conclude(request, prepared)

    def prepare(self, request: Request) -> Prepared:
        """Find out what is demanded, and of which release."""
        criteria = self.demand(request)
        views = self.views()
        found = self.find(request, views)
        return Prepared(criteria=criteria, views=views, release=found.release, notes=found.notes)

    def conclude(self, request: Request, prepared: Prepared) -> DecisionRecord:
        """Look at the release, judge it, decide, act and remember."""
        bundle = self.look(request, prepared.criteria, prepared.release, prepared.views)
        verdict = self.judge(request, bundle, prepared.release, at=self.ports.clock.now())
        decision = self.decide(verdict, prepared.views)
        receipts = self.act(request, decision)
        self.remember(request, verdict)
        return DecisionRecord(
            run_id=request.run_id,
            verdict=verdict,
            decision=decision,
            receipts=receipts,
            tools=self.tools,
        )

    def _tell(self, event: events.Event) -> None:
        """Announce an event; an error of a listener becomes a note, and changes nothing here."""
        with aside.aside("announcing an event"):
            self.announce(event)

    def demand(self, request: Request) -> tuple[Criterion, ...]:
        """Return what the stage demands, or the named part of it."""
        return request.demanded(self.catalogue)

    def views(self) -> tuple[ServiceView, ...]:
        """Ask the cloud and the ledger about every service."""
        with self.step("find", "what is deployed"):
            return survey(self.ports, self.platform, self.environment)

    def find(self, request: Request, views: Sequence[ServiceView]) -> FoundRelease:
        """Say which revisions are under test."""
        find = find_release if request.stage.is_in_service else find_next_release
        services, place = self.platform.services, self.environment.name
        found = find(views, services, release_id=request.run_id, environment=place, wanted=request.wanted)
        self._tell(events.ReleaseFound(release=found.release, notes=found.notes))
        return found

    def look(
        self, request: Request, criteria: Sequence[Criterion], release: Release, views: Sequence[ServiceView]
    ) -> EvidenceBundle:
        """Collect the evidence as it is; what belongs to this release is decided when it is judged."""
        self._tell(events.RunPrepared(setup=request.setup(release)))
        with self.step("look", f"{len(criteria)} criteria"):
            changes = lambda: (*doubts(views, request.wanted), *changes_since(self.ports.traffic, views))  # noqa: E731
            return self.source.collect(criteria, release, views, changes)

    def judge(self, request: Request, bundle: EvidenceBundle, release: Release, *, at: datetime) -> Verdict:
        """Judge every criterion at a moment and say what is true of the release then."""
        bound = bind(bundle, catalogue=self.catalogue, release=release, now=at)
        bound = self.carry(bound, release, request.stage, at)
        verdict = Verdict(
            release=release,
            scope=request.setup(release).scope,
            judgements=judge(self.demand(request), bound, waivers=self.waivers(release, at), now=at),
            flaws=bound.flaws,
            catalogue_digest=self.catalogue.digest,
            judged_at=at,
        )
        self._tell(events.VerdictReached(verdict=verdict))
        return verdict

    def decide(self, verdict: Verdict, views: Sequence[ServiceView]) -> Decision:
        """Say what to do, with the rollback plan where one is needed."""
        now = self.ports.clock.now()
        decision = decide(verdict, platform=self.platform, standing=self.standing(now), now=now)
        if decision.kind is DecisionKind.ROLL_BACK:
            decision = with_plan(decision, verdict.release, views, self.platform.services)
        if decision.plan is not None:
            decision = replace(decision, plan=self.guarded(decision.plan))
        self._tell(events.DecisionMade(decision=decision))
        return decision

    def act(self, request: Request, decision: Decision) -> tuple[Receipt, ...]:
        """Carry the decision out if a pre-authorisation covers it or a person confirms it.

        The pre-authorisation is read again: it may have been revoked since the decision was made.
        """
        if decision.kind is not DecisionKind.ROLL_BACK or decision.plan is None or self.is_stopped():
            return ()
        is_allowed = request.rollback is RollbackMode.AUTO and bool(self.covering(decision))
        if not is_allowed and not (request.rollback is not RollbackMode.NEVER and request.confirm(decision)):
            return ()
        with self.step("act", f"{len(decision.plan.actions)} rollbacks"):
            strategy, place = self.platform.policy.rollback.emergency, self.environment.name
            policy = ExecutionPolicy(strategy=strategy, is_stopped=self.is_stopped)
            executor = Executor(self.ports, environment=place, run_id=request.run_id, policy=policy)
            tell = lambda receipt: self._tell(events.ActionFinished(receipt=receipt))  # noqa: E731
            return executor.execute(decision.plan, tell)

    def covering(self, decision: Decision) -> tuple[PreAuthorisation, ...]:
        """Return the pre-authorisations that cover a decision now."""
        now = self.ports.clock.now()
        return covering(self.standing(now), decision.priority, decision.services, now)

    def remember(self, request: Request, verdict: Verdict) -> None:
        """Write the verdict into the ledger; an action that was taken stands even if that fails.

        Raises:
            LedgerError: it cannot be written and the verdict is GO: a GO counts only if it is on record.
        """
        try:
            self.ports.ledger.record_verdict(verdict, request.run_id)
        except LedgerError as error:
            if verdict.outcome is VerdictOutcome.GO:
                raise
            aside.note(f"NOT RECORDED: {error.cause}")

    @contextmanager
    def step(self, name: str, detail: str) -> Iterator[None]:
        """Announce when the block begins and when it ends."""
        start = self.ports.clock.monotonic()
        self._tell(events.StepStarted(step=name, detail=detail))
        yield
        seconds = self.ports.clock.monotonic() - start
        self._tell(events.StepFinished(step=name, seconds=seconds, detail=detail))
