"""Permissions that knobs deny: to every caller and on every resource, on each API in the same words.

https://cloud.google.com/iam/docs/permissions-reference
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

from google.iam.v1 import iam_policy_pb2

from sandbox.platform.api_errors import ApiError, Code
from sandbox.platform.contract import KnobBoard

Refuse = Callable[[str], None]
"""Takes a permission; raises ApiError when callers do not have it."""

_PREFIXES: Final[Mapping[str, str]] = {
    "google.api.serviceusage.v1.ServiceUsage": "serviceusage.services",
    "google.cloud.resourcemanager.v3.Projects": "resourcemanager.projects",
    "google.cloud.run.v2.Revisions": "run.revisions",
    "google.cloud.run.v2.Services": "run.services",
    "google.cloud.secretmanager.v1.SecretManagerService": "secretmanager.versions",
    "google.devtools.artifactregistry.v1.ArtifactRegistry": "artifactregistry.dockerimages",
    "google.devtools.cloudbuild.v1.CloudBuild": "cloudbuild.builds",
    "google.devtools.clouderrorreporting.v1beta1.ErrorStatsService": "errorreporting.groups",
    "google.devtools.clouderrorreporting.v1beta1.ReportErrorsService": "errorreporting.errorEvents",
    "google.logging.v2.LoggingServiceV2": "logging.logEntries",
    "google.longrunning.Operations": "run.operations",
    "google.monitoring.dashboard.v1.DashboardsService": "monitoring.dashboards",
    "google.monitoring.v3.AlertPolicyService": "monitoring.alertPolicies",
    "google.monitoring.v3.MetricService": "monitoring.timeSeries",
    "google.monitoring.v3.NotificationChannelService": "monitoring.notificationChannels",
    "google.monitoring.v3.ServiceMonitoringService": "monitoring.services",
    "google.monitoring.v3.UptimeCheckService": "monitoring.uptimeCheckConfigs",
    "google.pubsub.v1.Subscriber": "pubsub.subscriptions",
}
_BUILDS: Final = "google.devtools.cloudbuild.v1.CloudBuild"
_VERBS: Final = {
    "wait": "get",
    "write": "create",
    "report": "create",
    "pull": "consume",
    "acknowledge": "consume",
}
"""First words of methods whose permission ends otherwise."""


def permission_of(service: str, method: str, beside: Container[str] = ()) -> str:
    """Return the permission that a method of a gRPC service needs; empty when it needs none.

    The operations of a server that has builds, and so not services of Cloud Run, are those of the builds.
    """
    if method == "TestIamPermissions":
        return ""
    verb = method[0].lower() + method[1:]
    if not method.endswith("IamPolicy"):
        verb = re.split("(?=[A-Z])", verb)[0]
    owner = _BUILDS if service == "google.longrunning.Operations" and _BUILDS in beside else service
    prefix = "monitoring.slos" if "ServiceLevelObjective" in method else _PREFIXES[owner]
    return f"{prefix}.{_VERBS.get(verb, verb)}"


def refusing(knobs: KnobBoard) -> Refuse:
    """Return what refuses calls that need a denied permission, as the knobs stand at the time."""

    def refuse(permission: str) -> None:
        if knobs.denies(permission):
            message = f"Permission '{permission}' denied on resource (or it may not exist)."
            raise ApiError(Code.PERMISSION_DENIED, message)

    return refuse


def granted(request: Any, knobs: KnobBoard) -> iam_policy_pb2.TestIamPermissionsResponse:
    """Answer TestIamPermissions: all that was asked for but what the knobs deny."""
    return iam_policy_pb2.TestIamPermissionsResponse(
        permissions=[permission for permission in request.permissions if not knobs.denies(permission)]
    )
