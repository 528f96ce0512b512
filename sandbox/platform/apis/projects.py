"""Resource Manager and Service Usage: the project, and the APIs that are enabled in it."""

from __future__ import annotations

from typing import Any, Final

from google.cloud import resourcemanager_v3, service_usage_v1
from google.iam.v1 import iam_policy_pb2

from sandbox import topology
from sandbox.platform.api_errors import ApiError, Code
from sandbox.platform.contract import KnobBoard
from sandbox.platform.disturbances import Disturbances
from sandbox.platform.grpc_methods import Methods
from sandbox.platform.permissions import granted
from sandbox.platform.requests import page, require_project

PROJECTS: Final = "google.cloud.resourcemanager.v3.Projects"
SERVICE_USAGE: Final = "google.api.serviceusage.v1.ServiceUsage"
_OFFERED: Final = (
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "clouderrorreporting.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "serviceusage.googleapis.com",
    "sqladmin.googleapis.com",
)
_STATE: Final = service_usage_v1.State


class Project:
    """The one project that exists."""

    def __init__(self, project: str = topology.PROJECT, knobs: KnobBoard | None = None) -> None:
        self.id = project
        self._knobs = knobs or KnobBoard()
        self.enabled = set(_OFFERED)

    def tables(self) -> dict[str, Methods]:
        return {
            PROJECTS: {
                "GetProject": (resourcemanager_v3.GetProjectRequest.pb(), self.get_project),
                "TestIamPermissions": (iam_policy_pb2.TestIamPermissionsRequest, self.granted),
            },
            SERVICE_USAGE: {
                "ListServices": (service_usage_v1.ListServicesRequest.pb(), self.list_services),
            },
        }

    def get_project(self, request: Any, _caller: str) -> Any:
        self._require(request.name)
        return resourcemanager_v3.Project.pb()(
            name=f"projects/{topology.NUMBER}",
            project_id=self.id,
            display_name=self.id,
            state=resourcemanager_v3.Project.State.ACTIVE.value,
        )

    def granted(self, request: Any, _caller: str) -> Any:
        """Return which of the asked permissions the caller has: all but those that the knobs deny."""
        self._require(request.resource)
        return granted(request, self._knobs)

    def list_services(self, request: Any, _caller: str) -> Any:
        """Return a page of the APIs; the filters `state:ENABLED` and `state:DISABLED` are known."""
        self._require(request.parent)
        wanted = {"": None, "state:ENABLED": True, "state:DISABLED": False}
        if request.filter not in wanted:
            raise ApiError(Code.INVALID_ARGUMENT, f"The filter '{request.filter}' is not known.")
        is_wanted = wanted[request.filter]
        names = [name for name in _OFFERED if is_wanted in (None, name in self.enabled)]
        found, token = page(names, request)
        return service_usage_v1.ListServicesResponse.pb()(
            services=[self._service(name) for name in found], next_page_token=token
        )

    def offer(self, board: Disturbances) -> None:
        name = "sqladmin.googleapis.com"
        board.offer(
            "api-disabled",
            f"The API {name} is disabled in the project",
            (),
            lambda is_wrong: (self.enabled.discard if is_wrong else self.enabled.add)(name),
        )

    def _require(self, name: str) -> None:
        if name != f"projects/{topology.NUMBER}":
            require_project(name, self.id)

    def _service(self, name: str) -> Any:
        state = _STATE.ENABLED if name in self.enabled else _STATE.DISABLED
        return service_usage_v1.Service.pb()(
            name=f"projects/{topology.NUMBER}/services/{name}",
            parent=f"projects/{topology.NUMBER}",
            state=state.value,
        )
