"""Nine real services behind a front end that asks for tokens: they work, and others are refused."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import companion, topology

OUTSIDE, INSIDE = "127.0.0.1", "127.0.0.2"
PUBLIC = f"api.{topology.PUBLIC_DOMAIN}"
AUTH = topology.HOST_TEMPLATE.format(service="auth-service")
LOGIN = "/v1/login"


class Private:
    """A platform whose callers are asked from the start."""

    def __init__(self, endpoints: dict[str, Any]) -> None:
        self.endpoints = endpoints
        self._identities = json.loads(Path(endpoints["identities_file"]).read_text())
        self._client = httpx.Client(verify=ssl.create_default_context(cafile=endpoints["ca_file"]))

    def sign_in(self, address: str, host: str, path: str, **headers: str) -> httpx.Response:
        """Prove the first factor of a person at some door."""
        person = self._identities["analyst"]
        body = {"username": person["username"], "password": person["password"]}
        return self._client.post(
            f"https://{address}:{self.endpoints['https_port']}{path}",
            json=body,
            headers={"host": host, **headers},
            extensions={"sni_hostname": host},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def bind(self, *members: str) -> None:
        """Say who may invoke auth-service."""
        place = f"projects/{topology.PROJECT}/locations/{topology.REGION}/services"
        name = topology.cloud_run_name("auth-service")
        url = f"{self.endpoints['admin_rest']}/v1/{place}/{name}:setIamPolicy"
        binding = {"role": "roles/run.invoker", "members": list(members)}
        httpx.post(url, json={"policy": {"bindings": [binding]}}).raise_for_status()


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    """Start it."""
    with companion.running(tmp_path_factory.mktemp("private"), ["--invoker-check", "true"]) as endpoints:
        found = Private(endpoints)
        yield found
        found.close()


def test_services_reach_each_other_with_the_token_of_their_account(private: Private) -> None:
    """A person signs in through the gateway, which alone knows nothing of passwords."""
    answer = private.sign_in(OUTSIDE, PUBLIC, f"/api/v1/auth-service{LOGIN}")
    assert answer.status_code == 200, answer.text
    assert "mfaToken" in answer.json()


def test_a_caller_inside_without_the_role_is_refused(private: Private) -> None:
    """Not without a token, and not with one that the service itself would have to read."""
    bare = private.sign_in(INSIDE, AUTH, LOGIN)
    own = private.sign_in(INSIDE, AUTH, LOGIN, authorization="Bearer a.b.c")
    assert [bare.status_code, own.status_code] == [403, 401]
    assert {answer.headers["server"] for answer in (bare, own)} == {"Google Frontend"}


def test_a_service_that_loses_its_role_is_refused(private: Private) -> None:
    """The gateway says that its dependency refused; with the role again it works again."""
    account = f"serviceAccount:{topology.NUMBER}-compute@developer.gserviceaccount.com"
    private.bind("user:person@isectech.test")
    try:
        refused = private.sign_in(OUTSIDE, PUBLIC, f"/api/v1/auth-service{LOGIN}")
    finally:
        private.bind(account)
    assert refused.status_code == 403
    assert private.sign_in(OUTSIDE, PUBLIC, f"/api/v1/auth-service{LOGIN}").status_code == 200
