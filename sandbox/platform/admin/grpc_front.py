"""The gRPC front: google.cloud.run.v2 for the real client library.

Every method is listed here with its request type; gRPC itself answers UNIMPLEMENTED to all others.
"""

from __future__ import annotations

from collections.abc import Mapping

from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2
from google.longrunning import operations_pb2

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.grpc_methods import Methods


def methods(control: ControlPlane) -> Mapping[str, Methods]:
    services, revisions = control.services, control.revisions
    policies, operations = control.policies, control.operations
    return {
        "google.cloud.run.v2.Services": {
            "GetService": (run_v2.GetServiceRequest.pb(), services.get_service),
            "ListServices": (run_v2.ListServicesRequest.pb(), services.list_services),
            "CreateService": (run_v2.CreateServiceRequest.pb(), services.create_service),
            "UpdateService": (run_v2.UpdateServiceRequest.pb(), services.update_service),
            "DeleteService": (run_v2.DeleteServiceRequest.pb(), services.delete_service),
            "GetIamPolicy": (iam_policy_pb2.GetIamPolicyRequest, policies.get_iam_policy),
            "SetIamPolicy": (iam_policy_pb2.SetIamPolicyRequest, policies.set_iam_policy),
            "TestIamPermissions": (iam_policy_pb2.TestIamPermissionsRequest, policies.granted),
        },
        "google.cloud.run.v2.Revisions": {
            "GetRevision": (run_v2.GetRevisionRequest.pb(), revisions.get_revision),
            "ListRevisions": (run_v2.ListRevisionsRequest.pb(), revisions.list_revisions),
            "DeleteRevision": (run_v2.DeleteRevisionRequest.pb(), revisions.delete_revision),
        },
        "google.longrunning.Operations": {
            "GetOperation": (operations_pb2.GetOperationRequest, operations.get_operation),
            "ListOperations": (operations_pb2.ListOperationsRequest, operations.list_operations),
            "WaitOperation": (operations_pb2.WaitOperationRequest, operations.wait_operation),
        },
    }
