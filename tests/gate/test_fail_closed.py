"""Whatever goes wrong while evidence is made, the verdict is never GO.

Real pytest runs tiny producers in a process of its own; what the plugin wrote is read, bound, judged.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gates.adapters.documents import codec
from gates.evidence.binding import bind
from gates.evidence.pytest_results import parse
from gates.judgement.judge import judge
from gates.model.criterion import Catalogue, Comparator, Stage
from gates.model.evidence import EvidenceBundle
from gates.model.judgement import Outcome
from gates.model.release import Release, RevisionRef, ServiceRelease
from gates.model.target import Demand, ServiceTarget
from gates.model.verdict import Scope, Verdict, VerdictOutcome
from tests.support import builders, forked_pytest
from tests.support.builders import criterion

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]
SERVICE = "auth-service"
CANDIDATE = RevisionRef(name="auth-service-00002", digest="sha256:2")
RELEASE = Release(
    id="r", environment="sandbox", services=(ServiceRelease(service=SERVICE, candidate=CANDIDATE),)
)
HEAD = "import pytest, os, sys, json\npytestmark = pytest.mark.criterion('HLT-LIVE')\n"
GOOD = HEAD + "def test_one(service): pass\ndef test_two(service): pass\n"


@dataclass(frozen=True)
class Bench:
    """A folder with producers, and what happens when the gate's plugin runs them."""

    folder: Path

    def collect(self, code: str, *options: str) -> tuple[str, int]:
        """Run producers; return the evidence file and the exit status."""
        (self.folder / "test_it.py").write_text(code)
        target = builders.target(
            fingerprint=RELEASE.fingerprint,
            services=(ServiceTarget(name=SERVICE, base_url="", revision=CANDIDATE.name, digest="sha256:2"),),
            demands=tuple(Demand(criterion=name, services=(SERVICE,)) for name in ("HLT-LIVE", "HLT-READY")),
        )
        (self.folder / "target.json").write_bytes(codec.canonical(codec.encode(target)))
        arguments = [
            *("-q", "--rootdir", str(self.folder), "-p", "xdist"),
            *("-p", "gates.adapters.producers.pytest_plugin", "-c", os.devnull),
            *(f"--gate-target={self.folder}/target.json", f"--gate-evidence={self.folder}/e.jsonl"),
            *("test_it.py", *options),
        ]
        environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
        status = forked_pytest.run(arguments, folder=self.folder, environment=environment, seconds=60)
        path = self.folder / "e.jsonl"
        return path.read_text() if path.exists() else "", status

    def verdict(self, code: str, *options: str) -> Verdict:
        """Run producers and judge what they saw."""
        text, status = self.collect(code, *options)
        return judged(parse(text, exit_status=status))


def judged(bundle: EvidenceBundle, now: datetime | None = None, **changes: object) -> Verdict:
    """Bind and judge a bundle about the release."""
    demanded = criterion(producers=("test_it.py::test_one", "test_it.py::test_two"), **changes)
    catalogue = Catalogue(criteria=(demanded,), digest="sha256:c")
    moment = now or datetime.now(UTC)
    bound = bind(bundle, catalogue=catalogue, release=RELEASE, now=moment)
    return Verdict(
        release=RELEASE,
        scope=Scope(stage=Stage.IMMEDIATE),
        judgements=judge([demanded], bound, now=moment),
        flaws=bound.flaws,
        catalogue_digest=catalogue.digest,
        judged_at=moment,
    )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """Give an empty folder for producers."""
    return Bench(tmp_path)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, int]:
    """Run the good producers once: their evidence and the exit status."""
    return Bench(tmp_path_factory.mktemp("good")).collect(GOOD)


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_good_producers_go(bench: Bench, options: tuple[str, ...]) -> None:
    """The control: without any of the faults below the verdict is GO, serial and under xdist."""
    verdict = bench.verdict(GOOD, *options)

    assert verdict.flaws == ()
    assert verdict.outcome is VerdictOutcome.GO


WRONG: dict[str, tuple[str, tuple[str, ...]]] = {
    "no tests": ("", ()),
    "all skipped": (GOOD.replace("pass", "pytest.skip('not today')"), ()),
    "all xfailed": (GOOD.replace("pass", "pytest.xfail('known')"), ()),
    "module skips itself": ("import pytest\npytest.skip('no', allow_module_level=True)\n", ()),
    "filter matches nothing": (GOOD, ("-k", "nothing")),
    "filter matches a part": (GOOD, ("-k", "one")),
    "file does not import": ("import nowhere\n" + GOOD, ()),
    "process ends itself with 0": (GOOD.replace("pass", "os._exit(0)"), ()),
    "process is killed": (GOOD.replace("pass", "os.kill(os.getpid(), 9)"), ()),
    "interrupted": (GOOD.replace("pass", "raise KeyboardInterrupt"), ()),
    "a good measurement after a bad one": (
        GOOD.replace(
            "service): pass",
            "service, measure): [measure(value, unit='failed checks') for value in (1.0, 0.0)]",
        ),
        (),
    ),
    "pytest.exit with 0": (GOOD.replace("pass", "pytest.exit('bye', returncode=0)"), ()),
    "lost xdist worker": (GOOD.replace("pass", "os._exit(1)"), ("-n", "2")),
    "lost xdist worker, no restart": (
        GOOD.replace("pass", "os._exit(1)"),
        ("-n", "2", "--max-worker-restart=0"),
    ),
    "broken fixture": (GOOD + "@pytest.fixture(autouse=True)\ndef broken(): 1/0\n", ()),
    "impact not allowed": (GOOD.replace("'HLT-LIVE')", "'HLT-LIVE'), pytest.mark.impact('noisy')"), ()),
    "NaN": (GOOD.replace("service): pass", "service, measure): measure(float('nan'), unit='ms')"), ()),
    "unknown criterion": (GOOD.replace("HLT-LIVE", "HLT-LIFE"), ()),
    "about another criterion": (GOOD.replace("HLT-LIVE", "HLT-READY"), ()),
    "one of two only": (GOOD.replace("test_two", "other"), ()),
}
"""Ways to make a green run that proved nothing: the producers, and how pytest is called."""


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_wrong_is_never_go(bench: Bench, name: str) -> None:
    """Each way to make a green run that proved nothing ends without GO."""
    code, options = WRONG[name]

    assert bench.verdict(code, *options).outcome is not VerdictOutcome.GO


def test_fail_fast_ends_at_the_first_blocking_failure_and_stays_no_go(bench: Bench) -> None:
    """A broken fixture ends nothing; the assertion does, and what did not run cannot turn it into a GO."""
    code = (
        HEAD + "@pytest.fixture\ndef broken(): raise OSError('gone')\n"
        "def test_one(service, broken): pass\n"
        "def test_two(service): assert False, 'the reason'\n"
        "def test_three(service): pass\n"
    )
    verdict = bench.verdict(code, "--gate-fail-fast")

    assert verdict.outcome is VerdictOutcome.NO_GO
    assert any("the reason" in judgement.reason for judgement in verdict.judgements)
    assert [flaw for flaw in verdict.flaws if "not run" in flaw] == [
        "the look ended at the first blocking failure, HLT-LIVE: 1 of 3 tests were not run"
    ]


def test_fail_fast_ends_at_a_number_that_does_not_hold(bench: Bench) -> None:
    """Of another unit or of nothing it ends nothing; what did not run is a flaw."""
    code = (
        HEAD + "def test_one(service, measure): measure(1.0, unit='ms')\n"
        "def test_two(service, measure): measure(1.0, unit='failed checks', samples=0)\n"
        "def test_three(service, measure): measure(1.0, unit='failed checks')\n"
        "def test_four(service): pass\n"
    )
    verdict = bench.verdict(code, "--gate-fail-fast")

    assert verdict.outcome is not VerdictOutcome.GO
    assert [flaw for flaw in verdict.flaws if "not run" in flaw] == [
        "the look ended at the first blocking failure, HLT-LIVE: 1 of 4 tests were not run"
    ]


def test_noise_comes_last_and_a_check_may_ask_for_another_turn(bench: Bench) -> None:
    """Early is before everything else, late after it, noise between."""
    marks = {"one": "turn('late')", "two": "impact('noisy')", "three": "turn('early')", "four": "criterion()"}
    code = HEAD + "".join(
        f"@pytest.mark.{mark}\ndef test_{name}(service): pass\n" for name, mark in marks.items()
    )
    text, _ = bench.collect(code)

    reports = [json.loads(line) for line in text.splitlines() if '"teardown"' in line]
    assert [one["id"].partition("::test_")[2].partition("[")[0] for one in reports] == [
        "three",
        "four",
        "two",
        "one",
    ]


def test_fail_fast_changes_nothing_for_a_good_release(bench: Bench) -> None:
    """All of it runs, and it goes."""
    assert bench.verdict(GOOD, "--gate-fail-fast").outcome is VerdictOutcome.GO


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_a_failure_with_a_lone_surrogate_is_not_lost(bench: Bench, options: tuple[str, ...]) -> None:
    """What a server says cannot kill the messenger: the failure arrives as a failure."""
    said = "json.loads('\"' + chr(92) + 'ud800\"')"
    verdict = bench.verdict(GOOD.replace("pass", f"assert {said} == 'fine', {said}"), *options)

    assert verdict.outcome is VerdictOutcome.NO_GO


def test_evidence_cut_at_any_line_is_never_go(good: tuple[str, int]) -> None:
    """A truncated file is a flaw, wherever it was cut."""
    text, _ = good
    lines = text.splitlines(keepends=True)
    outcomes = {judged(parse("".join(lines[:cut]))).outcome for cut in range(len(lines))}

    assert VerdictOutcome.GO not in outcomes


def test_stale_evidence_is_never_go(good: tuple[str, int]) -> None:
    """The same evidence, judged after its greatest age, is not enough any more."""
    text, status = good
    bundle = parse(text, exit_status=status)

    assert judged(bundle).outcome is VerdictOutcome.GO
    assert judged(bundle, datetime.now(UTC) + timedelta(hours=2)).outcome is VerdictOutcome.INCONCLUSIVE


def test_evidence_of_another_revision_is_never_go(good: tuple[str, int]) -> None:
    """The same evidence about another revision of the service is not enough."""
    text, status = good
    other = text.replace("auth-service-00002", "auth-service-00001")

    assert judged(parse(other, exit_status=status)).outcome is VerdictOutcome.INCONCLUSIVE


def test_a_service_that_only_refuses_is_never_go(bench: Bench) -> None:
    """Documented or not, an operation that never answered 2xx was not seen to work: none of these."""
    code = (
        "from collections import Counter\n"
        "from tests.validation.contract_plan import ContractRun\n"
        "STATUSES = [Counter({status: 50}) for status in (400, 401, 404, 429)]\n"
        "RUNS = [ContractRun(statuses={'GET /v1/x': seen}) for seen in STATUSES]\n"
    )
    refused = GOOD.replace("pass", "assert any(not run.uncovered for run in RUNS), 'never answered 2xx'")

    assert bench.verdict(code + refused).outcome is VerdictOutcome.NO_GO


def test_a_load_of_refusals_is_never_go(bench: Bench) -> None:
    """Fast answers that are all errors are an error ratio of one."""
    code = GOOD.replace("service): pass", "service, measure): measure(1.0, unit='ratio', samples=5000)")
    text, status = bench.collect(code)
    verdict = judged(parse(text, exit_status=status), unit="ratio", comparator=Comparator.LT, threshold=0.001)

    assert verdict.outcome is VerdictOutcome.NO_GO


def test_zero_requests_are_never_go(bench: Bench) -> None:
    """An error ratio of zero over zero requests proves nothing."""
    code = GOOD.replace("service): pass", "service, measure): measure(0.0, unit='ratio', samples=0)")
    text, status = bench.collect(code)
    bundle = parse(text, exit_status=status)
    verdict = judged(bundle, unit="ratio", comparator=Comparator.LT, threshold=0.001)

    assert [judgement.outcome for judgement in verdict.judgements] == [Outcome.INCONCLUSIVE]


def test_a_secret_in_a_failure_never_reaches_the_evidence(bench: Bench) -> None:
    """The message of a failed assertion goes through the redactor before it is written."""
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
    text, _ = bench.collect(GOOD.replace("pass", f"assert False, 'Bearer {token}'"))

    assert json.loads(text.splitlines()[0])["kind"] == "start"
    assert token not in text
