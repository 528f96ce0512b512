"""The gate's own benchmark: deploys releases that are known to be bad or good and runs the gate on each.

After each arm the revision that served before is restored, also after an error or an interruption.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from gates.criteria.known_bad import stage_of
from gates.errors import ConfigurationError, GateError
from gates.judgement.detection import RunFacts, assess
from gates.model.bench import Arm, ArmResult
from gates.model.clock import Clock
from gates.model.criterion import Catalogue, Criterion, Stage, Use
from gates.model.platform import Environment, Impact
from gates.model.verdict import Verdict


class Deployer(Protocol):
    """Gives a service another revision for a while. Every method raises CloudError."""

    def deploy(self, service: str, image: str, *, percent: int, tag: str) -> str:
        """Deploy an image with a share of the traffic and perhaps a tag; return the revision's name."""

    def restore(self, service: str) -> None:
        """Bring back what served before the first deployment."""


class Commands(Protocol):
    """Runs command lines. Every method raises ConfigurationError."""

    def run(self, words: Sequence[str]) -> None:
        """Run one to its end; nothing is done for an empty one."""

    def within(self, words: Sequence[str], after_s: float) -> AbstractContextManager[None]:
        """Run one some seconds into the block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of the gate that an arm asks for; `wanted` names the revision of the arm's service."""

    run_id: str
    stage: Stage
    only: tuple[str, ...]
    wanted: Mapping[str, str]
    variables: Mapping[str, str]


class Runs(Protocol):
    """Runs the gate."""

    def verdict(self, trial: Trial) -> Verdict:
        """Take the release through the gate; raises GateError when the gate cannot look at all."""

    def requests_until(self, run_id: str, moment: datetime) -> int | None:
        """Return how many requests that run had sent by a moment, if it noted that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Runs arms one after the other; `is_quick` looks at the named criteria and their area alone."""

    catalogue: Catalogue
    deployer: Deployer
    commands: Commands
    runs: Runs
    clock: Clock
    is_quick: bool = False
    is_known: Callable[[], bool] = lambda: True
    """Whether the test identities were accepted before: else a refusal says nothing of a release."""

    def run(self, arms: Sequence[Arm], is_done: Callable[[str, int], bool]) -> Iterator[ArmResult]:
        """Yield the result of every repetition of every arm that is not done yet."""
        if not self.is_known():
            run_id = f"introduction.{self.clock.now():%Y%m%d-%H%M%S%f}"
            asked = self.catalogue.needed_for(Use.SIGN_IN)
            stage = asked.stages[0]
            self.runs.verdict(Trial(run_id=run_id, stage=stage, only=(asked.id,), wanted={}, variables={}))
        for arm in arms:
            for number in range(1, arm.repeat + 1):
                if not is_done(arm.id, number):
                    yield self._one(arm, number)

    def _one(self, arm: Arm, number: int) -> ArmResult:
        run_id = f"{arm.id}.{number}.{self.clock.now():%H%M%S}"
        started, start = self.clock.now(), self.clock.monotonic()
        try:
            with self._changed(arm) as wanted:
                started, start = self.clock.now(), self.clock.monotonic()
                verdict = self.runs.verdict(self._trial(arm, run_id, wanted))
        except GateError as error:
            if interrupted := _interruption(error):  # restoring failed after a signal: the benchmark ends
                raise interrupted from error
            return ArmResult(
                arm=arm.id,
                kind=arm.kind,
                service=arm.service,
                number=number,
                outcome=None,
                seconds=self.clock.monotonic() - start,
                missed=arm.criteria,
                error=error.diagnostics(),
            )
        seconds = self.clock.monotonic() - start
        facts = RunFacts(
            started=started, seconds=seconds, requests_until=partial(self.runs.requests_until, run_id)
        )
        return assess(arm, number, verdict, facts)

    @contextmanager
    def _changed(self, arm: Arm) -> Iterator[Mapping[str, str]]:
        """Deploy the release and the disturbances of the arm, and restore everything afterwards."""
        wanted: dict[str, str] = {}
        later = self.commands.within(arm.apply, arm.after_s) if arm.after_s else nullcontext()
        try:
            if not arm.after_s:
                self.commands.run(arm.apply)
            if arm.image:
                deployed = self.deployer.deploy(arm.service, arm.image, percent=arm.percent, tag=arm.tag)
                wanted[arm.service] = deployed
            with later:
                if arm.settle_s:
                    self.clock.wait(arm.settle_s)
                yield wanted
        finally:
            try:
                self.commands.run(arm.restore)
            finally:
                if arm.image:
                    self.deployer.restore(arm.service)

    def _trial(self, arm: Arm, run_id: str, wanted: Mapping[str, str]) -> Trial:
        stage = stage_of(arm, self.catalogue)
        return Trial(
            run_id=run_id,
            stage=stage,
            only=self._area_of(arm, stage) if self.is_quick else (),
            wanted=wanted,
            variables=dict(arm.variables),
        )

    def _area_of(self, arm: Arm, stage: Stage) -> tuple[str, ...]:
        """Return what the producer files of the named criteria look at; empty (all) when none is named."""
        found = [self.catalogue.find(name) for name in arm.criteria]
        files = {file for criterion in found if criterion is not None for file in _files(criterion)}
        return tuple(c.id for c in self.catalogue.at(stage) if files & _files(c))


def refuse_where_people_work(place: Environment) -> None:
    """Refuse to deploy broken revisions where that is not allowed.

    Raises:
        ConfigurationError: the environment is protected, or allows nothing disruptive.
    """
    if place.is_protected or Impact.DISRUPTIVE not in place.allowed_impacts:
        raise ConfigurationError(
            f"a benchmark deploys broken revisions, and {place.name} does not allow that",
            next_step="name an environment that is not protected and allows the impact disruptive",
        )


def _files(criterion: Criterion) -> set[str]:
    return {producer.partition("::")[0] for producer in criterion.producers}


def _interruption(error: BaseException) -> KeyboardInterrupt | None:
    """Return the signal after which an error came, if there was one."""
    before = error.__context__
    while before is not None and not isinstance(before, KeyboardInterrupt):
        before = before.__context__
    return before
