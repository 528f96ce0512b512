"""Cloud SQL's Admin API v1: the state of the platform's one instance, its backups, and what is done to it.

Spoken through google-api-python-client, whose description of the API comes with the package. An operation of
Cloud SQL is over when its status is DONE; whether it went well is in its `error`.
https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httplib2
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from gates.errors import (
    CloudError,
    ConfigurationError,
    ConflictError,
    DeniedError,
    NotFoundError,
    OperationFailedError,
    QuotaError,
    UnavailableError,
)
from gates.model.clock import Clock
from gates.model.database import Backup, Database
from gates.model.platform import Environment

_REQUEST_S = 30.0
_OPERATION_S = 1800.0
_POLL_S = 0.05
_POLL_SHARE = 0.02
_BUSY_POLL_S = 0.5
_LONGEST_POLL_S = 5.0
_MEANING: dict[int, type[CloudError]] = {
    401: DeniedError,
    403: DeniedError,
    404: NotFoundError,
    409: ConflictError,
    412: ConflictError,
    429: QuotaError,
}
_NEXT_STEP: dict[type[CloudError], str] = {
    DeniedError: "grant roles/cloudsql.admin, and enable sqladmin.googleapis.com",
    NotFoundError: "check `database` and `project` in the environment's document",
    ConflictError: "wait for the operation that runs on the instance, then try again",
    UnavailableError: "look at the instance's operations: the outcome is unknown",
}


class CloudSql:
    """The instance that an environment names; waits `patience_s` for an operation that another client began.

    Raises:
        ConfigurationError: the environment names no database, or there are no default credentials.
    """

    def __init__(self, environment: Environment, clock: Clock, *, patience_s: float = 60.0) -> None:
        if environment.database is None:
            raise ConfigurationError(
                f"{environment.name} has no database",
                next_step="add `database` to the environment's document",
            )
        self._name = environment.database
        self._where = {"project": environment.project, "instance": environment.database}
        self._project = environment.project
        self._clock = clock
        self._patience_s = patience_s
        self._api = _connect(environment.endpoints.sql_admin)

    def close(self) -> None:
        """Close the connection."""
        self._api.close()

    def state(self) -> Database:
        """Return how the instance is and how it is set up.

        Raises:
            CloudError: it cannot be read.
        """
        found = self._call("read the database", self._api.instances().get(**self._where))
        settings = found.get("settings", {})
        backups, window = settings.get("backupConfiguration", {}), settings.get("maintenanceWindow", {})
        flags = {flag["name"]: flag.get("value", "") for flag in settings.get("databaseFlags", [])}
        networks = settings.get("ipConfiguration", {}).get("authorizedNetworks", [])
        return Database(
            name=self._name,
            state=found.get("state", "UNKNOWN"),
            version=found.get("databaseVersion", ""),
            tier=settings.get("tier", ""),
            window_day=int(window.get("day", 0)),
            window_hour=int(window.get("hour", 0)),
            has_backups=bool(backups.get("enabled", False)),
            has_point_in_time=bool(backups.get("pointInTimeRecoveryEnabled", False)),
            authorized_networks=tuple(str(one.get("value", "")) for one in networks),
            max_connections=int(flags.get("max_connections") or 0),
        )

    def set_window(self, day: int, hour: int) -> None:
        """Move the maintenance window; day 1 is Monday, 7 Sunday; the hour is in UTC.

        Raises:
            CloudError: it was not moved.
        """
        body = {"settings": {"maintenanceWindow": {"day": day, "hour": hour}}}
        self._do("move the maintenance window", self._api.instances().patch(**self._where, body=body))

    def restart(self) -> None:
        """Restart the instance.

        Raises:
            CloudError: it was not restarted, or that is not known.
        """
        self._do("restart the database", self._api.instances().restart(**self._where))

    def backups(self) -> tuple[Backup, ...]:
        """Return all backups, the newest first.

        Raises:
            CloudError: they cannot be listed.
        """
        found: list[Any] = []
        token: str | None = None
        while True:
            request = self._api.backupRuns().list(**self._where, pageToken=token)
            page = self._call("list the backups", request)
            found += page.get("items", [])
            token = page.get("nextPageToken")
            if not token:
                break
        backups = (_backup(one) for one in found)
        return tuple(sorted(backups, key=lambda backup: backup.started_at, reverse=True))

    def back_up(self) -> Backup:
        """Take a backup now and return it once it is complete.

        Raises:
            CloudError: it was not taken.
        """
        ended = self._do("take a backup", self._api.backupRuns().insert(**self._where, body={}))
        number = str(ended.get("backupContext", {}).get("backupId", ""))
        found = next((one for one in self.backups() if one.id == number), None)
        if found is None or not found.is_usable:
            raise OperationFailedError("the backup was accepted, and no usable one is listed")
        return found

    def restore(self, backup: str) -> None:
        """Replace the instance's content by a backup's.

        Raises:
            CloudError: it was not restored, or that is not known.
        """
        body = {
            "restoreBackupContext": {
                "backupRunId": backup,
                "instanceId": self._name,
                "project": self._project,
            }
        }
        self._do(f"restore backup {backup}", self._api.instances().restoreBackup(**self._where, body=body))

    def _do(self, attempted: str, request: Any) -> dict[str, Any]:
        """Begin an operation and return it once it ended well; the longer it takes, the rarer it is asked."""
        operation = self._begin(attempted, request)

        def is_done() -> bool:
            nonlocal operation
            if operation.get("status") != "DONE":
                reading = self._api.operations().get(project=self._project, operation=operation["name"])
                operation = self._call(attempted, reading)
            return bool(operation.get("status") == "DONE")

        def pause(passed: float) -> float:
            return min(max(passed * _POLL_SHARE, _POLL_S), _LONGEST_POLL_S)

        if not self._clock.until(is_done, within=_OPERATION_S, every=pause):
            raise UnavailableError(f"could not {attempted}: it still runs after {_OPERATION_S:g} s")
        errors = operation.get("error", {}).get("errors", [])
        if errors:
            why = "; ".join(str(one.get("message") or one.get("code")) for one in errors)
            raise OperationFailedError(f"could not {attempted}: {why}")
        return operation

    def _begin(self, attempted: str, request: Any) -> dict[str, Any]:
        """Begin an operation as soon as the one that runs is over: the cloud takes one at a time."""
        deadline = self._clock.monotonic() + self._patience_s
        while True:
            try:
                return self._call(attempted, request)
            except ConflictError:
                if self._clock.monotonic() >= deadline:
                    raise
            self._clock.wait(_BUSY_POLL_S)

    def _call(self, attempted: str, request: Any) -> dict[str, Any]:
        # httplib2 keeps connections, and fails when the other side has closed one: each request has its own.
        request.headers["connection"] = "close"
        with _translated(attempted):
            answer: dict[str, Any] = request.execute()
        return answer


def _connect(endpoint: str | None) -> Any:
    """Return the client: at the real endpoint with the default credentials, or at a local one without any."""
    if endpoint is None:
        with _translated("find credentials for Cloud SQL"):
            return build("sqladmin", "v1", static_discovery=True, cache_discovery=False)
    # A local endpoint is reached directly, whatever proxy the machine has for the outside.
    http = httplib2.Http(timeout=_REQUEST_S, proxy_info=None)
    return build(
        "sqladmin", "v1", http=http, client_options={"api_endpoint": endpoint}, static_discovery=True
    )


def _backup(entry: Any) -> Backup:
    ended = entry.get("endTime")
    started = entry.get("startTime") or entry.get("enqueuedTime") or entry["windowStartTime"]
    return Backup(
        id=str(entry["id"]),
        kind=str(entry.get("type", "")),
        status=str(entry.get("status", "")),
        started_at=datetime.fromisoformat(started),
        ended_at=datetime.fromisoformat(ended) if ended else None,
    )


@contextmanager
def _translated(attempted: str) -> Iterator[None]:
    """Raise the gate's errors instead of the client's."""
    try:
        yield
    except HttpError as error:
        status = int(error.resp.status)
        kind = _MEANING.get(status, UnavailableError if status >= 500 else CloudError)  # noqa: PLR2004 - HTTP
        raise kind(
            f"could not {attempted}: {status}: {error.reason}", next_step=_NEXT_STEP.get(kind, "")
        ) from error
    except DefaultCredentialsError as error:
        raise ConfigurationError(
            f"could not {attempted}: {error}", next_step="run `gcloud auth application-default login`"
        ) from error
    except (GoogleAuthError, httplib2.HttpLib2Error, OSError) as error:
        raise UnavailableError(f"could not {attempted}: {type(error).__name__}: {error}") from error
