"""Which command needs which permission of Google Cloud, which role holds it, and which are missing.

`COMMANDS` and `ROLES` are the one table: `gate doctor` asks for what stands in it, and
docs/reference/permissions.md is made from it. https://cloud.google.com/iam/docs/roles-permissions
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from gates.model.platform import Environment, Impact

_RUN, _SECRET = "run.", "secretmanager.versions.access"

ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "run.services.get": "roles/run.viewer",
        "run.services.getIamPolicy": "roles/run.viewer",
        "run.revisions.get": "roles/run.viewer",
        "run.revisions.list": "roles/run.viewer",
        "run.services.update": "roles/run.developer",
        "run.routes.invoke": "roles/run.invoker",
        _SECRET: "roles/secretmanager.secretAccessor",
        "secretmanager.versions.get": "roles/secretmanager.viewer",
        "artifactregistry.dockerimages.list": "roles/artifactregistry.reader",
        "resourcemanager.projects.get": "roles/browser",
        "serviceusage.services.list": "roles/serviceusage.serviceUsageViewer",
        "logging.logEntries.create": "roles/logging.logWriter",
        "logging.logEntries.list": "roles/logging.viewer",
        "errorreporting.groups.list": "roles/errorreporting.viewer",
        "errorreporting.errorEvents.create": "roles/errorreporting.writer",
        "monitoring.timeSeries.list": "roles/monitoring.viewer",
        "monitoring.alertPolicies.list": "roles/monitoring.viewer",
        "monitoring.dashboards.list": "roles/monitoring.viewer",
        "monitoring.notificationChannels.get": "roles/monitoring.viewer",
        "monitoring.services.list": "roles/monitoring.viewer",
        "monitoring.slos.list": "roles/monitoring.viewer",
        "monitoring.uptimeCheckConfigs.list": "roles/monitoring.viewer",
        "monitoring.timeSeries.create": "roles/monitoring.metricWriter",
        "pubsub.subscriptions.create": "roles/pubsub.editor",
        "pubsub.subscriptions.consume": "roles/pubsub.editor",
        "pubsub.subscriptions.delete": "roles/pubsub.editor",
        "pubsub.topics.attachSubscription": "roles/pubsub.editor",
        "cloudbuild.builds.create": "roles/cloudbuild.builds.editor",
        "cloudbuild.builds.get": "roles/cloudbuild.builds.editor",
        "cloudsql.instances.get": "roles/cloudsql.viewer",
        "cloudsql.backupRuns.list": "roles/cloudsql.viewer",
        "cloudsql.backupRuns.create": "roles/cloudsql.editor",
        "cloudsql.instances.restart": "roles/cloudsql.editor",
        "cloudsql.instances.update": "roles/cloudsql.editor",
        "cloudsql.instances.restoreBackup": "roles/cloudsql.admin",
    }
)
"""Permission -> the narrowest of Google's own roles that holds it."""

_ASK = ("run.services.get", "run.routes.invoke")
_SURVEY = (*_ASK, "run.revisions.list")
_CHECKS = (*_SURVEY, "run.services.getIamPolicy", _SECRET, "monitoring.timeSeries.list")
_MOVE = (*_SURVEY, "run.services.update", "artifactregistry.dockerimages.list")
_MAKE = (*_SURVEY, "run.services.update", "run.revisions.get")
_RELEASE = (*_CHECKS, "run.services.update", "artifactregistry.dockerimages.list")
_READINESS = (
    *_RELEASE,
    *(one for one in ROLES if one.startswith(("monitoring.", "errorreporting.", "pubsub."))),
    *("run.revisions.get", "secretmanager.versions.get", "logging.logEntries.list"),
)
_DATABASE = ("cloudsql.instances.get", "cloudsql.backupRuns.list")

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "run": _RELEASE,
        "run --stage readiness": _READINESS,
        "run --stage long-term": (*_RELEASE, "logging.logEntries.list"),
        "collect": _CHECKS,
        "act": _MOVE,
        "rollback": _MOVE,
        "rollback --planned": (*_MOVE, _SECRET, "monitoring.timeSeries.list", "cloudsql.instances.get"),
        "rollback verify": _MOVE,
        "maintenance": _MAKE,
        "check": (*_ASK, _SECRET),
        "diagnose": (*_SURVEY, _SECRET),
        "runbook": (*_RELEASE, *_DATABASE, "logging.logEntries.create"),
        "golive run": _READINESS,
        "synthetic": (*_CHECKS, "logging.logEntries.create"),
        "auth": _CHECKS,
        "load": _CHECKS,
        "circuits": (*_ASK, _SECRET),
        "build rollback": (*_MOVE, "cloudbuild.builds.create", "cloudbuild.builds.get"),
        "scale": ("run.services.get", "run.services.update"),
        "autoscaling report": ("run.services.get", "monitoring.timeSeries.list"),
        "autoscaling optimize": ("run.services.get", "run.services.update", "monitoring.timeSeries.list"),
        "coldstart": (*_ASK, "run.services.update"),
        "redeploy": _MAKE,
        "sla": ("run.services.get", "monitoring.timeSeries.list"),
        "metrics": ("monitoring.timeSeries.list",),
        "db state": ("cloudsql.instances.get",),
        "db maintenance-window": ("cloudsql.instances.get", "cloudsql.instances.update"),
        "db restart": ("cloudsql.instances.get", "cloudsql.instances.restart"),
        "backup create": (*_DATABASE, "cloudsql.backupRuns.create"),
        "backup list": _DATABASE,
        "restore": (*_DATABASE, "cloudsql.instances.restoreBackup"),
        "drill redeploy": (*_MAKE, _SECRET),
        "drill restore": (*_ASK, _SECRET, *_DATABASE, "cloudsql.instances.restoreBackup"),
        "snapshot": ("run.services.get",),
        "images": ("run.services.get", "run.revisions.list", "artifactregistry.dockerimages.list"),
        "precheck": ("resourcemanager.projects.get", "serviceusage.services.list"),
    }
)
"""Command, as it is typed after `gate` -> the permissions that it needs."""


@dataclass(frozen=True, slots=True)
class _Condition:
    """Permissions that an environment needs only when it `has` something."""

    prefixes: tuple[str, ...]
    text: str
    has: Callable[[Environment], bool]


_CONDITIONS: Final = (
    _Condition(("cloudsql.",), "`database` is set", lambda place: place.database is not None),
    _Condition((_SECRET,), "a `secretRef` begins with `secret:`", lambda place: bool(secrets_of(place))),
    _Condition(
        ("errorreporting.errorEvents.",),
        "`allowedImpacts` has creates-data",
        lambda place: Impact.CREATES_DATA in place.allowed_impacts,
    ),
    _Condition(
        ("monitoring.timeSeries.create", "pubsub."),
        "`allowedImpacts` has noisy",
        lambda place: Impact.NOISY in place.allowed_impacts,
    ),
)


class Grants(Protocol):
    """What the cloud says the gate's own account may do; every method raises CloudError."""

    def of_project(self, permissions: Sequence[str]) -> frozenset[str]:
        """Return those of the permissions that it has on the whole project."""

    def has_on_service(self, service: str, permission: str) -> bool:
        """Whether it has a permission on one service of the platform."""

    def has_on_secret(self, secret: str, permission: str) -> bool:
        """Whether it has a permission on one secret, `projects/P/secrets/S`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPermission:
    """A permission that the account lacks: the role that holds it, who needs it, and what grants it."""

    permission: str
    role: str
    commands: tuple[str, ...]
    grants: tuple[str, ...]

    def __str__(self) -> str:
        """Return a sentence, and below it a line for each command that grants the role."""
        needs = f"not granted; needed by gate {', '.join(self.commands)}; grant {self.role}:"
        return "\n".join([needs, *self.grants])


def needed(place: Environment, commands: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return each permission that the commands need there, or all of them, with those that need it."""
    met = {
        permission: all(one.has(place) for one in _CONDITIONS if permission.startswith(one.prefixes))
        for permission in ROLES
    }
    users = {permission: _users(permission, commands or tuple(COMMANDS)) for permission in ROLES}
    return {permission: found for permission, found in users.items() if found and met[permission]}


def missing(
    grants: Grants, place: Environment, services: Sequence[str], commands: Sequence[str] = ()
) -> Iterator[MissingPermission]:
    """Yield each needed permission that is granted neither on the project nor on each resource it is about.

    Raises:
        CloudError: the cloud does not say what is granted.
    """
    wanted = needed(place, commands)
    granted = grants.of_project(tuple(wanted))
    for permission, users in wanted.items():
        if permission in granted:
            continue
        found = tuple(_grants(grants, place, services, permission))
        if found:
            yield MissingPermission(
                permission=permission, role=ROLES[permission], commands=users, grants=found
            )


def _grants(grants: Grants, place: Environment, services: Sequence[str], permission: str) -> Iterator[str]:
    """Yield the commands that grant the permission: one on the project unless only some resources lack it."""
    resources: Sequence[str] = ()
    lacking: list[str] = []
    if permission.startswith(_RUN):
        resources = services
        where = f"--region={place.region} --project={place.project}"
        lacking = [
            f"run services add-iam-policy-binding {place.cloud_run_name(name)} {where}"
            for name in services
            if not grants.has_on_service(name, permission)
        ]
    elif permission == _SECRET:
        resources = secrets_of(place)
        lacking = [
            f"secrets add-iam-policy-binding {name}"
            for name in resources
            if not grants.has_on_secret(name, permission)
        ]
    if len(lacking) == len(resources):
        lacking = [f"projects add-iam-policy-binding {place.project}"]
    for words in lacking:
        yield f"gcloud {words} --member=MEMBER --role={ROLES[permission]}"


def secrets_of(place: Environment) -> tuple[str, ...]:
    """Return the secrets of Secret Manager that an environment's references name, each once."""
    found = [reference.partition(":") for _, reference in (*place.identities, *place.notifications)]
    return tuple(
        dict.fromkeys(name.partition("/versions/")[0] for kind, _, name in found if kind == "secret")
    )


def _users(permission: str, commands: Sequence[str]) -> tuple[str, ...]:
    return tuple(one for one in commands if permission in COMMANDS[one])


def page() -> str:
    """Return docs/reference/permissions.md."""
    lines = [
        "# Permissions",
        "",
        "Generated by `gate doctor --env E --permissions`: edit `gates/operations/permissions.py`, not this",
        "page.",
        "",
        "`gate doctor --env E` asks Google Cloud which of these the account that it runs as has. It names",
        "each missing one with its role, the commands that need it, and the `gcloud` command that grants it.",
        "With `--for COMMAND` it asks only for what that command needs. In what it prints, MEMBER stands for",
        "the account: `serviceAccount:EMAIL` or `user:EMAIL`. Asking needs no permission, but the API",
        "`cloudresourcemanager.googleapis.com` must be enabled.",
        "",
        "Permissions of `run.` may be granted on each service of the platform instead of the project, and",
        f"`{_SECRET}` on each secret.",
        "",
        "## What each command needs",
        "",
        "| `gate` | permissions | roles |",
        "|---|---|---|",
    ]
    for command, used in COMMANDS.items():
        permissions = [one for one in ROLES if one in used]
        roles = dict.fromkeys(ROLES[one] for one in permissions)
        lines.append(f"| `{command}` | {_listed(permissions)} | {_listed(roles)} |")
    lines += ["", "## Roles", "", "| permission | role | only where |", "|---|---|---|"]
    for permission, role in ROLES.items():
        only = [one.text for one in _CONDITIONS if permission.startswith(one.prefixes)]
        lines.append(f"| `{permission}` | `{role}` | {', '.join(only)} |")
    return "\n".join([*lines, "", *_NOT_ASKED, ""])


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(f"`{name}`" for name in names)


_NOT_ASKED = (
    "## Not asked for",
    "",
    "- `run.operations.get`: without it the gate reads the service until a change is in force.",
    "- `iam.serviceAccounts.actAs` (`roles/iam.serviceAccountUser`) on the service's own account: Cloud Run",
    "  wants it of the account that makes a revision (`maintenance`, `redeploy`, `drill redeploy`).",
    "- `cloudkms.cryptoKeyVersions.useToSign` and `viewPublicKey` (`roles/cloudkms.signerVerifier`) on the",
    "  key: only where records are signed with `gcpkms:`.",
)
