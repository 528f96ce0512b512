"""One release through the gate: demand, look, judge, decide, act, tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from gates import aside
from gates.actions.execute import ExecutionPolicy, Executor
from gates.actions.ports import RollbackPorts
from gates.decision.candidates import (
    FoundRelease,
    ServiceView,
    doubts,
    find_next_release,
    find_release,
    why_not_left,
)
from gates.decision.policy import covering, decide
from gates.decision.rollback_plan import plan_rollback
from gates.errors import CloudError, LedgerError
from gates.evidence.binding import bind
from gates.judgement.judge import judge
from gates.model import events
from gates.model.criterion import Catalogue, Criterion, Stage
from gates.model.decision import Decision, DecisionKind, PreAuthorisation, RollbackPlan
from gates.model.evidence import EvidenceBundle
from gates.model.judgement import Judgement, Outcome, Waiver, worst
from gates.model.likeness import refuse_unknown
from gates.model.platform import Environment, Platform
from gates.model.receipt import Receipt
from gates.model.record import DecisionRecord, RunSetup, ToolVersion
from gates.model.release import Release
from gates.model.rollback_policy import WatchPolicy
from gates.model.verdict import Scope, Verdict, VerdictOutcome


class RollbackMode(StrEnum):
    """What the gate may do about a NO_GO by itself."""

    NEVER = "never"
    ASK = "ask"
    AUTO = "auto"


class EvidenceSource(Protocol):
    """Looks at a release."""

    def collect(
        self,
        criteria: Sequence[Criterion],
        release: Release,
        views: Sequence[ServiceView],
        changes: Callable[[], Sequence[str]],
    ) -> EvidenceBundle:
        """Return what was seen; what could not be looked at is missing or a flaw, never an exception.

        `changes` is asked when everything was seen: what it says happened meanwhile are flaws too.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of the gate.

    `only` restricts the criteria (the answer can then never be GO); `confirm` asks a person about a prepared
    decision.
    """

    stage: Stage
    run_id: str
    wanted: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] = ()
    rollback: RollbackMode = RollbackMode.NEVER
    confirm: Callable[[Decision], bool] = lambda _decision: False

    def setup(self, release: Release) -> RunSetup:
        """Return what is kept of the request, so that its evidence can be judged again."""
        scope = Scope(stage=self.stage, is_partial=bool(self.only))
        return RunSetup(release=release, scope=scope, only=self.only)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What stands before anything is looked at: the demand, the cloud's state, and the release under test."""

    criteria: tuple[Criterion, ...]
    views: tuple[ServiceView, ...]
    release: Release
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotCheck:
    """What a few checks outside of any stage showed; with a flaw something may be missing."""

    judgements: tuple[Judgement, ...]
    flaws: tuple[str, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of all; a flaw is at best INCONCLUSIVE, and so is nothing at all."""
        outcomes = [judgement.outcome for judgement in self.judgements]
        doubt = [Outcome.INCONCLUSIVE] if self.flaws or not outcomes else []
        return worst([*outcomes, *doubt])


def survey(ports: RollbackPorts, platform: Platform, environment: Environment) -> tuple[ServiceView, ...]:
    """Return what the cloud and the ledger say of every service."""
    watch = platform.policy.rollback.watch
    return tuple(_view(ports, environment.name, name, watch) for name in platform.service_names)


def _view(ports: RollbackPorts, place: str, service: str, watch: WatchPolicy) -> ServiceView:
    revisions, now = ports.traffic.revisions(service), ports.clock.now()
    went = ports.ledger.went_since(place, service, now - watch.after_go)
    fresh = {r.name for r in revisions if r.created_at >= now - watch.after_deployment}
    quarantined = (r.name for r in revisions if ports.ledger.is_quarantined(place, service, r.name))
    return ServiceView(
        state=ports.traffic.describe(service),
        revisions=revisions,
        verified=ports.ledger.last_go(place, service),
        quarantined=frozenset(quarantined),
        watched=frozenset(reference for reference in went if reference.name in fresh),
        choice=ports.ledger.last_choice(place, service),
    )


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
    """Leaves out of a plan what a guard refuses: no word lifts one here, so a person is asked."""
    is_stopped: Callable[[], bool] = lambda: False
    """Whether somebody asked to stop: what runs is finished, and nothing new is done."""
    tools: tuple[ToolVersion, ...] = ()
    waivers: Callable[[Release, datetime], tuple[Waiver, ...]] = lambda _release, _at: ()
    standing: Callable[[datetime], tuple[PreAuthorisation, ...]] = lambda _at: ()

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
        """Tell who listens; that it went wrong there is a note, and changes nothing here."""
        with aside.aside("telling what happens"):
            self.announce(event)

    def demand(self, request: Request) -> tuple[Criterion, ...]:
        """Return what the stage demands, or the named part of it."""
        criteria = self.catalogue.at(request.stage)
        refuse_unknown(
            f"criterion of the stage {request.stage}",
            request.only,
            [c.id for c in criteria],
            next_step=f"gate criteria list --stage {request.stage} shows all",
        )
        return tuple(c for c in criteria if not request.only or c.id in request.only)

    def views(self) -> tuple[ServiceView, ...]:
        """Ask the cloud and the ledger about every service."""
        with self._step("find", "what is deployed"):
            return survey(self.ports, self.platform, self.environment)

    def find(self, request: Request, views: Sequence[ServiceView]) -> FoundRelease:
        """Say which revisions are under test."""
        find = find_release if request.stage.is_in_service else find_next_release
        found = find(
            views,
            self.platform.services,
            release_id=request.run_id,
            environment=self.environment.name,
            wanted=request.wanted,
        )
        self._tell(events.ReleaseFound(release=found.release, notes=found.notes))
        return found

    def look(
        self, request: Request, criteria: Sequence[Criterion], release: Release, views: Sequence[ServiceView]
    ) -> EvidenceBundle:
        """Collect the evidence, as it is; what is about this release is sorted out when it is judged."""
        self._tell(events.RunPrepared(setup=request.setup(release)))
        with self._step("look", f"{len(criteria)} criteria"):
            changes = lambda: (*doubts(views, request.wanted), *self._changes(views))  # noqa: E731
            return self.source.collect(criteria, release, views, changes)

    def _changes(self, views: Sequence[ServiceView]) -> tuple[str, ...]:
        """Say what somebody did while the gate looked: evidence about two states is evidence about none."""
        with ThreadPoolExecutor(max_workers=len(views)) as pool:  # a cloud that is gone costs its limit once
            return tuple(change for change in pool.map(self._change, views) if change)

    def _change(self, before: ServiceView) -> str:
        name = before.state.service
        try:
            now = self.ports.traffic.describe(name)
        except CloudError as error:
            return f"whether {name} changed meanwhile is not known: {error.cause}"
        if now.latest_created != before.state.latest_created:
            return f"{now.latest_created} of {name} was deployed while the gate looked"
        if now.serving != before.state.serving:
            return f"the traffic of {name} was moved while the gate looked"
        return ""

    def judge(self, request: Request, bundle: EvidenceBundle, release: Release, *, at: datetime) -> Verdict:
        """Judge every criterion at a moment and say what is true of the release then."""
        bound = bind(bundle, catalogue=self.catalogue, release=release, now=at)
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

    def spot(self, criteria: Sequence[Criterion], *, label: str) -> SpotCheck:
        """Look at criteria of whatever stage and judge each; no verdict, nothing done, nothing remembered."""
        views = self.views()
        found = find_release(
            views, self.platform.services, release_id=label, environment=self.environment.name, wanted={}
        )
        with self._step("look", f"{len(criteria)} criteria"):
            bundle = self.source.collect(criteria, found.release, views, lambda: self._changes(views))
        now = self.ports.clock.now()
        bound = bind(bundle, catalogue=self.catalogue, release=found.release, now=now)
        return SpotCheck(judgements=judge(criteria, bound, now=now), flaws=bound.flaws)

    def decide(self, verdict: Verdict, views: Sequence[ServiceView]) -> Decision:
        """Say what to do, with the rollback plan where one is needed."""
        now = self.ports.clock.now()
        decision = decide(verdict, platform=self.platform, standing=self.standing(now), now=now)
        if decision.kind is DecisionKind.ROLL_BACK:
            decision = self._planned(decision, verdict.release, views)
        self._tell(events.DecisionMade(decision=decision))
        return decision

    def _planned(self, decision: Decision, release: Release, views: Sequence[ServiceView]) -> Decision:
        """Add the plan; what gets no traffic cannot be rolled back from, so it is held where it is."""
        candidates = {entry.service: entry.candidate.name for entry in release.services}
        guilty = {view.state.service: view for view in views if view.state.service in decision.services}
        kept = {name: why for name, view in guilty.items() if (why := why_not_left(view, candidates[name]))}
        because = (*decision.because, *(f"{name}: {why}" for name, why in kept.items()))
        leaving = tuple(name for name in decision.services if name not in kept)
        if kept and not leaving:
            return replace(decision, kind=DecisionKind.HOLD, because=because, standing=())
        cases = [guilty[name].case(candidates[name], decision.because[0]) for name in leaving]
        plan = self.guarded(plan_rollback(cases, self.platform.services))
        return replace(decision, because=because, services=leaving, plan=plan)

    def act(self, request: Request, decision: Decision) -> tuple[Receipt, ...]:
        """Carry the decision out, if it may be: by standing authority, or because a person says so.

        The authority is asked for anew: it may have been taken back since the decision was made.
        """
        if decision.kind is not DecisionKind.ROLL_BACK or decision.plan is None or self.is_stopped():
            return ()
        is_allowed = request.rollback is RollbackMode.AUTO and bool(self.covering(decision))
        if not is_allowed and not (request.rollback is not RollbackMode.NEVER and request.confirm(decision)):
            return ()
        with self._step("act", f"{len(decision.plan.actions)} rollbacks"):
            executor = Executor(
                self.ports,
                environment=self.environment.name,
                run_id=request.run_id,
                policy=ExecutionPolicy(
                    manner=self.platform.policy.rollback.emergency, is_stopped=self.is_stopped
                ),
            )
            return executor.execute(
                decision.plan, lambda receipt: self._tell(events.ActionFinished(receipt=receipt))
            )

    def covering(self, decision: Decision) -> tuple[PreAuthorisation, ...]:
        """Return the standing authorities that cover a decision now."""
        now = self.ports.clock.now()
        return covering(self.standing(now), decision.priority, decision.services, now)

    def remember(self, request: Request, verdict: Verdict) -> None:
        """Write the verdict into the ledger; what was done about a bad one stands without it too.

        Raises:
            LedgerError: it cannot be written, and the verdict is GO: nothing goes that is not on record.
        """
        try:
            self.ports.ledger.record_verdict(verdict, request.run_id)
        except LedgerError as error:
            if verdict.outcome is VerdictOutcome.GO:
                raise
            aside.note(f"NOT RECORDED: {error.cause}")

    @contextmanager
    def _step(self, name: str, detail: str) -> Iterator[None]:
        start = self.ports.clock.monotonic()
        self._tell(events.StepStarted(step=name, detail=detail))
        yield
        seconds = self.ports.clock.monotonic() - start
        self._tell(events.StepFinished(step=name, seconds=seconds, detail=detail))
