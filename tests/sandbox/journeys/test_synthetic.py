"""`gate synthetic` end to end: real journeys, and a real log that monitoring can read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

from gates.model.exit_code import ExitCode
from tests.support.real_sandbox import RealSandbox

GATE = str(Path(".venv/bin/gate").resolve())
ANALYST, INTEGRATOR = "security_analyst_workflow", "api_integrator_workflow"


def taken(sandbox: RealSandbox, *journeys: str, wanted: ExitCode) -> list[dict[str, Any]]:
    """Take journeys and return what was said of them; the exit code must be the wanted one."""
    done = sandbox.run(
        GATE, "synthetic", "--env", "sandbox", *journeys, "--format", "json", wanted=int(wanted)
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def logged(sandbox: RealSandbox) -> list[tuple[object, object, object]]:
    """Return journey, whether it passed and whom it blames of every entry of the log."""
    channel = grpc.insecure_channel(sandbox.endpoints["apis_grpc"])
    client = LoggingServiceV2Client(
        transport=LoggingServiceV2Client.get_transport_class("grpc")(channel=channel)
    )
    project = sandbox.endpoints["project"]
    name = f'logName="projects/{project}/logs/release-gate-synthetic"'
    request = {"resource_names": [f"projects/{project}"], "filter": name}
    entries = [dict(entry.json_payload) for entry in client.list_log_entries(request=request)]
    return [(entry["journey"], entry["passed"], list(entry["blames"])) for entry in entries]


def test_journeys_pass_fail_and_are_found_in_the_log(sandbox: RealSandbox) -> None:
    """Healthy: 0 and two entries. With a known-bad revision: 1, and an entry that blames its service."""
    good = taken(sandbox, ANALYST, INTEGRATOR, wanted=ExitCode.GO)
    assert {(one["journey"], one["outcome"]) for one in good} == {(ANALYST, "PASS"), (INTEGRATOR, "PASS")}
    assert all(len(one["steps"]) >= 5 for one in good)

    sandbox.deploy("nlp-assistant", "sandbox/nlp-assistant:1.0.1-citations-missing")
    (bad,) = taken(sandbox, ANALYST, wanted=ExitCode.NO_GO)

    assert (bad["outcome"], bad["blames"]) == ("FAIL", ["nlp-assistant"])
    assert bad["steps"][-1]["name"] == "ask the assistant"
    assert sorted(logged(sandbox)) == sorted(
        [(ANALYST, True, []), (INTEGRATOR, True, []), (ANALYST, False, ["nlp-assistant"])]
    )
