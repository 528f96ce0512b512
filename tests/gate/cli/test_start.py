"""What a command imports: somebody on call waits for it, every time."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.processes

_SHOW = """
import sys
from gates import cli
cli._start_quickly()
import {module}
from gates.composition.operations import OperationsContext
from gates.composition.environment import Context, platform_folder
context = Context("sandbox")
context.platform
import gates.adapters.services.operator_client, gates.adapters.services.network
print(*sorted(sys.modules))
"""
_SLOW = {
    "google.cloud.run_v2",
    "grpc",
    "rich",
    "pygments",
    "dns",
    "gates.adapters.documents.criteria_document",
    "sqlite3",
    "httpx",
    "pyotp",
}


@pytest.mark.parametrize("module", ["gates.cli.check", "gates.cli.circuits"])
def test_a_look_at_the_services_pays_for_no_library_that_it_does_not_use(module: str) -> None:
    """Neither for the cloud's client, needed once a day, nor for name servers, criteria or colours."""
    program = _SHOW.format(module=module)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert _SLOW.isdisjoint(done.stdout.split())
    assert {"http.client", "gates.adapters.services.operator_client"} <= set(done.stdout.split())


_NOT_FOR_A_STATUS = {
    "google.cloud.run_v2",
    "rich",
    "sqlite3",
    "gates.composition.runs",
    "gates.decision.ending",
    "gates.workflows.pipeline",
    "gates.workflows.planned_work",
}


def test_where_everything_stands_waits_for_no_code_that_rolls_back() -> None:
    """The command itself imports neither the procedures nor, before the cloud is asked, its client."""
    program = "import sys, gates.cli.rollback, gates.cli.rollback_status; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert _NOT_FOR_A_STATUS.isdisjoint(done.stdout.split())
    assert "gates.reporting.rollback" in done.stdout.split()
