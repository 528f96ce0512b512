"""A drill measures with a stopwatch, goes back to where it was, and is recorded however it ends."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from gates.errors import UnavailableError
from gates.model.drill import DrillKind, DrillRecord, Sentinel
from gates.model.release import Release, RevisionRef, ServiceRelease
from gates.model.state import Purpose
from gates.model.traffic import MAINTENANCE_TAG, TrafficSplit, TrafficTarget
from gates.workflows.drills import DrillPorts, Drills
from tests.support.fake_cloud import FakeClock, FakeCloud, FakeLedger, two_revisions
from tests.support.fake_operations import FakeDatabase, FakeServices, backup, database
from tests.support.fake_room import PLATFORM, environment

RELEASE = Release(
    id="r",
    environment="sandbox",
    services=(ServiceRelease(service="a", candidate=RevisionRef(name="a-2", digest="sha256:a-2")),),
)


@dataclass
class FakeWitness:
    """Remembers what was written before a backup and what after; `loses` and `keeps` are wrong restores."""

    database: FakeDatabase
    rounds: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    loses: bool = False
    keeps: bool = False

    def leave(self, identity: str) -> tuple[Sentinel, ...]:
        """Write one mark."""
        self.rounds.append(identity)
        return (Sentinel(service="a", key=identity),)

    def is_there(self, mark: Sentinel) -> bool:
        """Whether the restore left it there."""
        return not self.loses if mark.key == self.rounds[0] else self.keeps

    def remove(self, mark: Sentinel) -> None:
        """Remember what was taken away."""
        self.removed.append(mark.key)


@dataclass
class SlowDatabase(FakeDatabase):
    """A restore takes five seconds of the fake clock."""

    clock: FakeClock = field(default_factory=FakeClock)

    def restore(self, backup: str) -> None:
        """Bring one back, slowly."""
        super().restore(backup)
        self.clock.wait(5.0)


class Bench:
    """Drills over fakes; services a and b."""

    def __init__(self) -> None:
        self.cloud = FakeCloud(services={name: two_revisions(name) for name in "ab"})
        self.database = SlowDatabase(
            found=database().found, stored=(backup("auto", age_s=120),), clock=self.cloud.clock
        )
        self.services = FakeServices()
        self.witness = FakeWitness(self.database)
        self.ledger = FakeLedger()
        ports = DrillPorts(
            services=self.services,
            database=self.database,
            traffic=self.cloud,
            probe=self.cloud,
            witness=self.witness,
            ledger=self.ledger,
            clock=self.cloud.clock,
        )
        self.drills = Drills(ports, environment(), PLATFORM, RELEASE)

    @property
    def recorded(self) -> list[DrillRecord]:
        """What was recorded, in order."""
        return self.ledger.drilled


@pytest.fixture
def bench() -> Bench:
    """Drills over fakes."""
    return Bench()


def test_a_restore_measures_time_and_exposure(bench: Bench) -> None:
    """The five seconds of the restore; the age of the newest automated backup, not of the drill's own."""
    found = bench.drills.restore(("viewer", "responder"))
    assert (found.passed, found.rto_s) == (True, 5.0)
    assert found.rpo_s == 120.0
    assert (found.kind, found.subject, found.fingerprint) == (
        DrillKind.RESTORE,
        "platform",
        RELEASE.fingerprint,
    )
    assert bench.recorded == [found]
    assert bench.database.done == ["backup", "restore new"]
    assert bench.witness.removed == ["viewer"]


@pytest.mark.parametrize(
    ("flaw", "why"),
    [("loses", "before the backup is gone from a"), ("keeps", "after the backup is still in a")],
)
def test_a_restore_that_restored_something_else_does_not_pass(bench: Bench, flaw: str, why: str) -> None:
    """Whatever the cloud said; the record says what was seen."""
    setattr(bench.witness, flaw, True)
    found = bench.drills.restore(("viewer", "responder"))
    assert not found.passed
    assert why in found.detail
    assert bench.recorded == [found]


def test_without_an_automated_backup_nothing_passes(bench: Bench) -> None:
    """A backup by hand right before the drill is no answer to a disaster."""
    bench.database.stored = ()
    found = bench.drills.restore(("viewer", "responder"))
    assert not found.passed
    assert "would lose everything" in found.detail
    assert bench.database.done == ["backup"]


def test_a_platform_that_does_not_come_back_does_not_pass(bench: Bench) -> None:
    """After the longest objective of a tier it is over, and the record names who is missing."""
    bench.services.silent.add("b")
    found = bench.drills.restore(("viewer", "responder"))
    assert not found.passed
    assert "b did not come back within 900 s" in found.detail


def test_a_redeployment_ends_with_the_new_revision_s_own_proof(bench: Bench) -> None:
    """A copy of what serves takes over the same traffic list; all services get a record each."""
    found = bench.drills.redeploy("a")
    assert found.passed
    assert [(new.source, new.purpose) for new in bench.cloud.made] == [("a-2", Purpose.DRILL)]
    assert bench.cloud.describe("a").latest_ready == bench.cloud.made[0].name
    assert not bench.cloud.describe("a").traffic.is_pinned
    for name in "ab":
        bench.cloud.services[name].refusal = UnavailableError("no answer")
    assert [(one.subject, one.passed) for one in bench.drills.redeploy_all()] == [("a", False), ("b", False)]
    assert len(bench.recorded) == 3


def test_a_copy_that_never_answers_does_not_pass(bench: Bench) -> None:
    """The cloud's word that it serves is no proof, and neither is one answer of several."""
    bench.cloud.services["a"].is_mixed = True
    found = bench.drills.redeploy("a")
    assert (found.passed, "no single revision answers" in found.detail) == (False, True)


def test_a_drill_takes_no_maintenance_page_away(bench: Bench) -> None:
    """Nothing is written, and the record says why."""
    here = bench.cloud.services["a"]
    here.traffic = TrafficSplit(targets=(TrafficTarget(revision="a-1", percent=100, tag=MAINTENANCE_TAG),))
    found = bench.drills.redeploy("a")
    assert (found.passed, "is in maintenance" in found.detail) == (False, True)
    assert bench.cloud.writes == []


def test_a_partial_recovery_goes_back_to_today_s_image(bench: Bench) -> None:
    """Also when the earlier image is not well; then it does not pass."""
    assert bench.drills.partial("a", "a-1").passed
    assert [new.source for new in bench.cloud.made] == ["a-1", "a-2"]
    bench.services.silent.add("a")
    found = bench.drills.partial("a", "a-1")
    assert (found.passed, "is not well" in found.detail) == (False, True)
    assert len(bench.cloud.made) == 4
    assert bench.cloud.describe("a").sole_serving == bench.cloud.made[-1].name


def test_a_rollback_drill_goes_there_and_back(bench: Bench) -> None:
    """The target has all the traffic for a moment; then the list is what it was."""
    before = bench.cloud.describe("a").traffic
    bench.cloud.services["a"].lag_s = 2.0
    found = bench.drills.rollback("a", "a-1")
    assert found.passed
    assert found.rto_s == pytest.approx(2.1, abs=0.01)  # two seconds, and two more answers as the proof
    assert [split.percent_of("a-1") for _, split in bench.cloud.writes] == [100, 0]
    assert bench.cloud.describe("a").traffic == before


def test_a_refused_rollback_drill_is_recorded_as_failed(bench: Bench) -> None:
    """The cloud's own words are kept."""
    bench.cloud.services["a"].refusal = UnavailableError("no answer")
    found = bench.drills.rollback("a", "a-1")
    assert (found.passed, "no answer" in found.detail) == (False, True)
