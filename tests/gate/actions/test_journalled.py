"""What the executor writes into the journal, and what the journal may stop."""

from __future__ import annotations

from gates.actions.execute import ExecutionPolicy, Executor
from gates.errors import DeniedError, LedgerError
from gates.model.decision import RollbackPlan
from gates.model.receipt import Receipt, ReceiptState
from gates.model.rollback_policy import AfterFailure, RollbackStrategy
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support.builders import back
from tests.support.fake_cloud import FakeCloud, FakeLedger, fake_ports, revision, two_revisions
from tests.support.fake_journal import FakeJournal

PLAN = RollbackPlan(waves=((back("a"), back("b")), (back("c"),)))


class World:
    """A cloud of three services, a ledger and a journal."""

    def __init__(self, journal: FakeJournal | None = None) -> None:
        self.cloud = FakeCloud(services={name: two_revisions(name) for name in "abc"})
        self.ledger = FakeLedger(clock=self.cloud.clock)
        self.journal = journal or FakeJournal()

    def execute(self, plan: RollbackPlan = PLAN, **policy: object) -> tuple[Receipt, ...]:
        """Carry a plan out."""
        ports = fake_ports(self.cloud, self.ledger, self.journal)
        stopped = policy.pop("is_stopped", lambda: False)
        strategy = RollbackStrategy(**policy)  # type: ignore[arg-type]
        chosen = ExecutionPolicy(strategy=strategy, is_stopped=stopped)  # type: ignore[arg-type]
        return Executor(ports, environment="sandbox", run_id="r", policy=chosen).execute(plan)


def states(receipts: tuple[Receipt, ...]) -> list[ReceiptState]:
    """Return how each action ended."""
    return [receipt.state for receipt in receipts]


def test_every_write_is_written_down_before_it_is_sent_and_the_end_after_it() -> None:
    """Begun first, closed last, and each service in between."""
    world = World()
    assert states(world.execute()) == [ReceiptState.DONE] * 3

    assert [world.journal.kinds(name) for name in "abc"] == [["intended", "ended"]] * 3
    assert [kind for _, kind, service in world.journal.records if not service] == ["begun", "closed"]
    assert world.journal.unfinished("sandbox") == ()


def test_a_plan_that_failed_for_one_stays_open_for_a_resume() -> None:
    """Nobody has to remember which services are left."""
    world = World()
    world.cloud.services["c"].refusal = DeniedError("no right")
    world.execute()

    (found,) = world.journal.unfinished("sandbox")
    assert [action.service for action in found.rest.actions] == ["c"]


def test_another_gate_with_the_lease_is_named_and_nothing_is_sent() -> None:
    """Two gates never fight."""
    world = World(FakeJournal(holder="run-1"))

    receipts = world.execute()
    assert states(receipts) == [ReceiptState.SKIPPED] * 3
    assert {receipt.detail for receipt in receipts} == {"another gate acts: run-1 acts in sandbox"}
    assert world.cloud.writes == []
    assert world.ledger.tombstones == set()


def test_a_lease_that_was_lost_stops_the_next_write() -> None:
    """Whoever took over decides from here on."""
    world = World(FakeJournal(lost_after=0))

    receipts = world.execute()
    assert states(receipts) == [ReceiptState.FAILED, ReceiptState.FAILED, ReceiptState.SKIPPED]
    assert "another gate took over" in receipts[0].detail
    assert world.cloud.writes == []


def test_a_journal_that_cannot_be_used_stops_no_rollback_and_is_told() -> None:
    """Going back matters more than the record of it."""
    world = World(FakeJournal(refusal=LedgerError("the disk is full")))

    receipts = world.execute()
    assert states(receipts) == [ReceiptState.DONE] * 3
    assert all("NOT RECORDED: the disk is full" in receipt.detail for receipt in receipts)


def test_a_signal_lets_the_wave_finish_and_begins_no_other() -> None:
    """The first wave is proven, the second is not tried, and the plan can be resumed."""
    world = World()
    command = iter([False, True])

    receipts = world.execute(is_stopped=lambda: next(command))
    assert states(receipts) == [ReceiptState.DONE, ReceiptState.DONE, ReceiptState.SKIPPED]
    assert receipts[2].detail == "not tried, wave 2: stopped by a signal"
    assert len(world.journal.unfinished("sandbox")) == 1


def test_the_bad_revision_is_marked_before_it_is_left() -> None:
    """After a crash in between, nobody chooses it as a target; a named target marks nothing."""
    world = World()
    world.cloud.services["a"].refusal = DeniedError("no right")
    world.execute(after_failure=AfterFailure.CONTINUE)

    assert world.ledger.tombstones == {("sandbox", name, f"{name}-2") for name in "abc"}


def test_what_somebody_else_moved_meanwhile_is_not_marked() -> None:
    """An action that comes late looks first: the revision that a person left is theirs to judge."""
    world = World()
    service = world.cloud.services["a"]
    service.revisions = (revision("a-3", 0), *service.revisions)
    service.traffic = TrafficSplit(targets=(TrafficTarget(revision="a-3", percent=100),))
    receipts = world.execute(after_failure=AfterFailure.CONTINUE)

    assert states(receipts) == [ReceiptState.FAILED, ReceiptState.DONE, ReceiptState.DONE]
    assert "another actor moved the traffic to a-3" in receipts[0].detail
    assert world.ledger.tombstones == {("sandbox", name, f"{name}-2") for name in "bc"}


def test_what_has_left_already_is_marked_without_a_write() -> None:
    """Somebody sent the traffic to the very target: the verdict about the bad revision stands."""
    world = World()
    service = world.cloud.services["a"]
    service.traffic = service.traffic.all_to("a-1")
    receipts = world.execute()

    assert states(receipts) == [ReceiptState.ALREADY_DONE, ReceiptState.DONE, ReceiptState.DONE]
    assert ("sandbox", "a", "a-2") in world.ledger.tombstones


def test_an_empty_plan_touches_nothing() -> None:
    """No receipt, no read, no write, no record."""
    world = World(FakeJournal(refusal=LedgerError("never asked")))

    assert world.execute(RollbackPlan()) == ()
    assert (world.journal.records, world.ledger.rollbacks) == ([], [])
    assert (world.cloud.reads, world.cloud.writes) == ([], [])
