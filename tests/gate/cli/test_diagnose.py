"""`gate diagnose`: what failed, what was deployed last, and the command that takes it back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gates import cli
from gates.cli import command as command_module
from gates.model.criterion import Criterion, Stage
from gates.model.exit_code import ExitCode
from tests.support.fake_context import FakeContext, check
from tests.support.fake_room import FakeOperations
from tests.support.release_run import Run, healthy

BOTH = ("auth-service", "frontend")
LOGIN = check("AUT-A", "authentication", "tests/x.py::test_login", stages=(Stage.IMMEDIATE,))
SERVED = check("CTR-A", "contract", "tests/x.py::test_served", services=BOTH)
LOAD = check("LOD-A", "load", "tests/x.py::test_load", stages=(Stage.IMMEDIATE,))


@pytest.fixture
def operations(monkeypatch: pytest.MonkeyPatch) -> FakeOperations:
    """Operations in which everything can go back."""
    made = FakeOperations()
    monkeypatch.setattr(command_module, "OperationsContext", made)
    return made


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, operations: FakeOperations) -> FakeContext:
    """Two checks of which one takes seconds; everything holds."""
    return FakeContext(Run(healthy, demands=(LOGIN, SERVED, LOAD)), tmp_path).installed(monkeypatch)


def bad_login(demanded: Criterion, _service: str) -> float:
    """Nobody gets in."""
    return 1.0 if demanded.id == LOGIN.id else 0.0


def deployed_last(context: FakeContext, service: str) -> None:
    """Let the newest revision of a service be newer than all others."""
    cloud = context.run.cloud.services[service]
    newest, *older = cloud.revisions
    cloud.revisions = (replace(newest, created_at=newest.created_at + timedelta(minutes=1)), *older)


def diagnose(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[ExitCode, str]:
    """Run the command and return its exit code with what it printed."""
    code = cli.invoke(["diagnose", "--env", "sandbox", *words])
    return code, capsys.readouterr().out


def test_a_healthy_platform_has_no_suspect_and_no_command(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """However lately something was deployed; and load is not tried."""
    code, shown = diagnose(capsys)
    assert code is ExitCode.GO
    assert "no service is suspected" in shown
    assert "gate rollback" not in shown
    assert "tried 3 of 3 checks" in shown


def test_contracts_are_tried_where_something_changed(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """A service with a single revision is what it always was."""
    frontend = context.run.cloud.services["frontend"]
    frontend.revisions = frontend.revisions[:1]
    _, shown = diagnose(capsys)
    assert "tried 2 of 2 checks" in shown


def test_what_fails_and_was_deployed_is_named_with_the_command(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command is the one that takes it back here."""
    context.run.source.seen = bad_login
    code, shown = diagnose(capsys)
    assert code is ExitCode.NO_GO
    assert "FAIL  AUT-A" in shown
    assert shown.splitlines()[-1] == "next: gate rollback auth-service --env sandbox"


def test_a_suspect_that_cannot_go_back_is_passed_over(
    context: FakeContext, operations: FakeOperations, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the reason; then nobody is told to roll back what cannot be rolled back."""
    context.run.source.seen = bad_login
    operations.stuck = {"auth-service", "frontend"}
    code, shown = diagnose(capsys)
    assert code is ExitCode.NO_GO
    assert "auth-service has nothing to go back to" in shown
    assert shown.splitlines()[-1] == "next: gate rollback status --env sandbox"


def test_what_could_not_be_tried_leaves_the_answer_open(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing failed, nobody knows that all is well, and each check without an answer is named."""
    context.run.source.seen = lambda demanded, _: None if demanded.id == SERVED.id else 0.0
    code, shown = diagnose(capsys)
    assert code is ExitCode.INCONCLUSIVE
    assert "not everything was tried" in shown
    assert "no service is suspected" not in shown
    assert shown.splitlines()[-1].split() == ["NOT", "TRIED", SERVED.id, "(2)"]


def test_contracts_come_last_and_what_was_deployed_last_comes_first(
    context: FakeContext, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever the catalogue's order: a look that must end early has seen what tells most."""
    context.catalogue = replace(context.catalogue, criteria=(SERVED, LOGIN, LOAD))
    deployed_last(context, "frontend")
    diagnose(capsys)
    first, second, *_ = context.narrowed[-1].criteria
    assert (first.id, second.id) == (LOGIN.id, SERVED.id)
    assert second.services == ("frontend", "auth-service")


def test_the_document_says_the_same(context: FakeContext, capsys: pytest.CaptureFixture[str]) -> None:
    """Deployments, failures, suspects and the command."""
    context.run.source.seen = bad_login
    context.environment = replace(context.environment, name="staging")
    code, shown = diagnose(capsys, "--format", "json")
    found = json.loads(shown)
    assert (found["report"], found["exit_code"]) == ("diagnose", int(code))
    assert found["not_tried"] == []
    assert found["suspects"][0] == {"service": "auth-service", "blamed_by": ["AUT-A"]}
    assert found["next_command"] == "gate rollback auth-service --env staging"
    assert {one["service"]: one["earlier_revision"] for one in found["deployments"]} == {
        "auth-service": "auth-service-1",
        "frontend": "frontend-1",
    }
