"""A go-live over fakes: good, failing at any slot, ended and started again at any moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from gates.errors import DeniedError, LeaseLostError, UnavailableError
from gates.model.criterion import Stage
from gates.model.timeline import (
    Checkpoint,
    CheckpointResult,
    CheckpointState,
    Finding,
    GoLive,
    Timeline,
)
from gates.workflows.golive import GoLivePorts, GoLiveWorkflow
from tests.support.fake_cloud import EPOCH, FakeCloud, two_revisions
from tests.support.fake_journal import FakeJournal
from tests.support.golive_records import Records, StopError

SERVICE = "auth-service"
CANDIDATE = two_revisions(SERVICE).revisions[1].name
SLOTS = (
    Checkpoint(name="checks", title="t", at=timedelta(hours=-2), stage=Stage.READINESS),
    Checkpoint(name="sign", title="t", at=timedelta(minutes=-5), approves="checks"),
    Checkpoint(name="traffic", title="t", at=timedelta(), enables_traffic=True),
    Checkpoint(name="health", title="t", at=timedelta(minutes=5), stage=Stage.IMMEDIATE),
    Checkpoint(name="review", title="t", at=timedelta(hours=24), stage=Stage.LONG_TERM),
)
GOLIVE = GoLive(
    name="g", environment="sandbox", zero=EPOCH + timedelta(hours=3), candidates=((SERVICE, CANDIDATE),)
)


@dataclass
class Day:
    """A cloud, a ledger, and what each slot's look shows."""

    shows: Mapping[str, CheckpointResult] = field(default_factory=dict)
    missing: Callable[[str], tuple[str, ...]] = lambda _run: ()
    unproven: Callable[[], tuple[str, ...]] = lambda: ()
    cloud: FakeCloud = field(default_factory=lambda: FakeCloud(services={SERVICE: two_revisions(SERVICE)}))
    records: Records = field(default_factory=Records)
    result: list[str] = field(default_factory=list)
    journal: FakeJournal = field(default_factory=FakeJournal)
    confirm: Callable[[], None] = lambda: None
    quarantined: tuple[str, ...] = ()

    def look(self, slot: Checkpoint, _wanted: Mapping[str, str]) -> CheckpointResult:
        """Return what the slot shows."""
        self.result.append(slot.name)
        held = CheckpointResult(finding=Finding.HELD, detail="held", run_id=f"run-{slot.name}")
        return self.shows.get(slot.name, held)

    def run(self) -> CheckpointState:
        """Run the go-live from its last record."""
        ports = GoLivePorts(
            records=self.records,
            schedule=self.cloud.clock,
            clock=self.cloud.clock,
            traffic=self.cloud,
            probe=self.cloud,
            look=self.look,
            missing=self.missing,
            unproven=lambda _candidates: self.unproven(),
            tell=lambda _text: None,
            is_quarantined=lambda _service, revision: revision in self.quarantined,
            alone=lambda: self.journal.hold("sandbox", "g"),
            confirm=self.confirm,
        )
        return GoLiveWorkflow(Timeline(slots=SLOTS), GOLIVE, ports).run().state


@dataclass
class Stutter(Day):
    """A day on which the cloud does not answer the first look."""

    answers: list[UnavailableError] = field(default_factory=lambda: [UnavailableError("no answer")])

    def look(self, slot: Checkpoint, _wanted: Mapping[str, str]) -> CheckpointResult:
        """Raise what is left, then look."""
        if self.answers:
            raise self.answers.pop()
        return super().look(slot, _wanted)


def failed(*, is_rolled_back: bool = False) -> CheckpointResult:
    """Return a look that failed."""
    return CheckpointResult(finding=Finding.FAILED, detail="bad", is_rolled_back=is_rolled_back)


def test_a_good_release_is_closed_with_its_traffic_moved() -> None:
    """Every slot once, in order, at its time."""
    day = Day()
    assert day.run() is CheckpointState.HELD
    assert day.result == ["checks", "health", "review"]
    assert day.cloud.serving(SERVICE) == CANDIDATE
    assert day.cloud.clock.now() >= GOLIVE.zero + timedelta(hours=24)
    assert day.journal.kinds(SERVICE) == ["intended"]


class Flapper(FakeCloud):
    """A cloud whose old revision gives every second answer."""

    asked = 0

    def answering_revision(self, service: str) -> str | None:
        """Answer with the new and the old revision in turn."""
        self.asked += 1
        return CANDIDATE if self.asked % 2 else "old"


def test_a_single_right_answer_proves_no_switch() -> None:
    """Right answers with wrong ones between them are no proof: a person is called."""
    day = Day(cloud=Flapper(services={SERVICE: two_revisions(SERVICE)}))
    assert day.run() is CheckpointState.ESCALATED
    assert f"does not answer as {CANDIDATE}" in day.records.rows[-1].detail


@pytest.mark.parametrize("shown", [failed(), CheckpointResult(finding=Finding.OPEN, detail="missing")])
def test_before_the_traffic_moves_nothing_is_switched(shown: CheckpointResult) -> None:
    """A failure, or evidence that never came, stops it."""
    day = Day(shows={"checks": shown})
    before = day.cloud.serving(SERVICE)
    assert day.run() is CheckpointState.STOPPED
    assert day.cloud.serving(SERVICE) == before


def test_without_every_signature_nothing_is_switched() -> None:
    """It waits until the traffic's moment and then stops."""
    day = Day(missing=lambda _run: ("product-owner has not signed",))
    assert day.run() is CheckpointState.STOPPED
    assert day.cloud.serving(SERVICE) != CANDIDATE


def test_without_a_proven_way_back_nothing_is_switched() -> None:
    """It says whose, waits until the traffic's moment, and stops."""
    day = Day(unproven=lambda: ("auth-service → r1: never verified",))
    assert day.run() is CheckpointState.STOPPED
    assert day.cloud.serving(SERVICE) != CANDIDATE
    assert "never verified; run: gate rollback verify" in day.records.rows[-1].detail


def test_while_somebody_else_acts_the_traffic_waits() -> None:
    """Two never move it at once: it says who holds the environment, and stops when that does not end."""
    day = Day(journal=FakeJournal(holder="somebody"))
    assert day.run() is CheckpointState.STOPPED
    assert day.cloud.serving(SERVICE) != CANDIDATE
    assert "somebody acts in sandbox" in day.records.rows[-1].detail


def test_who_lost_the_environment_moves_no_traffic() -> None:
    """Another gate took over between the proof and the write."""
    day = Day(journal=FakeJournal(is_lost=True))
    with pytest.raises(LeaseLostError):
        day.run()
    assert day.cloud.writes == []


def test_a_go_live_taken_over_does_nothing_more() -> None:
    """Its lease was lost between two slots: the error ends it, and what follows is the other one's."""
    turns = iter(range(3))

    def confirm() -> None:
        if next(turns, None) is None:
            raise LeaseLostError("another took over")

    day = Day(confirm=confirm)
    with pytest.raises(LeaseLostError):
        day.run()
    assert day.cloud.serving(SERVICE) != CANDIDATE


def test_a_go_live_taken_over_while_it_waited_looks_no_further() -> None:
    """It slept over a missing signature, and another one goes on meanwhile."""
    command: list[str] = []

    def missing(run_id: str) -> tuple[str, ...]:
        command.append(run_id)
        return ("late",)

    def confirm() -> None:
        if command:
            raise LeaseLostError("another took over")

    with pytest.raises(LeaseLostError):
        Day(missing=missing, confirm=confirm).run()
    assert len(command) == 1


def test_a_proof_that_comes_in_time_lets_it_go() -> None:
    """The way back is looked at again until the traffic moves."""
    answers = iter((("late",),))
    assert Day(unproven=lambda: next(answers, ())).run() is CheckpointState.HELD


def test_signatures_are_asked_for_the_run_of_the_named_slot() -> None:
    """Not for any other run."""
    command: list[str] = []

    def missing(run_id: str) -> tuple[str, ...]:
        command.append(run_id)
        return () if len(command) > 1 else ("late",)

    assert Day(missing=missing).run() is CheckpointState.HELD
    assert set(command) == {"run-checks"}


@pytest.mark.parametrize("slot", ["health", "review"])
@pytest.mark.parametrize("is_rolled_back", [True, False])
def test_after_the_traffic_moved_a_failure_is_rolled_back_or_escalated(
    slot: str, *, is_rolled_back: bool
) -> None:
    """Nothing runs after it, and asking again gives the same end."""
    day = Day(shows={slot: failed(is_rolled_back=is_rolled_back)})
    expected = CheckpointState.ROLLED_BACK if is_rolled_back else CheckpointState.ESCALATED
    assert day.run() is expected
    seen = len(day.result)
    assert day.run() is expected
    assert len(day.result) == seen


@pytest.mark.parametrize("writes", range(1, 2 * len(SLOTS) + 1))
def test_a_go_live_survives_its_end_at_every_record(writes: int) -> None:
    """Killed after any write and started again: closed, traffic moved, no settled slot done twice."""
    day = Day()
    day.records.left = writes
    with pytest.raises(StopError):
        day.run()
    assert day.run() is CheckpointState.HELD
    assert day.cloud.serving(SERVICE) == CANDIDATE
    held = [row.slot for row in day.records.rows if row.state is CheckpointState.HELD]
    assert held == [slot.name for slot in SLOTS]


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ({"refusal": DeniedError("no permission")}, "was not switched: no permission"),
        ({"is_mixed": True}, f"does not answer as {CANDIDATE}"),
    ],
)
def test_traffic_that_did_not_take_is_for_a_person(trouble: dict[str, object], said: str) -> None:
    """A refused write, or a service that keeps answering as somebody else: a person is called."""
    day = Day()
    day.cloud.services[SERVICE] = replace(day.cloud.services[SERVICE], **trouble)  # type: ignore[arg-type]

    assert day.run() is CheckpointState.ESCALATED
    assert said in day.records.rows[-1].detail


def test_what_was_rolled_back_meanwhile_gets_no_traffic_again() -> None:
    """A go-live that is resumed does not undo what was done by hand meanwhile."""
    day = Day(quarantined=(CANDIDATE,))
    before = day.cloud.serving(SERVICE)
    assert day.run() is not CheckpointState.HELD
    assert (day.cloud.serving(SERVICE), day.cloud.writes) == (before, [])
    assert before != CANDIDATE


def test_a_cloud_that_does_not_answer_once_ends_no_go_live() -> None:
    """The slot is looked at again."""
    day = Stutter()
    assert day.run() is CheckpointState.HELD
    assert day.answers == []


def test_a_go_live_that_lost_its_lease_moves_no_traffic() -> None:
    """Another one took it over while the ways back were looked at."""
    day = Day()
    lost: list[bool] = []

    def unproven() -> tuple[str, ...]:
        lost.append(True)
        return ()

    def confirm() -> None:
        if lost:
            raise LeaseLostError("another process took over")

    day.unproven, day.confirm = unproven, confirm
    with pytest.raises(LeaseLostError):
        day.run()
    assert day.cloud.writes == []
