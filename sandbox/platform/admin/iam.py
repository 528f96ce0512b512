"""IAM policies of services: kept, given back, and read by the front end's check of callers."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from google.iam.v1 import iam_policy_pb2, policy_pb2

from sandbox.platform.admin.state import State
from sandbox.platform.api_errors import ApiError, Code
from sandbox.platform.contract import InvokerRules
from sandbox.platform.permissions import granted

INVOKERS = frozenset({"roles/run.invoker", "roles/run.admin"})
"""Roles with the permission run.routes.invoke."""


class Policies:
    """The policy of each service; a new service has an empty one."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._policies: dict[str, policy_pb2.Policy] = {}

    def get_iam_policy(self, request: Any, _caller: str) -> policy_pb2.Policy:
        return self._policies.get(self._uid(request.resource)) or _stamped(policy_pb2.Policy(version=1))

    def set_iam_policy(self, request: Any, caller: str) -> policy_pb2.Policy:
        """Replace a service's policy, which counts as a write; raise ApiError ABORTED for a stale etag."""
        self._state.quota.take()
        current = self.get_iam_policy(request, caller)
        if request.policy.etag and request.policy.etag != current.etag:
            raise ApiError(
                Code.ABORTED,
                "There were concurrent policy changes. Please retry the whole read-modify-write with "
                "exponential backoff.",
            )
        policy = policy_pb2.Policy()
        policy.CopyFrom(request.policy)
        self._policies[self._uid(request.resource)] = _stamped(policy)
        return policy

    def granted(self, request: Any, _caller: str) -> iam_policy_pb2.TestIamPermissionsResponse:
        """Return which of the asked permissions the caller has: all but those that the knobs deny.

        On a service that does not exist the caller has none, as google/iam/v1/iam_policy.proto asks for.
        """
        self._state.location.require_service(request.resource, "resource")
        if request.resource not in self._state.services:
            return iam_policy_pb2.TestIamPermissionsResponse()
        return granted(request, self._state.board)

    def rules_of(self, service_id: str) -> InvokerRules:
        """Return which members may invoke the service with that Cloud Run name; none if it does not exist."""
        service = self._state.services.get(self._state.location.service_name(service_id))
        if service is None:
            return InvokerRules()
        policy = self._policies.get(str(service.uid), policy_pb2.Policy())
        members = {name for one in policy.bindings if one.role in INVOKERS for name in one.members}
        opened = {"allUsers"} if service.invoker_iam_disabled else set()
        return InvokerRules(
            members=frozenset(members | opened),
            audiences=frozenset((service.uri, *service.custom_audiences)),
        )

    def let_invoke(self, service_id: str, member: str) -> None:
        """Let one member alone invoke a service, as `gcloud run services add-iam-policy-binding` does."""
        policy = policy_pb2.Policy(version=1)
        policy.bindings.add(role="roles/run.invoker", members=[member])
        name = self._state.location.service_name(service_id)
        self._policies[self._uid(name)] = _stamped(policy)

    def _uid(self, resource: str) -> str:
        """Return the identity of a service, which a deletion ends; raise ApiError when there is none."""
        self._state.location.require_service(resource, "resource")
        return str(self._state.service(resource).uid)


def _stamped(policy: policy_pb2.Policy) -> policy_pb2.Policy:
    policy.ClearField("etag")
    policy.etag = base64.b64encode(hashlib.sha256(policy.SerializeToString(deterministic=True)).digest()[:8])
    return policy
