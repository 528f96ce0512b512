"""Every write to Cloud Run waits as it is asked to, overwrites nobody, and survives a lost answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import grpc
import pytest
from google.cloud import run_v2

from gates.actions.attempt import Attempt, Goal, all_to_target, staged
from gates.actions.ports import RollbackPorts
from gates.actions.traffic_move import PATIENCE, TrafficMove, TrafficMover
from gates.actions.unpin import all_to_latest
from gates.adapters.google.cloud_run import CloudRun
from gates.errors import QuotaError
from gates.model.operation import OperationReceipt, OperationState
from gates.model.platform import Endpoints, Environment
from gates.model.receipt import ReceiptState
from gates.model.traffic import TrafficSplit, TrafficTarget
from gates.operations.maintenance import Maintenance
from gates.operations.redeploying import Redeployment
from gates.operations.scaling import ScalingOperations
from gates.workflows.bench_deployments import BenchDeployments
from tests.sandbox.admin.local_cloud import PROJECT, REGION, LocalCloud, local_cloud, template
from tests.support import builders
from tests.support.builders import back
from tests.support.fake_clock import FakeClock
from tests.support.fake_cloud import FakeImages
from tests.support.fake_journal import FakeJournal
from tests.support.fake_operations import FakeOperationsLedger, performer
from tests.support.troubled_channel import Hitch, Way, troubled

QUOTA = Hitch(code=grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after_s=7)
LOST_REQUEST = Hitch(code=grpc.StatusCode.UNAVAILABLE)
LOST_ANSWER = Hitch(code=grpc.StatusCode.DEADLINE_EXCEEDED, is_passed_on=True)
UPDATE = "UpdateService"


class ByState:
    """Answers as the cloud says that the traffic goes."""

    def __init__(self, cloud: CloudRun) -> None:
        self._cloud = cloud

    def answering_revision(self, service: str) -> str | None:
        """Return the revision that serves."""
        return self._cloud.describe(service).sole_serving

    def answering_behind(self, service: str, _tag: str) -> str | None:
        """Return the revision that waits behind the page."""
        return self._cloud.describe(service).traffic.behind


@dataclass
class Scene:
    """A service of two revisions on the sandbox's admin API, and the gate's clients behind a troubled way."""

    local: LocalCloud
    way: Way
    environment: Environment
    clock: FakeClock = field(default_factory=FakeClock)
    ledger: FakeOperationsLedger = field(default_factory=FakeOperationsLedger)

    def __post_init__(self) -> None:
        """Connect, and deploy."""
        self.cloud = CloudRun(self.environment, self.clock)
        self.deployer = BenchDeployments(self.cloud, self.clock, str)
        self.local.create(body=run_v2.Service(template=template("img:1")))
        self.old = self.cloud.describe("svc").latest_ready
        self.new = self.local.deploy("img:2")

    def done(self, receipt: OperationReceipt) -> None:
        """Insist that an operation was done."""
        assert receipt.state is OperationState.DONE, receipt.detail

    @property
    def maintenance(self) -> Maintenance:
        """Maintenance mode with a page of its own."""
        by = performer(self.ledger, self.clock)
        return Maintenance(self.ports, by, image="img:page", cloud_name=str)

    @property
    def ports(self) -> RollbackPorts:
        """What moves traffic."""
        return RollbackPorts(
            traffic=self.cloud,
            probe=ByState(self.cloud),
            ledger=self.ledger,
            clock=self.clock,
            journal=FakeJournal(),
            images=FakeImages(),
        )

    def attempt(self, goal: Goal, to: str) -> None:
        """Carry one action out."""
        action = back("svc", from_revision=self.new, to_revision=to, reason="r")
        receipt = Attempt(action, self.ports, PATIENCE, lambda *_: None, goal=goal).execute()
        assert receipt.state is ReceiptState.DONE, receipt.detail

    def move(self, make: Callable[[TrafficSplit], TrafficSplit]) -> None:
        """Write a list, and nothing more."""
        move = TrafficMove(service="svc", wanted=lambda state: make(state.traffic))
        TrafficMover(move, self.cloud, self.clock).send()

    def close(self) -> None:
        """Disconnect."""
        self.cloud.close()


@pytest.fixture
def scene() -> Iterator[Scene]:
    """The scene before its write."""
    way = Way()
    with local_cloud() as local, troubled(way, local.address) as address:
        environment = builders.environment(
            project=PROJECT, region=REGION, allowed_impacts=(), endpoints=Endpoints(run_grpc=address)
        )
        made = Scene(local, way, environment)
        yield made
        made.close()


def _tag(split: TrafficSplit, revision: str) -> TrafficSplit:
    return TrafficSplit(targets=(*split.targets, TrafficTarget(revision=revision, tag="way-back")))


def _page_on(scene: Scene) -> None:
    scene.done(scene.maintenance.turn_on("svc", "sandbox", is_dry=False))


def _pin(scene: Scene) -> None:
    scene.local.shift(run_v2.TrafficTarget(type_=2, revision=scene.old, percent=100))


Step = Callable[[Scene], object]


def _nothing(_scene: Scene) -> None:
    return None


WRITES: dict[str, tuple[Step, Step]] = {
    "rollback": (_nothing, lambda s: s.attempt(all_to_target, s.old)),
    "rollback behind the page": (_page_on, lambda s: s.attempt(staged, s.old)),
    "unpin": (_pin, lambda s: s.attempt(all_to_latest, s.new)),
    "go-live, drill": (
        _nothing,
        lambda s: s.move(lambda split: split.all_to(s.old)),
    ),
    "tag": (_nothing, lambda s: s.move(lambda split: _tag(split, s.old))),
    "maintenance on": (_nothing, _page_on),
    "maintenance off": (
        _page_on,
        lambda s: s.done(s.maintenance.turn_off("svc", "sandbox", is_dry=False)),
    ),
    "scale": (
        _nothing,
        lambda s: s.done(
            ScalingOperations(s.cloud, performer(s.ledger, s.clock)).set_minimum("svc", 3, is_dry=False)
        ),
    ),
    "redeploy": (
        _nothing,
        lambda s: s.done(
            Redeployment(s.ports, performer(s.ledger, s.clock), str).redeploy("svc", s.old, is_dry=False)
        ),
    ),
    "bench": (_nothing, lambda s: s.deployer.deploy("svc", "img:3", percent=100, tag="")),
    "bench restored": (
        lambda s: s.deployer.deploy("svc", "img:3", percent=100, tag=""),
        lambda s: s.deployer.restore("svc"),
    ),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_write_waits_for_quota_as_long_as_it_is_asked_to(scene: Scene, write: str) -> None:
    """Twice 7 s, then it goes through; a read that is refused waits as well."""
    prepare, act = WRITES[write]
    prepare(scene)
    before = scene.clock.monotonic()
    scene.way.hitches = {UPDATE: [QUOTA, QUOTA], "GetService": [QUOTA]}
    act(scene)
    assert scene.clock.monotonic() - before >= 3 * QUOTA.retry_after_s


@pytest.mark.parametrize("write", WRITES)
def test_a_write_keeps_what_somebody_else_wrote_meanwhile(scene: Scene, write: str) -> None:
    """The etag of what was read is stale: the service is read again, and the other's change stays."""
    prepare, act = WRITES[write]
    prepare(scene)

    def somebody_else() -> None:
        scene.local.update("svc", "description", description="theirs")

    scene.way.hitches = {UPDATE: [Hitch(before=somebody_else)]}
    act(scene)
    assert scene.local.get().description == "theirs"


@pytest.mark.parametrize("hitch", [LOST_REQUEST, LOST_ANSWER], ids=["request", "answer"])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_whose_answer_is_lost_is_read_back_and_done_once(
    scene: Scene, write: str, hitch: Hitch
) -> None:
    """What was applied is not sent again, what was not is; neither is recorded as failed."""
    prepare, act = WRITES[write]
    prepare(scene)
    before = scene.local.get().generation
    scene.way.hitches = {UPDATE: [hitch]}
    act(scene)
    assert scene.local.get().generation == before + 1


def test_a_quota_that_is_never_refilled_is_given_up(scene: Scene) -> None:
    """All waiting together is bounded, and nothing was written."""
    before = scene.local.get().generation
    back = TrafficSplit(targets=(TrafficTarget(revision=scene.old, percent=100),))
    scene.way.hitches = {UPDATE: [QUOTA] * 100}
    with pytest.raises(QuotaError):
        scene.cloud.write_traffic("svc", back, "")
    assert scene.clock.monotonic() <= 90.0
    assert scene.local.get().generation == before


@pytest.mark.parametrize("write", ["maintenance on", "maintenance off", "redeploy"])
def test_traffic_that_somebody_moved_meanwhile_is_not_overwritten(scene: Scene, write: str) -> None:
    """The operation is recorded as failed with that reason, and the other's list stands."""
    prepare, act = WRITES[write]
    prepare(scene)
    scene.way.hitches = {UPDATE: [Hitch(before=lambda: _pin(scene))]}
    with pytest.raises(AssertionError, match="another actor moved the traffic"):
        act(scene)
    assert [(t.revision, t.percent) for t in scene.local.get().traffic] == [(scene.old, 100)]
    assert scene.ledger.written[-1].state is OperationState.FAILED


def test_what_the_gate_makes_is_named_as_such_and_a_later_deployment_is_not(scene: Scene) -> None:
    """The page carries its purpose; a release deployed over it copies the annotation and is a release."""
    _page_on(scene)
    release = scene.local.get().template
    later = run_v2.RevisionTemplate(release)
    later.revision, later.containers[0].image = "svc-later", "img:4"
    scene.local.update("svc", "template", template=later)
    found = {one.name: one for one in scene.cloud.revisions("svc")}
    (page,) = [one for one in found.values() if one.purpose is not None]
    assert (page.purpose, page.is_release) == ("maintenance-page", False)
    assert found["svc-later"].is_release
    assert found[scene.old].purpose is None
