"""Earlier runs count when they were about exactly these images, whole, and ended well; a drill by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gates.model.criterion import Stage
from gates.model.documentation import Contact, Documentation, DocumentOwnership
from gates.model.evidence import Measurement
from gates.model.history import PastCheck, PastRun
from gates.model.judgement import Outcome
from gates.model.target import Demand, ServiceTarget
from gates.model.verdict import VerdictOutcome
from journeys.checks import DemandNotMetError
from tests.readiness.golive.test_technical import test_readiness_is_go as readiness_is_go
from tests.readiness.loads import AGREED, demand_load
from tests.readiness.operations.test_contacts import test_no_placeholder as no_placeholder
from tests.readiness.operations.test_documentation import test_review_is_not_due as review_is_not_due
from tests.readiness.records import demand_held
from tests.readiness.testing.test_benchmarks import test_no_regression as no_regression
from tests.support import builders
from tests.support.builders import NOW

IMAGES = (("auth-service", "sha256:new"),)
TARGET = builders.target(
    fingerprint="sha256:this",
    services=(ServiceTarget(name="auth-service", base_url="https://a", revision="a-2", digest="sha256:new"),),
    allowed_impacts=(),
    demands=tuple(
        Demand(criterion=name, services=("platform",), threshold=0.9)
        for name in ("SEC-01", "SEC-02", "LOD-AGREED-RATE")
    ),
)


def check(criterion: str, **changes: Any) -> PastCheck:
    """Return a passed check."""
    values = {"criterion": criterion, "service": "auth-service", "outcome": Outcome.PASS, "samples": 1}
    return PastCheck(**{**values, **changes})


def run(*checks: PastCheck, **changes: Any) -> PastRun:
    """Return a full GO of the readiness stage about the images under test."""
    values: dict[str, Any] = {
        "run_id": "r1",
        "environment": "sandbox",
        "stage": Stage.READINESS,
        "outcome": VerdictOutcome.GO,
        "is_partial": False,
        "fingerprint": "sha256:this",
        "images": IMAGES,
        "checks": checks,
        "at": NOW,
    }
    return PastRun(**{**values, **changes})


WHOLE = run(check("SEC-01"), check("SEC-02"))


@pytest.mark.parametrize(
    ("stages", "command"),
    [
        ((Stage.EXTENDED,), "gate run --env sandbox --stage extended --only SEC-01 --only SEC-02`"),
        ((), "gate run --env sandbox`"),
    ],
)
def test_what_has_no_record_names_the_command_that_makes_it(stages: tuple[Stage, ...], command: str) -> None:
    """For exactly the criteria that are missing, at a stage that judges them."""
    demands = tuple(Demand(criterion=n, services=("platform",), stages=stages) for n in ("SEC-01", "SEC-02"))
    with pytest.raises(pytest.skip.Exception) as said:
        demand_held((), replace(TARGET, demands=demands), "SEC-")
    assert str(said.value).endswith(f"run: `{command}")


def test_the_command_for_a_rehearsal_names_its_environment() -> None:
    """A record of staging is not made in production."""
    with pytest.raises(pytest.skip.Exception, match="gate run --env staging"):
        demand_held((), TARGET, "SEC-", place="staging")


def test_every_demanded_check_must_have_passed() -> None:
    """In one run or in several."""
    demand_held((WHOLE,), TARGET, "SEC-")
    demand_held((run(check("SEC-01")), run(check("SEC-02"))), TARGET, "SEC-")


@pytest.mark.parametrize(
    "runs",
    [
        (),
        (run(check("SEC-01")),),
        (replace(WHOLE, images=(("auth-service", "sha256:old"),)),),
        (replace(WHOLE, images=(*IMAGES, ("frontend", "sha256:new"))),),
        (run(check("SEC-01", outcome=Outcome.INCONCLUSIVE)), WHOLE),
        (run(check("SEC-01", outcome=Outcome.ERROR)), WHOLE),
    ],
    ids=["none", "a part", "other image", "other set", "open since", "broken since"],
)
def test_what_has_no_record_about_these_images_is_not_run(runs: tuple[PastRun, ...]) -> None:
    """Nothing, a part, another image, and no conclusion since."""
    with pytest.raises(pytest.skip.Exception, match="no conclusion about these images"):
        demand_held(runs, TARGET, "SEC-")


@pytest.mark.parametrize(
    "runs",
    [
        (run(check("SEC-01", outcome=Outcome.FAIL)), WHOLE),
        (run(check("SEC-01", is_waived=True)), WHOLE),
        (run(check("SEC-01", outcome=Outcome.FAIL)),),
    ],
    ids=["failed since", "waived", "failed, and the rest is open"],
)
def test_what_was_not_held_about_these_images_is_red(runs: tuple[PastRun, ...]) -> None:
    """Every newer word that is no PASS, even while other checks have no record."""
    with pytest.raises(DemandNotMetError):
        demand_held(runs, TARGET, "SEC-")


def test_a_load_run_that_was_too_small_is_red() -> None:
    """The agreed number of requests was not sent."""
    enough = run(check("LOD-AGREED-RATE", samples=AGREED.offer(TARGET.expected_load).requests))
    demand_load((enough,), TARGET)
    with pytest.raises(DemandNotMetError, match="agreed size"):
        demand_load((run(check("LOD-AGREED-RATE", samples=100)),), TARGET)


@pytest.mark.parametrize(
    "newest",
    [
        replace(WHOLE, outcome=VerdictOutcome.INCONCLUSIVE),
        replace(WHOLE, outcome=VerdictOutcome.NO_GO),
        replace(WHOLE, fingerprint="sha256:other"),
    ],
)
def test_only_the_newest_whole_verdict_on_readiness_counts(newest: PastRun) -> None:
    """A GO of before, of a part or of other revisions is no GO."""
    readiness_is_go(TARGET, (replace(newest, is_partial=True), WHOLE))
    with pytest.raises(DemandNotMetError):
        readiness_is_go(TARGET, (newest, WHOLE))
    with pytest.raises(pytest.skip.Exception, match="no full run"):
        readiness_is_go(TARGET, ())


def figures(milliseconds: float, samples: int = 1000, **changes: Any) -> PastRun:
    """Return a run with a load figure."""
    measured = Measurement(value=milliseconds, unit="ms")
    return run(check("LOD-P95", measured=measured, samples=samples), **changes)


OLD: dict[str, Any] = {"images": (("auth-service", "sha256:old"),), "at": NOW - timedelta(days=1)}


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ((figures(30),), "first release"),
        ((figures(30), figures(20, outcome=VerdictOutcome.NO_GO, **OLD)), "first release"),
        ((figures(30), figures(20, samples=100, **OLD)), "first release"),
        ((figures(20, **OLD),), "about these images"),
    ],
    ids=["the first", "only a NO_GO before", "another size", "none about these"],
)
def test_a_benchmark_without_two_runs_to_compare_is_not_run(others: tuple[PastRun, ...], said: str) -> None:
    """It says which command makes the missing one."""
    with pytest.raises(pytest.skip.Exception, match=said):
        no_regression(TARGET, others, lambda *_more, **_others: None)


def test_a_benchmark_without_the_requests_of_both_runs_only_shows_that_nothing_is_slower(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One figure of each run is on record: a larger one may be noise."""
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    seen: list[tuple[float, float, str]] = []

    def measure(value: float, **more: Any) -> None:
        seen.append((value, more["at_best"], more["doubt"]))

    no_regression(TARGET, (figures(30), figures(20, **OLD)), measure)
    assert seen[0][:2] == (1.5, 0.0)
    assert "the requests of run r1 are gone" in seen[0][2]


@pytest.mark.parametrize(
    "contact",
    [
        Contact(name="a", group="on-call", phone="+1-XXX-XXX-XXXX"),
        Contact(name="a", group="on-call", email="TBD@isectech.com"),
        Contact(name="a", group="on-call", email="nobody"),
        Contact(name="a", group="on-call", phone="0000000"),
        Contact(name="a", group="on-call"),
        Contact(name="a", group="external", phone="1-877-355-5787"),
    ],
)
def test_a_contact_that_cannot_be_reached_is_red(contact: Contact) -> None:
    """A placeholder, no way at all, or nobody on call."""
    no_placeholder(Documentation(contacts=(Contact(name="b", group="on-call", phone="1-877-355-5787"),)))
    with pytest.raises(DemandNotMetError):
        no_placeholder(Documentation(contacts=(contact,)))


def test_a_review_that_is_due_is_red() -> None:
    """The day itself is still in time; nobody's documents are not."""
    keeper = DocumentOwnership(owner="o", version="1", classification="c", next_review=NOW.date())
    review_is_not_due(
        Documentation(document_ownership=replace(keeper, next_review=NOW.date().replace(year=2999)))
    )
    for documentation in (
        Documentation(),
        Documentation(document_ownership=replace(keeper, next_review=NOW.date().replace(year=2024))),
    ):
        with pytest.raises(DemandNotMetError):
            review_is_not_due(documentation)
