"""A planned rollback against the real platform: what users and operators meet, also after a kill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import httpx
import pytest

from gates import cli
from gates.actions.execute import ExecutionPolicy
from gates.adapters.services.network import Network
from gates.composition.environment import Context
from gates.model.decision import RollbackPlan
from gates.model.exit_code import ExitCode
from gates.model.procedure import Step
from gates.model.receipt import Receipt
from gates.workflows.planned_rollback import held, unfinished
from gates.workflows.planned_work import PlannedRollbackRequest, PlannedWork
from tests.sandbox.operations.conftest import Bench
from tests.support.builders import back

BEHIND, PUBLIC = "decision-engine", "api-gateway"
BOTH = (BEHIND, PUBLIC)
OPEN, CLOSED = 401, 503
Gate = Callable[..., int]


def gateway(bench: Bench) -> httpx.Response:
    """Ask as a user does."""
    host = dict(bench.context.environment.public_hosts)[PUBLIC]
    with Network(bench.context.environment.endpoints).client(seconds=10.0) as client:
        return client.get(f"https://{host}/api/v1/limits")


def put_forward(bench: Bench, plan: RollbackPlan) -> None:
    """Send all traffic to the revisions that the plan leaves."""
    for action in plan.actions:
        state = bench.context.cloud.describe(action.service)
        bench.context.cloud.write_traffic(
            action.service, state.traffic.all_to(action.from_revision), state.etag
        )()


@pytest.fixture(scope="module")
def plan(bench: Bench) -> RollbackPlan:
    """Two services with a newer revision."""
    waves = []
    for service in BOTH:
        before = bench.context.cloud.describe(service).sole_serving
        assert before
        newer = bench.sandbox.deploy(service, f"sandbox/{service}:1.1.0")
        way = back(
            service, from_revision=newer, to_revision=before, is_target_verified=False, reason="planned"
        )
        waves.append((way,))
    return RollbackPlan(waves=tuple(waves))


@pytest.fixture(scope="module")
def gate(bench: Bench) -> Iterator[Gate]:
    """A gate of its own process that can be made to die; returns how it ended."""
    command = [sys.executable, "-m", "tests.sandbox.support.dying_procedure"]
    assert bench.sandbox.endpoints
    variables = {**os.environ, "GRPC_VERBOSITY": "NONE"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=variables
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        to, back = process.stdin, process.stdout

        def run(
            reports: Path, *, plan: RollbackPlan | None = None, die: tuple[str, str] | None = None
        ) -> int:
            actions = None if plan is None else [asdict(action) for action in plan.actions]
            to.write(json.dumps({"reports": str(reports), "plan": actions, "die": die}) + "\n")
            to.flush()
            return int(back.readline())

        yield run
        to.close()


def test_users_meet_the_page_until_the_whole_platform_has_gone_back(bench: Bench, plan: RollbackPlan) -> None:
    """503 with Retry-After meanwhile, then the old revision; the bad one never comes back."""
    receipts: list[Receipt] = []
    request = PlannedRollbackRequest(
        has_page=True, execution=ExecutionPolicy(), overrides={}, announce=receipts.append
    )
    work, cloud = PlannedWork(bench.room.planned, "rollback-test", request), bench.context.cloud
    put_forward(bench, plan)
    marked = held(plan, (PUBLIC,))
    behind, public = plan.actions

    for step in (Step.PREPARE, Step.PAGE_ON, Step.ROLL_BACK, Step.TEST):
        assert work.do(step, marked) == ()
    closed = gateway(bench)
    assert (closed.status_code, "retry-after" in closed.headers) == (CLOSED, True)
    assert cloud.describe(BEHIND).sole_serving == behind.to_revision
    assert cloud.describe(PUBLIC).traffic.behind == public.to_revision

    assert work.do(Step.PAGE_OFF, marked) == ()
    assert gateway(bench).status_code == OPEN
    assert cloud.describe(PUBLIC).sole_serving == public.to_revision
    assert [receipt.action.service for receipt in receipts if receipt.is_verified] == [*BOTH, PUBLIC]
    assert work.do(Step.PAGE_OFF, marked) == ()  # taken up again, nothing is moved twice
    assert cloud.describe(PUBLIC).sole_serving == public.to_revision


@pytest.mark.parametrize("step", Step)
def test_killed_at_the_end_of_any_step_it_is_taken_up_again(
    bench: Bench, plan: RollbackPlan, gate: Gate, tmp_path: Path, step: Step
) -> None:
    """The same end: users are served by what was gone back to, no page is left, nothing is unfinished."""
    put_forward(bench, plan)
    assert gate(tmp_path, plan=plan, die=(str(step), "DONE")) == -9
    assert gate(tmp_path) == ExitCode.GO

    for action in plan.actions:
        state = bench.context.cloud.describe(action.service)
        assert (state.sole_serving, state.traffic.is_in_maintenance) == (action.to_revision, False)
    assert gateway(bench).status_code == OPEN
    assert gate(tmp_path) == 99  # there is nothing to go on with


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of reports of its own, also for commands of this process."""
    monkeypatch.setenv("GATE_REPORTS", str(tmp_path))
    return tmp_path


def test_after_a_kill_the_page_is_told_and_never_gives_way_to_what_was_bad(
    bench: Bench, plan: RollbackPlan, gate: Gate, reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`status` names page, reason and way on; abandoned, `maintenance off` serves what was gone back to."""
    put_forward(bench, plan)
    assert gate(reports, plan=plan, die=(str(Step.TEST), "STARTED")) == -9
    assert cli.invoke(["rollback", "status", "--env", "sandbox"]) is ExitCode.GO
    shown = capsys.readouterr().out
    assert "MAINTENANCE IS ON at frontend, api-gateway: turned on by ana at" in shown
    assert "part of rollback-killed, which is not finished: gate rollback resume" in shown
    assert "UNFINISHED rollback-killed, planned: next is post-test" in shown

    assert cli.invoke(["rollback", "resume", "--abandon", "--env", "sandbox"]) is ExitCode.GO
    assert unfinished(Context("sandbox").ledger, "sandbox") is None
    assert cli.invoke(["maintenance", "off", "--env", "sandbox"]) is ExitCode.GO
    for action in plan.actions:
        assert bench.context.cloud.describe(action.service).sole_serving == action.to_revision
    assert gateway(bench).status_code == OPEN
