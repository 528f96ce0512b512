"""The Cloud Run adapter with the real client library over real gRPC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc
import pytest
from google.cloud import run_v2

from gates.adapters.google.cloud_clients import connect
from gates.adapters.google.cloud_run import CloudRun
from gates.adapters.google.cloud_run_api import CallLimits
from gates.errors import (
    CloudError,
    ConfigurationError,
    ConflictError,
    DeniedError,
    LeaseLostError,
    NotFoundError,
    OperationFailedError,
    QuotaError,
    UnavailableError,
)
from gates.model.platform import Endpoints
from gates.model.traffic import TrafficSplit, TrafficTarget
from tests.support import builders
from tests.support.fake_cloud import FakeClock
from tests.support.tiny_run_server import FAILED, REVISION, TinyRun, Trouble, serving, tiny_revision

BACK = TrafficSplit(
    targets=(
        TrafficTarget(revision="a-00001", percent=100),
        TrafficTarget(revision="a-00001", tag="stable"),
        TrafficTarget(revision=None, tag="next"),
    )
)


@dataclass
class Bench:
    """The adapter, the server that it talks to, and the clock between them."""

    run: TinyRun
    cloud: CloudRun
    clock: FakeClock
    fence: Callable[[], None] = lambda: None

    def shift(self, etag: str = '"1"') -> None:
        """Move all traffic back."""
        self.cloud.write_traffic("a", BACK, etag)()


@pytest.fixture
def bench() -> Iterator[Bench]:
    """An adapter connected to a tiny server."""
    run, clock = TinyRun(), FakeClock()
    with serving(run) as address:
        environment = builders.environment(
            service_name="isectech-{service}-sandbox",
            allowed_impacts=(),
            endpoints=Endpoints(run_grpc=address),
        )
        limits = CallLimits(read_s=5.0, write_s=5.0)

        def fence() -> None:
            made.fence()

        cloud = CloudRun(environment, clock, limits, fence)
        made = Bench(run, cloud, clock)
        yield made
        cloud.close()


def test_a_service_is_described_in_the_models_words(bench: Bench) -> None:
    """Short names, the whole list with its tags, and what serves without tag-only entries."""
    state = bench.cloud.describe("a")
    assert (state.service, state.uri, state.etag) == ("a", "https://a.run.test", '"1"')
    assert (state.latest_ready, state.latest_created) == ("a-00002", "a-00003")
    assert state.is_ready
    assert not state.is_reconciling
    assert state.serving == (("a-00002", 100),)
    assert not state.traffic.is_pinned
    assert state.traffic.targets[1:] == BACK.targets[1:]


def test_the_url_of_a_tag_belongs_to_its_revision(bench: Bench) -> None:
    """A tag on the latest revision is the latest ready one's."""
    for status in bench.run.service.traffic_statuses:
        status.uri = f"https://{status.tag}---a.run.test" if status.tag else ""
    found = bench.cloud.describe("a").tag_uris
    assert found == (("a-00001", "https://stable---a.run.test"), ("a-00002", "https://next---a.run.test"))


def test_an_empty_list_means_the_latest_revision(bench: Bench) -> None:
    """Cloud Run leaves the list out when everything goes to the latest."""
    bench.run.service.traffic = []
    assert bench.cloud.describe("a").traffic.targets == (TrafficTarget(revision=None, percent=100),)


def test_a_list_that_makes_no_sense_is_an_error_of_the_cloud(bench: Bench) -> None:
    """A split that does not sum to 100 is refused with the service's name."""
    bench.run.service.traffic = [run_v2.TrafficTarget(type_=REVISION, revision="a-00001", percent=90)]
    with pytest.raises(CloudError, match="traffic list of a that makes no sense"):
        bench.cloud.describe("a")


def test_revisions_come_newest_first_over_all_pages(bench: Bench) -> None:
    """Creation time orders them, whatever their names say; readiness and digest are read."""
    reason = [{"type_": "Ready", "state": FAILED, "message": "startup probe failed"}]
    bench.run.revisions = [
        tiny_revision("a-00009", 1),
        tiny_revision("a-00001", 3),
        tiny_revision("a-00002", 2, conditions=reason, image="registry.test/a:2"),
    ]
    found = bench.cloud.revisions("a")
    assert [r.name for r in found] == ["a-00001", "a-00002", "a-00009"]
    assert [r.is_ready for r in found] == [True, False, True]
    assert [r.digest for r in found] == ["sha256:a-00001", "", "sha256:a-00009"]
    assert found[1].detail == "startup probe failed"
    assert len(bench.run.command("ListRevisions")) == 2


def test_a_gate_that_another_took_over_from_sends_no_write(bench: Bench) -> None:
    """The fence is asked before every try, not once: a gate may be paused while it waits for quota."""
    asked: list[str] = []

    def fence() -> None:
        asked.append("fence")
        if len(asked) > 1:
            raise LeaseLostError("run-2 took over")

    bench.fence = fence
    bench.run.troubles = {"UpdateService": [Trouble(grpc.StatusCode.RESOURCE_EXHAUSTED)]}
    with pytest.raises(LeaseLostError):
        bench.shift()
    assert len(bench.run.command("UpdateService")) == 1
    assert len(asked) == 2


def test_only_traffic_travels(bench: Bench) -> None:
    """The mask is `traffic`, the template stays at home, tags are repeated, names short, the etag sent."""
    state = bench.cloud.write_traffic("a", BACK, '"1"')()
    (request,) = bench.run.command("UpdateService")
    assert list(request.update_mask.paths) == ["traffic"]
    assert "template" not in request.service
    assert request.service.etag == '"1"'
    assert [(t.revision, t.percent, t.tag) for t in request.service.traffic] == [
        ("a-00001", 100, ""),
        ("a-00001", 0, "stable"),
        ("", 0, "next"),
    ]
    assert state.sole_serving == "a-00001"
    assert state.traffic == BACK


def test_a_slow_operation_is_asked_for_again(bench: Bench) -> None:
    """A long poll that ends before the operation does is repeated, not mistaken for the end."""
    bench.run.slow_waits = 1
    bench.shift()
    assert len(bench.run.command("WaitOperation")) == 2


def test_a_stale_etag_is_a_conflict(bench: Bench) -> None:
    """ABORTED means to read again and decide again."""
    with pytest.raises(ConflictError, match="ABORTED"):
        bench.shift(etag='"0"')


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (grpc.StatusCode.NOT_FOUND, NotFoundError),
        (grpc.StatusCode.PERMISSION_DENIED, DeniedError),
        (grpc.StatusCode.UNAUTHENTICATED, DeniedError),
        (grpc.StatusCode.INVALID_ARGUMENT, CloudError),
        (grpc.StatusCode.UNIMPLEMENTED, CloudError),
    ],
)
def test_a_refusal_is_translated(bench: Bench, code: grpc.StatusCode, kind: type[CloudError]) -> None:
    """A refused write raises the gate's error with the status and the cloud's words, and is not repeated."""
    bench.run.troubles = {"UpdateService": [Trouble(code)]}
    with pytest.raises(kind, match=f"{code.name}: scripted") as caught:
        bench.shift()
    assert type(caught.value) is kind
    assert len(bench.run.command("UpdateService")) == 1


@pytest.mark.parametrize(
    "code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.INTERNAL]
)
def test_a_write_without_answer_is_read_back(bench: Bench, code: grpc.StatusCode) -> None:
    """An applied write whose answer was lost is found by reading and not sent again."""
    bench.run.troubles = {"UpdateService": [Trouble(code, is_applied=True)]}
    assert bench.cloud.write_traffic("a", BACK, '"1"')().sole_serving == "a-00001"
    assert len(bench.run.command("UpdateService")) == 1


def test_a_write_that_never_arrived_stays_unknown(bench: Bench) -> None:
    """When the list is the old one, the caller learns that there was no answer."""
    bench.run.troubles = {"UpdateService": [Trouble(grpc.StatusCode.UNAVAILABLE)]}
    with pytest.raises(UnavailableError):
        bench.shift()


@pytest.mark.parametrize("code", [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAVAILABLE])
def test_hidden_operations_are_replaced_by_reading_the_service(bench: Bench, code: grpc.StatusCode) -> None:
    """A role without run.operations.get still moves traffic: the service is read until it settled."""
    bench.run.troubles = {"WaitOperation": [Trouble(code)]}
    bench.run.busy_reads = 3
    assert bench.cloud.write_traffic("a", BACK, '"1"')().sole_serving == "a-00001"
    assert len(bench.run.command("GetService")) == 4


def test_a_hidden_operation_that_failed_is_noticed(bench: Bench) -> None:
    """A list that was taken and not applied is a failure although nobody heard the operation end."""
    bench.run.troubles = {"WaitOperation": [Trouble(grpc.StatusCode.PERMISSION_DENIED)]}
    bench.run.operation_error = 9
    with pytest.raises(OperationFailedError, match="did not take the change"):
        bench.shift()


def test_a_service_that_reconciles_for_ever_is_given_up(bench: Bench) -> None:
    """The limit of an operation holds for reading back too."""
    bench.run.troubles = {"WaitOperation": [Trouble(grpc.StatusCode.PERMISSION_DENIED)]}
    bench.run.busy_reads = 10_000
    with pytest.raises(UnavailableError, match="still reconciles after 120 s"):
        bench.shift()


def test_an_operation_that_never_ends_is_judged_by_the_service(bench: Bench) -> None:
    """When the limit has passed, what the service says counts."""
    bench.run.slow_waits = 10_000
    bench.run.on_wait = lambda: bench.clock.wait(50.0)
    assert bench.cloud.write_traffic("a", BACK, '"1"')().sole_serving == "a-00001"
    assert len(bench.run.command("WaitOperation")) == 3


def test_missing_credentials_are_a_matter_of_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an endpoint of its own the environment means the real cloud, which wants credentials."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/credentials.json")
    with pytest.raises(ConfigurationError, match="find credentials"):
        connect(run_v2.ServicesClient, None)


def test_a_failed_operation_says_its_code(bench: Bench) -> None:
    """Code and message of the operation are in the error."""
    bench.run.operation_error = 9
    with pytest.raises(OperationFailedError, match="code 9 FAILED_PRECONDITION: revision is not ready"):
        bench.shift()


def test_an_operation_error_is_no_proof_that_nothing_moved(bench: Bench) -> None:
    """When the service reports the list as applied, the shift succeeded whatever else failed."""
    bench.run.operation_error = 9
    bench.run.is_moved_despite = True
    assert bench.cloud.write_traffic("a", BACK, '"1"')().sole_serving == "a-00001"


def test_an_aborted_operation_is_a_conflict(bench: Bench) -> None:
    """An operation that another one superseded leads back to reading."""
    bench.run.operation_error = 10
    with pytest.raises(ConflictError, match="code 10 ABORTED"):
        bench.shift()


def test_quota_is_waited_for_as_long_as_the_server_asks(bench: Bench) -> None:
    """The server's own delay is honoured, and the write goes through afterwards."""
    quota = Trouble(grpc.StatusCode.RESOURCE_EXHAUSTED, retry_after_s=7)
    bench.run.troubles = {"UpdateService": [quota, quota]}
    bench.shift()
    assert bench.clock.monotonic() == 14.0
    assert len(bench.run.command("UpdateService")) == 3


def test_quota_backs_off_and_gives_up(bench: Bench) -> None:
    """Without a hint the pauses grow with jitter, and all of them together stay within the limit."""
    bench.run.troubles = {"UpdateService": [Trouble(grpc.StatusCode.RESOURCE_EXHAUSTED)] * 100}
    with pytest.raises(QuotaError):
        bench.shift()
    assert 60.0 < bench.clock.monotonic() <= 90.0
    assert 5 <= len(bench.run.command("UpdateService")) <= 20


def test_a_preview_shows_the_call_and_sends_nothing(bench: Bench) -> None:
    """Method, resource, mask, etag and the whole list are shown."""
    assert bench.cloud.preview("a", BACK, '"1"') == (
        "google.cloud.run.v2.Services/UpdateService "
        "name=projects/p/locations/r/services/isectech-a-sandbox update_mask=traffic "
        'etag="1" traffic=[a-00001=100%, a-00001=0% tag=stable, LATEST=0% tag=next]'
    )
    assert bench.run.requests == []


def test_a_list_that_somebody_replaced_meanwhile_is_a_conflict(bench: Bench) -> None:
    """With hidden operations, a list other than the one sent means that somebody else wrote."""
    bench.run.troubles = {"WaitOperation": [Trouble(grpc.StatusCode.PERMISSION_DENIED)]}
    bench.run.foreign_list = [run_v2.TrafficTarget(type_=REVISION, revision="a-00000", percent=100)]
    with pytest.raises(ConflictError, match="another actor replaced"):
        bench.shift()
