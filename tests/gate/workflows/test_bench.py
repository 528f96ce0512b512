"""The benchmark: what is deployed, what is run, and that everything is put back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime

import pytest

from gates.errors import CloudError, ConfigurationError
from gates.model.criterion import Catalogue, Stage, Use
from gates.model.verdict import Verdict
from gates.workflows.bench import Bench, Trial
from tests.support.bench_arms import BAD, GOOD, failing, verdict_on
from tests.support.builders import criterion, evidence
from tests.support.fake_clock import FakeClock


@dataclass
class Stagehands:
    """A deployer and a runner of commands that write down what they were asked."""

    command: list[str] = field(default_factory=list)
    refusal: CloudError | None = None
    stuck: CloudError | None = None
    """Why nothing can be restored."""

    def deploy(self, service: str, image: str, *, percent: int, tag: str) -> str:
        """Deploy, or refuse."""
        self.command.append(f"deploy {service} {image} {percent} {tag}".strip())
        if self.refusal is not None:
            raise self.refusal
        return f"{service}-00099"

    def restore(self, service: str) -> None:
        """Restore."""
        self.command.append(f"restore {service}")
        if self.stuck is not None:
            raise self.stuck

    def run(self, words: Sequence[str]) -> None:
        """Run a command line."""
        self.command += [" ".join(words)] if words else []

    @contextmanager
    def within(self, words: Sequence[str], after_s: float) -> Iterator[None]:
        """Run a command line some time into the block."""
        self.command.append(f"{' '.join(words)} after {after_s:g}")
        yield


@dataclass
class Runs:
    """Gives one verdict, or raises, and keeps what it was asked."""

    answer: Verdict | BaseException
    trials: list[Trial] = field(default_factory=list)

    def verdict(self, trial: Trial) -> Verdict:
        """Give the verdict."""
        self.trials.append(trial)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def requests_until(self, run_id: str, moment: datetime) -> int | None:
        """Nothing was noted."""
        return None


def bench(runs: Runs, hands: Stagehands, *, is_quick: bool = False) -> Bench:
    """Return a benchmark over a catalogue of two criteria that two files of producers look at."""
    elsewhere = ("tests/validation/immediate/test_auth_flows.py::test_login",)
    criteria = (criterion(), criterion(id="AUT-LOGIN", producers=elsewhere, used_for=(Use.SIGN_IN,)))
    catalogue = Catalogue(criteria=criteria, digest="sha256:0")
    return Bench(
        catalogue=catalogue, deployer=hands, commands=hands, runs=runs, clock=FakeClock(), is_quick=is_quick
    )


def never(_arm: str, _number: int) -> bool:
    """Nothing is done yet."""
    return False


def test_unknown_identities_are_introduced_to_what_serves_before_anything_is_deployed() -> None:
    """One run that looks at the sign-in alone, before the first arm; known ones need none."""
    runs, hands = Runs(failing()), Stagehands()
    known = iter([False, True])
    measured = replace(bench(runs, hands), is_known=lambda: next(known))
    list(measured.run([BAD], never))
    first, second = runs.trials
    assert (first.only, dict(first.wanted)) == (("AUT-LOGIN",), {})
    assert dict(second.wanted) == {"auth-service": "auth-service-00099"}
    list(measured.run([], never))
    assert len(runs.trials) == 2


def test_without_a_criterion_of_the_sign_in_nothing_is_deployed() -> None:
    """Unknown secrets would make every arm red; the message says what the criteria lack."""
    runs, hands = Runs(failing()), Stagehands()
    unknown = replace(bench(runs, hands), is_known=lambda: False, catalogue=Catalogue(criteria=(), digest=""))
    with pytest.raises(ConfigurationError, match=r"usedFor: \[sign-in\]"):
        list(unknown.run([BAD], never))
    assert hands.command == []


def test_a_bad_revision_is_deployed_judged_and_taken_away() -> None:
    """The run is told which revision is under test."""
    runs, hands = Runs(failing()), Stagehands()
    (seen,) = bench(runs, hands).run([BAD], never)
    assert seen.is_as_expected
    assert hands.command == ["deploy auth-service registry.test/auth:bad 100", "restore auth-service"]
    (trial,) = runs.trials
    assert (dict(trial.wanted), trial.stage, trial.only) == (
        {"auth-service": "auth-service-00099"},
        Stage.IMMEDIATE,
        (),
    )


def test_a_quick_run_looks_at_the_area_of_the_named_criteria() -> None:
    """And at the whole stage where none is named."""
    runs = Runs(failing())
    list(bench(runs, Stagehands(), is_quick=True).run([BAD, GOOD], never))
    assert [trial.only for trial in runs.trials] == [("HLT-LIVE",), ()]


def test_an_interruption_brings_back_what_served() -> None:
    """Ctrl-C in the middle of a run ends the benchmark, and leaves no broken revision behind."""
    hands = Stagehands()
    arm = replace(BAD, apply=("break", "it"), restore=("mend", "it"))
    with pytest.raises(KeyboardInterrupt):
        list(bench(Runs(KeyboardInterrupt()), hands).run([arm], never))
    assert hands.command[0] == "break it"
    assert hands.command[-2:] == ["mend it", "restore auth-service"]


def test_an_interruption_ends_the_benchmark_although_nothing_can_be_restored() -> None:
    """A signal and a platform that is gone: no further arm is run."""
    runs, hands = Runs(KeyboardInterrupt()), Stagehands(stuck=CloudError("the cloud does not answer"))
    with pytest.raises(KeyboardInterrupt):
        list(bench(runs, hands).run([BAD, BAD], never))
    assert len(runs.trials) == 1


def test_a_gate_that_cannot_look_is_a_result() -> None:
    """The error is told; nothing was detected, and the next arm goes on."""
    first, second = bench(Runs(CloudError("no answer")), Stagehands()).run([BAD, GOOD], never)
    assert (first.outcome, first.is_detected, first.error) == (None, False, "no answer")
    assert (second.is_false_alarm, second.is_as_expected) == (False, False)


def test_a_refused_deployment_is_a_result_and_is_taken_back() -> None:
    """Whatever was left half done is restored."""
    hands = Stagehands(refusal=CloudError("quota"))
    (seen,) = bench(Runs(failing()), hands).run([BAD], never)
    assert (seen.error, seen.missed) == ("quota", ("HLT-LIVE",))
    assert hands.command[-1] == "restore auth-service"


def test_repetitions_that_are_done_are_not_made_again() -> None:
    """An interrupted benchmark goes on where it stood."""
    runs = Runs(verdict_on(evidence(0.0)))
    arm = replace(GOOD, repeat=3)
    seen = list(bench(runs, Stagehands()).run([arm], lambda _arm, number: number < 3))
    assert [one.number for one in seen] == [3]
    assert seen[0].is_as_expected


def test_surroundings_can_break_in_the_middle_of_a_run() -> None:
    """A command line with a delay runs beside the gate."""
    hands = Stagehands()
    arm = replace(GOOD, apply=("stop",), restore=("start",), after_s=3.0, variables=(("A", "b"),))
    runs = Runs(verdict_on(evidence(0.0)))
    list(bench(runs, hands).run([arm], never))
    assert hands.command == ["stop after 3", "start"]
    assert dict(runs.trials[0].variables) == {"A": "b"}


def test_what_is_judged_over_a_window_serves_through_it_first() -> None:
    """The time that passes is not counted as the gate's."""
    (seen,) = bench(Runs(failing()), Stagehands()).run([replace(BAD, settle_s=100.0)], never)
    assert seen.is_as_expected
    assert seen.seconds < 100
