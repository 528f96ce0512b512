"""`gate doctor` names each permission that the cloud's API denies, for the whole table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gates.adapters.google.iam_permissions import IamPermissions
from gates.cli import invoke
from gates.errors import CloudError
from gates.model.exit_code import ExitCode
from gates.model.platform import Endpoints, Impact
from gates.operations.permissions import COMMANDS, ROLES
from tests.sandbox.admin.local_cloud import PROJECT, REGION
from tests.sandbox.apis.conftest import WholeCloud
from tests.support.fake_context import FakeContext
from tests.support.release_run import Run, healthy

SECRET = f"secret:projects/{PROJECT}/secrets/auth-service-client-secret/versions/1"


@pytest.fixture
def context(cloud: WholeCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeContext:
    """An environment that needs all permissions, and asks the cloud's own API for them."""
    made = FakeContext(Run(healthy), tmp_path).installed(monkeypatch)
    apis = f"127.0.0.1:{cloud.apis_port}"
    made.environment = replace(
        made.environment,
        project=PROJECT,
        region=REGION,
        database="db",
        allowed_impacts=tuple(Impact),
        identities=(("viewer", SECRET),),
        endpoints=Endpoints(run_grpc=cloud.run.address, apis_grpc=apis),
    )
    for name in made.platform.service_names:
        cloud.run.create(made.environment.cloud_run_name(name))
    made.permissions = IamPermissions(made.environment)
    return made


def problems(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, str]:
    """Return what the doctor says about permissions, by their names."""
    code = invoke(["doctor", "--env", "sandbox", "--format", "json", *words])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    named = {one["name"]: one["problem"] for one in found["checks"] if one["name"].startswith("permission")}
    assert code is ExitCode.USAGE_ERROR or not any(named.values())
    return named


def test_each_permission_that_is_denied_is_named(
    context: FakeContext, cloud: WholeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    """Alone, with its role, the command that grants it, and each gate command that needs it."""
    assert problems(capsys) == {f"permissions ({len(ROLES)} asked for)": ""}
    for permission, role in ROLES.items():
        cloud.run.turn(permissions_denied=permission)
        found = problems(capsys)
        assert list(found) == [f"permission {permission}"]
        problem = found[f"permission {permission}"]
        grant = f"gcloud projects add-iam-policy-binding {PROJECT} --member=MEMBER --role={role}"
        assert grant in problem
        users = problem.partition("needed by gate ")[2].partition(";")[0].split(", ")
        assert users == [command for command, used in COMMANDS.items() if permission in used]


def test_what_a_command_does_not_need_is_not_asked_for(
    context: FakeContext, cloud: WholeCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of all that is denied, the permissions of the named command are missing."""
    cloud.run.turn(permissions_denied="*")
    assert list(problems(capsys, "--for", "scale")) == [
        "permission run.services.get",
        "permission run.services.update",
    ]


def test_a_cloud_that_does_not_answer_is_no_proof(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """One finding, and its next step is about the question."""
    context.permissions = IamPermissions(replace(context.environment, project="another"))
    found = problems(capsys)
    assert list(found) == ["permissions"]
    assert "cloudresourcemanager.googleapis.com" in found["permissions"]


def test_a_permission_that_a_resource_does_not_know_is_not_granted(
    context: FakeContext, cloud: WholeCloud
) -> None:
    """The sandbox does not say what is granted on a secret, and a service that does not exist grants none."""
    permissions = IamPermissions(context.environment)
    assert not permissions.has_on_secret(f"projects/{PROJECT}/secrets/x", "secretmanager.versions.access")
    assert not permissions.has_on_service("does-not-exist", "run.services.get")
    assert permissions.has_on_service(context.platform.service_names[0], "run.services.get")


def test_an_unreachable_cloud_is_an_error_and_not_a_missing_permission(context: FakeContext) -> None:
    """It cannot be told what is granted there."""
    nowhere = replace(context.environment, endpoints=Endpoints(run_grpc="127.0.0.1:1"))
    with pytest.raises(CloudError):
        IamPermissions(nowhere).has_on_service("a", "run.services.get")
