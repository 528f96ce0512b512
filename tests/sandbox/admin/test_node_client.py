"""The real Node client of Cloud Run as an independent judge of the gRPC front."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.admin.local_cloud import PARENT, PROJECT, REGION, LocalCloud, short

NODE = Path(__file__).parents[1] / "node"

pytestmark = [
    pytest.mark.skipif(shutil.which("node") is None, reason="the node command is not installed"),
    pytest.mark.skipif(
        not (NODE / "node_modules" / "@google-cloud" / "run").is_dir(),
        reason="@google-cloud/run is not installed: run `npm ci` in tests/sandbox/node",
    ),
]


@pytest.fixture
def seen(cloud: LocalCloud) -> dict[str, Any]:
    """What the Node client saw while it shifted traffic back to the first of two revisions."""
    first = short(cloud.create().latest_ready_revision)
    second = cloud.deploy("img:2")
    done = subprocess.run(
        ["node", "client.js", str(cloud.running.grpc_port), PROJECT, REGION, first, "svc-00099-zzz"],
        cwd=NODE,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {"first": first, "second": second, **json.loads(done.stdout)}


def test_the_node_client_gets_lists_shifts_and_is_refused(seen: dict[str, Any], cloud: LocalCloud) -> None:
    """It reads resources and operations, and decodes the codes and the violated fields."""
    assert seen["services"] == [f"{PARENT}/services/svc"]
    assert seen["revisions"] == [seen["second"], seen["first"]]
    assert (seen["split"], seen["reconciling"]) == ([[seen["first"], 100]], False)
    assert seen["stale"]["code"] == 10
    assert (seen["short"]["code"], seen["short"]["fields"]) == (3, ["service.traffic"])
    assert seen["failed"]["code"] == 13
    assert "does not exist or is deleted" in seen["failed"]["message"]
    assert [target.revision for target in cloud.plane.routes["svc"].targets] == [seen["first"]]
