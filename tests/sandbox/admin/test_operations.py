"""Long-running operations, the write quota, and policies."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2, policy_pb2
from google.longrunning import operations_pb2
from google.protobuf import duration_pb2

from sandbox.platform.admin import operations
from sandbox.platform.admin.quota import WriteQuota
from sandbox.platform.api_errors import ApiError
from sandbox.platform.contract import KnobBoard, Knobs
from tests.sandbox.admin.local_cloud import PARENT, LocalCloud, template

SERVICE = f"{PARENT}/services/svc"


def test_an_operation_can_be_read_and_listed(cloud: LocalCloud) -> None:
    """One that does not exist is NOT_FOUND."""
    name = cloud.begin_create("svc")
    cloud.succeed(name)
    read = cloud.services.get_operation(operations_pb2.GetOperationRequest(name=name))
    listed = cloud.services.list_operations(operations_pb2.ListOperationsRequest(name=PARENT))
    assert read.done
    assert [one.name for one in listed.operations] == [name]
    with pytest.raises(exceptions.NotFound):
        cloud.services.get_operation(operations_pb2.GetOperationRequest(name=f"{name}0"))


def test_waiting_ends_with_the_timeout(cloud: LocalCloud) -> None:
    """An operation that is still in progress is answered as such."""
    cloud.turn(operation_latency_s=3600.0)
    name = cloud.begin_create("svc")
    wait = operations_pb2.WaitOperationRequest(name=name, timeout=duration_pb2.Duration(nanos=10_000_000))
    answer = cloud.services.wait_operation(wait)
    found = operations_pb2.Operation.FromString(answer) if isinstance(answer, bytes) else answer
    assert not found.done


def test_the_clients_own_polling_ends_with_the_service(cloud: LocalCloud) -> None:
    """`result()` of the client library returns the reconciled service."""
    body = run_v2.Service(template=run_v2.RevisionTemplate(containers=[run_v2.Container(image="img:1")]))
    result = cloud.services.create_service(parent=PARENT, service_id="svc", service=body).result(timeout=30)
    assert (result.name, result.reconciling) == (SERVICE, False)


def test_a_defect_of_the_data_plane_fails_the_operation(
    cloud: LocalCloud, caplog: pytest.LogCaptureFixture
) -> None:
    """An unforeseen error never leaves an operation in progress or a service reconciling for ever."""
    cloud.create()
    cloud.plane.defect = OSError("no space left")
    done = cloud.wait(cloud.begin_update("svc", ["ingress"], ingress=2))
    assert (done.error.code, "no space left" in done.error.message) == (13, True)
    assert (cloud.get().reconciling, cloud.get().observed_generation) == (False, 1)
    assert "Reconciliation of" in caplog.text


def test_the_oldest_finished_operations_are_forgotten(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long-lived sandbox does not grow with every write; what is in progress stays."""
    monkeypatch.setattr(operations, "KEPT", 2)
    names = [cloud.begin_create("svc")]
    cloud.succeed(names[0])
    for number in range(3):
        names.append(cloud.begin_update("svc", ["description"], description=str(number)))
        cloud.succeed(names[-1])
    listed = cloud.services.list_operations(operations_pb2.ListOperationsRequest(name=PARENT))
    assert [one.name for one in listed.operations] == names[2:]


def test_operations_can_be_denied_while_services_are_not(cloud: LocalCloud) -> None:
    """A role on the service alone may write and read it, but gets 403 for every operation."""
    cloud.turn(operations_denied=True)
    name = cloud.begin_create("svc")
    for read in (
        lambda: cloud.services.get_operation(operations_pb2.GetOperationRequest(name=name)),
        lambda: cloud.services.list_operations(operations_pb2.ListOperationsRequest(name=PARENT)),
        lambda: cloud.services.wait_operation(operations_pb2.WaitOperationRequest(name=name)),
    ):
        with pytest.raises(exceptions.PermissionDenied):
            read()  # type: ignore[no-untyped-call]
    cloud.until(lambda: not cloud.get().reconciling)
    assert cloud.get().observed_generation == 1


def test_writes_beyond_the_quota_are_refused_and_reads_are_not(cloud: LocalCloud) -> None:
    """Every kind of write counts, setting a policy and validate-only too."""
    cloud.create()
    cloud.turn(writes_per_minute=1)
    with pytest.raises(exceptions.ResourceExhausted, match="Write requests per minute"):
        cloud.update("svc", "description", description="new")
    with pytest.raises(exceptions.ResourceExhausted):
        cloud.services.set_iam_policy(iam_policy_pb2.SetIamPolicyRequest(resource=SERVICE))
    with pytest.raises(exceptions.ResourceExhausted):
        cloud.services.delete_service(name=SERVICE)
    with pytest.raises(exceptions.ResourceExhausted):
        cloud.begin_create("other", validate_only=True)
    assert cloud.get().description == ""


def test_the_quota_is_refilled_after_a_minute() -> None:
    """The window opens with its first write."""
    seconds = iter([0.0, 59.9, 60.0])
    quota = WriteQuota(KnobBoard(Knobs(writes_per_minute=1)), clock=lambda: next(seconds))
    quota.take()
    with pytest.raises(ApiError):
        quota.take()
    quota.take()


def test_a_policy_is_kept_and_guarded_by_its_etag(cloud: LocalCloud) -> None:
    """A policy that was read before another write is refused with ABORTED."""
    cloud.create()
    read = cloud.services.get_iam_policy(iam_policy_pb2.GetIamPolicyRequest(resource=SERVICE))
    binding = policy_pb2.Binding(role="roles/run.invoker", members=["allUsers"])
    wanted = policy_pb2.Policy(bindings=[binding], etag=read.etag)
    cloud.services.set_iam_policy(iam_policy_pb2.SetIamPolicyRequest(resource=SERVICE, policy=wanted))
    again = cloud.services.get_iam_policy(iam_policy_pb2.GetIamPolicyRequest(resource=SERVICE))
    assert list(again.bindings) == [binding]
    with pytest.raises(exceptions.Aborted):
        cloud.services.set_iam_policy(iam_policy_pb2.SetIamPolicyRequest(resource=SERVICE, policy=wanted))


def test_the_policy_says_who_may_invoke_a_service(cloud: LocalCloud) -> None:
    """Members of the roles that allow it, with a token for the URL or a custom audience; a field opens it."""
    cloud.create(body=run_v2.Service(template=template(), custom_audiences=["shop-callers"]))
    bindings = [
        policy_pb2.Binding(role="roles/run.invoker", members=["user:a@demo.test"]),
        policy_pb2.Binding(role="roles/run.viewer", members=["user:b@demo.test"]),
    ]
    wanted = policy_pb2.Policy(bindings=bindings)
    cloud.services.set_iam_policy(iam_policy_pb2.SetIamPolicyRequest(resource=SERVICE, policy=wanted))
    rules = cloud.running.control.policies.rules_of("svc")
    assert rules.members == {"user:a@demo.test"}
    assert rules.audiences == {cloud.get().uri, "shop-callers"}

    cloud.update("svc", "invoker_iam_disabled", invoker_iam_disabled=True)
    assert "allUsers" in cloud.running.control.policies.rules_of("svc").members


def test_permissions_follow_the_knobs(cloud: LocalCloud) -> None:
    """What is denied is not granted; on a service that does not exist nothing is."""
    cloud.create()
    asked = ["run.services.get", "run.operations.get"]
    cloud.turn(operations_denied=True)
    request = iam_policy_pb2.TestIamPermissionsRequest(resource=SERVICE, permissions=asked)
    assert list(cloud.services.test_iam_permissions(request).permissions) == asked[:1]
    request.resource = f"{PARENT}/services/nope"
    assert list(cloud.services.test_iam_permissions(request).permissions) == []
