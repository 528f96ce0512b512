"""The Knative v1 front: the REST calls that `gcloud run services` and `gcloud run revisions` make.

It also serves as the forward proxy of `CLOUDSDK_PROXY_TYPE=http_no_tunnel`: the request line may carry a
whole URL, and the region is the first label of its host (`us-central1-run.localhost`).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

from google.cloud import run_v2
from google.iam.v1 import iam_policy_pb2
from google.longrunning import operations_pb2
from google.protobuf import json_format
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.platform.admin.control import ControlPlane
from sandbox.platform.admin.knative_read import API_VERSION, Json, revision_view, service_view
from sandbox.platform.admin.knative_write import service_from
from sandbox.platform.admin.messages import Revision, Service
from sandbox.platform.admin.names import Location, service_of, short
from sandbox.platform.admin.routing import is_routed
from sandbox.platform.api_errors import ApiError, Code, Violation, invalid
from sandbox.platform.grpc_methods import CALLER_KEY, DEFAULT_CALLER
from sandbox.platform.permissions import refusing
from sandbox.platform.requests import json_object, page_of

_REGION = re.compile(r"([a-z]+-[a-z]+[0-9]+)-run\.")
_DELETED = {"kind": "Status", "apiVersion": "v1", "status": "Success"}


class KnativeFront:
    """Translates Knative v1 calls to the control plane."""

    def __init__(self, control: ControlPlane) -> None:
        self._control = control

    def routes(self) -> list[BaseRoute]:
        spaces = f"/apis/{API_VERSION}/namespaces/{{project}}"
        located = "/v1/projects/{project}/locations/{region}"
        service = f"{located}/services/{{service}}"
        calls: list[tuple[str, str, Callable[[Request], Awaitable[Response]], str]] = [
            ("GET", f"{spaces}/services", self.list_services, "services.list"),
            ("POST", f"{spaces}/services", self.create_service, "services.create"),
            ("GET", f"{spaces}/services/{{service}}", self.get_service, "services.get"),
            ("PUT", f"{spaces}/services/{{service}}", self.replace_service, "services.update"),
            ("DELETE", f"{spaces}/services/{{service}}", self.delete_service, "services.delete"),
            ("GET", f"{spaces}/revisions", self.list_revisions, "revisions.list"),
            ("GET", f"{spaces}/revisions/{{revision}}", self.get_revision, "revisions.get"),
            ("DELETE", f"{spaces}/revisions/{{revision}}", self.delete_revision, "revisions.delete"),
            ("GET", "/v1/projects/{project}/locations", self.list_locations, "locations.list"),
            ("GET", f"{located}/services", self.list_services, "services.list"),
            ("POST", f"{located}/operations/{{operation}}:wait", self.wait_operation, "operations.get"),
            ("GET", f"{located}/operations/{{operation}}", self.get_operation, "operations.get"),
            ("GET", f"{service}:getIamPolicy", self.get_policy, "services.getIamPolicy"),
            (
                "POST",
                f"{service}:setIamPolicy",
                self.set_policy,
                "services.setIamPolicy",
            ),
            ("POST", f"{service}:testIamPermissions", self.granted, ""),
            ("GET", "/v1/projects/{project}/services/run.googleapis.com", self.api_state, ""),
        ]
        return [
            Route(path, self._guarded(call, f"run.{permission}"), methods=[method])
            for method, path, call, permission in calls
        ]

    def _guarded(
        self, call: Callable[[Request], Awaitable[Response]], permission: str
    ) -> Callable[[Request], Awaitable[Response]]:
        refuse = refusing(self._control.knobs)

        async def answer(request: Request) -> Response:
            refuse(permission)
            return await call(request)

        return answer

    # ---- services

    async def list_services(self, request: Request) -> Response:
        parent = self._parent(request)
        items = [service_view(service) for service in self._control.services.all_services()]
        return _list("ServiceList", items, parent, request)

    async def get_service(self, request: Request) -> Response:
        return JSONResponse(service_view(self._stored(request)))

    async def create_service(self, request: Request) -> Response:
        document = await json_object(request)
        service_id = str(document.get("metadata", {}).get("name", ""))
        creation = run_v2.CreateServiceRequest.pb()(
            parent=self._parent(request),
            service_id=service_id,
            service=service_from(document, Service()),
            validate_only=_is_dry(request),
        )
        return _begun(self._control.services.create_service(creation, _caller(request)))

    async def replace_service(self, request: Request) -> Response:
        """Replace a service by its whole document; a stale resourceVersion is refused always."""
        stored = self._stored(request)
        update = run_v2.UpdateServiceRequest.pb()(
            service=service_from(await json_object(request), stored), validate_only=_is_dry(request)
        )
        operation = self._control.services.update_service(update, _caller(request), is_etag_binding=True)
        return _begun(operation)

    async def delete_service(self, request: Request) -> Response:
        deletion = run_v2.DeleteServiceRequest.pb()(name=self._service_name(request))
        self._control.services.delete_service(deletion, _caller(request))
        return JSONResponse(_DELETED)

    # ---- revisions

    async def list_revisions(self, request: Request) -> Response:
        parent = self._parent(request)
        wanted = _selector(request.query_params.get("labelSelector", ""))
        views = [self._view(one) for one in self._control.state.revisions_of(f"{parent}/services/-")]
        items = [view for view in views if wanted.items() <= view["metadata"]["labels"].items()]
        return _list("RevisionList", items, parent, request)

    async def get_revision(self, request: Request) -> Response:
        found = run_v2.GetRevisionRequest.pb()(name=self._revision_name(request))
        return JSONResponse(self._view(self._control.revisions.get_revision(found, _caller(request))))

    async def delete_revision(self, request: Request) -> Response:
        deletion = run_v2.DeleteRevisionRequest.pb()(name=self._revision_name(request))
        self._control.revisions.delete_revision(deletion, _caller(request))
        return JSONResponse(_DELETED)

    # ---- operations, policies, locations

    async def wait_operation(self, request: Request) -> Response:
        seconds = float(str((await json_object(request)).get("timeout", "30s")).removesuffix("s"))
        wait = operations_pb2.WaitOperationRequest(name=self._operation_name(request))
        wait.timeout.FromMilliseconds(int(seconds * 1000))
        return _operation(await self._control.operations.wait_operation(wait, _caller(request)))

    async def get_operation(self, request: Request) -> Response:
        wanted = operations_pb2.GetOperationRequest(name=self._operation_name(request))
        return _operation(self._control.operations.get_operation(wanted, _caller(request)))

    async def get_policy(self, request: Request) -> Response:
        wanted = iam_policy_pb2.GetIamPolicyRequest(resource=self._service_name(request))
        policy = self._control.policies.get_iam_policy(wanted, _caller(request))
        return JSONResponse(json_format.MessageToDict(policy))

    async def set_policy(self, request: Request) -> Response:
        wanted = await self._about_service(request, iam_policy_pb2.SetIamPolicyRequest())
        policy = self._control.policies.set_iam_policy(wanted, _caller(request))
        return JSONResponse(json_format.MessageToDict(policy))

    async def granted(self, request: Request) -> Response:
        wanted = await self._about_service(request, iam_policy_pb2.TestIamPermissionsRequest())
        return JSONResponse(
            json_format.MessageToDict(self._control.policies.granted(wanted, _caller(request)))
        )

    async def list_locations(self, _request: Request) -> Response:
        location = self._control.location
        return JSONResponse({"locations": [{"locationId": location.region, "name": location.parent}]})

    async def api_state(self, request: Request) -> Response:
        """Say that the Cloud Run API is enabled, which gcloud asks before it deploys."""
        return JSONResponse({"name": request.url.path.removeprefix("/v1/"), "state": "ENABLED"})

    def _view(self, revision: Revision) -> Json:
        service = self._control.state.service(service_of(revision.name))
        return revision_view(revision, is_active=is_routed(service, revision))

    # ---- names

    def _parent(self, request: Request) -> str:
        """Return the location that a request means; raise ApiError for another one than exists."""
        location = self._control.location
        matched = _REGION.match(request.headers.get("host", ""))
        region = request.path_params.get("region") or (matched[1] if matched else location.region)
        if region == "-":
            region = location.region
        asked = Location(project=request.path_params["project"], region=region, domain=location.domain)
        location.require(asked.parent)
        return location.parent

    def _service_name(self, request: Request) -> str:
        return f"{self._parent(request)}/services/{request.path_params['service']}"

    async def _about_service(self, request: Request, message: Any) -> Any:
        """Read the body into an IAM request about the service in the path; raise ApiError."""
        try:
            json_format.ParseDict(await json_object(request), message)
        except json_format.ParseError as error:
            raise invalid([Violation("body", str(error))]) from error
        message.resource = self._service_name(request)
        return message

    def _stored(self, request: Request) -> Service:
        wanted = run_v2.GetServiceRequest.pb()(name=self._service_name(request))
        return self._control.services.get_service(wanted, _caller(request))

    def _operation_name(self, request: Request) -> str:
        return f"{self._parent(request)}/operations/{request.path_params['operation']}"

    def _revision_name(self, request: Request) -> str:
        """Return the full name of a revision, which v1 names without its service; raise ApiError."""
        wanted = request.path_params["revision"]
        for revision in self._control.state.revisions_of(f"{self._parent(request)}/services/-"):
            if short(revision.name) == wanted:
                return str(revision.name)
        raise ApiError(Code.NOT_FOUND, f"Resource '{wanted}' of kind 'REVISION' does not exist.")


def _caller(request: Request) -> str:
    return request.headers.get(CALLER_KEY, DEFAULT_CALLER)


def _is_dry(request: Request) -> bool:
    return request.query_params.get("dryRun") == "all"


def _selector(text: str) -> dict[str, str]:
    """Parse a label selector of equalities; raise ApiError for any other kind."""
    wanted = {}
    for clause in filter(None, text.split(",")):
        key, sign, value = clause.partition("=")
        if not sign or "!" in key or "(" in clause:
            raise ApiError(Code.UNIMPLEMENTED, f"Label selector '{clause}' is not emulated.")
        wanted[key.strip()] = value.strip("= ")
    return wanted


def _list(kind: str, items: list[Json], parent: str, request: Request) -> Response:
    found, token = page_of(
        items,
        of=f"{kind} {parent}",
        size=int(request.query_params.get("limit") or 0),
        token=request.query_params.get("continue", ""),
    )
    metadata = {"continue": token} if token else {}
    return JSONResponse({"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "items": list(found)})


def _begun(operation: operations_pb2.Operation) -> Response:
    """Answer a write with the service as it now is and the operation that brings it about."""
    service = Service()
    operation.metadata.Unpack(service)
    view = service_view(service)
    if not operation.done:
        view["metadata"]["annotations"]["run.googleapis.com/operation-id"] = short(operation.name)
    return JSONResponse(view)


def _operation(operation: operations_pb2.Operation) -> Response:
    view: Json = {"name": operation.name, "done": operation.done}
    service = Service()
    if operation.HasField("error"):
        view["error"] = {"code": operation.error.code, "message": operation.error.message}
    elif operation.done and operation.response.Unpack(service):
        kind = "type.googleapis.com/google.cloud.run.v1.Service"
        view["response"] = {"@type": kind, **service_view(service)}
    return JSONResponse(view)
