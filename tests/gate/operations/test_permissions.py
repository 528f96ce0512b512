"""Which command needs which permission, and what is said of a missing one."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from gates.cli import gate
from gates.model.platform import Environment, Impact
from gates.operations.permissions import COMMANDS, ROLES, missing, needed, page
from tests.support import builders
from tests.support.fake_context import FakePermissions

SERVICES = ("a", "b")
SECRETS = ("projects/p/secrets/one", "projects/p/secrets/two")
ACCESS = "secretmanager.versions.access"


def place(**changes: object) -> Environment:
    """Return an environment that needs every permission."""
    values = {
        "database": "db",
        "allowed_impacts": tuple(Impact),
        "identities": tuple((name[-3:], f"secret:{name}/versions/1") for name in SECRETS),
    }
    return builders.environment(**{**values, **changes})


def test_the_page_is_what_the_table_says() -> None:
    """docs/reference/permissions.md is what `gate doctor --env E --permissions` prints."""
    written = Path(__file__).parents[3] / "docs" / "reference" / "permissions.md"
    assert written.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_the_table_exists(command: str) -> None:
    """With its options."""
    found: click.Command | None = gate
    words = command.split()
    while words and isinstance(found, click.Group) and not words[0].startswith("--"):
        found = found.get_command(click.Context(found), words.pop(0))
    if isinstance(found, click.Group) and words:
        found = found.get_command(click.Context(found), "services")
    assert found is not None
    known = {name for parameter in found.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


def test_each_permission_has_a_role_and_a_command() -> None:
    """Neither table has an entry that the other lacks."""
    assert {one for used in COMMANDS.values() for one in used} == set(ROLES)
    assert set(needed(place())) == set(ROLES)


@pytest.mark.parametrize(
    ("changes", "spared"),
    [
        ({"database": None}, "cloudsql."),
        ({"identities": (("viewer", "env:VIEWER"),)}, ACCESS),
        ({"allowed_impacts": (Impact.READ_ONLY,)}, "pubsub."),
        ({"allowed_impacts": (Impact.READ_ONLY,)}, "monitoring.timeSeries.create"),
        ({"allowed_impacts": (Impact.READ_ONLY,)}, "errorreporting.errorEvents.create"),
    ],
)
def test_what_an_environment_has_no_use_for_is_not_asked_for(changes: dict[str, object], spared: str) -> None:
    """No database, no secret of Secret Manager, only checks that look."""
    assert not any(one.startswith(spared) for one in needed(place(**changes)))
    assert any(one.startswith(spared) for one in needed(place()))


def test_only_the_permissions_of_the_named_commands_are_asked_for() -> None:
    """Those of both when two are named."""
    assert set(needed(place(), ("precheck", "metrics"))) == {*COMMANDS["precheck"], *COMMANDS["metrics"]}


@pytest.mark.parametrize(
    ("permission", "resources", "kind"),
    [("run.services.get", SERVICES, "run services"), (ACCESS, SECRETS, "secrets")],
)
def test_a_permission_may_be_granted_on_each_resource(
    permission: str, resources: tuple[str, ...], kind: str
) -> None:
    """On all it is not missing; on some, the others are named; on none, one command grants it for all."""
    grants = FakePermissions(denied={permission}, granted_on=set(resources))
    assert list(missing(grants, place(), SERVICES)) == []

    grants.granted_on = {resources[0]}
    (found,) = missing(grants, place(), SERVICES)
    assert [one.split(" --")[0] for one in found.grants] == [
        f"gcloud {kind} add-iam-policy-binding {resources[1]}"
    ]

    grants.granted_on = set()
    (found,) = missing(grants, place(), SERVICES)
    assert found.grants == (
        f"gcloud projects add-iam-policy-binding p --member=MEMBER --role={ROLES[permission]}",
    )


def test_a_missing_permission_names_the_commands_that_need_it() -> None:
    """And its role."""
    grants = FakePermissions(denied={"cloudsql.instances.restoreBackup"})
    (found,) = missing(grants, place(), SERVICES)
    assert found.commands == ("restore", "drill restore")
    assert found.role == "roles/cloudsql.admin"
