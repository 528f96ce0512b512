"""Services that want a token get one; whoever is refused all the same learns why."""

from __future__ import annotations

import pytest

from gates.adapters.services.callers import Callers
from gates.errors import NotAskedError
from gates.tokens import HEADER, account_of
from tests.support import builders
from tests.support.front_end import ACCOUNT, HEADERS, FakeTokens, page

URL = "https://a.run.test"


def callers(tokens: FakeTokens, *, audience: str = URL, ingress: str = "all") -> Callers:
    """Return the callers of a platform whose services are all alike."""
    return Callers(
        builders.environment(),
        lambda name: builders.state(name, uri=URL, audience=audience, ingress=ingress),
        tokens,
    )


def test_a_public_service_gets_no_token() -> None:
    """Nor is one made."""
    tokens = FakeTokens()
    found = callers(tokens)
    assert found.headers("a") == {}
    assert found.after("a", {}, 200, {}, b"{}") == {}
    assert found.after("a", {}, 403, HEADERS, b'{"title": "Forbidden"}') == {}
    assert tokens.asked == []


def test_a_service_that_asks_for_a_token_gets_it_from_then_on() -> None:
    """For its own audience, in the header that leaves the platform's own alone."""
    tokens = FakeTokens()
    found = callers(tokens)
    again = found.after("a", {}, 403, HEADERS, page(403))
    assert list(again) == [HEADER]
    assert again[HEADER].endswith(f".{URL}")
    assert found.headers("a") == again
    assert found.headers("b") == {}
    assert found.after("a", again, 200, {}, b"{}") == {}


@pytest.mark.parametrize("status", [401, 403])
def test_a_caller_who_is_refused_with_a_token_learns_the_command(status: int) -> None:
    """With the address of the account that lacks the role."""
    found = callers(FakeTokens())
    sent = found.after("a", {}, 403, HEADERS, page(403))
    with pytest.raises(NotAskedError) as refused:
        found.after("a", sent, status, HEADERS, page(status))
    assert account_of(sent[HEADER]) == ACCOUNT
    assert f"--member=serviceAccount:{ACCOUNT} --role=roles/run.invoker" in refused.value.next_step
    assert sent[HEADER] not in refused.value.diagnostics()


def test_a_machine_without_credentials_is_told_what_it_lacks() -> None:
    """The command is there all the same."""
    found = callers(FakeTokens("no credentials were found"))
    with pytest.raises(NotAskedError) as refused:
        found.after("a", {}, 403, HEADERS, page(403))
    assert "no credentials were found" in refused.value.cause
    assert "roles/run.invoker" in refused.value.next_step


def test_an_internal_service_cannot_be_reached_whatever_the_token() -> None:
    """No token is made for it."""
    tokens = FakeTokens()
    with pytest.raises(NotAskedError, match="not reachable from this runner"):
        callers(tokens, ingress="internal").after("a", {}, 404, HEADERS, page(404))
    assert tokens.asked == []


def test_a_page_that_is_not_found_at_an_open_service_is_an_answer() -> None:
    """The address is wrong, which the caller handles."""
    assert callers(FakeTokens()).after("a", {}, 404, HEADERS, page(404)) == {}
