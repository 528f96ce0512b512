"""Producers behave: they do nothing that an environment does not allow, and take away what they made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import pytest

from gates.adapters.producers.targeting import find_target
from gates.model.identity import Identity
from gates.model.platform import Impact
from journeys.client import client
from journeys.session import AUTH, sign_in
from tests.support.held_back import held_back
from tests.support.real_sandbox import RealSandbox

IMMEDIATE = "tests/validation/immediate"
LOOKING = {
    *(f"{IMMEDIATE}/test_health.py::test_{name}" for name in ("live", "ready", "deep")),
    *(f"{IMMEDIATE}/test_auth_flows.py::test_{name}" for name in ("login", "mfa", "expired", "tampered")),
    f"{IMMEDIATE}/test_deployment.py::test_serves_candidate",
    "tests/validation/post_rollback/test_records.py::test_records_are_read",
}
CREATING = {
    f"{IMMEDIATE}/test_journeys.py::test_soc_manager_workflow",
    f"{IMMEDIATE}/test_contract.py::test_conformance",
    f"{IMMEDIATE}/test_auth_flows.py::test_lockout",
    "tests/validation/extended/test_browser.py::test_analyst_in_the_browser",
}
NOISY = {
    f"{IMMEDIATE}/test_load.py::test_p95",
    "tests/validation/extended/test_load.py::test_agreed_errors",
}


def reasons(found: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the reason of each producer, whatever service it is about."""
    return {node_id.partition("[")[0]: reason for node_id, reason in found.items()}


def test_where_checks_may_only_look_the_others_are_held_back_and_say_why(tmp_path: Path) -> None:
    """As in production: journeys, lockouts, fuzzing and load do not run, and each names its impact."""
    found = reasons(held_back(tmp_path, Impact.READ_ONLY))

    assert {found[name] for name in LOOKING} == {None}
    assert {found[name] for name in CREATING} == {"impact creates-data is not allowed in elsewhere"}
    assert {found[name] for name in NOISY} == {"impact noisy is not allowed in elsewhere"}
    assert not [name for name in found if "/test_journeys.py" in name and found[name] is None]


def test_where_data_may_be_created_only_noise_is_held_back(tmp_path: Path) -> None:
    """As in a rehearsal without load."""
    found = reasons(held_back(tmp_path, Impact.READ_ONLY, Impact.CREATES_DATA))

    assert {found[name] for name in LOOKING | CREATING} == {None}
    assert {found[name] for name in NOISY} == {"impact noisy is not allowed in elsewhere"}


@pytest.mark.parametrize("tenant", ["", "globex-"], ids=["acme", "globex"])
def test_a_run_leaves_what_the_platform_keeps_by_design_and_nothing_else(
    sandbox: RealSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tenant: str
) -> None:
    """Assets are as before, accounts are closed, rules are put back; events and the trail stay, labelled."""
    monkeypatch.setenv("GATE_ENDPOINTS_FILE", str(sandbox.state / "endpoints.json"))
    monkeypatch.setenv("GATE_IDENTITIES_FILE", str(sandbox.state / "identities.json"))
    with Eye(sandbox, f"{tenant}admin" if tenant else "admin-2") as eye:
        before = eye.look()
        run = tmp_path / "run-7"
        bundle = sandbox.look(
            f"{IMMEDIATE}/test_journeys.py", f"{IMMEDIATE}/test_auth_flows.py", run_folder=run
        )
        after = eye.look()
        made = [user for user in after["users"] if user not in before["users"]]

    assert bundle.flaws == ()
    assert '"leftover"' not in (run / "producers.jsonl").read_text(encoding="utf-8")
    assert after["assets"] == before["assets"]
    assert after["rules"] == before["rules"]
    assert len(made) == 1
    assert made[0]["username"].startswith("gate-run-7-")
    assert made[0]["isEnabled"] is False


class Eye:
    """Somebody of a tenant who sees everything in it."""

    def __init__(self, sandbox: RealSandbox, name: str) -> None:
        self._target = find_target(Path("platforms/isectech"), "sandbox")
        entry = json.loads((sandbox.state / "identities.json").read_text(encoding="utf-8"))[name]
        who = Identity(
            name=name,
            username=entry["username"],
            tenant=entry["tenant"],
            roles=(),
            password=entry["password"],
            totp_secret=entry["totp_secret"],
        )
        with client(self._target, AUTH) as door:
            self._headers = sign_in(door, who).headers
        self._gateway = client(self._target, "api-gateway", base_url=self._target.public_url("api-gateway"))

    def __enter__(self) -> Self:
        """Keep the connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._gateway.close()

    def look(self) -> dict[str, Any]:
        """Return all assets and accounts of the tenant, and its rules."""
        return {
            "assets": self._all("asset-discovery/v1/assets"),
            "users": self._all("auth-service/v1/users"),
            "rules": self._get("decision-engine/v1/policies")["rules"],
        }

    def _all(self, path: str) -> list[Any]:
        found: list[Any] = []
        cursor = ""
        while True:
            page = self._get(f"{path}?limit=200{cursor}")
            found += page["items"]
            if not page["nextCursor"]:
                return found
            cursor = f"&cursor={page['nextCursor']}"

    def _get(self, path: str) -> Any:
        answer = self._gateway.get(f"/api/v1/{path}", headers=self._headers)
        assert answer.status_code == 200, answer.text
        return answer.json()
