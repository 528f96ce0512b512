"""Google's own auth library against the sandbox: metadata server, keys, impersonation."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.auth import exceptions, iam, identity_pool, impersonated_credentials
from google.auth.transport.requests import Request as Sender
from google.oauth2 import id_token, service_account
from joserfc import jwt
from joserfc.jwk import ECKey

from gates.tokens import IdTokens, NoTokenError, account_of
from sandbox import topology
from sandbox.platform.identity.accounts import ServiceAccounts
from sandbox.platform.identity.credentials_api import CredentialsApi
from sandbox.platform.identity.federation import Federation
from sandbox.platform.identity.google_tokens import GoogleTokens, TokenError
from sandbox.platform.identity.metadata_server import MetadataServer
from tests.sandbox.admin.local_cloud import local_cloud

AUDIENCE = "https://shop.us-central1.run.test"
SCOPES = ["https://www.googleapis.com/auth/cloud-platform"]
PROJECT = topology.PROJECT
FETCH = """
import sys
import google.auth
import google.auth.transport.requests
from google.oauth2 import id_token
request = google.auth.transport.requests.Request()
print(id_token.fetch_id_token(request, sys.argv[1]))
credentials, project = google.auth.default()
credentials.refresh(request)
from gates.tokens import TOKENS
print(TOKENS.token(sys.argv[1]))
print(credentials.service_account_email, project, credentials.token)
"""


class Google:
    """The APIs on loopback, and what is behind them."""

    def __init__(self) -> None:
        self.tokens = GoogleTokens()
        self.accounts = ServiceAccounts(PROJECT)
        self.url = ""

    @property
    def routes(self) -> list[Any]:
        """All that is served."""
        credentials = CredentialsApi(PROJECT, self.accounts, self.tokens)
        federation = Federation(PROJECT, self.tokens)
        metadata = MetadataServer(self.accounts.machine, self.tokens)
        return [*credentials.routes(), *metadata.routes(), *federation.routes()]

    def post(self, path: str, **body: Any) -> httpx.Response:
        """Call an API of IAM."""
        return httpx.post(f"{self.url}/v1/projects/{PROJECT}/serviceAccounts{path}", json=body)

    def account(self, name: str, *callers: str) -> str:
        """Make an account that others may act as, and return its address."""
        email = str(self.post("", accountId=name).raise_for_status().json()["email"])
        members = [caller if ":" in caller else f"serviceAccount:{caller}" for caller in callers]
        binding = {"role": "roles/iam.serviceAccountTokenCreator", "members": members}
        self.post(f"/{email}:setIamPolicy", policy={"bindings": [binding]}).raise_for_status()
        return email

    def key(self, email: str) -> dict[str, Any]:
        """Make a key and return the file that a person would download."""
        made = self.post(f"/{email}/keys").raise_for_status().json()
        found: dict[str, Any] = json.loads(base64.b64decode(made["privateKeyData"]))
        return found


@pytest.fixture(scope="module")
def google() -> Iterator[Google]:
    """Serve the APIs on loopback."""
    found = Google()
    with local_cloud(routes=found.routes) as cloud:
        found.url = cloud.rest
        yield found


@pytest.fixture
def request_() -> Sender:
    """What the library sends requests with."""
    return Sender()


def test_the_metadata_server_gives_tokens_of_the_machines_account(google: Google) -> None:
    """In a process that two variables point at the sandbox, the library finds its credentials by itself."""
    address = google.url.removeprefix("http://")
    variables = {"GCE_METADATA_HOST": address, "GCE_METADATA_IP": address}
    inherited = {
        name: value for name, value in os.environ.items() if name != "GOOGLE_APPLICATION_CREDENTIALS"
    }
    ran = subprocess.run(
        [sys.executable, "-c", FETCH, AUDIENCE],
        env={**inherited, **variables, "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    identity, own, rest = ran.stdout.splitlines()
    assert account_of(own) == google.accounts.machine
    assert google.tokens.subject_of(own, [AUDIENCE])
    email, project, access = rest.split()
    assert google.tokens.subject_of(identity, [AUDIENCE]) == google.tokens.subject_of(
        google.tokens.id_token(google.accounts.machine, AUDIENCE), [AUDIENCE]
    )
    assert (email, project) == (google.accounts.machine, PROJECT)
    assert google.tokens.holder_of(access) == google.accounts.machine


@pytest.mark.parametrize("headers", [{}, {"Metadata-Flavor": "Google", "X-Forwarded-For": "10.0.0.1"}])
def test_the_metadata_server_refuses_what_a_page_or_a_proxy_could_send(
    google: Google, headers: dict[str, str]
) -> None:
    """403, as on a real machine."""
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    assert httpx.get(google.url + path, headers=headers).status_code == 403


def test_a_key_gets_an_id_token_that_the_library_itself_finds_good(google: Google, request_: Any) -> None:
    """Signed with the published keys, for the audience, with the address of the account."""
    email = google.account("by-key")
    made = service_account.IDTokenCredentials.from_service_account_info(
        google.key(email), target_audience=AUDIENCE
    )
    made.refresh(request_)
    claims = id_token.verify_token(made.token, request_, AUDIENCE, certs_url=f"{google.url}/oauth2/v1/certs")
    assert (claims["email"], claims["email_verified"], claims["aud"]) == (email, True, AUDIENCE)


def test_the_key_of_another_account_gets_nothing(google: Google, request_: Any) -> None:
    """A key signs for its own account alone."""
    first, second = google.account("key-first"), google.account("key-second")
    info = {**google.key(first), "client_email": second}
    made = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    with pytest.raises(exceptions.RefreshError, match="invalid_grant"):
        made.refresh(request_)


def impersonated(google: Google, source: str, target: str, *delegates: str) -> Any:
    """Return credentials of an account for another one, by a key of the first."""
    own = service_account.Credentials.from_service_account_info(google.key(source), scopes=SCOPES)
    url = f"{google.url}/v1/projects/-/serviceAccounts/{target}:generateAccessToken"
    return impersonated_credentials.Credentials(
        own, target, SCOPES, delegates=list(delegates), iam_endpoint_override=url
    )


@pytest.fixture
def local_iam(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library ask the sandbox for impersonated ID tokens: it knows one address for them alone."""
    path = "/v1/projects/-/serviceAccounts/{}:generateIdToken"
    monkeypatch.setattr(iam, "_IAM_IDTOKEN_ENDPOINT", google.url + path)


@pytest.mark.usefixtures("local_iam")
@pytest.mark.parametrize("by", ["itself", "a delegate"])
def test_an_account_acts_as_another_one_that_lets_it(google: Google, request_: Any, by: str) -> None:
    """Access tokens and ID tokens are those of the other account, directly and through a third one."""
    name = by.replace(" ", "-")
    source = google.account(f"source-of-{name}")
    between = [google.account("between", source)] if by == "a delegate" else []
    target = google.account(f"target-of-{name}", *(between or [source]))
    made = impersonated(google, source, target, *between)
    made.refresh(request_)
    assert google.tokens.holder_of(made.token) == target

    identity = impersonated_credentials.IDTokenCredentials(made, AUDIENCE, include_email=True)
    identity.refresh(request_)
    certificates = f"{google.url}/oauth2/v1/certs"
    assert (
        id_token.verify_token(identity.token, request_, AUDIENCE, certs_url=certificates)["email"] == target
    )


@pytest.mark.usefixtures("local_iam")
def test_an_account_that_may_not_act_as_another_one_is_refused(google: Google, request_: Any) -> None:
    """The refusal names the permission."""
    source, target = google.account("source"), google.account("target")
    with pytest.raises(exceptions.RefreshError, match=r"iam\.serviceAccounts\.getAccessToken"):
        impersonated(google, source, target).refresh(request_)


def default_credentials(monkeypatch: pytest.MonkeyPatch, folder: Path, info: dict[str, Any]) -> None:
    """Let the library find these credentials as it does on a person's machine."""
    file = folder / "credentials.json"
    file.write_text(json.dumps(info))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))


def test_the_gate_gets_a_token_by_the_key_of_an_account_and_keeps_it(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One for each audience, of that account."""
    email = google.account("gate-by-key")
    default_credentials(monkeypatch, tmp_path, google.key(email))
    tokens = IdTokens()
    token = tokens.token(AUDIENCE)
    assert google.tokens.subject_of(token, [AUDIENCE])
    assert (account_of(token), tokens.token(AUDIENCE)) == (email, token)
    assert tokens.token("custom") != token


@pytest.mark.usefixtures("local_iam")
def test_the_gate_gets_a_token_by_impersonation(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `gcloud auth application-default login --impersonate-service-account` sets it up."""
    source = google.account("gate-source")
    target = google.account("gate-target", source)
    url = f"{google.url}/v1/projects/-/serviceAccounts/{target}:generateAccessToken"
    info = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": url,
        "source_credentials": google.key(source),
    }
    default_credentials(monkeypatch, tmp_path, info)
    token = IdTokens().token(AUDIENCE)
    assert google.tokens.subject_of(token, [AUDIENCE])
    assert account_of(token) == target


def test_the_gate_gets_no_token_from_a_person_s_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says which credentials do, and nothing of what it found; the next try is told the same at once."""
    info = {"type": "authorized_user", "client_id": "c", "client_secret": "hush", "refresh_token": "hush-2"}
    default_credentials(monkeypatch, tmp_path, info)
    tokens = IdTokens()
    for _ in range(2):
        with pytest.raises(NoTokenError, match="impersonate-service-account") as refused:
            tokens.token(AUDIENCE)
        assert "hush" not in str(refused.value)


def test_the_gate_says_that_a_key_is_not_known_any_more(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And tries again half a minute later."""
    first, second = google.account("gate-first"), google.account("gate-second")
    now = [0.0]
    tokens = IdTokens(clock=lambda: now[0])
    default_credentials(monkeypatch, tmp_path, {**google.key(first), "client_email": second})
    with pytest.raises(NoTokenError, match="invalid_grant"):
        tokens.token(AUDIENCE)
    default_credentials(monkeypatch, tmp_path, google.key(first))
    with pytest.raises(NoTokenError, match="invalid_grant"):
        tokens.token(AUDIENCE)
    now[0] = 31.0
    assert account_of(tokens.token(AUDIENCE)) == first


POOL = f"iam.googleapis.com/projects/{topology.NUMBER}/locations/global/workloadIdentityPools/ci"
ISSUER = "https://ci.example.test"
SUBJECT = "repo:shop:ref:main"


def federated(google: Google, folder: Path, target: str, **claims: object) -> Any:
    """Return credentials by a token of another issuer, which the platform knows by its keys."""
    key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
    oidc = {"issuerUri": ISSUER, "jwksJson": json.dumps({"keys": [key.as_dict(private=False)]})}
    path = f"/v1/projects/{PROJECT}/locations/global/workloadIdentityPools/ci/providers"
    query = {"workloadIdentityPoolProviderId": "runner"}
    httpx.post(google.url + path, params=query, json={"oidc": oidc}).raise_for_status()
    audience = f"//{POOL}/providers/runner"
    times = {"iat": int(time.time()), "exp": int(time.time()) + 300}
    signed = {"iss": ISSUER, "aud": f"https:{audience}", "sub": SUBJECT, **times, **claims}
    header = {"alg": "ES256", "kid": str(key.kid)}
    (folder / "token").write_text(jwt.encode(header, signed, key, algorithms=["ES256"]))
    info = {
        "type": "external_account",
        "audience": audience,
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": f"{google.url}/v1/token",
        "credential_source": {"file": str(folder / "token")},
        "service_account_impersonation_url": (
            f"{google.url}/v1/projects/-/serviceAccounts/{target}:generateAccessToken"
        ),
    }
    return identity_pool.Credentials.from_info(info).with_scopes(SCOPES)


@pytest.mark.parametrize("member", [f"principal://{POOL}/subject/{SUBJECT}", f"principalSet://{POOL}/*"])
def test_a_runner_elsewhere_acts_as_an_account_that_lets_it(
    google: Google, request_: Any, tmp_path: Path, member: str
) -> None:
    """Its own issuer's token is enough: no key of Google's is kept there."""
    target = google.account(f"for-{member.partition(':')[0].lower()}", member)
    made = federated(google, tmp_path, target)
    made.refresh(request_)
    assert google.tokens.holder_of(made.token) == target


@pytest.mark.usefixtures("local_iam")
def test_the_gate_gets_a_token_by_workload_identity_federation(
    google: Google, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner elsewhere holds no key of Google's."""
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", PROJECT)  # else the library asks Google for its name
    target = google.account("gate-federated", f"principalSet://{POOL}/*")
    default_credentials(monkeypatch, tmp_path, dict(federated(google, tmp_path, target).info))
    token = IdTokens().token(AUDIENCE)
    assert google.tokens.subject_of(token, [AUDIENCE])
    assert account_of(token) == target


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://elsewhere.test"}, {"aud": "https://elsewhere.test"}, {"exp": 1}, {"sub": None}],
    ids=str,
)
def test_a_foreign_token_that_says_something_else_is_refused(
    google: Google, request_: Any, tmp_path: Path, claims: dict[str, object]
) -> None:
    """Another issuer, another audience, an expired one, and one without a subject."""
    with pytest.raises(exceptions.GoogleAuthError, match="invalid_grant"):
        federated(google, tmp_path, google.accounts.machine, **claims).refresh(request_)


def test_another_subject_of_the_pool_may_not_act(google: Google, request_: Any, tmp_path: Path) -> None:
    """The account lets one branch act, and this is another one."""
    target = google.account("for-one-branch", f"principal://{POOL}/subject/{SUBJECT}")
    with pytest.raises(exceptions.RefreshError, match=r"iam\.serviceAccounts\.getAccessToken"):
        federated(google, tmp_path, target, sub="repo:shop:ref:other").refresh(request_)


def test_acting_as_an_account_needs_an_access_token(google: Google) -> None:
    """401, as Google's APIs answer."""
    url = f"{google.url}/v1/projects/-/serviceAccounts/{google.accounts.machine}:generateIdToken"
    for headers in ({}, {"Authorization": "Bearer ya29.unknown"}):
        answer = httpx.post(url, headers=headers, json={"audience": AUDIENCE})
        assert (answer.status_code, answer.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


def test_an_access_token_ends() -> None:
    """After its life it is refused."""
    now = [0.0]
    tokens = GoogleTokens(clock=lambda: now[0])
    token = tokens.access_token("a@b.test", life_s=60)
    assert tokens.holder_of(token) == "a@b.test"
    now[0] = 60.0
    with pytest.raises(TokenError):
        tokens.holder_of(token)
