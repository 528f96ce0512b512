"""Secret Manager as its own client sees it, and what an instance gets of it."""

from __future__ import annotations

import pytest
from google.api_core import exceptions
from google.cloud import run_v2, secretmanager_v1

from gates.adapters.secrets import resolve, sensitive
from gates.errors import ConfigurationError
from sandbox.kit.credentials import known_secret
from tests.sandbox.admin.local_cloud import PROJECT, template
from tests.sandbox.apis.conftest import WholeCloud

PARENT = f"projects/{PROJECT}"
SECRET = f"{PARENT}/secrets/auth-service-client-secret"


@pytest.fixture
def manager(cloud: WholeCloud) -> secretmanager_v1.SecretManagerServiceClient:
    """The real client."""
    client: secretmanager_v1.SecretManagerServiceClient = cloud.client(
        secretmanager_v1.SecretManagerServiceClient
    )
    return client


def test_the_gate_resolves_an_identity_of_the_vault(cloud: WholeCloud) -> None:
    """A pinned version leads to the identity; a version that is not there says what to do."""
    at = f"127.0.0.1:{cloud.apis_port}"
    name = f"secret:{PARENT}/secrets/gate-synthetic-stranger/versions"

    found = resolve(f"{name}/1", endpoint=at)
    assert found["username"].startswith("synthetic-stranger@")
    assert set(sensitive([f"{name}/1"], endpoint=at)) == {found["password"], found["totp_secret"]}
    with pytest.raises(ConfigurationError, match="NOT_FOUND") as missing:
        resolve(f"{name}/2", endpoint=at)
    assert "enabled" in missing.value.next_step
    with pytest.raises(ConfigurationError, match="is not JSON") as plain:
        resolve(f"secret:{SECRET}/versions/1", endpoint=at)
    assert known_secret("auth-service") not in plain.value.diagnostics()


def reference(secret: str, version: str) -> run_v2.RevisionTemplate:
    """Return a template with one variable from a secret."""
    key = run_v2.SecretKeySelector(secret=secret, version=version)
    made = template()
    made.containers[0].env = [run_v2.EnvVar(name="KEY", value_source=run_v2.EnvVarSource(secret_key_ref=key))]
    return made


def test_a_value_is_read_by_number_or_as_the_latest(
    manager: secretmanager_v1.SecretManagerServiceClient,
) -> None:
    """Each service has a client secret with one version."""
    value = manager.access_secret_version(name=f"{SECRET}/versions/1").payload.data
    assert value == manager.access_secret_version(name=f"{SECRET}/versions/latest").payload.data
    assert manager.get_secret_version(name=f"{SECRET}/versions/latest").name == f"{SECRET}/versions/1"


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (f"{SECRET}/versions/2", exceptions.NotFound),
        (f"{PARENT}/secrets/nothing/versions/1", exceptions.NotFound),
        ("projects/other/secrets/a/versions/1", exceptions.PermissionDenied),
        ("nonsense", exceptions.InvalidArgument),
    ],
)
def test_what_is_not_there_is_refused(
    manager: secretmanager_v1.SecretManagerServiceClient, name: str, error: type[Exception]
) -> None:
    """A version, a secret and a project that do not exist each get their own answer."""
    with pytest.raises(error):
        manager.get_secret_version(name=name)


def test_a_disabled_version_is_not_handed_out(
    manager: secretmanager_v1.SecretManagerServiceClient, cloud: WholeCloud
) -> None:
    """It is shown as disabled, and its value is refused."""
    with cloud.disturbed("secret-disabled"):
        version = manager.get_secret_version(name=f"{SECRET}/versions/1")
        assert version.state == secretmanager_v1.SecretVersion.State.DISABLED
        with pytest.raises(exceptions.FailedPrecondition):
            manager.access_secret_version(name=version.name)
    assert manager.access_secret_version(name=f"{SECRET}/versions/1").payload.data


def test_an_instance_gets_the_value_of_the_pinned_version(cloud: WholeCloud) -> None:
    """The template keeps the reference, the instance gets the value."""
    made = cloud.run.create(body=run_v2.Service(template=reference("auth-service-client-secret", "1")))
    revision = made.latest_ready_revision.rpartition("/")[2]
    assert len(cloud.run.plane.specs[revision].env["KEY"]) == 64
    variable = cloud.run.get().template.containers[0].env[0]
    assert not variable.value
    assert variable.value_source.secret_key_ref.version == "1"


def test_a_revision_without_its_secret_does_not_start(cloud: WholeCloud) -> None:
    """The operation fails and says which version is missing; a reference without one is refused at once."""
    operation = cloud.run.begin_create("svc", run_v2.Service(template=reference("nothing", "7")))
    ended = cloud.run.wait(operation)
    assert "secrets/nothing/versions/7" in ended.error.message
    with pytest.raises(exceptions.InvalidArgument, match="no version"):
        cloud.run.begin_create("other", run_v2.Service(template=reference("nothing", "")))
