"""The steps of a planned rollback against the real platform: what users and operators meet in between."""

from __future__ import annotations

import httpx
import pytest

from gates.actions.execute import ExecutionPolicy
from gates.adapters.network import Network
from gates.cli.planned import Manner, PlannedWork
from gates.model.decision import RollBack, RollbackPlan
from gates.model.receipt import Receipt
from gates.operations.planned_rollback import Step
from tests.sandbox.operations.conftest import Bench

BEHIND, PUBLIC = "decision-engine", "api-gateway"


def gateway(bench: Bench) -> httpx.Response:
    """Ask as a user does."""
    host = dict(bench.house.environment.public_hosts)[PUBLIC]
    with Network(bench.house.environment.endpoints).client(seconds=10.0) as client:
        return client.get(f"https://{host}/api/v1/limits")


@pytest.fixture
def plan(bench: Bench) -> RollbackPlan:
    """Two services with a newer revision that serves."""
    waves = []
    for service in (BEHIND, PUBLIC):
        before = bench.house.cloud.describe(service).sole_serving
        assert before
        newer = bench.platform.deploy_image(service, f"sandbox/{service}:1.1.0")
        way = RollBack(
            service=service,
            from_revision=newer,
            to_revision=before,
            is_target_verified=False,
            reason="planned",
        )
        waves.append((way,))
    return RollbackPlan(waves=tuple(waves))


def test_users_meet_the_page_until_everything_behind_it_has_gone_back(
    bench: Bench, plan: RollbackPlan
) -> None:
    """503 with Retry-After meanwhile, then the old revision; the bad one never comes back."""
    receipts: list[Receipt] = []
    manner = Manner(has_page=True, execution=ExecutionPolicy(), lifted={}, announce=receipts.append)
    work, cloud = PlannedWork(bench.room, "rollback-test", manner), bench.house.cloud
    behind, public = (wave[0] for wave in plan.waves)

    for step in (Step.PREPARE, Step.PAGE_ON, Step.ROLL_BACK, Step.TEST):
        assert work.do(step, plan) == ()
    closed = gateway(bench)
    assert (closed.status_code, "retry-after" in closed.headers) == (503, True)
    assert cloud.describe(BEHIND).sole_serving == behind.to_revision
    assert cloud.describe(PUBLIC).sole_serving not in (public.from_revision, public.to_revision)

    assert work.do(Step.PAGE_OFF, plan) == ()
    assert gateway(bench).status_code == 401
    assert cloud.describe(PUBLIC).sole_serving == public.to_revision
    assert [receipt.action.service for receipt in receipts if receipt.is_verified] == [BEHIND, PUBLIC]
    assert work.do(Step.PAGE_OFF, plan) == ()  # taken up again, nothing is moved twice
    assert cloud.describe(PUBLIC).sole_serving == public.to_revision
