"""Carrying out a plan: one receipt each, twice is once, waves hold, failures stay where they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gates.actions.execute import ExecutionPolicy, Executor
from gates.errors import DeniedError, LedgerError, OperationFailedError
from gates.model.decision import RollbackPlan
from gates.model.receipt import Receipt, ReceiptState
from gates.model.rollback_policy import AfterFailure, Order, RollbackStrategy
from gates.model.state import ServiceState
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support.builders import back
from tests.support.fake_cloud import FakeCloud, FakeLedger, FakeService, fake_ports, two_revisions


def cloud_of(*services: str, **knobs: FakeService) -> FakeCloud:
    """Return a cloud of services with two revisions each."""
    return FakeCloud(services={name: two_revisions(name) for name in services} | knobs)


def plan_of(*waves: tuple[str, ...]) -> RollbackPlan:
    """Return a plan with these waves."""
    return RollbackPlan(waves=tuple(tuple(back(name) for name in wave) for wave in waves))


def executor(cloud: FakeCloud, ledger: FakeLedger | None = None, **policy: object) -> Executor:
    """Return an executor over the fakes."""
    ports = fake_ports(cloud, ledger)
    chosen = ExecutionPolicy(strategy=RollbackStrategy(**policy))  # type: ignore[arg-type]
    return Executor(ports, environment="sandbox", run_id="r", policy=chosen)


def states(receipts: tuple[Receipt, ...]) -> list[ReceiptState]:
    """Return how each action ended."""
    return [receipt.state for receipt in receipts]


def test_all_traffic_moves_and_the_tags_stay() -> None:
    """The target gets everything, the tags keep pointing where they did, and the receipt shows both ends."""
    cloud = cloud_of("a")
    (receipt,) = executor(cloud).execute(plan_of(("a",)))
    assert receipt.state is ReceiptState.DONE
    assert receipt.is_verified
    assert receipt.before == two_revisions("a").traffic
    assert receipt.after == cloud.services["a"].traffic
    assert cloud.services["a"].traffic.targets == (
        TrafficTarget(revision="a-1", percent=100),
        TrafficTarget(revision="a-1", tag="stable"),
    )


@given(st.lists(st.lists(st.sampled_from("abcdef"), unique=True, max_size=3), max_size=4))
def test_doing_a_plan_twice_is_doing_it_once(shape: list[list[str]]) -> None:
    """The second time writes nothing, leaves the same traffic, and says that it was done already."""
    seen: set[str] = set()
    waves = [tuple(name for name in wave if not (name in seen or seen.add(name))) for wave in shape]  # type: ignore[func-returns-value]
    plan = plan_of(*(wave for wave in waves if wave))
    cloud = cloud_of(*"abcdef")
    runner = executor(cloud)
    first = runner.execute(plan)
    writes = list(cloud.writes)
    second = runner.execute(plan)
    assert cloud.writes == writes
    assert sorted(name for name, _ in writes) == sorted(seen)
    assert [r.action for r in first] == [r.action for r in second] == list(plan.actions)
    assert set(states(first)) <= {ReceiptState.DONE}
    assert set(states(second)) <= {ReceiptState.ALREADY_DONE}


@st.composite
def disturbed_services(draw: st.DrawFn) -> dict[str, FakeService]:
    """Return nine services, each disturbed in some way or none."""
    services = {}
    for name in "abcdefghi":
        service = two_revisions(name)
        service.conflicts = draw(st.integers(0, 5))
        service.lost_answers = draw(st.integers(0, 2))
        service.lost_requests = draw(st.integers(0, 5))
        service.failing_ends = draw(st.integers(0, 3))
        service.lag_s = draw(st.sampled_from([0.0, 3.0, 300.0]))
        service.refusal = draw(
            st.sampled_from([None, None, None, DeniedError("no"), OperationFailedError("13")])
        )
        service.is_mixed = draw(st.sampled_from([False, False, False, True]))
        services[name] = service
    return services


MANNERS = st.builds(
    RollbackStrategy,
    order=st.sampled_from(Order),
    after_failure=st.sampled_from(AfterFailure),
    parallel=st.integers(1, 9),
)


@given(disturbed_services(), MANNERS)
def test_every_action_has_exactly_one_receipt_whatever_happens(
    services: dict[str, FakeService], strategy: RollbackStrategy
) -> None:
    """Receipts come in the plan's order, one each; DONE is only said of what the service itself proves."""
    cloud = FakeCloud(services=services)
    plan = plan_of(("a", "b", "c"), ("d", "e"), ("f", "g", "h", "i"))
    announced: list[Receipt] = []
    policy = ExecutionPolicy(strategy=strategy)
    runner = Executor(fake_ports(cloud), environment="sandbox", run_id="r", policy=policy)
    receipts = runner.execute(plan, announced.append)
    assert [receipt.action for receipt in receipts] == list(plan.actions)
    assert sorted(r.action.service for r in announced) == sorted(r.action.service for r in receipts)
    for receipt in receipts:
        is_good = receipt.state in (ReceiptState.DONE, ReceiptState.ALREADY_DONE)
        assert is_good is receipt.is_verified
        if is_good:
            cloud.services[receipt.action.service].refusal = None
            assert cloud.answering_revision(receipt.action.service) == receipt.action.to_revision
    writers = [name for name, _ in cloud.writes]
    assert len(writers) == len(set(writers))


def test_a_failed_wave_stops_the_next_one() -> None:
    """By default later waves are skipped and untouched; the rest of the failed wave still goes."""
    cloud = cloud_of("a", "b", "c")
    cloud.services["a"].refusal = DeniedError("run.services.update is missing")
    receipts = executor(cloud).execute(plan_of(("a", "b"), ("c",)))
    assert states(receipts) == [ReceiptState.FAILED, ReceiptState.DONE, ReceiptState.SKIPPED]
    assert "run.services.update is missing" in receipts[0].detail
    assert "a" in receipts[2].detail
    assert "c" not in cloud.reads


def test_a_failed_wave_may_be_passed_over() -> None:
    """With CONTINUE the next wave goes all the same."""
    cloud = cloud_of("a", "c")
    cloud.services["a"].refusal = DeniedError("no")
    receipts = executor(cloud, after_failure=AfterFailure.CONTINUE).execute(plan_of(("a",), ("c",)))
    assert states(receipts) == [ReceiptState.FAILED, ReceiptState.DONE]


def test_a_wave_begins_after_the_one_before_it_is_proven() -> None:
    """No write of a later wave happens before the last of the earlier wave."""
    cloud = cloud_of("a", "b", "c", "d")
    for name in "abcd":
        cloud.services[name].lag_s = 2.0
    executor(cloud).execute(plan_of(("a", "b"), ("c", "d")))
    order = [name for name, _ in cloud.writes]
    assert (set(order[:2]), set(order[2:])) == ({"a", "b"}, {"c", "d"})
    assert cloud.clock.monotonic() >= 4.0


def test_an_emergency_moves_the_next_wave_while_the_one_before_it_is_proven() -> None:
    """With the order "accepted" the lags of all waves pass side by side; the order of the writes stays."""
    cloud = cloud_of("a", "b", "c")
    for name in "abc":
        cloud.services[name].lag_s = 20.0
    receipts = executor(cloud, order=Order.ACCEPTED).execute(plan_of(("a",), ("b",), ("c",)))

    assert states(receipts) == [ReceiptState.DONE] * 3
    assert [name for name, _ in cloud.writes] == ["a", "b", "c"]


def test_rehearsing_sends_nothing_and_says_exactly_what_it_would_send() -> None:
    """A dry run shows the call with tags and etag, and neither cloud nor ledger is written."""
    cloud, ledger = cloud_of("a", "b"), FakeLedger()
    executor(cloud).execute(plan_of(("b",)))
    writes = list(cloud.writes)
    first, second = executor(cloud, ledger).rehearse(plan_of(("a",), ("b",)))
    assert states((first, second)) == [ReceiptState.DRY_RUN, ReceiptState.DRY_RUN]
    assert first.detail == 'shift a to [a-1=100, a-1=0 stable] with etag "1"'
    assert first.after is not None
    assert first.after.percent_of("a-1") == 100
    assert "nothing to send" in second.detail
    assert (cloud.writes, ledger.rollbacks) == (writes, [])


def test_a_broken_ledger_does_not_stop_a_rollback() -> None:
    """The traffic moves and is proven; the receipt says that nothing was recorded."""
    cloud, ledger = cloud_of("a"), FakeLedger(refusal=LedgerError("the disk is full"))
    (receipt,) = executor(cloud, ledger).execute(plan_of(("a",)))
    assert receipt.state is ReceiptState.DONE
    assert "NOT RECORDED: the disk is full" in receipt.detail


class BrokenCloud(FakeCloud):
    """A cloud whose adapter has a defect for one service."""

    def describe(self, service: str) -> ServiceState:
        """Break for service a."""
        if service == "a":
            raise ZeroDivisionError("a defect")
        return super().describe(service)


def test_a_defect_in_one_action_leaves_the_others_their_receipts() -> None:
    """An error that nobody foresaw fails its own action, and the others go on."""
    cloud = BrokenCloud(services={name: two_revisions(name) for name in "ab"})
    receipts = executor(cloud).execute(plan_of(("a", "b")))
    assert states(receipts) == [ReceiptState.FAILED, ReceiptState.DONE]
    assert "ZeroDivisionError: a defect" in receipts[0].detail


def test_receipts_are_recorded_with_environment_and_run() -> None:
    """The ledger gets each receipt once."""
    cloud, ledger = cloud_of("a", "b"), FakeLedger()
    receipts = executor(cloud, ledger).execute(plan_of(("a",), ("b",)))
    assert ledger.rollbacks == [("sandbox", receipt, "r") for receipt in receipts]


def test_a_split_without_a_pin_is_not_there_yet() -> None:
    """Traffic that follows the latest revision is pinned by name although the target serves already."""
    cloud = cloud_of("a")
    entry = cloud.services["a"]
    entry.traffic = TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),))
    entry.revisions = entry.revisions[1:]
    (receipt,) = executor(cloud).execute(plan_of(("a",)))
    assert receipt.state is ReceiptState.DONE
    assert cloud.services["a"].traffic.is_pinned
