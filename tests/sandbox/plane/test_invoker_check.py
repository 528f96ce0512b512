"""The front end asks callers of a private service for an ID token, as Cloud Run does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx
import pytest

from sandbox.platform.contract import InvokerRules
from sandbox.platform.identity.google_tokens import GoogleTokens
from tests.sandbox.plane.local_plane import HOST, PUBLIC, InvokerSwitch, LocalPlane, all_to

pytestmark = pytest.mark.anyio
URL = f"https://{HOST}"
GATE = "release-gate@shop.iam.gserviceaccount.com"
OTHER = "someone@shop.iam.gserviceaccount.com"
RULES = InvokerRules(
    members=frozenset({f"serviceAccount:{GATE}"}), audiences=frozenset({URL, "shop-callers"})
)
Headers = Mapping[str, str]


def bearer(token: str, header: str = "Authorization") -> dict[str, str]:
    """Return the header that carries a token."""
    return {header: f"Bearer {token}"}


async def ask(local: LocalPlane, headers: Headers | None = None, host: str = HOST) -> httpx.Response:
    """Ask a service, whose callers are asked, from the outside."""
    url = f"https://127.0.0.1:{local.ports.https}/a&b"
    async with httpx.AsyncClient(verify=False) as client:  # noqa: S501 - another test looks at certificates
        return await client.get(url, headers={"host": host, **(headers or {})})


@pytest.fixture
async def private(local: LocalPlane) -> LocalPlane:
    """A service that the gate's account alone may invoke."""
    await local.serve()
    local.invokers.is_on = True
    local.invokers.rules = RULES
    return local


BAD: Mapping[str, Callable[[GoogleTokens], Headers]] = {
    "garbage": lambda _tokens: bearer("a.b.c"),
    "another scheme": lambda _tokens: {"Authorization": "Basic YTpi"},
    "an access token": lambda tokens: bearer(tokens.access_token(GATE)),
    "another audience": lambda tokens: bearer(tokens.id_token(GATE, "https://elsewhere.test")),
    "the audience of a tag": lambda tokens: bearer(tokens.id_token(GATE, f"https://next---{HOST}")),
    "the audience of the load balancer": lambda tokens: bearer(tokens.id_token(GATE, f"https://{PUBLIC}")),
    "expired": lambda tokens: bearer(tokens.id_token(GATE, URL, life_s=-1)),
    "another key": lambda _tokens: bearer(GoogleTokens().id_token(GATE, URL)),
    "a signature cut off": lambda tokens: bearer(tokens.id_token(GATE, URL).rpartition(".")[0] + "."),
    "a good one in the header that does not count": lambda tokens: {
        **bearer(tokens.id_token(GATE, URL)),
        **bearer("a.b.c", "X-Serverless-Authorization"),
    },
}


@pytest.mark.parametrize("what", BAD)
async def test_a_token_that_is_not_good_is_refused_by_the_front_end(private: LocalPlane, what: str) -> None:
    """401 with a challenge, a page of Google's, and the service has not seen the request."""
    answer = await ask(private, BAD[what](private.invokers.tokens))

    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert answer.headers["server"] == "Google Frontend"
    assert [(one.service, one.revision, one.code) for one in private.samples.taken] == [("shop", "", 401)]


async def test_a_caller_without_a_token_gets_a_page_that_names_what_was_asked_for(
    private: LocalPlane,
) -> None:
    """403 and no challenge; the page holds the path as text."""
    answer = await ask(private)

    assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=UTF-8")
    assert "www-authenticate" not in answer.headers
    assert "<code>/a&amp;b</code>" in answer.text


async def test_a_caller_without_the_role_is_refused(private: LocalPlane) -> None:
    """The token is good, and its account may not invoke the service."""
    answer = await ask(private, bearer(private.invokers.tokens.id_token(OTHER, URL)))

    assert answer.status_code == 403
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("host", [HOST, PUBLIC])
@pytest.mark.parametrize("audience", [URL, "shop-callers"])
async def test_a_caller_with_the_role_is_served_at_every_host(
    private: LocalPlane, host: str, audience: str
) -> None:
    """The URL of the service and its custom audiences are good; the service sees no signature."""
    token = private.invokers.tokens.id_token(GATE, audience, has_email=False)
    answer = await ask(private, bearer(token), host=host)

    assert answer.status_code == 200
    seen = dict(answer.json()["headers"])["authorization"]
    assert seen == f"Bearer {token.rpartition('.')[0]}.SIGNATURE_REMOVED_BY_GOOGLE"


async def test_a_second_header_leaves_the_services_own_token_alone(private: LocalPlane) -> None:
    """`X-Serverless-Authorization` is asked for first."""
    token = private.invokers.tokens.id_token(GATE, URL)
    answer = await ask(private, {**bearer("own"), **bearer(token, "X-Serverless-Authorization")})

    assert dict(answer.json()["headers"])["authorization"] == "Bearer own"


def _off(switch: InvokerSwitch) -> None:
    switch.is_on = False


def _open(switch: InvokerSwitch) -> None:
    switch.rules = InvokerRules(members=frozenset({"allUsers"}))


@pytest.mark.parametrize("change", [_off, _open])
async def test_a_service_that_all_users_may_invoke_asks_for_no_token(
    private: LocalPlane, change: Callable[[InvokerSwitch], None]
) -> None:
    """Nor does any service while the check is off; a token of the service's own passes unread."""
    change(private.invokers)
    answers = [await ask(private, headers) for headers in (None, bearer("own"))]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert dict(answers[1].json()["headers"])["authorization"] == "Bearer own"


async def test_every_google_account_may_invoke_what_is_open_to_all_of_them(private: LocalPlane) -> None:
    """A token is asked for all the same."""
    private.invokers.rules = InvokerRules(
        members=frozenset({"allAuthenticatedUsers"}), audiences=RULES.audiences
    )
    token = private.invokers.tokens.id_token(OTHER, URL)

    assert [(await ask(private, headers)).status_code for headers in (None, bearer(token))] == [403, 200]


async def test_ingress_is_looked_at_before_the_caller(private: LocalPlane) -> None:
    """From outside an internal service is not found, whatever token comes with the request."""
    await private.route(all_to("shop-1"), ingress="internal")
    answer = await ask(private, bearer(private.invokers.tokens.id_token(GATE, URL)))

    assert (answer.status_code, answer.headers["server"]) == (404, "Google Frontend")
    assert "Page not found" in answer.text


async def test_services_are_not_asked_when_they_call_each_other(private: LocalPlane) -> None:
    """The mesh of the sandbox carries no tokens of Google's."""
    assert (await private.get()).status_code == 200
