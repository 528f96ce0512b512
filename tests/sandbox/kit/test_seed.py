"""The seeded world is the same everywhere and complete."""

from __future__ import annotations

import subprocess
import sys

from sandbox.kit import records, seed
from sandbox.kit.identity import ROLES
from sandbox.kit.settings import Settings

_PRINT = (
    "import hashlib, json; from sandbox.kit import records, seed; from sandbox.kit.settings import Settings;"
    "print(hashlib.sha256((json.dumps(seed.identities(Settings(service='x')), sort_keys=True)"
    " + repr(records.assets()) + repr(records.events())).encode()).hexdigest())"
)


def _digest(hash_seed: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", _PRINT],
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return run.stdout.strip()


def test_every_process_draws_the_same_world() -> None:
    """Ids, passwords and records depend on nothing but the code."""
    assert _digest("1") == _digest("2")


def test_each_tenant_has_two_people_of_each_role() -> None:
    """So that one can act and another approve, in every tenant."""
    special = {"load", "fuzz", "lockout", "example"}
    others = [person for person in seed.people() if not person.name.startswith("synthetic-")]
    crew = [person for person in others if person.name not in special]
    counted = {(person.tenant, person.role): 0 for person in crew}
    for person in crew:
        counted[(person.tenant, person.role)] += 1
    assert counted == {(tenant, role): 2 for tenant in seed.TENANTS for role in ROLES}


def test_identities_name_everyone_a_checker_needs() -> None:
    """People by role, the integrator, the throw-away user, and the forger with a private key."""
    found = seed.identities(Settings(service="auth-service"))
    assert {*ROLES, "analyst-2", "globex-analyst", "load", "fuzz", "lockout", "integrator"} <= found.keys()
    assert found["forger"]["jwk"]["d"]
    assert found["load"]["tier"] == found["fuzz"]["tier"] == "high"
    assert len({entry["username"] for entry in found.values() if entry["kind"] == "user"}) == 42


def test_the_records_have_the_promised_size() -> None:
    """200 assets and 2,000 events, all of known tenants."""
    assert (len(records.assets()), len(records.events())) == (200, 2_000)
    assert {asset.tenant for asset in records.assets()} == set(seed.TENANTS)
