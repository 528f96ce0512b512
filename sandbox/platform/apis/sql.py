"""Cloud SQL Admin over REST: one instance that holds the databases of all services.

Spoken by google-api-python-client (`/v1/…`) and by gcloud (`/sql/v1beta4/…`). As in Cloud SQL a second
operation on the instance is refused while one runs.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox import topology
from sandbox.platform.api_errors import ApiError, Code, not_found
from sandbox.platform.apis.projects import Project
from sandbox.platform.apis.sql_backups import ON_DEMAND, Backup, Backups
from sandbox.platform.permissions import Refuse

INSTANCE: Final = f"isectech-{topology.ENVIRONMENT}-db"
API: Final = "sqladmin.googleapis.com"
_PREFIXES: Final = ("/v1", "/sql/v1", "/sql/v1beta4")
_SUNDAY: Final = 7
_OPERATION_TYPES_THAT_STOP: Final = ("RESTORE_VOLUME", "RESTART")

Json = dict[str, Any]
Work = Callable[[], Awaitable[str]]
"""What an operation does; answers why it failed, or nothing."""


@dataclass(slots=True)
class Instance:
    """What can be set on the instance, and what it is doing."""

    settings: Json
    version: int = 1
    doing: str = ""


class SqlAdmin:
    """The calls of the API."""

    def __init__(self, project: Project, backups: Backups, refuse: Refuse) -> None:
        self._refuse = refuse
        self._project = project
        self._backups = backups
        self._instance = Instance(_first_settings())
        self._operations: dict[str, Json] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def routes(self) -> list[BaseRoute]:
        calls: list[tuple[str, str, Callable[[Request], Awaitable[Json]], str]] = [
            ("GET", "/instances", self._list, "instances.list"),
            ("GET", "/instances/{instance}", self._get, "instances.get"),
            ("PATCH", "/instances/{instance}", self._patch, "instances.update"),
            ("POST", "/instances/{instance}/restart", self._restart, "instances.restart"),
            ("POST", "/instances/{instance}/restoreBackup", self._restore, "instances.restoreBackup"),
            ("GET", "/instances/{instance}/backupRuns", self._list_backups, "backupRuns.list"),
            ("POST", "/instances/{instance}/backupRuns", self._take_backup, "backupRuns.create"),
            ("GET", "/instances/{instance}/backupRuns/{number}", self._get_backup, "backupRuns.get"),
            ("DELETE", "/instances/{instance}/backupRuns/{number}", self._delete_backup, "backupRuns.delete"),
            ("GET", "/operations/{operation}", self._get_operation, "instances.get"),
        ]
        return [
            Route(
                f"{prefix}/projects/{{project}}{path}",
                self._answering(call, f"cloudsql.{permission}"),
                methods=[method],
            )
            for prefix in _PREFIXES
            for method, path, call, permission in calls
        ]

    def _answering(
        self, call: Callable[[Request], Awaitable[Json]], permission: str
    ) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            project, instance = request.path_params["project"], request.path_params.get("instance", INSTANCE)
            if project != self._project.id or API not in self._project.enabled:
                message = f"The client is not authorized to use {API} in {project}, or it is disabled."
                raise ApiError(Code.PERMISSION_DENIED, message)
            if instance != INSTANCE:
                raise not_found("INSTANCE", instance)
            self._refuse(permission)
            return JSONResponse(await call(request))

        return answer

    async def _list(self, _request: Request) -> Json:
        return {"kind": "sql#instancesList", "items": [self._view()]}

    async def _get(self, _request: Request) -> Json:
        return self._view()

    async def _patch(self, request: Request) -> Json:
        wanted = json.loads(await request.body() or b"{}").get("settings", {})

        async def apply() -> str:
            _merge(self._instance.settings, wanted)
            self._instance.version += 1
            return ""

        return self._begin("UPDATE", apply)

    async def _restart(self, _request: Request) -> Json:
        async def restart() -> str:
            await self._backups.restart()
            return ""

        return self._begin("RESTART", restart)

    async def _restore(self, request: Request) -> Json:
        context = json.loads(await request.body() or b"{}").get("restoreBackupContext", {})
        backup = self._backup(str(context.get("backupRunId", "")))
        return self._begin("RESTORE_VOLUME", lambda: self._backups.restore(backup.id))

    async def _list_backups(self, request: Request) -> Json:
        found = self._backups.found
        size = int(request.query_params.get("maxResults") or len(found))
        return {"kind": "sql#backupRunsList", "items": [self._backup_view(one) for one in found[:size]]}

    async def _take_backup(self, _request: Request) -> Json:
        taken: list[Backup] = []

        async def take() -> str:
            taken.append(await self._backups.take(ON_DEMAND))
            operation["backupContext"] = {"kind": "sql#backupContext", "backupId": str(taken[0].id)}
            return taken[0].error

        operation = self._begin("BACKUP_VOLUME", take)
        return operation

    async def _get_backup(self, request: Request) -> Json:
        return self._backup_view(self._backup(request.path_params["number"]))

    async def _delete_backup(self, request: Request) -> Json:
        backup = self._backup(request.path_params["number"])

        async def delete() -> str:
            self._backups.delete(backup.id)
            return ""

        return self._begin("DELETE_BACKUP", delete)

    async def _get_operation(self, request: Request) -> Json:
        name = request.path_params["operation"]
        if name not in self._operations:
            raise not_found("OPERATION", name)
        return self._operations[name]

    def _begin(self, kind: str, work: Work) -> Json:
        """Start an operation; raise ApiError (409) while another one runs."""
        if self._backups.busy.locked() or self._instance.doing:
            raise ApiError(
                Code.ABORTED, "Operation failed because another operation was already in progress."
            )
        operation: Json = {
            "kind": "sql#operation",
            "name": str(uuid.uuid4()),
            "operationType": kind,
            "status": "PENDING",
            "targetId": INSTANCE,
            "targetProject": self._project.id,
            "insertTime": _stamp(datetime.now(UTC)),
        }
        self._operations[operation["name"]] = operation
        self._instance.doing = kind
        task = asyncio.create_task(self._run(operation, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return operation

    async def _run(self, operation: Json, work: Work) -> None:
        async with self._backups.busy:
            operation.update(status="RUNNING", startTime=_stamp(datetime.now(UTC)))
            try:
                error = await work()
            finally:
                self._instance.doing = ""
        if error:
            problem = {"kind": "sql#operationError", "code": "INTERNAL_ERROR", "message": error}
            operation["error"] = {"kind": "sql#operationErrors", "errors": [problem]}
        operation.update(status="DONE", endTime=_stamp(datetime.now(UTC)))

    def _backup(self, number: str) -> Backup:
        found = next((one for one in self._backups.found if str(one.id) == number), None)
        if found is None:
            raise not_found("BACKUP_RUN", number)
        return found

    def _backup_view(self, backup: Backup) -> Json:
        view = {
            "kind": "sql#backupRun",
            "id": str(backup.id),
            "instance": INSTANCE,
            "type": backup.kind,
            "status": "FAILED" if backup.error else "SUCCESSFUL",
            "backupKind": "SNAPSHOT",
            "windowStartTime": _stamp(backup.started_at - self._backups.age),
            "enqueuedTime": _stamp(backup.started_at - self._backups.age),
            "startTime": _stamp(backup.started_at - self._backups.age),
            "endTime": _stamp(backup.ended_at - self._backups.age),
        }
        return view | ({"error": {"message": backup.error}} if backup.error else {})

    def _view(self) -> Json:
        stopped = self._instance.doing in _OPERATION_TYPES_THAT_STOP
        return {
            "kind": "sql#instance",
            "name": INSTANCE,
            "project": self._project.id,
            "region": topology.REGION,
            "state": "MAINTENANCE" if stopped else "RUNNABLE",
            "databaseVersion": "POSTGRES_15",
            "backendType": "SECOND_GEN",
            "instanceType": "CLOUD_SQL_INSTANCE",
            "connectionName": f"{self._project.id}:{topology.REGION}:{INSTANCE}",
            "settings": {
                "kind": "sql#settings",
                **self._instance.settings,
                "settingsVersion": str(self._instance.version),
            },
        }


def _first_settings() -> Json:
    return {
        "tier": "db-custom-2-7680",
        "availabilityType": "REGIONAL",
        "dataDiskSizeGb": "20",
        "dataDiskType": "PD_SSD",
        "databaseFlags": [{"name": "max_connections", "value": "200"}],
        "backupConfiguration": {
            "kind": "sql#backupConfiguration",
            "enabled": True,
            "startTime": "03:00",
            "pointInTimeRecoveryEnabled": True,
            "transactionLogRetentionDays": 7,
            "backupRetentionSettings": {"retentionUnit": "COUNT", "retainedBackups": 7},
        },
        "maintenanceWindow": {
            "kind": "sql#maintenanceWindow",
            "day": _SUNDAY,
            "hour": 2,
            "updateTrack": "stable",
        },
        "ipConfiguration": {"ipv4Enabled": False, "requireSsl": True, "authorizedNetworks": []},
    }


def _merge(settings: Json, changes: Json) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(settings.get(key), dict):
            _merge(settings[key], value)
        else:
            settings[key] = value


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
