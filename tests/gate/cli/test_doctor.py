"""`gate doctor`: what is lacking is named with its next step; what is there is said to be."""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from gates.cli import invoke
from gates.errors import ConfigurationError, DeniedError
from gates.model.exit_code import ExitCode
from tests.support.fake_context import FakeContext
from tests.support.release_run import Run, healthy

DOCTOR = ["doctor", "--env", "sandbox"]


NO_CREDENTIALS = ConfigurationError("could not find credentials", next_step="gcloud auth login")
NO_SANDBOX = ConfigurationError("the sandbox does not run", next_step="make sandbox")


def node(folder: Path, says: str) -> None:
    """Write a program that says which Node it is."""
    file = folder / "node"
    file.write_text(f"#!/bin/sh\necho {says}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeContext:
    """Stand in a folder with everything installed."""
    (tmp_path / "tools" / "allure" / "node_modules").mkdir(parents=True)
    node(tmp_path, "v22.1.0")
    made = FakeContext(Run(healthy), tmp_path).installed(monkeypatch)
    made.environment = replace(
        made.environment,
        identities=(("viewer", "env:VIEWER"),),
        notifications=(("incidents", "env:SLACK"),),
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("VIEWER", '{"username": "v", "password": "p"}')
    monkeypatch.setenv("SLACK", '{"url": "https://hooks.test/x"}')
    monkeypatch.setenv("GATE_ROOT", str(tmp_path))
    return made


@pytest.mark.usefixtures("context")
def test_a_machine_with_everything_lacks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Every line is ok, and it leaves with 0."""
    assert invoke(DOCTOR) is ExitCode.GO
    lines = capsys.readouterr().out.splitlines()
    assert all(line.startswith("ok     ") for line in lines)
    assert {"ok     cloud API: auth-service", "ok     identity viewer", "ok     Allure generator"} <= set(
        lines
    )


def test_everything_that_lacks_is_named_at_once(
    context: FakeContext,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An old Node, no generator, a service that may not be read, an identity without its secret."""
    node(tmp_path, "v18.0.0")
    shutil.rmtree(tmp_path / "tools")
    monkeypatch.delenv("VIEWER")
    monkeypatch.delenv("SLACK")
    context.cloud.services["frontend"].refusal = DeniedError("no permission", next_step="grant run.viewer")

    assert invoke(DOCTOR) is ExitCode.USAGE_ERROR
    out = capsys.readouterr().out
    assert "LACKS  Node for the Allure page: v18.0.0 is too old" in out
    assert "LACKS  Allure generator: run `make setup`" in out
    assert "LACKS  cloud API: frontend: no permission; grant run.viewer" in out
    assert "LACKS  identity viewer: " in out
    assert "LACKS  channel incidents: " in out
    assert "ok     cloud API: auth-service" in out


@pytest.mark.usefixtures("context")
def test_a_machine_without_node_is_told_which(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The oldest that will do."""
    monkeypatch.setenv("PATH", str(tmp_path / "tools"))

    assert invoke(DOCTOR) is ExitCode.USAGE_ERROR
    assert "not found: install Node 20 or newer" in capsys.readouterr().out


def test_a_missing_permission_is_lacking_with_the_command_that_grants_it(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command stands on one line, however narrow the terminal is."""
    monkeypatch.setenv("COLUMNS", "40")
    context.permissions.denied = {"run.services.update"}

    assert invoke([*DOCTOR, "--for", "rollback"]) is ExitCode.USAGE_ERROR
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("LACKS")] == ["LACKS  permission run.services.update:"]
    grant = "gcloud projects add-iam-policy-binding p --member=MEMBER --role=roles/run.developer"
    assert [line.strip() for line in lines if "gcloud" in line] == [grant]


def test_permissions_that_cannot_be_asked_for_are_lacking(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the rest is looked at."""
    context.permissions.refusal = DeniedError("disabled", next_step="enable the API")

    assert invoke(DOCTOR) is ExitCode.USAGE_ERROR
    out = capsys.readouterr().out
    assert "LACKS  permissions: disabled; enable the API" in out
    assert "ok     identity viewer" in out


def test_without_an_environment_nothing_behind_it_is_asked(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one cause is said once, not for every service."""
    context.refused["environment"] = NO_SANDBOX

    assert invoke(DOCTOR) is ExitCode.USAGE_ERROR
    captured = capsys.readouterr()
    assert (
        captured.out.splitlines()[-1] == "LACKS  environment sandbox: the sandbox does not run; make sandbox"
    )
    assert captured.err == ""


def test_without_credentials_the_cloud_is_lacking_once_and_the_rest_is_looked_at(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, not one for every service; secrets are still looked for."""
    context.refused["cloud"] = NO_CREDENTIALS

    assert invoke(DOCTOR) is ExitCode.USAGE_ERROR
    captured = capsys.readouterr()
    assert [line for line in captured.out.splitlines() if line.startswith("LACKS")] == [
        "LACKS  credentials of the cloud: could not find credentials; gcloud auth login"
    ]
    assert "ok     identity viewer" in captured.out
    assert captured.err == ""
