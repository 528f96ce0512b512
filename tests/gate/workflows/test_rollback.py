"""A rollback that a person asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gates.actions.execute import ExecutionPolicy
from gates.actions.ports import RollbackPorts
from gates.decision.safety_checks import Guard
from gates.errors import DeniedError, LedgerError, UsageError
from gates.model.decision import RollbackPlan
from gates.model.platform import Platform, ServiceSpec
from gates.model.receipt import Receipt, ReceiptState
from gates.model.release import RevisionRef
from gates.model.traffic import BEHIND_TAG, MAINTENANCE_TAG, TrafficSplit, TrafficTarget
from gates.workflows.rollback import RollbackEngine
from tests.support import builders
from tests.support.fake_cloud import FakeCloud, FakeImages, FakeLedger, FakeService, fake_ports, revision
from tests.support.fake_journal import FakeJournal

ENVIRONMENT = builders.environment(service_name="isectech-{service}-sandbox", allowed_impacts=())
SPECS = tuple(ServiceSpec(name=name, title=name, tier="critical") for name in "ab")
PLATFORM = Platform(name="x", services=SPECS, tiers=(), matrix=(), roles=(), digest="sha256:p")


def three_revisions(service: str) -> FakeService:
    """Return a service whose third revision serves everything."""
    revisions = tuple(revision(f"{service}-{number}", 4 - number) for number in (3, 2, 1))
    return FakeService(
        revisions=revisions, traffic=TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),))
    )


class Bench:
    """A cloud of two services, a ledger, and an engine between them."""

    def __init__(self) -> None:
        self.cloud = FakeCloud(services={name: three_revisions(name) for name in "ab"})
        self.ledger = FakeLedger(clock=self.cloud.clock)
        ports: RollbackPorts = fake_ports(self.cloud, self.ledger)
        self.engine = RollbackEngine(ENVIRONMENT, PLATFORM, ports, run_id="r", policy=ExecutionPolicy())

    def roll_back(self, *services: str, to: str | None = None) -> tuple[Receipt, ...]:
        """Plan and execute."""
        return self.engine.execute(self.engine.plan(services, reason="slow", to=to), lambda _: None)


@pytest.fixture
def bench() -> Bench:
    """A fresh bench."""
    return Bench()


def test_what_serves_is_left_for_the_newest_go(bench: Bench) -> None:
    """The ledger's GO decides, although a newer revision is ready."""
    bench.ledger.goes["sandbox", "a"] = [RevisionRef(name="a-1", digest="sha256:a-1")]
    (receipt,) = bench.roll_back("a")
    assert (receipt.action.from_revision, receipt.action.to_revision) == ("a-3", "a-1")
    assert receipt.action.is_target_verified
    assert bench.ledger.tombstones == {("sandbox", "a", "a-3")}


def test_asking_twice_goes_back_once(bench: Bench) -> None:
    """The second time nothing moves: a repeated command is not a wish for an older revision."""
    bench.roll_back("a")
    writes = list(bench.cloud.writes)
    (again,) = bench.roll_back("a")
    assert again.state is ReceiptState.ALREADY_DONE
    assert bench.cloud.serving("a") == "a-2"
    assert bench.cloud.writes == writes
    assert bench.ledger.tombstones == {("sandbox", "a", "a-3")}


def test_a_newer_bad_revision_is_rolled_back_again(bench: Bench) -> None:
    """After the pin was lifted and another revision serves, the same command leaves that one."""
    bench.roll_back("a")
    service = bench.cloud.services["a"]
    service.revisions = (revision("a-4", 0), *service.revisions)
    service.traffic = TrafficSplit(targets=(TrafficTarget(revision=None, percent=100),))
    (receipt,) = bench.roll_back("a")
    assert (receipt.action.from_revision, receipt.action.to_revision) == ("a-4", "a-2")


def test_a_named_target_goes_further_back_and_quarantines_nothing(bench: Bench) -> None:
    """Naming the revision overrides memory and choice."""
    bench.roll_back("a")
    (receipt,) = bench.roll_back("a", to="a-1")
    assert receipt.state is ReceiptState.DONE
    assert bench.cloud.serving("a") == "a-1"
    assert bench.ledger.tombstones == {("sandbox", "a", "a-3")}


def test_in_a_split_the_newest_part_is_the_bad_one(bench: Bench) -> None:
    """A canary is left although most traffic is elsewhere."""
    halves = (TrafficTarget(revision="a-2", percent=90), TrafficTarget(revision="a-3", percent=10))
    bench.cloud.services["a"].traffic = TrafficSplit(targets=halves)
    (receipt,) = bench.roll_back("a")
    assert (receipt.action.from_revision, receipt.action.to_revision) == ("a-3", "a-2")
    assert receipt.state is ReceiptState.DONE


def test_a_service_that_cannot_be_read_is_impossible_and_the_others_go(bench: Bench) -> None:
    """One denied service does not hold up the rest."""
    bench.cloud.services["a"].refusal = DeniedError("may not read a")
    plan = bench.engine.plan(("a", "b"), reason="slow")
    assert plan.impossible == (("a", "may not read a"),)
    assert [action.service for action in plan.actions] == ["b"]


def test_unknown_services_are_refused(bench: Bench) -> None:
    """The error lists what there is."""
    with pytest.raises(UsageError, match="unknown service 'z'") as caught:
        bench.engine.plan(("a", "z"), reason="slow")
    assert "a, b" in caught.value.cause


def test_a_broken_ledger_asks_for_a_named_target(bench: Bench) -> None:
    """Without memory no target is chosen, and one that a person names is taken as not verified."""
    bench.ledger.refusal = LedgerError("damaged")
    with pytest.raises(LedgerError):
        bench.engine.plan(("a",), reason="slow")
    plan = bench.engine.plan(("a",), reason="slow", to="a-2")
    assert [action.is_target_verified for action in plan.actions] == [False]


def test_pins_say_where_every_service_stands(bench: Bench) -> None:
    """A rolled back service holds its newest revision back; one that follows the latest does not."""
    bench.roll_back("a")
    bench.cloud.services["b"].traffic = TrafficSplit(targets=(TrafficTarget(revision="b-3", percent=100),))
    a, b = bench.engine.pins()
    assert (a.is_pinned, a.holds_back, a.serving, a.latest) == (True, True, (("a-2", 100),), "a-3")
    assert (b.is_pinned, b.holds_back) == (True, False)


def test_a_pin_that_cannot_be_read_says_why(bench: Bench) -> None:
    """The status of the others is still told."""
    bench.cloud.services["a"].refusal = DeniedError("may not read a")
    assert [pin.trouble for pin in bench.engine.pins()] == ["may not read a", ""]


def test_what_failed_is_resumed_and_closed(bench: Bench) -> None:
    """Only the rest is done; a second resume finds nothing."""
    ports = fake_ports(bench.cloud, bench.ledger, FakeJournal())
    engine = RollbackEngine(ENVIRONMENT, PLATFORM, ports, run_id="r")
    plan = engine.plan(["a", "b"], reason="slow")
    bench.cloud.services["b"].refusal = DeniedError("no right")
    first = engine.execute(plan, lambda _: None)
    assert {receipt.action.service: receipt.state for receipt in first} == {
        "a": ReceiptState.DONE,
        "b": ReceiptState.FAILED,
    }

    bench.cloud.services["b"].refusal = None
    (unfinished,) = engine.unfinished()
    (rest,) = engine.resume(unfinished, lambda _: None)
    assert (rest.state, rest.action.service) == (ReceiptState.DONE, "b")
    assert engine.unfinished() == ()
    assert len(bench.cloud.writes) == 2
    bench.cloud.services["b"].traffic = bench.cloud.services["b"].traffic.all_to("b-3")
    assert engine.resume(unfinished, lambda _: None) == ()  # an old look at it does nothing again
    assert bench.cloud.serving("b") == "b-3"


def test_behind_a_page_nothing_is_planned(bench: Bench) -> None:
    """It would take the page away, and give users what was to be left."""
    page = TrafficTarget(revision="a-1", percent=100, tag=MAINTENANCE_TAG)
    waits = TrafficTarget(revision="a-3", tag=BEHIND_TAG)
    bench.cloud.services["a"].traffic = TrafficSplit(targets=(page, waits))
    plan = bench.engine.plan(["a"], reason="slow")

    assert plan.actions == ()
    assert "the maintenance page is up and a-3 waits behind it" in plan.impossible[0][1]


def test_a_rollback_that_is_abandoned_or_has_only_its_end_left_is_closed(bench: Bench) -> None:
    """Nothing is written to the cloud."""
    for is_done in (True, False):
        journal = FakeJournal()
        ports = fake_ports(bench.cloud, bench.ledger, journal)
        engine = RollbackEngine(ENVIRONMENT, PLATFORM, ports, run_id="r")
        journal.plans["r"] = RollbackPlan() if is_done else engine.plan(["a"], reason="slow")
        (unfinished,) = engine.unfinished()
        if is_done:
            assert engine.resume(unfinished, lambda _: None) == ()
        else:
            engine.abandon(unfinished, "not needed any more")
        assert engine.unfinished() == ()
    assert bench.cloud.writes == []


def test_a_guard_is_lifted_only_by_a_word_that_is_on_record(bench: Bench) -> None:
    """Without it the service leaves the plan; with it the ledger holds who lifted what, and why."""
    bench.ledger.tombstones.add(("sandbox", "a", "a-1"))
    plan = bench.engine.plan(["a"], reason="slow", to="a-1")

    refused = bench.engine.guard(plan, is_planned=False, overrides={}, by="ana")
    assert (refused.actions, bench.ledger.recorded) == ((), [])
    assert "--override quarantine=REASON" in refused.impossible[0][1]
    lifted = bench.engine.guard(plan, is_planned=False, overrides={Guard.QUARANTINE: "INC-7"}, by="ana")
    assert lifted == plan
    (word,) = bench.ledger.recorded
    assert (word.action, word.subject, word.detail, word.by) == ("override-guard", "a", "INC-7", "ana")


def test_a_target_whose_image_is_gone_is_refused(bench: Bench) -> None:
    """It could not start a new instance under load."""
    ports = replace(fake_ports(bench.cloud, bench.ledger), images=FakeImages(gone=frozenset({"sha256:a-2"})))
    engine = RollbackEngine(ENVIRONMENT, PLATFORM, ports, run_id="r")
    plan = engine.plan(["a"], reason="slow", to="a-2")

    assert (
        "the image of a-2 is gone"
        in engine.guard(plan, is_planned=False, overrides={}, by="ana").impossible[0][1]
    )


def test_of_nothing_to_do_there_is_nothing_to_guard(bench: Bench) -> None:
    """An empty plan stays empty, and asks nobody."""
    empty = RollbackPlan(waves=())
    bench.cloud.reads.clear()

    assert bench.engine.guard(empty, is_planned=True, overrides={}, by="ann") is empty
    assert bench.cloud.reads == []
    assert bench.engine.plan((), reason="slow").actions == ()


def test_targets_come_with_their_image_and_what_speaks_against_them(bench: Bench) -> None:
    """What a proof of the way back has to know."""
    (target,) = bench.engine.examine(bench.engine.plan("a", reason="slow"))

    assert target.action.to_revision == "a-2"
    assert target.digest == revision("a-2", 2).digest
