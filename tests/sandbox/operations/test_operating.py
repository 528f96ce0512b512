"""Operations against the real services: what they promise is what users meet."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from google.api_core.future import polling
from google.cloud import run_v2
from google.protobuf import field_mask_pb2

from gates.adapters.services.network import Network
from gates.model.exit_code import ExitCode
from gates.model.operation import OperationState
from tests.sandbox.operations.conftest import Bench

OK, UNAUTHORIZED, UNAVAILABLE = 200, 401, 503
SOON = polling.DEFAULT_POLLING.with_delay(initial=0.02, maximum=0.1)


@contextmanager
def cut_off(bench: Bench, service: str) -> Iterator[None]:
    """Leave a service without any instance while the block runs."""
    place = bench.context.environment
    transport = run_v2.ServicesClient.get_transport_class("grpc")
    with grpc.insecure_channel(place.endpoints.run_grpc or "") as channel:
        client = run_v2.ServicesClient(transport=transport(channel=channel))
        name = f"projects/{place.project}/locations/{place.region}/services/{place.cloud_run_name(service)}"
        modes = run_v2.ServiceScaling.ScalingMode

        def scale(scaling: run_v2.ServiceScaling) -> None:
            request = run_v2.UpdateServiceRequest(
                service=run_v2.Service(name=name, scaling=scaling),
                update_mask=field_mask_pb2.FieldMask(paths=["scaling"]),
            )
            client.update_service(request=request).result(timeout=20, polling=SOON)

        scale(run_v2.ServiceScaling(scaling_mode=modes.MANUAL, manual_instance_count=0))
        try:
            yield
        finally:
            scale(
                run_v2.ServiceScaling(
                    scaling_mode=modes.AUTOMATIC, min_instance_count=1, max_instance_count=4
                )
            )


def test_the_fallback_serves_known_tokens_without_auth_service(bench: Bench) -> None:
    """Proved, then auth-service is really gone: a cached token works, a revoked one does not."""
    services = bench.room.services
    cached, revoked = services.token("load"), services.token("fuzz")
    assert (services.status_with(cached), services.status_with(revoked)) == (OK, OK)
    services.sign_out(revoked)
    # What the gateway was never told it cannot know while it does not ask: it hears of it first.
    for _ in range(50):
        if services.status_with(revoked) == UNAUTHORIZED:
            break
        bench.room.performer.clock.wait(0.1)
    receipt = bench.room.circuits.switch_fallback("on", witnesses=("manager", "analyst"), is_dry=False)
    assert receipt.state is OperationState.DONE
    with cut_off(bench, "auth-service"):
        assert services.status_with(cached) == OK
        assert services.status_with(revoked) == UNAUTHORIZED
    assert services.switch_fallback("auto").mode == "auto"
    trail = services.operate("GET", "auth-service", "/v1/audit?limit=200").text
    assert "fallback.switched" in trail


def test_maintenance_is_what_users_meet(bench: Bench) -> None:
    """503 and Retry-After at the public hosts, and afterwards the same image as before."""
    hosts = dict(bench.context.environment.public_hosts)
    digests = {name: bench.context.cloud.revisions(name)[0].digest for name in hosts}
    with Network(bench.context.environment.endpoints).client() as client:
        assert bench.gate("maintenance on") is ExitCode.GO
        for host in hosts.values():
            answer = client.get(f"https://{host}/anything")
            assert (answer.status_code, answer.headers["retry-after"]) == (UNAVAILABLE, "120")
        assert bench.gate("maintenance off") is ExitCode.GO
        for name, host in hosts.items():
            assert client.get(f"https://{host}/readyz").status_code == OK
            assert bench.context.cloud.revisions(name)[0].digest == digests[name]
    assert bench.gate("check") is ExitCode.GO


def test_scaling_starts_instances_and_goes_back(bench: Bench) -> None:
    """The service has three instances at least, then one again; no revision was made."""
    before = bench.context.cloud.revisions("event-processor")
    assert bench.gate("scale event-processor --min-instances 3") is ExitCode.GO
    assert bench.room.configuration.settings("event-processor").scaling.minimum == 3
    assert bench.gate("scale event-processor --restore") is ExitCode.GO
    assert bench.room.configuration.settings("event-processor").scaling.minimum == 1
    assert bench.context.cloud.revisions("event-processor") == before


def test_an_infrastructure_rollback_is_one_build_and_is_remembered(bench: Bench) -> None:
    """The service answers as before, asking again builds nothing, and what was left is no target any more."""
    service, cloud = "nlp-assistant", bench.context.cloud
    before = cloud.describe(service).sole_serving
    bad = bench.sandbox.deploy(service, f"sandbox/{service}:1.1.0")
    assert bench.gate(f"build rollback {service} --dry-run") is ExitCode.GO
    assert cloud.describe(service).sole_serving == bad
    for _ in range(2):
        assert bench.gate(f"build rollback {service}") is ExitCode.GO
        assert cloud.describe(service).sole_serving == before
    assert bench.context.ledger.is_quarantined("sandbox", service, bad)
    last = bench.context.ledger.last_rollback("sandbox", service)
    assert last is not None
    assert (last.from_revision, last.to_revision) == (bad, before)
    assert bench.gate(f"rollback {service} --yes") is ExitCode.GO  # the same way, not one further
    assert cloud.describe(service).sole_serving == before
