"""What no release shows: records, drills and rehearsals that are bad, and the criterion that each turns red.

The known-bad states of `bench.yaml` (`proofs`); each is looked at by the producer that the catalogue names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.cloud import run_v2

from gates.adapters.documents.documents import load_catalogue, load_platform
from gates.judgement.comparators import holds
from gates.model.criterion import Catalogue, Stage
from gates.model.drill import DrillKind
from gates.model.evidence import Measurement
from gates.model.history import PastCheck, PastRun
from gates.model.judgement import Outcome
from gates.model.platform import Tier
from gates.model.target import Demand, ServiceTarget, Target
from gates.model.verdict import VerdictOutcome
from journeys.checks import DemandNotMetError
from tests.observing import Part, Window
from tests.readiness.golive import test_technical as golive
from tests.readiness.operations import test_backups as backups
from tests.readiness.operations.test_recovery import Drilling
from tests.readiness.testing import test_benchmarks as benchmarks
from tests.readiness.testing import test_drills as rehearsed
from tests.readiness.testing import test_load as load
from tests.support import builders
from tests.support.builders import NOW, drill
from tests.support.load_records import healthy, write_record
from tests.validation.extended import test_service_levels as levels

FOLDER = Path(__file__).parents[3] / "platforms" / "isectech"
IMAGES = (("event-processor", "sha256:new"),)
PLACE = "staging"
RECOVERED = drill(fingerprint="sha256:this", rto_s=60.0, rpo_s=30.0, at=datetime.now(UTC))
WENT_BACK = replace(RECOVERED, kind=DrillKind.ROLLBACK, subject="event-processor")


@cache
def catalogue() -> Catalogue:
    """Return the shipped catalogue."""
    return load_catalogue(FOLDER, load_platform(FOLDER))


def target(last_go: str | None = None) -> Target:
    """Return a target of one service with every demand of the catalogue."""
    service = ServiceTarget(
        name="event-processor",
        base_url="https://e",
        revision="e-2",
        digest="sha256:new",
        last_go=last_go,
    )
    demands = (
        Demand(criterion=c.id, services=c.services, blocks=c.severity.blocks, threshold=c.threshold)
        for c in catalogue().criteria
    )
    return builders.target(
        environment="production",
        fingerprint="sha256:this",
        services=(service,),
        allowed_impacts=(),
        demands=tuple(demands),
    )


def run(prefix: str, outcome: Outcome, *, samples: int = 100_000) -> PastRun:
    """Return a run that judged every criterion whose id begins so, about the images under test."""
    checks = tuple(
        PastCheck(criterion=c.id, service="event-processor", outcome=outcome, samples=samples)
        for c in catalogue().criteria
        if c.id.startswith(prefix)
    )
    return PastRun(
        run_id="r1",
        environment="staging",
        stage=Stage.READINESS,
        outcome=VerdictOutcome.GO,
        is_partial=False,
        fingerprint="sha256:this",
        images=IMAGES,
        checks=checks,
        at=NOW,
    )


def red(look: Callable[..., object], *seen: object) -> None:
    """Demand that a producer finds something wrong; one that merely finds nothing skips."""
    with pytest.raises(DemandNotMetError):
        look(*seen)


def is_held(criterion_id: str, value: float) -> bool:
    """Whether the gate holds a measured value for good."""
    wanted = catalogue().find(criterion_id)
    assert wanted is not None
    return holds(value, wanted.comparator, wanted.threshold)


def test_a_load_run_that_missed_a_level_fails_those_who_ask_for_it() -> None:
    """TST-02 here, GLV-04 in the rehearsal; one that was too small as well."""
    good = run("LOD-AGREED-", Outcome.PASS)
    looks: tuple[tuple[Callable[..., None], tuple[str, ...]], ...] = (
        (load.test_load_was_completed, ()),
        (golive.test_load_was_acceptable, (PLACE,)),
    )
    for look, where in looks:
        look(target(), (good,), *where)
        red(look, target(), (run("LOD-AGREED-", Outcome.FAIL), good), *where)
        red(look, target(), (run("LOD-AGREED-", Outcome.PASS, samples=10),), *where)


def test_a_journey_that_failed_in_the_rehearsal_fails_the_go_live() -> None:
    """GLV-03: whatever passed before."""
    good = run("JRN-", Outcome.PASS)
    golive.test_end_to_end_completed(target(), (good,), PLACE)
    red(golive.test_end_to_end_completed, target(), (run("JRN-", Outcome.FAIL), good), PLACE)


def test_an_open_finding_of_the_rehearsal_fails_the_go_live() -> None:
    """GLV-05: whatever passed before."""
    good = run("SEC-", Outcome.PASS)
    golive.test_no_critical_finding(target(), (good,), PLACE)
    red(golive.test_no_critical_finding, target(), (run("SEC-", Outcome.FAIL), good), PLACE)


def test_a_readiness_that_was_no_go_fails_the_go_live() -> None:
    """GLV-01: the newest whole verdict counts."""
    good = run("SEC-", Outcome.PASS)
    golive.test_readiness_is_go(target(), (good,))
    red(golive.test_readiness_is_go, target(), (replace(good, outcome=VerdictOutcome.NO_GO), good))


def test_a_release_that_became_slower_fails_the_benchmark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TST-05: half as slow again as the last release that went, in every part of the load run."""
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    seen: list[tuple[float, float]] = []

    def loaded(milliseconds: float, *images: tuple[str, str]) -> PastRun:
        name = f"r{milliseconds:g}"
        write_record(healthy(seconds=milliseconds / 1000), tmp_path / name / "load-smoke.json")
        figure = PastCheck(
            criterion="LOD-P95",
            service="api-gateway",
            outcome=Outcome.PASS,
            samples=1000,
            measured=Measurement(value=milliseconds, unit="ms"),
        )
        return replace(run("LOD-P95", Outcome.PASS), run_id=name, checks=(figure,), images=images)

    before = loaded(200, ("event-processor", "sha256:old"))
    for now in (210, 300):
        benchmarks.test_no_regression(
            target(),
            (loaded(now, *IMAGES), before),
            lambda value, **more: seen.append((value, more["at_best"])),
        )
    assert [(is_held("TST-05", one), is_held("TST-05", other)) for one, other in seen] == [
        (True, True),
        (False, False),
    ]


def test_a_restore_that_lost_rows_fails_whoever_builds_on_it() -> None:
    """TST-06, GLV-06 and OPS-06: one drill, and three who ask for it."""
    failed = replace(RECOVERED, passed=False, detail="rows are gone")
    for look in (
        rehearsed.test_recovery_was_drilled,
        golive.test_recovery_drill_is_recent,
        backups.test_restore_was_verified,
    ):
        look((RECOVERED,), PLACE)
        red(look, (failed, RECOVERED), PLACE)


def test_a_way_back_that_was_not_verified_fails_whoever_asks_for_it() -> None:
    """TST-07 about exactly this release, GLV-07 in the rehearsal."""
    failed = replace(WENT_BACK, passed=False, detail="the older revision never answered")
    rehearsed.test_rollback_was_rehearsed(target(), (WENT_BACK,))
    golive.test_rollback_was_verified((WENT_BACK,), PLACE)
    red(rehearsed.test_rollback_was_rehearsed, target(), (failed, WENT_BACK))
    red(golive.test_rollback_was_verified, (failed, WENT_BACK), PLACE)


@pytest.mark.parametrize("tier", load_platform(FOLDER).tiers, ids=lambda tier: tier.name)
def test_a_recovery_beyond_its_objectives_fails_the_tier(tier: Tier) -> None:
    """DR-CRITICAL, DR-IMPORTANT, DR-STANDARD: too slow, or too much lost; on time is good."""
    deployed = replace(RECOVERED, kind=DrillKind.REDEPLOY_ALL, subject="event-processor")
    rto, rpo = tier.rto.total_seconds(), tier.rpo.total_seconds()
    seen: list[float] = []
    for restore in (
        RECOVERED,
        replace(RECOVERED, rto_s=rto + 1),
        replace(RECOVERED, rpo_s=rpo + 1),
    ):
        drilling = Drilling((restore, deployed), lambda _service: tier, lambda value, **_: seen.append(value))
        drilling.measure_worst("event-processor")
    criterion_id = f"DR-{tier.name.upper()}"
    assert [is_held(criterion_id, value) for value in seen] == [True, False, False]


class TwoClouds:
    """The services of two environments, as the cloud's own client answers."""

    def __init__(self, **most: int) -> None:
        self._most = most

    def get_service(self, *, name: str, timeout: float) -> run_v2.Service:
        """Return a service with the most instances of its project."""
        assert timeout > 0
        scaling = run_v2.RevisionScaling(max_instance_count=self._most[name.split("/")[1]])
        template = run_v2.RevisionTemplate(containers=[run_v2.Container(image="i")], scaling=scaling)
        return run_v2.Service(name=name, template=template)


def test_a_service_that_was_rehearsed_otherwise_fails_the_go_live() -> None:
    """GLV-02: another bound of instances is enough, and the service is named."""
    staging = replace(target(), environment="staging", project="q")
    golive.test_staging_matches_production(target(), staging, lambda _kind: TwoClouds(p=4, q=4))
    with pytest.raises(DemandNotMetError, match="instances") as caught:
        golive.test_staging_matches_production(target(), staging, lambda _kind: TwoClouds(p=4, q=1))
    assert caught.value.blames == "event-processor"


class Counted:
    """Monitoring that knows how many requests each revision got."""

    def __init__(self, **requests: int) -> None:
        self._requests = requests

    def part(self, service: str, revision: str = "") -> Part:
        """Return what is asked about."""
        return Part(service=service, revision=revision)

    def first_seen(self, _part: Part, window: Window) -> int:
        """Return when the candidate came."""
        return window.end - 60

    def requests(self, part: Part, _window: Window) -> Counter[str]:
        """Return the answers of a revision."""
        return Counter({"2xx": self._requests[part.revision.replace("-", "_")]})


@pytest.mark.parametrize("now", [1000, 700, 1300])
def test_callers_that_were_lost_or_came_twice_fail_the_throughput(now: int) -> None:
    """SLI-THROUGHPUT: a third less or more than the last release that went, just before."""
    seen: list[float] = []
    service = target("e-1").services[0]
    sight: Any = SimpleNamespace(
        metrics=Counted(e_1=1000, e_2=now),
        window=Window(0, 60),
        part=Part(service="event-processor", revision="e-2"),
    )
    levels.test_throughput(service, sight, lambda value, **_more: seen.append(value))
    assert [is_held("SLI-THROUGHPUT", value) for value in seen] == [now == 1000]
